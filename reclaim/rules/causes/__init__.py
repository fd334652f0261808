"""What is wrong on this claim: the codes of a denial read against the claim that was sent.

The codes leave some causes possible. Clues on the claim, and in what the record knows around it, make each of them more
or less likely; the sum is a confidence. Where nothing on the claim decides, the payer is asked.
"""

from collections import defaultdict
from math import exp, log

from reclaim.codes import lookup
from reclaim.rules.causes import book, coding, insured, sending
from reclaim.rules.causes.elements import element
from reclaim.rules.causes.kit import (
    LOOKS,
    Around,
    Case,
    Clue,
    Corrected,
    Earlier,
    Explained,
    Fault,
    Question,
    Sibling,
)
from reclaim.rules.facts import Claim, Identification, Reason
from reclaim.rules.sent import Sent
from reclaim.x12.editing import Put
from reclaim.x12.naming import element_at

__all__ = ["Around", "Corrected", "Earlier", "Explained", "Fault", "Question", "Sibling", "explain"]

_FILES = (insured, coding, sending)
"""Each brings its looks with it: what is imported here is what is looked for."""
_UNTOLD = 0.005
"""Weight of a cause that the codes do not name, beside 1 for all that they do: payers use codes loosely."""
_WORTH_NAMING = 0.08
_SURE = 0.6
"""Confidence below which the payer is asked as well."""
_SOURCE = "codes read against the claim"


def explain(claim: Claim, identification: Identification, sent: Sent, around: Around | None = None) -> Explained:
    """Says which element of a denied claim is at fault.

    Args:
        claim: The payer's answer.
        identification: What is denied of it, and by which codes.
        sent: The claim as it was sent.
        around: What the record knows around it.

    Returns:
        Faults, best first, each with its place, what stands there and what should; and a question for the payer where
        the claim does not show it. Never raises on what is missing.
    """
    case = Case(claim, identification, sent, around or Around())
    told = book.told(identification.denying, identification.beside, identification.remarks)
    clues: defaultdict[str, list[Clue]] = defaultdict(list)
    for one in (clue for each in LOOKS for clue in each(case)):
        clues[one.cause].append(one)
    total = sum(told.weights.values())
    scores = {
        name: log(told.weights.get(name, _UNTOLD * cause.common) / total) + sum(one.weight for one in clues[name])
        for name, cause in book.causes().items()
    }
    top = max(scores.values())
    sums = sum(exp(score - top) for score in scores.values())
    ranked = sorted(((exp(score - top) / sums, name) for name, score in scores.items()), reverse=True)
    faults = tuple(
        _fault(case, book.causes()[name], clues[name], confidence, told.code)
        for place, (confidence, name) in enumerate(ranked[:5])
        if not place or confidence >= _WORTH_NAMING
    )
    return Explained(faults, _question(faults))


def _fault(case: Case, cause: book.Cause, clues: list[Clue], confidence: float, code: str) -> Fault:
    telling = sorted((one for one in clues if one.reason and one.weight >= 0), key=lambda one: -one.weight)
    best = telling[0] if telling else Clue(cause.name, 0)
    at = best.at if best.at is not None or not cause.element else element(cause.element)(case)
    named = element_at(at.place, f"837{case.sent.form}") if at is not None else None
    reasons = [Reason(one.reason, cause.name, _SOURCE) for one in telling]
    if code:
        words = lookup.carc_words(code) if lookup.carc(code) else lookup.rarc_words(code)
        reasons.append(Reason(f"{code}: {words}.", "code", "X12 code lists"))
    return Fault(
        cause.name,
        cause.title,
        named.name if named else "",
        f"{named.form} {named.box}" if named and named.box else "",
        None if at is None else at.place,
        "" if at is None else at.text,
        best.expected or cause.expected,
        round(confidence, 2),
        tuple(reasons),
        Put(at.place, best.value) if at is not None and best.value else None,
    )


def _question(faults: tuple[Fault, ...]) -> Question | None:
    """What to ask where nothing is sure, or nothing on the claim is wrong."""
    if faults and faults[0].confidence >= _SURE and faults[0].place:
        return None
    if not faults:
        return Question("Which element of the claim do you find missing or wrong?", "letter", "")
    cause = book.causes()[faults[0].cause]
    return Question(cause.question, cause.inquiry, cause.name)
