"""Line of business, known payer and state, from CLP06 and the payer's name."""

import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reclaim.codes import lookup
from reclaim.rules import payers

CASES = tomllib.loads(Path(__file__).with_name("payers.toml").read_text(encoding="utf-8"))["case"]
LINES = get_args(payers.Line)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_filing_indicator_and_name_tell(case: dict[str, Any]) -> None:
    assert payers.line_of_business(case["filing"], case["says"]) == case["line"]
    assert payers.payer_of(case["says"]) == case.get("payer")
    assert payers.state_of(case["says"]) == case.get("state", "")


def test_every_filing_indicator_of_the_code_set_is_placed() -> None:
    unplaced = payers.line_reason("Q9", "").text
    assert not [
        code for code in lookup.values("claim_filing_indicator") if payers.line_reason(code, "").text == unplaced
    ]


def test_reason_names_the_indicator_or_the_name_that_decided() -> None:
    assert payers.line_reason("MB", "X").text == "The remittance says Medicare Part A or Part B (CLP06 MB)."
    assert payers.line_reason("12", "BCBS FEP").text.startswith("The payer's name, BCBS FEP, is listed as")


@given(st.text(), st.text())
def test_any_text_gets_a_line_of_business(filing: str, name: str) -> None:
    assert payers.line_of_business(filing, name) in LINES


@given(st.sampled_from([case["says"] for case in CASES]), st.sampled_from([",", ".", " -", "'", "  "]))
def test_punctuation_and_case_change_nothing(name: str, mark: str) -> None:
    assert payers.payer_of(f"{mark}{name.lower()}{mark}") == payers.payer_of(name)
