"""One stream of bytes to typed tables, piece by piece, with everything that was found on the way.

    reading = Reading(stream, codes)
    for part in reading.parts():
        part.tables["claims"]
    reading.contents.transactions, reading.findings

Who wants other kinds of transactions than remittances says so: `Reading(stream, kinds=("837P", "837I"))`; each part
has its kind. Pieces are worked on several at a time, and handed out in order.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import InitVar, dataclass, field
from functools import partial
from typing import Generic, NamedTuple, TypeVar

import polars as pl

from reclaim.x12 import agreement, balances, envelope, frame, tables
from reclaim.x12.control import Contents, Control, kind_of
from reclaim.x12.envelope import Piece, Stream
from reclaim.x12.findings import Finding, merged, quoted
from reclaim.x12.spec import Spec, load
from reclaim.x12.tables import CodeSets, Habits, Tables
from reclaim.x12.workers import Crew, threads

KIND = "835"
INTERCHANGE = "TA1"
LOOSE = "-"
"""In the place of a kind: what stands before every transaction."""
TELLING = {
    "837": {"SV1": "837P", "SV2": "837I", "SV3": "837D"},
    "277": {"BHT*0010": "277", "BHT*0085": "277CA"},
}
"""What tells the kind of a transaction that does not say its version; the first kind when nothing does."""
FINDINGS_OF_A_RULE = 1000
"""A file may break one rule a million times: so many are listed, the rest is counted."""

Made = TypeVar("Made")


class Outline(NamedTuple):
    """What the reader must know of a piece to go on: small enough to come back from another process."""

    controls: list[tuple[str, list[str], int]]  # envelope segments: tag, elements, number in the piece
    segments: int
    findings: list[Finding]


class OfKind(NamedTuple):
    """The transactions of one kind in a piece. Segments, bytes and keys count from the piece."""

    tables: Tables
    spans: pl.DataFrame  # see `spans`


class Tabulated(NamedTuple):
    """A piece as typed tables, of the kinds that were asked for and that it holds."""

    outline: Outline
    kinds: dict[str, OfKind]

    @property
    def tables(self) -> Tables:
        """The tables of its remittances; empty when it holds none."""
        return self.kinds[KIND].tables if KIND in self.kinds else {}

    @property
    def spans(self) -> pl.DataFrame:
        """The bytes of each claim of its remittances: claim, start, end."""
        return self.kinds[KIND].spans if KIND in self.kinds else pl.DataFrame()


@dataclass(frozen=True, slots=True)
class Placed(Generic[Made]):
    """What was made of a piece, and its place in the file: add these to count from the beginning."""

    made: Made
    piece: Piece
    first_segment: int  # number in the file of the piece's segment 0, from 1


@dataclass(frozen=True, slots=True)
class Part:
    """The tables of one kind in one piece. Segments and bytes in them count from it; add these to count in the file."""

    tables: Tables
    findings: list[Finding]
    first_segment: int  # number in the file of the piece's segment 0, from 1
    offset: int  # place in the file of the piece's byte 0
    spans: pl.DataFrame  # see `spans`; bytes in the piece
    kind: str = KIND


class Hashed:
    """A stream that knows the SHA-256 of what was read from it."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.sha256 = hashlib.sha256()

    def read(self, size: int, /) -> bytes:
        """Up to so many bytes."""
        data = self.stream.read(size)
        self.sha256.update(data)
        return data


