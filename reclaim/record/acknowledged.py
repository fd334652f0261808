"""A piece of a file as rows for the record: what TA1, 999, 277CA and 277 say of files, transactions and claims."""

from collections.abc import Mapping

import polars as pl

from reclaim.rules.matching import folded_column
from reclaim.rules.verdicts import CATEGORIES, REQUESTS, TAKEN, Said
from reclaim.x12.reading import OfKind
from reclaim.x12.tables import Tables

KINDS = ("277CA", "277", "999", "TA1")
CODES_SHOWN = 200
COLUMNS = {
    "segment": pl.Int64(),
    **dict.fromkeys(("kind", "interchange", "group", "transaction_set", "reference", "batch"), pl.String()),
    **dict.fromkeys(("control_number", "number", "payer_control_number"), pl.String()),
    "charge": pl.Int64(),
    "service_from": pl.Date(),
    **dict.fromkeys(("patient", "verdict"), pl.String()),
    "day": pl.Date(),
    **dict.fromkeys(("codes", "loop", "segment_tag"), pl.String()),
    **dict.fromkeys(("segment_at", "element"), pl.Int64()),
    "element_code": pl.String(),
    **dict.fromkeys(("start", "end"), pl.Int64()),
}
LENGTHS = {
    **dict.fromkeys(("interchange", "group", "transaction_set"), 20),
    **dict.fromkeys(("reference", "batch", "control_number", "number", "payer_control_number"), 60),
    "patient": 160,
    "codes": CODES_SHOWN,
    "loop": 8,
    "segment_tag": 4,
    "element_code": 4,
}


def acknowledged(kinds: Mapping[str, OfKind]) -> pl.DataFrame | None:
    """The acknowledgements of a piece, see COLUMNS; None when it holds none. Segments and bytes count from the piece.

    A day is that of the status, or of its transaction; null where only the envelope tells it.
    """
    made = [_ROADS[kind](kinds[kind]).with_columns(pl.lit(kind).alias("kind")) for kind in KINDS if kind in kinds]
    if not made:
        return None
    return pl.concat([_whole(each) for each in made]).sort("segment")


def _whole(frame: pl.DataFrame) -> pl.DataFrame:
    missing = [pl.lit(None, kind).alias(name) for name, kind in COLUMNS.items() if name not in frame.columns]
    every = frame.with_columns(missing).with_columns(folded_column("control_number").alias("number"))
    return every.select(
        pl.col(name).fill_null("").str.slice(0, LENGTHS[name]) if name in LENGTHS else pl.col(name).cast(kind)
        for name, kind in COLUMNS.items()
    )


def _interchanges(made: OfKind) -> pl.DataFrame:
    return made.tables["interchanges"].select(
        "segment",
        pl.col("control_number").alias("interchange"),
        _taken("verdict"),
        pl.col("note").alias("codes"),
        start=pl.lit(0),
        end=pl.lit(0),
    )


def _taken(name: str) -> pl.Expr:
    return pl.col(name).replace_strict(TAKEN, default=Said.REJECTED, return_dtype=pl.String).alias("verdict")


def _transactions(made: OfKind) -> pl.DataFrame:
    """Each transaction that is answered, each of its segments that is at fault, and groups refused as a whole."""
    tables = made.tables
    groups = tables["groups"].select("transaction", pl.col("control_number").alias("group"))
    sets = tables["answers"].select(
        "segment", "transaction", "answer", pl.col("control_number").alias("transaction_set")
    )
    verdicts = tables["verdicts"].select("answer", _taken("verdict"), codes=_joined("reason_1", "reason_2", "reason_3"))
    answers = sets.join(verdicts, on="answer", how="left", maintain_order="left")
    answers = answers.join(made.spans.select("answer", "start", "end"), on="answer", how="left", maintain_order="left")
    answers = answers.join(groups, on="transaction", how="left", maintain_order="left")
    answers = answers.with_columns(pl.col("verdict").fill_null(Said.REJECTED))
    whole = tables["group_verdicts"].join(groups, on="transaction", how="left", maintain_order="left")
    whole = whole.filter(~pl.col("transaction").is_in(sets["transaction"].implode())).select(
        "segment",
        "group",
        _taken("verdict"),
        codes=_joined("reason_1", "reason_2", "reason_3"),
        start=pl.lit(0),
        end=pl.lit(0),
    )
    return pl.concat([answers, _faults(tables, answers), whole], how="diagonal_relaxed")


def _faults(tables: Tables, answers: pl.DataFrame) -> pl.DataFrame:
    elements = tables["element_errors"].unique("error", keep="first", maintain_order=True)
    at = elements.select("error", pl.col("place").alias("element"), pl.col("reason").alias("element_code"))
    errors = tables["errors"].select(
        "segment", "answer", "error", "loop", pl.col("tag").alias("segment_tag"), segment_at="place", codes="reason"
    )
    of = answers.drop("segment", "codes")
    joined = errors.join(at, on="error", how="left", maintain_order="left")
    return joined.join(of, on="answer", how="left", maintain_order="left").drop("error")


