"""Fetch what a payer left: each file once, never half, gone there only after it is kept here.

A file is taken when it looks the same at two visits. It is downloaded beside our data, and a download that broke goes
on at the byte where it ended. The same content again, under whatever name, is noted and not kept twice. A crash
between two steps repeats the last one, which changes nothing.
"""

import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from hashlib import file_digest
from pathlib import Path
from typing import BinaryIO, NamedTuple

from django.utils import timezone

from reclaim.record.connections.models import Connection, Fetched
from reclaim.record.connections.places import Entry, Place, PlaceError, Trouble, told
from reclaim.record.loader import batches
from reclaim.record.models import File

SETTLE = timedelta(seconds=5)
"""A file that looked the same for so long is complete."""
SEEN = Fetched.State.SEEN

Keep = Callable[[str, BinaryIO], File | None]
"""Keeps a file under a name, and answers its row; of an archive, the first."""


class Came(NamedTuple):
    """What a visit brought."""

    fetched: int  # files that are new here
    same: int  # whose content had come before
    waiting: int  # that are there, and will be taken later
    trouble: PlaceError | None  # of what becomes of them there; all were kept


def fetch(connection: Connection, place: Place, keep: Keep, scratch: Path, until: float) -> Came:
    """Take what lies in the folder of a connection.

    Args:
        connection: with a folder to fetch from.
        place: where that folder is.
        keep: told of each file with its bytes, when all of them are here.
        scratch: our folder for what is being downloaded.
        until: when to stop, by time.monotonic(); the next visit goes on from there.

    Raises:
        PlaceError: it could not be gone on with; what was fetched before stays so.
    """
    return _Visit(connection, place, keep, scratch, until).came()


def forget(scratch: Path) -> int:
    """Remove downloads that nobody will go on with. How many."""
    left = {path: int(path.stem) for path in scratch.glob("*.part")}
    waiting = set(Fetched.objects.filter(pk__in=left.values(), state=SEEN).values_list("pk", flat=True))
    gone = [path for path, pk in left.items() if pk not in waiting]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


