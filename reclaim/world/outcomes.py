"""What could be done about a denial, and what would come of it: the truth for every action, taken or not.

The chance of an action rests on the true cause, the payer's line of business, the evidence at hand and the days that
have passed; never on the codes by which the payer told the denial. Luck is drawn once for each action, so a question
asked twice gets one answer. Figures and their sources: book/outcomes.toml.
"""

from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from math import exp
from pathlib import Path
from random import Random
from typing import Literal, NamedTuple, get_args

from reclaim.rules.shelf import entries
from reclaim.world.chance import stream
from reclaim.world.model import Answer, Cents, Claim, Denied, Habits, LineAnswer

BOOK = Path(__file__).parent / "book" / "outcomes.toml"
Action = Literal[
    "correct",
    "send_records",
    "appeal_1",
    "appeal_2",
    "external_review",
    "peer_to_peer",
    "rebill",
    "bill_patient",
    "wait",
    "write_off",
]
ACTIONS: tuple[Action, ...] = get_args(Action)


class Option(NamedTuple):
    """One action on one denial, and the truth about it.

    Attributes:
        action: One of `ACTIONS`.
        minutes: Of work, for somebody of average skill.
        opens: Day of the denial.
        deadline: Last day on which the action can work.
        chance_at_once: Latent chance that it brings the money when done on the day of the denial.
        half_life: Days in which the chance falls by half, until the deadline ends it.
        recovers: Cents it brings when it works: what the denying codes took, at contract.
        days_to_answer: From the action to the payer's answer.
        luck: One draw from 0 to 1: the action works on a day on which its chance is above it.
        would: Whether it would work if done at once.
        evidence: How good the papers behind the claim are, from 0 to 1; the same for all options of a denial.
    """

    action: str
    minutes: int
    opens: date
    deadline: date
    chance_at_once: float
    half_life: float
    recovers: Cents
    days_to_answer: int
    luck: float
    would: bool
    evidence: float


def latent(seed: int, answer: Answer) -> Random:
    """The stream from which the options of a denial are drawn: the same for the same denial, whenever it is asked for.

    A claim denied again for the same cause is the same denial: trying an action twice draws no new luck.
    """
    denied = answer.denied
    return stream(seed, "outcomes", answer.claim.id, answer.claim.payer.id, answer.part, denied.cause if denied else "")


def options(answer: Answer, chance: Random, chance_factor: float = 1.0) -> list[Option]:
    """All that could be done about a denial, in the order of `ACTIONS`.

    Args:
        answer: A payer's answer. Without a denial in it there is nothing to do.
        chance: As `latent` gives it, fresh for each denial.
        chance_factor: Of the regime: multiplies the chance of every action.

    Returns:
        One option for each action, with a chance of 0 where it cannot work; empty when nothing is denied.
    """
    denied = answer.denied
    if denied is None:
        return []
    claim = answer.claim
    draw = chance.random
    evidence = (draw() + draw()) / 2
    lean = 2 * evidence - 1
    clinical = denied.type == "clinical"
    odds = _odds(denied.cause, claim.payer.line_of_business, clinical, denied.rightful, _has_other(claim))
    day, habits, recovers = answer.day, claim.payer.habits, _recovers(answer, denied)
    found = []
    for plan, base in zip(_plans(), odds, strict=True):
        luck, pace = draw(), 0.7 + 0.6 * draw()
        deadline = _deadline(plan, day, claim.service_to, habits)
        now = 0.0
        if base and deadline >= day:
            now = base * exp(plan.evidence * lean)
            now = min(now / (1 + now) * chance_factor, 0.99)
        found.append(
            Option(
                plan.name,
                plan.clinical_minutes if clinical else plan.minutes,
                day,
                deadline,
                now,
                plan.half_life,
                recovers if base else 0,
                round((plan.answers or habits.days_to_answer) * pace),
                luck,
                luck < now,
                evidence,
            )
        )
    return found


def chance_on(option: Option, day: date) -> float:
    """The chance of an option when it is done on a day: falling from the day of the denial on, 0 after the deadline."""
    if day > option.deadline:
        return 0.0
    waited = max((day - option.opens).days, 0)
    return float(option.chance_at_once * 0.5 ** (waited / option.half_life))


def works(option: Option, day: date) -> bool:
    """Whether an option brings the money when it is done on a day. What works on a day works on any earlier one."""
    return option.luck < chance_on(option, day)


# --- the book ---------------------------------------------------------------------------------------------------------


class _ActionEntry(NamedTuple):
    name: Action
    minutes: int
    clinical_minutes: int
    window: Literal["filing", "appeal", "denial", "service"]
    days: int
    half_life: Decimal
    answers: int
    evidence: Decimal
    source: str


