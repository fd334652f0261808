"""Claims as files: by the guides, as the claims say, and recognized by our own reader."""

import io
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reclaim.world import x837
from reclaim.world.envelopes import (
    PROFESSIONAL,
    REMITTANCE,
    USUAL,
    Envelope,
    Marks,
    interchange,
    marks_of,
    money,
    respelled,
    text,
    ymd,
)
from reclaim.world.model import Adjust, Claim, Coverage
from reclaim.world.payers import payers
from reclaim.x12.reading import Reading
from tests.judges import interchanges, pyx12_errors
from tests.world.worlds import (
    CLINIC,
    GROUP,
    INSURED,
    MEDIGAP,
    PATIENT,
    PAYERS,
    SENIOR,
    SENT,
    SUPPLEMENT,
    answered,
    corrected,
    habits,
    inpatient,
    line,
    medicare,
    outpatient,
    professional,
    secondary,
)

PROFESSIONALS = {
    "a visit": professional(),
    "Medicare, the supplement known": medicare(),
    "a correction": corrected(),
    "a void": corrected(frequency="8"),
    "a secondary claim": secondary(),
    "a secondary claim answered as a whole": secondary(
        prior=answered(medicare(), lines=[], adjustments=[Adjust("CO", "50", 36_050)], paid=0, remarks=["N115", "MA44"])
    ),
    "a secondary claim answered in part": secondary(
        prior=answered(medicare(), lines=answered(medicare()).lines[:1], paid=7_200)
    ),
    "Medicare second": medicare(order=2, prior=answered(professional())),
    "twelve diagnoses and more": professional(diagnoses=tuple(f"M17{number:02d}" for number in range(14))),
    "a visit in the hospital": professional(location=replace(CLINIC, place_of_service="21")),
    "a visit where the bill comes from": professional(location=replace(CLINIC, address=GROUP.address)),
}
INSTITUTIONALS = {
    "an emergency visit": outpatient(),
    "a stay": inpatient(),
    "an emergency stay": inpatient(needs_authorization=False, authorization=""),
    "a stay with thirty diagnoses": inpatient(diagnoses=tuple(f"J18{number:02d}" for number in range(30))),
    "a stay at a second payer": inpatient(
        coverage=MEDIGAP, payer=SUPPLEMENT, order=2, prior=answered(inpatient(), remarks=["N115", "MA44"])
    ),
    "a visit at a second payer": outpatient(
        coverage=MEDIGAP, payer=SUPPLEMENT, order=2, prior=answered(outpatient(), remarks=["N115", "MA44"])
    ),
    "a correction": outpatient(frequency="7", replaces="ICN77"),
}
CLAIMS = {
    **{f"professional: {name}": claim for name, claim in PROFESSIONALS.items()},
    **{f"institutional: {name}": claim for name, claim in INSTITUTIONALS.items()},
}


def written(*claims: Claim, control: int = 1) -> bytes:
    return x837.claims_file(claims, claims[0].form, SENT, control, PAYERS)


def segments(data: bytes, *starts: str) -> list[str]:
    """The segments that begin so, all when nothing is said."""
    every = data.decode().removesuffix("~").split("~")
    return [each for each in every if each.startswith(starts or ("",))]


def recognized(data: bytes) -> dict[str, int]:
    """What our reader takes the file for; it must find nothing wrong with the envelope."""
    reading = Reading(io.BytesIO(data))
    assert list(reading.parts()) == []
    assert reading.findings == []
    return reading.contents.transactions


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS.keys())
def test_a_claim_keeps_to_the_guide(claim: Claim) -> None:
    data = written(claim)
    assert pyx12_errors(data) == []
    assert recognized(data) == {f"837{claim.form}": 1}


def test_all_claims_fit_into_one_file_each_form() -> None:
    for kind, claims in (("837P", PROFESSIONALS), ("837I", INSTITUTIONALS)):
        data = written(*claims.values())
        assert pyx12_errors(data) == []
        assert recognized(data) == {kind: 1}
        assert len(segments(data, "CLM*")) == len(claims)


def test_the_judge_sees_what_is_wrong() -> None:
    data = written(professional())
    assert pyx12_errors(data.replace(b"HI*ABK:", b"HI*XXX:"))
    assert pyx12_errors(data.replace(b"*UN*1*", b"**1*"))


def test_claims_of_two_entities_stand_under_who_bills_them() -> None:
    claims = [professional(), professional(entity=outpatient().entity), professional()]
    data = written(*claims)
    assert pyx12_errors(data) == []
    assert segments(data, "HL*") == ["HL*1**20*1", "HL*2*1*22*0", "HL*3*1*22*0", "HL*4**20*1", "HL*5*4*22*0"]


