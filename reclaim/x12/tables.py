"""Frame and spec to typed tables, and what is wrong with their values.

Every table has the columns `segment` (number in the piece), the keys of the spec (null where that loop is not open)
and those of its spec entry. Money is Decimal(18, 2), numbers are Decimal(18, 4), dates are Date; texts and codes that
were not sent are null; codes are upper case.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from reclaim.x12.findings import NOUNS, Findings
from reclaim.x12.frame import ENVELOPE, OUTSIDE, Separators
from reclaim.x12.spec import Column, Spec, Table

MONEY = pl.Decimal(18, 2)
NUMBER = pl.Decimal(18, 4)
TYPES: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "text": pl.String,
    "code": pl.String,
    "money": MONEY,
    "number": NUMBER,
    "date": pl.Date,
    "since": pl.Date,
    "until": pl.Date,
}

DAYS = r"^(\d{8})(?:-(\d{8})|\d{4}|\d{6})?$"
"""A day, a period of two, or a day with its time (D8, RD8 and DT of the guides)."""
THIRD_DECIMAL = r"\.[\r\n]*\d[\r\n]*\d[\r\n]*\d"

CodeSets = Mapping[str, frozenset[str]]
Tables = dict[str, pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Habits:
    """What a piece does beside the standard; each True costs a pass that other pieces are spared."""

    component: str
    padded: bool  # blanks around elements or components
    lower: bool  # letters in lower case
    finer: bool  # amounts with more than two decimals


def habits(data: bytes, separators: Separators) -> Habits:
    """What this piece does beside the standard."""
    text = pl.Series([data.decode("latin-1")])
    ends = "".join(f"\\x{ord(each):02x}" for each in (separators.element, separators.component, separators.segment))
    padded = text.str.contains(f" [{ends}]|[{ends}] ").any()
    finer = text.str.contains(THIRD_DECIMAL).any()
    return Habits(separators.component, padded, lower=not data.isupper(), finer=finer)


def tabulate(frame: pl.DataFrame, spec: Spec, how: Habits, codes: CodeSets) -> tuple[Tables, Findings]:
    """The typed tables of a zoned frame, and the findings on their values.

    Args:
        frame: segments of transactions of this kind, zoned.
        spec: what the guide says.
        how: the habits of the piece.
        codes: code sets by name, for those that the spec leaves to the caller.
    """
    findings = Findings(spec, finer=how.finer)
    known = pl.col("tag").is_in([*spec.tags, *ENVELOPE])
    parts = {str(tag): part for (tag,), part in frame.filter(known).partition_by("tag", as_dict=True).items()}
    sets = {**spec.codes, **codes}
    tables = {}
    for name, table in spec.tables.items():
        rows = [_inside(parts[tag]) for tag in table.tags if tag in parts]
        part = pl.concat(rows).sort("segment") if len(rows) > 1 else rows[0] if rows else frame.clear()
        part = part.filter(pl.col(table.within).is_not_null()) if table.within else part
        tables[name] = _typed(part, spec, table, how, sets, findings) if part.height else _empty(spec, table)
    findings.order(parts)
    findings.unknown(frame.filter(~known))
    return tables, findings


def _inside(part: pl.DataFrame) -> pl.DataFrame:
    """The rows that stand in a transaction."""
    return part.filter(pl.col("zone") != OUTSIDE) if part["zone"].max() == OUTSIDE else part


def _empty(spec: Spec, table: Table) -> pl.DataFrame:
    """A table without rows: most remittances lack some, and typing nothing takes as long as typing a few."""
    schema: dict[str, pl.DataType | type[pl.DataType]] = {"segment": pl.UInt32, "zone": pl.UInt8}
    schema |= dict.fromkeys(spec.keys, pl.UInt32)
    schema |= {each.name: pl.List(pl.String) if each.rest else TYPES[each.type] for each in table.columns}
    return pl.DataFrame(schema=schema)


def _typed(
    part: pl.DataFrame, spec: Spec, table: Table, how: Habits, codes: CodeSets, findings: Findings
) -> pl.DataFrame:
    keys = ("segment", "zone", *spec.keys)
    groups = []
    for repeat, rows in _repeats(part, table):
        if repeat >= table.times:
            findings.beyond(table, rows)
            break
        shift = repeat * table.every
        composites, columns, values = _expressions(table, how, shift)
        texts = (rows.with_columns(composites) if composites else rows).select(*keys, *columns)
        typed = texts.with_columns(values) if values else texts
        findings.values(table, shift, texts, typed, codes)
        groups.append(typed)
    if len(groups) == 1:
        return groups[0]
    return pl.concat(groups).sort("segment", maintain_order=True)


def _repeats(part: pl.DataFrame, table: Table) -> Iterator[tuple[int, pl.DataFrame]]:
    """The rows that hold a first, second, third ... group of elements, and at last those that hold too many."""
    yield 0, part
    first = min(column.element for column in table.columns if column.element > 0)
    for repeat in range(1, table.times + 1 if table.every else 1):
        start = first + repeat * table.every
        part = part.filter(pl.col("elements").list.len() > start)
        if part.is_empty():
            return
        group = pl.col("elements").list.slice(start, table.every if repeat < table.times else None)
        rows = part.filter(group.list.eval(pl.element().str.strip_chars(" ") != "").list.any())
        if rows.height:
            yield repeat, rows


def _position(column: Column, shift: int) -> int:
    return column.element + shift if column.element > 0 else -column.element


@lru_cache(maxsize=4096)
def _expressions(table: Table, how: Habits, shift: int) -> tuple[list[pl.Expr], list[pl.Expr], list[pl.Expr]]:
    """How a group of elements is read: its composites as lists, then the texts of its columns, then their values.

    Kept, because to write them down takes as long as to read a small file by them.
    """
    composites = sorted({_position(column, shift) for column in table.columns if column.component})
    return (
        [_element(each, how).str.split(how.component).alias(f"list {each}") for each in composites],
        [_text(column, how, shift) for column in table.columns],
        [_value(column) for column in table.columns if column.type in NOUNS],
    )


def _element(position: int, how: Habits) -> pl.Expr:
    element = pl.col("elements").list.get(position, null_on_oob=True)
    return element.str.strip_chars(" ") if how.padded else element


def _text(column: Column, how: Habits, shift: int) -> pl.Expr:
    """The text of a column, null where nothing was sent."""
    position = _position(column, shift)
    if column.rest:
        wanted = column.last - column.component + 1 if column.last else None
        rest = pl.col(f"list {position}").list.slice(column.component - 1, wanted)
        return rest.list.eval(_clean(pl.element(), column, how)).list.drop_nulls().alias(column.name)
    if column.component:
        text = pl.col(f"list {position}").list.get(column.component - 1, null_on_oob=True)
    else:
        text = _element(position, how)
    return _clean(text, column, how).alias(column.name)


def _clean(text: pl.Expr, column: Column, how: Habits) -> pl.Expr:
    if how.padded and column.component:
        text = text.str.strip_chars(" ")
    if how.lower and column.type == "code":
        text = text.str.to_uppercase()
    return pl.when(text != "").then(text)


def _value(column: Column) -> pl.Expr:
    text = pl.col(column.name)
    match column.type:
        case "money":
            return text.cast(MONEY, strict=False)
        case "number":
            return text.cast(NUMBER, strict=False)
        case "date":
            return text.str.to_date("%Y%m%d", strict=False)
        case "since" | "until":
            days = text.str.extract(DAYS, 1)
            last = pl.coalesce(text.str.extract(DAYS, 2), days) if column.type == "until" else days
            return last.str.to_date("%Y%m%d", strict=False).alias(column.name)
        case _:
            return text
