"""Claims as they are sent, to slice, edit and write: those of the world, and kinds that the world does not make."""

from reclaim.world import x837
from reclaim.x12.slices import Slice, slices
from tests.world.worlds import (
    MEDIGAP,
    PAYERS,
    SENT,
    SUPPLEMENT,
    answered,
    corrected,
    inpatient,
    medicare,
    outpatient,
    professional,
    secondary,
)
from tests.x12.build import text

SECOND = inpatient(coverage=MEDIGAP, payer=SUPPLEMENT, order=2, prior=answered(inpatient(), remarks=["N115", "MA44"]))
PROFESSIONALS = (professional(), medicare(), corrected(), secondary())
INSTITUTIONALS = (outpatient(), inpatient(), SECOND)
PROFESSIONAL = x837.claims_file(PROFESSIONALS, "P", SENT, 1, PAYERS)
INSTITUTIONAL = x837.claims_file(INSTITUTIONALS, "I", SENT, 2, PAYERS)

ISA = f"ISA*00*{'':10}*00*{'':10}*ZZ*{'CLINIC':15}*ZZ*{'HOUSE':15}*261101*1200*^*00501*000000001*0*P*:"
HEAD = [
    "BHT*0019*00*1*20261101*1200*CH",
    "NM1*41*2*CLINIC*****46*S1",
    "PER*IC*DESK*TE*8005551212",
    "NM1*40*2*HOUSE*****46*R1",
]
BILLING = [
    "HL*1**20*1",
    "NM1*85*2*RIVER CLINIC*****XX*1999999984",
    "N3*1 MAIN ST",
    "N4*AVON*CT*060010001",
    "REF*EI*721587149",
]
PARENT = ["HL*2*1*22*1", "SBR*P**G1******CI", "NM1*IL*1*DOE*JANE****MI*W1", "NM1*PR*2*ACME*****PI*AC1"]
CHILD = ["HL*3*2*23*0", "PAT*19", "NM1*QC*1*DOE*TIM", "N3*2 ELM ST", "N4*AVON*CT*060010002", "DMG*D8*20150102*M"]
VISIT = [
    "CLM*A1*120***11:B:1*Y*A*Y*Y",
    "HI*ABK:J069*ABF:R05",
    "LX*1",
    "SV1*HC:99213*80*UN*1***1",
    "DTP*472*D8*20261001",
]
MORE = ["LX*2", "SV1*HC:87880:QW*40*UN*1***1:2", "DTP*472*D8*20261001"]
TOOTH = ["CLM*D1*90***11:B:1*Y*A*Y*Y", "DTP*472*D8*20261002", "LX*1", "SV3*AD:D2391*90****1", "TOO*JP*12*L:O"]


def file(
    *claims: list[str], version: str = "005010X222A1", levels: tuple[list[str], ...] = (PARENT, CHILD)
) -> list[str]:
    """A file of one biller with claims of one patient."""
    body = [*HEAD, *BILLING, *(each for part in (*levels, *claims) for each in part)]
    inside = [f"ST*837*0001*{version}", *body, f"SE*{len(body) + 2}*0001"]
    return [ISA, f"GS*HC*CLINIC*HOUSE*20261101*1200*1*X*{version}", *inside, "GE*1*1", "IEA*1*000000001"]


DEPENDENT = text(file([*VISIT, *MORE])).encode()
DENTAL = text(file(TOOTH, version="005010X224A2")).encode()
ALL = {"professional": PROFESSIONAL, "institutional": INSTITUTIONAL, "a dependent": DEPENDENT, "dental": DENTAL}


def claims(data: bytes) -> list[Slice]:
    """The claims of a file."""
    return list(slices(data))


def a_claim() -> Slice:
    """A child's visit with two lines."""
    return claims(DEPENDENT)[0]
