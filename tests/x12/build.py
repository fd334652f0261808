"""A tiny builder of 835s: segments as text with the usual separators, counts and totals filled in; and their reader."""

import io
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from reclaim.x12.envelope import Stream
from reclaim.x12.reading import Part, Reading
from reclaim.x12.spec import load
from reclaim.x12.tables import CodeSets

Segments = list[str]

BPR = "BPR*I*{}*C*ACH*CCP*01*999999992*DA*123456*1512345678**01*999988880*DA*98765*20261101"
PAYER = ["N1*PR*ACME HEALTH", "N3*1 MAIN ST", "N4*HARTFORD*CT*06101", "PER*BL*HELP DESK*TE*8005551212*EM*HELP@ACME.COM"]
PAYEE = ["N1*PE*RIVER CLINIC*XX*1999999984", "REF*TJ*721587149"]
OFFICE = [
    "CLP*A1*1*200.00*80.00*20.00*12*P1*11*1",
    "NM1*QC*1*DOE*JANE*Q***MI*W1",
    "NM1*82*1*SMITH*JOHN****XX*1234567893",
    "REF*1L*G7",
    "DTM*232*20261005",
    "AMT*AU*200.00",
    "SVC*HC:99213:25:59*120.00*80.00**1",
    "DTM*472*20261005",
    "CAS*CO*45*20.00",
    "CAS*PR*1*15.00*1*2*5.00",
    "REF*6R*L1",
    "AMT*B6*100",
    "SVC*HC:80053*80.00*0**1",
    "DTM*472*20261006",
    "CAS*CO*197*80.00",
    "LQ*HE*N130",
]
"""A claim with two lines, the second denied."""
HOSPITAL = ["CLP*A2*2*100.00*75.00*0*MB*P2*11*1", "CAS*CO*45*25.00**253*0", "NM1*QC*1*ROE*RICHARD", "MOA***MA01*N211"]
"""A claim without lines."""
VISIT = ["CLP*A3*1*50.00*50.00*0*12*P3", "NM1*QC*1*POE*ANNA"]
"""The smallest claim: paid as billed."""
OVERPAID = "PLB*1999999984*20261231*WO:P9*5.00*72:R7*-2.00"

ACKNOWLEDGEMENT = ["ST*999*0007*005010X231A1", "AK1*HC*1*005010X222A1", "AK9*A*1*1*1", "SE*4*0007"]


def transaction(*claims: Segments, number: str = "0001", plb: Iterable[str] = ()) -> Segments:
    """An 835 from ST to SE, whose payment is what its claims and provider adjustments make."""
    inside = [*(segment for claim in claims for segment in claim), *plb]
    head = [f"ST*835*{number}", BPR.format(sum(map(_due, inside))), f"TRN*1*T{number}*1512345678", "DTM*405*20261101"]
    body = [*head, *PAYER, *PAYEE, "LX*1", *inside]
    return [*body, f"SE*{len(body) + 1}*{number}"]


def interchange(*transactions: Segments, control: str = "000000001", version: str = "00501") -> Segments:
    """An ISA to IEA with one group that holds these transactions."""
    parties = f"ZZ*{'ACME':15}*ZZ*{'CLINIC':15}"
    isa = f"ISA*00*{'':10}*00*{'':10}*{parties}*261101*1200*^*{version}*{control}*0*P*:"
    gs = "GS*HP*ACME*CLINIC*20261101*1200*1*X*005010X221A1"
    inside = [segment for each in transactions for segment in each]
    return [isa, gs, *inside, f"GE*{len(transactions)}*1", f"IEA*1*{control}"]


def text(segments: Segments, separators: str = "*:~", after: str = "") -> str:
    """Segments written with these separators (element, component, terminator); `after` follows each terminator."""
    places = str.maketrans(dict(zip("*:~", separators, strict=True)))
    return "".join(f"{segment}~".translate(places) + after for segment in segments)


def plain() -> Segments:
    """Two remittances in one interchange: what every tolerated form is compared with."""
    return interchange(transaction(OFFICE, HOSPITAL, plb=[OVERPAID]), transaction(VISIT, number="0002"))


SPEC = load("835")


def _due(segment: str) -> Decimal:
    """What a segment adds to the payment."""
    tag, *elements = segment.split("*")
    amounts = {"CLP": elements[3:4], "PLB": elements[3::2]}.get(tag, [])
    return sum(map(Decimal, amounts), Decimal(0)) * (-1 if tag == "PLB" else 1)


@dataclass(frozen=True)
class Answer:
    """What the reader made of some bytes."""

    reading: Reading
    parts: list[Part]

    @cached_property
    def tables(self) -> dict[str, pl.DataFrame]:
        """The tables of the whole file: their segments and keys count through all pieces."""
        moved, before = [], dict.fromkeys(SPEC.keys, 0)
        for part in self.parts:
            keys = [pl.col(key) + count for key, count in before.items()]
            place = pl.col("segment") + part.first_segment
            moved.append({name: table.with_columns(place, *keys) for name, table in part.tables.items()})
            for key in before:
                before[key] = max(before[key], *(_largest(table[key]) for table in moved[-1].values()))
        return {name: pl.concat(each[name] for each in moved) for name in SPEC.tables}

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """Some columns of a table."""
        return self.tables[table].select(columns).rows()

    @property
    def found(self) -> list[str]:
        """The findings as `level rule path`."""
        return [f"{each.level} {each.rule} {each.path}".strip() for each in self.reading.findings]

    @property
    def rules(self) -> set[str]:
        """The rules that found something."""
        return {each.rule for each in self.reading.findings}

    @property
    def said(self) -> str:
        """The words of all findings."""
        return "\n".join(each.text for each in self.reading.findings)

    @property
    def counts(self) -> Counter[tuple[str, str]]:
        """How often each rule found something, by level."""
        counts: Counter[tuple[str, str]] = Counter()
        for each in self.reading.findings:
            counts[each.level, each.rule] += each.times
        return counts

    @property
    def spans(self) -> list[tuple[int, int]]:
        """The bytes of each claim in the file."""
        return [
            (part.offset + start, part.offset + end)
            for part in self.parts
            for start, end in part.spans.select("start", "end").iter_rows()
        ]


def read(data: bytes | str | Segments | Stream, codes: CodeSets | None = None) -> Answer:
    """Read bytes, text, segments or a stream to the end."""
    if isinstance(data, list):
        data = text(data)
    stream = (
        io.BytesIO(data.encode()) if isinstance(data, str) else io.BytesIO(data) if isinstance(data, bytes) else data
    )
    reading = Reading(stream, codes or {})
    return Answer(reading, list(reading.parts()))


def cases(name: str) -> list[Any]:
    """The `[[name]]` entries of cases.toml, each a parameter named after its case."""
    entries = tomllib.loads((Path(__file__).parent / "cases.toml").read_text(encoding="utf-8"))[name]
    return [pytest.param(entry, id=entry["name"]) for entry in entries]


def changed(case: dict[str, Any]) -> str:
    """The plain file with what a case changes."""
    segments = plain()
    for deed in ("delete", "double"):
        if deed in case:
            at = next(at for at, segment in enumerate(segments) if segment.startswith(case[deed]))
            segments[at : at + 1] = [segments[at]] * 2 if deed == "double" else []
    there, _, instead = case.get("change", "").partition(" => ")
    assert there in text(segments)
    return text(segments).replace(there, instead, 1)


def _largest(numbers: pl.Series) -> int:
    return int(str(numbers.max() or 0))
