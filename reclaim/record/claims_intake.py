"""A file's claims for the record: batches and claims, within the transaction of the caller; see `record.intake`.

The same transaction in another file is recognized by its envelope, and not stored again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import polars as pl

from reclaim.record import loader
from reclaim.record.adjudged import Adjudged
from reclaim.record.claimed import CLAIM, HEADER, PLACES, Sent
from reclaim.record.enveloped import Envelope
from reclaim.record.models import Acknowledgement, Adjudication, Claim, ClaimBatch, File
from reclaim.x12.findings import Finding
from reclaim.x12.frame import Separators
from reclaim.x12.reading import Placed

COLUMNS = ("id", "organization_id", "batch_id", "file_id", "position", "sent_on", "test", *CLAIM)


@dataclass(slots=True)
class Stored:
    """What has been stored of a file's claims so far."""

    file: File
    claims: int = 0
    charge: int = 0  # cents
    batches: list[int] = field(default_factory=list)  # ids
    findings: list[Finding] = field(default_factory=list)
    old: dict[int, int] = field(default_factory=dict)  # ids of what the file held, by position
    old_batches: list[int] = field(default_factory=list)
    replaced: set[int] = field(default_factory=set)


class _Identity(NamedTuple):
    """What tells a transaction from every other, and what it held."""

    sender: str
    interchange: str
    group: str
    control_number: str
    reference: str
    sent_on: date | None
    claims: int
    charge: Decimal


def begin(file: File) -> Stored:
    """A file is about to be stored; when it was read before, a claim at the place of an old one keeps its id."""
    old = dict(Claim.objects.filter(batch__file=file).values_list("position", "id").iterator())
    return Stored(file, old=old, old_batches=list(file.claim_batches.values_list("pk", flat=True)))


def store(stored: Stored, sent: Sent, envelopes: list[Envelope], placed: Placed[Adjudged]) -> None:
    """Store the claims of one piece.

    Args:
        stored: filled on the way.
        sent: the claims.
        envelopes: of every transaction of the piece.
        placed: the place of the piece.
    """
    starts = pl.Series([each.segment for each in envelopes], dtype=pl.Int64)
    claims = sent.claims.with_columns(
        (starts.search_sorted(sent.claims["segment"], side="right").cast(pl.Int64) - 1).alias("at")
    )
    new = _batches(stored, sent, claims, envelopes, placed)
    claims = claims.filter(pl.col("at").is_in(list(new)))
    if claims.height:
        _claims(stored, claims, new, placed)


def _batches(
    stored: Stored, sent: Sent, claims: pl.DataFrame, envelopes: list[Envelope], placed: Placed[Adjudged]
) -> dict[int, ClaimBatch]:
    """Rows for the transactions of a piece that are new; what is said of the others."""
    references = _references(sent.batches, envelopes)
    held = claims.group_by("at", maintain_order=True).agg(
        pl.len(), pl.col("charge").sum(), pl.col("kind").first(), *(pl.col(name).first() for name in HEADER)
    )
    made: dict[int, ClaimBatch] = {}
    for at, count, charge, kind, start, end in held.iter_rows():
        envelope, (reference, day) = envelopes[at], references.get(at, ("", None))
        made[at] = ClaimBatch(
            organization=stored.file.organization,
            file=stored.file,
            transaction=envelope.transaction,
            position=envelope.segment + placed.first_segment,
            kind=kind,
            separators=_text(placed.piece.separators),
            reference=reference[:60],
            sent_on=day or envelope.day,
            claims=count,
            charge=Decimal(charge).scaleb(-2),
            header_start=start + placed.piece.offset,
            header_end=end + placed.piece.offset,
            **{name: getattr(envelope, name) for name in _OF_ENVELOPE},
        )
    new = {at: batch for at, batch in made.items() if not _repeats(stored, batch, made)}
    ClaimBatch.objects.bulk_create(new.values())
    stored.batches += [batch.pk for batch in new.values()]
    return new


_OF_ENVELOPE = ("version", "sender", "interchange", "group", "control_number", "test")


