"""`reclaim user`: who may come in, and as what."""

from typing import TYPE_CHECKING

import click

from reclaim.terminal import setup

if TYPE_CHECKING:
    from reclaim.people.models import Membership, Organization, User

ROLES = ("biller", "coder", "reviewer", "front_desk", "manager", "finance", "administrator", "auditor")
REASONS = ("lost", "broken", "replaced", "locked")
_role = click.option(
    "--role", type=click.Choice(ROLES), required=True, help="What they do; `reclaim user roles` tells."
)
_organization = click.option("--organization", metavar="NAME", help="Needed when there are several.")


@click.group()
def user() -> None:
    r"""Let people in, change what they do, end their access.

    \b
    reclaim user add ann@cedar.example --role manager --organization "Cedar Clinics"
    reclaim user add bob@cedar.example --role biller
    reclaim user list
    """


@user.command()
@click.argument("email")
@_role
@_organization
@click.option("--create", is_flag=True, help="Make a further organization.")
@click.option("--ask-password", is_flag=True, help="Ask for a password here, instead of printing a link.")
def add(email: str, *, role: str, organization: str | None, create: bool, ask_password: bool) -> None:
    """Let somebody in, and print a link at which they choose their password.

    The link is good for a day and works once; give it to nobody else. The first organization is made; a
    further one needs --create, so that a slip of the pen makes none.
    """
    _begin()
    from django.core.exceptions import ValidationError  # noqa: PLC0415  Django is ready only now
    from django.core.validators import validate_email  # noqa: PLC0415  the same
    from django.db import transaction  # noqa: PLC0415  the same

    from reclaim.people.joining import JoiningError, join, set_password  # noqa: PLC0415  the same
    from reclaim.people.models import Role  # noqa: PLC0415  the same

    password = click.prompt("Password", hide_input=True, confirmation_prompt=True) if ask_password else None
    try:
        validate_email(email)
        with transaction.atomic():
            membership = join(None, _found(organization, create=create), email, Role(role))
            if password is not None:
                set_password(membership.user, password)
    except JoiningError as error:
        raise click.UsageError(str(error)) from error
    except ValidationError as error:
        raise click.UsageError(" ".join(error.messages)) from error
    click.echo(f"{membership.user.email} is {membership.get_role_display()} of {membership.organization}.")
    if password is None:
        _print_link(membership.user)


@user.command()
@click.argument("email")
def link(email: str) -> None:
    """Print a new link at which somebody chooses a password, when the first ran out or the password is lost."""
    _begin()
    from reclaim.people.joining import allow_link  # noqa: PLC0415  Django is ready only now

    _print_link(allow_link(None, _members(email, None)[0]).user)


@user.command()
@click.argument("email")
@_role
@_organization
def change(email: str, *, role: str, organization: str | None) -> None:
    """Let somebody do something else from now on."""
    _begin()
    from reclaim.people.joining import JoiningError, change_role  # noqa: PLC0415  Django is ready only now
    from reclaim.people.models import Role  # noqa: PLC0415  the same

    try:
        member = change_role(None, one_member(email, organization), Role(role))
    except JoiningError as error:
        raise click.UsageError(str(error)) from error
    click.echo(f"{member.user.email} is {member.get_role_display()} of {member.organization} from now on.")


@user.command()
@click.argument("email")
@_organization
@click.option("--to", metavar="EMAIL", help="A colleague who gets their open cases.")
@click.option("--by-rules", is_flag=True, help="The assignment rules give out their open cases.")
def end(email: str, *, organization: str | None, to: str | None, by_rules: bool) -> None:
    """End somebody's access, at once. Their open cases are nobody's then, unless you say whose."""
    _begin()
    from django.utils import timezone  # noqa: PLC0415  Django is ready only now

    from reclaim.desk.leaving import Way, leave  # noqa: PLC0415  the same
    from reclaim.people.joining import JoiningError  # noqa: PLC0415  the same

    if to and by_rules:
        raise click.UsageError("Choose one of --to and --by-rules.")
    member = one_member(email, organization)
    heir = one_member(to, member.organization.slug) if to else None
    way = Way.PERSON if heir else Way.RULES if by_rules else Way.RELEASE
    try:
        left = leave(None, member, timezone.localdate(), way, heir)
    except JoiningError as error:
        raise click.UsageError(str(error)) from error
    click.echo(f"{member.user.email} sees nothing of {member.organization} any more. {left}")


