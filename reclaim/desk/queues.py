"""The queues that everybody has: open cases in one situation, each with the reason why a case is in it.

    inside = Inside(QUEUES["mine"], viewer(user, today))
    cases = inside.narrow(visible_to(user, Case))

A new one is a row of `QUEUES`: pages, counts and "why is it here" read it. Which of its cases, and in which order, is
asked in desk.queue.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Q, QuerySet

from reclaim.desk.models import NO_ANSWER, REJECTED, Case, Stage, Waiting
from reclaim.desk.queue import due
from reclaim.people.access import Permission, may, organization_of
from reclaim.people.models import User
from reclaim.people.preferences import preference

OLD = 90
"""Days since the first denial from which a case is old: the usual last step of an aging report."""
FILING_RISK = 30
"""Days before a filing limit from which it is at risk: our own default, time to correct a claim and send it twice."""
FILES = ("filing", "correction", "other_payer_filing")
"""Kinds of deadlines by which a claim must be with a payer."""
ME, NOBODY, ME_OR_NOBODY, ANYBODY = "me", "nobody", "me or nobody", ""


class Viewer(NamedTuple):
    """Who looks, and when: what the conditions of queues rest on."""

    user: int
    today: date
    small: Decimal  # US dollars, the small balance of the organization


Condition = Callable[[Viewer], Q]


class Queue(NamedTuple):
    """A queue that everybody has."""

    name: str  # in the address: "mine"
    words: str
    why: str  # why a case is in it
    condition: Condition = lambda _: Q()  # besides whose it is; of an open case
    whose: str = ANYBODY
    awake: bool = False  # what waits for somebody is left out until its day
    rests: tuple[str, ...] = ()  # fields of the case that say so
    needs: Permission = Permission.SEE_CASES


def _of(**fields: object) -> Condition:
    return lambda _: Q(**fields)


def _due(value: str) -> Condition:
    return lambda viewer: due(value, viewer.today)


def _filing(viewer: Viewer) -> Q:
    days = (viewer.today, viewer.today + timedelta(days=FILING_RISK))
    return Q(deadline_kind__in=FILES, deadline__range=days)


ON_PAYER = _of(stage__in=(Stage.WAITING, Stage.SENT), waiting__in=(Waiting.PAYER, Waiting.ANSWER))
QUEUES: Mapping[str, Queue] = {
    each.name: each
    for each in (
        Queue("todo", "Mine and unassigned", "It is yours or nobody's, and waits for nobody.", whose=ME_OR_NOBODY,
              awake=True, rests=("owner", "stage")),
        Queue("mine", "Mine", "It is yours, and waits for nobody.", whose=ME, awake=True, rests=("owner", "stage")),
        Queue("unassigned", "Unassigned", "Nobody has taken it.", whose=NOBODY, awake=True, rests=("owner", "stage")),
        Queue("week", "Due this week", "Its earliest deadline is today or within seven days.", _due("week"),
              rests=("deadline",)),
        Queue("overdue", "Overdue", "Its earliest deadline has passed.", _due("overdue"), rests=("deadline",)),
        Queue("new", "New", "Nobody has worked it yet.", _of(stage=Stage.NEW), rests=("stage", "opened")),
        Queue("payer", "Waiting on payer", "The next step is the payer's.", ON_PAYER, rests=("waiting", "until")),
        Queue("clinical", "Clinical review", "The denial is a clinical one.", _of(type="clinical"),
              rests=("type", "cause")),
        Queue("coding", "Coding", "Coding owns what went wrong.", _of(department="coding"),
              rests=("cause", "department")),
        Queue("registration", "Registration", "Registration owns what went wrong.", _of(department="registration"),
              rests=("cause", "department")),
        Queue("authorization", "Authorization", "An authorization or a referral is missing or does not fit.",
              _of(cause__in=("authorization", "referral")), rests=("cause",)),
        Queue("filing", "Timely filing at risk",
              f"A claim must be with a payer within {FILING_RISK} days, or it is too late.", _filing,
              rests=("deadline",)),
        Queue("small", "Small balance", "No more is denied than your organization calls small.",
              lambda viewer: Q(denied__lte=viewer.small), rests=("denied",)),
        Queue("takebacks", "Takebacks", "The payer took money back.", _of(kind="takeback"), rests=("kind",)),
        Queue("rejected", "Rejected claims", "The claim was turned back before the payer decided, and never got in.",
              _of(kind=REJECTED), rests=("kind",)),
        Queue("no_answer", "No answer", "Nobody has answered the claim within the payer's normal time.",
              _of(kind=NO_ANSWER), rests=("kind",)),
        Queue("silent", "Silent", "Nothing was paid, and no reason given.", _of(kind="silent"), rests=("kind",)),
        Queue("redenied", "Re-denied", "It was denied again after another answer.", _of(redenied=True),
              rests=("answers",)),
        Queue("old", f"Over {OLD} days", f"It was first denied more than {OLD} days ago.",
              lambda viewer: Q(opened__lt=viewer.today - timedelta(days=OLD)), rests=("opened",)),
        Queue("approval", "Waiting for approval", "A write-off above the limit was proposed.",
              _of(stage=Stage.APPROVAL), rests=("stage", "denied"), needs=Permission.APPROVE_WRITE_OFF),
        Queue("open", "All open", "It is open."),
    )
}  # fmt: skip
DEFAULT, ALL = QUEUES["todo"], QUEUES["open"]


class Inside(NamedTuple):
    """A queue as somebody sees it."""

    queue: Queue
    viewer: Viewer
    waiting: bool = False  # with what waits

    def narrow(self, cases: QuerySet[Case]) -> QuerySet[Case]:
        """The cases in it; of those given, of which the open ones are meant."""
        return cases.filter(self.condition)

    @property
    def condition(self) -> Q:
        """What a case in it meets."""
        met = self.queue.condition(self.viewer) & _whose(self.queue.whose, self.viewer.user)
        return met if self.waiting or not self.queue.awake else met & awake(self.viewer.today)


def viewer(user: User, today: date) -> Viewer:
    """Who looks, with what their organization has chosen; one query.

    Args:
        user: a member of an organization; a stranger's conditions meet nothing, for a stranger sees no case.
        today: from which days are counted.
    """
    organization = organization_of(user)
    small = preference(organization, "small_balance") if organization else 0
    return Viewer(user.pk or 0, today, Decimal(str(small)))


def offered(user: User) -> list[Queue]:
    """The queues that somebody may see."""
    return [each for each in QUEUES.values() if may(user, each.needs)]


def awake(today: date) -> Q:
    """Cases that wait for nobody: in work, or due again."""
    return Q(stage__in=(Stage.NEW, Stage.WORKING)) | Q(until__lte=today)


def _whose(whose: str, user: int) -> Q:
    return {
        ANYBODY: Q(),
        ME: Q(owner=user),
        NOBODY: Q(owner__isnull=True),
        ME_OR_NOBODY: Q(owner=user) | Q(owner__isnull=True),
    }[whose]
