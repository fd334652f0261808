"""Desk: one person's day. What is due, what came back, whom they wait for, what is theirs to do and to decide."""

from collections.abc import Iterable
from typing import NamedTuple

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from reclaim.desk import day, silence
from reclaim.desk.day import Day, Mine
from reclaim.desk.models import Case, Task
from reclaim.people.access import Permission, may, visible_to
from reclaim.web import office, words
from reclaim.web.parts import Figure
from reclaim.web.queue import why


class Line(NamedTuple):
    """A case as the lists of this page show it."""

    case: Case
    why: str
    step: str
    href: str
    note: str = ""


@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """Where a sign-in leads: who works cases to their day, all others to the overview."""
    works = may(office.user_of(request), Permission.WORK_CASES)
    return redirect("web:desk" if works else "web:home")


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """The day of who asks."""
    office.insist(request, Permission.SEE_CASES, "Cases are not part of your role.")
    user = office.user_of(request)
    today = day.day(user, timezone.now())
    approves = may(user, Permission.APPROVE_WRITE_OFF)
    context = {
        "figures": _figures(today, user.pk),
        "day": today,
        "due": _lines(today.due.rows),
        "waiting": _lines(today.waiting.rows),
        "new": _lines(today.new.rows),
        "back": [
            _line(each.case, "nothing had come by then" if each.answer else "put aside until today")
            for each in today.back
        ],
        "approves": approves,
        "works": may(user, Permission.WORK_CASES),
        "me": user.pk,
        "today": timezone.localdate(),
        "next_one": reverse("web:queue_next"),
        "quiet": not (today.mine.cases or today.tasks.total or today.back or today.new.total),
    }
    return office.page(request, "desk.html", context)


@require_POST
def finish(request: HttpRequest, task_id: int) -> HttpResponse:
    """Tick off a task about a file; those of a case are ticked off on the case."""
    office.insist(request, Permission.WORK_CASES, "Working tasks is not part of your role.")
    user = office.user_of(request)
    task = visible_to(user, Task).filter(pk=task_id, file__isnull=False).first()
    if task is None:
        raise Http404
    silence.finish(user, task)
    messages.success(request, "The task is done.")
    return redirect("web:desk")


def _lines(cases: Iterable[Case]) -> list[Line]:
    return [_line(each) for each in cases]


def _line(case: Case, note: str = "") -> Line:
    step = words.action(case.action, case.line_of_business)
    return Line(case, why(case), step, reverse("web:case", args=[case.pk]), note)


def _figures(day: Day, me: int) -> list[Figure]:
    mine, queue = day.mine, reverse("web:queue")
    own = f"{queue}?in=open&owner={me}"
    return [
        Figure("Due today", f"{mine.today:,}", _week(mine), "soon" if mine.today else "", DUE, f"{own}&due=week"),
        Figure(
            "Overdue",
            f"{mine.overdue:,}",
            "the deadline has passed",
            "late" if mine.overdue else "",
            DUE,
            f"{own}&due=overdue",
        ),
        Figure(
            "New since yesterday",
            f"{mine.fresh + day.new.total:,}",
            f"{mine.fresh:,} yours, {day.new.total:,} nobody's yet",
        ),
        Figure(
            "Waiting on others",
            f"{mine.others:,}",
            f"{mine.broken:,} past the promised day",
            "soon" if mine.broken else "",
            WAITING,
        ),
        Figure(
            "At stake",
            words.whole(mine.denied),
            f"{words.whole(mine.expected)} expected back, {_cases(mine.cases)}",
            "",
            STAKE,
            own,
        ),
    ]


DUE = "Your open cases by their earliest deadline. What waits, was sent, or is with a second person is not counted."
WAITING = "Your open cases for which the payer, the patient, the provider or a colleague must do something first."
STAKE = "Dollars denied in your open cases. Expected back: the chance to win each, less the cost of the work."


def _week(mine: Mine) -> str:
    return f"{mine.week:,} more within seven days"


def _cases(count: int) -> str:
    return "1 case" if count == 1 else f"{count:,} cases"
