"""Rows as CSV or a workbook that spreadsheets open without running anything in them. No Django here."""

import csv
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

Cell = str | Decimal | date | int | bool | None

WIDTH = 18
"""Characters: wide enough for a control number and an amount."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A text that begins so is run as a formula by spreadsheets: what a payer sends, or somebody types, must not be."""


def texts(cells: Iterable[Cell]) -> Iterator[str]:
    """The cells of a row as text."""
    for cell in cells:
        if isinstance(cell, str):
            yield f"'{cell}" if cell.startswith(FORMULA) else cell
        else:
            yield "" if cell is None else str(cell)


def lines(headings: Iterable[str], rows: Iterable[Iterable[Cell]]) -> Iterator[str]:
    """Lines of CSV, each as soon as its row is known."""
    writer = csv.writer(_Echo(), lineterminator="\r\n")
    yield str(writer.writerow(headings))
    for row in rows:
        yield str(writer.writerow(texts(row)))


class Sheet(NamedTuple):
    """One sheet of a workbook."""

    name: str
    headings: tuple[str, ...]
    rows: Iterable[tuple[Cell, ...]]


def workbook(path: Path, sheets: Iterable[Sheet]) -> None:
    """A workbook, sheet after sheet. Texts are texts, never formulas; rows are written as they come, none is kept.

    Raises:
        OSError: the file cannot be written.
    """
    import xlsxwriter  # noqa: PLC0415  slow to import, and few ask for Excel

    path.open("ab").close()  # fails now, not after an hour of reading
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "tmpdir": path.parent}
    with xlsxwriter.Workbook(path, options) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        formats = {
            Decimal: book.add_format({"num_format": "#,##0.00"}),
            date: book.add_format({"num_format": "mm/dd/yyyy"}),
        }
        for name, headings, rows in sheets:
            page = book.add_worksheet(name)
            page.freeze_panes(1, 0)
            page.set_column(0, len(headings) - 1, WIDTH)
            page.write_row(0, 0, headings, bold)
            for number, cells in enumerate(rows, start=1):
                for place, cell in enumerate(cells):
                    if cell is not None:
                        page.write(number, place, cell, formats.get(type(cell)))


class _Echo:
    """A file that gives back what is written to it, so that nothing is kept."""

    def write(self, line: str) -> str:
        return line
