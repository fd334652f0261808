"""How the libraries for signing in are used here: people come by invitation, second factors are kept sealed."""

import base64
from functools import cache
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import EmailAwarePasswordResetTokenGenerator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from reclaim.people.models import User


class Invited(DefaultAccountAdapter):  # type: ignore[misc]  # ships no types
    """People come by invitation: there is no public sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  allauth's signature
        """Never."""
        return False


class SealedFactors(DefaultMFAAdapter):  # type: ignore[misc]  # ships no types
    """Secrets of second factors are encrypted in the database, with a key that comes from the installation's secret."""

    def encrypt(self, text: str) -> str:
        """Seal."""
        return _sealer(settings.SECRET_KEY).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Unseal."""
        return _sealer(settings.SECRET_KEY).decrypt(encrypted_text.encode()).decode()


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


@cache
def _sealer(secret: str) -> Fernet:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"reclaim second factors").derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(key))


def sign_in_link(user: User) -> str:
    """An address at which somebody chooses a password and is signed in; good for a day, and until it is used."""
    token = EmailAwarePasswordResetTokenGenerator().make_token(user)
    key = {"uidb36": user_pk_to_url_str(user), "key": token}
    return f"{settings.ADDRESS}{reverse('account_reset_password_from_key', kwargs=key)}"
