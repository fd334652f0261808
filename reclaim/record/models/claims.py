"""What was sent, and what became of it on the way: claims, acknowledgements, and answers whose claim is not known."""

from typing import ClassVar

from django.db import models

from reclaim.people.models import Organization
from reclaim.record.models.answers import Adjudication
from reclaim.record.models.files import File
from reclaim.record.money import MoneyField
from reclaim.rules.verdicts import Said


class Standing(models.TextChoices):
    """How far a claim has come."""

    SENT = "sent", "Sent"  # nobody has said that it arrived
    RECEIVED = "received", "Received"  # its file was taken: 999 or TA1
    ACCEPTED = "accepted", "Accepted"  # it was taken in: 277CA
    REJECTED = "rejected", "Rejected"  # it never got in: 999, TA1 or 277CA
    ANSWERED = "answered", "Answered"  # the payer decided: 835


class Verdict(models.TextChoices):
    """What an acknowledgement or a claim status says."""

    ACCEPTED = Said.ACCEPTED, "Accepted"
    WITH_ERRORS = Said.WITH_ERRORS, "Accepted with errors"
    REJECTED = Said.REJECTED, "Rejected"
    FORWARDED = Said.FORWARDED, "Forwarded"
    PENDING = Said.PENDING, "Pending"
    INFORMATION = Said.INFORMATION, "Information requested"
    PAID = Said.PAID, "Paid"
    DENIED = Said.DENIED, "Denied"
    NOT_FOUND = Said.NOT_FOUND, "Not found"
    UNKNOWN = Said.UNKNOWN, "Unknown"  # a code that Reclaim does not know


class ClaimBatch(models.Model):
    """One ST of an 837. The same one in another file is not stored again."""

    organization = models.ForeignKey(Organization, models.PROTECT, db_index=False)
    file = models.ForeignKey(File, models.CASCADE, related_name="claim_batches", db_index=False)
    transaction = models.IntegerField()  # ordinal of the ST in the file, from 1
    position = models.BigIntegerField()  # segment number of the ST in the file
    kind = models.CharField(max_length=4)  # 837P | 837I | 837D
    version = models.CharField(max_length=20)  # ST03, else GS08
    separators = models.CharField(max_length=8)  # of its interchange: element, component, segment, repetition
    sender = models.CharField(max_length=40)  # ISA06
    interchange = models.CharField(max_length=20)  # ISA13
    group = models.CharField(max_length=20)  # GS06
    control_number = models.CharField(max_length=20)  # ST02
    reference = models.CharField(max_length=60)  # BHT03
    sent_on = models.DateField(null=True)  # BHT04, else GS04
    test = models.BooleanField()  # ISA15
    claims = models.IntegerField()
    charge = MoneyField()
    header_start = models.BigIntegerField()  # bytes from ST to before the first HL, in the file
    header_end = models.BigIntegerField()
    received_on = models.DateField(null=True)  # day of the first 999 or TA1 that took it
    rejected_on = models.DateField(null=True)  # day of the last that refused it

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["file", "transaction"], name="batch_by_file"),
            models.Index(fields=["organization", "reference"], name="batch_by_reference"),
            models.Index(fields=["organization", "interchange"], name="batch_by_interchange"),
            models.Index(fields=["organization", "group", "control_number"], name="batch_by_group"),
        ]

    def __str__(self) -> str:
        return self.reference