def _joined(*names: str) -> pl.Expr:
    return pl.concat_str(names, separator=" ", ignore_nulls=True)


def _statuses(made: OfKind) -> pl.DataFrame:
    tables = made.tables
    claims = tables["claims"].select(
        "segment", "transaction", "receiver", "subscriber", "dependent", "claim", "control_number"
    )
    own, lines = _codes(tables["statuses"].filter(pl.col("claim").is_not_null()))
    batches = tables["batches"].select("transaction", pl.col("date").alias("sent")).unique("transaction", keep="first")
    theirs = tables["references"].filter((pl.col("qualifier") == "1K") & pl.col("claim").is_not_null())
    numbers = theirs.unique("claim", keep="first", maintain_order=True).select(
        "claim", pl.col("reference").alias("payer_control_number")
    )
    days = tables["dates"].filter((pl.col("qualifier") == "472") & pl.col("claim").is_not_null())
    days = days.group_by("claim").agg(pl.col("date").min().alias("service_from"))
    for other, key in (
        (made.spans.select("claim", "start", "end"), "claim"),
        (own, "claim"),
        (lines, "claim"),
        (numbers, "claim"),
        (days, "claim"),
        (_people(tables["names"], "dependent").rename({"said": "dependent_name"}), "dependent"),
        (_people(tables["names"], "subscriber").rename({"said": "subscriber_name"}), "subscriber"),
        (batches, "transaction"),
        (_batch_numbers(tables).rename({"reference": "batch"}), "receiver"),
    ):
        claims = claims.join(other, on=key, how="left", maintain_order="left")
    return pl.concat([claims, _whole_batches(tables)], how="diagonal_relaxed").with_columns(
        pl.coalesce("verdict", "line_verdict", pl.lit(Said.UNKNOWN.value)).alias("verdict"),
        pl.coalesce("day", "sent").alias("day"),
        _joined("codes", "line_codes").alias("codes"),
        pl.coalesce("dependent_name", "subscriber_name").alias("patient"),
        (pl.col("charge") * 100).cast(pl.Int64),
    )


def _codes(statuses: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What is said of each claim by its first status, and by those of its lines."""
    said = statuses.with_columns(
        pl.when(pl.col("category").str.starts_with(REQUESTS))
        .then(pl.lit(Said.INFORMATION.value))
        .otherwise(pl.col("category").replace_strict(CATEGORIES, default=Said.UNKNOWN, return_dtype=pl.String))
        .alias("verdict"),
        _all_codes().alias("codes"),
    )
    own = said.filter(pl.col("line").is_null()).group_by("claim", maintain_order=True)
    lines = said.filter(pl.col("line").is_not_null()).group_by("claim", maintain_order=True)
    codes = pl.col("codes").str.join(" ")
    return (
        own.agg(pl.col("verdict", "date", "charge").first(), codes).rename({"date": "day"}),
        lines.agg(pl.col("verdict").first().alias("line_verdict"), codes.alias("line_codes")),
    )


def _all_codes() -> pl.Expr:
    """As "A7:562:85 A8:128:85": the codes of one status."""
    each = [
        pl.concat_str(
            *(f"{name}{which}" for name in ("category", "status", "entity")), separator=":", ignore_nulls=True
        )
        for which in ("", "_2", "_3")
    ]
    return pl.concat_str([pl.when(one != "").then(one) for one in each], separator=" ", ignore_nulls=True)


def _people(names: pl.DataFrame, level: str) -> pl.DataFrame:
    """Name of the person of each level, "DOE, JANE"."""
    theirs = names.filter(pl.col(level).is_not_null() & pl.col("role").is_in(["IL", "QC"]))
    if level == "subscriber":
        theirs = theirs.filter(pl.col("dependent").is_null())
    said = pl.concat_str("last_name", "first_name", separator=", ", ignore_nulls=True)
    return theirs.unique(level, keep="first", maintain_order=True).select(level, said.alias("said"))


def _whole_batches(tables: Tables) -> pl.DataFrame:
    """Batches that were refused as a whole (2200B), by the number that their sender gave them."""
    statuses = tables["statuses"].filter(pl.col("claim").is_null() & pl.col("provider").is_null())
    refused = [each for each, verdict in CATEGORIES.items() if verdict is Said.REJECTED]
    statuses = statuses.filter(pl.col("category").is_in(refused))
    return (
        statuses.join(_batch_numbers(tables), on="receiver")
        .select(
            "segment",
            "reference",
            "date",
            _all_codes().alias("codes"),
            verdict=pl.lit(Said.REJECTED.value),
            start=pl.lit(0),
            end=pl.lit(0),
        )
        .rename({"date": "day"})
    )


def _batch_numbers(tables: Tables) -> pl.DataFrame:
    """The number that the sender of each batch gave it (2200B TRN02: BHT03 of the 837)."""
    traces = tables["traces"].filter(pl.col("receiver").is_not_null() & pl.col("provider").is_null())
    return traces.unique("receiver", keep="first").select("receiver", "reference")


_ROADS = {"277CA": _statuses, "277": _statuses, "999": _transactions, "TA1": _interchanges}
