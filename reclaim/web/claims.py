"""Sent claims: the list of them, and one with its elements, acknowledgments, answers, versions and cases."""

import secrets
from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet, prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from reclaim import dispatch
from reclaim.desk.acting import ActionError
from reclaim.desk.asking import ask_status
from reclaim.desk.corrected import as_sent
from reclaim.desk.models import APART, Case, Correction, State, StatusRequest
from reclaim.desk.proving import proofs
from reclaim.desk.stories import story_of
from reclaim.people import events
from reclaim.people.access import Permission, may, visible_to
from reclaim.people.models import User
from reclaim.record import claim_list
from reclaim.record.claim_list import PAGE, Ask
from reclaim.record.models import Acknowledgement, Adjudication, Claim, Standing, Verdict
from reclaim.rules import claim_status
from reclaim.rules.matching import BY_HAND, REASONS, How
from reclaim.web import correct_forms, office, words
from reclaim.web.correct_forms import Group, Shown
from reclaim.web.parts import Tab, is_part, number
from reclaim.web.question import FINDS, FINDS_KEPT

STANDINGS = {
    Standing.SENT: ("Sent", "Nobody has said that it arrived", ""),
    Standing.RECEIVED: ("File taken", "The file arrived; of the claim nothing is known", ""),
    Standing.ACCEPTED: ("Accepted", "It was taken in and waits for a decision", "good"),
    Standing.REJECTED: ("Rejected", "It never got in: correct it and send it again", "late"),
    Standing.ANSWERED: ("Answered", "The payer decided", ""),
}
"""Where a claim stands: in a word, in a sentence, and how it looks."""
FREQUENCIES = {"1": "", "7": "replacement", "8": "void", "Q": "reopening"}
KINDS = {"837P": "Professional", "837I": "Institutional", "837D": "Dental"}
VERDICTS = {Verdict.REJECTED: "late", Verdict.ACCEPTED: "good", Verdict.PENDING: "soon", Verdict.INFORMATION: "soon"}
MOST = 50
"""Acknowledgments, answers, versions and cases of one claim that are shown; that there are more is said."""
LINES = 50
LATELY = timedelta(minutes=10)
"""So long after the page of a claim was opened, its parts leave no event of their own."""


class Row(NamedTuple):
    """A claim as lists show it."""

    claim: Claim
    standing: str
    tone: str
    patient: str
    note: str  # "replacement"
    since: date | None  # when it came to stand there


class Told(NamedTuple):
    """An acknowledgment of a claim, or of the file it stood in."""

    kind: str
    day: date | None
    words: str
    tone: str
    codes: list[tuple[str, str]]
    file: int


class Answer(NamedTuple):
    """What a payer decided of it."""

    row: Adjudication
    kind: str
    how: str  # it was found, in words; "" where its number told
    by_hand: bool
    case: Case | None


# --- the list ---------------------------------------------------------------------------------------------------------


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """The claims, the newest first."""
    user, ask = office.user_of(request), Ask.of(request.GET)
    claims, find = visible_to(user, Claim), request.GET.get("find", "")
    sought = request.session.get(FINDS, {}).get(find, "") if find else ""
    cut, narrowed = False, claims
    if sought:
        found = claim_list.searched(claims, sought, names=may(user, Permission.SEE_PATIENTS))
        cut, narrowed = found.cut, claims.filter(pk__in=found.ids)
    counts = claim_list.counts(narrowed, ask.payer)
    before = number(request.GET.get("before", ""))
    rows = claim_list.page(narrowed, ask, before)
    total = counts.get(ask.standing, 0) if ask.standing else sum(counts.values())
    at = min(number(request.GET.get("at", "")), total)
    kept = f"find={find}" if sought else ""
    context = {
        "rows": [row(each, user) for each in rows[:PAGE]],
        "tabs": _tabs(ask, counts, kept),
        "payers": claim_list.payers(office.house_of(request)) if not sought else [],
        "ask": ask,
        "sought": sought,
        "cut": cut,
        "found": claim_list.FOUND,
        "any": bool(before or sought or ask.payer or total or sum(counts.values())),
        "total": total,
        "first": at + 1,
        "last": at + len(rows[:PAGE]),
        "newest": _address(ask, kept) if before else "",
        "older": _address(ask, kept, f"before={rows[PAGE - 1].pk}&at={at + PAGE}") if len(rows) > PAGE else "",
        "unsought": _address(ask),
        "today": timezone.localdate(),
        "names": may(user, Permission.SEE_PATIENTS),
    }
    return office.page(request, "claims.html", context)


