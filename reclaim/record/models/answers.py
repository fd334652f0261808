"""What payers answered: remittances, adjudications and denied lines, each with its place in the bytes that came in."""

from typing import ClassVar

from django.db import models

from reclaim.people.models import Organization
from reclaim.record.models.files import File
from reclaim.record.money import MoneyField


class Payer(models.Model):
    """Who pays, as remittances name it."""

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="payers")
    key = models.CharField(max_length=80)  # its identifier (N1*PR, else TRN03), else its name
    name = models.CharField(max_length=120)
    line_of_business = models.CharField(max_length=20)  # of most of its claims, for people; cases have their own

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["organization", "key"], name="one_payer_per_key")]

    def __str__(self) -> str:
        return self.name


class Remittance(models.Model):
    """One payment with its explanation: one ST of an 835. The same one in another file is not stored again."""

    organization = models.ForeignKey(Organization, models.PROTECT, db_index=False)
    file = models.ForeignKey(File, models.CASCADE, related_name="remittances", db_index=False)
    payer = models.ForeignKey(Payer, models.PROTECT, related_name="remittances")
    transaction = models.IntegerField()  # ordinal of the ST in the file, from 1
    trace_number = models.CharField(max_length=60)
    amount = MoneyField(null=True)  # BPR02
    day = models.DateField(null=True)  # BPR16, else DTM*405: from which clocks run
    claims = models.IntegerField()
    charge = MoneyField()
    payee = models.CharField(max_length=10, db_default="")  # NPI of who was paid
    separators = models.CharField(max_length=8)  # of its interchange: element, component, segment, repetition

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["organization", "trace_number"], name="remittance_by_trace"),
            models.Index(fields=["file", "transaction"], name="remittance_by_file"),
        ]

    def __str__(self) -> str:
        return self.trace_number


class Adjudication(models.Model):
    """One CLP: what a payer said of a claim on a day. All of them, paid or not; paid lines are read again."""

    # Only `record.intake` writes these, in one transaction with what they name: checking each row would add nothing
    organization = models.ForeignKey(Organization, models.PROTECT, db_index=False, db_constraint=False)
    remittance = models.ForeignKey(
        Remittance, models.CASCADE, related_name="adjudications", db_index=False, db_constraint=False
    )
    key = models.CharField(max_length=140)  # which claim of which payer: see rules.reversals.key_of
    control_number = models.CharField(max_length=60)  # CLP01
    payer_control_number = models.CharField(max_length=60)  # CLP07
    status = models.CharField(max_length=4)  # CLP02
    kind = models.CharField(max_length=30)  # rules.facts.Kind
    day = models.DateField(null=True)  # of the remittance
    position = models.BigIntegerField()  # segment number of the CLP in the file: orders answers of one day and file
    charge = MoneyField(null=True)
    paid = MoneyField(null=True)
    patient_responsibility = MoneyField(null=True)
    denied = MoneyField(default=0)
    start = models.BigIntegerField()  # bytes of the claim in the file, CLP first
    end = models.BigIntegerField()
    claim = models.ForeignKey(
        "record.Claim",
        models.SET_NULL,
        null=True,
        related_name="adjudications",
        db_index=False,
        db_constraint=False,
    )  # that it answers; null: none is known, see Uncertain
    matched = models.CharField(max_length=12, db_default="")  # how that is known: rules.matching.How, or "hand"

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["claim"], name="adjudication_by_claim", condition=models.Q(claim__isnull=False)),
            models.Index(fields=["remittance", "-denied"], name="adjudication_by_remittance"),
            models.Index(fields=["organization", "key"], name="adjudication_by_key"),
            models.Index(fields=["organization", "payer_control_number"], name="adjudication_by_payer_number"),
        ]

    def __str__(self) -> str:
        return f"adjudication {self.pk}"


class DeniedLine(models.Model):
    """One denied line of an adjudication, or its claim level: together they are `Adjudication.denied`, to the cent."""

    # As those of Adjudication: written with what they name, by `record.intake` alone
    organization = models.ForeignKey(Organization, models.PROTECT, db_index=False, db_constraint=False)
    adjudication = models.ForeignKey(
        Adjudication, models.CASCADE, related_name="denied_lines", db_index=False, db_constraint=False
    )
    number = models.IntegerField()  # of the line in the claim, from 1; 0: the claim level, of which no more is known
    control_number = models.CharField(max_length=60)  # REF*6R
    procedure = models.CharField(max_length=48)
    modifiers = models.CharField(max_length=40)  # "25 59"
    revenue_code = models.CharField(max_length=10)
    units = models.FloatField(null=True)  # SVC05: paid for; a payer who sends none means one
    service_from = models.DateField(null=True)
    charge = MoneyField(null=True)
    denied = MoneyField()
    codes = models.CharField(max_length=200)  # "CO-197 M62", as shown

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["adjudication", "number"], name="denied_line_by_answer"),
            models.Index(fields=["organization", "procedure"], name="denied_line_by_procedure"),
        ]

    def __str__(self) -> str:
        return f"denied line {self.pk}"
