"""Claims as files: professional (005010X222A1) and institutional (005010X223A2), as the office sends them.

What the world simplifies: the patient is always the subscriber, each claim has a subscriber loop of its own, everybody
is admitted at 8 and goes home at 11 in the morning, and nobody is named as referring or operating. Control numbers,
member numbers and codes are written as the claim has them; the world makes none with a separator in it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from reclaim.world.envelopes import (
    CLEARINGHOUSE,
    INSTITUTIONAL,
    OFFICE,
    PROFESSIONAL,
    Envelope,
    interchange,
    money,
    text,
    ymd,
)
from reclaim.world.model import Address, Adjust, Answer, Claim, Coverage, Entity, Line, LineAnswer, Location, Payer
from reclaim.world.payers import for_form

MOST = 5000
"""Claims in one transaction (guides 005010X222 and 005010X223, 1.3.2: CLM segments in one ST)."""
DIAGNOSES = 12
"""In one HI segment."""
ORDER = "PST"
"""SBR01: primary, secondary, tertiary."""
MEDICARE = ("MA", "MB")
ROOM = "01"
"""How the revenue codes of room and board begin (0100 to 0219, taken with `ROOM_TOO`): their units are days."""
ROOM_TOO = "020", "021"
REMARKS = 5
"""Remark codes that MOA or MIA holds."""


class Prior(NamedTuple):
    """What the payer before has answered of a claim, ready to be written."""

    answer: Answer | None  # None: nobody was asked before
    payer_id: str
    day: str
    lines: Mapping[int, LineAnswer]  # by Line.number


NO_PRIOR = Prior(None, "", "", {})
Write = Callable[[Claim, Prior], str]


def envelope(day: date, control: int) -> Envelope:
    """The envelope in which `claims_file` goes to the clearinghouse; acknowledgements name it."""
    return Envelope(OFFICE.id, CLEARINGHOUSE.id, day, control)


def batches(claims: Sequence[Claim]) -> list[Sequence[Claim]]:
    """Claims as they are spread over the transactions of a file: ST 0001 holds the first `MOST` of them, and so on."""
    return [claims[at : at + MOST] for at in range(0, len(claims), MOST)]


def claims_file(claims: Sequence[Claim], form: str, day: date, control: int, payers: Mapping[str, Payer]) -> bytes:
    """One interchange of claims to all kinds of payers.

    Args:
        claims: at least one, all of the form, in the order in which they were finished.
        form: "P" professional or "I" institutional.
        day: of sending.
        control: number of the interchange, unique among all that the office sends.
        payers: by `Payer.id`, to name the second insurance of a patient on a primary claim.

    Returns:
        The file. Within a transaction claims stand under who bills them (2000A), in the order given. BHT03 of each
        transaction is `batch_number`.
    """
    kind, write = (PROFESSIONAL, _professional) if form == "P" else (INSTITUTIONAL, _institutional)
    bodies = [
        _transaction(batch, write, _header(batch_number(control, number), day), payers)
        for number, batch in enumerate(batches(claims), 1)
    ]
    return interchange(kind, bodies, envelope(day, control))


def batch_number(control: int, transaction: int) -> str:
    """BHT03: the office's number of a transaction, the first being 1; comes back in the 277CA."""
    return f"{control:09d}{transaction:04d}"


def sent_as(claim: Claim) -> tuple[str, str, str]:
    """Last name, first name and member number as they stand on the claim, slips included."""
    patient = claim.patient
    return (
        text(claim.last_name or patient.last),
        text(patient.first),
        claim.member_id or claim.coverage.member_id,
    )


def _transaction(claims: Sequence[Claim], write: Write, header: str, payers: Mapping[str, Payer]) -> str:
    """All of a transaction between ST and SE."""
    by_entity: dict[str, list[Claim]] = {}
    for claim in claims:
        by_entity.setdefault(claim.entity.id, []).append(claim)
    parts, level = [header], 0
    for theirs in by_entity.values():
        level += 1
        above = level
        parts.append(_billing(theirs[0].entity, level))
        for claim in theirs:
            level += 1
            prior = _prior(claim.prior) if claim.prior else NO_PRIOR
            parts += _subscriber(claim, level, above), write(claim, prior)
            parts += _other_insurance(claim, payers)
            parts += _lines(claim, prior)
    return "".join(parts)


def _prior(answer: Answer) -> Prior:
    return Prior(
        answer, answer.claim.payer.payer_id, ymd(answer.day), {each.line.number: each for each in answer.lines}
    )


def _header(batch: str, day: date) -> str:
    """BHT and who sends to whom (1000A, 1000B)."""
    return (
        f"BHT*0019*00*{batch}*{ymd(day)}*1200*CH~"
        f"NM1*41*2*{OFFICE.name}*****46*{OFFICE.id}~PER*IC*EDI DESK*TE*{OFFICE.phone}~"
        f"NM1*40*2*{CLEARINGHOUSE.name}*****46*{CLEARINGHOUSE.id}~"
    )