@require_POST
def search(request: HttpRequest) -> HttpResponse:
    """Search: what was typed may be a patient's, so the session keeps it and the address gets a key."""
    text = "".join(filter(str.isprintable, request.POST.get("q", ""))).strip()[:60]
    if not text:
        return redirect("web:claims")
    key = secrets.token_urlsafe(6)
    before = list(request.session.get(FINDS, {}).items())[1 - FINDS_KEPT :]
    request.session[FINDS] = dict([*before, (key, text)])
    return redirect(f"{reverse('web:claims')}?find={key}")


def row(claim: Claim, user: User) -> Row:
    """How lists show a claim."""
    label, _, tone = STANDINGS[Standing(claim.standing)]
    since = {
        Standing.RECEIVED: claim.received_on,
        Standing.ACCEPTED: claim.accepted_on,
        Standing.REJECTED: claim.rejected_on,
        Standing.ANSWERED: claim.answered_on,
    }.get(Standing(claim.standing), claim.sent_on)
    patient = words.masked(claim.patient) if may(user, Permission.SEE_PATIENTS) else ""
    return Row(claim, label, tone, patient, FREQUENCIES.get(claim.frequency, f"frequency {claim.frequency}"), since)


def _tabs(ask: Ask, counts: dict[str, int], kept: str) -> list[Tab]:
    every = Tab("All", sum(counts.values()), not ask.standing, _address(ask, kept, standing=""))
    tabs = [
        Tab(label, counts.get(each, 0), ask.standing == each, _address(ask, kept, standing=each))
        for each, (label, _, _) in STANDINGS.items()
    ]
    return [every, *tabs]


def _address(ask: Ask, *more: str, **changed: str) -> str:
    said = "&".join(filter(None, (ask.address(**changed), *more)))
    return f"{reverse('web:claims')}?{said}" if said else reverse("web:claims")


# --- one claim --------------------------------------------------------------------------------------------------------


@require_GET
def claim(request: HttpRequest, claim_id: int) -> HttpResponse:
    """One claim as it was sent; that it was opened is an event. What became of it are parts of its page."""
    user, found = _found(request, claim_id)
    named = may(user, Permission.SEE_PATIENTS)
    events.record(found.organization, user, "viewed_claim", found)
    context = {
        "row": row(found, user),
        "claim": found,
        "said": STANDINGS[Standing(found.standing)][1],
        "kind": KINDS.get(found.kind, found.kind),
        "patient": words.turned(found.patient) if named else words.masked(found.patient),
        "named": named,
        "groups": _elements(found) if named else None,
        "may_correct": may(user, Permission.WORK_CASES) and named and not found.test,
        "today": timezone.localdate(),
    }
    return office.page(request, "claim.html", context)


@require_GET
def way(request: HttpRequest, claim_id: int) -> HttpResponse:
    """How far a claim came: acknowledgments, the proof of timely filing, versions."""
    user, found = _opened(request, claim_id)
    versions = _versions(found)
    taken = found.accepted_on or found.received_on
    context = {
        "claim": found,
        "told": _told(found),
        "may_see_files": may(user, Permission.SEE_FILES),
        "versions": [row(each, user) for each in versions],
        "proof": next(iter(proofs(versions)), None) if taken else None,
        "correction": visible_to(user, Correction).filter(result=found).first(),
    }
    return _part(request, "claim_way.html", context)


@require_GET
def outcome(request: HttpRequest, claim_id: int) -> HttpResponse:
    """What was decided of a claim: answers, its cases, questions about its status."""
    user, found = _opened(request, claim_id)
    story = story_of(found)
    versions = [each.pk for each in story.versions] if story else [found.pk]
    answers = list(_answers(found, user))
    cases = _cases(user, {*versions} - {found.pk}, {*(each.key for each in answers), *(story.keys if story else ())})
    of_key = {each.key: each for each in cases}
    context = {
        "claim": found,
        "answers": [_answer(each, of_key.get(each.key)) for each in answers],
        "cases": cases,
        "asked": visible_to(user, StatusRequest).filter(claim__in=versions).order_by("-pk")[:MOST],
        "asks": _asks(user, cases),
    }
    return _part(request, "claim_outcome.html", context)


