"""The files of an office that a made-up world answers: interchanges of claims (837) and of status inquiries (276)."""

import io
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from reclaim.world.envelopes import USUAL, Envelope, Kind, Marks
from reclaim.x12.envelope import Piece, pieces
from reclaim.x12.slices import Slice, slices

TAKEN = ("837", "276")
LENGTHS = {"ISA": 17, "GS": 9, "ST": 3, "TRN": 3, "BHT": 4}
"""Elements, the tag with them, without which a segment says too little to answer it."""
_INTERCHANGE = re.compile(rb"(?=ISA[^\w\s]00[^\w\s])")

Segments = Sequence[Sequence[str]]


class Incoming(NamedTuple):
    """One interchange."""

    name: str  # of its file
    envelope: Envelope
    groups: dict[tuple[Kind, int], list[str]]  # by kind and number (GS06): the transactions (ST02)
    claims: list[Slice]
    inquiries: list[Segments]  # each a 276, its elements from ST to SE


def read(data: bytes, name: str) -> Iterator[Incoming]:
    """The interchanges of a file.

    Raises:
        ValueError: it holds something else than claims and inquiries; the text names the file.
    """
    parts = [part for part in _INTERCHANGE.split(data) if part.strip()]
    for part in parts or [data]:
        yield _interchange(part, name)


def _interchange(data: bytes, name: str) -> Incoming:
    marks, segments = _segments(data)
    isa = next((each for each in segments if each[0] == "ISA"), [])
    if marks is None or len(isa) < LENGTHS["ISA"]:
        raise ValueError(f"{name} is no X12: send files of claims (837) or of inquiries (276).")
    groups: dict[tuple[Kind, int], list[str]] = {}
    inquiries: list[list[Sequence[str]]] = []
    group: Sequence[str] = ()
    for each in segments:
        if len(each) < LENGTHS.get(each[0], 0):
            raise ValueError(f"{name}: {each[0]} is cut short; send the file as it was written.")
        if each[0] == "GS":
            group = each
        elif each[0] == "ST":
            if each[1] not in TAKEN or not group:
                raise ValueError(f"{name} holds a {each[1]}: send only claims (837) and inquiries (276), in groups.")
            kind = Kind(each[1], group[8], group[1])
            groups.setdefault((kind, _number(group[6], name)), []).append(each[2])
            if each[1] == "276":
                inquiries.append([])
        if inquiries:
            inquiries[-1].append(each)
    envelope = Envelope(isa[6], isa[8], _day(isa[9], name), _number(isa[13], name), marks, isa[10])
    claims = list(slices(data)) if len(inquiries) < sum(map(len, groups.values())) else []
    return Incoming(name, envelope, groups, claims, list(inquiries))


def _segments(data: bytes) -> tuple[Marks | None, list[list[str]]]:
    marks: Marks | None = None
    segments: list[list[str]] = []
    for piece in pieces(io.BytesIO(data)):
        if isinstance(piece, Piece):
            said = piece.separators
            marks = Marks(said.element, said.component, said.repetition or USUAL.repetition, said.segment)
            parts = piece.data.decode("latin-1").split(said.segment)
            segments += [[each.strip() for each in raw.split(said.element)] for raw in parts if raw.strip()]
    return marks, segments


def _number(value: str, name: str) -> int:
    if not value.isdecimal():
        raise ValueError(f"{name}: the control number {value!r} is no number.")
    return int(value)


def _day(value: str, name: str) -> date:
    try:
        return datetime.strptime(value, "%y%m%d").date()  # noqa: DTZ007  a day has no zone
    except ValueError as error:
        raise ValueError(f"{name}: ISA09 is {value!r}, which is no day (YYMMDD).") from error
