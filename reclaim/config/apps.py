"""The app of this room: folders that must be there, and checks of the settings."""

from contextlib import suppress

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """How an installation is put together."""

    name = "reclaim.config"
    label = "config"

    def ready(self) -> None:
        """Make the folders, for their owner only; `reclaim doctor` tells of those that cannot be made."""
        from django.conf import settings  # noqa: PLC0415  settings are loaded now

        from reclaim.config import checks  # noqa: F401, PLC0415  registers them

        for folder in (settings.DATA, settings.FILES, settings.LAKE, settings.INCOMING):
            with suppress(OSError):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
