"""What payers take when a claim is to be corrected, as an organization's contracts say."""

from typing import ClassVar

from django.db import models

from reclaim.people.models import Organization
from reclaim.record.models import Payer


class PayerTerms(models.Model):
    """An organization's own terms with a payer; what is null nobody has said. See `rules.resubmission.Terms`."""

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", db_index=False)
    payer = models.OneToOneField(Payer, models.CASCADE, related_name="terms")
    replacement = models.BooleanField(null=True)
    void = models.BooleanField(null=True)
    number_required = models.BooleanField(null=True)
    correction_days = models.IntegerField(null=True)  # calendar days after the payer's answer
    source = models.CharField(max_length=120)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(correction_days__isnull=True) | models.Q(correction_days__gte=1),
                name="days_to_correct",
            )
        ]

    def __str__(self) -> str:
        return f"terms {self.pk}"
