"""What the figures count over: each query for what several of them share, asked once."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from reclaim.desk.models import APART, Case, State
from reclaim.insight.kept import Kept, newest
from reclaim.insight.months import Month, month_of, months_until
from reclaim.insight.sums import MONTHS, Answers, Ended, Tally
from reclaim.people.access import visible_to
from reclaim.people.models import User
from reclaim.rules.money import ZERO

WEEK = timedelta(days=7)


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
    def kept(self) -> Kept:
        """What is summed by month; may be behind the newest files."""
        return newest(self.user, self.today)

    @cached_property
    def cases(self) -> QuerySet[Case]:
        """The cases that somebody may see."""
        return visible_to(self.user, Case)

    @cached_property
    def month(self) -> Month:
        """The month of today."""
        return month_of(self.today)

    def answers(self, month: Month) -> Answers:
        """First answers of a month: this one or the one before."""
        return self.kept.sums.answers.get(month, Answers())

    def ended(self, month: Month) -> Ended:
        """Cases that ended in a month: this one or the one before."""
        return self.kept.sums.ended.get(month, Ended())

    @cached_property
    def denied(self) -> dict[Month, dict[str, Tally]]:
        """First denials by the month of their notice and by type, of the last twelve months and the one before."""
        found: dict[Month, dict[str, Tally]] = {month: {} for month in months_until(self.today, MONTHS + 1)}
        for (month, kind), tally in self.kept.sums.denied.items():
            found.get(month, {})[kind] = tally
        return found

    @cached_property
    def open(self) -> Tally:
        """Every open denial, duplicates with the others."""
        found = self.cases.filter(state=State.OPEN).aggregate(cases=Count("id"), denied=Sum("denied"))
        apart = self._apart
        return Tally(found["cases"] - apart["cases"], (found["denied"] or ZERO) - (apart["denied"] or ZERO))

    @cached_property
    def due(self) -> tuple[Tally, Tally, Tally]:
        """Open denials whose working deadline has passed, is today, or falls on today or the seven days after it."""
        near = self.cases.filter(state=State.OPEN, deadline__lte=self.today + WEEK)
        found, apart = near.aggregate(**self._falling), self._apart
        late, today, week = (
            Tally(
                found[name] - apart[name],
                (found[f"{name}_denied"] or ZERO) - (apart[f"{name}_denied"] or ZERO),
            )
            for name in ("late", "today", "week")
        )
        return late, today, week

    @cached_property
    def _apart(self) -> dict[str, Any]:
        """The sums of what is no denial, to be taken off: an index holds these few, and none all the others."""
        apart = self.cases.filter(state=State.OPEN, kind__in=APART)
        return apart.aggregate(cases=Count("id"), **self._falling, denied=Sum("denied"))

    @property
    def _falling(self) -> dict[str, Count | Sum]:
        end = self.today + WEEK
        days = {"late": Q(deadline__lt=self.today), "today": Q(deadline=self.today)}
        days["week"] = Q(deadline__range=(self.today, end))
        counts = {name: Count("id", filter=each) for name, each in days.items()}
        return {**counts, **{f"{name}_denied": Sum("denied", filter=each) for name, each in days.items()}}
