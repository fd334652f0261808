"""Who has how much to do: open cases by person and by team, and how many cases each has moved on. Reads only."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

from django.core.cache import cache
from django.db.models import Count, Min, Q, QuerySet, Sum

from reclaim.desk.models import Case, State
from reclaim.desk.queue import due
from reclaim.people.models import Event

MOVED = (
    *("marked_sent", "recorded_answer", "asked_for_information", "wrote_off", "approved_write_off"),
    *("refused_write_off", "moved_to_patient", "moved_to_other_payer", "closed_case"),
)
"""What takes a case a step on its way: to the payer, to somebody who must answer, or to its end."""
LATELY, LONG = 7, 30
"""Days over which it is counted."""
LARGE, KEPT = 5000, 60
"""Open cases above which counts are kept, and for how many seconds."""


class Load(NamedTuple):
    """Open cases of somebody, or of nobody."""

    cases: int = 0
    denied: Decimal = Decimal(0)  # US dollars
    week: int = 0  # due today or within seven days
    overdue: int = 0
    oldest: date | None = None  # notice date of the first denial

    def __add__(self, other: object) -> "Load":
        """Both together."""
        if not isinstance(other, Load):
            return NotImplemented
        days = [each for each in (self.oldest, other.oldest) if each]
        return Load(
            self.cases + other.cases,
            self.denied + other.denied,
            self.week + other.week,
            self.overdue + other.overdue,
            min(days) if days else None,
        )


ByKey: TypeAlias = Mapping[int | None, Load]
"""By id of an owner or team; None: nobody's, or no team's."""


class Loads(NamedTuple):
    """Open cases by whose they are."""

    people: ByKey
    teams: ByKey


class Moved(NamedTuple):
    """Cases that somebody has moved on, each counted once."""

    lately: int = 0  # in the last 7 days
    long: int = 0  # in the last 30 days


def loads(cases: QuerySet[Case], today: date, kept: str) -> Loads:
    """What everybody has to do.

    Args:
        cases: all that the asker may see.
        today: from which deadlines are counted.
        kept: a name for these cases, under which the counts of many are kept for a minute.
    """
    name = f"loads:{kept}:{today}"
    rows = cache.get(name)
    if rows is None:
        rows = list(_counted(cases, today))
        if sum(row[2] for row in rows) > LARGE:
            cache.set(name, rows, KEPT)
    return Loads(_by(0, rows), _by(1, rows))


def moved(events: QuerySet[Event], now: datetime) -> Mapping[int, Moved]:
    """How many cases each person has moved on lately, by their id. A case that two have moved counts for both."""
    begin = events.filter(at__gte=now - timedelta(days=LONG)).order_by("at", "id").values_list("pk", flat=True).first()
    if begin is None:
        return {}
    lately = Q(at__gte=now - timedelta(days=LATELY))
    rows = events.filter(pk__gte=begin, verb__in=MOVED, user__isnull=False).order_by().values_list("user")
    counted = rows.annotate(lately=Count("subject", distinct=True, filter=lately), long=Count("subject", distinct=True))
    return {user: Moved(*counts) for user, *counts in counted}


def _counted(cases: QuerySet[Case], today: date) -> Iterable[tuple[Any, ...]]:
    rows = cases.filter(state=State.OPEN).order_by().values_list("owner", "team")
    return rows.annotate(
        many=Count("pk"),
        lost=Sum("denied"),
        week=Count("pk", filter=due("week", today)),
        overdue=Count("pk", filter=due("overdue", today)),
        oldest=Min("opened"),
    )


def _by(place: int, rows: Iterable[tuple[Any, ...]]) -> dict[int | None, Load]:
    sums: dict[int | None, Load] = {}
    for row in rows:
        sums[row[place]] = sums.get(row[place], Load()) + Load(*row[2:])
    return sums
