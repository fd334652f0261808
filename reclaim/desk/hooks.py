"""Webhooks: other programs are told of events as they happen, signed, until they say that they have them.

    POST https://example.com/hook
    Reclaim-Event: assigned_case
    Reclaim-Delivery: 4711              the same number when it is sent again
    Reclaim-Timestamp: 1790000000
    Reclaim-Signature: v1=<hex>         HMAC-SHA256 of "<timestamp>.<body>" with the secret

    {"id": 99, "verb": "assigned_case", "subject": "desk.case:17", "at": "2026-11-23T14:00:00+00:00",
     "organization": "cedar-valley", "link": "https://reclaim.example.com/cases/17"}

Nothing of patients is in it, and nothing of what was changed: who wants to know asks the API. An answer of 200 to 299
means that it arrived. Else it is sent again after the pauses of `PAUSES`, and after many failures in a row the webhook
is switched off, and administrators are told.
"""

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.utils import timezone

from reclaim.desk import posting
from reclaim.desk.alerts import News, link, tell
from reclaim.desk.models import Delivery, Webhook
from reclaim.people import events
from reclaim.people.access import Permission, roles_that_may
from reclaim.people.actions import Done, PeopleError, action
from reclaim.people.models import Event, Membership, Organization, User
from reclaim.people.sealing import SealError, seal, unseal

MOST_HOOKS = 20
PURPOSE = "webhooks"
PAUSES = tuple(timedelta(minutes=each) for each in (1, 5, 30, 120, 360, 1440))
"""Before each further try; after the last one it is given up."""
FAILURES = 30
"""Failed tries in a row after which a webhook is switched off."""
QUEUED = 1000
"""Events that are queued for a webhook in one run."""
SECONDS = 40.0
"""A run of the job takes no longer, and one webhook at most a quarter of it."""
KEPT = timedelta(days=30)
"""How long the log is kept."""
LOG = 100
"""Deliveries that the log shows."""
PING, TRIAL = "ping", 0
"""The verb of a trial, and the number that stands for its event."""


class HookError(PeopleError):
    """It cannot be done; the message says why and what to do instead."""


class Made(NamedTuple):
    """A new webhook, and the secret that is shown once."""

    hook: Webhook
    secret: str


# --- administering ----------------------------------------------------------------------------------------------------


def make(by: User | None, organization: Organization, url: str, verbs: Sequence[str]) -> Made:
    """Have an address told of events from now on.

    Args:
        by: who decides.
        organization: whose events.
        url: where to: https.
        verbs: of the events that are wanted; none: all.

    Raises:
        HookError: the address or the verbs cannot be.
    """
    secret = f"rwh_{secrets.token_urlsafe(32)}"
    return Made(_make(by, organization, url, tuple(verbs), seal(secret, PURPOSE)), secret)


@action(Permission.ADMINISTER, "made_webhook")
def _make(by: User | None, organization: Organization, url: str, verbs: tuple[str, ...], sealed: str) -> Done[Webhook]:
    del by
    _check(url, verbs)
    if Webhook.objects.filter(organization=organization).count() >= MOST_HOOKS:
        raise HookError(f"There are {MOST_HOOKS} webhooks already. Remove one.")
    hook = Webhook.objects.create(
        organization=organization,
        url=url.strip(),
        secret=sealed,
        verbs=list(verbs),
        after=_newest(organization),
        failures=0,
    )
    return Done(hook, {"verbs": list(verbs)})


@action(Permission.ADMINISTER, "changed_webhook")
def change(by: User | None, hook: Webhook, url: str, verbs: tuple[str, ...]) -> Done[Webhook]:
    """Send elsewhere, or other events.

    Raises:
        HookError: the address or the verbs cannot be.
    """
    del by
    _check(url, verbs)
    before = hook.url, hook.verbs
    hook.url, hook.verbs = url.strip(), list(verbs)
    hook.save(update_fields=["url", "verbs"])
    return Done(hook, {"verbs": list(verbs)}, changed=before != (hook.url, hook.verbs))


