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
    _make_queue()
    click.echo(f"{made} changes of the database were applied." if made else "The database was up to date.")
    click.echo(f"Data lies in {settings.DATA}. Next: reclaim user add EMAIL --role manager, then reclaim serve.")


def _make_queue() -> None:
    """Make the tables of the queue, before several processes would at once.

    Raises:
        ClickException: it cannot be reached.
    """
    from huey.exceptions import ConfigurationError  # noqa: PLC0415  Django is ready only now
    from psycopg import OperationalError  # noqa: PLC0415  the same

    from reclaim import clock  # noqa: PLC0415  the same

    try:
        clock.queue()
    except (OperationalError, ConfigurationError) as error:
        raise click.ClickException(
            f"The queue cannot be reached. Check RECLAIM_QUEUE: docs/settings.md\n{error}"
        ) from error


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
        ClickException: the database cannot be reached, or a newer version was at work in it.
    """
    from django.db import OperationalError  # noqa: PLC0415  Django is ready only now

    from reclaim.config import migrations  # noqa: PLC0415  the same

    try:
        lacking, newer = migrations.lacking(), migrations.newer()
    except OperationalError as error:
        raise click.ClickException(
            f"The database cannot be reached. Check DATABASE_URL, or run: reclaim doctor\n{error}"
        ) from error
    if newer:
        raise click.ClickException(
            f"A newer Reclaim, or one before the first release, has been at work here ({newer[0]}). Install that one"
            " again, or bring back the backup from before it. Nothing was changed."
        )
    return len(lacking)


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
