"""Remittances of a piece: what tells one from every other, and which were read before."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import polars as pl

from reclaim.rules.facts import Remittance
from reclaim.rules.reversals import payer_key
from reclaim.x12.findings import Finding
from reclaim.x12.tables import Tables

PAYER_LENGTH, TRACE_LENGTH = 80, 60
"""Characters by which payers and trace numbers are told apart: X12 allows no more (N104, TRN02)."""


class Identity(NamedTuple):
    """What makes two of them the same remittance (domain page, Reading an 835). US dollars."""

    payer: str  # rules.reversals.payer_key
    trace_number: str  # TRN02
    amount: Decimal | None  # BPR02
    day: date | None  # BPR16, else DTM*405


class Contents(NamedTuple):
    """What a remittance holds: payers use one trace number for several."""

    claims: int
    charge: Decimal


class Received(NamedTuple):
    """One remittance of a piece."""

    transaction: int
    segment: int  # of its BPR, else of its first claim, in the piece
    sender: Remittance
    amount: Decimal | None  # BPR02
    claims: int
    charge: Decimal

    @property
    def identity(self) -> Identity:
        """What tells it from every other."""
        sender = self.sender
        payer, trace = payer_key(sender)[:PAYER_LENGTH], sender.trace_number[:TRACE_LENGTH]
        return Identity(payer, trace, self.amount, sender.notice_date)

    @property
    def contents(self) -> Contents:
        """What it holds."""
        return Contents(self.claims, self.charge)


class Repeat(NamedTuple):
    """A remittance was read before."""

    same: bool  # with the same claims: it is not to be counted again
    finding: Finding


@dataclass(slots=True)
class ReadBefore:
    """The remittances read so far, and the files they stood in."""

    _files: dict[Identity, dict[Contents, str]] = field(default_factory=dict)

    def note(self, identity: Identity, contents: Contents, file: str) -> None:
        """A remittance stands in a file."""
        self._files.setdefault(identity, {}).setdefault(contents, file)

    def repeat(self, received: Received, file: str, first_segment: int) -> Repeat | None:
        """Whether a remittance was read before; it is noted. One without a trace number never was.

        Args:
            received: the remittance.
            file: where it stands now.
            first_segment: number in the file of the piece's segment 0.
        """
        identity, contents = received.identity, received.contents
        if not identity.trace_number:
            return None
        before = dict(self._files.get(identity, {}))
        self.note(identity, contents, file)
        if not before:
            return None
        same = contents in before
        earlier = before[contents] if same else next(iter(before.values()))
        return Repeat(same, _said(identity.trace_number, earlier, first_segment + received.segment, same=same))


def received(tables: Tables, senders: Mapping[int, Remittance]) -> list[Received]:
    """The remittances of a piece, in its order; those too that hold no claims, but a payment or what replaces it."""
    first = pl.col("segment").min().cast(pl.Int64)
    held = tables["claims"].group_by("transaction").agg(pl.len(), pl.col("charge").sum(), first.alias("claim"))
    payments = tables["payments"].group_by("transaction").agg(first, pl.col("amount").first())
    joined = held.join(payments, on="transaction", how="full", coalesce=True).sort("transaction")
    contents = pl.col("len", "charge").fill_null(0)
    rows = joined.select("transaction", pl.coalesce("segment", "claim"), "amount", contents).iter_rows()
    return [
        Received(transaction, segment, senders[transaction], amount, claims, charge)
        for transaction, segment, amount, claims, charge in rows
    ]


def _said(trace_number: str, before: str, segment: int, *, same: bool) -> Finding:
    said = f"Remittance {trace_number} was already read from {before}, "
    said += (
        "with the same claims: it is not counted again."
        if same
        else "but with other claims: both are counted. Ask the payer which one stands."
    )
    return Finding("warning", "remittance-repeated", segment, "ST TRN02", said)
