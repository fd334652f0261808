"""The app of this room: guards of the events, and what is written down when people come and go."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """People."""

    name = "reclaim.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the guards."""
        from allauth.mfa.signals import authenticator_added, authenticator_removed  # noqa: PLC0415  models are loaded now
        from django.contrib.auth.signals import user_logged_in, user_logged_out  # noqa: PLC0415
        from django.db.models.signals import pre_delete, pre_save  # noqa: PLC0415

        from reclaim.people import events, visits  # noqa: PLC0415
        from reclaim.people.models import Event  # noqa: PLC0415

        pre_save.connect(events.refuse_change, sender=Event, dispatch_uid="events_are_not_changed")
        pre_delete.connect(events.refuse_change, sender=Event, dispatch_uid="events_are_not_removed")
        user_logged_in.connect(visits.came, dispatch_uid="signed_in")
        user_logged_out.connect(visits.left, dispatch_uid="signed_out")
        authenticator_added.connect(visits.added_factor, dispatch_uid="added_factor")
        authenticator_removed.connect(visits.removed_factor, dispatch_uid="removed_factor")
