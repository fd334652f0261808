"""A small world for tests: two entities, some payers, and a claim of each kind. Always the same; take and change.

claim = professional(authorization="A77")
answer = answered(claim)
secondary(prior=answer)
"""

from dataclasses import replace
from datetime import date
from typing import Any

from reclaim.world.model import (
    Address,
    Adjust,
    Answer,
    Cents,
    Claim,
    Coverage,
    Entity,
    Habits,
    Line,
    LineAnswer,
    Location,
    Patient,
    Payer,
    Provider,
)

DAY = date(2026, 3, 2)
"""A Monday: of service."""
SENT = date(2026, 3, 5)
PAID = date(2026, 3, 23)

GROUP = Entity(
    "GROUP", "Willow Ford Medical Group", "2100000016", "001234567", "261QM1300X",
    Address("12 Mill Race Rd", "Hartford", "CT", "061030012"), "860-555-0110",
)  # fmt: skip
HOSPITAL = Entity(
    "HOSPITAL", "Willow Ford Hospital", "2100000024", "007654321", "282N00000X",
    Address("1 Weir St", "Hartford", "CT", "061030001"), "860-555-0120",
)  # fmt: skip
CLINIC = Location(
    "CLINIC", "Otter Bend Clinic", "2100000032", Address("80 Alder Way", "Avon", "CT", "060010080"), "11", "GROUP"
)
WARD = Location("WARD", "Willow Ford Hospital", "2100000024", HOSPITAL.address, "21", "HOSPITAL")
PROVIDER = Provider("P1", "2100000040", "Thistlewood", "Maren", "207Q00000X", "family", "CLINIC", ())
HOSPITALIST = Provider("P2", "2100000057", "O'Farrow", "Jonas", "208M00000X", "hospital", "WARD", ())


def habits(**changes: Any) -> Habits:  # noqa: ANN401  any field
    """Of a payer who does nothing odd."""
    plain = Habits(21, 4, (0, 3), 180, 180, 0.1, 0.0, 0.0, 0.01, takes_replacement=True)
    return replace(plain, **changes)


def payer(name: str, filing: str, line: str = "commercial", **changes: Any) -> Payer:  # noqa: ANN401  any field
    """A payer by its name."""
    short = name.split(maxsplit=1)[0].upper()
    plain = Payer(short, name, f"{short[:6]}01", line, filing, 0.6, 0.2, 50_000, 0.2, 3_000, habits())
    return replace(plain, **changes)


COMMERCIAL = payer("Quillback Mutual", "CI")
MEDICARE_B = payer("Medicare Part B Sandhill", "MB", "medicare", id="PARTB", payer_id="SANDB1", crosses_to="SUPPLE")
SUPPLEMENT = payer("Supple Reed Supplement", "CI", habits=habits(element="|", component=">", line_break="\n"))
PAYERS = {each.id: each for each in (COMMERCIAL, MEDICARE_B, SUPPLEMENT)}

INSURED = Coverage("QUILLBACK", "PPO", "QB1000200", "G-77", date(2020, 1, 1), None)
PART_B = Coverage("PARTB", "", "1AA2BB3CC44", "", date(2019, 5, 1), None)
MEDIGAP = Coverage("SUPPLE", "F", "SR900100", "", date(2019, 5, 1), None)

PATIENT = Patient(
    "N1", "Pennyroyal", "Ivo", date(1984, 7, 9), "M", Address("3 Cooper Ln", "Avon", "CT", "060010003"), (INSURED,)
)
SENIOR = Patient(
    "N2", "Von Marlow", "Zoë", date(1947, 1, 30), "F", Address("9 Cooper Ln", "Avon", "CT", "060010009"),
    (PART_B, MEDIGAP),
)  # fmt: skip


def line(number: int, procedure: str, charge: Cents, **changes: Any) -> Line:  # noqa: ANN401  any field
    """A line of one unit."""
    plain = Line(number, f"L{number}", procedure, (), "", 1, charge, DAY, (1,), charge * 6 // 10)
    return replace(plain, **changes)


def professional(**changes: Any) -> Claim:  # noqa: ANN401  any field
    """A visit with a procedure."""
    lines = [line(1, "99213", 15_000, modifiers=("25",)), line(2, "20610", 21_050, modifiers=("RT",), pointers=(2, 1))]
    plain = Claim(
        "C1", "WF-000001", "P", PATIENT, INSURED, COMMERCIAL, GROUP, CLINIC, PROVIDER, "REG-01", "COD-01", "BIL-01",
        "family", DAY, DAY, SENT, ("M1711", "I10"), lines,
    )  # fmt: skip
    return replace(plain, **changes)


def medicare(**changes: Any) -> Claim:  # noqa: ANN401  any field
    """A visit of a senior who has a supplement."""
    plain = professional(id="C2", control_number="WF-000002", patient=SENIOR, coverage=PART_B, payer=MEDICARE_B)
    return replace(plain, **changes)


def outpatient(**changes: Any) -> Claim:  # noqa: ANN401  any field
    """An emergency visit, as the hospital bills it."""
    lines = [
        line(1, "99284", 98_000, revenue_code="0450", modifiers=("25",)),
        line(2, "71046", 31_005, revenue_code="0324"),
        line(3, "", 4_000, revenue_code="0250", units=3),
    ]
    plain = professional(
        id="C3", control_number="WF-000003", form="I", bill_type="13", entity=HOSPITAL, location=WARD,
        provider=HOSPITALIST, diagnoses=("J189", "I10"), lines=lines,
    )  # fmt: skip
    return replace(plain, **changes)


def inpatient(**changes: Any) -> Claim:  # noqa: ANN401  any field
    """A stay of three days."""
    lines = [line(1, "", 900_000, revenue_code="0120", units=3), line(2, "", 350_000, revenue_code="0300", units=12)]
    plain = outpatient(
        id="C4", control_number="WF-000004", bill_type="11", admitted=True, drg="194", service_to=date(2026, 3, 5),
        lines=lines, authorization="AUTH77001", needs_authorization=True,
    )  # fmt: skip
    return replace(plain, **changes)


def corrected(**changes: Any) -> Claim:  # noqa: ANN401  any field
    """The visit again, with what the payer missed."""
    plain = professional(
        frequency="7", replaces="QB26000123", authorization="A77", referral="R12", attachment="AT-9", round=2
    )
    return replace(plain, **changes)


def answered(claim: Claim, **changes: Any) -> Answer:  # noqa: ANN401  any field
    """Paid by contract, with 20 % left to the patient."""
    lines = []
    for each in claim.lines:
        share = each.allowed // 5
        adjustments = [Adjust("CO", "45", each.charge - each.allowed), Adjust("PR", "2", share)]
        lines.append(LineAnswer(each, each.allowed - share, adjustments))
    patient = sum(each.allowed // 5 for each in claim.lines)
    paid = sum(each.paid for each in lines)
    plain = Answer(claim, PAID, SENT, "1", f"ICN{claim.id}", "paid", claim.charge, paid, patient, lines)
    return replace(plain, **changes)


def secondary(**changes: Any) -> Claim:  # noqa: ANN401  any field
    """The senior's visit at the supplement, after Medicare has answered."""
    plain = medicare(coverage=MEDIGAP, payer=SUPPLEMENT, order=2, prior=answered(medicare()))
    return replace(plain, **changes)
