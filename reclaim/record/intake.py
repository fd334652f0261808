"""A file's rows for the record: remittances, adjudications, denied lines, within the transaction of the caller.

The same remittance in another file, with the same claims, is recognized (`rules.remitted`) and not stored again.
"""

from bisect import bisect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import polars as pl
from django.db.models import QuerySet

from reclaim.people.models import Organization
from reclaim.record import loader
from reclaim.record.adjudged import ADJUDICATION, LINE, Adjudged
from reclaim.record.models import Adjudication, DeniedLine, File, Interchange, Payer, Remittance
from reclaim.rules.money import ZERO
from reclaim.rules.payers import line_of_business
from reclaim.rules.remitted import Contents, Identity, ReadBefore, Received
from reclaim.x12.control import Interchange as Envelope
from reclaim.x12.findings import Finding
from reclaim.x12.frame import Separators
from reclaim.x12.reading import Placed

COLUMNS = ("id", "organization_id", "remittance_id", *ADJUDICATION[2:], "position")
LINE_COLUMNS = {
    **dict.fromkeys(("organization_id", "adjudication_id", "number"), pl.Int64()),
    **LINE,
    "denied": pl.Int64(),
    "codes": pl.String(),
}


class Brought(NamedTuple):
    """What a piece of a file brought: a row for each adjudication, and one for each that denies."""

    answers: pl.DataFrame  # id, key, status, kind
    denials: pl.DataFrame  # adjudged.FACTS with id, key, payer_id, control_number, kind, day


@dataclass(slots=True)
class Stored:
    """What has been stored of a file so far."""

    file: File
    payers: dict[str, Payer] = field(default_factory=dict)
    before: ReadBefore = field(default_factory=ReadBefore)  # as far as this file's remittances may be among them
    transactions: int = 0  # of any kind
    claims: int = 0
    charge: Decimal = ZERO
    paid: int = 0  # cents
    denied_claims: int = 0
    denied: int = 0  # cents
    findings: list[Finding] = field(default_factory=list)
    remittances: list[int] = field(default_factory=list)  # ids of those that it held
    old: dict[int, tuple[int, str]] = field(default_factory=dict)  # id and key of what the file held, by position
    replaced: set[int] = field(default_factory=set)  # positions at which it holds something again


def begin(file: File) -> Stored:
    """A file is about to be stored. When it was read before, its rows are taken over; see `finish`.

    An answer at the place of an old one keeps its id, so that cases, and what people decided after it, still name it.
    """
    shown = Adjudication.objects.filter(remittance__file=file).values_list("position", "id", "key")
    old = {position: (number, key) for position, number, key in shown.iterator()}
    if old:
        _remove(DeniedLine.objects.filter(adjudication__remittance__file=file))
    _remove(file.interchange_rows.all())
    return Stored(file, old=old, remittances=list(file.remittances.values_list("pk", flat=True)))


def finish(stored: Stored) -> frozenset[str]:
    """All of the file is stored: what it no longer holds is removed.

    Returns:
        Keys of the claims that it answered when it was read before.
    """
    gone = [number for position, (number, _) in stored.old.items() if position not in stored.replaced]
    for some in loader.batches(gone):
        _remove(Adjudication.objects.filter(pk__in=some))  # cases that name them are settled in the same transaction
    for some in loader.batches(stored.remittances):
        _remove(Remittance.objects.filter(pk__in=some))
    return frozenset(key for _, key in stored.old.values())


def _remove(rows: QuerySet[Any]) -> None:
    rows._raw_delete(rows.db)  # noqa: SLF001  `delete` fetches every row to look for what hangs on it


def store(stored: Stored, placed: Placed[Adjudged]) -> Brought | None:
    """Store one piece of the file; `stored` is filled on the way. What it brought, for who settles claims."""
    made, brought = placed.made, None
    starts = [segment for tag, _, segment in made.outline.controls if tag == "ST"]
    if made.remittances:
        remittances = _remittances(stored, placed, starts)
        new = made.adjudications.filter(pl.col("transaction").is_in(list(remittances)))
        if new.height:
            brought = _adjudications(stored, new, remittances, placed)
    stored.transactions += len(starts)
    return brought


def _remittances(stored: Stored, placed: Placed[Adjudged], starts: list[int]) -> dict[int, Remittance]:
    """Store those of a piece that are new, and say which are not; by their transaction in the piece."""
    received = placed.made.remittances
    _meet(stored, received)
    _remember(stored, received)
    new: dict[int, Remittance] = {}
    for each in received:
        repeat = stored.before.repeat(each, stored.file.name, placed.first_segment)
        if repeat:
            stored.findings.append(repeat.finding)
        if not (repeat and repeat.same):
            identity, contents = each.identity, each.contents
            new[each.transaction] = Remittance(
                organization=stored.file.organization,
                file=stored.file,
                payer=stored.payers[identity.payer],
                transaction=stored.transactions + bisect(starts, each.segment),
                trace_number=identity.trace_number,
                amount=identity.amount,
                day=identity.day,
                claims=contents.claims,
                charge=contents.charge,
                payee=each.sender.payee,
                separators=separators_as_text(placed.piece.separators),
            )
            stored.claims += contents.claims
            stored.charge += contents.charge
    Remittance.objects.bulk_create(new.values())
    return new


