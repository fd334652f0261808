"""Corrections: a claim is corrected in versions, checked at every change, looked at a second time, made ready to send.

    correction = start(user, claim, case, read)            how it goes, by what the payer said
    correction = change(user, correction, edits, read)     edits of the claim as `corrected.sheet` shows it
    correction = choose_way(user, correction, choice, read)
    correction = revert(user, correction, 3, read)         as it was in version 3
    correction = ready(user, correction, read)             refused while errors stand
    approve, send_back     the second look above an amount
    hold, release          ready, but not now
    reopen                 correct it further: before it leaves, after a test, or after a rejection
    withdraw               not at all

The claim that was sent is never touched. Whoever saw an older version changes nothing.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple

from django.utils import timezone

from reclaim.desk import sending
from reclaim.desk.acting import ActionError, ConflictError
from reclaim.desk.cases import ReadSpan
from reclaim.desk.corrected import Draft, Step, advice, as_corrected, as_sent, draft_of, known, sheet, with_edits
from reclaim.desk.models import Case, Correction, Version
from reclaim.desk.routing import receiver_of
from reclaim.people.access import Permission
from reclaim.people.actions import Done, action
from reclaim.people.models import User
from reclaim.people.preferences import SECOND_LOOK, preference
from reclaim.record.models import Claim
from reclaim.rules.edits import Finding, check
from reclaim.rules.resubmission import Way as Advised
from reclaim.rules.sent import sent
from reclaim.x12.editing import Edit
from reclaim.x12.slices import Slice

Stage, Way = Correction.Stage, Correction.Way
WORK, SEND = Permission.WORK_CASES, Permission.SEND_CLAIMS
WAYS = {
    Advised.REPLACE: Way.REPLACE,
    Advised.VOID_THEN_NEW: Way.VOID,
    Advised.NEW: Way.NEW,
    Advised.REOPEN: Way.REOPEN,
}
"""What the rules advise, as far as it is a claim."""
UNSENT = (Stage.DRAFT, Stage.APPROVAL, Stage.READY, Stage.HELD, Stage.BATCHED)
LONGEST = 400
_REMAINDER = "; the rest stands beside the claim."


class Choice(NamedTuple):
    """How a person wants a claim to go, instead of as the rules advise."""

    way: str  # Correction.Way
    why: str
    payer_control_number: str = ""  # "": as the payer has told it
    conditions: str = ""  # condition codes of an institutional claim, "D1"


@action(WORK, "started_correction")
def start(
    by: User | None, claim: Claim, case: Case | None, read: ReadSpan, choice: Choice | None = None
) -> Done[Correction]:
    """Begin to correct a claim.

    Args:
        by: who.
        claim: as it was last sent, with its file and batch.
        case: for which it is corrected; None: for none.
        read: gets the bytes of the claim.
        choice: how it is to go; None: as the rules advise.

    Raises:
        ActionError: it is being corrected already, or does not go by a claim: the message says what to do instead.
    """
    if case is not None and case.organization_id != claim.organization_id:
        raise ActionError("The claim is of another organization.")
    if Correction.objects.filter(organization=claim.organization_id, claim=claim, stage__in=UNSENT).exists():
        raise ActionError("This claim is being corrected already. Go on with that correction, or withdraw it.")
    today = timezone.localdate()
    advised = advice(claim, case, read, today)
    told = advised.resubmission
    if choice is None and (not told.as_claim or told.way not in WAYS):
        raise ActionError(f"{told.reason.text} To send it as a claim all the same, choose how, and say why.")
    chosen = choice or Choice(WAYS[told.way], told.reason.text)
    draft = _chosen(chosen, chosen.payer_control_number or advised.payer_control_number, claim.kind)
    original = as_sent(claim, read)
    found = _found(original, draft, case)
    now = datetime.now(UTC)
    row = Correction.objects.create(
        organization_id=claim.organization_id,
        case=case,
        claim=claim,
        receiver=receiver_of(claim, read),
        kind=claim.kind,
        control_number=claim.control_number,
        charge=claim.charge or 0,
        way=draft.way,
        reason=chosen.why.strip()[:LONGEST],
        rule="" if choice else told.reason.rule,
        payer_control_number=draft.payer_control_number,
        conditions=draft.conditions,
        found=[_kept(each) for each in found],
        made_by=by,
        made_at=now,
        changed_at=now,
    )
    _versioned(row, by, "started")
    return Done(row, {"case": case.pk if case else None, "claim": claim.pk, "way": row.way, "rule": row.rule})


@action(WORK, "changed_correction")
def change(
    by: User | None, correction: Correction, edits: Sequence[Edit], read: ReadSpan, what: str = "changed"
) -> Done[Correction]:
    """Make edits, all or none: a new version.

    Args:
        by: who.
        correction: as they have seen it.
        edits: of the claim as corrected so far, one after the other.
        read: gets the bytes of the claim.
        what: for the list of versions; never a value.

    Raises:
        EditError: an edit cannot be made; it says which and why.
        ConflictError: somebody else changed it in the meantime.
        ActionError: it is no draft any more.
    """
    row = _locked(correction, Stage.DRAFT)
    before = draft_of(row)
    original = as_sent(row.claim, read)
    draft = with_edits(original, before, edits)
    if draft == before:
        return Done(row, changed=False)
    return _drafted(by, row, draft, original, what)


@action(WORK, "chose_way")
def choose_way(by: User | None, correction: Correction, choice: Choice, read: ReadSpan) -> Done[Correction]:
    """Have it go in another way, or name the claim that it replaces otherwise, with the reason."""
    row = _locked(correction, Stage.DRAFT)
    draft = _chosen(choice, choice.payer_control_number or row.payer_control_number, row.kind, row.edits)
    row.reason, row.rule = choice.why.strip()[:LONGEST], ""
    return _drafted(by, row, draft, as_sent(row.claim, read), "another way")


@action(WORK, "reverted_correction")
def revert(by: User | None, correction: Correction, number: int, read: ReadSpan) -> Done[Correction]:
    """Have it as it was in an earlier version; that makes a new one."""
    row = _locked(correction, Stage.DRAFT)
    then = Version.objects.filter(correction=row, number=number).first()
    if then is None:
        raise ActionError("There is no such version of this correction.")
    if draft_of(then) == draft_of(row):
        return Done(row, changed=False)
    return _drafted(by, row, draft_of(then), as_sent(row.claim, read), f"as in version {number}")


@action(WORK, "finished_correction")
def ready(by: User | None, correction: Correction, read: ReadSpan) -> Done[Correction]:
    """Have it sent with the next batch; above an amount, after a second look (`preferences`).

    Raises:
        ActionError: errors stand, or there is no payer control number where one is needed.
    """
    row = _locked(correction, Stage.DRAFT)
    laid = sheet(row, read, timezone.localdate())
    if hindrances := laid.hindrances:
        more = f" {len(hindrances) - 3} more{_REMAINDER}" if len(hindrances) > 3 else ""
        raise ActionError(f"It cannot be sent yet. {' '.join(hindrances[:3])}{more}")
    if refused := sending.refusal(laid.corrected, sending.trial_of(row.receiver)):
        raise ActionError(f"The payer's front door would turn it away: {refused}")
    row.charge = sent(laid.corrected).charge.amount or Decimal(0)
    limit = Decimal(str(preference(row.organization_id, SECOND_LOOK)))
    row.stage = Stage.APPROVAL if by is not None and row.charge > limit else Stage.READY
    row.ready_by, row.approved_by, row.trouble = by, None, ""
    return _saved(row, {"to": row.stage, "cents": int(row.charge * 100)})


@action(SEND, "approved_correction")
def approve(by: User | None, correction: Correction) -> Done[Correction]:
    """Agree, as a second person, that it is sent."""
    row = _locked(correction, Stage.APPROVAL)
    if by is None or row.ready_by_id == by.pk:
        raise ActionError("You said that it is ready: a second person looks at it.")
    row.stage, row.approved_by = Stage.READY, by
    return _saved(row)


@action(SEND, "sent_back_correction")
def send_back(by: User | None, correction: Correction, why: str) -> Done[Correction]:
    """Have it corrected further, and say why."""
    del by
    row = _locked(correction, Stage.APPROVAL)
    if not why.strip():
        raise ActionError("Say why it goes back.")
    row.stage, row.trouble = Stage.DRAFT, why.strip()[:300]
    return _saved(row)


@action(WORK, "held_correction")
def hold(by: User | None, correction: Correction) -> Done[Correction]:
    """Not send it with the next batch."""
    del by
    row = _locked(correction, Stage.READY)
    row.stage = Stage.HELD
    return _saved(row)


@action(WORK, "released_correction")
def release(by: User | None, correction: Correction) -> Done[Correction]:
    """Send it with the next batch after all."""
    del by
    row = _locked(correction, Stage.HELD)
    row.stage = Stage.READY
    return _saved(row)


@action(WORK, "reopened_correction")
def reopen(by: User | None, correction: Correction) -> Done[Correction]:
    """Correct it further: before it leaves, after it went as a test, or after it was rejected."""
    del by
    row = _locked(correction, Stage.APPROVAL, Stage.READY, Stage.HELD, Stage.SENT, Stage.ACKNOWLEDGED, Stage.REJECTED)
    gone = row.stage in (Stage.SENT, Stage.ACKNOWLEDGED)
    if gone and row.batch and row.batch.production:
        raise ActionError("It is with the payer. Wait for the answer, then correct the claim that was sent.")
    if (
        row.stage in (Stage.SENT, Stage.ACKNOWLEDGED, Stage.REJECTED)
        and Correction.objects.filter(organization=row.organization_id, claim=row.claim_id, stage__in=UNSENT).exists()
    ):
        raise ActionError("Another correction of this claim has been started. Go on with that one.")
    was, row.stage = row.stage, Stage.DRAFT
    row.batch, row.position, row.result, row.ready_by, row.approved_by = None, None, None, None, None
    return _saved(row, {"from": was})


@action(WORK, "withdrew_correction")
def withdraw(by: User | None, correction: Correction) -> Done[Correction]:
    """Not send it at all; what was corrected is kept."""
    del by
    row = _locked(correction, Stage.DRAFT, Stage.APPROVAL, Stage.READY, Stage.HELD)
    row.stage = Stage.WITHDRAWN
    return _saved(row)


def _locked(seen: Correction, *stages: Correction.Stage) -> Correction:
    """The row of a correction as it was seen, in one of these stages."""
    rows = Correction.objects.select_related("claim__batch", "claim__file", "case", "batch", "receiver")
    row = rows.select_for_update(of=("self",)).get(pk=seen.pk)
    if row.version != seen.version:
        raise ConflictError("Somebody changed this correction in the meantime. Look at it again.")
    if row.stage not in stages:
        raise ActionError(f"This cannot be done with a correction that is {row.get_stage_display().lower()!r}.")
    return row


def _chosen(choice: Choice, number: str, kind: str, edits: Sequence[Step] = ()) -> Draft:
    """The draft that a choice makes.

    Raises:
        ActionError: there is no such way, or no reason for it.
    """
    if choice.way not in Way.values:
        raise ActionError("Choose how the claim goes: replacement, void, new claim or reopening.")
    if not choice.why.strip():
        raise ActionError("Say why it goes this way.")
    if choice.way == Way.REOPEN and kind != "837I":
        raise ActionError(
            "Only institutional claims are reopened by a claim. Ask the payer by phone, letter or portal."
        )
    return Draft(choice.way, number.strip()[:50], " ".join(choice.conditions.upper().split()), edits)


def _drafted(by: User | None, row: Correction, draft: Draft, original: Slice, what: str) -> Done[Correction]:
    found = _found(original, draft, row.case)
    row.way, row.payer_control_number, row.conditions = draft[:3]
    row.edits, row.found = list(draft.edits), [_kept(each) for each in found]
    row.number += 1
    _versioned(row, by, what)
    return _saved(row, {"number": row.number, "edits": len(row.edits), "way": row.way})


def _found(original: Slice, draft: Draft, case: Case | None) -> Sequence[Finding]:
    """What the edits say of a draft, which is proven to be one."""
    return check(sent(as_corrected(original, draft)), known(case, timezone.localdate()))


def _kept(each: Finding) -> dict[str, object]:
    """A finding as the row keeps it."""
    told = {"edit": each.edit, "severity": each.severity, "place": each.place.key, "present": each.present}
    return {**told, "text": each.text, "remedy": each.remedy}


def _versioned(row: Correction, by: User | None, what: str) -> None:
    Version.objects.create(
        organization_id=row.organization_id,
        correction=row,
        number=row.number,
        way=row.way,
        payer_control_number=row.payer_control_number,
        conditions=row.conditions,
        edits=row.edits,
        what=what[:60],
        by=by,
        at=datetime.now(UTC),
    )


def _saved(row: Correction, detail: dict[str, object] | None = None) -> Done[Correction]:
    row.version += 1
    row.changed_at = datetime.now(UTC)
    row.save()
    return Done(row, {**(detail or {}), "case": row.case_id, "version": row.version})
