"""Puts true causes on clean claims, each with its person, place and time, and takes them off again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from random import Random
from statistics import fmean
from typing import NamedTuple

from reclaim.rules.shelf import BookError
from reclaim.world.causes import Cause, Needs, causes, errs
from reclaim.world.chance import stream
from reclaim.world.events import Events
from reclaim.world.model import Claim, Fault, Worker
from reclaim.world.people import enrolled
from reclaim.world.regimes import Regime
from reclaim.world.slips import SLIPS, Was

_SHORT_LIMIT = 180  # days: `needs = "short_limit"` of book/faults.toml
_AUTHORIZATION, _REFERRAL, _MODIFIER, _PROCEDURE, _LINES, _INPATIENT, _SHORT = (1 << place for place in range(7))
_FACTS: Mapping[Needs, int] = {
    "authorization": _AUTHORIZATION,
    "referral": _REFERRAL,
    "modifier": _MODIFIER,
    "procedure": _PROCEDURE,
    "lines": _LINES,
    "inpatient": _INPATIENT,
    "short_limit": _SHORT,
}
_UNCHANGED = ("filed_late",)  # a slip in time: nothing on the claim is wrong
_PERSON = {"registrar": 0, "schedule": 0, "coder": 1, "biller": 2}  # place in `_slips`; whoever else: 3


@dataclass(slots=True)
class Struck(Fault):
    """A fault with what was right before, so that it can be taken off again."""

    was: Was = ()


class _Kind(NamedTuple):
    """All of a claim that decides what can hit it, and how often."""

    form: str
    specialty: str
    line_of_business: str
    facts: int  # of `_FACTS`, added up
    events: tuple[str, ...]


class _Plan(NamedTuple):
    """What can hit claims of one kind, worked out once."""

    causes: tuple[Cause, ...]
    rates: tuple[float, ...]  # with average workers
    people: tuple[int, ...]  # place in `_slips` of whose slip it is
    by_person: tuple[float, float, float, float]  # the rates summed


class Faults:
    """The office, the patients and the payers at their slips."""

    def __init__(self, seed: int, regime: Regime, events: Events, workers: Mapping[str, Worker]) -> None:
        self._seed = seed
        self._regime = regime
        self._events = events
        self._slips = _beside_others(workers)
        self._plans: dict[_Kind, _Plan] = {}
        _match_slips()

    def strike(self, claim: Claim) -> None:
        """Puts no fault, one or seldom two on a clean claim, and changes the claim as a slip would.

        The same seed and claim id always get the same faults, in whatever order the claims come. A claim marked
        `duplicate_sent` must be sent twice by the caller; `filed_late` moves `submitted`.
        """
        chance = stream(self._seed, "fault", claim.id)
        if claim.form == "P" and not enrolled(claim.provider, claim.payer.id, claim.service_from):
            self._put(claim, causes()["not_enrolled"], "", chance)
        plan = self._plan(claim)
        slips = (self._slips[claim.registrar], self._slips[claim.coder], self._slips[claim.biller], 1.0)
        sums = plan.by_person
        total = sums[0] * slips[0] + sums[1] * slips[1] + sums[2] * slips[2] + sums[3]
        for _ in range(2):
            if (mark := chance.random()) >= total:
                return
            self._hit(claim, _at(plan, slips, mark), chance)

    def _hit(self, claim: Claim, cause: Cause, chance: Random) -> None:
        if any(causes()[one.kind].edit == cause.edit for one in claim.faults):
            return
        _, event = self._events.factor(cause.name, claim)
        self._put(claim, cause, event, chance)

    def _put(self, claim: Claim, cause: Cause, event: str, chance: Random) -> None:
        who = _who(claim, cause)
        number = _line(claim, cause, chance)
        slip = SLIPS.get(cause.name)
        was = slip(claim, number, chance, self._events.payers) if slip else ()
        element = (claim.form == "I" and cause.institutional_element) or cause.element
        if cause.element and not was:  # another insurance that nobody of the office could know of
            who, element = claim.patient.id, ""
        claim.faults.append(Struck(cause.name, element, number, who, event, was))

    def _plan(self, claim: Claim) -> _Plan:
        live = self._events.on(claim.service_from)
        names = tuple([one.name for one in live if one.concerns(claim)]) if live else ()
        kind = _Kind(claim.form, claim.specialty, claim.payer.line_of_business, _facts(claim), names)
        found = self._plans.get(kind)
        if found is None:
            found = self._plans[kind] = self._new_plan(kind)
        return found

    def _new_plan(self, kind: _Kind) -> _Plan:
        live = {one.name: one for one in self._events.all() if one.name in kind.events}
        able = [one for one in causes().values() if _can_hit(one, kind)]
        rates, people, sums = [], [], [0.0] * 4
        for one in able:
            raised = prod(event.factor for event in live.values() if one.name in event.faults)
            rates.append(float(one.share) / 1000 * self._scale(one, kind) * raised)
            people.append(_PERSON.get(one.who, 3))
            sums[people[-1]] += rates[-1]
        return _Plan(tuple(able), tuple(rates), tuple(people), (sums[0], sums[1], sums[2], sums[3]))

    def _scale(self, cause: Cause, kind: _Kind) -> float:
        """How much likelier than the book's share: by the regime, on a stay, and by a payer that errs more."""
        scale = float(cause.stays) if kind.facts & _INPATIENT else 1.0
        if cause.who != "payer":
            return scale * self._regime.faults
        erring = 1.0 if cause.edit == "pricing" else errs().get(kind.line_of_business, 1.0)
        return scale * self._regime.payer_errors * erring


