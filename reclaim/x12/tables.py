"""Frame and spec to typed tables, and what is wrong with their values.

Every table has the columns `segment` (number in the piece), the keys of the spec (null where that loop is not open)
and those of its spec entry. Money is Decimal(18, 2), numbers are Decimal(18, 4), dates are Date; texts and codes that
were not sent are null; codes are upper case.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from reclaim.x12.findings import Findings
from reclaim.x12.frame import BLANKS, ENVELOPE, OUTSIDE, Separators
from reclaim.x12.spec import Column, Spec, Table

MONEY = pl.Decimal(18, 2)
NUMBER = pl.Decimal(18, 4)
TYPES = {"text": pl.String, "code": pl.String, "money": MONEY, "number": NUMBER, "date": pl.Date}

CodeSets = Mapping[str, frozenset[str]]
Tables = dict[str, pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Habits:
    """What a piece does beside the standard; each True costs a pass that other pieces are spared."""

    component: str
    padded: bool  # blanks around elements
    lower: bool  # letters in lower case


def habits(data: bytes, frame: pl.DataFrame, separators: Separators) -> Habits:
    """What this piece does beside the standard."""
    elements = frame["elements"].explode()
    padded = elements.str.starts_with(" ").any() or elements.str.ends_with(" ").any()
    return Habits(separators.component, padded, lower=not data.isupper())


def tabulate(frame: pl.DataFrame, spec: Spec, how: Habits, codes: CodeSets) -> tuple[Tables, Findings]:
    """The typed tables of a zoned frame, and the findings on their values.

    Args:
        frame: segments of transactions of this kind, zoned.
        spec: what the guide says.
        how: the habits of the piece.
        codes: code sets by name, for those that the spec leaves to the caller.
    """
    findings = Findings(spec)
    known = pl.col("tag").is_in([*spec.tags, *ENVELOPE])
    parts = {str(tag): part for (tag,), part in frame.filter(known).partition_by("tag", as_dict=True).items()}
    sets = {**spec.codes, **codes}
    tables = {}
    for name, table in spec.tables.items():
        rows = [part for tag in table.tags if tag in parts and (part := _inside(parts[tag])).height]
        part = pl.concat(rows).sort("segment") if len(rows) > 1 else rows[0] if rows else None
        tables[name] = _empty(spec, table) if part is None else _typed(part, spec, table, how, sets, findings)
    findings.order(parts)
    findings.unknown(frame.filter(~known))
    return tables, findings


def _inside(part: pl.DataFrame) -> pl.DataFrame:
    """The rows that stand in a transaction."""
    return part.filter(pl.col("zone") != OUTSIDE) if part["zone"].max() == OUTSIDE else part


def _empty(spec: Spec, table: Table) -> pl.DataFrame:
    """A table without rows: most remittances lack some, and typing nothing takes as long as typing a few."""
    keys = {"segment": pl.UInt32, "zone": pl.UInt8, **dict.fromkeys(spec.keys, pl.UInt32)}
    columns = {each.name: pl.List(pl.String) if each.rest else TYPES[each.type] for each in table.columns}
    return pl.DataFrame(schema={**keys, **columns})


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
        texts = rows.select(*keys, *_composites(table, how, shift)).select(
            *keys, *(_text(column, how, shift) for column in table.columns)
        )
        typed = texts.with_columns(_value(column) for column in table.columns if column.type != "text")
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
        rows = part.filter(group.list.eval(pl.element().str.strip_chars(BLANKS) != "").list.any())
        if rows.height:
            yield repeat, rows


def _position(column: Column, shift: int) -> int:
    return column.element + shift if column.element > 0 else -column.element


def _composites(table: Table, how: Habits, shift: int) -> list[pl.Expr]:
    """Each element that a column needs, once; composites as lists of their components."""
    wanted = {(_position(column, shift), bool(column.component)) for column in table.columns}
    return [_element(position, how, split=split) for position, split in sorted(wanted)]


def _element(position: int, how: Habits, *, split: bool) -> pl.Expr:
    element = pl.col("elements").list.get(position, null_on_oob=True)
    if how.padded:
        element = element.str.strip_chars(BLANKS)
    return element.str.split(how.component).alias(f"list {position}") if split else element.alias(f"text {position}")


def _text(column: Column, how: Habits, shift: int) -> pl.Expr:
    """The text of a column, null where nothing was sent."""
    position = _position(column, shift)
    if column.rest:
        rest = pl.col(f"list {position}").list.slice(column.component - 1)
        return rest.list.eval(_clean(pl.element(), column, how)).list.drop_nulls().alias(column.name)
    if column.component:
        text = pl.col(f"list {position}").list.get(column.component - 1, null_on_oob=True)
    else:
        text = pl.col(f"text {position}")
    return _clean(text, column, how).alias(column.name)


def _clean(text: pl.Expr, column: Column, how: Habits) -> pl.Expr:
    if how.padded and column.component:
        text = text.str.strip_chars(BLANKS)
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
        case _:
            return text
