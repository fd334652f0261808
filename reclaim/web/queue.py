"""The queue: cases in one situation, the most worth working first."""

from dataclasses import replace
from datetime import date
from typing import NamedTuple
from urllib.parse import parse_qsl

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from reclaim.desk import counting, queue, queues, views
from reclaim.desk.counting import Counted, Share
from reclaim.desk.models import Case, State
from reclaim.people.access import Permission, may, visible_to
from reclaim.web import bulk, columns, filters, office, question, words
from reclaim.web.parts import Figure, Pager, is_part, number
from reclaim.web.question import Asked, case_href, cases_of

HIGH = (50, 250, 1000, 4000)
"""Dollars of score above which a case has 2, 3, 4 and 5 marks of priority; anything to win has one."""
DEFINITIONS = {
    "open": "Dollars denied in the cases below, by the latest answer that denied each. Patient responsibility and "
    "contract write-downs are not in it.",
    "expected": "For each case: the chance to win it times the denied dollars, less the cost of the work, never below "
    "zero. Chances are published rates, or assumptions where nothing is published: the case says which.",
    "week": "Denied dollars of cases whose earliest deadline is today or within seven days.",
    "overdue": "Denied dollars of cases whose earliest deadline has passed. Some can still be won: look for a later "
    "deadline on the case.",
}
TITLES = {State.OPEN: "Open denials", queue.ALL: "All denials"}


class Heading(NamedTuple):
    """The head of a column, and how to sort by it."""

    column: columns.Column
    sorted: str  # ascending | descending | ""
    href: str


