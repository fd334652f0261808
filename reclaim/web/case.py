"""The page of one case: who, how much, until when; why, what to do, and all that the payer has said."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from reclaim import reception
from reclaim.codes import lookup
from reclaim.desk import cases, following, priorities, queue
from reclaim.desk.cases import Judged
from reclaim.desk.models import Case, Stage, State
from reclaim.people import events
from reclaim.people.access import Permission, may, visible_to
from reclaim.people.models import User
from reclaim.record.files import FilesError
from reclaim.record.models import Adjudication, File
from reclaim.rules.facts import Deadline, Kind, Reason
from reclaim.rules.settling import DUPLICATE
from reclaim.web import acts, office, question, words
from reclaim.web import queue as queue_page
from reclaim.web.parts import is_part, number

CODE_WORDS = frozenset({"code_denies", "playbook.code", "playbook.remark"})
"""Rules whose reasons only repeat what a code means."""
CENT = Decimal("0.01")


class Code(NamedTuple):
    """One code of the denial, in words."""

    code: str
    meaning: str
    denied: Decimal | None  # dollars that it takes; None for remarks
    href: str


class Step(NamedTuple):
    """Something else that could be done."""

    title: str
    text: str
    reasons: tuple[Reason, ...]
    buttons: list[acts.Button]  # that begin it; none where it has no page, or not now


class Worth(NamedTuple):
    """What working a case is expected to bring, by the weights of its organization. Money is US dollars."""

    chance: Decimal  # share of 1
    minutes: Decimal
    cost: Decimal  # of the work
    expected: Decimal
    score: Decimal
    reasons: list[priorities.Why]

    @property
    def raised(self) -> bool:
        """Whether the deadline raises it."""
        return self.score > self.expected


class Answer(NamedTuple):
    """One answer of the payer to this claim."""

    row: Adjudication
    title: str
    status: str
    is_denial: bool  # that the page explains, or a piece of it


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
    explained: set[int | None] = {each.answer.pk for each in opened.pieces} or {case.denial_id}
    claimed = names and bool(case.claim_id or any(each.claim_id for each in opened.answers))
    context = {
        "case": case,
        "acts": acts.buttons(user, case, query),
        "steps": _steps(user, case, case.action, query),
        "worth": _worth(case, asked.today),
        "opened": opened,
        "pieces": opened.pieces,
        "judged": opened.judged,
        "title": queue_page.why(case),
        "patient": words.turned(case.patient) if names else words.masked(case.patient),
        "names": names,
        "claimed": claimed,
        "works": claimed and may(user, Permission.WORK_CASES) and case.state == State.OPEN,
        "corrects": claimed and may(user, Permission.WORK_CASES) and case.action in acts.SENT_AGAIN,
        "today": asked.today,
        "back": asked.page((place - 1) // queue.PAGE + 1 if place else 1),
        "place": place,
        "before": question.case_href(before, place - 1, asked) if before else "",
        "after": question.case_href(after, place + 1, asked) if after else "",
        "alike": f"{reverse('web:queue')}?payer={case.payer_id}&cause={case.cause}",
        "answers": [_answer(row, case, is_denial=row.pk in explained) for row in opened.answers],
        "received": opened.judged.denial.claim.received if opened.judged else None,
        "kind": words.kind(case.kind),
        "line": words.line(case.line_of_business),
        "confidence": words.CONFIDENCE,
        "preventable": words.PREVENTABLE.get(case.preventable, ""),
        **(_judged(opened.pieces, case) if opened.pieces else {}),
        **_undecided(case, asked.today),
        "alternatives": [
            Step(
                words.action(each.action, case.line_of_business),
                each.text,
                each.reasons,
                _steps(user, case, each.action, query),
            )
            for each in (opened.judged.denial.plan.alternatives if opened.judged else ())
        ],
    }
    return render(request, "case.html", context)


def _undecided(case: Case, today: date) -> dict[str, Any]:
    """What the page says of a claim that no payer has decided."""
    work = following.work_of(case, today)
    if work is None:
        return {"work": None}
    codes = [(code, words.meaning(code)) for code in case.codes.split()]
    return {"work": work, "work_title": words.action(work.action, case.line_of_business), "work_codes": codes}


def _steps(user: User, case: Case, advised: str, query: str) -> list[acts.Button]:
    """What begins a step of the rules; what is on its way, or with a second person, is not begun again."""
    return [] if case.stage in (Stage.SENT, Stage.APPROVAL) else acts.steps(user, case, advised, query)


def _worth(case: Case, today: date) -> Worth:
    weights = priorities.weights(case.organization_id)
    reasons = priorities.why(case, today, weights)
    known = {each.name: each.number for each in reasons}
    cost = (weights.hour_cost * known["effort"] / 60).quantize(CENT)
    return Worth(known["chance"], known["effort"], cost, known["expected"], known["score"], reasons)


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


def _judged(pieces: Sequence[Judged], case: Case) -> dict[str, Any]:
    """What the page says of the judgment, in words: the step is that of the largest piece, the rest is of all."""
    plan = pieces[0].denial.plan
    judged = [each.denial for each in pieces]
    rows = [row for each in pieces for row in each.lines]
    lines = [each.line for each in rows if each.line]
    reasons = [one for each in judged for one in (*each.identification.reasons, *each.classification.reasons)]
    return {
        "codes": _codes(pieces),
        "why": list(dict.fromkeys(each.text for each in _news(reasons))),
        "step_reasons": _news(plan.next.reasons),
        "step": words.action(plan.next.action, case.line_of_business),
        "deadlines": _deadlines(pieces),
        "gaps": list(dict.fromkeys(gap.text for each in pieces for gap in each.gaps)),
        "days": {each.service_from for each in lines if each.service_from} - {case.service_from},
        "allowed": any(each.allowed is not None for each in rows),
        "rows": len(rows),
        "sums": {
            "charge": sum((each.charge for each in lines if each.charge is not None), Decimal(0)),
            "paid": sum((each.paid for each in lines if each.paid is not None), Decimal(0)),
            "patient": sum((each.patient for each in rows), Decimal(0)),
            "denied": sum((each.denied for each in rows), Decimal(0)),
        },
    }


def _deadlines(pieces: Sequence[Judged]) -> list[Deadline]:
    """The earliest last day of each kind, the earliest first."""
    earliest: dict[str, Deadline] = {}
    for each in (day for piece in pieces for day in piece.denial.deadlines):
        known = earliest.setdefault(each.kind, each)
        if each.day < known.day:
            earliest[each.kind] = each
    return sorted(earliest.values(), key=lambda each: each.day)


def _news(reasons: Iterable[Reason]) -> list[Reason]:
    """The reasons that say more than the codes, which the page lists with their meaning."""
    return [each for each in reasons if each.rule not in CODE_WORDS]


def _codes(pieces: Sequence[Judged]) -> list[Code]:
    """Each code once, with the dollars that it takes in all pieces."""
    taken: dict[tuple[str, str], Decimal] = {}
    found = [each.denial.identification for each in pieces]
    for each in (one for some in found for one in some.denying):
        taken[each.code, each.carc] = taken.get((each.code, each.carc), Decimal(0)) + (each.amount or 0)
    remarks = dict.fromkeys(remark for some in found for remark in some.remarks)
    return [
        *(Code(code, lookup.carc_words(carc), dollars, code_href(code)) for (code, carc), dollars in taken.items()),
        *(Code(remark, words.meaning(remark), None, code_href(remark)) for remark in remarks),
    ]


def code_href(code: str) -> str:
    """The address of a code's page; none for what a payer sent in its place and no address can hold."""
    return reverse("web:code", args=[code]) if code.isprintable() and code and "/" not in code else ""


def _answer(row: Adjudication, case: Case, *, is_denial: bool) -> Answer:
    status = lookup.value("clp02", row.status)
    kind = case.kind if is_denial and (case.kind == Kind.TAKEBACK or row.kind == DUPLICATE) else row.kind
    return Answer(row, words.kind(kind), status.meaning if status else row.status, is_denial)