@action(Permission.ADMINISTER, "switched_webhook")
def switch(by: User | None, hook: Webhook, on: bool) -> Done[Webhook]:
    """Let it rest, or begin again: with the events that come from then on."""
    del by
    before, hook.active = hook.active, on
    if on and not before:
        hook.after, hook.failures = _newest(hook.organization), 0
    hook.save(update_fields=["active", "after", "failures"])
    return Done(hook, {"active": on}, changed=before != on)


@action(Permission.ADMINISTER, "removed_webhook")
def remove(by: User | None, hook: Webhook) -> Done[Organization]:
    """End it, with its log."""
    del by
    number = hook.pk
    hook.delete()
    return Done(hook.organization, {"webhook": number})


@action(Permission.ADMINISTER, "sent_webhook_again")
def send_again(by: User | None, delivery: Delivery) -> Done[Webhook]:
    """Have an event sent once more, at once."""
    del by
    delivery.due_at, delivery.tries, delivery.delivered_at = timezone.now(), 0, None
    delivery.save(update_fields=["due_at", "tries", "delivered_at"])
    return Done(delivery.webhook, {"delivery": delivery.pk})


def ping(by: User, hook: Webhook) -> str:
    """Send a trial event now; what went wrong in words, "" when it arrived. Nothing is locked meanwhile.

    Raises:
        NotAllowedError: the role does not include it.
    """
    _tried(by, hook)
    delivery = Delivery.objects.get(webhook=hook, event=TRIAL)
    trouble = _send(hook, delivery, None)
    _keep(delivery, trouble, again=False)
    return trouble


@action(Permission.ADMINISTER, "tried_webhook")
def _tried(by: User | None, hook: Webhook) -> Done[Webhook]:
    del by
    fresh = {"organization": hook.organization, "tries": 0, "due_at": None, "delivered_at": None}
    Delivery.objects.update_or_create(webhook=hook, event=TRIAL, defaults=fresh)
    return Done(hook)


def log(hook: Webhook) -> list[tuple[Delivery, Event | None]]:
    """The newest deliveries of a webhook, each with its event; None for a trial."""
    rows = list(Delivery.objects.filter(webhook=hook).order_by("-id")[:LOG])
    told = Event.objects.filter(organization=hook.organization_id, pk__in=[each.event for each in rows]).in_bulk()
    return [(each, told.get(each.event)) for each in rows]


def verbs(organization: Organization) -> list[str]:
    """Verbs of the events of an organization in the last while, to choose from."""
    newest = Event.objects.filter(organization=organization).order_by("-id").values("id")[:5000]
    return sorted(set(Event.objects.filter(pk__in=newest).values_list("verb", flat=True)))


def _check(url: str, verbs: Sequence[str]) -> None:
    try:
        posting.check(url.strip(), private=settings.HOOKS_PRIVATE)
    except posting.AddressError as error:
        raise HookError(str(error)) from error
    if len(url.strip()) > 300:
        raise HookError("The address is longer than 300 characters.")
    if len(verbs) > 100 or any(not each.isidentifier() or len(each) > 40 for each in verbs):
        raise HookError("Choose events from the list.")


def _newest(organization: Organization) -> int:
    newest = Event.objects.filter(organization=organization).order_by("-id").values_list("id", flat=True).first()
    return newest or 0


# --- the job ----------------------------------------------------------------------------------------------------------


def deliver(now: datetime) -> int:
    """Queue what has happened and send what is due, for every webhook. How many deliveries arrived."""
    begun, arrived = time.monotonic(), 0
    for hook in Webhook.objects.filter(active=True).select_related("organization").order_by("pk"):
        _queue(hook, now)
        if time.monotonic() - begun < SECONDS:
            arrived += _deliver(hook, now)
    return arrived


def forget_old() -> int:
    """Remove what is older than the log is kept. How many rows."""
    return Delivery.objects.filter(made_at__lt=timezone.now() - KEPT).delete()[0]


