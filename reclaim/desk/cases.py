"""One case as people read it: everything that the rows know, and what the rules say of its bytes today. Reads only."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import QuerySet

from reclaim import journey
from reclaim.desk.models import Case
from reclaim.record.again import claims_again
from reclaim.record.files import FilesError
from reclaim.record.models import Adjudication, File
from reclaim.rules import deadlines
from reclaim.rules.bearing import Bearing, bearing
from reclaim.rules.facts import Adjustment, Claim, Denial, Identification, Kind, Line, Reason
from reclaim.rules.identify import identify, takeback
from reclaim.rules.money import ZERO
from reclaim.rules.payers import line_of_business
from reclaim.rules.reversals import REVERSED
from reclaim.rules.settling import Answer, settle

ReadSpan = Callable[[File, int, int], bytes]
"""The bytes of a file from a place to another."""
ANSWERS_SHOWN = 50
LONGEST_CLAIM = 4 << 20
"""Bytes of one claim that are read to show it: a thousand times the usual."""


class Answered(NamedTuple):
    """One line as the payer answered it, or the claim as a whole. Money is US dollars."""

    number: int  # 0: adjustments of the claim as a whole
    line: Line | None
    allowed: Decimal | None  # charge less what contract and law take
    patient: Decimal  # the patient's share
    denied: Decimal
    adjustments: tuple[Adjustment, ...]
    remarks: tuple[str, ...]


class Judged(NamedTuple):
    """What the rules say today of an answer that denied."""

    answer: Adjudication
    denial: Denial
    lines: tuple[Answered, ...]
    gaps: tuple[Reason, ...]  # last days that cannot be counted, and why


class CaseFile(NamedTuple):
    """A case with all that belongs to it."""

    case: Case
    answers: list[Adjudication]  # the newest first
    more_answers: bool  # there are more than these
    pieces: tuple[Judged, ...]  # of the denial, the largest first; none: its bytes cannot be read

    @property
    def judged(self) -> Judged | None:
        """The denial, of several pieces the largest."""
        return self.pieces[0] if self.pieces else None


def one(cases: QuerySet[Case]) -> QuerySet[Case]:
    """Cases with all that the page of one needs from other tables."""
    return cases.select_related(
        "payer", "owner", "location", "organization", "denial__remittance__file", "denial__remittance__payer"
    )


def open_file(case: Case, today: date, read: ReadSpan) -> CaseFile:
    """Lay out a case (see `one`); one query.

    Args:
        case: a case that the caller may see.
        today: from which days are counted.
        read: gets the bytes of the denial.
    """
    found = list(answers(case)[: ANSWERS_SHOWN + 1])
    shown = found[:ANSWERS_SHOWN]
    try:
        judged = judge(case, today, read, denials(case, shown))
    except (FilesError, OSError, ValueError):
        judged = ()
    return CaseFile(case, shown, len(found) > ANSWERS_SHOWN, judged)


def answers(case: Case) -> QuerySet[Adjudication]:
    """Every answer of the payer to the claim of a case that the caller may see, newest first."""
    every = Adjudication.objects.filter(organization=case.organization_id, key=case.key)
    every = every.select_related("remittance__file", "remittance__payer")
    return every.order_by("-day", "-remittance__trace_number", "-position")


def denials(case: Case, known: Sequence[Adjudication]) -> list[Adjudication]:
    """The answers that are the denial of a case: one as a rule, several where the payer answered in pieces; or none.

    Args:
        case: whose denial stands first.
        known: answers to its claim, those that settle it among them.
    """
    settled = settle(map(_as_answer, known))
    if settled is None or settled.denial.id != case.denial_id:
        return [case.denial] if case.denial else []
    rows = {each.pk: each for each in known}
    return [rows[each.id] for each in settled.denials]


def judge(case: Case, today: date, read: ReadSpan, pieces: Sequence[Adjudication] | None = None) -> tuple[Judged, ...]:
    """Read the denial of a case again from its file and judge it as of today.

    Args:
        case: which.
        today: from which days are counted.
        read: gets the bytes.
        pieces: what the denial came in, see `denials`; the one that the case names when none is given.

    Raises:
        FilesError, OSError, ValueError: the bytes cannot be had, or hold no claim.
    """
    pieces = denials(case, ()) if pieces is None else pieces
    if not pieces:
        return ()
    claims = claims_again([(_bytes(each, read), each.remittance) for each in pieces])
    whole = len(pieces) == 1
    return tuple(
        _judged(each, again.claim, case.kind if whole or case.kind == Kind.TAKEBACK else "", today)
        for each, again in zip(pieces, claims, strict=True)
    )


def segments(answer: Adjudication, read: ReadSpan) -> list[str]:
    """The segments of an answer as the payer sent them, one text each; odd characters are replaced."""
    text = _bytes(answer, read).decode("utf-8", errors="replace")
    parts = text.split(answer.remittance.separators[2:3] or "~")
    return [said for each in parts if (said := each.strip())]


def _bytes(answer: Adjudication, read: ReadSpan) -> bytes:
    return read(answer.remittance.file, answer.start, min(answer.end, answer.start + LONGEST_CLAIM))


def _judged(answer: Adjudication, claim: Claim, kind: str, today: date) -> Judged:
    denial = journey.judge(claim, _identified(claim, kind), today)
    line = line_of_business(claim.filing_indicator, claim.remittance.payer)
    gaps = deadlines.gaps(claim, denial.classification, denial.plan, line)
    return Judged(answer, denial, tuple(_answered(claim, denial.identification)), gaps)


def _as_answer(row: Adjudication) -> Answer:
    order = row.day or date.min, row.remittance.trace_number, row.position
    money = row.paid or ZERO, row.denied, row.charge or ZERO
    return Answer(*order, row.kind, row.status, *money, row.payer_control_number, row.pk)


def _identified(claim: Claim, kind: str) -> Identification:
    """As the case has it: a takeback shows only beside the answers before it."""
    if claim.status == REVERSED:
        return takeback(claim)
    found = identify(claim)
    return found._replace(kind=Kind.TAKEBACK) if kind == Kind.TAKEBACK else found


def _answered(claim: Claim, found: Identification) -> Iterator[Answered]:
    if claim.adjustments or found.denied_at_claim:
        patient, _ = _shares(claim.adjustments)
        yield Answered(0, None, None, patient, found.denied_at_claim, claim.adjustments, claim.remarks)
    for number, (line, denied) in enumerate(zip(claim.lines, found.denied_lines, strict=True), 1):
        patient, contract = _shares(line.adjustments)
        allowed = None if line.charge is None or denied else line.charge - contract
        yield Answered(number, line, allowed, patient, denied, line.adjustments, line.remarks)


def _shares(adjustments: Sequence[Adjustment]) -> tuple[Decimal, Decimal]:
    """What adjustments put on the patient, and what they take by contract or law."""
    patient = sum((each.amount or ZERO for each in adjustments if each.group == "PR"), ZERO)
    contract = sum((each.amount or ZERO for each in adjustments if _by_contract(each)), ZERO)
    return patient, contract


def _by_contract(adjustment: Adjustment) -> bool:
    return adjustment.group != "PR" and bearing(adjustment.group, adjustment.carc) is Bearing.CONTRACT
