"""What people do about cases: each with its permission, its place, its event, and nothing of it by half."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from reclaim.desk import actions, documents
from reclaim.desk.acting import ACTIONS, Action, ActionError, ConflictError, Job, place
from reclaim.desk.models import Case, Document, Note, Stage, State, Task, Waiting, WriteOff
from reclaim.people import events
from reclaim.people.actions import NotAllowedError
from reclaim.people.models import Event, Location, Organization, User
from tests.web import factory

TODAY = date(2026, 11, 23)
Member = Callable[[Organization, str], User]


@pytest.fixture
def case(organization: Organization) -> Case:
    factory.many_cases(organization, 1, timezone.localdate())
    Case.objects.update(denied=90)
    return Case.objects.get()


def day(ahead: int) -> date:
    return timezone.localdate() + timedelta(days=ahead)


def given(name: str) -> dict[str, Any]:
    """What each action needs, so that it can be done to a new case of somebody's own."""
    every: dict[str, dict[str, Any]] = {
        "assign": {"to": None},
        "classify": {"type": "clinical", "cause": "medical_necessity", "why": "Read the record."},
        "lift": {"why": "The practice asked."},
        "note": {"text": "Called Bob."},
        "task": {"text": "Scan the card."},
        "ask": {"of": Waiting.PATIENT, "text": "New insurance card"},
        "contact": {"talk": actions.Talk("phone", "Kim", "In process", "C-1", day(9))},
        "attach": {"paper": actions.Paper("card.pdf", "other", "0" * 64, 10, "application/pdf")},
        "snooze": {"until": day(3)},
        "mark_sent": {"parcel": actions.Parcel("corrected", "portal")},
        "record_answer": {"answer": "upheld"},
        "write_off": {"reason": "timely_filing"},
        "refuse": {"why": "There is proof."},
        "to_patient": {"why": "No referral, notice signed."},
        "to_other_payer": {"payer": "Medicare"},
        "close": {"outcome": State.UPHELD, "why": "Second level lost."},
        "reopen": {"why": "New evidence."},
        "finish": {"task": 0},
        "remove_document": {"document": 0, "why": "Of another patient."},
    }
    return every.get(name, {})


def rows(name: str, case: Case, colleague: User) -> dict[str, Any]:
    """The rows that some actions need."""
    match name:
        case "assign":
            return {"to": colleague}
        case "locate":
            return {"location": Location.objects.create(organization=case.organization, name="North")}
    return {}


def ready(action: Action[Any], case: Case, user: User, colleague: User) -> tuple[User, Case, dict[str, Any]]:
    """Somebody who may, the case where the action can be done, and what it needs."""
    more = given(action.name)
    if action.name in ("assign", "approve", "refuse"):
        user, colleague = colleague, user
    more |= rows(action.name, case, colleague)
    match action.name:
        case "release" | "undo":
            case = actions.take(user, case)
        case "ask_status":
            Case.objects.update(claim=1)
            case = Case.objects.get()
        case "lower":
            case = actions.lift(user, case, why="Ask.")
        case "wake":
            case = actions.snooze(user, case, until=day(2))
        case "record_answer":
            case = actions.mark_sent(user, case, actions.Parcel("corrected", "portal"))
        case "finish" | "remove_document":
            case, named = _with(action.name, case, user)
            more = more | named
        case "approve" | "refuse":
            Case.objects.update(denied=20_000)
            case = actions.write_off(colleague, case, reason="timely_filing")
        case "reopen":
            case = actions.close(user, case, outcome=State.UPHELD, why="Lost.")
    return user, case, more


