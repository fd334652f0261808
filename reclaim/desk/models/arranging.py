"""How work is arranged: views that people keep, rules that say who gets which case, and what people are told."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from reclaim.desk.models.case import Case
from reclaim.people.models import Organization, Team


class SavedView(models.Model):
    """A question to the queue under a name: somebody's own, or everybody's."""

    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="views")
    name = models.CharField(max_length=60)
    address = models.CharField(max_length=500)  # as desk.queue.Ask.address answers: never a name of a patient
    columns = models.JSONField(default=list)  # names of columns, in order; none: the usual
    shared = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "by", "name"], name="one_view_per_name")
        ]

    def __str__(self) -> str:
        return self.name


class AssignmentRule(models.Model):
    """Which new cases go to whom; the first rule that fits decides."""

    class Share(models.TextChoices):
        """Among several people, who."""

        LOAD = "load", "Whoever has the fewest open cases"
        ALPHABET = "alphabet", "By the first letter of the patient's last name"
        TEAM = "team", "The team's queue, nobody in it"

    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False)
    place = models.IntegerField()  # in the order of the rules, from 1
    name = models.CharField(max_length=80)
    conditions = models.JSONField(default=dict)  # see desk.assigning
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="+")
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+", blank=True)
    share = models.CharField(max_length=10, choices=Share.choices, default=Share.LOAD)
    active = models.BooleanField(default=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organization", "place"], name="rule_by_place")]

    def __str__(self) -> str:
        return self.name


class Alert(models.Model):
    """Something that one person is told, in the page and by mail: no patient data, a case is named by its address."""

    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, related_name="alerts")
    case = models.ForeignKey(Case, models.CASCADE, null=True, blank=True, related_name="alerts")
    sort = models.CharField(max_length=30)  # desk.alerts.SORTS
    key = models.CharField(max_length=80)  # the same thing is told once: "due:17:7:2026-12-01"
    text = models.CharField(max_length=200)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["organization", "user", "key"], name="told_once")]
        indexes: ClassVar = [models.Index(fields=["organization", "user", "read_at", "-at"], name="alert_by_person")]

    def __str__(self) -> str:
        return self.text


class AlertChoice(models.Model):
    """What one person wants to be told, how and when; see desk.alerts."""

    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="alert_choices")
    sorts = models.JSONField(default=list)  # those that are not wanted
    digest = models.BooleanField(default=True)  # a daily mail
    mailed_on = models.DateField(null=True)  # the day of the last
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_to = models.TimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["organization", "user"], name="one_alert_choice_each")]

    def __str__(self) -> str:
        return f"choices of {self.user}"


class Webhook(models.Model):
    """An address that is told of events: names of events and addresses of cases, nothing of patients."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="webhooks")
    url = models.URLField(max_length=300)
    secret = models.TextField()  # sealed, see people.sealing
    verbs = models.JSONField(default=list)  # of the events that are wanted; none: all
    active = models.BooleanField(default=True)
    made_at = models.DateTimeField(auto_now_add=True)
    after = models.BigIntegerField(db_default=0)  # id of the last event that was looked at for it
    failures = models.IntegerField(db_default=0)  # tries in a row that failed

    def __str__(self) -> str:
        return self.url


class Delivery(models.Model):
    """One event on its way to a webhook."""

    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False)
    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    event = models.BigIntegerField()  # id of the event
    tries = models.IntegerField(default=0)
    due_at = models.DateTimeField(null=True)  # None: delivered, or given up
    made_at = models.DateTimeField(db_default=Now())
    status = models.IntegerField(null=True)  # of the last answer; None: none came
    trouble = models.CharField(max_length=200, blank=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["webhook", "event"], name="each_event_once")]
        indexes: ClassVar = [models.Index(fields=["webhook", "due_at"], name="delivery_by_due")]

    def __str__(self) -> str:
        return f"event {self.event} to {self.webhook}"
