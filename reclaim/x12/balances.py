"""The three balances of an 835: line, claim and remittance, each as the rows where they do not hold.

005010X221A1 section 1.10.2.1: charge less adjustments is what was paid, at the line and at the claim (whose adjustments
stand beside those of its lines, never over them); what was paid for all claims less the provider adjustments is the
payment. A positive provider adjustment takes money away.
"""

from typing import Any

import polars as pl

from reclaim.x12.findings import Findings

Tables = dict[str, pl.DataFrame]


def check(tables: Tables, findings: Findings) -> None:
    """Note every line, claim and remittance that does not balance. Amounts that cannot be read are not judged."""
    for row in lines(tables).iter_rows(named=True):
        said = _sum("The line", row, "SVC02 SVC03")
        findings.add("error", "balance-line", row["segment"], "2110 SVC03", said)
    for row in claims(tables).iter_rows(named=True):
        said = _sum(f"Claim {row['control_number'] or '?'}", row, "CLP03 CLP04")
        findings.add("error", "balance-claim", row["segment"], "2100 CLP04", said)
    for row in payments(tables).iter_rows(named=True):
        due = row["paid"] - row["taken"]
        said = (
            f"The payment does not balance: claims paid {row['paid']:,} less provider adjustments {row['taken']:,} "
            f"is {due:,}, but BPR02 says {row['amount']:,}: off by {row['amount'] - due:,}. Claims may be missing; "
            "compare with the deposit."
        )
        findings.add("error", "balance-payment", row["segment"], "ST BPR02", said)


def lines(tables: Tables) -> pl.DataFrame:
    """The lines whose charge less adjustments is not what was paid: segment, charge, adjusted, paid."""
    adjustments = tables["adjustments"].filter(pl.col("line").is_not_null())
    return _off(tables["lines"].select("segment", "line", "charge", "paid"), adjustments, "line")


def claims(tables: Tables) -> pl.DataFrame:
    """The claims whose charge less adjustments at both levels is not what was paid: also control_number."""
    claims = tables["claims"].select("segment", "claim", "charge", "paid", "control_number")
    return _off(claims, tables["adjustments"], "claim")


def payments(tables: Tables) -> pl.DataFrame:
    """The remittances whose claims and provider adjustments do not make the payment: segment, amount, paid, taken."""
    paid = _total(tables["claims"], "paid").rename({"total": "paid"})
    taken = _total(tables["provider_adjustments"], "amount").rename({"total": "taken"})
    joined = (
        tables["payments"]
        .select("segment", "transaction", "amount", "credit_debit")
        .join(paid, on="transaction", how="left")
        .join(taken, on="transaction", how="left")
        .with_columns(pl.col("paid", "taken").fill_null(0))
    )
    unread = _unread(tables["claims"], "paid", "transaction") + _unread(
        tables["provider_adjustments"], "amount", "transaction"
    )
    signed = pl.when(pl.col("credit_debit") == "D").then(-pl.col("amount")).otherwise(pl.col("amount"))
    return joined.filter((signed != pl.col("paid") - pl.col("taken")) & ~pl.col("transaction").is_in(unread))


def _off(rows: pl.DataFrame, adjustments: pl.DataFrame, key: str) -> pl.DataFrame:
    """The rows that do not balance; those with an adjustment whose amount cannot be read are not judged."""
    adjusted = adjustments.group_by(key).agg(pl.col("amount").sum().alias("adjusted"))
    joined = rows.join(adjusted, on=key, how="left", maintain_order="left").with_columns(
        pl.col("adjusted").fill_null(0)
    )
    off = joined.filter(pl.col("charge") - pl.col("adjusted") != pl.col("paid"))
    return off.filter(~pl.col(key).is_in(_unread(adjustments, "amount", key))) if off.height else off


def _total(rows: pl.DataFrame, amount: str) -> pl.DataFrame:
    return rows.group_by("transaction").agg(pl.col(amount).sum().alias("total"))


def _unread(rows: pl.DataFrame, amount: str, key: str) -> list[int]:
    """Keys of the rows whose amount was sent but cannot be read, or was not sent."""
    return (
        []
        if rows[amount].null_count() == 0
        else rows.filter(pl.col(amount).is_null())[key].unique().drop_nulls().to_list()
    )


def _sum(what: str, row: dict[str, Any], elements: str) -> str:
    """The words for a line or claim that does not add up; elements are those of charge and paid."""
    charge_at, paid_at = elements.split()
    off = f"{charge_at} {row['charge']} less adjustments {row['adjusted']} is not {paid_at} {row['paid']}"
    return f"{what} does not balance: {off}. Ask the payer for a corrected remittance."
