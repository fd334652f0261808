"""The first figures: each says how it is counted, and where the trade defines it.

A figure is a function of the books and a month. Its docstring is its definition, shown as it stands here beside the
number: numerator, denominator, date basis, what is left out, how mature it is. A new figure is a new function.

Sources: the HFMA Claim Integrity Task Force (hfma.org, March 2021) and the MAP Keys (names are HFMA's trademarks; the
wording is ours).
"""

import inspect
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from reclaim.insight.books import Books
from reclaim.insight.months import Month
from reclaim.people.models import User

Unit = Literal["percent", "days", "dollars"]
HFMA = "After the HFMA Claim Integrity Task Force (2021), {}."
OWN = "Our own definition; the trade has none."
FEWEST = 10
"""Claims that a rate or an average needs: of fewer, a single one moves a rate by more than ten points."""
TOO_FEW = f"Of fewer than {FEWEST} claims only the count is shown: one more would move a rate by ten points."


class Reading(NamedTuple):
    """A figure at a time."""

    value: Decimal | None  # a share of 1, days or US dollars; None: there was nothing to count
    above: Decimal | int  # numerator
    below: Decimal | int | None = None  # denominator; None: a sum
    claims: int = 0  # behind a sum of dollars, or those that a rate or an average is of

    @property
    def few(self) -> bool:
        """Whether a rate or an average is of too few claims to tell anything (`FEWEST`)."""
        return self.below is not None and 0 < self.claims < FEWEST


Read = Callable[[Books, Month], Reading]


class Figure(NamedTuple):
    """How a figure is counted."""

    id: str
    name: str
    unit: Unit
    definition: str
    source: str
    monthly: bool  # False: as things stand now, without a month before
    read: Read


class Shown(NamedTuple):
    """A figure with its values."""

    figure: Figure
    now: Reading
    before: Reading | None  # of the month before


FIGURES: dict[str, Figure] = {}


def figure(name: str, unit: Unit, *, source: str = OWN, monthly: bool = True) -> Callable[[Read], Read]:
    """Make a function a figure; its docstring is what people read about it."""

    def note(read: Read) -> Read:
        definition = " ".join((inspect.getdoc(read) or "").split())
        if unit != "dollars":
            definition += f" {TOO_FEW}"
        FIGURES[read.__name__] = Figure(read.__name__, name, unit, definition, source, monthly, read)
        return read

    return note


def shown(user: User, today: date) -> dict[str, Shown]:
    """Every figure as of a day, by id: of its month so far, and of the month before. Eight queries at most."""
    return of(Books(user, today))


def of(books: Books) -> dict[str, Shown]:
    """Every figure of books."""
    month = books.month
    return {
        name: Shown(each, each.read(books, month), each.read(books, month.before) if each.monthly else None)
        for name, each in FIGURES.items()
    }


def _share(above: Decimal | int, below: Decimal | int, claims: int) -> Reading:
    return Reading(Decimal(above) / Decimal(below) if below else None, above, below, claims)


# --- how much is denied -----------------------------------------------------------------------------------------------


@figure("Denial rate, claims", "percent", source=HFMA.format("measure 1a"))
def initial_denial_rate_claims(books: Books, month: Month) -> Reading:
    """Claims denied by their payer's first answer, in full or in part, of all claims answered for the first time in the
    month. By the date of the remittance. The task force divides by claims submitted; remittances tell claims answered.
    Left out: duplicates, reversals, second payers, forwarded and pending claims, estimates; what is only the patient's
    share or a contractual write-down is no denial. A claim counts once, also when it is answered in pieces; sent to
    another payer after a denial, it counts there again. Complete as soon as the month's files are in.
    """  # noqa: D205  shown as one paragraph
    answers = books.answers(month)
    return _share(answers.denied_claims, answers.claims, answers.claims)


@figure("Denial rate, dollars", "percent", source=HFMA.format("measure 1b"))
def initial_denial_rate_dollars(books: Books, month: Month) -> Reading:
    """Charges of claims denied by their payer's first answer, of the charges of all claims answered for the first time
    in the month. Whole claims at gross charges, even where only some lines are denied; of a claim that is answered in
    pieces, what its payer answered on the first day. Dates and exclusions as by claims.
    """  # noqa: D205  shown as one paragraph
    answers = books.answers(month)
    return _share(answers.denied_charge, answers.charge, answers.claims)


