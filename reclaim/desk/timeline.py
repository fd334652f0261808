"""Everything that happened to a case in one list, newest first: what people and jobs did, and what the payer said.

    told = story(user, case, answers)
    more = story(user, case, answers, before=told.older)

What people wrote stands with the event that it came by; who may not see a row (clinical documents, notes with names)
sees that there is one. Reads only.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone

from reclaim.desk import documents
from reclaim.desk.models import Case, Contact, Document, Note, Sent, Task, WriteOff
from reclaim.desk.models.work import Done
from reclaim.people import events
from reclaim.people.access import Visitor, visible_to
from reclaim.people.models import Event, User
from reclaim.record.models import Acknowledgement, Adjudication

SHOWN = 30
"""Events on one page of the list."""
READS = ("viewed_case", "viewed_claim", "viewed_document", "viewed_segments")
"""Events of somebody who looked: counted, not listed."""
LATELY = timedelta(minutes=2)
KINDS: Mapping[str, type[Done]] = {
    "desk.note": Note,
    "desk.task": Task,
    "desk.contact": Contact,
    "desk.document": Document,
    "desk.sent": Sent,
    "desk.writeoff": WriteOff,
}
NAMED = {"task": "desk.task", "sent": "desk.sent", "write_off": "desk.writeoff", "document": "desk.document"}
"""Rows that an event changed, as its detail names them."""


class Happening(NamedTuple):
    """One thing that happened: an event with the rows it came with, an answer of the payer, or an acknowledgment."""

    day: date
    event: Event | None
    rows: tuple[Done, ...]
    hidden: int  # rows that who looks may not see
    answer: Adjudication | None
    said: Acknowledgement | None = None  # of the claim, before it was decided


class Story(NamedTuple):
    """Some of it, newest first."""

    happenings: list[Happening]
    older: int  # the event before which the next page goes on; 0: this was all
    people: Mapping[int, User]  # those that events name by id


class Looks(NamedTuple):
    """How often a record was looked at."""

    times: int
    people: int
    last: datetime | None
    mine: bool  # who asks has opened it in these minutes


def story(user: Visitor, case: Case, answers: Sequence[Adjudication], before: int = 0) -> Story:
    """One page of what happened.

    Args:
        user: who looks.
        case: a case that they may see.
        answers: of the payer, all that are shown.
        before: id of an event; only what is older. 0: the newest.
    """
    about = _about(case).exclude(verb__in=READS)
    begin = about.filter(pk=before).first() if before else None
    rows = about.filter(pk__lt=before) if before else about
    found = list(rows.select_related("user").order_by("-id")[: SHOWN + 1])
    shown, more = found[:SHOWN], len(found) > SHOWN
    first = timezone.localdate(shown[-1].at) if more else date.min
    last = timezone.localdate(begin.at) if begin else date.max
    kept = _rows(user, case, shown)
    happenings = [_happening(event, kept) for event in shown]
    told = [Happening(each.day or date.min, None, (), 0, each) for each in answers]
    told += [
        Happening(each.day or date.min, None, (), 0, None, each) for each in _acknowledgements(user, case, answers)
    ]
    happenings += [each for each in told if first <= each.day < last]
    happenings.sort(key=_order, reverse=True)
    return Story(happenings, shown[-1].pk if more else 0, _people(user, shown))


def _acknowledgements(user: Visitor, case: Case, answers: Sequence[Adjudication]) -> list[Acknowledgement]:
    """What was said of the claim of a case on its way, the newest; one query, none where the claim is not known."""
    claims = ({each.claim_id for each in answers} | {case.claim_id}) - {None}
    if not claims:
        return []
    return list(visible_to(user, Acknowledgement).filter(claim__in=claims).order_by("-day", "-pk")[:SHOWN])


def looks(user: Visitor, case: Case) -> Looks:
    """Who has looked at a case, in numbers; one query."""
    mine = Q(user=user.pk if user else 0, at__gte=timezone.now() - LATELY)
    counted = (
        _about(case)
        .filter(verb__in=READS)
        .aggregate(
            times=Count("pk"),
            people=Count("user", distinct=True),
            last=Max("at"),
            lately=Count("pk", filter=mine),
        )
    )
    return Looks(counted["times"], counted["people"], counted["last"], mine=counted["lately"] > 0)


def since(case: Case, version: int) -> list[Event]:
    """What was done to a case since somebody saw it, oldest first; the last ten."""
    rows = _about(case).filter(detail__version__gt=version).select_related("user")
    return list(rows.order_by("-id")[:10])[::-1]


def _about(case: Case) -> QuerySet[Event]:
    return Event.objects.filter(organization=case.organization_id, subject=events.name_of(case))


def _order(each: Happening) -> tuple[date, int]:
    """By day; on one day what people did stands over what the payer's answer of that day says."""
    return each.day, each.event.pk if each.event else 0


def _happening(event: Event, kept: Mapping[str, Done]) -> Happening:
    names = list(_names(event.detail))
    rows = tuple(kept[name] for name in names if name in kept)
    return Happening(timezone.localdate(event.at), event, rows, len(names) - len(rows), None)


def _rows(user: Visitor, case: Case, shown: Iterable[Event]) -> dict[str, Done]:
    """The rows that events name, by that name: one query for each kind that there is."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for event in shown:
        for name in _names(event.detail):
            kind, _, key = name.partition(":")
            wanted[kind].add(int(key))
    kept: dict[str, Done] = {}
    for kind, keys in wanted.items():
        model = KINDS[kind]
        every = visible_to(user, model).filter(case=case)
        rows = documents.visible(user, case, removed=True) if model is Document else every
        kept |= {f"{kind}:{row.pk}": row for row in rows.filter(pk__in=keys)}
    return kept


def _names(detail: Mapping[str, Any]) -> Iterator[str]:
    yield from (name for name in detail.get("rows", ()) if name.partition(":")[0] in KINDS)
    yield from (f"{kind}:{detail[name]}" for name, kind in NAMED.items() if isinstance(detail.get(name), int))


def _people(user: Visitor, shown: Iterable[Event]) -> dict[int, User]:
    keys = {event.detail["owner"] for event in shown if isinstance(event.detail.get("owner"), int)}
    return visible_to(user, User).distinct().in_bulk(keys) if keys else {}
