"""Connections, what was fetched by them, and what goes out."""

from typing import ClassVar

from django.db import models

from reclaim.people.models import Organization


class Connection(models.Model):
    """A place where a payer or clearinghouse leaves files, or takes them, or both."""

    class Kind(models.TextChoices):
        """What sort of place it is."""

        SFTP = "sftp", "SFTP server"
        FOLDER = "folder", "Folder of this server"

    class SignIn(models.TextChoices):
        """How Reclaim proves who it is."""

        PASSWORD = "password", "Password"
        KEY = "key", "Private key"

    class After(models.TextChoices):
        """What becomes of a file there, once it is kept here."""

        KEEP = "keep", "Leave it there"
        MOVE = "move", "Move it to another folder"
        DELETE = "delete", "Delete it"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="connections")
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    host = models.CharField(max_length=255, blank=True)
    port = models.IntegerField(default=22)
    user = models.CharField(max_length=80, blank=True)
    sign_in = models.CharField(max_length=10, choices=SignIn.choices, default=SignIn.PASSWORD)
    secret = models.TextField(blank=True)  # password or private key, sealed: see people.sealing
    public_key = models.TextField(blank=True)  # of the private key, as the payer wants it
    host_key = models.TextField(blank=True)  # that a person has confirmed; "": none yet
    host_key_seen = models.TextField(blank=True)  # that waits for a person; nothing is done until then
    folder_in = models.CharField(max_length=300, blank=True)  # from which we fetch; "": we do not
    folder_out = models.CharField(max_length=300, blank=True)  # into which we send; "": we do not
    pattern = models.CharField(max_length=100, default="*")  # of names that are fetched: "*.835 *.txt"
    after = models.CharField(max_length=10, choices=After.choices, default=After.KEEP)
    moved_to = models.CharField(max_length=300, blank=True)
    every = models.IntegerField(default=15)  # minutes between visits
    active = models.BooleanField(default=True)
    made_at = models.DateTimeField(auto_now_add=True)
    visited_at = models.DateTimeField(null=True)  # the last visit, whatever came of it
    due_at = models.DateTimeField(null=True)  # of the next; None: not by itself
    failures = models.IntegerField(default=0)  # visits in a row that failed
    trouble = models.CharField(max_length=300, blank=True)  # of the last visit, in words; "": none
    troubled_at = models.DateTimeField(null=True)  # since when

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "name"], name="one_connection_per_name")
        ]
        indexes: ClassVar = [models.Index(fields=["active", "due_at"], name="connection_by_due")]

    def __str__(self) -> str:
        return self.name


class Fetched(models.Model):
    """One file of a connection as it was seen: the same name, size and time of change is the same file."""

    class State(models.TextChoices):
        """How far it has come."""

        SEEN = "seen", "Waited for"  # whether it grows, or until there is time for it
        FETCHED = "fetched", "Fetched"
        SAME = "same", "The same as one before"  # by its content; nothing was read again

    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False)
    connection = models.ForeignKey(Connection, models.CASCADE, related_name="fetched", db_index=False)
    name = models.CharField(max_length=255)
    size = models.BigIntegerField()  # bytes
    changed = models.BigIntegerField()  # seconds since 1970, by the clock there
    state = models.CharField(max_length=10, choices=State.choices, default=State.SEEN)
    seen_at = models.DateTimeField()  # when it first looked as it does
    fetched_at = models.DateTimeField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    file = models.ForeignKey("record.File", models.SET_NULL, null=True, related_name="+")  # of an archive, the first
    cleared = models.BooleanField(default=False)  # what was to become of it there is done

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["connection", "name", "size", "changed"], name="each_remote_file_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["connection", "sha256"], name="fetched_by_content"),
            models.Index(fields=["connection", "state", "-id"], name="fetched_by_state"),
        ]

    def __str__(self) -> str:
        return f"fetched {self.pk}"


class Outgoing(models.Model):
    """One file on its way out; its bytes are kept under their SHA-256."""

    class State(models.TextChoices):
        """How far it has come."""

        WAITING = "waiting", "Waits"
        RENAMING = "renaming", "Being named"  # it is there whole, and gets its name
        SENT = "sent", "Sent"

    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False)
    connection = models.ForeignKey(Connection, models.PROTECT, related_name="outgoing", db_index=False)
    key = models.CharField(max_length=120)  # who asks again with the same key asks for the same file
    name = models.CharField(max_length=200)  # as the payer sees it
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()  # bytes
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    trouble = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)  # its size there was the right one then

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["connection", "key"], name="each_file_out_once")]
        indexes: ClassVar = [models.Index(fields=["connection", "state", "id"], name="outgoing_by_state")]

    def __str__(self) -> str:
        return f"outgoing {self.pk}"