def test_a_slip_of_the_registrar_stands_in_the_file() -> None:
    data = written(professional(last_name="Pennyroyale", member_id="QB1000020", birth=date(1948, 7, 9)))
    assert segments(data, "NM1*IL") == ["NM1*IL*1*PENNYROYALE*IVO****MI*QB1000020"]
    assert segments(data, "DMG*") == ["DMG*D8*19480709*M"]


def test_names_lose_what_x12_cannot_hold() -> None:
    assert segments(written(medicare()), "NM1*IL")[0] == "NM1*IL*1*VON MARLOW*ZOE****MI*1AA2BB3CC44"


def test_our_control_number_keeps_its_case() -> None:
    assert segments(written(professional(control_number="WF-1a")), "CLM*")[0].startswith("CLM*WF-1a*360.5*")


def test_a_correction_names_what_it_replaces_and_what_was_missing() -> None:
    data = written(corrected())
    assert segments(data, "CLM*") == ["CLM*WF-000001*360.5***11:B:7*Y*A*Y*Y"]
    said = ["PWK*OZ*EL***AC*AT-9", "REF*9F*R12", "REF*G1*A77", "REF*F8*QB26000123"]
    assert segments(data, "PWK", "REF*9F", "REF*G1", "REF*F8") == said


def test_an_institutional_claim_says_bill_type_dates_and_diagnoses() -> None:
    stay = segments(written(inpatient()), "CLM", "DTP*4", "CL1", "HI")
    assert stay[:7] == [
        "CLM*WF-000004*12500***11:A:1**A*Y*Y",
        "DTP*434*RD8*20260302-20260305",
        "DTP*435*DT*202603020800",
        "CL1*3*1*01",
        "HI*ABK:J189:::::::Y",
        "HI*ABJ:J189",
        "HI*DR:194",
    ]
    assert segments(written(outpatient()), "SV2")[2] == "SV2*0250**40*UN*3"
    assert segments(written(inpatient()), "SV2")[0] == "SV2*0120**9000*DA*3"


def test_a_secondary_claim_adds_up_with_what_the_first_payer_answered() -> None:
    """Charge = paid by the first payer + all its adjustments (guide 005010X222, 1.4.4)."""
    for claim in (secondary(), PROFESSIONALS["a secondary claim answered as a whole"]):
        data = written(claim)
        adjustments = [each.split("*") for each in segments(data, "CAS*")]
        taken = sum(Decimal(amount) for each in adjustments for amount in each[3::3])
        paid = Decimal(segments(data, "AMT*D")[0].split("*")[2])
        assert paid + taken == Decimal("360.50")
    paid_by_line = sum(Decimal(each.split("*")[2]) for each in segments(written(secondary()), "SVD*"))
    assert paid_by_line == Decimal("173.04")


def test_seven_reasons_of_one_group_take_two_segments() -> None:
    reasons = [Adjust("CO", str(100 + number), 100 + number) for number in range(7)]
    prior = answered(medicare(), lines=[], adjustments=[Adjust("PR", "1", 0), *reasons])
    data = written(secondary(prior=prior))
    assert pyx12_errors(data) == []
    assert segments(data, "CAS*") == [
        "CAS*CO*100*1**101*1.01**102*1.02**103*1.03**104*1.04**105*1.05",
        "CAS*CO*106*1.06",
    ]


def test_a_second_insurance_is_named_only_while_it_lasts() -> None:
    assert len(segments(written(medicare()), "SBR*")) == 2
    ended = replace(MEDIGAP, until=date(2025, 12, 31))
    before = replace(SENIOR, coverages=(SENIOR.coverages[0], ended))
    assert len(segments(written(medicare(patient=before)), "SBR*")) == 1


def test_medicare_second_is_named_by_the_contractor_that_gets_the_form() -> None:
    known = payers()
    patient = replace(PATIENT, coverages=(INSURED, Coverage("MEDB", "", "1AA2BB3CC44", "", date(2019, 5, 1), None)))
    for claim, contractor in ((professional(patient=patient), "MEDB"), (outpatient(patient=patient), "MEDA")):
        data = x837.claims_file([claim], claim.form, SENT, 1, known)
        assert segments(data, "NM1*PR")[1].endswith(f"*{known[contractor].payer_id}")


