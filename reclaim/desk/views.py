"""Views: questions to the queue that people keep under a name, for themselves or for everybody.

    save(by, organization, View("Cardiology, urgent", "due=week&location=3", ("priority", "owner")))

What a view holds is the address of the queue, and of searches only a code: who else is looked for may be a person.
"""

from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from django.db.models import Q, QuerySet

from reclaim.desk.models import SavedView
from reclaim.desk.queue import Ask, is_code
from reclaim.desk.queues import QUEUES
from reclaim.people.access import Permission, may, visible_to
from reclaim.people.actions import Done, PeopleError, action
from reclaim.people.models import Organization, User

NAME, MOST = 60, 50
"""Letters of a name, and views that one person keeps."""


class ViewError(PeopleError):
    """A view cannot be so; the message says why and what to do instead."""


class View(NamedTuple):
    """A view as somebody wants it."""

    name: str
    address: str  # query of the queue's address
    columns: tuple[str, ...] = ()  # none: the usual ones
    shared: bool = False


def views_of(user: User) -> QuerySet[SavedView]:
    """The views that somebody may use: their own and those that are shared, by name."""
    mine = Q(by=user) | Q(shared=True)
    return visible_to(user, SavedView).filter(mine).select_related("by").order_by("shared", "name", "pk")


def may_remove(user: User, view: SavedView) -> bool:
    """Whether somebody may remove a view: their own, and, for who arranges the work, shared ones."""
    return view.by_id == user.pk or (view.shared and may(user, Permission.EDIT_RULES))


@action(Permission.SEE_CASES, "saved_view")
def save(by: User | None, organization: Organization, view: View) -> Done[SavedView]:
    """Keep a view; one of the same name of the same person takes its new shape.

    Raises:
        ViewError: it has no name, or there are too many; or somebody shares who works no cases.
    """
    user, name = _person(by), view.name.strip()
    if not name or len(name) > NAME:
        raise ViewError(f"Give the view a name of at most {NAME} letters.")
    if view.shared and not may(user, Permission.WORK_CASES):
        raise ViewError("Your role keeps views for itself: leave out the sharing.")
    mine = SavedView.objects.filter(organization=organization, by=user)
    if mine.count() >= MOST and not mine.filter(name=name).exists():
        raise ViewError(f"You keep {MOST} views already. Remove one first.")
    shape = {"address": clean(view.address), "columns": list(view.columns), "shared": view.shared}
    kept, made = SavedView.objects.update_or_create(organization=organization, by=user, name=name, defaults=shape)
    return Done(kept, {"made": made, "shared": view.shared})


@action(Permission.SEE_CASES, "removed_view")
def remove(by: User | None, view: SavedView) -> Done[Organization]:
    """End a view.

    Raises:
        ViewError: it is somebody else's.
    """
    if not may_remove(_person(by), view):
        raise ViewError("This view is a colleague's. Ask them, or a manager, to remove it.")
    number = view.pk
    view.delete()
    return Done(view.organization, {"view": number, "shared": view.shared})


def clean(address: str) -> str:
    """The part of an address that a view keeps: queue, filters and order, and of searches those for a code."""
    given = dict(parse_qsl(address))
    ask = Ask.of(given)
    kept = {"in": given["in"]} if given.get("in") in QUEUES else {}
    kept |= {"waiting": "1"} if given.get("waiting") == "1" else {}
    searched = ask.q if is_code(ask.q.upper()) else ""
    state = ask.state if searched or given.get("state") else "open"
    return "&".join(filter(None, [urlencode(kept), ask.address(q=searched, state=state)]))


def _person(by: User | None) -> User:
    if by is None:
        raise ViewError("Only a person keeps views.")
    return by
