"""The tables of the lake, from those of the reader: what each row is, its columns, and what stays out.

    claims        one CLP: one adjudication of one claim, and who answered it
    lines         one SVC: one service line as the payer answered it
    adjustments   one reason of one CAS; `line` is null where it stands at the claim
    remarks       one remark code: of a line (LQ), or of the claim (MIA, MOA), where `line` is null

Rows are joined on file, piece, claim and line: the reader counts claims and lines within a piece.

What a patient could be known by stays out: names, member numbers, control numbers of claims and lines, references,
descriptions. `key` tells the adjudications of one claim from those of others: the record's key (payer and control
number, `rules.reversals`) under SHA-256, its first 64 bits; that two of a hundred million claims share one has a chance
of 3 in 10,000. Who has the control numbers can work the keys out: the lake belongs behind the same doors as the record.
A text that is longer than a code can be is none, and becomes null.
"""

import hashlib
from array import array
from collections.abc import Mapping

import polars as pl

from reclaim.rules.facts import Remittance
from reclaim.rules.gather import NOBODY, NPI, REMARKS
from reclaim.rules.reversals import keyed
from reclaim.x12.tables import MONEY, NUMBER

Tables = Mapping[str, pl.DataFrame]
Remittances = Mapping[int, Remittance]
Columns = dict[str, pl.DataType | type[pl.DataType]]

PLACE: Columns = {"file": pl.Categorical(), "piece": pl.UInt32, "claim": pl.UInt32}
SCHEMAS: Mapping[str, Columns] = {
    "claims": PLACE
    | {"transaction": pl.UInt32, "key": pl.Int64, "payer": pl.String, "payer_id": pl.String}
    | {"trace_number": pl.String, "day": pl.Date}  # of the remittance: from which clocks run
    | dict.fromkeys(("status", "filing_indicator", "facility_type", "frequency", "drg"), pl.String)
    | dict.fromkeys(("charge", "paid", "patient_responsibility"), MONEY)
    | dict.fromkeys(("drg_weight", "discharge_fraction"), NUMBER)
    | dict.fromkeys(("service_from", "service_to", "received"), pl.Date)
    | {"provider": pl.String},  # NPI of who rendered the service
    "lines": PLACE
    | {"line": pl.UInt32, "procedure_list": pl.String, "procedure": pl.String, "modifiers": pl.List(pl.String)}
    | {"revenue_code": pl.String, "units": NUMBER, "charge": MONEY, "paid": MONEY, "allowed": MONEY}
    | {"service_from": pl.Date, "service_to": pl.Date, "submitted_procedure": pl.String, "submitted_units": NUMBER},
    "adjustments": PLACE
    | {"line": pl.UInt32, "group": pl.String, "carc": pl.String, "amount": MONEY, "quantity": NUMBER},
    "remarks": PLACE | {"line": pl.UInt32, "list": pl.String, "remark": pl.String},
}
"""Columns and types of each table. Money is US dollars; dates are those that the payer sent."""

LENGTHS = {
    "status": 2, "filing_indicator": 2, "facility_type": 2, "frequency": 1, "drg": 4, "procedure_list": 2,
    "procedure": 13, "submitted_procedure": 13, "revenue_code": 4, "group": 2, "carc": 5, "list": 3, "remark": 6,
}  # fmt: skip
"""The longest that a code can be: 13 is an NDC with its dashes."""
MODIFIER = 2
STATEMENT = {"232": "service_from", "233": "service_to", "050": "received"}
"""DTM of a claim."""


def rows(tables: Tables, remittances: Remittances) -> dict[str, pl.DataFrame]:
    """The tables of the lake for one piece, or for several that were read together; none without tables.

    Args:
        tables: of the reader (`x12.reading`).
        remittances: who answered, by transaction (`rules.gather.remittances`).
    """
    if not tables:
        return {}
    made = {
        "claims": _claims(tables, remittances),
        "lines": _lines(tables),
        "adjustments": tables["adjustments"],
        "remarks": _remarks(tables),
    }
    return {name: frame.select(_rest(SCHEMAS[name])) for name, frame in made.items()}


def placed(frame: pl.DataFrame, file: str, piece: int) -> pl.DataFrame:
    """Rows of one piece with its place.

    Args:
        frame: what `rows` gave.
        file: SHA-256 of the file.
        piece: its number in the file.
    """
    place = pl.lit(file, pl.Categorical).alias("file"), pl.lit(piece, pl.UInt32).alias("piece")
    return frame.select(*place, pl.all())


