"""The envelope: who sent what to whom, which transactions, and whether counts and control numbers are right."""

from typing import Any

import pytest

from reclaim.x12.control import Contents, Control, Interchange, kind_of, same_number
from tests.x12.build import ACKNOWLEDGEMENT, VISIT, cases, changed, interchange, read, text, transaction
from tests.x12.forms import BETWEEN, GROUPS, ONE, OTHER


@pytest.mark.parametrize("case", cases("control"))
def test_control(case: dict[str, Any]) -> None:
    answer = read(changed(case))
    assert case.get("says", "") in answer.said
    assert sorted(answer.found) == sorted(case["found"]), answer.said


def test_an_interchange_is_known_by_sender_receiver_and_number() -> None:
    contents = read(text(ONE) + text(OTHER, "|>!")).reading.contents
    assert contents.interchanges == [
        Interchange("ZZ:ACME", "ZZ:CLINIC", "000000001", 1),
        Interchange("ZZ:ACME", "ZZ:CLINIC", "000000002", len(ONE) + 1),
    ]


def test_transactions_are_counted_by_kind() -> None:
    assert read(BETWEEN).reading.contents.transactions == {"TA1": 1, "999": 2, "835": 2}
    assert read(GROUPS).reading.contents.transactions == {"835": 2}


def test_a_file_of_acknowledgements_is_known_and_has_no_tables() -> None:
    answer = read(interchange(ACKNOWLEDGEMENT))
    assert answer.reading.contents.transactions == {"999": 1}
    assert not answer.parts
    assert answer.found == []


def test_findings_number_segments_through_all_interchanges() -> None:
    wrong = [segment.replace("SE*14", "SE*15") for segment in interchange(transaction(VISIT))]
    findings = read([*interchange(transaction(VISIT)), *wrong]).reading.findings
    assert [(each.rule, each.segment) for each in findings] == [("count", len(wrong) + wrong.index("SE*15*0001") + 1)]


@pytest.mark.parametrize(
    ("number", "version", "kind"),
    [
        ("835", "005010X221A1", "835"),
        ("837", "005010X222A1", "837P"),
        ("837", "004010X098A1", "837P"),
        ("837", "005010x223a2", "837I"),
        ("837", "005010X224A2", "837D"),
        ("837", "", "837"),
        ("277", "005010X214", "277CA"),
        ("277", "005010X212", "277"),
        (" 999 ", "005010X231A1", "999"),
    ],
)
def test_kind_of(number: str, version: str, kind: str) -> None:
    assert kind_of(number, version) == kind


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1", "0001", True),
        ("0001", "1", True),
        ("A1", "A1", True),
        ("", "", True),
        ("0", "000", True),
        ("A1", "0A1", False),
        ("1", "10", False),
        ("", "0", False),
        ("²", "2", False),
        ("1" * 5000, "2" * 5000, False),
    ],
)
def test_same_number(one: str, other: str, same: bool) -> None:
    assert same_number(one, other) == same


def test_contents_follow_any_order_of_segments() -> None:
    contents = Contents()
    for number, tag in enumerate(["IEA", "SE", "GE", "ST", "GS", "SE", "ISA", "ISA", "ST", "TA1", "GE"], start=1):
        contents.follow(Control(tag, [tag], number), number - 1)
    contents.end(11)
    assert contents.open == {}
    assert [each.rule for each in contents.findings].count("envelope-missing") == 6
