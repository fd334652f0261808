"""The last look at an interchange before it leaves: pyx12 by the maps of the guides, and our own reader.

A file that a payer's front door would turn away comes back as a 999 days later; so it is read here as it is read there.
pyx12 has no map for dental claims (837D) and status requests (276): these are judged by our own reader alone.
"""

import io
import logging
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson
import pyx12.errors
import pyx12.params
import pyx12.x12n_document

from reclaim.x12.reading import Reading

MAPPED = ("837P", "837I")
"""What pyx12 has maps for, of what we send."""
LEVELS = ("error", "warning")
"""Findings of our own reader that stop a file which we wrote ourselves."""
SILENT = logging.CRITICAL + 1
logging.getLogger("pyx12").setLevel(SILENT)  # it tells every fault with its value: patient data, which no log may hold


class Objection(NamedTuple):
    """Something that is not as the guide has it."""

    segment: int  # its number in the file, from 1; 0: the file as a whole
    text: str  # may quote what stands there


def objections(data: bytes, kind: str) -> list[Objection]:
    """What is wrong with an interchange; nothing when it may leave.

    Args:
        data: one interchange without line breaks between its segments, or with.
        kind: "837P", "837I", "837D" or "276".

    Returns:
        Each fault with its segment, in the order of the file. What is missing is told at the segment behind its place.
    """
    found = list(_ours(data, kind))
    if kind in MAPPED:
        found += pyx12_objections(data)
    return sorted(dict.fromkeys(found))


def pyx12_objections(data: bytes) -> list[Objection]:
    """What pyx12 finds wrong with an interchange of ASCII characters, in its words."""
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError as error:
        odd, end = data[error.start : error.start + 1], data[105:106]
        return [Objection(data[: error.start].count(end) + 1, f"{odd!r} is no plain letter; leave it out.")]
    said = io.StringIO()
    judge = pyx12.x12n_document.x12n_document
    try:
        valid = judge(pyx12.params.ParamsBase(), io.StringIO(text), None, None, fd_json=said)
    except pyx12.errors.EngineError as error:
        return [Objection(0, str(error))]
    found = list(_told(orjson.loads(said.getvalue() or "{}"), 0))
    return found if valid or found else [Objection(0, "The file is not valid.")]


def _told(report: Any, segment: int) -> Iterator[Objection]:  # noqa: ANN401  a tree of JSON
    """Every fault of a report, at the segment that it stands under."""
    match report:
        case {"err_str": str(said)}:
            yield Objection(segment, said)
        case {"seg_id": _, "cur_line": int(line)}:
            yield from _told(list(report.values()), line)
        case dict():
            yield from _told(list(report.values()), segment)
        case list():
            for each in report:
                yield from _told(each, segment)


def _ours(data: bytes, kind: str) -> Iterator[Objection]:
    reading = Reading(io.BytesIO(data), kinds=(kind,))
    for _ in reading.parts():
        pass
    for each in reading.findings:
        if each.level in LEVELS:
            yield Objection(each.segment or 0, f"{each.path}: {each.text}" if each.path else each.text)