def test_a_wrong_coverage_is_billed_without_naming_the_right_one() -> None:
    old = Coverage("QUILLBACK", "HMO", "OLD1", "", date(2019, 1, 1), date(2019, 12, 31))
    patient = replace(PATIENT, coverages=(INSURED, MEDIGAP))
    data = written(professional(patient=patient, coverage=old))
    assert [each.split("*")[1] for each in segments(data, "SBR*")] == ["P"]
    assert segments(data, "NM1*IL")[0].endswith("*OLD1")


def test_a_large_batch_is_spread_over_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(x837, "MOST", 2)
    claims = [professional(control_number=f"WF-{number}") for number in range(5)]
    data = written(*claims, control=77)
    assert pyx12_errors(data) == []
    assert recognized(data) == {"837P": 3}
    assert [each.split("*")[3] for each in segments(data, "BHT")] == [x837.batch_number(77, n) for n in (1, 2, 3)]
    assert [each.split("*")[1] for each in segments(data, "CLM")] == [each.control_number for each in claims]
    assert [len(batch) for batch in x837.batches(claims)] == [2, 2, 1]


def test_lines_are_numbered_as_they_stand() -> None:
    data = written(professional(lines=[line(3, "99213", 100, control_number=""), line(7, "99214", 100)]))
    assert pyx12_errors(data) == []
    assert segments(data, "LX", "REF*6R") == ["LX*1", "LX*2", "REF*6R*L7"]


def test_interchanges_stand_one_after_the_other_in_a_file() -> None:
    data = written(professional()) + x837.claims_file([inpatient()], "I", SENT, 2, PAYERS)
    assert recognized(data) == {"837P": 1, "837I": 1}
    assert [pyx12_errors(each) for each in interchanges(data)] == [[], []]


def test_the_same_claims_make_the_same_bytes() -> None:
    assert written(*PROFESSIONALS.values()) == written(*PROFESSIONALS.values())


@given(st.integers(-(10**12), 10**12))
def test_money_says_the_amount_and_nothing_idle(cents: int) -> None:
    said = money(cents)
    assert Decimal(said) * 100 == cents
    assert "." not in said or said[-1] != "0"
    assert said.removeprefix("-") == "0" or said.removeprefix("-").startswith("0.") or said.removeprefix("-")[0] != "0"


@pytest.mark.parametrize(
    ("cents", "said"), [(12_345, "123.45"), (12_000, "120"), (12_350, "123.5"), (-5, "-0.05"), (0, "0"), (10, "0.1")]
)
def test_money_as_the_guides_write_it(cents: int, said: str) -> None:
    assert money(cents) == said


MARKS = (USUAL, Marks("|", ">", "{", "\n"), Marks("*", ":", "^", "'", "\r\n"), Marks("\x1d", "\x1f", "!", "\x1c"))


@given(st.text(), st.sampled_from(MARKS))
def test_text_holds_no_separator_of_anybody(value: str, marks: Marks) -> None:
    said = text(value, marks)
    assert said.isascii()
    assert not set(said) & {*"*:^~", *marks[:4]}
    assert said == said.upper() == said.strip()
    assert text(said, marks) == said


def test_days_are_written_in_eight_places() -> None:
    assert ymd(date(2026, 3, 2)) == "20260302"


@pytest.mark.parametrize("marks", MARKS)
@pytest.mark.parametrize("line_break", ["", "\n", "\r\n"])
def test_an_envelope_is_read_whatever_its_separators(marks: Marks, line_break: str) -> None:
    file = Envelope("A", "B", SENT, 5, marks._replace(line_break=line_break))
    body = respelled("BHT*0019*00*1*20260302*1200*CH~", file.marks)
    data = interchange(PROFESSIONAL, [body, body], file) + interchange(REMITTANCE, [], file)
    reading = Reading(io.BytesIO(data))
    list(reading.parts())
    assert reading.contents.transactions == {"837P": 2}
    assert [each.rule for each in reading.findings] == []
    assert [(each.sender, each.control_number) for each in reading.contents.interchanges] == [("ZZ:A", "000000005")] * 2


def test_habits_say_the_separators() -> None:
    said = habits(element="|", component=">", repetition="{", segment="!", line_break="\n")
    assert marks_of(said) == ("|", ">", "{", "!", "\n")
    assert marks_of(said).end == "!\n"


def test_a_remittance_names_no_version_in_st() -> None:
    lines = segments(interchange(REMITTANCE, ["BPR*I~"], Envelope("A", "B", SENT, 1)))
    assert lines[2:5] == ["ST*835*0001", "BPR*I", "SE*3*0001"]
