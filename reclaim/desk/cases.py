"""One case as people read it: everything that the rows know, and what the rules say of its bytes today. Reads only."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import QuerySet

from reclaim import journey
from reclaim.desk.models import Case
from reclaim.record.again import claim_again
from reclaim.record.files import FilesError
from reclaim.record.models import Adjudication, File
from reclaim.rules import deadlines
from reclaim.rules.bearing import Bearing, bearing
from reclaim.rules.facts import Adjustment, Claim, Denial, Identification, Kind, Line, Reason
from reclaim.rules.identify import identify, takeback
from reclaim.rules.money import ZERO
from reclaim.rules.payers import line_of_business
from reclaim.rules.reversals import REVERSED

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
    """What the rules say today of the answer that denied."""

    denial: Denial
    lines: tuple[Answered, ...]
    gaps: tuple[Reason, ...]  # last days that cannot be counted, and why
    cost: Decimal  # of the work, as the priority counts it


class CaseFile(NamedTuple):
    """A case with all that belongs to it."""

    case: Case
    answers: list[Adjudication]  # the newest first
    more_answers: bool  # there are more than these
    judged: Judged | None  # None: the bytes of the denial cannot be read
    trouble: str  # why not, in words


def one(cases: QuerySet[Case]) -> QuerySet[Case]:
    """Cases with all that the page of one needs from other tables."""
    return cases.select_related(
        "payer", "owner", "organization", "denial__remittance__file", "denial__remittance__payer"
    )


def open_file(case: Case, today: date, read: ReadSpan) -> CaseFile:
    """Lay out a case (see `one`); one query.

    Args:
        case: a case that the caller may see.
        today: from which days are counted.
        read: gets the bytes of the denial.
    """
    found = list(answers(case)[: ANSWERS_SHOWN + 1])
    judged, trouble = None, ""
    try:
        judged = judge(case, today, read)
    except (FilesError, OSError, ValueError) as error:
        trouble = type(error).__name__
    return CaseFile(case, found[:ANSWERS_SHOWN], len(found) > ANSWERS_SHOWN, judged, trouble)


def answers(case: Case) -> QuerySet[Adjudication]:
    """Every answer of the payer to the claim of a case that the caller may see, newest first."""
    every = Adjudication.objects.filter(organization=case.organization_id, key=case.key)
    return every.select_related("remittance__file").order_by("-day", "-remittance__trace_number", "-position")


def judge(case: Case, today: date, read: ReadSpan) -> Judged:
    """Read the denial of a case again from its file and judge it as of today.

    Raises:
        FilesError, OSError, ValueError: the bytes cannot be had, or hold no claim.
    """
    claim = claim_again(_bytes(case.denial, read), case.denial.remittance).claim
    denial = journey.judge(claim, _identified(claim, case.kind), today)
    line = line_of_business(claim.filing_indicator, claim.remittance.payer)
    priority = denial.priority
    cost = max(priority.chance * denial.identification.denied_amount - priority.expected, ZERO)
    return Judged(
        denial,
        tuple(_answered(claim, denial.identification)),
        deadlines.gaps(claim, denial.classification, denial.plan, line),
        cost.quantize(ZERO),
    )


def segments(answer: Adjudication, read: ReadSpan) -> list[str]:
    """The segments of an answer as the payer sent them, one text each; odd characters are replaced."""
    text = _bytes(answer, read).decode("utf-8", errors="replace")
    parts = text.split(answer.remittance.separators[2:3] or "~")
    return [said for each in parts if (said := each.strip())]


def _bytes(answer: Adjudication, read: ReadSpan) -> bytes:
    return read(answer.remittance.file, answer.start, min(answer.end, answer.start + LONGEST_CLAIM))


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
