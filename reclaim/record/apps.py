"""The app of this room."""

from django.apps import AppConfig


class RecordConfig(AppConfig):
    """The record."""

    name = "reclaim.record"
    label = "record"
    default_auto_field = "django.db.models.BigAutoField"
