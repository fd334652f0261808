"""`@action`: whoever changes something, person or job, does it with permission, transaction and event in one."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from django.core.exceptions import PermissionDenied
from django.db import models, transaction

from reclaim.people import events
from reclaim.people.access import Permission, may, organization_of
from reclaim.people.models import Organization, User

Given = ParamSpec("Given")
Subject = TypeVar("Subject", bound=models.Model)


class PeopleError(Exception):
    """It cannot be done; the message says why and what to do instead."""


class NotAllowedError(PermissionDenied):
    """Somebody may not do this; the site answers 403 by itself."""


@dataclass(frozen=True, slots=True)
class Done(Generic[Subject]):
    """What an action has done: to which row, and what the event says of it (never patient data)."""

    subject: Subject
    detail: Mapping[str, Any] = field(default_factory=dict)
    changed: bool = True  # False: everything was so already, there is nothing to write down


Undone = Callable[Concatenate[User | None, Given], Done[Subject]]
Whole = Callable[Concatenate[User | None, Given], Subject]


def action(permission: Permission, verb: str) -> Callable[[Undone[Given, Subject]], Whole[Given, Subject]]:
    """Make a function an action: it takes the user first (None: a job) and answers `Done`; callers get the row.

    Who may not is refused before anything runs, and so is a row of another organization among the arguments.
    The function runs in a transaction; its event is the last thing written there: both are kept or neither.

    Args:
        permission: what the user needs.
        verb: what the event will say was done, in the past: "assigned_case".

    Example:
        >>> @action(Permission.WORK_CASES, "took_case")
        ... def take(user, case):
        ...     case.owner = user
        ...     case.save(update_fields=["owner"])
        ...     return Done(case, {"owner": user.pk})
    """

    def decorate(function: Undone[Given, Subject]) -> Whole[Given, Subject]:
        @wraps(function)
        def whole(user: User | None, /, *args: Given.args, **kwargs: Given.kwargs) -> Subject:
            try:
                if user is not None:
                    allow(user, permission, [*args, *kwargs.values()])
                with transaction.atomic():
                    done = function(user, *args, **kwargs)
                    if user is not None:
                        allow(user, permission, [done.subject])
                    if done.changed:
                        events.record(_organization(done.subject), user, verb, done.subject, done.detail)
            except NotAllowedError as refusal:
                note_refusal(user, verb, refusal)
                raise
            return done.subject

        return whole

    return decorate


def allow(user: User, permission: Permission, rows: Iterable[object] = ()) -> None:
    """Refuse who may not, and rows of other organizations.

    Raises:
        NotAllowedError: it is refused; the message says why.
    """
    organization = organization_of(user)
    if organization is None or not may(user, permission):
        raise NotAllowedError(f"Your role does not include this: {permission.replace('_', ' ')}.")
    for row in rows:
        if isinstance(row, models.Model) and _owner(row) not in (None, organization.pk):
            raise NotAllowedError("This belongs to another organization.")


def insist(user: User, permission: Permission, verb: str, rows: Iterable[object] = ()) -> None:
    """Refuse who may not, and rows of other organizations, and write it down: before a transaction begins.

    Args:
        user: who asks.
        permission: what it takes.
        verb: what the event of a refusal says was tried.
        rows: what it is about.

    Raises:
        NotAllowedError: it is refused; the message says why.
    """
    try:
        allow(user, permission, rows)
    except NotAllowedError as refusal:
        note_refusal(user, verb, refusal)
        raise


def note_refusal(user: User | None, verb: str, refusal: NotAllowedError) -> None:
    """Write down what somebody tried in the organization they work in; outside of what was rolled back."""
    organization = organization_of(user)
    if organization is not None:
        events.record(organization, user, "refused", organization, {"tried": verb, "why": str(refusal)})


def _owner(row: models.Model) -> int | None:
    """The organization of a row; None for rows that have none, such as people."""
    if isinstance(row, Organization):
        return row.pk
    owner: int | None = getattr(row, "organization_id", None)
    return owner


def _organization(row: models.Model) -> Organization:
    if isinstance(row, Organization):
        return row
    organization: Organization = row.organization  # type: ignore[attr-defined]  # what is acted on belongs to somebody
    return organization
