"""Claims to change in tests: one of each kind on which no edit finds anything, as text with a part to a paragraph."""

from reclaim.rules.sent import Sent, sent
from reclaim.x12.frame import Separators
from reclaim.x12.slices import Slice, slice_of

_HEADER = "ST*837*0001~BHT*0019*00*1*20260601*1200*CH~NM1*41*2*US*****46*1~NM1*40*2*THEM*****46*2~"
_BILLING = (
    "HL*1**20*1~PRV*BI*PXC*207Q00000X~NM1*85*2*ELM CLINIC*****XX*1234567893~N3*1 ELM ST~"
    "N4*SPRINGFIELD*OH*455020001~REF*EI*123456789~"
)
_SUBSCRIBER = (
    "HL*2*1*22*0~SBR*P*18*G1******CI~NM1*IL*1*DOE*JANE****MI*W12345678~N3*2 OAK ST~N4*SPRINGFIELD*OH*45502~"
    "DMG*D8*19800315*F~NM1*PR*2*HARBOR HEALTH*****PI*H1~"
)
_VISIT = (
    "CLM*A-1*295***11:B:1*Y*A*Y*Y~REF*9F*R77~REF*G1*AU100200~HI*ABK:M1711*ABF:I10~"
    "NM1*82*1*FAIR*ADA****XX*1245319599~PRV*PE*PXC*207X00000X~"
    "LX*1~SV1*HC:99213:25*120*UN*1***1:2~DTP*472*D8*20260520~REF*6R*A-1~"
    "LX*2~SV1*HC:20610:RT*175*UN*1***1~DTP*472*D8*20260520~REF*6R*A-2~"
)
PROFESSIONAL = (_HEADER, _BILLING, _SUBSCRIBER, "", _VISIT)
_OTHER = (
    "SBR*P*18*******CI~CAS*CO*45*50~AMT*D*245~OI***Y*P**Y~NM1*IL*1*DOE*JANE****MI*X1~NM1*PR*2*TIDE*****PI*T1~"
    "DTP*573*D8*20260601~"
)
SECONDARY = (
    _HEADER,
    _BILLING,
    _SUBSCRIBER.replace("SBR*P", "SBR*S"),
    "",
    _VISIT.replace("LX*1~", f"{_OTHER}LX*1~"),
)
_STAY = (
    "CLM*H-1*5000***11:A:1**A*Y*Y~DTP*096*TM*1100~DTP*434*RD8*20260510-20260513~DTP*435*DT*202605100800~CL1*1*1*01~"
    "HI*ABK:J189:::::::Y~HI*ABJ:J189~HI*DR:194~NM1*71*1*FAIR*ADA****XX*1245319599~"
    "LX*1~SV2*0120**4000*DA*3~LX*2~SV2*0250**1000*UN*5~"
)
INSTITUTIONAL = (_HEADER, _BILLING, _SUBSCRIBER, "", _STAY)
DENTAL = (
    _HEADER,
    _BILLING,
    _SUBSCRIBER,
    "",
    "CLM*D-1*80***11:B:1*Y*A*Y*Y~NM1*82*1*FAIR*ADA****XX*1245319599~LX*1~SV3*AD:D1110*80****1~DTP*472*D8*20260520~",
)
BASES = {"P": PROFESSIONAL, "P2": SECONDARY, "I": INSTITUTIONAL, "D": DENTAL}


def claim(base: str, *changes: tuple[str, str]) -> Slice:
    """A base with some text put for other text, each of which must stand in it."""
    text = "\n".join(BASES[base])
    for old, new in changes:
        assert old in text, f"{old} does not stand in the base {base}"
        text = text.replace(old, new, 1)
    parts = [part.encode() for part in text.split("\n")]
    return slice_of(parts, Separators("*", ":", "~", "^"), f"837{base[0]}", "005010X222A1")


def as_sent(base: str, *changes: tuple[str, str]) -> Sent:
    """The facts of a changed base."""
    return sent(claim(base, *changes))
