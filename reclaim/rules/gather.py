"""Tables to facts: the picked claims of a piece as the frozen values that rules read.

This is the one place where a row becomes an object, and the hot road of the rules: what can be joined is joined in the
tables, and each object is made once, by position.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

import polars as pl

from reclaim.rules.facts import Adjustment, Claim, Line, Remittance

Tables = Mapping[str, pl.DataFrame]

NOBODY = Remittance("", "", "", None, None)
REMARKS = [f"remark_{place}" for place in range(1, 6)]


class Gathered(NamedTuple):
    """A claim as facts, with what only people may see and where it stands."""

    claim: Claim
    patient: str  # "DOE, JANE"; "" when not sent
    transaction: int
    segment: int  # of its CLP, in the piece
    number: int  # its key `claim` in the piece


def remittances(tables: Tables) -> dict[int, Remittance]:
    """Who answered, by transaction."""
    dates = tables["dates"].filter((pl.col("qualifier") == "405") & pl.col("claim").is_null())
    payer = _first(tables["parties"].filter(pl.col("role") == "PR"), "transaction", "name", "id")
    joined = tables["claims"].select("transaction").unique()
    for other in (
        payer,
        _first(tables["traces"], "transaction", "trace_number", "originator"),
        _first(tables["payments"], "transaction", "payment_date"),
        _first(dates, "transaction", "date"),
    ):
        joined = joined.join(other, on="transaction", how="left")
    columns = (
        "transaction",
        pl.col("name").fill_null(""),
        pl.coalesce("id", "originator", pl.lit("")),
        pl.col("trace_number").fill_null(""),
        "payment_date",
        "date",
    )
    return {transaction: Remittance(*facts) for transaction, *facts in joined.select(columns).rows()}


def gather(tables: Tables, numbers: pl.Series) -> Iterator[Gathered]:
    """The claims of these numbers (key `claim`) as facts, in the order of the piece."""
    chosen = {name: table.filter(table["claim"].is_in(numbers.implode())) for name, table in tables.items()}
    senders = remittances(tables)
    lines = _lines(chosen)
    adjustments = _adjustments(chosen["adjustments"].filter(pl.col("line").is_null()), "claim")
    remarks = _claim_remarks(chosen)
    inpatient = set(chosen["inpatient"]["claim"])
    for transaction, segment, number, patient, start, end, *facts, received in _claims(chosen).rows():
        own = lines.get(number, ())
        answer = (
            senders.get(transaction, NOBODY),
            *facts,
            start or min((line.service_from for line in own if line.service_from), default=None),
            end or max((line.service_to for line in own if line.service_to), default=None),
            received,
            number in inpatient or any(line.revenue_code for line in own),
            adjustments.get(number, ()),
            remarks.get(number, ()),
            own,
        )
        yield Gathered(Claim._make(answer), patient, transaction, segment, number)


def _claims(chosen: Tables) -> pl.DataFrame:
    """What `Claim` holds of a CLP, in its order, after where it stands, the patient and the statement dates."""
    names = _first(chosen["names"].filter(pl.col("role") == "QC"), "claim", "last_name", "first_name")
    dates = chosen["dates"].filter(pl.col("line").is_null())
    joined = chosen["claims"].join(names, on="claim", how="left", maintain_order="left")
    for qualifier in ("232", "233", "050"):
        joined = joined.join(_date(dates, "claim", qualifier), on="claim", how="left", maintain_order="left")
    return joined.select(
        "transaction",
        "segment",
        "claim",
        pl.concat_str("last_name", "first_name", separator=", ", ignore_nulls=True),
        "232",
        "233",
        *_texts("control_number", "payer_control_number", "status", "filing_indicator"),
        "charge",
        "paid",
        "patient_responsibility",
        "050",
    )


def _lines(chosen: Tables) -> dict[int, tuple[Line, ...]]:
    adjustments = _adjustments(chosen["adjustments"].filter(pl.col("line").is_not_null()), "line")
    remarked = chosen["remarks"].filter(pl.col("remark").is_not_null())
    pharmacy = pl.when(pl.col("list") == "RX").then("NCPDP " + pl.col("remark")).otherwise("remark")
    remarks = _runs(remarked, "line", remarked.select(pharmacy.alias("remark"))["remark"])
    rows = _service_lines(chosen)
    lines = [
        Line(
            procedure,
            tuple(modifiers),
            revenue_code,
            charge,
            paid,
            start,
            end,
            adjustments.get(number, ()),
            remarks.get(number, ()),
            own,
            policy,
        )
        for _, number, procedure, modifiers, revenue_code, charge, paid, start, end, own, policy in rows.rows()
    ]
    return _runs(rows, "claim", lines)


def _service_lines(chosen: Tables) -> pl.DataFrame:
    references = chosen["references"].filter(pl.col("line").is_not_null())
    dates = chosen["dates"].filter(pl.col("line").is_not_null())
    joined = chosen["lines"]
    for other in (
        _first(references.filter(pl.col("qualifier") == "6R"), "line", "reference").rename({"reference": "own"}),
        _first(references.filter(pl.col("qualifier") == "0K"), "line", "reference").rename({"reference": "policy"}),
        *(_date(dates, "line", qualifier) for qualifier in ("472", "150", "151")),
    ):
        joined = joined.join(other, on="line", how="left", maintain_order="left")
    return joined.select(
        "claim",
        "line",
        *_texts("procedure"),
        pl.col("modifiers").fill_null([]),
        pl.coalesce("revenue_code", pl.when(pl.col("procedure_list") == "NU").then("procedure"), pl.lit("")),
        "charge",
        "paid",
        pl.coalesce("472", "150").alias("start"),
        pl.coalesce("472", "151", "150").alias("end"),
        *_texts("own", "policy"),
    )


def _texts(*columns: str) -> list[pl.Expr]:
    return [pl.col(column).fill_null("") for column in columns]


def _adjustments(rows: pl.DataFrame, key: str) -> dict[int, tuple[Adjustment, ...]]:
    sent = rows.filter(pl.col("carc").is_not_null() | pl.col("amount").is_not_null())
    made = map(partial(tuple.__new__, Adjustment), sent.select(*_texts("group", "carc"), "amount").rows())
    return _runs(sent, key, list(made))


def _claim_remarks(chosen: Tables) -> dict[int, tuple[str, ...]]:
    result: dict[int, tuple[str, ...]] = {}
    for name in ("inpatient", "outpatient"):
        for number, *remarks in chosen[name].select("claim", *REMARKS).rows():
            result[number] = (*result.get(number, ()), *filter(None, remarks))
    return result


def _runs(rows: pl.DataFrame, key: str, values: Any) -> dict[int, tuple[Any, ...]]:  # noqa: ANN401  a Series or a list
    """Values of rows that belong to one key, by key; those of a key stand together."""
    values = list(values)
    runs = rows[key].rle().struct.unnest()
    ends = runs["len"].cum_sum()
    return {
        number: tuple(values[end - length : end])
        for number, length, end in zip(runs["value"], runs["len"], ends, strict=True)
    }


def _first(rows: pl.DataFrame, key: str, *columns: str) -> pl.DataFrame:
    """The first row of each key."""
    return rows.select(key, *columns).unique(key, keep="first", maintain_order=True)


def _date(dates: pl.DataFrame, key: str, qualifier: str) -> pl.DataFrame:
    return _first(dates.filter(pl.col("qualifier") == qualifier), key, "date").rename({"date": qualifier})
