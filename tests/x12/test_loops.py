"""Our book of loops says what the maps of the judge say of the same guides."""

from collections.abc import Iterator
from importlib.resources import files
from typing import NamedTuple
from xml.etree import ElementTree as ET

import pytest

from reclaim.x12.loops import QUALIFIED, guide

MAPS = {"837P": "837.5010.X222.A1.xml", "837I": "837Q3.I.5010.X223.A1.xml"}
WRAPPING = {"ISA_LOOP", "GS_LOOP", "ST_LOOP", "HEADER", "DETAIL", "FOOTER"}


class Known(NamedTuple):
    """A segment in the map of the judge."""

    loop: str
    parent: str
    tag: str
    qualifiers: tuple[str, ...]
    times: int


def known(kind: str) -> list[Known]:
    """The segments of a guide, in order, claims of subscribers left out: they are those of patients again."""
    text = files("pyx12").joinpath("map", MAPS[kind]).read_text(encoding="utf-8")
    found = list(_known(ET.fromstring(text), "ST", ""))  # noqa: S314  a file that the judge ships
    return [each for each in found if each.loop[:4] < "2300" or each.parent != "2000B"]


def _known(node: ET.Element, loop: str, parent: str) -> Iterator[Known]:
    for child in node:
        name = child.get("xid", "")
        if child.tag == "loop":
            yield from _known(child, *((loop, parent) if name in WRAPPING else (name, loop)))
        elif child.tag == "segment" and name not in {"ISA", "GS", "GE", "IEA", "TA1", "SE"}:
            codes = [each.text or "" for each in child.findall("./*[seq='01']/valid_codes/code")]
            first = child.find("./composite[seq='01']/element/valid_codes") if name == "HI" else None
            codes += [each.text or "" for each in (() if first is None else first)]
            times = child.findtext("max_use", "1")
            qualifiers = tuple(codes) if name in QUALIFIED - {"CAS"} else ()
            yield Known(loop, parent, name, qualifiers, int(times) if times.isdecimal() else 99)


@pytest.mark.parametrize("kind", MAPS)
def test_every_segment_of_the_guide_has_its_loop_and_room(kind: str) -> None:
    loops = guide(kind)
    for each in known(kind):
        loop = loops.loops[each.loop]
        kept = loop.segments[loop.order[each.tag]]
        assert all(loops.holds(each.loop, f"{each.tag}*{qualifier}") for qualifier in each.qualifiers), each
        if kept.qualifiers:
            assert sum(kept.qualifiers[qualifier] for qualifier in each.qualifiers) >= each.times, each
        else:
            assert kept.times >= each.times, each


@pytest.mark.parametrize("kind", MAPS)
def test_segments_stand_in_the_order_of_the_guide(kind: str) -> None:
    order: dict[str, list[str]] = {}
    for each in known(kind):
        tags = order.setdefault(each.loop, [])
        if each.tag not in tags:
            tags.append(each.tag)
    for name, tags in order.items():
        ours = [kept.tag for kept in guide(kind).loops[name].segments if kept.tag in tags]
        assert ours == tags, name


@pytest.mark.parametrize("kind", MAPS)
def test_loops_open_as_in_the_guide(kind: str) -> None:
    loops = guide(kind)
    seen: set[str] = set()
    for each in known(kind):
        if each.loop not in seen and loops.loops[each.loop].parent:
            assert loops.loops[each.loop].parent == each.parent, each
            for qualifier in each.qualifiers or ("",):
                assert loops.opened(each.parent, each.tag, qualifier) == each.loop, each
        seen.add(each.loop)
    own = {loop for loop in loops.loops if loops.part_of[loop] != "ST"}
    assert own <= seen


def test_an_unknown_kind_is_read_as_a_professional_claim() -> None:
    assert guide("837").loops.keys() == guide("837P").loops.keys()
