"""What acknowledgments say, in words, and what is to be done; and within which days a payer answers."""

from datetime import date
from decimal import Decimal

import pytest

from reclaim.codes import lookup
from reclaim.rules import claim_status
from reclaim.rules.unanswered import LONGEST, SentClaim, normal_time, rejected, unanswered

TODAY = date(2026, 6, 10)
CLAIM = SentClaim("HARBOR HEALTH", "HH1", "CI", False, date(2026, 5, 20), date(2026, 5, 20), Decimal("295.00"))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("A7:562:85", "Rejected: information invalid: billing provider NPI"),
        ("A7:164:IL", "Rejected: information invalid: subscriber member number"),
        ("A3:54", "Returned as unprocessable: duplicate of processed claim"),
        ("A6", "Rejected: information missing"),
        ("P1:9999", "Pending, in process: unknown claim status code 9999"),
        ("TA1:025", "The file was refused: control number used before"),
        ("999:5", "The transaction was refused: one or more segments are wrong"),
        ("999:NM1:9:7", "Refused for NM109: code not valid"),
        ("999:SV1::3", "Refused for SV1: required segment missing"),
    ],
)
def test_a_code_in_words(code: str, words: str) -> None:
    assert claim_status.is_status(code)
    assert claim_status.words(code) == words


@pytest.mark.parametrize("code", ["CO-16", "M62", "N290", "MA130", "NCPDP 70"])
def test_codes_of_remittances_are_no_status(code: str) -> None:
    assert not claim_status.is_status(code)


@pytest.mark.parametrize(
    ("codes", "cause", "department", "action"),
    [
        ("A7:562:85", "credentialing_enrollment", "provider_enrollment", "new_claim"),
        ("A7:164:IL", "registration_eligibility", "registration", "new_claim"),
        ("A7:454", "coding", "coding", "new_claim"),
        ("A3:116", "wrong_payer", "registration", "bill_other_payer"),
        ("A8:54", "duplicate", "billing", "ask_payer"),
        ("A7:19 A7:454", "coding", "coding", "new_claim"),  # the first that says anything
        ("999:5", "claim_data", "billing", "new_claim"),
        ("", "claim_data", "billing", "new_claim"),
    ],
)
def test_what_to_do_about_a_rejection(codes: str, cause: str, department: str, action: str) -> None:
    work = rejected(CLAIM, codes, TODAY)
    assert (work.cause, work.department, work.action) == (cause, department, action)
    assert work.days == "filing:2026-08-18"  # the filing limit runs from the service, whatever was turned back


@pytest.mark.parametrize(
    ("codes", "action", "days"),
    [
        ("", "ask_payer", 0),
        ("F2:88", "ask_payer", 0),
        ("P1:20", "wait", 15),
        ("P3", "send_records", 0),
        ("R4:294", "send_records", 0),
        ("D0:35", "new_claim", 0),
        ("E1", "wait", 2),
        ("ZZ", "ask_payer", 0),
    ],
)
def test_what_an_answer_to_a_status_request_calls_for(codes: str, action: str, days: int) -> None:
    assert unanswered(CLAIM, codes, TODAY).action == action
    assert not codes or claim_status.told(codes).days == days


def test_every_code_of_the_tables_has_a_place() -> None:
    for status in lookup.values("stc_status"):
        assert claim_status.turned_back(f"A7:{status}").words
    for category in lookup.values("stc_category"):
        assert claim_status.told(category).words


@pytest.mark.parametrize(
    ("answered", "line", "days", "learned"),
    [
        ({14: 90, 20: 8, 80: 2}, "commercial", 20, 100),
        ({14: 97, 60: 3}, "commercial", 60, 100),
        ({14: 20}, "commercial", LONGEST, 0),
        ({}, "medicare_ffs", 30, 0),
        ({0: 60}, "medicaid", 1, 60),
    ],
)
def test_the_normal_time_of_a_payer(answered: dict[int, int], line: str, days: int, learned: int) -> None:
    found = normal_time(answered, line, "HARBOR HEALTH")
    assert (found.days, found.answers) == (days, learned)
    assert str(days) in found.words
