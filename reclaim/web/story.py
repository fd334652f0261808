"""What happened to a case, in words: its timeline, its open tasks, its documents. Part of its page, or a page alone."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple, cast

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from reclaim import reception
from reclaim.desk import cases, documents, timeline
from reclaim.desk.acting import ACTIONS
from reclaim.desk.actions import undoable
from reclaim.desk.documents import KINDS
from reclaim.desk.models import Case, Contact, Document, Note, Sent, State, Task, WriteOff
from reclaim.desk.models.work import Done
from reclaim.desk.timeline import Happening
from reclaim.people import events
from reclaim.people.access import Permission, may, visible_to
from reclaim.people.models import Event, User
from reclaim.record.files import FilesError
from reclaim.record.models import Acknowledgement, Adjudication, Verdict
from reclaim.web import office, verbs, words
from reclaim.web.parts import is_part, number

TASKS, PAPERS = 30, 50
"""Open tasks and documents that are shown; that there are more is said."""


class Said(NamedTuple):
    """What somebody wrote, beside an event."""

    head: str
    text: str
    internal: bool = False
    href: str = ""  # of a document


class Moment(NamedTuple):
    """Something that happened."""

    title: str
    day: date | None
    time: datetime | None  # None: only the day is known
    notes: list[Said]
    tone: str  # late | good | ""
    hidden: int = 0


class Paper(NamedTuple):
    """A document of the list."""

    row: Document
    kind: str
    size: str
    href: str


@require_GET
def page(request: HttpRequest, case_id: int) -> HttpResponse:
    """One page of what happened; whoever asks for it without having opened the case has opened it now."""
    user = office.user_of(request)
    case = get_object_or_404(visible_to(user, Case).select_related("payer", "organization"), pk=case_id)
    before = number(request.GET.get("before", ""))
    answers = list(cases.answers(case)[: cases.ANSWERS_SHOWN])
    told = timeline.story(user, case, answers, before)
    looked = timeline.looks(user, case)
    if not looked.mine:
        events.record(case.organization, user, "viewed_case", case)
    context = {
        "case": case,
        "moments": [_moment(each, told.people) for each in told.happenings],
        "older": f"{request.path}?before={told.older}" if told.older else "",
        "before": before,
        "looked": looked,
        "today": timezone.localdate(),
        "audit": may(user, Permission.SEE_EVENTS),
        **({} if before else _beside(user, case)),
    }
    read = [each.event for each in told.happenings if each.event]
    if not before and (last := undoable(user, case, read)) and not ACTIONS["undo"].hindrance(user, case):
        context["undo"] = f"{office.called(user)} {verbs.of_case(last.verb, last.detail)}"
    if is_part(request):
        return render(request, "case_story.html#older" if before else "case_story.html#part", context)
    return render(request, "case_story.html", context)


@require_GET
def document(request: HttpRequest, case_id: int, document_id: int) -> HttpResponse | FileResponse:
    """The bytes of a document: shown by the browser where it can do no harm, else kept by it. That is an event."""
    user = office.user_of(request)
    case = get_object_or_404(visible_to(user, Case).select_related("organization"), pk=case_id)
    paper = get_object_or_404(documents.visible(user, case), pk=document_id)
    try:
        stream = reception.store().open(paper.sha256)
    except (FilesError, OSError) as error:
        raise Http404("The bytes of this document cannot be read.") from error
    events.record(case.organization, user, "viewed_document", case, {"document": paper.pk})
    shown = paper.media in documents.SHOWN and "download" not in request.GET
    media = paper.media if paper.media in KINDS else "application/octet-stream"
    answer = FileResponse(stream, as_attachment=not shown, filename=paper.name, content_type=_with_charset(media))
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _with_charset(media: str) -> str:
    return f"{media}; charset=utf-8" if media == documents.TEXT else media


def _beside(user: User, case: Case) -> dict[str, Any]:
    tasks = list(
        visible_to(user, Task)
        .filter(case=case, done_at=None)
        .select_related("owner")
        .order_by("due", "id")[: TASKS + 1]
    )
    papers = list(documents.visible(user, case).select_related("by")[: PAPERS + 1])
    return {
        "tasks": tasks[:TASKS],
        "more_tasks": len(tasks) > TASKS,
        "papers": [_paper(case, each) for each in papers[:PAPERS]],
        "more_papers": len(papers) > PAPERS,
        "works": not ACTIONS["finish"].hindrance(user, case),
        "removes": not ACTIONS["remove_document"].hindrance(user, case),
    }


def _paper(case: Case, row: Document) -> Paper:
    return Paper(row, KINDS.get(row.media, "File"), filesizeformat(row.size), _document_href(case.pk, row.pk))


def _document_href(case: int, document: int) -> str:
    return reverse("web:case_document", args=[case, document])


# --- in words ---------------------------------------------------------------------------------------------------------


def _moment(happening: Happening, people: Mapping[int, User]) -> Moment:
    if happening.answer is not None:
        return _answered(happening.answer)
    if happening.said is not None:
        return _acknowledged(happening.said)
    event = cast("Event", happening.event)
    notes = [_said(each) for each in happening.rows]
    if told := _told(event, people):
        notes.insert(0, Said("", told))
    title = f"{office.called(event.user)} {verbs.of_case(event.verb, event.detail)}"
    return Moment(title, happening.day, event.at, notes, "", happening.hidden)


def _answered(row: Adjudication) -> Moment:
    tone = "late" if row.denied else "good" if row.paid and row.paid > 0 else ""
    paid = f"{words.money(row.paid)} paid of {words.money(row.charge)}"
    head = f"{words.money(row.denied)} denied, {paid}" if row.denied else paid
    title = f"The payer answered: {words.kind(row.kind).lower()}"
    return Moment(title, row.day, None, [Said("", f"{head} · remittance {row.remittance.trace_number}")], tone)


def _acknowledged(row: Acknowledgement) -> Moment:
    """What was said of the claim on its way: by 277CA that it was taken in or not, by 277 how far it is."""
    tone = {Verdict.REJECTED: "late", Verdict.ACCEPTED: "good", Verdict.PAID: "good"}.get(Verdict(row.verdict), "")
    number = f"payer control number {row.payer_control_number}" if row.payer_control_number else ""
    said = [Said("", words.meaning(code)) for code in row.codes.split()]
    title = f"{row.kind}: {row.get_verdict_display().lower()}"
    return Moment(title, row.day, None, [*said, *([Said("", number)] if number else [])], tone)


def _told(event: Event, people: Mapping[int, User]) -> str:
    """What the detail of an event says, for those whose rows do not."""
    return "; ".join(_details(event.verb, event.detail, people))


def _details(verb: str, detail: Mapping[str, Any], people: Mapping[int, User]) -> Iterator[str]:
    match verb:
        case "assigned_case":
            owner = people.get(detail.get("owner") or 0)
            yield f"to {office.called(owner)}" if owner else "to a team" if detail.get("team") else ""
            if detail.get("rule"):
                yield "by an assignment rule"
        case "classified_case":
            yield f"{str(detail.get('type', '')).capitalize()}, {words.cause(str(detail.get('cause', '')))}"
        case "snoozed_case":
            until = detail.get("until")
            yield f"until {words.day(date.fromisoformat(until))}" if until else "until the payer's next answer"
            if detail.get("past_deadline"):
                yield "past the deadline"
        case "recorded_answer":
            yield dict(Sent.Answer.choices).get(detail.get("answer", ""), "")
        case "closed_case":
            yield dict(State.choices).get(detail.get("outcome", ""), "")
        case "woke_case" if detail.get("before", {}).get("waiting") not in ("", "date", None):
            yield "nothing had come by then" if "job" in detail else ""


def _said(row: Done) -> Said:
    if isinstance(row, Note):
        return Said("", row.text, internal=True)
    if isinstance(row, Contact):
        promised = _by("promised by", row.promised)
        return Said(_dotted(f"{row.get_way_display()} with {row.who}", row.reference, promised), row.said)
    if isinstance(row, Document) and row.removed_at:
        return Said(row.get_sort_display(), f"{row.name} (removed)")
    if isinstance(row, Document):
        return Said(row.get_sort_display(), row.name, href=_document_href(row.case_id, row.pk))
    return Said("", _in_a_line(row))


def _in_a_line(row: Done) -> str:
    match row:
        case Task():
            asked = "" if row.of == Task.Of.OFFICE else f"Of {row.get_of_display().lower()}: "
            return _dotted(f"{asked}{row.text}", _by("by", row.due))
        case Sent():
            what = f"{row.get_what_display()} by {row.get_way_display().lower()}"
            return _dotted(what, row.reference, _by("answer expected by", row.expected))
        case WriteOff():
            return _dotted(words.money(row.amount), row.get_reason_display(), row.words, row.answer)
    return ""


def _by(what: str, day: date | None) -> str:
    return f"{what} {words.day(day)}" if day else ""


def _dotted(*parts: str) -> str:
    return " · ".join(filter(None, parts))
