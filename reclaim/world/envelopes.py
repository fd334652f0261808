"""The X12 around what we write: envelopes (ISA, GS, ST), separators, and values in the form that the guides want.

A transaction is written as one text, its segments from behind ST to before SE; `interchange` puts the rest around it:

    marks = marks_of(payer.habits)
    e, end = marks.element, marks.end
    body = f"BPR{e}I{e}{money(12345)}...{end}TRN{e}1{e}...{end}"
    interchange(REMITTANCE, [body], Envelope("HM101", OFFICE.id, day, control=17, marks=marks))

Or it is written with the usual separators straight away, and `respelled` puts the payer's in their place.
Several interchanges make one file when their bytes are put one after the other.
"""

import unicodedata
from collections.abc import Sequence
from datetime import date
from functools import cache, lru_cache
from typing import NamedTuple

from reclaim.world.model import Cents, Habits


class Marks(NamedTuple):
    """The separators of an interchange, and what stands after each segment."""

    element: str = "*"
    component: str = ":"
    repetition: str = "^"
    segment: str = "~"
    line_break: str = ""

    @property
    def end(self) -> str:
        """What ends a segment."""
        return self.segment + self.line_break


USUAL = Marks()
"""The separators that most senders use."""


class Kind(NamedTuple):
    """A kind of transaction: what GS and ST say of it."""

    transaction: str  # ST01
    version: str  # GS08
    function: str  # GS01
    named: bool = True  # whether ST03 repeats the version; in an 835 it does not


PROFESSIONAL = Kind("837", "005010X222A1", "HC")
INSTITUTIONAL = Kind("837", "005010X223A2", "HC")
REMITTANCE = Kind("835", "005010X221A1", "HP", named=False)
ACKNOWLEDGEMENT = Kind("999", "005010X231A1", "FA")
CLAIM_ACKNOWLEDGEMENT = Kind("277", "005010X214", "HN")
STATUS = Kind("277", "005010X212", "HN")


class Party(NamedTuple):
    """Who sends or receives files."""

    name: str
    id: str  # up to 15 characters: ISA06 or ISA08, NM1*41 and NM1*40
    phone: str = ""


OFFICE = Party("WILLOW FORD BILLING OFFICE", "WILLOWFORD", "8005550142")
"""The clinic group's billing office: sends all claims and receives all answers."""
CLEARINGHOUSE = Party("COPPER LANE CLEARINGHOUSE", "COPPERLANE")
"""Takes the claims of the office, and passes them on to the payers."""


class Envelope(NamedTuple):
    """From whom, to whom, when and how an interchange goes."""

    sender: str  # ISA06 and GS02, up to 15 characters
    receiver: str  # ISA08 and GS03
    day: date  # of writing: ISA09, GS04
    control: int  # ISA13 and GS06, 1 to 999,999,999; unique per sender
    marks: Marks = USUAL
    time: str = "1200"  # ISA10, GS05: HHMM


def marks_of(habits: Habits) -> Marks:
    """The separators that a payer writes with."""
    return Marks(habits.element, habits.component, habits.repetition, habits.segment, habits.line_break)


def interchange(kind: Kind, transactions: Sequence[str], envelope: Envelope, notices: Sequence[str] = ()) -> bytes:
    """One interchange with one functional group.

    Args:
        kind: of all transactions.
        transactions: each the segments from behind ST to before SE, every one with `marks.end` behind it. None: no
            group is written (an interchange that only carries TA1).
        envelope: what stands in ISA and GS.
        notices: segments (TA1) to put before the group, each with `marks.end` behind it.

    Returns:
        ASCII, from ISA to IEA. ST02 counts from 0001 in each group.
    """
    e, end = envelope.marks.element, envelope.marks.end
    parts = [_isa(envelope), *notices]
    if transactions:
        parts.append(_gs(kind, envelope))
        for number, body in enumerate(transactions, 1):
            parts += _transaction(kind, body, f"{number:04d}", envelope.marks)
        parts.append(f"GE{e}{len(transactions)}{e}{envelope.control}{end}")
    parts.append(f"IEA{e}{1 if transactions else 0}{e}{envelope.control:09d}{end}")
    return "".join(parts).encode("ascii")


@lru_cache(1 << 16)
def money(cents: Cents) -> str:
    """An amount as X12 writes decimals (type R), without idle zeros: 12345 is "123.45", 12000 "120", -5 "-0.05"."""
    units, rest = divmod(abs(cents), 100)
    sign = "-" if cents < 0 else ""
    return f"{sign}{units}.{rest:02d}".rstrip("0") if rest else f"{sign}{units}"


@lru_cache(1 << 13)
def ymd(day: date) -> str:
    """A day as CCYYMMDD (D8)."""
    return f"{day.year:04d}{day.month:02d}{day.day:02d}"


@lru_cache(1 << 16)
def text(value: str, marks: Marks = USUAL) -> str:
    """A name or address as it may stand in an element: upper case ASCII without separators or double blanks.

    The usual separators are always left out, so that the text may stand in a body that is to be `respelled`.
    """
    plain = value if value.isascii() else unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode()
    return " ".join(plain.translate(_forbidden(marks)).upper().split())


def respelled(body: str, marks: Marks) -> str:
    """A body written with the usual separators, with these in their place; what else looks like one of them is dropped.

    A terminator of "'" takes the apostrophe out of every O'Neill, as senders have to do.
    """
    return body if marks == USUAL else body.translate(_places(marks))


@cache
def _places(marks: Marks) -> dict[int, str | None]:
    dropped: dict[int, str | None] = dict.fromkeys(map(ord, marks[:4]))
    return dropped | {ord(usual): other for usual, other in zip(USUAL[:4], (*marks[:3], marks.end), strict=True)}


@cache
def _forbidden(marks: Marks) -> dict[int, str | None]:
    """Separators and control characters, of which only blanks of any kind leave something."""
    controls: dict[int, str | None] = {each: " " if chr(each).isspace() else None for each in (*range(32), 127)}
    return controls | {ord(each): None for each in "".join((*marks[:4], *USUAL[:4]))}


def _isa(envelope: Envelope) -> str:
    """ISA, whose elements have fixed widths (X12.5)."""
    e, end = envelope.marks.element, envelope.marks.end
    none, marks = " " * 10, envelope.marks
    parties = f"ZZ{e}{envelope.sender:15.15}{e}ZZ{e}{envelope.receiver:15.15}"
    when = f"{ymd(envelope.day)[2:]}{e}{envelope.time}"
    head = f"ISA{e}00{e}{none}{e}00{e}{none}{e}{parties}{e}{when}{e}{marks.repetition}"
    return f"{head}{e}00501{e}{envelope.control:09d}{e}0{e}P{e}{marks.component}{end}"


def _gs(kind: Kind, envelope: Envelope) -> str:
    e, end = envelope.marks.element, envelope.marks.end
    parties = f"{envelope.sender:.15}{e}{envelope.receiver:.15}"
    when = f"{ymd(envelope.day)}{e}{envelope.time}"
    return f"GS{e}{kind.function}{e}{parties}{e}{when}{e}{envelope.control}{e}X{e}{kind.version}{end}"


def _transaction(kind: Kind, body: str, number: str, marks: Marks) -> tuple[str, str, str]:
    """ST, the body, and SE, which counts them all."""
    e, end = marks.element, marks.end
    version = f"{e}{kind.version}" if kind.named else ""
    return (
        f"ST{e}{kind.transaction}{e}{number}{version}{end}",
        body,
        f"SE{e}{body.count(marks.end) + 2}{e}{number}{end}",
    )
