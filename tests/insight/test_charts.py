"""Where everything of the chart stands, and what it says in words."""

from datetime import date
from decimal import Decimal

from reclaim.insight import charts
from reclaim.insight.months import month_of, months_until
from reclaim.insight.sums import Tally

YEAR = months_until(date(2026, 11, 23), 12)


def test_months_cross_the_year() -> None:
    assert [month.name for month in months_until(date(2026, 1, 31), 3)] == [
        "November 2025",
        "December 2025",
        "January 2026",
    ]
    assert month_of(date(2028, 2, 10)).last == date(2028, 2, 29)


def test_an_empty_chart_has_a_scale_and_says_so() -> None:
    chart = charts.denied_by_month({month: {} for month in YEAR})
    assert len(chart.columns) == 12
    assert chart.summary == "Nothing was denied in these months."
    assert chart.lines[0].label == "$0"


def test_parts_stand_on_one_another_and_sum_to_the_total() -> None:
    kinds = {"technical": Tally(3, Decimal("600.00")), "administrative": Tally(1, Decimal("300.00"))}
    chart = charts.denied_by_month({YEAR[0]: kinds, YEAR[1]: {}})
    lower, upper = chart.columns[0].parts
    assert lower.y + lower.height == chart.base
    assert upper.y + upper.height + charts.GAP == lower.y
    assert chart.columns[0].total == chart.total == Tally(4, Decimal("900.00"))
    assert chart.totals[1] == Tally(0, Decimal("0.00"))
    assert "$900 in all, technical 67%, administrative 33%. Most in December 2025, $900." in chart.summary


def test_each_column_says_its_total_above_it_in_short() -> None:
    for dollars, said in (("666.70", "$667"), ("5844.38", "$5.8K"), ("35443.17", "$35.4K"), ("999960", "$1M")):
        chart = charts.denied_by_month({YEAR[0]: {"clinical": Tally(1, Decimal(dollars))}, YEAR[1]: {}})
        column, empty = chart.columns
        assert (column.said, column.top) == (said, column.parts[0].y)
        assert (empty.said, empty.top) == ("$0", chart.base)


def test_shares_stand_in_the_order_of_the_columns_and_add_up() -> None:
    kinds = {"technical": Tally(3, Decimal("600.00")), "administrative": Tally(1, Decimal("300.00"))}
    shares = charts.denied_by_month({YEAR[0]: kinds}).shares
    assert [(each.name, each.sum.cases, each.share) for each in shares] == [
        ("administrative", 1, "33%"),
        ("clinical", 0, "0%"),
        ("technical", 3, "67%"),
    ]
    assert [each.share for each in charts.denied_by_month({YEAR[0]: {}}).shares] == ["", "", ""]


def test_the_scale_is_round_and_holds_the_highest_column() -> None:
    for most, top in (
        ("999.00", "$1K"),
        ("1000.01", "$1.5K"),
        ("84123.00", "$100K"),
        ("2300000", "$3M"),
        ("7", "$8"),
    ):
        chart = charts.denied_by_month({YEAR[0]: {"clinical": Tally(1, Decimal(most))}})
        assert chart.lines[-1].label == top, most
        assert 3 <= len(chart.lines) - 1 <= 4
        assert min(part.y for part in chart.columns[0].parts) >= charts.TOP - 0.1
