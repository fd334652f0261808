"""The app of this room."""

from django.apps import AppConfig


class InsightConfig(AppConfig):
    """Insight."""

    name = "reclaim.insight"
    label = "insight"
    default_auto_field = "django.db.models.BigAutoField"
