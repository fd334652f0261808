"""A piece of a file, judged where it is read: small values that may come back from another process."""

from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import polars as pl

from reclaim.codes import lookup
from reclaim.rules import reversals
from reclaim.rules.facts import Claim, Denial, Identification, Kind, Remittance
from reclaim.rules.gather import Gathered, facts, remittances, sift
from reclaim.rules.identify import identify
from reclaim.rules.money import ZERO
from reclaim.rules.remitted import Received, received
from reclaim.rules.reversals import REVERSED, key_of, keys
from reclaim.x12.envelope import Piece
from reclaim.x12.reading import Outline, tabulate
from reclaim.x12.tables import CodeSets, Tables

Shown = TypeVar("Shown")


class Found(NamedTuple):
    """A denial, the file it stands in, and the name that only people may see."""

    file: str
    denial: Denial
    patient: str


class Outcome(NamedTuple, Generic[Shown]):
    """A denial as the caller wants it shown, with what is needed to count, choose and order it."""

    shown: Shown
    type: str
    amount: Decimal
    score: Decimal
    kind: Kind
    key: str  # which claim: see reversals.key_of
    transaction: int
    segment: int  # of its CLP, in the piece


class Sums(NamedTuple):
    """A piece in figures, denied or not."""

    claims: int
    charge: Decimal
    paid: Decimal
    adjustments: Mapping[tuple[str, str], tuple[int, Decimal]]  # count and dollars by group and CARC
    remittances: list[Received]
    answers: pl.DataFrame  # key, transaction, day, segment, paid of every adjudication that is no reversal


class Judged(NamedTuple, Generic[Shown]):
    """A piece, read and judged."""

    outline: Outline
    sums: Sums | None  # None when it holds no remittance
    outcomes: list[Outcome[Shown]]
    others: Counter[tuple[int, Kind]]  # claims that are no denial, by transaction and kind
    reversals: list[Gathered]

    def __reduce__(self) -> tuple[Any, ...]:
        """Outcomes travel between processes as columns of plain values: five times as fast as one by one."""
        shown, types, amounts, scores, kinds, *rest = zip(*self.outcomes, strict=True) if self.outcomes else [()] * 8
        columns = (shown, types, list(map(str, amounts)), list(map(str, scores)), [kind.value for kind in kinds], *rest)
        return _arrived, (self.outline, self.sums, columns, self.others, self.reversals)


def _arrived(
    outline: Outline,
    sums: Sums | None,
    columns: tuple[list[Any], ...],
    others: Counter[tuple[int, Kind]],
    reversals: list[Gathered],
) -> Judged[Any]:
    shown, types, amounts, scores, kinds, *rest = columns
    plain = zip(shown, types, map(Decimal, amounts), map(Decimal, scores), map(Kind, kinds), *rest, strict=True)
    return Judged(outline, sums, list(map(Outcome._make, plain)), others, reversals)


Judge = Callable[[Claim, Identification], Denial]
Show = Callable[[Found], Shown]


def code_sets() -> CodeSets:
    """The codes that a remittance which is to be judged must know, or be found wanting."""
    return {"carc": frozenset(lookup.carcs()), "rarc": frozenset(lookup.rarcs())}


class JudgePiece(Protocol[Shown]):
    """`judge_piece` with all but the piece given."""

    def __call__(self, piece: Piece, /, *, taken_back: frozenset[int] = ...) -> Judged[Shown]:
        """Read a piece and judge its claims."""


def judge_piece(
    piece: Piece, /, *, file: str, judge: Judge, show: Show[Shown], taken_back: frozenset[int] = frozenset()
) -> Judged[Shown]:
    """Read a piece and judge its claims.

    Args:
        piece: whole transactions of a file.
        file: its name.
        judge: everything the rules know of a denied claim.
        show: what to make of each denial.
        taken_back: segments (CLP) of denials that answer a claim whose payment was reversed in an earlier piece.
    """
    read = tabulate(piece, codes=code_sets())
    judged: Judged[Shown] = Judged(read.outline, None, [], Counter(), [])
    if not read.tables:
        return judged
    sifted = sift(read.tables)
    reversed_here: dict[str, Decimal] = {}
    for gathered in facts(sifted):
        if gathered.claim.status == REVERSED:
            judged.reversals.append(gathered)
            reversed_here[key_of(gathered)] = reversals.taken_back(gathered.claim)
            continue
        identification = identify(gathered.claim)
        if not identification.kind.is_denial:
            judged.others[gathered.transaction, identification.kind] += 1
            continue
        lost = reversed_here.get(key_of(gathered), ZERO) if reversed_here else ZERO
        follows = gathered.segment in taken_back or (gathered.claim.paid or ZERO) < lost
        if follows and not reversals.is_duplicate(identification):
            identification = identification._replace(kind=Kind.TAKEBACK)
        judged.outcomes.append(outcome(gathered, identification, file, judge, show))
    return judged._replace(sums=sums(read.tables, remittances(sifted.senders)))


def outcome(
    gathered: Gathered, identification: Identification, file: str, judge: Judge, show: Show[Shown]
) -> Outcome[Shown]:
    """A denial, judged and shown."""
    denial = judge(gathered.claim, identification)
    return Outcome(
        show(Found(file, denial, gathered.patient)),
        denial.classification.type,
        identification.denied_amount,
        denial.priority.score,
        identification.kind,
        key_of(gathered),
        gathered.transaction,
        gathered.segment,
    )


def sums(tables: Tables, senders: Mapping[int, Remittance]) -> Sums:
    """The figures of a piece."""
    claims = tables["claims"]
    return Sums(
        len(claims),
        _sum(claims["charge"]),
        _sum(claims["paid"]),
        _adjustments(tables["adjustments"]),
        received(tables, senders),
        keys(claims, senders),
    )


def _sum(amounts: pl.Series) -> Decimal:
    return Decimal(amounts.sum() or ZERO)


def _adjustments(adjustments: pl.DataFrame) -> dict[tuple[str, str], tuple[int, Decimal]]:
    pair = (pl.col("group").fill_null(""), pl.col("carc").fill_null(""))
    rows = adjustments.group_by(pair).agg(pl.len(), pl.col("amount").sum()).iter_rows()
    return {(group, carc): (count, amount) for group, carc, count, amount in rows}
