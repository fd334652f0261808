"""A world beside published figures: worked out by hand on a handful of rows; and the page that tells of the world."""

import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from reclaim.world import calibration, events, kpis, regimes, tables
from reclaim.world.calibration import ALL, ANY, Gap, Report, Row
from reclaim.world.causes import causes
from reclaim.world.combos import UNDERPAID, groups
from reclaim.world.kpis import DUPLICATE
from reclaim.world.payers import payers
from tests.world.tiny import day, truth

PAGE = (Path(__file__).parents[2] / "docs" / "world.md").read_text(encoding="utf-8")
TRUE = {"outcome": "recovered", "recovered_cents": 60_00}


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """Ten claims of $100 answered, four of them denied; the office corrects A and B and appeals C; nobody works D.

    A correction would have won A, B and D at once, and an appeal C and D; B was corrected too late.
    """
    names = "ABCDEFGHIJ"
    cause = {"A": "member_id_wrong", "B": "member_id_wrong", "C": "not_necessary", "D": "not_covered"}
    can = {"A": ["correct"], "B": ["correct"], "C": ["appeal_1"], "D": ["correct", "appeal_1"]}
    return truth(
        tmp_path,
        claims=[{"claim": name, "line_of_business": _line(name), "submitted": day(1, 2)} for name in names],
        answers=[
            {"answer": name, "claim": name, "day": day(1, 20), "received": day(1, 6), "kind": "denied"}
            if name in cause
            else {"answer": name, "claim": name, "day": day(1, 20), "received": day(1, 6), "paid_cents": 60_00}
            for name in names
        ],
        denials=[
            {"answer": name, "claim": name, "day": day(1, 20), "line_of_business": _line(name), "cause": cause[name],
             "type": "clinical" if name == "C" else "technical", "vague": name == "D", "rightful": name != "C"}
            for name in cause
        ],
        options=[
            {"answer": name, "action": action, "would": action in can[name]}
            for name in cause
            for action in ("correct", "appeal_1", "write_off")
        ],
        works=[
            {"answer": "A", "action": "correct", "answer_day": day(2, 9), "day": day(1, 22), **TRUE},
            {"answer": "B", "action": "correct", "answer_day": day(2, 20), "day": day(2, 1)},
            {"answer": "C", "action": "appeal_1", "answer_day": day(2, 20), "day": day(2, 1), **TRUE},
        ],
    )  # fmt: skip


def _line(name: str) -> str:
    return "medicare_advantage" if name in "CDJ" else "commercial"


def row(found: Report, figure: str) -> Row:
    """One row by its name."""
    return next(one for one in found.published if one.figure == figure)


def gap(found: Report, action: str, line: str = ALL) -> Gap:
    """One gap by its action."""
    return next(one for one in found.gaps if (one.action, one.line_of_business) == (action, line))


def test_a_rate_stands_above_inside_or_below_what_was_published(world: Path) -> None:
    found = calibration.report(world)
    # Four of ten claims: above the usual 5 to 10.
    assert row(found, "initial denials: usual")[3:5] == (40.0, 10.0)
    assert row(found, "initial denials: usual").stands == "above"
    # Two of the seven commercial ones.
    assert row(found, "initial denials: marketplace plans").ours == pytest.approx(200 / 7)
    # One of the two denials of Medicare Advantage was against the rules: 50 beside 18.
    assert row(found, "denials that met the rules: Medicare Advantage")[3:5] == (50.0, 2.0)
    # Six of ten paid at first: below the 90 to 95 that are quoted.
    assert row(found, "first-pass resolution").stands == "below"
    # Its one appeal was won: 100 beside 75 to 81.7.
    assert row(found, "appeals won: Medicare Advantage").stands == "above"


def test_dollars_denied_are_told_by_claim_and_by_code(world: Path) -> None:
    found = calibration.report(world)
    assert row(found, "initial denials: dollars")[3:5] == (40.0, 1000.0)
    assert row(found, "initial denials: dollars denied")[3:5] == (40.0, 1000.0)


def test_reasons_share_out_the_claims_denied_at_first(world: Path) -> None:
    found = calibration.report(world)
    shares = {one.figure: one.ours for one in found.published if one.figure.startswith("reason: ")}
    assert shares == {
        "reason: administrative": 50.0,
        "reason: excluded service": 25.0,
        "reason: prior authorization or referral": 0.0,
        "reason: medical necessity": 25.0,
        "reason: other": 0.0,
    }


def test_every_cause_but_takebacks_belongs_to_one_reason() -> None:
    told = [cause for one in calibration.published() if one.name.startswith("reason: ") for cause in one.causes]
    known = {*causes(), *(name for name, one in groups().items() if not one.share)} - {DUPLICATE, UNDERPAID}
    assert sorted(told) == sorted(known)


