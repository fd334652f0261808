"""Denials and totals as rows for a spreadsheet: CSV on standard output, Excel in a file."""

import csv
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple, TextIO

from reclaim.codes import lookup
from reclaim.rules.bearing import bearing
from reclaim.rules.report import Report
from reclaim.terminal import words

Cell = str | Decimal | date | int | bool | None

WIDTH = 18
"""Characters: wide enough for a control number and an amount."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A text that begins so is run as a formula by spreadsheets: what a payer sends must not be."""


class Sheet(NamedTuple):
    """One sheet of a workbook."""

    name: str
    headings: tuple[str, ...]
    rows: Iterable[tuple[Cell, ...]]


def write_csv(out: TextIO, headings: Iterable[str], rows: Iterable[tuple[Cell, ...]]) -> None:
    """Rows as CSV, each as soon as it is known."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(headings)
    writer.writerows(map(_texts, rows))


def _texts(cells: tuple[Cell, ...]) -> Iterator[str]:
    for cell in cells:
        if isinstance(cell, str):
            yield f"'{cell}" if cell.startswith(FORMULA) else cell
        else:
            yield "" if cell is None else str(cell)


def write_xlsx(path: Path, sheets: Iterable[Sheet]) -> None:
    """A workbook, sheet after sheet. Texts are texts, never formulas; rows are written as they come, none is kept.

    Raises:
        OSError: the file cannot be written.
    """
    import xlsxwriter  # noqa: PLC0415  slow to import, and few ask for Excel

    path.open("ab").close()  # fails now, not after an hour of reading
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
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


CODE_HEADINGS = ("group", "carc", "meaning", "what_it_is", "count", "amount")


def code_rows(report: Report) -> Iterator[tuple[Cell, ...]]:
    """Totals by reason, the most dollars first."""
    for group, carc, count, amount in report.totals():
        yield group, carc, lookup.carc_words(carc), words.slug(bearing(group, carc)), count, amount
