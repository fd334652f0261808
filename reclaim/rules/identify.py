"""Is this a denial, of how many dollars, and of what? Judged per line, then rolled up to the claim."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Literal, NamedTuple

from reclaim.rules import because, shelf
from reclaim.rules.bearing import BOOK, Bearing, bearing, contestable
from reclaim.rules.facts import Adjustment, Claim, Identification, Kind, Line, Reason
from reclaim.rules.money import ZERO, all_adjustments, settled, total
from reclaim.rules.parts import CONTRACT, EXCUSES, Part, Weighed, denied_part, silent_part, taken, within
from reclaim.rules.payers import line_of_business

_PAYS_BY_SERVICE = frozenset({"medicare_ffs", "medicaid"})
"""Payers that pay nobody by the head: their 24 says that the patient is in a managed plan, which is to be billed."""
_REVERSED = "22"
_PARTLY = frozenset({Bearing.CONTRACT, Bearing.INFORMS, Bearing.DENIES_IF_MOST})
"""What explains only its own dollars of an unpaid claim."""
_WAITING = {
    Bearing.PENDING: Kind.PENDING,
    Bearing.FORWARDED: Kind.FORWARDED,
    Bearing.PREDETERMINATION: Kind.PREDETERMINATION,
}


class _Case(NamedTuple):
    """A claim whose codes are weighed, and whose money is known as far as the balance can tell."""

    claim: Claim
    charge: Decimal | None
    paid: Decimal | None
    at_claim: Weighed
    by_line: tuple[Weighed, ...]
    by_the_case: bool  # a facility's claim paid as a whole, its lines packaged into that payment

    @property
    def unpaid(self) -> bool:
        """Nothing paid, or nobody can tell: better judged than lost."""
        return self.paid is None or self.paid <= 0

    @property
    def codes(self) -> Weighed:
        """Claim level and lines together."""
        return (*self.at_claim, *(one for line in self.by_line for one in line))


class _Size(NamedTuple):
    """What the denial is and how large."""

    kind: Kind
    whole: bool
    by_line: tuple[Decimal, ...]
    at_claim: Decimal


class _Code(NamedTuple):
    """One denying code over all the lines where it stands."""

    group: str
    carc: str
    dollars: Decimal
    lines: int
    remarks: tuple[str, ...]


class _Status(NamedTuple):
    codes: tuple[str, ...]
    kind: Literal["reversals", "forwarded", "predetermination", "pending"]
    words: str


class _Packaged(NamedTuple):
    carcs: tuple[str, ...]


def identify(claim: Claim) -> Identification:
    """Says what an adjudication is to the people who work denials.

    Args:
        claim: One CLP with its lines.

    Returns:
        Kind and denied dollars, with the reasons in words. A line is denied when it was charged, paid nothing, and a
        code resolves to denial for its group; a claim when all its lines are, or when the claim level denies it.
        (Domain page, "What is a denial"; engineering rules, 2.)
    """
    if decided := _statuses().get(claim.status):
        return _no_denial(claim, *decided)
    case = _weigh(claim)
    if case.charge is not None and case.charge <= 0:
        return _nothing_charged(claim, case.charge)
    return _denied(case) or _silent(case) or _without_code(case) or _paid_or_explained(case)


def takeback(reversal: Claim, original_paid: Decimal | None = None) -> Identification:
    """Says what was lost by a reversal (status 22) that nothing replaced.

    Args:
        reversal: The reversal, its amounts below zero.
        original_paid: The payment that it undoes, in US dollars: used where the reversal's own amount cannot be read.

    Returns:
        A takeback of the payment taken back; a mere reversal when nothing had been paid. (Domain page, "Reading an
        835"; engineering rules, 3.)
    """
    lost = -reversal.paid if reversal.paid is not None else original_paid
    if lost is not None and lost <= 0:
        return _no_denial(reversal, *_statuses()[_REVERSED])
    by_line = tuple(max(-(line.paid or ZERO), ZERO) for line in reversal.lines)
    at_claim = max((lost or ZERO) - sum(by_line), ZERO)
    denying = tuple(
        one._replace(amount=abs(one.amount or ZERO))
        for one in all_adjustments(reversal)
        if bearing(one.group, one.carc) is Bearing.DENIES
    )
    parts = [Part(at_claim, denying, _line_remarks(reversal))]
    reasons = [because.taken_back(sum(by_line, at_claim))]
    return _answer(reversal, _Size(Kind.TAKEBACK, True, by_line, at_claim), parts, reasons)


# --- weighing ---------------------------------------------------------------------------------------------------------


def _weigh(claim: Claim) -> _Case:
    lines = claim.lines
    charge = claim.charge or (total(line.charge for line in lines) if lines else claim.charge)
    paid = total(line.paid for line in lines) if lines and claim.paid is None else claim.paid
    if charge is None or paid is None:
        charge, paid = settled(charge, all_adjustments(claim), paid)
    by_service = line_of_business(claim.filing_indicator, claim.remittance.payer) in _PAYS_BY_SERVICE
    by_the_case = _paid_by_the_case(claim, paid)

    def weigh(adjustments: Sequence[Adjustment]) -> Weighed:
        if by_service or by_the_case:
            return tuple([(one, _bearing(one, by_service=by_service, by_the_case=by_the_case)) for one in adjustments])
        return tuple([(one, bearing(one.group, one.carc)) for one in adjustments])

    at_claim, by_line = weigh(claim.adjustments), tuple([weigh(line.adjustments) for line in lines])
    return _Case(claim, charge, paid, at_claim, by_line, by_the_case)


def _bearing(one: Adjustment, *, by_service: bool, by_the_case: bool) -> Bearing:
    says = bearing(one.group, one.carc)
    if by_service and says is Bearing.CAPITATION:
        return Bearing.DENIES_IF_MOST
    return Bearing.INFORMS if by_the_case and one.carc in _packaged() else says


def _paid_by_the_case(claim: Claim, paid: Decimal | None) -> bool:
    if not claim.institutional or not claim.lines or paid is None or paid <= 0:
        return False
    return not any(line.paid and line.paid > 0 for line in claim.lines)


# --- denied, silent, or without any code ------------------------------------------------------------------------------


def _denied(case: _Case) -> Identification | None:
    lines = _denied_lines(case)
    at_claim = _denied_at_claim(case)
    if at_claim is None and not any(lines):
        return None
    if at_claim is None and not all(lines):
        lines = [denied or silent for denied, silent in zip(lines, _silent_lines(case), strict=True)]
    return _roll_up(case, lines, at_claim)


def _denied_lines(case: _Case) -> list[Part | None]:
    parts: list[Part | None] = []
    for line, codes in zip(case.claim.lines, case.by_line, strict=True):
        charge, paid = settled(line.charge, line.adjustments, line.paid)
        part = denied_part(codes, charge, charge, paid, line.remarks) if not paid or paid < 0 else None
        if part and (line.charge is None or line.paid is None):
            part = part._replace(unread=True)
        parts.append(part)
    return parts


def _denied_at_claim(case: _Case) -> Part | None:
    if not case.at_claim:
        return None
    on_lines = sum((one.amount for codes in case.by_line for one, _ in codes if one.amount), ZERO)
    left = None if case.charge is None else case.charge - on_lines
    part = denied_part(case.at_claim, case.charge, left, case.paid)
    return part and part._replace(of_claim=True)


def _silent(case: _Case) -> Identification | None:
    claim = case.claim
    whole = None if claim.patient_responsibility else silent_part(case.codes, case.charge, case.paid)
    if whole is None:
        lines = _silent_lines(case)
        return _roll_up(case, lines, None) if any(lines) else None
    by_line = tuple(
        max(min(taken(codes, CONTRACT, line.charge), line.charge or ZERO), ZERO)
        for line, codes in zip(claim.lines, case.by_line, strict=True)
    )
    at_claim = max(whole.dollars - sum(by_line), ZERO)
    parts = [whole._replace(remarks=_line_remarks(claim))]
    size = _Size(Kind.SILENT, True, by_line, at_claim)
    return _answer(claim, size, parts, [because.silent(whole.dollars, whole=True)])


def _silent_lines(case: _Case) -> list[Part | None]:
    """Lines written off in full on a claim that is not: normal where facilities package, strange elsewhere."""
    lines = case.claim.lines
    if case.claim.institutional or any(says in EXCUSES for _, says in case.at_claim):
        return [None] * len(lines)
    return [
        None if line.paid and line.paid > 0 else _silent_line(line, codes)
        for line, codes in zip(lines, case.by_line, strict=True)
    ]


def _silent_line(line: Line, codes: Weighed) -> Part | None:
    return silent_part(codes, *settled(line.charge, line.adjustments, line.paid), line.remarks)


def _without_code(case: _Case) -> Identification | None:
    """An unpaid claim of which contract and law explain only a part, or nothing: the payer owes a reason."""
    claim = case.claim
    explained = any(says not in _PARTLY and one.amount != 0 for one, says in case.codes)
    taken_by_codes = total(one.amount for one, _ in case.codes)
    if not case.unpaid or case.charge is None or taken_by_codes is None or explained or claim.patient_responsibility:
        return None
    left = min(case.charge - taken_by_codes, case.charge)
    if left <= 0:
        return None
    size = _Size(Kind.DENIED, True, (ZERO,) * len(claim.lines), left)
    return _answer(claim, size, [Part(left, (), _line_remarks(claim))], [because.without_code(left, case.charge)])


# --- no denial --------------------------------------------------------------------------------------------------------


def _nothing_charged(claim: Claim, charge: Decimal) -> Identification:
    if charge < 0:
        return _no_denial(claim, Kind.REVERSAL, because.NEGATIVE)
    return _no_denial(claim, Kind.CONTRACTUAL, because.NOTHING_CHARGED)


def _paid_or_explained(case: _Case) -> Identification:
    if case.unpaid:
        kind, reasons = _explanation(case)
        return _no_denial(case.claim, kind, *reasons)
    reducing = [
        one
        for one, says in case.codes
        if (one.amount is None or one.amount > 0) and says is not Bearing.INFORMS and contestable(one.group, one.carc)
    ]
    if reducing:
        return _no_denial(case.claim, Kind.REDUCED, because.reduced(reducing))
    return _no_denial(case.claim, Kind.PAID, because.PAID_BY_THE_CASE if case.by_the_case else because.PAID)


def _explanation(case: _Case) -> tuple[Kind, list[Reason]]:
    """What took the money of an unpaid claim that is no denial."""
    found = {says: one for one, says in case.codes if one.amount != 0}
    for says, kind in _WAITING.items():
        if says in found:
            return kind, [because.waiting(kind, found[says])]
    if Bearing.PATIENT in found or case.claim.patient_responsibility:
        owed = [one for one, says in case.codes if says is Bearing.PATIENT]
        return Kind.PATIENT_RESPONSIBILITY, [because.PATIENT_OWES, *because.notice_rules(owed)]
    if Bearing.PRIOR_PAYER in found:
        return Kind.CONTRACTUAL, [because.PRIOR_PAYER]
    if Bearing.CAPITATION in found:
        return Kind.CONTRACTUAL, [because.CAPITATION]
    return Kind.CONTRACTUAL, [because.NOTHING_DUE]


def _no_denial(claim: Claim, kind: Kind, *reasons: Reason) -> Identification:
    return Identification(kind, ZERO, False, (ZERO,) * len(claim.lines), ZERO, (), (), reasons)


# --- rolling up -------------------------------------------------------------------------------------------------------


def _roll_up(case: _Case, lines: Sequence[Part | None], at_claim: Part | None) -> Identification:
    by_line = tuple([part.dollars if part else ZERO for part in lines])
    if at_claim and case.charge is not None:
        at_claim = within(at_claim, case.charge - sum(by_line))
    charged = [
        part for line, part in zip(case.claim.lines, lines, strict=True) if line.charge is None or line.charge > 0
    ]
    whole = case.unpaid and (at_claim is not None or all(charged))
    parts = [part for part in (at_claim, *lines) if part]
    kind = Kind.DENIED if whole else Kind.DENIED_IN_PART
    if all(part.silent for part in parts):
        kind = Kind.SILENT
    reasons = _why(case, parts, len(charged))
    return _answer(case.claim, _Size(kind, whole, by_line, at_claim.dollars if at_claim else ZERO), parts, reasons)


def _why(case: _Case, parts: Sequence[Part], charged: int) -> list[Reason]:
    denied = [part.dollars for part in parts if not (part.of_claim or part.silent)]
    silent = [part.dollars for part in parts if part.silent]
    reasons = [because.claim_denied(part.dollars) for part in parts if part.of_claim]
    if denied:
        reasons.append(because.lines_denied(sum(denied, ZERO), len(denied), charged))
    if silent:
        reasons.append(because.silent(sum(silent, ZERO), whole=False))
    if case.claim.institutional and not case.unpaid:
        packaged = any(one.carc in _packaged() for part in parts for one in part.denying)
        reasons += [because.PACKAGED_LINES] if packaged else []
    return reasons


def _answer(claim: Claim, size: _Size, parts: Sequence[Part], reasons: Sequence[Reason]) -> Identification:
    codes = _codes(claim, parts)
    denied = sum(size.by_line, size.at_claim)
    said = [reason for one in codes for reason in because.code(one.group, one.carc, one.dollars, one.lines)]
    if any(part.unread for part in parts):
        said.append(because.UNREAD if denied else because.UNKNOWN_DOLLARS)
    return Identification(
        kind=size.kind,
        denied_amount=denied,
        whole=size.whole,
        denied_lines=size.by_line,
        denied_at_claim=size.at_claim,
        denying=tuple([Adjustment(one.group, one.carc, one.dollars) for one in codes]),
        remarks=tuple(dict.fromkeys((*claim.remarks, *(remark for part in parts for remark in part.remarks)))),
        reasons=(*reasons, *said),
        beside=tuple([one.remarks for one in codes]),
    )


def _codes(claim: Claim, parts: Sequence[Part]) -> list[_Code]:
    """The codes that deny, most dollars first."""
    if len(parts) == 1 and len(parts[0].denying) == 1:  # the usual denial: nothing to merge or to sort
        (one,) = parts[0].denying
        remarks = tuple(dict.fromkeys((*claim.remarks, *parts[0].remarks)))
        return [_Code(one.group, one.carc, one.amount or ZERO, 0 if parts[0].of_claim else 1, remarks)]
    found: dict[tuple[str, str], list[tuple[Decimal, Part]]] = {}
    for part in parts:
        for one in part.denying:
            found.setdefault((one.group, one.carc), []).append((one.amount or ZERO, part))
    codes = []
    for (group, carc), where in found.items():
        dollars = sum((amount for amount, _ in where), ZERO)
        beside = dict.fromkeys((*claim.remarks, *(remark for _, part in where for remark in part.remarks)))
        codes.append(
            _Code(group, carc, dollars, len({id(part) for _, part in where if not part.of_claim}), tuple(beside))
        )
    return sorted(codes, key=lambda one: (-one.dollars, one.group, one.carc))


def _line_remarks(claim: Claim) -> tuple[str, ...]:
    return tuple([remark for line in claim.lines for remark in line.remarks])


@cache
def _statuses() -> Mapping[str, tuple[Kind, Reason]]:
    rows = shelf.entries(BOOK, "status", _Status)
    return {code: (Kind(row.kind), because.status(row.words)) for row in rows for code in row.codes}


@cache
def _packaged() -> frozenset[str]:
    return frozenset(carc for row in shelf.entries(BOOK, "packaged", _Packaged) for carc in row.carcs)
