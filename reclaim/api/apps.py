"""The app of this room."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The REST API."""

    name = "reclaim.api"
    label = "api"
    default_auto_field = "django.db.models.BigAutoField"
