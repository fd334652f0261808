"""How facts read on a page: money, dates, codes in words, a masked patient. No Django here."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from reclaim.codes import lookup
from reclaim.rules import claim_status, handbook, limits, names
from reclaim.rules.facts import Denial, Kind

DASH, MINUS = "\u2013", "\u2212"
SOON = 7
"""Days left from which a deadline is called soon: "due this week"."""
KINDS = {
    Kind.DENIED: "Denied",
    Kind.DENIED_IN_PART: "Denied in part",
    Kind.SILENT: "Silent denial",
    Kind.TAKEBACK: "Takeback",
    Kind.PAID: "Paid",
    Kind.REDUCED: "Paid, reduced",
    Kind.PATIENT_RESPONSIBILITY: "Patient owes it",
    Kind.CONTRACTUAL: "Nothing due by contract",
    Kind.REVERSAL: "Earlier answer reversed",
    Kind.FORWARDED: "Forwarded to another payer",
    Kind.PENDING: "Pending with the payer",
    Kind.PREDETERMINATION: "Predetermination",
}
APART = {"rejected": "Rejected before a decision", "no_answer": "No answer"}
"""Kinds of cases whose claim no payer has decided."""
CONFIDENCE = {"high": "sure", "medium": "fairly sure", "low": "unsure"}
PREVENTABLE = {
    "yes": "Could have been prevented",
    "partly": "Could partly have been prevented",
    "no": "Could not have been prevented",
    "unclear": "Unclear whether it could have been prevented",
}


def money(amount: Decimal | None) -> str:
    """US dollars and cents, `$1,234.50`; a dash when the payer sent none that can be read."""
    if amount is None:
        return DASH
    return f"{MINUS}${-amount:,.2f}" if amount < 0 else f"${amount:,.2f}"


def whole(amount: Decimal | None) -> str:
    """Whole US dollars, `$1,235`: for estimates and large sums."""
    if amount is None:
        return DASH
    rounded = amount.quantize(Decimal(1), ROUND_HALF_UP)
    return f"{MINUS}${-rounded:,}" if rounded < 0 else f"${rounded:,}"


def day(value: date | None) -> str:
    """A date for people, `Sep 14, 2026`."""
    return f"{value:%b} {value.day}, {value.year}" if value else "no date"


def weekday(value: date | None) -> str:
    """A date on which something is due, `Thu, Nov 26, 2026`."""
    return f"{value:%a}, {day(value)}" if value else "no date"


def relative(value: date | None, today: date) -> str:
    """How far a day is from today: "today", "in 3 days", "1 day late"."""
    if value is None:
        return "no deadline known"
    left = (value - today).days
    if left == 0:
        return "today"
    if left < 0:
        return f"{_days(-left)} late"
    return "tomorrow" if left == 1 else f"in {_days(left)}"


def ago(value: date | None, today: date) -> str:
    """How long ago a day was: "today", "yesterday", "3 days ago", "5 months ago"."""
    if value is None:
        return ""
    past = (today - value).days
    if past <= 1:
        return {0: "today", 1: "yesterday"}.get(past, f"in {_days(-past)}")
    if past < 60:
        return f"{_days(past)} ago"
    months = round(past / 30.44)
    return f"{months} months ago" if months < 24 else f"{round(past / 365.25)} years ago"


def urgency(value: date | None, today: date) -> str:
    """The class of a deadline: late, soon (within a week), or nothing."""
    if value is None:
        return "none"
    left = (value - today).days
    if left < 0:
        return "late"
    return "soon" if left <= SOON else ""


def _days(count: int) -> str:
    return f"{count:,} day" if count == 1 else f"{count:,} days"


def effort(minutes: int) -> str:
    """How long a work takes: "6 minutes", "2 hours"."""
    if minutes < 90:
        return "1 minute" if minutes == 1 else f"{minutes} minutes"
    hours = round(minutes / 30) / 2
    return f"{hours:g} hours"


turned = names.turned


def masked(patient: str) -> str:
    """A patient's initials, first name first: "DOE, JANE" to "J. D."."""
    return names.masked(patient) or DASH


def slug(text: str) -> str:
    """A word of the tables as people say it: `medical_necessity` to "medical necessity"."""
    return text.replace("_", " ")


def kind(value: str) -> str:
    """What a case, or an answer of a payer, is, in words."""
    if value in APART:
        return APART[value]
    try:
        return KINDS[Kind(value)]
    except ValueError:
        return slug(value).capitalize()


def until(deadline_kind: str) -> str:
    """What must happen by a deadline of this kind: "the first appeal"."""
    known = limits.kinds().get(deadline_kind)
    return known.words if known else slug(deadline_kind)


def cause(name: str) -> str:
    """The title of a root cause."""
    known = handbook.causes().get(name)
    return known.title if known else slug(name).capitalize()


@lru_cache(maxsize=1024)
def action(name: str, line_of_business: str = "") -> str:
    """The title of a next step, as it is called on a line of business."""
    try:
        return handbook.action(name, line_of_business).title
    except KeyError:
        return slug(name).capitalize()


def line(name: str) -> str:
    """The title of a line of business."""
    return handbook.line(name).title


@lru_cache(maxsize=8192)
def meaning(code: str) -> str:
    """What one code means: "CO-197", "M62"."""
    if claim_status.is_status(code):
        return claim_status.words(code)
    if code.startswith("NCPDP "):
        return "pharmacy reject code, by the list of NCPDP"
    _, dash, carc = code.partition("-")
    return lookup.carc_words(carc) if dash else lookup.rarc_words(code)


@lru_cache(maxsize=8192)
def why(codes: str) -> str:
    """Why a claim is denied, from the codes of a case ("CO-197 M62"): what the first says, in a few words."""
    first = codes.removeprefix("NCPDP ").partition(" ")[0]
    return meaning(first) if first else "The payer gave no reason"


def codes_of(denial: Denial) -> tuple[str, ...]:
    """The codes that deny, then the remarks beside them, each once."""
    identification = denial.identification
    return tuple(dict.fromkeys((*(each.code for each in identification.denying), *identification.remarks)))