class _Visit:
    def __init__(self, connection: Connection, place: Place, keep: Keep, scratch: Path, until: float) -> None:
        self._connection, self._place, self._keep = connection, place, keep
        self._scratch, self._until = scratch, until
        self._trouble: PlaceError | None = None

    def came(self) -> Came:
        listed = self._place.files(self._connection.folder_in, self._connection.pattern)
        ready, uncleared = self._sorted(listed, timezone.now())
        for row in uncleared:
            self._clear(row)
        counts = dict.fromkeys(Fetched.State, 0)
        for row in ready:
            if time.monotonic() >= self._until:
                break
            counts[self._take(row)] += 1
        waiting = Fetched.objects.filter(connection=self._connection, state=SEEN).count()
        return Came(counts[Fetched.State.FETCHED], counts[Fetched.State.SAME], waiting, self._trouble)

    def _sorted(self, listed: Sequence[Entry], now: datetime) -> tuple[list[Fetched], list[Fetched]]:
        """The rows of files to be taken now, and of those that were taken but not cleared away; others are noted."""
        known = self._known(listed)
        ready, uncleared, fresh = list[Fetched](), list[Fetched](), list[Fetched]()
        for entry in listed:
            rows = known.pop(entry.name, [])
            same = next((each for each in rows if _looks(each) == entry), None)
            growing = next((each for each in rows if each.state == SEEN), None)
            if same is None and growing is not None:
                self._grew(growing, entry, now)
            elif same is None:
                fresh.append(self._row(entry, now))
            elif same.state != SEEN:
                uncleared += [] if same.cleared else [same]
            elif now - same.seen_at >= SETTLE:
                ready.append(same)
        Fetched.objects.bulk_create(fresh, batch_size=500, ignore_conflicts=True)
        self._gone({entry.name for entry in listed})
        return ready, uncleared

    def _known(self, listed: Sequence[Entry]) -> dict[str, list[Fetched]]:
        known: dict[str, list[Fetched]] = defaultdict(list)
        for names in batches([each.name for each in listed]):
            for row in Fetched.objects.filter(connection=self._connection, name__in=names):
                known[row.name].append(row)
        return known

    def _row(self, entry: Entry, now: datetime) -> Fetched:
        own = {"organization_id": self._connection.organization_id, "connection": self._connection}
        return Fetched(**own, **entry._asdict(), seen_at=now)

    def _gone(self, there: set[str]) -> None:
        """Forget what was waited for and has gone."""
        waited = Fetched.objects.filter(connection=self._connection, state=SEEN).values_list("pk", "name")
        for some in batches([pk for pk, name in waited if name not in there]):
            Fetched.objects.filter(pk__in=some).delete()

    def _grew(self, row: Fetched, entry: Entry, now: datetime) -> None:
        """What was begun of it is of no use; it is waited for anew."""
        self._part(row).unlink(missing_ok=True)
        row.size, row.changed, row.seen_at = entry.size, entry.changed, now
        row.save(update_fields=["size", "changed", "seen_at"])

    def _take(self, row: Fetched) -> Fetched.State:
        """Have one file here, whole; then note it, then clear it away there. In this order, whatever kills us."""
        path, connection = self._part(row), self._connection
        try:
            whole = self._download(row, path)
        except PlaceError as error:
            if error.sort != Trouble.NO_FOLDER or self._place.look(connection.folder_in, row.name) is not None:
                raise
            whole = False  # somebody took it away; the next visit forgets it
        now = self._place.look(connection.folder_in, row.name)
        if now is not None and now != _looks(row):
            self._grew(row, now, timezone.now())
            return SEEN
        if not whole:
            return SEEN
        with path.open("rb") as file:
            row.sha256 = file_digest(file, "sha256").hexdigest()
        before = Fetched.objects.filter(connection=connection, sha256=row.sha256).exclude(state=SEEN)
        if before.exists():
            row.state = Fetched.State.SAME
        else:
            with path.open("rb") as file:
                row.file = self._keep(row.name, file)
            row.state = Fetched.State.FETCHED
        row.fetched_at = timezone.now()
        row.save()
        path.unlink(missing_ok=True)
        self._clear(row)
        return Fetched.State(row.state)

    def _download(self, row: Fetched, path: Path) -> bool:
        """Have the bytes of a file in a file of ours, on disk; False when they are not all here yet."""
        with _ours(path) as part:
            if (start := part.seek(0, os.SEEK_END)) > row.size:
                start = part.truncate(0)
            if start < row.size:
                with closing(self._place.read(self._connection.folder_in, row.name, start)) as data:
                    for some in data:
                        start += part.write(some[: row.size - start])
                        if start == row.size or time.monotonic() >= self._until:
                            break
            part.flush()
            os.fsync(part.fileno())
        return start == row.size

    def _part(self, row: Fetched) -> Path:
        return self._scratch / f"{row.pk}.part"

    def _clear(self, row: Fetched) -> None:
        """Do there what is to become of a file that is kept here, unless it has changed since."""
        connection = self._connection
        if self._trouble is not None:
            return
        try:
            if connection.after != Connection.After.KEEP:
                self._remove(row, connection)
        except PlaceError as error:
            if error.sort == Trouble.BROKEN:
                raise
            self._trouble = error
        else:
            row.cleared = True
            row.save(update_fields=["cleared"])

    def _remove(self, row: Fetched, connection: Connection) -> None:
        place, folder = self._place, connection.folder_in
        if place.look(folder, row.name) != _looks(row):
            return
        if connection.after == Connection.After.DELETE:
            place.remove(folder, row.name)
            return
        taken = place.look(connection.moved_to, row.name) is not None
        place.rename((folder, row.name), (connection.moved_to, f"{row.name}.{row.pk}" if taken else row.name))


def _looks(row: Fetched) -> Entry:
    return Entry(row.name, row.size, row.changed)


@contextmanager
def _ours(path: Path) -> Iterator[BinaryIO]:
    """A file of ours to go on with, readable by its owner only; trouble with our own disk in words."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "r+b") as file:
            yield file
    except OSError as error:
        raise PlaceError(Trouble.FULL, f"Reclaim cannot write what it fetches: {told(error)}") from error
