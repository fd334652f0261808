"""Answers that were given under an idempotency key, kept for a day."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from reclaim.people.models import Organization


class Kept(models.Model):
    """One answer, to be given again when the same is asked under the same key. It names no patient: see `shapes`."""

    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, related_name="+")
    key = models.CharField(max_length=80)  # as the program chose it
    asked = models.CharField(max_length=64)  # SHA-256 of method, address and body
    status = models.IntegerField(default=0)  # of the answer
    answer = models.TextField(default="")  # JSON
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["organization", "user", "key"], name="answered_once")]

    def __str__(self) -> str:
        return f"answer {self.pk}"
