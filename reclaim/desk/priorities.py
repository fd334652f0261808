"""In which order cases are worked: the score of each as of today, and why it is what it is.

A score counts the days to a deadline, so that of yesterday is stale: `catch_up`, a job, counts those of an organization
anew when a day has begun, its weights have changed, or files were read under weights of its own. The rows hold all that
a score rests on; no file is read again.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Q

from reclaim.desk.models import APART, Case, State
from reclaim.people import events
from reclaim.people.models import Event, Organization
from reclaim.people.preferences import WEIGHTS, preferences
from reclaim.record.loader import in_pieces
from reclaim.record.money import cents
from reclaim.rules.facts import Priority, Reason
from reclaim.rules.priority import LastDay, Matter, Weights, book, prioritize

RAISED = Decimal(10_000_000)
"""Dollars of score by which a raised case stands over all others: more than any claim is expected to bring."""
AT_ONCE = 2000
"""Rows written in one transaction: nobody waits longer than that takes."""
VERB = "rescored_cases"
_READ = (
    *("action", "type", "cause", "line_of_business", "denied", "deadline", "deadline_kind", "days"),
    *("expected", "score", "raised"),
)
"""Fields of a case that its score rests on, and those that it ends in."""


class Why(NamedTuple):
    """One reason for the place of a case. Numbers are US dollars, shares of 1, minutes or days, as `unit` says."""

    name: str  # raised | chance | effort | urgency | expected | score
    text: str
    number: Decimal
    unit: str  # dollars | share | minutes | days
    source: str


def placed(score: Decimal, *, raised: bool) -> Decimal:
    """The score that orders the queue: what the rules say, or that before all others."""
    return score + RAISED if raised else score


def weights(organization: Organization | int) -> Weights:
    """What an organization weighs with; one query."""
    chosen = preferences(organization, *WEIGHTS)
    return Weights(*(chosen[name] for name in WEIGHTS))  # type: ignore[arg-type]  # dollars, days and a factor, in order


def weighed(case: Case, today: date, weights: Weights | None = None) -> Priority:
    """The priority of a case as of today, of what its row holds.

    Args:
        case: whichever.
        today: from which deadlines are counted.
        weights: of its organization; those of the book when none are given.
    """
    return prioritize(_matter(case), today, weights)


def why(case: Case, today: date, weights: Weights | None = None) -> list[Why]:
    """Why a case stands where it stands: each reason with its number, the first that counts most.

    Args:
        case: whichever.
        today: from which deadlines are counted.
        weights: of its organization; those of the book when none are given.
    """
    found = weighed(case, today, weights)
    likely, when, total = found.reasons
    score = Why("score", "What it is expected to bring, with what the deadline adds.", found.score, "dollars", "")
    reasons = [
        _why("chance", likely, found.chance, "share"),
        Why(
            "effort", f"{found.minutes} minutes of work are usual for this step.", Decimal(found.minutes), "minutes", ""
        ),
        _why("expected", total, found.expected, "dollars"),
        *([] if found.days_left is None else [_why("urgency", when, Decimal(found.days_left), "days")]),
        score,
    ]
    if case.raised:
        text = "Somebody raised it over all others; a note on the case says why."
        reasons.insert(0, Why("raised", text, RAISED, "dollars", ""))
    return reasons


def catch_up(today: date) -> int:
    """Rescore every organization whose scores are not of today, or not by its weights. How many rows were changed."""
    return sum(_caught_up(each, today) for each in Organization.objects.order_by("pk"))


def rescore(organization: Organization, today: date, since: datetime | None = None) -> int:
    """Score the open cases of an organization anew, and write down that it was done.

    Args:
        organization: whose.
        today: from which deadlines are counted.
        since: only those whose denial came in a file that was read after this.

    Returns:
        How many scores have changed.
    """
    given = weights(organization)
    cases = Case.objects.filter(organization=organization, state=State.OPEN)
    if since is not None:
        cases = cases.filter(Q(denial__remittance__file__read_at__gt=since) | Q(kind__in=APART))
    seen, changed = 0, 0
    for some in in_pieces(cases.only(*_READ), AT_ONCE):
        fresh = [row for case in some if (row := _scored(case, today, given))]
        _write(fresh)
        seen, changed = seen + len(some), changed + len(fresh)
    detail = {"job": "scoring", "day": str(today), "weights": _named(given), "cases": seen, "changed": changed}
    events.record(organization, None, VERB, organization, detail)
    return changed


def _caught_up(organization: Organization, today: date) -> int:
    if not Case.objects.filter(organization=organization, state=State.OPEN).exists():
        return 0
    last = _last(organization)
    given = weights(organization)
    if last is None or (last.detail["day"], last.detail["weights"]) != (str(today), _named(given)):
        return rescore(organization, today)
    if given != book() and organization.files.filter(read_at__gt=last.at).exists():
        return rescore(organization, today, since=last.at)  # intake scores by the book
    return 0


def _last(organization: Organization) -> Event | None:
    about = Event.objects.filter(organization=organization, subject=events.name_of(organization), verb=VERB)
    return about.order_by("-id").first()


def _named(given: Weights) -> str:
    return " ".join(f"{each:f}" if isinstance(each, Decimal) else str(each) for each in given)


def _why(name: str, reason: Reason, number: Decimal, unit: str) -> Why:
    return Why(name, reason.text, number, unit, reason.source)


# --- rows -------------------------------------------------------------------------------------------------------------

_Row = tuple[int, int, int]
"""Cents of score and of what is expected, and the id of a case."""


def _scored(case: Case, today: date, given: Weights) -> _Row | None:
    """The new score of a case, without what raising adds; None when it is what it was."""
    found = weighed(case, today, given)
    if (found.expected, placed(found.score, raised=case.raised)) == (case.expected, case.score):
        return None
    return cents(found.score), cents(found.expected), case.pk


def _matter(case: Case) -> Matter:
    known = tuple(_last_day(each) for each in case.days.split())
    if not known and case.deadline is not None:  # a row of before all days were kept
        known = (LastDay(case.deadline_kind, case.deadline),)
    return Matter(case.action, case.type, case.cause, case.line_of_business, case.denied, known)


def _last_day(text: str) -> LastDay:
    kind, _, day = text.partition(":")
    return LastDay(kind, date.fromisoformat(day))


def _write(rows: list[_Row]) -> None:
    """Scores of cases; one raised in the meantime stays so."""
    table = f'"{Case._meta.db_table}"'  # noqa: SLF001  Django's public name for it
    top = cents(RAISED)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {table} SET score = %s + CASE WHEN raised THEN {top} ELSE 0 END, expected = %s WHERE id = %s",  # noqa: S608  names and numbers of ours
            rows,
        )
