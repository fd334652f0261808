"""What differs between two versions of a claim, element by element."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from reclaim.x12.loops import NUMBERS
from reclaim.x12.slices import Place, Segment, Slice

Components = tuple[tuple[str, ...], ...]
Keyed = list[tuple[tuple[str, Components], Segment]]
"""Segments with what makes them the same in two versions of a claim: their loop and their components."""


class Change(NamedTuple):
    """A difference between two versions of a claim."""

    place: Place  # on the older one; of what was added, on the newer one
    before: str  # "" when added
    after: str  # "" when removed


def difference(old: Slice, new: Slice) -> list[Change]:
    """What differs between two versions of a claim, whatever their separators, in the order of the guide.

    What is counted anew is left out: levels and numbers of the file (ST, BHT, HL) and of the service lines (LX01).
    """
    before, after = _comparable(old), _comparable(new)
    changes = list(_matched(old, new, before, after))
    shapes = [[(each.loop, each.tag) for _, each in version] for version in (before, after)]
    if shapes[0] == shapes[1]:
        # A line of which much has changed is still that line, unless it is told more shortly as another one.
        paired = zip(before, after, strict=True)
        in_place = [each for (_, was), (_, now) in paired for each in _elements_changed(old, new, was, now)]
        changes = min(in_place, changes, key=len)
    return changes


def segments_changed(old: Slice, new: Slice) -> list[tuple[str, str]]:
    """The segments that differ, before ("" when added) and after ("" when removed), in the order of the claim.

    Without terminators, in the separators of each; what is written anew with every batch is left out.
    """
    before, after = ([each for each in claim.segments if each.tag not in NUMBERS] for claim in (old, new))
    texts = [[claim.get(each.place()) for each in some] for claim, some in ((old, before), (new, after))]
    matched = SequenceMatcher(a=texts[0], b=texts[1], autojunk=False)
    blocks = ((before[i:i_end], after[j:j_end]) for how, i, i_end, j, j_end in matched.get_opcodes() if how != "equal")
    pairs = (pair for was, now in blocks for pair in _paired(was, now))
    return [(old.get(was.place()) if was else "", new.get(now.place()) if now else "") for was, now in pairs]


def _paired(before: Sequence[Segment], after: Sequence[Segment]) -> Iterator[tuple[Segment | None, Segment | None]]:
    """Segments with what became of them; those that were taken away and added stand alone."""
    rest = list(after)
    for segment in before:
        twin = next((each for each in rest if (each.loop, each.id) == (segment.loop, segment.id)), None)
        yield segment, twin
        if twin is not None:
            rest.remove(twin)
    yield from ((None, each) for each in rest)


def _matched(old: Slice, new: Slice, before: Keyed, after: Keyed) -> Iterator[Change]:
    """The changes between segments that stand between those that are the same in both versions."""
    matched = SequenceMatcher(a=[key for key, _ in before], b=[key for key, _ in after], autojunk=False)
    for how, i, i_end, j, j_end in matched.get_opcodes():
        if how != "equal":
            yield from _changes(old, new, [each for _, each in before[i:i_end]], [each for _, each in after[j:j_end]])


def _comparable(claim: Slice) -> Keyed:
    kept = [each for each in claim.segments if each.tag not in NUMBERS]
    # A service line is known by what it bills (SV1, SV2, SV3), not by its number.
    told = [after if each.tag == "LX" else each for each, after in zip(kept, [*kept[1:], kept[-1]], strict=True)]
    said = [tuple(map(claim.components, each.elements)) for each in told]
    return [((each.loop + each.tag, what), each) for each, what in zip(kept, said, strict=True)]


def _changes(old: Slice, new: Slice, before: list[Segment], after: list[Segment]) -> Iterator[Change]:
    """The changes between segments of which none is the same."""
    rest = list(after)
    for segment in before:
        same = [each for each in rest if each.loop == segment.loop and each.tag == segment.tag]
        twin = next((each for each in same if each.id == segment.id), same[0] if same else None)
        if twin is None:
            yield Change(segment.place(), old.get(segment.place()), "")
        else:
            rest.remove(twin)
            yield from _elements_changed(old, new, segment, twin)
    for segment in rest:
        yield Change(segment.place(), "", new.get(segment.place()))


def _elements_changed(old: Slice, new: Slice, before: Segment, after: Segment) -> Iterator[Change]:
    for number in range(1, max(len(before.elements), len(after.elements)) if before.tag != "LX" else 1):
        was, now = old.components(before.element(number)), new.components(after.element(number))
        if len(was) == len(now) == 1:
            if was != now:
                yield Change(before.place(number), was[0], now[0])
            continue
        for component in range(max(len(was), len(now))):
            first, second = ("".join(each[component : component + 1]) for each in (was, now))
            if first != second:
                yield Change(before.place(number, component + 1), first, second)
