"""`reclaim read`: remittances in, every denial out."""

import heapq
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Generic, NamedTuple

import click
import orjson

from reclaim import journey
from reclaim.rules.judged import Outcome, Show, Shown
from reclaim.rules.report import Report
from reclaim.terminal import records, sheets
from reclaim.terminal.rows import Row, row
from reclaim.x12.sources import NoSuchPathError, Source, size, sources
from reclaim.x12.workers import settle

SHOWN = 100
"""Denials that a screen shows when nobody says otherwise."""
LONG = 8 << 20
"""Bytes from which reading takes long enough to show its progress."""


class Options(NamedTuple):
    """What the user asked for."""

    today: date
    types: tuple[str, ...]
    show_patients: bool
    every: bool
    size: int


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--json", "as_json", is_flag=True, help="Everything as JSON (docs/read.schema.json).")
@click.option("--csv", "as_csv", is_flag=True, help="One row per denial as CSV; with --codes, per reason.")
@click.option("--xlsx", type=click.Path(dir_okay=False, path_type=Path), help="Write an Excel workbook.")
@click.option("--codes", "by_code", is_flag=True, help="Totals by reason instead of denials.")
@click.option(
    "--type", "types", multiple=True, type=click.Choice(["technical", "clinical", "administrative"]),
    help="Only denials of this type; may be given more than once.",
)  # fmt: skip
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Count days from this date instead of today.")
@click.option("--show-patients", is_flag=True, help="Show patients' names; by default only initials.")
@click.option("--all", "every", is_flag=True, help=f"Show every denial, not only the first {SHOWN}.")
def read(  # noqa: PLR0913  one argument for each option
    paths: tuple[str, ...], *, as_json: bool, as_csv: bool, xlsx: Path | None, by_code: bool,
    types: tuple[str, ...], as_of: datetime | None, show_patients: bool, every: bool,
) -> None:  # fmt: skip
    """Read remittances and show every denial: why it was denied, what to do, and by when.

    PATH is an 835 file, a folder, a pattern, a zip or gzip archive, or - for standard input. The order is by priority;
    in a pipe every denial is one line. The exit status is 0, or 1 when some file was refused (the rest was read).
    """
    if sum((as_json, as_csv, xlsx is not None)) > 1 or (as_json and by_code):
        raise click.UsageError("Choose one of --json, --csv and --xlsx; --codes goes with --csv, --xlsx or alone.")
    today = as_of.date() if as_of else datetime.now(UTC).astimezone().date()
    try:
        options = Options(today, types, show_patients, every, size(paths))
    except NoSuchPathError as error:
        raise click.UsageError(str(error)) from error
    settle()
    with _progress(options.size) as advance:
        files = sources(paths, advance)
        if as_json:
            report = _json(files, options)
        elif as_csv:
            report = _csv(files, options, by_code=by_code)
        elif xlsx:
            report = _xlsx(files, options, xlsx)
        else:
            report = _screen(files, options, by_code=by_code)
    sys.exit(1 if any(file.refused for file in report.files) else 0)


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


def _json(files: Iterable[Source], options: Options) -> Report:
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


def _csv(files: Iterable[Source], options: Options, *, by_code: bool) -> Report:
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


def _xlsx(files: Iterable[Source], options: Options, path: Path) -> Report:
    results = _rows(files, options)

    def workbook() -> Iterator[sheets.Sheet]:
        yield sheets.Sheet("Denials", Row._fields, (each.shown for each in results))
        yield sheets.Sheet("Reasons", sheets.CODE_HEADINGS, sheets.code_rows(results.report))

    try:
        sheets.write_xlsx(path, workbook())
    except OSError as error:
        raise click.UsageError(f"{path} cannot be written: {error.strerror}. Choose another place.") from error
    click.echo(f"Written: {path}", err=True)
    return results.report


def _screen(files: Iterable[Source], options: Options, *, by_code: bool) -> Report:
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


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], object]]:
    """What to tell how many bytes were read: a progress bar when there is much to read and somebody looks."""
    if total < LONG or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415  rich is slow to import
    from rich.progress import Progress  # noqa: PLC0415  the same

    with Progress(console=Console(stderr=True), transient=True) as bar:
        yield partial(bar.advance, bar.add_task("Reading", total=total))
