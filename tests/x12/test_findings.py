"""What is wrong with a file is said once, at its place, in words that help; the cases stand in cases.toml."""

from typing import Any

import pytest

from reclaim.x12.findings import SHOWN, Finding, merged, quoted
from reclaim.x12.reading import FINDINGS_OF_A_RULE
from tests.x12.build import HOSPITAL, OFFICE, cases, changed, interchange, read, text, transaction

CODES = {"carc": frozenset(map(str, [1, 2, 3, 16, 45, 50, 197, 253])), "rarc": frozenset(["N130", "N211", "MA01"])}


@pytest.mark.parametrize("case", [*cases("values"), *cases("order")])
def test_findings(case: dict[str, Any]) -> None:
    answer = read(changed(case), CODES)
    assert case.get("says", "") in answer.said
    assert sorted(answer.found) == sorted(case.get("found", answer.found)), answer.said


@pytest.mark.parametrize("case", [case for case in cases("values") if case.values[0]["found"]])
def test_a_finding_has_the_number_of_its_segment(case: dict[str, Any]) -> None:
    data = changed(case)
    for finding in read(data, CODES).reading.findings:
        assert finding.segment
        tag = finding.path.split()[-1][:3]
        assert data.split("~")[finding.segment - 1].startswith(tag)


def test_a_code_that_is_unknown_a_hundred_times_is_one_finding() -> None:
    claim = [*OFFICE[:-1], "LQ*XX*N130"]
    (finding,) = read(interchange(transaction(*[claim] * 100))).reading.findings
    assert (finding.rule, finding.times) == ("code-unknown", 100)
    assert "100 times" in finding.text


def test_code_sets_that_the_caller_leaves_out_are_not_judged() -> None:
    data = text(interchange(transaction(OFFICE, HOSPITAL))).replace("CAS*CO*45*", "CAS*CO*9999*")
    assert read(data).found == []
    assert read(data, CODES).found == ["warning code-unknown 2110 CAS02"]


def test_a_rule_broken_in_every_claim_is_listed_a_thousand_times_and_then_counted() -> None:
    claim = [HOSPITAL[0].replace("*P2", "*"), *HOSPITAL[1:]]
    findings = read(interchange(transaction(*[claim] * 1500))).reading.findings
    assert len(findings) == FINDINGS_OF_A_RULE + 1
    assert findings[-1].times == 1500 - FINDINGS_OF_A_RULE
    assert findings[-1].text.startswith("500 more of this kind follow. The first: 2100 CLP07")


def test_merged_keeps_the_order_and_counts_places_not_findings() -> None:
    found = [Finding("error", rule, number, "", f"{rule}{number}", number) for number in (1, 2, 3) for rule in "ab"]
    kept = merged(found, 1)
    assert [(each.text, each.times) for each in kept] == [
        ("a1", 1),
        ("b1", 1),
        ("5 more of this kind follow. The first: a2", 5),
        ("5 more of this kind follow. The first: b2", 5),
    ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("A1", "A1"),
        ("", ""),
        ("\x1b[2J", "?[2J"),
        ("é漢", "é漢"),
        ("x" * SHOWN, "x" * SHOWN),
        ("x" * 25, "x" * 24 + "…"),
    ],
)
def test_quoted_is_short_and_harmless(value: str, shown: str) -> None:
    assert quoted(value) == shown
