"""`reclaim watch`: every file that arrives in a folder is taken, as soon as it is complete.

A file is complete when it has not changed for some seconds, or was moved in. What was taken is remembered by its
content, in the record; a small notebook beside the data spares reading old files again after a restart.
"""

import signal
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from hashlib import file_digest
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, NamedTuple

import click

from reclaim.record.connections.places import UNFINISHED
from reclaim.terminal import setup
from reclaim.terminal.receive import outcome, whose
from reclaim.terminal.words import shown
from reclaim.x12.sources import size, sources

if TYPE_CHECKING:
    from reclaim.people.models import Organization

OLD_SECONDS = 60
"""A file that nobody has touched for so long when it is first seen was moved in, or lay there before."""
NOTEBOOK = "watch.sqlite3"


class Look(NamedTuple):
    """What a folder says of a file, without opening it."""

    size: int
    changed: int  # nanoseconds


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="FOLDER")
@click.option("--organization", "slug", help="Whose files they are; needed when there are several organizations.")
@click.option("--every", type=click.FloatRange(0.1), default=2.0, show_default=True, help="Seconds between looks.")
@click.option("--settle", type=click.FloatRange(0), default=5.0, show_default=True, help="Seconds without a change.")
@click.option("--once", is_flag=True, help="Take what is there now, and end.")
def watch(folder: Path, *, slug: str | None, every: float, settle: float, once: bool) -> None:
    """Take every file that arrives in FOLDER or a folder in it, as soon as it is complete, and say what came of it.

    A file is complete when it has not changed for some seconds. Nothing is moved or changed. The same content is taken
    once, whatever its name and however often this starts. Ctrl-C or SIGTERM stops it after the file at hand.
    """
    setup.ready()
    setup.insist()
    from django.conf import settings  # noqa: PLC0415  settings are loaded now

    organization = whose(slug)
    stopping = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    with closing(Notebook(Path(settings.DATA) / NOTEBOOK, organization.pk)) as notebook:
        look = Watcher(folder, notebook, settle)
        while not stopping.is_set():
            for name, said in take(folder, look.complete(time.monotonic()), organization, notebook):
                click.echo(f"{shown(name)}: {said}")
                if stopping.is_set():
                    break
            if once and not look.waiting:
                break
            stopping.wait(every)


def take(
    folder: Path, found: Iterable[tuple[Path, Look]], organization: "Organization", notebook: "Notebook"
) -> Iterator[tuple[str, str]]:
    """Receive files, or those in archives, many at a time.

    Args:
        folder: in which they lie.
        found: the files, and how each looked when it was complete.
        organization: whose they are.
        notebook: told of them when all were taken: what is cut off is taken again, which changes nothing.

    Yields:
        the name of each in the folder, and in a line what came of it.
    """
    from reclaim import reception  # noqa: PLC0415  Django is ready only now

    new: dict[str, Path] = {}
    looks = []
    for path, look in found:
        try:
            with path.open("rb") as stream:
                sha256 = file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            said = f"cannot be read: {error.strerror or error}. It is tried again after a restart."
            yield str(path.relative_to(folder)), said
            continue
        if notebook.holds(sha256) or sha256 in new:
            yield str(path.relative_to(folder)), "the same content was taken before; nothing changed."
        new.setdefault(sha256, path)
        looks.append((path, look, sha256))
    fresh = [str(path) for sha256, path in new.items() if not notebook.holds(sha256)]
    named = (source._replace(name=source.name.removeprefix(f"{folder}/")) for source in sources(fresh))
    for taken in reception.receive(organization, named, "folder", size(fresh)):
        yield taken.name, outcome(taken)
    for entry in looks:
        notebook.write(*entry)


class Notebook:
    """Which files were taken: by place, size and time, so that they need not be read to be known."""

    def __init__(self, path: Path, organization: int) -> None:
        """Opens or makes it."""
        self._organization = organization
        self._connection = sqlite3.connect(path, timeout=30, isolation_level=None)
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS taken (organization INTEGER, path TEXT, size INTEGER, changed INTEGER,"
            " sha256 TEXT, PRIMARY KEY (organization, path)) WITHOUT ROWID"
        )
        self._connection.execute("CREATE INDEX IF NOT EXISTS taken_by_content ON taken (organization, sha256)")

    def close(self) -> None:
        """Close it."""
        self._connection.close()

    def looks(self) -> dict[str, Look]:
        """How every file looked when it was taken."""
        found = self._connection.execute(
            "SELECT path, size, changed FROM taken WHERE organization = ?", (self._organization,)
        )
        return {path: Look(size, changed) for path, size, changed in found}

    def holds(self, sha256: str) -> bool:
        """Whether this content was taken, under whatever name."""
        question = "SELECT 1 FROM taken WHERE organization = ? AND sha256 = ? LIMIT 1"
        return self._connection.execute(question, (self._organization, sha256)).fetchone() is not None

    def write(self, path: Path, look: Look, sha256: str) -> None:
        """Remember a file."""
        row = (self._organization, str(path.resolve()), *look, sha256)
        self._connection.execute("INSERT OR REPLACE INTO taken VALUES (?, ?, ?, ?, ?)", row)


class Watcher:
    """Looks at a folder again and again, and tells which files have become complete."""

    def __init__(self, folder: Path, notebook: Notebook, settle: float, wall: Callable[[], float] = time.time) -> None:
        """Looks at nothing yet.

        Args:
            folder: to look at, with the folders in it.
            notebook: what was taken before.
            settle: seconds that a file must not change.
            wall: the time of day, in seconds.
        """
        self._folder, self._settle, self._wall = folder, settle, wall
        self._told = notebook.looks()
        self._seen: dict[str, tuple[Look, float]] = {}

    @property
    def waiting(self) -> bool:
        """Whether some file is not complete yet."""
        return bool(self._seen)

    def complete(self, now: float) -> list[tuple[Path, Look]]:
        """The files that have become complete since the last look, oldest first.

        Args:
            now: seconds of a clock that is never set.
        """
        before, self._seen = self._seen, {}
        done = []
        for path in _files(self._folder):
            key = str(path.resolve())
            with suppress(OSError):  # gone since
                found = path.stat()
                look = Look(found.st_size, found.st_mtime_ns)
                if self._told.get(key) == look:
                    continue
                since = before[key][1] if key in before and before[key][0] == look else now
                moved_in = key not in before and self._wall() - found.st_mtime > max(OLD_SECONDS, self._settle)
                if moved_in or now - since >= self._settle:
                    self._told[key] = look
                    done.append((path, look))
                else:
                    self._seen[key] = (look, since)
        return sorted(done, key=lambda each: (each[1].changed, each[0]))


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and not path.name.lower().endswith(UNFINISHED) and path.is_file() and not path.is_symlink():
            yield path
