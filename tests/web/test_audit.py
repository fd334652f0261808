"""Audit: what it shows, to whom, what leaves the house; and words for every verb."""

import ast
import csv
import io
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

import reclaim
from reclaim.people import events, joining
from reclaim.people.models import Event, Organization, User
from reclaim.web import verbs

pytestmark = pytest.mark.django_db
SignIn = Callable[[User | None], Client]
PLACES = {"action": 1, "acting": 1, "record": 2, "Entry": 0, "_note": None}
"""Calls that say a verb, and where among their arguments."""
PASSWORD = "seven green staplers"  # noqa: S105  of nobody


def said_in(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name in PLACES:
            place = PLACES[name]
            given = node.args if place is None else node.args[place : place + 1]
            words = (each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str))
            yield from itertools.islice(words, 1)


def test_every_verb_of_the_code_has_words() -> None:
    files = Path(reclaim.__file__).parent.rglob("*.py")
    found = {verb for file in files if "x12" not in file.parts for verb in said_in(file.read_text(encoding="utf-8"))}
    found = {verb for verb in found if verb.isidentifier()}
    assert {"took_case", "joined", "signed_in", "downloaded_file", "backed_up"} <= found, "the search finds nothing"
    assert [verb for verb in sorted(found) if not verbs.known(verb)] == []


def test_who_did_what_and_on_which_case(
    organization: Organization, biller: User, auditor: User, client_of: SignIn
) -> None:
    events.record(organization, biller, "viewed_case", "desk.case:17", {"version": 3, "before": {"owner_id": 4}})
    events.record(organization, None, "woke_case", "desk.case:18", {"job": "waking", "reason": "promised_day"})
    page = client_of(auditor).get("/audit").content.decode()
    assert biller.email in page
    assert "opened a case" in page
    assert 'href="/cases/17"' in page
    assert "job: waking" in page
    assert "reason promised day" in page
    assert "owner_id" not in page
    only = client_of(auditor).get("/audit?subject=17").content.decode()
    assert "opened a case" in only
    assert "job: waking" not in only


def test_only_who_may_and_only_the_own_house(
    organization: Organization, biller: User, outsider: User, client_of: SignIn
) -> None:
    events.record(organization, biller, "viewed_case", "desk.case:17717")
    for path in ("/audit", "/audit/export"):
        assert client_of(biller).get(path).status_code == 403
    assert "17717" not in client_of(outsider).get("/audit").content.decode()


def test_the_export_asks_who_it_is_then_streams_and_is_an_event(
    organization: Organization, auditor: User, biller: User, client_of: SignIn
) -> None:
    joining.set_password(auditor, PASSWORD)
    for each in range(60):
        events.record(organization, biller, "viewed_case", f"desk.case:{each}")
    biller.first_name = "=HYPERLINK(1)"
    biller.save()
    browser = client_of(auditor)
    asked = browser.get("/audit/export?verb=viewed_case")
    assert asked.status_code == 302
    assert asked["Location"] == "/accounts/reauthenticate/?next=%2Faudit%2Fexport%3Fverb%3Dviewed_case"
    assert not Event.objects.filter(verb="exported_events").exists()
    onward = browser.post(asked["Location"], {"password": PASSWORD})
    answer = browser.get(onward["Location"])
    assert answer.streaming
    rows = list(csv.reader(io.StringIO(b"".join(answer).decode())))
    assert len(rows) == 61
    assert rows[1][2] == "'=HYPERLINK(1)"
    event = Event.objects.get(verb="exported_events")
    assert (event.user, event.detail) == (auditor, {"verb": "viewed_case"})


def test_a_page_of_events_costs_few_queries(
    organization: Organization,
    auditor: User,
    biller: User,
    client_of: SignIn,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    events.record_many(organization, biller, [events.Entry("viewed_case", f"desk.case:{n}") for n in range(200)])
    browser = client_of(auditor)
    browser.get("/audit")
    with django_assert_max_num_queries(10):
        page = browser.get("/audit?first=2020-01-01&verb=viewed_case").content.decode()
    assert 'rel="next"' in page
