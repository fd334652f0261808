"""A tiny builder of claim files and their answers: two professional claims, one of a dependent with two payers."""

import io
from collections.abc import Iterable

import polars as pl

from reclaim.x12.envelope import Stream
from reclaim.x12.reading import Part, Reading
from reclaim.x12.spec import load
from tests.x12.build import Segments, text

KINDS = ("835", "837P", "837I", "837D", "277", "277CA", "276", "999", "TA1")
"""Every kind that has a spec."""
PROFESSIONAL, INSTITUTIONAL, DENTAL = "005010X222A1", "005010X223A2", "005010X224A2"

HEADER = [
    "BHT*0019*00*B1*20261101*1200*CH",
    "NM1*41*2*RIVER CLINIC*****46*RC1",
    "PER*IC*EDI DESK*TE*8005551212",
    "NM1*40*2*CLEARWATER*****46*CW1",
]
BILLING = [
    "HL*1**20*1",
    "PRV*BI*PXC*207Q00000X",
    "NM1*85*2*RIVER CLINIC*****XX*1999999984",
    "N3*1 RIVER RD",
    "N4*HARTFORD*CT*06101",
    "REF*EI*721587149",
    "NM1*87*2",
    "N3*PO BOX 1",
    "N4*HARTFORD*CT*06101",
]
SUBSCRIBER = [
    "HL*2*1*22*0",
    "SBR*P*18*G7******CI",
    "NM1*IL*1*DOE*JANE*Q***MI*W1",
    "N3*1 ELM ST",
    "N4*HARTFORD*CT*06101",
    "DMG*D8*19700131*F",
    "NM1*PR*2*ACME HEALTH*****PI*AC1",
]
FIRST = [
    "CLM*A1*200***11:B:1*Y*A*Y*Y**AA:::CT",
    "DTP*439*D8*20261001",
    "REF*G1*AUTH7",
    "HI*ABK:E119*ABF:I10",
    "NM1*DN*1*REED*RUTH****XX*1234567893",
    "NM1*82*1*SMITH*JOHN****XX*1888888889",
    "PRV*PE*PXC*207R00000X",
    "LX*1",
    "SV1*HC:99213:25:59*120*UN*1***1:2",
    "DTP*472*D8*20261005",
    "REF*6R*L1",
    "NM1*82*1*OTHER*OLGA****XX*1777777774",
    "LX*2",
    "SV1*HC:J1885*80*UN*2*12**2",
    "DTP*472*RD8*20261005-20261006",
    "REF*6R*L2",
    "LIN**N4*00409379601",
    "CTP****2*ML",
]
DEPENDENT = [
    "HL*3*1*22*1",
    "SBR*S********MB",
    "NM1*IL*1*ROE*RICHARD****MI*W2",
    "NM1*PR*2*MEDICARE*****PI*MB1",
    "HL*4*3*23*0",
    "PAT*19",
    "NM1*QC*1*ROE*ROSE",
    "N3*2 ELM ST",
    "N4*HARTFORD*CT*06101",
    "DMG*D8*20150228*F",
]
SECOND = [
    "CLM*A2*100***22:B:7*N*A*Y*Y",
    "PWK*OZ*EL***AC*PAPER9",
    "REF*F8*P77",
    "NTE*ADD*CORRECTED",
    "HI*ABK:M545",
    "SBR*P*18*******CI",
    "CAS*CO*45*20",
    "AMT*D*60",
    "OI***Y***Y",
    "NM1*IL*1*ROE*RICHARD****MI*X9",
    "NM1*PR*2*ACME HEALTH*****PI*AC1",
    "NM1*82*1",
    "REF*G2*55",
    "LX*1",
    "SV1*HC:97110*100*UN*1***1",
    "DTP*472*D8*20261007",
    "SVD*AC1*60*HC:97110**1",
    "CAS*CO*45*20",
    "CAS*PR*1*20",
    "DTP*573*D8*20261020",
]
PARTS = [HEADER, BILLING, SUBSCRIBER, FIRST, DEPENDENT, SECOND]


def file(*transactions: Iterable[str], version: str = PROFESSIONAL, number: str = "837") -> Segments:
    """An ISA to IEA that holds these transactions, each what stands between ST and SE."""
    isa = f"ISA*00*{'':10}*00*{'':10}*ZZ*{'CLINIC':15}*ZZ*{'ACME':15}*261101*1200*^*00501*000000001*0*P*:"
    inside: Segments = []
    for at, each in enumerate(transactions, 1):
        body = [f"ST*{number}*{at:04d}*{version}", *each]
        inside += [*body, f"SE*{len(body) + 1}*{at:04d}"]
    group = f"GS*HC*CLINIC*ACME*20261101*1200*1*X*{version}"
    held = sum(segment.startswith("ST*") for segment in inside)
    return [isa, group, *inside, f"GE*{held}*1", "IEA*1*000000001"]


def sent() -> Segments:
    """The two claims in one transaction."""
    return [segment for part in PARTS for segment in part]


def parts(data: bytes | str | Segments | Stream, kinds: tuple[str, ...] = KINDS) -> tuple[Reading, list[Part]]:
    """The reading of some bytes, text, segments or stream, and its parts."""
    if isinstance(data, list):
        data = text(data)
    if isinstance(data, str):
        data = data.encode()
    reading = Reading(io.BytesIO(data) if isinstance(data, bytes) else data, {}, kinds)
    return reading, list(reading.parts())


def whole(made: list[Part], kind: str) -> dict[str, pl.DataFrame]:
    """The tables of a kind through all parts, with `loop` instead of zone, and neither places nor keys."""
    spec = load(kind)
    loops = dict(enumerate(zone.loop for zone in spec.zones))
    ours = [part for part in made if part.kind == kind]
    return {
        name: pl.concat(part.tables[name] for part in ours)
        .with_columns(loop=pl.col("zone").replace_strict(loops, return_dtype=pl.String))
        .drop("segment", "zone", *spec.keys)
        for name in (spec.tables if ours else ())
    }
