"""What was seen of each code: cases with it, dollars, what came back, by payer. Kept as sums are: `kept.seen`."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

from django.db.models import Count, Q, QuerySet, Sum

from reclaim.desk.models import APART, Case, State
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


Found: TypeAlias = Mapping[tuple[str, int], Seen]
"""By code and payer. Reason codes stand with their group and without: "CO-197" and "197"."""


def count(cases: QuerySet[Case]) -> Found:
    """Some cases by their codes and payer; one pass over them. A case that carries two codes counts with both."""
    found: defaultdict[tuple[str, int], Seen] = defaultdict(Seen)
    for codes, payer, carrying, waiting, denied, ended, ended_denied, recovered in _grouped(cases):
        seen = Seen(carrying, waiting, denied, ended, ended_denied or ZERO, recovered or ZERO)
        for code in {one for each in codes.split() for one in (each, bare(each))}:
            found[code, payer] = found[code, payer].plus(seen)
    return dict(found)


def _grouped(cases: QuerySet[Case]) -> QuerySet[Case, tuple[Any, ...]]:
    ended = ~Q(state=State.OPEN)
    return (
        cases.exclude(kind__in=APART)
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


def by_code(found: Found) -> Mapping[str, Seen]:
    """Every code, without its group code: "197", "M62"."""
    sums: defaultdict[str, Seen] = defaultdict(Seen)
    for (code, _), seen in found.items():
        if code == bare(code):
            sums[code] = sums[code].plus(seen)
    return sums


def by_payer(found: Found, code: str) -> dict[int, Seen]:
    """Payers that gave a code, those with most denied dollars first. With its group, `CO-197`, only under that."""
    some = {payer: seen for (each, payer), seen in found.items() if each == code}
    return dict(sorted(some.items(), key=lambda item: -item[1].denied))


def bare(code: str) -> str:
    """A code without its group: "CO-197" to "197"."""
    return code.rpartition("-")[2]
