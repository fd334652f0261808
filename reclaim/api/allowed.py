"""What a route needs beyond the rows that `visible_to` shows."""

from django.http import HttpRequest

from reclaim.api.entrance import user_of
from reclaim.people.access import Permission
from reclaim.people.actions import insist
from reclaim.people.models import User


def needs(request: HttpRequest, permission: Permission, verb: str) -> User:
    """Who asks, when they may; see `people.actions.insist`."""
    user = user_of(request)
    insist(user, permission, verb)
    return user