def repaired(claim: Claim) -> Claim:
    """A copy of a struck claim as it should have been sent, without faults.

    What was right comes back; the day it is sent, its frequency, `replaces` and `round` are the caller's to set.
    Whether the payer then pays is not said: a cause that does not lie with the claim is not cured by correcting it.
    """
    new = replace(claim, faults=[])
    for fault in reversed(claim.faults):
        for name, right in fault.was if isinstance(fault, Struck) else ():
            setattr(new, name, right)
    new.lines = [replace(line) for line in new.lines]  # twice as fast as copy()
    return new


def _facts(claim: Claim) -> int:
    found = _SHORT if claim.payer.habits.filing_days <= _SHORT_LIMIT else 0
    if claim.authorization:
        found |= _AUTHORIZATION
    if claim.referral:
        found |= _REFERRAL
    if claim.admitted:
        found |= _INPATIENT
    if len(claim.lines) > 1:
        found |= _LINES
    for line in claim.lines:
        if line.modifiers:
            found |= _MODIFIER
        if line.procedure:
            found |= _PROCEDURE
    return found


def _can_hit(cause: Cause, kind: _Kind) -> bool:
    needed = _FACTS.get(cause.needs, 0)
    return (
        cause.share > 0
        and kind.form in cause.forms
        and kind.facts & needed == needed
        and (not cause.specialties or kind.specialty in cause.specialties)
        and kind.line_of_business not in cause.not_lines_of_business
    )


def _beside_others(workers: Mapping[str, Worker]) -> dict[str, float]:
    """How much more each worker slips than the average of the role: shares of the book are those of an average one."""
    by_role: dict[str, list[float]] = {}
    for one in workers.values():
        by_role.setdefault(one.role, []).append(one.slips)
    return {one.id: one.slips / fmean(by_role[one.role]) for one in workers.values()}


def _at(plan: _Plan, slips: tuple[float, ...], mark: float) -> Cause:
    for cause, rate, person in zip(plan.causes, plan.rates, plan.people, strict=True):
        mark -= rate * slips[person]
        if mark < 0:
            return cause
    return plan.causes[-1]  # what rounding left


def _who(claim: Claim, cause: Cause) -> str:
    return {
        "registrar": claim.registrar,
        "schedule": claim.registrar,
        "coder": claim.coder,
        "biller": claim.biller,
        "provider": claim.provider.id,
        "payer": claim.payer.id,
        "patient": claim.patient.id,
    }[cause.who]


def _line(claim: Claim, cause: Cause, chance: Random) -> int:
    """The number of the line that a fault falls on; 0: on the whole claim."""
    if cause.level == "claim":
        return 0
    if cause.name == "bundled_pair":
        return len(claim.lines) + 1
    if cause.needs == "modifier":
        able = [line.number for line in claim.lines if line.modifiers]
    elif cause.needs == "procedure":
        able = [line.number for line in claim.lines if line.procedure]
    else:
        able = [line.number for line in claim.lines if cause.needs != "lines" or line.number > 1]
    return chance.choice(able)


def _match_slips() -> None:
    """The book's `element` and the functions of slips.py must speak of the same causes."""
    shown = {cause.name for cause in causes().values() if cause.element}
    known = set(SLIPS) - set(_UNCHANGED)
    if shown != known:
        odd = ", ".join(sorted(shown ^ known))
        raise BookError(
            f"faults.toml: {odd}: give `element` to the causes that slips.py knows how to make, and to no other"
        )
