"""Who stands in for whom while somebody is away."""

from collections.abc import Mapping
from datetime import date

from reclaim.people.absences import during
from reclaim.people.models import Absence, Organization

FARTHEST = 5
"""Covers that are away themselves are followed so far."""


class Cover:
    """Who is away on a day, and who does their work; one query.

    Args:
        organization: whose people.
        today: the day.
    """

    def __init__(self, organization: Organization, today: date) -> None:
        rows = Absence.objects.filter(organization=organization).filter(during(today, today)).order_by("pk")
        told = rows.values_list("membership__user", "cover__user")
        self._covers: Mapping[int, int | None] = dict(told)

    def away(self, user: int) -> bool:
        """Whether somebody is away."""
        return user in self._covers

    def of(self, user: int) -> int | None:
        """Who does somebody's work: they themselves, or whoever covers; None when nobody does."""
        for _ in range(FARTHEST):
            if user not in self._covers:
                return user
            cover = self._covers[user]
            if cover is None:
                return None
            user = cover
        return None
