"""What happens around every page: privacy of answers, automatic logoff, the organization somebody has chosen."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from reclaim.people import access

Next = Callable[[HttpRequest], HttpResponse]

SEEN = "seen"
"""The key of the session that holds when somebody last did something, in seconds."""
BACKGROUND = "X-Background"
"""Pages that ask again by themselves send this header: watching a progress bar is not being there."""

_STEP = 60  # the session is written once a minute, not with every page
_FEATURES = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


def private(get_response: Next) -> Next:
    """Keep pages out of caches of browsers and proxies, and devices out of pages."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Permissions-Policy", _FEATURES)
        return response

    return answer


def idle_logoff(get_response: Next) -> Next:
    """End the session of somebody who has done nothing for a while (45 CFR 164.312(a)(2)(iii))."""

    def answer(request: HttpRequest) -> HttpResponse:
        if request.session.session_key is not None and request.user.is_authenticated:
            _logoff_or_note(request, int(time.time()))
        return get_response(request)

    return answer


def chosen_organization(get_response: Next) -> Next:
    """Let the user stand for the organization they have chosen; a choice that is no longer theirs is forgotten."""

    def answer(request: HttpRequest) -> HttpResponse:
        chosen = request.session.get(access.CHOSEN)
        if chosen is not None and not access.choose(request.user, chosen):
            del request.session[access.CHOSEN]
        return get_response(request)

    return answer


def _logoff_or_note(request: HttpRequest, now: int) -> None:
    seen = request.session.get(SEEN, now)
    if now - seen > settings.IDLE_SECONDS:
        logout(request)
    elif BACKGROUND not in request.headers and (SEEN not in request.session or now - seen >= _STEP):
        request.session[SEEN] = now
