"""Denials and reports as plain data: the records of `reclaim read --json` (schema: docs/read.schema.json)."""

from decimal import Decimal
from typing import Any

import orjson

from reclaim.rules.facts import Adjustment, Deadline, Kind, Line, Priority
from reclaim.rules.judged import Found
from reclaim.rules.report import FileReport, Report
from reclaim.terminal import words
from reclaim.x12.findings import Finding

Record = dict[str, Any]

NOT_DENIALS = (
    Kind.REVERSAL,
    Kind.PATIENT_RESPONSIBILITY,
    Kind.CONTRACTUAL,
    Kind.FORWARDED,
    Kind.PREDETERMINATION,
    Kind.PENDING,
    Kind.REDUCED,
)


def encoded(found: Found, *, show_patients: bool) -> bytes:
    """One denial as JSON."""
    return orjson.dumps(denial(found, show_patients=show_patients))


def denial(found: Found, *, show_patients: bool) -> Record:
    """One denial. Money is text with two places, null where the payer sent none; dates are ISO."""
    known = found.denial
    claim, identified, sort = known.claim, known.identification, known.classification
    record: Record = {
        "file": found.file,
        "control_number": claim.control_number,
        "payer_control_number": claim.payer_control_number,
        "payer": claim.remittance.payer,
        "status": claim.status,
        "kind": identified.kind,
        "service_from": claim.service_from,
        "service_to": claim.service_to,
        "charge": money(claim.charge),
        "paid": money(claim.paid),
        "denied_amount": money(identified.denied_amount),
        "whole": identified.whole,
        "lines": list(map(_line, claim.lines, identified.denied_lines)),
        "adjustments": _adjustments(claim.adjustments),
        "remarks": claim.remarks,
        "type": sort.type,
        "cause": sort.cause,
        "department": sort.department,
        "preventable": sort.preventable,
        "codes": words.codes(known),
        "meaning": words.in_words(words.codes(known)),
        "reason": words.why(known),
        "next_action": known.plan.next.action,
        "next_step": known.plan.next.text,
        "alternatives": [each.text for each in known.plan.alternatives],
        "appeal_rights": sort.appeal_rights,
        "deadlines": list(map(_deadline, known.deadlines)),
        "priority": _priority(known.priority),
    }
    if show_patients:
        record["patient"] = words.turned(found.patient)
    return record


def _line(line: Line, denied: Decimal) -> Record:
    return {
        "procedure": line.procedure,
        "modifiers": line.modifiers,
        "charge": money(line.charge),
        "paid": money(line.paid),
        "denied_amount": money(denied),
        "adjustments": _adjustments(line.adjustments),
        "remarks": line.remarks,
    }


def _adjustments(adjustments: tuple[Adjustment, ...]) -> list[Record]:
    return [{"group": group, "carc": carc, "amount": money(amount)} for group, carc, amount in adjustments]


def _deadline(deadline: Deadline) -> Record:
    return {
        "kind": deadline.kind,
        "date": deadline.day,
        "rule": deadline.rule,
        "value": deadline.value,
        "start_event": deadline.start_event,
        "start": deadline.start,
        "source": deadline.source,
        "confidence": deadline.confidence,
        "confirmed": deadline.confirmed,
        "note": deadline.note,
    }


def _priority(priority: Priority) -> Record:
    return {
        "expected": money(priority.expected),
        "chance": f"{priority.chance:.2f}",
        "minutes": priority.minutes,
        "days_left": priority.days_left,
        "score": money(priority.score),
        "published": priority.published,
        "basis": priority.basis,
        "reason": " ".join(each.text for each in priority.reasons),
    }


def file(report: FileReport) -> Record:
    """One file."""
    return {
        "name": report.name,
        "sha256": report.sha256,
        "kind": report.kind,
        "interchanges": report.interchanges,
        "transactions": report.transactions,
        "claims": report.claims,
        "charge": money(report.charge),
        "paid": money(report.paid),
        "denied_claims": report.denied_claims,
        "denied_amount": money(report.denied_amount),
        "balanced": report.balanced,
        "refused": report.refused,
        "findings": list(map(_finding, report.findings)),
    }


def _finding(finding: Finding) -> Record:
    return finding._asdict()


def not_denials(report: Report) -> Record:
    """How many claims were unpaid, reversed or reduced and are no denial, by kind."""
    return {kind.value: report.kinds[kind] for kind in NOT_DENIALS}


def adjustments(report: Report) -> list[Record]:
    """Every reason of every claim: group, CARC, how often, how many dollars; the most dollars first."""
    return [
        {"group": group, "carc": carc, "count": count, "amount": money(amount)}
        for group, carc, count, amount in report.totals()
    ]


def money(amount: Decimal | None) -> str | None:
    """Dollars as data, `1234.50`; None when the payer sent none that can be read. Facts have two places already."""
    return None if amount is None else str(amount)
