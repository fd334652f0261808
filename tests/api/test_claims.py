"""A claim is corrected and sent by programs: the whole way, and its walls."""

from typing import TYPE_CHECKING

import pytest

from reclaim import dispatch
from reclaim.desk.models import Batch, Case, Correction
from reclaim.people.access import Permission
from reclaim.people.models import Event, Organization, User
from reclaim.record.models import Claim
from reclaim.x12.slices import slices
from tests.desk.conversation import claims, denied

if TYPE_CHECKING:
    from tests.api.programs import Program

NPI = "2310B NM1*82 09"


@pytest.fixture
def case(organization: Organization) -> Case:
    return denied(organization, *claims("P", 1, ("1245319599", "1245319590")))[0]


def test_from_the_denial_to_the_bytes(organization: Organization, case: Case, biller: User, program: "Program") -> None:
    caller = program(biller)
    row = caller.post("corrections/actions/start", {"case": case.pk}).json()
    assert (row["way"], row["stage"], row["version"]) == ("replace", "draft", 1)
    at = f"corrections/{row['id']}"
    refused = caller.post(f"{at}/actions/ready", {"version": 1})
    assert (refused.status_code, "1245319590, is no valid NPI" in refused.json()["detail"]) == (422, True)
    body = {"version": 1, "edits": [{"put": NPI, "value": "1245319599"}]}
    row = caller.post(f"{at}/actions/change", body).json()
    assert caller.post(f"{at}/actions/change", body).status_code == 409
    whole = caller.get(at).json()
    assert {each["place"]: each["after"] for each in whole["changes"]} == {
        "2300 CLM05-3": "7", "2300 REF*F8": "REF*F8*ICN-A-1", "2310B NM109": "1245319599",
    }  # fmt: skip
    assert Event.objects.filter(verb="viewed_correction").count() == 1
    row = caller.post(f"{at}/actions/ready", {"version": row["version"]}).json()
    assert row["stage"] == "ready"
    (batch,) = caller.post("batches/actions/send", {}).json()["batches"]
    assert caller.get(f"batches/{batch['id']}/file").status_code == 422  # still being written
    dispatch.carry_on(organization)
    data = b"".join(caller.get(f"batches/{batch['id']}/file").streaming_content)
    (sent,) = slices(data)
    assert sent.value("2310B", "NM1*82", 9) == "1245319599"
    batch = caller.post(f"batches/{batch['id']}/actions/hand_over").json()
    assert (batch["stage"], batch["receiver"], batch["charge"]) == ("sent", "HARBORHUB", "295.00")
    assert caller.get("corrections?stage=sent").json()["corrections"][0]["result_id"] == Claim.objects.latest("pk").pk
    assert caller.get("batches").json()["batches"][0]["id"] == batch["id"]
    assert Event.objects.filter(verb="took_batch").count() == 1


def test_an_edit_that_cannot_be_made_says_where_and_why(case: Case, biller: User, program: "Program") -> None:
    caller = program(biller)
    row = caller.post("corrections/actions/start", {"case": case.pk}).json()
    for edit, said in (
        ({"put": "2310B NM1*82 03", "value": "A*B"}, "2310B NM103: leave out *"),
        ({"put": "nowhere", "value": "A"}, "no place on a claim"),
        ({"put": "2300 CLM 05-3", "value": "1"}, "How the claim goes says this"),
        ({"remove": "2300 CLM"}, "How the claim goes says this"),
        ({"add": "9999", "segments": [["REF"]]}, "no loop 9999"),
    ):
        answer = caller.post(f"corrections/{row['id']}/actions/change", {"version": 1, "edits": [edit]})
        assert (answer.status_code, said in answer.json()["detail"]) == (422, True), answer.json()
    assert Correction.objects.get().version == 1


def test_who_may_not(case: Case, biller: User, outsider: User, program: "Program") -> None:
    row = program(biller).post("corrections/actions/start", {"case": case.pk}).json()
    at = f"corrections/{row['id']}"
    for method, path in (("get", at), ("post", f"{at}/actions/withdraw")):
        assert (
            getattr(program(outsider), method)(path, *([{"version": 1}] if method == "post" else [])).status_code == 404
        )
    reads = program(biller, Permission.SEE_CASES)
    assert reads.get("corrections").status_code == 403
    assert reads.get(at).status_code == 403
    assert reads.post("batches/actions/send", {}).status_code == 403
    assert reads.get("batches").status_code == 200
    assert not Batch.objects.exists()
