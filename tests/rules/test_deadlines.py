"""By when: the table of cases, the arithmetic of days, the book, and what must always hold."""

import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reclaim.rules import days, deadlines, limits, payers, shelf
from reclaim.rules.facts import Claim, Classification, Deadline, Line, Plan, Remittance, Step
from tests.rules import cases

LINES = get_args(payers.Line)
NO_MONEY = Decimal("0.00")
REST = '\ntitle = "X"\nlines = []\nstep = "x"\naction = "x"\nunit = "months"\nconfidence = "low"\nsource = "x"'


def day(value: date | str | None) -> date | None:
    return None if isinstance(value, str) else value


def claim(case: dict[str, Any]) -> Claim:
    notice, service = day(case.get("notice", date(2026, 3, 2))), day(case.get("service", date(2026, 1, 10)))
    return Claim(
        Remittance(case.get("payer", "ACME HEALTH"), "", "T1", notice, case.get("produced")),
        control_number="C1",
        payer_control_number="P1",
        status="1",
        filing_indicator=case.get("filing", "12"),
        charge=Decimal("100.00"),
        paid=NO_MONEY,
        patient_responsibility=NO_MONEY,
        service_from=service,
        service_to=case.get("through", service),
        received=case.get("received"),
        institutional=case.get("institutional", False),
        adjustments=(),
        remarks=tuple(case.get("remarks", ())),
        lines=(),
    )


def facts(case: dict[str, Any]) -> tuple[Claim, Classification, Plan, str]:
    one = claim(case)
    line = case.get("line") or payers.line_of_business(one.filing_indicator, one.remittance.payer)
    classification = Classification("", case.get("cause", "coding"), "", "", "", case.get("appeal", True), ())
    return one, classification, Plan(Step(case.get("step", "appeal"), "", ()), ()), line


@pytest.mark.parametrize("case", cases.table("deadlines.toml"))
def test_deadlines(case: dict[str, Any]) -> None:
    found = deadlines.deadlines(*facts(case))
    assert [f"{one.kind} {one.day} {one.rule}" for one in found] == case["deadlines"]
    told = " ".join([*(one.note for one in found), *(one.text for one in deadlines.gaps(*facts(case)))])
    assert [words for words in case.get("says", []) if words not in told] == []
    assert "confidence" not in case or found[0].confidence == case["confidence"]


def test_7_payer_time_to_pay_counts_from_its_receipt() -> None:
    medicare = claim({"filing": "MB", "received": date(2026, 1, 20)})
    due = deadlines.payer_due(medicare, "medicare_ffs")
    assert due
    assert (due.day, due.rule, due.start) == (date(2026, 2, 19), "mcr_ffs_pay", date(2026, 1, 20))


def test_7_payer_time_to_pay_never_counts_from_our_own_sending() -> None:
    assert deadlines.payer_due(claim({"filing": "MB"}), "medicare_ffs") is None


def test_earliest_service_of_the_lines_counts_on_a_professional_claim() -> None:
    services = [date(2026, 1, 8), None, date(2026, 1, 5)]
    lines = tuple(Line("99213", (), "", None, None, one, None, (), ()) for one in services)
    assert deadlines.service_date(claim({"service": date(2026, 1, 7)})._replace(lines=lines)) == date(2026, 1, 5)


def test_latest_service_of_the_lines_counts_on_an_institutional_claim_without_dates() -> None:
    services = [date(2026, 1, 8), None, date(2026, 1, 5)]
    lines = tuple(Line("99213", (), "", None, None, one, None, (), ()) for one in services)
    stay = claim({"service": "none", "through": None, "institutional": True})._replace(lines=lines)
    assert deadlines.service_date(stay) == date(2026, 1, 8)


def test_every_deadline_tells_its_whole_provenance() -> None:
    (appeal, _) = deadlines.deadlines(*facts({"filing": "MB"}))
    assert appeal == Deadline(
        kind="appeal_1",
        day=date(2026, 7, 6),
        rule="mcr_ffs_l1",
        value="120 calendar days",
        start_event="notice received, presumed 5 days after its date",
        start=date(2026, 3, 7),
        source=limits.rules()["mcr_ffs_l1"].source,
        confidence="high",
        confirmed=False,
        note=appeal.note,
    )
    assert appeal.note.endswith(
        "A default that nobody in your organization has confirmed: your contract may say otherwise."
    )


@pytest.mark.parametrize(
    ("start", "value", "unit", "last"),
    [
        (date(2026, 1, 31), 1, "months", date(2026, 2, 28)),
        (date(2024, 1, 31), 1, "months", date(2024, 2, 29)),
        (date(2026, 8, 31), 18, "months", date(2028, 2, 29)),
        (date(2024, 2, 29), 1, "years", date(2025, 2, 28)),
        (date(2024, 2, 29), 4, "years", date(2028, 2, 29)),
        (date(2026, 11, 25), 1, "business_days", date(2026, 11, 27)),  # over Thanksgiving
        (date(2026, 12, 31), 1, "business_days", date(2027, 1, 4)),  # over New Year and a weekend
        (date(2026, 5, 5), 1, "year_end", date(2027, 12, 31)),
        (date(2026, 3, 2), 0, "calendar_days", date(2026, 3, 2)),
        (date(9999, 12, 1), 90, "calendar_days", date.max),
        (date(9999, 12, 1), 2, "months", date.max),
        (date(9999, 12, 30), 4, "business_days", date.max),
    ],
)
def test_last_day(start: date, value: int, unit: days.Unit, last: date) -> None:
    assert days.last_day(start, value, unit) == last


