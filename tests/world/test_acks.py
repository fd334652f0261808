"""Acknowledgements: of a file by TA1 and 999, of its claims by 277CA."""

import io
from dataclasses import replace
from decimal import Decimal

import pytest

from reclaim.world import x837
from reclaim.world.acks import (
    Mistake,
    Reviewed,
    acknowledgement_999,
    claim_acknowledgements_277ca,
    ta1,
)
from reclaim.world.envelopes import INSTITUTIONAL, PROFESSIONAL, Kind, Marks
from reclaim.world.model import Acknowledged, Claim, Payer
from reclaim.x12.reading import Reading
from tests.judges import pyx12_errors
from tests.world.worlds import (
    COMMERCIAL,
    PAID,
    PAYERS,
    SENT,
    SUPPLEMENT,
    habits,
    inpatient,
    outpatient,
    professional,
    secondary,
)

FILE = x837.envelope(SENT, 17)
MISTAKE = Mistake("DMG", 17, "2010BA", 2, "8", "19840799")


def recognized(data: bytes) -> dict[str, int]:
    """What our reader takes the file for; it must find nothing wrong with the envelope."""
    reading = Reading(io.BytesIO(data))
    assert list(reading.parts()) == []
    assert [each for each in reading.findings if each.rule != "refused"] == []
    return reading.contents.transactions


def segments(data: bytes, *starts: str) -> list[str]:
    every = data.decode().removesuffix("~").split("~")
    return [each for each in every if each.startswith(starts or ("",))]


def accepted(claim: Claim, number: str = "QB26000001") -> Acknowledged:
    return Acknowledged(claim, SENT, accepted=True, category="A2", status="20", entity="", payer_control_number=number)


def rejected(claim: Claim) -> Acknowledged:
    return Acknowledged(claim, SENT, accepted=False, category="A7", status="562", entity="85", payer_control_number="")


@pytest.mark.parametrize(("note", "verdict"), [("000", "A"), ("025", "R")])
def test_a_ta1_names_the_interchange_it_speaks_of(note: str, verdict: str) -> None:
    data = ta1(FILE, PAID, 5, note)
    assert segments(data, "TA1", "IEA") == [f"TA1*000000017*260305*1200*{verdict}*{note}", "IEA*0*000000005"]
    assert recognized(data) == {"TA1": 1}
    assert pyx12_errors(data) == []


def test_the_judge_sees_what_is_wrong_with_a_ta1() -> None:
    """Outside of a group pyx12 has nowhere to note an element in error, and stumbles over it: silence means right."""
    data = ta1(FILE, PAID, 5)
    for wrong in (data.replace(b"*A*000", b"*Q*000"), data.replace(b"*A*000", b"*A*999")):
        with pytest.raises(AttributeError):
            pyx12_errors(wrong)


def test_an_answer_goes_back_to_who_sent_the_file() -> None:
    isa = ta1(FILE, PAID, 5).decode().split("*")
    assert (isa[6].strip(), isa[8].strip(), isa[9]) == (FILE.receiver, FILE.sender, "260323")


@pytest.mark.parametrize(
    ("reviewed", "verdict"),
    [
        ([Reviewed("0001")], "A*1*1*1"),
        ([Reviewed("0001"), Reviewed("0002", MISTAKE)], "P*2*2*1"),
        ([Reviewed("0001", MISTAKE)], "R*1*1*0"),
    ],
)
@pytest.mark.parametrize("kind", [PROFESSIONAL, INSTITUTIONAL])
def test_a_999_accepts_and_rejects_transactions(kind: Kind, reviewed: list[Reviewed], verdict: str) -> None:
    data = acknowledgement_999(FILE, kind, reviewed, PAID, 6)
    assert pyx12_errors(data) == []
    assert recognized(data) == {"999": 1}
    assert segments(data, "AK1", "AK9") == [f"AK1*HC*17*{kind.version}", f"AK9*{verdict}"]
    assert [each[4:] for each in segments(data, "IK5")] == ["R*5" if each.mistake else "A" for each in reviewed]


def test_a_999_says_which_element_was_wrong() -> None:
    data = acknowledgement_999(FILE, PROFESSIONAL, [Reviewed("0001", MISTAKE)], PAID, 6)
    assert segments(data, "IK3", "IK4") == ["IK3*DMG*17*2010*8", "IK4*2**8*19840799"]


def test_a_999_answers_every_transaction_of_a_file_of_claims() -> None:
    claims = x837.claims_file([professional()], "P", SENT, 17, PAYERS)
    number, group = segments(claims, "ST*")[0].split("*")[2], segments(claims, "GS*")[0].split("*")[6]
    data = acknowledgement_999(FILE, PROFESSIONAL, [Reviewed(number)], PAID, 6)
    assert segments(data, "AK1", "AK2") == [f"AK1*HC*{group}*005010X222A1", f"AK2*837*{number}*005010X222A1"]