@dataclass(slots=True)
class Reading:
    """A stream that is being read, as 835s unless other kinds are asked for, and what it held."""

    stream: InitVar[Stream]
    codes: CodeSets = field(default_factory=dict)
    kinds: tuple[str, ...] = (KIND,)
    contents: Contents = field(default_factory=Contents)
    segments: int = 0
    refused: bool = False
    _found: list[Finding] = field(default_factory=list)
    _hashed: Hashed = field(init=False)

    def __post_init__(self, stream: Stream) -> None:
        self._hashed = Hashed(stream)

    @property
    def sha256(self) -> str:
        """Of the bytes read so far."""
        return self._hashed.sha256.hexdigest()

    def parts(self) -> Iterator[Part]:
        """The tables of the stream, in pieces of whole transactions, kind by kind, in the order of the file."""
        work = partial(tabulate, codes=self.codes, kinds=self.kinds)
        with threads() as crew:
            for placed in self.follow(work, crew, lambda made: made.outline):
                for kind, made in placed.made.kinds.items():
                    first, offset = placed.first_segment, placed.piece.offset
                    yield Part(made.tables, placed.made.outline.findings, first, offset, made.spans, kind)

    def follow(
        self, work: Callable[[Piece], Made], crew: Crew, outline: Callable[[Made], Outline]
    ) -> Iterator[Placed[Made]]:
        """What the work makes of each piece, in the order of the file; the envelope is followed on the way.

        Args:
            work: makes something of a piece; see `tabulate`.
            crew: who does it.
            outline: where the outline stands in what the work makes.
        """
        for piece, made in crew.each(work, self.pieces()):
            yield self.placed(piece, made, outline(made))
        self.end()

    def pieces(self) -> Iterator[Piece]:
        """The pieces of the stream. Who asks for them tells `placed` what became of each, and calls `end`."""
        number = 0
        for each in envelope.pieces(self._hashed):
            if isinstance(each, Piece):
                yield each._replace(number=number)
                number += 1
            else:
                self._found.append(each)
                self.refused |= each.rule == "refused"

    def placed(self, piece: Piece, made: Made, known: Outline) -> Placed[Made]:
        """Follow the envelope through a piece, in the order of the file; what was made of it, with its place."""
        first = self.segments + 1
        for tag, elements, segment in known.controls:
            self.contents.follow(Control(tag, elements, first + segment), first + segment - 1)
        self.segments += known.segments
        self._found.extend(_placed(finding, first) for finding in known.findings)
        return Placed(made, piece, first)

    def end(self) -> None:
        """All pieces were placed: what is missing at the end is found."""
        self.contents.end(self.segments)
        if not self.refused and not self.contents.transactions:
            self.refused = True
            said = "The envelope holds no transaction (ST). Ask the sender for the whole file."
            self._found.append(Finding("error", "refused", None, "ST", said))

    @property
    def findings(self) -> list[Finding]:
        """Everything found, in the order of the file."""
        found = sorted([*self._found, *self.contents.findings], key=lambda each: each.segment or 0)
        return merged(found, FINDINGS_OF_A_RULE)

    @property
    def balanced(self) -> bool:
        """Whether every line, claim and payment adds up."""
        return not any(each.rule.startswith("balance-") for each in self._found)


def _placed(finding: Finding, first: int) -> Finding:
    return finding if finding.segment is None else finding._replace(segment=first + finding.segment)


def tabulate(piece: Piece, *, codes: CodeSets, kinds: tuple[str, ...] = (KIND,)) -> Tabulated:
    """The typed tables of the transactions of some kinds in a piece, and its findings.

    Args:
        piece: whole transactions.
        codes: code sets by name, for those that the specs leave to the caller.
        kinds: which transactions are read; see `control.KINDS`, a spec each.
    """
    specs = [load(kind) for kind in kinds]
    expected = frozenset(frame.ENVELOPE).union(*(spec.tags for spec in specs))
    segments = frame.segments(piece.data, piece.separators, expected)
    count = len(segments)
    segments, found = _without_stump(segments, piece)
    controls = _controls(segments)
    how = tables.habits(piece.data, piece.separators)
    made = {}
    theirs, foreign = _sorted(segments, specs)
    found += foreign
    for spec in specs:
        if (ours := theirs.get(spec.kind)) is not None:
            made[spec.kind], findings = _of_kind(ours, spec, how, codes)
            found += findings
    return Tabulated(Outline(controls, count, found), made)


