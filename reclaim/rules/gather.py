"""Tables to facts: the picked claims of a piece as the frozen values that rules read.

The hot road of the rules. `sift` joins in the tables what can be joined, in whatever thread read them; `facts` then
makes each object once, by position.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

import polars as pl

from reclaim.rules.facts import Adjustment, Claim, Line, Remittance
from reclaim.rules.sieve import picked

Tables = Mapping[str, pl.DataFrame]

NOBODY = Remittance("", "", "", None, None)
NPI = r"^\d{10}$"
REMARKS = [f"remark_{place}" for place in range(1, 6)]


class Sifted(NamedTuple):
    """The picked claims of a piece, still in tables."""

    senders: pl.DataFrame  # one row for each transaction of the piece
    claims: pl.DataFrame
    claim_adjustments: pl.DataFrame
    claim_remarks: pl.DataFrame
    lines: pl.DataFrame
    line_adjustments: pl.DataFrame
    line_remarks: pl.DataFrame


class Gathered(NamedTuple):
    """A claim as facts, with what only people may see and where it stands."""

    claim: Claim
    patient: str  # "DOE, JANE"; "" when not sent
    transaction: int
    segment: int  # of its CLP, in the piece


def sift(tables: Tables) -> Sifted:
    """The claims of a piece that must be judged one by one, and who answered them."""
    numbers = picked(tables).implode()
    chosen = {name: table.filter(table["claim"].is_in(numbers)) for name, table in tables.items()}
    adjustments = chosen["adjustments"].filter(pl.col("carc").is_not_null() | pl.col("amount").is_not_null())
    at_claim = pl.col("line").is_null()
    return Sifted(
        _senders(tables),
        _claims(chosen),
        adjustments.filter(at_claim).select("claim", *_texts("group", "carc"), "amount"),
        pl.concat(chosen[name].select("claim", *REMARKS) for name in ("inpatient", "outpatient")),
        _lines(chosen),
        adjustments.filter(~at_claim).select("line", *_texts("group", "carc"), "amount"),
        _line_remarks(chosen["remarks"]),
    )


def remittances(senders: pl.DataFrame) -> dict[int, Remittance]:
    """Who answered, by transaction."""
    return {transaction: Remittance(*facts) for transaction, *facts in senders.rows()}


def facts(sifted: Sifted) -> Iterator[Gathered]:
    """The claims as facts, in the order of the piece."""
    senders = remittances(sifted.senders)
    adjustments = _adjustments(sifted.claim_adjustments)
    remarks = _claim_remarks(sifted.claim_remarks)
    lines = _made_lines(sifted)
    for transaction, segment, number, patient, inpatient, start, end, *own, received, provider in _rows(sifted.claims):
        answered = lines.get(number, ())
        answer = (
            senders.get(transaction, NOBODY),
            *own,
            start or min(_days(line.service_from for line in answered), default=None),
            end or max(_days(line.service_to for line in answered), default=None),
            received,
            inpatient or any(line.revenue_code for line in answered),
            adjustments.get(number, ()),
            remarks.get(number, ()),
            answered,
            provider,
        )
        yield Gathered(Claim._make(answer), patient, transaction, segment)


def _days(days: Iterable[date | None]) -> Iterator[date]:
    return filter(None, days)


def _senders(tables: Tables) -> pl.DataFrame:
    """What `Remittance` holds, in its order, for each transaction with claims or a payment."""
    produced = tables["dates"].filter((pl.col("qualifier") == "405") & pl.col("claim").is_null())
    paid = tables["parties"].filter((pl.col("role") == "PE") & _by_npi("id_qualifier", "id"))
    joined = pl.concat(tables[name].select("transaction") for name in ("claims", "payments")).unique()
    for other in (
        _first(tables["parties"].filter(pl.col("role") == "PR"), "transaction", "name", "id"),
        _first(tables["traces"], "transaction", "trace_number", "originator"),
        _first(tables["payments"], "transaction", "payment_date"),
        _first(produced, "transaction", "date"),
        _first(paid, "transaction", "id").rename({"id": "payee"}),
    ):
        joined = joined.join(other, on="transaction", how="left")
    identifier = pl.coalesce("id", "originator", pl.lit(""))
    days = ("payment_date", "date")
    return joined.select("transaction", *_texts("name"), identifier, *_texts("trace_number"), *days, *_texts("payee"))


def _claims(chosen: Tables) -> pl.DataFrame:
    """What `Claim` holds of a CLP, in its order, after where it stands, the patient and the statement dates."""
    dates = chosen["dates"].filter(pl.col("line").is_null())
    joined = chosen["claims"].with_columns(inpatient=pl.col("claim").is_in(chosen["inpatient"]["claim"].implode()))
    for other in (
        _first(chosen["names"].filter(pl.col("role") == "QC"), "claim", "last_name", "first_name"),
        *(_date(dates, "claim", qualifier) for qualifier in ("232", "233", "050")),
        _providers(chosen),
    ):
        joined = joined.join(other, on="claim", how="left", maintain_order="left")
    patient = pl.concat_str("last_name", "first_name", separator=", ", ignore_nulls=True)
    texts = _texts("control_number", "payer_control_number", "status", "filing_indicator")
    money = ("charge", "paid", "patient_responsibility")
    return joined.select(
        *("transaction", "segment", "claim", patient, "inpatient", "232", "233", *texts, *money, "050"),
        *_texts("provider"),
    )


def _providers(chosen: Tables) -> pl.DataFrame:
    """Who rendered the service: as the claim names them, else as all lines that name anybody do (loops 2100, 2110)."""
    at_claim = chosen["names"].filter((pl.col("role") == "82") & _by_npi("id_qualifier", "id"))
    found = _first(at_claim, "claim", "id").rename({"id": "provider"})
    references = chosen["references"].filter(
        (pl.col("qualifier") == "HPI") & pl.col("line").is_not_null() & pl.col("reference").str.contains(NPI)
    )
    if references.is_empty():
        return found
    named = references.group_by("claim").agg(pl.col("reference").unique())
    agreed = named.filter(pl.col("reference").list.len() == 1)
    at_lines = agreed.select("claim", provider=pl.col("reference").list.first())
    return pl.concat([found, at_lines.join(found, on="claim", how="anti")])


def _by_npi(qualifier: str, identifier: str) -> pl.Expr:
    return (pl.col(qualifier) == "XX") & pl.col(identifier).str.contains(NPI)


def _lines(chosen: Tables) -> pl.DataFrame:
    """What `Line` holds of an SVC, in its order, after the keys; adjustments and remarks come in between."""
    references = chosen["references"].filter(pl.col("line").is_not_null())
    dates = chosen["dates"].filter(pl.col("line").is_not_null())
    joined = chosen["lines"]
    for other in (
        _first(references.filter(pl.col("qualifier") == "6R"), "line", "reference").rename({"reference": "own"}),
        _first(references.filter(pl.col("qualifier") == "0K"), "line", "reference").rename({"reference": "policy"}),
        *(_date(dates, "line", qualifier) for qualifier in ("472", "150", "151")),
    ):
        joined = joined.join(other, on="line", how="left", maintain_order="left")
    in_procedure = pl.when(pl.col("procedure_list") == "NU").then("procedure")
    return joined.select(
        "claim",
        "line",
        *_texts("procedure"),
        pl.col("modifiers").fill_null([]),
        pl.coalesce("revenue_code", in_procedure, pl.lit("")),
        "charge",
        "paid",
        pl.coalesce("472", "150").alias("start"),
        pl.coalesce("472", "151", "150").alias("end"),
        *_texts("own", "policy"),
    )


def _line_remarks(remarks: pl.DataFrame) -> pl.DataFrame:
    pharmacy = pl.when(pl.col("list") == "RX").then("NCPDP " + pl.col("remark")).otherwise("remark")
    return remarks.filter(pl.col("remark").is_not_null()).select("line", pharmacy.alias("remark"))


def _made_lines(sifted: Sifted) -> dict[int, tuple[Line, ...]]:
    adjustments = _adjustments(sifted.line_adjustments)
    remarks = _runs(sifted.line_remarks["line"], sifted.line_remarks["remark"].to_list())
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
        for _, number, procedure, modifiers, revenue_code, charge, paid, start, end, own, policy in _rows(sifted.lines)
    ]
    return _runs(sifted.lines["claim"], lines)


def _adjustments(rows: pl.DataFrame) -> dict[int, tuple[Adjustment, ...]]:
    made = map(partial(tuple.__new__, Adjustment), _rows(rows.select("group", "carc", "amount")))
    return _runs(rows.to_series(0), list(made))


def _claim_remarks(rows: pl.DataFrame) -> dict[int, tuple[str, ...]]:
    result: dict[int, tuple[str, ...]] = {}
    for number, *remarks in rows.rows():
        result[number] = (*result.get(number, ()), *filter(None, remarks))
    return result


def _runs(keys: pl.Series, values: Sequence[Any]) -> dict[int, tuple[Any, ...]]:
    """Values by the key that stands beside them; those of a key stand together."""
    runs = keys.rle().struct.unnest()
    ends = runs["len"].cum_sum()
    return {
        number: tuple(values[end - length : end])
        for number, length, end in zip(runs["value"], runs["len"], ends, strict=True)
    }


def _rows(frame: pl.DataFrame) -> Iterator[tuple[Any, ...]]:
    return zip(*map(_values, frame), strict=True)


def _values(column: pl.Series) -> list[Any]:
    """The values of a column; Polars takes three times as long to make a Decimal as Decimal does from its text."""
    if not column.dtype.is_decimal():
        return column.to_list()
    texts = column.cast(pl.String).to_list()
    return [text and Decimal(text) for text in texts] if column.null_count() else list(map(Decimal, texts))


def _texts(*columns: str) -> list[pl.Expr]:
    return [pl.col(column).fill_null("") for column in columns]


def _first(rows: pl.DataFrame, key: str, *columns: str) -> pl.DataFrame:
    """The first row of each key."""
    return rows.select(key, *columns).unique(key, keep="first", maintain_order=True)


def _date(dates: pl.DataFrame, key: str, qualifier: str) -> pl.DataFrame:
    return _first(dates.filter(pl.col("qualifier") == qualifier), key, "date").rename({"date": qualifier})
