"""Claims that were turned back, or that nobody has answered: their cases, through the door, and the world's truth."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from pathlib import Path

import polars as pl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from reclaim import dispatch, reception
from reclaim.desk import actions, asking, following, proving, silence
from reclaim.desk.asking import ask_status
from reclaim.desk.models import NO_ANSWER, REJECTED, Batch, Case, Stage, State, StatusRequest, Task
from reclaim.insight import figures
from reclaim.people import events
from reclaim.people.models import Event, Organization, User
from reclaim.record.models import Claim, File
from reclaim.rules import unanswered
from reclaim.world import tables
from reclaim.world.payers import payers
from reclaim.world.run import Order, World
from reclaim.x12.editing import Put, correct
from reclaim.x12.slices import Place
from tests.desk import acknowledging, conversation
from tests.reception import written

pytestmark = pytest.mark.django_db

UNTIL = date(2026, 6, 30)
NUMBER = Place("2300", 1, "CLM", element=1)
AGAIN = conversation.SENT._replace(at=datetime(2026, 6, 8, 9, 30), control=42)  # noqa: DTZ001  local time
TURNED_BACK = acknowledging.claims([("A-1", "A7:562:85")])
TAKEN_IN = acknowledging.claims([("A-1", "A2:20:PR")], day="20260610", control=7005)


@pytest.fixture(autouse=True)
def _place(settings: Settings, tmp_path: Path) -> None:
    settings.DATA = tmp_path / "data"
    settings.FILES, settings.LAKE = settings.DATA / "files", settings.DATA / "lake"


def sent(organization: Organization, count: int = 1) -> None:
    conversation.received(organization, conversation.file_of(*conversation.claims("P", count)))


def sent_again(organization: Organization) -> None:
    data = conversation.file_of(*conversation.claims("P", 1), envelope=AGAIN)
    conversation.received(organization, data, "again.837")


def said(organization: Organization, data: bytes, name: str = "answer.277") -> File:
    return conversation.received(organization, data, name)


def paid(number: str, dollars: int, icn: str, trace: str, day: str = "20260701", status: str = "1") -> bytes:
    """A remittance that pays a claim of $295."""
    kept = 295 - dollars
    left = f"CAS*CO*45*{kept}~" if kept and dollars >= 0 else ""
    charge = "-295" if status == "22" else "295"
    line = f"SVC*HC:99213:25*{charge}*{dollars}**1~DTM*472*20260520~{left}"
    body = f"CLP*{number}*{status}*{charge}*{dollars}**CI*{icn}~{line}"
    told = written.file(written.remittance(trace, [body], day), number=int(trace))
    return told.replace(b"HARBOR MUTUAL PPO", b"HARBOR HEALTH")


# --- turned back ------------------------------------------------------------------------------------------------------


def test_a_rejected_claim_is_back_on_the_desk_at_once(organization: Organization) -> None:
    sent(organization, 2)
    said(organization, TURNED_BACK)
    case = Case.objects.get()
    assert (case.kind, case.state, case.stage, case.codes) == (REJECTED, State.OPEN, Stage.NEW, "A7:562:85")
    assert (case.cause, case.department, case.action) == (
        "credentialing_enrollment",
        "provider_enrollment",
        "new_claim",
    )
    assert (case.charge, case.denied, case.recovered) == (Decimal(295), Decimal(295), Decimal(0))
    assert (case.deadline_kind, case.opened) == ("filing", date(2026, 6, 3))
    assert case.deadline == date(2026, 5, 20) + timedelta(days=90)  # the days since the service run on
    assert (case.first_id, case.denial_id, case.latest_id) == (None, None, None)
    assert case.claim == Claim.objects.get(control_number="A-1")
    assert Event.objects.get(verb="found_rejected").subject == events.name_of(case)
    assert not events.verify(organization)


def test_it_waits_when_the_claim_goes_again_and_ends_when_that_is_taken_in(organization: Organization) -> None:
    sent(organization)
    said(organization, TURNED_BACK)
    sent_again(organization)
    case = Case.objects.get()
    assert (case.state, case.stage, case.claim) == (State.OPEN, Stage.SENT, Claim.objects.latest("sent_on"))
    said(organization, TAKEN_IN)
    case.refresh_from_db()
    assert (case.state, case.resolved) == (State.ANSWERED, date(2026, 6, 10))
    assert Event.objects.get(verb="answered").detail["to"] == "answered"


def test_it_opens_again_when_the_new_claim_is_turned_back_too(organization: Organization) -> None:
    sent(organization)
    said(organization, TURNED_BACK)
    sent_again(organization)
    said(organization, acknowledging.claims([("A-1", "A3:116:PR")], day="20260609", control=7009))
    case = Case.objects.get()
    assert (case.state, case.stage, case.answers, case.cause) == (State.OPEN, Stage.NEW, 2, "wrong_payer")


def test_the_order_of_the_files_decides_nothing() -> None:
    first = conversation.file_of(*conversation.claims("P", 1))
    again = conversation.file_of(*conversation.claims("P", 1), envelope=AGAIN)
    seen = set()
    for place, order in enumerate(permutations([first, TURNED_BACK, again, TAKEN_IN])):
        owner = Organization.objects.create(name=f"House {place}", slug=f"house-{place}")
        for number, data in enumerate(order):
            said(owner, data, f"{number}.x12")
        case = Case.objects.get(organization=owner)
        seen.add((case.kind, case.state, case.codes, case.answers, case.resolved, case.opened))
    assert seen == {(REJECTED, State.ANSWERED, "A7:562:85", 1, date(2026, 6, 10), date(2026, 6, 3))}


def test_what_a_person_decided_stays_until_it_is_turned_back_again(organization: Organization, biller: User) -> None:
    sent(organization)
    said(organization, TURNED_BACK)
    actions.close(biller, Case.objects.get(), outcome=State.WITHDRAWN, why="Billed by mistake.")
    sent_again(organization)
    assert Case.objects.get().state == State.WITHDRAWN
    said(organization, acknowledging.claims([("A-1", "A6:21")], day="20260609", control=7009))
    assert Case.objects.get().state == State.OPEN


@pytest.mark.parametrize(
    ("data", "codes"),
    [
        (acknowledging.functional(41, "R"), "999:5"),
        (acknowledging.ta1(41, "025"), "TA1:025"),
    ],
)
def test_a_refused_file_brings_every_claim_back(organization: Organization, data: bytes, codes: str) -> None:
    sent(organization, 3)
    said(organization, data)
    assert list(Case.objects.values_list("kind", "codes", "state")) == [(REJECTED, codes, State.OPEN)] * 3


def test_the_figures_do_not_change(organization: Organization, manager: User) -> None:
    conversation.denied(organization, *conversation.claims("P", 1))
    before = figures.shown(manager, date(2026, 6, 30))
    other = correct(conversation.claims("P", 1)[0], [Put(NUMBER, "B-9")])
    conversation.received(organization, conversation.file_of(other, envelope=AGAIN), "other.837")
    said(organization, acknowledging.claims([("B-9", "A7:562:85")], day="20260609"))
    assert Case.objects.filter(kind=REJECTED, state=State.OPEN).count() == 1
    assert figures.shown(manager, date(2026, 6, 30)) == before


@pytest.mark.parametrize("kind", [REJECTED, NO_ANSWER])
def test_the_pages_show_it(
    kind: str, unheard: Case, organization: Organization, biller: User, client_of: Callable[[User], Client]
) -> None:
    case = unheard
    if kind == REJECTED:
        said(organization, acknowledging.claims([("A-1", "A7:562:85")], day="20260701", control=7011))
        case = Case.objects.get(kind=REJECTED)
    client = client_of(biller)
    with CaptureQueriesContext(connection) as queries:
        page = client.get(reverse("web:case", args=[case.pk])).content.decode()
    assert len(queries) <= 20  # with session and event
    assert "cannot be read" not in page
    words_ = "billing provider NPI" if kind == REJECTED else "Nobody has answered this claim"
    assert words_ in page
    assert "must be with the payer by" in page
    listed = client.get(f"{reverse('web:queue')}?kind={kind}&q=A-1").content.decode()
    assert reverse("web:case", args=[case.pk]) in listed


def test_an_acceptance_is_kept_as_proof(organization: Organization) -> None:
    sent(organization)
    said(organization, acknowledging.functional(41))
    claim = Claim.objects.get()
    assert [(each.kind, each.day) for each in proving.proofs([claim])] == [("999", date(2026, 6, 2))]
    said(organization, acknowledging.claims([("A-1", "A2:20:PR")]))
    proof = proving.proofs([claim])[0]
    assert (proof.kind, proof.day, proof.payer_control_number) == ("277CA", date(2026, 6, 3), "ICN-A-1")
    assert proof.words == (
        "The claim was accepted on 06/03/2026 (277CA, interchange 000000041, payer control number ICN-A-1)."
    )


# --- no answer --------------------------------------------------------------------------------------------------------


@pytest.fixture
def unheard(organization: Organization) -> Case:
    """The case of a claim that was taken in and not answered, while another was."""
    conversation.received(organization, paid("Z-1", 100, "Z1", "1", "20260521"), "other.835")
    sent(organization)
    said(organization, acknowledging.claims([("A-1", "A2:20:PR")]))
    silence.watch(date(2026, 8, 1))
    return Case.objects.get()


def test_a_silent_claim_gets_a_case_that_says_why(unheard: Case) -> None:
    assert (unheard.kind, unheard.state, unheard.action) == (NO_ANSWER, State.OPEN, "ask_payer")
    event = Event.objects.get(verb="found_unanswered")
    assert event.detail["normal"].startswith("Too few answers of this payer are known")
    silence.watch(date(2026, 8, 2))
    assert Case.objects.count() == 1


def test_a_payment_ends_it(organization: Organization, unheard: Case) -> None:
    conversation.received(organization, paid("A-1", 200, "ICN-A-1", "2"), "paid.835")
    unheard.refresh_from_db()
    assert (unheard.state, unheard.resolved) == (State.ANSWERED, date(2026, 7, 1))
    assert unheard.recovered == 0  # it was never denied


def test_the_payer_is_asked_in_one_file_and_its_answer_moves_the_case(
    organization: Organization, unheard: Case, biller: User
) -> None:
    case = ask_status(biller, unheard)
    assert (case.stage, StatusRequest.objects.get().trace) == (Stage.SENT, "A-1")
    keep = reception.store().keep
    for _ in range(3):
        asking.carry_on(dispatch.read_span, keep)
    batch = Batch.objects.get()
    assert (batch.kind, batch.stage, batch.count) == ("276", Batch.Stage.WRITTEN, 1)
    dispatch.hand_over(None, batch)
    asking.carry_on(dispatch.read_span, keep)
    assert StatusRequest.objects.get().stage == StatusRequest.Stage.SENT
    said(organization, acknowledging.status("A-1", "P1:20"))
    case.refresh_from_db()
    assert (case.stage, case.codes, case.action) == (Stage.WAITING, "P1:20", "wait")
    assert case.until == timezone.now().date() + timedelta(days=15)
    request = StatusRequest.objects.get()
    assert (request.stage, request.codes, request.answer is not None) == ("answered", "P1:20", True)
    said(organization, acknowledging.status("A-1", "D0:35", "20260901", 7010))
    case.refresh_from_db()
    assert (case.codes, case.action, case.stage) == ("D0:35", "new_claim", Stage.WORKING if case.owner else Stage.NEW)
    assert not events.verify(organization)


def test_many_are_asked_at_once(organization: Organization, biller: User) -> None:
    conversation.received(organization, paid("Z-1", 100, "Z1", "1", "20260521"), "other.835")
    sent(organization, 5)
    silence.watch(date(2026, 8, 1))
    ids = list(Case.objects.values_list("pk", flat=True))
    assert [each.trouble for each in ask_status.many(biller, organization, ids)] == [""] * 5
    assert {each.trouble for each in ask_status.many(biller, organization, ids)} == {"It was so already."}
    for _ in range(2):
        asking.carry_on(dispatch.read_span, reception.store().keep)
    assert Batch.objects.get().count == 5


def test_a_file_without_acknowledgment_is_one_task(organization: Organization) -> None:
    file = conversation.received(organization, conversation.file_of(*conversation.claims("P", 3)))
    other = conversation.file_of(*conversation.claims("P", 1), envelope=AGAIN)
    conversation.received(organization, other, "again.837")
    said(organization, acknowledging.functional(42, day="20260609"))
    File.objects.filter(pk=file.pk).update(received_at=timezone.now() - timedelta(days=6))
    Claim.objects.update(sent_on=timezone.now().date())
    file.claim_batches.update(sent_on=timezone.now().date())
    for _ in range(2):
        silence.ask_for_acknowledgments(organization, timezone.now().date())
    task = Task.objects.get()
    assert (task.file, task.case, task.done_at) == (file, None, None)
    file.claim_batches.update(sent_on=date(2026, 6, 1))
    said(organization, acknowledging.functional(41))
    task.refresh_from_db()
    assert task.done_at is not None


@pytest.mark.parametrize(("came", "late"), [("2026-06-01", False), ("2026-05-28", True), ("2026-05-29", False)])
def test_two_business_days_are_waited(came: str, late: bool) -> None:
    file = File(received_at=datetime.fromisoformat(f"{came}T12:00:00+00:00"))
    assert silence._late(file, date(2026, 6, 2)) is late


# --- the money --------------------------------------------------------------------------------------------------------


def replaced(organization: Organization) -> Case:
    """A denied claim whose replacement has another number of ours."""
    case = conversation.denied(organization, *conversation.claims("P", 1))[0]
    new = [Put(NUMBER, "R-7"), Put(Place("2300", 1, "CLM", element=5, component=3), "7")]
    slice_ = correct(conversation.claims("P", 1, ("REF*G1*", "REF*F8*ICN-A-1~REF*G1*"))[0], new)
    conversation.received(organization, conversation.file_of(slice_, envelope=AGAIN), "again.837")
    return case


def test_an_answer_to_a_replacement_settles_the_case_of_the_original(organization: Organization) -> None:
    case = replaced(organization)
    conversation.received(organization, paid("R-7", 212, "ICN-R", "3"), "paid.835")
    case.refresh_from_db()
    assert Case.objects.count() == 1
    assert (case.state, case.recovered, case.answers) == (State.RECOVERED, Decimal("212.00"), 2)
    conversation.received(organization, paid("R-7", -212, "ICN-R", "4", "20260801", "22"), "reversed.835")
    case.refresh_from_db()
    assert (case.state, case.kind, case.recovered) == (State.OPEN, "takeback", Decimal("0.00"))


def test_an_answer_that_came_before_the_replacement_is_joined_with_the_case(organization: Organization) -> None:
    conversation.received(organization, paid("R-7", 212, "ICN-R", "3"), "paid.835")
    case = replaced(organization)
    case.refresh_from_db()
    assert (Case.objects.count(), case.state, case.recovered) == (1, State.RECOVERED, Decimal("212.00"))


def test_a_case_that_people_worked_goes_along_when_its_answers_find_their_claim(
    organization: Organization, biller: User
) -> None:
    denied = conversation.denial(correct(conversation.claims("P", 1)[0], [Put(NUMBER, "R-7")]), "MA01")
    conversation.received(organization, denied, "denied.835")
    worked = actions.take(biller, Case.objects.get())
    conversation.received(organization, conversation.file_of(*conversation.claims("P", 1)))
    new = [Put(NUMBER, "R-7"), Put(Place("2300", 1, "CLM", element=5, component=3), "7")]
    slice_ = correct(conversation.claims("P", 1, ("REF*G1*", "REF*F8*ICN-A-1~REF*G1*"))[0], new)
    conversation.received(organization, conversation.denial(conversation.claims("P", 1)[0]), "first.835")
    conversation.received(organization, conversation.file_of(slice_, envelope=AGAIN), "again.837")
    case = Case.objects.get()
    assert (case.pk, case.owner, case.answers) == (worked.pk, biller, 2)


# --- a world ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    World(folder, Order(claims=450, months=4, seed=11, until=UNTIL)).run()
    return folder


def months(folder: Path) -> list[tuple[str, bytes]]:
    """The files of a world, those of a month and kind in one, which takes less time."""
    made: dict[str, bytes] = {}
    for path in sorted(each for each in folder.glob("*/*.*") if each.parent.name != tables.TRUTH):
        name = f"{path.parent.name} {path.name[:7]}"
        made[name] = made.get(name, b"") + path.read_bytes() + b"\n"
    return list(made.items())


def truth(folder: Path, table: str) -> pl.DataFrame:
    return pl.read_parquet(folder / tables.TRUTH / table / "**/*.parquet")


def test_a_world_knows_its_rejections_and_its_silent_claims(world: Path, organization: Organization) -> None:
    for name, data in months(world):
        conversation.received(organization, data, name)
    ids = {each.payer_id: each.id for each in payers().values()}
    today = UNTIL + timedelta(days=1)
    following.recheck(organization, today)
    _rejections(world, organization, ids)
    _silent(world, organization, ids, today)
    assert not events.verify(organization)


def _rejections(world: Path, organization: Organization, ids: dict[str, str]) -> None:
    sendings: dict[tuple[str, str], list[tuple[bool, str]]] = {}
    for row in truth(world, "submissions").filter(pl.col("file") != "").sort("day", "round").iter_rows(named=True):
        sendings.setdefault((row["control_number"], row["payer"]), []).append((row["accepted"], row["status"]))
    refused = {key: some for key, some in sendings.items() if not all(taken for taken, _ in some)}
    cases = Case.objects.filter(organization=organization, kind=REJECTED).exclude(codes__startswith="TA1")
    cases = cases.exclude(codes__startswith="999").select_related("claim")
    found = {(each.control_number, ids[each.claim.payer_key]): each.state for each in cases if each.claim}
    assert len(refused) > 5
    assert set(found) == set(refused)
    duplicates = {"54", "78"}
    ended = {key for key, some in refused.items() if some[-1][0] or (some[-1][1] in duplicates and some[0][0])}
    assert {key for key, state in found.items() if state == State.ANSWERED} == ended


def _silent(world: Path, organization: Organization, ids: dict[str, str], today: date) -> None:
    """Every claim that is truly unanswered and older than its payer's normal time has a case, and no other has."""
    answered = set(truth(world, "answers").select("claim", "payer").iter_rows())
    taken = truth(world, "submissions").filter(pl.col("accepted") & (pl.col("file") != ""))
    waits = {
        (row["control_number"], row["payer"]): row["day"]
        for row in taken.sort("day").iter_rows(named=True)
        if (row["claim"], row["payer"]) not in answered
    }
    times = silence.normal_times(organization, today)
    keys = {name: key for key, name in ids.items()}
    normal = {payer: unanswered.normal_time(times.get(keys[payer], {}), "unknown", "").days for _, payer in waits}
    expected = {key for key, day in waits.items() if (today - day).days > max(normal[key[1]], 45)}
    silence.watch(today)
    cases = Case.objects.filter(organization=organization, kind=NO_ANSWER).select_related("claim")
    found = {(each.control_number, ids[each.claim.payer_key]) for each in cases if each.claim}
    assert found <= set(waits)
    assert expected <= found
