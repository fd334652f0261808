"""Remittances as files (835, 005010X221A1), with each payer's separators and habits.

Segments are written with the usual separators and turned into the payer's at the end, so what stands here reads as the
guide does. Values that people typed (names, ids) are stripped of every separator; codes and the world's own numbers
hold none.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import NamedTuple
from zlib import crc32

from reclaim.world.envelopes import OFFICE, REMITTANCE, Envelope, interchange, marks_of, money, respelled, text, ymd
from reclaim.world.model import Adjust, Answer, Claim, Line, LineAnswer, Payer
from reclaim.world.remit import REVERSED, ProviderAdjustment, Remittance

CUT = 12  # characters that are left of a control number that is cut; see book/payers.toml
MOST_REMARKS = 5  # MOA03 to MOA07; MIA05 and MIA20 to MIA23
PAIRS_OF_PLB = TRIPLES_OF_CAS = 6
PROSPECTIVE = ("MA", "MC")  # who writes more than remarks into MIA (005010X221A1, MIA, usage note)
MEDICARE = ("MA", "MB")
SEQUESTRATION = "253"

# banks that cannot be: no routing number begins with 99 (ABA); the ninth digit is right
PAYER_BANK, PAYEE_BANK = "999999992", "999988880"
# where payers have their post boxes: towns and postal codes that do not exist
TOWNS = (("HARLOW BEND", "OH", "43000"), ("SABLE FORK", "TX", "75000"), ("EAST TARN", "PA", "17000"))

_Earlier = Mapping[tuple[str, int], str]


class Written(NamedTuple):
    """Where an answer stands in its file."""

    answer: Answer
    transaction: int  # ordinal of the ST in the file, from 1: ST02 as a number
    trace_number: str
    position: int  # ordinal of the CLP in the file, from 1
    control_number: str  # CLP01 as returned


def remittance_file(
    remittances: Sequence[Remittance],
    payer: Payer,
    control: int,
    payers: Mapping[str, Payer] | None = None,
    receiver: str = OFFICE.id,
) -> bytes:
    """One interchange with an ST for each remittance.

    Args:
        remittances: of one payer and day, at least one.
        payer: whose habits the file follows.
        control: ISA13 and GS06, unique per payer.
        payers: all by id, to name the payer to which a claim goes on (NM1*TT, NM1*PR); without it the id is the name.
        receiver: ISA08, GS03 and REF*EV: who gets the files for the payees.

    Returns:
        ASCII bytes. BPR02 is `amount + off` of each remittance.
    """
    marks = marks_of(payer.habits)
    pen = _Pen(payer, payers or {}, receiver)
    bodies = [respelled(pen.transaction(each), marks) for each in remittances]
    sender = text(payer.payer_id, marks)
    return interchange(REMITTANCE, bodies, Envelope(sender, receiver, remittances[0].day, control, marks))


def written(remittances: Sequence[Remittance], payer: Payer) -> Iterator[Written]:
    """Where each answer stands in the file that `remittance_file` makes of the same remittances."""
    position = 0
    for transaction, remittance in enumerate(remittances, 1):
        for answer in remittance.answers:
            position += 1
            number = control_number_as_returned(answer.claim, payer)
            yield Written(answer, transaction, remittance.trace_number, position, number)


def control_number_as_returned(claim: Claim, payer: Payer) -> str:
    """What becomes of our number of a claim (CLM01) in CLP01: kept, in upper case or cut to 12 characters."""
    match payer.habits.control_number:
        case "upper":
            return claim.control_number.upper()
        case "cut":
            return claim.control_number[:CUT]
        case _:
            return claim.control_number


class _Pen:
    """Writes the transactions of one payer."""

    def __init__(self, payer: Payer, payers: Mapping[str, Payer], receiver: str) -> None:
        self.payer = payer
        self.payers = payers
        self.receiver = receiver
        self.marks = marks_of(payer.habits)
        self.filing = payer.filing_indicator
        self.gathers = payer.habits.remarks_at in {"claim", "both"}
        self.at_lines = payer.habits.remarks_at != "claim"
        self.zero_units = payer.filing_indicator in MEDICARE

    def clean(self, value: str) -> str:
        """A value without the usual separators and the payer's."""
        return text(value, self.marks)

    def transaction(self, remittance: Remittance) -> str:
        """All between ST and SE."""
        answers = remittance.answers
        earlier = {(each.claim.id, each.part): each.payer_control_number for each in answers if each.status == REVERSED}
        parts = [self.head(remittance)]
        if self.filing == "MA":
            for number, (bill_type, group) in enumerate(groupby(answers, _facility), 1):
                rows = list(group)
                parts.append(f"LX*{number}~{_summary(remittance, bill_type, rows)}")
                parts += [self.claim(answer, earlier) for answer in rows]
        elif answers:
            parts.append("LX*1~")
            parts += [self.claim(answer, earlier) for answer in answers]
        parts.append(_provider_adjustments(remittance))
        return "".join(parts)

    def head(self, remittance: Remittance) -> str:
        """The payment, the payer and the payee (header, loops 1000A and 1000B)."""
        payer, entity, day = self.payer, remittance.entity, ymd(remittance.day)
        number = crc32(payer.id.encode())
        company = f"100{number % 10_000_000:07d}"  # 1 and a tax number with a prefix that the IRS does not assign
        town, state, postal = TOWNS[number % len(TOWNS)]
        paid = money(remittance.amount + remittance.off)
        accounts = "*" * 10
        if remittance.method == "ACH":
            ours = f"01*{PAYEE_BANK}*DA*{entity.tax_id[-6:]}"
            accounts = f"CCP*01*{PAYER_BANK}*DA*{number % 1_000_000:06d}*{company}**{ours}"
        handling = "H" if remittance.method == "NON" else "I"
        clean = self.clean
        address = ""
        if payer.habits.method == "CHK":
            at = entity.address
            address = f"N3*{clean(at.street)}~N4*{clean(at.city)}*{at.state}*{at.postal}~"
        return (
            f"BPR*{handling}*{paid}*C*{remittance.method}*{accounts}*{day}~"
            f"TRN*1*{remittance.trace_number}*{company}*{clean(payer.payer_id)}~"
            f"REF*EV*{self.receiver}~DTM*405*{day}~"
            f"N1*PR*{clean(payer.name)}*XV*{clean(payer.payer_id)}~"
            f"N3*PO BOX {number % 9000 + 100}~N4*{town}*{state}*{postal}~"
            f"PER*CX*PROVIDER SERVICE*TE*80055501{number % 100:02d}~"
            f"PER*BL*EDI HELP DESK*TE*80055501{(number + 1) % 100:02d}~"
            f"N1*PE*{clean(entity.name)}*XX*{entity.npi}~{address}REF*TJ*{entity.tax_id}~"
        )

    def claim(self, answer: Answer, earlier: _Earlier) -> str:
        """A CLP with all that belongs to it (loops 2100 and 2110).

        Args:
            answer: what to write.
            earlier: payer control numbers of what this remittance reverses, by claim and part.
        """
        claim = answer.claim
        remarks, held = self.remarks(answer)
        undone = answer.status == REVERSED
        patient_owes = "" if undone else money(answer.patient_responsibility)  # CLP05 is not used on reversals
        drg = f"**{claim.drg}" if claim.drg else ""
        head = (
            f"CLP*{control_number_as_returned(claim, self.payer)}*{answer.status}*{money(answer.charge)}"
            f"*{money(answer.paid)}*{patient_owes}*{self.filing}*{answer.payer_control_number}"
            f"*{_facility(answer)}*{claim.frequency}{drg}~"
        )
        parts = [
            head,
            _reasons(answer.adjustments),
            self.names(answer),
            self.inpatient(answer, remarks) if claim.admitted else _outpatient(remarks),
            self.references(answer, earlier),
            _dates(answer),
            _amounts(answer),
        ]
        parts += [self.line(line, held, undone=undone) for line in answer.lines]
        return "".join(parts)

    def remarks(self, answer: Answer) -> tuple[Sequence[str], Collection[str]]:
        """The remarks to write at the claim, and those of them that its lines do not repeat."""
        remarks = answer.remarks
        if self.gathers:
            remarks = list(dict.fromkeys([*remarks, *(each for line in answer.lines for each in line.remarks)]))
        remarks = remarks[:MOST_REMARKS]
        return remarks, () if self.at_lines else remarks

    def names(self, answer: Answer) -> str:
        """Patient as sent, as the payer has it, who rendered, and the payer that is next or first."""
        claim, clean = answer.claim, self.clean
        patient, coverage = claim.patient, claim.coverage
        last, own = claim.last_name or patient.last, claim.member_id or coverage.member_id
        said = f"NM1*QC*1*{clean(last)}*{clean(patient.first)}****MI*{clean(own)}~"
        if last != patient.last or own != coverage.member_id:
            name = f"{clean(patient.last)}*{clean(patient.first)}" if last != patient.last else "*"
            changed = f"****C*{clean(coverage.member_id)}" if own != coverage.member_id else ""
            said += f"NM1*74*1*{name}{changed}~"
        if claim.form == "P" and claim.provider.npi != claim.entity.npi:
            provider = claim.provider
            said += f"NM1*82*1*{clean(provider.last)}*{clean(provider.first)}****XX*{provider.npi}~"
        if answer.crosses_to:
            return said + self.other("TT", answer.crosses_to)
        first = patient.coverages[0].payer if patient.coverages else ""
        if answer.denied and answer.denied.cause == "other_payer_primary" and first not in {"", self.payer.id}:
            said += self.other("PR", first)
        return said

    def other(self, role: str, payer_id: str) -> str:
        """Another payer: to which the claim goes (TT), or that should have been asked first (PR)."""
        payer = self.payers.get(payer_id)
        name, number = (payer.name, payer.payer_id) if payer else (payer_id, payer_id)
        return f"NM1*{role}*2*{self.clean(name)}*****PI*{self.clean(number)}~"

    def inpatient(self, answer: Answer, remarks: Sequence[str]) -> str:
        """MIA: for remarks, and for the DRG amount where the payer pays by DRG. Its first element is always 0."""
        priced = self.filing in PROSPECTIVE and answer.claim.drg and answer.paid > 0
        if not remarks and not priced:
            return ""
        amount = money(answer.paid + answer.patient_responsibility) if priced else ""
        later = f"{'*' * 15}{'*'.join(remarks[1:])}" if remarks[1:] else ""
        return f"MIA*0***{amount}*{remarks[0]}{later}~" if remarks else f"MIA*0***{amount}~"

    def references(self, answer: Answer, earlier: _Earlier) -> str:
        """The group (1L); the number of the claim that this one corrects, when the payer gave it a new one (F8)."""
        claim = answer.claim
        said = f"REF*1L*{self.clean(claim.coverage.group)}~" if claim.coverage.group else ""
        before = earlier.get((claim.id, answer.part), "") or claim.replaces
        return said + (f"REF*F8*{before}~" if before and before != answer.payer_control_number else "")

    def line(self, answer: LineAnswer, held: Collection[str], *, undone: bool) -> str:
        """An SVC with all that belongs to it."""
        line, paid = answer.line, answer.paid
        charge = -abs(line.charge) if undone else line.charge
        revenue = line.revenue_code if line.procedure else ""
        units = f"{line.units}"
        if self.zero_units and paid == 0 and answer.denied:
            units = f"0**{units}"
        said = (
            f"SVC*{_procedure(line)}*{money(charge)}*{money(paid)}*{revenue}*{units}~"
            f"DTM*472*{ymd(line.day)}~{_reasons(answer.adjustments)}"
        )
        if line.control_number:
            said += f"REF*6R*{line.control_number}~"
        if answer.policy:
            said += f"REF*0K*{self.clean(answer.policy)}~"
        allowed = 0 if undone else _allowed(charge, answer.adjustments)
        if allowed > 0:
            said += f"AMT*B6*{money(allowed)}~"
        for remark in answer.remarks:
            if remark not in held:
                said += f"LQ*HE*{remark}~"
        return said


