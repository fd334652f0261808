"""The proof that a claim was filed in time: who took it in, when, under which numbers, in which file. Reads only.

    proofs(claim)     of all that was sent of it, the best first

A claim acknowledgment (277CA) that takes the claim in is the best proof; an acknowledgment of its file (999, TA1) says
that it came to the clearinghouse or payer, which some payers take. (Design: domain, Clocks.)
"""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from django.db.models import Q

from reclaim.desk.stories import Story, stories
from reclaim.record.acknowledging import TAKEN_IN
from reclaim.record.models import Acknowledgement, Claim, ClaimBatch, File


class Proof(NamedTuple):
    """One acknowledgment that took a claim, or its file."""

    day: date
    kind: str  # 277CA | 999 | TA1
    claim: Claim  # the version that was taken
    file: File  # in which the acknowledgment came
    payer_control_number: str  # that the payer gave; "" when it named none
    interchange: str  # ISA13 in which the claim was sent

    @property
    def words(self) -> str:
        """In a sentence for a letter or a note."""
        what = "The claim was accepted" if self.kind == "277CA" else "The file of the claim was accepted"
        number = f", payer control number {self.payer_control_number}" if self.payer_control_number else ""
        return f"{what} on {self.day:%m/%d/%Y} ({self.kind}, interchange {self.interchange}{number})."


def proofs(claim: Claim, story: Story | None = None) -> list[Proof]:
    """What proves when a claim was filed: of each version the first 277CA, else the first 999 or TA1; earliest first.

    Args:
        claim: that the caller may see, in any version.
        story: of the claim, where it is known already.
    """
    told = [story] if story else stories(claim.organization, [claim.pk])
    versions = {each.pk: each for each in told[0].versions} if told else {claim.pk: claim}
    batches = ClaimBatch.objects.in_bulk({each.batch_id for each in versions.values()})
    said = Acknowledgement.objects.filter(claim__in=versions, kind="277CA", verdict__in=TAKEN_IN, day__isnull=False)
    found: dict[int, Proof] = {}
    for each in said.select_related("file").order_by("day", "pk"):
        version = versions[each.claim_id or 0]
        number, sent = each.payer_control_number, batches[version.batch_id].interchange
        found.setdefault(version.pk, Proof(each.day or date.min, each.kind, version, each.file, number, sent))
    for version in versions.values():
        if version.pk not in found and version.received_on:
            found |= {each.claim.pk: each for each in _of_batch(version, batches[version.batch_id])}
    return sorted(found.values(), key=lambda each: (each.kind != "277CA", each.day))


def _of_batch(claim: Claim, batch: ClaimBatch) -> Iterator[Proof]:
    those = Q(interchange=batch.interchange) if batch.interchange else Q(pk=0)
    those |= Q(group=batch.group) if batch.group else Q(pk=0)
    rows = Acknowledgement.objects.filter(those, organization=claim.organization_id, claim=None, day=claim.received_on)
    each = rows.filter(verdict__in=TAKEN_IN).select_related("file").order_by("kind", "pk").first()
    if each is not None and each.day is not None:
        yield Proof(each.day, each.kind, claim, each.file, "", batch.interchange)
