"""What pages about people and settings share: who asks, rows found by their number, and mistakes told kindly."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from reclaim.people.access import Permission, may, organization_of, visible_to
from reclaim.people.actions import NotAllowedError, PeopleError, note_refusal
from reclaim.people.models import Organization, User

Row = TypeVar("Row", bound=Model)
UNDERSTOOD = 422
"""The status of a page that says what is wrong with what was typed."""


def user_of(request: HttpRequest) -> User:
    """Who asks; every page here is for people who have signed in."""
    return cast("User", request.user)


def house_of(request: HttpRequest) -> Organization:
    """The organization that who asks works in now.

    Raises:
        PermissionDenied: none.
    """
    organization = organization_of(user_of(request))
    if organization is None:
        raise PermissionDenied("You belong to no organization now. Ask a denials manager to invite you.")
    return organization


def called(user: User | None) -> str:
    """How somebody is called; a job is the program itself."""
    return "Reclaim" if user is None else user.get_full_name() or user.email


def insist(request: HttpRequest, what: Permission, said: str) -> None:
    """Refuse the page to who may not; that somebody tried to change something is written down.

    Raises:
        PermissionDenied: with words that say who to ask.
    """
    if not may(user_of(request), what):
        note_refused(request)
        raise PermissionDenied(f"{said} Your denials manager can change what you may see and do.")


def note_refused(request: HttpRequest) -> None:
    """Write down that who asks may not change what they tried to; a page that is only looked at leaves nothing."""
    if request.method == "POST" and request.resolver_match:
        tried = request.resolver_match.url_name or "page"
        note_refusal(user_of(request), tried, NotAllowedError("Your role does not include this."))


def found(request: HttpRequest, kind: type[Row], key: int) -> Row:
    """A row by its number.

    Raises:
        Http404: there is none, or it is not for who asks.
    """
    row = visible_to(user_of(request), kind).filter(pk=key).first()
    if row is None:
        raise Http404("There is nothing at this address.")
    return row


def done(
    request: HttpRequest, act: Callable[[], object], said: str, back: str, again: Callable[[str], HttpResponse]
) -> HttpResponse:
    """Do what a form asks: say so and go back, or show the form again with what is wrong and all that was typed."""
    try:
        act()
    except PeopleError as error:
        return again(str(error))
    messages.success(request, said)
    return redirect(back)


def page(request: HttpRequest, template: str, context: Mapping[str, Any]) -> HttpResponse:
    """A page; with `trouble` in its context, the status says that what was typed cannot be."""
    return render(request, template, dict(context), status=UNDERSTOOD if context.get("trouble") else None)
