"""Teams and places of care: how the people and the claims of an organization are grouped."""

import re
from collections.abc import Collection

from reclaim.codes.npi import is_npi
from reclaim.people.access import Permission
from reclaim.people.actions import Done, PeopleError, action
from reclaim.people.models import Location, Membership, Organization, Team, User

NAME = 80
"""Letters of a name."""


class TeamError(PeopleError):
    """A team or a place cannot be so."""


@action(Permission.MANAGE_PEOPLE, "made_team")
def make_team(by: User | None, organization: Organization, name: str) -> Done[Team]:
    """Begin a team, with nobody in it yet.

    Raises:
        TeamError: the name is empty, too long or taken.
    """
    del by
    return Done(Team.objects.create(organization=organization, name=_free(Team, organization.pk, name)))


@action(Permission.MANAGE_PEOPLE, "changed_team")
def change_team(by: User | None, team: Team, name: str, members: Collection[int]) -> Done[Team]:
    """Call a team something, and say who is in it.

    Args:
        by: who says so.
        team: which.
        name: from now on.
        members: ids of memberships; those of other organizations are passed over.

    Raises:
        TeamError: the name is empty, too long or taken.
    """
    del by
    named = _free(Team, team.organization_id, name, besides=team.pk)
    people = set(Membership.objects.filter(organization=team.organization_id, pk__in=members).values_list("pk", "user"))
    before = set(team.memberships.values_list("pk", "user"))
    renamed, team.name = named != team.name, named
    team.save(update_fields=["name"])
    team.memberships.set([each for each, _ in people])
    detail = {
        "renamed": renamed,
        "came": sorted(user for _, user in people - before),
        "went": sorted(user for _, user in before - people),
    }
    return Done(team, detail, changed=renamed or people != before)


@action(Permission.MANAGE_PEOPLE, "made_location")
def make_location(by: User | None, organization: Organization, name: str, npis: str) -> Done[Location]:
    """Name a place of care.

    Args:
        by: who names it.
        organization: whose it is.
        name: what people call it.
        npis: provider identifiers on its claims, as typed.

    Raises:
        TeamError: the name cannot be, or an NPI is wrong or another place's.
    """
    del by
    known = _npis(organization.pk, npis)
    named = _free(Location, organization.pk, name)
    return Done(Location.objects.create(organization=organization, name=named, npis=known), {"npis": known})


@action(Permission.MANAGE_PEOPLE, "changed_location")
def change_location(by: User | None, location: Location, name: str, npis: str) -> Done[Location]:
    """Call a place of care something else, or know it by other identifiers; see `make_location`."""
    del by
    known = _npis(location.organization_id, npis, besides=location.pk)
    named = _free(Location, location.organization_id, name, besides=location.pk)
    before = (location.name, location.npis)
    location.name, location.npis = named, known
    location.save(update_fields=["name", "npis"])
    return Done(location, {"npis": known, "were": before[1]}, changed=before != (named, known))


def _free(kind: type[Team | Location], organization: int, name: str, besides: int = 0) -> str:
    """A name, cleaned, that nothing of its kind has."""
    cleaned = " ".join(name.split())
    if not cleaned or len(cleaned) > NAME or not cleaned.isprintable():
        raise TeamError(f"A name has 1 to {NAME} letters.")
    taken = kind._default_manager.filter(organization=organization, name__iexact=cleaned).exclude(pk=besides)  # noqa: SLF001  Django's public name for it
    if taken.exists():
        raise TeamError(f"There is “{cleaned}” already.")
    return cleaned


def _npis(organization: int, text: str, besides: int = 0) -> list[str]:
    """Provider identifiers as typed, each once; none of them another place's."""
    found = list(dict.fromkeys(each for each in re.split(r"[\s,;]+", text) if each))
    for each in found:
        if not is_npi(each):
            raise TeamError(
                f"{each[:20]!r} is no NPI: it has ten digits, and the last must fit the others. Look for a slip."
            )
    for other in Location.objects.filter(organization=organization).exclude(pk=besides):
        if both := set(found) & set(other.npis):
            raise TeamError(f"NPI {min(both)} belongs to {other.name} already.")
    return found
