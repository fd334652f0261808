"""What working a denial is expected to bring: chance times dollars, less the cost of the work, raised by urgency."""

from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from reclaim.rules import days, limits, shelf
from reclaim.rules.facts import Classification, Deadline, Identification, Plan, Priority, Reason

_BOOK = shelf.BOOKS / "rates.toml"
_RULE = "priority"
_DESIGN = "design: domain, Priority"
_CENT = Decimal("0.01")
_MOST = Decimal(10) ** 15  # more dollars than any claim: what lies above is a slip of the file

Basis = Literal["published", "assumption"]


class _Cost(NamedTuple):
    name: Literal["hour"]
    value: Decimal
    basis: Basis
    source: str


class _Effort(NamedTuple):
    action: str
    minutes: int
    basis: Basis
    source: str
    type: str = ""


class Chance(NamedTuple):
    """How often an action brings the money, and who says so."""

    actions: tuple[str, ...]
    value: Decimal
    basis: Basis
    words: str
    cite: str  # the source in a few words
    source: str
    lines: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    types: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The chance in a sentence."""
        return f"{'' if self.basis == 'published' else 'We assume that '}{self.words} ({self.cite})."


class _Urgency(NamedTuple):
    horizon_days: int
    most: Decimal
    basis: Basis
    source: str


class _Late(NamedTuple):
    way_open: bool
    factor: Decimal
    words: str
    source: str


class LastDay(NamedTuple):
    """One deadline, as far as urgency goes."""

    kind: str  # Deadline.kind
    day: date


class Matter(NamedTuple):
    """What the priority of a denial rests on: so little that the row of a case holds it."""

    action: str  # the next step
    type: str
    cause: str
    line_of_business: str  # as `payers.line_of_business` answers
    denied: Decimal  # US dollars
    days: tuple[LastDay, ...]  # earliest first


class Weights(NamedTuple):
    """What an organization may set otherwise than the book of rates."""

    hour_cost: Decimal  # US dollars that an hour of work costs
    urgency_days: int  # over so many last days the score rises
    urgency_most: Decimal  # by this share on the last of them


def matter(
    identification: Identification,
    classification: Classification,
    plan: Plan,
    deadlines: tuple[Deadline, ...],
    line_of_business: str,
) -> Matter:
    """What the priority of a judged denial rests on.

    Args:
        identification: How many dollars are denied.
        classification: Type and cause.
        plan: Its next step.
        deadlines: Earliest first.
        line_of_business: As `payers.line_of_business` answers.
    """
    days = tuple(LastDay(each.kind, each.day) for each in deadlines)
    return Matter(
        plan.next.action,
        classification.type,
        classification.cause,
        line_of_business,
        identification.denied_amount,
        days,
    )


def prioritize(denial: Matter, today: date, weights: Weights | None = None) -> Priority:
    """Weighs a denial for the queue by expected net recovery (design: domain, Priority).

    Args:
        denial: What it rests on.
        today: The day on which the queue is worked.
        weights: Of the organization; those of the book when none are given.

    Returns:
        Expected dollars, never below 0, and the score that orders the queue, with the arithmetic in words.
    """
    weights = weights or book()
    likely = chance(denial.action, denial.type, denial.cause, denial.line_of_business)
    raised, late, when = _urgent(denial.action, denial.days, today, weights)
    share = (likely.value * late.factor).quantize(_CENT) if late else likely.value
    minutes = minutes_for(denial.action, denial.type)
    amount, cost = _dollars(denial.denied), _cost(minutes, weights.hour_cost)
    expected = max((share * amount - cost).quantize(_CENT), Decimal("0.00"))
    return Priority(
        expected=expected,
        chance=share,
        minutes=minutes,
        days_left=(denial.days[0].day - today).days if denial.days else None,
        score=(expected * (1 + raised)).quantize(_CENT),
        published=likely.basis == "published",
        reasons=(
            Reason(likely.text, _RULE, likely.source),
            when,
            _sum(amount, share, (minutes, cost), expected),
        ),
        basis=likely.basis,
    )


@cache
def book() -> Weights:
    """The weights of the book of rates."""
    return Weights(shelf.entries(_BOOK, "cost", _Cost)[0].value, _urgency().horizon_days, _urgency().most)


@lru_cache(maxsize=4096)
def chance(action: str, type_: str, cause: str, line_of_business: str) -> Chance:
    """How often an action brings the money of a denial, by its cause, line of business and type: the closest entry."""
    fitting = [
        one
        for one in _chances()
        if (not one.causes or cause in one.causes)
        and (not one.lines or line_of_business in one.lines)
        and (not one.types or type_ in one.types)
    ]
    named = [one for one in fitting if action in one.actions] or [one for one in fitting if "" in one.actions]
    return max(named, key=lambda one: (bool(one.causes), bool(one.lines), bool(one.types)))


@lru_cache(maxsize=256)
def minutes_for(action: str, type_: str = "") -> int:
    """Minutes of work that an action takes; any type of denial when none is given."""
    known = _efforts()
    return known.get((action, type_)) or known.get((action, "")) or known["", ""]


@lru_cache(maxsize=256)
def _cost(minutes: int, hour: Decimal) -> Decimal:
    return (hour * minutes / 60).quantize(_CENT)


@cache
def _chances() -> tuple[Chance, ...]:
    found = shelf.entries(_BOOK, "chance", Chance)
    for one in found:
        if not 0 <= one.value <= 1:
            raise shelf.BookError(f"{_BOOK.name}, chance {one.words!r}: `value` is {one.value}; write 0 to 1")
    if not any("" in one.actions and not (one.causes or one.lines or one.types) for one in found):
        raise shelf.BookError(f'{_BOOK.name}: no chance holds for every action; add one with actions = [""]')
    return found


@cache
def _efforts() -> dict[tuple[str, str], int]:
    found = {(one.action, one.type): one.minutes for one in shelf.entries(_BOOK, "effort", _Effort)}
    if ("", "") not in found or min(found.values()) < 1:
        raise shelf.BookError(f'{_BOOK.name}: minutes must be 1 or more, and one effort must have action = ""')
    return found


@cache
def _urgency() -> _Urgency:
    return shelf.entries(_BOOK, "urgency", _Urgency)[0]


@cache
def _lates() -> dict[bool, _Late]:
    return {one.way_open: one for one in shelf.entries(_BOOK, "late", _Late)}


def _dollars(amount: Decimal) -> Decimal:
    return min(max(amount, Decimal(0)), _MOST) if amount.is_finite() else Decimal(0)


@lru_cache(maxsize=16384)
def _urgent(
    action: str, deadlines: tuple[LastDay, ...], today: date, weights: Weights
) -> tuple[Decimal, _Late | None, Reason]:
    """The share by which the deadlines raise the score, what is left when the step's own has passed, and why."""
    late, raised = _late(action, deadlines, today), _raised(deadlines, today, weights)
    return raised, late, _when(deadlines, today, late, raised)


