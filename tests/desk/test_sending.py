"""Batches: from corrections that are ready to the file at its receiver and the claims in the record."""

import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as property_settings
from hypothesis import strategies as st

from reclaim import dispatch, exchange, reception
from reclaim.desk import corrected, correcting, routing, sending
from reclaim.desk.acting import ActionError
from reclaim.desk.correcting import Choice
from reclaim.desk.models import Batch, Case, Control, Correction, Receiver, Sent, Stage
from reclaim.people import events
from reclaim.people.actions import NotAllowedError
from reclaim.people.models import Event, Organization, User
from reclaim.record.connections.models import Connection, Outgoing
from reclaim.record.models import Claim, File, Interchange, Standing
from reclaim.x12 import judge
from reclaim.x12.differing import difference
from reclaim.x12.editing import Put, correct
from reclaim.x12.slices import Place, Slice, slices
from reclaim.x12.writing import Envelope
from tests.desk.conversation import claims, denied, read

Member = Callable[[Organization, str], User]
NPI = Place("2310B", 1, "NM1*82", element=9)
NAME = Place("2010BA", 1, "NM1*IL", element=4)


def prepared(by: User, cases: list[Case], *edits: Put) -> list[Correction]:
    """Corrections of the claims of some cases, ready to be sent."""
    rows = []
    for case in cases:
        claim = corrected.claim_of(case)
        assert claim
        row = correcting.start(by, claim, case, read)
        row = correcting.change(by, row, [Put(NPI, "1234567893"), *edits], read)
        rows.append(correcting.ready(by, row, read))
    return rows


@pytest.fixture
def ready(organization: Organization, biller: User) -> list[Correction]:
    return prepared(biller, denied(organization, *claims("P", 3)))


def bytes_of(batch: Batch) -> bytes:
    with dispatch.opened(batch) as stream:
        return stream.read()


def inside(data: bytes) -> dict[str, Slice]:
    return {each.value("2300", "CLM", 1): each for each in slices(data)}


def sent(by: User, organization: Organization) -> Batch:
    """Everything that is ready, written and handed over."""
    (batch,) = dispatch.send(by, organization)
    dispatch.carry_on(organization)
    return dispatch.hand_over(by, Batch.objects.get(pk=batch.pk))


@pytest.mark.usefixtures("ready")
def test_what_is_ready_leaves_as_one_valid_interchange_and_the_record_knows_it(
    organization: Organization, biller: User
) -> None:
    before = File.objects.count(), Claim.objects.count()
    (batch,) = dispatch.send(biller, organization)
    assert (batch.stage, batch.count, batch.charge, batch.control) == ("building", 3, 885, sending.FIRST)
    dispatch.carry_on(organization)
    batch.refresh_from_db()
    assert (batch.stage, batch.trouble, batch.file) == ("written", "", None)
    data = bytes_of(batch)
    assert judge.objections(data, "837P") == []
    assert data.startswith(b"ISA*00*          *00*          *ZZ*ELMCLINIC      *ZZ*HARBORHUB      *")
    assert b"*500000001*0*P*:~GS*HC*ELMCLINIC*HARBOR*" in data
    assert before == (File.objects.count(), Claim.objects.count())  # what has not left is in no record
    batch = dispatch.hand_over(biller, batch)
    assert (batch.stage, batch.sent_by, batch.file and batch.file.origin) == ("sent", biller, "sent")
    assert File.objects.count() == before[0] + 1
    assert Claim.objects.count() == before[1] + 3
    for row in Correction.objects.select_related("result", "claim"):
        assert row.result
        assert (row.stage, row.result.control_number) == ("sent", row.control_number)
        assert (row.result.frequency, row.result.payer_control_number) == ("7", f"ICN-{row.control_number}")
        assert row.result.original_id == row.claim_id
    assert {case.stage for case in Case.objects.all()} == {Stage.SENT}
    assert {each.way for each in Sent.objects.all()} == {"edi"}
    assert not events.verify(organization)


def test_what_was_sent_differs_in_exactly_the_intended_places(
    organization: Organization, biller: User, ready: list[Correction]
) -> None:
    batch = sent(biller, organization)
    claims_sent = inside(bytes_of(batch))
    for row in ready:
        original = corrected.as_sent(Claim.objects.select_related("batch", "file").get(pk=row.claim_id), read)
        told = [(str(each.place), each.after) for each in difference(original, claims_sent[row.control_number])]
        number = f"REF*F8*ICN-{row.control_number}"
        assert told == [("2300 CLM05-3", "7"), ("2300 REF*F8", number), ("2310B NM109", "1234567893")]


