"""What this organization saw of each code: cases with it, dollars, and what came back, by payer."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Count, Q, Sum

from reclaim.desk.models import Case, State
from reclaim.insight.stamp import remembered, stamp
from reclaim.people.access import visible_to
from reclaim.people.models import User
from reclaim.rules.money import ZERO


class Seen(NamedTuple):
    """Cases that carry a code."""

    cases: int = 0
    open: int = 0
    denied: Decimal = ZERO
    ended: int = 0
    ended_denied: Decimal = ZERO  # denied dollars of those that ended
    recovered: Decimal = ZERO  # of those that ended

    @property
    def share(self) -> Decimal | None:
        """Recovered dollars of the denied dollars of cases that ended; None when none has."""
        return self.recovered / self.ended_denied if self.ended_denied else None

    def plus(self, other: "Seen") -> "Seen":
        """Both together."""
        return Seen(
            self.cases + other.cases,
            self.open + other.open,
            self.denied + other.denied,
            self.ended + other.ended,
            self.ended_denied + other.ended_denied,
            self.recovered + other.recovered,
        )


class Row(NamedTuple):
    """Cases of one payer that carry the same codes."""

    codes: tuple[str, ...]  # ("CO-197", "M62")
    payer: int
    seen: Seen


def rows(user: User) -> list[Row]:
    """All cases by their codes and payer. One pass over the cases, remembered until another file is read."""
    return remembered(stamp(user), "codes", lambda: _count(user))


def _count(user: User) -> list[Row]:
    ended = ~Q(state=State.OPEN)
    grouped = (
        visible_to(user, Case)
        .values_list("codes", "payer_id")
        .order_by()
        .annotate(
            count=Count("id"),
            waiting=Count("id", filter=~ended),
            dollars=Sum("denied"),
            over=Count("id", filter=ended),
            over_dollars=Sum("denied", filter=ended),
            came=Sum("recovered", filter=ended),
        )
    )
    return [
        Row(tuple(codes.split()), payer, Seen(cases, waiting, dollars, over, over_dollars or ZERO, came or ZERO))
        for codes, payer, cases, waiting, dollars, over, over_dollars, came in grouped
    ]


def by_code(found: Iterable[Row]) -> Mapping[str, Seen]:
    """Every code, without its group code: "197", "M62". A case that carries two counts with both."""
    sums: defaultdict[str, Seen] = defaultdict(Seen)
    for row in found:
        for code in {bare(each) for each in row.codes}:
            sums[code] = sums[code].plus(row.seen)
    return sums


def by_payer(found: Iterable[Row], code: str) -> dict[int, Seen]:
    """Payers that gave a code, those with most denied dollars first. With its group, `CO-197`, only under that."""
    sums: defaultdict[int, Seen] = defaultdict(Seen)
    for row in found:
        if code in row.codes or ("-" not in code and code in map(bare, row.codes)):
            sums[row.payer] = sums[row.payer].plus(row.seen)
    return dict(sorted(sums.items(), key=lambda item: -item[1].denied))


def bare(code: str) -> str:
    """A code without its group: "CO-197" to "197"."""
    return code.rpartition("-")[2]
