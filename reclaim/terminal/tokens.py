"""`reclaim token`: keys of the API."""

import json
from typing import TYPE_CHECKING

import click

from reclaim.terminal import setup
from reclaim.terminal.people import one_member

if TYPE_CHECKING:
    from reclaim.people.models import Membership

_organization = click.option("--organization", metavar="NAME", help="Needed when there are several.")


@click.group()
def token() -> None:
    """Make, list and end keys of the API.

    \b
    reclaim token make "Nightly export" --may see_cases
    reclaim token make "My script" --as ann@cedar.example --days 30
    reclaim token list
    reclaim token revoke 3
    """  # noqa: D301  \b is click's mark for a block that keeps its lines


@token.command()
@click.argument("name")
@click.option(
    "--as", "email", metavar="EMAIL", help="The member as whom it acts; a new integration when nobody is named."
)
@click.option(
    "--may", multiple=True, metavar="PERMISSION", help="Again for each; all that the role includes if not given."
)
@click.option("--days", type=click.IntRange(1, 365), default=90, show_default=True, help="For how long it is good.")
@_organization
def make(name: str, *, email: str | None, may: tuple[str, ...], days: int, organization: str | None) -> None:
    """Make a key and print it, alone on its line: it is shown only now.

    NAME is that of the program which will use it. What may be done, by its names: `reclaim user roles`.
    """
    _begin()
    from django.db import transaction  # noqa: PLC0415  Django is ready only now

    from reclaim.people import tokens  # noqa: PLC0415  the same
    from reclaim.people.access import ALLOWED, Permission  # noqa: PLC0415  the same
    from reclaim.people.joining import JoiningError, find_organization  # noqa: PLC0415  the same
    from reclaim.people.models import Role  # noqa: PLC0415  the same

    if unknown := set(may) - set(Permission):
        raise click.UsageError(f"There is no permission {min(unknown)!r}. `reclaim user roles` names them.")
    try:
        with transaction.atomic():  # no program without its key
            member = (
                one_member(email, organization)
                if email
                else tokens.integrate(None, find_organization(organization), name)
            )
            wanted = frozenset(map(Permission, may)) or ALLOWED[Role(member.role)]
            made = tokens.make(None, member, tokens.Wanted(name, wanted, days))
    except (JoiningError, tokens.TokenError) as error:
        raise click.UsageError(str(error)) from error
    click.echo(f"Acts as {_called(member)}, until {made.token.expires_at:%m/%d/%Y}. The key, shown only now:", err=True)
    click.echo(made.key)


@token.command("list")
@_organization
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_(*, organization: str | None, as_json: bool) -> None:
    """Every key: as whom it acts, until when, when it was used. The keys themselves are nowhere."""
    _begin()
    from rich.console import Console  # noqa: PLC0415  slow to import
    from rich.table import Table  # noqa: PLC0415  the same

    from reclaim.people.joining import JoiningError, find_organization  # noqa: PLC0415  Django is ready only now
    from reclaim.people.models import Token  # noqa: PLC0415  the same

    rows = Token.objects.select_related("user", "organization").order_by("organization__name", "-pk")
    try:
        rows = rows.filter(organization=find_organization(organization)) if organization else rows
    except JoiningError as error:
        raise click.UsageError(str(error)) from error
    table = Table("Number", "Name", "Begins", "Acts as", "Last used", "Good until", box=None, pad_edge=False)
    for each in rows.iterator():
        used = f"{each.used_at:%m/%d/%Y}" if each.used_at else "never"
        until = "ended" if each.revoked_at else f"{each.expires_at:%m/%d/%Y}"
        if as_json:
            names = ("id", "name", "start", "permissions")
            told = {name: getattr(each, name) for name in names} | {"as": each.user.email, "used": used, "until": until}
            click.echo(json.dumps(told))
        else:
            table.add_row(str(each.pk), each.name, f"{each.start}…", each.user.email, used, until)
    if not as_json:
        Console().print(table)


@token.command()
@click.argument("number", type=int)
def revoke(number: int) -> None:
    """End a key, at once and for good. NUMBER is that of `reclaim token list`."""
    _begin()
    from reclaim.people import tokens  # noqa: PLC0415  Django is ready only now
    from reclaim.people.models import Token  # noqa: PLC0415  the same

    found = Token.objects.select_related("organization").filter(pk=number).first()
    if found is None:
        raise click.UsageError(f"There is no key {number}. `reclaim token list` shows them.")
    tokens.revoke(None, found)
    click.echo(f"{found.name}: the key opens nothing any more.")


def _called(member: "Membership") -> str:
    return member.user.get_full_name() or member.user.email


def _begin() -> None:
    setup.ready()
    setup.insist()
