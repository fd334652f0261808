"""The outbox: what is ready is held, approved, sent, downloaded and handed over; and who takes it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from reclaim import dispatch
from reclaim.desk.models import Batch, Correction, Receiver
from reclaim.people.models import Event, Organization, User
from reclaim.people.preferences import SECOND_LOOK, choose
from reclaim.record.connections.models import Connection
from reclaim.record.models import File
from reclaim.x12.slices import slices
from tests.desk import conversation
from tests.desk.test_sending import prepared

SignIn = Callable[[User | None], Client]
Member = Callable[[Organization, str], User]


@pytest.fixture
def ready(organization: Organization, biller: User) -> list[Correction]:
    return prepared(biller, conversation.denied(organization, *conversation.claims("P", 3)))


def text(client: Client, path: str, **form: object) -> str:
    answer: Any = client.post(path, form, follow=True) if form else client.get(path, follow=True)
    assert answer.status_code in (200, 422), answer.status_code
    told: str = answer.content.decode()
    return told


def seen(row: Correction) -> str:
    row.refresh_from_db()
    return f"{row.pk}:{row.version}"


def test_from_ready_to_acknowledged_by_the_pages(
    organization: Organization, biller: User, client_of: SignIn, ready: list[Correction]
) -> None:
    client = client_of(biller)
    with CaptureQueriesContext(database) as queries:
        page = text(client, "/outbox")
    assert len(queries) <= 20  # with session and user
    assert "$885.00" in page
    assert "Send all that is ready (3)" in page
    page = text(client, "/outbox/send", go="1")
    assert "3 claims in 1 batch" in page
    assert "Being written" in page
    assert 'hx-get="/outbox/batches"' in page
    dispatch.carry_on(organization)
    batch = Batch.objects.get()
    page = text(client, "/outbox/batches")
    assert "Download it, take it to the receiver" in page
    assert "hx-get" not in page
    answer: Any = client.get(f"/outbox/{batch.pk}/file")
    assert len(list(slices(b"".join(answer.streaming_content)))) == len(ready)
    assert answer["Content-Disposition"].endswith(f'837P_{batch.made_at:%Y%m%d}_500000001.txt"')
    assert Event.objects.filter(verb="took_batch").count() == 1
    assert "The batch is sent" in text(client, f"/outbox/do/hand_over/{batch.pk}", go="1")
    assert "sent before" in text(client, f"/outbox/do/hand_over/{batch.pk}", go="1")
    page = text(client, f"/outbox/{batch.pk}")
    for said in ("A-1", "A-3", "Waits for its acknowledgment", "HARBORHUB", f"/inbox/{File.objects.latest('pk').pk}"):
        assert said in page, said
    assert "With the payer" in text(client, "/outbox?stage=sent")


def test_chosen_claims_are_held_released_and_sent(biller: User, client_of: SignIn, ready: list[Correction]) -> None:
    client = client_of(biller)
    assert "Choose the claims first" in text(client, "/outbox/act", do="hold")
    old = seen(ready[0])
    assert "1 claim held" in text(client, "/outbox/act", do="hold", correction=[old], stage="ready")
    assert "Somebody changed" in text(client, "/outbox/act", do="release", correction=[old], stage="held")
    assert "1 claim released" in text(client, "/outbox/act", do="release", correction=[seen(ready[0])], stage="held")
    assert "Nothing was ready" in text(client, "/outbox/act", do="send", some="1")
    assert "1 claim in 1 batch" in text(client, "/outbox/act", do="send", some="1", correction=[seen(ready[1])])
    assert Batch.objects.get().corrections.get() == ready[1]


def test_a_second_person_looks(
    organization: Organization, biller: User, manager: User, member: Member, client_of: SignIn
) -> None:
    choose(manager, organization, SECOND_LOOK, "100")
    (row,) = prepared(biller, conversation.denied(organization, *conversation.claims("P", 1)))
    assert row.stage == "approval"
    page = text(client_of(biller), "/outbox?stage=approval")
    assert "You made it ready: a second person looks at it" in page
    assert 'name="correction"' not in page
    other = client_of(member(organization, "biller"))
    assert "1 claim approved" in text(other, "/outbox/act", do="approve", correction=[seen(row)], stage="approval")
    row.refresh_from_db()
    assert row.stage == "ready"


def test_what_the_judge_stopped_says_why(
    organization: Organization, biller: User, client_of: SignIn, ready: list[Correction]
) -> None:
    bad = ready[1]
    edits = [*bad.edits, {"put": "2300 CLM 07", "value": "Z", "was": "A"}]
    Correction.objects.filter(pk=bad.pk).update(edits=edits)
    client = client_of(biller)
    text(client, "/outbox/send", go="1")
    dispatch.carry_on(organization)
    assert "1 stopped" in text(client, "/outbox")
    assert "1 claim of it was stopped" in text(client, f"/outbox/{Batch.objects.get().pk}")
    page = text(client, "/outbox?stage=draft")
    assert "Came back:" in page
    assert "(Z) is not a valid code" in page


@pytest.mark.usefixtures("ready")
def test_a_batch_is_held_released_and_taken_apart(organization: Organization, biller: User, client_of: SignIn) -> None:
    client = client_of(biller)
    text(client, "/outbox/send", go="1")
    dispatch.carry_on(organization)
    key = Batch.objects.get().pk
    text(client, f"/outbox/do/hold/{key}", go="1")
    assert "It waits until somebody releases it" in text(client, "/outbox")
    assert "held. Release it first" in text(client, f"/outbox/do/hand_over/{key}", go="1")
    text(client, f"/outbox/do/release/{key}", go="1")
    assert "ready again" in text(client, f"/outbox/do/disband/{key}", go="1")
    assert set(Correction.objects.values_list("stage", flat=True)) == {"ready"}


@pytest.mark.usefixtures("ready")
@pytest.mark.parametrize(("role", "sees"), [("coder", True), ("auditor", False), ("administrator", False)])
def test_who_may_not_send_sees_no_button(
    organization: Organization, member: Member, client_of: SignIn, role: str, sees: bool
) -> None:
    client = client_of(member(organization, role))
    page = text(client, "/outbox")
    assert ("A-1" in page) is sees
    assert "Send all" not in page
    assert client.post("/outbox/send").status_code == 403
    assert client.post("/outbox/act", {"do": "approve"}).status_code == 403
    assert not Batch.objects.exists()


def test_a_receiver_gets_a_name_and_its_first_tests(
    organization: Organization, member: Member, client_of: SignIn, ready: list[Correction]
) -> None:
    hub = Connection.objects.create(organization=organization, name="Hub", kind="folder", folder_out="/out")
    client, path = client_of(member(organization, "administrator")), f"/receivers/{ready[0].receiver_id}"
    assert "HARBORHUB" in text(client, "/receivers")
    assert "Give the receiver a name" in text(client, path, name=" ", connection="")
    assert "Saved" in text(client, path, name="Harbor clearinghouse", connection=str(hub.pk))
    receiver = Receiver.objects.get()
    assert (receiver.name, receiver.production, receiver.connection) == ("Harbor clearinghouse", False, hub)
    assert "tests only" in text(client, "/receivers")
    assert client_of(member(organization, "biller")).get(path).status_code == 403
