"""How many cases of each sort the queue holds: totals, and the count beside every queue and filter.

A filter's count is what choosing it would show: all other filters hold, its own kind does not. The cases of a state are
read once into a small table, with everything that can be asked of them; every question is answered from that. Large
organizations keep the table for a minute, so that a click does not read a hundred thousand cases again.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import reduce
from operator import add
from typing import Any, NamedTuple, TypeVar

import polars as pl
from django.core.cache import cache
from django.db.models import BigIntegerField, CharField, Count, F, Model, Q, QuerySet, Value, When
from django.db.models import Case as Choose
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, Concat, NullIf, Trim

from reclaim.desk.models import Case, State
from reclaim.desk.queue import DUE, LARGE, NONE, Ask, due, of_state
from reclaim.desk.queues import ME, ME_OR_NOBODY, NOBODY, QUEUES, Inside, Viewer, awake
from reclaim.people.models import Location, Team, User
from reclaim.record.models import Payer
from reclaim.record.money import dollars

LARGE_QUEUE = 5000
"""Cases up to which every page counts anew."""
KEPT = 60
"""Seconds for which the counts of a larger one may be shown."""
TEXT, FLAG, WHOLE = pl.Categorical(), pl.Boolean(), pl.Int64()
SHAPE: Mapping[str, pl.DataType] = {
    "type": TEXT,
    "kind": TEXT,
    "redenied": FLAG,
    "preventable": TEXT,
    "payer": WHOLE,
    "cause": TEXT,
    "owner": WHOLE,
    "team": WHOLE,
    "location": WHOLE,
    "provider": TEXT,
    "stage": TEXT,
    "over": FLAG,
    "due": TEXT,
    "queues": WHOLE,  # a bit for each condition of a queue that it meets
    "denied": WHOLE,  # cents
    "expected": WHOLE,
}
FILTERS = tuple(SHAPE)[:13]
_FULL_NAME = NullIf(Trim(Concat("first_name", Value(" "), "last_name")), Value(""))
MENUS: Mapping[str, tuple[type[Model], Combinable]] = {
    "payer": (Payer, F("name")),
    "owner": (User, Coalesce(_FULL_NAME, F("email"), output_field=CharField())),
    "team": (Team, F("name")),
    "location": (Location, F("name")),
}
"""Filters whose values are rows, and the name of such a row."""
Kept = TypeVar("Kept")


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
    menus: Mapping[str, tuple[Choice, ...]]  # by field: what it can be, the most first
    queues: Mapping[str, int]  # by name of a queue: its open cases, whatever the filters
    waiting: int  # open cases of the queue that are left out while they wait

    @property
    def payers(self) -> tuple[Choice, ...]:
        """The payers of these cases."""
        return self.menus["payer"]


def count(cases: QuerySet[Case], ask: Ask, today: date, kept: str = "", inside: Inside | None = None) -> Counted:
    """Count what is asked for and beside it.

    Args:
        cases: all that somebody may see, narrowed by a search if there is one.
        ask: the question.
        today: from which deadlines are counted.
        kept: a name for these cases under which their counts may be kept for some seconds; "" counts anew.
        inside: the queue that is looked at; it holds of open cases only.
    """
    viewer = inside.viewer if inside else Viewer(0, today, Decimal(0))

    def table(state: str) -> pl.DataFrame:
        name = f"{kept}:{state}:{today}:{viewer.small}"
        return _kept(name, kept, lambda: _table(of_state(cases, Ask(state=state)), viewer), lambda made: made.height)

    whole = table(ask.state)
    opened = whole if ask.state == State.OPEN or inside is None else table(State.OPEN)
    here = whole.filter(_within(inside)) if inside and ask.state == State.OPEN else whole
    masks = {name: _mask(name, getattr(ask, name)) for name in FILTERS if getattr(ask, name)}
    held = here.filter(*masks.values())

    def beside(name: str) -> list[tuple[Any, int]]:
        others = [mask for other, mask in masks.items() if other != name]
        some = here.filter(*others) if name in masks else held
        return some.group_by(name).len().sort(["len", name], descending=[True, False]).rows()

    counts = {name: beside(name) for name in FILTERS}
    chips = {(name, _value(value)): many for name in FILTERS if name not in MENUS for value, many in counts[name]}
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
        _named(counts)
        | {"cause": tuple(Choice(name, "", many) for name, many in counts["cause"])}
        | {"provider": tuple(Choice(npi or NONE, npi, many) for npi, many in counts["provider"])},
        _by_queue(opened, viewer) if inside else {},
        _left_out(opened, inside) if inside else 0,
    )


def states(cases: QuerySet[Case], kept: str = "") -> dict[str, int]:
    """How many cases stand in each state; see `count`."""

    def made() -> dict[str, int]:
        rows = cases.order_by().values_list("state").annotate(many=Count("pk")).order_by("state")
        return {state: many for state, many in rows if state in State.values}

    return _kept(f"{kept}:states", kept, made, lambda counts: sum(counts.values()))


def _kept(name: str, kept: str, make: Callable[[], Kept], size: Callable[[Kept], int]) -> Kept:
    known: Kept | None = cache.get(f"queue:{name}") if kept else None
    if known is not None:
        return known
    made = make()
    if kept and size(made) > LARGE_QUEUE:
        cache.set(f"queue:{name}", made, KEPT)
    return made


def _table(cases: QuerySet[Case], viewer: Viewer) -> pl.DataFrame:
    """The cases with everything that can be asked of them, a row each: no database groups by so much as fast."""
    falls = [When(due(each, viewer.today), then=Value(each)) for each in DUE]
    rows = (
        cases.order_by()
        .annotate(
            is_over=_flag(Q(denied__gt=LARGE), 1),
            falls=Choose(*falls, default=Value(""), output_field=CharField()),
            bits=reduce(add, (_flag(condition, 1 << place) for place, condition in _conditions(viewer))),
            lost=Cast("denied", BigIntegerField()),
            hoped=Cast("expected", BigIntegerField()),
        )
        .values_list(
            *("type", "kind", "redenied", "preventable", "payer_id", "cause", "owner_id", "team_id", "location_id"),
            *("provider", "stage", "is_over", "falls", "bits", "lost", "hoped"),
        )
    )
    columns = list(zip(*rows, strict=True)) or [()] * len(SHAPE)
    raw = {name: pl.String() if shape == TEXT else WHOLE for name, shape in SHAPE.items()}
    made = {name: pl.Series(name, column, raw[name], strict=False) for name, column in zip(SHAPE, columns, strict=True)}
    return pl.DataFrame(made).select(pl.col(name).cast(shape) for name, shape in SHAPE.items())


def _conditions(viewer: Viewer) -> Iterator[tuple[int, Q]]:
    """What the bits of a case say: by the place of a queue, and behind them all that it waits for nobody."""
    conditions = [*(each.condition(viewer) for each in QUEUES.values()), awake(viewer.today)]
    return ((place, condition) for place, condition in enumerate(conditions) if condition)


def _flag(condition: Q, value: int) -> Choose:
    return Choose(When(condition, then=Value(value)), default=Value(0), output_field=BigIntegerField())


def _within(inside: Inside) -> pl.Expr:
    """The open cases of a queue: what `Inside.condition` says, of the bits."""
    queue, user = inside.queue, inside.viewer.user
    owner = pl.col("owner")
    met = {
        ME: owner.eq_missing(user),
        NOBODY: owner.is_null(),
        ME_OR_NOBODY: owner.eq_missing(user) | owner.is_null(),
    }.get(queue.whose, pl.col("queues") >= 0)
    if queue.condition(inside.viewer):
        met &= _has(list(QUEUES).index(queue.name))
    return met if inside.waiting or not queue.awake else met & _has(len(QUEUES))


def _has(place: int) -> pl.Expr:
    return pl.col("queues").and_(1 << place) != 0


def _by_queue(opened: pl.DataFrame, viewer: Viewer) -> dict[str, int]:
    counts = opened.select(_within(Inside(each, viewer)).sum().alias(name) for name, each in QUEUES.items())
    return {name: int(many) for name, many in counts.row(0, named=True).items()}


def _left_out(opened: pl.DataFrame, inside: Inside) -> int:
    if not inside.queue.awake:
        return 0
    both = [_within(inside._replace(waiting=waiting)).sum().alias(str(waiting)) for waiting in (True, False)]
    every, awake_ones = opened.select(both).row(0)
    return int(every - awake_ones)


def _mask(name: str, value: str) -> pl.Expr:
    column = pl.col(name)
    if name in ("over", "redenied"):
        return column
    if name == "preventable":
        return column == "yes"
    if name in MENUS:
        return column.is_null() if value == NONE else column == int(value)
    if name == "provider" and value == NONE:
        return column == ""
    return column == value


def _value(value: object) -> str:
    """A value of the table as it stands in an address."""
    if isinstance(value, bool):
        return "1" if value else ""
    return str(value)


def _share(table: pl.DataFrame) -> Share:
    return Share(table.height, dollars(int(table["denied"].sum())))


def _named(counts: Mapping[str, list[tuple[int | None, int]]]) -> dict[str, tuple[Choice, ...]]:
    """The values of menus by their names; one query for all menus."""
    queries = []
    for menu, (kind, name) in MENUS.items():
        keys = [key for key, _ in counts[menu] if key is not None]
        rows = kind._default_manager.filter(pk__in=keys).order_by()  # noqa: SLF001  Django's public name for it
        queries.append(rows.annotate(menu=Value(menu), words=name).values_list("menu", "pk", "words"))
    first, *rest = queries
    words = {(menu, key): said for menu, key, said in first.union(*rest, all=True)}
    return {
        menu: tuple(
            Choice(NONE if key is None else str(key), words.get((menu, key), ""), many) for key, many in counts[menu]
        )
        for menu in MENUS
    }
