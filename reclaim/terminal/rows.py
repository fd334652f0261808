"""A denial as one flat row of plain values: what screens and spreadsheets show of it."""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from reclaim.rules.facts import Kind
from reclaim.rules.judged import Found
from reclaim.rules.names import masked
from reclaim.terminal import words


class Row(NamedTuple):
    """One denial; its first deadline stands for all. The names are the headings of spreadsheets."""

    file: str
    control_number: str
    payer_control_number: str
    patient: str  # initials, or the name when asked for
    payer: str
    status: str
    kind: str
    service_from: date | None
    service_to: date | None
    charge: Decimal | None
    paid: Decimal | None
    denied_amount: Decimal
    whole: bool
    codes: str
    meaning: str
    type: str
    cause: str
    department: str
    preventable: str
    next_step: str
    deadline_kind: str | None
    deadline: date | None
    deadline_source: str | None
    deadline_confirmed: bool | None
    expected: Decimal
    reason: str


def row(found: Found, *, show_patients: bool) -> Row:
    """The row of a denial."""
    known = found.denial
    claim, identified, sort = known.claim, known.identification, known.classification
    first = known.deadlines[0] if known.deadlines else None
    codes = words.codes(known)
    return Row(
        file=found.file,
        control_number=words.shown(claim.control_number),
        payer_control_number=words.shown(claim.payer_control_number),
        patient=words.shown(words.turned(found.patient) if show_patients else masked(found.patient)),
        payer=words.shown(claim.remittance.payer),
        status=claim.status,
        kind=identified.kind.value,
        service_from=claim.service_from,
        service_to=claim.service_to,
        charge=claim.charge,
        paid=claim.paid,
        denied_amount=identified.denied_amount,
        whole=identified.whole,
        codes=" ".join(codes),
        meaning=_meaning(codes, identified.kind) or words.why(known),
        type=sort.type,
        cause=sort.cause,
        department=sort.department,
        preventable=sort.preventable,
        next_step=known.plan.next.text,
        deadline_kind=first.kind if first else None,
        deadline=first.day if first else None,
        deadline_source=first.source if first else None,
        deadline_confirmed=first.confirmed if first else None,
        expected=known.priority.expected,
        reason=words.why(known),
    )


def _meaning(codes: tuple[str, ...], kind: Kind) -> str:
    said = words.in_words(codes)
    return f"Nothing paid, and no denial stated: {said}" if kind is Kind.SILENT else said
