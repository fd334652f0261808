"""Of what sort is the denial: the table, the book's own checks, and what must hold for any denial."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from reclaim.codes import lookup
from reclaim.rules import remarks, shelf
from reclaim.rules.bearing import Bearing, bearing
from reclaim.rules.classify import classify
from reclaim.rules.facts import Claim
from reclaim.rules.identify import identify
from tests.rules import cases
from tests.rules.test_identify import CLAIMS

FIELDS = ("type", "cause", "department", "preventable", "primary", "appeal_rights")
TYPES = {"technical", "clinical", "administrative"}


@pytest.mark.parametrize("case", cases.table("classify.toml"))
def test_classify(case: dict[str, Any]) -> None:
    found = classify(cases.denial(case), case.get("on", cases.NOTICE))
    expected = {name: case[name] for name in FIELDS if name in case}
    assert {name: getattr(found, name) for name in expected} == expected
    assert cases.unsaid(case.get("says", []), found.reasons) == []
    not_said = case.get("silent_about", [])
    assert cases.unsaid(not_said, found.reasons) == not_said


def test_a_denial_of_which_nobody_kept_what_stands_beside_is_classified_by_all_its_remarks() -> None:
    kept = cases.denial({"codes": ["CO-16 200.00 M62"]})
    assert classify(kept._replace(beside=()), None).primary == "CO-16 M62"


@given(CLAIMS)
def test_every_denial_has_a_type_a_cause_and_an_owner(claim: Claim) -> None:
    found = identify(claim)
    sort = classify(found, date(2026, 1, 1))
    assert sort.reasons
    if found.kind.is_denial:
        assert sort.type in TYPES
        assert sort.preventable in {"yes", "partly", "no", "unclear"}
        assert sort.cause
        assert sort.department
    else:
        assert sort.type == ""


@pytest.mark.parametrize("carc", sorted(lookup.carcs()))
def test_every_reason_code_can_be_classified(carc: str) -> None:
    sort = classify(cases.denial({"codes": [f"CO-{carc} 100.00"]}), date(2026, 1, 1))
    assert sort.type in TYPES
    assert sort.primary == f"CO-{carc}"
    hides = bearing("CO", carc) is Bearing.CONTRACT
    assert sort.cause == ("contractual" if hides else lookup.carcs()[carc].cause)


# --- the book ---------------------------------------------------------------------------------------------------------


def test_every_family_that_completes_a_code_is_in_the_book_or_says_nothing_of_a_denial() -> None:
    families = {known.family for known in lookup.rarcs().values() if not known.alert}
    said = {known.family for code, known in lookup.rarcs().items() if remarks.deciding("", (code,))}
    no_denial = {
        "appeal", "appeal_none", "encounter", "info", "liability", "mfp", "patient_share", "pricing", "qmb", "refund",
        "retired", "reversal",
    }  # fmt: skip
    assert families - said <= no_denial


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ('remarks = ["M6X"]', "M6X"),
        ('families = ["no_such"]', "no_such"),
        ('also = ["9999"]', "9999"),
        ('remarks = ["M62"]', "keep one of the two"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_name(
    entry: str, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = 'type = "technical"\ncause = "claim_data"\ndepartment = "billing"\npreventable = "yes"\n'
    book = tmp_path / "remarks.toml"
    first, second = 'what = "first"\nremarks = ["M62"]', f'what = "second"\n{entry}'
    book.write_text(f"[[says]]\n{first}\n{row}\n[[says]]\n{second}\n{row}", encoding="utf-8")
    monkeypatch.setattr(remarks, "BOOK", book)
    with pytest.raises(shelf.BookError, match=f"'second'.*{fault}"):
        remarks._rows.__wrapped__()


@pytest.mark.parametrize(("cause", "department"), [("no_such", "billing"), ("claim_data", "no_such")])
def test_an_unknown_cause_or_department_is_refused(
    cause: str, department: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = tmp_path / "remarks.toml"
    row = f'what = "x"\ntype = "technical"\ncause = "{cause}"\ndepartment = "{department}"\npreventable = "yes"\n'
    book.write_text(f"[[says]]\n{row}", encoding="utf-8")
    monkeypatch.setattr(remarks, "BOOK", book)
    with pytest.raises(shelf.BookError, match=r"no_such.*codes/carc\.csv"):
        remarks._rows.__wrapped__()