def _facility(answer: Answer) -> str:
    """CLP08: the first two places of the bill type, or the place of service."""
    claim = answer.claim
    return claim.bill_type if claim.form == "I" else claim.location.place_of_service


def _summary(remittance: Remittance, bill_type: str, answers: Sequence[Answer]) -> str:
    """TS3: how many claims of a bill type, and their charge. Medicare Part A sends it."""
    charge = sum(answer.charge for answer in answers)
    year = _year_end(remittance.day)
    return f"TS3*{remittance.entity.npi}*{bill_type}*{year}*{len(answers)}*{money(charge)}~"


def _year_end(day: date) -> str:
    """Last day of the provider's fiscal year: December 31 when the payer does not know it (PLB02, usage note)."""
    return f"{day.year:04d}1231"


def _provider_adjustments(remittance: Remittance) -> str:
    rows = [_pair(each) for each in remittance.adjustments if each.cents]
    head = f"PLB*{remittance.entity.npi}*{_year_end(remittance.day)}"
    return "".join(f"{head}*{'*'.join(rows[at : at + PAIRS_OF_PLB])}~" for at in range(0, len(rows), PAIRS_OF_PLB))


def _pair(adjustment: ProviderAdjustment) -> str:
    reference = f":{adjustment.reference}" if adjustment.reference else ""
    return f"{adjustment.reason}{reference}*{money(adjustment.cents)}"


