"""A correction laid out: the claim as sent and as corrected, what differs, what is found, how it may go. Reads only.

laid = sheet(correction, read, today)
laid.corrected, laid.changes, laid.findings, laid.hindrances
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from reclaim.desk import cases
from reclaim.desk.acting import ActionError
from reclaim.desk.cases import ReadSpan
from reclaim.desk.models import Case, Correction, Version
from reclaim.desk.terms import terms_of
from reclaim.record.claims import slice_of
from reclaim.record.files import FilesError
from reclaim.record.models import Adjudication, Claim, Standing
from reclaim.rules.edits import Finding, Known, check
from reclaim.rules.facts import Denial
from reclaim.rules.payers import line_of_business
from reclaim.rules.resubmission import Resubmission, Sending, resubmission
from reclaim.rules.sent import sent
from reclaim.x12 import resending
from reclaim.x12.differing import Change, difference
from reclaim.x12.editing import Add, Edit, EditError, Put, Refusal, Remove, correct, restored, stored
from reclaim.x12.slices import Place, Slice

Way = Correction.Way
FREQUENCY = Place("2300", 1, "CLM", element=5, component=3)
NUMBER = Place("2300", 1, "REF*F8", element=2)
"""What the way of a correction says, and no edit."""
SENT_AGAIN = frozenset({"replacement", "new_claim", "void_and_new", "reopening"})
"""Next steps that go by a claim."""
LIMITS = ("filing", "correction")
"""Last days of a case that edits look at."""
MOST_STEPS = 300
"""Edits of one correction: far above what a person makes."""
Step = Mapping[str, Any]
"""An edit as `x12.editing.stored` has it, and what stood there (`was`): of the claim as those before have made it."""


class Draft(NamedTuple):
    """What makes the corrected claim out of the one that was sent."""

    way: str
    payer_control_number: str
    conditions: str  # codes to add: "D1 D9"
    edits: Sequence[Step]


class Sheet(NamedTuple):
    """A correction as people look at it."""

    original: Slice
    corrected: Slice
    changes: Sequence[Change]  # of the corrected claim against the original
    findings: Sequence[Finding]  # errors first

    @property
    def hindrances(self) -> tuple[str, ...]:
        """Why it is not ready to be sent; nothing when it is."""
        return tuple(f"{each.text} {each.remedy}".strip() for each in self.findings if each.severity == "error")


class Advice(NamedTuple):
    """How a claim may go again."""

    resubmission: Resubmission
    payer_control_number: str  # the latest that the payer gave for it; "" when none is known


def draft_of(row: Correction | Version) -> Draft:
    """What a correction, or one of its versions, makes of the claim."""
    return Draft(row.way, row.payer_control_number, row.conditions, row.edits)


def as_sent(claim: Claim, read: ReadSpan) -> Slice:
    """A claim as it was sent, read again from its file.

    Raises:
        ActionError: its bytes cannot be had.
    """
    try:
        return slice_of(claim, read)
    except (FilesError, OSError, ValueError) as error:
        raise ActionError("This claim cannot be read from its file any more. Look at the file in the Inbox.") from error


def as_corrected(original: Slice, draft: Draft) -> Slice:
    """The claim with its way and all edits.

    Raises:
        EditError: one of them cannot be made.
    """
    claim = correct(original, _way(original, draft))
    for step in draft.edits:
        claim = correct(claim, [restored(step)])
    return claim


def sheet(correction: Correction, read: ReadSpan, today: date, draft: Draft | None = None) -> Sheet:
    """Lay out a correction.

    Args:
        correction: which, with its claim, the file and batch of that, and its case.
        read: gets the bytes of the claim.
        today: for edits that look at days.
        draft: to be tried instead of what it holds; see `with_edits`.

    Raises:
        ActionError: the claim cannot be read any more.
        EditError: the draft cannot be made.
    """
    original = as_sent(correction.claim, read)
    claim = as_corrected(original, draft or draft_of(correction))
    found = check(sent(claim), known(correction.case, today))
    return Sheet(original, claim, difference(original, claim), found)


def known(case: Case | None, today: date) -> Known:
    """What the edits may know beside the claim."""
    days = dict(each.partition(":")[::2] for each in case.days.split()) if case else {}
    file_by, correct_by = (date.fromisoformat(days[each]) if days.get(each) else None for each in LIMITS)
    return Known(today, file_by, correct_by)


def with_edits(original: Slice, draft: Draft, edits: Sequence[Edit]) -> Draft:
    """A draft with more edits, each of the claim as the ones before have made it.

    Typing in the same place again replaces what was typed there, and what is put back as it was is no edit any more.

    Raises:
        EditError: an edit cannot be made, or is none of the claim but of the way it goes.
        ActionError: there are too many.
    """
    for each in edits:
        if isinstance(each, Put) and each.place.whole == NUMBER.whole and draft.way != Way.NEW:
            draft = draft._replace(payer_control_number=str(each.value).strip())
    claim, steps = as_corrected(original, draft), list(draft.edits)
    for each in edits:
        if isinstance(each, Put) and each.place.whole == NUMBER.whole and draft.way != Way.NEW:
            continue
        _refuse_way(each)
        edit, was = _exact(claim, each)
        after = correct(claim, [edit])
        if after.parts != claim.parts:
            steps = _followed(steps, {**stored(edit), "was": was})
        claim = after
    if len(steps) > MOST_STEPS:
        raise ActionError(f"A correction takes {MOST_STEPS} edits. Send this one, or withdraw it and begin anew.")
    return draft._replace(edits=steps)


def with_total(claim: Slice, edits: Sequence[Edit]) -> list[Edit]:
    """Edits that add or take away lines, and the total charge that follows from them.

    Raises:
        EditError: one of them cannot be made.
    """
    after = claim
    for each in edits:
        after = correct(after, [each])
    facts = sent(after)
    total = sum((line.charge.amount or Decimal(0) for line in facts.lines), Decimal(0))
    return [*edits] if total == facts.charge.amount else [*edits, Put(facts.charge.place, f"{total:f}")]


def compared(correction: Correction, older: Version, newer: Version, read: ReadSpan) -> list[Change]:
    """What differs between two versions of a correction."""
    original = as_sent(correction.claim, read)
    return difference(as_corrected(original, draft_of(older)), as_corrected(original, draft_of(newer)))


def claim_of(case: Case) -> Claim | None:
    """The claim that a case is about, as it was last answered, or sent and not taken in; None while it is not known."""
    if case.claim_id is not None:
        return Claim.objects.select_related("batch", "file").filter(pk=case.claim_id).first()
    answers = Adjudication.objects.filter(organization=case.organization_id, key=case.key, claim__isnull=False)
    found = answers.order_by("-day", "-id").select_related("claim__batch", "claim__file").first()
    return found.claim if found else None


def advice(claim: Claim, case: Case | None, read: ReadSpan, today: date) -> Advice:
    """How a claim may go again, by what the payer said of it."""
    denial = _denial(case, read, today) if case else None
    number = _number(claim)
    told = (
        denial.claim.remarks + tuple(remark for line in denial.claim.lines for remark in line.remarks) if denial else ()
    )
    steps = {denial.plan.next.action, *(each.action for each in denial.plan.alternatives)} if denial else SENT_AGAIN
    voided = Correction.objects.filter(
        organization=claim.organization_id, claim=claim, way=Way.VOID, result__standing=Standing.ACCEPTED
    )
    line = line_of_business(claim.filing_indicator, claim.payer_name)
    answers = Adjudication.objects.filter(claim__in={claim.pk, claim.original_id or claim.pk})
    answer = answers.select_related("remittance__payer").order_by("-day", "-id").first()
    facts = Sending(
        line=line,
        kind=claim.kind,
        today=today,
        service_to=claim.service_to,
        answered=answer.day if answer else None,
        adjudicated=answer is not None and not voided.exists(),
        remarks=told,
        payer_control_number=number,
        curable=bool(SENT_AGAIN & steps),
        appealable=denial.classification.appeal_rights if denial else True,
        terms=terms_of(answer.remittance.payer if answer else None, claim.payer_name, line),
    )
    return Advice(resubmission(facts), number)


def _number(claim: Claim) -> str:
    """The payer's latest number of a claim: of its answers, else of its acknowledgement, else the one it replaces."""
    answers = Adjudication.objects.filter(claim__in={claim.pk, claim.original_id or claim.pk})
    found = answers.exclude(payer_control_number="").order_by("-day", "-id")
    latest = found.values_list("payer_control_number", flat=True).first()
    return latest or claim.given_number or claim.payer_control_number


