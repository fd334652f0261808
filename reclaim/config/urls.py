"""All addresses of the site."""

from typing import NoReturn

from django.http import Http404, HttpRequest
from django.urls import include, path

CLOSED = (
    *("signup/", "email/", "confirm-email/", "confirm-email/<key>/", "login/code/confirm/"),
    *("3rdparty/", "3rdparty/signup/", "social/signup/", "social/connections/"),
)
"""Pages of allauth that nobody needs: people come by invitation, and whoever invites them knows their address."""


def closed(request: HttpRequest, key: str = "") -> NoReturn:  # noqa: ARG001  what a view is given
    """There is no such page here."""
    raise Http404("There is no such page.")


urlpatterns = [
    *(path(f"accounts/{each}", closed) for each in CLOSED),
    path("accounts/", include("allauth.urls")),
    path("api/", include("reclaim.api.urls")),
    path("", include("reclaim.web.urls")),
]
