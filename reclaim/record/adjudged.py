"""A piece of a file as rows for the record: every adjudication, what the rules say of each denial, and its lines."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from reclaim.lake import parts
from reclaim.lake.rows import rows
from reclaim.record import acknowledged as acks
from reclaim.record import claimed
from reclaim.record.acknowledged import acknowledged
from reclaim.record.claimed import Sent, sent
from reclaim.rules import reversals
from reclaim.rules.facts import Adjustment, Claim, Denial, Identification, Kind, Remittance
from reclaim.rules.gather import Gathered, Sifted, facts, remittances, sift
from reclaim.rules.identify import identify
from reclaim.rules.judged import code_sets
from reclaim.rules.money import ZERO
from reclaim.rules.payers import line_of_business
from reclaim.rules.remarks import listed
from reclaim.rules.remitted import Received, received
from reclaim.rules.settling import DUPLICATE
from reclaim.x12 import together
from reclaim.x12.envelope import Piece
from reclaim.x12.reading import Outline
from reclaim.x12.together import Together

KINDS = ("835", *claimed.KINDS, *acks.KINDS)
"""Every kind of transaction that the record keeps."""
Judge = Callable[[Claim, Identification], Denial]

CODES_SHOWN = 200
"""Characters of the codes that a row shows; the rest is read again from the file."""


class Facts(NamedTuple):
    """What a case shows of a denial without reading its bytes again. Money is whole cents."""

    segment: int
    patient: str
    line_of_business: str
    service_from: date | None
    type: str
    cause: str
    department: str
    preventable: str
    codes: str
    action: str
    deadline: date | None
    deadline_kind: str
    days: str  # all deadlines, earliest first: "records:2026-12-01 appeal_1:2027-01-04"
    charge: int
    denied: int
    expected: int
    score: int
    provider: str  # NPI of who rendered the service; of who was paid, where the answer names nobody else
    payee: str  # NPI of who was paid


FACTS = {
    **{name: pl.String() for name in Facts._fields},
    "segment": pl.Int64(),
    "service_from": pl.Date(),
    "deadline": pl.Date(),
    **dict.fromkeys(("charge", "denied", "expected", "score"), pl.Int64()),
}


class Told(NamedTuple):
    """What the rules say of one line of a denial. Money is whole cents."""

    segment: int  # of the claim's CLP
    number: int  # of the line in the claim, from 1; 0: the claim level
    denied: int
    codes: str


TOLD = {"segment": pl.Int64(), "number": pl.Int64(), "denied": pl.Int64(), "codes": pl.String()}
LINE = {
    **dict.fromkeys(("control_number", "procedure", "modifiers", "revenue_code"), pl.String()),
    "units": pl.Float64(),
    "service_from": pl.Date(),
    "charge": pl.Int64(),
}
"""What the payer sent of a line: empty at the claim level."""


class Adjudged(NamedTuple):
    """A piece, ready to be stored. Segments and bytes count from the piece."""

    outline: Outline
    remittances: list[Received]
    adjudications: pl.DataFrame  # transaction, segment, key, ... in the order of ADJUDICATION
    denials: pl.DataFrame  # FACTS
    lines: pl.DataFrame  # TOLD and LINE: those that are denied
    sent: Sent | None = None  # its claims
    acknowledged: pl.DataFrame | None = None  # see acknowledged.COLUMNS


class Reread(NamedTuple):
    """A denial whose bytes were read again: see `reread`."""

    facts: Facts
    lines: tuple[tuple[Any, ...], ...]  # number, then LINE, then denied and codes


ADJUDICATION = (
    *("transaction", "segment", "key", "control_number", "payer_control_number", "status", "kind", "day"),
    *("charge", "paid", "patient_responsibility", "denied", "start", "end"),
)
_MONEY = ("charge", "paid", "patient_responsibility")
_LENGTHS = {"control_number": 60, "payer_control_number": 60, "status": 4}
_KEY = 140


Places = Sequence[tuple[Piece, Path]]
"""Pieces, each with the folder for its part of the lake."""


def part(places: Places) -> list[Outline | Exception]:
    """Read pieces only for their parts of the lake; see `adjudge`."""

    def work(some: Places) -> list[Outline] | None:
        if read := together.tabulate(pieces(some), codes={}):
            _write(some, read, remittances(sift(read.tables).senders) if read.tables else {})
            return read.outlines
        return None

    return together.make(places, pieces, work)


def adjudge(places: Places, *, judge: Judge) -> list[Adjudged | Exception]:
    """Read pieces, judge their claims and write their parts of the lake: small ones together, which is faster.

    Args:
        places: whole transactions, of one file or of many.
        judge: everything the rules know of a denied claim.

    Returns:
        What was made of each; an exception where that failed.
    """
    return together.make(places, pieces, partial(_adjudged, judge=judge))


def pieces(places: Places) -> list[Piece]:
    """Without the folders."""
    return [piece for piece, _ in places]


def _adjudged(places: Places, judge: Judge) -> list[Adjudged] | None:
    read = together.tabulate(pieces(places), code_sets(), KINDS)
    if not read:
        return None
    beside = sent(read.kinds), acknowledged(read.kinds)
    if not read.tables:
        _write(places, read, {})
        nothing = pl.DataFrame(), pl.DataFrame(schema=FACTS), pl.DataFrame(schema=TOLD | LINE)
        return [Adjudged(outline, [], *nothing, *beside) for outline in read.outlines]
    sifted = sift(read.tables)
    senders = remittances(sifted.senders)
    _write(places, read, senders)
    kinds: list[tuple[int, str, int]] = []
    denials: list[Facts] = []
    lines: list[Told] = []
    for gathered in facts(sifted):
        identification = identify(gathered.claim)
        duplicate = identification.kind.is_denial and reversals.is_duplicate(identification)
        kinds.append(
            (
                gathered.segment,
                DUPLICATE if duplicate else identification.kind.value,
                _cents(identification.denied_amount),
            )
        )
        if identification.kind.is_denial:
            denials.append(shown(gathered, judge(gathered.claim, identification)))
            lines += _told(gathered, identification, denials[-1].codes)
    told = pl.DataFrame(kinds, {"segment": pl.Int64, "kind": pl.String, "denied": pl.Int64}, orient="row")
    frames = (
        _adjudications(read, reversals.keyed(read.tables["claims"], senders), told),
        pl.DataFrame(denials, FACTS, orient="row"),
        _lines(sifted, read.tables["lines"], pl.DataFrame(lines, TOLD, orient="row")),
    )
    mine = _shared(read, received(read.tables, senders))
    made = map(Adjudged, read.outlines, mine, *map(read.parted, frames))
    return [each._replace(sent=beside[0], acknowledged=beside[1]) for each in made]


def _shared(read: Together, remitted: list[Received]) -> list[list[Received]]:
    """The remittances of each piece, counted from it."""
    mine: list[list[Received]] = [[] for _ in read.outlines]
    segments, transactions = (read.before[name].to_list() for name in ("segment", "transaction"))
    for each in remitted:
        place = bisect_right(segments, each.segment) - 1
        first, before = segments[place], transactions[place]
        mine[place].append(each._replace(segment=each.segment - first, transaction=each.transaction - before))
    return mine


def _write(places: Places, read: Together, senders: Mapping[int, Remittance]) -> None:
    """The parts of the lake."""
    made = {name: read.parted(frame, "claim") for name, frame in rows(read.tables, senders).items()}
    for place, (piece, folder) in enumerate(places):
        parts.write_piece(folder, {name: frames[place] for name, frames in made.items()}, piece.number)


def shown(gathered: Gathered, denial: Denial) -> Facts:
    """What a case shows of a denial."""
    claim, sort = denial.claim, denial.classification
    first = denial.deadlines[0] if denial.deadlines else None
    return Facts(
        segment=gathered.segment,
        patient=gathered.patient[:160],
        line_of_business=line_of_business(claim.filing_indicator, claim.remittance.payer),
        service_from=claim.service_from,
        type=sort.type,
        cause=sort.cause,
        department=sort.department,
        preventable=sort.preventable,
        codes=_codes(denial.identification.denying, denial.identification.remarks),
        action=denial.plan.next.action,
        deadline=first.day if first else None,
        deadline_kind=first.kind if first else "",
        days=" ".join(f"{each.kind}:{each.day}" for each in denial.deadlines),
        charge=_cents(claim.charge or ZERO),
        denied=_cents(denial.identification.denied_amount),
        expected=_cents(denial.priority.expected),
        score=_cents(denial.priority.score),
        provider=claim.provider or claim.remittance.payee,
        payee=claim.remittance.payee,
    )


def reread(gathered: Gathered, denial: Denial) -> Reread:
    """What a case shows of a denial, and the lines that it denies; their units are not at hand."""
    facts = shown(gathered, denial)
    lines = (_reread(gathered.claim, told) for told in _told(gathered, denial.identification, facts.codes))
    return Reread(facts, tuple(lines))


def _reread(claim: Claim, told: Told) -> tuple[Any, ...]:
    if not told.number:
        return 0, "", "", "", "", None, None, None, told.denied, told.codes
    line = claim.lines[told.number - 1]
    sent = line.control_number[:60], line.procedure[:48], " ".join(line.modifiers)[:40], line.revenue_code[:10]
    return told.number, *sent, None, line.service_from, _cents(abs(line.charge or ZERO)), told.denied, told.codes


def _cents(amount: Decimal) -> int:
    return int(amount * 100)


def _codes(denying: Iterable[Adjustment], remarks: Iterable[str]) -> str:
    """Codes in one text, as many as a row shows."""
    text = " ".join(listed((each.code for each in denying), remarks))
    return text if len(text) <= CODES_SHOWN else text[: CODES_SHOWN + 1].rpartition(" ")[0]


def _told(gathered: Gathered, identification: Identification, codes: str) -> list[Told]:
    """The lines of a denial that have denied dollars, and the claim level where it has; their sum is the denial's.

    Args:
        gathered: the claim.
        identification: what is denied of it.
        codes: of the denial as a whole.
    """
    segment, claim = gathered.segment, gathered.claim
    denied = (identification.denied_at_claim, *identification.denied_lines)
    places = [number for number, dollars in enumerate(denied) if dollars]
    if len(places) == 1:
        return [Told(segment, places[0], _cents(identification.denied_amount), codes)]
    return [Told(segment, number, _cents(denied[number]), _beside(claim, number, identification)) for number in places]


def _beside(claim: Claim, number: int, identification: Identification) -> str:
    """The codes that deny one line, or the claim level, with the remarks of the claim and its own."""
    place = claim.lines[number - 1] if number else claim
    sent = {(each.group, each.carc) for each in place.adjustments}
    denying = [each for each in identification.denying if (each.group, each.carc) in sent]
    return _codes(denying, claim.remarks if place is claim else (*claim.remarks, *place.remarks))


def _lines(sifted: Sifted, lines: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """Denied lines with what the payer sent of them."""
    claims = sifted.claims.select("claim", pl.col("segment").cast(pl.Int64))
    numbers = sifted.lines.select("claim", "line", pl.int_range(1, pl.len() + 1).over("claim").alias("number"))
    joined = told
    for other, key in (
        (claims, ["segment"]),
        (numbers, ["claim", "number"]),
        (sifted.lines.drop("claim"), ["line"]),
        (lines.select("line", "units"), ["line"]),
    ):
        joined = joined.join(other, on=key, how="left", maintain_order="left")
    return joined.rename({"own": "control_number", "start": "service_from"}).select(
        *TOLD,
        *_cut({"control_number": 60, "procedure": 48, "revenue_code": 10}),
        pl.col("modifiers").list.join(" ").fill_null("").str.slice(0, 40),
        pl.col("units").cast(pl.Float64),
        "service_from",
        _as_cents("charge"),
    )


def _as_cents(name: str) -> pl.Expr:
    return (pl.col(name) * 100).cast(pl.Int64)


def _cut(lengths: Mapping[str, int]) -> list[pl.Expr]:
    return [pl.col(name).fill_null("").str.slice(0, size) for name, size in lengths.items()]


def _adjudications(read: Together, claims: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    joined = claims.join(read.spans, on="claim", how="left", maintain_order="left").with_columns(
        pl.col("segment").cast(pl.Int64)
    )
    joined = joined.join(told, on="segment", how="left", maintain_order="left")
    return joined.with_columns(
        *_cut(_LENGTHS),
        pl.col("key").str.slice(0, _KEY),
        pl.col("kind").fill_null(Kind.PAID.value),
        pl.col("denied").fill_null(0),
        *map(_as_cents, _MONEY),
        *(pl.col(name).cast(pl.Int64) for name in ("transaction", "start", "end")),
    ).select(ADJUDICATION)