def _billing(entity: Entity, level: int) -> str:
    """Who bills (2000A, 2010AA)."""
    return (
        f"HL*{level}**20*1~PRV*BI*PXC*{entity.taxonomy}~"
        f"NM1*85*2*{text(entity.name)}*****XX*{entity.npi}~{_address(entity.address)}"
        f"REF*EI*{digits(entity.tax_id)}~PER*IC*BILLING*TE*{digits(entity.phone)}~"
    )


def _subscriber(claim: Claim, level: int, above: int) -> str:
    """Who is insured, by whom (2000B, 2010BA, 2010BB): as sent, slips included."""
    patient, payer = claim.patient, claim.payer
    last, first, member = sent_as(claim)
    # Medicare asks why it comes second (SBR05 12: the patient or spouse works and has a group plan).
    why = "12" if claim.order > 1 and claim.form == "P" and payer.filing_indicator in MEDICARE else ""
    return (
        f"HL*{level}*{above}*22*0~"
        f"SBR*{ORDER[claim.order - 1]}*18*{claim.coverage.group}**{why}****{payer.filing_indicator}~"
        f"NM1*IL*1*{last}*{first}****MI*{member}~{_address(patient.address)}"
        f"DMG*D8*{ymd(claim.birth or patient.birth)}*{patient.sex}~"
        f"NM1*PR*2*{text(payer.name)}*****PI*{payer.payer_id}~"
    )


def _professional(claim: Claim, prior: Prior) -> str:
    """The claim of a practitioner, without its lines (2300 to 2330)."""
    place = claim.location.place_of_service
    admitted = f"DTP*435*D8*{ymd(claim.service_from)}~" if place == "21" else ""
    provider = claim.provider
    return (
        f"CLM*{claim.control_number}*{money(claim.charge)}***{place}:B:{claim.frequency}*Y*A*Y*Y~{admitted}"
        f"{_references(claim)}HI*ABK:{'*ABF:'.join(claim.diagnoses[:DIAGNOSES])}~"
        f"NM1*82*1*{text(provider.last)}*{text(provider.first)}****XX*{provider.npi}~PRV*PE*PXC*{provider.taxonomy}~"
        f"{_elsewhere(claim)}{_answered(claim, prior)}"
    )


def _institutional(claim: Claim, prior: Prior) -> str:
    """The claim of the hospital, without its lines (2300 to 2330)."""
    begin, end, provider = ymd(claim.service_from), ymd(claim.service_to), claim.provider
    if claim.admitted:
        dates = f"DTP*096*TM*1100~DTP*434*RD8*{begin}-{end}~DTP*435*DT*{begin}0800~"
    else:
        dates = f"DTP*434*RD8*{begin}-{end}~"
    # CL1: elective (3) or emergency (1), from home, discharged to home; the world knows no more.
    urgency = "1" if claim.admitted and not claim.needs_authorization else "3"
    return (
        f"CLM*{claim.control_number}*{money(claim.charge)}***{claim.bill_type}:A:{claim.frequency}**A*Y*Y~{dates}"
        f"CL1*{urgency}*1*01~{_references(claim)}{_diagnoses(claim)}"
        f"NM1*71*1*{text(provider.last)}*{text(provider.first)}****XX*{provider.npi}~PRV*AT*PXC*{provider.taxonomy}~"
        f"{_elsewhere(claim)}{_answered(claim, prior)}"
    )


def _references(claim: Claim) -> str:
    """Attachment, referral, authorization and the payer's number of the claim that this one replaces or voids."""
    parts = ""
    if claim.attachment:
        parts = f"PWK*OZ*EL***AC*{claim.attachment}~"
    if claim.referral:
        parts += f"REF*9F*{claim.referral}~"
    if claim.authorization:
        parts += f"REF*G1*{claim.authorization}~"
    if claim.replaces:
        parts += f"REF*F8*{claim.replaces}~"
    return parts


def _diagnoses(claim: Claim) -> str:
    """HI of an institutional claim: principal, admitting or reason for the visit, DRG, all others."""
    first, *others = claim.diagnoses
    present = ":::::::Y" if claim.admitted else ""  # present on admission, asked of inpatient stays only
    second = f"HI*ABJ:{first}~" if claim.admitted else f"HI*APR:{first}~"
    drg = f"HI*DR:{claim.drg}~" if claim.drg else ""
    groups = (others[at : at + DIAGNOSES] for at in range(0, min(len(others), 2 * DIAGNOSES), DIAGNOSES))
    rest = "".join(f"HI*{'*'.join(f'ABF:{each}{present}' for each in group)}~" for group in groups)
    return f"HI*ABK:{first}{present}~{second}{drg}{rest}"


def _elsewhere(claim: Claim) -> str:
    """The place of care (2310C, 2310E), when it is not where the bill comes from."""
    location = claim.location
    return "" if location.address == claim.entity.address else _facility(location)


def _facility(location: Location) -> str:
    return f"NM1*77*2*{text(location.name)}*****XX*{location.npi}~{_address(location.address)}"


