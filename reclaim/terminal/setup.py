"""`reclaim setup`: makes an installation ready, and brings one up to date after an upgrade."""

import click


@click.command()
def setup() -> None:
    """Make this installation ready: folders, secret, and the tables of the database.

    Run it once before the first `reclaim serve`, and after each upgrade. What is there already stays as it is.
    """
    ready()
    from django.conf import settings  # noqa: PLC0415  settings are loaded now

    made = apply()
    click.echo(f"{made} changes of the database were applied." if made else "The database was up to date.")
    click.echo(f"Data lies in {settings.DATA}. Next: reclaim user add EMAIL --role manager, then reclaim serve.")


def ready() -> None:
    """Make Django ready.

    Raises:
        ClickException: a setting cannot be read; it says which.
    """
    from reclaim.config.environment import EnvironmentVariableError  # noqa: PLC0415  costs the cold start
    from reclaim.config.start import django  # noqa: PLC0415  the same

    try:
        django()
    except EnvironmentVariableError as error:
        raise click.ClickException(str(error)) from error


def missing() -> int:
    """How many migrations the database lacks.

    Raises:
        ClickException: the database cannot be reached.
    """
    from django.db import OperationalError, connection  # noqa: PLC0415  Django is ready only now
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415  the same

    try:
        executor = MigrationExecutor(connection)
    except OperationalError as error:
        raise click.ClickException(
            f"The database cannot be reached. Check DATABASE_URL, or run: reclaim doctor\n{error}"
        ) from error
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def apply() -> int:
    """Bring the database up to date; how many migrations that took."""
    from django.core.management import call_command  # noqa: PLC0415  Django is ready only now

    if count := missing():
        call_command("migrate", verbosity=0, interactive=False)
    return count


def insist() -> None:
    """Refuse to go on without the tables.

    Raises:
        ClickException: some are missing.
    """
    if missing():
        raise click.ClickException("The database is not up to date. Run: reclaim setup")
