"""Which claims of a remittance may be denied or special: the few that the rules must judge one by one.

The sieve is wider than the rules and knows no law: everything that is not plainly paid, line by line, is picked. A
property test proves that no claim it leaves behind is anything but paid to the rules.
"""

from collections.abc import Mapping

import polars as pl

from reclaim.rules.bearing import never_denies

PAID_STATUSES = ("1", "2", "3", "19", "20", "21")
"""CLP02 of a claim that was processed; each of the others is special."""


def picked(tables: Mapping[str, pl.DataFrame]) -> pl.Series:
    """The claims of a piece to judge, as sorted numbers of the key `claim`."""
    claims, lines = tables["claims"], tables["lines"]
    special = claims.filter(_unpaid() | ~pl.col("status").is_in(PAID_STATUSES).fill_null(value=False))
    unpaid = lines.filter(_unpaid())
    keys = pl.concat([special["claim"], unpaid["claim"], _contested(tables["adjustments"])])
    return keys.drop_nulls().unique().sort()


def _unpaid() -> pl.Expr:
    return ~((pl.col("paid") > 0) & (pl.col("charge") > 0)).fill_null(value=False)


def _contested(adjustments: pl.DataFrame) -> pl.Series:
    """Claims with a code that matters even when every line was paid."""
    codes = adjustments.select("claim", pl.col("group").fill_null(""), pl.col("carc").fill_null(""))
    pairs = (
        codes.select("group", "carc")
        .unique()
        .filter(pl.struct("group", "carc").map_elements(_matters, return_dtype=pl.Boolean))
    )
    return codes.join(pairs, on=["group", "carc"], how="semi")["claim"]


def _matters(pair: dict[str, str]) -> bool:
    return not never_denies(pair["group"], pair["carc"])
