"""What comes in, on one page: kept, read, recorded, and worked.

    accept    the bytes are kept under their SHA-256, and a row says that they came       record.files
              (archives are looked into, member by member)                                x12.sources
    process   the file is read and judged, piece by piece                                 x12, rules (record.adjudged)
              its remittances and adjudications are stored                                record.intake
              cases are opened and moved                                                  desk.settlement
              its part of the lake is published                                           lake.parts
    receive   both, for many files
    sweep     what a crash left is picked up: the state of the rows is the queue

All rows of a file are one transaction: after a crash at any point there is everything or nothing of it, and `process`
may be run again. The pure half of the way, without a record, is `reclaim.journey`.
"""

import logging
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import partial
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Generic, NamedTuple, TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum

from reclaim import journey
from reclaim.desk import asking, following, settlement, silence
from reclaim.desk.models import Batch, Document
from reclaim.desk.opening import Arrivals
from reclaim.lake import parts
from reclaim.people import events
from reclaim.people.models import Organization, User
from reclaim.record import chains, claim_files, intake, matching
from reclaim.record.adjudged import Adjudged, Places, Reread, adjudge, part, reread
from reclaim.record.again import claims_again
from reclaim.record.connections.models import Outgoing
from reclaim.record.files import Store, keys_of
from reclaim.record.models import Adjudication, Claim, File, FileState
from reclaim.rules.facts import Kind
from reclaim.rules.identify import identify, takeback
from reclaim.rules.reversals import REVERSED
from reclaim.x12 import workers
from reclaim.x12.envelope import Piece
from reclaim.x12.findings import Finding
from reclaim.x12.reading import Outline, Placed, Reading
from reclaim.x12.sources import UNREADABLE, Source, looked_into

log = logging.getLogger(__name__)

Made = TypeVar("Made")

WAITING = (FileState.RECEIVED, FileState.READING)
TOGETHER = 1 << 20
"""Bytes of small files that are read in one go."""
COMPANY = 128
"""Files that are read in one go at the most."""
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
        origin: upload | command | folder | connection | demo.

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
        files, whole = list[File](), False
        for source in looked_into(Source(name, lambda: path.open("rb"))):
            try:
                with source.open() as member:
                    files.append(accept(organization, user, source.name, member, origin))
            except UNREADABLE as error:
                if not whole:  # once for an archive, however many of its members cannot be unpacked
                    files.append(_not_unpacked(organization, user, source.name, path, origin, error))
                whole = True
        return files


def _not_unpacked(
    organization: Organization, user: User | None, name: str, path: Path, origin: str, error: BaseException
) -> File:
    with path.open("rb") as raw:
        file = accept(organization, user, name, raw, origin)
    said = f"It cannot be unpacked: {error}. Unpack it yourself and send the files in it, or get it again."
    file.state, file.read_at = FileState.REFUSED, datetime.now(UTC)
    file.findings = [Finding("error", "refused", None, "", said)._asdict()]
    file.save()
    return file


class Taken(NamedTuple):
    """What became of something that came in."""

    name: str
    file: File | None  # None: nothing of it could be kept
    again: bool  # whether the same bytes had come before
    said: str = ""  # why nothing could be kept


def receive(organization: Organization, sources: Iterable[Source], origin: str, size: int = 0) -> Iterator[Taken]:
    """Take files into the record, many at a time, each by itself.

    Args:
        organization: whose they are.
        sources: the files, opened one after the other.
        origin: as for `accept`.
        size: bytes of all of them, as far as is known.

    Yields:
        Each, in the order of the sources. One that cannot be read keeps no other back.
    """
    came, seen = deque[Taken](), set[int]()

    def accepted() -> Iterator[int]:
        for source in sources:
            try:
                with source.open() as stream:
                    file = accept(organization, None, source.name, stream, origin)
            except UNREADABLE as error:
                came.append(Taken(source.name, None, again=False, said=str(error)))
                continue
            came.append(Taken(source.name, file, again=file.pk in seen or file.state not in WAITING))
            seen.add(file.pk)
            yield file.pk

    for file in process_all(accepted(), size):
        while came[0].file is None:
            yield came.popleft()
        yield came.popleft()._replace(file=file)
    yield from came