def _found(request: HttpRequest, key: int) -> tuple[User, Claim]:
    user = office.user_of(request)
    found = visible_to(user, Claim).select_related("organization", "batch", "file", "original").filter(pk=key).first()
    if found is None:
        raise Http404("There is no such claim.")
    return user, found


def _opened(request: HttpRequest, key: int) -> tuple[User, Claim]:
    """A claim whose page was opened; who comes another way opens it now."""
    user, found = _found(request, key)
    if not events.lately(user, "viewed_claim", found, LATELY):
        events.record(found.organization, user, "viewed_claim", found)
    return user, found


def _part(request: HttpRequest, name: str, context: Mapping[str, Any]) -> HttpResponse:
    return render(request, f"{name}#part", context) if is_part(request) else office.page(request, name, context)


def _elements(found: Claim) -> list[Group] | None:
    """The claim as its form has it; None when its bytes cannot be had."""
    try:
        sent = as_sent(found, dispatch.read_span)
    except ActionError:
        return None
    groups = correct_forms.laid(sent, sent, range(1, len(sent.lines) + 1), Shown(most=LINES))
    return [group for group in groups if any(field.value for part in group.parts for field in part.fields)]


def _told(found: Claim) -> list[Told]:
    """What was said of the claim, and of its file, in the order of the days."""
    own = Acknowledgement.objects.filter(claim=found).order_by("day", "pk")[:MOST]
    told = [*map(_of, own), *map(_of, _of_file(found))]
    return sorted(told, key=lambda each: each.day or date.min)


def _of_file(found: Claim) -> Iterable[Acknowledgement]:
    """TA1 and 999 of the days on which its file was taken or refused."""
    days = [day for day in (found.received_on, found.batch.rejected_on) if day]
    numbers = Q(interchange=found.batch.interchange) & ~Q(interchange="")
    numbers |= Q(group=found.batch.group) & ~Q(group="")
    if not days:
        return ()
    rows = Acknowledgement.objects.filter(numbers, organization=found.organization, claim=None, segment="")
    return rows.filter(day__in=days).order_by("pk")[:MOST]


def _of(each: Acknowledgement) -> Told:
    codes = [(code, claim_status.words(code)) for code in each.codes.split() if claim_status.is_status(code)]
    what = "The file" if each.kind in ("TA1", "999") else "The claim"
    said = f"{what}: {each.get_verdict_display().lower()}"
    return Told(each.kind, each.day, said, VERDICTS.get(Verdict(each.verdict), ""), codes, each.file_id)


def _answers(found: Claim, user: User) -> QuerySet[Adjudication]:
    rows = visible_to(user, Adjudication).filter(claim=found).select_related("remittance__payer", "remittance__file")
    return rows.order_by("day", "pk")[:MOST]


def _answer(each: Adjudication, case: Case | None) -> Answer:
    return Answer(each, words.kind(each.kind), _how(each), each.matched == BY_HAND, case)


def _how(each: Adjudication) -> str:
    if each.matched == BY_HAND:
        return "matched by a person"
    return "" if each.matched in ("", How.EXACT) else REASONS.get(How(each.matched), "")


def _versions(found: Claim) -> list[Claim]:
    """All that was sent of it, the oldest first; of very many the newest."""
    story = story_of(found)
    versions = list(story.versions[-MOST:]) if story else [found]
    prefetch_related_objects(versions, "batch")
    return versions


def _cases(user: User, claims: Collection[int], keys: Iterable[str]) -> list[Case]:
    """The cases of some keys, and of the answers to other versions of the claim."""
    answered = Adjudication.objects.filter(claim__in=claims).values_list("key", flat=True)
    every = {*keys, *(answered[:MOST] if claims else ())}
    rows = visible_to(user, Case).filter(key__in=every)
    return list(rows.select_related("payer", "organization").order_by("pk")[:MOST])


def _asks(user: User, cases: Iterable[Case]) -> Case | None:
    """The case by which the payer can be asked for the status of the claim; None when there is none."""
    open_ = [each for each in cases if each.state == State.OPEN]
    if not may(user, Permission.WORK_CASES):
        return None
    ordered = sorted(open_, key=lambda each: each.kind not in APART)
    return next((each for each in ordered if not ask_status.hindrance(user, each)), None)
