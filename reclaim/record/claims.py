"""Claims that were sent, read again: their bytes as a value, their versions, and others like them. Reads only."""

from collections.abc import Callable

from django.db.models import Exists, OuterRef, Q, QuerySet

from reclaim.record.models import Adjudication, Claim, File
from reclaim.rules.facts import Kind
from reclaim.x12.frame import Separators
from reclaim.x12.slices import Slice
from reclaim.x12.slices import slice_of as from_parts

ReadSpan = Callable[[File, int, int], bytes]
"""The bytes of a file from a place to another."""
PAID = (Kind.PAID, Kind.REDUCED, Kind.PATIENT_RESPONSIBILITY)
"""Kinds of answers that took a claim as it was sent."""
SIBLINGS = 200
"""So many are compared, the newest; more would tell no more."""


def slice_of(claim: Claim, read: ReadSpan) -> Slice:
    """A claim as it was sent, with all that stands above it. Whoever shows it to a person leaves an event.

    Args:
        claim: which; with `batch` and `file` at hand it takes no query.
        read: gets the bytes.

    Raises:
        FilesError, OSError, ValueError: the bytes cannot be had.
    """
    batch = claim.batch
    places = (
        (batch.header_start, batch.header_end),
        (claim.billing_start, claim.billing_end),
        (claim.subscriber_start, claim.subscriber_end),
        (claim.patient_start, claim.patient_end),
        (claim.start, claim.end),
    )
    parts = [b"" if start is None or end is None else read(claim.file, start, end) for start, end in places]
    separators = Separators(*batch.separators)
    return from_parts(parts, separators, claim.kind, batch.version)


def siblings(claim: Claim) -> QuerySet[Claim]:
    """Claims of the same payer whose dearest line has the same procedure, and that the payer paid; newest first.

    Their `procedures` tell the lines with their modifiers without reading a byte (docs/decisions/8-claims.md).
    """
    paid = Adjudication.objects.filter(claim=OuterRef("pk"), kind__in=PAID)
    alike = Claim.objects.filter(
        organization=claim.organization_id, procedure=claim.procedure, payer_key=claim.payer_key
    )
    return alike.filter(Exists(paid)).exclude(pk=claim.pk).order_by("-pk")[:SIBLINGS]


def story(claim: Claim) -> QuerySet[Claim]:
    """All versions of a claim: the first, its replacements and voids, in the order that they were sent."""
    first = claim.original_id or claim.pk
    versions = Claim.objects.filter(Q(pk=first) | Q(original=first))
    return versions.order_by("sent_on", "batch", "position")
