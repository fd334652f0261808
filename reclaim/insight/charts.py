"""Denied dollars by month and type as stacked columns: where everything stands, for a template to draw as SVG.

A small drawing of our own: it takes its colors from the page (CSS variables, so light, dark and print follow by
themselves), keeps the rule of the site against inline styles, and is drawn with the page.
"""

from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import NamedTuple

from reclaim.insight.months import Month
from reclaim.insight.sums import Tally

TYPES = ("technical", "clinical", "administrative")
"""From the bottom up."""
WIDTH, HEIGHT = 720, 240
LEFT, TOP, BOTTOM = 54, 24, 30
STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
SIZES = {1_000_000: "M", 1000: "K"}
GAP = 2
"""Between the parts of a column, so that they are told apart without their colors."""


class Part(NamedTuple):
    """One rectangle."""

    type: str
    x: float
    y: float
    width: float
    height: float


class Column(NamedTuple):
    """One month."""

    month: Month
    x: float  # where its column begins
    middle: float
    width: float
    parts: tuple[Part, ...]
    sums: tuple[Tally, ...]  # in the order of TYPES
    total: Tally
    top: float  # of its parts
    said: str  # its total, short
    label: str
    year: str  # where a year begins, and on the first column


class Share(NamedTuple):
    """What all columns hold of a type."""

    name: str
    sum: Tally
    share: str  # of all dollars: "67%"


class Line(NamedTuple):
    """One line of the scale."""

    y: float
    label: str


class Chart(NamedTuple):
    """All of it."""

    width: int
    height: int
    left: int
    base: float
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    totals: tuple[Tally, ...]  # in the order of TYPES
    total: Tally
    summary: str  # what the picture shows, for who does not see it

    @property
    def types(self) -> tuple[str, ...]:
        """What the columns are made of, from the bottom up."""
        return TYPES

    @property
    def shares(self) -> list[Share]:
        """Every type, from the top down as the columns show it."""
        whole = self.total.denied
        found = [
            Share(name, each, f"{each.denied / whole:.0%}" if whole else "")
            for name, each in zip(TYPES, self.totals, strict=True)
        ]
        return found[::-1]


def denied_by_month(months: Mapping[Month, Mapping[str, Tally]]) -> Chart:
    """Where everything stands.

    Args:
        months: cases and denied dollars by month, in their order, and type.
    """
    none = Tally(0, Decimal("0.00"))
    sums = {month: tuple(kinds.get(kind, none) for kind in TYPES) for month, kinds in months.items()}
    most = max((sum(each.denied for each in row) for row in sums.values()), default=Decimal(0))
    step, count = _scale(Decimal(most))
    base, top = float(HEIGHT - BOTTOM), float(step * count)
    slot = (WIDTH - LEFT) / max(len(sums), 1)
    columns = []
    for place, (month, row) in enumerate(sums.items()):
        x, width = LEFT + slot * (place + 0.18), slot * 0.64
        parts = _parts(row, (x, width), base, (base - TOP) / top)
        year = f"{month.first:%Y}" if place == 0 or month.first.month == 1 else ""
        total, highest = _total(row), min((part.y for part in parts), default=base)
        words = _short(_rounded(total.denied)), f"{month.first:%b}", year
        columns.append(Column(month, _r(x), _r(x + width / 2), _r(width), parts, row, total, highest, *words))
    lines = tuple(Line(_r(base - (base - TOP) * at / count), _short(step * at)) for at in range(count + 1))
    totals = tuple(_total([row[place] for row in sums.values()]) for place in range(len(TYPES)))
    return Chart(WIDTH, HEIGHT, LEFT, base, tuple(columns), lines, totals, _total(totals), _summary(columns, totals))


def _parts(row: Sequence[Tally], across: tuple[float, float], base: float, unit: float) -> tuple[Part, ...]:
    x, width = across
    parts: list[Part] = []
    y = base
    for kind, money in zip(TYPES, row, strict=True):
        height = float(money.denied) * unit
        if height > 0:
            y -= height
            parts.append(Part(kind, _r(x), _r(y), _r(width), _r(max(height - (GAP if parts else 0), 0.5))))
    return tuple(parts)


def _scale(most: Decimal) -> tuple[Decimal, int]:
    """A round step, and how many of them hold the most: three to five lines."""
    if most <= 0:
        return Decimal(1000), 4
    size = Decimal(10) ** (most / 4).adjusted()
    step = next(each * size for each in STEPS if each * size * 4 >= most)
    return step, int((most / step).to_integral_value(ROUND_CEILING))


def _rounded(amount: Decimal) -> Decimal:
    """To a tenth of the unit that `_short` says it in."""
    size = next((each for each in SIZES if amount >= each), 10)
    return (amount * 10 / size).to_integral_value(ROUND_HALF_UP) * size / 10


def _short(amount: Decimal) -> str:
    """`$1.5M`, `$250K`, `$80`."""
    for size, letter in SIZES.items():
        if amount >= size:
            return f"${(amount / size).normalize():f}{letter}"
    return f"${amount.normalize():f}"


def _summary(columns: Sequence[Column], totals: Sequence[Tally]) -> str:
    total = _total(totals)
    if not total.denied or not columns:
        return "Nothing was denied in these months."
    highest = max(columns, key=lambda each: each.total.denied)
    shares = ", ".join(
        f"{kind} {each.denied / total.denied:.0%}" for kind, each in zip(TYPES, totals, strict=True) if each.denied
    )
    span = f"{columns[0].month.name} to {columns[-1].month.name}"
    return (
        f"Denied dollars by month, {span}: ${total.denied:,.0f} in all, {shares}. "
        f"Most in {highest.month.name}, ${highest.total.denied:,.0f}."
    )


def _total(row: Sequence[Tally]) -> Tally:
    return Tally(sum(each.cases for each in row), sum((each.denied for each in row), Decimal("0.00")))


def _r(value: float) -> float:
    return round(value, 1)
