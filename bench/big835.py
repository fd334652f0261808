"""A large remittance made of nothing: balanced at all three levels, with known totals, of any size.

    python -m bench.big835 big.835 100      writes 100 MB: some 175,000 claims

The same seed gives the same bytes. Lines come from a pool made beforehand, and one transaction is held in memory at a
time, so that a gigabyte takes half a minute and no more memory than a megabyte.
"""

import sys
from bisect import bisect
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import NamedTuple

POOL = 4000
"""Different lines to choose from: charges, procedures and reasons repeat in real files too."""
CLAIM_BYTES = 570
"""What a claim takes on average; only the size of the last transaction depends on it."""
CLAIMS_OF_A_TRANSACTION = range(300, 501)
LINES = (2, 2, 2, 3, 3, 4)

DENIED, DEDUCTIBLE = 0.12, 0.05  # share of lines
DENIED_AS_A_WHOLE, SEQUESTERED, WITH_REMARKS = 0.01, 0.03, 0.10  # share of claims

PROCEDURES = ("99213", "99214:25", "99203", "80053", "85025", "71046", "93000", "97110:GP", "20610:RT", "36415")
DENIALS = (  # parts in a hundred, group and reason, remark
    (22, "CO*16", "N290"), (6, "CO*16", "M76"), (14, "CO*197", ""), (12, "CO*50", "N115"), (10, "CO*97", "N19"),
    (8, "CO*29", ""), (6, "OA*18", ""), (6, "CO*22", "MA04"), (5, "CO*252", "N706"), (4, "CO*96", "N130"),
    (3, "CO*11", ""), (2, "CO*31", ""), (2, "CO*B7", "N570"),
)  # fmt: skip
SHARES = tuple(accumulate(share for share, _, _ in DENIALS))
LAST_NAMES = ("LANTERN", "PEBBLE", "THISTLE", "MAPLE", "CLOVER", "FLINT", "GARNET", "HARROW", "MALLOW", "STARLING")
FIRST_NAMES = ("ROSE", "OWEN", "ANNA", "JUNE", "IDA", "EZRA", "LOIS")
DAYS = tuple(f"{date(2026, 9, 1) + timedelta(days):%Y%m%d}" for days in range(45))

BEFORE = (
    "ISA*00*          *00*          *ZZ*SAMPLEPAYER    *ZZ*SAMPLEBILLING  *261101*1200*^*00501*000000001*0*P*:~"
    "GS*HP*SAMPLEPAYER*SAMPLEBILLING*20261101*1200*1*X*005010X221A1~"
)
HEADER_SEGMENTS = 14


class Totals(NamedTuple):
    """What a file holds: counts, and US dollars."""

    claims: int
    lines: int
    adjustments: int  # reasons, of claims and lines
    charge: Decimal
    paid: Decimal  # for claims; what the provider adjustments took is not in it
    denied_lines: int  # denied by a code of their own; claims denied as a whole have no lines


class _Line(NamedTuple):
    """One service line without its date and its number, which stand between its three texts. Amounts are cents."""

    service: str
    adjusted: str
    after: str
    segments: int
    charge: int
    paid: int
    patient: int
    adjustments: int
    denied: bool


class _Claim(NamedTuple):
    """One claim and what it adds to the totals. Amounts are cents."""

    text: str
    segments: int
    lines: int
    adjustments: int
    charge: int
    paid: int
    denied_lines: int


