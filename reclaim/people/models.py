"""Organizations, users, roles, and the events that say who did and saw what."""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models

from reclaim.people.appending import AppendOnly


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
    REVIEWER = "reviewer", "Clinical reviewer"
    FRONT_DESK = "front_desk", "Front desk"
    MANAGER = "manager", "Denials manager"
    FINANCE = "finance", "Finance"
    ADMINISTRATOR = "administrator", "Administrator"
    AUDITOR = "auditor", "Auditor"
    INTEGRATION = "integration", "Integration"


class Team(models.Model):
    """People who work the same sort of cases, and share a queue."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="teams")
    name = models.CharField(max_length=80)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["organization", "name"], name="one_team_per_name")]

    def __str__(self) -> str:
        return self.name


class Location(models.Model):
    """A place of care, known by the provider identifiers (NPI) that answers for its claims carry."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="locations")
    name = models.CharField(max_length=80)
    npis = models.JSONField(default=list)  # ten digits each

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["organization", "name"], name="one_location_per_name")]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A user in an organization, with a role."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices)
    teams = models.ManyToManyField(Team, related_name="memberships", blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["organization", "user"], name="one_role_each")]

    def __str__(self) -> str:
        return f"{self.user} in {self.organization}: {self.get_role_display()}"


class Absence(models.Model):
    """Days on which somebody is away, both within it, and who covers."""

    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False)
    membership = models.ForeignKey(Membership, models.CASCADE, related_name="absences")
    first = models.DateField()
    last = models.DateField()
    cover = models.ForeignKey(Membership, models.SET_NULL, null=True, blank=True, related_name="covers")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organization", "last"], name="absence_by_end")]

    def __str__(self) -> str:
        return f"{self.membership.user} away from {self.first} to {self.last}"


class Preference(models.Model):
    """What an organization has chosen instead of a default; `people.preferences` says what there is to choose."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="preferences")
    name = models.CharField(max_length=60)
    value = models.JSONField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["organization", "name"], name="one_value_each")]

    def __str__(self) -> str:
        return self.name


class Token(models.Model):
    """A key to the API, of a person or an integration; only its hash is kept."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="tokens")
    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")  # as whom it acts
    name = models.CharField(max_length=80)
    start = models.CharField(max_length=12)  # its first characters, to tell it from others
    sha256 = models.CharField(max_length=64, unique=True)
    permissions = models.JSONField(default=list)  # of those of the role; people.access.Permission
    made_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.start}…)"


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

    objects = AppendOnly.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["organization", "id"], name="event_by_organization"),
            models.Index(fields=["organization", "subject", "id"], name="event_by_subject"),
            models.Index(fields=["organization", "user", "id"], name="event_by_person"),
            models.Index(fields=["organization", "verb", "id"], name="event_by_verb"),
            models.Index(fields=["organization", "at", "id"], name="event_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject}"