def _of_kind(ours: pl.DataFrame, spec: Spec, how: Habits, codes: CodeSets) -> tuple[OfKind, list[Finding]]:
    """The tables of the segments of one kind."""
    zoned, odd = _true_component(frame.zoned(ours, spec), spec, how.component)
    tabulated, findings = tables.tabulate(zoned, spec, how, codes)
    if spec.kind == KIND:
        balances.check(tabulated, findings)
    else:
        agreement.check(tabulated, spec, findings)
    return OfKind(tabulated, spans(zoned, spec)), [*odd, *findings.list]


def _without_stump(segments: pl.DataFrame, piece: Piece) -> tuple[pl.DataFrame, list[Finding]]:
    """Leave out a last segment that is cut off: half an amount is worse than none."""
    if segments.is_empty() or segments["tag"][-1] == "IEA" or envelope.terminated(piece.data, piece.separators):
        return segments, []
    last = segments.row(-1, named=True)
    tag = quoted(last["tag"])
    name = f" {quoted(last['elements'][1])}" if tag in {"CLP", "CLM"} and len(last["elements"]) > 1 else ""
    said = f"The file ends within a segment: {tag}{name} was left out. Ask the sender for the whole file."
    return segments[:-1], [Finding("error", "segment-cut-off", last["segment"], tag, said)]


def _controls(segments: pl.DataFrame) -> list[tuple[str, list[str], int]]:
    tags = [*frame.ENVELOPE, "ST", "SE"]
    rows = segments.filter(pl.col("tag").is_in(tags)).select(pl.col("tag").cast(pl.String), "elements", "segment")
    return rows.rows()


def _sorted(segments: pl.DataFrame, specs: Sequence[Spec]) -> tuple[dict[str, pl.DataFrame], list[Finding]]:
    """The segments by the kind of transaction that they stand in; what stands in none goes to the first kind.

    A payment of a claim (CLP) in a transaction that is no 835, or a claim (CLM) in one that is no 837, is named.
    """
    starts = segments.filter(pl.col("tag") == "ST")["elements"].list.get(1, null_on_oob=True).fill_null("")
    if len(specs) == 1 and starts.len() and specs[0].kind == KIND and (starts.str.strip_chars() == KIND).all():
        return {KIND: segments}, []
    known = _kinds(segments)
    wanted = [spec.kind for spec in specs]
    alone = {spec.only: spec.kind[:3] for spec in specs if spec.only and (segments["tag"] == spec.only).any()}
    astray = {tag: number for tag, number in alone.items() if not all(each.startswith(number) for each in known)}
    if len(set(known)) == 1 and known[0] in wanted and not astray:
        theirs, strayed = {known[0]: segments}, []
    else:
        kind = pl.Series([LOOSE, *known])[(segments["tag"] == "ST").cum_sum()]
        theirs = _parted(segments, kind, wanted)
        strayed = [found for tag, number in astray.items() for found in _strayed(segments, kind, tag, number)]
    if INTERCHANGE in wanted and INTERCHANGE in segments["tag"]:
        theirs[INTERCHANGE] = segments.filter(pl.col("tag") == INTERCHANGE)  # stands in no transaction
    return theirs, strayed


def _parted(segments: pl.DataFrame, kind: pl.Series, wanted: Sequence[str]) -> dict[str, pl.DataFrame]:
    """The segments of each kind that is wanted and there; what is loose goes to the first, unless it is envelope."""
    first, *others = wanted
    theirs = {each: segments.filter(kind == each) for each in others if each in kind}
    ours = segments.filter(kind.is_in([LOOSE, first]))
    if first in kind or not ours.filter(~pl.col("tag").is_in([*frame.ENVELOPE, "ST", "SE"])).is_empty():
        theirs = {first: ours, **theirs}
    return theirs


def _strayed(segments: pl.DataFrame, kind: pl.Series, tag: str, number: str) -> Iterator[Finding]:
    """The segments of a tag within transactions that have another number than theirs."""
    lost = segments.filter((pl.col("tag") == tag) & (kind != LOOSE) & ~kind.str.starts_with(number))
    if lost.height:
        names = ", ".join(quoted(name) for name in lost["elements"].list.get(1, null_on_oob=True).fill_null("?"))
        said = (
            f"{lost.height} {tag} within a transaction that is no {number} left out: {names}. Ask for the file again."
        )
        yield Finding("error", "segment-outside", lost["segment"][0], tag, said, lost.height)


