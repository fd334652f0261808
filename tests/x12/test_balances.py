"""Line, claim and payment add up to the cent, or it is said by how much they do not."""

from decimal import Decimal
from typing import Any

import pytest

from tests.x12.build import HOSPITAL, OFFICE, VISIT, cases, changed, interchange, read, text, transaction


@pytest.mark.parametrize("case", cases("balances"))
def test_balances(case: dict[str, Any]) -> None:
    answer = read(changed(case))
    assert case.get("says", "") in answer.said
    assert sorted(answer.found) == sorted(case["found"]), answer.said
    assert answer.reading.balanced == (not any("balance" in each for each in case["found"]))


def test_a_reversal_balances_with_its_signs_turned() -> None:
    claim = ["CLP*A2*22*-100.00*-75.00*0*MB*P2", "CAS*CO*45*-25.00", "NM1*QC*1*ROE*RICHARD"]
    assert read(interchange(transaction(claim, HOSPITAL))).found == []


def test_a_remittance_that_takes_more_than_it_pays_is_a_debit() -> None:
    data = text(interchange(transaction(VISIT, plb=["PLB*1999999984*20261231*WO:P9*80.00"])))
    assert "BPR*I*-30.00*C" in data
    assert read(data).found == []
    assert read(data.replace("BPR*I*-30.00*C", "BPR*I*30.00*D")).found == []


def test_each_remittance_is_judged_alone() -> None:
    good, bad = transaction(OFFICE), transaction(VISIT, number="0002")
    answer = read(interchange(good, [segment.replace("BPR*I*50.00", "BPR*I*49.99") for segment in bad], good))
    (finding,) = answer.reading.findings
    assert finding.rule == "balance-payment"
    assert finding.segment == len(good) + 4
    assert "off by -0.01" in finding.text


def test_sums_are_exact_where_floats_are_not() -> None:
    cents = [f"CAS*CO*{reason}*0.10" for reason in range(1, 11)]
    claim = ["CLP*A1*1*1.00*0*0*12*P1", "NM1*QC*1*DOE", *cents]
    answer = read(interchange(transaction(claim)))
    assert answer.found == []
    assert answer.tables["adjustments"]["amount"].sum() == Decimal("1.00")
