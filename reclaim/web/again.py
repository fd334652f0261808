"""Signing in again: before lists leave the house, whoever asks shows once more that it is them.

    if not again.recently_signed_in(request):
        return again.sign_in_again(request)

Recently: in the last five minutes (ACCOUNT_REAUTHENTICATION_TIMEOUT), by password or second factor. Who comes by the
sign-in of their organization alone has neither here: that place asks as often as it wants.
"""

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET


def recently_signed_in(request: HttpRequest) -> bool:
    """Whether who asks has shown lately that it is them."""
    return bool(did_recently_reauthenticate(request))


def sign_in_again(request: HttpRequest) -> HttpResponse:
    """Ask for the password or second factor, then go on to the same address; only for what is asked by GET."""
    onward = urlencode({REDIRECT_FIELD_NAME: request.get_full_path()})
    return redirect(f"{reverse('account_reauthenticate')}?{onward}")


@require_GET
def here(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  asked for its headers
    """Nothing: who asks is there, or, with X-Background, wants to know for how long (header X-Idle-Left)."""
    return HttpResponse(status=204)