def process(file_id: int) -> File:
    """Read a file that was accepted, record it, and move its cases. Does nothing to one that was read before.

    It is read and judged first, then stored in one short transaction: nobody waits for a large file. Some that came
    after it and wait too are read with it: of small files, many take little longer than one.

    Raises:
        Exception: whatever kept it from being read. It goes on waiting.
    """
    file = File.objects.get(pk=file_id)
    if file.state not in WAITING:
        return file
    behind = File.objects.filter(state=FileState.RECEIVED, pk__gt=file_id, size__lt=TOGETHER).order_by("pk")
    ids = [file_id, *behind.values_list("pk", flat=True)[: COMPANY - 1]]
    mine = None
    for hand in _processed(ids, file.size):
        if hand.file.pk == file_id:
            mine = hand
        else:
            _tell(hand)
    if mine and mine.error:
        raise mine.error
    return mine.file if mine else file


def process_all(ids: Iterable[int], size: int = 0) -> Iterator[File]:
    """As `process`, for many files: several are read at once, each is stored in a transaction of its own.

    Args:
        ids: of files that were accepted; asked for as there is time for them.
        size: bytes of all of them, as far as is known.

    Yields:
        Each, in the order of the ids. One that cannot be read goes on waiting, and the log says why.
    """
    for hand in _processed(ids, size):
        _tell(hand)
        yield hand.file


def _tell(hand: "_Hand[Adjudged]") -> None:
    if hand.error:
        log.error("File %s could not be read; it waits for the next sweep.", hand.file.pk, exc_info=hand.error)


@dataclass(slots=True)
class _Hand(Generic[Made]):
    """A file that is being read."""

    file: File
    folder: Path | None  # for its part of the lake; None: nothing is left to do
    reading: Reading | None = None
    made: list[Placed[Made]] = field(default_factory=list)  # what was, until it was handed over
    rest: Iterator[Placed[Made]] = field(default_factory=lambda: iter(()))  # what is still being made
    error: Exception | None = None

    @property
    def large(self) -> bool:
        """Whether it is stored while it is read."""
        return self.file.size > workers.WORTH_IT

    def each(self) -> Iterator[Placed[Made]]:
        """What was made of each of its pieces, of a large file as soon as it is; each is let go.

        Raises:
            Exception: whatever kept one of them from being read.
        """
        while self.made:
            yield self.made.pop(0)
        yield from self.rest
        if self.error:
            raise self.error

    def pieces(self) -> Iterator[Piece]:
        """Its pieces, as far as they can be read."""
        try:
            with store().open(self.file.sha256) as stream:
                self.reading = Reading(stream)
                yield from self.reading.pieces()
        except Exception as error:  # noqa: BLE001  told with the file: the next one is read
            self.error = error

    def placed(
        self, piece: Piece, made: Made | Exception, outline: Callable[[Made], Outline]
    ) -> Iterator[Placed[Made]]:
        """What was made of a piece with its place, unless something failed; its bytes are let go."""
        if isinstance(made, Exception):
            self.error = self.error or made
        elif self.reading and not self.error:
            placed = self.reading.placed(piece, made, outline(made))
            if self.folder and (done := piece.offset + len(piece.data)) < self.file.size:
                parts.note(self.folder, done)
            yield replace(placed, piece=piece._replace(data=b""))

    def end(self) -> None:
        """All of it was read."""
        if self.reading and not self.error:
            self.reading.end()


class _Step(NamedTuple, Generic[Made]):
    """The next piece of a file; None: all of them were read."""

    hand: _Hand[Made]
    piece: Piece | None


class _Done(NamedTuple, Generic[Made]):
    """A step with what was made of its piece."""

    hand: _Hand[Made]
    piece: Piece | None
    made: Made | Exception | None


