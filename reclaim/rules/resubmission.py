"""How a claim may be sent again: replaced, voided, sent new, reopened, or not at all, by the payer's terms.

A claim that is sent in the wrong way comes back as a duplicate, or takes a payment away; so the first rule that fits
decides, and says why. Sources: 837 guides (CLM05-3, REF*F8), 835 remark codes, Medicare contractors on reopening.
"""

from collections.abc import Callable, Collection
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from reclaim.rules.facts import Reason
from reclaim.rules.payers import Line


class Way(StrEnum):
    """How a claim goes again."""

    REPLACE = "replace"  # frequency 7 and the payer's number of the claim
    VOID_THEN_NEW = "void_then_new"  # frequency 8, and a new claim once the void is accepted
    NEW = "new"  # frequency 1, no payer's number
    REOPEN = "reopen"  # institutional: frequency Q; others: by the payer's form, phone or portal
    WAIT = "wait"  # nothing yet
    APPEAL_ONLY = "appeal_only"  # nothing on the claim is to be corrected


class Terms(NamedTuple):
    """What a payer takes, as its contract or manual says; None: nobody has said, and its line of business decides."""

    replacement: bool | None = None
    void: bool | None = None
    number_required: bool | None = None  # whether a replacement or void must name the payer's number; None: it must
    correction_days: int | None = None  # calendar days after the payer's answer in which it takes corrections
    source: str = ""  # who says so: "contract of 2026, section 4"


class Sending(NamedTuple):
    """What decides how a claim may go again."""

    line: Line  # of business
    kind: str  # "837P", "837I" or "837D"
    today: date
    service_to: date | None = None  # last day of service
    answered: date | None = None  # day of the latest answer
    adjudicated: bool = True  # False: rejected before (277CA, 999), or never answered
    remarks: Collection[str] = ()  # remark codes of the answer
    payer_control_number: str = ""  # CLP07 of the latest answer
    curable: bool = True  # whether something on the claim is wrong, so that another claim can help
    appealable: bool = True
    terms: Terms = Terms()


class Resubmission(NamedTuple):
    """How the claim may go again."""

    way: Way
    reason: Reason
    needs: tuple[str, ...] = ()  # what is missing before it can go
    as_claim: bool = True  # whether it goes as an 837; else by form, phone or portal


_GUIDE = "837 guides (CLM05-3, REF*F8)"
_MEDICARE_B = "Medicare contractors' pages on clerical error reopenings; professional claims take no frequency 7 or 8"
_MEDICARE_A = "Medicare Claims Processing Manual, chapters 1 and 34: adjustments within a year, then reopenings"
_NUMBER = "the payer's claim control number (CLP07, REF*1K)"
_REMARKS = (
    ("MA130", Way.NEW, "the payer could not process the claim. Send a corrected new claim; it cannot be appealed."),
    ("N779", Way.WAIT, "the original claim is not final yet. Wait: a replacement or void sent now is rejected."),
    ("N798", Way.VOID_THEN_NEW, "void the original claim first, then send a new one."),
    ("N142", Way.NEW, "the payer asks for a new claim; a replacement would be rejected."),
    ("N517", Way.NEW, "the payer asks for a new claim; a replacement would be rejected."),
)
"""What remark codes ask for, the one that overrules the others first."""

_Rule = Callable[[Sending], Resubmission | None]


def resubmission(sending: Sending) -> Resubmission:
    """How a claim may be sent again: what the first rule that fits says."""
    return next(found for rule in _RULES if (found := rule(sending)))


def _never_adjudicated(sending: Sending) -> Resubmission | None:
    if sending.adjudicated:
        return None
    text = "The payer never took this claim in, so there is nothing to replace: correct it and send it as a new claim."
    return Resubmission(Way.NEW, Reason(text, "resubmission.never_adjudicated", _GUIDE))


