"""Answers to a replacement or a void belong to the claim that it replaces: they are kept under that claim's key.

A claim that is sent again may get another number of ours, and payers alter numbers: as soon as an answer has found its
claim, what counts is the number of the first claim of its chain, as it was sent.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Concat, Left

from reclaim.record import loader
from reclaim.record.models import Adjudication, Claim, File

AGAIN = ("7", "8")
"""CLM05-3: replacement and void."""
LONGEST = 140
"""Characters of a key."""


class Move(NamedTuple):
    """An adjudication that belongs under another key."""

    id: int
    old: str
    new: str


def link(file: File) -> None:
    """Have replacements and voids name the first claim of their chain by the payer's number of it (REF*F8).

    Those in a file, and those whose number a file tells: in an answer (CLP07) or an acknowledgement (REF*1K). Our own
    number tells it first (`record.matching`).
    """
    loose = Claim.objects.filter(organization=file.organization, frequency__in=AGAIN, original=None)
    loose = loose.exclude(payer_control_number="")
    if not loose.exists():
        return
    answers = Adjudication.objects.filter(remittance__file=file, claim__isnull=False)
    told = file.acknowledgements.exclude(payer_control_number="")
    numbers = [rows.values("payer_control_number") for rows in (answers.exclude(payer_control_number=""), told)]
    ways = [loose.filter(batch__file=file), *(loose.filter(payer_control_number__in=each) for each in numbers)]
    later = {each.pk: each for rows in ways for each in rows.only("payer_control_number", "original")}
    changed = []
    for some in loader.batches(later.values()):
        firsts = _firsts(file, {each.payer_control_number for each in some})
        for each in some:
            first = firsts.get(each.payer_control_number)
            if first and first != each.pk:
                each.original_id = first
                changed.append(each)
    loader.change(changed, ["original"])


def _firsts(file: File, numbers: set[str]) -> dict[str, int]:
    """The first claim of the chain to which a payer gave a number, by that."""
    said = Claim.objects.filter(organization=file.organization, given_number__in=numbers)
    found = {number: original or pk for number, pk, original in said.values_list("given_number", "pk", "original_id")}
    rows = Adjudication.objects.filter(organization=file.organization, payer_control_number__in=numbers)
    rows = rows.filter(claim__isnull=False)
    for number, pk, original in rows.values_list("payer_control_number", "claim_id", "claim__original_id"):
        found.setdefault(number, original or pk)
    return found


def astray(file: File) -> list[Move]:
    """Adjudications that stand under another key than that of their claim, after a file was stored and matched.

    Those in it, those whose claim, or the first of its chain, came with it, and those whose claim it has linked.
    """
    link(file)
    matched = Adjudication.objects.filter(organization=file.organization, claim__isnull=False)
    ways = [matched.filter(remittance__file=file), matched.filter(claim__batch__file=file)]
    if Claim.objects.filter(organization=file.organization, original__isnull=False).exists():
        ways.append(matched.filter(claim__original__batch__file=file))
        ways.append(matched.filter(claim__original__in=_spoken_of(file)))
    return list({move.id: move for rows in ways for move in _elsewhere(rows)}.values())


def _spoken_of(file: File) -> QuerySet[Claim]:
    """Claims that a file says something of, and that others replace or void."""
    answered = Adjudication.objects.filter(remittance__file=file, claim__isnull=False).values("claim")
    told = file.acknowledgements.filter(claim__isnull=False).values("claim")
    rows = Claim.objects.filter(organization=file.organization, versions__isnull=False)
    return rows.filter(Q(pk__in=answered) | Q(pk__in=told)).distinct()


def moved(adjudication: Adjudication) -> list[Move]:
    """Where an answer belongs now that a person has said which claim it is about, or has taken that back."""
    own = f"{adjudication.remittance.payer.key}/{adjudication.control_number}"[:LONGEST]
    if adjudication.claim_id:
        return list(_elsewhere(Adjudication.objects.filter(pk=adjudication.pk)))
    return [Move(adjudication.pk, adjudication.key, own)] if adjudication.key != own else []


def rekey(moves: Sequence[Move]) -> None:
    """Keep adjudications under the keys of their claims."""
    loader.change([Adjudication(pk=each.id, key=each.new) for each in moves], ["key"])


def _elsewhere(rows: QuerySet[Adjudication]) -> Iterator[Move]:
    number = Coalesce("claim__original__control_number", "claim__control_number")
    folded = Coalesce("claim__original__number", "claim__number")
    right = Left(Concat(F("remittance__payer__key"), Value("/"), number), LONGEST)
    found = rows.annotate(right=right, folded=folded).exclude(folded="").exclude(key=F("right"))
    return (Move(*row) for row in found.values_list("pk", "key", "right").iterator())
