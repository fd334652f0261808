"""What comes back before the money: TA1, 999, 277CA, and the 277 that answers a 276."""

from datetime import date
from decimal import Decimal

from tests.x12.build import text
from tests.x12.claims import file, parts, whole

ACKNOWLEDGED = [
    "BHT*0085*08*R1*20261102*0900*TH",
    "HL*1**20*1",
    "NM1*PR*2*ACME HEALTH*****PI*AC1",
    "TRN*1*R1",
    "DTP*050*D8*20261101",
    "DTP*009*D8*20261102",
    "HL*2*1*21*1",
    "NM1*41*2*RIVER CLINIC*****46*RC1",
    "TRN*2*B1",
    "STC*A1:19:PR*20261102*WQ*300",
    "QTY*90*1",
    "QTY*AA*1",
    "AMT*YU*200",
    "AMT*YY*100",
    "HL*3*2*19*1",
    "NM1*85*2*RIVER CLINIC*****XX*1999999984",
    "TRN*1*0",
    "HL*4*3*PT",
    "NM1*QC*1*DOE*JANE****MI*W1",
    "TRN*2*A1",
    "STC*A2:20:PR*20261102*WQ*200",
    "REF*1K*P1",
    "REF*D9*CH1",
    "DTP*472*D8*20261005",
    "HL*5*3*PT",
    "NM1*QC*1*ROE*ROSE****MI*W2",
    "TRN*2*A2",
    "STC*A7:562:85*20261102*U*100******A8:128:85**RENDERING NPI",
    "DTP*472*RD8*20261005-20261006",
    "SVC*HC:97110*100*****1",
    "STC*A7:454**U",
    "REF*FJ*L1",
]
STATUS = [
    *[segment.replace("BHT*0085*08", "BHT*0010*08").replace("*TH", "*DG") for segment in ACKNOWLEDGED[:3]],
    *["HL*2*1*21*1", "NM1*41*2*RIVER CLINIC*****46*RC1", "HL*3*2*19*1", "NM1*1P*2*RIVER CLINIC*****XX*1999999984"],
    *["HL*4*3*22*1", "NM1*IL*1*ROE*RICHARD****MI*W2", "HL*5*4*23", "NM1*QC*1*ROE*ROSE", "TRN*2*A2"],
    *["STC*F2:88:QC*20261110**100*0", "REF*1K*P9", "DTP*472*D8*20261007", "HL*6*3*22*0", "NM1*IL*1*DOE*JANE****MI*W1"],
    *["TRN*2*A1", "STC*F1:65*20261111**200*80*20261112*ACH*20261112*E55", "REF*1K*P1", "DTP*472*D8*20261005"],
]
CHECKED = [
    *["AK1*HC*1*005010X222A1", "AK2*837*0001*005010X222A1", "IK5*A", "AK2*837*0002*005010X222A1"],
    *["IK3*NM1*12*2010AA*8", "CTX*CLM01:A1", "IK4*9*67*7*19999", "CTX*SITUATIONAL TRIGGER*CLM*43**5:3*C023:1325"],
    *["IK3*SV1*33*2400*I6", "IK5*R*5*I5", "AK9*P*2*2*1"],
]


def test_a_claim_acknowledgement() -> None:
    reading, made = parts(file(ACKNOWLEDGED, version="005010X214", number="277"))
    assert reading.findings == []
    tables = whole(made, "277CA")
    assert tables["traces"].select("loop", "reference").rows() == [
        ("2200A", "R1"),
        ("2200B", "B1"),
        ("2200C", "0"),
        ("2200D", "A1"),
        ("2200D", "A2"),
    ]
    assert tables["claims"]["control_number"].to_list() == ["A1", "A2"]
    assert tables["statuses"].select("loop", "category", "status", "entity", "action", "charge", "date").rows() == [
        ("2200B", "A1", "19", "PR", "WQ", Decimal(300), date(2026, 11, 2)),
        ("2200D", "A2", "20", "PR", "WQ", Decimal(200), date(2026, 11, 2)),
        ("2200D", "A7", "562", "85", "U", Decimal(100), date(2026, 11, 2)),
        ("2220D", "A7", "454", None, "U", None, None),
    ]
    assert tables["statuses"].select("category_2", "status_2", "text").row(2) == ("A8", "128", "RENDERING NPI")
    assert tables["references"].select("qualifier", "reference").rows() == [("1K", "P1"), ("D9", "CH1"), ("FJ", "L1")]
    statuses = made[0].tables["statuses"]
    assert statuses.select("subscriber", "claim", "line").rows() == [
        (None, None, None),
        (1, 1, None),
        (2, 2, None),
        (2, 2, 1),
    ]
    assert tables["lines"].select("procedure", "charge", "units").rows() == [("97110", Decimal(100), Decimal(1))]


