"""A claim that comes in against the claim as it should be: what it says, and what is wrong on it.

A fault that shows on a claim stands at a place of it, and is gone when what stands there is right. Nobody is trusted
to have corrected anything. What the world has no cause for (addresses, phone numbers, who rendered) is not looked at.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from reclaim.world.causes import causes
from reclaim.world.envelopes import text
from reclaim.world.faults import repaired
from reclaim.world.model import (
    Address,
    Answer,
    Cents,
    Claim,
    Coverage,
    Entity,
    Fault,
    Line,
    Location,
    Patient,
    Payer,
    Provider,
)
from reclaim.world.people import covered
from reclaim.world.x837 import DIAGNOSES, ORDER, sent_as
from reclaim.x12.slices import Segment, Slice

ANOTHER_INSURANCE = ("old_coverage", "coverage_ended", "other_payer_primary")
"""Causes that are cured by billing somebody else, or the same payer under the right number."""
DUPLICATE = "duplicate_sent"
_NOWHERE = Address("", "", "", "")


def as_it_came(said: Slice, sent: Claim, payer: Payer, prior: Answer | None) -> Claim:
    """A claim of the world as it comes in now.

    Args:
        said: what came.
        sent: the same claim as it was first sent, slips included.
        payer: to whom it goes now.
        prior: what the payer before has said, for a claim to a second payer.

    Returns:
        The claim with what it says now, and in `faults` what is truly wrong on it. What does not show on a claim
        (`hidden_faults`) is left to the caller.
    """
    right = repaired(sent)
    claim = replace(right, payer=payer, coverage=_coverage(right, sent, said, payer), faults=[], prior=None)
    claim.control_number, claim.order = said.value("2300", "CLM", 1), _order(said)
    claim.prior = prior if claim.order > 1 else None
    claim.frequency, claim.replaces = frequency(said), said.value("2300", "REF*F8", 2)
    claim.authorization, claim.referral = said.value("2300", "REF*G1", 2), said.value("2300", "REF*9F", 2)
    claim.attachment = said.value("2300", "PWK", 6)
    _say_patient(claim, said)
    claim.diagnoses = tuple(_diagnoses(said))
    place = said.value("2300", "CLM", 5, 1)
    if claim.form == "P":
        claim.location = replace(claim.location, place_of_service=place)
    else:
        claim.bill_type = place
    claim.lines = _lines(said, right)
    claim.faults = [_fault(kind, number, sent) for kind, number in _wrong(claim, right, sent)]
    return claim


def unknown(said: Slice, payer: Payer, day: date) -> Claim:
    """A claim that the world has never issued: as much of it as an acknowledgment repeats."""
    names = {loop: said.all(loop, "NM1") for loop in ("2010AA", "2010BA", "2010CA")}
    entity = _of(names["2010AA"])
    who = _of(names["2010CA"]) or _of(names["2010BA"])
    member = said.value("2010BA", "NM1", 9)
    days = sorted(_service_days(said)) or [day]
    npi = _at(entity, 9)
    return Claim(
        id="",
        control_number=said.value("2300", "CLM", 1),
        form="I" if said.kind == "837I" else "P",
        patient=Patient("", _at(who, 3), _at(who, 4), day, "U", _NOWHERE, ()),
        coverage=Coverage(payer.id, "", member, "", day, None),
        payer=payer,
        entity=Entity(npi, _at(entity, 3), npi, "", "", _NOWHERE, ""),
        location=Location("", "", "", _NOWHERE, "", ""),
        provider=Provider("", "", "", "", "", "", "", ()),
        registrar="",
        coder="",
        biller="",
        specialty="",
        service_from=days[0],
        service_to=days[-1],
        submitted=day,
        diagnoses=(),
        lines=[Line(1, "", "", (), "", 1, _cents(said.value("2300", "CLM", 2)), day, (), 0)],
        bill_type=said.value("2300", "CLM", 5, 1),
        frequency=frequency(said),
    )


def hidden_faults(sent: Claim) -> list[Fault]:
    """What was wrong with a claim, and does not show on it; a duplicate is one only when the first is there."""
    return [each for each in sent.faults if not causes()[each.kind].element and each.kind != DUPLICATE]


def frequency(said: Slice) -> str:
    """CLM05-3."""
    return said.value("2300", "CLM", 5, 3)


def line_numbers(said: Slice) -> Iterator[str]:
    """The office's own numbers of the service lines (REF*6R)."""
    for segments in said.lines:
        yield _element(segments, "REF*6R", 2)


# --- what it says -----------------------------------------------------------------------------------------------------


def _order(said: Slice) -> int:
    return max(ORDER.find(said.value("2000B", "SBR", 1)), 0) + 1


def _coverage(right: Claim, sent: Claim, said: Slice, payer: Payer) -> Coverage:
    """The coverage that is billed: as it was sent before, a true one with this payer, or one that nobody has."""
    member = said.value("2010BA", "NM1", 9)
    if (payer.id, member) == (sent.payer.id, sent_as(sent)[2]):
        return sent.coverage
    held = covered(right.patient, right.service_from, right.form)
    for one in (right.coverage, *held):
        if one.payer == payer.id:
            return one
    return Coverage(payer.id, next(iter(payer.plans), ""), member, "", right.service_from, None)


def _say_patient(claim: Claim, said: Slice) -> None:
    """Name, member number and birth as they came; nothing where they are what the payer has."""
    claim.last_name, claim.member_id, claim.birth = "", "", None
    last, _, member = sent_as(claim)
    told = said.value("2010BA", "NM1", 3), said.value("2010BA", "NM1", 9)
    if text(told[0]) != last:
        claim.last_name = told[0]
    if told[1] != member:
        claim.member_id = told[1]
    born = _day(said.value("2010BA", "DMG", 2))
    if born != claim.patient.birth:
        claim.birth = born or date.min


