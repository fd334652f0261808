"""Team: open cases and steps by person, who is away, and what it costs to show."""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from reclaim.desk import loads
from reclaim.desk.acting import ACTIONS
from reclaim.desk.models import Case, State
from reclaim.people import events
from reclaim.people.models import Absence, Event, Membership, Organization, Role, Team, User
from tests.web import factory

pytestmark = pytest.mark.django_db
SignIn = Callable[[User | None], Client]


@pytest.fixture
def cases(organization: Organization, biller: User) -> list[Case]:
    """Sixty open cases: every third the biller's, every fourth a team's, the rest nobody's."""
    factory.many_cases(organization, 70, timezone.localdate(), closed=0.1)
    team = Team.objects.create(organization=organization, name="Coders")
    for place, case in enumerate(Case.objects.order_by("id")):
        case.owner = biller if place % 3 == 0 else None
        case.team = team if place % 4 == 0 else None
        case.save()
    return list(Case.objects.filter(state=State.OPEN))


def row(page: str, name: str) -> list[str]:
    """The cells of a line of the page, without tags."""
    found = re.search(rf"<tr><th[^>]*><a[^>]*>{re.escape(name)}</a>.*?</tr>", page, re.DOTALL)
    assert found is not None, name
    return [re.sub(r"<[^>]+>", "", each).strip() for each in re.findall(r"<td.*?</td>", found[0], re.DOTALL)]


def test_every_line_adds_up(cases: list[Case], biller: User, manager: User, client_of: SignIn) -> None:
    page = client_of(manager).get("/team").content.decode()
    today = timezone.localdate()
    soon = today + timedelta(days=7)
    for name, owner in ((biller.email, biller.pk), ("Unassigned", None)):
        mine = [each for each in cases if each.owner_id == owner]
        week = sum(each.deadline is not None and today <= each.deadline <= soon for each in mine)
        late = sum(each.deadline is not None and each.deadline < today for each in mine)
        denied = sum((each.denied for each in mine), Decimal(0))
        assert row(page, name)[:4] == [f"{len(mine):,}", f"${denied:,.2f}", f"{week}", f"{late}"]
    team = [each for each in cases if each.team_id]
    assert row(page, "Coders")[0] == f"{len(team)}"
    assert page.index("Unassigned") < page.index(f">{biller.email}</a>")


def test_steps_are_counted_by_case_and_day(
    organization: Organization, biller: User, manager: User, client_of: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    for days, verb, case in (
        (40, "closed_case", 1),
        (20, "marked_sent", 2),
        (3, "recorded_answer", 2),
        (2, "closed_case", 2),
        (1, "noted", 3),
    ):
        with monkeypatch.context() as patched:
            patched.setattr("reclaim.people.events.timezone.now", lambda days=days: now - timedelta(days=days))
            events.record(organization, biller, verb, f"desk.case:{case}")
    assert loads.moved(Event.objects.all(), now) == {biller.pk: (1, 1)}
    page = client_of(manager).get("/team").content.decode()
    assert row(page, biller.email)[-2:] == ["1", "1"]
    assert "Moved on" not in client_of(biller).get("/team").content.decode(), "who sees no events sees no steps"


def test_what_counts_as_a_step_is_an_action() -> None:
    from reclaim.desk import actions  # noqa: PLC0415  fills the table

    assert actions
    assert set(loads.MOVED) <= {each.verb for each in ACTIONS.values()}


def test_absence_cover_and_people_who_left(
    organization: Organization, cases: list[Case], biller: User, manager: User, client_of: SignIn
) -> None:
    assert cases
    today = timezone.localdate()
    away = Membership.objects.get(user=biller)
    Absence.objects.create(
        organization=organization,
        membership=away,
        first=today,
        last=today + timedelta(days=3),
        cover=Membership.objects.get(user=manager),
    )
    assert f"{manager.email} covers" in client_of(manager).get("/team").content.decode()
    away.delete()
    assert "No longer works cases here" in client_of(manager).get("/team").content.decode()


def test_by_load_and_never_another_house(
    organization: Organization, cases: list[Case], manager: User, biller: User, outsider: User, client_of: SignIn
) -> None:
    assert cases
    assert organization
    page = client_of(manager).get("/team?sort=load").content.decode()
    assert page.index(f">{biller.email}</a>") < page.index(f">{manager.email}</a>")
    assert row(client_of(outsider).get("/team").content.decode(), "Unassigned")[0] == "0"


def test_two_hundred_people_in_few_queries(
    organization: Organization,
    manager: User,
    client_of: SignIn,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    users = User.objects.bulk_create(User(username=f"u{n}@x.example", email=f"u{n}@x.example") for n in range(200))
    Membership.objects.bulk_create(Membership(organization=organization, user=user, role=Role.BILLER) for user in users)
    browser = client_of(manager)
    with django_assert_max_num_queries(15):
        page = browser.get("/team").content.decode()
    assert page.count("Billing specialist") == 200
