"""Files as they came in."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from reclaim.people.models import Organization
from reclaim.record.money import MoneyField


class FileState(models.TextChoices):
    """How far a file has come."""

    RECEIVED = "received", "Waiting"  # its bytes are kept, nothing is read yet
    READING = "reading", "Being read"
    READ = "read", "Read"
    REFUSED = "refused", "Refused"  # nothing of it could be read; the bytes are kept


class File(models.Model):
    """One inbound file: its bytes are kept under its SHA-256 (`record.files`). One row per organization and content."""

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="files")
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=255)  # as it came the first time, path of an archive with it
    size = models.BigIntegerField()  # bytes
    kind = models.CharField(max_length=60, blank=True)  # "835", or "835, 999"; "" when it is no X12
    state = models.CharField(max_length=10, choices=FileState.choices, default=FileState.RECEIVED)
    origin = models.CharField(max_length=20)  # upload | command | folder | connection | demo
    received_at = models.DateTimeField()
    received_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    progress = models.BigIntegerField(default=0)  # bytes read so far; while it is being read: see reception.progress
    times = models.IntegerField(default=1)  # how often the same bytes came
    interchanges = models.IntegerField(default=0)
    transactions = models.IntegerField(default=0)
    claims = models.IntegerField(default=0)  # new ones: those of remittances read before are not counted
    charge = MoneyField(default=0)
    paid = MoneyField(default=0)
    denied_claims = models.IntegerField(default=0)
    denied = MoneyField(default=0)
    sent_claims = models.IntegerField(default=0, db_default=0)  # of 837s: new ones, as above
    sent_charge = MoneyField(default=0, db_default=0)
    acknowledged = models.IntegerField(
        default=0, db_default=0
    )  # answers of 999, TA1, 277CA and 277 that are no refusal
    rejected = models.IntegerField(default=0, db_default=0)  # and those that are
    balanced = models.BooleanField(default=True)
    findings = models.JSONField(default=list)  # as in docs/read.schema.json; never patient data

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "sha256"], name="one_file_per_content")
        ]
        indexes: ClassVar = [
            models.Index(fields=["organization", "-received_at"], name="file_by_arrival"),
            models.Index(fields=["state", "id"], name="file_by_state"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def beside(self) -> str:
        """What it held beside remittances, in words: "120 claims sent, $9,800.00; 5 acknowledged, 1 rejected"."""
        sent = f"{self.sent_claims:,} claim{'' if self.sent_claims == 1 else 's'} sent, ${self.sent_charge:,.2f}"
        said = f"{self.acknowledged:,} acknowledged, {self.rejected:,} rejected"
        return "; ".join(
            text for text, there in ((sent, self.sent_claims), (said, self.acknowledged or self.rejected)) if there
        )


class Interchange(models.Model):
    """One ISA of a file: the same number from the same sender again is said."""

    file = models.ForeignKey(File, models.CASCADE, related_name="interchange_rows")
    organization = models.ForeignKey(Organization, models.PROTECT, db_index=False)
    sender = models.CharField(max_length=40)
    receiver = models.CharField(max_length=40)
    control_number = models.CharField(max_length=20)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["organization", "sender", "control_number"], name="interchange_by_number")
        ]

    def __str__(self) -> str:
        return self.control_number
