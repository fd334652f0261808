"""What a second payer pays: the patient's share that the first one left, or a part of it."""

from collections.abc import Sequence

from reclaim.world.model import Adjust, Answer, Cents, Claim, Line, LineAnswer

_SHARES = ("1", "2", "3")
"""Deductible, coinsurance, copay."""


def price_after(claim: Claim, lines: Sequence[Line], first: Answer, *, supplement: bool) -> list[LineAnswer]:
    """Prices some lines of a secondary claim.

    Each line balances by OA-23, the effect of what the first payer paid and wrote down (005010X221A1, section
    1.10.2.13); what is left is the patient's share. A Medicare supplement pays it but for the Part B deductible; others
    only as far as their own price exceeds what was paid before, and Medicaid writes the rest off.

    Args:
        claim: The secondary claim.
        lines: Its lines, or one that stands for a whole stay.
        first: The answer of the first payer.
        supplement: Whether the payer supplements Medicare.

    Returns:
        The answers, in the order of the lines.
    """
    answers = []
    before = {one.line.number: (one.paid, one.adjustments) for one in first.lines}
    if not any(line.number in before for line in lines):
        before = _spread(first, lines)
    writes_off = claim.payer.line_of_business in ("medicaid", "medicaid_managed")
    for line in lines:
        paid_before, reasons = before.get(line.number, (0, []))
        owed = [Adjust("PR", one.carc, one.cents) for one in reasons if one.group == "PR"]
        due = min(sum(one.cents for one in owed), line.charge)
        if supplement:
            pays = min(due, sum(one.cents for one in owed if one.carc != "1"))
        else:
            pays = max(min(due, int(line.charge * claim.payer.pays) - paid_before), 0)
        answers.append(_answer(line, due, pays, owed, writes_off=writes_off))
    return answers


def _answer(line: Line, due: Cents, pays: Cents, owed: list[Adjust], *, writes_off: bool) -> LineAnswer:
    taken = [Adjust("OA", "23", line.charge - due)] if line.charge > due else []
    rest = due - pays
    if rest:
        carc = next((one.carc for one in owed if one.carc in _SHARES and one.cents >= rest), "2")
        taken.append(Adjust("CO", "45", rest) if writes_off else Adjust("PR", carc, rest))
    return LineAnswer(line, pays, taken)


def _spread(first: Answer, lines: Sequence[Line]) -> dict[int, tuple[Cents, list[Adjust]]]:
    """The first answer of a claim whose lines do not match: all of it on the dearest line, as far as that goes."""
    reasons = [*first.adjustments, *(one for line in first.lines for one in line.adjustments)]
    dearest = max(lines, key=lambda line: (line.charge, -line.number))
    return {dearest.number: (first.paid, reasons)}
