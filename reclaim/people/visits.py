"""Sign-ins and sign-outs as events."""

from reclaim.people import events
from reclaim.people.access import organization_of
from reclaim.people.models import User


def came(user: User, **_: object) -> None:
    """Somebody signed in."""
    _note(user, "signed_in")


def left(user: User | None, **_: object) -> None:
    """Somebody signed out, or was signed out after being idle."""
    if user is not None:
        _note(user, "signed_out")


def _note(user: User, verb: str) -> None:
    organization = organization_of(user)
    if organization is not None:  # who belongs nowhere sees nothing
        events.record(organization, user, verb, user)
