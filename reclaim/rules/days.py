"""Counts days as limits are written: calendar and business days, months, years, and last days that move on."""

from calendar import monthrange
from datetime import date, timedelta
from functools import cache
from typing import Literal

Unit = Literal["calendar_days", "business_days", "months", "years", "year_end", "as_contracted"]
_DAY = timedelta(days=1)


def last_day(start: date, value: int, unit: Unit) -> date:
    """Counts from a start date to the last day of a limit.

    Args:
        start: Day of the event; counting begins the day after.
        value: How many, 0 or more.
        unit: Of what. `months` and `years` end on the same day of the month, or on its last day where it has no such
            day (January 31 and one month is February 28); `year_end` is December 31 so many years on.

    Returns:
        The last day, `date.max` at the most.
    """
    if unit == "business_days":
        return _business_days(start, value)
    try:
        if unit == "calendar_days":
            return start + timedelta(days=value)
        if unit == "year_end":
            return date(start.year + value, 12, 31)
        return _months(start, value * 12 if unit == "years" else value)
    except (OverflowError, ValueError):
        return date.max


def workday(day: date) -> date:
    """The day itself, or the next one that is neither weekend nor US federal holiday."""
    while day < date.max and not _is_workday(day):
        day += _DAY
    return day


def in_words(day: date) -> str:
    """A date as Americans write it, `June 3, 2026`."""
    return f"{day:%B} {day.day}, {day.year}"


def _months(start: date, months: int) -> date:
    years, month = divmod(start.month - 1 + months, 12)
    year = start.year + years
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def _business_days(start: date, count: int) -> date:
    day = start
    while count and day < date.max:
        day = workday(day + _DAY)
        count -= 1
    return day


def _is_workday(day: date) -> bool:
    return day.weekday() < 5 and day not in _federal_holidays(day.year)


@cache
def _federal_holidays(year: int) -> frozenset[date]:
    from holidays import country_holidays  # noqa: PLC0415 (slow to import, and most runs never ask)

    return frozenset(country_holidays("US", years=year))
