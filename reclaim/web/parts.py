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


class Place(NamedTuple):
    """Which page of a list is shown."""

    path: str
    name: str  # of the number in the address
    here: int  # from 1
    size: int


def place_in(request: HttpRequest, name: str, total: int, size: int) -> int:
    """The number of the page that is asked for, from 1; of one that is not there, the last."""
    return min(max(number(request.GET.get(name, "")), 1), max(-(-total // size), 1))


def pager(place: Place, many: int, total: int, what: str) -> Pager:
    """Where a page of a list stands."""
    path, name, here, size = place
    first, mark = (here - 1) * size, "&" if "?" in path else "?"
    before = f"{path}{mark}{name}={here - 1}" if here > 1 else ""
    after = f"{path}{mark}{name}={here + 1}" if first + many < total else ""
    return Pager(first + 1, first + many, total if many else 0, what, before, after)


class Tab(NamedTuple):
    """The rows of a list that stand alike."""

    label: str
    many: int
    on: bool
    href: str


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
