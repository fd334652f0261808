"""The proof that a claim was filed in time: who took it in, when, under which numbers, in which file. Reads only.

    proofs(versions)     of all that was sent of it, the best first

A claim acknowledgment (277CA) that takes the claim in is the best proof; an acknowledgment of its file (999, TA1) says
that it came to the clearinghouse or payer, which some payers take. (Design: domain, Clocks.)
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from django.db.models import Q, prefetch_related_objects

from reclaim.record.acknowledging import TAKEN_IN
from reclaim.record.models import Acknowledgement, Claim, File


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


def proofs(versions: Sequence[Claim]) -> list[Proof]:
    """What proves when a claim was filed: of each version the first 277CA, else the first 999 or TA1; earliest first.

    Args:
        versions: of one claim that the caller may see; see `desk.stories`.
    """
    prefetch_related_objects(versions, "batch")
    mine = {each.pk: each for each in versions}
    said = Acknowledgement.objects.filter(claim__in=mine, kind="277CA", verdict__in=TAKEN_IN, day__isnull=False)
    found: dict[int, Proof] = {}
    for each in said.select_related("file").order_by("day", "pk"):
        claim = mine[each.claim_id or 0]
        found.setdefault(claim.pk, _proof(each, claim, each.payer_control_number))
    rest = [each for each in versions if each.pk not in found and each.received_on]
    every = [*found.values(), *_of_files(rest)]
    return sorted(every, key=lambda each: (each.kind != "277CA", each.day))


def _of_files(claims: Sequence[Claim]) -> Iterator[Proof]:
    """The first 999 or TA1 that took the file of a claim in on the day on which it was received."""
    if not claims:
        return
    numbers = Q(interchange__in={each.batch.interchange for each in claims} - {""})
    numbers |= Q(group__in={each.batch.group for each in claims} - {""})
    rows = Acknowledgement.objects.filter(numbers, organization=claims[0].organization_id, claim=None)
    rows = rows.filter(day__in={each.received_on for each in claims}, verdict__in=TAKEN_IN)
    said = list(rows.select_related("file").order_by("kind", "pk"))
    for claim in claims:
        own = claim.batch.interchange, claim.batch.group
        of_it = (each for each in said if each.day == claim.received_on and _same(own, (each.interchange, each.group)))
        if each := next(of_it, None):
            yield _proof(each, claim)


def _same(ours: tuple[str, str], theirs: tuple[str, str]) -> bool:
    return any(own and own == other for own, other in zip(ours, theirs, strict=True))


def _proof(said: Acknowledgement, claim: Claim, number: str = "") -> Proof:
    return Proof(said.day or date.min, said.kind, claim, said.file, number, claim.batch.interchange)