class Claim(models.Model):
    """One CLM: a claim as it was sent, and where it stands. A replacement or void is a row of its own."""

    # As those of Adjudication: written with what they name, by the intake alone
    organization = models.ForeignKey(Organization, models.PROTECT, db_index=False, db_constraint=False)
    batch = models.ForeignKey(
        ClaimBatch, models.CASCADE, related_name="claim_rows", db_index=False, db_constraint=False
    )
    file = models.ForeignKey(File, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    kind = models.CharField(max_length=4)  # 837P | 837I | 837D
    position = models.BigIntegerField()  # segment number of the CLM in the file
    control_number = models.CharField(max_length=60)  # CLM01
    number = models.CharField(max_length=60)  # the same, folded: rules.matching.folded
    line_number = models.CharField(max_length=60)  # REF*6R of the first line
    payer_key = models.CharField(max_length=80)  # NM109 of the payer, else its name
    payer_name = models.CharField(max_length=120)
    filing_indicator = models.CharField(max_length=4)  # SBR09
    responsibility = models.CharField(max_length=2)  # SBR01: P | S | T ...
    frequency = models.CharField(max_length=2)  # CLM05-3
    payer_control_number = models.CharField(max_length=60)  # REF*F8: what it replaces or voids
    charge = MoneyField(null=True)
    service_from = models.DateField(null=True)
    service_to = models.DateField(null=True)
    member_id = models.CharField(max_length=80)  # NM109 of the subscriber
    patient = models.CharField(max_length=160)  # "DOE, JANE"
    billing_npi = models.CharField(max_length=10)
    rendering_npi = models.CharField(max_length=10)  # 2310B, else of the first line that names one, else ""
    procedure = models.CharField(max_length=48)  # of the line with the highest charge: siblings are found by it
    procedures = models.CharField(max_length=400)  # of all lines, with modifiers: "99213:25 36415"
    sent_on = models.DateField(null=True)  # as its batch
    test = models.BooleanField()
    original = models.ForeignKey(
        "self", models.SET_NULL, null=True, related_name="versions", db_index=False, db_constraint=False
    )  # the first of its chain; null: it is itself the first
    start = models.BigIntegerField()  # bytes in the file: CLM to before the next CLM, HL or SE
    end = models.BigIntegerField()
    billing_start = models.BigIntegerField()
    billing_end = models.BigIntegerField()
    subscriber_start = models.BigIntegerField()
    subscriber_end = models.BigIntegerField()
    patient_start = models.BigIntegerField(null=True)  # null: the subscriber is the patient
    patient_end = models.BigIntegerField(null=True)
    standing = models.CharField(max_length=10, choices=Standing.choices, db_default=Standing.SENT)
    received_on = models.DateField(null=True)  # day of the first 999 or TA1 that took its file
    accepted_on = models.DateField(null=True)  # day of the first 277CA that took it in: proof of timely filing
    rejected_on = models.DateField(null=True)  # day of the last refusal
    answered_on = models.DateField(null=True)  # day of the first 835
    given_number = models.CharField(max_length=60, db_default="")  # the payer's control number, as 277CA and 277 tell

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["batch", "position"], name="claim_by_batch"),
            models.Index(fields=["organization", "number"], name="claim_by_number"),
            models.Index(fields=["organization", "charge", "service_from"], name="claim_by_charge"),
            models.Index(fields=["organization", "member_id"], name="claim_by_member"),
            models.Index(fields=["organization", "procedure", "payer_key"], name="claim_by_procedure"),
            models.Index(fields=["organization", "standing", "-id"], name="claim_by_standing"),
            models.Index(fields=["organization", "payer_key", "standing", "-id"], name="claim_by_payer"),
            models.Index(fields=["organization", "patient"], name="claim_by_patient"),
            models.Index(
                fields=["organization", "given_number"],
                name="claim_by_given_number",
                condition=~models.Q(given_number=""),
            ),
            models.Index(
                fields=["organization", "payer_control_number"],
                name="claim_by_replaced_number",
                condition=~models.Q(payer_control_number=""),
            ),
            models.Index(fields=["original"], name="claim_by_original", condition=models.Q(original__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"claim {self.pk}"


class Acknowledgement(models.Model):
    """What was said of an interchange (TA1), a transaction (999) or a claim (277CA, 277) before it was decided."""

    organization = models.ForeignKey(Organization, models.PROTECT, db_index=False, db_constraint=False)
    file = models.ForeignKey(File, models.CASCADE, related_name="acknowledgements", db_constraint=False)
    kind = models.CharField(max_length=5)  # TA1 | 999 | 277CA | 277
    position = models.BigIntegerField()  # segment number in the file: of TA1, AK2, IK3, or the claim's TRN
    interchange = models.CharField(max_length=20, db_default="")  # ISA13 that is answered: TA1
    group = models.CharField(max_length=20, db_default="")  # GS06 that is answered: 999
    transaction_set = models.CharField(max_length=20, db_default="")  # ST02: 999
    reference = models.CharField(max_length=60, db_default="")  # BHT03: 277CA
    batch = models.CharField(max_length=60, db_default="")  # BHT03 of the batch that the claim came in: 277CA
    claim = models.ForeignKey(
        Claim, models.SET_NULL, null=True, related_name="acknowledgements", db_index=False, db_constraint=False
    )  # null: a whole batch, or none is known
    matched = models.CharField(max_length=12, db_default="")  # as Adjudication.matched
    control_number = models.CharField(max_length=60, db_default="")  # CLM01 as returned
    number = models.CharField(max_length=60, db_default="")  # the same, folded
    payer_control_number = models.CharField(max_length=60, db_default="")  # REF*1K
    charge = MoneyField(null=True)
    service_from = models.DateField(null=True)
    patient = models.CharField(max_length=160, db_default="")
    verdict = models.CharField(max_length=22, choices=Verdict.choices)
    day = models.DateField(null=True)
    codes = models.CharField(max_length=200, db_default="")  # "A7:562:85"
    loop = models.CharField(max_length=8, db_default="")  # IK303: where in the claim, when told
    segment = models.CharField(max_length=4, db_default="")  # IK301
    segment_at = models.IntegerField(null=True)  # IK302: counts from the ST, which is 1
    element = models.IntegerField(null=True)  # IK401-1
    element_code = models.CharField(max_length=4, db_default="")  # IK403
    start = models.BigIntegerField()  # bytes in the file
    end = models.BigIntegerField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["claim"], name="ack_by_claim", condition=models.Q(claim__isnull=False)),
            models.Index(fields=["organization", "number"], name="ack_by_number", condition=~models.Q(number="")),
            models.Index(
                fields=["organization", "interchange"],
                name="ack_by_interchange",
                condition=~models.Q(interchange=""),
            ),
            models.Index(fields=["organization", "group"], name="ack_by_group", condition=~models.Q(group="")),
            models.Index(
                fields=["organization", "reference"], name="ack_by_reference", condition=~models.Q(reference="")
            ),
        ]

    def __str__(self) -> str:
        return f"acknowledgement {self.pk}"


