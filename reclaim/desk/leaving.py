"""Who leaves, and what goes with them: work that somebody has, or that names a team or a place, is never left behind.

held(membership)                        what they have: told before their access ends
leave(by, membership, Way.RULES)        it ends, and their open cases go on, each with its event

pointing(team)                          what names a team or a place of care: told before it is removed
remove_team(by, team)                   it is gone; refused while work names it
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q, QuerySet

from reclaim.desk.acting import Actor, Job
from reclaim.desk.actions import assign, release, works_cases
from reclaim.desk.assigning import assign_these
from reclaim.desk.assignment_rules import drafts
from reclaim.desk.models import Case, State, Task
from reclaim.people import joining
from reclaim.people.access import Permission
from reclaim.people.actions import Done, action, insist
from reclaim.people.joining import JoiningError
from reclaim.people.models import Location, Membership, Organization, Team, User
from reclaim.people.teams import TeamError

JOB = Job("leaving")


class Way(StrEnum):
    """What becomes of the open cases of who leaves."""

    RELEASE = "release"  # nobody's
    RULES = "rules"  # whose the assignment rules say; what none catches is nobody's
    PERSON = "person"  # a colleague's


class Held(NamedTuple):
    """What somebody has."""

    cases: int  # open ones
    tasks: int  # not done


class Left(NamedTuple):
    """What became of it."""

    given: int
    released: int

    def __str__(self) -> str:
        """In a sentence; none when there was nothing."""
        parts = [f"{self.given:,} given to others"] if self.given else []
        parts += [f"{self.released:,} nobody's now"] if self.released else []
        return f"Their open cases: {', '.join(parts)}." if parts else ""


class Pointing(NamedTuple):
    """What names a team or a place."""

    cases: int  # open ones
    ended: int
    tasks: int  # not done
    rules: tuple[str, ...]  # assignment rules, by name
    kept: bool  # ended cases keep it where it is: figures count them by it

    @property
    def hindrance(self) -> str:
        """Why it cannot be removed; "" when it can."""
        said = [
            *([f"{self.cases:,} open {'case' if self.cases == 1 else 'cases'}"] if self.cases else []),
            *([f"{self.ended:,} ended {'case' if self.ended == 1 else 'cases'}"] if self.ended and self.kept else []),
            *([f"{self.tasks:,} {'task' if self.tasks == 1 else 'tasks'}"] if self.tasks else []),
            *(f"the rule “{each}”" for each in self.rules),
        ]
        rest = "Figures count cases by it: it stays." if self.ended and self.kept else "Change that first."
        return f"It stands in {', '.join(said)}. {rest}" if said else ""


# --- who leaves -------------------------------------------------------------------------------------------------------


def held(membership: Membership) -> Held:
    """What somebody has in an organization that others must go on with."""
    tasks = Task.objects.filter(organization=membership.organization_id, owner=membership.user_id, done_at=None)
    return Held(_owned(membership).count(), tasks.count())


def leave(
    by: User | None, membership: Membership, today: date, way: Way = Way.RELEASE, to: Membership | None = None
) -> Left:
    """End somebody's access at once, and give their open cases to others: all of it, or nothing.

    Args:
        by: who ends it; None for the command on the machine itself.
        membership: whose.
        today: who is away is so on this day.
        way: what becomes of their open cases. Teams stay as they are, unless a rule says otherwise.
        to: the colleague, for `Way.PERSON`.

    Raises:
        JoiningError: they are the last who lets people in, or the colleague cannot work cases.
        NotAllowedError: the role does not include it.
    """
    if by is not None:
        insist(by, Permission.MANAGE_PEOPLE, "left", [membership, to])
    if way is Way.PERSON and (to is None or to == membership or not works_cases(to.user, membership.organization_id)):
        raise JoiningError("Choose a colleague who works cases.")
    with transaction.atomic():
        cases = list(_owned(membership).order_by("pk").values_list("pk", "team"))
        organization = joining.leave(by, membership)  # first: who has left gets nothing
        actor: Actor = by or JOB
        if way is Way.PERSON and to is not None:
            given = _handed(actor, organization, cases, to.user)
            return Left(given, len(cases) - given)
        ids = [case for case, _ in cases]
        release.many(actor, organization, ids)
        given = assign_these(organization, ids, today) if way is Way.RULES else 0
        return Left(given, len(cases) - given)


def _owned(membership: Membership) -> QuerySet[Case]:
    return Case.objects.filter(organization=membership.organization_id, owner=membership.user_id, state=State.OPEN)


def _handed(by: Actor, organization: Organization, cases: Iterable[tuple[int, int | None]], to: User) -> int:
    """Cases to a colleague, each in the team it is in. How many."""
    teams = Team.objects.filter(organization=organization).in_bulk()
    alike: dict[int | None, list[int]] = defaultdict(list)
    for case, team in cases:
        alike[team].append(case)
    results = [
        each
        for team, ids in alike.items()
        for each in assign.many(by, organization, ids, None, to=to, team=teams.get(team or 0))
    ]
    return sum(not each.trouble for each in results)


# --- what goes --------------------------------------------------------------------------------------------------------


def pointing(row: Team | Location) -> Pointing:
    """What names a team or a place of care."""
    names = Q(team=row) if isinstance(row, Team) else Q(location=row)
    cases = Case.objects.filter(names, organization=row.organization_id)
    is_open = cases.filter(state=State.OPEN).count()
    ended = cases.filter(state__in=set(State.values) - {State.OPEN}).count()
    tasks = Task.objects.filter(team=row, done_at=None).count() if isinstance(row, Team) else 0
    rules = [
        each.name
        for each in drafts(row.organization)
        if (each.team == row.pk if isinstance(row, Team) else row.pk in each.conditions.locations)
    ]
    return Pointing(is_open, ended, tasks, tuple(rules), isinstance(row, Location))


@action(Permission.MANAGE_PEOPLE, "removed_team")
def remove_team(by: User | None, team: Team) -> Done[Organization]:
    """Remove a team that no open work names; cases that have ended name none from then on.

    Raises:
        TeamError: an open case, a task or a rule names it.
    """
    del by
    return _removed(team)


@action(Permission.MANAGE_PEOPLE, "removed_location")
def remove_location(by: User | None, location: Location) -> Done[Organization]:
    """Remove a place of care that no case and no rule names.

    Raises:
        TeamError: a case or a rule names it.
    """
    del by
    return _removed(location)


def _removed(row: Team | Location) -> Done[Organization]:
    named = pointing(row)
    if named.hindrance:
        raise TeamError(named.hindrance)
    detail = {"id": row.pk, "name": row.name, "ended_cases": named.ended}
    row.delete()
    return Done(row.organization, detail)
