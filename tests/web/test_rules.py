"""The pages of assignment rules: written, tried, ordered and applied; by managers only."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from reclaim.desk.assignment_rules import Conditions, Draft, save
from reclaim.desk.models import AssignmentRule, Case
from reclaim.people.models import Event, Organization, User
from tests.web import factory

Member = Callable[[Organization, str], User]
MANY = 40
HTMX = {"HX-Request": "true"}


@pytest.fixture
def manager(organization: Organization, member: Member) -> User:
    factory.many_cases(organization, MANY, timezone.localdate())
    return member(organization, "manager")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def typed(user: User, **more: object) -> dict[str, object]:
    return {"name": "Clinical", "types": ["clinical"], "people": [user.pk], "share": "load", "active": "on", **more}


def test_a_rule_is_tried_then_saved_then_applied(organization: Organization, manager: User) -> None:
    client = signed_in(manager)
    clinical = Case.objects.filter(type="clinical").count()
    assert client.get("/rules").status_code == client.get("/rules/new").status_code == 200
    tried = client.post("/rules/new", {**typed(manager), "try": "1"}, headers=HTMX).content.decode()
    assert f'<td class="num">{clinical}</td>' in tried
    assert f">{MANY - clinical}<" in tried, "what no rule catches"
    assert "LANTERN" not in tried.upper().replace("LANTERN.EXAMPLE", "")
    assert not AssignmentRule.objects.exists()
    answer = client.post("/rules/new", typed(manager, least="$1,000.00", **{"from": "A", "to": "L"}))
    assert answer.status_code == 302
    rule = AssignmentRule.objects.get()
    assert rule.conditions == {"types": ["clinical"], "letters": ["A", "L"], "least": "1000.00"}
    page = client.get("/rules").content.decode()
    assert "Last names A to L" in page
    assert "$1,000.00 denied or more" in page
    assert client.post(f"/rules/{rule.pk}", typed(manager)).status_code == 302
    client.post("/rules/now")
    assert Case.objects.filter(owner=manager).count() == clinical
    assert f"{clinical} case" in client.get("/rules").content.decode()
    assert Event.objects.filter(verb="saved_assignment_rule", user=manager).count() == 2
    assert organization == rule.organization


def test_the_first_rule_is_one_click_away_for_who_may_write_it(manager: User, biller: User) -> None:
    assert 'href="/rules/new">Write the first rule' in signed_in(manager).get("/rules").content.decode()
    assert "Write the first rule" not in signed_in(biller).get("/rules").content.decode()


def test_without_script_the_trial_stands_below_what_was_typed(manager: User) -> None:
    page = signed_in(manager).post("/rules/new", {**typed(manager), "try": "1"}).content.decode()
    assert "this rule" in page
    assert 'value="Clinical"' in page


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": ""}, "name"),
        ({"least": "many"}, "is no amount"),
        ({"least": "9e99999"}, "is no amount"),
        ({"people": []}, "who gets"),
        ({"people": ["999999", "x"]}, "people who work"),
        ({"team": "999999"}, "team"),
        ({"share": "odd"}, "shared"),
        ({"from": "Z", "to": "A"}, "Letters"),
        ({"types": ["odd"]}, "types"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_typed_is_lost(manager: User, change: dict[str, object], says: str) -> None:
    given = typed(manager, **{"causes": ["coding"], **change})
    answer = signed_in(manager).post("/rules/new", given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert says in page
    assert 'value="coding" checked' in page
    assert not AssignmentRule.objects.exists()
    part = signed_in(manager).post("/rules/new", {**given, "try": "1"}, headers=HTMX)
    assert says in part.content.decode()
    assert part.status_code == 200, "htmx shows it in place"


def test_rules_are_ordered_switched_and_removed(organization: Organization, manager: User) -> None:
    one, two = (save(manager, organization, Draft(name, people=(manager.pk,))) for name in ("One", "Two"))
    client = signed_in(manager)
    client.post(f"/rules/{two.pk}/move", {"up": ""})
    client.post(f"/rules/{one.pk}/switch", {"off": ""})
    page = client.get("/rules").content.decode()
    assert page.index(">Two<") < page.index(">One<")
    assert ">off<" in page
    client.post(f"/rules/{two.pk}/remove")
    assert list(AssignmentRule.objects.values_list("name", flat=True)) == ["One"]


@pytest.mark.parametrize("role", ["biller", "auditor", "front_desk", "administrator"])
def test_who_does_not_edit_rules_sees_them_only(
    organization: Organization, manager: User, role: str, member: Member
) -> None:
    rule = save(manager, organization, Draft("One", people=(manager.pk,)))
    client = signed_in(member(organization, role))
    page = client.get("/rules").content.decode()
    assert "One" in page
    assert "New rule" not in page
    for path in ("/rules/new", f"/rules/{rule.pk}"):
        assert client.get(path).status_code == client.post(path, typed(manager)).status_code == 403
    for path in (f"/rules/{rule.pk}/move", f"/rules/{rule.pk}/switch", f"/rules/{rule.pk}/remove", "/rules/now"):
        assert client.post(path).status_code == 403, path
    assert AssignmentRule.objects.get().active
    assert not Case.objects.exclude(owner=None).exists()


def test_rules_of_others_are_not_there(
    organization: Organization, other_organization: Organization, manager: User, member: Member
) -> None:
    rule = save(manager, organization, Draft("Ours", people=(manager.pk,)))
    client = signed_in(member(other_organization, "manager"))
    assert "Ours" not in client.get("/rules").content.decode()
    for path in (f"/rules/{rule.pk}", f"/rules/{rule.pk}/switch", f"/rules/{rule.pk}/remove"):
        assert client.post(path, typed(manager)).status_code == 404
    assert AssignmentRule.objects.get().active


def test_few_queries(
    organization: Organization, manager: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(12):
        conditions = Conditions(types=("clinical",), least=Decimal(number))
        save(manager, organization, Draft(f"Rule {number}", conditions, people=(manager.pk,)))
    client = signed_in(manager)
    for path in ("/rules", "/rules/new", f"/rules/{AssignmentRule.objects.latest('pk').pk}", "/rules/trial"):
        with django_assert_max_num_queries(17):  # two of them for the session
            assert client.get(path).status_code == 200
