"""What people call an element of a claim, and its box on the paper form: book/places.toml."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from reclaim.x12.loops import guide
from reclaim.x12.slices import Place

FORMS = {"P": "CMS-1500 box", "I": "UB-04 locator", "D": "ADA form item"}
"""What the numbers of the paper forms are called, by the last letter of the kind of claim."""


class Element(NamedTuple):
    """An element that people have a name for."""

    name: str  # "rendering provider NPI"
    box: str  # on the form of this kind of claim: "24J"; "" when the form has none
    form: str  # "CMS-1500 box"
    places: tuple[Place, ...]  # that of a line before that of the claim; of line 1 and loop 1
    more: bool  # later elements of the segment are called the same

    def __str__(self) -> str:
        """`CMS-1500 box 24J, rendering provider NPI`."""
        return f"{self.form} {self.box}, {self.name}" if self.box else self.name


def element_at(place: Place, kind: str) -> Element | None:
    """What the element at a place is called.

    Args:
        place: of an element or component, in any line, loop or repetition.
        kind: "837P", "837I" or "837D".

    Returns:
        The element; None when the book has no name for it.
    """
    book = _by_place(kind)
    tag = place.segment.partition("*")[0]
    for segment in (place.segment, tag):
        for component in {place.component: None, 0: None}:
            if found := book.get((place.loop, segment, place.element, component)):
                return found
            earlier = (book.get((place.loop, segment, number, component)) for number in range(place.element - 1, 0, -1))
            if found := next((each for each in earlier if each and each.more), None):
                return found
    return None


@cache
def elements(kind: str) -> tuple[Element, ...]:
    """Every element of a kind of claim that the book has a name for, in the order of the book."""
    loops, found = guide(kind), []
    for row in _book():
        places = [place for place in map(Place.parse, row["places"]) if loops.holds(place.loop, place.segment)]
        if (box := row.get(kind[-1:])) is not None:
            found.append(Element(row["name"], box, FORMS[kind[-1:]], tuple(places), row.get("more", False)))
    return tuple(found)


@cache
def _by_place(kind: str) -> Mapping[tuple[str, str, int, int], Element]:
    return {
        (place.loop, place.segment, place.element, place.component): element
        for element in elements(kind)
        for place in element.places
    }


@cache
def _book() -> Sequence[Mapping[str, Any]]:
    rows: Sequence[Mapping[str, Any]] = tomllib.loads(
        files(__package__).joinpath("book", "places.toml").read_text(encoding="utf-8")
    )["element"]
    return rows
