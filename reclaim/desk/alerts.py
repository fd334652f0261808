"""What people are told: in the page at once, by mail once a day. Each thing once, and never anything of a patient.

    tell(organization, [News(user, "due", "due:17:7:2026-12-01", "Case 17: the first appeal is due in 7 days.", 17)])

Texts hold counts, deadlines and numbers of cases; who wants to know more signs in.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from smtplib import SMTPException
from typing import NamedTuple

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from reclaim.desk.covering import Cover
from reclaim.desk.models import Alert, AlertChoice, Case, State
from reclaim.people import events
from reclaim.people.access import Permission, visible_to
from reclaim.people.actions import Done, PeopleError, action
from reclaim.people.models import Organization, User
from reclaim.record.loader import batches

log = logging.getLogger(__name__)

SORTS: Mapping[str, str] = {
    "due": "A deadline of my cases comes near",
    "overdue": "A deadline of my cases has passed",
    "woke": "A case that I put aside is back",
    "no_answer": "An answer that was promised has not come",
    "untouched": "A case has not been worked for long",
    "large": "A large new denial came in",
    "unacknowledged": "Nobody has acknowledged a file that was sent",
    "webhook": "A webhook was switched off",
    "connection": "A connection to a payer needs somebody",
}
"""What there is to be told, as one chooses it."""
PAGE = 50
COUNTED = 99
"""The bell counts no further."""
MOST = 25
"""Things of one sort that one person is told one by one at a time; the others are counted in one line."""
LISTED = 15
"""Alerts that a mail lists."""
MAILED_FROM = time(7)
"""Daily mails go out from then on."""
KEPT_READ, KEPT = timedelta(days=30), timedelta(days=120)
"""How long alerts are kept, read and unread."""
WEEK = timedelta(days=7)


class ChoiceError(PeopleError):
    """It cannot be chosen so."""


class News(NamedTuple):
    """Something to tell one person."""

    user: int
    sort: str
    key: str  # the same thing has the same key for ever
    text: str
    case: int | None = None


# --- telling ----------------------------------------------------------------------------------------------------------


def tell(organization: Organization, news: Iterable[News]) -> int:
    """Tell people what they have not been told, as far as they want to know. How many alerts were made.

    More than some of one sort for one person are told in one line; they stay to be told another day.
    """
    fresh = _untold(organization, list(news))
    if not fresh:
        return 0
    choices = AlertChoice.objects.filter(organization=organization)
    unwanted = {(user, sort) for user, sorts in choices.values_list("user", "sorts") for sort in sorts}
    groups: dict[tuple[int, str], list[News]] = defaultdict(list)
    for each in fresh:
        if (each.user, each.sort) not in unwanted:
            groups[each.user, each.sort].append(each)
    now = timezone.now()
    told = [each for group in groups.values() for each in _few(group, timezone.localdate())]
    rows = [
        Alert(organization=organization, user_id=each.user, case_id=each.case, **_said(each), at=now) for each in told
    ]
    Alert.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)
    return len(rows)


def _untold(organization: Organization, news: Sequence[News]) -> list[News]:
    keys: dict[int, list[str]] = defaultdict(list)
    for each in news:
        keys[each.user].append(each.key)
    known = Alert.objects.filter(organization=organization)
    told = {
        (user, key)
        for user, theirs in keys.items()
        for some in batches(theirs)
        for key in known.filter(user=user, key__in=some).values_list("key", flat=True)
    }
    return [each for each in dict.fromkeys(news) if (each.user, each.key) not in told]


def _few(group: list[News], today: date) -> list[News]:
    if len(group) <= MOST:
        return group
    first, more = group[:MOST], len(group) - MOST
    words = f"{more:,} more cases like these. Look at the queue."
    return [*first, News(group[0].user, group[0].sort, f"{group[0].sort}:more:{today}", words)]


def _said(news: News) -> dict[str, str]:
    return {"sort": news.sort, "key": news.key[:80], "text": news.text[:200]}


# --- reading: one's own alerts only -----------------------------------------------------------------------------------


def mine(user: User) -> QuerySet[Alert]:
    """What somebody was told in the organization they work in now."""
    return visible_to(user, Alert).filter(user=user)


def unread(user: User) -> int:
    """How many somebody has not read, counted up to one more than `COUNTED`; one query."""
    return mine(user).filter(read_at=None)[: COUNTED + 1].count()


def read(user: User, alert: int) -> Alert | None:
    """Note that somebody has read one; None when it is not theirs. No event: nothing of the record changes."""
    found = mine(user).filter(pk=alert).first()
    if found is not None and found.read_at is None:
        found.read_at = timezone.now()
        found.save(update_fields=["read_at"])
    return found


def read_all(user: User) -> int:
    """Note that somebody has read all of theirs. How many there were."""
    return mine(user).filter(read_at=None).update(read_at=timezone.now())


def forget_old() -> int:
    """Remove what was read a month ago, and what nobody has read in four. How many."""
    now = timezone.now()
    old = Q(read_at__lt=now - KEPT_READ) | Q(at__lt=now - KEPT)
    return Alert.objects.filter(old).delete()[0]


# --- choosing ---------------------------------------------------------------------------------------------------------


class Wish(NamedTuple):
    """What one person wants to be told, and when not by mail."""

    unwanted: tuple[str, ...] = ()  # of SORTS
    digest: bool = True
    quiet_from: time | None = None
    quiet_to: time | None = None


def wish(user: User) -> Wish:
    """What somebody has chosen, or what is usual."""
    row = visible_to(user, AlertChoice).filter(user=user).first()
    return Wish() if row is None else Wish(tuple(row.sorts), row.digest, row.quiet_from, row.quiet_to)


@action(Permission.SEE_CASES, "chose_alerts")
def choose(by: User | None, organization: Organization, wanted: Wish) -> Done[AlertChoice]:
    """Choose for oneself.

    Raises:
        ChoiceError: there is no such sort, or quiet hours have one end only.
    """
    if not set(wanted.unwanted) <= SORTS.keys():
        raise ChoiceError("Choose from the list of what you can be told.")
    if (wanted.quiet_from is None) != (wanted.quiet_to is None):
        raise ChoiceError("Quiet hours need a beginning and an end. Leave both empty to have none.")
    given = {
        "sorts": list(wanted.unwanted),
        "digest": wanted.digest,
        "quiet_from": wanted.quiet_from,
        "quiet_to": wanted.quiet_to,
    }
    row, _ = AlertChoice.objects.update_or_create(organization=organization, user=by, defaults=given)
    return Done(row, {"unwanted": given["sorts"], "digest": wanted.digest})


def quiet(wanted: Wish, at: time) -> bool:
    """Whether a time lies in somebody's quiet hours, which may span midnight."""
    begin, end = wanted.quiet_from, wanted.quiet_to
    if begin is None or end is None or begin == end:
        return False
    return begin <= at < end if begin < end else at >= begin or at < end


