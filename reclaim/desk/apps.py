"""The app of this room."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """The desk."""

    name = "reclaim.desk"
    label = "desk"
    default_auto_field = "django.db.models.BigAutoField"
