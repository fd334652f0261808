"""`reclaim read`: remittances in, every denial out."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from reclaim.terminal.options import SHOWN, Options
from reclaim.x12 import workers
from reclaim.x12.sources import NoSuchPathError, size, sources

LONG = 8 << 20
"""Bytes from which reading takes long enough to show its progress."""


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
    workers.expect(options.size, "reclaim.terminal.outputs")
    from reclaim.terminal import outputs  # noqa: PLC0415  slow to import; the helpers do so at the same time

    with _progress(options.size) as advance:
        files = sources(paths, advance)
        if as_json:
            report = outputs.json(files, options)
        elif as_csv:
            report = outputs.csv(files, options, by_code=by_code)
        elif xlsx:
            report = outputs.xlsx(files, options, xlsx)
        else:
            report = outputs.screen(files, options, by_code=by_code)
    sys.exit(1 if any(file.refused for file in report.files) else 0)


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