# --- the daily mail ---------------------------------------------------------------------------------------------------


class Load(NamedTuple):
    """How many open cases of somebody, or of those they cover, are due."""

    overdue: int
    today: int
    week: int  # after today, within seven days


def mail(now: datetime) -> int:
    """Send the daily mail to everybody who wants it, has something in it, and is not in their quiet hours.

    Args:
        now: in the time of the installation.

    Returns:
        How many were sent. What could not be sent is tried again with the next call.
    """
    if now.time() < MAILED_FROM or settings.EMAIL_BACKEND.endswith(".dummy.EmailBackend"):
        return 0
    return sum(_mail_organization(each, now) for each in Organization.objects.order_by("pk"))


def _mail_organization(organization: Organization, now: datetime) -> int:
    rows = {each.user_id: each for each in AlertChoice.objects.filter(organization=organization)}
    loads = _loads(organization, now.date())
    told = _unmailed(organization, now)
    sent = 0
    people = User.objects.filter(memberships__organization=organization, is_active=True).exclude(email="")
    for user in people.order_by("pk"):
        row = rows.get(user.pk) or AlertChoice(organization=organization, user=user)
        wanted = Wish((), row.digest, row.quiet_from, row.quiet_to)
        if not row.digest or row.mailed_on == now.date() or quiet(wanted, now.time()):
            continue
        load, alerts = loads.get(user.pk), told.get(user.pk, [])
        if (load or alerts) and _sent(organization, user, load or Load(0, 0, 0), alerts):
            sent += 1
            row.mailed_on = now.date()
            row.save()
            Alert.objects.filter(pk__in=[each.pk for each in alerts]).update(mailed_at=now)
    if sent:
        events.record(organization, None, "mailed_digests", organization, {"job": "mailing", "people": sent})
    return sent


def _loads(organization: Organization, today: date) -> dict[int, Load]:
    """What is due of everybody's cases; those of who is away count for their cover."""
    owned = Case.objects.filter(organization=organization, state=State.OPEN, owner__isnull=False)
    due = owned.filter(deadline__lte=today + WEEK).order_by().values("owner")
    counts = due.annotate(
        overdue=Count("pk", filter=Q(deadline__lt=today)),
        today=Count("pk", filter=Q(deadline=today)),
        week=Count("pk", filter=Q(deadline__gt=today)),
    )
    cover = Cover(organization, today)
    loads: dict[int, Load] = defaultdict(lambda: Load(0, 0, 0))
    for owner, *counted in counts.values_list("owner", *Load._fields):
        user = cover.of(owner) or owner
        loads[user] = Load(*map(sum, zip(loads[user], counted, strict=True)))
    return loads


def _unmailed(organization: Organization, now: datetime) -> dict[int, list[Alert]]:
    """What people have neither read nor been mailed of the last days, the newest first."""
    told: dict[int, list[Alert]] = defaultdict(list)
    fresh = Alert.objects.filter(organization=organization, read_at=None, mailed_at=None, at__gte=now - WEEK)
    for each in fresh.order_by("-id").iterator():
        told[each.user_id].append(each)
    return told


def _sent(organization: Organization, user: User, load: Load, alerts: list[Alert]) -> bool:
    said = f"{load.overdue:,} overdue, {load.today:,} due today, {load.week:,} due this week"
    lines = [f"Your open cases at {organization}: {said}.", link("web:queue"), ""]
    if alerts:
        lines += ["New for you:", *(_line(each) for each in alerts[:LISTED])]
        if len(alerts) > LISTED:
            lines.append(f"and {len(alerts) - LISTED:,} more: {link('web:alerts')}")
        lines.append("")
    lines += [
        "This mail holds nothing of patients: sign in to see more.",
        f"Choose what you are told, and when: {link('web:alert_choices')}",
    ]
    message = EmailMessage(f"Reclaim: {said}", "\n".join(lines), to=[user.email])
    try:
        return bool(message.send())
    except (OSError, SMTPException):
        log.exception("The daily mail to user %s could not be sent; it is tried again.", user.pk)
        return False


def _line(alert: Alert) -> str:
    where = link("web:case", alert.case_id) if alert.case_id else link("web:alerts")
    return f"* {alert.text} {where}"


def link(name: str, *args: int) -> str:
    """The whole address of a page of the site."""
    return f"{settings.ADDRESS}{reverse(name, args=args)}"