def test_the_answer_to_a_status_inquiry() -> None:
    reading, made = parts(file(STATUS, version="005010X212", number="277"))
    assert reading.findings == []
    tables = made[0].tables
    assert made[0].kind == "277"
    assert tables["claims"].select("subscriber", "dependent", "claim", "control_number").rows() == [
        (1, 1, 1, "A2"),
        (2, None, 2, "A1"),
    ]
    paid = tables["statuses"].select("claim", "category", "charge", "paid", "decided", "payment_number").row(1)
    assert paid == (2, "F1", Decimal(200), Decimal(80), date(2026, 11, 12), "E55")


def test_an_inquiry() -> None:
    asked = [each for each in STATUS if not each.startswith("STC")]
    reading, made = parts(file(asked, version="005010X212", number="276"))
    assert reading.findings == []
    assert [part.kind for part in made] == ["276"]
    assert made[0].tables["claims"]["control_number"].to_list() == ["A2", "A1"]


def test_an_answer_without_version_is_known_by_its_first_segment() -> None:
    assert [part.kind for part in parts(file(ACKNOWLEDGED, version="", number="277"))[1]] == ["277CA"]
    assert [part.kind for part in parts(file(STATUS, version="", number="277"))[1]] == ["277"]


def test_what_was_wrong_with_a_file() -> None:
    reading, (part,) = parts(file(CHECKED, version="005010X231A1", number="999"))
    assert reading.findings == []
    tables = part.tables
    assert tables["groups"].select("control_number", "version").rows() == [("1", "005010X222A1")]
    assert tables["answers"].select("answer", "kind", "control_number").rows() == [
        (1, "837", "0001"),
        (2, "837", "0002"),
    ]
    assert tables["errors"].select("answer", "error", "tag", "place", "loop", "reason").rows() == [
        (2, 1, "NM1", Decimal(12), "2010AA", "8"),
        (2, 2, "SV1", Decimal(33), "2400", "I6"),
    ]
    assert tables["element_errors"].select("error", "place", "number", "reason", "sent").rows() == [
        (1, Decimal(9), "67", "7", "19999")
    ]
    assert tables["contexts"].select("error", "element", "context", "reference").rows() == [
        (1, None, "CLM01", "A1"),
        (1, 1, "SITUATIONAL TRIGGER", None),
    ]
    assert tables["verdicts"].select("answer", "verdict", "reason_1", "reason_2").rows() == [
        (1, "A", None, None),
        (2, "R", "5", "I5"),
    ]
    assert tables["group_verdicts"].select("verdict", "included", "accepted").rows() == [("P", Decimal(2), Decimal(1))]


def test_whether_an_interchange_was_taken() -> None:
    isa, *_ = file()
    data = text([isa, "TA1*000000050*261101*1200*R*006", "TA1*000000051*261101*1200*A*000", "IEA*0*000000001"])
    reading, (part,) = parts(data)
    assert reading.findings == []
    assert part.kind == "TA1"
    assert part.tables["interchanges"].select("answer", "control_number", "verdict", "note").rows() == [
        (1, "000000050", "R", "006"),
        (2, "000000051", "A", "000"),
    ]


def test_a_ta1_beside_a_999() -> None:
    checked = file(CHECKED, version="005010X231A1", number="999")
    data = text([checked[0], "TA1*000000050*261101*1200*A*000", *checked[1:]])
    assert {part.kind: len(part.tables) for part in parts(data)[1]} == {"999": 8 - 1, "TA1": 1}
