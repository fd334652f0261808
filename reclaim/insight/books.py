"""What the figures count over: one query for each thing that several of them share, asked once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from django.db import models
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Sum, Value, When

from reclaim.desk.models import Case, State
from reclaim.insight.months import Month, month_of, months_until
from reclaim.insight.stamp import remembered, stamp
from reclaim.people.access import visible_to
from reclaim.people.models import User
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
WEEK = timedelta(days=7)


class Answers(NamedTuple):
    """Claims that a payer answered for the first time in a month. Dollars are charges of whole claims."""

    claims: int
    charge: Decimal
    denied_claims: int
    denied_charge: Decimal


class Ended(NamedTuple):
    """Cases that came to an end in a month."""

    cases: int
    days: int  # from the first denial to the end, summed
    denied: Decimal
    overturned: int  # the payer paid after all, at least in part
    recovered: Decimal


class Tally(NamedTuple):
    """Cases and their denied dollars."""

    cases: int
    denied: Decimal


@dataclass
class Books:
    """What somebody may count, as of a day; every query is asked once.

    Args:
        user: whose organization and role decide what is counted.
        today: the day of the figures; months are those of it and before it.
    """

    user: User
    today: date

    @cached_property
    def cases(self) -> QuerySet[Case]:
        """The cases that somebody may see."""
        return visible_to(self.user, Case)

    @cached_property
    def stamp(self) -> str:
        """What the record is like."""
        return stamp(self.user)

    @cached_property
    def month(self) -> Month:
        """The month of today."""
        return month_of(self.today)

    # --- answers -----------------------------------------------------------------------------------------------------

    def answers(self, month: Month) -> Answers:
        """First answers of a month: this one or the one before."""
        return self._answers[month == self.month]

    @cached_property
    def _answers(self) -> tuple[Answers, Answers]:
        """Of the month before and of this one."""
        return remembered(self.stamp, f"answers-{self.month.first}", self._count_answers)

    def _count_answers(self) -> tuple[Answers, Answers]:
        """A claim's first answer is the one of its earliest day; a claim reversed before was answered before."""
        rows = visible_to(self.user, Adjudication)
        sooner = Q(kind__in=DECIDES, day__lt=OuterRef("day")) | Q(kind=Kind.REVERSAL, day__lte=OuterRef("day"))
        earlier = Adjudication.objects.filter(organization=OuterRef("organization"), key=OuterRef("key")).filter(sooner)
        first = rows.filter(kind__in=DECIDES, day__range=(self.month.before.first, self.month.last))
        first = first.exclude(status__in=SECONDARY)
        denies = models.Case(When(kind__in=DENIES, then=Value(1)), default=Value(0), output_field=models.IntegerField())
        claims = first.filter(~Exists(earlier)).values("key", "day").annotate(most=Max("charge"), denies=Max(denies))
        parts: dict[str, Any] = {}
        for name, month in (("before", self.month.before), ("now", self.month)):
            here = Q(day__range=month)
            parts |= {
                f"{name}_claims": Count("key", filter=here),
                f"{name}_charge": Sum("most", filter=here),
                f"{name}_denied_claims": Count("key", filter=here & Q(denies=1)),
                f"{name}_denied_charge": Sum("most", filter=here & Q(denies=1)),
            }
        found = claims.aggregate(**parts)
        return _answers_of(found, "before"), _answers_of(found, "now")

    # --- denials -----------------------------------------------------------------------------------------------------

    @cached_property
    def denied(self) -> dict[Month, dict[str, Tally]]:
        """First denials by the month of their notice and by type, of the last twelve months and the one before."""
        return remembered(self.stamp, f"denied-{self.month.first}", self._count_denied)

    def _count_denied(self) -> dict[Month, dict[str, Tally]]:
        months = months_until(self.today, MONTHS + 1)
        days = self.cases.filter(opened__range=(months[0].first, months[-1].last)).exclude(cause=DUPLICATE)
        rows = days.values_list("opened", "type").annotate(count=Count("id"), dollars=Sum("denied")).order_by()
        found: dict[Month, dict[str, Tally]] = {month: {} for month in months}
        for day, kind, cases, dollars in rows:
            of_month = found[month_of(day)]
            sums = of_month.get(kind, Tally(0, ZERO))
            of_month[kind] = Tally(sums.cases + cases, sums.denied + dollars)
        return found

    # --- ends --------------------------------------------------------------------------------------------------------

    def ended(self, month: Month) -> Ended:
        """Cases that ended in a month: this one or the one before."""
        return self._ended[month == self.month]

    @cached_property
    def _ended(self) -> tuple[Ended, Ended]:
        """Of the month before and of this one."""
        ended = self.cases.filter(resolved__range=(self.month.before.first, self.month.last)).exclude(cause=DUPLICATE)
        won = Q(state__in=OVERTURNED)
        rows = ended.values_list("opened", "resolved").order_by()
        sums = [Ended(0, 0, ZERO, 0, ZERO), Ended(0, 0, ZERO, 0, ZERO)]
        counted = rows.annotate(
            count=Count("id"), lost=Sum("denied"), won=Count("id", filter=won), came=Sum("recovered")
        )
        for opened, resolved, cases, denied, overturned, recovered in counted:
            place = self.month.holds(resolved)
            fresh = (cases, cases * (resolved - opened).days, denied, overturned, recovered)
            sums[place] = Ended(*(one + two for one, two in zip(sums[place], fresh, strict=True)))
        return sums[0], sums[1]

    # --- open work ---------------------------------------------------------------------------------------------------

    @cached_property
    def open(self) -> Tally:
        """Every open case, duplicates with the others: all that the queue shows."""
        found = self.cases.filter(state=State.OPEN).aggregate(cases=Count("id"), denied=Sum("denied"))
        return Tally(found["cases"], found["denied"] or ZERO)

    @cached_property
    def due(self) -> tuple[Tally, Tally, Tally]:
        """Open cases whose working deadline has passed, is today, or falls on today or the seven days after it."""
        near = self.cases.filter(state=State.OPEN, deadline__lte=self.today + WEEK)
        late, today, week = Q(deadline__lt=self.today), Q(deadline=self.today), Q(deadline__gte=self.today)
        found = near.aggregate(
            late=Count("id", filter=late),
            late_denied=Sum("denied", filter=late),
            today=Count("id", filter=today),
            today_denied=Sum("denied", filter=today),
            week=Count("id", filter=week),
            week_denied=Sum("denied", filter=week),
        )
        late_sum, today_sum, week_sum = (
            Tally(found[name], found[f"{name}_denied"] or ZERO) for name in ("late", "today", "week")
        )
        return late_sum, today_sum, week_sum


def _answers_of(found: Mapping[str, Any], name: str) -> Answers:
    charge, denied_charge = (found[f"{name}_{each}"] or ZERO for each in ("charge", "denied_charge"))
    return Answers(found[f"{name}_claims"], charge, found[f"{name}_denied_claims"], denied_charge)
