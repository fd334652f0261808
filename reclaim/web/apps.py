"""The app of this room."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The site."""

    name = "reclaim.web"
    label = "web"
    default_auto_field = "django.db.models.BigAutoField"
