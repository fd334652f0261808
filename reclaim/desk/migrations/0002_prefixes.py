"""Searches by the beginning of a control number or a name: PostgreSQL's usual index orders text for people, and serves
no LIKE. SQLite's serves (see desk.queue), and gets none of these."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

COLUMNS = ("control_number", "patient")


def make(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:  # noqa: ARG001  Django's signature
    if editor.connection.vendor == "postgresql":
        for column in COLUMNS:
            columns = f"organization_id, {column} varchar_pattern_ops"
            editor.execute(f"CREATE INDEX case_by_beginning_of_{column} ON desk_case ({columns})")


def drop(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:  # noqa: ARG001  the same
    if editor.connection.vendor == "postgresql":
        for column in COLUMNS:
            editor.execute(f"DROP INDEX case_by_beginning_of_{column}")


class Migration(migrations.Migration):
    dependencies = [("desk", "0001_initial")]

    operations = [migrations.RunPython(make, drop)]
