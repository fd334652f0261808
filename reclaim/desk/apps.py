"""The app of this room."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """The desk."""

    name = "reclaim.desk"
    label = "desk"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have every action known to `acting.ACTIONS`."""
        from reclaim.desk import asking  # noqa: F401, PLC0415  models are there only now
