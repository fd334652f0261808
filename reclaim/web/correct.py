"""The Correct page: a claim by the names that people know, what is wrong on it, what would go out, and how it goes.

    cases/<id>/correct, claim/<id>/correct    its correction, or a page to begin one
    corrections/<id>                          the form; a POST does what its button says, with all that was typed
    corrections/<id>/try                      what is to be said of what stands in the form; nothing is kept
    corrections/<id>/advice                   what else is wrong, and can be put right by one key

What cannot be done comes back with everything that was typed.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reclaim import dispatch
from reclaim.desk import cases, corrected, correcting, explaining
from reclaim.desk.acting import ActionError, ConflictError
from reclaim.desk.corrected import Draft, Sheet, draft_of
from reclaim.desk.models import Case, Correction, Version
from reclaim.people import events
from reclaim.people.access import Permission, may, visible_to
from reclaim.people.models import User
from reclaim.record.models import Claim
from reclaim.web import correct_adding, office, words
from reclaim.web.correct_acts import ACTS, buttons, choice_of, edits_of, keep, said
from reclaim.web.correct_adding import Given
from reclaim.web.correct_forms import Field, Note, Shown, asked, fields, laid, name_of, origins
from reclaim.web.parts import is_part, number
from reclaim.x12.differing import Change, segments_changed
from reclaim.x12.editing import Edit, EditError, stored
from reclaim.x12.naming import FORMS, element_at
from reclaim.x12.slices import Place

Stage, Way = Correction.Stage, Correction.Way
LINES, VERSIONS = 20, 20
"""Service lines and versions that are shown at once."""
LATELY = timedelta(minutes=10)
PATIENTS = "A claim holds the patient's data: your role does not include it."
TYPED = "p:"
"""Before the key of a place, in the names of fields."""
TONES = {"error": "late", "warn": "soon", "info": ""}
WAY_HELP = {
    Way.REPLACE: "The payer puts it in the place of the claim that it has (frequency 7).",
    Way.VOID: "The payer takes back the claim that it has, and what it paid (frequency 8).",
    Way.NEW: "A claim of its own, as if none had been sent (frequency 1).",
    Way.REOPEN: "Medicare opens its decision again, after a year too (frequency Q; institutional only).",
}


class Told(NamedTuple):
    """A finding of the list."""

    note: Note
    name: str  # of the element
    place: Place
    href: str  # to its field; "" where the page has none


class Difference(NamedTuple):
    """A change in words."""

    name: str
    place: str
    before: str
    after: str


class Seen(NamedTuple):
    """What somebody typed into the form that they saw."""

    own: Mapping[str, str]  # by the key of the place, as far as it differs from what stood there
    edits: list[Edit]
    notes: dict[str, list[Note]]  # what was typed and cannot be read


# --- beginning --------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def of_case(request: HttpRequest, case_id: int) -> HttpResponse:
    """The correction of the claim of a case, or a page to begin one."""
    _insist(request)
    case = get_object_or_404(cases.one(visible_to(request.user, Case)), pk=case_id)
    return _begun(request, corrected.claim_of(case), case)


@require_http_methods(["GET", "POST"])
def of_claim(request: HttpRequest, claim_id: int) -> HttpResponse:
    """The same of any claim that was sent."""
    _insist(request)
    claims = visible_to(request.user, Claim).select_related("batch", "file", "organization")
    return _begun(request, get_object_or_404(claims, pk=claim_id), None)


def _begun(request: HttpRequest, claim: Claim | None, case: Case | None) -> HttpResponse:
    user, error = office.user_of(request), ""
    if claim is None:
        return render(request, "correct_begin.html", {"case": case, "claim": None})
    open_ = visible_to(user, Correction).filter(claim=claim, stage__in=correcting.UNSENT).order_by("-pk").first()
    if open_ is not None:
        return redirect("web:correction", open_.pk)
    if request.method == "POST":
        try:
            row = correcting.start(user, claim, case, dispatch.read_span, choice_of(request.POST))
        except (ActionError, EditError) as refused:
            error = str(refused)
        else:
            return redirect("web:correction", row.pk)
    advice = corrected.advice(claim, case, dispatch.read_span, timezone.localdate())
    told = advice.resubmission
    context = {
        "case": case,
        "claim": claim,
        "advice": advice,
        "advised": Way(correcting.WAYS[told.way]) if told.as_claim and told.way in correcting.WAYS else None,
        "ways": _ways(claim.kind),
        "typed": request.POST,
        "trouble": error,
        "works": may(user, Permission.WORK_CASES),
        "earlier": visible_to(user, Correction).filter(claim=claim).order_by("-pk")[:5],
    }
    return office.page(request, "correct_begin.html", context)


def _ways(kind: str) -> list[tuple[str, str, str]]:
    """How a claim of a kind may go: value, label, what that means."""
    return [(each.value, str(each.label), WAY_HELP[each]) for each in Way if each != Way.REOPEN or kind == "837I"]


# --- the page ---------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, correction_id: int) -> HttpResponse:
    """The form of a correction; by POST, what its button says."""
    if request.method == "POST":
        return _done(request, correction_id)
    row = _row(request, correction_id)
    return _page(request, row, Seen({}, [], {}))


@require_POST
def trial(request: HttpRequest, correction_id: int) -> HttpResponse:
    """What the edits say of all that stands in the form, and what would go out; nothing is kept."""
    row = _row(request, correction_id, part=True)
    try:
        seen = _seen(request, row)
        draft, refused = _tried(row, seen.edits)
        context = _found(request, row, Seen(seen.own, seen.edits, seen.notes | refused), draft)
    except ActionError as error:
        return HttpResponse(str(error), status=office.UNDERSTOOD)
    return render(request, "correct.html#found", context)


@require_GET
def advice(request: HttpRequest, correction_id: int) -> HttpResponse:
    """What else is wrong on the claim by the payer's answer, and what putting it right would change."""
    beside = [f"case__denial__remittance__{each}" for each in ("file", "payer")]
    row = _row(request, correction_id, *beside, part=True)
    found = explaining.suggested(row, dispatch.read_span, timezone.localdate())
    offered = [
        (each, json.dumps(stored(each.edit)), [_difference(one, row.kind) for one in each.changes])
        for each in found.suggestions
        if each.changes or each.refused
    ]
    context = {"row": row, "explained": found.explained, "offered": offered, "open": row.stage == Stage.DRAFT}
    return render(request, "correct_advice.html#part" if is_part(request) else "correct_advice.html", context)


