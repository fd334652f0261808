"""A piece of a file as rows for the record: every claim that was sent, and the batches they stand in."""

from collections.abc import Mapping
from typing import NamedTuple

import polars as pl

from reclaim.rules.matching import folded_column
from reclaim.x12.reading import OfKind

KINDS = ("837P", "837I", "837D")
SERVICE = ("472", "434")
"""DTP of a line or a claim: days of service; of a hospital stay, from and through."""
LENGTHS = {
    **dict.fromkeys(("control_number", "number", "line_number", "payer_control_number"), 60),
    "payer_key": 80,
    "payer_name": 120,
    "filing_indicator": 4,
    "responsibility": 2,
    "frequency": 2,
    "member_id": 80,
    "patient": 160,
    "billing_npi": 10,
    "rendering_npi": 10,
    "procedure": 48,
    "procedures": 400,
}
PLACES = (
    *("start", "end", "billing_start", "billing_end", "subscriber_start", "subscriber_end"),
    *("patient_start", "patient_end"),
)
CLAIM = ("kind", *LENGTHS, "charge", "service_from", "service_to", *PLACES)
"""Columns of the record that a piece knows; it adds `segment`, and the bytes of the header."""
HEADER = ("transaction_start", "transaction_end")


class Sent(NamedTuple):
    """The claims of a piece. Segments and bytes count from the piece; money is whole cents."""

    batches: pl.DataFrame  # segment of the BHT, reference, date
    claims: pl.DataFrame  # segment, CLAIM, HEADER


def sent(kinds: Mapping[str, OfKind]) -> Sent | None:
    """The claims of a piece; None when it holds none."""
    ours = {kind: kinds[kind] for kind in KINDS if kind in kinds}
    if not ours:
        return None
    batches = pl.concat(each.tables["batches"].select("segment", "reference", "date") for each in ours.values())
    claims = pl.concat(_claims(kind, each) for kind, each in ours.items())
    return Sent(batches, claims.sort("segment"))


def _claims(kind: str, made: OfKind) -> pl.DataFrame:
    tables = made.tables
    joined = tables["claims"].select("segment", "claim", "control_number", "frequency", "charge")
    joined = joined.join(made.spans, on="claim", how="left", maintain_order="left")
    above = pl.col("claim").is_null()
    names = tables["names"]
    for other, key in (
        (_named(names.filter(above & (pl.col("role") == "85")), "billing", billing_npi="id"), "billing"),
        (_subscribers(tables), "subscriber"),
        (_patients(names.filter(above & (pl.col("role") == "QC")), "patient", "dependent"), "patient"),
        (_references(tables["references"]), "claim"),
        (_rendering(names), "claim"),
        (_days(tables["dates"]), "claim"),
        (_procedures(tables["lines"]), "claim"),
    ):
        joined = joined.join(other, on=key, how="left", maintain_order="left")
    return joined.with_columns(
        pl.lit(kind).alias("kind"),
        (pl.col("charge") * 100).cast(pl.Int64),
        pl.coalesce("dependent", "patient_name").alias("patient"),
        folded_column("control_number").alias("number"),
    ).select(
        pl.col("segment").cast(pl.Int64),
        *(
            pl.col(name).fill_null("").str.slice(0, LENGTHS[name]) if name in LENGTHS else pl.col(name)
            for name in (*CLAIM, *HEADER)
        ),
    )


def _named(names: pl.DataFrame, key: str, **columns: str) -> pl.DataFrame:
    """The first name of each loop."""
    chosen = names.filter(pl.col(key).is_not_null()).unique(key, keep="first", maintain_order=True)
    return chosen.select(key, **{name: pl.col(column) for name, column in columns.items()})


def _patients(names: pl.DataFrame, key: str, name: str) -> pl.DataFrame:
    said = pl.concat_str("last_name", "first_name", separator=", ", ignore_nulls=True)
    return _named(names.with_columns(said.alias("said")), key, **{name: "said"})


def _subscribers(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    names = tables["names"].filter(pl.col("claim").is_null() & pl.col("patient").is_null())
    covered = tables["coverages"].filter(pl.col("claim").is_null())
    members = names.filter(pl.col("role") == "IL")
    payers = names.filter(pl.col("role") == "PR").with_columns(pl.coalesce("id", "last_name").alias("key"))
    joined = _named(covered, "subscriber", responsibility="payer_order", filing_indicator="filing_indicator")
    for other in (
        _named(members, "subscriber", member_id="id"),
        _patients(members, "subscriber", "patient_name"),
        _named(payers, "subscriber", payer_key="key", payer_name="last_name"),
    ):
        joined = joined.join(other, on="subscriber", how="full", coalesce=True)
    return joined


def _references(references: pl.DataFrame) -> pl.DataFrame:
    """The payer's number of what a claim replaces, and our number of its first line."""
    theirs = references.filter(pl.col("claim").is_not_null() & pl.col("other").is_null())
    replaced = theirs.filter((pl.col("qualifier") == "F8") & pl.col("line").is_null())
    numbered = theirs.filter((pl.col("qualifier") == "6R") & pl.col("line").is_not_null())
    return _named(replaced, "claim", payer_control_number="reference").join(
        _named(numbered, "claim", line_number="reference"), on="claim", how="full", coalesce=True
    )


def _rendering(names: pl.DataFrame) -> pl.DataFrame:
    """Who rendered the service: of the claim, else of the first line that says so."""
    theirs = names.filter((pl.col("role") == "82") & pl.col("claim").is_not_null() & pl.col("other").is_null())
    return _named(theirs, "claim", rendering_npi="id")


def _days(dates: pl.DataFrame) -> pl.DataFrame:
    service = dates.filter(pl.col("qualifier").is_in(SERVICE) & pl.col("claim").is_not_null())
    return service.group_by("claim").agg(
        pl.col("date").min().alias("service_from"), pl.col("until").max().alias("service_to")
    )


def _procedures(lines: pl.DataFrame) -> pl.DataFrame:
    """The procedure of the line with the highest charge, and all of them with their modifiers."""
    code = pl.col("procedure")
    if "revenue_code" in lines.columns:
        code = pl.coalesce("procedure", "revenue_code")
    whole = pl.concat_list(code.fill_null(""), pl.col("modifiers")).list.join(":")
    shown = lines.select("claim", pl.col("charge").fill_null(0), code=code.fill_null(""), whole=whole)
    return shown.group_by("claim", maintain_order=True).agg(
        pl.col("code").get(pl.col("charge").arg_max()).alias("procedure"),
        pl.col("whole").str.join(" ").alias("procedures"),
    )
