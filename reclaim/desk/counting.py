"""How many cases of each sort the queue holds: totals, and the count beside every filter.

A filter's count is what choosing it would show: all other filters hold, its own kind does not. The cases of a state are
counted once into a small table, by everything that can be filtered; every question is answered from that. Large
organizations keep the table for a minute, so that a click does not count a hundred thousand cases again.
"""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import polars as pl
from django.core.cache import cache
from django.db.models import BigIntegerField, CharField, Count, F, Q, QuerySet, Sum, Value, When
from django.db.models import Case as Choose

from reclaim.desk.models import Case, State
from reclaim.desk.queue import DUE, LARGE, Ask, due, of_state
from reclaim.record.models import Payer
from reclaim.record.money import dollars

LARGE_QUEUE = 5000
"""Cases up to which every page counts anew."""
KEPT = 60
"""Seconds for which the counts of a larger one may be shown."""
TEXT, FLAG, WHOLE = pl.String(), pl.Boolean(), pl.Int64()
SHAPE = {
    "type": TEXT,
    "kind": TEXT,
    "redenied": FLAG,
    "preventable": TEXT,
    "payer": WHOLE,
    "cause": TEXT,
    "over": FLAG,
    "due": TEXT,
    "cases": WHOLE,
    "denied": WHOLE,
    "expected": WHOLE,
}
FILTERS = ("type", "over", "due", "kind", "redenied", "preventable", "payer", "cause")


class Share(NamedTuple):
    """How many cases, and the US dollars denied in them."""

    cases: int
    denied: Decimal


class Choice(NamedTuple):
    """One value of a filter and how many cases it would show; `words` where the value is an id."""

    value: str
    words: str
    cases: int


class Counted(NamedTuple):
    """Totals of what is asked, and the count beside every filter."""

    total: Share
    expected: Decimal
    week: Share  # due today or within seven days
    overdue: Share
    chips: Mapping[tuple[str, str], int]  # field and value of `Ask` to cases; what is not there is 0
    payers: tuple[Choice, ...]
    causes: tuple[Choice, ...]


def count(cases: QuerySet[Case], ask: Ask, today: date, kept: str = "") -> Counted:
    """Count what is asked for and beside it.

    Args:
        cases: all that somebody may see, narrowed by a search if there is one.
        ask: the question.
        today: from which deadlines are counted.
        kept: a name for these cases under which their counts may be kept for some seconds; "" counts anew.
    """
    table = _kept(f"{kept}:{ask.state}:{today}", kept, lambda: _table(of_state(cases, ask), today))
    masks = {name: _mask(name, getattr(ask, name)) for name in FILTERS if getattr(ask, name)}
    held = table.filter(*masks.values())

    def beside(name: str) -> list[tuple[Any, int]]:
        others = [mask for other, mask in masks.items() if other != name]
        some = table.filter(*others) if name in masks else held
        return some.group_by(name).agg(pl.col("cases").sum()).sort(["cases", name], descending=[True, False]).rows()

    chips = {(name, _value(value)): many for name in FILTERS[:6] for value, many in beside(name)}
    return Counted(
        _share(held),
        dollars(int(held["expected"].sum())),
        _share(held.filter(pl.col("due") == "week")),
        _share(held.filter(pl.col("due") == "overdue")),
        {
            **chips,
            ("preventable", "1"): chips.get(("preventable", "yes"), 0),
            ("over", "1000"): chips.get(("over", "1"), 0),
        },
        _payers(beside("payer")),
        tuple(Choice(name, "", many) for name, many in beside("cause")),
    )


def states(cases: QuerySet[Case], kept: str = "") -> dict[str, int]:
    """How many cases stand in each state; see `count`."""
    rows = cases.order_by().values_list("state").annotate(many=Count("pk")).order_by("state")
    shape = {"state": TEXT, "cases": WHOLE}
    table = _kept(f"{kept}:states", kept, lambda: pl.DataFrame(list(rows), shape, orient="row"))
    return {state: many for state, many in table.rows() if state in State.values}


def _kept(name: str, kept: str, make: Callable[[], pl.DataFrame]) -> pl.DataFrame:
    known = cache.get(f"queue:{name}") if kept else None
    if isinstance(known, pl.DataFrame):
        return known
    table = make()
    if kept and int(table["cases"].sum()) > LARGE_QUEUE:
        cache.set(f"queue:{name}", table, KEPT)
    return table


def _table(cases: QuerySet[Case], today: date) -> pl.DataFrame:
    """The cases by everything that can be filtered; dollars in cents."""
    soon = [When(due(each, today), then=Value(each)) for each in DUE]
    rows = (
        cases.order_by()
        .annotate(
            is_over=Choose(When(Q(denied__gt=LARGE), then=Value(1)), default=Value(0)),
            falls=Choose(*soon, default=Value(""), output_field=CharField()),
        )
        .values_list("type", "kind", "redenied", "preventable", "payer_id", "cause", "is_over", "falls")
        .annotate(many=Count("pk"), lost=_cents("denied"), hoped=_cents("expected"))
    )
    made = [(*row[:6], bool(row[6]), *row[7:]) for row in rows]
    return pl.DataFrame(made, SHAPE, orient="row")


def _cents(field: str) -> Sum:
    return Sum(F(field), output_field=BigIntegerField())


def _mask(name: str, value: str) -> pl.Expr:
    column = pl.col(name)
    if name in ("over", "redenied"):
        return column
    if name == "preventable":
        return column == "yes"
    return column == (int(value) if name == "payer" else value)


def _value(value: object) -> str:
    """A value of the table as it stands in an address."""
    if isinstance(value, bool):
        return "1" if value else ""
    return str(value)


def _share(table: pl.DataFrame) -> Share:
    return Share(int(table["cases"].sum()), dollars(int(table["denied"].sum())))


def _payers(counts: list[tuple[int, int]]) -> tuple[Choice, ...]:
    names = dict(Payer.objects.filter(pk__in=[key for key, _ in counts]).values_list("pk", "name"))
    return tuple(Choice(str(key), names.get(key, ""), many) for key, many in counts)
