"""`reclaim lake`: the columns beside the record, made again from the kept files."""

import click

from reclaim.config import start


@click.group()
def lake() -> None:
    """Parquet parts of every remittance, for looking at; derived from the kept files."""


@lake.command()
def rebuild() -> None:
    """Make every part again. The content is the same as before; only damaged and missing parts change."""
    start.django()
    from reclaim import reception  # noqa: PLC0415  Django must be set up first

    click.echo(f"{reception.rebuild_lake():,} files read; the lake is whole.")
