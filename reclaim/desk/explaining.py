"""What is wrong on a denied claim, by all that the record knows around it; and what putting it right would change.

found = suggested(correction, read, today)
found.explained.faults, found.explained.question
for each in found.suggestions: each.changes        shown first; `correcting.change` applies `each.edit`
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Literal, NamedTuple

from django.db.models import Exists, OuterRef, QuerySet

from reclaim.desk import cases
from reclaim.desk.acting import ActionError
from reclaim.desk.cases import Judged, ReadSpan
from reclaim.desk.corrected import as_corrected, as_sent, draft_of, with_edits
from reclaim.desk.models import Case, Correction
from reclaim.record.claims import siblings, story
from reclaim.record.files import FilesError
from reclaim.record.models import Acknowledgement, Adjudication, Claim, Standing, Verdict
from reclaim.rules.causes import Around, Corrected, Earlier, Explained, Fault, Sibling, explain
from reclaim.rules.sent import Sent, sent, sent_day
from reclaim.x12.differing import Change, difference
from reclaim.x12.editing import Edit, EditError, Put
from reclaim.x12.slices import Slice

SIBLINGS, EARLIER = 30, 20
"""Claims that are read beside the denied one: paid ones with its procedure, and others of the same patient."""
OUTCOMES: dict[str, Literal["paid", "denied", "open", "rejected"]] = {Standing.REJECTED: "rejected"}


class Suggestion(NamedTuple):
    """Putting a fault right."""

    fault: Fault
    edit: Edit
    changes: Sequence[Change]  # what it would change; none: it cannot be made
    refused: str  # why it cannot be made


class Suggested(NamedTuple):
    """What is wrong on a claim as it is corrected so far, and what can be done about it with one key."""

    explained: Explained | None  # None: the denial, or the claim, cannot be read
    suggestions: Sequence[Suggestion]


def suggested(correction: Correction, read: ReadSpan, today: date) -> Suggested:
    """What else is to be corrected on a claim.

    Args:
        correction: with its claim, the file and batch of that, and its case (`desk.cases.one`).
        read: gets bytes.
        today: from which days are counted.

    Raises:
        ActionError: the claim cannot be read any more.
    """
    case = correction.case
    if case is None:
        return Suggested(None, ())
    original, draft = as_sent(correction.claim, read), draft_of(correction)
    now = as_corrected(original, draft)
    explained = explained_of(case, correction.claim, read, today, now)
    found = [] if explained is None else [each for each in explained.faults if each.edit]
    return Suggested(explained, [_tried(original, now, correction, fault) for fault in found])


def explained_of(case: Case, claim: Claim, read: ReadSpan, today: date, now: Slice | None = None) -> Explained | None:
    """What is wrong on the claim of a case.

    Args:
        case: see `desk.cases.one`.
        claim: of the case, with its file and batch.
        read: gets bytes.
        today: from which days are counted.
        now: the claim as corrected so far; None: as it was sent.

    Returns:
        Faults, best first, and what to ask the payer; None when the denial cannot be read.

    Raises:
        ActionError: the claim cannot be read any more.
    """
    if case.denial_id is None:
        return None
    try:
        judged = cases.judge(case, today, read)[0]
        raw = cases.segments(judged.answer, read)
    except (FilesError, OSError, ValueError, IndexError):
        return None
    denial = judged.denial
    around = around_of(claim, judged, raw, read)
    return explain(denial.claim, denial.identification, sent(now or as_sent(claim, read)), around)


def around_of(claim: Claim, judged: Judged, raw: Sequence[str], read: ReadSpan) -> Around:
    """What the record knows around a denied claim.

    Args:
        claim: that was denied.
        judged: its denial.
        raw: the segments of the payer's answer.
        read: gets the bytes of other claims.
    """
    chain = story(claim)
    every = Claim.objects.filter(organization=claim.organization_id, member_id=claim.member_id or "-")
    others = every.exclude(pk__in=chain.order_by().values("pk"))
    history = list(_with_outcome(others).order_by("-sent_on", "-id")[: EARLIER + 1])
    versions = _with_outcome(chain.exclude(pk=claim.pk))[:EARLIER]
    last, first, member_id, other = _names(raw, judged.answer.remittance.separators[:1])
    taken_in = Acknowledgement.objects.filter(claim=claim, verdict=Verdict.ACCEPTED).select_related("file")
    accepted = taken_in.first() if claim.accepted_on else None
    return Around(
        siblings=tuple(_siblings(claim, read)),
        history=tuple(_earlier(history[:EARLIER], read)),
        versions=tuple(_earlier(versions, read)),
        complete=len(history) <= EARLIER,
        corrected=Corrected(last, first, member_id),
        other_payer=other,
        covered_until=_covered_until(raw, judged.answer.remittance.separators[:1]),
        sent_on=claim.sent_on,
        received=judged.denial.claim.received,
        accepted=claim.accepted_on,
        acknowledgement=accepted.file.name if accepted else "",
    )


def _tried(original: Slice, now: Slice, correction: Correction, fault: Fault) -> Suggestion:
    """A fault with what putting it right would change."""
    put = fault.edit
    edit = Put(put.place, put.value) if put else Put(fault.place, "")  # type: ignore[arg-type]  # asked for with an edit
    try:
        after = as_corrected(original, with_edits(original, draft_of(correction), [edit]))
    except (EditError, ActionError) as error:
        return Suggestion(fault, edit, (), str(error))
    return Suggestion(fault, edit, difference(now, after), "")


def _with_outcome(claims: QuerySet[Claim]) -> QuerySet[Claim]:
    paid = Adjudication.objects.filter(claim=OuterRef("pk"), paid__gt=0)
    return claims.annotate(was_paid=Exists(paid)).select_related("batch", "file")


def _earlier(claims: Iterable[Claim], read: ReadSpan) -> Iterator[Earlier]:
    for each in claims:
        facts = _facts(each, read)
        if facts is None:
            continue
        answered: Literal["paid", "denied"] = "paid" if each.was_paid else "denied"  # type: ignore[attr-defined]  # annotated
        outcome = answered if each.standing == Standing.ANSWERED else OUTCOMES.get(each.standing, "open")
        yield Earlier(facts, each.sent_on, outcome, each.given_number)


def _siblings(claim: Claim, read: ReadSpan) -> Iterator[Sibling]:
    """Lines of the newest claims of this payer that were paid, with the same procedures."""
    codes = {each.partition(":")[0] for each in claim.procedures.split()}
    for each in siblings(claim).select_related("batch", "file")[:SIBLINGS]:
        facts = _facts(each, read)
        for line in facts.lines if facts else ():
            if line.procedure.text in codes and facts:
                yield Sibling(facts, line)


def _facts(claim: Claim, read: ReadSpan) -> Sent | None:
    try:
        return sent(as_sent(claim, read))
    except ActionError:
        return None


def _names(raw: Sequence[str], mark: str) -> tuple[str, str, str, str]:
    """The insured as the payer has it, last and first name and number (NM1*74), and whom it wants billed first (PR)."""
    told = {"74": ["", "", ""], "PR": ["", "", ""]}
    for segment in raw:
        elements = [each.strip() for each in segment.split(mark)] + [""] * 9
        if elements[0].upper() == "NM1" and elements[1] in told:
            told[elements[1]] = [elements[3], elements[4], elements[9]]
    last, first, number = told["74"]
    return last, first, number, told["PR"][0]


def _covered_until(raw: Sequence[str], mark: str) -> date | None:
    """The last day of the coverage as the payer has it (DTM*036); None where it does not say."""
    for segment in raw:
        tag, qualifier, day, *_ = [*(each.strip() for each in segment.split(mark)), "", ""]
        if (tag.upper(), qualifier) == ("DTM", "036"):
            return sent_day(day)
    return None
