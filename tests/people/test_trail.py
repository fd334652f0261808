"""The trail of events: what the filters find, how it pages, which index serves, and `reclaim audit`."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qsl

import pytest
from click.testing import CliRunner, Result
from django.db import connection

from reclaim.people import events, trail
from reclaim.people.models import Event, Organization, User
from reclaim.people.trail import Ask
from reclaim.terminal.audit import audit

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def written(organization: Organization, biller: User, manager: User, monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """Four events a day for thirty days: the biller's, the manager's, a job's, a refusal."""
    made = []
    for day in range(30):
        monkeypatch.setattr("reclaim.people.events.timezone.now", lambda day=day: NOON + timedelta(days=day))
        made += [
            events.record(organization, biller, "viewed_case", f"desk.case:{day % 3}"),
            events.record(organization, manager, "assigned_case", f"desk.case:{day % 3}"),
            events.record(organization, None, "woke_case", "desk.case:1", {"job": "waking"}),
            events.record(organization, biller, "refused", organization, {"tried": "assigned_case"}),
        ]
    return made


@pytest.fixture
def run(db: None) -> Callable[..., Result]:  # noqa: ARG001  rows need the database
    return lambda *arguments: CliRunner().invoke(audit, arguments)


def found(ask: Ask) -> list[int]:
    return [each.pk for each in trail.asked(Event.objects.all(), ask)]


def test_each_filter_finds_what_it_says_and_they_hold_together(written: list[Event], biller: User) -> None:
    def expected(fits: Callable[[Event], bool]) -> list[int]:
        return [each.pk for each in reversed(written) if fits(each)]

    cases: list[tuple[dict[str, str], Callable[[Event], bool]]] = [
        ({}, lambda _: True),
        ({"person": str(biller.pk)}, lambda each: each.user_id == biller.pk),
        ({"person": "job"}, lambda each: each.user_id is None),
        ({"verb": "refused"}, lambda each: each.verb == "refused"),
        ({"subject": "2"}, lambda each: each.subject == "desk.case:2"),
        ({"first": "2026-11-10", "last": "2026-11-11"}, lambda each: each.at.day in (10, 11)),
        ({"first": "2026-11-30"}, lambda each: each.at.day == 30),
        ({"last": "2026-10-31"}, lambda _: False),
        ({"first": "2027-01-01"}, lambda _: False),
        (
            {"person": str(biller.pk), "verb": "viewed_case", "first": "2026-11-20"},
            lambda each: each.user_id == biller.pk and each.verb == "viewed_case" and each.at.day >= 20,
        ),
        ({"person": "x", "verb": "a b", "first": "yesterday", "subject": "\x00"}, lambda _: True),
    ]
    for given, fits in cases:
        assert found(Ask.of(given)) == expected(fits), given
        assert Ask.of(dict(parse_qsl(Ask.of(given).address()))) == Ask.of(given)


def test_pages_show_every_event_once_while_new_ones_come(written: list[Event], organization: Organization) -> None:
    seen: list[int] = []
    before = 0
    while True:
        some, before = trail.page(Event.objects.all(), Ask(), before)
        seen += [each.pk for each in some]
        events.record(organization, None, "woke_case", "desk.case:9")
        if not before:
            break
    assert seen == [each.pk for each in reversed(written)]


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (Ask(person="1"), "event_by_person"),
        (Ask(verb="refused"), "event_by_verb"),
        (Ask(subject="desk.case:1"), "event_by_subject"),
    ],
)
def test_a_question_walks_along_its_index_without_sorting(written: list[Event], ask: Ask, index: str) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("A plan of PostgreSQL depends on how much there is.")
    rows = trail.asked(Event.objects.filter(organization=written[0].organization_id), ask)[:50]
    plan = rows.explain()
    assert index in plan
    assert "TEMP B-TREE" not in plan


def test_the_command_proves_the_chain_and_names_what_was_changed(
    written: list[Event], organization: Organization, other_organization: Organization, run: Callable[..., Result]
) -> None:
    events.record(other_organization, None, "woke_case", "desk.case:1")
    sound = run("verify")
    assert sound.exit_code == 0, sound.output
    assert sound.output.count("sound") == 2
    with connection.cursor() as cursor:
        cursor.execute("UPDATE people_event SET subject = 'desk.case:77' WHERE id = %s", [written[5].pk])
        cursor.execute("DELETE FROM people_event WHERE id = %s", [written[50].pk])
    broken = run("verify")
    assert broken.exit_code == 1
    assert f"event {written[5].pk} was changed" in broken.output
    assert f"events between {written[49].pk} and {written[51].pk} were removed" in broken.output
    assert run("verify", "--organization", other_organization.name).exit_code == 0
    assert run("verify", "--organization", organization.slug).exit_code == 1


def test_the_command_lists_what_is_asked_for(written: list[Event], biller: User, run: Callable[..., Result]) -> None:
    lines = run("list", "--person", biller.email, "--verb", "viewed_case", "--first", "11/29/2026", "--json").output
    rows = [json.loads(line) for line in lines.splitlines()]
    assert [row["id"] for row in rows] == [written[116].pk, written[112].pk]
    assert rows[0]["hash"] == written[116].hash
    assert len(run("list", "--limit", "7").output.splitlines()) == 7
    assert "Nobody signs in" in run("list", "--person", "who@x.example").output
    assert date(2026, 11, 30).strftime("%m/%d/%Y") in run("list", "--limit", "1").output
