"""The queue: open denials, the most worth working first."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from reclaim.desk import counting, queue
from reclaim.desk.counting import Choice, Counted, Share
from reclaim.desk.models import Case, State
from reclaim.desk.queue import Ask, Search
from reclaim.people.access import Permission, may, organization_of, visible_to
from reclaim.web import words
from reclaim.web.parts import is_part

FINDS = "finds"
FINDS_KEPT = 20
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


class Column(NamedTuple):
    """A column of the table and how to sort by it."""

    name: str
    words: str
    classes: str
    sorted: str  # ascending | descending | ""
    href: str


class Row(NamedTuple):
    """A case as the table shows it."""

    case: Case
    place: int  # in the order asked for, from 1
    level: int
    reason: str
    why: str
    step: str
    line: str
    href: str


class Chip(NamedTuple):
    """One choice of a filter."""

    label: str
    many: int
    on: bool
    href: str
    id: str = ""


class Pager(NamedTuple):
    """Where this page stands."""

    first: int
    last: int
    total: int
    what: str
    previous: str
    next: str


class Figure(NamedTuple):
    """A figure of the strip; see components/figures.html."""

    label: str
    value: str
    note: str
    tone: str = ""
    definition: str = ""
    href: str = ""


class Asked(NamedTuple):
    """What a request asks for: the question, its search kept aside, and the cases it may see."""

    ask: Ask
    find: str  # key of a search by name, which never stands in an address
    text: str  # what was searched
    today: date

    def href(self, **changed: str) -> str:
        """The address of the queue for this question, with some answers changed."""
        return _with(reverse("web:queue"), self.ask.address(**changed), find=self.find)

    def page(self, number: int) -> str:
        """The address of one of its pages, from 1."""
        return _with(reverse("web:queue"), self.ask.address(), find=self.find, page=str(number) if number > 1 else "")


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """The queue, or for htmx what of it changes."""
    asked = _asked(request)
    if asked is None:
        return _hidden(request, request.GET.get("q", ""))
    cases, cut = _found(request, asked)
    place = min(max(number(request.GET.get("page", "")), 1), queue.DEEPEST // queue.PAGE)
    kept = _kept(request, asked)
    counted = counting.count(cases, asked.ask, asked.today, kept)
    shown = queue.page(cases, asked.ask, asked.today, (place - 1) * queue.PAGE)
    context = {
        "asked": asked,
        "title": TITLES.get(asked.ask.state) or State(asked.ask.state).label,
        "rows": [_row(case, shown.offset + place, asked) for place, case in enumerate(shown.cases, 1)],
        "columns": _columns(asked),
        "pager": _pager(counted, shown, asked),
        "figures": _figures(counted, asked),
        "today": asked.today,
        "names": may(request.user, Permission.SEE_PATIENTS),
        "cut": counted.total.cases > queue.DEEPEST,
        "search_cut": queue.FOUND if cut else 0,
        "deepest": queue.DEEPEST,
        "next_one": _with(reverse("web:queue_next"), asked.ask.address(), find=asked.find),
        "unsearched": _with(reverse("web:queue"), replace(asked.ask, q="", state=State.OPEN).address()),
        "any": counted.total.cases > 0 or visible_to(request.user, Case).exists(),
        "states": _states(cases, kept, asked),
        **_filters(counted, asked),
    }
    if is_part(request):
        return render(request, "queue.html#results", context)
    return render(request, "queue.html", context)


@require_POST
def search(request: HttpRequest) -> HttpResponse:
    """Search: numbers and codes go into the address, names of patients into the session."""
    return _hidden(request, request.POST.get("q", ""))


@require_GET
def next_one(request: HttpRequest) -> HttpResponse:
    """The first case of the question: the next one to work."""
    asked = _asked(request)
    if asked is None:
        return redirect("web:queue")
    shown = queue.page(cases_of(request, asked), asked.ask, asked.today)
    if not shown.cases:
        return redirect(asked.href())
    return redirect(case_href(shown.cases[0].pk, 1, asked))


def asked_of(request: HttpRequest) -> Asked:
    """The question that the address of a case carries along."""
    return _asked(request) or Asked(Ask(), "", "", timezone.localdate())


def cases_of(request: HttpRequest, asked: Asked) -> QuerySet[Case]:
    """The cases that somebody may see, narrowed by the search."""
    return _found(request, asked).cases


def _found(request: HttpRequest, asked: Asked) -> Search:
    cases = visible_to(request.user, Case)
    if not asked.text:
        return Search(cases, cut=False)
    return queue.searched(cases, asked.text, names=may(request.user, Permission.SEE_PATIENTS))


def _asked(request: HttpRequest) -> Asked | None:
    """What the address asks; None when somebody wrote a name into it."""
    given = request.GET
    if _is_name(given.get("q", "")):
        return None
    find = given.get("find", "")
    text = request.session.get(FINDS, {}).get(find, "") if find else ""
    ask = Ask.of(given)
    if text and "state" not in given:
        ask = replace(ask, state=queue.ALL)
    return Asked(ask, find if text else "", text or ask.q, timezone.localdate())


def _kept(request: HttpRequest, asked: Asked) -> str:
    """Under which name counts may be kept: all members of an organization see the same cases, and find them by code."""
    organization, code = organization_of(request.user), asked.text.upper()
    return f"{organization.pk}:{code}" if organization and (not code or queue.is_code(code)) else ""


def _is_name(text: str) -> bool:
    return bool(text.strip()) and not any(each.isdigit() for each in text)


def _hidden(request: HttpRequest, text: str) -> HttpResponse:
    """To the address of a search. A name may be a patient's: the address gets a key, the session keeps the name."""
    text = queue.plain(text)
    if not _is_name(text):
        return redirect(_with(reverse("web:queue"), Ask.of({"q": text}).address()))
    key = secrets.token_urlsafe(6)
    kept = list(request.session.get(FINDS, {}).items())[1 - FINDS_KEPT :]
    request.session[FINDS] = dict([*kept, (key, text)])
    return redirect(_with(reverse("web:queue"), "", find=key))


