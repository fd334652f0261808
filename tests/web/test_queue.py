"""The queue: what it shows, in which order, how many, and what it keeps out of addresses."""

import re
from datetime import date, timedelta
from decimal import Decimal
from functools import reduce
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from reclaim.desk import counting, queue
from reclaim.desk.models import Case, State
from reclaim.desk.queue import Ask
from reclaim.people.models import Organization, Role, User
from tests.web import factory

MANY = 130
TODAY = date(2026, 11, 23)


@pytest.fixture
def house(db: None) -> Organization:  # noqa: ARG001  rows need the database
    owner = factory.organization()
    factory.many_cases(owner, MANY, timezone.localdate(), closed=0.2)
    return owner


@pytest.fixture
def biller(house: Organization) -> User:
    return factory.person(house)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def rows(page: str) -> list[str]:
    return re.findall(r"<tr data-row>.*?</tr>", page, re.DOTALL)


def numbers(page: str) -> list[str]:
    return re.findall(r">(FH-\d{6})<", "".join(rows(page)))


def test_who_is_not_signed_in_is_sent_to_sign_in(client: Client) -> None:
    answer = client.get("/queue")
    assert answer.status_code == 302
    assert "/accounts/login/" in answer["Location"]


def test_open_cases_of_the_own_house_the_most_worth_first(house: Organization, biller: User) -> None:
    factory.many_cases(factory.organization("Elsewhere"), 3, timezone.localdate(), seed=9)
    page = signed_in(biller).get("/queue").content.decode()
    best = Case.objects.filter(organization=house, state=State.OPEN).order_by("-score", "-id")
    assert numbers(page) == [case.control_number for case in best[: queue.PAGE]]
    assert f"1\u201350 of {best.count()}" in page


@pytest.mark.parametrize("sort", queue.SORTS)
@pytest.mark.parametrize("minus", ["", "-"])
def test_every_sort_pages_through_every_case_once(house: Organization, sort: str, minus: str) -> None:
    cases, ask = Case.objects.filter(organization=house), Ask(sort=f"{minus}{sort}", state=queue.ALL)
    seen = [case for offset in range(0, MANY, queue.PAGE) for case in queue.page(cases, ask, TODAY, offset).cases]
    assert len({case.pk for case in seen}) == len(seen) == MANY
    field = queue.SORTS[sort]
    values: list[Any] = [reduce(lambda row, name: row and getattr(row, name), field.split("__"), case) for case in seen]
    known = [value for value in values if value is not None]
    assert values == known + [None] * (MANY - len(known)), "cases without a value come last"
    if "__" not in field:  # names are sorted by the rules of the database
        assert known == sorted(known, reverse=ask.down)


@pytest.mark.parametrize(
    "asked",
    [
        {"type": "clinical"},
        {"type": "technical", "over": "1000"},
        {"due": "week"},
        {"due": "overdue", "preventable": "1"},
        {"due": "none"},
        {"kind": "silent", "state": queue.ALL},
        {"redenied": "1"},
        {"cause": "timely_filing", "type": "administrative"},
        {"state": State.RECOVERED},
        {"type": "clinical", "cause": "timely_filing"},
    ],
)
def test_counts_beside_a_filter_are_what_choosing_it_shows(house: Organization, asked: dict[str, str]) -> None:
    cases, ask = Case.objects.filter(organization=house), Ask.of(asked)
    today = timezone.localdate()
    counted = counting.count(cases, ask, today)
    held = queue.asked(cases, ask, today)
    assert counted.total.cases == held.count()
    assert counted.total.denied == sum((case.denied for case in held), Decimal(0))
    assert counted.expected == sum((case.expected for case in held), Decimal(0))
    for name, value in (
        ("type", "technical"),
        ("due", "overdue"),
        ("over", "1000"),
        ("kind", "takeback"),
        ("redenied", "1"),
    ):
        chosen = Ask.of({**asked, name: value})
        assert counted.chips.get((name, value), 0) == queue.asked(cases, chosen, today).count(), (name, value)
    for payer in counted.payers:
        assert payer.cases == queue.asked(cases, Ask.of({**asked, "payer": payer.value}), today).count()
        assert payer.words.startswith("Payer ")


def test_a_week_is_today_and_seven_days(house: Organization) -> None:
    case = Case.objects.filter(organization=house).first()
    assert case is not None
    for days, within in ((-1, False), (0, True), (7, True), (8, False)):
        Case.objects.filter(pk=case.pk).update(deadline=TODAY + timedelta(days=days), state=State.OPEN)
        due = queue.asked(Case.objects.filter(pk=case.pk), Ask(due="week"), TODAY)
        assert due.exists() is within, days


