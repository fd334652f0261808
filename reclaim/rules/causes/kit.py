"""What causes are made of: the case to look at, clues, faults and questions."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Literal, NamedTuple

from reclaim.rules.facts import Claim, Identification, Reason
from reclaim.rules.sent import Sent, SentLine, Value
from reclaim.x12.editing import Put
from reclaim.x12.slices import Place


class Corrected(NamedTuple):
    """The insured as the payer has it (NM1*74 of the 835); "" where it corrects nothing."""

    last: str = ""
    first: str = ""
    member_id: str = ""


class Earlier(NamedTuple):
    """Another claim of the same patient, or an earlier version of this one."""

    sent: Sent
    day: date | None  # sent on
    outcome: Literal["paid", "denied", "open", "rejected"] = "open"
    payer_control_number: str = ""


class Sibling(NamedTuple):
    """A line that was paid, with the same procedure as a denied one."""

    sent: Sent
    line: SentLine


class Around(NamedTuple):
    """What the record knows around a denied claim, all of it from before the denial; every part may be missing."""

    siblings: tuple[Sibling, ...] = ()  # the newest paid lines with a procedure of this claim, this payer's or not
    history: tuple[Earlier, ...] = ()  # other claims of the same patient
    versions: tuple[Earlier, ...] = ()  # earlier claims with the same control number
    complete: bool = False  # whether `history` is all of it
    billed: Mapping[str, int] = {}  # paid lines of the last year by procedure, whoever paid; empty: unknown
    corrected: Corrected = Corrected()
    other_payer: str = ""  # whom the 835 names as the payer to go first
    covered_until: date | None = None  # the last day of the coverage as the 835 has it (DTM*036)
    sent_on: date | None = None
    received: date | None = None  # as the payer says
    accepted: date | None = None  # 277CA: the proof of timely filing
    acknowledgement: str = ""  # by which file
    filing_days: int | None = None  # limit for first claims, from the last day of service


class Fault(NamedTuple):
    """What is wrong, where, and how sure that is."""

    cause: str
    title: str
    element: str  # in words; "" when nothing on the claim is wrong
    box: str  # on the paper form, "CMS-1500 box 24J"; "" where it has none
    place: Place | None
    present: str  # "" when nothing stands there
    expected: str
    confidence: float  # 0 to 1, among all that the codes leave possible
    reasons: tuple[Reason, ...]
    edit: Put | None  # what may be put there, to be looked at before it is applied


class Question(NamedTuple):
    """What to ask the payer when the claim does not show the fault."""

    text: str
    inquiry: str  # 276 | letter
    about: str  # cause


class Explained(NamedTuple):
    """What is wrong on a claim, best first, and what to ask."""

    faults: tuple[Fault, ...]
    question: Question | None


class Clue(NamedTuple):
    """Something that speaks for a cause, or against it."""

    cause: str
    weight: float  # natural logarithm of how much likelier it makes the cause; below zero: against
    reason: str = ""
    at: Value | None = None  # the element, where the cause's own is not meant
    expected: str = ""
    value: str = ""  # what may be put there


class Case:
    """A denied claim beside what was sent."""

    def __init__(self, claim: Claim, identification: Identification, sent: Sent, around: Around) -> None:
        self.claim = claim
        self.identification = identification
        self.sent = sent
        self.around = around

    @cached_property
    def lines(self) -> tuple[SentLine, ...]:
        """The lines that were denied, as sent; all where the payer denied the claim as a whole, or none is found."""
        denied = [
            line for line, dollars in zip(self.claim.lines, self.identification.denied_lines, strict=False) if dollars
        ]
        numbers = {line.control_number for line in denied if line.control_number}
        found = [line for line in self.sent.lines if line.control_number.text in numbers]
        if not found:
            codes = {(line.procedure, line.charge) for line in denied}
            found = [line for line in self.sent.lines if (line.procedure.text, line.charge.amount) in codes]
        return tuple(found) or self.sent.lines

    @cached_property
    def siblings(self) -> Mapping[str, Sequence[Sibling]]:
        """Paid lines of claims of the same form, by procedure."""
        found: defaultdict[str, list[Sibling]] = defaultdict(list)
        for one in self.around.siblings:
            if one.sent.form == self.sent.form:
                found[one.line.procedure.text].append(one)
        return found

    @cached_property
    def day(self) -> date | None:
        """First day of service."""
        return self.sent.service_from


Look = Callable[[Case], Iterator[Clue]]
LOOKS: list[Look] = []


def look(function: Look) -> Look:
    """Takes a function into the list of those that look at a denied claim for clues."""
    LOOKS.append(function)
    return function
