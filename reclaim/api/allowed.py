"""What a route needs beyond the rows that `visible_to` shows."""

from django.http import HttpRequest

from reclaim.api.entrance import user_of
from reclaim.people.access import Permission
from reclaim.people.actions import NotAllowedError, allow, note_refusal
from reclaim.people.models import User


def needs(request: HttpRequest, permission: Permission, verb: str) -> User:
    """Who asks, when they may; see `insist`."""
    user = user_of(request)
    insist(user, permission, verb)
    return user


def insist(user: User, permission: Permission, verb: str) -> None:
    """Refuse who may not, and write it down.

    Args:
        user: who asks.
        permission: what it takes.
        verb: what the event of a refusal says was tried.

    Raises:
        NotAllowedError: the role or the key does not include it.
    """
    try:
        allow(user, permission)
    except NotAllowedError as refusal:
        note_refusal(user, verb, refusal)
        raise