@figure("Denied this month", "dollars")
def denied(books: Books, month: Month) -> Reading:
    """Denied dollars, at charges, of claims whose first denial is dated in the month; a claim denied again stays in the
    month of its first denial, with the amount of its latest. Takebacks count. Left out: duplicates.
    """  # noqa: D205  shown as one paragraph
    sums = books.denied[month].values()
    dollars = sum((each.denied for each in sums), Decimal("0.00"))
    return Reading(dollars, dollars, claims=sum(each.cases for each in sums))


# --- what becomes of denials ------------------------------------------------------------------------------------------


@figure("Time to resolution", "days", source=HFMA.format("measure 5"))
def days_to_resolution(books: Books, month: Month) -> Reading:
    """Days from the first denial to the answer that ended it, averaged over cases that ended in the month: paid after
    all, moved to the patient, or nothing due. By dates of remittances. Left out: duplicates, and what is still open, so
    the first months of a record look too quick.
    """  # noqa: D205  shown as one paragraph
    ended = books.ended(month)
    return _share(ended.days, ended.cases, ended.cases)


@figure("Recovery rate", "percent", source=HFMA.format("measure 6, in dollars"))
def recovery_rate(books: Books, month: Month) -> Reading:
    """What payers paid after the denial, net of what they took back, of the denied dollars of cases that ended in the
    month. Denied dollars are charges, of which contracts pay a part: a case won in full seldom comes to 100%. The
    patient's share is not recovered money. Left out: duplicates, open cases; what is given up without an answer stays
    open, so the rate looks better than it is.
    """  # noqa: D205  shown as one paragraph
    ended = books.ended(month)
    return _share(ended.recovered, ended.denied, ended.cases)


@figure("Overturned", "percent", source=HFMA.format("measure 6, by claims"))
def overturn_rate(books: Books, month: Month) -> Reading:
    """Cases in which the same payer paid after all, in full or in part, of all cases that ended in the month. By the
    date of the remittance that ended them. Left out: duplicates, open cases; what is given up without an answer stays
    open, so the rate looks better than it is.
    """  # noqa: D205  shown as one paragraph
    ended = books.ended(month)
    return _share(ended.overturned, ended.cases, ended.cases)


@figure("Recovered this month", "dollars")
def recovered(books: Books, month: Month) -> Reading:
    """What payers paid after the denial, net of what they took back, on cases that ended in the month, whenever in the
    life of the case it was paid. Money on cases that are still open counts when they end. Left out: duplicates, the
    patient's share.
    """  # noqa: D205  shown as one paragraph
    ended = books.ended(month)
    return Reading(ended.recovered, ended.recovered, claims=ended.overturned)


# --- the work that waits ----------------------------------------------------------------------------------------------


@figure("Open", "dollars", monthly=False)
def open_denials(books: Books, month: Month) -> Reading:  # noqa: ARG001  as it stands now
    """Denied dollars, at charges, of all open denials as of now, duplicates too. A case is open until a later answer of
    the payer ends it. Left out: claims that were rejected before a payer decided, and those without an answer.
    """  # noqa: D205  shown as one paragraph
    return Reading(books.open.denied, books.open.denied, claims=books.open.cases)


@figure("Due this week", "dollars", monthly=False)
def at_risk(books: Books, month: Month) -> Reading:  # noqa: ARG001  as it stands now
    """Denied dollars of open cases whose earliest deadline is today or within the next seven days: what is lost, or
    harder to win, if nobody works it this week. Deadlines that nobody has confirmed count as they are. Left out: as
    under Open.
    """  # noqa: D205  shown as one paragraph
    week = books.due[2]
    return Reading(week.denied, week.denied, claims=week.cases)


@figure("Overdue", "dollars", monthly=False)
def overdue(books: Books, month: Month) -> Reading:  # noqa: ARG001  as it stands now
    """Denied dollars of open cases whose earliest deadline has passed. Another way may still be open: the case says
    which.
    """  # noqa: D205  shown as one paragraph
    late = books.due[0]
    return Reading(late.denied, late.denied, claims=late.cases)