class Doubt(models.TextChoices):
    """How sure it is which claim an answer is about."""

    UNMATCHED = "unmatched", "No claim fits"
    AMBIGUOUS = "ambiguous", "Several claims fit"  # a person decides
    LIKELY = "likely", "Matched by an altered number, or by patient, date and charge"


class Uncertain(models.Model):
    """An adjudication whose claim is not known for certain: tried again whenever claims come that may be it.

    Only in an organization that has claims.
    """

    organization = models.ForeignKey(Organization, models.PROTECT, db_index=False, db_constraint=False)
    adjudication = models.OneToOneField(Adjudication, models.CASCADE, related_name="uncertain", db_constraint=False)
    doubt = models.CharField(max_length=10, choices=Doubt.choices)
    number = models.CharField(max_length=60)  # its control number, folded
    charge = MoneyField(null=True)
    day = models.DateField(null=True)  # of the adjudication
    read = models.BooleanField(db_default=False)  # whether what follows was read from its bytes
    service_from = models.DateField(null=True)
    patient = models.CharField(max_length=160, db_default="")
    line_number = models.CharField(max_length=60, db_default="")  # REF*6R of its first line

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["organization", "number"], name="uncertain_by_number"),
            models.Index(fields=["organization", "charge", "service_from"], name="uncertain_by_charge"),
            models.Index(fields=["organization", "doubt", "-id"], name="uncertain_by_doubt"),
        ]

    def __str__(self) -> str:
        return f"uncertain {self.pk}"
