"""How fast claims are read: a large 837P to typed tables with all findings, beside a floor and a peer, in one run.

    python -m bench.read837             100 MB beside `bytes.split`, 1 MB beside pyx12
    python -m bench.read837 20          20 MB

The floor splits the bytes at every separator and does nothing with them. The file is made of nothing: four claims to a
subscriber at most, every third with a dependent patient, every fifth with another payer; 2,000 claims to a transaction.
"""

import statistics
import sys
from pathlib import Path
from random import Random

from bench.__main__ import MB, OUT, median, ratio, validate
from reclaim.x12.reading import Reading

CLAIMS = 2000
"""In one transaction."""
PROCEDURES = ("99213", "99214:25", "99203", "80053", "85025", "71046", "93000", "97110:GP", "20610:RT", "36415")
DIAGNOSES = ("ABK:E119*ABF:I10", "ABK:M545", "ABK:J069*ABF:R05*ABF:R509", "ABK:I10")
NAMES = ("LANTERN*ROSE", "PEBBLE*OWEN", "THISTLE*ANNA", "MAPLE*JUNE", "CLOVER*IDA", "FLINT*EZRA", "GARNET*LOIS")
BEFORE = (
    "ISA*00*          *00*          *ZZ*SAMPLEBILLING  *ZZ*SAMPLEPAYER    *261101*1200*^*00501*000000001*0*P*:~"
    "GS*HC*SAMPLEBILLING*SAMPLEPAYER*20261101*1200*1*X*005010X222A1~"
)
HEADER = (
    "BHT*0019*00*{number:04d}*20261101*1200*CH~NM1*41*2*SAMPLEBILLING*****46*B1~PER*IC*EDI DESK*TE*2065550100~"
    "NM1*40*2*SAMPLEPAYER*****46*P1~HL*1**20*1~PRV*BI*PXC*207Q00000X~"
    "NM1*85*2*FERNHOLLOW FAMILY MEDICINE*****XX*1999999984~N3*1 FERN ROAD~N4*PORT HALLAM*WA*98000~REF*EI*000000501~"
)
PAYER = "NM1*PR*2*HARBOR MUTUAL PPO*****PI*HM001~"
OTHER = "SBR*S*18*******CI~OI***Y***Y~NM1*IL*1*{name}****MI*X{number}~NM1*PR*2*OTHER MUTUAL*****PI*OM001~"


def generate(path: Path, size_bytes: int, seed: int = 1) -> None:
    """Write a large file of professional claims; the same seed and size give the same bytes."""
    dice, number, transactions = Random(seed), 0, 0
    with path.open("w", encoding="ascii", newline="") as out:
        written = out.write(BEFORE)
        while written < size_bytes:
            transactions += 1
            head = f"ST*837*{transactions:04d}*005010X222A1~{HEADER.format(number=transactions)}"
            claims = "".join(_subscriber(dice, number := number + 1, level) for level in _levels())
            body = head + claims
            written += out.write(f"{body}SE*{body.count('~') + 1}*{transactions:04d}~")
        out.write(f"GE*{transactions}*1~IEA*1*000000001~")


def _levels() -> range:
    """HL01 of the subscribers of a transaction; every third is followed by a patient."""
    return range(CLAIMS)


def _subscriber(dice: Random, number: int, place: int) -> str:
    """A subscriber, the patient when it is another, and a claim."""
    level, name, dependent = 2 + place + (place + 2) // 3, dice.choice(NAMES), place % 3 == 0
    person = f"N3*{number} ELM STREET~N4*PORT HALLAM*WA*98000~DMG*D8*19{dice.randrange(40, 99)}0315*F~"
    head = f"HL*{level}*1*22*{int(dependent)}~SBR*P*{'' if dependent else '18'}*G{number % 97}******CI~"
    head += f"NM1*IL*1*{name}****MI*W{number:08d}~{'' if dependent else person}{PAYER}"
    if dependent:
        head += f"HL*{level + 1}*{level}*23*0~PAT*19~NM1*QC*1*{dice.choice(NAMES)}~{person}"
    return head + _claim(dice, number, name)


def _claim(dice: Random, number: int, name: str) -> str:
    """A claim with some lines."""
    lines, total = [], 0
    day = f"202610{dice.randrange(1, 29):02d}"
    for place in range(1, dice.choice((2, 2, 3, 3, 4)) + 1):
        charge = dice.randrange(20, 400)
        total += charge
        service = f"SV1*HC:{dice.choice(PROCEDURES)}*{charge}*UN*1***1~"
        lines.append(f"LX*{place}~{service}DTP*472*D8*{day}~REF*6R*FH-{number:08d}.{place}~")
    head = f"CLM*FH-{number:08d}*{total}***11:B:1*Y*A*Y*Y~HI*{dice.choice(DIAGNOSES)}~"
    rendering = "NM1*82*1*HOLLOW*MAE****XX*1888888889~PRV*PE*PXC*207Q00000X~"
    other = OTHER.format(name=name, number=number) if number % 5 == 0 else ""
    return head + rendering + other + "".join(lines)


def tables(path: Path) -> int:
    """Read to typed tables with all findings; the claims that were read."""
    with path.open("rb") as stream:
        return sum(part.tables["claims"].height for part in Reading(stream, kinds=("837P",)).parts())


def split(data: bytes) -> int:
    """The floor: elements as bytes, without place, loop, type or check."""
    return sum(len(segment.split(b"*")) for segment in data.split(b"~"))


def file(megabytes: int) -> Path:
    """A file of that size, made once."""
    OUT.mkdir(exist_ok=True)
    path = OUT / f"{megabytes}.837"
    if not path.exists():
        generate(path, megabytes * MB)
    return path


def main(megabytes: int = 100, times: int = 3) -> None:
    """Measure and print."""
    big, small = file(megabytes), file(1)
    data = big.read_bytes()
    pairs = [(median(lambda: tables(big), 1), median(lambda: split(data), 1)) for _ in range(times)]
    ours, floor = (statistics.median(each) for each in zip(*pairs, strict=True))
    over = statistics.median(one / two for one, two in pairs)
    print(
        f"837P to tables, {megabytes} MB: {ours:.2f} s, {megabytes / ours:.1f} MB/s; bytes.split {floor:.2f} s", end=""
    )
    print(f"; ratio {over:.2f}")
    mine, peer = median(lambda: tables(small), times), median(lambda: validate(small), 1)
    print(f"837P to tables, 1 MB: {mine:.2f} s; pyx12 {peer:.2f} s; ratio {ratio(mine, peer)}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