@user.command("reset-factor")
@click.argument("email")
@click.option("--why", type=click.Choice(REASONS), required=True, help="What became of the device or the codes.")
def reset_factor(email: str, *, why: str) -> None:
    """Take away the second factor of somebody who lost it; they sign in by password and set up a new one.

    Be sure that it is they who ask: by voice, or in person. They are told by mail where mail is set up.
    """
    _begin()
    from reclaim.people.factors import FactorError, Why, reset  # noqa: PLC0415  Django is ready only now
    from reclaim.people.links import mail_reset  # noqa: PLC0415  the same

    try:
        member = reset(None, _members(email, None)[0], why)
    except FactorError as error:
        raise click.UsageError(str(error)) from error
    click.echo(f"{member.user.email} signs in by password alone until they set up a new second factor.")
    try:
        told = mail_reset(member, Why(why).label, None)
    except OSError:
        told = False
    click.echo("They are told by mail." if told else "No mail went out: tell them.")


@user.command("list")
@_organization
def list_(*, organization: str | None) -> None:
    """Who may come in, and as what."""
    _begin()
    from rich.console import Console  # noqa: PLC0415  slow to import
    from rich.table import Table  # noqa: PLC0415  the same

    table = Table("Email", "Role", "Organization", "Last sign-in", box=None, pad_edge=False)
    for each in _members(None, organization):
        seen = f"{each.user.last_login:%m/%d/%Y}" if each.user.last_login else "never"
        table.add_row(each.user.email, each.get_role_display(), each.organization.name, seen)
    Console().print(table)


@user.command()
def roles() -> None:
    """What each role may do."""
    _begin()
    from rich.console import Console  # noqa: PLC0415  slow to import
    from rich.table import Column, Table  # noqa: PLC0415  the same

    from reclaim.people.access import ALLOWED, Permission, roles_that_may  # noqa: PLC0415  Django is ready only now

    table = Table(Column("May", no_wrap=True), "Who", box=None, pad_edge=False)
    for permission in Permission:
        allowed = roles_that_may(permission)
        who = "everybody" if len(allowed) == len(ALLOWED) else ", ".join(role.value for role in allowed)
        table.add_row(permission.replace("_", " "), who)
    Console().print(table)


def _begin() -> None:
    setup.ready()
    setup.insist()


def _found(name: str | None, *, create: bool) -> "Organization":
    from reclaim.people.joining import find_organization, found_organization  # noqa: PLC0415  Django is ready only now
    from reclaim.people.models import Organization  # noqa: PLC0415  the same

    first = name is not None and not Organization.objects.exists()
    if not create and not first:
        return find_organization(name)
    if name is None:
        raise click.UsageError("Name the organization to make, with --organization.")
    return found_organization(name)


def _members(email: str | None, organization: str | None) -> list["Membership"]:
    """Memberships by email, all for None; ends the command when there are none."""
    from reclaim.people.joining import JoiningError, find_organization  # noqa: PLC0415  Django is ready only now
    from reclaim.people.models import Membership  # noqa: PLC0415  the same

    rows = Membership.objects.select_related("user", "organization").order_by("organization__name", "user__email")
    try:
        rows = rows.filter(organization=find_organization(organization)) if organization else rows
    except JoiningError as error:
        raise click.UsageError(str(error)) from error
    found = list(rows.filter(user__email__iexact=email.strip()) if email else rows)
    if email and not found:
        raise click.UsageError(f"Nobody signs in as {email}. `reclaim user list` shows who does.")
    return found


def one_member(email: str, organization: str | None) -> "Membership":
    """A member by email; ends the command when there is none, or when nobody says in which organization."""
    found = _members(email, organization)
    if len(found) > 1:
        raise click.UsageError(f"{email} is in several organizations: name one with --organization.")
    return found[0]


def _print_link(user: "User") -> None:
    from reclaim.people.links import sign_in_link  # noqa: PLC0415  Django is ready only now

    click.echo(f"They choose a password here, within a day:\n{sign_in_link(user)}")
