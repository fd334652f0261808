"""`reclaim audit`: who did and saw what, and the proof that nobody has changed it since."""

import json
import sys
from datetime import datetime
from typing import TYPE_CHECKING

import click

from reclaim.terminal import setup

if TYPE_CHECKING:
    from reclaim.people.models import Event, Organization

_organization = click.option("--organization", metavar="NAME", help="One alone; all when it is not given.")
_day = click.DateTime(["%Y-%m-%d", "%m/%d/%Y"])


@click.group()
def audit() -> None:
    r"""Look through who did and saw what, and prove that nobody changed it.

    \b
    reclaim audit verify
    reclaim audit list --person ann@cedar.example --first 11/01/2026
    reclaim audit list --verb viewed_case --json | jq .subject
    """


@audit.command()
@_organization
def verify(*, organization: str | None) -> None:
    """Prove the chain of events: what was changed, removed, slipped in or cut off is named.

    Ends of chains that backups have kept (RECLAIM_BACKUPS) are looked for too. The exit status is 0 when every event
    is as it was written, else 1.
    """
    _begin()
    from django.conf import settings  # noqa: PLC0415  Django is ready only now

    from reclaim.people import events, heads  # noqa: PLC0415  the same

    broken = False
    for each in _organizations(organization):
        faults = events.verify(each, heads.kept(settings.BACKUPS, each.slug))
        broken = broken or bool(faults)
        count = events.head(each).number
        click.echo(f"{each.name}: {'BROKEN' if faults else 'sound'}, {count:,} events")
        for fault in faults:
            click.echo(f"  {fault}")
    sys.exit(broken)


@audit.command("list")
@_organization
@click.option("--person", metavar="EMAIL", help="What one person did; `job`: what no person did.")
@click.option("--verb", help="What was done: viewed_case, wrote_off, refused, ...")
@click.option("--subject", help="On what: desk.case:17, or the number of a case alone.")
@click.option("--first", type=_day, help="From this day on.")
@click.option("--last", type=_day, help="To this day.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many, the newest first.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, with everything.")
def list_(  # noqa: PLR0913  each is an option that people can leave out
    *,
    organization: str | None,
    person: str | None,
    verb: str | None,
    subject: str | None,
    first: datetime | None,
    last: datetime | None,
    limit: int,
    as_json: bool,
) -> None:
    """Who did what, when, on what; the newest first."""
    _begin()
    from reclaim.people import trail  # noqa: PLC0415  Django is ready only now
    from reclaim.people.models import Event  # noqa: PLC0415  the same

    given = {"verb": verb or "", "subject": subject or "", "person": _person(person)}
    days = {name: str(at.date()) for name, at in (("first", first), ("last", last)) if at}
    ask, left = trail.Ask.of(given | days), limit
    for each in _organizations(organization):
        for event in trail.asked(Event.objects.filter(organization=each), ask)[:left].iterator(chunk_size=2000):
            left -= 1
            click.echo(_line(event, as_json=as_json))


def _line(event: "Event", *, as_json: bool) -> str:
    who = event.user.email if event.user else event.detail.get("job") or "the program"
    if not as_json:
        from django.utils import timezone  # noqa: PLC0415  Django is ready only now

        return f"{timezone.localtime(event.at):%m/%d/%Y %H:%M:%S}  {who:<32}  {event.verb:<22}  {event.subject}"
    whole = {
        "id": event.pk,
        "at": event.at.isoformat(),
        "person": event.user.email if event.user else None,
        "verb": event.verb,
        "subject": event.subject,
        "detail": event.detail,
        "hash": event.hash,
    }
    return json.dumps(whole, sort_keys=True)


def _begin() -> None:
    setup.ready()
    setup.insist()


def _person(email: str | None) -> str:
    """A person as the trail asks for them."""
    from reclaim.people import trail  # noqa: PLC0415  Django is ready only now
    from reclaim.people.models import User  # noqa: PLC0415  the same

    if not email or email == trail.JOB:
        return email or ""
    user = User.objects.filter(email__iexact=email.strip()).first()
    if user is None:
        raise click.UsageError(f"Nobody signs in, or ever did, as {email}. `reclaim user list` shows who does.")
    return str(user.pk)


def _organizations(name: str | None) -> "list[Organization]":
    from reclaim.people.joining import JoiningError, find_organization  # noqa: PLC0415  Django is ready only now
    from reclaim.people.models import Organization  # noqa: PLC0415  the same

    if name is None:
        return list(Organization.objects.order_by("name"))
    try:
        return [find_organization(name)]
    except JoiningError as error:
        raise click.UsageError(str(error)) from error
