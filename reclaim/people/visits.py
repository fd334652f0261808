"""Sign-ins, sign-outs and second factors as events."""

from typing import Any

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


def added_factor(user: User, authenticator: Any, **_: object) -> None:  # noqa: ANN401  of a library without types
    """Somebody set up an authenticator app, a security key or recovery codes."""
    _note(user, "added_factor", {"type": str(authenticator.type)})


def removed_factor(user: User, authenticator: Any, **_: object) -> None:  # noqa: ANN401  the same
    """Somebody took one away."""
    _note(user, "removed_factor", {"type": str(authenticator.type)})


def _note(user: User, verb: str, detail: dict[str, str] | None = None) -> None:
    organization = organization_of(user)
    if organization is not None:  # who belongs nowhere sees nothing
        events.record(organization, user, verb, user, detail)
