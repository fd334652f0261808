"""Denials and totals as rows for a spreadsheet: CSV on standard output, Excel in a file."""

import csv
from collections.abc import Iterable, Iterator
from typing import TextIO

from reclaim.codes import lookup
from reclaim.rules.bearing import bearing
from reclaim.rules.report import Report
from reclaim.terminal import words
from reclaim.web.cells import Cell, Sheet, texts, workbook

__all__ = ["CODE_HEADINGS", "Cell", "Sheet", "code_rows", "workbook", "write_csv"]


def write_csv(out: TextIO, headings: Iterable[str], rows: Iterable[tuple[Cell, ...]]) -> None:
    """Rows as CSV, each as soon as it is known."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(headings)
    writer.writerows(map(texts, rows))


CODE_HEADINGS = ("group", "carc", "meaning", "what_it_is", "count", "amount")


def code_rows(report: Report) -> Iterator[tuple[Cell, ...]]:
    """Totals by reason, the most dollars first."""
    for group, carc, count, amount in report.totals():
        yield group, carc, lookup.carc_words(carc), words.slug(bearing(group, carc)), count, amount
