"""A claim as the form that people know: its fields by name and box, and what was typed into them as edits.

    groups = laid(original, claim, lines, Shown(...))     for the page
    edits, wrong = asked(claim, groups, typed)            what was typed, by the key of its place

Days read 06/01/2026 and diagnosis pointers AB, as on paper; on the claim they stand as the guides want them.
No Django here.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from reclaim.desk.corrected import FREQUENCY, NUMBER
from reclaim.web.correct_values import DIAGNOSES, MOST_DIAGNOSES, Kind, days_of, kind_of, pointers_of, read
from reclaim.x12.editing import MADE, Add, Edit, Put
from reclaim.x12.loops import NUMBERS, longest
from reclaim.x12.naming import Element, elements
from reclaim.x12.slices import Place, Segment, Slice

GROUPS = {
    "insured": "Patient and insured",
    "providers": "Providers",
    "claim": "The claim",
    "diagnoses": "Diagnoses",
    "lines": "Service lines",
    "others": "Other insurance",
    "papers": "Attachments",
}
"""In the order of the paper form."""
ROLES = {
    "85": "Billing provider",
    "87": "Pay-to address",
    "PE": "Pay-to plan",
    "82": "Rendering provider",
    "DN": "Referring provider",
    "P3": "Primary care provider",
    "DQ": "Supervising provider",
    "DK": "Ordering provider",
    "77": "Service facility",
    "71": "Attending provider",
    "72": "Operating physician",
    "ZZ": "Other operating physician",
    "DD": "Assistant surgeon",
    "PW": "Pick-up address",
    "45": "Drop-off address",
    "QB": "Purchased service provider",
}
"""Providers and places by NM101."""
_TITLES = {"2010BB": "Payer", "2000B": "Insured", "2010BA": "Insured", "2000C": "Patient", "2010CA": "Patient"}
_USUAL = frozenset({"prior authorization number", "referral number", "member id", "group number"})
"""Shown though nothing stands there, as is whatever ends in NPI; all else that is empty stands behind "more fields"."""
_WITHIN = re.compile("^(insured's|patient's|other payer's) ")


class Note(NamedTuple):
    """What is said beside a field."""

    tone: str  # late | soon | ""
    text: str
    remedy: str = ""


class Field(NamedTuple):
    """One field of the form."""

    place: Place
    name: str  # within its part: "NPI" of the rendering provider
    box: str  # on the paper form, "24J"; "" where it has none
    kind: Kind
    value: str  # as it stands on the claim now, and people read it
    was: str  # on the claim that was sent
    typed: str  # what stands in the field: as a rule the value
    usual: bool  # shown though it is empty
    notes: Sequence[Note] = ()

    @property
    def wrong(self) -> bool:
        """Whether an error stands beside it."""
        return any(each.tone == "late" for each in self.notes)

    @property
    def key(self) -> str:
        """By which it is sent."""
        return self.place.key

    @property
    def id(self) -> str:
        """By which the page finds it."""
        return name_of(self.place)

    @property
    def changed(self) -> bool:
        """Whether it differs from what was sent."""
        return self.was != self.typed

    @property
    def most(self) -> int:
        """Characters that it takes; days and pointers take more here than on the claim."""
        limit = longest(self.place.segment.partition("*")[0], self.place.element, self.place.component)
        return 40 if self.kind in ("date", "pointers") else limit or 80


class Part(NamedTuple):
    """What belongs together: a person, a provider, a line."""

    title: str
    fields: list[Field]
    more: list[Field]  # empty ones that are seldom filled in
    opener: str  # key of the segment with which all of it is taken away; "": it stays
    added: bool = False  # it is not on the claim that was sent


class Group(NamedTuple):
    """One section of the form."""

    name: str
    title: str
    parts: list[Part]


class Shown(NamedTuple):
    """What the page adds to a form."""

    typed: Mapping[str, str] = {}  # what stands in fields and is not kept, by the key of the place
    notes: Mapping[str, Sequence[Note]] = {}  # what is said beside fields, by the key of the place
    first: int = 1  # line that is shown first
    most: int = 20  # lines that are shown


def name_of(place: Place) -> str:
    """The place as an id within the page."""
    return "f-" + re.sub(r"[^A-Za-z0-9]+", "-", place.key)


def laid(original: Slice, claim: Slice, lines: Sequence[int], shown: Shown) -> list[Group]:
    """The form of a claim.

    Args:
        original: as it was sent.
        claim: as it is corrected so far.
        lines: for each line of the claim, its number on the original; 0: it was added.
        shown: what the page adds, and which lines it shows.
    """
    work = _Form(original, claim, lines, shown)
    found: dict[str, list[Part]] = {name: [] for name in GROUPS}
    for group, title, some, at in _parts(claim):
        if group == "lines" and not shown.first <= at < shown.first + shown.most:
            continue
        part = work.part(title, some, at if group == "lines" else 0)
        if part.fields or part.more or part.opener:
            found[group].append(part)
    return [Group(name, title, found[name]) for name, title in GROUPS.items()]


def origins(steps: Iterable[Mapping[str, object]], count: int) -> list[int]:
    """For each line of a corrected claim its number on the one that was sent, 0 where it was added.

    Args:
        steps: edits, as corrections keep them.
        count: lines of the claim that was sent.
    """
    found = list(range(1, count + 1))
    for step in steps:
        if step.get("add") == "2400" and str(step.get("segments", [[""]])[0][0]) == "LX":  # type: ignore[index]
            found.append(0)
        elif "remove" in step and (place := Place.parse(str(step["remove"]))).segment == "LX":
            found.pop(place.loop_at - 1)
    return found


def fields(groups: Iterable[Group]) -> Iterator[Field]:
    """Every field of a form."""
    return (field for group in groups for part in group.parts for field in (*part.fields, *part.more))


class Wrong(NamedTuple):
    """What was typed and cannot be."""

    place: Place
    text: str


def asked(claim: Slice, groups: Iterable[Group], typed: Mapping[str, str]) -> tuple[list[Edit], list[Wrong]]:
    """The edits that what was typed asks for, and what was typed and cannot be read.

    Args:
        claim: as it is corrected so far.
        groups: its form.
        typed: what stands in its fields, by the key of the place; fields that are not named stay.
    """
    edits, wrong = list[Edit](), list[Wrong]()
    for field in fields(groups):
        text = typed.get(field.key, field.value).strip()
        if text == field.value:
            continue
        try:
            edits += _edits(claim, field, text)
        except ValueError as error:
            wrong.append(Wrong(field.place, str(error)))
    return edits, wrong


# --- what stands where ------------------------------------------------------------------------------------------------


class _Form:
    """A form while it is laid out."""

    def __init__(self, original: Slice, claim: Slice, lines: Sequence[int], shown: Shown) -> None:
        self.original, self.claim, self.lines, self.shown = original, claim, lines, shown
        self.known = _known(claim.kind)

    def part(self, title: str, segments: Sequence[Segment], line: int) -> Part:
        """The fields of some segments, and those that could be there."""
        found: dict[str, tuple[int, Field]] = {}
        named = (each for segment in segments for each in self._named(segment))
        for rank, place, element in (*named, *self._missing(segments)):
            if place.key not in found:
                found[place.key] = rank, self._field(place, element, title)
        ordered = [field for _, field in sorted(found.values(), key=lambda each: each[0])]
        shown = [each for each in ordered if each.usual or each.typed or each.was or each.notes]
        opener = segments[0] if segments and _goes(segments[0]) else None
        return Part(
            title,
            shown,
            [each for each in ordered if each not in shown],
            opener.place().key if opener else "",
            bool(line) and not self._line(line),
        )

    def _named(self, segment: Segment) -> Iterator[tuple[int, Place, Element]]:
        """The elements of a segment that people have a name for, in the order of the book."""
        last = len(segment.elements) - 1
        if segment.id in DIAGNOSES:
            last = min(last + 1, MOST_DIAGNOSES)
        for name in (segment.id, segment.tag):
            for rank, number, component, element in self.known.get((segment.loop, name), ()):
                for at in range(number, max(number, last if element.more else 0) + 1):
                    yield rank, segment.place(at, component), element

    def _missing(self, segments: Sequence[Segment]) -> Iterator[tuple[int, Place, Element]]:
        """Elements whose segment is not there, and is made by a value alone; diagnoses of an 837I among them."""
        there, tags = {(each.loop, each.id) for each in segments}, {each.tag for each in segments}
        for loop, at in dict.fromkeys((each.loop, each.loop_at) for each in segments):
            for (wanted, name), some in self.known.items():
                made = name.partition("*")[0] in MADE and "*" in name and not tags <= {"HI", "PWK"}
                other = name == "HI*ABF" and (loop, "HI*ABK") in there and self.claim.kind == "837I"
                if wanted != loop or (loop, name) in there or not (made or other):
                    continue
                for rank, number, component, element in some:
                    yield rank, Place(loop, at, name, 1, number, component), element

    def _field(self, place: Place, element: Element, title: str) -> Field:
        kind = kind_of(place)
        value = read(self.claim.get(place), kind)
        box = element.box + (chr(64 + place.element) if element.box == "21" else "")  # as pointers name it
        usual = (element.name in _USUAL and place.loop != "2400") or element.name.endswith("NPI")
        usual |= self._next(place, element)
        was = read(self.original.get(before), kind) if (before := self._before(place)) else ""
        typed = self.shown.typed.get(place.key, value)
        notes = self.shown.notes.get(place.key, ())
        name = _WITHIN.sub("", element.name.removeprefix(f"{title.lower()} "))
        return Field(place, name, box, kind, value, was, typed, usual, notes)

    def _next(self, place: Place, element: Element) -> bool:
        """Whether it is where one more would stand: the next modifier, the next diagnosis."""
        if element.name.startswith("modifier"):
            return place.component == 3 or bool(self.claim.get(place._replace(component=place.component - 1)))
        return place.segment in DIAGNOSES

    def _before(self, place: Place) -> Place | None:
        """Where it stood on the claim that was sent; None: nowhere."""
        if place.loop != "2400":
            return place
        number = self._line(place.loop_at)
        return place._replace(loop_at=number) if number else None

    def _line(self, number: int) -> int:
        return self.lines[number - 1] if number <= len(self.lines) else 0


def _parts(claim: Slice) -> Iterator[tuple[str, str, Sequence[Segment], int]]:
    """The segments of a claim as they belong together on the form: group, title, segments, number of the line."""
    found: dict[tuple[str, str, str], list[Segment]] = {}
    for segment in claim.segments:
        if segment.tag not in NUMBERS and not segment.loop.startswith(("ST", "1000", "24")):
            found.setdefault(_part_of(segment, claim), []).append(segment)
    for (group, title, _), some in found.items():
        yield group, title, some, 0
    for number, line in enumerate(claim.lines, 1):
        yield "lines", f"Line {number}", line, number


def _part_of(segment: Segment, claim: Slice) -> tuple[str, str, str]:
    """Group, title, and what tells parts of the same title apart."""
    loop = segment.loop
    if loop in _TITLES:
        return "insured", _TITLES[loop], ""
    if loop in ("2000A", "2010AA"):
        return "providers", ROLES["85"], ""
    if loop.startswith(("2010A", "2310")):
        opener = claim.all(loop, "NM1", loop_at=segment.loop_at)
        role = opener[0].element(1).upper() if opener else ""
        return "providers", ROLES.get(role, "Provider"), f"{loop}.{segment.loop_at}"
    if loop.startswith("23") and loop != "2300":
        return "others", "Other insurance", str(segment.loop_at if loop == "2320" else segment.above)
    if segment.tag == "PWK":
        return "papers", "Attachment", str(segment.at)
    diagnoses = "Diagnoses" if segment.id in DIAGNOSES else "Other codes"
    return ("diagnoses", diagnoses, "") if segment.tag == "HI" else ("claim", "The claim", "")


def _goes(opener: Segment) -> bool:
    """Whether all that a segment opens can be taken away."""
    optional = opener.tag == "NM1" and opener.loop.startswith(("2310", "2010A")) and opener.loop != "2010AA"
    return opener.tag in ("LX", "PWK") or (opener.loop == "2320" and opener.tag == "SBR") or optional


@cache
def _known(kind: str) -> Mapping[tuple[str, str], Sequence[tuple[int, int, int, Element]]]:
    """The named elements of each segment: rank in the book, element and component; without what the way says."""
    found: dict[tuple[str, str], list[tuple[int, int, int, Element]]] = {}
    for rank, element in enumerate(elements(kind)):
        for place in element.places:
            if place.whole == NUMBER.whole or place == FREQUENCY or place.segment == "LX":
                continue
            found.setdefault((place.loop, place.segment), []).append((rank, place.element, place.component, element))
    return found


# --- what is read and typed -------------------------------------------------------------------------------------------


def _edits(claim: Slice, field: Field, text: str) -> Iterator[Edit]:
    """What makes the claim say what was typed.

    Raises:
        ValueError: it cannot be read.
    """
    place = field.place
    if field.kind == "date":
        yield from _dated(claim, place, days_of(text))
    elif field.kind == "pointers":
        yield Put(place, pointers_of(text))
    elif field.kind == "diagnosis":
        yield from _diagnosed(claim, place, text.replace(".", "").upper())
    else:
        yield Put(place, text)


def _dated(claim: Slice, place: Place, text: str) -> Iterator[Edit]:
    yield Put(place, text)
    form = place._replace(element=2, component=0)
    now = claim.get(form) if place.segment.startswith("DTP") else ""
    wanted = {"D8": "RD8", "RD8": "D8"}.get(now, "") if text and ("-" in text) != (now == "RD8") else ""
    if wanted:
        yield Put(form, wanted)


def _diagnosed(claim: Slice, place: Place, code: str) -> Iterator[Edit]:
    whole, qualifier = place._replace(component=0), place.segment.partition("*")[2]
    if claim.find(place) is None:
        yield Add(place.loop, (("HI", (qualifier, code)),), place.loop_at)
    elif not code:
        yield Put(whole, "")
    elif claim.get(whole):
        yield Put(place, code)
    else:
        yield Put(whole, ({"ABK": "ABF", "BK": "BF"}.get(qualifier, qualifier), code))
