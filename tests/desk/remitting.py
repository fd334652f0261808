"""What a payer says of a claim in the end, as an 835: paid, paid in part, denied, or taken back; line by line."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from reclaim.rules.sent import SentLine, sent
from reclaim.x12.slices import Slice
from tests.reception import written


class Paid(NamedTuple):
    """What becomes of one line."""

    dollars: str
    adjustments: tuple[tuple[str, str], ...] = ()  # group and code, dollars: ("CO*45", "20.00")


DENIED = "CO*197"


def in_full(kept: str = "0.00") -> Paid:
    """All of a line but a contractual part; how many dollars that leaves follows from the charge."""
    return Paid("", (("CO*45", kept),) if Decimal(kept) else ())


def refused(code: str = DENIED) -> Paid:
    """Nothing of a line."""
    return Paid("0", ((code, ""),))


def remittance(claim: Slice, lines: Sequence[Paid], number: str, day: date, *, trace: int, back: bool = False) -> bytes:
    """An 835 with one answer to a claim as it was sent.

    Args:
        claim: as it was sent.
        lines: for each of its lines, in order.
        number: the payer's number of it (CLP07).
        day: of the payment.
        trace: TRN02, and the number of the file.
        back: whether it takes back what these lines say.
    """
    facts, sign = sent(claim), -1 if back else 1
    said = [_line(line, paid, facts.service_from, sign) for line, paid in zip(facts.lines, lines, strict=True)]
    dollars = sum((amount for amount, _ in said), Decimal(0))
    status = "22" if back else "1"
    charge = sign * (facts.charge.amount or Decimal(0))
    clp = (
        f"CLP*{facts.control_number.text}*{status}*{charge}*{dollars}**{facts.filing_indicator.text}*{number}"
        f"*11*{facts.frequency.text}~NM1*QC*1*DOE*JANE****MI*W12345678~"
    )
    told = written.remittance(str(trace), [clp + "".join(text for _, text in said)], f"{day:%Y%m%d}")
    told = told.replace("BPR*I*0*", f"BPR*I*{max(dollars, Decimal(0))}*")
    return written.file(told, number=trace).replace(b"HARBOR MUTUAL PPO", b"HARBOR HEALTH")


def _line(line: SentLine, paid: Paid, day: date | None, sign: int) -> tuple[Decimal, str]:
    charge = line.charge.amount or Decimal(0)
    parts = [(code, Decimal(dollars or charge)) for code, dollars in paid.adjustments]
    dollars = Decimal(paid.dollars) if paid.dollars else charge - sum((each for _, each in parts), Decimal(0))
    service = ":".join([f"HC:{line.procedure.text}" if line.procedure else f"NU:{line.revenue_code.text}", *line.codes])
    cas = "".join(f"CAS*{code}*{sign * each}~" for code, each in parts)
    head = f"SVC*{service}*{sign * charge}*{sign * dollars}**1~DTM*472*{day:%Y%m%d}~"
    return sign * dollars, f"{head}{cas}REF*6R*{line.control_number.text}~"
