"""`reclaim send`: what is ready leaves the house, and how far each batch has come."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reclaim.terminal import setup
from reclaim.terminal.words import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reclaim.desk.models import Batch
    from reclaim.people.models import Organization


@click.command()
@click.option("--organization", metavar="NAME", help="Whose claims, if there are several organizations.")
@click.option(
    "--to",
    "folder",
    type=click.Path(exists=True, file_okay=False, writable=True, path_type=Path),
    help="Put files that go by no connection into this folder; they are sent then.",
)
@click.option("--list", "only_list", is_flag=True, help="Only show the newest batches; nothing is sent.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def send(*, organization: str | None, folder: Path | None, only_list: bool, as_json: bool) -> None:
    """Send what is ready: corrected claims are batched, judged, and given to their connections.

    \b
    reclaim send                      by connections; files without one wait for --to or the page Outbox
    reclaim send --to outgoing/       files without a connection into a folder, each once
    """  # noqa: D301  \b is click's mark for a block that keeps its lines
    setup.ready()
    setup.insist()
    from reclaim import dispatch  # noqa: PLC0415  Django is ready only now
    from reclaim.desk.models import Batch  # noqa: PLC0415  the same
    from reclaim.people.joining import JoiningError, find_organization  # noqa: PLC0415  the same

    try:
        house = find_organization(organization)
    except JoiningError as error:
        raise click.UsageError(str(error)) from error
    if not only_list:
        made = dispatch.send(None, house)
        dispatch.carry_on(house)
        taken = _put(house, folder) if folder else 0
        if not as_json:
            _tell(made, taken)
    rows = Batch.objects.filter(organization=house).select_related("receiver").order_by("-pk")[:20]
    _show(rows, as_json=as_json)


def _put(house: "Organization", folder: Path) -> int:
    """Put what goes by no connection into a folder, and note that it left. How many files."""
    from reclaim import dispatch  # noqa: PLC0415  Django is ready only now
    from reclaim.desk.models import Batch  # noqa: PLC0415  the same

    rows = Batch.objects.filter(organization=house, stage=Batch.Stage.WRITTEN, held=False, outgoing=None)
    count = 0
    for batch in rows.filter(receiver__connection=None).select_related("organization", "receiver").order_by("pk"):
        place = folder / dispatch.name_of(batch)
        part = place.with_suffix(".part")  # whoever was cut off writes the same bytes again
        with dispatch.opened(batch) as stream, part.open("wb") as file:
            while data := stream.read(1 << 20):
                file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.rename(place)
        dispatch.hand_over(None, batch)
        count += 1
    return count


def _tell(made: "Sequence[Batch]", taken: int) -> None:
    if not made:
        click.echo("Nothing more is ready to be sent.")
    for each in made:
        each.refresh_from_db()
        out = f"; {each.taken_out:,} taken out, the reason stands with each" if each.taken_out else ""
        click.echo(f"Batch {each.control}: {each.count:,} claims, ${each.charge:,.2f}{out}.")
    if taken:
        click.echo(f"{taken:,} {'file was' if taken == 1 else 'files were'} put into the folder.")


def _show(rows: "Iterable[Batch]", *, as_json: bool) -> None:
    from rich.console import Console  # noqa: PLC0415  slow to import
    from rich.table import Table  # noqa: PLC0415  the same

    if as_json:
        for each in rows:
            names = ("id", "control", "kind", "stage", "held", "production", "count", "taken_out", "trouble")
            told = {name: getattr(each, name) for name in names}
            click.echo(json.dumps(told | {"receiver": each.receiver.name, "charge": str(each.charge)}))
        return
    table = Table("Number", "Receiver", "Kind", "Claims", "Charge", "Stage", "Trouble", box=None, pad_edge=False)
    for each in rows:
        stage = "held" if each.held else each.get_stage_display().lower()
        cells = str(each.control), each.receiver.name, each.kind, f"{each.count:,}", f"${each.charge:,.2f}", stage
        table.add_row(*map(shown, (*cells, each.trouble)))
    Console().print(table)
