"""Rows that are loaded in bulk come back as they were given, on either database."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from reclaim.people.models import Organization
from reclaim.record import loader
from reclaim.record.models import DeniedLine

ODD = ["", "a,b", 'say "no"', "\\N", "\\.", "NULL", " spaced ", "two\nlines", "\r", "\t", "é ü 中", "'; --", "%s", "{}"]
"""What payers send as text, and what a database might take for something else."""


def lines(organization: Organization, texts: list[str]) -> pl.DataFrame:
    """Denied lines with these texts, every other one without what may be missing."""
    missing = [number % 2 == 1 for number in range(len(texts))]
    return pl.DataFrame(
        {
            "id": range(1, len(texts) + 1),
            "organization_id": organization.pk,
            "adjudication_id": 1,
            "number": range(len(texts)),
            "control_number": texts,
            **dict.fromkeys(("procedure", "modifiers", "revenue_code"), texts),
            "units": [None if each else 1.5 for each in missing],
            "service_from": [None if each else date(2026, 2, 28) for each in missing],
            "charge": [None if each else 12345 for each in missing],
            "denied": 99,
            "codes": texts,
        }
    )


@pytest.mark.parametrize("way", [loader.load, loader.replace])
def test_what_is_loaded_comes_back(organization: Organization, way: object) -> None:
    assert callable(way)
    way(DeniedLine, lines(organization, ODD))
    shown = ("control_number", "codes", "units", "service_from", "charge", "denied")
    full, nothing = (1.5, date(2026, 2, 28), Decimal("123.45")), (None, None, None)
    assert list(DeniedLine.objects.order_by("number").values_list(*shown)) == [
        (text, text, *(nothing if number % 2 else full), Decimal("0.99")) for number, text in enumerate(ODD)
    ]


def test_a_row_that_is_there_is_replaced(organization: Organization) -> None:
    loader.load(DeniedLine, lines(organization, ["old", "kept"]))
    loader.replace(DeniedLine, lines(organization, ["new"]))
    assert list(DeniedLine.objects.order_by("number").values_list("codes", flat=True)) == ["new", "kept"]


def test_more_rows_than_are_turned_at_a_time(organization: Organization) -> None:
    many = 2 * loader.AT_A_TIME + 1
    loader.load(DeniedLine, lines(organization, ["x"] * many))
    assert DeniedLine.objects.count() == many
    loader.load(DeniedLine, lines(organization, []))
    assert DeniedLine.objects.count() == many