def _text(separators: Separators) -> str:
    return separators.element + separators.component + separators.segment + separators.repetition


def _references(batches: pl.DataFrame, envelopes: list[Envelope]) -> Mapping[int, tuple[str, date | None]]:
    starts = pl.Series([each.segment for each in envelopes], dtype=pl.Int64)
    at = starts.search_sorted(batches["segment"].cast(pl.Int64), side="right").cast(pl.Int64) - 1
    rows = batches.select("reference", "date").rows()
    return {place: (reference or "", day) for place, (reference, day) in zip(at, rows, strict=True)}


def _identity(batch: ClaimBatch) -> _Identity:
    return _Identity(*(getattr(batch, name) for name in _Identity._fields))


def _repeats(stored: Stored, batch: ClaimBatch, beside: Mapping[int, ClaimBatch]) -> bool:
    """Whether the same transaction came before: in another file, or in this one."""
    theirs = ClaimBatch.objects.filter(organization=stored.file.organization_id, interchange=batch.interchange)
    theirs = theirs.filter(group=batch.group, control_number=batch.control_number)
    known = list(theirs.exclude(pk__in=stored.old_batches).select_related("file"))
    known += [each for each in beside.values() if each.position < batch.position]
    before = next((each for each in known if _identity(each) == _identity(batch)), None)
    if before:
        where = f"in {before.file.name}" if before.file_id != stored.file.pk else "before in this file"
        said = f"Transaction {batch.control_number} of interchange {batch.interchange} came {where}: counted once."
        stored.findings.append(Finding("warning", "claims-repeated", batch.position, "ST02", said))
    return before is not None


def _claims(stored: Stored, claims: pl.DataFrame, batches: Mapping[int, ClaimBatch], placed: Placed[Adjudged]) -> None:
    first = loader.reserve(Claim, claims.height)
    facts = pl.DataFrame(
        [(at, each.pk, each.sent_on, each.test) for at, each in batches.items()],
        {"at": pl.Int64, "batch_id": pl.Int64, "sent_on": pl.Date, "test": pl.Boolean},
        orient="row",
    )
    rows = claims.join(facts, on="at", how="left", maintain_order="left").with_columns(
        pl.int_range(first, first + claims.height, dtype=pl.Int64).alias("id"),
        pl.lit(stored.file.organization_id).alias("organization_id"),
        pl.lit(stored.file.pk).alias("file_id"),
        (pl.col("segment") + placed.first_segment).alias("position"),
        *(pl.col(name) + placed.piece.offset for name in PLACES),
    )
    if stored.old:
        positions = rows["position"].to_list()
        stored.replaced.update(positions)
        kept = {position: stored.old[position] for position in positions if position in stored.old}
        if kept:
            ids = pl.col("position").replace_strict(kept, default=pl.col("id"), return_dtype=pl.Int64)
            rows = rows.with_columns(ids.alias("id"))
        loader.replace(Claim, rows.select(COLUMNS))
    else:
        loader.load(Claim, rows.select(COLUMNS))
    stored.claims += rows.height
    stored.charge += int(rows["charge"].sum() or 0)


def finish(stored: Stored) -> list[int]:
    """All of the file is stored: what it no longer holds is removed. Adjudications that named such a claim, by id."""
    gone = [number for position, number in stored.old.items() if position not in stored.replaced]
    orphans: list[int] = []
    for some in loader.batches(gone):
        theirs = Adjudication.objects.filter(claim__in=some)
        orphans += theirs.values_list("pk", flat=True)
        theirs.update(claim=None, matched="")
        Acknowledgement.objects.filter(claim__in=some).update(claim=None, matched="")
        Claim.objects.filter(original__in=some).update(original=None)
        Claim.objects.filter(pk__in=some).delete()
    for some in loader.batches(stored.old_batches):
        _forget(ClaimBatch.objects.filter(pk__in=some).values_list("pk", flat=True))
    return orphans


def _forget(ids: Iterable[int]) -> None:
    rows = ClaimBatch.objects.filter(pk__in=list(ids))
    rows._raw_delete(rows.db)  # noqa: SLF001  its claims have got new ones
