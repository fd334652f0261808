"""What became of a denied claim: all answers of one payer to it, in their order, whatever order they came in.

A payer may answer one claim in several pieces, a CLP each: those of one remittance are one answer. A later answer to
one of them leaves the others standing.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

from reclaim.rules.facts import Kind
from reclaim.rules.money import ZERO
from reclaim.rules.reversals import REVERSED

DUPLICATE = "duplicate"
"""Kind of an answer that denies a claim as sent twice: the work is on the first (domain page, What is a denial)."""
_NO_ANSWER = frozenset({Kind.PENDING, Kind.PREDETERMINATION})
"""Answers that decide nothing."""


class State(StrEnum):
    """Where the payer's answers leave a claim; a case (`desk.models`) can also stand where people put it."""

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
    denied: Decimal
    charge: Decimal
    number: str  # CLP07: tells the pieces of a claim apart
    id: int  # of the caller; decides nothing

    @property
    def reverses(self) -> bool:
        """Whether it undoes an earlier answer."""
        return self.status == REVERSED


class Settled(NamedTuple):
    """What the answers come to."""

    first: Answer  # the first that denied, or took back
    denials: tuple[Answer, ...]  # the pieces that deny by the latest answer that denied, the most dollars first
    latest: Answer  # that decides
    state: State
    kind: str  # of the denial, a takeback where it follows a reversal that took back more than it pays
    redenied: bool  # denied again by a later answer
    charge: Decimal | None  # of all its pieces, denied or not; None: it came in one
    recovered: Decimal  # paid after the first denial, net of what was taken back
    resolved: date | None  # day of the answer that ended it

    @property
    def denial(self) -> Answer:
        """The latest that denied; of several pieces the largest."""
        return self.denials[0]


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
    steps = list(_steps(chain))
    denied = [place for place, step in enumerate(steps) if step.kind in _DENIES]
    if not denied:
        return _answered_elsewhere(every, chain)
    began, last = steps[denied[0]], steps[denied[-1]]
    recovered = sum((step.paid for step in steps[denied[0] + 1 :]), ZERO)
    state = _state(steps[-1].kind, recovered)
    return Settled(
        first=next(filter(_denies, began.came)),
        denials=last.denials,
        latest=chain[-1],
        state=state,
        kind=last.kind,
        redenied=any(steps[place].remittance != began.remittance and steps[place].denies_anew for place in denied),
        charge=sum((abs(each.charge) for each in last.pieces), ZERO) if len(last.pieces) > 1 else None,
        recovered=max(recovered, ZERO),
        resolved=None if state is State.OPEN else chain[-1].day,
    )


_DENIES = frozenset({Kind.DENIED, Kind.DENIED_IN_PART, Kind.SILENT, Kind.TAKEBACK})
_PAYS = (Kind.REDUCED, Kind.PAID, Kind.PATIENT_RESPONSIBILITY)
"""What pieces come to when none of them denies: the first of these that one of them is."""


class _Step(NamedTuple):
    """What came at once, and what it left standing."""

    came: Sequence[Answer]  # pieces of one remittance: all reversals, or none
    pieces: Sequence[Answer]  # that stand after it; with what it took back, where nothing follows
    kind: str  # of them together, seen in the row

    @property
    def remittance(self) -> tuple[date, str]:
        return self.came[0].day, self.came[0].remittance

    @property
    def paid(self) -> Decimal:
        return sum((each.paid for each in self.came), ZERO)

    @property
    def denies_anew(self) -> bool:
        taken = self.kind == Kind.TAKEBACK
        return any(each.kind in _DENIES or (each.reverses and taken) for each in self.came)

    @property
    def denials(self) -> tuple[Answer, ...]:
        return tuple(sorted(filter(_denies, self.pieces), key=lambda each: -max(each.denied, -each.paid)))


def _denies(answer: Answer) -> bool:
    return answer.reverses or answer.kind in _DENIES


def _steps(chain: Sequence[Answer]) -> Iterator[_Step]:
    groups = [list(some) for _, some in groupby(chain, lambda each: (each.day, each.remittance, each.reverses))]
    standing: list[Answer] = []
    lost, undone = ZERO, ZERO  # dollars that the last reversal took back, and charge of the pieces that it undid
    for came in groups:
        beside = _beside(standing, came)
        paid, charge = sum((each.paid for each in came), ZERO), sum((abs(each.charge) for each in came), ZERO)
        if came[0].reverses:
            standing, lost, undone = beside, max(-paid, ZERO), charge if beside else ZERO
            if came is not groups[-1]:
                yield _Step(came, standing, Kind.REVERSAL)
            elif lost:
                yield _Step(came, [*standing, *came], Kind.TAKEBACK)
            else:
                yield _Step(came, standing, _combined(standing) if standing else Kind.REVERSAL)
        else:
            again = charge <= undone and {each.number for each in came}.isdisjoint(each.number for each in standing)
            standing = [*(standing if again else beside), *came]
            undone, kind = ZERO, _combined(standing)
            yield _Step(came, standing, Kind.TAKEBACK if kind in _DENIES and paid < lost else kind)


def _beside(standing: Sequence[Answer], came: Sequence[Answer]) -> list[Answer]:
    """The pieces that stand beside what came, which answers others: by the payer's number, else by the charge.

    None, where it cannot be told which: an answer to the claim as a whole.
    """
    left = list(standing)
    for each in came:
        theirs = [one for one in left if one.number == each.number] or [
            one for one in left if abs(one.charge) == abs(each.charge)
        ][:1]
        if not theirs:
            return []
        left = [one for one in left if one not in theirs]
    return left


def _combined(pieces: Sequence[Answer]) -> str:
    """What the pieces of a claim are together."""
    kinds = {each.kind for each in pieces}
    if len(kinds) > 1 and kinds & _DENIES:
        return Kind.DENIED if kinds <= {Kind.DENIED, Kind.SILENT} else Kind.DENIED_IN_PART
    return next((kind for kind in _PAYS if kind in kinds), pieces[-1].kind)


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
    redenied = len(every) > 1
    return Settled(every[0], (every[-1],), every[-1], State.OPEN, Kind.DENIED, redenied, None, ZERO, None)


def _answered_elsewhere(every: list[Answer], chain: list[Answer]) -> Settled | None:
    """A duplicate of a claim that was answered without denial: nothing to work."""
    duplicates = [each for each in every if each.kind == DUPLICATE]
    if not duplicates:
        return None
    day = max(duplicates[0].day, chain[-1].day)
    first, last = duplicates[0], duplicates[-1]
    return Settled(first, (last,), chain[-1], State.CLOSED, Kind.DENIED, False, None, ZERO, day)
