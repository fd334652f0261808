"""My day: what is due, what came back, what is new; and the write-offs that a second person decides."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from reclaim.desk import actions, day, escalating
from reclaim.desk.acting import place
from reclaim.desk.models import Case, Stage, State, Task, Waiting, WriteOff
from reclaim.people.models import Event, Organization, User
from reclaim.record.models import File
from tests.web import factory

SignIn = Callable[[User | None], Client]
Member = Callable[[Organization, str], User]
MANY = 40


@pytest.fixture(autouse=True)
def house(organization: Organization) -> Organization:
    factory.many_cases(organization, MANY, timezone.localdate())
    Case.objects.update(deadline=None, denied=100, created_at=timezone.now() - timedelta(days=9))
    return organization


def ahead(days: int) -> date:
    return timezone.localdate() + timedelta(days=days)


def mine(user: User, number: int, **fields: object) -> list[Case]:
    """The next cases of nobody become somebody's."""
    keys = list(Case.objects.filter(owner=None).order_by("pk").values_list("pk", flat=True)[:number])
    Case.objects.filter(pk__in=keys).update(**({"owner": user, "stage": Stage.WORKING} | fields))
    return list(Case.objects.filter(pk__in=keys))


def of(user: User) -> day.Day:
    return day.day(user, timezone.now())


def text(page: bytes) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.decode()))


def test_numbers_are_of_ones_own_open_cases(biller: User, manager: User) -> None:
    mine(biller, 2, deadline=ahead(0))
    mine(biller, 3, deadline=ahead(-2))
    mine(biller, 4, deadline=ahead(7))
    mine(biller, 1, deadline=ahead(8), expected=40)
    mine(biller, 2, stage=Stage.WAITING, waiting=Waiting.PAYER, until=ahead(-1), deadline=ahead(0))
    mine(biller, 1, stage=Stage.SENT, waiting=Waiting.PAYER, until=ahead(9), deadline=ahead(-1))
    mine(biller, 1, stage=Stage.WAITING, waiting=Waiting.DATE, until=ahead(5), deadline=ahead(0))
    mine(biller, 1, state=State.UPHELD, deadline=ahead(0))
    mine(manager, 5, deadline=ahead(0))
    found = of(biller)
    numbers = found.mine
    assert (numbers.today, numbers.overdue, numbers.week) == (2, 3, 4)
    assert (numbers.others, numbers.broken, numbers.cases) == (3, 2, 14)
    assert (numbers.denied, numbers.fresh) == (Decimal(1400), 0)
    assert [each.deadline for each in found.due.rows] == [ahead(-2)] * 3 + [ahead(0)] * 2 + [ahead(7)]
    assert (found.due.total, found.due.more) == (9, 3)
    assert [each.until for each in found.waiting.rows] == [ahead(-1), ahead(-1), ahead(9)]


def test_new_is_what_came_since_yesterday(biller: User) -> None:
    assert of(biller).new.total == 0
    fresh = Case.objects.order_by("-pk").values_list("pk", flat=True)[:5]
    Case.objects.filter(pk__in=list(fresh)).update(created_at=timezone.now())
    Case.objects.filter(pk=fresh[0]).update(owner=biller)
    found = of(biller)
    assert (found.new.total, found.mine.fresh) == (4, 1)


def test_what_woke_today_says_why(house: Organization, biller: User, manager: User) -> None:
    put_aside, promised, other = mine(biller, 2) + mine(manager, 1)
    actions.snooze(biller, put_aside, until=ahead(1))
    actions.ask(biller, promised, of=Waiting.PATIENT, text="Card", due=ahead(0))
    actions.snooze(manager, other, until=ahead(1))
    assert of(biller).back == []
    escalating.wake_all(house, ahead(2))
    back = {each.case.pk: each.answer for each in of(biller).back}
    assert back == {put_aside.pk: False, promised.pk: True}