def _read(
    hands: Iterable[_Hand[Made]],
    work: Callable[[Places], list[Made | Exception]],
    outline: Callable[[Made], Outline],
    size: int,
) -> Iterator[_Hand[Made]]:
    """Each file as soon as all of it was read, several pieces at a time.

    A large one comes with its first piece: what helpers make of it is stored while they make the next (`_Hand.each`).
    Nothing of the files after it is asked for meanwhile.
    """
    queued = deque[list[_Step[Made]]]()
    with workers.processes(size, adjudge.__module__) as crew:
        steps = _steps(crew.each(work, _batches(hands, queued, crew)), queued)
        for hand, piece, made in steps:
            if piece and made is not None:
                hand.made.extend(hand.placed(piece, made, outline))
                if hand.large and not hand.error:
                    hand.rest = _rest(hand, steps, outline)
                    yield hand
                    deque(hand.rest, 0)  # what nobody asked for, because something failed
                    crew.full = False
            else:
                hand.end()
                yield hand
                crew.full &= not hand.large


def _steps(
    results: Iterable[tuple[Places, list[Made | Exception]]], queued: deque[list[_Step[Made]]]
) -> Iterator[_Done[Made]]:
    for _, made in results:
        each = iter(made)
        for hand, piece in queued.popleft():
            yield _Done(hand, piece, next(each) if piece else None)


def _rest(
    hand: _Hand[Made], steps: Iterable[_Done[Made]], outline: Callable[[Made], Outline]
) -> Iterator[Placed[Made]]:
    """What is made of the rest of a file, up to its last step."""
    for _, piece, made in steps:
        if piece is None or made is None:
            hand.end()
            return
        yield from hand.placed(piece, made, outline)


def _batches(hands: Iterable[_Hand[Made]], queued: deque[list[_Step[Made]]], crew: workers.Crew) -> Iterator[Places]:
    """Pieces to be read together, with their folders; what they are stands in `queued` by then."""
    steps, held = list[_Step[Made]](), 0

    def batch() -> Places:
        queued.append(steps)
        return [(piece, hand.folder) for hand, piece in steps if piece and hand.folder]

    for hand in hands:
        for piece in hand.pieces() if hand.folder else ():
            if held and held + len(piece.data) > TOGETHER:
                yield batch()
                steps, held = [], 0
            steps.append(_Step(hand, piece))
            held += len(piece.data)
        steps.append(_Step(hand, None))
        crew.full |= (
            hand.large
        )  # the next file is opened when this one is stored: within its transaction nothing else is
        if hand.large or len(steps) >= 2 * COMPANY:
            yield batch()
            steps, held = [], 0
    if steps:
        yield batch()


def _processed(ids: Iterable[int], size: int) -> Iterator[_Hand[Adjudged]]:
    lake, today = Path(settings.LAKE), datetime.now(UTC).date()
    work = partial(adjudge, judge=partial(journey.judge, today=today))
    with parts.making(lake) as maker:
        for hand in _read(_begun(ids, lake, maker), work, _outline, size):
            if hand.folder and not hand.error:
                try:
                    _store(hand, lake, today)
                except Exception as error:  # noqa: BLE001  the same
                    hand.error = error
            if not hand.folder or hand.error:
                hand.file.refresh_from_db()
            yield hand


def _begun(ids: Iterable[int], lake: Path, maker: Path) -> Iterator[_Hand[Adjudged]]:
    """The files, those that wait with a folder; what another worker reads is left to it."""
    for file_id in ids:
        file = File.objects.select_related("organization").get(pk=file_id)
        waits = file.state == FileState.READING and file.sha256 not in parts.being_made(lake)
        if waits or File.objects.filter(pk=file_id, state=FileState.RECEIVED).update(state=FileState.READING):
            yield _Hand(file, parts.begin(maker, file.sha256))
        else:
            yield _Hand(file, None)


