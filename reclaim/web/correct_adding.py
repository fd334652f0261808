"""What can be added to a claim on the Correct page, and taken away: lines, providers, attachments, any segment."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from django.http import QueryDict

from reclaim.desk.acting import ActionError
from reclaim.desk.corrected import with_total
from reclaim.web.correct_forms import ROLES
from reclaim.web.correct_values import days_of, pointers_of
from reclaim.x12 import resending
from reclaim.x12.editing import Add, Edit, Element, Remove
from reclaim.x12.loops import guide
from reclaim.x12.slices import Place, Slice

REPORTS = {
    "OZ": "Support data for the claim",
    "M1": "Medical record attachment",
    "OB": "Operative note",
    "RR": "Radiology report",
    "LA": "Laboratory results",
    "EB": "Explanation of benefits",
    "CT": "Certification",
    "PN": "Physical therapy notes",
    "03": "Report justifying treatment beyond utilization",
    "B4": "Referral form",
    "DA": "Dental models",
    "P6": "Periodontal charts",
    "RB": "Radiology films",
}
"""Report types (PWK01) that are sent most."""
TRANSMISSIONS = {"EL": "Electronically", "FX": "By fax", "BM": "By mail", "AA": "On file, on request"}
"""How papers reach the payer (PWK02)."""


class Given(NamedTuple):
    """What a button sends besides what was typed; as `web.correct` has it."""

    argument: str
    typed: QueryDict


class Adding(NamedTuple):
    """A button that adds something, or takes it away."""

    label: str
    said: str
    edits: Callable[[Slice, Given], list[Edit]]


class Offered(NamedTuple):
    """What the forms of the page offer."""

    kind: str  # P | I | D
    providers: Sequence[tuple[str, str]]  # loop and qualifier ("2310B 82"), and words
    reports: Sequence[tuple[str, str]]
    transmissions: Sequence[tuple[str, str]]
    loops: Sequence[str]


def offered(kind: str) -> Offered:
    """What may be added to a kind of claim."""
    loops = guide(kind).loops.values()
    providers = [
        (f"{each.name} {role}", ROLES.get(role, role))
        for each in loops
        if each.parent == "2300" and each.tag == "NM1"
        for role in each.qualifiers
    ]
    every = [each.name for each in loops if each.name not in ("ST", "1000A", "1000B")]
    return Offered(kind[-1], providers, [*REPORTS.items()], [*TRANSMISSIONS.items()], every)


def _line(claim: Slice, given: Given) -> list[Edit]:
    """A new line at the end; the total charge follows."""
    typed = {name: given.typed.get(f"line_{name}", "").strip() for name in _LINE}
    if not typed["charge"] or not (typed["procedure"] or typed["revenue"]):
        raise ActionError("A line needs a procedure (or revenue code) and a charge.")
    qualifier = "AD" if claim.kind == "837D" else "HC"
    codes = [each for each in re.split(r"[\s,:]+", typed["modifiers"].upper()) if each]
    procedure = (qualifier, typed["procedure"].upper(), *codes) if typed["procedure"] else ""
    units, pointers = typed["units"] or "1", pointers_of(typed["pointers"])
    service: tuple[Element, ...] = {
        "837P": ("SV1", procedure, typed["charge"], "UN", units, typed["place"], "", pointers),
        "837I": ("SV2", typed["revenue"], procedure, typed["charge"], "UN", units),
        "837D": ("SV3", procedure, typed["charge"], typed["place"], "", "", units),
    }[claim.kind]
    segments: list[tuple[Element, ...]] = [("LX", str(len(claim.lines) + 1)), service]
    if day := days_of(typed["day"]):
        segments.append(("DTP", "472", "RD8" if "-" in day else "D8", day))
    return with_total(claim, [Add("2400", tuple(segments))])


_LINE = ("procedure", "modifiers", "revenue", "charge", "units", "pointers", "place", "day")


def _provider(claim: Slice, given: Given) -> list[Edit]:
    """Somebody whom the claim does not name yet."""
    del claim
    loop, _, role = given.typed.get("provider_role", "").partition(" ")
    last, first, npi, taxonomy = (given.typed.get(f"provider_{each}", "").strip() for each in _PROVIDER)
    if not loop or not last:
        raise ActionError("Choose whom to add, and give a name.")
    kind = "1" if first else "2"
    name = ("NM1", role, kind, last.upper(), first.upper(), "", "", "", *(("XX", npi) if npi else ()))
    more = (("PRV", "AT" if role == "71" else "PE", "PXC", taxonomy),) if taxonomy else ()
    return [Add(loop, (name, *more))]


_PROVIDER = ("last", "first", "npi", "taxonomy")


def _paper(claim: Slice, given: Given) -> list[Edit]:
    """Papers that follow the claim."""
    del claim
    said = {name: given.typed.get(f"paper_{name}", "").strip() for name in ("number", "kind", "way")}
    if not said["number"]:
        raise ActionError("Give the attachment control number: it stands on the papers too.")
    return [resending.attachment(said["number"], kind=said["kind"] or "OZ", way=said["way"] or "EL")]


def _segments(claim: Slice, given: Given) -> list[Edit]:
    """Segments as they are written in a file, one or several, to a loop or as a new one."""
    loop, _, at = given.typed.get("segment_loop", "").strip().partition(".")
    marks = claim.separators
    found = [each.strip() for each in re.split(r"[~\r\n]+", given.typed.get("segment_text", "")) if each.strip()]
    if not loop or not found:
        raise ActionError("Write a segment like REF*G1*AU7, and choose its loop.")
    component = marks.component if marks.component in "".join(found) else ":"
    segments = tuple(tuple(_element(each, component) for each in text.split("*")) for text in found)
    add = Add(loop, segments, int(at) if at.isdecimal() else 1)
    return with_total(claim, [add]) if loop == "2400" and segments[0][0] == "LX" else [add]


def _element(text: str, component: str) -> Element:
    return tuple(text.split(component)) if component in text else text


def _removed(claim: Slice, given: Given) -> list[Edit]:
    try:
        place = Place.parse(given.argument)
    except ValueError as error:
        raise ActionError(str(error)) from error
    gone: list[Edit] = [Remove(place)]
    return with_total(claim, gone) if place.segment == "LX" else gone


ACTS: Mapping[str, Adding] = {
    "add_line": Adding("Add the line", "The line is added, and the total follows.", _line),
    "add_provider": Adding("Add", "Added.", _provider),
    "add_paper": Adding("Announce it", "The attachment is announced.", _paper),
    "add_segments": Adding("Add it", "Added.", _segments),
    "remove": Adding("Take it away", "Taken away.", _removed),
}
"""By the names of their buttons."""
