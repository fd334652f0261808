"""What the figures of a month rest on, summed from answers and cases: dear where there are many (see `kept`)."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import models
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Sum, Value, When

from reclaim.desk.models import APART, Case, State
from reclaim.insight.months import Month, month_of, months_until
from reclaim.record.models import Adjudication
from reclaim.rules.facts import Kind
from reclaim.rules.money import ZERO

DUPLICATE = "duplicate"
"""Cause of denials that speak of a claim sent twice: the work and the dollars are on the first one sent."""
DENIES = (Kind.DENIED, Kind.DENIED_IN_PART, Kind.SILENT)
DECIDES = (*DENIES, Kind.PAID, Kind.REDUCED, Kind.PATIENT_RESPONSIBILITY, Kind.CONTRACTUAL)
"""Answers that decide something: no reversals, nothing forwarded or pending, no estimates, no duplicates."""
SECONDARY = ("2", "3", "20", "21")
"""CLP02 of payers that come after another: theirs is not a claim's first answer."""
OVERTURNED = (State.RECOVERED, State.RECOVERED_IN_PART)
MONTHS = 12


class Answers(NamedTuple):
    """Claims that a payer answered for the first time in a month. Dollars are charges of whole claims."""

    claims: int = 0
    charge: Decimal = ZERO
    denied_claims: int = 0
    denied_charge: Decimal = ZERO


class Ended(NamedTuple):
    """Cases that came to an end in a month."""

    cases: int = 0
    days: int = 0  # from the first denial to the end, summed
    denied: Decimal = ZERO
    overturned: int = 0  # the payer paid after all, at least in part
    recovered: Decimal = ZERO


class Tally(NamedTuple):
    """Cases and their denied dollars."""

    cases: int = 0
    denied: Decimal = ZERO


class Sums(NamedTuple):
    """Everything by month; a month that nothing is known of is not there."""

    answers: Mapping[Month, Answers]  # of the month and the one before
    ended: Mapping[Month, Ended]  # the same
    denied: Mapping[tuple[Month, str], Tally]  # first denials by type, of twelve months and the one before


NOTHING = Sums({}, {}, {})


def count(answers: QuerySet[Adjudication], cases: QuerySet[Case], today: date) -> Sums:
    """Count the month of a day and those before it. Three queries.

    Args:
        answers: of one organization.
        cases: of the same.
        today: in the last month.
    """
    months = months_until(today, MONTHS + 1)
    cases = cases.exclude(cause=DUPLICATE).exclude(kind__in=APART).order_by()
    return Sums(_answers(answers, months[-2:]), _ended(cases, months[-2:]), _denied(cases, months))


def _answers(rows: QuerySet[Adjudication], months: tuple[Month, ...]) -> dict[Month, Answers]:
    """A claim's first answer is the one of its earliest day; a claim reversed before was answered before.

    What a payer answers in pieces on one day is one answer: its charges add up to the claim's.
    """
    sooner = Q(kind__in=DECIDES, day__lt=OuterRef("day")) | Q(kind=Kind.REVERSAL, day__lte=OuterRef("day"))
    earlier = Adjudication.objects.filter(organization=OuterRef("organization"), key=OuterRef("key")).filter(sooner)
    first = rows.filter(kind__in=DECIDES, day__range=(months[0].first, months[-1].last)).exclude(status__in=SECONDARY)
    denies = models.Case(When(kind__in=DENIES, then=Value(1)), default=Value(0), output_field=models.IntegerField())
    claims = first.filter(~Exists(earlier)).values("key", "day").annotate(whole=Sum("charge"), denies=Max(denies))
    parts: dict[str, Any] = {}
    for place, month in enumerate(months):
        here = Q(day__range=month)
        lost = here & Q(denies=1)
        parts |= {f"{place}_claims": Count("key", filter=here), f"{place}_charge": Sum("whole", filter=here)}
        parts |= {f"{place}_denied": Count("key", filter=lost), f"{place}_denied_charge": Sum("whole", filter=lost)}
    values = claims.aggregate(**parts).values()
    known: list[Any] = [ZERO if value is None else value for value in values]
    return {month: Answers(*known[4 * place : 4 * place + 4]) for place, month in enumerate(months)}


def _ended(cases: QuerySet[Case], months: tuple[Month, ...]) -> dict[Month, Ended]:
    dated = cases.filter(resolved__range=(months[0].first, months[-1].last), opened__isnull=False)
    rows = dated.values_list("opened", "resolved")
    won = Q(state__in=OVERTURNED)
    sums = dict.fromkeys(months, Ended())
    for opened, resolved, ended, *rest in rows.annotate(
        ended=Count("id"), lost=Sum("denied"), won=Count("id", filter=won), came=Sum("recovered")
    ):
        month = month_of(resolved)
        sums[month] = Ended(*_added(sums[month], (ended, ended * (resolved - opened).days, *rest)))
    return sums


def _denied(cases: QuerySet[Case], months: tuple[Month, ...]) -> dict[tuple[Month, str], Tally]:
    rows = cases.filter(opened__range=(months[0].first, months[-1].last)).values_list("opened", "type")
    sums: dict[tuple[Month, str], Tally] = {}
    for day, kind, *tally in rows.annotate(many=Count("id"), lost=Sum("denied")):
        place = month_of(day), kind
        sums[place] = Tally(*_added(sums.get(place, Tally()), tally))
    return sums


def _added(one: Iterable[Any], two: Iterable[Any]) -> list[Any]:
    return [left + right for left, right in zip(one, two, strict=True)]
