"""Files by the API: brought in as by the Inbox, and followed."""

import io

from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from reclaim.desk.models import Case
from reclaim.people.models import Event, Organization, User
from reclaim.record.models import File
from tests.api.programs import Program
from tests.web import factory

SAMPLE = factory.SAMPLES / "20261120_harbor_mutual_ppo.835"


def test_a_file_becomes_cases_and_the_same_bytes_again_change_nothing(
    organization: Organization,
    biller: User,
    program: Program,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    caller = program(biller)
    with django_capture_on_commit_callbacks(execute=True), SAMPLE.open("rb") as file:
        answer = caller.send("files", file=file)
    assert answer.status_code == 201, answer.content
    (came,) = answer.json()["files"]
    told = caller.get(f"files/{came['id']}").json()
    assert (told["state"], told["name"], told["times"]) == ("read", SAMPLE.name, 1)
    assert (told["denied_claims"], Case.objects.filter(organization=organization).count()) == (2, 3)  # and a takeback
    with SAMPLE.open("rb") as file:
        (again,) = caller.send("files", file=file).json()["files"]
    assert (again["id"], again["times"]) == (came["id"], 2)
    assert [each["id"] for each in caller.get("files?state=read").json()["files"]] == [came["id"]]
    assert caller.get("files?state=refused").json()["files"] == []


def test_what_cannot_be_taken_says_why(
    organization: Organization, biller: User, program: Program, settings: Settings
) -> None:
    caller = program(biller)
    assert "empty" in caller.send("files", file=io.BytesIO(b"")).json()["detail"]
    assert caller.send("files", other="x").status_code == 422
    settings.UPLOAD_BYTES = 10 - 1024 * 1024
    answer = caller.send("files", file=io.BytesIO(b"ISA" * 100))
    assert (answer.status_code, answer["Content-Type"]) == (413, "application/problem+json")
    assert not File.objects.filter(organization=organization).exists()


def test_who_may_not_bring_files_in_is_refused_and_it_is_written_down(auditor: User, program: Program) -> None:
    answer = program(auditor).send("files", file=io.BytesIO(b"ISA"))
    assert answer.status_code == 403
    assert not File.objects.exists()
    event = Event.objects.latest("pk")
    assert (event.verb, event.detail["tried"]) == ("refused", "received_file")
