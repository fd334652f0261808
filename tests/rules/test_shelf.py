"""A wrong entry in a book is refused with its place and what to write instead."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Literal, NamedTuple

import pytest

from reclaim.rules import shelf


class Row(NamedTuple):
    id: str
    unit: Literal["days", "months"]
    value: int | None = None
    rate: Decimal = Decimal(0)
    names: tuple[str, ...] = ()
    sure: bool = False
    since: date | None = None


GOOD = '[[row]]\nid = "a"\nunit = "days"\n'


def book(folder: Path, text: str) -> Path:
    path = folder / "book.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_entries_come_typed_and_in_order(tmp_path: Path) -> None:
    path = book(tmp_path, GOOD + 'value = 3\nrate = 0.10\nnames = ["X"]\nsince = 2026-01-02\n' + GOOD + "rate = 2\n")
    assert shelf.entries(path, "row", Row) == (
        Row("a", "days", 3, Decimal("0.10"), ("X",), since=date(2026, 1, 2)),
        Row("a", "days", rate=Decimal(2)),
    )


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("valu = 3", "book.toml, line 4, row 'a': nobody reads `valu`; the fields are id, unit, value"),
        ('value = "3"', "`value` is '3'; write a whole number"),
        ("value = true", "`value` is True; write a whole number"),
        ('names = ["X", 3]', "`names` is ['X', 3]; write a list, each of it a text"),
        ('names = "X"', "write a list, each of it a text"),
        ("rate = true", "`rate` is True; write a number"),
        ("sure = 1", "`sure` is 1; write true or false"),
        ('since = "2026-01-02"', "write a date"),
    ],
)
def test_a_wrong_field_is_named_with_its_line_and_remedy(tmp_path: Path, wrong: str, message: str) -> None:
    with pytest.raises(shelf.BookError) as caught:
        shelf.entries(book(tmp_path, GOOD + GOOD + wrong), "row", Row)
    assert message in str(caught.value)


def test_a_value_out_of_its_list_names_the_list(tmp_path: Path) -> None:
    with pytest.raises(shelf.BookError, match="`unit` is 'weeks'; write one of 'days', 'months'"):
        shelf.entries(book(tmp_path, '[[row]]\nid = "a"\nunit = "weeks"'), "row", Row)


def test_a_missing_field_is_named(tmp_path: Path) -> None:
    with pytest.raises(shelf.BookError, match="line 1, row 'a': add `unit`"):
        shelf.entries(book(tmp_path, '[[row]]\nid = "a"'), "row", Row)


def test_an_entry_of_an_inline_list_is_found_too(tmp_path: Path) -> None:
    inline = 'row = [\n  { id = "a", unit = "days" },\n  { id = "b" },\n]'
    with pytest.raises(shelf.BookError, match="line 3, row 'b': add `unit`"):
        shelf.entries(book(tmp_path, inline), "row", Row)


@pytest.mark.parametrize("text", ["[[row]\n", "", "row = 3", "row = [3]"])
def test_a_book_that_is_none_is_refused_by_name(tmp_path: Path, text: str) -> None:
    with pytest.raises(shelf.BookError, match=r"book\.toml"):
        shelf.entries(book(tmp_path, text), "row", Row)


def test_a_missing_book_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(shelf.BookError, match=r"none\.toml cannot be read"):
        shelf.entries(tmp_path / "none.toml", "row", Row)
