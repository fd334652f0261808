"""Organizations, users, roles, and the events that say who did and saw what."""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models


class Organization(models.Model):
    """Who owns records: a practice, a hospital, a billing company. Nothing crosses from one to another."""

    name = models.CharField(max_length=200)
    slug = models.SlugField(unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """Somebody who signs in, by email."""

    email = models.EmailField(unique=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["username"]


class Role(models.TextChoices):
    """What somebody may do; `people.access` says what each allows."""

    BILLER = "biller", "Billing specialist"
    CODER = "coder", "Coder"
    NURSE = "nurse", "Appeals nurse"
    MANAGER = "manager", "Denials manager"
    FINANCE = "finance", "Finance"
    IT = "it", "IT"
    AUDITOR = "auditor", "Auditor"


class Membership(models.Model):
    """A user in an organization, with a role."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["organization", "user"], name="one_role_each")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.organization_id}"


class Event(models.Model):
    """Something that somebody, or a job, did or saw. Append-only; each holds the hash of the one before it.

    `detail` holds no patient data: identifiers of rows, counts, names of fields.
    """

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="events")
    at = models.DateTimeField()
    user = models.ForeignKey(User, models.PROTECT, null=True, blank=True)  # None: a job
    verb = models.CharField(max_length=40)  # "viewed_case", "received_file"
    subject = models.CharField(max_length=60)  # "desk.case:17"
    detail = models.JSONField(default=dict)
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["organization", "id"], name="event_by_organization"),
            models.Index(fields=["organization", "subject", "id"], name="event_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject}"
