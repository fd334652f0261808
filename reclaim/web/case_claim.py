"""The claim of a case: what is wrong on it, as it was sent and as it was answered; its versions, proof, and others.

Parts of the page of the case, and pages of their own without script. Whoever sees them leaves an event.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from reclaim.desk import cases, corrected, explaining, inquiring, proving, stories
from reclaim.desk.acting import ACTIONS, ActionError
from reclaim.desk.cases import Answered, Judged
from reclaim.desk.models import Case
from reclaim.people import events
from reclaim.people.access import Permission, may, visible_to
from reclaim.people.models import User
from reclaim.record.models import Acknowledgement, Claim
from reclaim.rules.sent import Party, Sent, SentLine, Value, sent
from reclaim.web import case as case_page
from reclaim.web import office, words
from reclaim.web.correct_values import read as as_read
from reclaim.web.parts import is_part

LATELY = timedelta(minutes=10)
SHOWN = 12
"""Versions, acknowledgments, and other claims of the patient."""
MARKED = 0.2
"""Confidence from which a fault is marked on the claim; the first one is in any case."""
READ = case_page.read_span


class Piece(NamedTuple):
    """A value of the claim; marked where it may be what is wrong."""

    text: str
    marked: bool = False


class Told(NamedTuple):
    """Something of the claim with its name."""

    name: str
    pieces: list[Piece]


class Pair(NamedTuple):
    """A line as it was sent, beside what was answered."""

    number: int
    sent: SentLine | None  # None: the payer answered what was not sent
    procedure: list[Piece]
    revenue: list[Piece]
    pointers: list[Piece]
    units: list[Piece]
    answers: list[Answered]  # one, or several where the payer answered in pieces; none: it was not answered

    @property
    def other(self) -> str:
        """The procedure that the payer paid by, where it is another one."""
        answered = next((each.line.procedure for each in self.answers if each.line), "")
        own = self.sent.procedure.text if self.sent else ""
        return answered if answered not in (own, "") and self.sent and own else ""

    @property
    def paid(self) -> Decimal:
        """US dollars, of all answers."""
        return sum((each.line.paid or Decimal(0) for each in self.answers if each.line), Decimal(0))

    @property
    def patient(self) -> Decimal:
        """The patient's share."""
        return sum((each.patient for each in self.answers), Decimal(0))

    @property
    def denied(self) -> Decimal:
        """What is denied."""
        return sum((each.denied for each in self.answers), Decimal(0))


@require_GET
def page(request: HttpRequest, case_id: int) -> HttpResponse:
    """What is wrong on the claim, and the claim line by line as it was sent and answered."""
    user, case = _case(request, case_id)
    claim = corrected.claim_of(case)
    context: dict[str, Any] = {"case": case, "claim": claim, "today": timezone.localdate()}
    if claim is None:
        return HttpResponse(status=204) if is_part(request) else render(request, "case_claim.html", context)
    events.record(case.organization, user, "viewed_claim", case, {"claim": claim.pk})
    try:
        context |= _laid(case, claim, user)
    except ActionError as error:
        context["trouble"] = str(error)
    return render(request, "case_claim.html#part" if is_part(request) else "case_claim.html", context)


@require_GET
def beside(request: HttpRequest, case_id: int) -> HttpResponse:
    """Versions of the claim with what was said of them, proof of timely filing, and other claims of the patient."""
    user, case = _case(request, case_id)
    claim = corrected.claim_of(case)
    if claim is None:
        return HttpResponse(status=204) if is_part(request) else render(request, "case_claims.html", {"case": case})
    if not events.lately(user, "viewed_claim", case, LATELY):
        events.record(case.organization, user, "viewed_claim", case, {"claim": claim.pk})
    story = stories.story_of(claim)
    versions = list(story.versions) if story else [claim]
    said = visible_to(user, Acknowledgement).filter(claim__in=versions).order_by("-day", "-pk")
    others = visible_to(user, Claim).filter(member_id=claim.member_id or "-", patient=claim.patient)
    others = others.exclude(pk__in=[each.pk for each in versions]).order_by("-sent_on", "-pk")
    rows = list(others[: SHOWN + 1])
    context = {
        "case": case,
        "claim": claim,
        "versions": versions[-SHOWN:][::-1],
        "said": [(each, _codes(each.codes)) for each in said[:SHOWN]],
        "proofs": proving.proofs(versions)[:3],
        "others": rows[:SHOWN],
        "more": len(rows) > SHOWN,
    }
    return render(request, "case_claims.html#part" if is_part(request) else "case_claims.html", context)


def _case(request: HttpRequest, key: int) -> tuple[User, Case]:
    user = office.user_of(request)
    if not may(user, Permission.SEE_PATIENTS):
        raise PermissionDenied("A claim holds the patient's data: your role does not include it.")
    return user, get_object_or_404(cases.one(visible_to(user, Case)), pk=key)


def _codes(codes: str) -> list[str]:
    return [words.meaning(each) for each in codes.split()]


