"""The queues that everybody has: which case is in which, the same in the database and in the counts."""

import random
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from reclaim.desk import actions, counting, queue, queues, views
from reclaim.desk.models import APART, Case, SavedView, Stage, State, Waiting
from reclaim.desk.queue import Ask
from reclaim.desk.queues import QUEUES, Inside
from reclaim.people.models import Event, Location, Organization, Team, User
from tests.web import factory

MANY = 160
Member = Callable[[Organization, str], User]


@pytest.fixture
def today() -> date:
    return timezone.localdate()


@pytest.fixture
def cases(organization: Organization, biller: User, manager: User, today: date) -> list[Case]:
    """Cases of all sorts, of several people, teams and places, in all stages."""
    factory.many_cases(organization, MANY, today, closed=0.1)
    dice = random.Random(11)  # noqa: S311  made-up cases need no cryptographic dice
    team = Team.objects.create(organization=organization, name="North")
    place = Location.objects.create(organization=organization, name="North")
    every = list(Case.objects.filter(organization=organization).order_by("pk"))
    for case in every:
        case.owner = dice.choice((biller, manager, None, None))
        case.team, case.location = dice.choice((team, None)), dice.choice((place, None))
        case.stage = dice.choice(Stage.values)
        if case.stage in (Stage.WAITING, Stage.SENT):
            case.waiting = dice.choice((Waiting.DATE, Waiting.PAYER, Waiting.ANSWER, Waiting.PATIENT))
            case.until = dice.choice((None, today - timedelta(days=1), today, today + timedelta(days=9)))
        case.department = dice.choice(("coding", "registration", "billing"))
        case.deadline_kind = dice.choice(("filing", "correction", "appeal_1"))
        case.kind = dice.choice((case.kind, case.kind, "rejected", "no_answer"))
        case.denied = dice.choice((Decimal(25), Decimal("25.01"), case.denied))
        case.kind = dice.choice((*APART, *[case.kind] * 8))
    fields = ("owner", "team", "location", "stage", "waiting", "until", "department", "deadline_kind", "denied", "kind")
    Case.objects.bulk_update(every, fields)
    return every


def inside(name: str, user: User, today: date, *, waiting: bool = False) -> Inside:
    return Inside(QUEUES[name], queues.viewer(user, today), waiting)


BY_HAND: dict[str, Callable[[Case, User, date], bool]] = {
    "mine": lambda case, user, today: case.owner == user and _awake(case, today),
    "unassigned": lambda case, _, today: case.owner is None and _awake(case, today),
    "todo": lambda case, user, today: case.owner in (user, None) and _awake(case, today),
    "week": lambda case, _, today: case.deadline is not None and 0 <= (case.deadline - today).days <= 7,
    "overdue": lambda case, _, today: case.deadline is not None and case.deadline < today,
    "new": lambda case, _, __: case.stage == Stage.NEW,
    "payer": lambda case, _, __: case.waiting in (Waiting.PAYER, Waiting.ANSWER),
    "clinical": lambda case, _, __: case.type == "clinical",
    "coding": lambda case, _, __: case.department == "coding",
    "registration": lambda case, _, __: case.department == "registration",
    "authorization": lambda case, _, __: case.cause in ("authorization", "referral"),
    "filing": lambda case, _, today: bool(
        case.deadline and 0 <= (case.deadline - today).days <= 30 and case.deadline_kind != "appeal_1"
    ),
    "small": lambda case, _, __: case.denied <= 25,
    "takebacks": lambda case, _, __: case.kind == "takeback",
    "rejected": lambda case, _, __: case.kind == "rejected",
    "no_answer": lambda case, _, __: case.kind == "no_answer",
    "silent": lambda case, _, __: case.kind == "silent",
    "redenied": lambda case, _, __: case.redenied,
    "old": lambda case, _, today: case.opened is not None and (today - case.opened).days > 90,
    "approval": lambda case, _, __: case.stage == Stage.APPROVAL,
    "open": lambda _, __, ___: True,
}


def _awake(case: Case, today: date) -> bool:
    due = case.until is not None and case.until <= today
    return due or case.stage not in (Stage.WAITING, Stage.SENT, Stage.APPROVAL)


def test_every_queue_is_described_by_hand() -> None:
    assert BY_HAND.keys() == QUEUES.keys()


