"""The code database: found by code and by words, explained, with what was seen here."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from reclaim.codes import lookup
from reclaim.codes.search import find
from reclaim.people.models import Organization, User
from reclaim.rules import codepage
from reclaim.web import words
from tests.insight.books import Record

pytestmark = pytest.mark.django_db
SignIn = Callable[[User | None], Client]


@pytest.fixture
def seen(organization: Organization) -> Record:
    """Two cases with 197, one of them recovered in part."""
    record = Record(organization)
    record.claim(("2026-11-02", "denied", "0.00"), codes="CO-197", denied="300.00")
    answers = (("2026-11-02", "denied", "0.00"), ("2026-11-20", "paid", "40.00"))
    record.claim(
        *answers, codes="PI-197 M62", state="recovered", resolved=date(2026, 11, 20), recovered=Decimal("40.00")
    )
    return record


@pytest.mark.parametrize(
    ("typed", "goes"),
    [
        ("co-197", "CO-197"),
        ("197", "197"),
        ("n130", "N130"),
        ("CO-16, ma130", "CO-16%20MA130"),
        ("clp02:22", "CLP02:22"),
    ],
)
def test_a_typed_code_is_opened_at_once(biller: User, client_of: SignIn, typed: str, goes: str) -> None:
    answer = client_of(biller).get("/codes", {"q": typed})
    assert answer.headers["Location"] == f"/codes/{goes}"
    assert client_of(biller).get(answer.headers["Location"]).status_code == 200


def test_words_find_codes_and_filters_narrow_them(biller: User, client_of: SignIn) -> None:
    client = client_of(biller)
    page = client.get("/codes", {"q": "authorization"}).content.decode()
    assert "No precertification, authorization or notification" in page
    assert 'href="/codes/197"' in page
    page = client.get("/codes", {"q": "authorization", "kind": "rarc"}).content.decode()
    assert 'href="/codes/197"' not in page
    assert 'href="/codes/M62"' in page
    page = client.get("/codes", {"type": "clinical", "cause": "medical_necessity"}).content.decode()
    assert 'href="/codes/50"' in page
    assert 'href="/codes/29"' not in page
    assert "No code fits" in client.get("/codes", {"q": "zebra crossing"}).content.decode()


def test_every_current_code_can_be_paged_to(biller: User, client_of: SignIn) -> None:
    client = client_of(biller)
    current = sum(each.status == "current" for each in lookup.carcs().values())
    current += sum(each.status == "current" for each in lookup.rarcs().values())
    assert f"50 of {current:,} codes" in client.get("/codes").content.decode()
    assert f"of {current:,} codes" in client.get("/codes", {"page": "99999"}).content.decode()
    assert client.get("/codes", {"page": "²"}).status_code == 200


def test_every_code_has_a_page_that_says_something() -> None:
    for code in (*lookup.carcs(), *lookup.rarcs(), *lookup.groups()):
        said = codepage.said(find(code), words.day)
        assert said is not None, code
        assert said.meaning, code
        assert said.source, code
        assert not any(step.text.rstrip().endswith(":") for step in said.steps), code  # a sentence that breaks off
    for code, carc in lookup.carcs().items():
        said = codepage.said(find(f"CO-{code}"), words.day)
        assert said is not None
        assert carc.is_denial == "false" or said.steps, code


def test_a_page_says_what_to_do_and_what_was_seen(seen: Record, biller: User, client_of: SignIn) -> None:
    assert seen.count
    client = client_of(biller)
    page = client.get("/codes/197").content.decode()
    for title in ("What to do", "Usual causes", "What to check", "Evidence to gather", "Beware", "What you saw"):
        assert title in page, title
    assert "$400.00" in page
    assert "40% of 1 ended" in page
    page = client.get("/codes/CO-197").content.decode()
    assert "$300.00" in page
    assert "none has ended yet" in page
    assert "None of your cases carries this code." in client.get("/codes/CO-50").content.decode()
    page = client.get("/codes", {"show": "seen"}).content.decode()
    assert "2 of 2 codes" in page


def test_codes_together_get_one_advice(biller: User, client_of: SignIn) -> None:
    page = client_of(biller).get("/codes/CO-16%20MA130").content.decode()
    assert "These codes together" in page
    assert "new claim" in page


def test_an_unknown_code_names_near_ones(biller: User, client_of: SignIn) -> None:
    answer = client_of(biller).get("/codes/CO-1977")
    assert answer.status_code == 404
    assert 'href="/codes/197"' in answer.content.decode()
    answer = client_of(biller).get("/codes/%3Cscript%3E")
    assert "<script>" not in answer.content.decode()


def test_nothing_of_another_organization_is_seen(seen: Record, outsider: User, client_of: SignIn) -> None:
    assert seen.count
    assert "None of your cases carries this code." in client_of(outsider).get("/codes/197").content.decode()
    assert Client().get("/codes").status_code == 302


def test_pages_of_codes_take_few_queries(
    seen: Record, biller: User, client_of: SignIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    assert seen.count
    client = client_of(biller)
    client.get("/you")  # the session is written once a minute
    for path in ("/codes", "/codes/197"):
        with django_assert_max_num_queries(8):
            client.get(path)
