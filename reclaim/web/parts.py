"""Which requests want a part of a page, to be swapped in by htmx."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


def is_part(request: HttpRequest) -> bool:
    """Whether htmx asks for a part; when it restores a page from the history, it wants the whole."""
    details: HtmxDetails = request.htmx  # type: ignore[attr-defined]  # set by its middleware
    return bool(details) and not details.history_restore_request
