"""What happens around every page: privacy of answers, automatic logoff, the organization somebody has chosen."""

import time
from collections.abc import Callable

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from reclaim.people import access
from reclaim.people.preferences import SECOND_FACTOR, preference

Next = Callable[[HttpRequest], HttpResponse]

SEEN = "seen"
"""The key of the session that holds when somebody last did something, in seconds."""
BACKGROUND = "X-Background"
"""Pages that ask again by themselves send this header: watching a progress bar is not being there."""

IDLE_LEFT = "X-Idle-Left"
"""The header of answers that says after how many seconds who does nothing more is signed out."""
CHECKED = "factor_checked"
"""The key of the session that holds for which organization, and when, a second factor was last found in order."""
OPEN_TO_ALL = ("/accounts/", "/static/", "/theme", "/you/here")
"""Where somebody without the second factor that is asked of them may go: to set it up, and out."""

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
        left = 0
        if request.session.session_key is not None and request.user.is_authenticated:
            left = _logoff_or_note(request, int(time.time()))
        response = get_response(request)
        if left:
            response.headers[IDLE_LEFT] = str(left)
        return response

    return answer


def second_factor(get_response: Next) -> Next:
    """Lead who must sign in with a second factor, and has none yet, to where they set one up."""

    def answer(request: HttpRequest) -> HttpResponse:
        signed_in = request.session.session_key is not None and request.user.is_authenticated
        if signed_in and not request.path.startswith(OPEN_TO_ALL) and _lacks_factor(request, int(time.time())):
            if BACKGROUND not in request.headers:
                messages.warning(request, "Your organization asks everybody for a second factor. Set one up to go on.")
            return redirect("mfa_index")
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


def _logoff_or_note(request: HttpRequest, now: int) -> int:
    """The seconds after which who does nothing more is signed out; 0 when they are now."""
    seen: int = request.session.get(SEEN, now)
    if now - seen > settings.IDLE_SECONDS:
        logout(request)
        return 0
    if BACKGROUND not in request.headers and (SEEN not in request.session or now - seen >= _STEP):
        request.session[SEEN] = seen = now
    return max(int(settings.IDLE_SECONDS) - (now - seen), 1)


def _lacks_factor(request: HttpRequest, now: int) -> bool:
    """Whether who asks must set up a second factor first; found out once a minute, for it costs queries."""
    organization = access.organization_of(request.user)
    checked = request.session.get(CHECKED)
    if organization is None or (checked and checked[0] == organization.pk and now - checked[1] < _STEP):
        return False
    needed = settings.SECOND_FACTOR or preference(organization, SECOND_FACTOR)
    if needed and not _came_from_elsewhere(request) and not is_mfa_enabled(request.user):
        return True
    request.session[CHECKED] = [organization.pk, now]
    return False


def _came_from_elsewhere(request: HttpRequest) -> bool:
    """Whether the sign-in of the person's organization let them in: it asks for a second factor itself."""
    records = get_authentication_records(request, request.user)
    return bool(records) and records[0].get("method") == "socialaccount"
