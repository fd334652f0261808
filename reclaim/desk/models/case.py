"""The work: one case for each claim that a payer denied, from the denial until the money comes or somebody ends it."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from reclaim.people.models import Organization
from reclaim.record.models import Adjudication, Payer
from reclaim.record.money import MoneyField


class State(models.TextChoices):
    """Where a case stands; `rules.settling` says how answers move it."""

    OPEN = "open", "Open"
    RECOVERED = "recovered", "Recovered"  # paid after all
    RECOVERED_IN_PART = "recovered_in_part", "Recovered in part"  # some money came, nothing is denied any more
    PATIENT = "patient", "Moved to the patient"  # the payer's later answer puts the rest on the patient
    CLOSED = "closed", "Closed"  # a later answer says that nothing was due


class Case(models.Model):
    """A denied claim of one payer, over all answers to it. Everything but owner and snooze follows from the record."""

    organization = models.ForeignKey(Organization, models.PROTECT, db_index=False)
    payer = models.ForeignKey(Payer, models.PROTECT, related_name="cases", db_index=False)
    key = models.CharField(max_length=140)  # Adjudication.key
    first = models.ForeignKey(Adjudication, models.CASCADE, related_name="+", db_index=False)  # the first that denied
    denial = models.ForeignKey(Adjudication, models.CASCADE, related_name="+", db_index=False)  # the latest that denied
    latest = models.ForeignKey(Adjudication, models.CASCADE, related_name="+", db_index=False)
    answers = models.IntegerField()  # adjudications so far
    redenied = models.BooleanField(default=False)  # denied again after another answer
    state = models.CharField(max_length=20, choices=State.choices)
    kind = models.CharField(max_length=30)  # of `denial`: denied, denied_in_part, silent, takeback
    control_number = models.CharField(max_length=60)
    patient = models.CharField(max_length=160)  # "DOE, JANE"; masked in lists
    line_of_business = models.CharField(max_length=20)
    service_from = models.DateField(null=True)
    type = models.CharField(max_length=20)  # technical | clinical | administrative
    cause = models.CharField(max_length=40)
    department = models.CharField(max_length=40)
    preventable = models.CharField(max_length=10)
    codes = models.CharField(max_length=200)  # "CO-197 M62", as shown
    action = models.CharField(max_length=40)  # of the next step
    deadline = models.DateField(null=True)  # the earliest
    deadline_kind = models.CharField(max_length=30, blank=True)
    charge = MoneyField()
    denied = MoneyField()  # of `denial`
    recovered = MoneyField(default=0)  # paid after the first denial, net of what was taken back
    expected = MoneyField()  # what working it is expected to bring
    score = MoneyField()  # orders the queue
    opened = models.DateField(null=True)  # notice date of the first denial
    resolved = models.DateField(null=True)  # date of the answer that ended it
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="cases")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["organization", "key"], name="one_case_per_claim")]
        indexes: ClassVar = [
            models.Index(fields=["organization", "state", "-score", "-id"], name="case_by_score"),
            models.Index(fields=["organization", "state", "deadline", "id"], name="case_by_deadline"),
            models.Index(fields=["organization", "state", "-denied", "-id"], name="case_by_denied"),
            models.Index(fields=["organization", "state", "opened", "id"], name="case_by_opened"),
            models.Index(fields=["organization", "state", "type", "-score"], name="case_by_type"),
            models.Index(fields=["organization", "state", "payer", "-score"], name="case_by_payer"),
            models.Index(fields=["organization", "state", "cause", "-score"], name="case_by_cause"),
            models.Index(fields=["organization", "state", "service_from", "id"], name="case_by_service"),
            models.Index(fields=["organization", "state", "-expected", "-id"], name="case_by_expected"),
            models.Index(fields=["organization", "state", "patient", "id"], name="case_by_patient"),
            models.Index(fields=["organization", "-score", "-id"], name="case_of_any_state"),
            models.Index(fields=["organization", "control_number"], name="case_by_number"),
            models.Index(fields=["organization", "opened", "type"], name="case_by_month"),
            models.Index(fields=["organization", "resolved"], name="case_by_resolved"),
        ]

    def __str__(self) -> str:
        return f"case {self.pk}"
