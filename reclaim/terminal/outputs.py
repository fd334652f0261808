"""What `reclaim read` writes: denials as JSON, CSV, an Excel workbook or a screen, each while the files are read."""

import heapq
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Generic

import click
import orjson

from reclaim import journey
from reclaim.rules.judged import Outcome, Show, Shown
from reclaim.rules.report import Report
from reclaim.terminal import records, sheets
from reclaim.terminal.options import SHOWN, Options
from reclaim.terminal.rows import Row, row
from reclaim.x12.sources import Source


class Results(Generic[Shown]):
    """The denials that the user wants, one at a time, and the report when they are through."""

    def __init__(self, files: Iterable[Source], options: Options, show: Show[Shown]) -> None:
        self._stream = journey.read(files, options.today, show, options.size)
        self._types = options.types
        self.report = Report()

    def __iter__(self) -> Iterator[Outcome[Shown]]:
        for each in self._stream:
            if isinstance(each, Report):
                self.report = each
            elif not self._types or each.type in self._types:
                yield each


def json(files: Iterable[Source], options: Options) -> Report:
    """One object. Denials come first, each as soon as it is known, so that memory stays flat."""
    out = sys.stdout.buffer
    results = Results(files, options, partial(records.encoded, show_patients=options.show_patients))
    separator = b'{"denials":[\n'
    for each in results:
        out.write(separator + each.shown)
        separator = b",\n"
    report = results.report
    rest = {
        "files": [records.file(file) for file in report.files],
        "not_denials": records.not_denials(report),
        "adjustments": records.adjustments(report),
    }
    out.write((b"" if separator == b",\n" else separator) + b"],\n" + orjson.dumps(rest)[1:] + b"\n")
    out.flush()
    return report


def _rows(files: Iterable[Source], options: Options) -> Results[Row]:
    return Results(files, options, partial(row, show_patients=options.show_patients))


def csv(files: Iterable[Source], options: Options, *, by_code: bool) -> Report:
    """One row per denial, or per reason."""
    results = _rows(files, options)
    if by_code:
        exhaust(results)
        sheets.write_csv(sys.stdout, sheets.CODE_HEADINGS, sheets.code_rows(results.report))
    else:
        sheets.write_csv(sys.stdout, Row._fields, (each.shown for each in results))
    sys.stdout.flush()
    return results.report


def exhaust(results: Iterable[object]) -> None:
    """Go through without keeping anything."""
    for _ in results:
        pass


def xlsx(files: Iterable[Source], options: Options, path: Path) -> Report:
    """A workbook with two sheets: denials, reasons."""
    results = _rows(files, options)

    def workbook() -> Iterator[sheets.Sheet]:
        yield sheets.Sheet("Denials", Row._fields, (each.shown for each in results))
        yield sheets.Sheet("Reasons", sheets.CODE_HEADINGS, sheets.code_rows(results.report))

    try:
        sheets.workbook(path, workbook())
    except OSError as error:
        raise click.UsageError(f"{path} cannot be written: {error.strerror}. Choose another place.") from error
    click.echo(f"Written: {path}", err=True)
    return results.report


def screen(files: Iterable[Source], options: Options, *, by_code: bool) -> Report:
    """Tables for people on a terminal; one line per denial in a pipe."""
    from reclaim.terminal import screen  # noqa: PLC0415  rich is slow to import; data outputs do without

    out = screen.console(sys.stdout)
    results = _rows(files, options)
    shown, listed = _first(results, None if options.every or not out.is_terminal else SHOWN)
    screen.files(out, results.report)
    if by_code:
        screen.codes(out, results.report)
        return results.report
    if shown:
        screen.denials(out, shown, options.today)
    screen.totals(out, results.report, len(shown), listed)
    return results.report


def _first(results: Iterable[Outcome[Row]], limit: int | None) -> tuple[list[Row], int]:
    """The denials of the highest priority, and how many there are; no more than the limit are held at a time."""
    count = 0

    def counted() -> Iterator[Outcome[Row]]:
        nonlocal count
        for each in results:
            count += 1
            yield each

    chosen = sorted(counted(), key=_order) if limit is None else heapq.nsmallest(limit, counted(), key=_order)
    return [each.shown for each in chosen], count


def _order(outcome: Outcome[Row]) -> tuple[object, ...]:
    return (-outcome.score, -outcome.amount, outcome.shown.file, outcome.shown.control_number)