def test_every_published_figure_has_its_source_and_asks_for_what_there_is() -> None:
    lines = {payer.line_of_business for payer in payers().values()}
    for one in calibration.published():
        assert one.source, one.name
        assert one.year, one.name
        assert one.low <= one.high, one.name
        assert set(one.lines_of_business) <= lines, one.name
        assert (one.measure == "kpi") == bool(one.kpi), one.name
        assert not one.kpi or kpis.FIGURES[one.kpi].unit == one.unit, one.name
        assert set(one.actions) <= set(calibration.PAYER_ACTIONS), one.name


def test_what_counts_something_else_is_shown_and_not_compared(world: Path) -> None:
    found = row(calibration.report(world), "appeals filed: Medicare Advantage")
    assert (found.ours, found.stands) == (50.0, "not comparable")  # C of C and D
    assert "before care" in found.note


def test_a_figure_as_printed_is_given_its_rounding() -> None:
    printed = calibration.Published("", "", "percent", Decimal(41), Decimal(44), "", "", "kpi", Decimal("0.5"))
    stands = [calibration.stands(printed, ours) for ours in (40.4, 40.5, 42.0, 44.5, 44.6)]
    assert stands == ["below", "inside", "inside", "inside", "above"]


def test_the_gap_parts_what_was_chosen_from_what_was_late(world: Path) -> None:
    found = calibration.report(world)
    # Corrections would have won three of four; both that were tried at once, and one as it came.
    tried = gap(found, "correct")
    assert (tried.denials, tried.would, tried.decided, tried.would_decided, tried.seen) == (4, 75.0, 2, 100.0, 50.0)
    assert (tried.chosen, tried.late, tried.bias) == (25.0, -50.0, -25.0)
    # Appeals would have won two of four; the one that was filed was won.
    assert (gap(found, "appeal_1").would, gap(found, "appeal_1").seen) == (50.0, 100.0)
    # Everything could have been won by some action; two of the three that were worked were.
    assert (gap(found, ANY).would, gap(found, ANY).decided) == (100.0, 3)
    assert gap(found, ANY).seen == pytest.approx(200 / 3)


def test_a_gap_is_told_by_line_of_business_and_silent_where_nothing_was_tried(world: Path) -> None:
    found = calibration.report(world)
    assert gap(found, "correct", "commercial").would == 100.0
    nothing = gap(found, "correct", "medicare_advantage")
    assert (nothing.would, nothing.decided, nothing.seen, nothing.bias) == (50.0, 0, None, None)


def test_the_mix_tells_types_causes_and_vague_codes(world: Path) -> None:
    mix = {(one.by, one.name): one for one in calibration.report(world).mix}
    assert mix["type", "technical"][2:] == (3, 75.0, 300.0)
    assert mix["codes", "vague"][2:] == (1, 25.0, 100.0)
    assert mix["cause", "member_id_wrong"][2:] == (2, 50.0, 200.0)


def test_a_report_reads_as_plain_columns_and_as_a_page(world: Path) -> None:
    found = calibration.report(world)
    text, page = calibration.as_text(found), calibration.as_markdown(found)
    assert "initial denials: usual" in text
    (line,) = (one for one in text.splitlines() if one.startswith("initial denials: usual"))
    assert line.split()[3:10] == ["40", "%", "10", "5", "to", "10", "above"]
    assert line.endswith(" 1")
    assert "\n 1  AAFP practice guidance (no year)\n" in text
    assert max(map(len, text.splitlines())) <= calibration.WIDTH
    assert "\nappeal_1  commercial" not in text, "too little was decided there to be shown by itself"
    assert "| correct | commercial | 2 | 100.0 | 2 | 100.0 | 50.0 | -50.0 | +0.0 | -50.0 |" in page


def test_a_world_without_anything_can_be_reported(tmp_path: Path) -> None:
    found = calibration.report(tmp_path)
    assert {one.stands for one in found.published} == {"not comparable"}
    assert calibration.as_text(found)
    assert calibration.as_markdown(found)


# --- the page ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", tables.TABLES)
def test_the_page_names_every_column_of_a_table(name: str) -> None:
    _, found, rest = PAGE.partition(f"### {name}\n")
    assert found, f"docs/world.md has no section on the table {name}"
    section = rest.partition("\n### ")[0].partition("\n## ")[0]
    told = [line.split("`")[1] for line in section.splitlines() if line.startswith("| `")]
    assert told == list(tables.schema(name)), "docs/world.md and tables.py differ"


def test_the_page_names_no_table_that_is_not_there() -> None:
    truths = PAGE.partition("\n## The truth")[2].partition("\n## ")[0]
    told = [line.removeprefix("### ") for line in truths.splitlines() if line.startswith("### ")]
    assert told == list(tables.TABLES)


def test_the_page_names_every_figure_with_its_unit_and_every_one_it_cannot_tell() -> None:
    for figure in kpis.FIGURES.values():
        assert f"| `{figure.id}` | {figure.unit} |" in PAGE
    for name in kpis.UNTOLD:
        assert f"`{name}`" in PAGE


def test_the_page_names_every_regime_and_event() -> None:
    happened = [one["name"] for one in tomllib.loads(events.BOOK.read_text(encoding="utf-8"))["event"]]
    for name in (*regimes.regimes(), *happened):
        assert f"| `{name}` |" in PAGE
