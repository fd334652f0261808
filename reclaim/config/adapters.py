"""How the libraries for signing in are used here: people come by invitation, second factors are kept sealed."""

import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from reclaim.people.sealing import seal, unseal

FACTORS = "second factors"
"""What their secrets are sealed for."""


STRANGER = (
    "You are not known here by an address that your organization has verified. Ask a denials manager to invite you."
)


class Invited(DefaultAccountAdapter):  # type: ignore[misc]  # ships no types
    """People come by invitation: there is no public sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  allauth's signature
        """Never."""
        return False

    def is_reauthentication_required(self, *, app: str, **_: object) -> bool:
        """Not of who has just signed in: a second factor is set up without a second question for the password."""
        records = get_authentication_records(self.request, self.request.user)
        if records and time.time() - records[-1]["at"] < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:
            return False
        return bool(super().is_reauthentication_required(app=app))


class Known(DefaultSocialAccountAdapter):  # type: ignore[misc]  # ships no types
    """Who comes by the sign-in of their organization is a member already, known by an address it has verified."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Refuse strangers, and who belongs nowhere any more."""
        user = sociallogin.user if sociallogin.is_existing else None
        if user is None or not user.is_active or not user.memberships.exists():
            messages.error(request, STRANGER)
            raise ImmediateHttpResponse(redirect(settings.LOGIN_URL))

    def can_authenticate_by_email(self, login: SocialLogin, email: str) -> bool:
        """By an address that is verified indeed: some providers write "false" as a text, which counts as true."""
        return any(each.email == email and each.verified in (True, "true") for each in login.email_addresses)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:  # noqa: ARG002  allauth's signature
        """Never."""
        return False


class SealedFactors(DefaultMFAAdapter):  # type: ignore[misc]  # ships no types
    """Secrets of second factors are encrypted in the database, with a key that comes from the installation's secret."""

    def encrypt(self, text: str) -> str:
        """Seal."""
        return seal(text, FACTORS)

    def decrypt(self, encrypted_text: str) -> str:
        """Unseal."""
        return unseal(encrypted_text, FACTORS)


def email_tried(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """Whose sign-in is tried, in one spelling, so that capitals give no more tries."""
    given = (credentials or {}).get("email") or (credentials or {}).get("username") or request.POST.get("login", "")
    return str(given).strip().lower()


def address_of(request: HttpRequest) -> str:
    """Where a request comes from: what our own proxy wrote last, or the other end of the connection."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.BEHIND_PROXY else ""
    return forwarded.rsplit(",", 1)[-1].strip() or str(request.META.get("REMOTE_ADDR", ""))


def paused(request: HttpRequest, *_: object, **__: object) -> HttpResponse:
    """Tell somebody with too many wrong passwords to wait, on the sign-in page."""
    minutes = round(settings.AXES_COOLOFF_TIME.total_seconds() / 60)
    messages.error(request, f"Too many wrong passwords. Wait {minutes} minutes, or ask a manager for a new link.")
    return redirect(settings.LOGIN_URL)
