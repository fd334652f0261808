"""A claim is corrected: through the doors, from the payer's denial to the claim that is ready to be sent."""

from collections.abc import Callable
from datetime import date

import pytest

from reclaim.desk import corrected, correcting, explaining
from reclaim.desk.acting import ActionError, ConflictError
from reclaim.desk.correcting import Choice
from reclaim.desk.models import Case, Correction, Receiver, Version
from reclaim.people import events, preferences
from reclaim.people.actions import NotAllowedError
from reclaim.people.models import Event, Organization, User
from reclaim.record.models import Claim
from reclaim.x12.differing import Change
from reclaim.x12.editing import Add, EditError, Put, Remove
from reclaim.x12.slices import Place
from tests.desk import conversation
from tests.desk.conversation import claims, denied, read

Member = Callable[[Organization, str], User]
NPI = Place("2310B", 1, "NM1*82", element=9)
TODAY = date(2026, 11, 23)
WRONG_NPI = ("1245319599", "1245319590")
"""The rendering provider's number with a slip of the pen: the check digit does not fit."""


@pytest.fixture
def case(organization: Organization) -> Case:
    return denied(organization, *claims("P", 1, WRONG_NPI))[0]


def started(by: User, case: Case, choice: Choice | None = None) -> Correction:
    claim = corrected.claim_of(case)
    assert claim
    return correcting.start(by, claim, case, read, choice)


def changes(correction: Correction) -> list[tuple[str, str, str]]:
    fresh = Correction.objects.select_related("claim__batch", "claim__file", "case").get(pk=correction.pk)
    found: list[Change] = list(corrected.sheet(fresh, read, TODAY).changes)
    return [(str(each.place), each.before, each.after) for each in found]


def test_a_denied_claim_is_replaced_by_the_payers_number(case: Case, biller: User) -> None:
    row = started(biller, case)
    assert (row.way, row.payer_control_number, row.rule) == ("replace", "ICN-A-1", "resubmission.replace")
    assert (row.receiver.sender, row.receiver.receiver, row.receiver.group_receiver) == (
        "ELMCLINIC",
        "HARBORHUB",
        "HARBOR",
    )
    assert [each["place"] for each in row.found if each["severity"] == "error"] == ["2310B NM1*82 09"]
    row = correcting.change(biller, row, [Put(NPI, "1245319599")], read)
    assert [each for each in row.found if each["severity"] == "error"] == []
    assert changes(row) == [
        ("2300 CLM05-3", "1", "7"),
        ("2300 REF*F8", "", "REF*F8*ICN-A-1"),
        ("2310B NM109", "1245319590", "1245319599"),
    ]
    row = correcting.ready(biller, row, read)
    assert (row.stage, row.charge, row.ready_by) == ("ready", 295, biller)


TERMS = {
    "a payer that takes replacements": ({}, "CI", "", "replace"),
    "unprocessable": ({}, "CI", "MA130", "new"),
    "a new claim is asked for": ({}, "CI", "N142", "new"),
    "void first": ({}, "CI", "N798", "void"),
    "institutional Medicare": ({"form": "I"}, "MA", "", "replace"),
    "Medicare, unprocessable": ({}, "MB", "MA130", "new"),
}


@pytest.mark.parametrize(("given", "filing", "remarks", "way"), TERMS.values(), ids=TERMS.keys())
def test_how_a_claim_goes_follows_from_what_the_payer_said(
    organization: Organization, biller: User, given: dict[str, str], filing: str, remarks: str, way: str
) -> None:
    form = given.get("form", "P")
    payer = ("******CI", f"******{filing}")
    (case,) = denied(organization, *claims(form, 1, payer), remarks=remarks)
    row = started(biller, case)
    assert (row.way, bool(row.rule)) == (way, True)
    told = {place: after for place, _, after in changes(row)}
    frequency = {"replace": "7", "void": "8", "new": None}[way]
    number = row.control_number
    assert told == ({} if way == "new" else {"2300 CLM05-3": frequency, "2300 REF*F8": f"REF*F8*ICN-{number}"})


ELSEWHERE = {
    "Medicare, professional": ("MB", "", "Medicare takes no replacement"),
    "the original is not final": ("CI", "N779", "not final"),
}


