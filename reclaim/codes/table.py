"""Reads a table of codes from CSV into named tuples, and refuses a wrong cell with its file, line and remedy."""

import csv
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

Cell = Callable[[str], Any]
"""Turns the text of one cell into its value; its ValueError says what belongs there."""
Row = TypeVar("Row")
Key = TypeVar("Key", bound=Hashable)


class CodeTableError(Exception):
    """A code table holds what it must not; the message names the file, the line, the column and the remedy."""


def load(
    path: Path, build: Callable[..., Row], columns: Mapping[str, Cell], key: Callable[[Row], Key]
) -> Mapping[Key, Row]:
    """Reads one CSV whose header must be exactly the columns given, in that order.

    Args:
        path: The file.
        build: Makes one row from its values, in the order of the columns.
        columns: Column name to the reader of its cells.
        key: What tells one row from every other.

    Returns:
        The rows by key, in the order of the file.

    Raises:
        CodeTableError: A header, a cell or a key is wrong.
    """
    rows: dict[Key, Row] = {}
    cells = tuple(columns.values())
    with path.open(newline="", encoding="utf-8") as file:
        lines = csv.reader(file)
        if next(lines, []) != list(columns):
            raise CodeTableError(f"{path.name}, line 1: the header must be {','.join(columns)}")
        for texts in lines:
            try:
                row = build(*[cell(text) for cell, text in zip(cells, texts, strict=True)])
            except ValueError:
                raise CodeTableError(f"{path.name}, line {lines.line_num}{_fault(texts, columns)}") from None
            if rows.setdefault(key(row), row) is not row:
                raise CodeTableError(
                    f"{path.name}, line {lines.line_num}: {key(row)} stands twice; keep one of the two"
                )
    return MappingProxyType(rows)


def _fault(texts: list[str], columns: Mapping[str, Cell]) -> str:
    if len(texts) != len(columns):
        return f": {len(texts)} cells where {len(columns)} belong; quote a text that holds a comma"
    for (name, cell), text in zip(columns.items(), texts, strict=True):
        try:
            cell(text)
        except ValueError as error:
            return f", column {name}: {text!r}: {error}"
    return ": cannot be read"


def text(cell: str) -> str:
    """Any text, empty too."""
    return cell


def required(cell: str) -> str:
    """A text that must be there."""
    if not cell:
        raise ValueError("must not be empty")
    return cell


def yes_no(cell: str) -> bool:
    """`yes` or `no`."""
    if cell not in {"yes", "no"}:
        raise ValueError("write yes or no")
    return cell == "yes"


def day(cell: str) -> date | None:
    """A date as 2026-11-30; empty where unknown or open."""
    if not cell:
        return None
    try:
        return date.fromisoformat(cell)
    except ValueError:
        raise ValueError("write the date as 2026-11-30, or leave it empty") from None


def words(cell: str) -> tuple[str, ...]:
    """Codes with blanks between them."""
    return tuple(cell.split())


def one_of(*choices: str) -> Cell:
    """A cell that holds one of these."""
    allowed = frozenset(choices)

    def check(cell: str) -> str:
        if cell not in allowed:
            raise ValueError(f"write one of: {', '.join(choice or '(empty)' for choice in choices)}")
        return cell

    return check


def some_of(choices: Iterable[str]) -> Cell:
    """A cell that holds any number of these, with blanks between them."""
    allowed = frozenset(choices)

    def check(cell: str) -> tuple[str, ...]:
        parts = tuple(cell.split())
        if not allowed.issuperset(parts):
            raise ValueError(f"write any of: {', '.join(sorted(allowed))}, with blanks between them")
        return parts

    return check
