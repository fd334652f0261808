"""The engineering rules, statement by statement (sections 1, 2, 3 and 6)."""

from decimal import Decimal
from typing import Any

import pytest

from reclaim.rules.classify import classify
from reclaim.rules.facts import Identification
from reclaim.rules.identify import identify, takeback
from reclaim.rules.money import claim_difference, line_difference, remittance_difference, total
from tests.rules import cases
from tests.rules.test_identify import check

FILE = "engineering_rules.toml"


@pytest.mark.parametrize("case", cases.table(FILE, "balance"))
def test_balance(case: dict[str, Any]) -> None:
    if "bpr" in case:
        paid, plb = map(Decimal, case["paid"]), map(Decimal, case["plb"])
        found, expected = remittance_difference(Decimal(case["bpr"]), paid, plb), case["remittance_difference"]
    elif "claim" in case:
        found, expected = claim_difference(cases.claim(case)), case.get("claim_difference")
    else:
        found, expected = line_difference(cases.line(case["lines"][0])), case["line_difference"]
    assert (None if found is None else str(found)) == expected


@pytest.mark.parametrize("case", cases.table(FILE))
def test_statement(case: dict[str, Any]) -> None:
    found = identify(cases.claim(case))
    check(found, case)
    check_sort(found, case)


@pytest.mark.parametrize("case", cases.table(FILE, "takeback"))
def test_takeback(case: dict[str, Any]) -> None:
    found = takeback(cases.claim(case))
    check(found, case)
    check_sort(found, case)


@pytest.mark.parametrize("case", cases.table(FILE, "netting"))
def test_netting(case: dict[str, Any]) -> None:
    claims = [cases.claim({"claim": text}) for text in case["claims"]]
    assert [claim_difference(claim) for claim in claims] == [0] * len(claims)
    assert total(claim.paid for claim in claims) == Decimal(case["net"])


@pytest.mark.parametrize("case", cases.table(FILE, "needs_a_remark"))
def test_needs_a_remark(case: dict[str, Any]) -> None:
    for carc in case["carcs"]:
        bare, alert, completed = (
            classify(cases.denial({"codes": [f"CO-{carc} 200.00 {remark}"]}), cases.NOTICE)
            for remark in ("", "MA01", "N4")
        )
        assert cases.unsaid(case["classified"], bare.reasons) == [], carc
        assert cases.unsaid(case["classified"], alert.reasons) == [], carc
        assert cases.unsaid(case["classified"], completed.reasons) == case["classified"], carc


def check_sort(found: Identification, case: dict[str, Any]) -> None:
    """Compares with what a case states of the classification."""
    sort = classify(found, case.get("on", cases.NOTICE))
    expected = {name: case[name] for name in ("type", "cause", "appeal_rights") if name in case}
    assert {name: getattr(sort, name) for name in expected} == expected
    assert cases.unsaid(case.get("classified", []), sort.reasons) == []
