"""What people did about a case: each row says who and when. Text may name patients, so it stays out of events."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from reclaim.desk.models.case import Case
from reclaim.people.models import Organization, Team
from reclaim.record.models import File
from reclaim.record.money import MoneyField

ELECTRONIC = "edi"
"""The way of what goes by an interchange; noted by the sending itself."""


class Done(models.Model):
    """Something that somebody did about a case."""

    organization = models.ForeignKey(Organization, models.PROTECT, db_index=False)
    case = models.ForeignKey(Case, models.CASCADE, related_name="%(class)ss")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")  # None: a job
    at = models.DateTimeField()

    class Meta:
        abstract = True


class Note(Done):
    """What somebody wants colleagues to know. Internal: no letter, export, mail or API ever takes it out."""

    text = models.TextField()

    def __str__(self) -> str:
        return f"note {self.pk}"


class Task(Done):
    """Something to do about a case, or something asked of somebody."""

    class Of(models.TextChoices):
        """Who is to act."""

        OFFICE = "office", "Us"
        PAYER = "payer", "The payer"
        PATIENT = "patient", "The patient"
        PROVIDER = "provider", "The provider"
        COLLEAGUE = "colleague", "A colleague"

    case = models.ForeignKey(  # type: ignore[assignment]  # None, as in no other: it is about a file
        Case, models.CASCADE, null=True, related_name="tasks"
    )
    file = models.ForeignKey(File, models.CASCADE, null=True, related_name="tasks", db_index=False)
    of = models.CharField(max_length=10, choices=Of.choices)
    text = models.CharField(max_length=300)
    due = models.DateField(null=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="tasks")
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="tasks")
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["organization", "owner", "done_at", "due"], name="task_by_owner"),
            models.Index(fields=["organization", "done_at", "due"], name="task_by_day"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["file"], name="one_task_per_file", condition=Q(file__isnull=False))
        ]

    def __str__(self) -> str:
        return f"task {self.pk}"


class Contact(Done):
    """One conversation with the payer."""

    class Way(models.TextChoices):
        """How."""

        PHONE = "phone", "Phone"
        PORTAL = "portal", "Portal"
        MAIL = "mail", "Mail"
        FAX = "fax", "Fax"
        EMAIL = "email", "Secure email"

    way = models.CharField(max_length=10, choices=Way.choices)
    who = models.CharField(max_length=120)
    reference = models.CharField(max_length=80, blank=True)  # number of the call
    said = models.TextField()
    promised = models.DateField(null=True)

    def __str__(self) -> str:
        return f"contact {self.pk}"


class Document(Done):
    """A document of a case; its bytes stand in the store under their SHA-256, beside those of the files."""

    class Sort(models.TextChoices):
        """What it is."""

        RECORDS = "records", "Medical records"
        AUTHORIZATION = "authorization", "Authorization"
        LETTER = "letter", "Letter of the payer"
        PROOF = "proof", "Proof of filing or delivery"
        CLAIM = "claim", "Claim"
        OTHER = "other", "Other"

    name = models.CharField(max_length=200)
    sort = models.CharField(max_length=20, choices=Sort.choices)
    clinical = models.BooleanField()  # seen only by who may see clinical documents
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.BigIntegerField()  # bytes
    media = models.CharField(max_length=80)  # application/pdf ...
    removed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"document {self.pk}"


class Sent(Done):
    """Something sent to the payer, and how it was answered."""

    class What(models.TextChoices):
        """What was sent."""

        CORRECTED = "corrected", "Corrected claim"
        RECORDS = "records", "Records"
        APPEAL = "appeal", "Appeal"
        INQUIRY = "inquiry", "Inquiry"
        OTHER = "other", "Something else"

    class Answer(models.TextChoices):
        """What came back, other than money."""

        RECEIVED = "received", "They have it"
        MORE = "more", "They ask for more"
        OVERTURNED = "overturned", "Overturned, to be paid"
        UPHELD = "upheld", "Upheld"

    what = models.CharField(max_length=10, choices=What.choices)
    way = models.CharField(max_length=10, choices=[*Contact.Way.choices, (ELECTRONIC, "Electronic claim")])
    reference = models.CharField(max_length=80, blank=True)  # tracking or confirmation number
    day = models.DateField()
    expected = models.DateField(null=True)  # when an answer should be there
    answer = models.CharField(max_length=10, choices=Answer.choices, blank=True)
    answered = models.DateField(null=True)
    answer_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return f"sent {self.pk}"


class WriteOff(Done):
    """Dollars given up: at once within the limit of the role, else when a second person agrees."""

    class Reason(models.TextChoices):
        """Why; the field's usual adjustment reasons, in our words."""

        TIMELY = "timely_filing", "Filed too late, no proof"
        AUTHORIZATION = "no_authorization", "No authorization, none to be had"
        NOT_COVERED = "not_covered", "Not covered, patient may not be billed"
        NECESSITY = "medical_necessity", "Not medically necessary, appeals used up"
        BUNDLED = "bundled", "Correctly bundled"
        SMALL = "small_balance", "Small balance, not worth the work"
        CREDENTIALS = "credentialing", "Provider not enrolled with the payer"
        DUPLICATE = "duplicate", "Duplicate charge"
        DEADLINE = "deadline", "Appeal deadline missed"
        CHARITY = "charity", "Financial assistance"
        OTHER = "other", "Another reason (say which)"

    class Stand(models.TextChoices):
        """How far it is."""

        PROPOSED = "proposed", "Waiting for approval"
        DONE = "done", "Written off"
        REFUSED = "refused", "Refused"
        TAKEN_BACK = "taken_back", "Taken back"

    amount = MoneyField()
    reason = models.CharField(max_length=20, choices=Reason.choices)
    words = models.CharField(max_length=300, blank=True)
    stand = models.CharField(max_length=10, choices=Stand.choices)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=300, blank=True)  # why it was refused

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organization", "stand", "at"], name="writeoff_by_stand")]

    def __str__(self) -> str:
        return f"write-off {self.pk}"
