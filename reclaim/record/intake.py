"""A file's rows for the record: remittances and adjudications, within the transaction of the caller.

The same remittance in another file is recognized (domain page: payer, trace number, amount, date, with the same claims)
and not stored again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import polars as pl

from reclaim.record import loader
from reclaim.record.adjudged import ADJUDICATION, Adjudged
from reclaim.record.models import Adjudication, File, Interchange, Payer, Remittance
from reclaim.rules.judged import Received
from reclaim.rules.payers import line_of_business
from reclaim.rules.reversals import payer_key
from reclaim.x12.control import Interchange as Envelope
from reclaim.x12.findings import Finding
from reclaim.x12.frame import Separators
from reclaim.x12.reading import Placed

COLUMNS = ("id", "organization_id", "remittance_id", *ADJUDICATION[2:], "position")
ZERO = Decimal("0.00")


class Incoming(NamedTuple):
    """What a file brought: a row for each adjudication, and one for each that denies. Frames without columns: none."""

    answers: pl.DataFrame  # id, key, payer_id, status, kind
    denials: pl.DataFrame  # adjudged.FACTS with id, key, payer_id, control_number, kind, day


@dataclass(slots=True)
class Stored:
    """What has been stored of a file so far."""

    file: File
    payers: dict[str, Payer] = field(default_factory=dict)
    transactions: int = 0
    claims: int = 0
    charge: Decimal = ZERO
    paid: int = 0  # cents
    answers: list[pl.DataFrame] = field(
        default_factory=list
    )  # id, key, payer_id, position, status: one row for each adjudication
    denials: list[pl.DataFrame] = field(default_factory=list)  # FACTS with id
    findings: list[Finding] = field(default_factory=list)

    def incoming(self) -> Incoming:
        """All of it together, for who settles claims."""
        return Incoming(*(pl.concat(each) if each else pl.DataFrame() for each in (self.answers, self.denials)))


def store(stored: Stored, placed: Placed[Adjudged]) -> None:
    """Store one piece of the file; `stored` is filled on the way."""
    made = placed.made
    if made.remittances:
        remittances = dict(_remittances(stored, made.remittances, placed))
        new = made.adjudications.filter(pl.col("transaction").is_in(list(remittances)))
        if new.height:
            _adjudications(stored, new, made.denials, remittances, placed)
    stored.transactions += sum(tag == "ST" for tag, *_ in made.outline.controls)


def _remittances(
    stored: Stored, received: Iterable[Received], placed: Placed[Adjudged]
) -> Iterable[tuple[int, Remittance]]:
    """Those of a piece that are new, by their transaction in the piece."""
    for each in received:
        sender = each.sender
        payer = _payer(stored, each)
        day = sender.notice_date
        same = Remittance.objects.filter(
            organization=stored.file.organization,
            payer=payer,
            trace_number=sender.trace_number,
            amount=each.amount,
            day=day,
            claims=each.claims or 0,
            charge=each.charge or ZERO,
        ).select_related("file")
        if sender.trace_number and (before := same.first()):
            stored.findings.append(_repeat(sender.trace_number, before.file.name, placed.first_segment + each.segment))
            continue
        remittance = Remittance.objects.create(
            organization=stored.file.organization,
            file=stored.file,
            payer=payer,
            transaction=stored.transactions + each.transaction,
            trace_number=sender.trace_number[:60],
            amount=each.amount,
            day=day,
            claims=each.claims or 0,
            charge=each.charge or ZERO,
            separators=separators_as_text(placed.piece.separators),
        )
        stored.claims += remittance.claims
        stored.charge += remittance.charge
        yield each.transaction, remittance


def _payer(stored: Stored, received: Received) -> Payer:
    key = payer_key(received.sender)[:80]
    known = stored.payers.get(key)
    if known is None:
        known, _ = Payer.objects.get_or_create(
            organization=stored.file.organization,
            key=key,
            defaults={
                "name": received.sender.payer[:120] or key,
                "line_of_business": line_of_business("", received.sender.payer),
            },
        )
        stored.payers[key] = known
    return known


def _adjudications(
    stored: Stored,
    new: pl.DataFrame,
    denials: pl.DataFrame,
    remittances: Mapping[int, Remittance],
    placed: Placed[Adjudged],
) -> None:
    first = loader.reserve(Adjudication, new.height)
    ids = {number: remittance.pk for number, remittance in remittances.items()}
    payers = {number: remittance.payer_id for number, remittance in remittances.items()}
    numbered = new.with_columns(
        pl.int_range(first, first + new.height, dtype=pl.Int64).alias("id"),
        pl.lit(stored.file.organization_id).alias("organization_id"),
        pl.col("transaction").replace_strict(ids, return_dtype=pl.Int64).alias("remittance_id"),
        pl.col("transaction").replace_strict(payers, return_dtype=pl.Int64).alias("payer_id"),
        (pl.col("segment") + placed.first_segment).alias("position"),
        *(pl.col(name) + placed.piece.offset for name in ("start", "end")),
        pl.when(pl.col("day") > date.min).then("day").alias("day"),
    )
    loader.load(Adjudication, COLUMNS, numbered.select(COLUMNS).iter_rows())
    stored.paid += int(numbered["paid"].sum() or 0)
    stored.answers.append(numbered.select("id", "key", "payer_id", "status", "kind"))
    theirs = numbered.select("segment", "id", "key", "payer_id", "control_number", "kind", "day")
    stored.denials.append(denials.join(theirs, on="segment", how="inner"))


def separators_as_text(separators: Separators) -> str:
    """Element, component, segment and repetition separator in one text."""
    return separators.element + separators.component + separators.segment + separators.repetition


def _repeat(trace_number: str, before: str, segment: int) -> Finding:
    said = f"Remittance {trace_number} was already read from {before}, with the same claims: it is not counted again."
    return Finding("warning", "remittance-repeated", segment, "ST TRN02", said)


def interchanges(file: File, envelopes: Iterable[Envelope]) -> list[Finding]:
    """Keep the numbers of a file's interchanges; what is said of those that came before in another file."""
    found = []
    for each in envelopes:
        before = Interchange.objects.filter(
            organization=file.organization, sender=each.sender[:40], control_number=each.control_number[:20]
        ).exclude(file=file)
        if earlier := before.select_related("file").first():
            said = f"Interchange {each.control_number} of this sender was also in {earlier.file.name}. Compare the two."
            found.append(Finding("warning", "interchange-repeated", each.segment, "ISA13", said))
        Interchange.objects.create(
            organization=file.organization,
            file=file,
            sender=each.sender[:40],
            receiver=each.receiver[:40],
            control_number=each.control_number[:20],
        )
    return found


def totals(stored: Stored) -> dict[str, Any]:
    """What the row of the file says of it."""
    denied = pl.concat(stored.denials) if stored.denials else pl.DataFrame({"denied": []}, {"denied": pl.Int64})
    return {
        "claims": stored.claims,
        "charge": stored.charge,
        "paid": Decimal(stored.paid).scaleb(-2),
        "denied_claims": denied.height,
        "denied": Decimal(int(denied["denied"].sum() or 0)).scaleb(-2),
    }
