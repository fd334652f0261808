"""Who did and saw what: append-only, each event sealed with the hash of the one before it in its organization.

A changed, removed or slipped-in event breaks the chain at its place: `verify` finds it. What a chain alone cannot show
is that its newest events were cut off; `head` is what a backup keeps of it, to compare.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from reclaim.people.models import Event, Organization, User

START = "0" * 64
"""What the first event of an organization holds as the hash of the one before it."""

_BATCH = 500
_SEALED = ("id", "organization_id", "at", "user_id", "verb", "subject", "detail", "previous", "hash")


class AppendOnlyError(Exception):
    """Something tried to change or remove an event."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One event to be, of a batch."""

    verb: str
    subject: models.Model | str
    detail: Mapping[str, Any] = field(default_factory=dict)


def record(
    organization: Organization,
    user: User | None,
    verb: str,
    subject: models.Model | str,
    detail: Mapping[str, Any] | None = None,
) -> Event:
    """Write down what happened. Inside a transaction, do it last: the organization's chain is held until it ends.

    Args:
        organization: whose event it is.
        user: who did it; None for a job.
        verb: what was done, in the past: "viewed_case".
        subject: a saved row, or how to find it again ("desk.case:17").
        detail: identifiers, counts, names of fields: never patient data; whole numbers, texts and truth values.

    Raises:
        TypeError: `detail` holds something that would not come back from the database as it went in.
    """
    return record_many(organization, user, [Entry(verb, subject, detail or {})])[0]


def record_many(organization: Organization, user: User | None, entries: Iterable[Entry]) -> list[Event]:
    """Write down several things at once, in their order: one lock, few statements."""
    fresh = [(each.verb, name_of(each.subject), _plain(each.detail)) for each in entries]
    if not fresh:
        return []
    with transaction.atomic():
        previous = _locked_head(organization)
        at = timezone.now()
        events = []
        for verb, subject, detail in fresh:
            event = Event(
                organization=organization,
                at=at,
                user=user,
                verb=verb,
                subject=subject,
                detail=detail,
                previous=previous,
            )
            previous = event.hash = _seal(event.organization_id, at, event.user_id, (verb, subject, detail), previous)
            events.append(event)
        return Event.objects.bulk_create(events, batch_size=_BATCH)


def verify(organization: Organization) -> int | None:
    """The id of the first event that is not as it was written, or does not follow the one before; None when all do."""
    previous = START
    events = Event.objects.filter(organization=organization).order_by("id").values_list(*_SEALED)
    for key, owner, at, user, verb, subject, detail, before, found in events.iterator(chunk_size=2000):
        if before != previous or found != _seal(owner, at, user, (verb, subject, detail), before):
            return int(key)
        previous = found
    return None


def head(organization: Organization) -> tuple[int, str]:
    """How many events there are, and the hash of the newest: what to compare a restored chain with."""
    events = Event.objects.filter(organization=organization)
    return events.count(), events.order_by("-id").values_list("hash", flat=True).first() or START


def name_of(subject: models.Model | str) -> str:
    """How an event names a row: "desk.case:17"."""
    return subject if isinstance(subject, str) else f"{subject._meta.label_lower}:{subject.pk}"  # noqa: SLF001  Django's public name for it


def refuse_change(instance: Event, **_: object) -> None:
    """Stop what would change or remove an event that is written. Connected to the model's signals by the app."""
    if instance.pk is not None:
        raise AppendOnlyError(f"Event {instance.pk} is written; events are only ever added.")


def _locked_head(organization: Organization) -> str:
    """The newest hash, with everybody else who wants to append to this organization's chain waiting.

    The lock is on the organization: on the newest event it would let two in, for who waited for it goes on with the row
    that was the newest when the waiting began. NO KEY leaves rows that only refer to the organization free to be added.
    SQLite has no such lock and needs none: a transaction there begins by taking the one right to write.
    """
    Organization.objects.select_for_update(no_key=True).values_list("pk").get(pk=organization.pk)
    newest = Event.objects.filter(organization=organization).order_by("-id").values_list("hash", flat=True).first()
    return newest or START


def _seal(
    organization: int, at: datetime, user: int | None, said: tuple[str, str, Mapping[str, Any]], previous: str
) -> str:
    """SHA-256 over everything that an event says, in one spelling."""
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    whole = json.dumps([organization, moment, user, *said, previous], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(whole.encode()).hexdigest()


def _plain(detail: Mapping[str, Any]) -> dict[str, Any]:
    """The detail as the database will give it back: keys are text, lists are lists."""
    _check_plain(dict(detail), "detail")
    plain: dict[str, Any] = json.loads(json.dumps(detail))
    return plain


def _check_plain(value: object, where: str) -> None:
    match value:
        case None | bool() | int() | str():
            return
        case dict():
            for key, inner in value.items():
                if not isinstance(key, str):
                    raise TypeError(f"{where}: the key {key!r} of an event's detail is no text.")
                _check_plain(inner, f"{where}.{key}")
        case list() | tuple():
            for number, inner in enumerate(value):
                _check_plain(inner, f"{where}[{number}]")
        case _:
            raise TypeError(f"{where}: an event's detail holds text, whole numbers and truth values, no {type(value)}.")