@pytest.mark.parametrize("name", QUEUES)
def test_a_queue_holds_what_it_says(name: str, cases: list[Case], biller: User, today: date) -> None:
    found = inside(name, biller, today).narrow(Case.objects.filter(state=State.OPEN))
    expected = {case.pk for case in cases if case.state == State.OPEN and BY_HAND[name](case, biller, today)}
    assert set(found.values_list("pk", flat=True)) == expected
    assert expected, "a queue that is empty here proves nothing"


@pytest.mark.parametrize("name", QUEUES)
@pytest.mark.parametrize("asked", [{}, {"type": "technical"}, {"owner": "none", "stage": "waiting"}, {"team": "none"}])
def test_counts_are_what_the_list_shows(
    name: str, asked: dict[str, str], cases: list[Case], biller: User, today: date
) -> None:
    rows, ask = Case.objects.filter(organization=cases[0].organization), Ask.of(asked)
    for waiting in (False, True):
        here = inside(name, biller, today, waiting=waiting)
        counted = counting.count(rows, ask, today, inside=here)
        listed = queue.asked(here.narrow(rows), ask, today)
        assert counted.total.cases == listed.count()
        assert counted.total.denied == sum((case.denied for case in listed), Decimal(0))
    opened = rows.filter(state=State.OPEN)
    assert counted.queues == {each: inside(each, biller, today).narrow(opened).count() for each in QUEUES}
    both = [inside(name, biller, today, waiting=waiting).narrow(opened).count() for waiting in (True, False)]
    assert counted.waiting == both[0] - both[1]
    for menu in ("owner", "team", "location", "payer"):
        for choice in counted.menus[menu]:
            chosen = Ask.of({**asked, menu: choice.value})
            assert choice.cases == queue.asked(here.narrow(rows), chosen, today).count(), (menu, choice)


def test_what_is_snoozed_comes_back_by_itself(organization: Organization, biller: User, today: date) -> None:
    factory.many_cases(organization, 1, today)
    case = actions.take(biller, Case.objects.get())
    mine = inside("mine", biller, today)
    assert mine.narrow(Case.objects.all()).exists()
    actions.snooze(biller, case, today + timedelta(days=3))
    assert not mine.narrow(Case.objects.all()).exists()
    assert inside("mine", biller, today, waiting=True).narrow(Case.objects.all()).exists()
    assert inside("mine", biller, today + timedelta(days=3)).narrow(Case.objects.all()).exists()


def test_waiting_for_approval_is_for_who_may_approve(biller: User, manager: User) -> None:
    assert QUEUES["approval"] not in queues.offered(biller)
    assert QUEUES["approval"] in queues.offered(manager)


# --- views ----------------------------------------------------------------------------------------------------------


def test_a_view_is_kept_changed_shared_and_removed(organization: Organization, biller: User, member: Member) -> None:
    coder = member(organization, "coder")
    view = views.save(biller, organization, views.View("Urgent", "in=mine&due=week&sort=deadline", ("why", "owner")))
    assert (view.address, view.columns) == ("in=mine&due=week&sort=deadline", ["why", "owner"])
    assert not views.views_of(coder).exists()
    again = views.save(biller, organization, views.View("Urgent", "in=mine&type=clinical", shared=True))
    assert again.pk == view.pk
    assert [each.address for each in views.views_of(coder)] == ["in=mine&type=clinical"]
    with pytest.raises(views.ViewError, match="a colleague's"):
        views.remove(coder, again)
    views.remove(member(organization, "manager"), again)
    assert not SavedView.objects.exists()
    assert [each.verb for each in Event.objects.order_by("pk")] == ["saved_view", "saved_view", "removed_view"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("in=todo&q=FH-100007", "in=todo"),
        ("in=todo&q=Lantern+7", "in=todo"),
        ("q=CO-197", "q=CO-197"),
        ("in=nonsense&payer=7&owner=none&find=abc&page=3", "payer=7&owner=none"),
        ("state=recovered&sort=-denied", "state=recovered&sort=-denied"),
        ("in=mine&waiting=1", "in=mine&waiting=1"),
    ],
)
def test_a_view_holds_no_search_for_a_person(given: str, kept: str) -> None:
    assert views.clean(given) == kept


def test_what_cannot_be_a_view(organization: Organization, biller: User, auditor: User) -> None:
    for by, name, shared in ((biller, " ", False), (biller, "x" * 61, False), (auditor, "Mine", True)):
        with pytest.raises(views.ViewError):
            views.save(by, organization, views.View(name, "", shared=shared))
    assert not SavedView.objects.exists()