def test_an_address_is_what_is_asked_and_back() -> None:
    ask = Ask.of({"type": "clinical", "sort": "-denied", "payer": "12", "q": "FH-1", "state": "open"})
    assert ask.address() == "state=open&type=clinical&payer=12&sort=-denied&q=FH-1"
    assert Ask.of({"type": "nonsense", "sort": "drop table", "payer": "1;", "state": "x", "due": "%"}) == Ask()
    assert Ask().address() == ""


def test_nonsense_in_the_address_does_no_harm(biller: User) -> None:
    client = signed_in(biller)
    for address in (
        "?page=999999",
        "?page=-1",
        "?page=²",
        "?payer=999999999999",
        "?cause=%00",
        "?sort=-",
        "?find=x",
        "?q=%00FH-1%0A",
    ):
        assert client.get(f"/queue{address}").status_code == 200, address


@pytest.mark.parametrize("text", ["FH-100007", "fh-100007", "ICNFH-100007", " FH-100007 "])
def test_search_by_number_whatever_the_state(biller: User, text: str) -> None:
    Case.objects.filter(control_number="FH-100007").update(state=State.CLOSED)
    page = signed_in(biller).post("/queue/search", {"q": text}, follow=True).content.decode()
    assert numbers(page) == ["FH-100007"]


def test_search_by_code_finds_it_behind_the_first_too(house: Organization, biller: User) -> None:
    for text, condition in (("CO-197", "CO-197"), ("197", "CO-197"), ("n290", "N290"), ("CO-19", "nothing")):
        page = signed_in(biller).post("/queue/search", {"q": text}, follow=True).content.decode()
        expected = Case.objects.filter(organization=house, codes__contains=condition).count()
        assert len(rows(page)) == min(expected, queue.PAGE), text


def test_a_claim_number_with_a_dash_is_no_code(biller: User) -> None:
    """`FH-1` was taken for reason 1 of a group FH, and nothing was found."""
    page = signed_in(biller).post("/queue/search", {"q": "FH-1"}, follow=True).content.decode()
    assert len(rows(page)) == queue.PAGE


def test_a_name_is_found_and_never_stands_in_an_address(house: Organization, biller: User) -> None:
    client = signed_in(biller)
    answer = client.post("/queue/search", {"q": "Lantern"}, follow=True)
    expected = Case.objects.filter(organization=house, patient__startswith="LANTERN,").count()
    assert len(rows(answer.content.decode())) == min(expected, queue.PAGE) > 0
    assert all("antern" not in address for address, _ in answer.redirect_chain)
    links = re.findall(r'href="([^"]*)"', answer.content.decode())
    assert all("antern" not in link.lower() for link in links)
    typed = client.get("/queue?q=Lantern")
    assert typed.status_code == 302
    assert "antern" not in typed["Location"]


def test_names_are_masked_and_unsearchable_for_who_may_not_see_them(house: Organization, biller: User) -> None:
    assert "LANTERN" not in signed_in(biller).get("/queue").content.decode()
    auditor = signed_in(factory.person(house, Role.AUDITOR))
    page = auditor.post("/queue/search", {"q": "Lantern"}, follow=True).content.decode()
    assert rows(page) == []
    assert "last name" not in page


def test_htmx_gets_the_part_and_the_back_button_the_whole(biller: User) -> None:
    client = signed_in(biller)
    part = client.get("/queue", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "<tr data-row>" in part
    whole = client.get("/queue", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"}).content.decode()
    assert "<html" in whole


def test_the_next_one_is_the_first_of_what_is_asked(biller: User) -> None:
    client = signed_in(biller)
    answer = client.get("/queue/next?type=clinical")
    first = rows(client.get("/queue?type=clinical").content.decode())[0]
    assert answer["Location"].replace("&", "&amp;") in first


def test_nothing_there_says_what_to_do_first(db: None) -> None:  # noqa: ARG001  rows need the database
    page = signed_in(factory.person(factory.organization("Empty"))).get("/queue").content.decode()
    assert "No denials yet" in page
    assert "/inbox" in page


def test_few_queries(biller: User, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    client = signed_in(biller)
    client.get("/queue")
    for address in ("/queue", "/queue?sort=deadline&page=3", "/queue?type=clinical&sort=payer", "/queue?q=FH-1"):
        with django_assert_max_num_queries(15):
            client.get(address)


def test_no_script_or_style_in_the_page(biller: User) -> None:
    page = signed_in(biller).get("/queue").content.decode()
    assert not re.search(r"<script(?![^>]*src=)|<style|\son\w+=|style=", page)
