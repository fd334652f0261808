"""A claim as it was sent, as facts that rules read: every value with its place, so that a rule can point at it.

Built from one claim of an 837 (`x12.slices`). What the claim does not hold is an empty value at the place where it
would stand.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import NamedTuple

from reclaim.x12.frame import Separators
from reclaim.x12.slices import Place, Segment, Slice

_PROVIDERS = {
    "P": (("2310B", "82"), ("2310A", "DN"), ("2310C", "77"), ("2310A", "71"), ("2310B", "72")),
    "I": (("2310D", "82"), ("2310F", "DN"), ("2310E", "77"), ("2310A", "71"), ("2310B", "72")),
    "D": (("2310B", "82"), ("2310A", "DN"), ("2310C", "77"), ("2310A", "71"), ("2310B", "72")),
}
"""Rendering, referring, facility, attending, operating: loop and NM101, by form."""
_NO_SEPARATORS = Separators("*", ":", "~")
_SERVICE = {"P": "SV1", "I": "SV2", "D": "SV3"}
_MODIFIERS = range(3, 7)  # components of SV101, SV202 and SV301


class Value(NamedTuple):
    """One element or component, stripped, and where it stands or would stand; false when it is empty."""

    text: str
    place: Place

    def __bool__(self) -> bool:
        """Whether the claim holds it."""
        return bool(self.text)

    @property
    def amount(self) -> Decimal | None:
        """As a number: US dollars, or units; None when it is empty or unreadable."""
        return _number(self.text)

    @property
    def day(self) -> date | None:
        """The first or only date; None when it is empty or unreadable."""
        return sent_day(self.text[:8])

    @property
    def until(self) -> date | None:
        """The last day of a range (`20260101-20260105`), else the only date."""
        return sent_day(self.text.partition("-")[2][:8] or self.text[:8])


class Party(NamedTuple):
    """A provider, or the place where care was given."""

    last: Value  # or the name of an organization
    first: Value
    kind: Value  # NM102: 1 a person, 2 an organization
    qualifier: Value  # NM108: XX before an NPI
    npi: Value
    taxonomy: Value
    tax_id: Value  # REF*EI or REF*SY
    street: Value
    city: Value
    state: Value
    zip: Value

    @property
    def present(self) -> bool:
        """Whether the claim names anybody in this role."""
        return bool(self.last or self.npi)


class Insured(NamedTuple):
    """The subscriber, or the patient where that is somebody else."""

    last: Value
    first: Value
    member_id: Value
    birth: Value
    sex: Value


class Diagnosis(NamedTuple):
    """One diagnosis of HI, in the order sent."""

    code: Value
    qualifier: str  # ABK principal, ABF other, ABJ admitting, APR reason for the visit, ABN external cause
    present_on_admission: Value


class Attachment(NamedTuple):
    """A document promised in PWK."""

    type: Value
    transmission: Value
    control_number: Value


class Adjusted(NamedTuple):
    """One reason for which another payer paid less (CAS of 2320 or 2430)."""

    group: Value
    carc: Value
    amount: Value


class Answered(NamedTuple):
    """What another payer answered of one line (2430)."""

    payer_id: Value
    paid: Value
    adjustments: tuple[Adjusted, ...]
    day: Value


class Other(NamedTuple):
    """Another insurance of the patient (2320, 2330)."""

    order: Value  # SBR01
    filing_indicator: Value
    member_id: Value
    payer: Value
    payer_id: Value
    paid: Value  # AMT*D
    adjustments: tuple[Adjusted, ...]
    control_number: Value  # REF*F8: its number of the claim
    day: Value  # DTP*573


class SentLine(NamedTuple):
    """One service line."""

    number: int
    revenue_code: Value
    procedure: Value
    modifiers: tuple[Value, ...]
    next_modifier: Value  # where one more would stand
    description: Value
    charge: Value
    units: Value
    place_of_service: Value
    pointers: tuple[Value, ...]
    service: Value  # DTP*472
    control_number: Value
    authorization: Value
    referral: Value
    note: Value
    drug: Value  # NDC
    drug_quantity: Value
    drug_unit: Value
    rendering: Party
    answers: tuple[Answered, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """Its modifiers as texts."""
        return tuple([one.text for one in self.modifiers])


class Sent(NamedTuple):
    """One claim as it was sent."""

    form: str  # P | I | D
    billing: Party
    rendering: Party
    referring: Party
    facility: Party
    attending: Party
    operating: Party
    subscriber: Insured
    patient: Insured
    relationship: Value  # SBR02 or PAT01
    death: Value  # PAT06
    order: Value  # SBR01: P, S, T
    group: Value
    filing_indicator: Value
    payer: Value
    payer_id: Value
    control_number: Value
    charge: Value
    place_of_service: Value  # CLM05-1; of an 837I the first two digits of the bill type
    frequency: Value
    related_causes: tuple[Value, ...]  # CLM11
    accident_state: Value
    delay_reason: Value
    accident: Value  # DTP*439
    onset: Value
    statement: Value
    admission: Value
    discharge_hour: Value
    admission_type: Value
    admission_source: Value
    patient_status: Value
    authorization: Value
    referral: Value
    replaces: Value  # REF*F8
    clia: Value
    note: Value
    drg: Value
    diagnoses: tuple[Diagnosis, ...]
    attachments: tuple[Attachment, ...]
    others: tuple[Other, ...]
    lines: tuple[SentLine, ...]

    @property
    def inpatient(self) -> bool:
        """Whether it bills a stay in a hospital (type of bill 11x, 12x, 18x, 21x)."""
        return self.form == "I" and self.place_of_service.text in ("11", "12", "18", "21")

    @property
    def service_from(self) -> date | None:
        """The first day of service."""
        return min(self._days(first=True), default=None) or self.statement.day

    @property
    def service_to(self) -> date | None:
        """The last day of service."""
        return max(self._days(first=False), default=None) or self.statement.until

    def _days(self, *, first: bool) -> list[date]:
        days = [line.service.day if first else line.service.until for line in self.lines]
        return [day for day in days if day]


def sent(claim: Slice) -> Sent:
    """The facts of a claim as sent.

    Args:
        claim: One claim of an 837P, 837I or 837D; never raises on what it lacks or holds unreadable.
    """
    head, others, lines = _parts(claim)
    form = claim.kind[-1]
    subscriber = _insured(head, "2010BA", "IL")
    own = "2010CA" in head.loops
    roles = (_party(head, *role) for role in _PROVIDERS[form])
    return Sent._make(
        (
            form,
            _party(head, "2010AA", "85", "2000A"),
            *roles,
            subscriber,
            _insured(head, "2010CA", "QC") if own else subscriber,
            head.value("2000C", "PAT", 1) if own else head.value("2000B", "SBR", 2),
            head.value("2000C" if own else "2000B", "PAT", 6),
            *(head.value("2000B", "SBR", element) for element in (1, 3, 9)),
            head.value("2010BB", "NM1*PR", 3),
            head.value("2010BB", "NM1*PR", 9),
            *_claim(head),
            _diagnoses(head),
            _attachments(head),
            tuple([_other(other) for other in others]),
            tuple([_line(line, number, form) for number, line in enumerate(lines, 1)]),
        )
    )


class _Part:
    """Some segments of a claim by loop and id: its head, one line, one other insurance, or one answer to a line."""

    def __init__(self, separators: Separators, before: Mapping[str, int]) -> None:
        self.found: dict[tuple[str, str], list[Segment]] = {}
        self.loops: dict[str, int] = {}
        self.answers: dict[int, _Part] = {}
        self._separators = separators
        self._before = dict(before)

    def add(self, segment: Segment) -> None:
        loop = segment.loop
        self.found.setdefault((loop, segment.id), []).append(segment)
        self.loops.setdefault(loop, segment.loop_at)
        if loop == "2430":
            if segment.loop_at not in self.answers:
                self.answers[segment.loop_at] = _Part(self._separators, {})
            answer = self.answers[segment.loop_at]
            answer.found.setdefault((loop, segment.id), []).append(segment)
            answer.loops[loop] = segment.loop_at

    def value(self, loop: str, name: str, element: int, component: int = 0, at: int = 1) -> Value:
        found = self.found.get((loop, name))
        if not found or at > len(found):
            return _absent(loop, self.at(loop), name, element, component)
        segment = found[at - 1]
        text = segment.element(element)
        if component and text:
            text = self.split(text, component)
        return Value(text, _place(loop, segment.loop_at, name, segment.at, element, component))

    def split(self, text: str, component: int) -> str:
        parts = text.split(self._separators.component)
        return parts[component - 1].strip() if component <= len(parts) else ""

    def count(self, loop: str, name: str) -> int:
        return len(self.found.get((loop, name), ()))

    def named(self, loop: str, tag: str) -> list[str]:
        """The ids under which a tag stands in a loop: `CAS*CO`, `CAS*PR`."""
        return [name for found, name in self.found if found == loop and name.partition("*")[0] == tag]

    def at(self, loop: str) -> int:
        """Which occurrence the loop is; of one that is not there, which it would be."""
        return self.loops.get(loop) or self._before.get(loop, 0) + 1


@lru_cache(maxsize=16384)
def _absent(loop: str, loop_at: int, name: str, element: int, component: int) -> Value:
    return Value("", _place(loop, loop_at, name, 1, element, component))


@lru_cache(maxsize=65536)
def _place(loop: str, loop_at: int, name: str, at: int, element: int, component: int) -> Place:
    return Place(loop, loop_at, name, at, element, component)


def _parts(claim: Slice) -> tuple[_Part, list[_Part], list[_Part]]:
    """Head, other insurances and lines."""
    counts: dict[str, int] = {}
    head = part = _Part(claim.separators, counts)
    others: list[_Part] = []
    lines: list[_Part] = []
    for segment in claim.segments:
        loop, tag = segment.loop, segment.tag
        if (loop == "2320" and tag == "SBR") or (loop == "2400" and tag == "LX"):
            part = _Part(claim.separators, counts)
            (others if loop == "2320" else lines).append(part)
        part.add(segment)
        counts[loop] = segment.loop_at
    return head, others, lines


def _party(part: _Part, loop: str, role: str, prv_loop: str = "") -> Party:
    name = f"NM1*{role}"
    if (loop, name) not in part.found:
        return _nobody(loop, part.at(loop), name, prv_loop)
    return _read_party(part, loop, name, prv_loop)


@lru_cache(maxsize=4096)
def _nobody(loop: str, loop_at: int, name: str, prv_loop: str) -> Party:
    """A party that the claim does not name."""
    return _read_party(_Part(_NO_SEPARATORS, {loop: loop_at - 1}), loop, name, prv_loop)


def _read_party(part: _Part, loop: str, name: str, prv_loop: str) -> Party:
    value = part.value
    identity = "REF*SY" if part.count(loop, "REF*SY") else "REF*EI"
    return Party._make(
        (
            *(value(loop, name, element) for element in (3, 4, 2, 8, 9)),
            value(prv_loop or loop, "PRV", 3),
            value(loop, identity, 2),
            value(loop, "N3", 1),
            *(value(loop, "N4", element) for element in (1, 2, 3)),
        )
    )


def _insured(part: _Part, loop: str, role: str) -> Insured:
    name, value = f"NM1*{role}", part.value
    return Insured(
        value(loop, name, 3),
        value(loop, name, 4),
        value(loop, name, 9),
        value(loop, "DMG", 2),
        value(loop, "DMG", 3),
    )


def _claim(head: _Part) -> tuple[Value | tuple[Value, ...], ...]:
    """What stands in CLM and beside it, in the order of `Sent`."""

    def value(name: str, element: int, component: int = 0) -> Value:
        return head.value("2300", name, element, component)

    causes = tuple([one for component in (1, 2, 3) if (one := value("CLM", 11, component))])
    return (
        value("CLM", 1),
        value("CLM", 2),
        value("CLM", 5, 1),
        value("CLM", 5, 3),
        causes,
        value("CLM", 11, 4),
        value("CLM", 20),
        *(value(f"DTP*{kind}", 3) for kind in ("439", "431", "434", "435", "096")),
        *(value("CL1", element) for element in (1, 2, 3)),
        *(value(f"REF*{kind}", 2) for kind in ("G1", "9F", "F8", "X4")),
        head.value("2300", next(iter(head.named("2300", "NTE")), "NTE*ADD"), 2),
        value("HI*DR", 1, 2),
    )


_DIAGNOSES = ("HI*ABK", "HI*ABF", "HI*ABJ", "HI*APR", "HI*ABN", "HI*BK", "HI*BF")


def _diagnoses(head: _Part) -> tuple[Diagnosis, ...]:
    found = []
    for name in _DIAGNOSES:
        for at, segment in enumerate(head.found.get(("2300", name), ()), 1):
            for element, text in enumerate(segment.elements[1:], 1):
                if text:
                    code = head.value("2300", name, element, 2, at)
                    found.append(Diagnosis(code, head.split(text, 1), head.value("2300", name, element, 9, at)))
    return tuple(found)


def _attachments(head: _Part) -> tuple[Attachment, ...]:
    times = range(1, head.count("2300", "PWK") + 1)
    return tuple([Attachment(*(head.value("2300", "PWK", element, 0, at) for element in (1, 2, 6))) for at in times])


def _adjusted(part: _Part, loop: str) -> tuple[Adjusted, ...]:
    """Every reason of every CAS of a loop; a CAS holds up to six, three elements each."""
    return tuple(
        [
            Adjusted(
                part.value(loop, name, 1, 0, at), *(part.value(loop, name, first + step, 0, at) for step in (0, 1))
            )
            for name in part.named(loop, "CAS")
            for at, segment in enumerate(part.found[loop, name], 1)
            for first in range(2, len(segment.elements), 3)
        ]
    )


def _other(part: _Part) -> Other:
    value = part.value
    return Other(
        value("2320", "SBR", 1),
        value("2320", "SBR", 9),
        value("2330A", "NM1*IL", 9),
        value("2330B", "NM1*PR", 3),
        value("2330B", "NM1*PR", 9),
        value("2320", "AMT*D", 2),
        _adjusted(part, "2320"),
        value("2330B", "REF*F8", 2),
        value("2330B", "DTP*573", 3),
    )


def _line(part: _Part, number: int, form: str) -> SentLine:
    tag = _SERVICE[form]
    coded = 2 if form == "I" else 1
    value = part.value
    modifiers = [one for component in _MODIFIERS if (one := value("2400", tag, coded, component))]
    charge = 3 if form == "I" else 2
    at = {"P": (4, 5), "I": (5, 0), "D": (6, 3)}[form]  # units, place of service
    return SentLine(
        number,
        value("2400", tag, 1) if form == "I" else _nothing("2400", tag),
        value("2400", tag, coded, 2),
        tuple(modifiers),
        value("2400", tag, coded, min(3 + len(modifiers), 6)),
        value("2400", tag, coded, 7),
        value("2400", tag, charge),
        value("2400", tag, at[0]),
        value("2400", tag, at[1]) if at[1] else _nothing("2400", tag),
        tuple([one for component in range(1, 5) if (one := value("2400", tag, 7, component))]) if form == "P" else (),
        value("2400", "DTP*472", 3),
        value("2400", "REF*6R", 2),
        value("2400", "REF*G1", 2),
        value("2400", "REF*9F", 2),
        value("2400", next(iter(part.named("2400", "NTE")), "NTE*ADD"), 2),
        value("2410", "LIN", 3),
        value("2410", "CTP", 4),
        value("2410", "CTP", 5, 1),
        _party(part, "2420C" if form == "I" else "2420A", "82"),
        tuple([_answered(answer) for answer in part.answers.values()]),
    )


def _nothing(loop: str, name: str) -> Value:
    return _absent(loop, 1, name, 1, 0)


def _answered(part: _Part) -> Answered:
    value = part.value
    return Answered(
        value("2430", "SVD", 1), value("2430", "SVD", 2), _adjusted(part, "2430"), value("2430", "DTP*573", 3)
    )


@lru_cache(maxsize=16384)
def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        return None


@lru_cache(maxsize=16384)
def sent_day(text: str) -> date | None:
    """A day as X12 writes it (`20261101`); None for anything else."""
    if len(text) != 8 or not (text.isascii() and text.isdecimal()):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None
