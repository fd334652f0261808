"""What was dear to count, kept as it came out last: shown until a newer count is there. Made again at any time."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from reclaim.people.models import Organization


class Counted(models.Model):
    """The sums of an organization (`sums.Sums`, `seen.Found`) as they were counted last: one row for each."""

    organization = models.OneToOneField(Organization, models.CASCADE, related_name="counted")
    stamp = models.CharField(max_length=80)  # what was counted: see `kept`
    at = models.DateTimeField()
    sums = models.JSONField(encoder=DjangoJSONEncoder)  # counts and dollars; nothing of a patient
    codes = models.JSONField(encoder=DjangoJSONEncoder, null=True)  # what was seen of each; null: never counted

    class Meta:
        verbose_name_plural = "counted"

    def __str__(self) -> str:
        return self.stamp
