"""Home: figures with their definitions, the chart with its table, what is due, and what to do first."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from reclaim.insight import kept
from reclaim.insight.figures import FIGURES
from reclaim.insight.models import Counted
from reclaim.people.models import Organization, User
from reclaim.web import home
from tests.insight.books import Record

pytestmark = pytest.mark.django_db
SignIn = Callable[[User | None], Client]


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    cache.clear()


@pytest.fixture
def record(organization: Organization) -> Record:
    """Two claims answered today, one denied and due in three days."""
    today = timezone.localdate()
    record = Record(organization)
    deadline = today + timedelta(days=3)
    record.claim((f"{today}", "denied", "0.00"), denied="1234.50", deadline=deadline, deadline_kind="appeal_1")
    record.claim((f"{today}", "paid", "50.00"))
    return record


def test_an_empty_record_says_what_to_do_first(biller: User, auditor: User, client_of: SignIn) -> None:
    page = client_of(biller).get("/").content.decode()
    assert "Nothing has come in yet" in page
    assert 'href="/inbox"' in page
    assert "Your role does not bring files in" in client_of(auditor).get("/").content.decode()


def test_every_figure_stands_there_with_its_definition(record: Record, biller: User, client_of: SignIn) -> None:
    page = client_of(biller).get("/").content.decode()
    assert record.count
    for figure in FIGURES.values():
        assert figure.name in page
        assert figure.definition.replace("'", "&#x27;") in page
        assert figure.source in page
    assert "$1,234.50" in page


def test_of_too_few_claims_the_count_is_shown_and_no_rate(record: Record, biller: User, client_of: SignIn) -> None:
    page = client_of(biller).get("/").content.decode()
    assert "1 of 2 claims" in page
    assert "too few for a rate" in page
    assert "50.0%" not in page
    for _ in range(8):
        record.claim((f"{timezone.localdate()}", "paid", "50.00"))
    cache.clear()  # the same remittance
    page = client_of(biller).get("/").content.decode()
    assert "1 of 10 claims" in page
    assert "10.0%" in page


def test_a_large_record_shows_the_newest_counted_and_since_when(
    record: Record, biller: User, client_of: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "SMALL", 1)
    today = timezone.localdate()
    page = client_of(biller).get("/").content.decode()
    assert "counted for the first time" in page
    assert "Denied dollars by month" not in page
    assert "1 of 2 claims" not in page
    kept.catch_up(today)
    page = client_of(biller).get("/").content.decode()
    assert "1 of 2 claims" in page
    assert "newer files" not in page
    at = timezone.make_aware(datetime.combine(today, time(8, 14)))
    Counted.objects.update(at=at)
    record.claim((f"{today - timedelta(days=1)}", "denied", "0.00"), denied="5.00", state="open")
    page = client_of(biller).get("/").content.decode()
    assert "8:14 a.m.</time>; newer files are being counted." in page
    assert "1 of 2 claims" in page
    assert "$1,239.50" in page, "open work is never behind"
    Counted.objects.update(at=at - timedelta(days=1))
    said = f"{today - timedelta(days=1):%b} {(today - timedelta(days=1)).day}, 8:14 a.m.</time>"
    assert said in client_of(biller).get("/").content.decode()


def test_the_chart_has_words_and_a_table(record: Record, biller: User, client_of: SignIn) -> None:
    page = client_of(biller).get("/").content.decode()
    assert record.count
    assert '<title id="chart-summary">Denied dollars by month' in page
    assert "Month by month, as a table" in page
    assert "style=" not in page
    assert "<script>" not in page


def test_what_is_due_leads_to_its_case_with_the_patient_masked(record: Record, biller: User, client_of: SignIn) -> None:
    page = client_of(biller).get("/").content.decode()
    assert record.count
    assert "in 3 days" in page
    assert "J. D." in page
    assert "DOE" not in page
    assert 'href="/cases/' in page
    assert "1 within seven days" in page


def test_roles_without_files_see_figures_and_no_files(
    record: Record, organization: Organization, member: Callable[[Organization, str], User], client_of: SignIn
) -> None:
    record.file("private-name.835")
    page = client_of(member(organization, "coder")).get("/").content.decode()
    assert "private-name.835" not in page
    assert "Your role does not include files." in page


def test_nothing_of_another_organization_is_seen(record: Record, outsider: User, client_of: SignIn) -> None:
    assert record.count
    assert "Nothing has come in yet" in client_of(outsider).get("/").content.decode()
    assert Client().get("/").status_code == 302


def test_home_takes_at_most_fifteen_queries(
    record: Record, biller: User, client_of: SignIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    assert record.count
    client = client_of(biller)
    client.get("/you")  # the session is written once a minute
    with django_assert_max_num_queries(15):
        client.get("/")


def test_values_are_said_with_their_unit() -> None:
    assert home.said(None, "percent") == "\N{EN DASH}"
    assert home.said(Decimal("0.1234"), "percent") == "12.3%"
    assert home.said(Decimal(1), "days") == "1 day"
    assert home.said(Decimal("37.6"), "days") == "38 days"
    assert home.said(Decimal("1204.50"), "dollars") == "$1,204.50"
    assert home.said(Decimal("1204000.50"), "dollars") == "$1,204,001"
