"""Programs read what payers take, and managers' programs say it."""

from typing import TYPE_CHECKING

from reclaim.people.models import User
from tests.desk.conversation import claims, denied

if TYPE_CHECKING:
    from reclaim.people.models import Organization
    from tests.api.programs import Program


def test_terms_are_listed_and_said(
    organization: "Organization", biller: User, manager: User, program: "Program"
) -> None:
    denied(organization, *claims("P", 1))
    caller = program(manager)
    (payer,) = caller.get("payers").json()["payers"]
    assert set(payer["terms"].values()) == {None, ""}
    at, body = f"payers/{payer['id']}/actions/set_terms", {"void": True, "replacement": False, "source": "Contract, 4"}
    assert caller.post(at, body).json()["terms"] == {**payer["terms"], **body}
    assert caller.get("payers").json()["payers"][0]["terms"]["source"] == "Contract, 4"
    assert program(biller).post(at, body).status_code == 403
    assert caller.post("payers/999999/actions/set_terms", body).status_code == 404
    assert caller.post(at, {"correction_days": 0, "source": "x"}).status_code == 422
    assert caller.post(at, {"void": True}).json()["detail"].startswith("Say where")
    assert caller.post(at, {"unknown": 1}).status_code == 422
