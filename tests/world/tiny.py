"""A tiny truth, row by row: whatever a row does not say is plain."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from reclaim.world import tables

YEAR = 2026
PLAIN: dict[str, dict[str, Any]] = {
    "claims": {"payer": "HARBOR", "line_of_business": "commercial", "charge_cents": 100_00, "allowed_cents": 60_00},
    "submissions": {"why": "first", "order": 1, "accepted": True, "payer": "HARBOR"},
    "answers": {"order": 1, "because": "first", "status": "1", "kind": "paid", "payer": "HARBOR"},
    "denials": {
        "first": True, "kind": "denied", "payer": "HARBOR", "line_of_business": "commercial", "codes": "CO-16 N382",
        "cause": "member_id_wrong", "type": "technical", "rightful": True, "denied_cents": 100_00,
    },
    "options": {"action": "correct", "deadline": date(YEAR, 12, 31), "recovers_cents": 60_00, "would": True},
    "works": {"who": "BIL-01", "outcome": "failed", "action": "correct", "attempt": 1, "minutes": 25},
    "ledger": {"payer": "HARBOR", "entry": "charge"},
}  # fmt: skip
NOTHING: dict[pl.DataType, Any] = {
    pl.String(): "", pl.Int64(): 0, pl.Float64(): 0.0, pl.Boolean(): False, pl.Date(): date(YEAR, 1, 1),
}  # fmt: skip


def day(month: int, number: int) -> date:
    """A day of the year."""
    return date(YEAR, month, number)


def truth(folder: Path, **told: list[dict[str, Any]]) -> Path:
    """Truth tables of these rows."""
    written = tables.Truth(folder)
    for name, rows in told.items():
        plain = {column: NOTHING[kind] for column, kind in tables.schema(name).items()} | PLAIN.get(name, {})
        for row in rows:
            assert row.keys() <= plain.keys(), f"{name} has no column {row.keys() - plain.keys()}"
            written.add(name, tables.TABLES[name](**plain | row))
    written.flush("all")
    return folder
