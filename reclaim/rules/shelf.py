"""Reads the books of the rules (book/*.toml) into named tuples, and refuses a wrong entry with its place and remedy."""

import inspect
import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import NoneType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

BOOKS = Path(__file__).parent / "book"
Row = TypeVar("Row")

_WORDS = {str: "a text", int: "a whole number", bool: "true or false", Decimal: "a number", date: "a date"}


class BookError(Exception):
    """A book of the rules holds what it must not; the message names the file, the line, the entry and the remedy."""


def entries(book: Path, table: str, row: Callable[..., Row]) -> tuple[Row, ...]:
    """Reads every `[[table]]` entry of a book as one named tuple.

    Args:
        book: The TOML file.
        table: Name of the table.
        row: A NamedTuple. Its annotations are the schema: `str`, `int`, `bool`, `Decimal`, `date`, `Literal`,
            `tuple[<one of these>, ...]` or any of them `| None`. A field with a default may be left out.

    Returns:
        The entries, in the order of the file.

    Raises:
        BookError: The file cannot be read, or an entry does not keep to the schema.
    """
    hints = get_type_hints(row)
    needed = [name for name, one in inspect.signature(row).parameters.items() if one.default is one.empty]
    rows = []
    found = _tables(book).get(table, [])
    if not (isinstance(found, list) and all(isinstance(entry, dict) for entry in found)):
        raise BookError(f"{book.name}, {table}: write its entries as [[{table}]]")
    for place, entry in enumerate(found):
        if fault := _fault(entry, hints, needed):
            raise BookError(f"{book.name}, line {_line(book, table, place)}, {_name(entry, table)}: {fault}")
        rows.append(row(**{name: _value(text, hints[name]) for name, text in entry.items()}))
    if not rows:
        raise BookError(f"{book.name} has no [[{table}]]: add at least one entry")
    return tuple(rows)


@cache
def _tables(book: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(book.read_text(encoding="utf-8"), parse_float=Decimal)
    except (OSError, ValueError) as error:
        raise BookError(f"{book.name} cannot be read: {error}") from error


def _fault(entry: Mapping[str, Any], hints: Mapping[str, Any], needed: list[str]) -> str:
    for name, value in entry.items():
        if name not in hints:
            return f"nobody reads `{name}`; the fields are {', '.join(hints)}"
        if not _fits(value, hints[name]):
            return f"`{name}` is {value!r}; write {_wanted(hints[name])}"
    missing = [name for name in needed if name not in entry]
    return f"add {', '.join(f'`{name}`' for name in missing)}" if missing else ""


def _fits(value: object, hint: Any) -> bool:  # noqa: ANN401 (annotations of any form)
    kinds = get_args(hint)
    if get_origin(hint) is Literal:
        return value in kinds
    if get_origin(hint) is tuple:
        return isinstance(value, list) and all(_fits(one, kinds[0]) for one in value)
    if NoneType in kinds:
        return any(_fits(value, kind) for kind in kinds if kind is not NoneType)
    return type(value) is hint or (hint is Decimal and type(value) is int)


def _value(value: Any, hint: Any) -> Any:  # noqa: ANN401 (one reader for every type of field)
    if isinstance(value, list):
        return tuple(value)
    return Decimal(value) if type(value) is int and (hint is Decimal or Decimal in get_args(hint)) else value


def _wanted(hint: Any) -> str:  # noqa: ANN401 (annotations of any form)
    kinds = [kind for kind in get_args(hint) if kind not in (NoneType, Ellipsis)]
    if get_origin(hint) is Literal:
        return f"one of {', '.join(map(repr, kinds))}"
    if get_origin(hint) is tuple:
        return f"a list, each of it {_wanted(kinds[0])}"
    return " or ".join(_wanted(kind) for kind in kinds) or _WORDS[hint]


def _line(book: Path, table: str, place: int) -> int:
    """Where an entry begins, be it under a [[table]] of its own or a line within `table = [`."""
    lines = [line.strip() for line in book.read_text(encoding="utf-8").splitlines()]
    heads = [number for number, line in enumerate(lines, 1) if line == f"[[{table}]]"]
    start = next((number for number, line in enumerate(lines, 1) if line.startswith(f"{table} =")), 1)
    within = [number for number, line in enumerate(lines, 1) if number > start and line.startswith("{")]
    return next(iter((heads or within)[place:]), start)


def _name(entry: Mapping[str, Any], table: str) -> str:
    return f"{table} {next(iter(entry.values()), '')!r}"
