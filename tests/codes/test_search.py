"""Codes are found as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reclaim.codes import search


@pytest.mark.parametrize(
    ("typed", "kind", "code", "group"),
    [
        ("CO-197", "Carc", "197", "CO"),
        ("co197", "Carc", "197", "CO"),
        ("PR-B9", "Carc", "B9", "PR"),
        ("197", "Carc", "197", ""),
        (" n130 ", "Rarc", "N130", ""),
        ("ma130", "Rarc", "MA130", ""),
        ("PI", "Group", "PI", ""),
        ("WO", "Value", "WO", ""),
        ("plb:wo", "Value", "WO", ""),
        ("CLP02:22", "Value", "22", ""),
        ("22", "Carc", "22", ""),  # a bare number is a reason code
        ("CO-999", "NoneType", "", "CO"),
        ("nosuchset:22", "NoneType", "", ""),
        ("", "NoneType", "", ""),
    ],
)
def test_find(typed: str, kind: str, code: str, group: str) -> None:
    found = search.find(typed)
    assert (type(found.entry).__name__, getattr(found.entry, "code", ""), found.group) == (kind, code, group)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("CO-16, MA130 N290", ["CO-16", "MA130", "N290"]),
        ("CO 197", ["CO-197"]),  # a group and the reason after it are one
        ("co 16 ma130 pr 1", ["CO-16", "MA130", "PR-1"]),
        ("CO N130", ["CO", "N130"]),
        ("CO PR-1", ["CO", "PR-1"]),
    ],
)
def test_find_all(typed: str, found: list[str]) -> None:
    assert [match.asked for match in search.find_all(typed)] == found


@pytest.mark.parametrize(("typed", "first"), [("N13O", "N130"), ("MA1", "MA01"), ("CO-1977", "197"), ("0197", "197")])
def test_a_typing_error_leads_to_its_code(typed: str, first: str) -> None:
    assert search.near(typed)[0] == first


def test_a_mistyped_set_leads_to_the_sets_that_hold_the_code() -> None:
    assert search.near("clp2:22") == ("clp02:22",)
    assert search.near("clp02:WO") == ("plb:WO",)
    assert search.near("plb:nothing") == ()


def test_a_word_finds_the_codes_that_speak_of_it() -> None:
    assert "197" in search.near("authorization")
    assert search.near("qqqqqq") == ()


def test_values_of_every_set_that_writes_a_code_so() -> None:
    assert [value.code_set for value in search.values("22")] == ["clp02", "pos"]


@given(st.text(max_size=12))
def test_no_text_makes_a_search_fail(text: str) -> None:
    found = search.find_all(text)
    assert len(found) <= len(text.replace(",", " ").split())
    assert len(search.near(text)) <= 5
