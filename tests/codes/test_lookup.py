"""The code tables: whole, consistent, found however they are typed, and strict when somebody edits them."""

import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reclaim.codes import lookup, table

CURRENT_CARCS = 297
CURRENT_RARCS = 1137


def natural(code: str) -> list[tuple[int, int, str]]:
    """Codes in the order of the public lists: 2 before 10, numbers before letters."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.findall(r"\d+|\D+", code)]


def test_the_tables_hold_every_code() -> None:
    carcs, rarcs = lookup.carcs().values(), lookup.rarcs().values()
    assert (len(carcs), sum(one.status == "current" for one in carcs)) == (407, CURRENT_CARCS)
    assert (len(rarcs), sum(one.status == "current" for one in rarcs)) == (1216, CURRENT_RARCS)
    assert list(lookup.groups()) == ["CO", "OA", "PI", "PR", "CR"]
    assert {name: len(lookup.values(name)) for name in ("clp02", "plb", "pos", "stc_status")} == {
        "clp02": 17,
        "plb": 41,
        "pos": 52,
        "stc_status": 293,
    }


@pytest.mark.parametrize("codes", [[*lookup.carcs()], [*lookup.rarcs()]], ids=["carc", "rarc"])
def test_codes_stand_in_their_order_so_that_a_person_finds_the_row(codes: list[str]) -> None:
    assert codes == sorted(codes, key=natural)


def test_the_fifteen_codes_that_say_nothing_without_a_remark() -> None:
    current = {one.code for one in lookup.carcs().values() if one.remark_required and one.status == "current"}
    assert current == {
        *("16", "96", "129", "148", "201", "226", "227", "234", "237", "250", "251", "252", "267", "307", "A1")
    }


@pytest.mark.parametrize(
    ("codes", "type_"),
    [
        ("31 140", "technical"),  # wrong insurance id
        ("226 250 251 252 17 D6 D9 D10 D11 D19", "technical"),  # papers asked for and missing
        ("50", "clinical"),
        ("29", "administrative"),
    ],
)
def test_doubtful_types_follow_the_design(codes: str, type_: str) -> None:
    assert {code: found.type for code in codes.split() if (found := lookup.carc(code))} == dict.fromkeys(
        codes.split(), type_
    )


def test_every_code_that_another_one_names_exists() -> None:
    carcs, rarcs = lookup.carcs(), lookup.rarcs()
    named = [code for one in carcs.values() for code in one.replaced_by]
    named += [code for one in rarcs.values() for code in one.carcs]
    assert set(named) <= set(carcs)


def test_denials_have_a_type_and_non_denials_have_none() -> None:
    for one in lookup.carcs().values():
        assert bool(one.type_if_denied) == (one.is_denial != "false") or one.type == "non_denial", one.code
        assert one.is_denial != "true" or one.type != "non_denial", one.code
        assert one.is_denial == "false" or one.type_if_denied, one.code


def test_deactivated_codes_stop_after_they_start_and_current_ones_do_not_stop() -> None:
    every: list[lookup.Carc | lookup.Rarc] = [*lookup.carcs().values(), *lookup.rarcs().values()]
    for one in every:
        assert one.status == "deactivated" or one.stop is None, one.code
        assert not (one.start and one.stop) or one.start < one.stop, one.code


@pytest.mark.parametrize("typed", ["n290", " N290 ", "N290", "\tn290\n"])
def test_case_and_blanks_do_not_matter(typed: str) -> None:
    found = lookup.rarc(typed)
    assert found is not None
    assert (found.code, found.element, found.place) == (
        "N290",
        "rendering provider NPI",
        "2310B/2420A NM109",
    )


def test_a_code_of_another_set_is_found_by_its_set() -> None:
    found = lookup.value("plb", "wo")
    assert found is not None
    assert found.meaning == "Overpayment recovery"
    assert lookup.value("no such set", "WO") is None


def test_words_never_drop_a_code() -> None:
    assert lookup.carc_words("197") == "No precertification, authorization or notification"
    assert lookup.carc_words("XYZ") == "unknown reason code XYZ"
    assert lookup.carc_words("  ") == "unknown reason code (empty)"
    assert lookup.rarc_words("N9999") == "unknown remark code N9999"
    assert lookup.rarc_words("m33") == "retired remark code M33"


@pytest.mark.parametrize(
    ("code", "on", "in_force"),
    [
        ("197", date(2026, 8, 3), True),
        ("197", date(2006, 10, 30), False),  # it starts on the 31st
        ("W1", date(2014, 7, 1), True),  # its last day
        ("W1", date(2014, 7, 2), False),
        ("W1", None, False),
        ("197", None, True),
        ("15", date(2026, 8, 3), False),  # deactivated on a day nobody noted
        ("85", date(1990, 1, 1), False),
    ],
)
def test_in_force_goes_by_the_date_of_the_remittance(code: str, on: date | None, in_force: bool) -> None:
    entry = lookup.carc(code)
    assert entry is not None
    assert lookup.in_force(entry, on) is in_force


@given(st.text(max_size=8))
def test_no_text_makes_a_lookup_fail(text: str) -> None:
    found = (lookup.carc(text), lookup.rarc(text), lookup.group(text), lookup.value("plb", text))
    assert all(one is None or one.code == text.strip().upper() for one in found)
    assert lookup.carc_words(text)
    assert lookup.rarc_words(text)


COLUMNS = {"code": table.required, "start": table.day, "kind": table.one_of("a", "b", ""), "sure": table.yes_no}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("code,start\n", "codes.csv, line 1: the header must be code,start,kind,sure"),
        ("", "codes.csv, line 1: the header must be code,start,kind,sure"),
        (",2020-01-01,a,no\n", "line 2, column code: '': must not be empty"),
        ("1,01/02/2020,a,no\n", "line 2, column start: '01/02/2020': write the date as 2026-11-30, or leave it empty"),
        ("1,,c,no\n", "line 2, column kind: 'c': write one of: a, b, (empty)"),
        ("1,,a,no\n2,,a,No\n", "line 3, column sure: 'No': write yes or no"),
        ("1,,a,no,extra\n", "line 2: 5 cells where 4 belong; quote a text that holds a comma"),
        ("1,,a,no\n1,,b,no\n", "line 3: 1 stands twice; keep one of the two"),
    ],
)
def test_a_wrong_cell_is_named_with_its_place_and_remedy(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "codes.csv"
    header = "" if text.startswith("code") or not text else "code,start,kind,sure\n"
    path.write_text(header + text, encoding="utf-8")
    with pytest.raises(lookup.CodeTableError, match=re.escape(said)):
        table.load(path, lambda *row: row, COLUMNS, lambda row: row[0])


def test_a_list_in_a_cell_holds_known_words_only() -> None:
    groups = table.some_of(("CO", "PR"))
    assert groups("CO PR") == ("CO", "PR")
    assert groups("") == ()
    with pytest.raises(ValueError, match="write any of: CO, PR"):
        groups("CO XX")