def _remarked(sending: Sending) -> Resubmission | None:
    for code, way, words in _REMARKS:
        if code in sending.remarks:
            reason = Reason(f"{code}: {words}", "resubmission.remarked", f"835 remark code {code}")
            return Resubmission(way, reason, _number(sending) if way is Way.VOID_THEN_NEW else ())
    return None


def _nothing_to_correct(sending: Sending) -> Resubmission | None:
    if sending.curable:
        return None
    text = "Nothing on the claim is wrong, so sending it again would only make a duplicate."
    text += " Appeal it, or write it off." if sending.appealable else " It cannot be appealed either: write it off."
    source = "our own rule: bundled, not authorized or not covered is not cured by another claim"
    return Resubmission(Way.APPEAL_ONLY, Reason(text, "resubmission.nothing_to_correct", source))


def _too_late(sending: Sending) -> Resubmission | None:
    days = sending.terms.correction_days
    if days is None or sending.answered is None:
        return None
    last = sending.answered + timedelta(days=days)
    if sending.today <= last:
        return None
    text = f"This payer takes corrections for {days} days after its answer; the last day was {last:%m/%d/%Y}."
    text += " Appeal, or ask for an exception." if sending.appealable else " Ask for an exception, or write it off."
    return Resubmission(Way.APPEAL_ONLY, Reason(text, "resubmission.too_late", _said(sending.terms)))


def _medicare(sending: Sending) -> Resubmission | None:
    if sending.line != "medicare_ffs":
        return None
    if sending.kind != "837I":
        text = "Medicare takes no replacement of this claim: have it reopened for a clerical error, by phone or portal."
        reason = Reason(text, "resubmission.medicare_professional", _MEDICARE_B)
        return Resubmission(Way.REOPEN, reason, as_claim=False)
    if sending.service_to is None or not _year_over(sending.service_to, sending.today):
        text = "Medicare takes an adjusted institutional claim (type of bill ending in 7) for a year after the service."
        reason = Reason(text, "resubmission.medicare_institutional", _MEDICARE_A)
        return Resubmission(Way.REPLACE, reason, _number(sending))
    text = "More than a year has gone by since the service: ask for a reopening (type of bill ending in Q)."
    reason = Reason(text, "resubmission.medicare_late", _MEDICARE_A)
    return Resubmission(Way.REOPEN, reason, _number(sending))


def _terms(sending: Sending) -> Resubmission | None:
    if sending.terms.replacement is not False:
        return None
    source = _said(sending.terms)
    if sending.terms.void:
        text = "This payer takes no replacement, but voids: void the claim, then send a new one."
        return Resubmission(Way.VOID_THEN_NEW, Reason(text, "resubmission.terms_void", source), _number(sending))
    text = "This payer takes no replacement by claim: ask for a correction by its form, phone or portal."
    return Resubmission(Way.REOPEN, Reason(text, "resubmission.terms_form", source), as_claim=False)


def _replace(sending: Sending) -> Resubmission:
    text = "Send the whole claim again as a replacement, with every line: a line left out loses its payment."
    source = _said(sending.terms) if sending.terms.replacement else f"{_GUIDE}; most payers take replacements"
    return Resubmission(Way.REPLACE, Reason(text, "resubmission.replace", source), _number(sending))


def _number(sending: Sending) -> tuple[str, ...]:
    """What a claim that points at an earlier one cannot go without."""
    free = sending.terms.number_required is False
    return () if free or sending.payer_control_number.strip() else (_NUMBER,)


def _said(terms: Terms) -> str:
    return f"the payer's terms: {terms.source}" if terms.source else "the payer's terms"


def _year_over(service: date, today: date) -> bool:
    """Whether a calendar year has gone by since the service (42 CFR 424.44)."""
    return (today.year, today.month, today.day) > (service.year + 1, service.month, service.day)


_RULES: tuple[_Rule, ...] = (
    _never_adjudicated,
    _remarked,
    _nothing_to_correct,
    _too_late,
    _medicare,
    _terms,
    _replace,
)