def _late(action: str, deadlines: tuple[LastDay, ...], today: date) -> _Late | None:
    """What is left when the day of the step itself has passed; None while it has not."""
    if not deadlines or deadlines[0].day >= today:
        return None
    known = limits.actions().get(action)
    kinds = known.kinds if known and known.kinds else ("appeal_1",)
    own = next((one for one in deadlines if one.kind in kinds), deadlines[0])
    return _lates()[deadlines[-1].day >= today] if own.day < today else None


def _raised(deadlines: tuple[LastDay, ...], today: date, weights: Weights) -> Decimal:
    """The share by which the next day to keep raises the score: 0 at the horizon or when all have passed."""
    left = next((left for one in deadlines if (left := (one.day - today).days) >= 0), None)
    horizon = weights.urgency_days
    if left is None or left >= horizon:
        return Decimal(0)
    return weights.urgency_most * (horizon - left) / horizon


def _when(deadlines: tuple[LastDay, ...], today: date, late: _Late | None, raised: Decimal) -> Reason:
    if not deadlines:
        return Reason("No deadline is known, so none raises it.", _RULE, _urgency().source)
    left = (deadlines[0].day - today).days
    if left < 0:
        rest = f" {late.words}" if late else " The step itself is still in time."
        text = f"The earliest deadline, {days.in_words(deadlines[0].day)}, passed {_count(-left, 'day')} ago.{rest}"
        return Reason(text, _RULE, late.source if late else _urgency().source)
    more = f"raised by {raised:.0%}" if raised else "not urgent yet"
    return Reason(f"{_count(left, 'day').capitalize()} left: {more}.", _RULE, _urgency().source)


def _sum(amount: Decimal, share: Decimal, effort: tuple[int, Decimal], expected: Decimal) -> Reason:
    if not amount:
        return Reason("No denied dollars are known, so nothing can be expected yet: look at the claim.", _RULE, _DESIGN)
    minutes, cost = effort
    work = f"{share} × ${amount:,.2f} less {minutes} minutes of work (${cost:,.2f})"  # noqa: RUF001 (the sign people read)
    if not expected:
        return Reason(f"{work}: the work costs more than it is likely to bring.", _RULE, _DESIGN)
    return Reason(f"{work} leaves ${expected:,.2f}.", _RULE, _DESIGN)


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
