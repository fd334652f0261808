"""`reclaim world`: a made-up clinic group with its payers as real files, and the truth about them apart."""

from datetime import date, datetime
from pathlib import Path

import click

UNTIL = date(2026, 10, 31)
"""The last day of a world unless told otherwise: fixed, so that the same command makes the same bytes on any day."""


class Worlds(click.Group):
    """`reclaim world OUT` makes a world: `make` need not be written."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that was named, or `make`."""
        named = self.get_command(ctx, args[0])
        return (args[0], named, args[1:]) if named else ("make", self.get_command(ctx, "make"), args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Options before OUT are those of `make`."""
        if args and args[0].startswith("-") and args[0] not in self.get_help_option_names(ctx):
            args = ["make", *args]
        return super().parse_args(ctx, args)


@click.group(cls=Worlds)
def world() -> None:
    """Make up a clinic group and its payers as real files, and let its payers answer yours.

    \b
    reclaim world OUT --claims 5000         make one; reclaim world make --help shows all options
    reclaim world answer WORLD sent/        what its payers say to the claims in a folder
    """  # noqa: D301  \b is click's mark for a block that keeps its lines


@world.command()
@click.argument("out", type=click.Path(file_okay=False, path_type=Path), metavar="OUT")
@click.option("--claims", type=click.IntRange(1), default=5000, show_default=True, help="Claims to care for.")
@click.option("--months", type=click.IntRange(1, 120), default=12, show_default=True, help="Months of care.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same bytes.")
@click.option("--regime", default="typical", show_default=True, help="How hard it is: calm, typical or hard.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), default=str(UNTIL), show_default=True, help="The last day.")
@click.option(
    "--broken", type=click.FloatRange(0, 1), default=0.0, help="Share of remittances that do not balance, on purpose."
)
def make(  # noqa: PLR0913  one argument for each option
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


@world.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="WORLD")
@click.argument("sent", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[FILES OR FOLDERS]...")
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Write what has arrived by this day.  [default: until everything is answered]",
)
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Where to write.  [default: WORLD/answers]"
)
def answer(folder: Path, sent: tuple[Path, ...], *, until: datetime | None, out: Path | None) -> None:
    """Let the clearinghouse and the payers of a world answer claims and inquiries that you have sent.

    WORLD is a folder that `reclaim world` has made. What was sent are files of claims (837: corrected, void or new)
    and of status inquiries (276), as Reclaim writes them. The answers are TA1, 999, 277CA, 277 and 835; they go on
    from the last day of the world, and from one run to the next. Send only what is made up: copies stay in the world.
    """
    from reclaim.world import answering  # noqa: PLC0415  slow to import

    out = out or folder / "answers"
    click.echo("Living through the world again, to the day on which it stands ...", err=True)
    try:
        done = answering.answer(folder, sent, out, until.date() if until else None)
    except answering.AnsweringError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{done.taken:,} files taken in, {done.written:,} answers written to {out}.")
    if done.before:
        click.echo(f"{done.before:,} files were answered before.")
    if done.later:
        click.echo(f"{done.later:,} files are of a later day: they wait for it.")
    click.echo(f"It is {done.day} in {folder} now.")
