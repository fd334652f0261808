"""Which causes there are, and by which codes payers tell them (book/faults.toml)."""

from collections.abc import Mapping
from functools import cache
from typing import Literal, NamedTuple

from reclaim.codes import lookup
from reclaim.rules import remarks, shelf
from reclaim.rules.facts import Adjustment

BOOK = shelf.BOOKS / "faults.toml"


class Cause(NamedTuple):
    """What may be wrong: see the head of book/faults.toml for what each field means."""

    name: str
    title: str
    element: str
    expected: str
    question: str
    inquiry: Literal["276", "letter"]
    common: int = 1


class _Tells(NamedTuple):
    causes: tuple[str, ...]
    carcs: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


class Told(NamedTuple):
    """The causes that codes may mean, with their weights; all where the codes say nothing."""

    weights: Mapping[str, int]
    code: str  # by which reason or remark code; "" where they say nothing


@cache
def causes() -> Mapping[str, Cause]:
    """All causes by name."""
    return {row.name: row for row in shelf.entries(BOOK, "cause", Cause)}


def told(denying: tuple[Adjustment, ...], beside: tuple[tuple[str, ...], ...], anywhere: tuple[str, ...]) -> Told:
    """What the codes of a denial leave possible.

    Args:
        denying: the adjustments that deny, largest first.
        beside: for each of them the remark codes of its lines and of the claim.
        anywhere: all remark codes.
    """
    for number, one in enumerate(denying):
        found = _told(one.carc, beside[number] if number < len(beside) else anywhere)
        if found:
            return found
    return _told("", anywhere) or Told({name: one.common for name, one in causes().items()}, "")


def _told(carc: str, beside: tuple[str, ...]) -> Told | None:
    opened = not carc or remarks.is_open(carc) or carc == "45"
    for row in _rows():
        if row.remarks:
            code = next((code for code in beside if code in row.remarks), "")
            fits = bool(code) and (carc in row.carcs if row.carcs and carc else opened)
        else:
            code, fits = carc, carc in row.carcs
        if fits:
            return Told(_weights(row), code)
    return None


@cache
def _weights(row: _Tells) -> Mapping[str, int]:
    pairs = (text.partition(" ") for text in row.causes)
    return {name: int(weight or 1) for name, _, weight in pairs}


@cache
def _rows() -> tuple[_Tells, ...]:
    rows = shelf.entries(BOOK, "tells", _Tells)
    for row in rows:
        names = [text.partition(" ")[0] for text in row.causes]
        if unknown := [name for name in names if name not in causes()]:
            raise shelf.BookError(f"{BOOK.name}, tells {row.causes[0]!r}: no [[cause]] is named {', '.join(unknown)}")
        codes = {**dict.fromkeys(row.carcs, lookup.carcs()), **dict.fromkeys(row.remarks, lookup.rarcs())}
        if unknown := [code for code, table in codes.items() if code not in table]:
            raise shelf.BookError(
                f"{BOOK.name}, tells {row.causes[0]!r}: no code is {', '.join(unknown)}; correct or remove it"
            )
    return rows
