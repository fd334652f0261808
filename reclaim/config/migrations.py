"""What the database has of the tables of this version, and what it lacks."""

from django.apps import apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


def lacking() -> list[str]:
    """Names of the migrations that are still to be applied, in their order.

    Raises:
        OperationalError: the database cannot be reached.
    """
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [str(migration) for migration, _ in plan]


def applied() -> set[str]:
    """Names of the migrations that were applied."""
    return {".".join(each) for each in MigrationRecorder(connection).applied_migrations()}


def newer() -> list[str]:
    """Names of applied migrations of ours that this version does not know: a newer one was at work."""
    return unknown(applied())


def unknown(names: set[str]) -> list[str]:
    """Those names of migrations of ours, as "desk.0001_initial", that this version does not know."""
    ours = {each.label for each in apps.get_app_configs() if each.name.startswith("reclaim.")}
    known = {".".join(each) for each in MigrationLoader(None, ignore_no_migrations=True).disk_migrations}
    return sorted(each for each in names - known if each.partition(".")[0] in ours)