class Row(NamedTuple):
    """A case as the table shows it."""

    case: Case
    level: int
    reason: str
    why: str
    step: str
    line: str
    href: str
    place: str  # the address that says why it stands here


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """The queue, or for htmx what of it changes."""
    asked = question.read(request)
    if asked is None:
        return redirect(question.sought(request, request.GET.get("q", "")))
    cases, cut = question.found(request, asked)
    place = min(max(number(request.GET.get("page", "")), 1), queue.DEEPEST // queue.PAGE)
    kept = question.kept(request, asked)
    counted = counting.count(cases, asked.ask, asked.today, kept, asked.inside)
    within = question.within(cases, asked)
    shown = queue.page(within, asked.ask, asked.today, (place - 1) * queue.PAGE)
    user = office.user_of(request)
    chosen = columns.shown(asked.columns, states=asked.ask.state == queue.ALL)
    context = {
        "asked": asked,
        "title": title(asked),
        "rows": [_row(case, shown.offset + place, asked) for place, case in enumerate(shown.cases, 1)],
        "headings": [_heading(each, asked) for each in chosen],
        "shown": {each.name: each for each in chosen},
        "columns": columns.COLUMNS.values(),
        "pager": _pager(counted, shown, asked),
        "figures": _figures(counted, asked),
        "today": asked.today,
        "names": may(user, Permission.SEE_PATIENTS),
        "exports": may(user, Permission.EXPORT),
        "shares": may(user, Permission.WORK_CASES),
        "cut": counted.total.cases > queue.DEEPEST,
        "search_cut": queue.FOUND if cut else 0,
        "deepest": queue.DEEPEST,
        "most": bulk.MOST,
        "total": counted.total.cases,
        "doings": bulk.offered(user),
        "hrefs": _hrefs(asked),
        "fixed": parse_qsl(asked._replace(columns=()).query()),
        "any": counted.total.cases > 0 or visible_to(user, Case).exists(),
        **filters.tabs(queues.offered(user), counted, asked),
        **filters.shown(counted, counting.states(cases, kept), asked),
        "views": filters.views(views.views_of(user), user, asked),
    }
    return render(request, "queue.html#results" if is_part(request) else "queue.html", context)


@require_POST
def search(request: HttpRequest) -> HttpResponse:
    """Search: numbers and codes go into the address, names of patients into the session."""
    return redirect(question.sought(request, request.POST.get("q", "")))


@require_GET
def next_one(request: HttpRequest) -> HttpResponse:
    """The first case of the question: the next one to work."""
    asked = question.read(request)
    if asked is None:
        return redirect("web:queue")
    shown = queue.page(cases_of(request, asked), asked.ask, asked.today)
    if not shown.cases:
        return redirect(asked.href())
    return redirect(case_href(shown.cases[0].pk, 1, asked))


def title(asked: Asked) -> str:
    """What the list is called."""
    if asked.ask.state == State.OPEN:
        return "Open denials" if asked.inside.queue == queues.ALL else asked.inside.queue.words
    return "All denials" if asked.ask.state == queue.ALL else str(State(asked.ask.state).label)


# --- what the page shows ------------------------------------------------------------------------------------------


def _hrefs(asked: Asked) -> dict[str, str]:
    """Where the buttons of the page lead."""
    ended = replace(asked.ask, q="", state=State.OPEN)
    return {
        "next": asked.to("web:queue_next"),
        "unsearched": asked._replace(ask=ended, find="", text="").to("web:queue"),
        "bulk": asked.to("web:queue_bulk"),
        "csv": asked.to("web:queue_export", format="csv"),
        "xlsx": asked.to("web:queue_export", format="xlsx"),
        "all": asked.usual._replace(inside=asked.inside._replace(queue=queues.ALL)).to("web:queue"),
        "usual": asked._replace(columns=()).to("web:queue"),
        "save": asked.to("web:queue_view"),
    }


def _heading(column: columns.Column, asked: Asked) -> Heading:
    direction = "descending" if asked.ask.down else "ascending"
    sorts = direction if column.name == asked.ask.column else ""
    return Heading(column, sorts, asked.href(sort=asked.ask.turned(column.name)))


def _row(case: Case, place: int, asked: Asked) -> Row:
    return Row(
        case,
        level(case),
        reason(case, asked.today),
        why(case),
        words.action(case.action, case.line_of_business),
        words.line(case.line_of_business),
        case_href(case.pk, place, asked),
        asked.to("web:queue_why", case.pk, n=str(place)),
    )


def level(case: Case) -> int:
    """Marks of priority, 0 to 5."""
    return 0 if case.score <= 0 else 1 + sum(case.score > each for each in HIGH)


def reason(case: Case, today: date) -> str:
    """Why a case stands where it stands, in words."""
    due = f", due {words.relative(case.deadline, today)}" if case.deadline else ", no deadline known"
    if case.deadline and case.deadline < today:
        due = f", {words.relative(case.deadline, today)}"
    return f"{words.whole(case.expected)} expected of {words.money(case.denied)}{due}"


def why(case: Case) -> str:
    """Why a claim is denied, in a few words."""
    if case.kind == "silent":
        return "Nothing paid, and no reason given"
    if case.kind in words.APART and not case.codes:
        return words.APART[case.kind]
    if case.kind == "takeback":
        return f"Payment taken back: {words.why(case.codes)}" if case.codes else "Payment taken back"
    return words.why(case.codes)


def _pager(counted: Counted, shown: queue.Page, asked: Asked) -> Pager:
    here = shown.offset // queue.PAGE + 1
    last = shown.offset + len(shown.cases)
    more = last < min(counted.total.cases, queue.DEEPEST)
    return Pager(
        shown.offset + 1,
        last,
        counted.total.cases if shown.cases else 0,
        "cases",
        asked.page(here - 1) if here > 1 else "",
        asked.page(here + 1) if more else "",
    )


def _figures(counted: Counted, asked: Asked) -> list[Figure]:
    def cases(share: Share) -> str:
        return f"{share.cases:,} case" if share.cases == 1 else f"{share.cases:,} cases"

    share = counted.expected / counted.total.denied if counted.total.denied else None
    part = f"{share * 100:.0f}% of what is denied" if share is not None else "nothing denied"
    week, late = counted.week, counted.overdue
    return [
        Figure("Denied", words.money(counted.total.denied), cases(counted.total), "", DEFINITIONS["open"]),
        Figure("Expected back", words.whole(counted.expected), part, "", DEFINITIONS["expected"]),
        Figure(
            *("Due this week", words.money(week.denied), cases(week), "soon" if week.cases else ""),
            *(DEFINITIONS["week"], asked.href(due="week")),
        ),
        Figure(
            *("Overdue", words.money(late.denied), cases(late), "late" if late.cases else ""),
            *(DEFINITIONS["overdue"], asked.href(due="overdue")),
        ),
    ]
