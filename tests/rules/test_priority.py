"""What a denial is worth working: the table of cases, the book of rates, and what must always hold."""

import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reclaim.rules import handbook, limits, priority, shelf
from reclaim.rules.facts import Classification, Deadline, Identification, Kind, Plan, Priority, Step
from tests.rules import cases

TODAY = date(2026, 11, 23)
NONE = Decimal("0.00")


def deadline(kind: str, day: date) -> Deadline:
    return Deadline(kind, day, "", "", "", day, "", "low", confirmed=False, note="")


def weighed(case: dict[str, Any], today: date = TODAY) -> Priority:
    dated = [text.split() for text in case.get("deadlines", [])]
    matter = priority.matter(
        Identification(Kind.DENIED, Decimal(case["dollars"]), True, (), NONE, (), (), ()),
        Classification(case.get("type", "administrative"), case.get("cause", "coding"), "", "", "", True, ()),
        Plan(Step(case.get("step", "appeal"), "", ()), ()),
        tuple(deadline(kind, date.fromisoformat(day)) for kind, day in dated),
        case.get("line", "commercial"),
    )
    return priority.prioritize(matter, today)


@pytest.mark.parametrize("case", cases.table("priority.toml"))
def test_priority(case: dict[str, Any]) -> None:
    found = weighed(case)
    told = {
        "chance": str(found.chance),
        "minutes": found.minutes,
        "expected": str(found.expected),
        "score": str(found.score),
        "left": found.days_left,
        "basis": found.basis,
    }
    assert {key: told[key] for key in told if key in case} == {key: case[key] for key in told if key in case}
    reasons = " ".join(reason.text for reason in found.reasons)
    assert [words for words in case.get("says", []) if words not in reasons] == []


def test_a_rate_is_published_with_its_source_or_an_assumption_with_its_reasoning() -> None:
    for case in cases.table("priority.toml"):
        found = weighed(case.values[0])
        assert found.published == (found.basis == "published")
        assert found.reasons[0].source.startswith("Assumption: ") != found.published


def test_every_step_of_the_playbook_has_its_minutes_chance_and_deadlines() -> None:
    named = handbook.ActionName.__args__  # type: ignore[attr-defined]
    assert set(named) == set(limits.actions())
    for action in named:
        assert priority.minutes_for(action) > 0
        assert action in priority.chance(action, "", "", "unknown").actions


@pytest.mark.parametrize(
    ("table", "entry", "read", "message"),
    [
        ("chance", 'actions = [""]\nvalue = 1.5', "_chances", "`value` is 1.5; write 0 to 1"),
        ("chance", 'actions = ["appeal"]\nvalue = 0.5', "_chances", "no chance holds for every action"),
        ("effort", 'action = "appeal"\nminutes = 5', "_efforts", 'one effort must have action = ""'),
        ("effort", 'action = ""\nminutes = 0', "_efforts", "minutes must be 1 or more"),
    ],
)
def test_rates_that_cannot_be_are_refused(
    table: str, entry: str, read: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = 'words = "w"\ncite = "c"\n' if table == "chance" else ""
    text = f'[[{table}]]\n{entry}\n{rest}basis = "assumption"\nsource = "Assumption: x"'
    (tmp_path / "rates.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(priority, "_BOOK", tmp_path / "rates.toml")
    with pytest.raises(shelf.BookError, match=re.escape(message)):
        getattr(priority, read).__wrapped__()


amounts = st.decimals(-1000, 10**7, places=2)
actions = (
    st.sampled_from(["appeal", "correct_and_resubmit", "ask_payer", "bill_patient", "write_off", "wait"]) | st.text()
)
texts = st.sampled_from(["clinical", "technical", "timely_filing", "authorization", "medicare_advantage"]) | st.text()
kinds = st.sampled_from(["appeal_1", "correction", "filing", "recoupment"])
far = st.integers(-400, 400)


@st.composite
def denials(draw: st.DrawFn) -> dict[str, Any]:
    return {"step": draw(actions), "type": draw(texts), "cause": draw(texts), "line": draw(texts)}


def on(case: dict[str, Any], dollars: Decimal, due: list[tuple[str, int]]) -> Priority:
    ordered = sorted((TODAY + timedelta(days=left), kind) for kind, left in due)
    return weighed(case | {"dollars": dollars, "deadlines": [f"{kind} {day}" for day, kind in ordered]})


@given(denials(), amounts | st.decimals(), st.lists(st.tuples(kinds, far), max_size=3))
def test_any_denial_gets_a_priority_within_bounds(
    case: dict[str, Any], dollars: Decimal, due: list[tuple[str, int]]
) -> None:
    found = on(case, dollars, due)
    assert 0 <= found.expected <= found.score <= 2 * found.expected
    assert 0 <= found.chance <= 1
    assert found.days_left == (min(left for _, left in due) if due else None)
    assert len(found.reasons) == 3


@given(denials(), amounts, amounts, st.lists(st.tuples(kinds, far), max_size=3))
def test_more_dollars_never_lower_the_priority(
    case: dict[str, Any], one: Decimal, two: Decimal, due: list[tuple[str, int]]
) -> None:
    low, high = sorted((one, two))
    assert on(case, low, due).score <= on(case, high, due).score


@given(denials(), amounts, st.lists(st.tuples(kinds, st.integers(0, 400)), min_size=1, max_size=3), st.integers(0, 400))
def test_fewer_days_left_never_lower_it_while_it_is_in_time(
    case: dict[str, Any], dollars: Decimal, due: list[tuple[str, int]], passed: int
) -> None:
    sooner = [(kind, max(left - passed, 0)) for kind, left in due]
    assert on(case, dollars, sooner).score >= on(case, dollars, due).score


@given(denials(), amounts, st.lists(st.tuples(kinds, st.integers(0, 400)), min_size=1, max_size=3), st.integers(1, 400))
def test_being_late_never_raises_the_chance(
    case: dict[str, Any], dollars: Decimal, due: list[tuple[str, int]], late: int
) -> None:
    overdue = [(kind, left - 400 - late) for kind, left in due]
    assert on(case, dollars, overdue).chance <= on(case, dollars, due).chance
    assert (on(case, dollars, overdue).days_left or 0) < 0
