"""A small conversation with a payer: claims that were sent (837), and what it answers (835)."""

from datetime import date, datetime
from io import BytesIO

from reclaim import dispatch, reception
from reclaim.desk.models import Case
from reclaim.people.models import Organization
from reclaim.record.models import File
from reclaim.rules.sent import SentLine, sent
from reclaim.x12.editing import Put, correct
from reclaim.x12.slices import Place, Slice
from reclaim.x12.writing import Envelope, batch
from tests.reception import written
from tests.rules.claims import claim as base

ENVELOPE = (("*46*1~", "*46*EC1~PER*IC*EDI DESK*TE*8005551212~"), ("*46*2~", "*46*HH1~"), ("*PI*H1~", "*PI*HH1~"))
"""What a clearinghouse asks for besides."""
SENT = Envelope("ELMCLINIC", "HARBORHUB", datetime(2026, 6, 1, 9, 30), 41, production=True, group_receiver="HARBOR")  # noqa: DTZ001  local time
DAY = "20260618"


def claims(form: str = "P", count: int = 1, *changes: tuple[str, str]) -> list[Slice]:
    """Claims that no edit and no judge finds fault with, numbered from A-1."""
    one = base(form, *ENVELOPE, *changes)
    number, start = one.value("2300", "CLM", 1).partition("-")[0], Place("2300", 1, "CLM", element=1)
    return [correct(one, [Put(start, f"{number}-{at}")]) for at in range(1, count + 1)]


def file_of(*some: Slice, envelope: Envelope = SENT) -> bytes:
    """The file in which the office sent them."""
    return batch(some, envelope).data


def received(organization: Organization, data: bytes, name: str = "claims.837") -> File:
    """A file comes in and is read."""
    return reception.process(reception.accept(organization, None, name, BytesIO(data), "command").pk)


def denial(claim: Slice, remarks: str = "") -> bytes:
    """The payer's answer to a claim: denied for want of a provider's number."""
    facts = sent(claim)
    number, frequency = facts.control_number.text, facts.frequency.text
    lines = "".join(_denied(each, facts.service_from) for each in facts.lines)
    clp = f"CLP*{number}*1*{facts.charge.text}*0**{facts.filing_indicator.text}*ICN-{number}*11*{frequency}~"
    moa = f"MOA***{remarks}~" if remarks else ""
    told = written.remittance(f"T{number}{remarks}", [clp + moa + lines], DAY)
    return written.file(told).replace(b"HARBOR MUTUAL PPO", b"HARBOR HEALTH")


def _denied(line: SentLine, day: date | None) -> str:
    service = f"HC:{line.procedure.text}" if line.procedure else f"NU:{line.revenue_code.text}"
    procedure = ":".join([service, *line.codes])
    number = f"REF*6R*{line.control_number.text}~" if line.control_number else ""
    told = f"SVC*{procedure}*{line.charge.text}*0**1~DTM*472*{day:%Y%m%d}~CAS*CO*16*{line.charge.text}~"
    return f"{told}{number}LQ*HE*N290~"


def denied(organization: Organization, *some: Slice, remarks: str = "") -> list[Case]:
    """Claims that were sent and denied: their cases."""
    received(organization, file_of(*some))
    for each in some:
        received(organization, denial(each, remarks), "answer.835")
    return list(Case.objects.filter(organization=organization).order_by("pk"))


read = dispatch.read_span