@property_settings(
    deadline=None, max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    st.dictionaries(st.sampled_from(["street", "city", "first", "note"]), st.text("ABCDEFG", min_size=2, max_size=9))
)
def test_any_correction_differs_in_exactly_the_intended_places(
    organization: Organization, biller: User, typed: dict[str, str]
) -> None:
    """Byte for byte: every other segment is the one that was sent."""
    places = {
        "street": Place("2010BA", 1, "N3", element=1),
        "city": Place("2010BA", 1, "N4", element=1),
        "first": NAME,
        "note": Place("2300", 1, "NTE*ADD", element=2),
    }
    case = Case.objects.first() or denied(organization, *claims("P"))[0]
    claim = corrected.claim_of(case)
    assert claim
    row = correcting.start(biller, claim, case, read, Choice("new", "They ask for it."))
    try:
        row = correcting.change(biller, row, [Put(places[name], text) for name, text in typed.items()], read)
        (loaded, out) = sending.load([row], read)
        assert not out
        data = sending.judge(loaded, sending.trial_of(row.receiver))
        assert data.written
        original = corrected.as_sent(claim, read)
        (now,) = slices(data.written.data)
        said = {place.key: text for place, text in ((places[name], text) for name, text in typed.items())}
        changed = difference(original, now)
        assert {each.place.whole.key for each in changed} == {places[name].whole.key for name in typed}
        assert all(each.after.removeprefix("NTE*ADD*") in said.values() for each in changed)
        kept = {each.raw.strip() for each in original.segments} & {each.raw.strip() for each in now.segments}
        touched = [each for each in original.segments if each.place().key in {places[name].whole.key for name in typed}]
        assert len(
            [each for each in original.segments if each.raw.strip() not in kept and each.tag not in ("ST", "BHT", "HL")]
        ) == len(touched)
    finally:
        Correction.objects.filter(pk=row.pk).update(stage="withdrawn")


def test_numbers_never_repeat(organization: Organization, biller: User, ready: list[Correction]) -> None:
    (first,) = dispatch.send(biller, organization, [ready[0].pk])
    sending.disband(biller, first)
    Interchange.objects.create(
        organization=organization,
        file=File.objects.all()[0],
        sender="ELMCLINIC",
        receiver="X",
        control_number="500000002",
    )
    (second,) = dispatch.send(biller, organization, [ready[1].pk])
    assert (first.control, second.control, Control.objects.get().next) == (500_000_001, 500_000_003, 500_000_004)


def test_claims_go_apart_by_receiver_and_kind(
    organization: Organization, biller: User, ready: list[Correction]
) -> None:
    other = Receiver.objects.create(
        organization=organization, name="Tide", sender_qualifier="ZZ", sender="ELMCLINIC", receiver_qualifier="ZZ",
        receiver="TIDE", group_sender="E", group_receiver="T", production=True,
    )  # fmt: skip
    Correction.objects.filter(pk=ready[2].pk).update(receiver=other)
    batches = dispatch.send(biller, organization)
    assert sorted((each.receiver.receiver, each.count) for each in batches) == [("HARBORHUB", 2), ("TIDE", 1)]
    assert dispatch.send(biller, organization) == []


def test_a_claim_that_the_judge_refuses_is_taken_out_and_the_others_go(
    organization: Organization, biller: User, ready: list[Correction]
) -> None:
    """As after an upgrade of the judge: what was ready is refused when the batch is written."""
    bad = ready[1]
    edits = [*bad.edits, {"put": "2300 CLM 07", "value": "Z", "was": "A"}]
    Correction.objects.filter(pk=bad.pk).update(edits=edits)
    batch = sent(biller, organization)
    assert (batch.count, batch.taken_out) == (2, 1)
    assert sorted(inside(bytes_of(batch))) == ["A-1", "A-3"]
    bad = Correction.objects.get(pk=bad.pk)
    assert (bad.stage, bad.batch, bad.position) == ("draft", None, None)
    assert "(Z) is not a valid code" in bad.trouble
    assert "CLM07" in bad.trouble
    results = {
        row.control_number: row.result for row in Correction.objects.filter(stage="sent").select_related("result")
    }
    assert {number: row and row.control_number for number, row in results.items()} == {"A-1": "A-1", "A-3": "A-3"}


