"""Django made ready inside a command, and only there: `reclaim read` never imports it."""

import os

SETTINGS = "reclaim.config.settings"


def django() -> None:
    """Make Django ready: settings from the environment, models loaded.

    Raises:
        EnvironmentVariableError: a variable cannot be read; the message names it and the remedy.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    from django import setup  # noqa: PLC0415  costs half a second, which only commands of the site pay

    setup()