@pytest.mark.parametrize(("filing", "remarks", "said"), ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_what_does_not_go_by_a_claim_is_refused_unless_a_person_says_why(
    organization: Organization, biller: User, filing: str, remarks: str, said: str
) -> None:
    payer = ("******CI", f"******{filing}")
    (case,) = denied(organization, *claims("P", 1, payer), remarks=remarks)
    with pytest.raises(ActionError, match=said):
        started(biller, case)
    assert not Correction.objects.exists()
    row = started(biller, case, Choice("new", "The contractor asked for a new claim by phone."))
    assert (row.way, row.rule, row.reason) == ("new", "", "The contractor asked for a new claim by phone.")


def test_no_claim_is_corrected_twice_at_once(case: Case, biller: User, manager: User) -> None:
    row = started(biller, case)
    with pytest.raises(ActionError, match="corrected already"):
        started(manager, case)
    correcting.withdraw(biller, row)
    assert started(manager, case).pk != row.pk


def test_nobody_overwrites_another(case: Case, biller: User, manager: User) -> None:
    row = started(biller, case)
    seen = Correction.objects.get(pk=row.pk)
    correcting.change(biller, row, [Put(NPI, "1245319599")], read)
    with pytest.raises(ConflictError, match="in the meantime"):
        correcting.change(manager, seen, [Put(NPI, "1234567893")], read)
    assert changes(row)[-1] == ("2310B NM109", "1245319590", "1245319599")


def test_an_edit_that_cannot_be_made_changes_nothing(case: Case, biller: User) -> None:
    row = started(biller, case)
    good, bad = Put(NPI, "1245319599"), Put(NPI._replace(element=3), "O*NEIL")
    with pytest.raises(EditError, match="cannot stand in a value") as error:
        correcting.change(biller, row, [good, bad], read)
    assert [str(each.place) for each in error.value.refusals] == ["2310B NM103"]
    fresh = Correction.objects.get()
    assert (fresh.version, fresh.number, fresh.edits) == (1, 1, [])


OF_THE_WAY = (
    Put(corrected.FREQUENCY, "1"),
    Put(Place("2300", 1, "CLM", element=5), ("11", "B", "1")),
    Remove(Place("2300", 1, "REF*F8")),
    Add("2300", (("REF", "F8", "X"),)),
)


@pytest.mark.parametrize("edit", OF_THE_WAY, ids=["frequency", "whole", "number removed", "number added"])
def test_the_way_is_chosen_and_not_typed(case: Case, biller: User, edit: Put | Remove | Add) -> None:
    row = started(biller, case)
    with pytest.raises(EditError, match="How the claim goes says this"):
        correcting.change(biller, row, [edit], read)


def test_the_payers_number_may_be_typed_where_it_stands(case: Case, biller: User) -> None:
    row = correcting.change(biller, started(biller, case), [Put(corrected.NUMBER, "ICN-NEWER")], read)
    assert (row.payer_control_number, row.edits) == ("ICN-NEWER", [])
    assert changes(row)[-1] == ("2300 REF*F8", "", "REF*F8*ICN-NEWER")


def test_typing_again_in_a_place_is_one_edit_and_putting_it_back_none(case: Case, biller: User) -> None:
    row = started(biller, case)
    for typed in ("1", "12", "1245319599"):
        row = correcting.change(biller, row, [Put(NPI, typed)], read)
    assert row.edits == [{"put": NPI.key, "value": "1245319599", "was": "1245319590"}]
    row = correcting.change(biller, row, [Put(NPI, "1245319590")], read)
    assert row.edits == []


def test_what_was_added_can_be_changed_and_removed(case: Case, biller: User) -> None:
    row = started(biller, case)
    line = (
        ("LX", "3"),
        ("SV1", ("HC", "73562"), "80", "UN", "1", "", "", ("1",)),
        ("DTP", "472", "D8", "20260520"),
        ("REF", "6R", "A-3"),
    )
    row = correcting.change(biller, row, [Add("2400", line), Put(Place("2300", 1, "CLM", element=2), "375")], read)
    row = correcting.change(biller, row, [Put(Place("2400", 3, "SV1", element=1, component=3), "LT")], read)
    assert ("2300 CLM02", "295", "375") in changes(row)
    assert any("HC:73562:LT" in after for _, _, after in changes(row))
    row = correcting.change(biller, row, [Remove(Place("2400", 1, "LX"))], read)
    assert any("HC:99213:25" in before and not after for _, before, after in changes(row))
    row = correcting.change(biller, row, [Remove(Place("2400", 2, "LX"))], read)
    assert not any("73562" in before + after for _, before, after in changes(row))


def test_versions_are_kept_compared_and_gone_back_to(case: Case, biller: User, manager: User) -> None:
    row = started(biller, case)
    row = correcting.change(biller, row, [Put(NPI, "1234567893")], read, what="another number")
    row = correcting.change(manager, row, [Put(NPI, "1245319599")], read)
    first, second, third = Version.objects.order_by("number")
    assert [each.by for each in (first, second, third)] == [biller, biller, manager]
    assert second.what == "another number"
    fresh = Correction.objects.select_related("claim__batch", "claim__file").get()
    (differs,) = corrected.compared(fresh, second, third, read)
    assert (differs.before, differs.after) == ("1234567893", "1245319599")
    row = correcting.revert(biller, row, 2, read)
    assert (row.number, row.edits, Version.objects.count()) == (4, second.edits, 4)
    with pytest.raises(ActionError, match="no such version"):
        correcting.revert(biller, row, 9, read)


def test_errors_block_and_say_why(case: Case, biller: User) -> None:
    row = started(biller, case)
    with pytest.raises(ActionError, match=r"rendering provider, 1245319590, is no valid NPI"):
        correcting.ready(biller, row, read)
    row = correcting.change(biller, row, [Put(NPI, "1245319599")], read)
    row = correcting.choose_way(biller, row, Choice("replace", "As advised.", "ICN-A-1"), read)
    assert correcting.ready(biller, row, read).stage == "ready"


def test_what_the_judge_would_refuse_is_never_ready(case: Case, biller: User) -> None:
    odd = Put(Place("2300", 1, "CLM", element=7), "Z")  # accepts assignment: A, B or C, which no edit looks at
    row = correcting.change(biller, started(biller, case), [Put(NPI, "1245319599"), odd], read)
    assert not [each for each in row.found if each["severity"] == "error"]
    with pytest.raises(ActionError, match="front door"):
        correcting.ready(biller, row, read)


def test_a_replacement_without_the_payers_number_waits_for_it(organization: Organization, biller: User) -> None:
    (one,) = claims("P")
    conversation.received(organization, conversation.file_of(one))
    claim = Claim.objects.get()
    row = correcting.start(biller, claim, None, read, Choice("replace", "They have it, they said."))
    assert changes(row) == [("2300 CLM05-3", "1", "7")]
    with pytest.raises(ActionError, match="does not say which claim it is for"):
        correcting.ready(biller, row, read)
    row = correcting.change(biller, row, [Put(corrected.NUMBER, "ICN9")], read)
    assert correcting.ready(biller, row, read).stage == "ready"


def test_above_an_amount_a_second_person_looks(case: Case, biller: User, manager: User) -> None:
    preferences.choose(manager, case.organization, "second_look", "294.99")
    row = correcting.change(biller, started(biller, case), [Put(NPI, "1245319599")], read)
    row = correcting.ready(biller, row, read)
    assert row.stage == "approval"
    with pytest.raises(ActionError, match="second person"):
        correcting.approve(biller, row)
    row = correcting.send_back(manager, row, "Which number did Dr. Fair have then?")
    assert (row.stage, row.trouble) == ("draft", "Which number did Dr. Fair have then?")
    row = correcting.approve(manager, correcting.ready(biller, row, read))
    assert (row.stage, row.approved_by, row.trouble) == ("ready", manager, "")


def test_what_is_ready_can_be_held_and_taken_up_again(case: Case, biller: User) -> None:
    row = correcting.change(biller, started(biller, case), [Put(NPI, "1245319599")], read)
    row = correcting.hold(biller, correcting.ready(biller, row, read))
    with pytest.raises(ActionError, match="'held'"):
        correcting.change(biller, row, [Put(NPI, "1234567893")], read)
    row = correcting.reopen(biller, correcting.release(biller, row))
    assert (row.stage, row.ready_by) == ("draft", None)


MAY = {"biller": True, "coder": True, "front_desk": True, "manager": True, "auditor": False, "administrator": False}


@pytest.mark.parametrize(("role", "allowed"), MAY.items())
def test_who_works_cases_corrects_claims(case: Case, member: Member, role: str, *, allowed: bool) -> None:
    user = member(case.organization, role)
    if allowed:
        assert started(user, case).made_by == user
        return
    with pytest.raises(NotAllowedError):
        started(user, case)
    assert Event.objects.latest("pk").detail["tried"] == "started_correction"


def test_the_second_look_is_for_who_sends(case: Case, member: Member, biller: User, manager: User) -> None:
    preferences.choose(manager, case.organization, "second_look", "1")
    row = correcting.change(biller, started(biller, case), [Put(NPI, "1245319599")], read)
    row = correcting.ready(biller, row, read)
    with pytest.raises(NotAllowedError):
        correcting.approve(member(case.organization, "coder"), row)


def test_nobody_of_another_house_touches_it(case: Case, biller: User, outsider: User) -> None:
    claim = corrected.claim_of(case)
    assert claim
    with pytest.raises(NotAllowedError):
        correcting.start(outsider, claim, case, read)
    row = started(biller, case)
    with pytest.raises(NotAllowedError):
        correcting.change(outsider, row, [Put(NPI, "1234567893")], read)
    with pytest.raises(NotAllowedError):
        correcting.revert(outsider, row, 1, read)
    with pytest.raises(NotAllowedError):
        correcting.ready(outsider, row, read)
    with pytest.raises(NotAllowedError):
        correcting.withdraw(outsider, row)
    assert Correction.objects.get().version == 1


def test_no_patient_data_reaches_events(case: Case, biller: User) -> None:
    row = started(biller, case)
    name = Place("2010BA", 1, "NM1*IL", element=3)
    row = correcting.change(biller, row, [Put(name, "LANTERN"), Put(NPI, "1245319599")], read)
    correcting.ready(biller, row, read)
    assert "LANTERN" in str(Correction.objects.values())
    told = str(list(Event.objects.values()))
    assert not [each for each in ("LANTERN", "DOE", "JANE", "1245319599") if each in told]
    assert not events.verify(case.organization)


def test_receivers_are_learned_once_and_told_apart(case: Case, biller: User, organization: Organization) -> None:
    started(biller, case)
    other = conversation.SENT._replace(control=42, group_receiver="TIDE")
    (two,) = claims("P", 1, ("A-1*295", "B-1*295"))
    conversation.received(organization, conversation.file_of(two, envelope=other), "b.837")
    claim = Claim.objects.get(control_number="B-1")
    row = correcting.start(biller, claim, None, read, Choice("new", "It was never taken."))
    assert Receiver.objects.count() == 2
    assert row.receiver.group_receiver == "TIDE"


def test_what_is_wrong_is_suggested_as_a_difference_and_applied_with_one_edit(
    organization: Organization, biller: User
) -> None:
    """The payer corrects the insured's number (NM1*74): that is what is to be put on the claim."""
    (one,) = claims("P")
    conversation.received(organization, conversation.file_of(one))
    answer = conversation.denial(one).replace(b"CAS*CO*16", b"CAS*CO*31").replace(b"LQ*HE*N290~", b"")
    answer = answer.replace(b"*11*1~SVC", b"*11*1~NM1*QC*1*DOE*JANE****MI*W12345678~NM1*74*1******C*W12345679~SVC")
    conversation.received(organization, answer, "31.835")
    (case,) = Case.objects.all()
    started(biller, case)
    row = Correction.objects.select_related("claim__batch", "claim__file", "case").get()
    found = explaining.suggested(row, read, TODAY)
    assert found.explained
    first = found.suggestions[0]
    assert [(str(each.place), each.before, each.after) for each in first.changes] == [
        ("2010BA NM109", "W12345678", "W12345679")
    ]
    assert Correction.objects.get().edits == []
    row = correcting.change(biller, row, [first.edit], read, what="suggested")
    assert changes(row)[0] == ("2010BA NM109", "W12345678", "W12345679")


def test_a_claim_that_never_got_in_goes_as_a_new_one(organization: Organization, case: Case, biller: User) -> None:
    """A rejection has a case of its own, which names the claim in the place of an answer."""
    (two,) = claims("P", 1, ("A-1*295", "B-1*295"))
    conversation.received(organization, conversation.file_of(two, envelope=conversation.SENT._replace(control=42)), "b")
    claim = Claim.objects.get(control_number="B-1")
    Case.objects.filter(pk=case.pk).update(
        kind="rejected", claim=claim, key="B-1", first=None, denial=None, latest=None, days="filing:2026-08-20"
    )
    row = started(biller, Case.objects.get())
    assert (row.claim, row.way, row.rule) == (claim, "new", "resubmission.never_adjudicated")
    fresh = Correction.objects.select_related("claim__batch", "claim__file", "case").get()
    assert explaining.suggested(fresh, read, TODAY).explained is None