def _laid(case: Case, claim: Claim, user: User) -> dict[str, Any]:
    today = timezone.localdate()
    facts = sent(corrected.as_sent(claim, READ))
    opened = cases.open_file(case, today, READ)
    explained = explaining.explained_of(case, claim, READ, today)
    faults = explained.faults if explained else ()
    marks = {each.place.key for at, each in enumerate(faults) if each.place and (not at or each.confidence >= MARKED)}
    pairs, whole = _pairs(facts, opened.pieces, marks)
    question = explained.question if explained else None
    return {
        "faults": faults,
        "question": question,
        "letter": inquiring.letter(case, claim, question, today) if question else "",
        "asks": question is not None and not ACTIONS["ask_status"].hindrance(user, case),
        "corrects": may(user, Permission.WORK_CASES) and case.state == "open",
        "head": list(_head(facts, marks)),
        "pairs": pairs,
        "whole": whole,
        "pieces": opened.pieces,
        "sums": _sums(pairs, whole),
        "line_days": len({each.service.text for each in facts.lines}) > 1,
        "sure": bool(faults) and question is None,
    }


def _sums(pairs: Sequence[Pair], whole: Sequence[Answered]) -> dict[str, Decimal]:
    zero, answers = Decimal(0), [*whole, *(one for each in pairs for one in each.answers)]
    return {
        "charge": sum(((each.sent.charge.amount or zero) for each in pairs if each.sent), zero),
        "paid": sum((each.paid for each in pairs), zero),
        "patient": sum((each.patient for each in answers), zero),
        "denied": sum((each.denied for each in answers), zero),
    }


# --- side by side -----------------------------------------------------------------------------------------------------


def _pairs(facts: Sent, pieces: Iterable[Judged], marks: set[str]) -> tuple[list[Pair], list[Answered]]:
    """Lines as sent beside their answers, and what was answered of the claim as a whole."""
    answers = [each for piece in pieces for each in piece.lines]
    left, pairs = [each for each in answers if each.line], list[Pair]()
    for line in facts.lines:
        own = _answers_of(line, left, facts)
        left = [each for each in left if each not in own]
        procedure = (line.procedure, *line.modifiers, line.next_modifier)
        pairs.append(
            Pair(
                line.number,
                line,
                [_piece(each, marks) for each in dict.fromkeys(procedure) if each or each.place.key in marks],
                [_piece(line.revenue_code, marks)] if line.revenue_code else [],
                [_piece(each, marks, as_read(each.text, "pointers")) for each in line.pointers],
                [_piece(line.units, marks)] if line.units or line.units.place.key in marks else [],
                own,
            )
        )
    pairs += [Pair(0, None, [], [], [], [], [each]) for each in left]
    return pairs, [each for each in answers if each.line is None]


def _answers_of(line: SentLine, answers: Sequence[Answered], facts: Sent) -> list[Answered]:
    """The answers to a line: by its number, else by what it bills, else by its place where all lines were answered."""
    number = line.control_number.text
    by_number = [each for each in answers if number and each.line and each.line.control_number == number]
    if by_number:
        return by_number
    alike = [
        each
        for each in answers
        if each.line and (each.line.procedure, each.line.charge) == (line.procedure.text, line.charge.amount)
    ]
    if alike:
        return alike[:1]
    same = len(facts.lines) == 1 and len(answers) == 1
    return list(answers) if same else []


def _piece(value: Value, marks: set[str], text: str = "") -> Piece:
    marked = value.place.key in marks
    return Piece(text or value.text or "missing", marked)


def _head(facts: Sent, marks: set[str]) -> Iterator[Told]:
    """What stands on the claim as a whole, by its names; values that may be wrong are marked, missing ones too."""
    insured, patient = facts.subscriber, facts.patient
    told: list[tuple[str, list[Value]]] = [
        ("Payer", [facts.payer, facts.payer_id]),
        ("Insured", [insured.first, insured.last]),
        ("Member ID", [insured.member_id]),
        ("Group", [facts.group]),
        *([("Patient", [patient.first, patient.last])] if patient is not insured else []),
        ("Relationship", [facts.relationship]),
        ("Born, sex", [patient.birth, patient.sex]),
        *_parties(facts),
        ("Place of service" if facts.form != "I" else "Type of bill", [facts.place_of_service]),
        ("Diagnoses", [each.code for each in facts.diagnoses]),
        ("Authorization", [facts.authorization]),
        ("Referral", [facts.referral]),
        ("Replaces", [facts.replaces]),
        ("Order of payers", [facts.order]),
        *((f"Other payer {each.order.text}", [each.payer, each.paid]) for each in facts.others),
        *(("Attachment", [each.type, each.control_number]) for each in facts.attachments),
    ]
    for name, values in told:
        pieces = [_known(each, marks) for each in values if each or each.place.key in marks]
        if pieces:
            yield Told(name, pieces)


def _parties(facts: Sent) -> Iterator[tuple[str, list[Value]]]:
    roles: tuple[tuple[str, Party], ...] = (
        ("Billed by", facts.billing),
        ("Rendered by", facts.rendering),
        ("Referred by", facts.referring),
        ("Attending", facts.attending),
        ("Operating", facts.operating),
        ("Place of care", facts.facility),
    )
    for name, party in roles:
        yield name, [party.first, party.last, party.npi, party.taxonomy, party.tax_id]


def _known(value: Value, marks: set[str]) -> Piece:
    date_of = value.place.segment.startswith("DMG") and value.place.element == 2
    return _piece(value, marks, as_read(value.text, "date") if date_of else "")
