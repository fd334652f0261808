"""What comes in, on one page: kept, read, recorded, and worked.

    accept    the bytes are kept under their SHA-256, and a row says that they came       record.files
              (archives are looked into, member by member)                                x12.sources
    process   the file is read and judged, piece by piece                                 x12, rules (record.adjudged)
              its remittances and adjudications are stored                                record.intake
              cases are opened and moved                                                  desk.settlement
              its part of the lake is published                                           lake.parts
    sweep     what a crash left is picked up: the state of the rows is the queue

All rows of a file are one transaction: after a crash at any point there is everything or nothing of it, and `process`
may be run again. The pure half of the way, without a record, is `reclaim.journey`.
"""

import logging
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.db.models import F

from reclaim import journey
from reclaim.desk import settlement
from reclaim.lake import parts
from reclaim.people import events
from reclaim.people.models import Organization, User
from reclaim.record import intake
from reclaim.record.adjudged import Adjudged, Facts, adjudge, part, shown
from reclaim.record.again import claim_again
from reclaim.record.files import Store, keys_of
from reclaim.record.models import Adjudication, File, FileState
from reclaim.rules.facts import Kind
from reclaim.rules.identify import identify, takeback
from reclaim.x12 import workers
from reclaim.x12.findings import Finding
from reclaim.x12.reading import Outline, Placed, Reading
from reclaim.x12.sources import UNREADABLE, Source, looked_into

log = logging.getLogger(__name__)

FINDINGS_KEPT = 200
"""Findings that a row of a file keeps; more are counted in the last."""


def store() -> Store:
    """Where the bytes of this installation are kept."""
    return Store(Path(settings.FILES), keys_of(settings.FILE_KEY))


def accept(organization: Organization, user: User | None, name: str, stream: BinaryIO, origin: str) -> File:
    """Keep what came in, before anything is read.

    Args:
        organization: whose it is.
        user: who brought it; None: a job.
        name: as people know it; never used as a path.
        stream: the bytes.
        origin: upload | command | folder | demo.

    Returns:
        Its row: state `received`, or the row of the same bytes that came before, its `times` raised.
    """
    kept = store().keep(stream)
    with transaction.atomic():
        file, new = File.objects.get_or_create(
            organization=organization,
            sha256=kept.sha256,
            defaults={
                "name": name[-255:],
                "size": kept.size,
                "origin": origin,
                "received_at": datetime.now(UTC),
                "received_by": user,
            },
        )
        if not new:
            File.objects.filter(pk=file.pk).update(times=F("times") + 1)
            file.refresh_from_db()
        verb = "received_file" if new else "received_file_again"
        events.record(organization, user, verb, f"record.file:{file.pk}", {"origin": origin, "bytes": kept.size})
    return file


def accept_all(organization: Organization, user: User | None, name: str, stream: BinaryIO, origin: str) -> list[File]:
    """Keep what came in, archives by their members: as `accept`, for each file within.

    What cannot be unpacked is kept as it came, and refused with the reason.
    """
    Path(settings.DATA).mkdir(parents=True, exist_ok=True, mode=0o700)
    with TemporaryDirectory(dir=settings.DATA) as folder:
        path = Path(folder) / "came"
        with path.open("wb") as copy:
            shutil.copyfileobj(stream, copy, 1 << 20)
        return [
            _accepted(organization, user, source, origin, path)
            for source in looked_into(Source(name, lambda: path.open("rb")))
        ]


def _accepted(organization: Organization, user: User | None, source: Source, origin: str, path: Path) -> File:
    try:
        with source.open() as member:
            return accept(organization, user, source.name, member, origin)
    except UNREADABLE as error:
        with path.open("rb") as raw:
            file = accept(organization, user, source.name, raw, origin)
        said = f"It cannot be unpacked: {error}. Unpack it yourself and send the files in it, or get it again."
        file.state, file.read_at = FileState.REFUSED, datetime.now(UTC)
        file.findings = [Finding("error", "refused", None, "", said)._asdict()]
        file.save()
        return file


def process(file_id: int) -> File:
    """Read a file that was accepted, record it, and move its cases. Does nothing to one that was read before.

    It is read and judged first, then stored in one short transaction: nobody waits for a large file.
    """
    waiting = (FileState.RECEIVED, FileState.READING)
    if not File.objects.filter(pk=file_id, state__in=waiting).update(state=FileState.READING):
        return File.objects.get(pk=file_id)
    file = File.objects.select_related("organization").get(pk=file_id)
    making, today = parts.begin(Path(settings.LAKE), file.sha256), datetime.now(UTC).date()
    with store().open(file.sha256) as stream:
        reading = Reading(stream)
        made = list(_adjudged(file, reading, making, today))
    with transaction.atomic():
        if File.objects.select_for_update().get(pk=file.pk).state != FileState.READING:  # another worker was first
            return File.objects.get(pk=file_id)
        _record(file, reading, made, today)
        if any(making.iterdir()):
            parts.publish(Path(settings.LAKE), file.sha256)
        else:  # nothing of it could be read
            making.rmdir()
    return file


