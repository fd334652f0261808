"""Three organizations: by no route and no guessed id does one see or change a row of another."""

import io
from typing import Any

import pytest
from django.utils import timezone

from reclaim.desk.models import Case
from reclaim.people.models import Organization, Role, Team, User
from reclaim.record.models import File
from tests.api.programs import Answer, Caller, Member, Program, routes
from tests.api.test_cases import bodies
from tests.web import factory


@pytest.fixture
def houses(db: None) -> list[Organization]:  # noqa: ARG001  rows need the database
    """Three organizations with people, teams, files and cases of their own, told apart by a word in all they hold."""
    made = []
    for name in ("Alder", "Birch", "Cypress"):
        house = factory.organization(name)
        Team.objects.create(organization=house, name=f"Team {name}")
        factory.many_cases(house, 3, timezone.localdate())
        Case.objects.filter(organization=house).update(control_number=f"{name}-1", patient=f"{name.upper()}, ROSE")
        File.objects.filter(organization=house).update(name=f"{name}.835", sha256=name[0].lower() * 64)
        made.append(house)
    return made


def asked(caller: Caller, method: str, path: str, body: dict[str, Any]) -> Answer:
    if method == "get":
        return caller.get(path)
    if path.endswith(("attach", "files")):
        return caller.send(path, file=io.BytesIO(b"ISA"), sort="other", version=1)
    return caller.post(path, body)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.BILLER, Role.AUDITOR, Role.INTEGRATION])
def test_no_route_tells_or_changes_what_is_another_houses(
    role: Role, houses: list[Organization], program: Program, member: Member
) -> None:
    ours, *others = houses
    caller = program(member(ours, role))
    foreign = list(Case.objects.filter(organization__in=others))
    stranger = member(others[0], "biller")
    names = {name for each in others for name in (each.name, each.name.upper())}
    sent = {
        **bodies(stranger),
        "reopen": {"why": "x"},
        "refuse": {"why": "x"},
        "finish": {"task": 1},
        "remove_document": {"document": 1, "why": "x"},
        "record_answer": {"answer": "more"},
    }
    for method, path in routes():
        name = path.rpartition("/")[2]
        for case, file in zip(foreign, File.objects.filter(organization__in=others), strict=False):
            address = path.replace("{case_id}", str(case.pk)).replace("{file_id}", str(file.pk))
            body = {"version": 1, **sent.get(name, {})}
            if path.startswith("cases/actions/"):
                body = {"ids": [case.pk], **sent[name]}
            answer = asked(caller, method, address, body)
            assert answer.status_code < 500
            assert answer.status_code == 404 or "{" not in path, (method, path, answer.content)
            assert not any(each in answer.content.decode() for each in names), (method, path)
    assert set(Case.objects.filter(organization__in=others).values_list("version", "stage")) == {(1, "new")}


def test_a_person_or_team_of_another_house_gets_no_case(
    houses: list[Organization], program: Program, member: Member
) -> None:
    ours, theirs, _ = houses
    caller, stranger = program(member(ours, "manager")), member(theirs, "biller")
    case = Case.objects.filter(organization=ours)[0]
    for who in ({"to": stranger.pk}, {"team": Team.objects.get(organization=theirs).pk}):
        answer = caller.post(f"cases/{case.pk}/actions/assign", {"version": 1, **who})
        assert answer.status_code == 422
        assert "in your organization" in answer.json()["detail"]
    assert User.objects.get(pk=stranger.pk).cases.count() == 0


def test_a_cursor_of_another_house_shows_no_more_than_ones_own(
    houses: list[Organization], program: Program, member: Member
) -> None:
    first, second, _ = (program(member(each, "manager")) for each in houses)
    cursor = first.get("cases?limit=1").json()["next"]
    told = second.get(f"cases?cursor={cursor}").json()["cases"]
    assert {each["control_number"] for each in told} == {"Birch-1"}
