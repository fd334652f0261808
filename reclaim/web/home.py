"""Home: how the organization stands, what is due, and what came in last."""

from decimal import Decimal
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from reclaim.desk.models import Case, State
from reclaim.insight import charts, figures
from reclaim.insight.books import WEEK, Books
from reclaim.insight.figures import Reading, Shown
from reclaim.insight.months import Month
from reclaim.people.access import Permission, may, organization_of, visible_to
from reclaim.people.models import User
from reclaim.record.models import File
from reclaim.web import inbox, words
from reclaim.web.parts import Figure
from reclaim.web.queue import why

DUE_SHOWN = 8
FILES_SHOWN = 5
NOW = ("open_denials", "at_risk", "overdue")
"""What there is to do: never behind the files."""
DOLLARS = ("denied", "recovered")
"""Of this month so far, as the rates."""
RATES = (
    "initial_denial_rate_claims",
    "initial_denial_rate_dollars",
    "days_to_resolution",
    "recovery_rate",
    "overturn_rate",
)
TONES = {"at_risk": "soon", "overdue": "late", "recovered": "good"}
"""Of figures that are not nothing."""
LINKS = {"open_denials": "in=open", "at_risk": "due=week", "overdue": "due=overdue"}
NOTHING = "\N{EN DASH}"


class Due(NamedTuple):
    """A case whose day comes near."""

    case: Case
    why: str
    step: str


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """The figures, the chart, what is due, and the newest files; on an empty record what to do first."""
    user: User = request.user  # type: ignore[assignment]  # the site has no pages for strangers
    today = timezone.localdate()
    books = Books(user, today)
    kept = books.kept
    context: dict[str, Any] = {
        "organization": organization_of(user),
        "today": today,
        "files": [inbox.row(file) for file in _files(user)],
        "may_see_files": may(user, Permission.SEE_FILES),
        "may_receive": may(user, Permission.RECEIVE_FILES),
        "any": kept.any,
    }
    if kept.any:
        found = figures.of(books)
        context |= {
            "kept": kept,
            "month": books.month,
            "work": [_figure(found[name], books.month) for name in (NOW + DOLLARS if kept.counted else NOW)],
            "rates": [_figure(found[name], books.month) for name in RATES],
            "chart": charts.denied_by_month(dict(list(books.denied.items())[1:])),
            "due": _due(books),
            "counts": dict(zip(("late", "today", "week"), books.due, strict=True)),
        }
    return render(request, "home.html", context)


def _files(user: User) -> list[File]:
    newest = visible_to(user, File).select_related("received_by").order_by("-received_at", "-id")
    return list(newest[:FILES_SHOWN])


def _due(books: Books) -> list[Due]:
    near = books.cases.filter(state=State.OPEN, deadline__range=(books.today, books.today + WEEK))
    cases = near.select_related("payer").order_by("deadline", "-score")[:DUE_SHOWN]
    return [Due(case, why(case), words.action(case.action, case.line_of_business)) for case in cases]


# --- figures in words -------------------------------------------------------------------------------------------------


def _figure(shown: Shown, month: Month) -> Figure:
    figure = shown.figure
    tone = TONES.get(figure.id, "") if shown.now.claims and shown.now.value else ""
    link = LINKS.get(figure.id)
    return Figure(
        figure.name,
        _said(shown.now, figure.unit),
        _basis(shown.now, figure.unit),
        "few" if shown.now.few else tone,
        figure.definition,
        "" if link is None else _address(link),
        _before(shown, month),
        figure.source,
    )


def _address(query: str) -> str:
    path = reverse("web:queue")
    return f"{path}?{query}" if query else path


def _said(reading: Reading, unit: str) -> str:
    """Its value; of too few claims what there is instead of a rate or an average."""
    if not reading.few:
        return said(reading.value, unit)
    return _parts(reading) if unit == "percent" else _claims(reading.claims)


def said(value: Decimal | None, unit: str) -> str:
    """A value with its unit: `12.4%`, `38 days`, `$1,204.50`; a dash when there was nothing to count."""
    if value is None:
        return NOTHING
    match unit:
        case "percent":
            return f"{value * 100:.1f}%"
        case "days":
            return f"{value:,.0f} day{'' if round(value) == 1 else 's'}"
    return words.money(value) if abs(value) < 1_000_000 else words.whole(value)


def _basis(reading: Reading, unit: str) -> str:
    if reading.few:
        return f"too few for {'an average' if unit == 'days' else 'a rate'}"
    if unit == "percent":
        return _parts(reading) if reading.below else "nothing yet"
    return _claims(reading.claims) if reading.claims else "none"


def _parts(reading: Reading) -> str:
    if isinstance(reading.below, int):
        return f"{reading.above:,} of {_claims(reading.below)}"
    return f"{words.whole(Decimal(reading.above))} of {words.whole(reading.below)}"


def _claims(count: int) -> str:
    return f"{count:,} claim{'' if count == 1 else 's'}"


def _before(shown: Shown, month: Month) -> str:
    """The month before, where it tells something."""
    if shown.before is None or shown.before.value is None or shown.before.few:
        return ""
    return f"{month.before.first:%B} {said(shown.before.value, shown.figure.unit)}"