def _store(hand: _Hand[Adjudged], lake: Path, today: date) -> None:
    """Everything of a file in one transaction; nothing when another worker was first."""
    file, folder, reading = hand.file, hand.folder, hand.reading
    if not folder or not reading:
        return
    with transaction.atomic():
        if File.objects.select_for_update().get(pk=file.pk).state != FileState.READING:
            hand.folder = None
            return
        try:
            with transaction.atomic():
                _record(file, reading, hand.each(), today)
        except settlement.LostWorkError as error:
            _keep_as_read(file, str(error))
            return
        if any(folder.iterdir()):
            parts.publish(lake, folder)
        else:  # nothing of it could be read
            folder.rmdir()


def _keep_as_read(file: File, why: str) -> None:
    """What was read anew is not stored: the file keeps its rows, and says so."""
    said = (
        f"Read again, but nothing was changed: {why}. What was read before stands. Tell whoever runs Reclaim for you."
    )
    file.refresh_from_db()
    others = [each for each in file.findings if each["rule"] != "kept-as-read"]
    file.findings = [Finding("warning", "kept-as-read", None, "", said)._asdict(), *others]
    file.state, file.progress = FileState.READ, file.size
    file.save(update_fields=["findings", "state", "progress"])


def _record(file: File, reading: Reading, made: Iterable[Placed[Adjudged]], today: date) -> None:
    stored, beside = intake.begin(file), claim_files.begin(file)
    first = not matching.claims_of(file.organization)
    came = Arrivals(file.organization, at_once=first and not stored.old)
    for placed in made:
        if brought := intake.store(stored, placed):
            came.take(brought)
        claim_files.store(beside, placed)
    found = [*intake.interchanges(file, reading.contents.interchanges), *stored.findings, *beside.findings]
    found += reading.findings
    before = intake.finish(stored)
    claim_files.finish(beside, came.ids(), _spans, first=first)
    astray = chains.astray(file) if beside.claims.claims or not first else ()
    settlement.follow(came, before, partial(_again, today=today), astray)
    file.kind = ", ".join(sorted(reading.contents.transactions))[:60]
    file.state = FileState.REFUSED if reading.refused and not stored.transactions else FileState.READ
    file.interchanges, file.transactions = len(reading.contents.interchanges), stored.transactions
    file.balanced, file.findings = reading.balanced, _kept(found)
    file.read_at, file.progress = datetime.now(UTC), file.size
    for name, value in {**intake.totals(stored), **claim_files.totals(beside)}.items():
        setattr(file, name, value)
    following.follow(file, today)
    if file.acknowledged or file.rejected:
        asking.hear(file, today)
        silence.answered(file.organization)
    file.save()


def _outline(made: Adjudged) -> Outline:
    return made.outline


def progress(file: File) -> int:
    """Bytes of a file that were read so far: its row does not tell before its one transaction ends."""
    if file.state == FileState.READING:
        return parts.noted(Path(settings.LAKE), file.sha256)
    return file.progress


def reprocess(file: File, user: User | None) -> None:
    """Have `process` read a file anew, as after an upgrade of the rules. Until that is done, what it brought stands.

    Cases stay, with all that people did; see `intake.begin` and `settlement.follow`.
    """
    with transaction.atomic():
        File.objects.filter(pk=file.pk).update(state=FileState.RECEIVED, progress=0)
        events.record(file.organization, user, "reprocessed_file", f"record.file:{file.pk}", {})


def sweep() -> int:
    """Pick up what was left: files that wait, or whose reading was cut off.

    Returns:
        How many there were.
    """
    busy = parts.being_made(Path(settings.LAKE))
    waiting = File.objects.filter(state__in=WAITING).order_by("pk").values_list("pk", "sha256", "size")
    left = {pk: size for pk, sha256, size in waiting if sha256 not in busy}
    return sum(1 for _ in process_all(left, sum(left.values())))


