"""Who did and saw what: append-only, each event sealed with the hash of the one before it in its organization.

A changed, removed or slipped-in event breaks the chain at its place: `verify` names it. What a chain alone cannot show
is that its newest events were cut off: `verify` looks for the ends it once had, which are kept elsewhere
(`people.heads`).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from django.db import models, transaction
from django.utils import timezone

from reclaim.people.appending import AppendOnlyError
from reclaim.people.models import Event, Organization, User

START = "0" * 64
"""What the first event of an organization holds as the hash of the one before it."""

_BATCH = 500
_SEALED = ("id", "organization_id", "at", "user_id", "verb", "subject", "detail", "previous", "hash")


FAULTS_NAMED = 100
"""After so many faults, `verify` looks no further."""


class What(StrEnum):
    """What was done to a chain."""

    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"
    CUT = "cut"


class Fault(NamedTuple):
    """A place at which a chain is not as it was written. Numbers are ids of events.

    CHANGED, INSERTED: from the first to the last of those that were.
    REMOVED: those between the first (0: the beginning) and the last, unless the first was changed and sealed anew.
    CUT: no ids, but how many events there once were.
    """

    what: What
    first: int
    last: int

    def __str__(self) -> str:
        """In words that end a sentence about a chain."""
        match self.what:
            case What.REMOVED if self.first:
                between = f"events between {self.first} and {self.last} were removed"
                return f"{between}, or {self.first} was changed and sealed anew"
            case What.REMOVED:
                return f"events before {self.last} were removed"
            case What.CUT:
                return f"it once had {self.first:,} events or more, of which the newest were cut off or written anew"
        events = f"event {self.first} was" if self.first == self.last else f"events {self.first} to {self.last} were"
        return f"{events} {self.what}"


class Head(NamedTuple):
    """The end of a chain, to keep elsewhere: how many events there are, and the hash of the newest."""

    number: int
    hash: str


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


def lately(user: User, verb: str, subject: models.Model, within: timedelta) -> bool:
    """Whether somebody did this in the last minutes: parts of a page that they have opened leave no second event."""
    mine = Event.objects.filter(subject=name_of(subject), user=user, verb=verb, at__gte=timezone.now() - within)
    return mine.exists()


def verify(organization: Organization, kept: Iterable[Head] = ()) -> list[Fault]:
    """What was changed, removed or slipped in; nothing when all events are as they were written.

    Args:
        organization: whose chain.
        kept: ends that it had, from elsewhere: all of them must still be in it.
    """
    faults: list[Fault] = []
    last, ends = 0, {START}  # two ends after an event that was changed: its hash, or what it says, may be the old one
    missing = {each.hash: each.number for each in kept if each.number}
    events = Event.objects.filter(organization=organization).order_by("id").values_list(*_SEALED)
    for key, owner, at, user, verb, subject, detail, before, found in events.iterator(chunk_size=2000):
        missing.pop(found, None)
        sealed = _seal(owner, at, user, (verb, subject, detail), before)
        if sealed != found:
            faults.append(Fault(What.CHANGED, key, key))
        elif before not in ends:
            fault = _slipped_in(organization, key, before, found, faults) or Fault(What.REMOVED, last, key)
            if fault.what is What.INSERTED:  # says all that is wrong with them
                faults = [each for each in faults if each.last < fault.first]
            faults.append(fault)
            if fault.first == key:
                continue  # the chain goes on where it was before
        if len(faults) >= FAULTS_NAMED:
            return faults
        last, ends = key, {found, sealed}
    return [*faults, Fault(What.CUT, number := min(missing.values()), number)] if missing else faults


def _slipped_in(organization: Organization, key: int, before: str, found: str, faults: list[Fault]) -> Fault | None:
    """What was slipped in, when an event follows one that another has followed before: what lies between, or itself."""
    chain = Event.objects.filter(organization=organization, id__lt=key)
    start = 0 if before == START else chain.filter(hash=before).values_list("pk", flat=True).first()
    if start is None or any(each.what is What.INSERTED and each.first <= start <= each.last for each in faults):
        return None
    between = list(chain.filter(id__gt=start).order_by("id").values_list("pk", flat=True))
    if not between or chain.filter(previous=found).exists():  # who follows it stands before it: it was moved here
        return Fault(What.INSERTED, key, key)
    return Fault(What.INSERTED, between[0], between[-1])


def head(organization: Organization) -> Head:
    """The end of the chain now."""
    events = Event.objects.filter(organization=organization)
    return Head(events.count(), events.order_by("-id").values_list("hash", flat=True).first() or START)


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
