"""Corrects one claim without loss: every byte that nobody changed stays as it was.

    correct(claim, [*resending.replacement(claim, "ICN77"), Put(Place("2300", 1, "REF*G1", element=2), "A123")])

Places are those of the claim as it is before any of the edits. Whether the outcome is a good claim is for the rules
and the judge to say; refused is what could not be written at all, or what the guide has no room for.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from reclaim.x12.frame import BLANKS, Separators
from reclaim.x12.loops import NUMBERS, PARTS, QUALIFIED, Loop, guide, longest
from reclaim.x12.slices import Place, Segment, Slice, slice_of

Element = str | tuple[str, ...]
"""A new element: its text, or its components."""
CHARACTERS = frozenset(map(chr, range(32, 127)))
"""The extended character set of X12 (X12.6, appendix of the guides), as far as US senders use it."""
MADE = ("REF", "AMT", "NTE", "DTP")
"""Segments that `Put` makes where they are missing: qualifier and value are all they need (DTP: and its format)."""


class Put(NamedTuple):
    """Change an element or component, give it where it is missing, or take it away with ""."""

    place: Place
    value: Element


class Add(NamedTuple):
    """Add segments to a loop, or a new loop when the first of them is its opener."""

    loop: str
    segments: tuple[tuple[Element, ...], ...]  # each with its tag first
    loop_at: int = 1  # to which of these loops; for a new loop: within which of the loops around it (the line)


class Remove(NamedTuple):
    """Take away a segment; with the opener of a loop the whole loop (with LX the service line)."""

    place: Place


Edit = Put | Add | Remove


class Refusal(NamedTuple):
    """Why an edit cannot be made."""

    place: Place
    text: str


class EditError(ValueError):
    """Edits that cannot be made; nothing was changed."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        self.refusals = tuple(refusals)
        super().__init__(" ".join(f"{each.place}: {each.text}" for each in refusals))


def correct(claim: Slice, edits: Iterable[Edit]) -> Slice:
    """The claim with all edits made.

    Raises:
        EditError: an edit cannot be made; the error holds the reasons of all of them.
    """
    work = _Work(claim)
    for edit in sorted(edits, key=lambda edit: not isinstance(edit, Remove)):  # nothing is put into what goes
        try:
            work.make(edit)
        except EditError as error:
            work.refusals += error.refusals
    if work.refusals:
        raise EditError(work.refusals)
    return slice_of(work.parts(), claim.separators, claim.kind, claim.version)


def stored(edit: Edit) -> dict[str, Any]:
    """An edit as JSON can hold it."""
    match edit:
        case Put(place, value):
            return {"put": place.key, "value": value}
        case Add(loop, segments, loop_at):
            return {"add": loop, "segments": segments, "loop_at": loop_at}
        case Remove(place):
            return {"remove": place.key}


def restored(data: Mapping[str, Any]) -> Edit:
    """The edit that was `stored`.

    Raises:
        ValueError: this is no edit.
    """
    match data:
        case {"put": str(place), "value": value}:
            return Put(Place.parse(place), _element(value))
        case {"add": str(loop), "segments": segments, "loop_at": int(loop_at)}:
            return Add(loop, tuple(tuple(map(_element, segment)) for segment in segments), loop_at)
        case {"remove": str(place)}:
            return Remove(Place.parse(place))
    raise ValueError(f"this is no edit of a claim: {sorted(data)}")


class _New(NamedTuple):
    """Where something added goes: after which segment, and before or after what else is added there."""

    after: int
    order: tuple[int, int, int]
    raw: bytes
    part: str


