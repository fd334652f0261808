"""Audit: who did and saw what, on what, when; and the same as a list to take along."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from reclaim.people import events, trail
from reclaim.people.access import Permission, visible_to
from reclaim.people.models import Event, Membership, User
from reclaim.people.trail import Ask
from reclaim.web import again, cells, office, verbs, words
from reclaim.web.parts import number

DETAIL = 160
"""Letters of what an event tells beside its verb."""
PEOPLE = 500
"""People in the filter; others are found by the number of the person in the address."""
HEADINGS = ("Event", "At (UTC)", "Person", "What", "Verb", "On", "Detail", "Hash")
CSV = "text/csv; charset=utf-8"
BESIDE = frozenset({"version", "before", "rows"})
"""What events keep for the program."""
ROUTES = {"desk.case": "web:case", "record.file": "web:file"}
ON = {
    "desk.case": "case",
    "record.file": "file",
    "people.user": "person",
    "people.membership": "member",
    "people.team": "team",
    "people.location": "location",
    "people.absence": "absence",
    "people.token": "key",
    "people.organization": "the organization",
}


class Row(NamedTuple):
    """An event as the table shows it."""

    event: Event
    who: str
    what: str
    on: str
    href: str  # "": nothing can be opened
    subject: str  # the address that asks for all events on the same
    detail: str


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """The newest events that are asked for, and the way to older ones."""
    office.insist(request, Permission.SEE_EVENTS, "The audit trail is not part of your role.")
    user, ask = office.user_of(request), Ask.of(request.GET)
    found, older = trail.page(visible_to(user, Event), ask, number(request.GET.get("before", "")))
    members = visible_to(user, Membership).select_related("user").order_by("user__email")[:PEOPLE]
    address = ask.address()
    context = {
        "rows": [_row(each) for each in found],
        "ask": ask,
        "groups": [(name, some.items()) for name, some in verbs.VERBS.items()],
        "members": [(str(each.user_id), _name(each.user)) for each in members],
        "older": _with(address, f"before={older}") if older else "",
        "newest": _with(address) if request.GET.get("before") else "",
        "export": f"{reverse('web:audit_export')}?{address}",
        "narrowed": bool(address),
        "zone": timezone.get_current_timezone_name(),
    }
    return office.page(request, "audit.html", context)


@require_GET
def export(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """All events that are asked for, as CSV; that they were taken is an event too."""
    office.insist(request, Permission.SEE_EVENTS, "The audit trail is not part of your role.")
    if not again.recently_signed_in(request):
        return again.sign_in_again(request)
    user, ask, organization = office.user_of(request), Ask.of(request.GET), office.house_of(request)
    detail = {name: value for name, value in _asked(ask).items() if value}
    events.record(organization, user, "exported_events", organization, detail)
    found = trail.asked(visible_to(user, Event), ask)
    answer = StreamingHttpResponse(cells.lines(HEADINGS, _cells(found.iterator(chunk_size=2000))), content_type=CSV)
    answer["Content-Disposition"] = f'attachment; filename="audit-{timezone.localdate()}.csv"'
    return answer


def _asked(ask: Ask) -> dict[str, str]:
    return {
        "person": ask.person,
        "verb": ask.verb,
        "first": str(ask.first or ""),
        "last": str(ask.last or ""),
        "subject": ask.subject,
    }


def _cells(found: Iterator[Event]) -> Iterator[tuple[cells.Cell, ...]]:
    for each in found:
        at = each.at.isoformat(sep=" ", timespec="seconds").removesuffix("+00:00")
        detail = json.dumps(each.detail, sort_keys=True)
        yield each.pk, at, _who(each), verbs.said(each.verb), each.verb, each.subject, detail, each.hash


def _row(event: Event) -> Row:
    kind, _, key = event.subject.partition(":")
    route = ROUTES.get(kind)
    on = f"{ON.get(kind, words.slug(kind.partition('.')[2]))} {key if kind != 'people.organization' else ''}".strip()
    return Row(
        event,
        _who(event),
        verbs.said(event.verb),
        on,
        reverse(route, args=[int(key)]) if route and key.isdecimal() else "",
        _with(Ask(subject=event.subject).address()),
        _told(event.detail),
    )


def _who(event: Event) -> str:
    if event.user is not None:
        return _name(event.user)
    job = event.detail.get("job")
    return f"job: {words.slug(str(job))}" if job else "the program"


def _name(user: User) -> str:
    return user.get_full_name() or user.email


def _told(detail: dict[str, Any]) -> str:
    """What an event tells, in a few words: names of fields and plain values."""
    told = {name: value for name, value in detail.items() if name not in BESIDE and value not in (None, "", [], {})}
    parts = (f"{words.slug(name)} {_plain(value)}" for name, value in told.items() if name != "job")
    whole = ", ".join(parts)
    return whole if len(whole) <= DETAIL else f"{whole[: DETAIL - 1]}…"


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(map(str, value))
    return words.slug(str(value)) if isinstance(value, str) and re.fullmatch(r"[a-z_]+", value) else str(value)


def _with(*queries: str) -> str:
    return f"{reverse('web:audit')}?{'&'.join(filter(None, queries))}"