def _meet(stored: Stored, received: Iterable[Received]) -> None:
    """Have a row for each payer."""
    organization = stored.file.organization
    names = {each.identity.payer: each.sender.payer for each in received}
    for keys in loader.batches(key for key in names if key not in stored.payers):
        known = Payer.objects.filter(organization=organization, key__in=keys)
        met = {payer.key for payer in known}
        lines = {key: line_of_business("", names[key]) for key in keys if key not in met}
        Payer.objects.bulk_create(
            (
                Payer(organization=organization, key=key, name=names[key][:120] or key, line_of_business=line)
                for key, line in lines.items()
            ),
            ignore_conflicts=True,  # another worker may have met them at the same time
        )
        stored.payers |= {payer.key: payer for payer in known.all()}


def _remember(stored: Stored, received: Iterable[Received]) -> None:
    """Know the remittances of other files that those of a piece may repeat; those of its own are noted by `repeat`."""
    every = Remittance.objects.filter(organization=stored.file.organization).exclude(file=stored.file).order_by("id")
    shown = ("payer__key", "trace_number", "amount", "day", "claims", "charge", "file__name")
    for traces in loader.batches({each.identity.trace_number for each in received} - {""}):
        for *facts, claims, charge, name in every.filter(trace_number__in=traces).values_list(*shown):
            stored.before.note(Identity(*facts), Contents(claims, charge), name)


def _adjudications(
    stored: Stored, new: pl.DataFrame, remittances: Mapping[int, Remittance], placed: Placed[Adjudged]
) -> Brought:
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
    if stored.old:
        numbered = _at_old_places(stored, numbered)
        loader.replace(Adjudication, numbered.select(COLUMNS))
    else:
        loader.load(Adjudication, numbered.select(COLUMNS))
    stored.paid += int(numbered["paid"].sum() or 0)
    theirs = numbered.select("segment", "id", "key", "payer_id", "control_number", "kind", "day")
    denials = placed.made.denials.join(theirs, on="segment")
    stored.denied_claims += denials.height
    stored.denied += int(denials["denied"].sum() or 0)
    ours = numbered.select("segment", "organization_id", pl.col("id").alias("adjudication_id"))
    loader.load(DeniedLine, placed.made.lines.join(ours, on="segment").select(*LINE_COLUMNS))
    return Brought(numbered.select("id", "key", "status", "kind"), denials)


def _at_old_places(stored: Stored, numbered: pl.DataFrame) -> pl.DataFrame:
    """Answers with the ids of those that stood at their places when the file was read before."""
    positions = numbered["position"].to_list()
    stored.replaced.update(positions)
    kept = {position: stored.old[position][0] for position in positions if position in stored.old}
    ids = pl.col("position").replace_strict(kept, default=pl.col("id"), return_dtype=pl.Int64)
    return numbered.with_columns(ids.alias("id")) if kept else numbered


def take_back(
    organization: Organization, lines: Mapping[int, Sequence[tuple[Any, ...]]], restored: Iterable[int]
) -> None:
    """Reversals that left claims unpaid have denied lines, and those that do no longer have none.

    Args:
        organization: whose they are.
        lines: of each such reversal, by its id; see `adjudged.Reread`.
        restored: ids of those that something replaced after all.
    """
    ids = list(restored)
    if ids:
        _remove(DeniedLine.objects.filter(adjudication__in=ids))
        Adjudication.objects.filter(pk__in=ids).update(denied=0)
    rows = [(organization.pk, number, *line) for number, each in lines.items() for line in each]
    loader.load(DeniedLine, pl.DataFrame(rows, LINE_COLUMNS, orient="row"))
    denied = {number: sum(line[-2] for line in each) for number, each in lines.items()}
    changed = [Adjudication(pk=number, denied=Decimal(cents).scaleb(-2)) for number, cents in denied.items()]
    loader.change(changed, ["denied"])


def separators_as_text(separators: Separators) -> str:
    """Element, component, segment and repetition separator in one text."""
    return separators.element + separators.component + separators.segment + separators.repetition


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
    return {
        "claims": stored.claims,
        "charge": stored.charge,
        "paid": Decimal(stored.paid).scaleb(-2),
        "denied_claims": stored.denied_claims,
        "denied": Decimal(stored.denied).scaleb(-2),
    }
