"""The trail of events as people look through it: who, what, when, on which row. Reads only.

Pages go by id, newest first, and days become ids before anything is looked for: so each question is a walk along one
index, however long the trail is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.utils import timezone

from reclaim.people.models import Event

PAGE = 50
JOB = "job"
"""What stands for everything that no person did."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What somebody looks for; every field stands in the address of the page under its name."""

    person: str = ""  # id of a user, or JOB
    verb: str = ""
    first: date | None = None  # days of the installation's time zone, both within it
    last: date | None = None
    subject: str = ""  # "desk.case:17"

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Ask":
        """Read an address; what is not understood counts as not asked."""
        person, verb, subject = (given.get(name, "").strip()[:60] for name in ("person", "verb", "subject"))
        if subject.isascii() and subject.isdecimal():
            subject = f"desk.case:{subject}"  # the number of a case alone
        return cls(
            person=person if person == JOB or (person.isascii() and person.isdecimal() and len(person) < 16) else "",
            verb=verb if verb.isidentifier() else "",
            first=_day(given.get("first", "")),
            last=_day(given.get("last", "")),
            subject=subject if subject.isascii() and subject.isprintable() else "",
        )

    def address(self) -> str:
        """The query of the address that asks this."""
        said = {each.name: getattr(self, each.name) for each in fields(self)}
        return urlencode({name: str(value) for name, value in said.items() if value})


def asked(events: QuerySet[Event], ask: Ask) -> QuerySet[Event]:
    """The events that an address asks for, newest first."""
    if ask.first:
        since = events.filter(at__gte=_midnight(ask.first)).order_by("at", "id").values_list("pk", flat=True).first()
        events = events.filter(pk__gte=since) if since else events.none()
    if ask.last:
        until = _midnight(ask.last + timedelta(days=1))
        last = events.filter(at__lt=until).order_by("-at", "-id").values_list("pk", flat=True).first()
        events = events.filter(pk__lte=last) if last else events.none()
    if ask.person:
        who = {"user__isnull": True} if ask.person == JOB else {"user": int(ask.person)}
        events = events.filter(**who)
    if ask.verb:
        events = events.filter(verb=ask.verb)
    if ask.subject:
        events = events.filter(subject=ask.subject)
    return events.select_related("user").order_by("-id")


def page(events: QuerySet[Event], ask: Ask, before: int = 0) -> tuple[list[Event], int]:
    """Some of the events that are asked for, older than one; and the id from which the next page goes on, or 0."""
    rows = asked(events, ask)
    found = list((rows.filter(pk__lt=before) if before else rows)[: PAGE + 1])
    return found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else 0


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
