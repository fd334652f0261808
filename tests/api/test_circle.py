"""The full circle by programs alone: a denial comes in, its claim is corrected and sent, and what comes back ends it.

Every file goes the ordinary way: those of the payer through the inbox, ours as the bytes that the API hands out.
"""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.test import TestCase
from django.utils import timezone

from reclaim import dispatch
from reclaim.desk.models import REJECTED, Batch, Case, Correction, Stage, State
from reclaim.people import events
from reclaim.people.models import Organization, User
from reclaim.record.models import Claim, File, Standing
from reclaim.x12.slices import Slice, slices
from tests.api.programs import program_of
from tests.desk import acknowledging, conversation
from tests.desk.remitting import Paid, in_full, refused, remittance

NPI = "2310B NM1*82 09"
WRONG = ("1245319599", "1245319590")
IN_FULL = (in_full("11.37"), in_full())
"""All but a contractual part: 283.63 of 295 dollars."""


class Office:
    """A program of the office that works one denial, and the payer that answers it."""

    def __init__(self, organization: Organization, user: User, count: int = 1, *, denied: bool = True) -> None:
        self.organization, self.caller, self.trace = organization, program_of(user), 9000
        self.today = timezone.localdate()
        self.claims = conversation.claims("P", count, WRONG)
        self.drop(conversation.file_of(*self.claims), "claims.837")
        for each in self.claims if denied else ():
            self.drop(conversation.denial(each), "denied.835")

    def drop(self, data: bytes, name: str) -> None:
        """A file comes in by the ordinary door."""
        stream = BytesIO(data)
        stream.name = name
        with TestCase.captureOnCommitCallbacks(execute=True):
            answer = self.caller.send("files", file=stream)
        assert answer.status_code == 201, answer.json()
        File.objects.get(pk=answer.json()["files"][0]["id"], state="read")
        dispatch.carry_on(self.organization)  # as the job of the clock, at the latest a minute later

    def correct(self, number: str = "A-1", npi: str = "1245319599", **start: str) -> dict[str, Any]:
        """The claim of a case is corrected and made ready."""
        case = Case.objects.get(organization=self.organization, control_number=number, kind="denied")
        row = self.done("corrections/actions/start", {"case": case.pk, **start})
        at = f"corrections/{row['id']}/actions"
        edits = [{"put": NPI, "value": npi}]
        row = self.done(f"{at}/change", {"version": row["version"], "edits": edits})
        return self.done(f"{at}/ready", {"version": row["version"]})

    def sends(self) -> tuple[int, dict[str, Slice]]:
        """All that is ready leaves: the number of the interchange, and the claims that a receiver finds in it."""
        (batch,) = self.done("batches/actions/send", {})["batches"]
        dispatch.carry_on(self.organization)
        data = b"".join(self.caller.get(f"batches/{batch['id']}/file").streaming_content)
        self.done(f"batches/{batch['id']}/actions/hand_over", {})
        return batch["control"], {each.value("2300", "CLM", 1): each for each in slices(data)}

    def done(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """A POST that is taken."""
        answer = self.caller.post(path, body)
        assert answer.status_code == 200, answer.json()
        told: dict[str, Any] = answer.json()
        return told

    def says(self, number: int, verdict: str = "A", fault: str = "") -> None:
        """The receiver acknowledges an interchange (999)."""
        self.trace += 1
        self.drop(acknowledging.functional(number, verdict, fault, f"{self.today:%Y%m%d}", self.trace), "a.999")

    def tells(self, number: int, *said: tuple[str, str]) -> None:
        """The payer acknowledges claims of an interchange (277CA)."""
        self.trace += 1
        batch = f"{number:09}0001"
        self.drop(acknowledging.claims(said, f"{self.today:%Y%m%d}", self.trace, batch), "a.277")

    def pays(
        self, claim: Slice, *lines: Paid, number: str = "ICN-NEW", back: bool = False, day: date | None = None
    ) -> None:
        """The payer decides (835)."""
        self.trace += 1
        made = remittance(claim, lines, number, day or self.today, trace=self.trace, back=back)
        self.drop(made, "paid.835")

    @property
    def case(self) -> Case:
        """The case of the first denial."""
        return Case.objects.get(organization=self.organization, control_number="A-1", kind__in=KINDS)


KINDS = ("denied", "denied_in_part", "takeback")


@pytest.fixture
def office(organization: Organization, biller: User) -> Office:
    return Office(organization, biller)


def stage(number: str = "A-1") -> str:
    return Correction.objects.filter(control_number=number).latest("pk").stage


# --- round -----------------------------------------------------------------------------------------------------------


def test_from_the_denial_to_the_money(office: Office) -> None:
    assert (office.case.state, office.case.denied) == (State.OPEN, Decimal(295))
    office.correct()
    number, sent = office.sends()
    assert (office.case.stage, stage(), Batch.objects.get().stage) == (Stage.SENT, "sent", "sent")
    office.says(number)
    claim = Claim.objects.get(frequency="7")
    assert (claim.standing, stage(), Batch.objects.get().stage) == (Standing.RECEIVED, "sent", "acknowledged")
    office.tells(number, ("A-1", "A2:20:PR"))
    claim.refresh_from_db()
    assert (claim.standing, claim.given_number, stage()) == (Standing.ACCEPTED, "ICN-A-1", "acknowledged")
    assert (office.case.state, office.case.stage) == (State.OPEN, Stage.SENT)
    office.pays(sent["A-1"], *IN_FULL)
    claim.refresh_from_db()
    assert (claim.standing, stage()) == (Standing.ANSWERED, "answered")
    assert Case.objects.count() == 1
    assert (office.case.state, office.case.recovered) == (State.RECOVERED, Decimal("283.63"))
    assert office.case.resolved == office.today
    assert not events.verify(office.organization)


def test_a_denial_that_is_paid_tomorrow_stays_with_the_claim_that_it_answers(
    organization: Organization, biller: User
) -> None:
    """Payments are dated ahead: the claim was corrected and sent before the day of the denial."""
    office = Office(organization, biller, denied=False)
    claim, ahead = Claim.objects.get(), office.today + timedelta(days=2)
    office.pays(office.claims[0], refused("CO*16"), refused("CO*16"), number="ICN-A-1", day=ahead)
    assert office.case.latest.claim_id == claim.pk  # type: ignore[union-attr]
    office.correct(way="new", why="They want a new one.")
    number, sent = office.sends()
    assert stage() == "sent"
    assert office.case.latest.claim_id == claim.pk  # type: ignore[union-attr]
    office.tells(number, ("A-1", "A2:20:PR"))
    office.pays(sent["A-1"], *IN_FULL, day=ahead + timedelta(days=9))
    assert (office.case.state, office.case.recovered, stage()) == (State.RECOVERED, Decimal("283.63"), "answered")


Step = Callable[[Office, int, dict[str, Slice]], None]


@pytest.mark.parametrize(
    ("step", "state", "recovered", "kind"),
    [
        (lambda it, _, sent: it.pays(sent["A-1"], in_full("11.37"), refused()), State.OPEN, "108.63", "denied_in_part"),
        (lambda it, _, sent: it.pays(sent["A-1"], refused(), refused()), State.OPEN, "0.00", "denied"),
        (lambda it, _, sent: it.pays(sent["A-1"], *[refused("PR*1")] * 2), State.PATIENT, "0.00", "denied"),
    ],
    ids=["paid in part", "denied again", "to the patient"],
)
def test_what_a_payer_may_answer(office: Office, step: Step, state: State, recovered: str, kind: str) -> None:
    office.correct()
    number, sent = office.sends()
    office.says(number)
    office.tells(number, ("A-1", "A2:20:PR"))
    step(office, number, sent)
    assert (office.case.state, office.case.recovered, office.case.kind) == (state, Decimal(recovered), kind)
    assert (stage(), Case.objects.count()) == ("answered", 1)
    if state == State.OPEN:
        assert office.case.redenied
        assert office.case.stage in (Stage.NEW, Stage.WORKING)  # no longer with the payer


def test_denied_again_is_corrected_again(office: Office) -> None:
    office.correct()
    _, sent = office.sends()
    office.pays(sent["A-1"], refused(), refused())
    office.correct(npi="1234567893")
    _, sent = office.sends()
    assert sent["A-1"].value("2300", "REF*F8", 2) == "ICN-NEW"
    office.pays(sent["A-1"], *IN_FULL, number="ICN-THREE")
    assert (office.case.state, office.case.recovered) == (State.RECOVERED, Decimal("283.63"))
    assert list(Correction.objects.order_by("pk").values_list("stage", flat=True)) == ["answered", "answered"]


def test_what_was_paid_is_taken_back(office: Office) -> None:
    office.correct()
    _, sent = office.sends()
    office.pays(sent["A-1"], *IN_FULL)
    office.pays(sent["A-1"], *IN_FULL, back=True)
    assert (office.case.state, office.case.kind, office.case.recovered) == (State.OPEN, "takeback", Decimal(0))
    assert stage() == "answered"


# --- turned back ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("refuse", ["999", "277CA"])
def test_what_is_turned_back_is_on_the_desk_at_once_and_goes_again(office: Office, refuse: str) -> None:
    office.correct()
    number, _ = office.sends()
    if refuse == "999":
        office.says(number, "R")
    else:
        office.says(number)
        office.tells(number, ("A-1", "A7:562:85"))
    assert stage() == "rejected"
    assert Batch.objects.get().stage == ("rejected" if refuse == "999" else "acknowledged")
    back = Case.objects.get(kind=REJECTED)
    assert (back.state, back.stage, back.claim and back.claim.frequency) == (State.OPEN, Stage.NEW, "7")
    row = Correction.objects.get()
    again = office.done(f"corrections/{row.pk}/actions/reopen", {"version": row.version})
    office.done(f"corrections/{row.pk}/actions/ready", {"version": again["version"]})
    number, sent = office.sends()
    back.refresh_from_db()
    assert (back.state, back.stage) == (State.OPEN, Stage.SENT)
    office.says(number)
    office.tells(number, ("A-1", "A2:20:PR"))
    back.refresh_from_db()
    assert (back.state, stage()) == (State.ANSWERED, "acknowledged")
    office.pays(sent["A-1"], *IN_FULL)
    assert (office.case.state, office.case.recovered, stage()) == (State.RECOVERED, Decimal("283.63"), "answered")


def test_one_of_two_claims_is_turned_back(organization: Organization, biller: User) -> None:
    office = Office(organization, biller, 2)
    office.correct("A-1")
    office.correct("A-2")
    number, sent = office.sends()
    office.says(number)
    office.tells(number, ("A-1", "A2:20:PR"), ("A-2", "A7:562:85"))
    assert (stage("A-1"), stage("A-2"), Batch.objects.get().stage) == ("acknowledged", "rejected", "acknowledged")
    assert Case.objects.get(kind=REJECTED).control_number == "A-2"
    office.pays(sent["A-1"], *IN_FULL)
    assert {case.control_number: case.state for case in Case.objects.exclude(kind=REJECTED)} == {
        "A-1": State.RECOVERED, "A-2": State.OPEN,
    }  # fmt: skip


@pytest.mark.parametrize("late", [False, True], ids=["one each", "both at the end"])
def test_a_claim_that_went_twice_is_acknowledged_twice(office: Office, late: bool) -> None:
    """Two corrections under one number, the second before the payer had taken in the first."""
    office.correct()
    first, sent = office.sends()
    if not late:
        office.tells(first, ("A-1", "A2:20:PR"))
    claim = Claim.objects.get(frequency="7")
    row = office.done("corrections/actions/start", {"claim": claim.pk, "way": "new", "why": "They lost it."})
    office.done(f"corrections/{row['id']}/actions/ready", {"version": row["version"]})
    second, _ = office.sends()
    assert second != first
    office.tells(second, ("A-1", "A2:20:PR"))
    if late:
        office.tells(first, ("A-1", "A2:20:PR"))
    assert Claim.objects.filter(standing=Standing.REJECTED).count() == 0
    office.pays(sent["A-1"], *IN_FULL)
    assert Case.objects.count() == 1
    assert (office.case.state, office.case.recovered) == (State.RECOVERED, Decimal("283.63"))
    assert not Correction.objects.filter(stage="rejected").exists()
    accepted = Claim.objects.exclude(accepted_on=None).order_by("pk").values_list("batch__interchange", flat=True)
    assert list(accepted) == [str(first), str(second)]
    assert set(Correction.objects.values_list("stage", flat=True)) == {"acknowledged", "answered"}


def test_the_other_way_round(organization: Organization, biller: User) -> None:
    """The payment comes before any acknowledgment."""
    office = Office(organization, biller)
    office.correct()
    number, sent = office.sends()
    office.pays(sent["A-1"], *IN_FULL)
    office.tells(number, ("A-1", "A2:20:PR"))
    office.says(number)
    assert (office.case.state, office.case.recovered, stage()) == (State.RECOVERED, Decimal("283.63"), "answered")
    assert Case.objects.count() == 1
