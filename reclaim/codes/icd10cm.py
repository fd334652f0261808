"""Diagnosis codes (ICD-10-CM, April 2026 release): which are billable, and what may not stand together.

The tables are made from the release of the National Center for Health Statistics, which is in the public domain. They
hold codes only, no wording.
"""

import csv
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

_HERE = Path(__file__).parent
FROM, TO = date(2026, 4, 1), date(2026, 9, 30)
"""Days of service for which this release holds."""


class Billable(NamedTuple):
    """What is known of a code that may be billed."""

    unsided: bool  # it leaves the side open, where codes for right and left exist
    manifestation: bool  # it never comes first: the disease behind it does


def billable(code: str) -> Billable | None:
    """What is known of a diagnosis code without dot, upper case; None when it is no code that may be billed."""
    return _codes().get(code)


def covers(day: date) -> bool:
    """Whether the table is that of a day of service: releases change on October 1 and April 1."""
    return FROM <= day <= TO


def longer(code: str) -> tuple[str, ...]:
    """Some billable codes that say more than this one: `E1121`, `E1122` for `E112`."""
    return tuple(each for each in _codes() if each.startswith(code))[:3] if len(code) >= 3 else ()


def never_with(one: str, other: str) -> bool:
    """Whether the tabular list says of either code that it never stands beside the other (Excludes1)."""
    return any(within(other, each) for each in _excluded(one)) or any(within(one, each) for each in _excluded(other))


def within(code: str, codes: str) -> bool:
    """Whether a code lies below another (`E112`) or in a range of them (`E08-E13`, both ends with all below)."""
    first, _, last = codes.partition("-")
    return first <= code[: len(first)] and code[: len(last or first)] <= (last or first)


@cache
def _excluded(code: str) -> tuple[str, ...]:
    """What the notes at a code, at those above it and at its section exclude."""
    notes = _notes()
    above = (code[:length] for length in range(3, len(code) + 1))
    sections = (section for section in notes if "-" in section and within(code, section))
    return tuple(each for name in (*above, *sections) for each in notes.get(name, ()))


@cache
def _codes() -> Mapping[str, Billable]:
    sorts = {f"{unsided}{first}": Billable(bool(unsided), bool(first)) for unsided in ("", "?") for first in ("", "*")}
    return {
        row[0] + tail.rstrip("?*").strip("."): sorts[tail[len(tail.rstrip("?*")) :]]
        for row in _rows("icd10cm.csv")
        for tail in row[1].split()
    }


@cache
def _notes() -> Mapping[str, tuple[str, ...]]:
    return {code: tuple(excluded.split()) for code, excluded in _rows("icd10cm_excludes.csv")}


def _rows(name: str) -> Iterator[list[str]]:
    with (_HERE / name).open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        yield from rows