def clear() -> None:
    """Remove what crashes left: bytes and parts of the lake without a row, and what was half written."""
    kept, lake = store(), Path(settings.LAKE)
    known = File.objects.values_list("sha256", flat=True)
    papers = Document.objects.values_list("sha256", flat=True)
    outgoing = Outgoing.objects.values_list("sha256", flat=True)
    kept.clean()
    batches = Batch.objects.exclude(sha256="").values_list("sha256", flat=True)
    for sha256 in kept.stray(chain(known, papers, outgoing, batches)):
        kept.remove(sha256)
    parts.clean(lake)
    for sha256 in parts.stray(lake, known.all()):
        parts.drop(lake, sha256)


def rebuild_lake() -> int:
    """Make every part of the lake again from the kept files; what is the same stays. How many files were read.

    Raises:
        Exception: whatever kept a file from being read.
    """
    lake, count = Path(settings.LAKE), 0
    files = File.objects.filter(state=FileState.READ).order_by("id")
    size = files.aggregate(size=Sum("size", default=0))["size"]
    with parts.making(lake) as maker:
        hands = (_Hand[Outline](file, parts.begin(maker, file.sha256)) for file in files.iterator())
        for hand in _read(hands, part, lambda outline: outline, size):
            deque(hand.each(), 0)
            if hand.folder:
                parts.publish(lake, hand.folder)
            count += 1
    return count


# --- which claim an answer is about ----------------------------------------------------------------------------------


def decide(by: User | None, answer: Adjudication, claim: Claim | None, reason: str) -> Adjudication:
    """Say which claim an answer is about (`matching.match_by_hand`), and have the cases follow."""
    with transaction.atomic():
        return _decided(answer.claim_id, matching.match_by_hand(by, answer, claim, reason))


def decide_anew(by: User | None, answer: Adjudication) -> Adjudication:
    """Take that back (`matching.match_anew`), and have the cases follow."""
    with transaction.atomic():
        return _decided(answer.claim_id, matching.match_anew(by, answer, _spans))


def weigh(answer: Adjudication) -> list[matching.Weighed]:
    """The claims that an answer may be about; see `matching.weighed`."""
    return matching.weighed(answer, _spans)


def _decided(before: int | None, answer: Adjudication) -> Adjudication:
    organization, today = answer.organization, datetime.now(UTC).date()
    came = Arrivals(organization, at_once=False)
    settlement.follow(came, (), partial(_again, today=today), chains.moved(answer))
    following.settle(organization, {each for each in (before, answer.claim_id) if each}, today)
    return answer


def _again(unread: Mapping[int, str], today: date) -> dict[int, Reread]:
    """Adjudications read again from their files, judged as the kinds of denial that are given with their ids."""
    rows = Adjudication.objects.filter(pk__in=unread).select_related("remittance__file", "remittance__payer")
    ordered = rows.order_by("remittance__file", "start")
    spans = [(_bytes(each), each.remittance) for each in ordered]
    found = {}
    for each, gathered in zip(ordered, claims_again(spans), strict=True):
        kind = Kind(unread[each.pk])
        if kind == Kind.TAKEBACK and each.status == REVERSED:
            identification = takeback(gathered.claim)
        else:
            identification = identify(gathered.claim)._replace(kind=kind)
        found[each.pk] = reread(gathered, journey.judge(gathered.claim, identification, today))
    return found


def _spans(places: Sequence[tuple[File, int, int]]) -> list[bytes]:
    kept = store()
    return [kept.read_span(file.sha256, start, end) for file, start, end in places]


def _bytes(adjudication: Adjudication) -> bytes:
    return store().read_span(adjudication.remittance.file.sha256, adjudication.start, adjudication.end)


def _kept(found: list[Finding]) -> list[dict[str, object]]:
    kept = [each._asdict() for each in found[:FINDINGS_KEPT]]
    if len(found) > FINDINGS_KEPT:
        said = f"{len(found) - FINDINGS_KEPT:,} more findings are not listed. `reclaim read` lists all."
        kept.append(Finding("info", "more", None, "", said)._asdict())
    return kept
