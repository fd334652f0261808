"""`reclaim connections`: look at connections to payers, test them, have files fetched and sent now."""

import json
import time
from typing import TYPE_CHECKING

import click

from reclaim.terminal import setup
from reclaim.terminal.words import shown

if TYPE_CHECKING:
    from reclaim.record.connections.models import Connection

_number = click.argument("number", type=int)


@click.group()
def connections() -> None:
    """Look at connections to payers, test them, have files fetched and sent now.

    They are made on the page Settings, Connections.

    \b
    reclaim connections list
    reclaim connections test 3
    reclaim connections fetch 3
    """  # noqa: D301  \b is click's mark for a block that keeps its lines


@connections.command("list")
@click.option("--organization", metavar="NAME", help="Only those of one organization.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_(*, organization: str | None, as_json: bool) -> None:
    """Every connection: where it leads, when it was visited, what the trouble is. Never passwords or keys."""
    _begin()
    from rich.console import Console  # noqa: PLC0415  slow to import
    from rich.table import Table  # noqa: PLC0415  the same

    from reclaim.people.joining import JoiningError, find_organization  # noqa: PLC0415  Django is ready only now
    from reclaim.record.connections.models import Connection  # noqa: PLC0415  the same

    rows = Connection.objects.select_related("organization").order_by("organization__name", "name")
    try:
        rows = rows.filter(organization=find_organization(organization)) if organization else rows
    except JoiningError as error:
        raise click.UsageError(str(error)) from error
    table = Table("Number", "Organization", "Name", "Where", "Visited", "Trouble", box=None, pad_edge=False)
    for each in rows.iterator():
        where, visited = each.host or "this server", f"{each.visited_at:%m/%d/%Y %H:%M}" if each.visited_at else "never"
        if as_json:
            names = ("id", "name", "kind", "host", "port", "folder_in", "folder_out", "active", "trouble")
            told = {name: getattr(each, name) for name in names} | {"visited": visited}
            click.echo(json.dumps(told | {"organization": each.organization.slug}))
        else:
            trouble = each.trouble or ("" if each.active else "switched off")
            table.add_row(str(each.pk), *map(shown, (each.organization.name, each.name, where, visited, trouble)))
    if not as_json:
        Console().print(table)


@connections.command()
@_number
def test(number: int) -> None:
    """Look whether a connection works; nothing is fetched or sent. NUMBER is that of `reclaim connections list`."""
    _begin()
    from reclaim import exchange  # noqa: PLC0415  Django is ready only now
    from reclaim.record.connections.sftp import fingerprint  # noqa: PLC0415  the same

    connection = _found(number)
    if not (trouble := exchange.check(None, connection)):
        click.echo("It works: Reclaim gets in, and the folders are there.")
        return
    if connection.host_key_seen:
        click.echo(f"The server shows the key {fingerprint(connection.host_key_seen)}")
        trouble += " Compare the fingerprint with the payer's, and confirm it under Settings, Connections."
    raise click.ClickException(trouble)


@connections.command()
@_number
def fetch(number: int) -> None:
    """Fetch and send now, until nothing is left. NUMBER is that of `reclaim connections list`.

    A file is taken when it has not changed for some seconds: they are waited for.
    """
    _begin()
    from reclaim import exchange  # noqa: PLC0415  Django is ready only now
    from reclaim.record.connections.fetching import SETTLE  # noqa: PLC0415  the same

    connection, looks = _found(number), 0
    while True:
        done = exchange.visit(connection)
        if done.busy:
            raise click.ClickException("It is being visited right now. Try again in a minute.")
        click.echo(f"Fetched {done.fetched:,}, sent {done.sent:,}; {done.same:,} had come before.")
        if done.trouble:
            raise click.ClickException(done.trouble)
        looks = 0 if done.fetched or done.same else looks + 1
        if not done.waiting:
            return
        if looks > 2:
            click.echo(f"{done.waiting:,} still change; they are taken by the next visits.")
            return
        time.sleep(SETTLE.total_seconds())


def _found(number: int) -> "Connection":
    from reclaim.record.connections.models import Connection  # noqa: PLC0415  Django is ready only now

    found = Connection.objects.select_related("organization").filter(pk=number).first()
    if found is None:
        raise click.UsageError(f"There is no connection {number}. `reclaim connections list` shows them.")
    return found


def _begin() -> None:
    setup.ready()
    setup.insist()
