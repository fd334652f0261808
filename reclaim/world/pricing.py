"""What a payer pays for a line that it does not deny: contract, deductible, copay, coinsurance and cuts by law."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random
from typing import NamedTuple

from reclaim.rules.shelf import entries
from reclaim.world.chance import Weighted
from reclaim.world.combos import UNDERPAID
from reclaim.world.model import Adjust, Cents, Claim, Line, LineAnswer

BOOK = Path(__file__).parent / "book" / "pricing.toml"
_VISIT = "99"
_SURGERY = "123456"  # first digit of a surgical CPT code
_THERAPY = "97"


class Figures(NamedTuple):
    """See the head of book/pricing.toml for what each means."""

    met_january: Decimal
    met_december: Decimal
    outpatient_coinsurance: Decimal
    sequestration: Decimal
    second_procedure: Decimal
    second_therapy: Decimal
    underpaid_least: Decimal
    underpaid_most: Decimal
    cut: Decimal
    cut_least: Decimal
    cut_most: Decimal
    capitated: Decimal
    estimate: Decimal
    forwarded: Decimal
    interest_after: int
    interest_rate: Decimal
    renumbers: Decimal
    contract_beside: Decimal


class Cut(NamedTuple):
    """Codes by which a paid line is cut."""

    carc: str
    remarks: tuple[str, ...]
    weight: int


class _Wait(NamedTuple):
    line_of_business: str
    days: int


@dataclass(slots=True)
class _Terms:
    """What holds for one claim; the deductible and the copay get less as its lines use them up."""

    deductible: Cents
    copay: Cents
    coinsurance: float
    sequestration: float
    pays: dict[int, float] = field(default_factory=dict)  # share of the contract's price, by line; left out: all
    cut: dict[int, tuple[float, Cut]] = field(default_factory=dict)  # by line
    seconds: dict[int, float] = field(default_factory=dict)  # multiple procedure cut, by line


class Pricer:
    """Prices lines, and keeps what each patient still owes of the year's deductible."""

    def __init__(self) -> None:
        self._left: dict[int, dict[str, Cents]] = {}
        self._of = {name: float(value) for name, value in figures()._asdict().items()}

    def price(self, claim: Claim, lines: Sequence[Line], chance: Random, *, slips: bool = True) -> list[LineAnswer]:
        """Prices some lines of a primary claim.

        Args:
            claim: Whose payer, contract and patient hold.
            lines: The lines, or one that stands for a whole stay.
            chance: To draw from.
            slips: Whether the payer may pay too little: by a wrong fee (a fault of the claim) or by a cut.

        Returns:
            The answers, in the order of the lines; the deductible is used up by them.
        """
        terms = self._terms(claim, lines, chance)
        if slips:
            self._slip(claim, lines, chance, terms)
        answers = [_priced(line, terms) for line in lines]
        if claim.payer.deductible and not _part_a(claim):
            self._left[claim.service_from.year][_key(claim)] = terms.deductible
        return answers

    def _terms(self, claim: Claim, lines: Sequence[Line], chance: Random) -> _Terms:
        payer = claim.payer
        outpatient = _part_a(claim) and not claim.admitted
        return _Terms(
            deductible=0 if outpatient else payer.deductible if _part_a(claim) else self._deductible(claim, chance),
            copay=payer.copay if claim.form == "P" else 0,
            coinsurance=self._of["outpatient_coinsurance"] if outpatient else payer.coinsurance,
            sequestration=self._of["sequestration"] if payer.line_of_business == "medicare_ffs" else 0.0,
            seconds=self._seconds(lines) if claim.form == "P" and len(lines) > 1 else {},
        )

    def _deductible(self, claim: Claim, chance: Random) -> Cents:
        """What is left of the year's deductible; drawn when a patient is first seen in a year."""
        whole = claim.payer.deductible
        if not whole:
            return 0
        day, of = claim.service_from, self._of
        year = self._left.setdefault(day.year, {})
        key = _key(claim)
        left = year.get(key)
        if left is None:
            met = of["met_january"] + (of["met_december"] - of["met_january"]) * (day.month - 1) / 11
            left = year[key] = 0 if chance.random() < met else int(whole * chance.random())
        return left

    def _seconds(self, lines: Sequence[Line]) -> dict[int, float]:
        """The cut of second and later surgical or therapy lines, the dearest of each sort left whole."""
        found: dict[int, float] = {}
        for sort, share in ((_SURGERY, self._of["second_procedure"]), (_THERAPY, self._of["second_therapy"])):
            of_sort = [line for line in lines if _is(line, sort)]
            if len(of_sort) > 1:
                first = max(of_sort, key=lambda line: (line.allowed, -line.number))
                found.update((line.number, share) for line in of_sort if line is not first)
        return found

    def _slip(self, claim: Claim, lines: Sequence[Line], chance: Random, terms: _Terms) -> None:
        of = self._of
        for fault in claim.faults:
            if fault.kind == UNDERPAID:
                share = 1 - chance.uniform(of["underpaid_least"], of["underpaid_most"])
                hit = [line for line in lines if line.number == fault.line] or lines
                terms.pays = {line.number: share for line in hit}
        if not claim.faults and chance.random() < of["cut"]:
            line = chance.choice(lines)
            if line.number not in terms.seconds:
                terms.cut[line.number] = chance.uniform(of["cut_least"], of["cut_most"]), cuts().draw(chance)