class _LineEntry(NamedTuple):
    name: str
    published: Decimal
    appeal_1: Decimal
    appeal_2: Decimal
    external_review: Decimal
    source: str


class _CauseEntry(NamedTuple):
    name: str
    correct: Decimal
    send_records: Decimal
    appeal: Decimal
    peer_to_peer: Decimal
    rebill: Decimal
    bill_patient: Decimal
    wait: Decimal
    elsewhere: bool = False


class _MeritEntry(NamedTuple):
    name: Literal["unrightful", "no_other_coverage"]
    value: Decimal
    source: str


class _Plan(NamedTuple):
    """An action of the book, in the numbers that the hot road wants."""

    name: str
    minutes: int
    clinical_minutes: int
    window: str
    days: int
    half_life: float
    answers: int
    evidence: float


@cache
def _plans() -> tuple[_Plan, ...]:
    plans = [
        _Plan(
            *(one.name, one.minutes, one.clinical_minutes, one.window, one.days),
            *(float(one.half_life), one.answers, float(one.evidence)),
        )
        for one in entries(BOOK, "action", _ActionEntry)
    ]
    if tuple(plan.name for plan in plans) != ACTIONS:
        raise ValueError(f"{BOOK.name}: write one [[action]] for each of {', '.join(ACTIONS)}, in this order")
    return tuple(plans)


@cache
def _lines() -> dict[str, _LineEntry]:
    return {one.name: one for one in entries(BOOK, "line", _LineEntry)}


@cache
def _causes() -> dict[str, _CauseEntry]:
    return {one.name: one for one in entries(BOOK, "cause", _CauseEntry)}


@cache
def _merit() -> dict[str, float]:
    return {one.name: float(one.value) for one in entries(BOOK, "merit", _MeritEntry)}


@cache
def _odds(cause: str, line: str, clinical: bool, rightful: bool, other: bool) -> tuple[float, ...]:
    """Odds of each action for a denial with middling evidence, in the order of `ACTIONS`; 0: it cannot work."""
    entry = _causes().get(cause)
    if entry is None:
        raise ValueError(f"{BOOK.name} has no [[cause]] named {cause!r}: add one")
    plan = _lines().get(line) or _lines()["unknown"]
    argument = float(entry.appeal) * (1.0 if rightful else _merit()["unrightful"])
    rebill = float(entry.rebill)
    if entry.elsewhere and not other:
        rebill = _merit()["no_other_coverage"]
    return (
        _ratio(entry.correct),
        _ratio(entry.send_records),
        _ratio(plan.appeal_1) * argument,
        _ratio(plan.appeal_2) * argument,
        _ratio(plan.external_review) * argument if clinical else 0.0,
        _ratio(entry.peer_to_peer),
        _ratio(rebill),
        _ratio(entry.bill_patient),
        _ratio(entry.wait),
        0.0,
    )


def _ratio(chance: float | Decimal) -> float:
    value = float(chance)
    return value / (1 - value)


# --- dates and dollars ------------------------------------------------------------------------------------------------


def _deadline(plan: _Plan, day: date, service: date, habits: Habits) -> date:
    window = plan.window
    if window == "denial":
        return day + timedelta(plan.days)
    if window == "appeal":
        return day + timedelta(habits.appeal_days + plan.days)
    if window == "filing":
        return service + timedelta(habits.filing_days)
    return service + timedelta(plan.days)


def _has_other(claim: Claim) -> bool:
    """Whether the patient truly has an insurance on the day of service that this claim was not sent to."""
    billed, day = claim.coverage, claim.service_from
    return any(
        one.since <= day and (one.until is None or day <= one.until)
        for one in claim.patient.coverages
        if (one.payer, one.member_id) != (billed.payer, billed.member_id)
    )


def _recovers(answer: Answer, denied: Denied) -> Cents:
    """What the denying codes took, at contract: never more than allowed and not yet paid."""
    if answer.lines:
        return sum(min(one.denied, _open(one)) for one in answer.lines)
    claim = answer.claim
    allowed = sum(line.allowed for line in claim.lines)
    charge = claim.charge
    if charge and answer.charge != charge:
        allowed = allowed * answer.charge // charge
    return max(min(denied.cents, allowed - answer.paid), 0)


def _open(one: LineAnswer) -> Cents:
    """What the contract allows on a line and nobody has paid or been asked for."""
    patient = sum(adjust.cents for adjust in one.adjustments if adjust.group == "PR") if one.paid else 0
    return max(one.line.allowed - one.paid - patient, 0)