def _with(name: str, case: Case, user: User) -> tuple[Case, dict[str, Any]]:
    """The case with the row that an action is about, and its name."""
    if name == "finish":
        case = actions.task(user, case, text="Scan the card.")
        return case, {"task": Task.objects.latest("pk").pk}
    case = actions.attach(user, case, **given("attach"))
    return case, {"document": Document.objects.latest("pk").pk}


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_an_action_changes_and_leaves_one_event(name: str, case: Case, biller: User, manager: User) -> None:
    action = ACTIONS[name]
    user, case, more = ready(action, case, biller, manager)
    before, version = Event.objects.count(), case.version
    here = place(case)
    after = action(user, case, **more)
    assert after.version == version + 1 == Case.objects.get().version
    assert Event.objects.count() == before + 1
    event = Event.objects.latest("pk")
    assert (event.verb, event.user, event.subject) == (action.verb, user, events.name_of(case))
    assert event.detail["version"] == after.version
    assert place(after) == here or (here in action.to.of and place(after) in action.to.to) or name == "undo"
    assert not events.verify(case.organization)


@pytest.mark.parametrize("name", sorted(ACTIONS))
@pytest.mark.parametrize("role", ["auditor", "administrator", "outsider"])
def test_who_may_not_is_refused_and_it_is_written_down(
    name: str, role: str, case: Case, outsider: User, member: Member
) -> None:
    user = outsider if role == "outsider" else member(case.organization, role)
    with pytest.raises(NotAllowedError):
        ACTIONS[name](user, case, **given(name))
    event = Event.objects.get()
    assert (event.verb, event.user, event.detail["tried"]) == ("refused", user, ACTIONS[name].verb)
    assert Case.objects.get().version == 1


def test_two_people_on_one_case_never_overwrite_each_other(case: Case, biller: User, manager: User) -> None:
    seen = Case.objects.get()
    actions.take(biller, case)
    with pytest.raises(ConflictError, match=r"biller.*changed this case"):
        actions.snooze(manager, seen, until=day(2))
    assert Case.objects.get().stage == Stage.WORKING


def test_a_write_off_above_the_limit_needs_a_second_person(case: Case, biller: User, manager: User) -> None:
    Case.objects.update(denied="100.01")  # the limit of billers is 100
    case = actions.write_off(biller, case, reason="small_balance")
    assert place(case) == Stage.APPROVAL
    with pytest.raises(NotAllowedError):
        actions.approve(biller, case)
    case = actions.approve(manager, case)
    assert (case.state, case.resolved) == (State.WRITTEN_OFF, timezone.localdate())
    given_up = WriteOff.objects.get()
    assert (given_up.stand, given_up.by, given_up.decided_by) == ("done", biller, manager)


def test_nobody_approves_what_they_proposed(case: Case, manager: User) -> None:
    Case.objects.update(denied="5000.01")
    case = actions.write_off(manager, case, reason="small_balance")
    with pytest.raises(ActionError, match="second person"):
        actions.approve(manager, case)
    assert place(Case.objects.get()) == Stage.APPROVAL


def test_what_was_done_can_be_undone(case: Case, biller: User) -> None:
    case = actions.take(biller, case)
    case = actions.write_off(biller, case, reason="small_balance")
    assert case.state == State.WRITTEN_OFF
    case = actions.undo(biller, case)
    assert (case.state, case.resolved, case.owner) == (State.OPEN, None, biller)
    assert WriteOff.objects.get().stand == "taken_back"


def test_what_somebody_else_followed_cannot_be_undone(case: Case, biller: User, manager: User) -> None:
    case = actions.take(biller, case)
    case = actions.note(manager, case, text="I looked.")
    with pytest.raises(ActionError, match="nothing of yours"):
        actions.undo(biller, case)


def test_a_job_acts_under_its_own_name(case: Case, biller: User) -> None:
    actions.assign(Job("assigning"), case, to=biller)
    event = Event.objects.get()
    assert (event.user, event.detail["job"]) == (None, "assigning")
    assert Case.objects.get().worked_at is None