def _adjudged(file: File, reading: Reading, making: Path, today: date) -> Iterator[Placed[Adjudged]]:
    """The pieces of a file as rows, their bytes let go."""
    work = partial(adjudge, judge=partial(journey.judge, today=today), lake=making)
    with workers.processes(file.size, adjudge.__module__) as crew:
        for placed in reading.follow(work, crew, _outline):
            done = placed.piece.offset + len(placed.piece.data)
            File.objects.filter(pk=file.pk).update(progress=min(done, file.size))
            yield replace(placed, piece=placed.piece._replace(data=b""))


def _record(file: File, reading: Reading, made: list[Placed[Adjudged]], today: date) -> None:
    stored = intake.Stored(file)
    for placed in made:
        intake.store(stored, placed)
    found = [*intake.interchanges(file, reading.contents.interchanges), *stored.findings, *reading.findings]
    settlement.follow(file.organization, stored.incoming(), partial(_again, today=today))
    file.kind = ", ".join(sorted(reading.contents.transactions))[:60]
    file.state = FileState.REFUSED if reading.refused and not stored.transactions else FileState.READ
    file.interchanges, file.transactions = len(reading.contents.interchanges), stored.transactions
    file.balanced, file.findings = reading.balanced, _kept(found)
    file.read_at, file.progress = datetime.now(UTC), file.size
    for name, value in intake.totals(stored).items():
        setattr(file, name, value)
    file.save()


def _outline(made: Adjudged) -> Outline:
    return made.outline


def reprocess(file: File, user: User | None) -> None:
    """Read a file anew, as after an upgrade of the rules: what it brought is taken out first, then `process` runs."""
    with transaction.atomic():
        touched = list(Adjudication.objects.filter(remittance__file=file).values_list("key", flat=True).distinct())
        file.remittances.all().delete()
        file.interchange_rows.all().delete()
        settlement.again(file.organization, touched, partial(_again, today=datetime.now(UTC).date()))
        File.objects.filter(pk=file.pk).update(state=FileState.RECEIVED, progress=0)
        events.record(file.organization, user, "reprocessed_file", f"record.file:{file.pk}", {})


def sweep() -> int:
    """Pick up what was left: files that wait, or whose reading was cut off, and leftovers of a crash.

    Returns:
        How many files were read.
    """
    known = list(File.objects.values_list("sha256", flat=True))
    kept, lake = store(), Path(settings.LAKE)
    kept.clean()
    for sha256 in kept.stray(known):
        kept.remove(sha256)
    waiting = File.objects.filter(state__in=(FileState.RECEIVED, FileState.READING)).order_by("id")
    parts.clean(lake, list(waiting.values_list("sha256", flat=True)))
    for sha256 in parts.stray(lake, known):
        parts.drop(lake, sha256)
    left = list(waiting.values_list("pk", flat=True))
    for file_id in left:
        try:
            process(file_id)
        except Exception:  # one file must not keep the others from being read
            log.exception("File %s could not be read; it waits for the next sweep.", file_id)
    return len(left)


def rebuild_lake() -> int:
    """Make every part of the lake again from the kept files; what is the same stays. How many files were read."""
    lake, count = Path(settings.LAKE), 0
    for file in File.objects.filter(state=FileState.READ).order_by("id").iterator():
        making = parts.begin(lake, file.sha256)
        with store().open(file.sha256) as stream, workers.processes(file.size, adjudge.__module__) as crew:
            for _ in Reading(stream).follow(partial(part, lake=making), crew, lambda outline: outline):
                pass
        parts.publish(lake, file.sha256)
        count += 1
    return count


def _again(adjudication: Adjudication, kind: str, today: date) -> Facts:
    file = adjudication.remittance.file
    data = store().read_span(file.sha256, adjudication.start, adjudication.end)
    gathered = claim_again(data, adjudication.remittance)
    if kind == Kind.TAKEBACK and adjudication.status == "22":
        identification = takeback(gathered.claim)
    else:
        identification = identify(gathered.claim)._replace(kind=Kind(kind))
    return shown(gathered, journey.judge(gathered.claim, identification, today))


def _kept(found: list[Finding]) -> list[dict[str, object]]:
    kept = [each._asdict() for each in found[:FINDINGS_KEPT]]
    if len(found) > FINDINGS_KEPT:
        said = f"{len(found) - FINDINGS_KEPT:,} more findings are not listed. `reclaim read` lists all."
        kept.append(Finding("info", "more", None, "", said)._asdict())
    return kept
