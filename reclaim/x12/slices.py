"""One claim of an 837 as a value: its segments with the loops they stand in, and every byte as it came.

    Slice
      segments: ST, BHT, 1000A, 1000B | 2000A, 2010A* | 2000B, 2010B* | 2000C, 2010CA | 2300, 2310*, 2320, 2400 ...

In a file these five parts stand apart, because one biller has many subscribers and one subscriber may have many
claims. A `Place` names an element by loop, segment and number, as the guides do, and is what rules and edits point at.
"""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import takewhile
from typing import NamedTuple, Self

from reclaim.x12.control import kind_of
from reclaim.x12.envelope import Piece, pieces
from reclaim.x12.frame import BLANKS, Separators
from reclaim.x12.loops import PARTS, QUALIFIED, Guide, guide

LEVELS = {"20": 1, "22": 2, "23": 3}
"""HL03, to the part of a claim that this HL begins."""
CLAIM = 4
"""The part that CLM begins."""
OUTSIDE = 5
"""What belongs to no claim: the envelope, and transactions that hold no claims."""
_PLACE = re.compile(
    r"(?P<loop>\w+)(?:\.(?P<loop_at>\d+))? (?P<tag>[^\s*.]+?)(?P<qualifier>\*\w*)?(?:\.(?P<at>\d+))?"
    r"(?: ?(?P<element>\d\d)(?:-(?P<component>\d+))?(?:\+(?P<repetition>\d+))?)?"
)


