"""The page of one case: who, how much, until when; why, what to do, and all that the payer has said."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from reclaim import reception
from reclaim.codes import lookup
from reclaim.desk import cases, queue
from reclaim.desk.cases import Judged
from reclaim.desk.models import Case, Stage
from reclaim.people import events
from reclaim.people.access import Permission, may, visible_to
from reclaim.people.models import User
from reclaim.record.files import FilesError
from reclaim.record.models import Adjudication, File
from reclaim.rules.facts import Reason
from reclaim.web import acts, office, question, words
from reclaim.web import queue as queue_page
from reclaim.web.parts import is_part, number

CODE_WORDS = frozenset({"code_denies", "playbook.code", "playbook.remark"})
"""Rules whose reasons only repeat what a code means."""


class Code(NamedTuple):
    """One code of the denial, in words."""

    code: str
    meaning: str
    denied: Decimal | None  # dollars that it takes; None for remarks
    href: str


class Answer(NamedTuple):
    """One answer of the payer to this claim."""

    row: Adjudication
    title: str
    status: str
    is_denial: bool  # the one that the page explains


@require_GET
def page(request: HttpRequest, case_id: int) -> HttpResponse:
    """One case; that somebody opened it becomes an event."""
    case = get_object_or_404(cases.one(visible_to(request.user, Case)), pk=case_id)
    asked = question.understood(request)
    opened = cases.open_file(case, asked.today, read_span)
    place = number(request.GET.get("n", ""))
    before, after = None, None
    if place:
        before, after = queue.neighbors(question.cases_of(request, asked), asked.ask, asked.today, case, place)
    names = may(request.user, Permission.SEE_PATIENTS)
    _note(request, "viewed_case", case)
    user, query = office.user_of(request), request.META["QUERY_STRING"]
    context = {
        "case": case,
        "acts": acts.buttons(user, case, query),
        "steps": _steps(user, case, query),
        "opened": opened,
        "judged": opened.judged,
        "title": queue_page.why(case),
        "patient": words.turned(case.patient) if names else words.masked(case.patient),
        "names": names,
        "today": asked.today,
        "back": asked.page((place - 1) // queue.PAGE + 1 if place else 1),
        "place": place,
        "before": question.case_href(before, place - 1, asked) if before else "",
        "after": question.case_href(after, place + 1, asked) if after else "",
        "alike": f"{reverse('web:queue')}?payer={case.payer_id}&cause={case.cause}",
        "answers": [_answer(row, case) for row in opened.answers],
        "received": opened.judged.denial.claim.received if opened.judged else None,
        "kind": words.kind(case.kind),
        "line": words.line(case.line_of_business),
        "confidence": words.CONFIDENCE,
        "preventable": words.PREVENTABLE.get(case.preventable, ""),
        **(_judged(opened.judged, case) if opened.judged else {}),
    }
    return render(request, "case.html", context)


def _steps(user: User, case: Case, query: str) -> list[acts.Button]:
    """What the card of the next step leads to; what is on its way, or with a second person, is not begun again."""
    return [] if case.stage in (Stage.SENT, Stage.APPROVAL) else acts.steps(user, case, case.action, query)


@require_GET
def segments(request: HttpRequest, case_id: int) -> HttpResponse:
    """The bytes of one answer to a claim, a segment a line; a page of its own, or a part for htmx."""
    if not may(request.user, Permission.SEE_PATIENTS):
        raise PermissionDenied("Segments hold the patient's data: your role does not include it.")
    case = get_object_or_404(visible_to(request.user, Case).select_related("organization"), pk=case_id)
    answers = visible_to(request.user, Adjudication).filter(organization=case.organization_id, key=case.key)
    wanted = number(request.GET.get("answer", "")) or case.denial_id
    answer = get_object_or_404(answers.select_related("remittance__file"), pk=wanted)
    try:
        lines, trouble = cases.segments(answer, read_span), ""
    except (FilesError, OSError, ValueError):
        lines, trouble = [], "The bytes of this answer cannot be read. `reclaim doctor` says what is wrong."
    _note(request, "viewed_segments", case, {"answer": answer.pk})
    context = {"case": case, "answer": answer, "segments": lines, "trouble": trouble}
    part = "case_segments.html#part" if is_part(request) else "case_segments.html"
    return render(request, part, context)


def read_span(file: File, start: int, end: int) -> bytes:
    """The bytes of a file from a place to another."""
    return reception.store().read_span(file.sha256, start, end)


def _note(request: HttpRequest, verb: str, case: Case, detail: dict[str, Any] | None = None) -> None:
    user = request.user
    if isinstance(user, User):
        events.record(case.organization, user, verb, case, detail)


def _judged(judged: Judged, case: Case) -> dict[str, Any]:
    """What the page says of the judgment, in words."""
    denial = judged.denial
    plan, found = denial.plan, denial.identification
    lines = [each.line for each in judged.lines if each.line]
    return {
        "codes": list(_codes(judged)),
        "why": list(dict.fromkeys(each.text for each in _news((*found.reasons, *denial.classification.reasons)))),
        "step_reasons": _news(plan.next.reasons),
        "step": words.action(plan.next.action, case.line_of_business),
        "alternatives": [(words.action(each.action, case.line_of_business), each) for each in plan.alternatives],
        "priority": denial.priority,
        "days": {each.service_from for each in lines if each.service_from} - {case.service_from},
        "allowed": any(each.allowed is not None for each in judged.lines),
        "gross": denial.priority.chance * found.denied_amount,
        "raised": denial.priority.score > denial.priority.expected,
        "sums": {
            "charge": sum((each.charge for each in lines if each.charge is not None), Decimal(0)),
            "paid": sum((each.paid for each in lines if each.paid is not None), Decimal(0)),
            "patient": sum((each.patient for each in judged.lines), Decimal(0)),
            "denied": sum((each.denied for each in judged.lines), Decimal(0)),
        },
    }


def _news(reasons: Iterable[Reason]) -> list[Reason]:
    """The reasons that say more than the codes, which the page lists with their meaning."""
    return [each for each in reasons if each.rule not in CODE_WORDS]


def _codes(judged: Judged) -> Iterator[Code]:
    found = judged.denial.identification
    for each in found.denying:
        yield Code(each.code, lookup.carc_words(each.carc), each.amount, code_href(each.code))
    for remark in dict.fromkeys(found.remarks):
        yield Code(remark, words.meaning(remark), None, code_href(remark))


def code_href(code: str) -> str:
    """The address of a code's page; none for what a payer sent in its place and no address can hold."""
    return reverse("web:code", args=[code]) if code.isprintable() and code and "/" not in code else ""


def _answer(row: Adjudication, case: Case) -> Answer:
    status = lookup.value("clp02", row.status)
    return Answer(row, _title(row, case), status.meaning if status else row.status, row.pk == case.denial_id)


def _title(row: Adjudication, case: Case) -> str:
    return words.kind(case.kind) if row.pk == case.denial_id else words.kind(row.kind)
