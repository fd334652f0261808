"""Who works here, how much waits, and what happened, by the API."""

from datetime import timedelta

from django.utils import timezone

from reclaim.desk import actions
from reclaim.desk.models import Case
from reclaim.people.models import Event, Organization, Team, User
from tests.api.programs import Program
from tests.web import factory


def test_the_filters_say_how_many_cases_they_hold(organization: Organization, biller: User, program: Program) -> None:
    factory.many_cases(organization, 40, timezone.localdate(), closed=0.3)
    caller = program(biller)
    told = caller.get("queues").json()
    assert told["cases"] == Case.objects.filter(state="open").count()
    assert len(told["filters"]) > 5
    for each in told["filters"]:
        listed = caller.get(f"cases?limit=200&{each['name']}={each['value']}").json()["cases"]
        assert len(listed) == each["cases"], each


def test_people_and_teams_are_named_for_assigning(
    organization: Organization, biller: User, outsider: User, program: Program
) -> None:
    team = Team.objects.create(organization=organization, name="Surgery")
    told = program(biller).get("people").json()
    assert [(each["id"], each["role"]) for each in told["people"]] == [(biller.pk, "biller")]
    assert [each["id"] for each in told["teams"]] == [team.pk]
    assert outsider.email not in str(told)


def test_events_are_read_the_newest_first_by_who_may(case: Case, biller: User, auditor: User, program: Program) -> None:
    for _ in range(3):
        program(biller).get(f"cases/{case.pk}")
    caller = program(auditor)
    told = caller.get(f"events?limit=2&verb=viewed_case&subject=desk.case:{case.pk}&user={biller.pk}").json()
    assert [each["verb"] for each in told["events"]] == ["viewed_case"] * 2
    rest = caller.get(f"events?limit=2&verb=viewed_case&cursor={told['next']}").json()
    assert len({each["id"] for each in (*told["events"], *rest["events"])}) == 3
    assert rest["next"] == ""
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert caller.get(f"events?since={tomorrow}").json()["events"] == []
    assert program(biller).get("events").status_code == 403
    assert Event.objects.latest("pk").verb == "refused"


def test_every_queue_lists_what_is_in_it(
    organization: Organization, biller: User, manager: User, program: Program
) -> None:
    factory.many_cases(organization, 20, timezone.localdate())
    Case.objects.filter(pk__in=Case.objects.order_by("pk").values("pk")[:3]).update(owner=biller)
    caller = program(biller)
    held = {each["name"]: each["cases"] for each in caller.get("queues").json()["queues"]}
    assert {"mine", "overdue", "small"} <= set(held)
    assert (held["mine"], held["unassigned"], held["open"]) == (3, 17, 20)
    for name, cases in held.items():
        assert len(caller.get(f"cases?queue={name}").json()["cases"]) == cases, name
    assert caller.get("cases?queue=nothing").status_code == 422
    assert caller.get("cases?queue=approval").status_code == 422  # for who approves
    assert program(manager).get("cases?queue=approval").json()["cases"] == []


def test_what_waits_is_in_a_queue_when_it_is_asked_for(case: Case, biller: User, program: Program) -> None:
    actions.snooze(biller, actions.take(biller, case))
    caller = program(biller)
    assert caller.get("cases?queue=mine").json()["cases"] == []
    assert [each["id"] for each in caller.get("cases?queue=mine&waiting=1").json()["cases"]] == [case.pk]
    assert caller.get("cases?queue=mine&waiting=yes").status_code == 422
