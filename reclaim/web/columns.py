"""The columns that a list of cases can show. The cells are in queue.html, and for files in web.export."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Column(NamedTuple):
    """A column; its name is also that of its order (desk.queue.SORTS)."""

    name: str
    words: str
    classes: str = ""
    usual: bool = False


COLUMNS: Mapping[str, Column] = {
    each.name: each
    for each in (
        Column("priority", "Priority", "", usual=True),
        Column("deadline", "Deadline", "", usual=True),
        Column("why", "Why denied, and what to do", "", usual=True),
        Column("type", "Type"),
        Column("payer", "Payer", "wide", usual=True),
        Column("patient", "Patient", "mid", usual=True),
        Column("location", "Location"),
        Column("provider", "Provider"),
        Column("service", "Service", "wide", usual=True),
        Column("opened", "Age"),
        Column("charge", "Charged", "num"),
        Column("denied", "Denied", "num", usual=True),
        Column("expected", "Expected", "num mid", usual=True),
        Column("recovered", "Recovered", "num"),
        Column("owner", "Owner"),
        Column("stage", "Stage"),
        Column("worked", "Last worked"),
        Column("state", "State", "wide"),
    )
}
HERE = "why"
"""The column that is always there: it holds the way to the case."""


def chosen(given: Iterable[str]) -> tuple[str, ...]:
    """The names of columns in an address, in the order of the table; none when they are the usual ones."""
    wanted = {name for each in given for name in each.split(",")} & COLUMNS.keys()
    if not wanted:
        return ()
    names = tuple(name for name in COLUMNS if name in wanted | {HERE})
    return () if names == usual() else names


def usual(*, states: bool = False) -> tuple[str, ...]:
    """The columns that are shown when nobody has chosen.

    Args:
        states: whether cases of several states stand in the list.
    """
    return tuple(each.name for each in COLUMNS.values() if each.usual or (states and each.name == "state"))


def shown(names: tuple[str, ...], *, states: bool) -> list[Column]:
    """The columns to show. Chosen ones are shown on a narrow screen too."""
    if not names:
        return [COLUMNS[name] for name in usual(states=states)]
    return [COLUMNS[name]._replace(classes="num" if "num" in COLUMNS[name].classes else "") for name in names]
