"""The loops of a claim by the guides, from book/loops.toml: what opens each, what it holds, and in which order."""

import tomllib
from collections.abc import Mapping
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, NamedTuple

PARTS = ("ST", "2000A", "2000B", "2000C", "2300")
"""The loops that hold all others. In a file they stand apart: each is followed by many of the next."""
NUMBERS = ("ST", "BHT", "HL")
"""Segments that say nothing of the claim: they are written anew with every batch."""
QUALIFIED = frozenset({"AMT", "CAS", "CRC", "DTP", "HI", "NM1", "NTE", "QTY", "REF"})
"""Segments that say by their first element (HI: its first component) what they hold."""


class Kept(NamedTuple):
    """A segment that a loop may hold."""

    tag: str
    times: int  # that it may come, each of its qualifiers apart
    qualifiers: Mapping[str, int]  # how often each may come; none: any qualifier


class Loop:
    """A loop of the guide."""

    def __init__(self, name: str, parent: str, opener: str, times: int, segments: tuple[Kept, ...]) -> None:
        self.name = name
        self.parent = parent
        self.tag, *self.qualifiers = opener.split()
        self.times = times
        self.segments = segments

    @cached_property
    def order(self) -> Mapping[str, int]:
        """Which place each tag has in the loop."""
        return {kept.tag: place for place, kept in enumerate(self.segments)}


class Guide:
    """The loops of one kind of claim."""

    def __init__(self, loops: tuple[Loop, ...]) -> None:
        self.loops = {loop.name: loop for loop in loops}
        self.order = {loop.name: place for place, loop in enumerate(loops)}
        self.openers = self._openers()
        self.tags = frozenset(tag for openers in self.openers.values() for tag, _ in openers)
        """The tags that open a loop somewhere."""
        self.part_of = {name: self.line_of(name)[-1] for name in self.loops}
        """Which of PARTS each loop belongs to."""

    def opened(self, loop: str, tag: str, qualifier: str) -> str:
        """Which loop a segment opens that follows in this one, the inmost that fits; "" when it opens none."""
        openers = self.openers[loop]
        return openers.get((tag, qualifier)) or openers.get((tag, "")) or ""

    def holds(self, loop: str, segment: str) -> bool:
        """Whether a loop may hold a segment, "REF*G1" or its tag."""
        tag, _, qualifier = segment.partition("*")
        kept = [each for each in self.loops[loop].segments if each.tag == tag] if loop in self.loops else []
        return any(not qualifier or not each.qualifiers or qualifier in each.qualifiers for each in kept)

    def line_of(self, loop: str) -> tuple[str, ...]:
        """A loop and all that hold it, inmost first."""
        line = [loop]
        while parent := self.loops[line[-1]].parent:
            line.append(parent)
        return tuple(line)

    def _openers(self) -> Mapping[str, Mapping[tuple[str, str], str]]:
        """For every loop what opens another from within it: tag and qualifier ("": any) to the name of that loop."""
        inside: dict[str, dict[tuple[str, str], str]] = {name: {} for name in self.loops}
        for loop in self.loops.values():
            if loop.parent:
                inside[loop.parent] |= {(loop.tag, each): loop.name for each in loop.qualifiers or ("",)}
        return {
            name: {opener: found for each in reversed(self.line_of(name)) for opener, found in inside[each].items()}
            for name in self.loops
        }


@cache
def guide(kind: str) -> Guide:
    """The loops of 837P, 837I or 837D; those of 837P for any other kind."""
    letter = kind[-1:] if kind[-1:] in ("P", "I", "D") else "P"
    found = [each for each in _book()["loop"] if letter in each["kinds"]]
    return Guide(
        tuple(
            Loop(each["name"], each["in"], each["opener"], each.get("times", 1), tuple(map(_kept, each["segments"])))
            for each in found
        )
    )


def longest(tag: str, element: int, component: int = 0) -> int:
    """The most characters that an element may have; 0 where the book sets no limit."""
    name = f"{tag}{element:02d}"
    limit: int = _book()["lengths"].get(f"{name}-{component}" if component else name, 0)
    return limit


@cache
def _book() -> Mapping[str, Any]:
    return tomllib.loads(files(__package__).joinpath("book", "loops.toml").read_text(encoding="utf-8"))


def _kept(text: str) -> Kept:
    first, *qualifiers = (_counted(each) for each in text.split())
    return Kept(*first, dict(qualifiers))


def _counted(text: str) -> tuple[str, int]:
    name, _, times = text.partition("/")
    return name, int(times or 1)