def is_cut(answer: LineAnswer) -> bool:
    """Whether a line was paid, but cut for a reason that somebody may contest."""
    if answer.denied or not answer.remarks:  # a cut never comes without its remark
        return False
    return any(one.group == "CO" and one.carc in _cut_codes() for one in answer.adjustments)


def price_of(line: Line) -> Cents:
    """What the contract allows for a line: never nothing, never more than was charged."""
    return min(max(line.allowed, 1), line.charge)


@cache
def figures() -> Figures:
    """The figures of book/pricing.toml."""
    return entries(BOOK, "figures", Figures)[0]


@cache
def cuts() -> Weighted[Cut]:
    """By which codes paid lines are cut."""
    rows = entries(BOOK, "cut", Cut)
    return Weighted(rows, [row.weight for row in rows])


@cache
def waits() -> dict[str, int]:
    """Days that a line of business takes at least."""
    return {row.line_of_business: row.days for row in entries(BOOK, "wait", _Wait)}


@cache
def _cut_codes() -> frozenset[str]:
    return frozenset(cut.carc for cut in cuts().items)


def _part_a(claim: Claim) -> bool:
    """Whether Medicare's facility contractor pays: its deductible goes by the stay, not by the year."""
    return claim.payer.filing_indicator == "MA"


def _key(claim: Claim) -> str:
    return claim.patient.id + claim.payer.id


def _is(line: Line, sort: str) -> bool:
    code = line.procedure
    if len(code) != 5 or not code.isdigit():
        return False
    return code.startswith(_THERAPY) if sort is _THERAPY else code[0] in sort


def _priced(line: Line, terms: _Terms) -> LineAnswer:
    number = line.number
    answer = LineAnswer(line, 0, [])
    taken = answer.adjustments
    left = price_of(line)
    if number in terms.pays:
        left = max(int(left * terms.pays[number]), 1)
    _take(taken, "CO", "45", line.charge - left)
    if number in terms.seconds:
        left -= _take(taken, "CO", "59", int(left * terms.seconds[number]))
    if number in terms.cut:
        share, cut = terms.cut[number]
        if part := _take(taken, "CO", cut.carc, int(left * share)):
            left -= part
            answer.remarks.extend(cut.remarks)
    left -= _patient_part(line, left, terms, taken)
    left -= _take(taken, "CO", "253", int(left * terms.sequestration + 0.5))
    answer.paid = left
    return answer


def _patient_part(line: Line, left: Cents, terms: _Terms, taken: list[Adjust]) -> Cents:
    """What the patient owes: the copay for a visit, else the deductible and then a share of the rest."""
    if terms.copay and line.procedure.startswith(_VISIT):
        copay, terms.copay = min(terms.copay, left), 0
        return _take(taken, "PR", "3", copay)
    deductible = min(terms.deductible, left)
    terms.deductible -= _take(taken, "PR", "1", deductible)
    return deductible + _take(taken, "PR", "2", int((left - deductible) * terms.coinsurance + 0.5))


def _take(taken: list[Adjust], group: str, carc: str, cents: Cents) -> Cents:
    if cents:
        taken.append(Adjust(group, carc, cents))
    return cents
