"""A piece of a file as rows for the record: every adjudication, and what the rules say of each denial."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from reclaim.codes import lookup
from reclaim.lake import parts
from reclaim.rules import reversals
from reclaim.rules.facts import Claim, Denial, Identification, Kind
from reclaim.rules.gather import Gathered, facts, remittances, sift
from reclaim.rules.identify import identify
from reclaim.rules.judged import Received, received
from reclaim.rules.payers import line_of_business
from reclaim.rules.settling import DUPLICATE
from reclaim.x12.envelope import Piece
from reclaim.x12.reading import Outline, Tabulated, tabulate

Judge = Callable[[Claim, Identification], Denial]

CODES_SHOWN = 200
"""Characters of the codes that a list shows; the rest is read again from the file."""


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
    charge: int
    denied: int
    expected: int
    score: int


FACTS = {
    **{name: pl.String() for name in Facts._fields},
    "segment": pl.Int64(),
    "service_from": pl.Date(),
    "deadline": pl.Date(),
    **dict.fromkeys(("charge", "denied", "expected", "score"), pl.Int64()),
}


class Adjudged(NamedTuple):
    """A piece, ready to be stored. Segments and bytes count from the piece."""

    outline: Outline
    remittances: list[Received]
    adjudications: pl.DataFrame  # transaction, segment, key, ... in the order of ADJUDICATION
    denials: pl.DataFrame  # FACTS


ADJUDICATION = (
    *("transaction", "segment", "key", "control_number", "payer_control_number", "status", "kind", "day"),
    *("charge", "paid", "patient_responsibility", "denied", "start", "end"),
)
_MONEY = ("charge", "paid", "patient_responsibility")
_NUMBERS = {"control_number": 60, "payer_control_number": 60, "status": 4}
_KEY = 140


def part(piece: Piece, *, lake: Path) -> Outline:
    """Read a piece only for its part of the lake."""
    read = tabulate(piece, codes={})
    senders = remittances(sift(read.tables).senders) if read.tables else {}
    parts.write_piece(lake, read.tables, piece.number, senders)
    return read.outline


def adjudge(piece: Piece, *, judge: Judge, lake: Path | None) -> Adjudged:
    """Read a piece, judge its claims and write its part of the lake.

    Args:
        piece: whole transactions of a file.
        judge: everything the rules know of a denied claim.
        lake: folder for the parts of this file; None: no lake.
    """
    read = tabulate(piece, codes={"carc": frozenset(lookup.carcs()), "rarc": frozenset(lookup.rarcs())})
    if not read.tables:
        if lake:
            parts.write_piece(lake, {}, piece.number, {})
        return Adjudged(read.outline, [], pl.DataFrame(), pl.DataFrame(schema=FACTS))
    sifted = sift(read.tables)
    senders = remittances(sifted.senders)
    if lake:
        parts.write_piece(lake, read.tables, piece.number, senders)
    kinds: list[tuple[int, str, int]] = []
    denials: list[Facts] = []
    for gathered in facts(sifted):
        identification = identify(gathered.claim)
        duplicate = identification.kind.is_denial and reversals.is_duplicate(identification)
        kinds.append((gathered.segment, DUPLICATE if duplicate else identification.kind.value, _cents(identification)))
        if identification.kind.is_denial:
            denials.append(shown(gathered, judge(gathered.claim, identification)))
    told = pl.DataFrame(kinds, {"segment": pl.Int64, "kind": pl.String, "denied": pl.Int64}, orient="row")
    return Adjudged(
        read.outline,
        received(read.tables, senders),
        _adjudications(read, reversals.keyed(read.tables["claims"], senders), told),
        pl.DataFrame(denials, FACTS, orient="row"),
    )


def shown(gathered: Gathered, denial: Denial) -> Facts:
    """What a case shows of a denial."""
    claim, sort = denial.claim, denial.classification
    first = denial.deadlines[0] if denial.deadlines else None
    codes = [*(each.code for each in denial.identification.denying), *denial.identification.remarks]
    return Facts(
        segment=gathered.segment,
        patient=gathered.patient[:160],
        line_of_business=line_of_business(claim.filing_indicator, claim.remittance.payer),
        service_from=claim.service_from,
        type=sort.type,
        cause=sort.cause,
        department=sort.department,
        preventable=sort.preventable,
        codes=" ".join(dict.fromkeys(codes))[:CODES_SHOWN],
        action=denial.plan.next.action,
        deadline=first.day if first else None,
        deadline_kind=first.kind if first else "",
        charge=int((claim.charge or 0) * 100),
        denied=_cents(denial.identification),
        expected=int(denial.priority.expected * 100),
        score=int(denial.priority.score * 100),
    )


def _cents(identification: Identification) -> int:
    return int(identification.denied_amount * 100)


def _adjudications(read: Tabulated, claims: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    joined = claims.join(read.spans, on="claim", how="left", maintain_order="left").with_columns(
        pl.col("segment").cast(pl.Int64)
    )
    joined = joined.join(told, on="segment", how="left", maintain_order="left")
    cut: list[Any] = [pl.col(name).fill_null("").str.slice(0, size) for name, size in _NUMBERS.items()]
    return joined.with_columns(
        *cut,
        pl.col("key").str.slice(0, _KEY),
        pl.col("kind").fill_null(Kind.PAID.value),
        pl.col("denied").fill_null(0),
        *((pl.col(name) * 100).cast(pl.Int64) for name in _MONEY),
        *(pl.col(name).cast(pl.Int64) for name in ("transaction", "start", "end")),
    ).select(ADJUDICATION)