def _insist(request: HttpRequest) -> None:
    if request.method == "POST":
        office.insist(request, Permission.WORK_CASES, "Your role does not include work on claims.")
    office.insist(request, Permission.SEE_PATIENTS, PATIENTS)


def _row(request: HttpRequest, key: int, *beside: str, part: bool = False) -> Correction:
    """A correction; that somebody looks at it becomes an event, of the parts of its page once in some minutes."""
    office.insist(request, Permission.SEE_PATIENTS, PATIENTS)
    user = office.user_of(request)
    row = get_object_or_404(_rows(user).select_related(*beside) if beside else _rows(user), pk=key)
    if not part or not events.lately(user, "viewed_correction", row, LATELY):
        events.record(row.organization, user, "viewed_correction", row)
    return row


def _rows(user: User) -> QuerySet[Correction]:
    beside = ("organization", "claim__batch", "claim__file", "case__payer", "receiver", "batch", "ready_by", "made_by")
    return visible_to(user, Correction).select_related(*beside)


def _page(request: HttpRequest, row: Correction, seen: Seen, error: Exception | None = None) -> HttpResponse:
    """The whole page, with what was typed and not kept."""
    user = office.user_of(request)
    context = {
        **_found(request, row, seen, draft_of(row)),
        **_aside(request, row, user),
        "trouble": "" if error is None or seen.notes else str(error),
        "conflict": isinstance(error, ConflictError),
        "refused": bool(seen.notes),
        "unkept": bool(seen.own),
        "typed": request.POST,
    }
    return render(request, "correct.html", context, status=office.UNDERSTOOD if error or seen.notes else None)