def test_many_cases_are_done_one_by_one_and_each_says_what_became_of_it(
    organization: Organization, biller: User, manager: User
) -> None:
    factory.many_cases(organization, 20, timezone.localdate())
    first, *rest = Case.objects.order_by("pk")
    actions.close(biller, first, outcome=State.UPHELD, why="Lost.")
    results = actions.assign.many(manager, organization, [first.pk, *(each.pk for each in rest)], to=biller)
    assert [result.trouble for result in results] == ["This cannot be done with a case that is 'upheld'."] + [""] * 19
    assert Case.objects.filter(owner=biller).count() == 19
    assert Event.objects.filter(verb="assigned_case").count() == 19
    assert not events.verify(organization)


def test_cases_of_others_are_never_among_many(other_organization: Organization, biller: User, case: Case) -> None:
    factory.many_cases(other_organization, 2, timezone.localdate())
    ids = list(Case.objects.values_list("pk", flat=True))
    results = actions.take.many(biller, case.organization, ids)
    assert [result.case.pk for result in results] == [case.pk]


def test_a_note_never_stands_in_an_event(case: Case, biller: User) -> None:
    actions.note(biller, case, text="ROSE LANTERN called.")
    assert Note.objects.get().text == "ROSE LANTERN called."
    assert "LANTERN" not in str(list(Event.objects.values()))


# --- documents --------------------------------------------------------------------------------------------------------


def test_a_removed_document_is_shown_to_nobody_and_its_row_stays(case: Case, biller: User) -> None:
    case, named = _with("remove_document", case, biller)
    case = actions.remove_document(biller, case, **named, why="Of another patient.")
    row = Document.objects.get()
    assert row.removed_at is not None
    assert row.sha256 == "0" * 64
    assert not documents.visible(biller, case).exists()
    assert list(documents.visible(biller, case, removed=True)) == [row]
    assert Note.objects.get().text == "Document removed: Of another patient."
    assert "another" not in str(Event.objects.latest("pk").detail)
    with pytest.raises(ActionError, match="no such document"):
        actions.remove_document(biller, case, **named, why="Again.")


@pytest.mark.parametrize(("what", "stays"), [("appeal", True), ("corrected", True), ("inquiry", False)])
def test_a_document_that_may_have_been_sent_stays(what: str, stays: bool, case: Case, biller: User) -> None:
    case, named = _with("remove_document", case, biller)
    case = actions.mark_sent(biller, case, actions.Parcel(what, "mail"))
    if not stays:
        actions.remove_document(biller, case, **named, why="Of another patient.")
        return
    with pytest.raises(ActionError, match="it stays"):
        actions.remove_document(biller, case, **named, why="Of another patient.")
    later, fresh = _with("remove_document", Case.objects.get(), biller)
    actions.remove_document(biller, later, **fresh, why="Twice.")


def test_records_are_removed_by_who_may_see_them(case: Case, biller: User, manager: User) -> None:
    paper = actions.Paper("chart.pdf", "records", "0" * 64, 10, "application/pdf")
    case = actions.attach(biller, case, paper=paper)
    key = Document.objects.get().pk
    with pytest.raises(ActionError, match="no such document"):
        actions.remove_document(biller, case, document=key, why="Twice.")
    actions.remove_document(manager, case, document=key, why="Twice.")
    assert Document.objects.get().removed_at


def test_cases_with_changes_of_their_own_are_saved_beside_those_that_share_theirs(
    organization: Organization, manager: User
) -> None:
    """Each write-off keeps the answer that it followed, so no two are saved alike."""
    factory.many_cases(organization, 30, timezone.localdate())
    Case.objects.update(denied=90)
    ids = list(Case.objects.order_by("pk").values_list("pk", flat=True))
    seen = Case.objects.get(pk=ids[0])
    with CaptureQueriesContext(connection) as queries:
        actions.write_off.many(manager, organization, ids, reason="small_balance")
    assert len(queries) < 20
    for case in Case.objects.all():
        kept = (case.state, case.version, case.decided_on, case.worked_at is not None)
        assert kept == (State.WRITTEN_OFF, 2, case.latest_id, True)
    with pytest.raises(ConflictError):
        actions.reopen(manager, seen, why="It was.")