def _diagnoses(said: Slice) -> Iterator[str]:
    """Principal and other diagnoses, in their order."""
    for segment in said.all("2300", "HI"):
        for element in segment.elements[1 : DIAGNOSES + 1]:
            qualifier, code, *_ = (*said.components(element), "")
            if qualifier in ("ABK", "ABF"):
                yield code


def _lines(said: Slice, right: Claim) -> list[Line]:
    """The service lines; one that the world knows keeps its number and what the contract allows for each unit."""
    known = {each.control_number: each for each in right.lines}
    unknown_from = max(known_line.number for known_line in right.lines) + 1
    lines = []
    for segments in said.lines:
        number = _element(segments, "REF*6R", 2)
        line = known.pop(number, None)
        if line is None:
            line = Line(unknown_from, number, "", (), "", 1, 0, right.service_from, (), 0)
            unknown_from += 1
        lines.append(_line(said, segments, line))
    return sorted(lines, key=lambda line: line.number)


def _line(said: Slice, segments: Sequence[Segment], line: Line) -> Line:
    """A line with what it says now."""
    service = next((each for each in segments if each.tag in ("SV1", "SV2", "SV3")), None)
    if service is None:
        return line
    first = 1 if service.tag == "SV2" else 0
    _, procedure, *modifiers = (*said.components(service.element(first + 1)), "", "")
    units = _cents(service.element(first + 4)) // 100 or 1
    pointers = said.components(service.element(7)) if service.tag == "SV1" else ()
    return replace(
        line,
        procedure=procedure,
        modifiers=tuple(each for each in modifiers[:4] if each),
        revenue_code=service.element(1) if first else "",
        units=units,
        charge=_cents(service.element(first + 2)),
        day=_day(_element(segments, "DTP*472", 3)) or line.day,
        pointers=tuple(int(each) for each in pointers if each.isdecimal()),
        allowed=line.allowed * units // max(line.units, 1),
    )


def _service_days(said: Slice) -> Iterator[date]:
    for segment in (*said.all("2300", "DTP*434"), *said.all("2400", "DTP*472")):
        yield from filter(None, map(_day, segment.element(3).split("-")))


def _of(names: Sequence[Segment]) -> Segment | None:
    return names[0] if names else None


def _at(segment: Segment | None, element: int) -> str:
    return segment.element(element) if segment else ""


def _element(segments: Sequence[Segment], name: str, element: int) -> str:
    return next((each.element(element) for each in segments if each.id == name), "")


def _cents(value: str) -> Cents:
    """An amount; nothing where none can be read."""
    try:
        return int(Decimal(value) * 100)
    except (InvalidOperation, ValueError, OverflowError):
        return 0


def _day(value: str) -> date | None:
    try:
        return datetime.strptime(value[:8], "%Y%m%d").date()  # noqa: DTZ007  a day has no zone
    except ValueError:
        return None


# --- what is wrong on it ----------------------------------------------------------------------------------------------


def _wrong(claim: Claim, right: Claim, sent: Claim) -> Iterator[tuple[str, int]]:
    """Every fault that shows, with the number of its line; 0 for the whole claim."""
    insurance = _wrong_insurance(claim, right, sent)
    if insurance:
        yield insurance, 0
    elif claim.member_id:
        yield "member_id_wrong", 0
    if claim.last_name:
        yield "name_mismatch", 0
    if claim.birth:
        yield "birth_date_wrong", 0
    first = claim.order == 1  # second payers ask for no approval of their own
    if first and right.authorization and claim.authorization != right.authorization:
        yield "auth_wrong" if claim.authorization else "auth_missing", 0
    if first and right.referral and claim.referral != right.referral:
        yield "referral_missing", 0
    yield from _wrong_codes(claim, right)


def _wrong_insurance(claim: Claim, right: Claim, sent: Claim) -> str:
    """Why the payer is not the one to pay, or not under this number; "" when it is."""
    if (claim.payer.id, sent_as(claim)[2]) == (sent.payer.id, sent_as(sent)[2]):
        return next((each.kind for each in sent.faults if each.kind in ANOTHER_INSURANCE), "")
    if claim.order == 1 and claim.payer.id == right.payer.id:
        return ""
    if claim.payer.id in {each.payer for each in covered(claim.patient, claim.service_from, claim.form)}:
        return "other_payer_primary" if claim.order == 1 else ""
    return "old_coverage"


def _wrong_codes(claim: Claim, right: Claim) -> Iterator[tuple[str, int]]:
    known = {each.number: each for each in right.lines}
    for line in claim.lines:
        should = known.get(line.number)
        if should is None:  # nobody gave this care: it belongs to another line, and is worth nothing by itself
            yield "bundled_pair", line.number
        elif line.procedure != should.procedure:
            yield "invalid_code", line.number
        elif set(should.modifiers) - set(line.modifiers):
            yield "modifier_missing", line.number
    if claim.diagnoses[:1] != right.diagnoses[:1]:
        yield "diagnosis_mismatch", 0
    if claim.form == "P" and claim.location.place_of_service != right.location.place_of_service:
        yield "wrong_place", 0


def _fault(kind: str, number: int, sent: Claim) -> Fault:
    """The fault that was there before, or a new one of the biller who sends the claim now."""
    for each in sent.faults:
        if each.kind == kind and number in (0, each.line):
            return each
    cause = causes()[kind]
    element = (sent.form == "I" and cause.institutional_element) or cause.element
    return Fault(kind, element, number, sent.biller)