def _found(request: HttpRequest, row: Correction, seen: Seen, draft: Draft) -> dict[str, Any]:
    """The form, what is said of it, and what would go out."""
    sheet = corrected.sheet(row, dispatch.read_span, timezone.localdate(), draft)
    notes = {key: [*some] for key, some in seen.notes.items()}
    for each in sheet.findings:
        notes.setdefault(each.place.key, []).append(Note(TONES[each.severity], each.text, each.remedy))
    first = _first(request, sheet)
    lines = origins(draft.edits, len(sheet.original.lines))
    groups = laid(sheet.original, sheet.corrected, lines, Shown(seen.own, notes, first, LINES))
    every, shown = len(sheet.corrected.lines), {field.key: field for field in fields(groups)}
    told = [_told(Place.parse(key), note, shown, sheet) for key, some in notes.items() for note in some]
    told.sort(key=lambda each: ("late", "soon", "").index(each.note.tone))
    return {
        "row": row,
        "groups": groups,
        "told": told,
        "errors": sum(each.note.tone == "late" for each in told),
        "warnings": sum(each.note.tone == "soon" for each in told),
        "differences": [_difference(each, row.kind) for each in sheet.changes],
        "segments": segments_changed(sheet.original, sheet.corrected),
        "changed": [each for each in shown.values() if each.changed],
        "lines": (first, min(first + LINES - 1, every), every),
        "earlier_lines": max(first - LINES, 1) if first > 1 else 0,
        "later_lines": first + LINES if first + LINES <= every else 0,
        "paper": FORMS[row.kind[-1]],
    }


def _first(request: HttpRequest, sheet: Sheet) -> int:
    """The first line that is shown: the page of lines that the address asks for."""
    wanted = min(number(request.GET.get("lines", "")), len(sheet.corrected.lines)) or 1
    return (wanted - 1) // LINES * LINES + 1


def _told(place: Place, note: Note, shown: Mapping[str, Field], sheet: Sheet) -> Told:
    named, href = element_at(place, sheet.corrected.kind), ""
    if place.key in shown:
        href = f"#{name_of(place)}"
    elif place.loop == "2400" and place.loop_at <= len(sheet.corrected.lines):
        href = f"?lines={place.loop_at}#{name_of(place)}"
    line = f", line {place.loop_at}" if place.loop == "2400" else ""
    return Told(note, f"{named.name if named else place}{line}", place, href)


def _difference(each: Change, kind: str) -> Difference:
    named = element_at(each.place, kind)
    line = f", line {each.place.loop_at}" if each.place.loop == "2400" else ""
    return Difference(f"{named.name if named else 'segment'}{line}", str(each.place), each.before, each.after)


def _aside(request: HttpRequest, row: Correction, user: User) -> dict[str, Any]:
    """What stands beside the form: how it goes, its versions, what can be done."""
    found = list(Version.objects.filter(correction=row).select_related("by").order_by("-number")[: VERSIONS + 1])
    older = next((each for each in found if each.number == number(request.GET.get("compare", ""))), None)
    newest = found[0]
    compared = corrected.compared(row, older, newest, dispatch.read_span) if older else []
    draft = row.stage == Stage.DRAFT
    return {
        "versions": found[:VERSIONS],
        "more_versions": len(found) > VERSIONS,
        "older": older,
        "compared": [_difference(each, row.kind) for each in compared],
        "called": office.called,
        "ways": _ways(row.kind),
        "way_help": WAY_HELP[Way(row.way)],
        "open": draft and may(user, Permission.WORK_CASES),
        "acts": buttons(user, row),
        "adding": correct_adding.offered(row.kind) if draft else (),
        "title": f"Correct claim {row.control_number}",
        "who": words.turned(row.claim.patient),
        "back": reverse("web:case", args=[row.case_id]) if row.case_id else "",
    }


