"""What an address of the queue asks: the queue, its filters and order, the columns; and the cases it may show.

Names of patients never stand in an address: what somebody searches by name is kept in the session, under a key.
"""

import secrets
from dataclasses import fields, replace
from datetime import date
from typing import NamedTuple

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from reclaim.desk import queue, queues
from reclaim.desk.models import Case, SavedView, State
from reclaim.desk.queue import Ask, Search
from reclaim.desk.queues import QUEUES, Inside
from reclaim.people.access import Permission, may, organization_of, visible_to
from reclaim.web import columns, office

FINDS = "finds"
FINDS_KEPT = 20
ASKS = frozenset({each.name for each in fields(Ask)} - {"sort"}) | {"find"}
"""Parameters that ask for something: an address with none of them opens the usual queue."""


class Asked(NamedTuple):
    """What a request asks for."""

    ask: Ask
    inside: Inside
    find: str = ""  # key of a search by name
    text: str = ""  # what was searched
    columns: tuple[str, ...] = ()  # that were chosen; none: the usual ones

    @property
    def today(self) -> date:
        """The day from which deadlines are counted."""
        return self.inside.viewer.today

    @property
    def usual(self) -> "Asked":
        """The same queue and columns with nothing narrowed."""
        return self._replace(ask=Ask(state=self.ask.state, sort=self.ask.sort), find="", text="")

    def query(self, **more: str) -> str:
        """The query of an address that asks this."""
        inside = self.ask.state == State.OPEN
        parts = (
            f"in={self.inside.queue.name}" if inside else "",
            "waiting=1" if inside and self.inside.waiting else "",
            self.ask.address(),
            f"show={','.join(self.columns)}" if self.columns else "",
            f"find={self.find}" if self.find else "",
            *(f"{name}={value}" for name, value in more.items() if value),
        )
        return "&".join(filter(None, parts))

    def to(self, route: str, *args: int, **more: str) -> str:
        """The address of another page about this question."""
        return f"{reverse(route, args=args)}?{self.query(**more)}"

    def href(self, **changed: str) -> str:
        """The address of the queue for this question, with some answers changed."""
        return self._replace(ask=replace(self.ask, **changed)).to("web:queue")

    def page(self, number: int) -> str:
        """The address of one of its pages, from 1."""
        return self.to("web:queue", page=str(number) if number > 1 else "")


def read(request: HttpRequest) -> Asked | None:
    """What the address asks; None when somebody wrote a name into it."""
    given = request.GET
    if is_name(given.get("q", "")):
        return None
    find = given.get("find", "")
    text = request.session.get(FINDS, {}).get(find, "") if find else ""
    ask = Ask.of(given)
    if text and "state" not in given:
        ask = replace(ask, state=queue.ALL)
    user = office.user_of(request)
    chosen = QUEUES.get(given.get("in", ""))
    if chosen is None or not may(user, chosen.needs):
        chosen = queues.ALL if ASKS & given.keys() else queues.DEFAULT
    viewer = queues.viewer(user, timezone.localdate())
    inside = Inside(chosen, viewer, waiting=given.get("waiting") == "1")
    return Asked(ask, inside, find if text else "", text or ask.q, columns.chosen(given.getlist("show")))


def understood(request: HttpRequest) -> Asked:
    """The same for pages beside the queue, which take a name in the address for nothing."""
    return read(request) or Asked(
        Ask(), Inside(queues.DEFAULT, queues.viewer(office.user_of(request), timezone.localdate()))
    )


def found(request: HttpRequest, asked: Asked) -> Search:
    """The cases that somebody may see, narrowed by the search, of all queues."""
    cases = visible_to(request.user, Case)
    if not asked.text:
        return Search(cases, cut=False)
    return queue.searched(cases, asked.text, names=may(request.user, Permission.SEE_PATIENTS))


def cases_of(request: HttpRequest, asked: Asked) -> QuerySet[Case]:
    """The cases of the queue that somebody may see, narrowed by the search."""
    return within(found(request, asked).cases, asked)


def within(cases: QuerySet[Case], asked: Asked) -> QuerySet[Case]:
    """Cases of the queue that is asked for; queues hold open cases."""
    return asked.inside.narrow(cases) if asked.ask.state == State.OPEN else cases


def kept(request: HttpRequest, asked: Asked) -> str:
    """Under which name counts may be kept: all members of an organization see the same cases, and find them by code."""
    organization, code = organization_of(request.user), asked.text.upper()
    return f"{organization.pk}:{code}" if organization and (not code or queue.is_code(code)) else ""


def is_name(text: str) -> bool:
    """Whether a search may be for the name of a person."""
    return bool(text.strip()) and not any(each.isdigit() for each in text)


def sought(request: HttpRequest, text: str) -> str:
    """The address of a search. A name may be a patient's: the address gets a key, the session keeps the name."""
    text = queue.plain(text)
    if not is_name(text):
        query = Ask.of({"q": text}).address()
        return f"{reverse('web:queue')}?{query}" if query else reverse("web:queue")
    key = secrets.token_urlsafe(6)
    before = list(request.session.get(FINDS, {}).items())[1 - FINDS_KEPT :]
    request.session[FINDS] = dict([*before, (key, text)])
    return f"{reverse('web:queue')}?find={key}"


def case_href(case_id: int, place: int, asked: Asked) -> str:
    """The address of a case, with the question it was an answer to and its place there."""
    return asked.to("web:case", case_id, n=str(place))


def view_href(view: SavedView) -> str:
    """The address of a saved view."""
    show = columns.chosen(view.columns)
    parts = [view.address or f"in={queues.DEFAULT.name}", f"show={','.join(show)}" if show else ""]
    return f"{reverse('web:queue')}?{'&'.join(filter(None, parts))}"