def _reasons(adjustments: Sequence[Adjust]) -> str:
    """CAS: the reasons of a group together, up to six in a segment, none of zero."""
    if len(adjustments) == 1:
        only = adjustments[0]
        return f"CAS*{only.group}*{only.carc}*{money(only.cents)}~" if only.cents else ""
    groups: dict[str, list[str]] = {}
    for each in adjustments:
        if each.cents:
            groups.setdefault(each.group, []).append(f"{each.carc}*{money(each.cents)}")
    return "".join(
        f"CAS*{group}*{'**'.join(triples[at : at + TRIPLES_OF_CAS])}~"
        for group, triples in groups.items()
        for at in range(0, len(triples), TRIPLES_OF_CAS)
    )


def _outpatient(remarks: Sequence[str]) -> str:
    """MOA: remarks of a claim that is not inpatient."""
    return f"MOA***{'*'.join(remarks)}~" if remarks else ""


def _dates(answer: Answer) -> str:
    """Statement dates where lines do not say enough, the end of a coverage that was over, and when it was received."""
    claim = answer.claim
    said = ""
    if claim.form == "I" or not answer.lines:
        said = f"DTM*232*{ymd(claim.service_from)}~DTM*233*{ymd(claim.service_to)}~"
    until = claim.coverage.until
    if answer.denied and until and until < claim.service_from:
        said += f"DTM*036*{ymd(until)}~"
    return f"{said}DTM*050*{ymd(answer.received)}~"


def _amounts(answer: Answer) -> str:
    """What of the charge is covered (AU), not on reversals; and interest (I)."""
    covered = answer.charge - (answer.denied.cents if answer.denied else 0)
    said = f"AMT*AU*{money(covered)}~" if covered > 0 else ""
    return f"{said}AMT*I*{money(answer.interest)}~" if answer.interest else said


def _procedure(line: Line) -> str:
    """SVC01: the procedure with its modifiers, or the revenue code of a line that has none."""
    if not line.procedure:
        return f"NU:{line.revenue_code}"
    return ":".join(("HC", line.procedure, *line.modifiers)) if line.modifiers else f"HC:{line.procedure}"


def _allowed(charge: int, adjustments: Sequence[Adjust]) -> int:
    """What the payer allows of a line: the charge less what the provider writes off, before sequestration."""
    for each in adjustments:
        if each.group in {"CO", "PI"} and each.carc != SEQUESTRATION:
            charge -= each.cents
    return charge
