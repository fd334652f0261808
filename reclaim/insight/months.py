"""Calendar months, in which most figures count."""

from datetime import date, timedelta
from typing import NamedTuple


class Month(NamedTuple):
    """A calendar month, both days within it."""

    first: date
    last: date

    @property
    def before(self) -> "Month":
        """The month before."""
        return month_of(self.first - timedelta(days=1))

    @property
    def name(self) -> str:
        """`October 2026`."""
        return f"{self.first:%B %Y}"

    def holds(self, day: date) -> bool:
        """Whether a day is of this month."""
        return self.first <= day <= self.last


def month_of(day: date) -> Month:
    """The month of a day."""
    first = day.replace(day=1)
    return Month(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))


def months_until(day: date, count: int) -> tuple[Month, ...]:
    """So many months, the last of them that of the day."""
    found = [month_of(day)]
    while len(found) < count:
        found.append(found[-1].before)
    return tuple(reversed(found))
