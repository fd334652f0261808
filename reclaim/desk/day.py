"""One person's day: what is due, what came back, what is new, for whom they wait. Reads only.

    today = day(user, timezone.now())

Counts are of all of it; lists hold the first few, and say how many there are. Few queries, each along an index, so that
it is quick where a hundred thousand cases are open.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import chain, takewhile
from typing import Generic, NamedTuple, TypeVar

from django.db.models import Count, F, Model, Q, QuerySet, Sum, Window
from django.utils import timezone

from reclaim.desk.models import Case, Stage, State, Task, Waiting, WriteOff
from reclaim.desk.queue import WEEK
from reclaim.people.access import Permission, may, visible_to
from reclaim.people.models import Event, User

SHOWN = 6
"""Rows of each list."""
COME = 20_000
"""Cases that came since yesterday are counted no further."""
WOKEN = 200
"""Cases that came back today are looked for among so many."""
Row = TypeVar("Row", bound=Model)


class Some(NamedTuple, Generic[Row]):
    """The first few of a list."""

    rows: Sequence[Row]
    total: int  # of the whole list

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.total - len(self.rows)


class Mine(NamedTuple):
    """Somebody's own open cases, in numbers."""

    cases: int
    denied: Decimal  # US dollars
    expected: Decimal
    today: int  # due today
    overdue: int
    week: int  # due within the seven days after today
    fresh: int  # came to be since yesterday
    others: int  # that they must act on first
    broken: int  # of these, promised or expected by a day that has passed


class Back(NamedTuple):
    """A case that came back by itself today."""

    case: Case
    answer: bool  # for an answer that did not come in time; else for its day


class Day(NamedTuple):
    """One person's day."""

    mine: Mine
    due: Some[Case]  # overdue and within a week, the earliest first; what waits for others is left out
    waiting: Some[Case]  # for others, whose day has passed first
    tasks: Some[Task]
    back: list[Back]
    new: Some[Case]  # nobody's, since yesterday
    approvals: int  # write-offs that wait for this person's yes or no
    amount: Decimal  # US dollars in them


def day(user: User, now: datetime) -> Day:
    """What somebody finds in the morning.

    Args:
        user: who; of the organization they work in.
        now: the moment; days are those of the installation's time zone.
    """
    today = timezone.localdate(now)
    yesterday = _midnight(today - timedelta(days=1))
    visible = visible_to(user, Case)
    cases = visible.filter(state=State.OPEN, owner=user)
    own = [_Own(*row) for row in cases.order_by().values_list(*_Own._fields)]
    due = [each for each in own if each.due_by(today + timedelta(days=WEEK))]
    waiting = [each for each in own if each.on_others]
    due.sort(key=lambda each: (each.deadline, -each.score))
    waiting.sort(key=lambda each: (each.until or date.max, -each.score))
    fresh = _fresh(visible, yesterday)
    firsts = [[each.pk for each in some[:SHOWN]] for some in (due, waiting)] + [fresh[:SHOWN]]
    shown = Case.objects.filter(pk__in=chain(*firsts)).select_related("payer").in_bulk()  # ids of what is visible
    first_due, first_waiting, first_fresh = ([shown[key] for key in keys if key in shown] for keys in firsts)
    approvals, amount = _approvals(user)
    return Day(
        _mine(own, today, yesterday),
        Some(first_due, len(due)),
        Some(first_waiting, len(waiting)),
        _tasks(user),
        _back(user, cases, _midnight(today)),
        Some(first_fresh, len(fresh)),
        approvals,
        amount,
    )


class _Own(NamedTuple):
    """One of somebody's own open cases, as far as it is counted."""

    pk: int
    stage: str
    waiting: str
    deadline: date | None
    until: date | None
    denied: Decimal
    expected: Decimal
    score: Decimal
    created_at: datetime

    @property
    def on_others(self) -> bool:
        """Whether somebody else must act first."""
        return self.stage in (Stage.WAITING, Stage.SENT) and self.waiting != Waiting.DATE

    def due_by(self, last: date) -> bool:
        """Whether it is at hand, with a deadline until then."""
        return self.stage in (Stage.NEW, Stage.WORKING) and self.deadline is not None and self.deadline <= last


def _mine(own: Sequence[_Own], today: date, yesterday: datetime) -> Mine:
    overdue, now, week = (
        sum(each.due_by(today + timedelta(days=days)) for each in own) for days in (-1, 0, WEEK)
    )  # each with those before it
    return Mine(
        cases=len(own),
        denied=sum((each.denied for each in own), Decimal(0)),
        expected=sum((each.expected for each in own), Decimal(0)),
        today=now - overdue,
        overdue=overdue,
        week=week - now,
        fresh=sum(each.created_at >= yesterday for each in own),
        others=sum(each.on_others for each in own),
        broken=sum(each.on_others and each.until is not None and each.until < today for each in own),
    )


def _tasks(user: User) -> Some[Task]:
    """Somebody's open tasks, with those about files that are nobody's, and how many there are: one query."""
    theirs = Q(owner=user) | Q(owner=None, file__isnull=False)
    mine = visible_to(user, Task).filter(theirs, done_at=None).select_related("case__payer")
    found = list(mine.order_by(F("due").asc(nulls_last=True), "id").annotate(of_all=Window(Count("pk")))[:SHOWN])
    return Some(found, found[0].of_all if found else 0)


def _back(user: User, cases: QuerySet[Case], midnight: datetime) -> list[Back]:
    """Their cases that a job woke today: `woke_case` says for whom they waited."""
    organization = visible_to(user, Case).values("organization")[:1]
    woken = Event.objects.filter(organization__in=organization, verb="woke_case", user=None, at__gte=midnight)
    told = dict(woken.order_by("id").values_list("subject", "detail")[:WOKEN])
    waited = {int(subject.rpartition(":")[2]): detail["before"].get("waiting", "") for subject, detail in told.items()}
    if not waited:
        return []
    rows = cases.filter(pk__in=waited).select_related("payer").order_by("-score")[:SHOWN]
    return [Back(case, waited[case.pk] != Waiting.DATE) for case in rows]


def _fresh(visible: QuerySet[Case], yesterday: datetime) -> list[int]:
    """Ids of nobody's cases that came since yesterday, the most worth first: read from the newest back."""
    newest = visible.filter(state=State.OPEN).order_by("-pk").values_list("created_at", "owner", "score", "pk")[:COME]
    came = takewhile(lambda row: row[0] >= yesterday, newest.iterator(chunk_size=200))
    return [key for _, key in sorted(((score, key) for _, owner, score, key in came if owner is None), reverse=True)]


def _approvals(user: User) -> tuple[int, Decimal]:
    if not may(user, Permission.APPROVE_WRITE_OFF):
        return 0, Decimal(0)
    proposed = visible_to(user, WriteOff).filter(stand=WriteOff.Stand.PROPOSED, case__stage=Stage.APPROVAL)
    counted = proposed.exclude(by=user).aggregate(many=Count("pk"), amount=Sum("amount", default=0))
    return counted["many"], counted["amount"]


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