def _answered(claim: Claim, prior: Prior) -> str:
    """The other payer loop of a secondary claim (2320, 2330): what the first payer answered."""
    answer = prior.answer
    if not answer:
        return ""
    before = answer.claim
    last, first, member = sent_as(before)
    day = "" if prior.lines else f"DTP*573*D8*{prior.day}~"
    return (
        f"SBR*{ORDER[before.order - 1]}*18*{before.coverage.group}******{before.payer.filing_indicator}~"
        f"{_adjustments(answer.adjustments)}AMT*D*{money(answer.paid)}~{_assigned(claim)}{_remarks(answer)}"
        f"NM1*IL*1*{last}*{first}****MI*{member}~"
        f"NM1*PR*2*{text(before.payer.name)}*****PI*{prior.payer_id}~{day}REF*F8*{answer.payer_control_number}~"
    )


def _other_insurance(claim: Claim, payers: Mapping[str, Payer]) -> str:
    """The other payer loop of a primary claim, when the office knows of a second insurance (2320, 2330)."""
    coverages = claim.patient.coverages
    if claim.prior or len(coverages) < 2:
        return ""
    active = [each for each in coverages if _covers(each, claim.service_from)]
    if len(active) < 2 or active[0].member_id != claim.coverage.member_id:
        return ""
    second, patient = active[1], claim.patient
    payer = payers[for_form(second.payer, claim.form)]
    return (
        f"SBR*S*18*{second.group}******{payer.filing_indicator}~{_assigned(claim)}"
        f"NM1*IL*1*{text(patient.last)}*{text(patient.first)}****MI*{second.member_id}~"
        f"NM1*PR*2*{text(payer.name)}*****PI*{payer.payer_id}~"
    )


def _covers(coverage: Coverage, day: date) -> bool:
    return coverage.since <= day and (coverage.until is None or day <= coverage.until)


def _assigned(claim: Claim) -> str:
    """OI: benefits go to us, and records may be released; OI04 stands in professional claims only."""
    return "OI***Y*P**Y~" if claim.form == "P" else "OI***Y***Y~"


def _remarks(answer: Answer) -> str:
    """MIA or MOA with the remarks that the first payer made on the claim."""
    remarks = answer.remarks[:REMARKS]
    if not remarks:
        return ""
    if not answer.claim.admitted:
        return f"MOA***{'*'.join(remarks)}~"
    days = (answer.claim.service_to - answer.claim.service_from).days
    more = "*" * 15 + "*".join(remarks[1:]) if remarks[1:] else ""
    return f"MIA*{days}****{remarks[0]}{more}~"


def _lines(claim: Claim, prior: Prior) -> Iterator[str]:
    """Service lines (2400), each with what the first payer answered of it (2430)."""
    write = _visit if claim.form == "P" else _service
    for number, line in enumerate(claim.lines, 1):
        yield (
            f"LX*{number}~{write(line)}DTP*472*D8*{ymd(line.day)}~"
            + (f"REF*6R*{line.control_number}~" if line.control_number else "")
        )
        if line.number in prior.lines:
            yield _line_answered(prior.lines[line.number], prior)


def _visit(line: Line) -> str:
    """SV1."""
    return f"SV1*{_procedure(line)}*{money(line.charge)}*UN*{line.units}***{_pointers(line.pointers)}~"


def _service(line: Line) -> str:
    """SV2."""
    code = line.revenue_code
    unit = "DA" if code.startswith(ROOM) or code[:3] in ROOM_TOO else "UN"
    return f"SV2*{code}*{_procedure(line)}*{money(line.charge)}*{unit}*{line.units}~"


def _procedure(line: Line) -> str:
    if not line.procedure:
        return ""
    return f"HC:{':'.join((line.procedure, *line.modifiers))}" if line.modifiers else f"HC:{line.procedure}"


@lru_cache(1 << 10)
def _pointers(pointers: tuple[int, ...]) -> str:
    return ":".join(map(str, pointers[:4])) or "1"


def _line_answered(answer: LineAnswer, prior: Prior) -> str:
    """What the first payer answered of a line (2430)."""
    line = answer.line
    return (
        f"SVD*{prior.payer_id}*{money(answer.paid)}*{_procedure(line)}*{line.revenue_code}*{line.units}~"
        f"{_adjustments(answer.adjustments)}DTP*573*D8*{prior.day}~"
    )


def _adjustments(adjustments: Sequence[Adjust]) -> str:
    """CAS by group, six reasons in each."""
    groups: dict[str, list[str]] = {}
    for each in adjustments:
        if each.cents:
            groups.setdefault(each.group, []).append(f"{each.carc}*{money(each.cents)}")
    return "".join(
        f"CAS*{group}*{'**'.join(reasons[at : at + 6])}~"
        for group, reasons in groups.items()
        for at in range(0, len(reasons), 6)
    )


@lru_cache(1 << 14)
def _address(address: Address) -> str:
    return f"N3*{text(address.street)}~N4*{text(address.city)}*{address.state}*{digits(address.postal)}~"


def digits(value: str) -> str:
    """A phone, ZIP or tax number without what people put between its digits."""
    return value if value.isdecimal() else "".join(each for each in value if each.isdecimal())
