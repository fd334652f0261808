"""Many rows at once: COPY on PostgreSQL, executemany on SQLite. Ids are reserved first, so rows can name each other."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from django.db import connection, models

Item = TypeVar("Item")

AT_ONCE = 500
"""Values asked for in one query: SQLite takes some thousand."""


def batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """So many at a time as one query asks for."""
    rest = iter(items)
    while some := list(islice(rest, AT_ONCE)):
        yield some


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


def replace(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """As `load`, with ids: a row whose id is there already becomes what is given; what points to it stays.

    Args:
        model: into whose table.
        columns: database columns, `id` among them.
        rows: values in their order.
    """
    table = model._meta.db_table  # noqa: SLF001  Django's public name for it
    names, places = ", ".join(f'"{each}"' for each in columns), ", ".join(["%s"] * len(columns))
    values = ", ".join(f'"{each}" = excluded."{each}"' for each in columns if each != "id")
    sql = f'INSERT INTO "{table}" ({names}) VALUES ({places}) ON CONFLICT ("id") DO UPDATE SET {values}'  # noqa: S608  a table of ours
    with connection.cursor() as cursor:
        cursor.executemany(sql, list(rows))


def load(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows as they are: money in cents, dates as dates, no defaults filled in.

    Args:
        model: into whose table.
        columns: database columns, `id` first where ids were reserved.
        rows: values in their order.
    """
    table = model._meta.db_table  # noqa: SLF001  Django's public name for it
    names = ", ".join(f'"{each}"' for each in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            places = ", ".join(["%s"] * len(columns))
            cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({places})', rows)  # type: ignore[arg-type]  # noqa: S608  the same; rows may come one by one


def change(rows: Sequence[models.Model], names: Sequence[str]) -> None:
    """Save some fields of rows of one model that are there already; `bulk_update` takes ten times as long.

    Args:
        rows: as they are to be.
        names: of the fields.
    """
    if not rows:
        return
    meta = rows[0]._meta  # noqa: SLF001  Django's public name for it
    fields = [field for field in meta.concrete_fields if field.name in names]
    places = ", ".join(f'"{field.column}" = %s' for field in fields)
    values = [
        (*(field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields), row.pk) for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(f'UPDATE "{meta.db_table}" SET {places} WHERE "id" = %s', values)  # noqa: S608  the same
