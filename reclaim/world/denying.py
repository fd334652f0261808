"""How a denial is written: on lines or at the claim, alone or beside the contract's part, and what it is in truth."""

from collections.abc import Sequence
from typing import NamedTuple

from reclaim.world.combos import Combo
from reclaim.world.model import Adjust, Cents, Denied, Fault, Line, LineAnswer
from reclaim.world.pricing import is_cut, price_of

_WHOLE = ("16", "18", "45")
"""Reasons that take the whole charge, whatever the payer's way: nothing was priced, or nothing is told."""


class Ground(NamedTuple):
    """Why a payer denies, as the world knows it."""

    cause: str  # fault, or group of the hidden rule
    lines: tuple[int, ...] = ()  # numbers of the lines denied; (): the whole claim
    fault: Fault | None = None
    rule: str = ""
    rightful: bool = True


class Ruling(NamedTuple):
    """What stands in an answer, before it has a number and a day."""

    lines: list[LineAnswer]
    adjustments: list[Adjust]  # at claim level
    remarks: list[str]
    charge: Cents
    denied_at_claim: Cents = 0
    cut: bool = False  # paid as a whole, but cut


def deny_line(line: Line, combo: Combo, *, beside: bool) -> LineAnswer:
    """Denies one line.

    Args:
        line: As billed.
        combo: The codes that tell why.
        beside: Whether the payer writes the contract's part under CO-45.
    """
    taken = _taken(line.charge, price_of(line), combo, beside=beside)
    denied = 0 if combo.patient or not taken else taken[-1].cents
    policy = f"MP-{combo.carc}-{line.procedure or line.revenue_code}" if combo.policy else ""
    return LineAnswer(line, 0, taken, list(combo.remarks), denied, policy)


def deny_claim(lines: Sequence[Line], combo: Combo, *, beside: bool) -> Ruling:
    """Denies a whole claim at claim level: no line stands in the answer, else the lines would not balance."""
    charge = sum(line.charge for line in lines)
    taken = _taken(charge, sum(price_of(line) for line in lines), combo, beside=beside)
    denied = 0 if combo.patient or not taken else taken[-1].cents
    return Ruling([], taken, list(combo.remarks), charge, denied)


def truth(ground: Ground, combo: Combo, type_: str, cents: Cents) -> Denied | None:
    """What the world knows of a denial; None when no dollars are denied."""
    if not cents:
        return None
    cause, fault, rule = ground.cause, ground.fault, ground.rule
    return Denied(cause, fault, rule, type_, combo.codes, combo.vague, cents, ground.rightful)


def money_of(ruling: Ruling) -> tuple[Cents, Cents]:
    """Payment (the charge less all that was taken) and patient responsibility (CLP05: the sum of all of group PR)."""
    paid, owed = ruling.charge, 0
    for line in ruling.lines:
        for one in line.adjustments:
            paid -= one.cents
            if one.group == "PR":
                owed += one.cents
    for one in ruling.adjustments:
        paid -= one.cents
        if one.group == "PR":
            owed += one.cents
    return paid, owed


def kind_of(ruling: Ruling, paid: Cents, owed: Cents, *, silent: bool) -> str:
    """What an answer is, by what was done: a value of the product's `Kind`.

    Args:
        ruling: With the dollars that were denied, by line and at the claim.
        paid: What was paid.
        owed: What the patient owes.
        silent: Whether they were denied by hiding them behind the contract.
    """
    lines = ruling.lines
    denied = [one for one in lines if one.denied]
    if denied or ruling.denied_at_claim:
        if silent:
            return "silent"
        part = denied and any(one.line.charge and not one.denied for one in lines)
        return "denied_in_part" if part else "denied"
    if paid > 0:
        return "reduced" if ruling.cut or any(is_cut(one) for one in lines) else "paid"
    return "patient_responsibility_only" if owed else "contractual_only"


def _taken(charge: Cents, price: Cents, combo: Combo, *, beside: bool) -> list[Adjust]:
    written = charge - price if beside and combo.carc not in _WHOLE else 0
    taken = [Adjust("CO", "45", written)] if written else []
    if charge > written:
        taken.append(Adjust(combo.group, combo.carc, charge - written))
    return taken
