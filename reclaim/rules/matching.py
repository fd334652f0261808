"""Which claim an answer is about, with reasons: by our number, the payer's, what is left of ours, or the service.

Numbers come back in capitals, without dashes, cut or padded; and one number may stand for many claims: versions
of one, a second payer's, or all visits of a patient (engineering rules, section 2).
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

import polars as pl

LEAST = 6
"""Characters that must be left of a number to tell a claim by it."""
TRIMMED = 4
"""Characters that a payer may have added to a number."""
BY_HAND = "hand"
"""In the place of a `How`: a person has decided."""


class How(StrEnum):
    """By what a claim was found."""

    EXACT = "exact"
    PAYER = "payer_number"
    ALTERED = "altered"
    CUT = "cut"
    LINE = "line"
    SERVICE = "service"


CONFIDENCE = {How.EXACT: 99, How.PAYER: 98, How.ALTERED: 97, How.CUT: 95, How.LINE: 93, How.SERVICE: 90}
"""Percent, as judged by us; what does not agree beside the number takes ten away."""
CERTAIN = frozenset({How.EXACT, How.PAYER, How.ALTERED})
REASONS = {
    How.EXACT: "The answer gives our claim number back.",
    How.PAYER: "The payer's control number is the one that the payer gave to this claim.",
    How.ALTERED: "Our claim number came back with other letters or signs: the same without case, dashes and zeros.",
    How.CUT: "A part of our claim number came back; no other claim fits.",
    How.LINE: "The number of the first line is ours, and the charge and the day of service agree.",
    How.SERVICE: "Patient, day of service and charge agree; no other claim fits.",
}


class Answer(NamedTuple):
    """An answer to a claim, as far as it tells which. Money is US dollars."""

    control_number: str  # CLP01 or TRN02
    payer_control_number: str  # CLP07 or REF*1K
    payer: tuple[str, str]  # key and name; ("", ""): not said
    responsibility: str  # "P", "S" or "T" by CLP02; "": not said
    charge: Decimal | None
    day: date | None
    read: bool  # whether the rest is known: it takes the bytes of an 835
    service_from: date | None = None
    patient: str = ""
    line_number: str = ""  # REF*6R of the first line
    batch: str = ""  # BHT03 of the batch that the claim came in, as a 277CA gives it back
    came: datetime | None = None  # into the record


class Candidate(NamedTuple):
    """A claim that was sent."""

    id: int
    control_number: str
    number: str  # folded
    given_number: str  # the payer's control number, where an acknowledgement told it
    payer: tuple[str, str]
    responsibility: str
    charge: Decimal | None
    service_from: date | None
    patient: str
    line_number: str
    order: tuple[date, str, int]  # day sent, number of the interchange, place: later versions stand last
    batch: str = ""  # BHT03
    left: datetime | None = None  # when we sent it; None: it came into the record as a file that was sent some time


class Match(NamedTuple):
    """What was found."""

    claim: int | None  # id; None: no claim fits, or several do
    how: str  # a How; "" without a claim
    confidence: int  # percent
    reasons: tuple[str, ...]
    fits: tuple[int, ...] = ()  # ids of several that fit: a person decides
    unread: bool = False  # what stands in the bytes of the answer may tell

    @property
    def certain(self) -> bool:
        """Whether no other claim that may still come can be it."""
        return self.how in CERTAIN


NOTHING = Match(None, "", 0, ("No claim fits.",))


def folded(number: str) -> str:
    """A control number without what payers change: case, signs between, zeros before."""
    return "".join(each for each in number.upper() if each.isascii() and each.isalnum()).lstrip("0")


def folded_column(name: str) -> pl.Expr:
    """As `folded`, of a column."""
    kept = pl.col(name).fill_null("").str.to_uppercase().str.replace_all("[^0-9A-Z]", "")
    return kept.str.strip_chars_start("0")


def parts_of(number: str) -> list[str]:
    """What our number may be when a payer has added to it; folded."""
    shorter = [each for cut in range(1, TRIMMED + 1) for each in (number[:-cut], number[cut:])]
    return [each for each in shorter if len(each) >= LEAST]


def match(answer: Answer, candidates: Sequence[Candidate]) -> Match:
    """The claim that an answer is about.

    Args:
        answer: what is known of it.
        candidates: claims that share a number with it or a part of one, or charge and day of service; others do no
            harm. In any order.

    Returns:
        Without a claim when none fits, or when several do. With `unread`, what stands in the bytes may decide.
    """
    possible = [each for each in candidates if not _left_later(answer, each)]
    for how, fits in _PATHS:
        found = [each for each in possible if fits(answer, each)]
        if found:
            decided = _narrowed(answer, how, found)
            if decided:
                return decided
    return NOTHING._replace(unread=not answer.read)


def _exact(answer: Answer, claim: Candidate) -> bool:
    return bool(claim.number) and answer.control_number == claim.control_number


def _given(answer: Answer, claim: Candidate) -> bool:
    return bool(answer.payer_control_number) and answer.payer_control_number == claim.given_number


def _altered(answer: Answer, claim: Candidate) -> bool:
    return bool(claim.number) and folded(answer.control_number) == claim.number


def _cut(answer: Answer, claim: Candidate) -> bool:
    one, other = sorted((folded(answer.control_number), claim.number), key=len)
    part = len(one) >= LEAST and (other.startswith(one) or other.endswith(one))
    return part and (_charge(answer, claim) or _day(answer, claim)) and not _earlier(answer, claim)


def _line(answer: Answer, claim: Candidate) -> bool:
    same = len(answer.line_number) >= LEAST and answer.line_number == claim.line_number
    return same and _charge(answer, claim) and _day(answer, claim)


def _service(answer: Answer, claim: Candidate) -> bool:
    return _patient(answer, claim) and _charge(answer, claim) and _day(answer, claim)


def _charge(answer: Answer, claim: Candidate) -> bool:
    return answer.charge is not None and claim.charge is not None and abs(answer.charge) == claim.charge


def _day(answer: Answer, claim: Candidate) -> bool:
    return answer.service_from is not None and answer.service_from == claim.service_from


def _patient(answer: Answer, claim: Candidate) -> bool:
    return bool(answer.patient) and _letters(answer.patient) == _letters(claim.patient)


def _payer(answer: Answer, claim: Candidate) -> bool:
    pairs = zip(answer.payer, claim.payer, strict=True)
    return any(one and _letters(one) == _letters(other) for one, other in pairs)


def _order(answer: Answer, claim: Candidate) -> bool:
    return bool(answer.responsibility) and answer.responsibility == claim.responsibility


def _left_later(answer: Answer, claim: Candidate) -> bool:
    """Whether we sent the claim when the answer was there already: days tell nothing where both are of one."""
    return answer.came is not None and claim.left is not None and answer.came < claim.left


def _batch(answer: Answer, claim: Candidate) -> bool:
    return bool(answer.batch) and answer.batch == claim.batch


def _in_time(answer: Answer, claim: Candidate) -> bool:
    return answer.day is None or claim.order[0] <= answer.day


def _earlier(answer: Answer, claim: Candidate) -> bool:
    """Whether the answer was given before the service."""
    return answer.day is not None and claim.service_from is not None and answer.day < claim.service_from


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.upper()))


Test = Callable[[Answer, Candidate], bool]
_PATHS: tuple[tuple[How, Test], ...] = (
    (How.EXACT, _exact),
    (How.PAYER, _given),
    (How.ALTERED, _altered),
    (How.CUT, _cut),
    (How.LINE, _line),
    (How.SERVICE, _service),
)
"""From the strongest on."""
_TELLING: tuple[Test, ...] = (_batch, _in_time, _given, _charge, _day, _patient, _payer, _order)
"""What tells one of several with the same number: as far as any agrees, those that do not are left."""


def _narrowed(answer: Answer, how: How, found: list[Candidate]) -> Match | None:
    """One of those with the same number; None when they are other visits of the patient, or of another patient."""
    if answer.read and answer.service_from and how in CERTAIN:
        found = [each for each in found if not _another(answer, each)]
    for agrees in _TELLING:
        found = [each for each in found if agrees(answer, each)] or found
    if not found:
        return None
    services = {(each.service_from, each.charge, _letters(each.patient)) for each in found}
    unlike = not _charge(answer, found[0])
    if not answer.read and (unlike or len(services) > 1):
        return NOTHING._replace(unread=True)
    if len(services) > 1:
        fits = tuple(sorted(each.id for each in found))
        said = f"{len(fits)} claims fit, of different days, charges or patients."
        return Match(None, "", 0, (REASONS[how], said), fits)
    last = max(found, key=lambda each: each.order)
    doubts = tuple(_doubts(answer, last))
    return Match(last.id, how, CONFIDENCE[how] - 10 * len(doubts), (REASONS[how], *doubts))


def _another(answer: Answer, claim: Candidate) -> bool:
    """Whether a claim with the right number is of another visit: neither charge nor day agree, nor the line."""
    return not (_charge(answer, claim) or _day(answer, claim) or _given(answer, claim)) and (
        claim.service_from is not None
    )


def _doubts(answer: Answer, claim: Candidate) -> Iterable[str]:
    if answer.charge is not None and not _charge(answer, claim):
        yield "The charge is not the one that was sent."
    if answer.service_from and not _day(answer, claim):
        yield "The day of service is not the one that was sent."
