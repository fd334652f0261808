"""Each edit fires on what it is for, at its place, and on nothing else."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reclaim.rules.edits import EDITS, Known, check
from reclaim.rules.sent import sent
from tests.rules.claims import BASES, as_sent, claim

CASES = tomllib.loads((Path(__file__).parent / "edits.toml").read_text(encoding="utf-8"))["case"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    found = check(as_sent(case["base"], *map(tuple, case.get("change", ()))), Known(**case.get("known", {})))

    said = [
        f"{one.edit} {one.place}" + ("" if one.severity == EDITS[one.edit].severity else f" {one.severity}")
        for one in found
    ]
    assert said == case["finds"]


@pytest.mark.parametrize("base", BASES)
def test_a_good_claim_passes(base: str) -> None:
    assert check(as_sent(base)) == ()


def test_every_edit_of_the_catalog_has_a_case_that_fires() -> None:
    fired = {finding.split()[0] for case in CASES for finding in case["finds"]}

    assert fired == set(EDITS)
    assert len(EDITS) == 32


def test_a_finding_says_what_stands_there_what_to_do_and_what_it_prevents() -> None:
    (found,) = check(as_sent("P", ("1245319599", "1245319959")))

    assert found.present == "1245319959"
    assert found.remedy
    assert "N290" in found.prevents
    assert found.place.key == "2310B NM1*82 09"


def test_errors_come_first() -> None:
    found = check(as_sent("P", ("ABK:M1711", "ABK:M1710"), ("1245319599", "1245319959")))

    assert [one.severity for one in found] == ["error", "info"]


@given(
    st.sampled_from(sorted(BASES)),
    st.integers(0, 900),
    st.sampled_from(["", "*", ":", "~", "0", "Z", "99999999", "-1", "*~", "::::::::", "é"]),
)
def test_no_claim_however_broken_raises(base: str, at: int, what: str) -> None:
    text = "\n".join(BASES[base])
    at = min(at, len(text) - 1)
    if text[at] == "\n":
        return
    broken = claim(base, (text, text[:at] + what + text[at + 1 :]))

    for one in check(sent(broken)):
        assert one.text
        assert one.remedy
