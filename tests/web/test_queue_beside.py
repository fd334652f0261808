"""Beside the list: queues and views, why a case is where it is, and the list as a file."""

import csv
import io
import re
import weakref
import zipfile
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from reclaim.desk import actions, exporting
from reclaim.desk.models import Case, Note
from reclaim.desk.queue import Ask
from reclaim.people import joining
from reclaim.people.models import Event, Location, Organization, Team, User
from reclaim.web import columns, export
from tests.web import factory

SignIn = Callable[[User | None], Client]
MANY = 120
PASSWORD = "a long pass phrase"  # noqa: S105  of a made-up person


@pytest.fixture
def cases(organization: Organization) -> list[Case]:
    factory.many_cases(organization, MANY, timezone.localdate(), closed=0.1)
    return list(Case.objects.filter(state="open").order_by("-score", "-pk"))


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks has signed in a moment ago."""
    monkeypatch.setattr("reclaim.web.again.recently_signed_in", lambda _: True)


def numbers(page: str) -> list[str]:
    return re.findall(r'aria-label="Choose (FH-\d{6})"', page)


def body(answer: object) -> bytes:
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # of a streaming answer


# --- queues and views -----------------------------------------------------------------------------------------------


def test_the_queue_opens_with_what_is_mine_or_nobodys(
    cases: list[Case], biller: User, manager: User, client_of: SignIn
) -> None:
    first = actions.take(biller, cases[0])
    actions.take(manager, cases[1])
    actions.snooze(biller, cases[2], timezone.localdate() + timedelta(days=4))
    client = client_of(biller)
    page = client.get("/queue").content.decode()
    assert "Mine and unassigned</h1>" in page
    assert numbers(page)[:2] == [first.control_number, cases[3].control_number]
    assert re.search(r'id="chip-waiting"[^>]*>Snoozed and sent, too <b>1<', page), "what is left out is said"
    waiting = client.get("/queue?in=todo&waiting=1").content.decode()
    assert numbers(waiting)[:2] == [first.control_number, cases[2].control_number]
    assert numbers(client.get("/queue?in=mine").content.decode()) == [first.control_number]
    assert numbers(client.get("/queue?in=open").content.decode())[0:3] == [case.control_number for case in cases[:3]]


def test_an_address_that_asks_for_something_asks_it_of_all(
    cases: list[Case], biller: User, manager: User, client_of: SignIn
) -> None:
    theirs = next(case for case in cases if case.type == "clinical")
    actions.take(manager, theirs)
    page = client_of(biller).get("/queue?type=clinical").content.decode()
    assert theirs.control_number in numbers(page)
    assert numbers(client_of(biller).get(f"/queue?owner={manager.pk}").content.decode()) == [theirs.control_number]
    assert theirs.control_number not in numbers(client_of(biller).get("/queue?owner=none").content.decode())


def test_next_and_neighbors_follow_the_queue(cases: list[Case], biller: User, client_of: SignIn) -> None:
    one, two = (actions.take(biller, case) for case in (cases[5], cases[9]))
    client = client_of(biller)
    way = client.get("/queue/next?in=mine")["Location"]
    assert way == f"/cases/{one.pk}?in=mine&n=1"
    assert f'href="/cases/{two.pk}?in=mine&amp;n=2"' in client.get(way).content.decode()


def test_a_queue_for_approvals_is_for_who_may(
    cases: list[Case], biller: User, manager: User, client_of: SignIn
) -> None:
    assert cases
    assert "Waiting for approval" in client_of(manager).get("/queue").content.decode()
    page = client_of(biller).get("/queue?in=approval").content.decode()
    assert "Mine and unassigned</h1>" in page


def test_a_view_keeps_queue_filters_order_and_columns(cases: list[Case], biller: User, client_of: SignIn) -> None:
    assert cases
    client = client_of(biller)
    asked = "in=open&type=clinical&sort=-denied&show=why,denied,owner,opened"
    way = client.post(f"/queue/views?{asked}", {"name": "Clinical, large"})["Location"]
    assert way == "/queue?in=open&type=clinical&sort=-denied&show=why,opened,denied,owner"
    page = client.get(way).content.decode()
    assert re.findall(r'id="sort-(\w+)"', page) == ["why", "opened", "denied", "owner"]
    assert "The view &#x27;Clinical, large&#x27; is kept." in page
    view = re.search(r"/queue/views/(\d+)/remove", page)
    assert view is not None
    assert client.get(f"/queue/views/{view[1]}/remove").status_code == 405
    page = client.post(f"/queue/views/{view[1]}/remove", follow=True).content.decode()
    assert "/remove" not in page


def test_a_view_of_another_is_not_there(cases: list[Case], biller: User, outsider: User, client_of: SignIn) -> None:
    assert cases
    client_of(biller).post("/queue/views?in=mine", {"name": "Private", "shared": "1"})
    assert "Private" not in client_of(outsider).get("/queue").content.decode()
    assert client_of(outsider).post("/queue/views/1/remove").status_code == 404


@pytest.mark.parametrize("name", columns.COLUMNS)
def test_every_column_can_be_shown_and_taken_along(
    name: str,
    cases: list[Case],
    manager: User,
    client_of: SignIn,
    known: None,  # noqa: ARG001  signed in
) -> None:
    assert cases
    client = client_of(manager)
    page = client.get(f"/queue?in=open&show={name}").content.decode()
    heads, cells = (re.findall(part, page)[0] for part in (r"<thead>(?s:.*?)</thead>", r"<tr data-row>(?s:.*?)</tr>"))
    assert cells.count("<td") == heads.count("<th ")
    assert f'id="sort-{name}"' in heads
    headings = next(csv.reader(io.StringIO(body(client.get(f"/queue/export?in=open&show={name}")).decode("utf-8-sig"))))
    assert set(export.PARTS[name].headings) <= set(headings)


# --- why here -------------------------------------------------------------------------------------------------------


def test_why_a_case_is_here_and_at_its_place(cases: list[Case], biller: User, client_of: SignIn) -> None:
    clinical = [case for case in cases if case.type == "clinical"]
    client = client_of(biller)
    asked = f"/queue/why/{clinical[1].pk}?in=todo&type=clinical&n=2"
    part = client.get(asked, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "Mine and unassigned: It is yours or nobody&#x27;s" in part
    assert "number 2" in part
    assert part.count(">Yes<") == 2
    for beside in (clinical[0], clinical[2]):
        assert beside.control_number in part
    assert "<html" in client.get(asked).content.decode()
    actions.classify(biller, clinical[1], "technical", "coding", "They mean the code")
    assert "Not any more" in client.get(asked).content.decode()


def test_nobody_learns_why_of_another_house(cases: list[Case], outsider: User, client_of: SignIn) -> None:
    assert client_of(outsider).get(f"/queue/why/{cases[0].pk}").status_code == 404


# --- files ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked", ["in=open", "in=open&type=technical&sort=-deadline", "state=all&sort=payer", "in=todo&sort=owner"]
)
def test_a_file_holds_what_is_seen_in_its_order(
    asked: str,
    cases: list[Case],
    manager: User,
    client_of: SignIn,
    known: None,  # noqa: ARG001  signed in
) -> None:
    assert cases
    client = client_of(manager)
    seen = [each for page in (1, 2, 3) for each in numbers(client.get(f"/queue?{asked}&page={page}").content.decode())]
    rows = list(csv.DictReader(io.StringIO(body(client.get(f"/queue/export?{asked}")).decode("utf-8-sig"))))
    assert [row["Claim"] for row in rows] == list(dict.fromkeys(seen))
    (event,) = Event.objects.filter(verb="exported_cases")
    assert (event.detail["cases"], event.detail["names"]) == (len(rows), True)
    assert event.detail.get("type", "") == ("technical" if "technical" in asked else "")
    book = zipfile.ZipFile(io.BytesIO(body(client.get(f"/queue/export?{asked}&format=xlsx"))))
    assert book.read("xl/worksheets/sheet1.xml").count(b"<row ") == len(rows) + 1


def test_who_takes_a_list_along_signs_in_again(cases: list[Case], manager: User, client_of: SignIn) -> None:
    assert cases
    joining.set_password(manager, PASSWORD)
    client = client_of(manager)
    answer = client.get("/queue/export?in=open")
    assert answer["Location"] == "/accounts/reauthenticate/?next=%2Fqueue%2Fexport%3Fin%3Dopen"
    assert not Event.objects.filter(verb="exported_cases").exists()
    onward = client.post(answer["Location"], {"password": PASSWORD})
    assert client.get(onward["Location"]).streaming


def test_who_may_not_export_does_not(cases: list[Case], biller: User, client_of: SignIn, known: None) -> None:  # noqa: ARG001  signed in
    assert cases
    assert client_of(biller).get("/queue/export").status_code == 403
    assert "/queue/export" not in client_of(biller).get("/queue").content.decode()


def test_no_note_no_formula_and_no_name_for_who_may_not_see_it(
    cases: list[Case],
    manager: User,
    client_of: SignIn,
    known: None,  # noqa: ARG001  signed in
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Case.objects.filter(pk=cases[0].pk).update(control_number="=HYPERLINK(1)")
    actions.note(manager, cases[1], "between us")
    assert Note.objects.exists()
    whole = body(client_of(manager).get("/queue/export?in=open")).decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in whole
    assert "between us" not in whole
    assert cases[0].patient in whole
    monkeypatch.setattr(export, "may", lambda *_: False)
    masked = body(client_of(manager).get("/queue/export?in=open")).decode("utf-8-sig")
    assert cases[0].patient.partition(",")[0] not in masked


def test_a_search_for_a_name_stands_in_no_event(
    cases: list[Case],
    manager: User,
    client_of: SignIn,
    known: None,  # noqa: ARG001  signed in
) -> None:
    assert cases
    client = client_of(manager)
    way = client.post("/queue/search", {"q": "Lantern"})["Location"]
    body(client.get(way.replace("/queue?", "/queue/export?")))
    (event,) = Event.objects.filter(verb="exported_cases")
    assert event.detail["searched"] is True
    assert "antern" not in str(event.detail)


def test_memory_stays_flat(cases: list[Case], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is asked for, no more than some rows are held at a time."""
    assert cases
    monkeypatch.setattr(exporting, "AT_ONCE", 10)
    alive: weakref.WeakSet[Case] = weakref.WeakSet()
    most = 0
    for case in exporting.cases_in_order(Case.objects.all(), Ask(sort="deadline")):
        alive.add(case)
        most = max(most, len(alive))
    assert 1 <= most <= 20


def test_few_queries_with_every_menu(
    cases: list[Case],
    organization: Organization,
    biller: User,
    client_of: SignIn,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for name in ("North", "South"):
        team = Team.objects.create(organization=organization, name=name)
        place = Location.objects.create(organization=organization, name=name)
        some = [case.pk for case in cases[:: 2 + len(name)]]
        Case.objects.filter(pk__in=some).update(team=team, location=place, owner=biller)
    client = client_of(biller)
    client.post("/queue/views?in=mine", {"name": "Mine"})
    client.get("/queue")
    for address in (
        "/queue",
        "/queue?in=open&sort=-owner&show=owner,location",
        "/queue?state=all&sort=location",
        "/queue?q=FH-1",
    ):
        with django_assert_max_num_queries(15):
            assert "menu-location" in client.get(address).content.decode()
    with django_assert_max_num_queries(15):
        client.get(f"/queue/why/{cases[0].pk}?in=open&type=clinical&owner={biller.pk}&due=week&n=1")
