"""Days on which people are away, and who covers."""

from datetime import date, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from reclaim.people.access import Permission
from reclaim.people.actions import Done, PeopleError, action, allow
from reclaim.people.models import Absence, Membership, User

LONGEST = timedelta(days=366)


class AbsenceError(PeopleError):
    """Somebody cannot be away, or be covered, so."""


@action(Permission.SEE_PEOPLE, "noted_absence")
def note_absence(
    by: User | None, membership: Membership, first: date, last: date, cover: Membership | None = None
) -> Done[Absence]:
    """Say that somebody is away: oneself, or, for who assigns cases, anybody.

    Args:
        by: who says so.
        membership: who is away.
        first: the first day, and
        last: the last one, both within it.
        cover: who gets their alerts and new cases.

    Raises:
        AbsenceError: these days, or this cover, cannot be.
        NotAllowedError: it is somebody else's absence.
    """
    _own(by, membership)
    if first > last:
        raise AbsenceError("The last day comes before the first.")
    if last < timezone.localdate() or last - first > LONGEST:
        raise AbsenceError("An absence ends today or later, and lasts a year at most.")
    if cover is not None and cover.pk == membership.pk:
        raise AbsenceError("Nobody covers for themselves. Choose a colleague, or nobody.")
    away = Absence.objects.filter(organization=membership.organization_id).filter(during(first, last))
    if away.filter(membership=membership).exists():
        raise AbsenceError(f"{membership.user} is away on some of these days already. End that absence first.")
    if cover is not None and away.filter(membership=cover).exists():
        raise AbsenceError(f"{cover.user} is away on some of these days too. Choose somebody else.")
    absence = Absence.objects.create(
        organization=membership.organization, membership=membership, first=first, last=last, cover=cover
    )
    detail = {"user": membership.user_id, "first": str(first), "last": str(last)}
    return Done(absence, detail | {"cover": cover and cover.user_id})


@action(Permission.SEE_PEOPLE, "ended_absence")
def end_absence(by: User | None, absence: Absence) -> Done[Membership]:
    """Take an absence back: one's own, or, for who assigns cases, anybody's.

    Raises:
        NotAllowedError: it is somebody else's.
    """
    _own(by, absence.membership)
    detail = {"first": str(absence.first), "last": str(absence.last)}
    absence.delete()
    return Done(absence.membership, detail)


def during(first: date, last: date) -> Q:
    """Absences that share a day with these."""
    return Q(first__lte=last, last__gte=first)


def ahead(absences: QuerySet[Absence], today: date) -> QuerySet[Absence]:
    """Absences that are not over, the nearest first, with who is away and who covers."""
    rows = absences.filter(last__gte=today).select_related("membership__user", "cover__user")
    return rows.order_by("first", "pk")


def _own(by: User | None, membership: Membership) -> None:
    if by is not None and membership.user_id != by.pk:
        allow(by, Permission.ASSIGN_CASES)
