"""What acknowledgements say of claims, kept and followed: rows, batches that were taken or refused, and standing.

Where a claim stands follows from all that was said of it, whatever order the files came in.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import polars as pl
from django.db.models import Case, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Greatest

from reclaim.people.models import Organization
from reclaim.record import loader
from reclaim.record.acknowledged import COLUMNS as MADE
from reclaim.record.adjudged import Adjudged
from reclaim.record.enveloped import Envelope
from reclaim.record.models import Acknowledgement, Adjudication, Claim, ClaimBatch, File, Standing, Verdict
from reclaim.rules.matching import How
from reclaim.x12.control import same_number
from reclaim.x12.reading import Placed

TAKEN = (Verdict.ACCEPTED, Verdict.WITH_ERRORS)
TAKEN_IN = (*TAKEN, Verdict.FORWARDED)
OF_CLAIMS = ("277CA", "277")
LATEST = timedelta(days=60)
"""An interchange or a group is answered within days; numbers begin anew after years."""
COLUMNS = (
    *("id", "organization_id", "file_id", "position", "segment"),
    *(name for name in MADE if name not in ("segment", "segment_tag")),
)


@dataclass(slots=True)
class Stored:
    """What has been stored of a file's acknowledgements so far."""

    file: File
    taken: int = 0
    rejected: int = 0
    old: dict[int, int] = field(default_factory=dict)  # ids of what the file held, by position
    replaced: set[int] = field(default_factory=set)
    touched: set[int] = field(default_factory=set)  # claims that what it held was about
    numbers: set[tuple[str, str]] = field(default_factory=set)  # interchange and group of batches that it answered


def begin(file: File) -> Stored:
    """A file is about to be stored; when it was read before, a row at the place of an old one keeps its id."""
    stored = Stored(file)
    rows = file.acknowledgements.values_list("position", "id", "claim_id", "interchange", "group")
    for position, number, claim, interchange, group in rows.iterator():
        stored.old[position] = number
        stored.numbers.add((interchange, group))
        if claim:
            stored.touched.add(claim)
    return stored


def store(stored: Stored, made: pl.DataFrame, envelopes: Sequence[Envelope], placed: Placed[Adjudged]) -> None:
    """Store the acknowledgements of one piece; see `acknowledged.acknowledged`."""
    first = loader.reserve(Acknowledgement, made.height)
    starts = [each.segment for each in envelopes]
    days = [envelopes[max(bisect_right(starts, each) - 1, 0)].day for each in made["segment"]]
    positions = [each + placed.first_segment for each in made["segment"]]
    ids = [stored.old.get(position, first + at) for at, position in enumerate(positions)]
    rows = made.rename({"segment": "position", "segment_tag": "segment"}).with_columns(
        pl.Series("position", positions, pl.Int64),
        pl.Series("id", ids, pl.Int64),
        pl.lit(stored.file.organization_id).alias("organization_id"),
        pl.lit(stored.file.pk).alias("file_id"),
        pl.coalesce("day", pl.Series("said", days, pl.Date)).alias("day"),
        *(pl.col(name) + placed.piece.offset for name in ("start", "end")),
    )
    stored.replaced.update(positions)
    (loader.replace if stored.old else loader.load)(Acknowledgement, rows.select(COLUMNS))
    counted = rows.filter(pl.col("segment") == "")  # a segment at fault belongs to the transaction that is refused
    refused = counted.filter(pl.col("verdict").is_in([Verdict.REJECTED, Verdict.NOT_FOUND])).height
    stored.rejected += refused
    stored.taken += counted.height - refused
    stored.numbers.update(rows.select("interchange", "group").unique().rows())


def finish(stored: Stored) -> None:
    """All of the file is stored: what it no longer holds is removed, and batches know what was said of them."""
    gone = [number for position, number in stored.old.items() if position not in stored.replaced]
    for some in loader.batches(gone):
        Acknowledgement.objects.filter(pk__in=some).delete()
    organization = stored.file.organization
    batches = _batches(organization, Q(interchange__in={each for each, _ in stored.numbers if each}))
    batches |= _batches(organization, Q(group__in={each for _, each in stored.numbers if each}))
    references = stored.file.acknowledgements.exclude(reference="").values_list("reference", flat=True)
    batches |= _batches(organization, Q(reference__in=set(references)))
    answer_batches(organization, batches)


def _batches(organization: Organization, those: Q) -> set[int]:
    return set(ClaimBatch.objects.filter(those, organization=organization).values_list("pk", flat=True))


def answer_batches(organization: Organization, ids: Iterable[int]) -> None:
    """Note what was said of batches, whichever came first, and have their claims stand by it."""
    for some in loader.batches(sorted(ids)):
        batches = ClaimBatch.objects.filter(pk__in=some)
        said = _said(organization, list(batches))
        changed = [batch for batch in batches if _answer(batch, said[batch.pk])]
        loader.change(changed, ["received_on", "rejected_on"])
        stand(Claim.objects.filter(batch__in=changed))


