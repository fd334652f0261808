"""Who asks, who works here, how many cases each filter of the Queue holds, and what happened."""

from datetime import date, datetime, time
from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router
from pydantic import BaseModel, Field

from reclaim.api import paging
from reclaim.api.allowed import needs
from reclaim.api.entrance import house_of, visitor
from reclaim.api.shapes import Dollars, EventShape, Named, Person, Shape, person_name
from reclaim.desk import counting
from reclaim.desk.models import Case
from reclaim.desk.queue import Ask
from reclaim.desk.queues import ALL, Inside, offered, viewer
from reclaim.people.access import Permission, allowed, membership_of, visible_to
from reclaim.people.models import Event, Location, Membership, Team

router = Router()

PEOPLE = 1000
"""People, teams and locations of one answer at the most."""

Word = Annotated[str, Field(max_length=60, pattern=r"^[^\x00]*$")]


class KeyShape(Shape):
    """The key that was sent."""

    name: str
    start: str
    expires_at: datetime


class Me(BaseModel):
    """Who asks, and what they may do here."""

    id: int
    name: str
    email: str
    organization: Named
    role: str
    permissions: list[str]
    key: KeyShape | None = Field(description="Null for somebody who is signed in.")


class People(BaseModel):
    """Who works here; actions name people by `id`."""

    people: list[Person]
    teams: list[Named]
    locations: list[Named]
    more: bool


class QueueShape(BaseModel):
    """A queue that everybody has: `GET /cases?queue=name`."""

    name: str
    words: str
    why: str = Field(description="Why a case is in it.")
    cases: int = Field(description="Open cases in it; of yours and nobody's, those that wait are left out.")


class Held(BaseModel):
    """How many open cases a filter holds: `GET /cases?name=value`."""

    name: str
    value: str
    cases: int


class Queues(BaseModel):
    """Open cases as the Queue counts them."""

    cases: int
    denied: Dollars
    expected: Dollars
    queues: list[QueueShape]
    filters: list[Held]


class Which(paging.Where):
    """Which page, and which events."""

    verb: Annotated[Word, Field(description="viewed_case, received_file ...")] = ""
    subject: Annotated[Word, Field(description="desk.case:17")] = ""
    user: Annotated[int | None, Field(ge=1, le=2**31 - 1)] = None
    since: Annotated[date | None, Field(description="The first day, in the time zone of the installation.")] = None


class Events(BaseModel):
    """Events, the newest first."""

    events: list[EventShape]
    next: str = Field(description="The cursor of the next page; empty when this is the last.")


@router.get("/me", response=Me, summary="Who asks", tags=["People"])
def me(request: HttpRequest) -> Me:
    """Who asks, in which organization, and what they may do here: the permissions of the role that the key has."""
    who = visitor(request)
    organization, membership = house_of(who.user), membership_of(who.user)
    return Me(
        id=who.user.pk,
        name=person_name(who.user),
        email=who.user.email,
        organization=Named(id=organization.pk, name=organization.name),
        role=membership.role if membership else "",
        permissions=sorted(allowed(who.user)),
        key=KeyShape.model_validate(who.token) if who.token else None,
    )


@router.get("/people", response=People, summary="Members, teams and locations", tags=["People"])
def people(request: HttpRequest) -> People:
    """Who works here, the teams and the places of care: for assigning."""
    user = needs(request, Permission.SEE_PEOPLE, "listed_people")
    members = visible_to(user, Membership).select_related("user").order_by("user__email")
    found = list(members[: PEOPLE + 1])
    shown = [
        Person(
            id=each.user.pk,
            name=person_name(each.user),
            email=each.user.email,
            role=each.role,
            active=each.user.is_active,
        )
        for each in found[:PEOPLE]
    ]
    teams, locations = (
        [Named.model_validate(each) for each in visible_to(user, kind).order_by("name")[:PEOPLE]]
        for kind in (Team, Location)
    )
    return People(people=shown, teams=teams, locations=locations, more=len(found) > PEOPLE)


@router.get("/queues", response=Queues, summary="How much waits", tags=["Cases"])
def queues(request: HttpRequest) -> Queues:
    """The queues and filters, and how many open cases each holds; those are at /cases with that queue or filter."""
    user = needs(request, Permission.SEE_CASES, "listed_cases")
    today = timezone.localdate()
    inside = Inside(ALL, viewer(user, today))
    counted = counting.count(visible_to(user, Case), Ask(), today, f"{house_of(user).pk}:", inside)
    filters = [
        Held(name=name, value=value, cases=many)
        for (name, value), many in counted.chips.items()
        if value and getattr(Ask.of({name: value}), name) == value  # what is counted beside cannot be asked
    ]
    return Queues(
        cases=counted.total.cases,
        denied=counted.total.denied,
        expected=counted.expected,
        queues=[
            QueueShape(name=each.name, words=each.words, why=each.why, cases=counted.queues[each.name])
            for each in offered(user)
        ],
        filters=filters,
    )


@router.get("/events", response=Events, summary="Events", tags=["Events"])
def list_events(request: HttpRequest, which: Query[Which]) -> Events:
    """Who did and saw what, the newest first. Each event is sealed with the hash of the one before it."""
    rows = visible_to(needs(request, Permission.SEE_EVENTS, "listed_events"), Event)
    since = timezone.make_aware(datetime.combine(which.since, time.min)) if which.since else None
    wanted = {"verb": which.verb, "subject": which.subject, "user": which.user, "at__gte": since}
    found = paging.page(rows.filter(**{name: each for name, each in wanted.items() if each}), ("-id",), which)
    return Events(events=[EventShape.of(each) for each in found.rows], next=found.next)
