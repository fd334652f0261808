"""Many rows at once: COPY on PostgreSQL, executemany on SQLite. Ids are reserved first, so rows can name each other."""

from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from itertools import islice
from typing import TypeVar

import polars as pl
from django.db import connection, models
from polars import selectors

Item = TypeVar("Item")
Row = TypeVar("Row", bound=models.Model)

AT_ONCE = 500
"""Values asked for in one query: SQLite takes some thousand."""
AT_A_TIME = 5000
"""Rows that are turned into what a database takes."""


def batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """So many at a time as one query asks for."""
    rest = iter(items)
    while some := list(islice(rest, AT_ONCE)):
        yield some


def in_pieces(rows: models.QuerySet[Row], size: int, after: int = 0) -> Iterator[list[Row]]:
    """Rows by their id, so many at a time, without holding the database in between.

    Args:
        rows: which, in no order.
        size: of a piece.
        after: only those whose id is above.
    """
    while some := list(rows.filter(pk__gt=after).order_by("pk")[:size]):
        yield some
        after = some[-1].pk


def reserve(model: type[models.Model], count: int) -> int:
    """The first of so many ids that nobody else will use. Call it within a transaction.

    Args:
        model: whose ids; its table must be written by this transaction only (SQLite), or have a sequence (PostgreSQL).
        count: how many.
    """
    table = model._meta.db_table  # noqa: SLF001  Django's public name for it
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [table])
            cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [table])
            first = int(cursor.fetchone()[0])
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, first + max(count, 1) - 1])
            return first
        cursor.execute(f'SELECT COALESCE(MAX(id), 0) + 1 FROM "{table}"')  # noqa: S608  a table of ours
        first = int(cursor.fetchone()[0])
        cursor.execute("SELECT seq + 1 FROM sqlite_sequence WHERE name = %s", [table])
        row = cursor.fetchone()
        return max(first, int(row[0]) if row else 1)


def replace(model: type[models.Model], rows: pl.DataFrame) -> None:
    """As `load`, with ids: a row whose id is there already becomes what is given; what points to it stays."""
    names, places = _names(rows), ", ".join(["%s"] * rows.width)
    values = ", ".join(f'"{each}" = excluded."{each}"' for each in rows.columns if each != "id")
    sql = f'INSERT INTO {_table(model)} ({names}) VALUES ({places}) ON CONFLICT ("id") DO UPDATE SET {values}'  # noqa: S608  a table of ours
    with connection.cursor() as cursor:
        cursor.executemany(sql, (rows if connection.vendor == "postgresql" else _for_sqlite(rows)).rows())


def load(model: type[models.Model], rows: pl.DataFrame) -> None:
    """Insert rows as they are: money in cents, dates as dates, no defaults filled in.

    Args:
        model: into whose table.
        rows: columns named as those of the database, `id` among them where ids were reserved.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {_table(model)} ({_names(rows)}) FROM STDIN (FORMAT csv)") as copy:
                for some in rows.iter_slices(AT_A_TIME):
                    block = BytesIO()
                    some.write_csv(block, include_header=False)  # no value is nothing, an empty text is ""
                    copy.write(block.getbuffer())
        else:
            sql = f"INSERT INTO {_table(model)} ({_names(rows)}) VALUES ({', '.join(['%s'] * rows.width)})"  # noqa: S608  the same
            some_by_some = _for_sqlite(rows).iter_rows(buffer_size=AT_A_TIME)
            cursor.executemany(sql, some_by_some)  # type: ignore[arg-type]  # rows may come one by one


def _for_sqlite(rows: pl.DataFrame) -> pl.DataFrame:
    """Values as SQLite keeps them, all at once: its driver would turn to Python for each."""
    return rows.with_columns(
        selectors.date().dt.to_string("%Y-%m-%d"),
        selectors.datetime().dt.to_string("%Y-%m-%d %H:%M:%S%.6f"),  # UTC, as Django writes it
        selectors.boolean().cast(pl.Int8),
    )


def _table(model: type[models.Model]) -> str:
    return f'"{model._meta.db_table}"'  # noqa: SLF001  Django's public name for it


def _names(rows: pl.DataFrame) -> str:
    return ", ".join(f'"{each}"' for each in rows.columns)


def change(rows: Sequence[models.Model], names: Sequence[str]) -> None:
    """Save some fields of rows of one model that are there already; `bulk_update` takes ten times as long.

    Args:
        rows: as they are to be.
        names: of the fields, or of their columns.
    """
    if not rows:
        return
    meta = rows[0]._meta  # noqa: SLF001  Django's public name for it
    fields = [field for field in meta.concrete_fields if field.name in names or field.attname in names]
    places = ", ".join(f'"{field.column}" = %s' for field in fields)
    values = [
        (*(field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields), row.pk) for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(f'UPDATE "{meta.db_table}" SET {places} WHERE "id" = %s', values)  # noqa: S608  the same
