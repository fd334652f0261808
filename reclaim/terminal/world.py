"""`reclaim world`: a made-up clinic group with its payers as real files, and the truth about them apart."""

from datetime import date, datetime
from pathlib import Path

import click

UNTIL = date(2026, 10, 31)
"""The last day of a world unless told otherwise: fixed, so that the same command makes the same bytes on any day."""


@click.command()
@click.argument("out", type=click.Path(file_okay=False, path_type=Path), metavar="OUT")
@click.option("--claims", type=click.IntRange(1), default=5000, show_default=True, help="Claims to care for.")
@click.option("--months", type=click.IntRange(1, 120), default=12, show_default=True, help="Months of care.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same bytes.")
@click.option("--regime", default="typical", show_default=True, help="How hard it is: calm, typical or hard.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), default=str(UNTIL), show_default=True, help="The last day.")
@click.option(
    "--broken", type=click.FloatRange(0, 1), default=0.0, help="Share of remittances that do not balance, on purpose."
)
def world(  # noqa: PLR0913  one argument for each option
    out: Path, *, claims: int, months: int, seed: int, regime: str, until: datetime, broken: float
) -> None:
    """Make up a clinic group and its payers: claims, acknowledgements and remittances as real X12 files.

    OUT is a new or empty folder. The files go to OUT/claims, OUT/acknowledgements and OUT/remittances; the truth about
    them, as Parquet tables, to OUT/truth: docs/world.md says what each column holds. Nobody in it is real.
    """
    from rich.console import Console  # noqa: PLC0415  slow to import
    from rich.progress import Progress  # noqa: PLC0415  the same

    from reclaim.rules.shelf import BookError  # noqa: PLC0415  the same
    from reclaim.world import calibration, tables  # noqa: PLC0415  the same
    from reclaim.world.run import Order, World  # noqa: PLC0415  the same

    if out.exists() and any(out.iterdir()):
        raise click.UsageError(f"{out} is not empty. Name a new folder: nothing is overwritten.")
    order = Order(claims, months, seed, until.date(), regime, broken)
    try:
        made_up = World(out, order)
    except BookError as error:
        raise click.UsageError(str(error)) from error
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Living through it", total=claims)
        made = made_up.run(lambda count: bar.advance(task, count))
    click.echo(calibration.as_text(calibration.report(out / tables.TRUTH)))
    left = f"{made.unsent:,} more were not sent by {order.until}" if made.unsent else "all were sent"
    click.echo(f"\n{made.sent:,} claims sent, {left}. {made.files:,} files, {made.bytes / 1e6:,.1f} MB in {out}.")
    click.echo(f"Read the remittances: reclaim read {out}/remittances --as-of {order.until}")