def _kinds(segments: pl.DataFrame) -> list[str]:
    """The kind of each transaction, by its number and version; where no version is said, by what it holds."""
    kinds: list[str] = []
    group = ""
    for tag, elements in segments.filter(pl.col("tag").is_in(["GS", "ST"])).select("tag", "elements").iter_rows():
        control = Control(tag, elements, 0)
        if tag == "GS":
            group = control.element(8)
        else:
            kinds.append(kind_of(control.element(1), control.element(3) or group))
    if any(each in TELLING for each in kinds):
        ordinal = (segments["tag"] == "ST").cum_sum()
        for at, each in enumerate(kinds):
            kinds[at] = _told(segments.filter(ordinal == at + 1), each) if each in TELLING else each
    return kinds


def _told(transaction: pl.DataFrame, number: str) -> str:
    """The kind of a transaction whose version is not said: by its first segment that stands in one kind only."""
    told = TELLING[number]
    for tag, elements in transaction.select(pl.col("tag").cast(pl.String), "elements").iter_rows():
        if kind := told.get(tag) or told.get("*".join([tag, *elements[1:2]])):
            return kind
    return next(iter(told.values()))


def _true_component(zoned: pl.DataFrame, spec: Spec, component: str) -> tuple[pl.DataFrame, list[Finding]]:
    """Some senders declare one component separator in ISA16 and use another: believe the procedures (SVC01, SV101)."""
    tag, place = spec.procedure
    if not tag:
        return zoned, []
    lines = zoned.filter(pl.col("tag") == tag).select(
        "segment", "transaction", pl.col("elements").list.get(place, null_on_oob=True).str.strip_chars()
    )
    odd = lines.filter(~pl.col("elements").str.contains(component, literal=True))
    if odd.is_empty():
        return zoned, []
    findings = []
    used = odd.with_columns(pl.col("elements").str.extract(r"^[A-Za-z][A-Za-z0-9]([^A-Za-z0-9 .-])")).drop_nulls()
    for (character,), rows in used.group_by("elements", maintain_order=True):
        repaired = pl.col("elements").list.eval(pl.element().str.replace_all(character, component, literal=True))
        theirs = pl.col("tag").is_in(spec.composites) & pl.col("transaction").is_in(rows["transaction"].implode())
        zoned = zoned.with_columns(pl.when(theirs).then(repaired).otherwise("elements").alias("elements"))
        said = f"ISA16 declares “{component}” between components, but the procedures use “{character}”: read by that."
        findings.append(Finding("warning", "separator", rows["segment"][0], "ISA16", said))
    return zoned, findings


def spans(zoned: pl.DataFrame, spec: Spec) -> pl.DataFrame:
    """The bytes of each claim, and of the loops around it as far as they are its own: what it takes to read it again.

    Returns:
        `claim` (or what else the spec has as its record), `start`, `end`; for each zone that the spec has around it
        its key, `<zone>_start` and `<zone>_end`, from its first segment to before the next loop of these.
    """
    if not spec.record:
        return pl.DataFrame()
    keys = [*spec.around, spec.record]
    begins = pl.any_horizontal(pl.col(key).ne_missing(pl.col(key).shift(1)) for key in keys)
    runs = zoned.select(*keys, "start", "end", begins=begins | (pl.int_range(pl.len()) == 0))
    last = pl.col("begins").shift(-1).fill_null(value=True)
    runs = runs.filter("begins").with_columns(runs.filter(last)["end"])
    claims = runs.filter(pl.col(spec.record).is_not_null()).select(spec.record, "start", "end", *spec.around)
    for key in spec.around:
        own = runs.filter(pl.col(key).is_not_null()).unique(key, keep="first", maintain_order=True)
        own = own.select(key, pl.col("start").alias(f"{key}_start"), pl.col("end").alias(f"{key}_end"))
        claims = claims.join(own, on=key, how="left", maintain_order="left")
    return claims
