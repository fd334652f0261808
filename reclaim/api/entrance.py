"""Who asks: a program with a key, or somebody who is signed in and tries the API on its page. And how often."""

import time
from typing import Any, NamedTuple, cast

from axes.helpers import get_client_ip_address
from django.core.cache import cache
from django.http import Http404, HttpRequest
from ninja.errors import HttpError
from ninja.security import HttpBearer, SessionAuth
from ninja.throttling import BaseThrottle

from reclaim.people import tokens
from reclaim.people.access import organization_of
from reclaim.people.models import Organization, Token, User

RATE, PERIOD = 600, 60
"""Requests that a key, or a person, has in a minute."""
WRONG, PAUSE = 10, 15 * 60
"""After so many wrong keys from one address, further wrong ones are told to wait, for 15 minutes; good ones go on."""


class Visitor(NamedTuple):
    """Who asks."""

    user: User  # limited to what the key may do
    token: Token | None  # None: a person, signed in


class Key(HttpBearer):
    """`Authorization: Bearer rcl_...`."""

    def authenticate(self, request: HttpRequest, token: str) -> Visitor | None:
        """Whoever the key stands for; wrong ones are counted by the address that they come from."""
        found = tokens.token_of(token)
        if found is not None:
            return Visitor(found.user, found)
        address = get_client_ip_address(request) or "unknown"
        tries = _count(f"api-wrong:{address}", PAUSE)
        if tries == WRONG:
            tokens.note_wrong(address, tries)
        if tries > WRONG:
            raise HttpError(429, "Too many wrong keys from your address. Wait 15 minutes, and look at the key.")
        return None


class Session(SessionAuth):
    """Somebody who is signed in; changes need the token against forged forms in X-CSRFToken, as the pages send it."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Visitor | None:
        """The person."""
        user = super().authenticate(request, key)
        return Visitor(user, None) if isinstance(user, User) else None


class Rate(BaseThrottle):
    """So many requests a minute for each key or person, counted by the process that answers."""

    def allow_request(self, request: HttpRequest) -> bool:
        """Whether there is one left in this minute."""
        who = visitor(request)
        name = f"token:{who.token.pk}" if who.token else f"user:{who.user.pk}"
        return _count(f"api-rate:{name}:{int(time.time()) // PERIOD}", PERIOD) <= RATE

    def wait(self) -> float:
        """Seconds until the next minute begins."""
        return PERIOD - time.time() % PERIOD


def visitor(request: HttpRequest) -> Visitor:
    """Who asks; only where the entrance let somebody in."""
    return cast("Any", request).auth  # type: ignore[no-any-return]  # set by ninja


def user_of(request: HttpRequest) -> User:
    """The user who asks, or for whom a program asks."""
    return visitor(request).user


def house_of(user: User) -> Organization:
    """The organization in which somebody asks.

    Raises:
        Http404: they belong to none any more.
    """
    organization = organization_of(user)
    if organization is None:
        raise Http404
    return organization


def _count(name: str, seconds: int) -> int:
    """Count one more under a name that is forgotten after some time; how many there are now."""
    cache.add(name, 0, seconds)
    try:
        return cache.incr(name)
    except ValueError:  # forgotten in between
        return 1