def _denial(case: Case, read: ReadSpan, today: date) -> Denial | None:
    """What the rules say of the denial of a case; None when there is none, or its bytes cannot be read."""
    if case.denial_id is None:
        return None
    try:
        pieces = cases.judge(case, today, read)
    except (FilesError, OSError, ValueError):
        return None
    return pieces[0].denial if pieces else None


def _way(original: Slice, draft: Draft) -> list[Edit]:
    """The edits that make the claim go as it is to go."""
    number, codes = draft.payer_control_number, draft.conditions.split()
    if draft.way == Way.NEW:
        return resending.new(original)
    made = {Way.REPLACE: resending.replacement, Way.VOID: resending.void, Way.REOPEN: resending.reopening}
    if number:
        return made[Way(draft.way)](original, number, codes=codes)
    return [edit for edit in made[Way(draft.way)](original, "-", codes=codes) if not _of_number(edit)]


def _of_number(edit: Edit) -> bool:
    return isinstance(edit, Put) and edit.place.whole == NUMBER.whole


def _refuse_way(edit: Edit) -> None:
    """Refuse to change what the way of a correction says."""
    match edit:
        case Put(place, _) | Remove(place):
            theirs = place.whole == NUMBER.whole or (
                place.whole == FREQUENCY.whole and place.element == 5 and place.component in (0, 3)
            )
            theirs |= isinstance(edit, Remove) and place.whole == FREQUENCY.whole
        case Add(_, segments, _):
            place, theirs = NUMBER, bool(segments) and segments[0][:2] == ("REF", "F8")
    if theirs:
        said = "How the claim goes says this: choose another way for it, or give the payer's number there."
        raise EditError([Refusal(place, said)])


def _exact(claim: Slice, edit: Edit) -> tuple[Edit, str]:
    """An edit by the full name of its place, and what stands there."""
    if isinstance(edit, Add):
        return edit, ""
    found = claim.find(edit.place)
    place = found.place(*edit.place[4:]) if found else edit.place
    return edit._replace(place=place), claim.get(place)


def _followed(steps: list[Step], step: Step) -> list[Step]:
    """Steps and one more; of several in the same place that no other edit came between, the last."""
    for at in range(len(steps) - 1, -1, -1):
        before = steps[at]
        if "put" not in step or "put" not in before:
            break
        if before["put"] == step["put"]:
            kept = [] if step["value"] == before["was"] else [{**step, "was": before["was"]}]
            return [*steps[:at], *kept, *steps[at + 1 :]]
        if Place.parse(before["put"]).whole == Place.parse(step["put"]).whole:
            break
    return [*steps, step]