def _queue(hook: Webhook, now: datetime) -> None:
    fresh = Event.objects.filter(organization=hook.organization, pk__gt=hook.after).order_by("pk")
    rows = list(fresh.values_list("pk", "verb")[:QUEUED])
    if not rows:
        return
    wanted = [pk for pk, verb in rows if not hook.verbs or verb in hook.verbs]
    Delivery.objects.bulk_create(
        [
            Delivery(organization=hook.organization, webhook=hook, event=each, due_at=now, made_at=now)
            for each in wanted
        ],
        ignore_conflicts=True,
    )
    Webhook.objects.filter(pk=hook.pk).update(after=rows[-1][0])


def _deliver(hook: Webhook, now: datetime) -> int:
    """Send what is due in its order; after one that failed the others wait for the next run."""
    begun, arrived = time.monotonic(), 0
    due = list(Delivery.objects.filter(webhook=hook, due_at__lte=now).order_by("due_at", "id")[:QUEUED])
    told = Event.objects.filter(organization=hook.organization, pk__in=[each.event for each in due]).in_bulk()
    for delivery in due:
        if time.monotonic() - begun > SECONDS / 4:
            break
        trouble = _send(hook, delivery, told.get(delivery.event))
        _keep(delivery, trouble, again=True)
        if trouble:
            _failed(hook)
            break
        arrived += 1
        if hook.failures:
            hook.failures = 0
            Webhook.objects.filter(pk=hook.pk).update(failures=0)
    return arrived


def _send(hook: Webhook, delivery: Delivery, event: Event | None) -> str:
    """Send one event; what went wrong in words, "" when it arrived."""
    body = json.dumps(_told(hook, event), separators=(",", ":")).encode()
    try:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Reclaim",
            "Reclaim-Event": event.verb if event else PING,
            "Reclaim-Delivery": str(delivery.pk),
            **signed(unseal(hook.secret, PURPOSE), body, int(time.time())),
        }
        delivery.status = None
        delivery.status = posting.post(hook.url, body, headers, private=settings.HOOKS_PRIVATE)
    except (posting.AddressError, posting.PostError, SealError) as error:
        return str(error)
    return "" if 200 <= delivery.status < 300 else f"It answered {delivery.status}."


def signed(secret: str, body: bytes, at: int) -> dict[str, str]:
    """The headers by which a receiver knows that a body comes from here, and when it was sent.

    Args:
        secret: of the webhook.
        body: as sent.
        at: seconds since 1970; a receiver refuses what is older than some minutes.
    """
    proof = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Reclaim-Timestamp": str(at), "Reclaim-Signature": f"v1={proof}"}


def _told(hook: Webhook, event: Event | None) -> dict[str, object]:
    if event is None:
        return {"id": 0, "verb": PING, "organization": hook.organization.slug}
    kind, _, number = event.subject.partition(":")
    where = {"link": link("web:case", int(number))} if kind == "desk.case" and number.isdecimal() else {}
    return {
        "id": event.pk,
        "verb": event.verb,
        "subject": event.subject,
        "at": event.at.isoformat(),
        "organization": hook.organization.slug,
        **where,
    }


def _keep(delivery: Delivery, trouble: str, *, again: bool) -> None:
    now = timezone.now()
    delivery.trouble = trouble[:200]
    delivery.due_at = None
    if not trouble:
        delivery.delivered_at = now
    elif again and delivery.tries < len(PAUSES):
        delivery.due_at = now + PAUSES[delivery.tries]
    delivery.tries += 1
    delivery.save()


def _failed(hook: Webhook) -> None:
    """Count a failure; after many in a row switch it off and tell administrators."""
    hook.failures += 1
    Webhook.objects.filter(pk=hook.pk).update(failures=hook.failures)
    if hook.failures < FAILURES:
        return
    Webhook.objects.filter(pk=hook.pk).update(active=False)
    organization = hook.organization
    events.record(organization, None, "switched_off_webhook", hook, {"job": "webhooks", "failures": hook.failures})
    roles = roles_that_may(Permission.ADMINISTER)
    told = Membership.objects.filter(organization=organization, role__in=roles, user__is_active=True)
    text = f"Webhook {hook.pk} was switched off after {FAILURES} failed tries in a row."
    key = f"webhook:{hook.pk}:{_newest(organization)}"
    tell(organization, [News(user, "webhook", key, text) for user in told.values_list("user", flat=True)])