class Place(NamedTuple):
    """Where a value stands on a claim, by loop, segment and element."""

    loop: str  # "2310B"
    loop_at: int  # which of these loops within the claim, from 1
    segment: str  # "NM1*82", "REF*G1", "SV1", "HI*ABK"; the tag alone stands for any qualifier
    at: int = 1  # which of these segments within the loop, from 1
    element: int = 0  # from 1; 0: the whole segment
    component: int = 0  # from 1; 0: the whole element
    repetition: int = 0  # from 1; 0: all

    def __str__(self) -> str:
        """As the trade writes it: `2310B NM109`, `2400.3 SV101-2`, `2300 REF*G1 02`."""
        tag, qualified, _ = self.segment.partition("*")
        bare = (tag == "NM1" or not qualified) and self.at == 1
        return self._text(tag if tag == "NM1" else self.segment, "" if bare else " ")

    @property
    def key(self) -> str:
        """The place with nothing left out, for addresses and stored edits: `2310B NM1*82 09`."""
        return self._text(self.segment, " ")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The place that `key` has written; of a text for people (`2310B NM109`) the qualifier stays open.

        Raises:
            ValueError: the text names no place.
        """
        found = _PLACE.fullmatch(text.strip())
        if not found:
            raise ValueError(f"{text!r} is no place on a claim: write it like 2310B NM109 or 2400.3 SV101-2")
        number = {name: int(found[name] or 0) for name in ("loop_at", "at", "element", "component", "repetition")}
        segment = found["tag"] + (found["qualifier"] or "")
        at = number["loop_at"] or 1, segment, number["at"] or 1
        return cls(found["loop"], *at, number["element"], number["component"], number["repetition"])

    @property
    def whole(self) -> Self:
        """The segment that the element stands in."""
        return self._replace(element=0, component=0, repetition=0)

    def _text(self, segment: str, between: str) -> str:
        loop = self.loop + (f".{self.loop_at}" if self.loop_at > 1 else "")
        which = f".{self.at}" if self.at > 1 else ""
        element = f"{between}{self.element:02d}" if self.element else ""
        component = f"-{self.component}" if self.component else ""
        return f"{loop} {segment}{which}{element}{component}{f'+{self.repetition}' if self.repetition else ''}"


class Segment(NamedTuple):
    """A segment of a claim, and where it stands."""

    tag: str  # upper case
    id: str  # tag*qualifier where the guide tells segments apart by it, else the tag
    elements: tuple[str, ...]  # stripped, the tag first, so that element k of the guide stands at k
    loop: str  # "2010BA"
    loop_at: int  # which of these loops within the claim, from 1: service line n is 2400 number n
    above: int  # `loop_at` of the loop around it: the line of a 2420A, the other payer of a 2330B
    at: int  # which segment of this id within the loop, from 1
    raw: bytes  # exactly as it came, with line breaks and empty segments before it, without its terminator

    def element(self, number: int) -> str:
        """An element; "" when it was not sent."""
        return self.elements[number] if number < len(self.elements) else ""

    def place(self, element: int = 0, component: int = 0, repetition: int = 0) -> Place:
        """The place of one of its elements."""
        return Place(self.loop, self.loop_at, self.id, self.at, element, component, repetition)


@dataclass(frozen=True)
class Slice:
    """One claim as it was sent, with all that stands above it."""

    kind: str  # "837P", "837I", "837D"
    version: str  # "005010X222A1"
    separators: Separators
    segments: tuple[Segment, ...]

    @cached_property
    def parts(self) -> tuple[bytes, ...]:
        """The bytes of header, billing provider, subscriber, patient and claim, each whole segments."""
        end, loops = self.separators.segment.encode("latin-1"), guide(self.kind)
        parts = dict.fromkeys(PARTS, b"")
        for segment in self.segments:
            parts[loops.part_of[segment.loop]] += segment.raw + end
        return tuple(parts.values())

    @cached_property
    def lines(self) -> tuple[tuple[Segment, ...], ...]:
        """Every service line with all that stands in it (2400 to 2440)."""
        found: dict[int, list[Segment]] = {}
        for segment in self.segments:
            if segment.loop == "2400":
                found.setdefault(segment.loop_at, []).append(segment)
            elif segment.loop.startswith("24"):
                found.setdefault(segment.above, []).append(segment)
        return tuple(map(tuple, found.values()))

    def all(self, loop: str, segment: str = "", *, loop_at: int = 0, above: int = 0) -> tuple[Segment, ...]:
        """The segments of a loop.

        Args:
            loop: "2300".
            segment: id or tag; all when empty.
            loop_at: only of this occurrence; 0: of all.
            above: only where the loop around it has this occurrence (the line, the other payer); 0: of all.
        """
        return tuple(
            each
            for each in self._loops.get(loop, ())
            if segment in ("", each.id, each.tag) and loop_at in (0, each.loop_at) and above in (0, each.above)
        )

    def find(self, place: Place) -> Segment | None:
        """The segment that a place names; None when the claim has none there."""
        found = self.all(place.loop, place.segment, loop_at=place.loop_at)
        return found[place.at - 1] if 0 < place.at <= len(found) else None

    def get(self, place: Place) -> str:
        """The value at a place, a whole segment without its terminator; "" when nothing stands there."""
        segment = self.find(place)
        if segment is None:
            return ""
        if not place.element:
            return self.separators.element.join(segment.elements)
        return self.part(segment.element(place.element), place.component, place.repetition)

    def value(self, loop: str, segment: str, element: int, component: int = 0, *, loop_at: int = 1) -> str:
        """A value of the first such segment in a loop: `value("2310B", "NM1", 9)`; "" when nothing stands there."""
        return self.get(Place(loop, loop_at, segment, 1, element, component))

    def part(self, element: str, component: int = 0, repetition: int = 0) -> str:
        """A component of an element, or one of its repetitions; all of it for 0 and 0."""
        if repetition:
            element = _nth(element.split(self.separators.repetition or "\0"), repetition)
        return _nth(self.components(element), component) if component else element

    def components(self, element: str) -> tuple[str, ...]:
        """The components of an element, stripped."""
        return tuple(each.strip() for each in element.split(self.separators.component))

    @cached_property
    def _loops(self) -> Mapping[str, Sequence[Segment]]:
        found: dict[str, list[Segment]] = {}
        for segment in self.segments:
            found.setdefault(segment.loop, []).append(segment)
        return found


class Part(NamedTuple):
    """Bytes of a file that belong together: what stands above claims, a claim, or what holds none."""

    number: int  # of PARTS; OUTSIDE for all else
    data: bytes
    separators: Separators
    version: str


def slice_of(parts: Sequence[bytes], separators: Separators, kind: str, version: str) -> Slice:
    """A claim from its bytes.

    Args:
        parts: header (ST to before the first HL), billing provider (HL 20), subscriber (HL 22), patient (HL 23, empty
            when the patient is the subscriber) and claim (CLM to before the next CLM, HL or SE), whole segments.
        separators: those of the interchange.
        kind: "837P", "837I" or "837D".
        version: GS08 or ST03.
    """
    loops = guide(kind)
    found = [
        placed for root, data in zip(PARTS, parts, strict=True) for placed in _placed(data, root, separators, loops)
    ]
    return Slice(kind, version, separators, tuple(found))


def slices(data: bytes) -> Iterator[Slice]:
    """Every claim of a file, with what stands above it; for small files, which it reads whole."""
    above: list[bytes] = [b""] * OUTSIDE
    for part in parted(data):
        if part.number == OUTSIDE:
            continue
        above[part.number :] = [part.data, *[b""] * (CLAIM - part.number)]
        if part.number == CLAIM:
            yield slice_of(above, part.separators, kind_of("837", part.version), part.version)


def parted(data: bytes) -> Iterator[Part]:
    """A file cut into its parts; joined they are the file again, from its first interchange on."""
    for piece in pieces(io.BytesIO(data)):
        if isinstance(piece, Piece):
            yield from _parted(piece)


def _parted(piece: Piece) -> Iterator[Part]:
    """Whole transactions, cut where a claim begins, or what stands above claims."""
    segment, number, version, group, start, end = piece.separators.segment.encode("latin-1"), OUTSIDE, "", "", 0, 0
    for raw in piece.data.split(segment):
        elements = _elements(raw, piece.separators)
        begins = _begins(elements, number)
        if begins is not None:
            if start < end:
                yield Part(number, piece.data[start:end], piece.separators, version)
            start, number = end, begins
        if elements[0] == "GS":
            group = elements[8] if len(elements) > 8 else ""
        elif elements[0] == "ST":
            version = elements[3] if len(elements) > 3 else group
        end = min(end + len(raw) + 1, len(piece.data))
    if start < len(piece.data):
        yield Part(number, piece.data[start:], piece.separators, version)


def _begins(elements: Sequence[str], number: int) -> int | None:
    """Which part a segment begins; None when it goes on with the one that is open."""
    match elements:
        case ["ST", kind, *_]:
            return 0 if kind == "837" else OUTSIDE
        case ["CLM", *_] if number != OUTSIDE:
            return CLAIM
        case ["HL", _, _, level, *_] if number != OUTSIDE and level in LEVELS:
            return LEVELS[level]
        case ["SE" | "GE" | "IEA" | "ISA" | "GS", *_] if number != OUTSIDE:
            return OUTSIDE
        case _:
            return None


@lru_cache(1 << 8)
def _shared(data: bytes, root: str, separators: Separators, kind: str) -> tuple[Segment, ...]:
    """The segments of a part that many claims share and that says nothing of patients."""
    return tuple(_placed(data, root, separators, guide(kind)))


def _placed(data: bytes, root: str, separators: Separators, loops: Guide) -> Iterator[Segment]:
    """The segments of one part, each in its loop."""
    loop, counts = root, dict.fromkeys(loops.loops, 0)
    counts[root] = 1
    ids: dict[str, int] = {}
    end, blank = separators.segment.encode("latin-1"), b""
    for raw in data.split(end):
        elements = _elements(raw, separators)
        if elements == ("",):
            blank += raw + end
            continue
        tag = elements[0]
        qualifier = _letters(elements[1]).upper() if len(elements) > 1 else ""
        if tag in loops.tags and (opened := loops.opened(loop, tag, qualifier)):
            loop, ids = opened, {}
            counts[loop] += 1
        name = f"{tag}*{qualifier}" if tag in QUALIFIED else tag
        ids[name] = ids.get(name, 0) + 1
        above = counts[loops.loops[loop].parent or loop]
        yield Segment(tag, name, elements, loop, counts[loop], above, ids[name], blank + raw)
        blank = b""


def _elements(raw: bytes, separators: Separators) -> tuple[str, ...]:
    """The elements of a segment, stripped, its tag in upper case; line breaks within it are taken out."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    text = text.strip(BLANKS)
    if "\n" in text or "\r" in text:
        text = text.replace("\r", "").replace("\n", "")
    mark = separators.element
    elements = text.split(mark)
    if f" {mark}" in text or f"{mark} " in text:
        elements = [each.strip() for each in elements]
    elements[0] = elements[0].upper()
    return tuple(elements)


def _letters(text: str) -> str:
    """What stands before a component separator, declared or not."""
    return text if text.isalnum() else "".join(takewhile(str.isalnum, text))


def _nth(values: Sequence[str], number: int) -> str:
    return values[number - 1].strip() if number <= len(values) else ""
