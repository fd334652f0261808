"""What the segments of claims and their answers must agree on: levels, charges, pointers, and what a claim replaces.

Syntax only, by the guides 005010X222A1, 005010X223A2 and 005010X224A2: whether a claim is wise is for other rules.
"""

import polars as pl

from reclaim.x12.findings import Findings
from reclaim.x12.spec import Spec

Tables = dict[str, pl.DataFrame]
REPLACES = ("7", "8")
"""Frequencies (CLM05-3) of a claim that stands for one sent before, whose number REF*F8 must say."""
DIAGNOSES = ("ABK", "BK", "ABF", "BF", "JP", "TQ")
"""Qualifiers of the diagnoses that a line may point to."""
SUM = "0001"
"""Revenue code of a line that repeats the sum of all others: some senders still write it."""


def check(tables: Tables, spec: Spec, findings: Findings) -> None:
    """Note what does not agree. Amounts and numbers that cannot be read are not judged."""
    if "levels" in tables:
        _levels(tables["levels"], spec, findings)
    if "coverages" in tables:
        _charges(tables, findings)
        _replaced(tables, spec, findings)
    if "lines" in tables and "pointers" in tables["lines"].columns:
        _pointers(tables, findings)


def _levels(levels: pl.DataFrame, spec: Spec, findings: Findings) -> None:
    """HL01 counts from 1 in each transaction; HL02 names the level above."""
    number = pl.col("number").cast(pl.Int64, strict=False)
    wrong = levels.filter(number.ne_missing(pl.int_range(1, pl.len() + 1).over("transaction")))
    if wrong.height:
        said = f"HL01 does not count from 1 on ({wrong.height} times). The levels are read in the order they stand in."
        findings.add("warning", "level-number", wrong["segment"][0], "HL01", said, wrong.height)
    for number_of_zone, zone in enumerate(spec.zones):
        if zone.tags == ("HL",) and spec.zone(zone.parent).tags == ("HL",):
            _above(levels, spec, findings, number_of_zone)


def _above(levels: pl.DataFrame, spec: Spec, findings: Findings, zone: int) -> None:
    parent = spec.zones[zone].parent
    holders = levels.filter(pl.col("zone") == spec.number(parent)).select(parent, holder="number").unique(parent)
    rows = levels.filter(pl.col("zone") == zone).join(holders, on=parent, how="inner", maintain_order="left")
    wrong = rows.filter(pl.col("above").ne_missing(pl.col("holder")))
    if wrong.height:
        said = f"HL02 names another level than the one it stands under ({wrong.height} times). It is read by its place."
        path = f"{spec.zones[zone].loop} HL02"
        findings.add("warning", "level-parent", wrong["segment"][0], path, said, wrong.height)


def _charges(tables: Tables, findings: Findings) -> None:
    """The charge of a claim is the sum of its lines (CLM02; 005010X222A1 section 2300, and likewise the others)."""
    lines = tables["lines"]
    if "revenue_code" in lines.columns:
        lines = lines.filter(pl.col("revenue_code").ne_missing(SUM))
    sums = lines.group_by("claim").agg(pl.col("charge").sum().alias("lines"), unread=pl.col("charge").is_null().any())
    claims = tables["claims"].join(sums, on="claim", how="inner", maintain_order="left")
    off = claims.filter((pl.col("charge") != pl.col("lines")) & ~pl.col("unread"))
    for row in off.select("segment", "control_number", "charge", "lines").iter_rows(named=True):
        said = f"Claim {row['control_number'] or '?'} does not add up: CLM02 {row['charge']}, its lines {row['lines']}."
        findings.add("error", "balance-charge", row["segment"], "2300 CLM02", f"{said} Correct it before it is sent.")


def _replaced(tables: Tables, spec: Spec, findings: Findings) -> None:
    """A replacement (7) or void (8) says which claim it stands for: REF*F8 in 2300."""
    claims = tables["claims"].filter(pl.col("frequency").is_in(REPLACES))
    references = tables["references"].filter(
        (pl.col("qualifier") == "F8") & (pl.col("zone").is_in(spec.within("claim"))) & pl.col("other").is_null()
    )
    for row in claims.filter(~pl.col("claim").is_in(references["claim"].implode())).iter_rows(named=True):
        said = f"Claim {row['control_number'] or '?'} has the frequency {row['frequency']} but no REF*F8:"
        said += " the payer cannot know which claim it stands for. Add the payer's claim control number."
        findings.add("error", "reference-missing", row["segment"], "2300 REF*F8", said)


def _pointers(tables: Tables, findings: Findings) -> None:
    """A line points to diagnoses that its claim has, from 1 on (SV107, SV311)."""
    diagnoses = tables["diagnoses"].filter(pl.col("qualifier").is_in(DIAGNOSES))
    counts = diagnoses.group_by("claim").agg(pl.len().alias("diagnoses"))
    pointers = tables["lines"].select("segment", "zone", "claim", "pointers").explode("pointers").drop_nulls("pointers")
    pointers = pointers.join(counts, on="claim", how="left", maintain_order="left")
    number = pl.col("pointers").cast(pl.Int64, strict=False)
    wrong = pointers.filter(~number.is_between(1, pl.col("diagnoses").fill_null(0)).fill_null(value=False))
    if wrong.height:
        said = f"{wrong.height} diagnosis pointers point to no diagnosis of their claim (HI). Correct the lines."
        findings.add("error", "pointer", wrong["segment"][0], "2400 pointer", said, wrong.height)
