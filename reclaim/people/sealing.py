"""Secrets in the database, encrypted with keys that come from the installation's secret: one key for each purpose."""

import base64
from functools import cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class SealError(Exception):
    """A secret was sealed with another installation's secret, or was changed."""


def seal(text: str, purpose: str) -> str:
    """Encrypt a secret.

    Args:
        text: the secret.
        purpose: what it is for: sealed for one, it cannot be read for another.
    """
    return _sealer(settings.SECRET_KEY, purpose).encrypt(text.encode()).decode()


def unseal(sealed: str, purpose: str) -> str:
    """Decrypt a secret that was sealed for a purpose.

    Raises:
        SealError: it was not sealed so, here.
    """
    try:
        return _sealer(settings.SECRET_KEY, purpose).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise SealError(f"The secret of {purpose} cannot be read: was the installation's secret changed?") from error


@cache
def _sealer(secret: str, purpose: str) -> Fernet:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"reclaim {purpose}".encode()).derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(key))