def _with(path: str, query: str, **more: str) -> str:
    parts = [query, *(f"{name}={value}" for name, value in more.items() if value)]
    said = "&".join(filter(None, parts))
    return f"{path}?{said}" if said else path


def number(text: str) -> int:
    """A whole number of an address; 0 when it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0


# --- what the page shows ------------------------------------------------------------------------------------------


def case_href(case_id: int, place: int, asked: Asked) -> str:
    """The address of a case, with the question it was an answer to and its place there."""
    return _with(reverse("web:case", args=[case_id]), asked.ask.address(), find=asked.find, n=str(place))


def _row(case: Case, place: int, asked: Asked) -> Row:
    return Row(
        case,
        place,
        level(case),
        reason(case, asked.today),
        why(case),
        words.action(case.action, case.line_of_business),
        words.line(case.line_of_business),
        case_href(case.pk, place, asked),
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
    if case.kind == "takeback":
        return f"Payment taken back: {words.why(case.codes)}" if case.codes else "Payment taken back"
    return words.why(case.codes)


def _columns(asked: Asked) -> list[Column]:
    every = (
        ("priority", "Priority", ""),
        ("deadline", "Deadline", ""),
        ("why", "Why denied, and what to do", ""),
        ("payer", "Payer", "wide"),
        ("patient", "Patient", "mid"),
        ("service", "Service", "wide"),
        ("denied", "Denied", "num"),
        ("expected", "Expected", "num mid"),
        ("state", "State", "wide"),
    )
    ask = asked.ask
    direction = "descending" if ask.down else "ascending"
    return [
        Column(name, said, classes, direction if name == ask.column else "", asked.href(sort=ask.turned(name)))
        for name, said, classes in every
        if name != "state" or ask.state == queue.ALL
    ]


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


def _filters(counted: Counted, asked: Asked) -> dict[str, Any]:
    labels = {
        ("type", "technical"): "Technical",
        ("type", "clinical"): "Clinical",
        ("type", "administrative"): "Administrative",
        ("due", "overdue"): "Overdue",
        ("due", "week"): "Due this week",
        ("due", "none"): "No deadline",
        ("over", "1000"): "Over $1,000",
        ("kind", "silent"): "Silent",
        ("kind", "takeback"): "Takebacks",
        ("redenied", "1"): "Re-denied",
        ("preventable", "1"): "Preventable",
    }
    groups: list[list[Chip]] = []
    for name in ("type", "due", "more"):
        fields = {"type": ("type",), "due": ("due",), "more": ("over", "kind", "redenied", "preventable")}[name]
        groups.append([_chip(key, said, counted, asked) for key, said in labels.items() if key[0] in fields])
    return {
        "groups": groups,
        "payers": _menu("payer", counted.payers, asked),
        "causes": _menu("cause", [each._replace(words=words.cause(each.value)) for each in counted.causes], asked),
        "narrowed": asked.text or asked.ask != replace(Ask(state=asked.ask.state), sort=asked.ask.sort),
        "cleared": _with(reverse("web:queue"), Ask(state=asked.ask.state, sort=asked.ask.sort).address()),
    }


def _chip(key: tuple[str, str], label: str, counted: Counted, asked: Asked) -> Chip:
    name, value = key
    on = getattr(asked.ask, name) == value
    return Chip(label, counted.chips.get(key, 0), on, asked.href(**{name: "" if on else value}), f"chip-{name}-{value}")


def _states(cases: QuerySet[Case], kept: str, asked: Asked) -> list[Chip]:
    counts = counting.states(cases, kept)
    every = [(state.value, state.label, counts.get(state, 0)) for state in State]
    every.append((queue.ALL, "All", sum(counts.values())))
    return [
        Chip(label, many, value == asked.ask.state, asked.href(state=value), f"chip-state-{value}")
        for value, label, many in every
    ]


def _menu(name: str, choices: Sequence[Choice], asked: Asked) -> dict[str, Any]:
    chosen = getattr(asked.ask, name)
    chips = [
        Chip(
            each.words,
            each.cases,
            each.value == chosen,
            asked.href(**{name: "" if each.value == chosen else each.value}),
        )
        for each in choices
    ]
    return {
        "chosen": next((each.label for each in chips if each.on), chosen),
        "any": asked.href(**{name: ""}),
        "chips": chips,
    }