def generate(path: Path, size_bytes: int, seed: int = 1) -> Totals:
    """Write a large remittance.

    Args:
        path: Where to.
        size_bytes: How large it shall be; it becomes slightly larger.
        seed: The same seed and size give the same bytes.

    Returns:
        What the file holds.
    """
    dice = Random(seed)
    claims = _claims(dice)
    tally = [0] * 6
    transactions = 0
    with path.open("w", encoding="ascii", newline="") as out:
        written = out.write(BEFORE)
        while written < size_bytes:
            transactions += 1
            count = min(dice.choice(CLAIMS_OF_A_TRANSACTION), (size_bytes - written) // CLAIM_BYTES + 1)
            held = [next(claims) for _ in range(count)]
            sums = [sum(column) for column in zip(*(claim[1:] for claim in held), strict=True)]
            written += out.write(_transaction(transactions, held, segments=sums[0], paid=sums[4]))
            tally = [before + now for before, now in zip(tally, (count, *sums[1:]), strict=True)]
        out.write(f"GE*{transactions}*1~IEA*1*000000001~")
    held_claims, lines, adjustments, charge, paid, denied = tally
    return Totals(held_claims, lines, adjustments, Decimal(charge).scaleb(-2), Decimal(paid).scaleb(-2), denied)


def _dollars(cents: int) -> str:
    return f"{cents / 100:.2f}"


# --- transactions -----------------------------------------------------------------------------------------------------


def _transaction(number: int, claims: list[_Claim], *, segments: int, paid: int) -> str:
    """One ST to SE: the header needs the sum of the claims."""
    adjusted, taken = _provider_adjustments(number, paid)
    head = (
        f"ST*835*{number:04d}~"
        f"BPR*I*{_dollars(paid - taken)}*C*ACH*CCP*01*999999992*DA*100200*1000000101**01*999988880*DA*555001*20261101~"
        f"TRN*1*T{number:09d}*1000000101~REF*EV*SAMPLEBILLING~DTM*405*20261101~"
        "N1*PR*HARBOR MUTUAL PPO~N3*1 BREAKWATER PLAZA~N4*PORT HALLAM*WA*98000~REF*2U*00101~"
        "PER*BL*EDI HELP DESK*TE*2065550111~N1*PE*FERNHOLLOW FAMILY MEDICINE*XX*1999999000~REF*TJ*000000501~LX*1~"
    )
    count = HEADER_SEGMENTS + segments + bool(adjusted)
    return "".join((head, *(claim.text for claim in claims), adjusted, f"SE*{count}*{number:04d}~"))


def _provider_adjustments(number: int, paid: int) -> tuple[str, int]:
    """Every third transaction withholds an overpayment and pays interest, if it can; the cents that this takes."""
    withheld, interest = 2500, 321
    if number % 3 or paid < withheld:
        return "", 0
    reasons = f"WO:OLD{number}*{_dollars(withheld)}*L6:INT{number}*{_dollars(-interest)}"
    return f"PLB*1999999000*20261231*{reasons}~", withheld - interest


# --- claims -----------------------------------------------------------------------------------------------------------


def _claims(dice: Random) -> Iterator[_Claim]:
    """Claims without end."""
    pool = [_line(dice, number) for number in range(POOL)]
    number = 0
    while True:
        number += 1
        if dice.random() < DENIED_AS_A_WHOLE:
            yield _denied_claim(number, dice.randrange(20_000, 400_000))
        else:
            lines = dice.choices(pool, k=dice.choice(LINES))
            remark = "MOA***MA01~" if dice.random() < WITH_REMARKS else ""
            yield _claim(number, lines, remark, sequestered=dice.random() < SEQUESTERED)


def _claim(number: int, lines: list[_Line], remark: str, *, sequestered: bool) -> _Claim:
    _, _, _, segments, charges, payments, shares, reasons, denied = zip(*lines, strict=True)
    charge, paid, patient = sum(charges), sum(payments), sum(shares)
    cut = paid // 50 if sequestered else 0
    adjustment = f"CAS*CO*253*{_dollars(cut)}~" if cut else ""
    day = DAYS[number % len(DAYS)]
    text = "".join(
        [
            _head(number, charge, paid - cut, _dollars(patient) if patient else ""),
            adjustment,
            _names(number),
            remark,
            _references(number, day),
            f"AMT*AU*{_dollars(paid + patient)}~",
            *[
                f"{line.service}DTM*472*{day}~{line.adjusted}REF*6R*FH-{number:08d}.{place}~{line.after}"
                for place, line in enumerate(lines, 1)
            ],
        ]
    )
    count = 10 + bool(adjustment) + bool(remark) + sum(segments)
    return _Claim(text, count, len(lines), bool(cut) + sum(reasons), charge, paid - cut, sum(denied))


def _denied_claim(number: int, charge: int) -> _Claim:
    """A claim that was filed late: denied at claim level, and without lines."""
    day = DAYS[number % len(DAYS)]
    head = _head(number, charge, 0, "")
    text = f"{head}CAS*CO*29*{_dollars(charge)}~{_names(number)}{_references(number, day)}"
    return _Claim(text, 10, 0, 1, charge, 0, 0)


def _head(number: int, charge: int, paid: int, patient: str) -> str:
    return f"CLP*FH-{number:08d}*1*{_dollars(charge)}*{_dollars(paid)}*{patient}*12*HM{number:012d}*11*1~"


def _names(number: int) -> str:
    """Patient and rendering provider."""
    last, first = LAST_NAMES[number % len(LAST_NAMES)], FIRST_NAMES[number % len(FIRST_NAMES)]
    return f"NM1*QC*1*{last}*{first}****MI*H{number:09d}~NM1*82*1*NIMBUS*CORA****XX*1999999034~"


def _references(number: int, day: str) -> str:
    """Group and record numbers, dates of service and receipt, and whom to call."""
    references = f"REF*1L*GRP{number % 500:05d}~REF*EA*MR{number:09d}~"
    return f"{references}DTM*232*{day}~DTM*233*{day}~DTM*050*20261020~PER*CX*CLAIM STATUS*TE*2065550112~"


# --- lines ------------------------------------------------------------------------------------------------------------


def _line(dice: Random, number: int) -> _Line:
    """A line of the pool, which holds each kind by its share."""
    charge = dice.randrange(2_000, 60_000)
    kind = number / POOL
    if kind < DENIED:
        _, code, remark = DENIALS[bisect(SHARES, number % 100)]
        return _denied_line(dice.choice(PROCEDURES), charge, code, remark)
    written_off = charge * dice.randrange(20, 60) // 100
    allowed = charge - written_off
    if kind < DENIED + DEDUCTIBLE:
        shares = [(1, allowed)]
    elif kind < 1 / 2:
        shares = []
    else:
        shares = [(3, allowed // 5)] if dice.random() < 3 / 4 else [(1, allowed // 10), (2, allowed // 5)]
    return _paid_line(dice.choice(PROCEDURES), charge, written_off, shares)


def _denied_line(procedure: str, charge: int, code: str, remark: str) -> _Line:
    policy = "REF*0K*L99901~" if code == "CO*50" else ""
    remarks = f"LQ*HE*{remark}~" if remark else ""
    service = f"SVC*HC:{procedure}*{_dollars(charge)}*0.00**1~"
    adjusted = f"CAS*{code}*{_dollars(charge)}~"
    segments = 4 + bool(policy) + bool(remarks)
    return _Line(service, adjusted, policy + remarks, segments, charge, 0, 0, 1, denied=True)


def _paid_line(procedure: str, charge: int, written_off: int, shares: list[tuple[int, int]]) -> _Line:
    """A line that was paid what the contract and the patient's shares (PR reason, cents) leave, if anything."""
    patient = sum(cents for _, cents in shares)
    allowed = charge - written_off
    service = f"SVC*HC:{procedure}*{_dollars(charge)}*{_dollars(allowed - patient)}**1~"
    owed = "**".join(f"{code}*{_dollars(cents)}" for code, cents in shares)
    adjusted = f"CAS*CO*45*{_dollars(written_off)}~" + (f"CAS*PR*{owed}~" if owed else "")
    after = f"AMT*B6*{_dollars(allowed)}~"
    segments = 5 + bool(owed)
    return _Line(service, adjusted, after, segments, charge, allowed - patient, patient, 1 + len(shares), denied=False)


def main() -> None:
    """Write a file of so many megabytes, and say what it holds."""
    if len(sys.argv) != 3 or not sys.argv[2].isdigit():
        sys.exit("Usage: python -m bench.big835 OUT MB")
    print(generate(Path(sys.argv[1]), int(sys.argv[2]) * 1_000_000))


if __name__ == "__main__":
    main()
