"""`reclaim read`: remittances in, every denial out."""

import heapq
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

import click
import orjson

from reclaim import journey
from reclaim.rules.report import Found, Report
from reclaim.terminal import records, sheets
from reclaim.x12.sources import NoSuchPathError, size, sources

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
    options = Options(today, types, show_patients, every)
    try:
        total = size(paths)
    except NoSuchPathError as error:
        raise click.UsageError(str(error)) from error
    with _progress(total) as advance:
        stream = journey.read(sources(paths, advance), today)
        report = _written(stream, options, as_json=as_json, as_csv=as_csv, xlsx=xlsx, by_code=by_code)
    sys.exit(1 if any(file.refused for file in report.files) else 0)


def _written(
    stream: Iterator[Found | Report], options: Options, *, as_json: bool, as_csv: bool, xlsx: Path | None, by_code: bool
) -> Report:
    results = Results(stream, options.types)
    if as_json:
        _json(results, options)
    elif as_csv:
        _csv(results, options, by_code=by_code)
    elif xlsx:
        _xlsx(results, options, xlsx)
    else:
        _screen(results, options, by_code=by_code)
    return results.report


class Results:
    """The denials of a journey that the user wants, one at a time, and its report when they are through."""

    def __init__(self, stream: Iterator[Found | Report], types: tuple[str, ...]) -> None:
        self._stream = stream
        self._types = types
        self.report = Report()

    def __iter__(self) -> Iterator[Found]:
        for each in self._stream:
            if isinstance(each, Report):
                self.report = each
            elif not self._types or each.denial.classification.type in self._types:
                yield each


def _json(results: Results, options: Options) -> None:
    """One object. Denials come first, each as soon as it is known, so that memory stays flat."""
    out = sys.stdout.buffer
    separator = b'{"denials":[\n'
    for each in results:
        out.write(separator + orjson.dumps(records.denial(each, show_patients=options.show_patients)))
        separator = b",\n"
    report = results.report
    rest = {
        "files": [records.file(file) for file in report.files],
        "not_denials": records.not_denials(report),
        "adjustments": records.adjustments(report),
    }
    out.write((b"" if separator == b",\n" else separator) + b"],\n" + orjson.dumps(rest)[1:] + b"\n")
    out.flush()


def _csv(results: Results, options: Options, *, by_code: bool) -> None:
    row = partial(sheets.row, show_patients=options.show_patients)
    if by_code:
        for _ in results:
            pass
        sheets.write_csv(sys.stdout, sheets.CODE_HEADINGS, sheets.code_rows(results.report))
    else:
        sheets.write_csv(sys.stdout, sheets.headings(show_patients=options.show_patients), map(row, results))
    sys.stdout.flush()


def _xlsx(results: Results, options: Options, path: Path) -> None:
    def workbook() -> Iterator[sheets.Sheet]:
        row = partial(sheets.row, show_patients=options.show_patients)
        yield sheets.Sheet("Denials", sheets.headings(show_patients=options.show_patients), map(row, results))
        yield sheets.Sheet("Reasons", sheets.CODE_HEADINGS, sheets.code_rows(results.report))

    try:
        sheets.write_xlsx(path, workbook())
    except OSError as error:
        raise click.UsageError(f"{path} cannot be written: {error.strerror}. Choose another place.") from error
    click.echo(f"Written: {path}", err=True)


def _screen(results: Results, options: Options, *, by_code: bool) -> None:
    from reclaim.terminal import screen  # noqa: PLC0415  rich is slow to import; data outputs do without

    out = screen.console(sys.stdout)
    limit = None if options.every or not out.is_terminal else SHOWN
    shown, listed = _first(results, limit)
    screen.files(out, results.report)
    if by_code:
        screen.codes(out, results.report)
        return
    if shown:
        screen.denials(out, shown, options.today, show_patients=options.show_patients)
    screen.totals(out, results.report, len(shown), listed)


def _first(results: Iterable[Found], limit: int | None) -> tuple[list[Found], int]:
    """The denials of the highest priority, and how many there are; no more than the limit are held at a time."""
    count = 0

    def counted() -> Iterator[Found]:
        nonlocal count
        for each in results:
            count += 1
            yield each

    if limit is None:
        return sorted(counted(), key=_order), count
    return heapq.nsmallest(limit, counted(), key=_order), count


def _order(found: Found) -> tuple[object, ...]:
    return (
        -found.denial.priority.score,
        -found.denial.identification.denied_amount,
        found.file,
        found.denial.claim.control_number,
    )


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
