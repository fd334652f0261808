"""What became of a denied claim: all answers of one payer to it, in their order, whatever order they came in."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from reclaim.rules.facts import Kind
from reclaim.rules.money import ZERO
from reclaim.rules.reversals import REVERSED

DUPLICATE = "duplicate"
"""Kind of an answer that denies a claim as sent twice: the work is on the first (domain page, What is a denial)."""
_NO_ANSWER = frozenset({Kind.PENDING, Kind.PREDETERMINATION})
"""Answers that decide nothing."""


class State(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    RECOVERED = "recovered"
    RECOVERED_IN_PART = "recovered_in_part"
    PATIENT = "patient"
    CLOSED = "closed"


class Answer(NamedTuple):
    """One adjudication, as far as it counts here. Money is US dollars; answers sort into their order."""

    day: date  # of the remittance
    remittance: str  # its trace number: orders remittances of one day
    position: int  # in the file
    kind: str  # a Kind, or DUPLICATE
    status: str  # CLP02
    paid: Decimal
    id: int  # of the caller; decides nothing


class Settled(NamedTuple):
    """What the answers come to."""

    first: Answer  # the first that denied, or took back
    denial: Answer  # the latest
    latest: Answer  # that decides
    state: State
    kind: str  # of `denial`, a takeback where it follows a reversal that took back more than it pays
    redenied: bool  # denied again by a later answer
    recovered: Decimal  # paid after the first denial, net of what was taken back
    resolved: date | None  # day of the answer that ended it


def settle(answers: Iterable[Answer]) -> Settled | None:
    """Says what became of a claim.

    Args:
        answers: All answers of one payer to one claim, in any order.

    Returns:
        None when none of them denies anything. Duplicates count only while no other answer is known; estimates and
        claims still under review decide nothing. A reversal that nothing follows is a takeback. (Domain page, Money
        and outcomes; engineering rules, 3.)
    """
    every = sorted(each for each in answers if each.kind not in _NO_ANSWER)
    chain = [each for each in every if each.kind != DUPLICATE]
    if not chain:
        return _only_duplicates(every) if every else None
    kinds = list(_kinds(chain))
    denied = [place for place, kind in enumerate(kinds) if kind in _DENIES]
    if not denied:
        return _answered_elsewhere(every, chain)
    first, last, latest = chain[denied[0]], chain[denied[-1]], chain[-1]
    recovered = sum((each.paid for each in chain[denied[0] + 1 :]), ZERO)
    state = _state(kinds[-1], recovered)
    resolved = None if state is State.OPEN else latest.day
    return Settled(first, last, latest, state, kinds[denied[-1]], len(denied) > 1, max(recovered, ZERO), resolved)


_DENIES = frozenset({Kind.DENIED, Kind.DENIED_IN_PART, Kind.SILENT, Kind.TAKEBACK})


def _kinds(chain: list[Answer]) -> Iterable[str]:
    """The kind of each answer, seen in the row: what a reversal took back, and whether something replaced it."""
    lost = ZERO
    for place, each in enumerate(chain):
        if each.status == REVERSED:
            lost = max(-each.paid, ZERO)
            yield Kind.TAKEBACK if lost and place == len(chain) - 1 else Kind.REVERSAL
        elif each.kind in _DENIES and each.paid < lost:
            yield Kind.TAKEBACK
        else:
            yield each.kind


def _state(kind: str, recovered: Decimal) -> State:
    if kind in _DENIES:
        return State.OPEN
    if kind == Kind.PATIENT_RESPONSIBILITY:
        return State.PATIENT
    if recovered <= 0:
        return State.CLOSED
    return State.RECOVERED_IN_PART if kind == Kind.REDUCED else State.RECOVERED


def _only_duplicates(every: list[Answer]) -> Settled:
    """Sent twice, and the first has no answer here: somebody must look."""
    return Settled(every[0], every[-1], every[-1], State.OPEN, Kind.DENIED, len(every) > 1, ZERO, None)


def _answered_elsewhere(every: list[Answer], chain: list[Answer]) -> Settled | None:
    """A duplicate of a claim that was answered without denial: nothing to work."""
    duplicates = [each for each in every if each.kind == DUPLICATE]
    if not duplicates:
        return None
    day = max(duplicates[0].day, chain[-1].day)
    return Settled(duplicates[0], duplicates[-1], chain[-1], State.CLOSED, Kind.DENIED, False, ZERO, day)
