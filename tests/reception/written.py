"""Small 835s, written by hand: an envelope around transactions, a transaction around claims."""

from collections.abc import Sequence
from io import BytesIO

from reclaim import reception
from reclaim.people.models import Organization
from reclaim.record.models import File

ISA = "ISA*00*          *00*          *ZZ*HARBORMUTUAL   *ZZ*TIDEPOOLBILLING*260918*0710*^*00501*{:09}*0*P*:~"
ACKNOWLEDGMENT = "ST*277*0009~BHT*0085*08*1*20260918*0710*TH~SE*3*0009~"
DENIED = "CLP*{0}*1*100*0**12*P{0}~SVC*HC:99214:25*100*0**1~DTM*472*20260828~CAS*CO*197*100~LQ*HE*M62~"
PAID = "CLP*{0}*1*100*80**12*P{0}~SVC*HC:99214*100*80**1~CAS*CO*45*20~"


def remittance(trace: str, claims: Sequence[str], day: str = "20260918", payment: str = "BPR*I*0*C*ACH{}{}~") -> str:
    """One ST of an 835; `payment` may be "" for one that lacks its BPR."""
    head = f"ST*835*0001~{payment.format('*' * 12, day)}TRN*1*{trace}*1000000101~N1*PR*HARBOR MUTUAL PPO~LX*1~"
    return f"{head}{''.join(claims)}SE*9*0001~"


def file(*transactions: str, number: int = 1) -> bytes:
    """An interchange."""
    head = ISA.format(number) + "GS*HP*HARBORMUTUAL*TIDEPOOLBILLING*20260918*0710*1*X*005010X221A1~"
    return f"{head}{''.join(transactions)}GE*{len(transactions)}*1~IEA*1*{number:09}~".encode()


def received(organization: Organization, data: bytes, name: str = "one.835") -> File:
    """It comes in and is read."""
    return reception.process(reception.accept(organization, None, name, BytesIO(data), "command").pk)
