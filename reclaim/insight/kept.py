"""The sums of an organization without waiting: a small record is counted at once, of a large one the newest are kept.

A large record is counted soon after a file was read (`catch_up`, a job of the clock), and kept as a row. Until then
the sums before it are shown, and since when they stand. What a lost job leaves is found: the stamp of the row says
of which record it was counted.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import QuerySet

from reclaim.desk.models import APART, Case
from reclaim.insight.models import Counted
from reclaim.insight.months import Month, month_of
from reclaim.insight.seen import Found, Seen
from reclaim.insight.seen import count as count_codes
from reclaim.insight.stamp import stamp, stamp_of
from reclaim.insight.sums import NOTHING, Answers, Ended, Sums, Tally, count
from reclaim.people.access import visible_to
from reclaim.people.models import Organization, User
from reclaim.record.models import Adjudication, Remittance

SMALL = 10_000
"""Answers up to which a record is counted whenever somebody asks: some hundredths of a second."""


class Kept(NamedTuple):
    """Sums, and whether newer files are still to be counted."""

    sums: Sums
    any: bool = True  # whether there is any answer
    behind: bool = False
    at: datetime | None = None  # when they were counted, where that was not just now

    @property
    def counted(self) -> bool:
        """Whether there is anything to show: not of a large record that was never counted."""
        return not self.behind or self.at is not None


def newest(user: User, today: date) -> Kept:
    """The newest sums of what somebody may see. Five queries, one of them for who it is."""
    answers, cases = visible_to(user, Adjudication), visible_to(user, Case)
    held = _held(answers)
    if held <= SMALL:
        return Kept(count(answers, cases, today) if held else NOTHING, any=held > 0)
    row = visible_to(user, Counted).first()
    if row is None:
        return Kept(NOTHING, behind=True)
    return Kept(_sums(row.sums), behind=row.stamp != _stamped(stamp(user), cases, today), at=row.at)


class KeptCodes(NamedTuple):
    """What was seen of each code."""

    found: Found
    at: datetime | None = None  # when it was counted, where that was not just now
    counted: bool = True  # a large record may never have been


def seen(user: User) -> KeptCodes:
    """What is known of the codes of somebody's cases: counted at once, or when the last file was read."""
    if _held(visible_to(user, Adjudication)) <= SMALL:
        return KeptCodes(count_codes(visible_to(user, Case)))
    row = visible_to(user, Counted).filter(codes__isnull=False).only("codes", "at", "organization").first()
    return KeptCodes(_codes(row.codes), row.at) if row and row.codes is not None else KeptCodes({}, counted=False)


def catch_up(today: date) -> int:
    """Count the large records that have changed since they were counted, and all of them when a new month begins.

    Returns:
        how many were counted.
    """
    counted = dict(Counted.objects.filter(codes__isnull=False).values_list("organization", "stamp"))
    return sum(_caught_up(each, counted.get(each), today) for each in Organization.objects.values_list("pk", flat=True))


def _caught_up(organization: int, before: str | None, today: date) -> bool:
    answers = Adjudication.objects.filter(organization=organization)
    cases = Case.objects.filter(organization=organization)
    known = _stamped(stamp_of(organization, Remittance.objects.filter(organization=organization)), cases, today)
    if known == before or _held(answers) <= SMALL:
        return False
    at, sums = datetime.now(UTC), count(answers, cases, today)
    codes = [[*key, *each] for key, each in count_codes(cases).items()]
    values = {"stamp": known, "at": at, "sums": _as_json(sums), "codes": codes}
    Counted.objects.update_or_create(organization_id=organization, defaults=values)
    return True


def _held(answers: QuerySet[Adjudication]) -> int:
    """How many answers there are; more than `SMALL` are not counted to the end."""
    return answers[: SMALL + 1].count()


def _stamped(known: str, cases: QuerySet[Case], today: date) -> str:
    """Which record, in which month, and how many cases have ended lately: people end some without a file."""
    month = month_of(today)
    return f"{known}-{month.first}-{cases.filter(resolved__gte=month.before.first).exclude(kind__in=APART).count()}"


def _as_json(sums: Sums) -> dict[str, list[Any]]:
    """Rows that begin with the first day of their month; the field writes days and dollars as text."""
    return {
        "answers": [[month.first, *row] for month, row in sums.answers.items()],
        "ended": [[month.first, *row] for month, row in sums.ended.items()],
        "denied": [[month.first, kind, *row] for (month, kind), row in sums.denied.items()],
    }


def _sums(kept: dict[str, list[Any]]) -> Sums:
    """What `_as_json` wrote."""
    return Sums(
        {_month(first): Answers(*map(_number, row)) for first, *row in kept["answers"]},
        {_month(first): Ended(*map(_number, row)) for first, *row in kept["ended"]},
        {(_month(first), kind): Tally(*map(_number, row)) for first, kind, *row in kept["denied"]},
    )


def _codes(kept: list[list[Any]]) -> Found:
    """What `_caught_up` wrote of them."""
    return {(code, payer): Seen(*map(_number, row)) for code, payer, *row in kept}


def _month(first: str) -> Month:
    return month_of(date.fromisoformat(first))


def _number(value: int | str) -> Any:  # noqa: ANN401  a count, or dollars
    return Decimal(value) if isinstance(value, str) else value
