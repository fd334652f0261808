"""Answers of which no claim is known for certain: a person sees what fits, and why, and decides."""

from typing import Any, NamedTuple

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reclaim import reception
from reclaim.people import events
from reclaim.people.access import Permission, may, visible_to
from reclaim.people.actions import PeopleError
from reclaim.people.models import User
from reclaim.record import claim_list
from reclaim.record.files import FilesError
from reclaim.record.matching import WEIGHED, Weighed
from reclaim.record.models import Adjudication, Claim
from reclaim.record.models.claims import Doubt, Uncertain
from reclaim.web import office, words
from reclaim.web.claims import Row as ClaimRow
from reclaim.web.claims import row as claim_row
from reclaim.web.parts import Place, Tab, number, pager, place_in

PAGE = 50
TABS = (
    (Doubt.AMBIGUOUS, "Several claims fit", "These wait for a person: more than one claim fits."),
    (Doubt.UNMATCHED, "No claim fits", "As soon as a claim comes in that fits, the answer is matched by itself."),
    (Doubt.LIKELY, "Likely", "Matched already, by less than the number of the claim. Look here when something is odd."),
)
SURE, FAIR = 90, 70
"""Percent of confidence from which a match is called sure, and fairly sure."""
SAYS_WHY = "Say in a few words how you know: whoever looks next can follow it."


class Row(NamedTuple):
    """An answer as the list shows it."""

    row: Uncertain
    answer: Adjudication
    kind: str
    patient: str


class Candidate(NamedTuple):
    """A claim beside an answer."""

    row: ClaimRow
    patient: str
    confidence: int
    sure: str  # in words
    tone: str
    reasons: tuple[str, ...]
    same_charge: bool
    same_day: bool
    same_patient: bool


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """The answers that are uncertain, by how."""
    user = office.user_of(request)
    rows = visible_to(user, Uncertain)
    counts = dict(rows.values_list("doubt").annotate(Count("pk")).order_by())
    asked = request.GET.get("doubt", "")
    usual = next((doubt for doubt, _, _ in TABS if counts.get(doubt)), Doubt.AMBIGUOUS)
    doubt = asked if asked in Doubt.values else usual
    total = counts.get(doubt, 0)
    here = place_in(request, "page", total, PAGE)
    beside = ("adjudication__remittance__payer", "adjudication__claim")
    shown = list(rows.filter(doubt=doubt).select_related(*beside).order_by("-pk")[(here - 1) * PAGE : here * PAGE])
    path = f"{reverse('web:unmatched')}?doubt={doubt}"
    context = {
        "rows": [_row(each, user) for each in shown],
        "tabs": [
            Tab(label, counts.get(each, 0), each == doubt, f"{reverse('web:unmatched')}?doubt={each}")
            for each, label, _ in TABS
        ],
        "doubt": doubt,
        "about": next(said for each, _, said in TABS if each == doubt),
        "any": sum(counts.values()),
        "claims": visible_to(user, Claim).exists(),
        "pager": pager(Place(path, "page", here, PAGE), len(shown), total, "answers"),
        "names": may(user, Permission.SEE_PATIENTS),
    }
    return office.page(request, "unmatched.html", context)


@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, answer_id: int) -> HttpResponse:
    """One answer beside the claims that fit; a form decides."""
    rows = visible_to(office.user_of(request), Adjudication)
    beside = ("organization", "remittance__payer", "remittance__file", "claim", "uncertain")
    found = rows.select_related(*beside).filter(pk=answer_id).first()
    if found is None:
        raise Http404("There is no such answer.")
    if request.method != "POST":
        return _page(request, found)
    office.insist(request, Permission.WORK_CASES, "Deciding about answers is not part of your role.")
    chosen, why = request.POST.get("claim", ""), request.POST.get("why", "")[:300]
    if not chosen:
        return _page(request, found, "Choose the claim, or say that it is none of yours.", why)
    claim = None if chosen == "none" else office.found(request, Claim, number(chosen))
    try:
        reception.decide(office.user_of(request), found, claim, why)
    except PeopleError as error:
        return _page(request, found, str(error), why, chosen)
    said = f"The answer is matched to {claim.control_number}." if claim else "The answer is none of yours."
    messages.success(request, f"{said} Nothing changes that by itself; on its page it can be taken back.")
    return redirect("web:unmatched")