def test_a_claim_with_something_missing_at_its_end_is_blamed_and_not_the_next(
    organization: Organization, biller: User, ready: list[Correction]
) -> None:
    edits = [*ready[0].edits, {"remove": "2400.2 DTP*472", "was": ""}]
    Correction.objects.filter(pk=ready[0].pk).update(edits=edits)
    batch = sent(biller, organization)
    assert sorted(inside(bytes_of(batch))) == ["A-2", "A-3"]


def test_a_batch_of_which_nothing_is_left_is_taken_apart(
    organization: Organization, biller: User, ready: list[Correction]
) -> None:
    for row in ready:
        edits = [*row.edits, {"put": "2300 CLM 07", "value": "Z", "was": "A"}]
        Correction.objects.filter(pk=row.pk).update(edits=edits)
    dispatch.send(biller, organization)
    dispatch.carry_on(organization)
    batch = Batch.objects.get()
    assert (batch.stage, batch.count, batch.sha256) == ("disbanded", 0, "")
    assert set(Correction.objects.values_list("stage", flat=True)) == {"draft"}


def test_no_value_of_a_claim_reaches_a_log(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    (one,) = claims("P")
    odd = correct(one, [Put(Place("2010BA", 1, "NM1*IL", element=8), "LANTERN")])
    envelope = Envelope("A1", "B1", timezone.localtime(), 1, production=True)
    with caplog.at_level(logging.DEBUG):
        assert "LANTERN" in sending.refusal(odd, envelope)
    assert "LANTERN" not in caplog.text
    assert "LANTERN" not in "".join(capfd.readouterr())


# --- held, by hand, by a connection, as a test ------------------------------------------------------------------------


@pytest.mark.usefixtures("ready")
def test_a_held_batch_stays_until_it_is_released(organization: Organization, biller: User) -> None:
    (batch,) = dispatch.send(biller, organization)
    sending.hold(biller, batch)
    dispatch.carry_on(organization)
    with pytest.raises(ActionError, match="held"):
        dispatch.hand_over(biller, batch)
    sending.release(biller, batch)
    assert dispatch.hand_over(biller, batch).stage == "sent"
    with pytest.raises(ActionError, match="sent before"):
        dispatch.hand_over(biller, batch)
    with pytest.raises(ActionError, match="on its way"):
        sending.disband(biller, batch)


@pytest.mark.usefixtures("ready")
def test_a_batch_that_never_left_is_taken_apart_and_its_claims_are_ready_again(
    organization: Organization, biller: User
) -> None:
    (batch,) = dispatch.send(biller, organization)
    dispatch.carry_on(organization)
    sending.disband(biller, batch)
    assert not Correction.objects.exclude(stage="ready", batch=None).exists()
    (again,) = dispatch.send(biller, organization)
    assert again.control == batch.control + 1


@pytest.fixture
def folder(organization: Organization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder into which everything goes by itself."""
    out = tmp_path / "out"
    out.mkdir()
    monkeypatch.setattr(settings, "FOLDERS", (tmp_path,))
    Connection.objects.create(
        organization=organization, name="Hub", kind="folder", folder_out=str(out), due_at=timezone.now()
    )
    return out


def test_a_connection_takes_a_batch_once_and_what_left_is_sent(
    organization: Organization, biller: User, manager: User, ready: list[Correction], folder: Path
) -> None:
    routing.configure(manager, ready[0].receiver, name="The hub", production=True, connection=Connection.objects.get())
    (batch,) = dispatch.send(biller, organization)
    for _ in range(2):
        dispatch.carry_on(organization)
    batch.refresh_from_db()
    assert (batch.stage, Outgoing.objects.count()) == ("written", 1)
    with pytest.raises(ActionError, match="on its way"):
        sending.hold(biller, batch)
    exchange.visit_due(timezone.now() + timedelta(minutes=1))
    dispatch.carry_on(organization)
    dispatch.carry_on(organization)
    batch.refresh_from_db()
    assert (batch.stage, batch.sent_by) == ("sent", None)
    (there,) = folder.iterdir()
    assert there.name == f"837P_{batch.made_at:%Y%m%d}_500000001.txt"
    assert there.read_bytes() == bytes_of(batch)
    assert set(Correction.objects.values_list("stage", flat=True)) == {"sent"}


def test_a_connection_that_sends_nowhere_says_so(
    organization: Organization, manager: User, ready: list[Correction]
) -> None:
    nowhere = Connection.objects.create(organization=organization, name="In", kind="folder", folder_in="/x")
    with pytest.raises(ActionError, match="no folder to send into"):
        routing.configure(manager, ready[0].receiver, name="Hub", production=True, connection=nowhere)


def test_a_test_says_so_leaves_the_case_alone_and_can_go_again(
    organization: Organization, biller: User, manager: User, ready: list[Correction]
) -> None:
    routing.configure(manager, ready[0].receiver, name="Hub", production=False, connection=None)
    batch = sent(biller, organization)
    assert b"*500000001*0*T*:~" in bytes_of(batch)
    assert dispatch.name_of(batch).endswith("_test.txt")
    assert not Sent.objects.exists()
    assert Claim.objects.filter(test=True).count() == 3
    routing.configure(manager, ready[0].receiver, name="Hub", production=True, connection=None)
    row = correcting.reopen(biller, Correction.objects.get(pk=ready[0].pk))
    row = correcting.ready(biller, row, read)
    again = sent(biller, organization)
    assert (again.production, again.count) == (True, 1)
    with pytest.raises(ActionError, match="with the payer"):
        correcting.reopen(biller, Correction.objects.get(pk=row.pk))


# --- what came back ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("standing", "stage", "whole"),
    [
        (Standing.RECEIVED, "sent", "acknowledged"),
        (Standing.ACCEPTED, "acknowledged", "acknowledged"),
        (Standing.REJECTED, "rejected", "rejected"),
        (Standing.ANSWERED, "answered", "acknowledged"),
    ],
)
@pytest.mark.usefixtures("ready")
def test_corrections_stand_where_their_claims_do(
    organization: Organization, biller: User, standing: str, stage: str, whole: str
) -> None:
    batch = sent(biller, organization)
    Claim.objects.filter(file=batch.file).update(standing=standing)
    dispatch.carry_on(organization)
    batch.refresh_from_db()
    assert batch.stage == whole
    assert set(Correction.objects.values_list("stage", flat=True)) == {stage}


def test_a_rejected_correction_is_corrected_further(
    organization: Organization, biller: User, ready: list[Correction]
) -> None:
    batch = sent(biller, organization)
    Claim.objects.filter(file=batch.file).update(standing=Standing.REJECTED)
    dispatch.carry_on(organization)
    row = correcting.reopen(biller, Correction.objects.get(pk=ready[0].pk))
    row = correcting.ready(biller, correcting.change(biller, row, [Put(NAME, "JANET")], read), read)
    again = sent(biller, organization)
    (one,) = inside(bytes_of(again)).values()
    assert (one.get(NAME), one.value("2300", "CLM", 5, 3)) == ("JANET", "7")


# --- who may ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["coder", "front_desk", "finance", "auditor", "administrator"])
@pytest.mark.usefixtures("ready")
def test_who_may_not_send_sends_nothing(organization: Organization, member: Member, role: str) -> None:
    user = member(organization, role)
    with pytest.raises(NotAllowedError):
        dispatch.send(user, organization)
    assert not Batch.objects.exists()
    assert Event.objects.latest("pk").detail["tried"] == "made_batch"


@pytest.mark.usefixtures("ready")
def test_nobody_of_another_house_sends_or_holds(organization: Organization, biller: User, outsider: User) -> None:
    with pytest.raises(NotAllowedError):
        dispatch.send(outsider, organization)
    (batch,) = dispatch.send(biller, organization)
    for act in (sending.hold, sending.disband, sending.release, dispatch.hand_over):
        with pytest.raises(NotAllowedError):
            act(outsider, batch)
    assert dispatch.send(outsider, outsider.memberships.get().organization) == []


@pytest.mark.usefixtures("ready")
def test_gathering_many_asks_little_of_the_database(organization: Organization, biller: User) -> None:
    with CaptureQueriesContext(database) as few:
        dispatch.send(biller, organization)
    assert len(few) < 40


@pytest.mark.usefixtures("ready")
def test_bytes_of_a_batch_outlive_the_cleaning(
    organization: Organization, biller: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    dispatch.send(biller, organization)
    dispatch.carry_on(organization)
    batch = Batch.objects.get()
    monkeypatch.setattr("reclaim.record.files.GRACE", 0.0)
    reception.clear()
    assert bytes_of(batch)
