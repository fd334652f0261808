"""What payers are asked about claims that nobody has answered (276), and what they said (277)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from reclaim.desk.models.sending import Batch
from reclaim.desk.models.work import Done
from reclaim.record.models import Acknowledgement, Claim


class StatusRequest(Done):
    """One question about one claim, on its way to the payer and back."""

    class Stage(models.TextChoices):
        """How far it has come."""

        READY = "ready", "Ready to send"
        BATCHED = "batched", "In a batch"
        SENT = "sent", "Sent"
        ANSWERED = "answered", "Answered"

    claim = models.ForeignKey(Claim, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False)
    trace = models.CharField(max_length=60)  # TRN02, which the answer gives back: our number of the claim (CLM01)
    stage = models.CharField(max_length=10, choices=Stage.choices, default=Stage.READY)
    batch = models.ForeignKey(Batch, models.PROTECT, null=True, related_name="requests")
    answer = models.ForeignKey(
        Acknowledgement, models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False
    )
    answered_on = models.DateField(null=True)
    codes = models.CharField(max_length=200, blank=True)  # of the answer: "P1:20"

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["case"], name="one_open_request_per_case", condition=Q(stage__in=["ready", "batched"])
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["organization", "stage", "id"], name="request_by_stage"),
            models.Index(fields=["organization", "trace"], name="request_by_trace"),
        ]

    def __str__(self) -> str:
        return f"status request {self.pk}"
