"""What comes back before anybody has judged a claim: TA1 and 999 for a file, 277CA for each of its claims."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from reclaim.world.envelopes import (
    ACKNOWLEDGEMENT,
    CLAIM_ACKNOWLEDGEMENT,
    OFFICE,
    Envelope,
    Kind,
    interchange,
    marks_of,
    money,
    respelled,
    text,
    ymd,
)
from reclaim.world.model import Acknowledged, Cents, Payer
from reclaim.world.x837 import sent_as

UNKNOWN = "0"
"""TRN02 where the one who answers was told no number (guide 005010X214, 2200B and 2200C)."""


class Mistake(NamedTuple):
    """Why a transaction was rejected: one element of one segment."""

    segment: str  # IK301, "NM1"
    position: int  # IK302: number of the segment in the transaction, ST being 1
    loop: str  # "2010BA"; IK303 holds the first four characters of it
    element: int  # IK401: position in the segment
    code: str  # IK403: 1 required element missing, 4 too short, 5 too long, 7 invalid code value, I10 not used ...
    value: str = ""  # IK404: what stood there


class Reviewed(NamedTuple):
    """What was made of one transaction (ST) of a file."""

    number: str  # its ST02
    mistake: Mistake | None = None  # None: accepted


def reply(to: Envelope, day: date, control: int) -> Envelope:
    """The envelope of an answer to a file: back from its receiver to its sender, in the same separators."""
    return Envelope(to.receiver, to.sender, day, control, to.marks)


def ta1(file: Envelope, day: date, control: int, note: str = "000") -> bytes:
    """An interchange that says whether another one could be opened.

    Args:
        file: the envelope that is acknowledged.
        day: of the answer.
        control: number of the answer, unique for its sender.
        note: TA105: "000" accepted; else why not ("025" is a control number seen before).
    """
    envelope = reply(file, day, control)
    verdict = "A" if note == "000" else "R"
    notice = f"TA1*{file.control:09d}*{ymd(file.day)[2:]}*{file.time}*{verdict}*{note}~"
    return interchange(ACKNOWLEDGEMENT, (), envelope, [respelled(notice, envelope.marks)])


def acknowledgement_999(file: Envelope, kind: Kind, reviewed: Sequence[Reviewed], day: date, control: int) -> bytes:
    """Which transactions of a file keep to the guide's form; says nothing of the claims in them.

    Args:
        file: the envelope that is acknowledged.
        kind: of its transactions.
        reviewed: every transaction of its group.
        day: of the answer.
        control: number of the answer, unique for its sender.
    """
    envelope = reply(file, day, control)
    accepted = sum(each.mistake is None for each in reviewed)
    verdict = "A" if accepted == len(reviewed) else "P" if accepted else "R"
    body = (
        f"AK1*{kind.function}*{file.control}*{kind.version}~"
        f"{''.join(_reviewed(each, kind) for each in reviewed)}"
        f"AK9*{verdict}*{len(reviewed)}*{len(reviewed)}*{accepted}~"
    )
    return interchange(ACKNOWLEDGEMENT, [respelled(body, envelope.marks)], envelope)


def claim_acknowledgements_277ca(
    acknowledged: Sequence[Acknowledged], day: date, control: int, payer: Payer, batch: str = UNKNOWN
) -> bytes:
    """How a payer's front door answered claims: one interchange with one transaction.

    Args:
        acknowledged: at least one, all of this payer.
        day: of the answer.
        control: number of the answer, unique for the payer.
        payer: who answers, with its separators.
        batch: `x837.batch_number` of the transaction in which the claims were sent, when it was one.
    """
    envelope = Envelope(payer.payer_id, OFFICE.id, day, control, marks_of(payer.habits))
    received = min(day, max(each.claim.submitted for each in acknowledged))
    by_entity: dict[str, list[tuple[Acknowledged, Cents]]] = {}
    for each in acknowledged:
        by_entity.setdefault(each.claim.entity.id, []).append((each, each.claim.charge))
    total = _Total.of([each for theirs in by_entity.values() for each in theirs])
    parts, level = [_head(payer, envelope, received), _receiver(total, ymd(day), batch)], 2
    for theirs in by_entity.values():
        level += 1
        parts.append(_provider(theirs, level))
        above = level
        for each, charge in theirs:
            level += 1
            parts.append(f"HL*{level}*{above}*PT~{_claim(each, money(charge), ymd(day))}")
    return interchange(CLAIM_ACKNOWLEDGEMENT, [respelled("".join(parts), envelope.marks)], envelope)


class _Total(NamedTuple):
    """How many claims, for how much."""

    accepted: int
    rejected: int
    accepted_cents: Cents
    rejected_cents: Cents

    @classmethod
    def of(cls, claims: Sequence[tuple[Acknowledged, Cents]]) -> "_Total":
        """Of claims with their charges."""
        accepted = [cents for each, cents in claims if each.accepted]
        every = sum(cents for _, cents in claims)
        return cls(len(accepted), len(claims) - len(accepted), sum(accepted), every - sum(accepted))

    def written(self, accepted: str, rejected: str, when: str) -> str:
        """STC, QTY and AMT of a level: the qualifiers of its quantities, and the day or nothing."""
        counts = ((accepted, self.accepted), (rejected, self.rejected))
        amounts = (("YU", self.accepted_cents, self.accepted), ("YY", self.rejected_cents, self.rejected))
        return (
            f"STC*A1:19:PR*{when}*WQ*{money(self.accepted_cents + self.rejected_cents)}~"
            + "".join(f"QTY*{qualifier}*{count}~" for qualifier, count in counts if count)
            + "".join(f"AMT*{qualifier}*{money(cents)}~" for qualifier, cents, count in amounts if count)
        )


def _reviewed(transaction: Reviewed, kind: Kind) -> str:
    """AK2 to IK5 of one transaction."""
    mistake = transaction.mistake
    if mistake is None:
        said, verdict = "", "A"
    else:
        value = f"*{text(mistake.value)}" if mistake.value else ""
        said = f"IK3*{mistake.segment}*{mistake.position}*{mistake.loop:.4}*8~"
        said += f"IK4*{mistake.element}**{mistake.code}{value}~"
        verdict = "R*5"  # one or more segments in error
    return f"AK2*{kind.transaction}*{transaction.number}*{kind.version}~{said}IK5*{verdict}~"


def _head(payer: Payer, envelope: Envelope, received: date) -> str:
    """BHT and who answers (2000A)."""
    day, number = ymd(envelope.day), f"{envelope.control:09d}"
    return (
        f"BHT*0085*08*{number}*{day}*{envelope.time}*TH~HL*1**20*1~"
        f"NM1*PR*2*{text(payer.name)}*****PI*{payer.payer_id}~"
        f"TRN*1*{number}~DTP*050*D8*{ymd(received)}~DTP*009*D8*{day}~"
    )


def _receiver(total: _Total, day: str, batch: str) -> str:
    """Who is answered (2000B), with the totals."""
    return f"HL*2*1*21*1~NM1*41*2*{OFFICE.name}*****46*{OFFICE.id}~TRN*2*{batch}~{total.written('90', 'AA', day)}"


def _provider(claims: Sequence[tuple[Acknowledged, Cents]], level: int) -> str:
    """Who billed (2000C), with the totals."""
    entity = claims[0][0].claim.entity
    return (
        f"HL*{level}*2*19*1~NM1*85*2*{text(entity.name)}*****XX*{entity.npi}~"
        f"TRN*1*{UNKNOWN}~{_Total.of(claims).written('QA', 'QC', '')}"
    )


def _claim(acknowledged: Acknowledged, charge: str, day: str) -> str:
    """The patient and the claim (2100D, 2200D), as sent."""
    claim = acknowledged.claim
    last, first, member = sent_as(claim)
    entity = f":{acknowledged.entity}" if acknowledged.entity else ""
    number = acknowledged.payer_control_number
    begin, end = ymd(claim.service_from), ymd(claim.service_to)
    return (
        f"NM1*QC*1*{last}*{first}****MI*{member}~TRN*2*{claim.control_number}~"
        f"STC*{acknowledged.category}:{acknowledged.status}{entity}*{day}"
        f"*{'WQ' if acknowledged.accepted else 'U'}*{charge}~"
        + (f"REF*1K*{number}~" if acknowledged.accepted and number else "")
        + (f"REF*BLT*{claim.bill_type}{claim.frequency}~" if claim.form == "I" else "")
        + (f"DTP*472*D8*{begin}~" if begin == end else f"DTP*472*RD8*{begin}-{end}~")
    )
