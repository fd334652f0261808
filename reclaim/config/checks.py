"""Settings that do not fit together, as Django system checks: each error says what to set."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks

from reclaim.record.files import BadKeyError, keys_of

_SHORTEST_SECRET = 50


@checks.register(checks.Tags.security)
def reachable_only_with_tls(**_: object) -> Iterable[checks.CheckMessage]:
    """Beyond this machine, nothing travels in the clear."""
    host = urlsplit(settings.ADDRESS).hostname
    if not settings.SECURE and host not in {each.strip("[]") for each in settings.LOCAL_HOSTS}:
        yield checks.Error(
            f"People reach the site at {settings.ADDRESS}, without encryption.",
            hint="Set RECLAIM_ADDRESS to an https:// address and put a proxy with a certificate before the site:"
            " docs/production.md.",
            id="reclaim.E001",
        )


@checks.register(checks.Tags.security)
def no_debug_beyond_this_machine(**_: object) -> Iterable[checks.CheckMessage]:
    """Debug pages show variables: patients."""
    if settings.DEBUG and set(settings.ALLOWED_HOSTS) - settings.LOCAL_HOSTS:
        yield checks.Error(
            "RECLAIM_DEBUG is on, and the site answers to more than this machine.",
            hint="Unset RECLAIM_DEBUG; its pages show patient data to whoever causes an error.",
            id="reclaim.E002",
        )


@checks.register(checks.Tags.security)
def named_hosts(**_: object) -> Iterable[checks.CheckMessage]:
    """A site that answers to any name can be made to send links to another."""
    if "*" in settings.ALLOWED_HOSTS:
        yield checks.Error("RECLAIM_HOSTS allows every name.", hint="Name the hosts, with commas.", id="reclaim.E003")


@checks.register(checks.Tags.security)
def long_secret(**_: object) -> Iterable[checks.CheckMessage]:
    """The secret signs sessions and links."""
    if len(settings.SECRET_KEY) < _SHORTEST_SECRET:
        yield checks.Error(
            "The secret is short.",
            hint=f"RECLAIM_SECRET_KEY needs {_SHORTEST_SECRET} characters of chance; unset, Reclaim makes one itself.",
            id="reclaim.E004",
        )


@checks.register(checks.Tags.security)
def usable_file_keys(**_: object) -> Iterable[checks.CheckMessage]:
    """A key that cannot be used would be noticed with the first file."""
    try:
        keys_of(settings.FILE_KEY)
    except BadKeyError as error:
        yield checks.Error(str(error), id="reclaim.E005")
