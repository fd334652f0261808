"""Cases as programs read them: the list with the filters of the Queue, one, its answers, and what happened to it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router
from ninja.errors import HttpError
from pydantic import BaseModel, Field

from reclaim import reception
from reclaim.api import paging
from reclaim.api.allowed import needs
from reclaim.api.entrance import user_of
from reclaim.api.shapes import AnswerShape, CaseShort, CaseWhole, Moment
from reclaim.desk import cases, queue, queues
from reclaim.desk.models import Case, Contact, Sent, Stage, Task, WriteOff
from reclaim.desk.queue import Ask
from reclaim.people import events
from reclaim.people.access import Permission, visible_to
from reclaim.people.models import Event, User
from reclaim.record.models import Adjudication, File

router = Router(tags=["Cases"])

ORDERS = {"id": paging.OLDEST_FIRST, "priority": ("-score", "-id")}
"""By id, a case that changes while a program reads on neither comes twice nor is left out; by priority it can."""
MOMENTS = 100
"""Moments of each sort that a timeline holds, the newest."""
FILTERS = tuple(each.name for each in fields(Ask) if each.name != "sort")
CHOICES: Mapping[str, tuple[str, ...]] = {
    "queue": tuple(queues.QUEUES),
    "stage": tuple(Stage.values),
    "state": queue.STATES,
    "type": queue.TYPES,
    "due": queue.DUE,
    "kind": queue.KINDS,
    "over": ("1000",),
    "redenied": ("1",),
    "preventable": ("1",),
    "waiting": ("1",),
}
BESIDE = ("queue", "waiting")
"""What is asked beside the filters."""
WORDS = {
    "queue": "A queue of `GET /queues`.",
    "waiting": "With `queue=todo`, `mine` or `unassigned`: also what waits for somebody.",
    "state": "Open when nobody says; all states when `q` is given.",
    "over": "Denied dollars above this.",
    "due": "The earliest deadline: within seven days, passed, or not known.",
    "payer": "The id of a payer.",
    "owner": "The id of a person, or `none`; so with team and location.",
    "provider": "The NPI of who rendered the service, or `none`.",
    "cause": "Root cause, as a case names it.",
    "q": "A claim number of yours or the payer's, an NPI, or a code. Names of patients never stand in an address.",
}


class Listed(BaseModel):
    """A page of cases."""

    cases: list[CaseShort]
    next: str = Field(description="The cursor of the next page; empty when this is the last.")
    cut: bool = Field(description="The search found more cases than it lists: narrow it.")


class Answers(BaseModel):
    """The answers of the payer, the newest first."""

    answers: list[AnswerShape]
    more: bool


class Timeline(BaseModel):
    """What happened to a case, the newest first."""

    moments: list[Moment]
    more: bool


class Which(paging.Where):
    """Which page, in which order."""

    order: Literal["id", "priority"] = "id"


def _parameters() -> list[dict[str, Any]]:
    """The filters as OpenAPI describes them."""
    for_all = {"in": "query", "required": False}
    return [
        {**for_all, "name": name, "description": WORDS.get(name, ""), "schema": _schema(name)}
        for name in (*BESIDE, *FILTERS)
    ]


def _schema(name: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(CHOICES[name])} if name in CHOICES else {"type": "string", "maxLength": 60}


@router.get("", response=Listed, summary="Cases", openapi_extra={"parameters": _parameters()})
def list_cases(request: HttpRequest, which: Query[Which]) -> Listed:
    """Cases by the filters of the Queue, page by page. By `order=id`, each case comes once, however cases change."""
    user = needs(request, Permission.SEE_CASES, "listed_cases")
    given = {name: value for name, value in request.GET.dict().items() if name not in Which.model_fields}
    return listed(user, given, which)


def listed(user: User, given: Mapping[str, str], which: Which) -> Listed:
    """A page of the cases that somebody may see.

    Args:
        user: who asks.
        given: filters, as the address of the Queue holds them.
        which: page and order.

    Raises:
        HttpError: a filter is not known, or a name of a patient stands in it.
    """
    rows, cut = _queued(user, given.get("queue", ""), given.get("waiting", "")), False
    ask = _understood({name: value for name, value in given.items() if name not in BESIDE})
    if ask.q:
        rows, cut = queue.searched(rows, ask.q, names=False)
    narrowed = queue.asked(rows, ask, timezone.localdate()).select_related("payer", "owner")
    found = paging.page(narrowed, ORDERS[which.order], which)
    return Listed(cases=[CaseShort.of(each) for each in found.rows], next=found.next, cut=cut)


def _queued(user: User, name: str, waiting: str) -> QuerySet[Case]:
    """The cases of a queue that somebody may see; all of theirs when none is named."""
    rows = visible_to(user, Case)
    if waiting not in ("", "1"):
        raise HttpError(422, "The filter 'waiting' cannot have this value: choose from 1.")
    if not name:
        return rows
    offered = {each.name: each for each in queues.offered(user)}
    if name not in offered:
        raise HttpError(422, f"There is no queue of this name for you. Choose from {', '.join(offered)}.")
    return queues.Inside(offered[name], queues.viewer(user, timezone.localdate()), bool(waiting)).narrow(rows)


def _understood(given: Mapping[str, str]) -> Ask:
    """The question; what the Queue would not understand, and so leave out, is refused here."""
    ask = Ask.of(given)
    for name, value in given.items():
        if name not in FILTERS:
            raise HttpError(422, f"There is no filter of this name. Known: {', '.join((*BESIDE, *FILTERS))}.")
        if name != "q" and value != getattr(ask, name):
            known = f": choose from {', '.join(CHOICES[name])}" if name in CHOICES else ""
            raise HttpError(422, f"The filter {name!r} cannot have this value{known}.")
    if ask.q and not any(map(str.isdigit, ask.q)):
        raise HttpError(
            422, "Search here by a claim number, an NPI or a code. Names of patients never stand in an address."
        )
    return ask


@router.get("/{int:case_id}", summary="One case", response={200: CaseWhole, 304: None})
def one_case(request: HttpRequest, case_id: int, response: HttpResponse) -> CaseWhole | HttpResponse:
    """One case: who, how much, until when; why, what to do. That it was read is an event, as on its page."""
    user = user_of(request)
    case = get_object_or_404(cases.one(visible_to(user, Case)), pk=case_id)
    if request.headers.get("If-None-Match") == tag(case):
        return HttpResponse(status=304, headers={"ETag": tag(case)})
    response["ETag"] = tag(case)
    return whole(user, case)


def whole(user: User, case: Case) -> CaseWhole:
    """A case (see `desk.cases.one`) as somebody may see it; leaves the event."""
    opened = cases.open_file(case, timezone.localdate(), _read_span)
    events.record(case.organization, user, "viewed_case", case)
    return CaseWhole.for_(user, opened)


def tag(case: Case) -> str:
    """The ETag of a case: it changes with its version."""
    return f'"{case.version}"'


@router.get("/{int:case_id}/answers", summary="Answers of the payer", response=Answers)
def answers(request: HttpRequest, case_id: int) -> Answers:
    """Every answer of the payer to this claim; the files they came in are at /files."""
    user = user_of(request)
    case = get_object_or_404(visible_to(user, Case), pk=case_id)
    rows = visible_to(user, Adjudication).filter(key=case.key).select_related("remittance").order_by("-day", "-id")
    found = list(rows[: cases.ANSWERS_SHOWN + 1])
    shown = [AnswerShape.of(each) for each in found[: cases.ANSWERS_SHOWN]]
    return Answers(answers=shown, more=len(found) > len(shown))


@router.get("/{int:case_id}/timeline", summary="What happened", response=Timeline)
def timeline(request: HttpRequest, case_id: int) -> Timeline:
    """What happened, in facts. Actions of colleagues are in it for who may see events; what people wrote never is."""
    user = user_of(request)
    case = get_object_or_404(visible_to(user, Case), pk=case_id)
    moments: list[Moment] = []
    more = False
    for rows, told in _sorts(user, case):
        found = list(rows[: MOMENTS + 1])
        more = more or len(found) > MOMENTS
        moments += [moment for each in found[:MOMENTS] for moment in told(each)]
    moments.sort(key=lambda each: (each.day or date.min, each.at.timestamp() if each.at else 0.0), reverse=True)
    return Timeline(moments=moments, more=more)


def _sorts(user: User, case: Case) -> Iterator[tuple[QuerySet[Any], Callable[[Any], Iterator[Moment]]]]:
    """Each sort of rows about a case, the newest first, and how it is told."""
    yield visible_to(user, Adjudication).filter(key=case.key).order_by("-day", "-id"), _of_answer
    yield visible_to(user, Sent).filter(case=case).order_by("-id"), _of_sent
    yield visible_to(user, Contact).filter(case=case).order_by("-id"), _of_contact
    yield visible_to(user, Task).filter(case=case).order_by("-id"), _of_task
    yield visible_to(user, WriteOff).filter(case=case).order_by("-id"), _of_write_off
    yield visible_to(user, Event).filter(subject=events.name_of(case)).order_by("-id"), _of_event


def _moment(at: datetime, sort: str, what: str, by: int | None) -> Moment:
    return Moment(day=timezone.localdate(at), at=at, sort=sort, what=what, by=by)


def _of_answer(row: Adjudication) -> Iterator[Moment]:
    yield Moment(day=row.day, at=None, sort="answer", what=row.kind, by=None)


def _of_sent(row: Sent) -> Iterator[Moment]:
    yield Moment(day=row.day, at=row.at, sort="sent", what=row.what, by=row.by_id)
    if row.answered:
        yield Moment(day=row.answered, at=None, sort="answered", what=row.answer, by=row.answer_by_id)


def _of_contact(row: Contact) -> Iterator[Moment]:
    yield _moment(row.at, "contact", row.way, row.by_id)


def _of_task(row: Task) -> Iterator[Moment]:
    yield _moment(row.at, "task", row.of, row.by_id)
    if row.done_at:
        yield _moment(row.done_at, "done", row.of, row.done_by_id)


def _of_write_off(row: WriteOff) -> Iterator[Moment]:
    yield _moment(row.at, "write_off", row.stand, row.by_id)


def _of_event(row: Event) -> Iterator[Moment]:
    yield _moment(row.at, "action", row.verb, row.user_id)


def _read_span(file: File, start: int, end: int) -> bytes:
    return reception.store().read_span(file.sha256, start, end)
