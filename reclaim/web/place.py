"""Why a case is in a queue, and why at its place there: the conditions it meets, the numbers, and its neighbors."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from reclaim.desk import priorities, queue
from reclaim.desk.models import Case, State
from reclaim.people.access import visible_to
from reclaim.web import columns, filters, question, words
from reclaim.web.parts import is_part, number
from reclaim.web.question import Asked

Fact = Callable[[Case, date], str]


class Met(NamedTuple):
    """A condition of the question, and whether the case meets it."""

    words: str
    fact: str  # what of the case it rests on
    met: bool


@require_GET
def why(request: HttpRequest, case_id: int) -> HttpResponse:
    """A part of the queue, or a page of its own without script."""
    asked, place = question.understood(request), number(request.GET.get("n", ""))
    cases = visible_to(request.user, Case).select_related("payer", "owner", "team", "location")
    case = get_object_or_404(cases, pk=case_id)
    here = queue.neighbors(question.cases_of(request, asked), asked.ask, asked.today, case, place or 1)
    beside = (
        visible_to(request.user, Case)
        .select_related("payer", "owner", "location")
        .in_bulk([each for each in here if each])
    )
    before, after = (beside.get(each or 0) for each in here)
    column = columns.COLUMNS[asked.ask.column]
    context = {
        "case": case,
        "why": words.why(case.codes),
        "met": list(_met(visible_to(request.user, Case).filter(pk=case.pk), case, asked)),
        "reasons": [
            (each, _number(each))
            for each in priorities.why(case, asked.today, priorities.weights(case.organization_id))
        ],
        "place": place,
        "column": column.words,
        "value": fact(case, asked.ask.column, asked.today),
        "neighbors": [
            (said, each, fact(each, asked.ask.column, asked.today), question.case_href(each.pk, there, asked))
            for said, each, there in (("Before it", before, place - 1), ("After it", after, place + 1))
            if each
        ],
        "back": asked.page((place - 1) // queue.PAGE + 1 if place else 1),
    }
    return render(request, "queue_why.html#part" if is_part(request) else "queue_why.html", context)


def fact(case: Case, field: str, today: date) -> str:
    """What a case holds in a field or column, in words; nothing of the patient but initials."""
    said = FACTS.get(field)
    return said(case, today) if said else words.slug(str(getattr(case, field)))


def _deadline(case: Case, today: date) -> str:
    said = words.relative(case.deadline, today)
    return f"{words.day(case.deadline)}, {said}" if case.deadline else said


def _day(field: str) -> Fact:
    return lambda case, _: words.day(getattr(case, field))


def _money(field: str) -> Fact:
    return lambda case, _: words.money(getattr(case, field))


def _row(field: str) -> Fact:
    return lambda case, _: getattr(getattr(case, field), "name", "none")


def _choice(field: str) -> Fact:
    return lambda case, _: str(getattr(case, f"get_{field}_display")())


def _answers(case: Case, _: date) -> str:
    return "1 answer so far" if case.answers == 1 else f"{case.answers:,} answers so far"


FACTS: Mapping[str, Fact] = {
    "priority": lambda case, _: f"score {words.money(case.score)}",
    "deadline": _deadline,
    "due": _deadline,
    "owner": lambda case, _: (case.owner.get_full_name() or case.owner.email) if case.owner else "nobody",
    "opened": _day("opened"),
    "until": _day("until"),
    "service": _day("service_from"),
    "worked": lambda case, _: words.day(case.worked_at.date()) if case.worked_at else "never",
    "denied": _money("denied"),
    "over": _money("denied"),
    "expected": _money("expected"),
    "charge": _money("charge"),
    "recovered": _money("recovered"),
    "payer": _row("payer"),
    "team": _row("team"),
    "location": _row("location"),
    "provider": lambda case, _: case.provider or "not named",
    "stage": _choice("stage"),
    "state": _choice("state"),
    "waiting": _choice("waiting"),
    "cause": lambda case, _: words.cause(case.cause),
    "why": lambda case, _: words.cause(case.cause),
    "kind": lambda case, _: words.kind(case.kind),
    "redenied": _answers,
    "answers": _answers,
    "preventable": lambda case, _: words.PREVENTABLE.get(case.preventable, case.preventable),
    "patient": lambda case, _: words.masked(case.patient),
}
"""Fields and columns that need more than their value."""


def _met(one: QuerySet[Case], case: Case, asked: Asked) -> Iterator[Met]:
    """The conditions of queue and filters; that each is met is asked of the database, as the list is."""
    if asked.ask.state == State.OPEN:
        inside = asked.inside
        facts = "; ".join(fact(case, name, asked.today) for name in inside.queue.rests)
        met = inside.narrow(one.filter(state=State.OPEN)).exists()
        yield Met(f"{inside.queue.words}: {inside.queue.why}", facts or fact(case, "state", asked.today), met)
    elif asked.ask.state != queue.ALL:
        yield Met(
            f"State: {State(asked.ask.state).label}", fact(case, "state", asked.today), case.state == asked.ask.state
        )
    said = filters.asked_in_words(asked)
    for name, condition in queue.conditions(asked.ask, asked.today).items():
        title = said.get(name) or filters.MENUS.get(name, words.slug(name).capitalize())
        yield Met(title, fact(case, name, asked.today), one.filter(condition).exists())
    if asked.text:
        yield Met("Your search", "found by it", met=True)


def _number(reason: priorities.Why) -> str:
    units: Mapping[str, str] = {
        "dollars": words.money(reason.number),
        "share": f"{reason.number * Decimal(100):.0f}%",
        "minutes": words.effort(int(reason.number)) if reason.unit == "minutes" else "",
        "days": f"{reason.number:.0f} days",
    }
    return units.get(reason.unit, str(reason.number)) if reason.name != "raised" else "first of all"