def _answer(batch: ClaimBatch, said: Sequence[Acknowledgement]) -> bool:
    """Note what was said of a batch; whether that is new."""
    before = batch.received_on, batch.rejected_on
    batch.received_on = min((each.day for each in said if each.day and each.verdict in TAKEN), default=None)
    batch.rejected_on = max((each.day for each in said if each.day and each.verdict == Verdict.REJECTED), default=None)
    return (batch.received_on, batch.rejected_on) != before


def _said(organization: Organization, batches: list[ClaimBatch]) -> dict[int, list[Acknowledgement]]:
    """What was said of some batches as a whole; what is said of segments finds its claims on the way."""
    interchanges, groups, references = (
        {getattr(each, name) for each in batches} - {""} for name in ("interchange", "group", "reference")
    )
    those = Q(interchange__in=interchanges) | Q(group__in=groups) | Q(reference__in=references)
    rivals = list(ClaimBatch.objects.filter(those, organization=organization).order_by("sent_on", "pk"))
    said: dict[int, list[Acknowledgement]] = defaultdict(list)
    every = Acknowledgement.objects.filter(organization=organization)
    for each in (
        *every.filter(interchange__in=interchanges).exclude(interchange=""),
        *every.filter(group__in=groups).exclude(group=""),
        *every.filter(reference__in=references).exclude(reference=""),
    ):
        for batch in _answered(each, rivals):
            if each.segment:
                _point(each, batch)
            else:
                said[batch.pk].append(each)
    return said


def _answered(each: Acknowledgement, rivals: Sequence[ClaimBatch]) -> list[ClaimBatch]:
    """The batches that an acknowledgement is about: with its numbers, and the last that were sent before it."""
    fits = [one for one in rivals if _numbered(each, one)]
    if each.day:
        fits = [one for one in fits if one.sent_on and each.day - LATEST <= one.sent_on <= each.day]
    return [one for one in fits if one.sent_on == fits[-1].sent_on]


def _numbered(each: Acknowledgement, batch: ClaimBatch) -> bool:
    if each.interchange:
        return each.interchange == batch.interchange
    if each.reference:
        return each.reference == batch.reference
    whole = not each.transaction_set
    return each.group == batch.group and (whole or same_number(each.transaction_set, batch.control_number))


def _point(each: Acknowledgement, batch: ClaimBatch) -> None:
    """Have a segment at fault name its claim: the one that it stands in, or the first below it."""
    if each.segment_at is None:
        return
    at = batch.position + each.segment_at - 1
    claims = Claim.objects.filter(batch=batch)
    if each.loop[:2] in ("23", "24"):
        claim = claims.filter(position__lte=at).order_by("-position").first()
    elif each.loop.startswith(("2000B", "2010B", "2000C", "2010C")):
        claim = claims.filter(position__gt=at).order_by("position").first()
    else:
        claim = None
    if claim and claim.pk != each.claim_id:
        each.claim, each.matched = claim, How.EXACT
        each.save(update_fields=["claim", "matched"])


def stand(claims: QuerySet[Claim]) -> None:
    """Have claims stand where all that was said of them leads: two statements, however many they are."""
    said = Acknowledgement.objects.filter(claim=OuterRef("pk"), kind__in=OF_CLAIMS).order_by().values("claim")
    accepted = said.filter(verdict__in=TAKEN_IN).annotate(first=Min("day")).values("first")
    refused = said.filter(verdict=Verdict.REJECTED).annotate(last=Max("day")).values("last")
    numbers = said.exclude(payer_control_number="").annotate(last=Max("payer_control_number")).values("last")
    answers = Adjudication.objects.filter(claim=OuterRef("pk")).order_by().values("claim")
    batch = ClaimBatch.objects.filter(pk=OuterRef("batch"))
    whole = batch.values("rejected_on")
    claims.update(
        received_on=Subquery(batch.values("received_on")),
        accepted_on=Subquery(accepted),
        rejected_on=Coalesce(Greatest(Subquery(refused), Subquery(whole)), Subquery(refused), Subquery(whole)),
        answered_on=Subquery(answers.annotate(first=Min("day")).values("first")),
        given_number=Coalesce(Subquery(numbers), Value("")),
    )
    refusal = Q(rejected_on__isnull=False) & (Q(accepted_on__isnull=True) | Q(rejected_on__gte=F("accepted_on")))
    claims.update(
        standing=Case(
            When(answered_on__isnull=False, then=Value(Standing.ANSWERED.value)),
            When(refusal, then=Value(Standing.REJECTED.value)),
            When(accepted_on__isnull=False, then=Value(Standing.ACCEPTED.value)),
            When(received_on__isnull=False, then=Value(Standing.RECEIVED.value)),
            default=Value(Standing.SENT.value),
        )
    )