def test_tasks_are_ones_own_the_first_due_first(biller: User, manager: User) -> None:
    case = mine(manager, 1)[0]
    for number, (who, due) in enumerate(((biller, None), (biller, ahead(3)), (manager, ahead(1)), (biller, ahead(1)))):
        actions.task(manager, Case.objects.get(pk=case.pk), text=f"Task {number}", due=due, owner=who)
    done = Task.objects.get(text="Task 3")
    actions.finish(biller, Case.objects.get(pk=case.pk), task=done.pk)
    assert [each.text for each in of(biller).tasks.rows] == ["Task 1", "Task 0"]


def test_the_page_leads_to_cases_and_teaches_when_it_is_empty(biller: User, client_of: SignIn) -> None:
    client = client_of(biller)
    assert "Nothing is yours yet" in text(client.get("/desk").content)
    case = mine(biller, 1, deadline=ahead(0))[0]
    page = client.get("/desk").content.decode()
    assert f'href="/cases/{case.pk}"' in page
    assert 'data-key="n"' in page
    assert "No tasks." in page
    assert case.patient.partition(",")[0] not in page


def test_few_queries_however_much_there_is(
    house: Organization, manager: User, biller: User, client_of: SignIn,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    for case in mine(manager, 8, deadline=ahead(0))[:4]:
        actions.snooze(manager, case, until=ahead(1))
    escalating.wake_all(house, ahead(2))
    for case in mine(biller, 8, denied=20_000):
        actions.write_off(biller, case, reason="charity")
    client = client_of(manager)
    for address in ("/desk", "/approvals"):
        client.get(address)  # what is looked up once a minute: the session, the second factor
        with django_assert_max_num_queries(15):
            assert client.get(address).status_code == 200


@pytest.mark.parametrize(
    ("role", "leads"), [("biller", "/desk"), ("manager", "/desk"), ("auditor", "/"), ("finance", "/")]
)
def test_signing_in_leads_to_the_day_of_who_works_cases(
    role: str, leads: str, organization: Organization, member: Member, client_of: SignIn
) -> None:
    assert client_of(member(organization, role)).get("/start").headers["Location"] == leads


def test_nothing_of_another_house(outsider: User, biller: User, client_of: SignIn) -> None:
    case = mine(biller, 1, denied=20_000)[0]
    actions.write_off(biller, case, reason="charity")
    client = client_of(outsider)
    assert f"/cases/{case.pk}" not in client.get("/desk").content.decode()
    assert f"/cases/{case.pk}" not in client.get("/approvals").content.decode()
    client.post("/approvals", {"verdict": "approve", "case": f"{case.pk}:2"})
    assert Case.objects.get(pk=case.pk).stage == Stage.APPROVAL


def test_a_task_about_a_file_is_ticked_off_at_the_desk(
    biller: User, client_of: SignIn, organization: Organization
) -> None:
    at = timezone.now()
    file = File.objects.create(organization=organization, name="sent.837", sha256="f" * 64, size=1, received_at=at)
    text_ = "No acknowledgment of file 1."
    task = Task.objects.create(organization=organization, file=file, of=Task.Of.OFFICE, text=text_, at=at)
    of_a_case = actions.task(biller, mine(biller, 1)[0], text="Scan the card").tasks.get()
    client = client_of(biller)
    assert text_ in text(client.get("/desk").content)
    page = text(client.post(f"/desk/tasks/{task.pk}/done", follow=True).content)
    assert "The task is done." in page
    assert text_ not in page
    assert Event.objects.filter(verb="finished_task", user=biller).count() == 1
    assert client.post(f"/desk/tasks/{of_a_case.pk}/done").status_code == 404, "that one is ticked off on its case"


# --- approvals --------------------------------------------------------------------------------------------------------


@pytest.fixture
def proposed(biller: User) -> list[Case]:
    cases = mine(biller, 3, denied=20_000)
    return [actions.write_off(biller, case, reason="other", words="Flood in the archive") for case in cases]


def keys(*cases: Case) -> list[str]:
    return [f"{case.pk}:{case.version}" for case in cases]


def test_an_approval_shows_all_that_it_rests_on(proposed: list[Case], manager: User, client_of: SignIn) -> None:
    page = text(client_of(manager).get("/approvals").content)
    for said in ("$20,000.00", "Flood in the archive", "$100.00", "Billing specialist", proposed[0].control_number):
        assert said in page, said
    desk = text(client_of(manager).get("/desk").content)
    assert "3 write-offs wait for you, $60,000.00" in desk


def test_several_are_approved_at_once_each_with_its_event(
    proposed: list[Case], manager: User, client_of: SignIn
) -> None:
    answer = client_of(manager).post("/approvals", {"verdict": "approve", "case": keys(*proposed[:2])}, follow=True)
    assert "2 write-offs approved." in answer.content.decode()
    for case in proposed:
        case.refresh_from_db()
    assert [*map(place, proposed)] == [State.WRITTEN_OFF, State.WRITTEN_OFF, Stage.APPROVAL]
    assert Event.objects.filter(verb="approved_write_off", user=manager).count() == 2


def test_one_is_approved_by_its_own_button_whatever_is_ticked(
    proposed: list[Case], manager: User, client_of: SignIn
) -> None:
    ticked = keys(*proposed[1:])
    client_of(manager).post("/approvals", {"verdict": f"approve {keys(proposed[0])[0]}", "case": ticked})
    assert Case.objects.filter(state=State.WRITTEN_OFF).get() == proposed[0]


def test_a_refusal_needs_a_reason_and_keeps_what_was_chosen(
    proposed: list[Case], manager: User, client_of: SignIn
) -> None:
    client = client_of(manager)
    answer = client.post("/approvals", {"verdict": "refuse", "case": keys(proposed[0])})
    assert answer.status_code == 422
    assert "Say why they are not written off" in answer.content.decode()
    assert re.search(rf'value="{proposed[0].pk}:\d+"[^>]* checked', answer.content.decode())
    client.post("/approvals", {"verdict": "refuse", "case": keys(proposed[0]), "why": "There is proof."})
    assert WriteOff.objects.get(case=proposed[0]).answer == "There is proof."


def test_nobody_approves_their_own(manager: User, client_of: SignIn) -> None:
    case = actions.write_off(manager, mine(manager, 1, denied=20_000)[0], reason="charity")
    client = client_of(manager)
    assert "You proposed it" in text(client.get("/approvals").content)
    assert 'type="checkbox"' not in client.get("/approvals").content.decode()
    answer = client.post("/approvals", {"verdict": "approve", "case": keys(case)})
    assert "a second person decides" in answer.content.decode()
    assert Case.objects.get(pk=case.pk).stage == Stage.APPROVAL
    assert of(manager).approvals == 0


def test_a_proposal_that_changed_meanwhile_is_not_approved_unseen(
    proposed: list[Case], biller: User, manager: User, client_of: SignIn
) -> None:
    seen = keys(*proposed)
    now = actions.undo(biller, Case.objects.get(pk=proposed[0].pk))
    actions.write_off(biller, now, reason="charity")
    answer = client_of(manager).post("/approvals", {"verdict": "approve", "case": seen})
    page = answer.content.decode()
    assert "changed this case in the meantime" in page
    assert "2 write-offs approved." in page
    assert Case.objects.get(pk=proposed[0].pk).stage == Stage.APPROVAL


@pytest.mark.parametrize("role", ["biller", "coder", "front_desk", "auditor", "administrator"])
def test_who_may_not_approve_sees_no_approvals(
    role: str, proposed: list[Case], organization: Organization, member: Member, client_of: SignIn
) -> None:
    client = client_of(member(organization, role))
    assert client.get("/approvals").status_code == 403
    assert client.post("/approvals", {"verdict": "approve", "case": keys(*proposed)}).status_code == 403
    assert not Case.objects.filter(state=State.WRITTEN_OFF).exists()
