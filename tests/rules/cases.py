"""Reads the tables of cases: claims in the few words that a biller would use."""

import tomllib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from reclaim.rules.facts import Adjustment, Claim, Identification, Kind, Line, Reason, Remittance

NOTICE = date(2026, 8, 3)
SERVICE = date(2026, 7, 1)


def table(file: str, name: str = "case") -> list[Any]:
    """The `[[name]]` entries of tests/rules/<file>, each a parameter named after its case."""
    entries = tomllib.loads((Path(__file__).parent / file).read_text(encoding="utf-8"))[name]
    return [pytest.param(entry, id=entry["name"]) for entry in entries]


def claim(case: dict[str, Any]) -> Claim:
    """A claim from `claim = "status charge paid [codes]"` and its `lines`; see the head of identify.toml."""
    status, charge, paid, *rest = case.get("claim", "1 ? ?").split()
    patient = money(rest[rest.index("patient") + 1]) if "patient" in rest else None
    rest = rest[: rest.index("patient")] + rest[rest.index("patient") + 2 :] if "patient" in rest else rest
    adjustments, remarks = codes(rest)
    return Claim(
        remittance=Remittance(case.get("payer", "ANY PAYER"), "12345", "T1", case.get("on", NOTICE), None),
        control_number="C1",
        payer_control_number="P1",
        status=status,
        filing_indicator=case.get("filing", "CI"),
        charge=money(charge),
        paid=money(paid),
        patient_responsibility=patient,
        service_from=SERVICE,
        service_to=SERVICE,
        received=None,
        institutional=case.get("institutional", False),
        adjustments=adjustments,
        remarks=remarks,
        lines=tuple(map(line, case.get("lines", []))),
    )


def line(text: str) -> Line:
    """A line from `procedure charge paid [codes]`."""
    procedure, charge, paid, *rest = text.split()
    adjustments, remarks = codes(rest)
    return Line(procedure, (), "", money(charge), money(paid), SERVICE, SERVICE, adjustments, remarks)


def codes(words: list[str]) -> tuple[tuple[Adjustment, ...], tuple[str, ...]]:
    """Adjustments and remark codes from `CO-197 200.00 N130`."""
    adjustments, remarks = [], []
    rest = iter(words)
    for word in rest:
        if "-" in word:
            group, _, carc = word.partition("-")
            adjustments.append(Adjustment(group, carc, money(next(rest))))
        else:
            remarks.append(word)
    return tuple(adjustments), tuple(remarks)


def denial(case: dict[str, Any]) -> Identification:
    """A denial from `codes`, each with its dollars and the remark codes on its line."""
    at_claim = tuple(case.get("remarks", []))
    denying: list[Adjustment] = []
    beside: list[tuple[str, ...]] = []
    for text in case["codes"]:
        adjustments, line_remarks = codes(text.split())
        denying += adjustments
        beside.append((*at_claim, *line_remarks))
    kind = Kind(case.get("kind", "denied"))
    every = tuple(dict.fromkeys((*at_claim, *(code for row in beside for code in row))))
    return Identification(kind, Decimal(1), True, (), Decimal(1), tuple(denying), every, (), tuple(beside))


def money(text: str) -> Decimal | None:
    """An amount; `?` is one that nobody can read."""
    return None if text == "?" else Decimal(text)


def unsaid(expected: list[str], reasons: tuple[Reason, ...]) -> list[str]:
    """The words that should stand in the reasons and do not."""
    said = " ".join(reason.text for reason in reasons)
    return [words for words in expected if words not in said]


def texts(adjustments: tuple[Adjustment, ...]) -> Iterator[str]:
    """Adjustments as the tables write them, `CO-197 200.00`."""
    return (f"{one.code} {one.amount}" for one in adjustments)
