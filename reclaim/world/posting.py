"""The money ledger: what every answer and every decision of the office does to what a claim is still owed."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from reclaim.world.model import Answer, Cents
from reclaim.world.tables import Ledger

UNPOSTED = frozenset({"forwarded", "pending", "predetermination"})
"""Kinds of answers that settle nothing."""


class Position(NamedTuple):
    """What an answer settles of its claim, in cents that lower what is owed."""

    payment: Cents = 0
    contractual: Cents = 0
    patient: Cents = 0


def position(answer: Answer) -> Position:
    """What an answer settles. What it denies stays owed: somebody may still contest it.

    A second payer settles the patient's share that the first one left: its position moves that share.
    """
    if answer.reverses or answer.kind in UNPOSTED or answer.because == "duplicate":
        return Position()
    denied = answer.denied.cents if answer.denied else 0
    paid, patient = answer.paid, answer.patient_responsibility
    if answer.claim.order == 1 or answer.claim.prior is None:
        return Position(paid, answer.charge - paid - patient - denied, patient)
    share = answer.claim.prior.patient_responsibility
    denied = min(denied, share)
    return Position(paid, share - paid - patient - denied, patient - share)


def charged(claim: str, payer: str, day: date, cents: Cents, file: str) -> Ledger:
    """The charge of a claim as it is sent first."""
    return Ledger(day, claim, payer, "charge", cents, file, False)


def posted(answer: Answer, file: str, before: Position, *, denied: bool) -> Iterator[Ledger]:
    """What an answer changes in the ledger.

    Args:
        answer: as it came.
        file: in which it came.
        before: what an earlier answer that it takes the place of had settled.
        denied: whether it settles dollars that had been denied before.
    """
    day, claim, payer = answer.day, answer.claim.id, answer.claim.payer.id
    for entry, now, then in zip(Position._fields, position(answer), before, strict=True):
        if now != then:
            yield Ledger(day, claim, payer, entry, then - now, file, denied)
    if answer.interest:
        yield Ledger(day, claim, payer, "interest", answer.interest, file, denied)


def settled(answer: Answer, day: date, entry: str, source: str) -> Ledger:
    """What was denied is written off, or becomes the patient's."""
    cents = answer.denied.cents if answer.denied else 0
    if answer.claim.order > 1 and answer.claim.prior:
        cents = min(cents, answer.claim.prior.patient_responsibility)
    return Ledger(day, answer.claim.id, answer.claim.payer.id, entry, -cents, source, True)
