"""Status inquiries (276) answered (277, guide 005010X212): the same levels and names, and how each claim stands.

The clearinghouse answers, for all payers in a file at once, from what they have on the day of its answer.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from reclaim.world.answering_files import Incoming, Segments
from reclaim.world.envelopes import USUAL, Envelope, money, respelled, ymd
from reclaim.world.model import Cents

ASKED = ("REF", "AMT", "DTP")
"""What stands behind the TRN of a question."""
_SEPARATORS = dict.fromkeys(map(ord, USUAL[:4]))


class Question(NamedTuple):
    """Which claim is asked about."""

    payer: str  # payer id: NM1*PR 09
    control_number: str  # the office's number of the claim: REF*EJ


class Standing(NamedTuple):
    """How a claim stands."""

    category: str  # STC01-1
    status: str  # STC01-2
    charge: Cents = 0
    paid: Cents = 0
    day: date | None = None  # of the payer's last word
    number: str = ""  # the payer's claim control number


def answers(file: Incoming, stands: Callable[[Question], Standing], day: date) -> list[str]:
    """The body of an answer for each inquiry of a file, in its order and separators.

    Args:
        file: with inquiries.
        stands: tells how a claim stands.
        day: of the answer.
    """
    marks = file.envelope.marks
    return [respelled("".join(_body(each, file.envelope, stands, day)), marks) for each in file.inquiries]


def _body(inquiry: Segments, envelope: Envelope, stands: Callable[[Question], Standing], day: date) -> Iterator[str]:
    """The levels as they came, and behind each question (TRN) what is told of it."""
    payer = ""
    asked: list[Sequence[str]] = []
    for segment in inquiry:
        tag = segment[0]
        if asked and tag in ("TRN", "HL", "SE"):
            yield from _told(asked, payer, stands, day)
            asked = []
        if tag == "TRN" or (asked and tag in ASKED):
            asked.append(segment)
        elif tag == "BHT":
            yield _written("BHT", "0010", "08", segment[3], ymd(day), envelope.time, "DG")
        elif tag in ("HL", "NM1"):
            payer = segment[9] if segment[:2] == ["NM1", "PR"] and len(segment) > 9 else payer
            yield _written(*segment)


def _told(
    asked: Sequence[Sequence[str]], payer: str, stands: Callable[[Question], Standing], day: date
) -> Iterator[str]:
    """TRN to DTP of a claim (2200D, 2200E)."""
    references = {each[1]: each[2] for each in asked if each[0] == "REF" and len(each) > 2}
    charge = next((each[2] for each in asked if each[0] == "AMT" and len(each) > 2), "0")
    found = stands(Question(payer, references.get("EJ", "")))
    yield _written("TRN", "2", asked[0][2])
    when = ymd(found.day) if found.day else ""
    amounts = (money(found.charge) if found.day else charge, money(found.paid), when)
    yield f"STC*{found.category}:{found.status}*{ymd(day)}**{'*'.join(amounts).rstrip('*')}~"
    references["1K"] = found.number
    for name in ("1K", "BLT", "EJ", "D9"):
        if value := references.get(name, ""):
            yield _written("REF", name, value)
    yield from (_written(*each) for each in asked if each[0] == "DTP")


def _written(*elements: str) -> str:
    """A segment, without what would look like a separator."""
    return "*".join(each.translate(_SEPARATORS) for each in elements) + "~"
