"""Read anew, as after an upgrade: what the payer said is judged again, and everything that people did stands."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from reclaim import reception
from reclaim.desk import actions, settlement
from reclaim.desk.models import Case, Note, Stage, State, Task, Waiting, WriteOff
from reclaim.people.models import Event, Organization, User
from reclaim.record import intake
from reclaim.record.models import Adjudication, DeniedLine, File, Interchange, Remittance
from reclaim.world.run import Order, World
from reclaim.x12.sources import sources
from tests.reception.written import DENIED, PAID, file, received, remittance

pytestmark = pytest.mark.django_db(transaction=True)
Member = Callable[[Organization, str], User]
OWN = {DeniedLine: ("adjudication_id", "number"), Interchange: ("file_id", "control_number")}
"""Rows that nothing points to: they come back under ids of their own."""


@pytest.fixture(autouse=True)
def _place(settings: Settings, tmp_path: Path) -> None:
    settings.DATA = tmp_path / "data"
    settings.FILES, settings.LAKE = settings.DATA / "files", settings.DATA / "lake"


def kept() -> dict[str, list[dict[str, Any]]]:
    """Every row of the record and the desk, but for what counts how often it was written."""
    return {model.__name__: rows(model) for model in (Adjudication, Case, Note, Task, WriteOff, *OWN)}


def rows(model: type[models.Model]) -> list[dict[str, Any]]:
    left_out = {"version", "remittance_id", *(("id",) if model in OWN else ())}
    found = model._default_manager.order_by(*OWN.get(model, ("id",))).values()
    return [{name: value for name, value in row.items() if name not in left_out} for row in found]


def work(organization: Organization, biller: User, manager: User) -> None:
    """A bit of everything that people do, to as many cases as there are things to do."""
    do: list[Callable[[Case], object]] = [
        lambda case: actions.take(biller, case),
        lambda case: actions.note(biller, case, text="Called: in process."),
        lambda case: actions.task(biller, case, text="Scan the card."),
        lambda case: actions.classify(biller, case, type="clinical", cause="medical_necessity", why="Record read."),
        lambda case: actions.lift(biller, case, why="The practice asked."),
        lambda case: actions.write_off(manager, case, reason="timely_filing"),
        lambda case: actions.close(manager, case, outcome=State.UPHELD, why="Second level lost."),
        lambda case: actions.snooze(biller, case, until=timezone.localdate() + timedelta(days=9)),
        lambda case: actions.mark_sent(biller, case, parcel=actions.Parcel("corrected", "portal")),
        lambda case: actions.reopen(
            manager, actions.close(manager, case, outcome=State.UPHELD, why="Lost."), why="No."
        ),
    ]
    cases = list(Case.objects.filter(organization=organization, state=State.OPEN).order_by("id"))
    assert len(cases) > len(do)
    for place, case in enumerate(cases[: 2 * len(do)]):
        do[place % len(do)](case)


def test_every_file_read_anew_leaves_all_that_people_did(
    organization: Organization, biller: User, manager: User, tmp_path: Path
) -> None:
    World(tmp_path / "world", Order(claims=320, months=3, seed=11, until=date(2026, 6, 30))).run()
    came = [str(tmp_path / "world" / "remittances")]
    assert {each.file and each.file.state for each in reception.receive(organization, sources(came), "command")} == {
        "read"
    }
    work(organization, biller, manager)
    before, told = kept(), Event.objects.filter(verb=settlement.ANSWERED).count()
    assert {row["state"] for row in before["Case"]} >= {State.OPEN, State.WRITTEN_OFF, State.UPHELD, State.RECOVERED}
    for each in File.objects.all():
        reception.reprocess(each, manager)
    assert kept() == before
    assert reception.sweep() == File.objects.count()
    after = kept()
    for name, expected in before.items():
        assert after[name] == expected, name
    assert Event.objects.filter(verb=settlement.ANSWERED).count() == told
    assert Remittance.objects.filter(adjudications=None, claims__gt=0).count() == 0


def test_a_case_whose_answers_vanish_keeps_the_file_as_it_was_read(
    organization: Organization, biller: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = received(organization, file(remittance("T1", [DENIED.format("A1"), DENIED.format("A2")])))
    actions.note(biller, Case.objects.get(control_number="A1"), text="Called.")
    before = kept()
    reception.reprocess(one, None)
    with monkeypatch.context() as patched:
        patched.setattr(intake, "store", lambda *_: None)
        again = reception.process(one.pk)
    assert kept() == before
    assert (again.state, again.claims, again.findings[0]["rule"]) == ("read", 2, "kept-as-read")
    assert "answers to 1 case that people worked on" in again.findings[0]["text"]
    Case.objects.update(worked_at=None)
    reception.reprocess(one, None)
    monkeypatch.setattr(intake, "store", lambda *_: None)
    reception.process(one.pk)
    assert not Case.objects.exists()
    assert not Adjudication.objects.exists()


def test_what_breaks_within_leaves_the_old_rows(organization: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    one = received(organization, file(remittance("T1", [DENIED.format("A1")])))
    before = kept()
    reception.reprocess(one, None)
    with monkeypatch.context() as patched:
        patched.setattr("reclaim.lake.parts.publish", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            reception.process(one.pk)
    assert kept() == before
    assert reception.sweep() == 1
    assert kept() == before


def test_what_is_read_anew_is_judged_by_the_rules_of_today(organization: Organization) -> None:
    """A case that was opened by rules that have changed shows what they say now."""
    one = received(organization, file(remittance("T1", [DENIED.format("A1")])))
    Case.objects.update(cause="registration", action="call", denied=1)
    reception.reprocess(one, None)
    reception.sweep()
    case = Case.objects.get()
    assert (case.cause, case.denied) == ("authorization", 100)
    assert Adjudication.objects.count() == 1


@pytest.mark.parametrize(
    ("work", "claim", "expected"),
    [
        ({"worked_at": datetime(2026, 9, 12, tzinfo=UTC)}, PAID, ("new", "recovered")),
        ({"stage": Stage.SENT, "worked_at": datetime(2026, 9, 12, tzinfo=UTC)}, PAID, ("sent", "recovered")),
        ({"state": State.WRITTEN_OFF, "worked_at": datetime(2026, 9, 12, tzinfo=UTC)}, DENIED, ("written_off", "new")),
        ({"worked_at": datetime(2026, 9, 12, tzinfo=UTC)}, DENIED, None),
        ({}, PAID, None),
    ],
)
def test_an_answer_that_moves_what_people_worked_on_leaves_an_event(
    organization: Organization, work: dict[str, Any], claim: str, expected: tuple[str, str] | None
) -> None:
    received(organization, file(remittance("T1", [DENIED.format("A1")], "20260910")))
    first = Case.objects.get()
    Case.objects.update(**work, **({"decided_on": first.latest_id} if "state" in work else {}), waiting=Waiting.NOBODY)
    received(organization, file(remittance("T2", [claim.format("A1")], "20260920"), number=2))
    told = [(each.detail, each.user, each.subject) for each in Event.objects.filter(verb=settlement.ANSWERED)]
    if expected is None:
        assert not told
        return
    detail = {"job": "settling", "from": expected[0], "to": expected[1], "version": first.version + 1}
    assert told == [(detail, None, f"desk.case:{first.pk}")]


def test_one_file_leaves_its_events_in_few_queries(organization: Organization) -> None:
    counts = []
    for start, many in ((100, 2), (200, 40)):
        names = [f"A{start + each}" for each in range(many)]
        received(organization, file(remittance(f"T{start}", [DENIED.format(name) for name in names]), number=start))
        Case.objects.update(worked_at=datetime.now(UTC))
        with CaptureQueriesContext(connection) as queries:
            paid = remittance(f"P{start}", [PAID.format(name) for name in names], "20260930")
            received(organization, file(paid, number=start + 1))
        counts.append(len(queries))
    assert Event.objects.filter(verb=settlement.ANSWERED).count() == 42
    assert abs(counts[1] - counts[0]) <= 3, counts
