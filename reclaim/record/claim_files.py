"""What a file holds beside remittances: its claims and acknowledgements, stored, and matched with answers."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Q

from reclaim.record import acknowledging, claims_intake, matching
from reclaim.record.adjudged import Adjudged
from reclaim.record.enveloped import Envelopes
from reclaim.record.models import File
from reclaim.x12.findings import Finding
from reclaim.x12.reading import Placed


@dataclass(slots=True)
class Stored:
    """What has been stored of a file so far."""

    file: File
    claims: claims_intake.Stored
    acknowledged: acknowledging.Stored
    envelopes: Envelopes = field(default_factory=Envelopes)

    @property
    def findings(self) -> list[Finding]:
        """What was found on the way."""
        return self.claims.findings


def begin(file: File) -> Stored:
    """A file is about to be stored; when it was read before, its rows are taken over."""
    if file.read_at:
        return Stored(file, claims_intake.begin(file), acknowledging.begin(file))
    return Stored(file, claims_intake.Stored(file), acknowledging.Stored(file))


def store(stored: Stored, placed: Placed[Adjudged]) -> None:
    """Store the claims and acknowledgements of one piece."""
    made = placed.made
    envelopes = list(stored.envelopes.follow(made.outline.controls))
    if made.sent:
        transactions = [each for each in envelopes if each.tag == "ST"]
        claims_intake.store(stored.claims, made.sent, transactions, placed)
    if made.acknowledged is not None:
        acknowledging.store(stored.acknowledged, made.acknowledged, envelopes, placed)


def finish(stored: Stored, answers: Iterable[int], read: matching.Read, *, first: bool) -> None:
    """All of the file is stored: claims, answers and acknowledgements find each other.

    Args:
        stored: what was.
        answers: ids of the adjudications of the file.
        read: gets bytes of answers whose numbers do not tell their claims.
        first: whether the organization had no claims before.
    """
    organization = stored.file.organization
    orphans = claims_intake.finish(stored.claims)
    if stored.acknowledged.numbers or stored.acknowledged.old:
        acknowledging.finish(stored.acknowledged)
    if first and not stored.claims.claims:
        return
    if stored.claims.batches:
        matching.claims_came(organization, stored.claims.batches, read, first=first)
        acknowledging.answer_batches(organization, stored.claims.batches)
    matching.match_adjudications(organization, [*orphans, *answers], read)
    if stored.acknowledged.numbers or stored.acknowledged.touched:
        matching.match_acknowledgements(organization, Q(file=stored.file), read)
        matching.stand_anew(stored.acknowledged.touched)


def totals(stored: Stored) -> dict[str, Any]:
    """What the row of the file says of it."""
    return {
        "sent_claims": stored.claims.claims,
        "sent_charge": Decimal(stored.claims.charge).scaleb(-2),
        "acknowledged": stored.acknowledged.taken,
        "rejected": stored.acknowledged.rejected,
    }
