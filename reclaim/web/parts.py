"""What the pages of lists share: parts swapped in by htmx, numbers in addresses, where a page stands."""

from typing import NamedTuple

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


def is_part(request: HttpRequest) -> bool:
    """Whether htmx asks for a part; when it restores a page from the history, it wants the whole."""
    details: HtmxDetails = request.htmx  # type: ignore[attr-defined]  # set by its middleware
    return bool(details) and not details.history_restore_request


def number(text: str) -> int:
    """A whole number of an address; 0 when it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0


class Pager(NamedTuple):
    """Where this page stands; see components/paging.html."""

    first: int
    last: int
    total: int
    what: str
    previous: str
    next: str


class Figure(NamedTuple):
    """A figure of the strip; see components/figures.html."""

    label: str
    value: str
    note: str  # what it rests on
    tone: str = ""  # soon | late | good | few
    definition: str = ""
    href: str = ""
    before: str = ""  # the month before
    source: str = ""  # of the definition
