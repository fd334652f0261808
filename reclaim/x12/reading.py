"""One stream of bytes to typed tables, piece by piece, with everything that was found on the way.

    reading = Reading(stream, codes)
    for part in reading.parts():
        part.tables["claims"]
    reading.contents.transactions, reading.findings

Pieces are worked on several at a time, and handed out in order.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import InitVar, dataclass, field
from functools import partial
from typing import Generic, NamedTuple, TypeVar

import polars as pl

from reclaim.x12 import balances, envelope, frame, tables
from reclaim.x12.control import Contents, Control
from reclaim.x12.envelope import Piece, Stream
from reclaim.x12.findings import Finding, merged, quoted
from reclaim.x12.spec import load
from reclaim.x12.tables import CodeSets, Tables
from reclaim.x12.workers import Crew, threads

KIND = "835"
FINDINGS_OF_A_RULE = 1000
"""A file may break one rule a million times: so many are listed, the rest is counted."""

Made = TypeVar("Made")


class Outline(NamedTuple):
    """What the reader must know of a piece to go on: small enough to come back from another process."""

    controls: list[tuple[str, list[str], int]]  # envelope segments: tag, elements, number in the piece
    segments: int
    findings: list[Finding]


class Tabulated(NamedTuple):
    """A piece as typed tables. Segments and bytes in them count from the piece."""

    outline: Outline
    tables: Tables  # empty when the piece holds nothing of the kind
    spans: pl.DataFrame  # claim, start, end: bytes of each claim


@dataclass(frozen=True, slots=True)
class Placed(Generic[Made]):
    """What was made of a piece, and its place in the file: add these to count from the beginning."""

    made: Made
    piece: Piece
    first_segment: int  # number in the file of the piece's segment 0, from 1


@dataclass(frozen=True, slots=True)
class Part:
    """The tables of one piece. Segments and bytes in them count from the piece; add these to have them in the file."""

    tables: Tables
    findings: list[Finding]
    first_segment: int  # number in the file of the piece's segment 0, from 1
    offset: int  # place in the file of the piece's byte 0
    spans: pl.DataFrame  # claim, start, end: bytes of each claim in the piece


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
    """A stream that is being read as 835s, and what it held."""

    stream: InitVar[Stream]
    codes: CodeSets = field(default_factory=dict)
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
        """The tables of all 835s of the stream, in pieces of whole transactions and in the order of the file."""
        with threads() as crew:
            for placed in self.follow(partial(tabulate, codes=self.codes), crew, lambda made: made.outline):
                if made := placed.made.tables:
                    first, offset = placed.first_segment, placed.piece.offset
                    yield Part(made, placed.made.outline.findings, first, offset, placed.made.spans)

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


def tabulate(piece: Piece, *, codes: CodeSets) -> Tabulated:
    """The typed tables of the 835s in a piece, and its findings."""
    spec = load(KIND)
    segments = frame.segments(piece.data, piece.separators, spec.tags | set(frame.ENVELOPE))
    count = len(segments)
    segments, cut = _without_stump(segments, piece)
    controls = _controls(segments)
    ours, foreign = _of_kind(segments, spec.kind)
    if ours is None:
        return Tabulated(Outline(controls, count, [*cut, *foreign]), {}, pl.DataFrame())
    zoned, odd = _true_component(frame.zoned(ours, spec), piece.separators.component)
    how = tables.habits(piece.data, piece.separators)
    tabulated, findings = tables.tabulate(zoned, spec, how, codes)
    balances.check(tabulated, findings)
    found = [*cut, *foreign, *odd, *findings.list]
    return Tabulated(Outline(controls, count, found), tabulated, _spans(zoned))


def _without_stump(segments: pl.DataFrame, piece: Piece) -> tuple[pl.DataFrame, list[Finding]]:
    """Leave out a last segment that is cut off: half an amount is worse than none."""
    if segments.is_empty() or segments["tag"][-1] == "IEA" or envelope.terminated(piece.data, piece.separators):
        return segments, []
    last = segments.row(-1, named=True)
    tag = quoted(last["tag"])
    name = f" {quoted(last['elements'][1])}" if tag == "CLP" and len(last["elements"]) > 1 else ""
    said = f"The file ends within a segment: {tag}{name} was left out. Ask the sender for the whole file."
    return segments[:-1], [Finding("error", "segment-cut-off", last["segment"], tag, said)]


def _controls(segments: pl.DataFrame) -> list[tuple[str, list[str], int]]:
    tags = [*frame.ENVELOPE, "ST", "SE"]
    rows = segments.filter(pl.col("tag").is_in(tags)).select(pl.col("tag").cast(pl.String), "elements", "segment")
    return rows.rows()


def _of_kind(segments: pl.DataFrame, kind: str) -> tuple[pl.DataFrame | None, list[Finding]]:
    """The segments that belong to transactions of a kind, or to none; None when there is no such transaction.

    A claim payment (CLP) within another kind of transaction is left out and named.
    """
    starts = segments.filter(pl.col("tag") == "ST")["elements"].list.get(1, null_on_oob=True).fill_null("")
    foreign = (starts.str.strip_chars() != kind).arg_true() + 1
    if starts.len() and foreign.is_empty():
        return segments, []
    ordinal = (segments["tag"] == "ST").cum_sum()
    theirs = ordinal.is_in(foreign.implode())
    lost = segments.filter(theirs & (segments["tag"] == "CLP"))
    ours = segments.filter(~theirs)
    findings = []
    if lost.height:
        names = ", ".join(quoted(name) for name in lost["elements"].list.get(1, null_on_oob=True).fill_null("?"))
        said = f"{lost.height} CLP within a transaction that is no {kind} left out: {names}. Ask for the file again."
        findings.append(Finding("error", "segment-outside", lost["segment"][0], "CLP", said, lost.height))
    others = ours.filter(~pl.col("tag").is_in([*frame.ENVELOPE, "ST", "SE"]))
    return (ours if others.height or len(foreign) < len(starts) else None), findings


def _true_component(zoned: pl.DataFrame, component: str) -> tuple[pl.DataFrame, list[Finding]]:
    """Some senders declare one component separator in ISA16 and use another: believe the procedures (SVC01)."""
    lines = zoned.filter(pl.col("tag") == "SVC").select(
        "segment", "transaction", pl.col("elements").list.get(1, null_on_oob=True).str.strip_chars()
    )
    odd = lines.filter(~pl.col("elements").str.contains(component, literal=True))
    if odd.is_empty():
        return zoned, []
    findings = []
    used = odd.with_columns(pl.col("elements").str.extract(r"^[A-Za-z][A-Za-z0-9]([^A-Za-z0-9 .-])")).drop_nulls()
    for (character,), rows in used.group_by("elements", maintain_order=True):
        repaired = pl.col("elements").list.eval(pl.element().str.replace_all(character, component, literal=True))
        theirs = pl.col("tag").is_in(["SVC", "PLB"]) & pl.col("transaction").is_in(rows["transaction"].implode())
        zoned = zoned.with_columns(pl.when(theirs).then(repaired).otherwise("elements").alias("elements"))
        said = f"ISA16 declares “{component}” between components, but the procedures use “{character}”: read by that."
        findings.append(Finding("warning", "separator", rows["segment"][0], "ISA16", said))
    return zoned, findings


def _spans(zoned: pl.DataFrame) -> pl.DataFrame:
    """The bytes of each claim, from its CLP to the end of its last segment."""
    claim = zoned["claim"]
    before, after = claim.shift(1), claim.shift(-1)
    first, last = claim.ne_missing(before), claim.ne_missing(after)
    starts = zoned.select("claim", "start").filter(first & claim.is_not_null())
    return starts.with_columns(zoned["end"].filter(last & claim.is_not_null()))