@require_POST
def anew(request: HttpRequest, answer_id: int) -> HttpResponse:
    """Take a decision back."""
    office.insist(request, Permission.WORK_CASES, "Deciding about answers is not part of your role.")
    found = office.found(request, Adjudication, answer_id)
    try:
        reception.decide_anew(office.user_of(request), found)
    except PeopleError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "Taken back: its claim was looked for anew.")
    return redirect("web:unmatched_answer", answer_id)


def _row(each: Uncertain, user: User) -> Row:
    patient = words.masked(each.patient) if each.patient and may(user, Permission.SEE_PATIENTS) else ""
    return Row(each, each.adjudication, words.kind(each.adjudication.kind), patient)


def _page(
    request: HttpRequest, found: Adjudication, trouble: str = "", why: str = "", chosen: str = ""
) -> HttpResponse:
    user, sought = office.user_of(request), _number(request.GET.get("number", ""))
    try:
        weighed, unread = ([] if sought else reception.weigh(found)), False
    except (FilesError, OSError, ValueError):
        weighed, unread = [], True
    doubt: Uncertain | None = getattr(found, "uncertain", None)
    fits = [_candidate(each, doubt, found, user) for each in weighed]
    entries = [
        events.Entry("viewed_claim", each.claim, {"beside": f"record.adjudication:{found.pk}"}) for each in weighed
    ]
    events.record_many(found.organization, user, entries)
    context: dict[str, Any] = {
        "answer": found,
        "kind": words.kind(found.kind),
        "doubt": doubt,
        "patient": _name(doubt.patient if doubt else "", user),
        "fits": fits,
        "most": WEIGHED,
        "others": [claim_row(each, user) for each in _numbered(user, sought)],
        "number": sought,
        "unread": unread,
        "by_hand": found.matched == "hand",
        "works": may(user, Permission.WORK_CASES),
        "trouble": trouble,
        "why": why,
        "chosen": number(chosen),
        "none": chosen == "none",
        "help": SAYS_WHY,
        "today": timezone.localdate(),
    }
    return office.page(request, "unmatched_answer.html", context)


def _number(text: str) -> str:
    return "".join(filter(str.isprintable, text)).strip()[:60]


def _numbered(user: User, wanted: str) -> list[Claim]:
    """Claims with a number that somebody typed, ours or the payer's: these stand beside the answer, and no others."""
    if not wanted:
        return []
    rows = visible_to(user, Claim)
    found = claim_list.searched(rows, wanted, names=False)
    return list(rows.filter(pk__in=found.ids[:WEIGHED]).select_related("batch").order_by("-pk"))


def _candidate(each: Weighed, doubt: Uncertain | None, found: Adjudication, user: User) -> Candidate:
    claim, sure = each.claim, each.confidence
    said, tone = ("sure", "good") if sure >= SURE else ("fairly sure", "soon") if sure >= FAIR else ("unsure", "late")
    return Candidate(
        claim_row(claim, user),
        _name(claim.patient, user),
        sure,
        said,
        tone,
        each.reasons,
        found.charge is not None and claim.charge == abs(found.charge),
        bool(doubt and doubt.service_from and doubt.service_from == claim.service_from),
        bool(doubt and doubt.patient and doubt.patient.upper() == claim.patient.upper()),
    )


def _name(patient: str, user: User) -> str:
    return words.turned(patient) if patient and may(user, Permission.SEE_PATIENTS) else ""