class _Work:
    """A claim while it is corrected: what becomes of each of its segments, and what is added."""

    def __init__(self, claim: Slice) -> None:
        self.claim = claim
        self.guide = guide(claim.kind)
        self.raw = [segment.raw for segment in claim.segments]
        self.removed: set[int] = set()
        self.touched: list[Place] = []
        self.made: Counter[tuple[str, int, str]] = Counter()
        self.added: list[_New] = []
        self.renumber = False
        self.refusals: list[Refusal] = []

    def make(self, edit: Edit) -> None:
        match edit:
            case Put(place, value):
                self.put(place, value)
            case Add(loop, segments, loop_at):
                self.add(loop, segments, loop_at)
            case Remove(place):
                self.remove(place)

    def put(self, place: Place, value: Element) -> None:
        found = self.index(place)
        if found is None:
            self.add_value(place, value)
            return
        segment = self.claim.segments[found]
        if segment.tag in NUMBERS or not place.element:
            raise _refused(place, "it is written anew with every batch" if place.element else "name an element")
        exact = segment.place(place.element, place.component, place.repetition)
        self.touch(exact)
        data = self.element(exact, segment.tag, value)
        self.raw[found] = _put(self.raw[found], _path(exact, self.claim.separators), data)

    def add_value(self, place: Place, value: Element) -> None:
        """Put a value where its segment is missing: the segment is made when qualifier and value are all it needs."""
        tag, _, qualifier = place.segment.partition("*")
        element = 3 if tag == "DTP" else 2
        if not value:
            raise _refused(place, "nothing stands there that could be taken away")
        if tag not in MADE or not qualifier or place.element != element or place.component:
            raise _refused(place, f"the claim has no {place.segment} there; add the whole segment or loop")
        form = ("RD8" if "-" in value else "D8",) if tag == "DTP" else ()
        self.add(place.loop, ((tag, qualifier, *form, value),), place.loop_at)

    def remove(self, place: Place) -> None:
        found = self.index(place)
        if found is None:
            raise _refused(place, "the claim has no such segment")
        if place.element:
            raise _refused(place, "an element is taken away by putting nothing in its place")
        segment = self.claim.segments[found]
        if segment.tag in NUMBERS[:2] or (segment.loop in PARTS and self.opens(segment) and segment.loop != "2000C"):
            raise _refused(place, "a claim cannot be without it")
        taken = range(found, self.end_of(found)) if self.opens(segment) else (found,)
        self.renumber |= segment.tag == "LX"
        self.removed.update(taken)

    def add(self, loop: str, segments: tuple[tuple[Element, ...], ...], loop_at: int) -> None:
        wanted = self.guide.loops.get(loop)
        if not wanted or not segments or not all(segments):
            said = "there is nothing to add" if wanted else f"{self.claim.kind} has no loop {loop}"
            raise _refused(Place(loop, loop_at, ""), said)
        tag, qualifier = str(segments[0][0]), _qualifier(segments[0])
        place = Place(loop, loop_at, f"{tag}*{qualifier}" if tag in QUALIFIED else tag)
        if tag == wanted.tag and qualifier in (wanted.qualifiers or (qualifier,)):
            at = self.room_for_loop(wanted, loop_at, place)
            self.renumber |= tag == "LX"
        else:
            at = self.room_for_segment(wanted, loop_at, place)
        self.within(loop, segments, place)
        self.added += [_New(*at, self.written(place, each), self.guide.part_of[loop]) for each in segments]

    def room_for_segment(self, loop: Loop, loop_at: int, place: Place) -> tuple[int, tuple[int, int, int]]:
        """Where a segment goes in a loop that is there."""
        tag = place.segment.partition("*")[0]
        own = [
            number
            for number, each in enumerate(self.claim.segments)
            if each.loop == loop.name and each.loop_at == loop_at
        ]
        if not own or own[0] in self.removed:
            raise _refused(place, f"the claim has no loop {loop.name} to add it to; add the whole loop")
        if tag not in loop.order:
            raise _refused(place, f"{loop.name} holds no {tag}")
        self.limited(loop, own, place)
        rank = loop.order[tag]
        after = max(each for each in own if loop.order.get(self.claim.segments[each].tag, 0) <= rank)
        return after, (-len(self.guide.line_of(loop.name)), self.guide.order[loop.name], rank)

    def limited(self, loop: Loop, own: Sequence[int], place: Place) -> None:
        """Refuse what the loop has already as often as it may."""
        tag, _, qualifier = place.segment.partition("*")
        kept = loop.segments[loop.order[tag]]
        if kept.qualifiers and qualifier not in kept.qualifiers:
            raise _refused(place, f"{loop.name} holds no {place.segment}, only {', '.join(kept.qualifiers)}")
        most = kept.qualifiers.get(qualifier, kept.times)
        one = place.segment if kept.qualifiers else tag
        left = [self.claim.segments[each] for each in own if each not in self.removed]
        have = sum(one in (each.id, each.tag) for each in left)
        if have + self.made[loop.name, place.loop_at, one] >= most:
            raise _refused(place, f"{loop.name} holds no more than {most}: change the one that is there")
        self.made[loop.name, place.loop_at, one] += 1

    def room_for_loop(self, loop: Loop, above: int, place: Place) -> tuple[int, tuple[int, int, int]]:
        """Where a new loop goes within the one around it."""
        start, end = self.span(loop.parent, above, place)
        have, after = 0, start
        for number in range(start, end):
            segment = self.claim.segments[number]
            line = self.guide.line_of(segment.loop)
            child = line[line.index(loop.parent) - 1] if loop.parent in line[1:] else line[-1]
            if segment.loop == loop.parent or self.guide.order[child] <= self.guide.order[loop.name]:
                after = number
            have += segment.loop == loop.name and self.opens(segment) and number not in self.removed
        if have + self.made[loop.name, above, ""] >= loop.times:
            raise _refused(place, f"there is room for {loop.times} of {loop.name}: change the one that is there")
        self.made[loop.name, above, ""] += 1
        return after, (1 - len(self.guide.line_of(loop.name)), self.guide.order[loop.name], 0)

    def span(self, loop: str, loop_at: int, place: Place) -> tuple[int, int]:
        """The segments of a loop and all within it; of the whole claim for ""."""
        if not loop:
            return 0, len(self.raw)
        for number, each in enumerate(self.claim.segments):
            if each.loop == loop and each.loop_at == loop_at and number not in self.removed:
                return number, self.end_of(number)
        raise _refused(place, f"the claim has no loop {loop} number {loop_at} to add it to")

    def end_of(self, opener: int) -> int:
        """The number behind the last segment of the loop that a segment opens."""
        first = self.claim.segments[opener]
        for number in range(opener + 1, len(self.claim.segments)):
            each = self.claim.segments[number]
            if first.loop not in self.guide.line_of(each.loop) or (
                each.loop == first.loop and each.loop_at != first.loop_at
            ):
                return number
        return len(self.claim.segments)

    def within(self, loop: str, segments: Sequence[tuple[Element, ...]], place: Place) -> None:
        """Refuse segments that would stand in another loop than they are meant for."""
        inside = loop
        for each in segments[1:]:
            inside = self.guide.opened(inside, str(each[0]), _qualifier(each)) or inside
            if loop not in self.guide.line_of(inside) or str(each[0]) not in self.guide.loops[inside].order:
                raise _refused(place, f"{each[0]} does not belong in {inside}")

    def opens(self, segment: Segment) -> bool:
        return segment.at == 1 and segment.tag == self.guide.loops[segment.loop].tag

    def index(self, place: Place) -> int | None:
        """The number of the segment that a place names; None when the claim has none there."""
        found = self.claim.find(place)
        if found is None:
            return None
        number = next(number for number, each in enumerate(self.claim.segments) if each is found)
        if number in self.removed:
            raise _refused(place, "another edit takes it away")
        return number

    def touch(self, place: Place) -> None:
        if any(_overlap(each, place) for each in self.touched):
            raise _refused(place, "two edits change it")
        self.touched.append(place)

    def written(self, place: Place, segment: tuple[Element, ...]) -> bytes:
        """A new segment."""
        tag = str(segment[0])
        elements = (
            self.element(place._replace(element=number), tag, each) for number, each in enumerate(segment[1:], 1)
        )
        return _joined(self.claim.separators.element, [tag.encode("ascii"), *elements])

    def element(self, place: Place, tag: str, value: Element) -> bytes:
        """A new element, or a part of one."""
        if isinstance(value, str):
            return _cleaned(place, tag, value, self.claim.separators)
        parts = enumerate(value, 1)
        clean = [_cleaned(place._replace(component=number), tag, each, self.claim.separators) for number, each in parts]
        return _joined(self.claim.separators.component, clean)

    def parts(self) -> list[bytes]:
        """The bytes of the five parts with all edits made."""
        end = self.claim.separators.segment.encode("latin-1")
        parts = dict.fromkeys(PARTS, b"")
        for part, raw in self._numbered(self._rows()):
            parts[part] += raw + end
        return list(parts.values())

    def _rows(self) -> Iterator[tuple[str, bytes]]:
        """The segments that stay and those added, each with its part."""
        blank = _blank(self.raw[-1], self.claim.separators)
        behind: dict[int, list[_New]] = {}
        for each in sorted(self.added, key=lambda new: new.order):
            behind.setdefault(each.after, []).append(each)
        for number, segment in enumerate(self.claim.segments):
            if number not in self.removed:
                yield self.guide.part_of[segment.loop], self.raw[number]
            for each in behind.get(number, ()):
                yield each.part, blank + each.raw

    def _numbered(self, rows: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
        """The segments with the service lines counted anew, when lines have come or gone."""
        line = 0
        for part, raw in rows:
            tag = raw[len(_blank(raw, self.claim.separators)) :][:2].upper()
            if self.renumber and part == PARTS[-1] and tag == b"LX":
                line += 1
                yield part, _put(raw, _path(Place("2400", line, "LX", element=1), self.claim.separators), b"%d" % line)
            else:
                yield part, raw


_BLANKS = BLANKS.replace("\ufeff", "").encode("latin-1")


def _element(value: object) -> Element:
    return (
        value if isinstance(value, str) else tuple(map(str, value)) if isinstance(value, list | tuple) else str(value)
    )


def _refused(place: Place, text: str) -> EditError:
    return EditError([Refusal(place, f"{text}.")])


def _overlap(one: Place, other: Place) -> bool:
    """Whether two places within an element share something."""
    if one[:5] != other[:5]:
        return False
    pairs = (one.component, other.component), (one.repetition, other.repetition)
    return all(mine == yours or 0 in (mine, yours) for mine, yours in pairs)


def _cleaned(place: Place, tag: str, value: str, separators: Separators) -> bytes:
    """A value as it may stand in an element.

    Raises:
        EditError: it holds characters that cannot stand there, or is too long.
    """
    text = unicodedata.normalize("NFKD", value.strip())
    text = "".join(each for each in text if not unicodedata.combining(each))
    marks = {separators.element, separators.component, separators.segment, separators.repetition}
    if bad := sorted({each for each in text if each in marks or each not in CHARACTERS}):
        names = " ".join(each if each.isprintable() else f"U+{ord(each):04X}" for each in bad)
        raise _refused(place, f"leave out {names}, which cannot stand in a value")
    limit = longest(tag, place.element, place.component)
    if limit and len(text) > limit:
        raise _refused(place, f"{len(text)} characters; there is room for {limit}")
    return text.encode("ascii")


def _path(place: Place, separators: Separators) -> list[tuple[bytes, int]]:
    """How to find a value within the bytes of its segment: the separator, and which of what it separates."""
    steps = [(separators.element, place.element + 1), (separators.repetition, place.repetition)]
    steps.append((separators.component, place.component))
    return [(separator.encode("latin-1"), number) for separator, number in steps if separator and number]


def _put(data: bytes, path: Sequence[tuple[bytes, int]], value: bytes) -> bytes:
    """Bytes with a value in its place, and no separators left idle at the end."""
    if not path:
        return value
    (separator, number), *rest = path
    parts = data.split(separator)
    parts += [b""] * (number - len(parts))
    parts[number - 1] = _put(parts[number - 1], rest, value)
    return _trimmed(separator, parts)


def _joined(separator: str, parts: Sequence[bytes]) -> bytes:
    return _trimmed(separator.encode("latin-1"), list(parts))


def _trimmed(separator: bytes, parts: list[bytes]) -> bytes:
    while len(parts) > 1 and not parts[-1].strip():
        parts.pop()
    return separator.join(parts)


def _blank(raw: bytes, separators: Separators) -> bytes:
    """The line break, and whatever else is empty, before a segment."""
    return raw[: len(raw) - len(raw.lstrip(_BLANKS + separators.segment.encode("latin-1")))]


def _qualifier(segment: Sequence[Element]) -> str:
    first = segment[1] if len(segment) > 1 else ""
    return first if isinstance(first, str) else first[0]
