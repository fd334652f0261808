"""Edits of charges, and of what other payers answered."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import chain

from reclaim.codes import lookup
from reclaim.rules.edits.kit import Found, Subject, edit
from reclaim.rules.money import dollars
from reclaim.rules.sent import Adjusted, Other, Sent, SentLine

_GROUPS = frozenset({"CO", "OA", "PI", "PR", "CR"})
_NONE = Decimal(0)


@edit("E027", forms="PID", prevents="16 M54", source="005010 guides, CLM02: the sum of the lines")
def charge_balance(subject: Subject) -> Iterator[Found]:
    """The claim charges what its lines charge."""
    sent = subject.sent
    lines = [line.charge.amount for line in sent.lines]
    claim = sent.charge.amount
    if claim is None or None in lines:
        unread = next((line.charge for line in sent.lines if line.charge.amount is None), sent.charge)
        yield Found(unread, "A charge is missing or cannot be read.", "Enter the charge in dollars and cents.")
        return
    total = sum((one for one in lines if one is not None), _NONE)
    if total != claim:
        text = f"The claim charges {dollars(claim)}, its lines {dollars(total)}."
        yield Found(sent.charge, text, "Correct the line that is wrong, or the total.")


@edit("E028", forms="PI", prevents="16 M79", source="own rule: a charge is above zero")
def charge_above_zero(subject: Subject) -> Iterator[Found]:
    """No line charges less than nothing, and a charge of nothing is meant."""
    for line in subject.sent.lines:
        charge = line.charge.amount
        if charge is not None and charge < 0:
            yield Found(line.charge, f"Line {line.number} charges less than nothing.", "Enter what the service costs.")
        elif charge == 0 and not line.note:
            text = f"Line {line.number} charges nothing."
            yield Found(line.charge, text, "Enter the charge, or say in a note why there is none.", "warn")


@edit("E051", forms="PI", prevents="22 129 16 N48 N480", source="005010 guides, 1.4.3: coordination of benefits")
def other_payer_balance(subject: Subject) -> Iterator[Found]:
    """What another payer paid and adjusted adds up to the charge, on the claim and on each line."""
    sent = subject.sent
    remedy = "Copy paid and adjusted amounts from that payer's remittance (835)."
    for other in sent.others:
        paid, charge = other.paid.amount, sent.charge.amount
        if paid is None or charge is None:
            continue
        left = charge - sum(_taken(chain(other.adjustments, _on_lines(sent, other))), _NONE)
        if left != paid:
            who = other.payer.text or "The other payer"
            text = f"{who} paid {dollars(paid)}, but its adjustments leave {dollars(left)} of the charge."
            yield Found(other.paid, text, remedy)
    for line in sent.lines:
        yield from _line_balance(line, remedy)


def _line_balance(line: SentLine, remedy: str) -> Iterator[Found]:
    for answer in line.answers:
        paid, charge = answer.paid.amount, line.charge.amount
        if paid is None or charge is None:
            continue
        left = charge - sum(_taken(answer.adjustments), _NONE)
        if left != paid:
            text = f"Line {line.number}: the other payer paid {dollars(paid)}, its adjustments leave {dollars(left)}."
            yield Found(answer.paid, text, remedy)


@edit("E052", forms="PI", prevents="129 N48", source="005010 guides, CAS of 2320 and 2430; X12 lists of codes")
def other_payer_codes(subject: Subject) -> Iterator[Found]:
    """Each adjustment of another payer has a group, a reason that was in force, and an amount."""
    sent = subject.sent
    for other in sent.others:
        for one in other.adjustments:
            yield from _code(one, other.day.day)
    for line in sent.lines:
        for answer in line.answers:
            for one in answer.adjustments:
                yield from _code(one, answer.day.day)


def _code(one: Adjusted, on: date | None) -> Iterator[Found]:
    remedy = "Copy the code from that payer's remittance (835)."
    if one.group.text not in _GROUPS:
        yield Found(one.group, f"{one.group.text or 'Nothing'} is no group code.", remedy)
    known = lookup.carc(one.carc.text)
    if known is None:
        yield Found(one.carc, f"{one.carc.text or 'Nothing'} is no adjustment reason code.", remedy)
    elif on and not lookup.in_force(known, on):
        yield Found(one.carc, f"Reason {one.carc.text} was not in force on {on:%m/%d/%Y}.", remedy, "warn")
    if not one.amount.amount:
        yield Found(one.amount, f"Reason {one.carc.text} has no amount.", remedy)


def _on_lines(sent: Sent, other: Other) -> Iterator[Adjusted]:
    for line in sent.lines:
        for answer in line.answers:
            if answer.payer_id.text == other.payer_id.text:
                yield from answer.adjustments


def _taken(adjustments: Iterator[Adjusted] | tuple[Adjusted, ...]) -> Iterator[Decimal]:
    return (amount for one in adjustments if (amount := one.amount.amount) is not None)