MIXED = [accepted(professional()), rejected(inpatient()), accepted(outpatient(), "QB26000002")]
SEPARATORS = {
    "usual": COMMERCIAL,
    "lines": SUPPLEMENT,
    "Windows lines": replace(COMMERCIAL, habits=habits(line_break="\r\n")),
    "newline alone": replace(COMMERCIAL, habits=habits(element="|", component="<", segment="\n", repetition="!")),
}


@pytest.mark.parametrize("payer", SEPARATORS.values(), ids=SEPARATORS.keys())
def test_a_277ca_keeps_to_the_guide_in_any_separators(payer: Payer) -> None:
    for each in (MIXED, MIXED[:1], MIXED[1:2], [rejected(secondary())]):
        data = claim_acknowledgements_277ca(each, PAID, 8, payer)
        assert pyx12_errors(data) == []
        assert recognized(data) == {"277CA": 1}


def test_the_judge_sees_what_is_wrong() -> None:
    data = claim_acknowledgements_277ca(MIXED, PAID, 8, COMMERCIAL)
    assert pyx12_errors(data.replace(b"STC*A7:562", b"STC*Z9:562"))
    assert pyx12_errors(
        acknowledgement_999(FILE, PROFESSIONAL, [Reviewed("0001")], PAID, 6).replace(b"IK5*A", b"IK5*Q")
    )


def test_a_claim_is_acknowledged_by_our_number_and_the_payers() -> None:
    data = claim_acknowledgements_277ca(MIXED, PAID, 8, COMMERCIAL)
    trace = segments(data, "TRN*2", "STC*A2", "STC*A7", "REF*1K", "REF*BLT", "DTP*472")
    assert trace == [
        "TRN*2*0",
        "TRN*2*WF-000001",
        "STC*A2:20*20260323*WQ*360.5",
        "REF*1K*QB26000001",
        "DTP*472*D8*20260302",
        "TRN*2*WF-000004",
        "STC*A7:562:85*20260323*U*12500",
        "REF*BLT*111",
        "DTP*472*RD8*20260302-20260305",
        "TRN*2*WF-000003",
        "STC*A2:20*20260323*WQ*1330.05",
        "REF*1K*QB26000002",
        "REF*BLT*131",
        "DTP*472*D8*20260302",
    ]


def test_totals_of_both_levels_are_those_of_the_claims() -> None:
    data = claim_acknowledgements_277ca(MIXED, PAID, 8, COMMERCIAL)
    counts = [each.split("*") for each in segments(data, "QTY*")]
    amounts = [each.split("*") for each in segments(data, "AMT*")]
    assert [(kind, int(count)) for _, kind, count in counts] == [("90", 2), ("AA", 1), ("QA", 1), ("QA", 1), ("QC", 1)]
    charges = [Decimal(each.claim.charge) / 100 for each in MIXED]
    of_all = [("YU", charges[0] + charges[2]), ("YY", charges[1])]
    of_each = [("YU", charges[0]), ("YU", charges[2]), ("YY", charges[1])]
    assert [(kind, Decimal(amount)) for _, kind, amount in amounts] == of_all + of_each


def test_claims_stand_under_who_billed_them() -> None:
    levels = segments(claim_acknowledgements_277ca(MIXED, PAID, 8, COMMERCIAL), "HL*")
    assert levels == ["HL*1**20*1", "HL*2*1*21*1", "HL*3*2*19*1", "HL*4*3*PT", "HL*5*2*19*1", "HL*6*5*PT", "HL*7*5*PT"]


def test_the_name_comes_back_as_it_was_sent() -> None:
    claim = professional(last_name="Pennyroyale", member_id="QB1000020")
    data = claim_acknowledgements_277ca([rejected(claim)], PAID, 8, COMMERCIAL)
    assert segments(data, "NM1*QC") == ["NM1*QC*1*PENNYROYALE*IVO****MI*QB1000020"]


def test_a_name_loses_what_would_end_the_segment() -> None:
    payer = replace(COMMERCIAL, habits=habits(segment="'"))
    claim = professional(last_name="O'Farrow")
    data = claim_acknowledgements_277ca([accepted(claim)], PAID, 8, payer)
    assert b"'NM1*QC*1*OFARROW*IVO****MI*QB1000200'" in data
    assert recognized(data) == {"277CA": 1}


def test_the_batch_number_comes_back_when_it_is_known() -> None:
    data = claim_acknowledgements_277ca(MIXED, PAID, 8, COMMERCIAL, x837.batch_number(17, 1))
    assert segments(data, "TRN*2")[0] == "TRN*2*0000000170001"


def test_a_file_in_other_separators_is_answered_in_them() -> None:
    file = FILE._replace(marks=Marks("|", ">", "^", "~", "\n"))
    data = acknowledgement_999(file, PROFESSIONAL, [Reviewed("0001")], PAID, 6)
    assert b"AK9|A|1|1|1~\n" in data
    assert b"TA1|000000017|260305|1200|A|000~\n" in ta1(file, PAID, 6)
    assert recognized(data) == {"999": 1}
