"""The work: one case for each claim that a payer denied, from the denial until the money comes or somebody ends it.

Claims that were turned back before a payer decided, or that nobody has answered, have cases of their own kinds: they
are worked on the same desk and counted apart.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from reclaim.people.models import Location, Organization, Team
from reclaim.record.models import Adjudication, Claim, Payer
from reclaim.record.money import MoneyField

REJECTED, NO_ANSWER = "rejected", "no_answer"
"""Kinds of cases whose claim no payer has decided: turned back by TA1, 999 or 277CA, and without any answer in time."""
APART = (REJECTED, NO_ANSWER)


class State(models.TextChoices):
    """Where a case stands. Open until money or a person says otherwise (domain page, Money and outcomes)."""

    # The first five are those of `rules.settling`, which knows what answers come to, but neither people nor Django.
    OPEN = "open", "Open"
    RECOVERED = "recovered", "Recovered"  # paid after all
    RECOVERED_IN_PART = "recovered_in_part", "Recovered in part"  # some money came, nothing is denied any more
    PATIENT = "patient", "Moved to the patient"  # by a later answer of the payer, or by a person
    CLOSED = "closed", "Nothing was due"  # a later answer says so
    ANSWERED = "answered", "Accepted or answered"  # a claim that had been rejected, or had no answer (`APART`)
    # What people decide; a later answer of the payer opens the case again.
    OTHER_PAYER = "other_payer", "Moved to another payer"
    WRITTEN_OFF = "written_off", "Written off"
    UPHELD = "upheld", "Upheld"  # the payer stood by it, and nobody goes further
    WITHDRAWN = "withdrawn", "Withdrawn"
    NOT_A_DENIAL = "not_a_denial", "Not a denial"


class Stage(models.TextChoices):
    """How far the work on an open case has come."""

    NEW = "new", "New"  # nobody has worked it
    WORKING = "working", "In work"
    WAITING = "waiting", "Waiting"  # snoozed, or for somebody's answer
    SENT = "sent", "Sent"  # corrected claim, records or appeal are with the payer
    APPROVAL = "approval", "Waiting for approval"  # a write-off above the limit


class Waiting(models.TextChoices):
    """For whom a case waits."""

    NOBODY = "", "Nobody"
    DATE = "date", "A day"
    ANSWER = "answer", "The payer's next answer"
    PAYER = "payer", "The payer"
    PATIENT = "patient", "The patient"
    PROVIDER = "provider", "The provider"
    COLLEAGUE = "colleague", "A colleague"


class Case(models.Model):
    """A denied claim of one payer, over all answers to it: first what follows from the record, then what people did.

    A case of a kind `APART` has a claim in place of answers; what is at stake, its charge, stands as denied.
    """

    # `desk.settlement` alone writes what names the record, and answers with their cases (`settlement.follow`): a check
    # of each row by the database costs and adds nothing. What people set (owner, team, location) is checked.
    organization = models.ForeignKey(Organization, models.PROTECT, db_index=False, db_constraint=False)
    payer = models.ForeignKey(Payer, models.PROTECT, related_name="cases", db_index=False, db_constraint=False)
    key = models.CharField(max_length=140)  # Adjudication.key; of a kind `APART` its own (desk.following)
    first = models.ForeignKey(  # the first that denied; None, with the next two: no payer has decided
        Adjudication, models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False
    )
    denial = models.ForeignKey(  # the latest that denied
        Adjudication, models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False
    )
    latest = models.ForeignKey(
        Adjudication, models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False
    )
    claim = models.ForeignKey(  # the latest that was sent, of a kind `APART`; denials name theirs by their answers
        Claim, models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False
    )
    answers = models.IntegerField()  # adjudications so far; of a kind `APART`: rejections, or claim statuses
    redenied = models.BooleanField(default=False)  # denied again after another answer
    state = models.CharField(max_length=20, choices=State.choices)
    kind = models.CharField(max_length=30)  # of `denial`: denied, denied_in_part, silent, takeback; or one of `APART`
    control_number = models.CharField(max_length=60)
    patient = models.CharField(max_length=160)  # "DOE, JANE"; masked in lists
    line_of_business = models.CharField(max_length=20)
    service_from = models.DateField(null=True)
    type = models.CharField(max_length=20)  # technical | clinical | administrative
    cause = models.CharField(max_length=40)
    department = models.CharField(max_length=40)
    preventable = models.CharField(max_length=10)
    codes = models.CharField(
        max_length=200
    )  # "CO-197 M62", as shown; claim status codes of a kind `APART`: "A7:562:85"
    action = models.CharField(max_length=40)  # of the next step
    deadline = models.DateField(null=True)  # the earliest
    deadline_kind = models.CharField(max_length=30, blank=True)
    days = models.TextField(blank=True, db_default="")  # all of them, earliest first: "records:2026-12-01 appeal_1:..."
    charge = MoneyField()
    denied = MoneyField()  # of `denial`
    recovered = MoneyField(default=0)  # paid after the first denial, net of what was taken back
    expected = MoneyField()  # what working it is expected to bring
    score = MoneyField()  # orders the queue
    provider = models.CharField(
        max_length=10, blank=True, db_default=""
    )  # NPI of who rendered it, else of who was paid
    payee = models.CharField(max_length=10, blank=True, db_default="")  # NPI of who was paid
    opened = models.DateField(null=True)  # notice date of the first denial
    resolved = models.DateField(null=True)  # date of the answer that ended it
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="cases", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    # What people made of it (desk.actions); the database fills these in, since cases are loaded in bulk.
    version = models.IntegerField(db_default=1)  # counts up with every change: who saw an older one changes nothing
    stage = models.CharField(max_length=10, choices=Stage.choices, db_default=Stage.NEW)
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="cases", db_index=False)
    location = models.ForeignKey(Location, models.SET_NULL, null=True, blank=True, related_name="cases", db_index=False)
    located = models.BooleanField(db_default=False)  # a person set the location: no rule changes it
    waiting = models.CharField(max_length=10, choices=Waiting.choices, blank=True, db_default="")
    until = models.DateField(null=True)  # when it wakes, or when an answer is promised
    worked_at = models.DateTimeField(null=True)  # when a person last did something
    raised = models.BooleanField(db_default=False)  # by a person, over all others
    overruled = models.CharField(max_length=200, blank=True, db_default="")  # codes whose type or cause a person set
    decided_on = models.BigIntegerField(null=True)  # the answer (Adjudication) that a person's decision followed

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["organization", "key"], name="one_case_per_claim")]
        indexes: ClassVar = [
            models.Index(fields=["organization", "state", "-score", "-id"], name="case_by_score"),
            models.Index(fields=["organization", "state", "deadline", "id", "denied"], name="case_by_deadline"),
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
            models.Index(
                fields=["organization", "resolved"], name="case_by_resolved", condition=Q(resolved__isnull=False)
            ),
            models.Index(fields=["organization", "state", "owner", "-score", "-id"], name="case_by_owner"),
            models.Index(
                fields=["organization", "state", "team", "-score", "-id"],
                name="case_by_team",
                condition=Q(team__isnull=False),
            ),
            models.Index(
                fields=["organization", "state", "location", "-score", "-id"],
                name="case_by_location",
                condition=Q(location__isnull=False),
            ),
            models.Index(fields=["organization", "state", "provider", "-score", "-id"], name="case_by_provider"),
            models.Index(fields=["organization", "state", "stage", "-score", "-id"], name="case_by_stage"),
            models.Index(
                fields=["organization", "state", "worked_at", "id"],
                name="case_by_work",
                condition=Q(worked_at__isnull=False),
            ),
            models.Index(
                fields=["organization", "state", "until"], name="case_by_wake", condition=Q(until__isnull=False)
            ),
            models.Index(fields=["organization", "state", "id"], name="case_by_id"),
            models.Index(
                fields=["organization", "kind", "state", "deadline", "denied"],
                name="case_counted_apart",
                condition=Q(kind__in=["rejected", "no_answer"]),
            ),
        ]

    def __str__(self) -> str:
        return f"case {self.pk}"