def _tried(row: Correction, edits: Sequence[Edit]) -> tuple[Draft, dict[str, list[Note]]]:
    """A draft with all edits that can be made, and why the others cannot."""
    original, draft = corrected.as_sent(row.claim, dispatch.read_span), draft_of(row)
    try:
        return corrected.with_edits(original, draft, edits), {}
    except EditError as error:
        if len(edits) == 1:
            return draft, _refused(error)
    notes: dict[str, list[Note]] = {}
    for each in edits:
        try:
            draft = corrected.with_edits(original, draft, [each])
        except EditError as error:
            notes |= _refused(error)
    return draft, notes


def _refused(error: EditError) -> dict[str, list[Note]]:
    """Why edits of fields cannot be made, by the key of the field."""
    told = {each.place.key: each.text for each in error.refusals if each.place.element}
    return {key: [Note("late", text[:1].upper() + text[1:])] for key, text in told.items()}


def _seen(request: HttpRequest, row: Correction) -> Seen:
    """What somebody typed, against the version that they saw."""
    typed = {name.removeprefix(TYPED): str(text) for name, text in request.POST.items() if name.startswith(TYPED)}
    draft = draft_of(row)
    if (saw := number(request.POST.get("seen", ""))) and saw != row.number:
        then = Version.objects.filter(correction=row, number=saw).first()
        draft = draft_of(then) if then else draft
    original = corrected.as_sent(row.claim, dispatch.read_span)
    claim = corrected.as_corrected(original, draft)
    lines = origins(draft.edits, len(original.lines))
    groups = laid(original, claim, lines, Shown(most=len(claim.lines) or 1))
    own = {
        each.key: typed[each.key] for each in fields(groups) if typed.get(each.key, each.value).strip() != each.value
    }
    edits, wrong = asked(claim, groups, own)
    notes: dict[str, list[Note]] = {}
    for each in wrong:
        notes.setdefault(each.place.key, []).append(Note("late", each.text))
    return Seen(own, edits, notes)


# --- doing ------------------------------------------------------------------------------------------------------------


def _done(request: HttpRequest, key: int) -> HttpResponse:
    """Keep what was typed, and do what the button says."""
    name, _, argument = request.POST.get("do", "save").partition(":")
    act = ACTS.get(name)
    if act is None:
        raise Http404("There is no such button.")
    office.insist(request, act.needs, "Your role does not include this.")
    row = _row(request, key, part=True)
    given, user, seen = Given(argument, request.POST), office.user_of(request), Seen({}, [], {})
    version, row.version = row.version, number(request.POST.get("version", ""))
    try:
        seen = _seen(request, row) if row.stage == Stage.DRAFT else seen
        if seen.notes:
            row.version = version
            return _page(request, row, seen)
        row = keep(user, row, [*seen.edits, *edits_of(row, act, given, seen.edits)], name)
        seen = Seen({}, [], {})
        row = act.do(user, row, given) if act.do else row
    except (ActionError, EditError) as error:
        notes = _refused(error) if isinstance(error, EditError) else {}
        return _page(request, _rows(user).get(pk=key), seen._replace(notes=notes), error)
    if told := said(act, row):
        messages.success(request, told)
    return redirect(_onward(request, row, name, argument))


def _onward(request: HttpRequest, row: Correction, name: str, argument: str) -> str:
    lines = argument if name == "lines" else request.GET.get("lines", "")
    path = reverse("web:correction", args=[row.pk])
    return f"{path}?lines={number(lines)}" if number(lines) else path