def test_book_holds_the_known_limits_and_those_that_sources_add() -> None:
    ids = limits.rules()
    assert len(ids) == 78 + 10 + 4  # the facts, Aetna's states, and where a second source gives an earlier day
    needed = limits.amount_in_controversy(2026)
    assert needed
    assert (needed.hearing, needed.court, needed.confidence) == (200, 1960, "high")


def test_prompt_pay_of_a_state() -> None:
    texas = limits.prompt_pay("TX")
    assert texas
    assert (texas.electronic_days, texas.paper_days, texas.citation) == (
        30,
        45,
        "Ins. Code 1301.103, 1301.137, 843.342",
    )
    assert limits.prompt_pay("ZZ") is None
    assert limits.amount_in_controversy(1999) is None


def test_every_rule_says_who_and_how_long_and_names_known_payers() -> None:
    keys = {
        payers.payer_of(name) for name in ("AETNA", "CIGNA", "UHC", "ANTHEM", "HUMANA", "TRIWEST", "CHAMPVA", "FEP")
    }
    keys |= {payers.payer_of(name) for name in ("BCBSM", "BCBSAZ", "BCBSMN", "FLORIDA BLUE")} | {""}
    for rule in limits.rules().values():
        assert rule.source
        assert rule.payer in keys
        assert rule.lines
        assert rule.value is None or rule.value >= 0
    assert limits.rules()["ma_contract"].limit == "as the contract says"


@pytest.mark.parametrize(
    ("entry", "read", "message"),
    [
        (
            '[[rule]]\nid = "x"\nstarts_from = "birth"',
            "rules",
            "rule x: nothing is called 'birth'; write one of remit_date",
        ),
        (
            '[[action]]\nname = "x"\nkinds = ["party"]',
            "actions",
            "action x: nothing is called 'party'; write one of appeal_1",
        ),
        ('[[also]]\nkind = "party"\nwhy = "x"', "also", "also: nothing is called 'party'"),
    ],
)
def test_a_book_that_names_what_is_not_there_is_refused(
    entry: str, read: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert limits.events()
    assert limits.kinds()  # kept from the true book, while the wrong one is read
    (tmp_path / "deadlines.toml").write_text(entry + REST if "rule" in entry else entry, encoding="utf-8")
    monkeypatch.setattr(limits, "_BOOK", tmp_path / "deadlines.toml")
    with pytest.raises(shelf.BookError, match=re.escape(f"deadlines.toml, {message}")):
        getattr(limits, read).__wrapped__()


dates = st.dates() | st.none()
anything = st.fixed_dictionaries(
    {
        "payer": st.sampled_from(["", "AETNA", "UHC", "CIGNA", "HUMANA", "TEXAS MEDICAID", "TRIWEST", "FEP", "BCBSM"])
        | st.text(),
        "filing": st.sampled_from(["", "12", "16", "MA", "MB", "MC", "CH", "VA", "WC", "AM", "FI", "ZZ"]),
        "line": st.sampled_from(LINES) | st.text(),
        "step": st.sampled_from(list(limits.actions())) | st.text(),
        "cause": st.sampled_from(["coding", "timely_filing", "recoupment", "authorization"]) | st.text(),
        "remarks": st.lists(st.sampled_from(["MA130", "N876", "N130", "M62"])),
        "appeal": st.booleans(),
        "institutional": st.booleans(),
        "notice": dates,
        "service": dates,
        "through": dates,
    }
)
NO_DAY = {action.name for action in limits.actions().values() if action.no_day}


@given(anything)
def test_a_denial_has_a_deadline_or_a_reason_and_none_is_before_its_start(case: dict[str, Any]) -> None:
    found = deadlines.deadlines(*facts(case))
    assert all(one.start <= one.day for one in found)
    assert [one.day for one in found] == sorted(one.day for one in found)
    assert len({one.kind for one in found}) == len(found)
    assert not any(one.confirmed for one in found)
    assert found or deadlines.gaps(*facts(case))
    assert found or case["notice"] is None or case["step"] in NO_DAY


@given(anything, st.dates(), st.integers(0, 800))
def test_an_earlier_notice_never_gives_a_later_deadline(case: dict[str, Any], notice: date, more: int) -> None:
    later = min(notice.toordinal() + more, date.max.toordinal())
    before = deadlines.deadlines(*facts(case | {"notice": notice}))
    after = deadlines.deadlines(*facts(case | {"notice": date.fromordinal(later)}))
    assert bool(before) == bool(after)
    assert not before or before[0].day <= after[0].day
    days_after = {one.kind: one.day for one in after}
    assert [one.kind for one in before if one.day > days_after.get(one.kind, date.max)] == []


@given(
    st.dates(), st.integers(0, 40), st.sampled_from(["calendar_days", "business_days", "months", "years", "year_end"])
)
def test_counting_never_goes_back_and_keeps_the_order_of_days(start: date, value: int, unit: days.Unit) -> None:
    last = days.last_day(start, value, unit)
    assert last >= start
    if start < date.max:
        assert days.last_day(start + timedelta(days=1), value, unit) >= last


@given(st.dates(date(1971, 1, 1), date(2099, 12, 31)))
def test_a_workday_is_no_weekend_and_at_most_four_days_on(start: date) -> None:
    moved = days.workday(start)
    assert moved.weekday() < 5
    assert start <= moved <= start + timedelta(days=4)
    assert days.workday(moved) == moved
