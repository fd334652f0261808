"""Cases by the API: read, listed, and acted on with the same permissions and events as on the pages."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from reclaim.api import acts
from reclaim.desk import actions
from reclaim.desk.acting import ACTIONS
from reclaim.desk.models import Case, Document, Note, State, WriteOff
from reclaim.people.access import Permission
from reclaim.people.models import Event, Organization, User
from tests.api.programs import Program
from tests.web import factory


def test_a_case_is_read_with_what_can_be_done_and_that_it_was_read_is_an_event(
    case: Case, biller: User, program: Program
) -> None:
    answer = program(biller).get(f"cases/{case.pk}")
    told = answer.json()
    assert answer["ETag"] == '"1"'
    assert (told["id"], told["patient"], told["denied"], told["version"]) == (case.pk, "DOE, JANE", "90.00", 1)
    why_not = {each["name"]: each["why_not"] for each in told["actions"]}
    assert why_not["take"] == ""
    assert "role" in why_not["assign"]
    event = Event.objects.latest("pk")
    assert (event.verb, event.user, event.subject) == ("viewed_case", biller, f"desk.case:{case.pk}")


def test_patients_are_initials_for_who_may_not_see_them_and_in_every_list(
    case: Case, auditor: User, biller: User, program: Program
) -> None:
    assert program(auditor).get(f"cases/{case.pk}").json()["patient"] == "J. D."
    narrow = program(biller, Permission.SEE_CASES, Permission.WORK_CASES)
    assert narrow.get(f"cases/{case.pk}").json()["patient"] == "J. D."
    assert [each["patient"] for each in program(biller).get("cases").json()["cases"]] == ["J. D."]


def test_who_has_the_newest_case_gets_no_other(case: Case, biller: User, program: Program) -> None:
    caller = program(biller)
    answer = caller.get(f"cases/{case.pk}", If_None_Match='"1"')
    assert (answer.status_code, answer.content) == (304, b"")
    actions.take(biller, case)
    assert caller.get(f"cases/{case.pk}", If_None_Match='"1"').json()["version"] == 2


def test_cases_are_listed_by_the_filters_of_the_queue(
    organization: Organization, biller: User, program: Program
) -> None:
    factory.many_cases(organization, 60, timezone.localdate(), closed=0.2)
    caller = program(biller)
    for query, wanted in (
        ("", {"state": "open"}),
        ("type=technical", {"state": "open", "type": "technical"}),
        ("state=all&cause=coding", {"cause": "coding"}),
        ("kind=takeback", {"state": "open", "kind": "takeback"}),
    ):
        told = caller.get(f"cases?limit=200&{query}").json()["cases"]
        assert {each["id"] for each in told} == set(Case.objects.filter(**wanted).values_list("pk", flat=True))
    number = Case.objects.order_by("-pk")[0].control_number
    assert [each["control_number"] for each in caller.get(f"cases?q={number}").json()["cases"]] == [number]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("type=odd", "technical"),
        ("stat=open", "no filter of this name"),
        ("q=lantern", "Names of patients never"),
        ("limit=0", "query.limit"),
        ("limit=201", "query.limit"),
        ("cursor=made-up", "Begin again"),
        ("order=patient", "query.order"),
        ("payer=%00", "payer"),
    ],
)
def test_a_question_that_cannot_be_is_refused_kindly(
    query: str, said: str, case: Case, biller: User, program: Program
) -> None:
    answer = program(biller).get(f"cases?{query}")
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert said in answer.json()["detail"]
    assert case.patient not in answer.content.decode()


@pytest.mark.parametrize("order", ["id", "priority"])
def test_pages_hold_each_case_once(order: str, organization: Organization, biller: User, program: Program) -> None:
    factory.many_cases(organization, 23, timezone.localdate())
    Case.objects.filter(pk__lt=Case.objects.order_by("pk")[12].pk).update(score=5)  # many alike
    caller, seen, cursor = program(biller), list[int](), ""
    while True:
        told = caller.get(f"cases?limit=5&order={order}&cursor={cursor}").json()
        seen += [each["id"] for each in told["cases"]]
        cursor = told["next"]
        if not cursor:
            break
        Case.objects.filter(pk=seen[0]).update(state=State.CLOSED)  # cases end and come while a program reads on
    ordered = Case.objects.order_by(*({"id": ("id",), "priority": ("-score", "-id")}[order]))
    assert seen == list(ordered.values_list("pk", flat=True))


def test_by_id_a_case_that_moves_up_or_down_comes_once(
    organization: Organization, biller: User, program: Program
) -> None:
    factory.many_cases(organization, 10, timezone.localdate())
    caller = program(biller)
    first = caller.get("cases?limit=5").json()
    Case.objects.filter(pk=first["cases"][0]["id"]).update(score=0)
    Case.objects.order_by("-pk").filter(pk__gt=first["cases"][-1]["id"]).update(score=10_000)
    second = caller.get(f"cases?limit=5&cursor={first['next']}").json()
    ids = [each["id"] for each in (*first["cases"], *second["cases"])]
    assert ids == sorted(set(ids))
    assert len(ids) == 10
    assert second["next"] == ""


def test_a_cursor_of_one_list_is_refused_by_another(
    organization: Organization, manager: User, program: Program
) -> None:
    factory.many_cases(organization, 3, timezone.localdate())
    caller = program(manager)
    cursor = caller.get("cases?limit=1").json()["next"]
    assert caller.get(f"cases?limit=1&order=priority&cursor={cursor}").status_code == 422
    assert caller.get(f"events?cursor={cursor}").status_code == 422


# --- acting -----------------------------------------------------------------------------------------------------------


def test_every_action_of_the_desk_has_a_route(db: None) -> None:  # noqa: ARG001
    assert [name for name in ACTIONS if name != acts.ATTACH and acts.body_of(name) is None] == []


def bodies(colleague: User) -> dict[str, dict[str, Any]]:
    """What each action is sent."""
    tomorrow = str(timezone.localdate() + timedelta(days=1))
    return {
        "take": {},
        "assign": {"to": colleague.pk},
        "classify": {"type": "clinical", "cause": "medical_necessity", "why": "Read the record."},
        "lift": {"why": "The practice asked."},
        "note": {"text": "Called Bob."},
        "task": {"text": "Scan the card.", "due": tomorrow, "owner": colleague.pk},
        "ask": {"of": "patient", "text": "New insurance card"},
        "contact": {"way": "phone", "who": "Kim", "said": "In process", "reference": "C-1", "promised": tomorrow},
        "snooze": {"until": tomorrow},
        "mark_sent": {"what": "corrected", "way": "portal"},
        "write_off": {"reason": "timely_filing"},
        "to_patient": {"why": "No referral, notice signed."},
        "to_other_payer": {"payer": "Medicare"},
        "close": {"outcome": "upheld", "why": "Second level lost."},
    }


@pytest.mark.parametrize("name", sorted(bodies(User(pk=1))))
def test_an_action_is_done_with_its_event(name: str, case: Case, biller: User, manager: User, program: Program) -> None:
    answer = program(manager).post(f"cases/{case.pk}/actions/{name}", {"version": 1, **bodies(biller)[name]})
    assert answer.status_code == 200, answer.content
    assert (answer.json()["version"], answer["ETag"]) == (2, '"2"')
    event = Event.objects.latest("pk")
    assert (event.verb, event.user, event.subject) == (ACTIONS[name].verb, manager, f"desk.case:{case.pk}")


def test_who_saw_an_older_case_changes_nothing(case: Case, biller: User, manager: User, program: Program) -> None:
    actions.take(manager, case)
    answer = program(biller).post(f"cases/{case.pk}/actions/snooze", {"version": 1})
    assert answer.status_code == 409
    assert "changed this case in the meantime" in answer.json()["detail"]
    assert Case.objects.get().version == 2


@pytest.mark.parametrize(
    ("name", "body", "answered"),
    [
        ("take", {}, (422, "body.body.version")),
        ("take", {"version": 1, "force": True}, (422, "Extra inputs")),
        ("note", {"version": 1, "text": " "}, (422, "Say the note")),
        ("note", {"version": 1, "text": "a\0b"}, (422, "text")),
        ("snooze", {"version": 1, "until": "2020-01-01"}, (422, "after today")),
        ("close", {"version": 1, "outcome": "written_off", "why": "x"}, (422, "outcome")),
        ("finish", {"version": 1, "task": 999}, (422, "no such task")),
        ("wake", {"version": 1}, (422, "cannot be done")),
        ("assign", {"version": 1, "to": 10**9}, (403, "role")),
    ],
)
def test_what_cannot_be_done_says_why(
    name: str, body: dict[str, Any], answered: tuple[int, str], case: Case, biller: User, program: Program
) -> None:
    status, said = answered
    answer = program(biller).post(f"cases/{case.pk}/actions/{name}", body)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert said in answer.json()["detail"]
    assert Case.objects.get().version == 1


def test_a_refusal_is_written_down(case: Case, auditor: User, program: Program) -> None:
    assert program(auditor).post(f"cases/{case.pk}/actions/take", {"version": 1}).status_code == 403
    event = Event.objects.latest("pk")
    assert (event.verb, event.detail["tried"]) == ("refused", "took_case")


def test_a_key_for_less_cannot_do_more_than_it_was_made_for(case: Case, manager: User, program: Program) -> None:
    caller = program(manager, Permission.SEE_CASES)
    assert caller.post(f"cases/{case.pk}/actions/take", {"version": 1}).status_code == 403
    assert caller.get("files").status_code == 403
    assert caller.get("events").status_code == 403
    assert caller.get("me").json()["permissions"] == ["see_cases"]


def test_many_cases_are_assigned_and_each_says_what_became_of_it(
    organization: Organization, other_organization: Organization, biller: User, manager: User, program: Program
) -> None:
    factory.many_cases(organization, 3, timezone.localdate())
    factory.many_cases(other_organization, 1, timezone.localdate())
    first, second, third = Case.objects.filter(organization=organization).order_by("pk")
    foreign = Case.objects.get(organization=other_organization)
    actions.write_off(manager, actions.take(manager, third), reason="small_balance")
    ids = [second.pk, foreign.pk, third.pk, first.pk, second.pk]
    answer = program(manager).post("cases/actions/assign", {"ids": ids, "to": biller.pk})
    told = [(each["id"], each["done"]) for each in answer.json()["results"]]
    assert told == [(second.pk, True), (foreign.pk, False), (third.pk, False), (first.pk, True)]
    assert "no such case" in answer.json()["results"][1]["trouble"]
    assert Case.objects.filter(owner=biller).count() == 2
    assert Case.objects.get(pk=foreign.pk).version == 1


def test_notes_of_colleagues_never_leave(case: Case, biller: User, manager: User, program: Program) -> None:
    said = "Bob of the payer drinks."
    case = actions.note(biller, case, text=said)
    actions.classify(biller, case, type="clinical", cause="medical_necessity", why=said)
    caller = program(manager)
    for path in ("cases", f"cases/{case.pk}", f"cases/{case.pk}/timeline", f"cases/{case.pk}/answers", "events"):
        answer = caller.get(path)
        assert answer.status_code == 200
        assert said not in answer.content.decode()
    assert Note.objects.count() == 2


def test_a_timeline_tells_what_happened_the_newest_first(
    case: Case, biller: User, manager: User, program: Program
) -> None:
    case = actions.mark_sent(biller, case, actions.Parcel("corrected", "portal"))
    case = actions.record_answer(biller, case, answer="more")
    actions.write_off(biller, case, reason="timely_filing")
    sorts = [each["sort"] for each in program(biller).get(f"cases/{case.pk}/timeline").json()["moments"]]
    assert sorted(sorts) == ["answer", "answered", "sent", "write_off"]
    told = program(manager).get(f"cases/{case.pk}/timeline").json()["moments"]
    assert {"marked_sent", "wrote_off"} <= {each["what"] for each in told if each["sort"] == "action"}
    assert [each["day"] for each in told] == sorted((each["day"] for each in told), reverse=True)
    assert WriteOff.objects.get().stand == "done"


def test_a_document_is_attached_once_and_kept_only_when_it_may_be(
    case: Case, biller: User, auditor: User, program: Program
) -> None:
    paper = factory.SAMPLES / "README.md"
    with paper.open("rb") as file:
        answer = program(biller).send(f"cases/{case.pk}/actions/attach", file=file, sort="proof", version=1)
    assert answer.status_code == 200, answer.content
    kept = Document.objects.get()
    assert (kept.name, kept.size, kept.sort) == ("README.md", paper.stat().st_size, "proof")
    with paper.open("rb") as file:
        again = program(biller).send(f"cases/{case.pk}/actions/attach", file=file, sort="proof", version=1)
    assert again.status_code == 409
    with paper.open("rb") as file:
        refused = program(auditor).send(f"cases/{case.pk}/actions/attach", file=file, sort="proof", version=2)
    assert refused.status_code == 403
    assert Document.objects.count() == 1


def test_a_page_of_cases_takes_few_queries(
    organization: Organization, biller: User, program: Program, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    factory.many_cases(organization, 60, timezone.localdate())
    caller = program(biller)
    with django_assert_max_num_queries(6):
        caller.get("cases")
    with django_assert_max_num_queries(15):
        caller.get(f"cases/{Case.objects.latest('pk').pk}")
    with django_assert_max_num_queries(15):
        caller.get(f"cases/{Case.objects.latest('pk').pk}/timeline")
