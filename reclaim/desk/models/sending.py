"""Claims on their way out: what is corrected on them, in which interchange they go, and to whom."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from reclaim.desk.models.case import Case
from reclaim.people.models import Organization
from reclaim.record.connections.models import Connection, Outgoing
from reclaim.record.models import Claim, File
from reclaim.record.money import MoneyField


class Receiver(models.Model):
    """Who takes our claims, a clearinghouse or a payer, and under which names: as the claims before went there."""

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="receivers", db_index=False)
    name = models.CharField(max_length=80)  # as people know it
    sender_qualifier = models.CharField(max_length=2)  # ISA05
    sender = models.CharField(max_length=15)  # ISA06
    receiver_qualifier = models.CharField(max_length=2)  # ISA07
    receiver = models.CharField(max_length=15)  # ISA08
    group_sender = models.CharField(max_length=15)  # GS02
    group_receiver = models.CharField(max_length=15)  # GS03
    production = models.BooleanField()  # False: everything goes as a test
    connection = models.ForeignKey(Connection, models.SET_NULL, null=True, blank=True, related_name="receivers")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=[
                    *("organization", "sender_qualifier", "sender", "receiver_qualifier", "receiver"),
                    *("group_sender", "group_receiver"),
                ],
                name="each_receiver_once",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Control(models.Model):
    """The number that the next interchange of an organization gets (ISA13): none is ever given twice."""

    organization = models.OneToOneField(Organization, models.PROTECT, related_name="+")
    next = models.IntegerField()

    def __str__(self) -> str:
        return str(self.next)


class Batch(models.Model):
    """One interchange on its way out; see `desk.sending` for how it comes about."""

    class Kind(models.TextChoices):
        """What stands in it."""

        PROFESSIONAL = "837P", "Professional claims"
        INSTITUTIONAL = "837I", "Institutional claims"
        DENTAL = "837D", "Dental claims"
        INQUIRY = "276", "Status requests"

    class Stage(models.TextChoices):
        """How far it has come."""

        BUILDING = "building", "Being written"
        WRITTEN = "written", "Ready to send"  # judged, and its bytes are kept
        SENT = "sent", "Sent"
        ACKNOWLEDGED = "acknowledged", "Accepted"  # by TA1 or 999
        REJECTED = "rejected", "Rejected"
        DISBANDED = "disbanded", "Taken apart"  # it never left: its claims are ready again, or nothing was left

    organization = models.ForeignKey(Organization, models.PROTECT, db_index=False)
    receiver = models.ForeignKey(Receiver, models.PROTECT, related_name="batches")
    kind = models.CharField(max_length=4, choices=Kind.choices)
    production = models.BooleanField()
    control = models.IntegerField()  # ISA13 and GS06
    stage = models.CharField(max_length=12, choices=Stage.choices, default=Stage.BUILDING)
    held = models.BooleanField(default=False)  # it does not leave until somebody releases it
    count = models.IntegerField(default=0)  # claims or requests in it
    taken_out = models.IntegerField(default=0)  # by the judge: the reason stands with each
    charge = MoneyField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)  # of its bytes, in the store as soon as it is written
    size = models.BigIntegerField(default=0)
    outgoing = models.ForeignKey(Outgoing, models.PROTECT, null=True, related_name="+")  # its way through a connection
    file = models.ForeignKey(File, models.PROTECT, null=True, related_name="+")  # in the record as soon as it is sent
    trouble = models.CharField(max_length=300, blank=True)  # why it cannot go on, in words
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")  # None: a job
    made_at = models.DateTimeField()  # as ISA09, ISA10 and BHT04 say it
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "control"], name="each_interchange_number_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["organization", "stage", "-id"], name="batch_by_stage"),
            models.Index(fields=["organization", "-id"], name="batch_by_age"),
            models.Index(
                fields=["stage", "id"], name="batch_that_waits", condition=Q(stage__in=["building", "written"])
            ),
        ]

    def __str__(self) -> str:
        return f"batch {self.control}"


class Correction(models.Model):
    """A claim that is corrected and sent again. The original stays as it was; every version of this is kept."""

    class Way(models.TextChoices):
        """How it goes; see `rules.resubmission`."""

        REPLACE = "replace", "Replacement"
        VOID = "void", "Void"
        NEW = "new", "New claim"
        REOPEN = "reopen", "Reopening"

    class Stage(models.TextChoices):
        """How far it has come."""

        DRAFT = "draft", "In correction"
        APPROVAL = "approval", "Waiting for a second look"
        READY = "ready", "Ready to send"
        HELD = "held", "Held"
        BATCHED = "batched", "In a batch"
        SENT = "sent", "Sent"
        ACKNOWLEDGED = "acknowledged", "Accepted by the payer"
        REJECTED = "rejected", "Rejected"
        ANSWERED = "answered", "Answered"
        WITHDRAWN = "withdrawn", "Withdrawn"

    # A case or a claim may be forgotten with the file it came from; what was sent stays.
    organization = models.ForeignKey(Organization, models.PROTECT, db_index=False)
    case = models.ForeignKey(Case, models.SET_NULL, null=True, blank=True, related_name="corrections")
    claim = models.ForeignKey(Claim, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False)
    receiver = models.ForeignKey(Receiver, models.PROTECT, related_name="corrections")
    kind = models.CharField(max_length=4)  # 837P, 837I, 837D
    control_number = models.CharField(max_length=60)  # CLM01
    charge = MoneyField()  # of the claim as corrected
    way = models.CharField(max_length=10, choices=Way.choices)
    reason = models.CharField(max_length=400)  # why so: what the rules say, or the person who chose otherwise
    rule = models.CharField(max_length=60, blank=True)  # that said so; "": a person
    payer_control_number = models.CharField(max_length=60, blank=True)  # of the claim to replace, void or reopen
    conditions = models.CharField(max_length=60, blank=True)  # codes to add on institutional claims: "D1 D9"
    number = models.IntegerField(default=1)  # of the newest Version
    edits = models.JSONField(default=list)  # of the newest Version
    found = models.JSONField(default=list)  # by the edits (`rules.edits`), of the newest Version
    version = models.IntegerField(default=1)  # counts up with every change: who saw an older one changes nothing
    stage = models.CharField(max_length=12, choices=Stage.choices, default=Stage.DRAFT)
    trouble = models.CharField(max_length=300, blank=True)  # why it came back: from a second look, or out of a batch
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    ready_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    batch = models.ForeignKey(Batch, models.PROTECT, null=True, related_name="corrections")
    position = models.IntegerField(null=True)  # among the claims of its batch, from 0, in the order of the file
    result = models.ForeignKey(  # the claim that was sent
        Claim, models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "claim"],
                name="one_open_correction_per_claim",
                condition=Q(stage__in=["draft", "approval", "ready", "held", "batched"]),
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["organization", "stage", "-id"], name="correction_by_stage"),
            models.Index(fields=["organization", "claim"], name="correction_by_claim"),
            models.Index(fields=["result"], name="correction_by_result", condition=Q(result__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"correction {self.pk}"


class Version(models.Model):
    """A correction as it once was."""

    organization = models.ForeignKey(Organization, models.PROTECT, db_index=False)
    correction = models.ForeignKey(Correction, models.CASCADE, related_name="versions", db_index=False)
    number = models.IntegerField()  # from 1
    way = models.CharField(max_length=10, choices=Correction.Way.choices)
    payer_control_number = models.CharField(max_length=60, blank=True)
    conditions = models.CharField(max_length=60, blank=True)
    edits = models.JSONField(default=list)
    what = models.CharField(max_length=60)  # that made it: "changed 2310B NM1*82 09"; never a value
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["correction", "number"], name="each_version_once")]

    def __str__(self) -> str:
        return f"version {self.number}"
