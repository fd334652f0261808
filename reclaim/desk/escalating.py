"""Cases that nobody may forget: what waits wakes up, and who should know is told.

Jobs call `watch` every few minutes and `remind` every hour; nobody is told the same thing twice.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet
from django.utils import timezone

from reclaim.desk.acting import Job
from reclaim.desk.actions import wake
from reclaim.desk.alerts import News, tell
from reclaim.desk.covering import Cover
from reclaim.desk.models import APART, Case, Stage, State, Waiting
from reclaim.people.access import Permission, roles_that_may
from reclaim.people.models import Membership, Organization
from reclaim.people.preferences import preferences
from reclaim.rules import limits
from reclaim.rules.days import in_words

JOB = Job("escalation")
LOOKS_BACK = timedelta(days=7)
"""What happened longer ago is not told any more: a new installation does not begin with old news."""
WEEK = timedelta(days=7)


def watch(today: date) -> None:
    """Wake what is due and tell of what is new, for every organization."""
    for organization in Organization.objects.order_by("pk"):
        tellers = _Tellers(organization, today)
        tell(organization, [*_woken(tellers), *_large(tellers)])


def remind(today: date) -> None:
    """Tell what comes near, has passed or lies untouched, for every organization."""
    for organization in Organization.objects.order_by("pk"):
        tellers = _Tellers(organization, today)
        tell(organization, [*_due(tellers), *_untouched(tellers)])


class _Tellers:
    """Whom to tell about the cases of an organization; three queries."""

    def __init__(self, organization: Organization, today: date) -> None:
        self.organization, self.today = organization, today
        self._cover = Cover(organization, today)
        roles = roles_that_may(Permission.ASSIGN_CASES)
        leading = Membership.objects.filter(organization=organization, role__in=roles, user__is_active=True)
        self._managers = sorted(set(leading.values_list("user", flat=True)))
        self.chosen: dict[str, Any] = dict(preferences(organization, "alert_days", "untouched_days", "large_amount"))

    @property
    def open(self) -> QuerySet[Case]:
        """Its open cases."""
        return Case.objects.filter(organization=self.organization, state=State.OPEN)

    def owner(self, owner: int | None) -> Iterator[int]:
        """The owner of a case, or their cover while they are away, if somebody does cover."""
        if owner is not None:
            yield self._cover.of(owner) or owner

    def managers(self) -> Iterable[int]:
        """Managers, or their cover."""
        return dict.fromkeys(self._cover.of(each) or each for each in self._managers)

    def summary(self, sort: str, count: int, words: str) -> Iterator[News]:
        """One line for managers, once a day."""
        if count:
            for user in self.managers():
                yield News(user, sort, f"{sort}:all:{self.today}", f"{words}: {_cases(count)}.")


# --- what waited ------------------------------------------------------------------------------------------------------


def wake_all(organization: Organization, today: date) -> list[Case]:
    """Bring back what waited for this day, or for an answer that has not come in time.

    An answer that does come brings a case back by itself (`desk.settlement`).

    Returns:
        The cases as they were while they waited.
    """
    late = Q(waiting=Waiting.DATE, until__lte=today) | (~Q(waiting=Waiting.DATE) & Q(until__lt=today))
    waiting = Case.objects.filter(organization=organization, state=State.OPEN, stage__in=(Stage.WAITING, Stage.SENT))
    back = list(waiting.filter(late).order_by("pk"))
    results = wake.many(JOB, organization, [case.pk for case in back])
    done = {result.case.pk for result in results if not result.trouble}
    return [case for case in back if case.pk in done]


def _woken(tellers: _Tellers) -> Iterator[News]:
    for case in wake_all(tellers.organization, tellers.today):
        put_aside = case.waiting == Waiting.DATE
        sort = "woke" if put_aside else "no_answer"
        words = "today is the day until which it was put aside." if put_aside else "the answer has not come in time."
        for user in tellers.owner(case.owner_id):
            yield News(user, sort, f"{sort}:{case.pk}:{case.until}", f"Case {case.pk} is back: {words}", case.pk)


# --- what comes near, lies, or is large -------------------------------------------------------------------------------


class _Due(NamedTuple):
    pk: int
    owner_id: int | None
    deadline: date
    deadline_kind: str


def _due(tellers: _Tellers) -> Iterator[News]:
    """Deadlines at the chosen days before, and once when they have passed. What is with the payer is not told."""
    today, days = tellers.today, sorted(tellers.chosen["alert_days"])
    near = tellers.open.exclude(stage=Stage.SENT)
    near = near.filter(deadline__range=(today - LOOKS_BACK, today + timedelta(days=days[-1])))
    rows = near.filter(owner__isnull=False).order_by("deadline", "-score", "pk").values_list(*_Due._fields)
    for case in (_Due(*row) for row in rows.iterator()):
        left = (case.deadline - today).days
        what = limits.kinds()[case.deadline_kind].words if case.deadline_kind in limits.kinds() else "its deadline"
        for user in tellers.owner(case.owner_id):
            if left < 0:
                text = f"Case {case.pk}: {what} was due on {in_words(case.deadline)}."
                yield News(user, "overdue", f"overdue:{case.pk}:{case.deadline}", text, case.pk)
            else:
                level = next(each for each in days if left <= each)
                text = f"Case {case.pk}: {what} is due {_left(left)}, on {in_words(case.deadline)}."
                yield News(user, "due", f"due:{case.pk}:{level}:{case.deadline}", text, case.pk)
    nobody = near.filter(owner=None, deadline__range=(today, today + WEEK)).count()
    yield from tellers.summary("due", nobody, "Due within 7 days, and nobody has taken them")
    passed = near.filter(deadline=today - timedelta(days=1)).count()
    yield from tellers.summary("overdue", passed, "The deadline passed yesterday")


def _untouched(tellers: _Tellers) -> Iterator[News]:
    """Cases that nobody has worked for the chosen days, since they came or were last worked."""
    days = int(tellers.chosen["untouched_days"])
    end = timezone.now() - timedelta(days=days)
    here = tellers.open.filter(stage__in=(Stage.NEW, Stage.WORKING))
    lying = Q(worked_at__range=(end - LOOKS_BACK, end))
    lying |= Q(worked_at=None, created_at__range=(end - LOOKS_BACK, end))
    rows = here.filter(lying).order_by("-score", "pk").values_list("pk", "owner", "worked_at", "created_at")
    for case, owner, worked, created in rows.filter(owner__isnull=False).iterator():
        since = timezone.localtime(worked or created).date()
        for user in tellers.owner(owner):
            text = f"Case {case} has not been worked since {in_words(since)}."
            yield News(user, "untouched", f"untouched:{case}:{since}", text, case)
    yield from tellers.summary("untouched", here.filter(lying).count(), f"Not worked for {days} days")


def _large(tellers: _Tellers) -> Iterator[News]:
    """New denials above the chosen amount, to the owner and to managers."""
    amount: Decimal = tellers.chosen["large_amount"]
    since: datetime = timezone.now() - timedelta(days=2)
    rows = tellers.open.exclude(kind__in=APART).filter(
        denied__gt=amount, created_at__gte=since, opened__gte=tellers.today - timedelta(days=30)
    )
    for case, owner in rows.order_by("-denied", "pk").values_list("pk", "owner").iterator():
        for user in dict.fromkeys([*tellers.owner(owner), *tellers.managers()]):
            text = f"Case {case} is a new denial above ${amount:,.0f}."
            yield News(user, "large", f"large:{case}", text, case)


def _cases(count: int) -> str:
    return "1 case" if count == 1 else f"{count:,} cases"


def _left(days: int) -> str:
    return {0: "today", 1: "tomorrow"}.get(days, f"in {days} days")