def _rest(columns: Columns) -> list[pl.Expr]:
    return [_code(name) if name in LENGTHS else pl.col(name) for name in columns if name not in ("file", "piece")]


def _code(name: str) -> pl.Expr:
    return pl.when(pl.col(name).str.len_bytes() <= LENGTHS[name]).then(name)


def _claims(tables: Tables, remittances: Remittances) -> pl.DataFrame:
    dates = tables["dates"].filter(pl.col("line").is_null())
    senders = {number: remittances.get(number, NOBODY) for number in tables["claims"]["transaction"].unique()}
    joined = _sorted(keyed(tables["claims"], senders), "claim")
    for other in (
        *(_first(dates, qualifier, "claim", "date", name) for qualifier, name in STATEMENT.items()),
        _providers(tables["names"]),
    ):
        joined = joined.join(other, on="claim", how="left", maintain_order="left")
    joined = joined.join(_payers(senders), on="transaction", how="left", maintain_order="left")
    return joined.with_columns(_hashed(joined["key"]))


def _providers(names: pl.DataFrame) -> pl.DataFrame:
    """Who rendered the service of each claim, where an NPI says so."""
    by_npi = names.filter((pl.col("role") == "82") & (pl.col("id_qualifier") == "XX"))
    return _once(by_npi.filter(pl.col("id").str.contains(NPI)), "claim", pl.col("id").alias("provider"))


def _payers(senders: Remittances) -> pl.DataFrame:
    rows = [(number, sender.payer, sender.payer_id, sender.trace_number) for number, sender in senders.items()]
    columns = ("payer", "payer_id", "trace_number")
    frame = pl.DataFrame(rows, {"transaction": pl.UInt32} | dict.fromkeys(columns, pl.String), orient="row")
    return frame.with_columns(pl.when(pl.col(name) != "").then(name).alias(name) for name in columns)


def _hashed(keys: pl.Series) -> pl.Series:
    """The first 64 bits of the SHA-256 of each key, as a number that may be negative."""
    sha256 = hashlib.sha256
    digests = [sha256(key or b"").digest()[:8] for key in keys.cast(pl.Binary).to_list()]
    return pl.Series("key", array("q", b"".join(digests)), pl.Int64)


def _lines(tables: Tables) -> pl.DataFrame:
    dates = tables["dates"].filter(pl.col("line").is_not_null())
    amounts = tables["amounts"].filter(pl.col("line").is_not_null())
    joined = _sorted(tables["lines"], "line")
    for other in (
        _first(dates, "472", "line", "date", "472"),
        _first(dates, "150", "line", "date", "150"),
        _first(dates, "151", "line", "date", "151"),
        _first(amounts, "B6", "line", "amount", "allowed"),
    ):
        joined = joined.join(other, on="line", how="left", maintain_order="left")
    return joined.with_columns(
        pl.col("modifiers").list.eval(pl.element().filter(pl.element().str.len_bytes() <= MODIFIER)),
        service_from=pl.coalesce("472", "150"),
        service_to=pl.coalesce("472", "151", "150"),
    )


def _remarks(tables: Tables) -> pl.DataFrame:
    at_claim = pl.concat(
        tables[name].select("segment", "claim", remark=pl.col(column))
        for name in ("inpatient", "outpatient")
        for column in REMARKS
    ).drop_nulls("remark")
    at_claim = at_claim.with_columns(pl.lit("HE").alias("list"), pl.lit(None, pl.UInt32).alias("line"))
    columns = ("segment", "claim", "line", "list", "remark")
    both = pl.concat([tables["remarks"].select(columns), at_claim.select(columns)])
    return both.sort("segment", maintain_order=True) if at_claim.height else both


def _first(frame: pl.DataFrame, qualifier: str, key: str, column: str, name: str) -> pl.DataFrame:
    """The first value with a qualifier for each key."""
    chosen = frame.filter(pl.col("qualifier") == qualifier)
    return _once(chosen, key, pl.col(column).alias(name))


def _once(frame: pl.DataFrame, key: str, value: pl.Expr) -> pl.DataFrame:
    """The first row of each key. Keys of the reader are running counts: those that are the same stand together."""
    first = pl.col(key).is_not_null() & pl.col(key).ne_missing(pl.col(key).shift())
    return _sorted(frame.filter(first).select(key, value), key)


def _sorted(frame: pl.DataFrame, key: str) -> pl.DataFrame:
    """The frame, told that its key is sorted where it is: joins then take a third of the time."""
    column = frame[key]
    certain = not column.null_count() and column.is_sorted()
    return frame.with_columns(column.set_sorted()) if certain else frame
