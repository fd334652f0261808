"""Batches: what is ready goes out as valid interchanges, and nothing is lost or sent twice, whatever is cut off.

    building     corrections of one receiver and kind are put together, under a number that no other interchange has
    written      their bytes are made and judged, and kept; what the judge refuses is taken out with the reason
    sent         it left (`reclaim.dispatch`): the file is in the record, the cases wait for the payer
    acknowledged, rejected     as the record tells
    disbanded    it never left

The state of the rows is the queue: a job goes on with what is building or written. The bytes follow from the rows
alone, so that they may be made again as long as they were not kept.
"""

import io
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import BinaryIO, NamedTuple

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from reclaim.desk import actions
from reclaim.desk.acting import ActionError, ConflictError, Job
from reclaim.desk.cases import ReadSpan
from reclaim.desk.corrected import as_corrected, as_sent, draft_of
from reclaim.desk.models import Batch, Control, Correction, Receiver
from reclaim.desk.models.work import ELECTRONIC
from reclaim.people import events
from reclaim.people.access import Permission
from reclaim.people.actions import Done, action, insist
from reclaim.people.models import Organization, User
from reclaim.record.files import Kept
from reclaim.record.models import Claim, File, FileState, Interchange, Standing
from reclaim.x12 import writing
from reclaim.x12.editing import EditError
from reclaim.x12.judge import objections
from reclaim.x12.slices import CLAIM, OUTSIDE, Slice, parted
from reclaim.x12.writing import Envelope, WritingError

SEND = Permission.SEND_CLAIMS
SENDING = Job("sending")
Stage, Kind = Batch.Stage, Batch.Kind
MOST = 2000
"""Claims of one batch: so many are judged in less than a minute."""
FIRST, LAST = 500_000_001, 999_999_999
"""Interchange numbers. Another program of the office that sends under the same names counts from 1."""
NAMED = 3
"""Objections that a correction comes back with."""
STAGES = {
    Standing.ACCEPTED: Correction.Stage.ACKNOWLEDGED,
    Standing.REJECTED: Correction.Stage.REJECTED,
    Standing.ANSWERED: Correction.Stage.ANSWERED,
}
"""What the record says of a claim that was sent, and what that makes of its correction."""
ACKNOWLEDGED_WITHIN = timedelta(days=30)
"""For so long it is looked whether a batch was acknowledged: far above the two business days that are usual."""
TAKEN = (Standing.RECEIVED, Standing.ACCEPTED, Standing.ANSWERED)
Keep = Callable[[BinaryIO], Kept]
"""Keeps bytes."""


class Loaded(NamedTuple):
    """A correction as the claim that is to be sent."""

    correction: Correction
    claim: Slice


class Judged(NamedTuple):
    """What is left of a batch after the judge, and what is not."""

    written: writing.Batch | None  # None: nothing is left
    left: Sequence[Loaded]
    out: Mapping[int, str]  # why not, by the id of the correction


# --- put together -----------------------------------------------------------------------------------------------------


def gather(by: User | None, organization: Organization, only: Iterable[int] | None = None) -> list[Batch]:
    """Put everything that is ready into batches, by receiver and kind; the job of the clock goes on with them.

    Args:
        by: who sends.
        organization: whose claims.
        only: ids of corrections; None: all that are ready.

    Raises:
        NotAllowedError: the role does not include it.
    """
    if by is not None:
        insist(by, SEND, "made_batch", [organization])
    rows = Correction.objects.filter(organization=organization, stage=Correction.Stage.READY)
    if only is not None:
        rows = rows.filter(pk__in=list(only)[:MOST])
    groups = list(rows.values_list("receiver", "kind").order_by("receiver", "kind").distinct())
    receivers = Receiver.objects.in_bulk([receiver for receiver, _ in groups])
    made = []
    for receiver, kind in groups:
        while ids := list(rows.filter(receiver=receiver, kind=kind).order_by("pk").values_list("pk", flat=True)[:MOST]):
            try:
                made.append(_gathered(by, receivers[receiver], kind, ids))
            except ConflictError:
                break
    return made


@action(SEND, "made_batch")
def _gathered(by: User | None, receiver: Receiver, kind: str, ids: Sequence[int]) -> Done[Batch]:
    rows = Correction.objects.select_for_update().filter(pk__in=ids, stage=Correction.Stage.READY).order_by("pk")
    found = list(rows)
    if not found:
        raise ConflictError("Somebody else has sent them.")
    batch = opened(by, receiver, kind)
    batch.count, batch.charge = len(found), sum(each.charge for each in found)
    batch.save()
    for each in found:
        each.stage, each.batch, each.version = Correction.Stage.BATCHED, batch, each.version + 1
    Correction.objects.bulk_update(found, ["stage", "batch", "version"], batch_size=200)
    return Done(batch, {"receiver": receiver.pk, "kind": kind, "count": batch.count, "control": batch.control})


def opened(by: User | None, receiver: Receiver, kind: str) -> Batch:
    """A new batch with a number of its own, within the transaction of the caller: both are kept or neither."""
    organization = receiver.organization
    Control.objects.get_or_create(organization=organization, defaults={"next": FIRST})
    control = Control.objects.select_for_update().get(organization=organization)
    number = control.next
    theirs = Interchange.objects.filter(organization=organization, sender=receiver.sender)
    while theirs.filter(control_number=f"{number:09d}").exists():
        number += 1
    if number > LAST:
        raise ActionError("The numbers of interchanges are used up. Tell whoever runs Reclaim for you.")
    control.next = number + 1
    control.save(update_fields=["next"])
    return Batch.objects.create(
        organization=organization,
        receiver=receiver,
        kind=kind,
        production=receiver.production,
        control=number,
        made_by=by,
        made_at=timezone.now().replace(microsecond=0),
    )


# --- written and judged -----------------------------------------------------------------------------------------------


def write(batch: Batch, read: ReadSpan, keep: Keep) -> Batch:
    """Make the bytes of a batch that is building, judge them, keep them. Does nothing to another.

    Args:
        batch: of claims.
        read: gets the bytes of claims.
        keep: keeps the bytes of the batch.
    """
    if batch.stage != Stage.BUILDING:
        return batch
    rows = Correction.objects.filter(batch=batch).select_related("claim__batch", "claim__file").order_by("pk")
    loaded, out = load(rows, read)
    judged = judge(loaded, envelope_of(batch))
    return _kept(batch, judged._replace(out={**out, **judged.out}), keep)


def envelope_of(batch: Batch) -> Envelope:
    """Who sends a batch to whom, when and under which number."""
    at = timezone.localtime(batch.made_at)
    return _envelope(batch.receiver, at, batch.control, production=batch.production)


def trial_of(receiver: Receiver) -> Envelope:
    """An envelope to judge a claim in by itself, before it is in any batch."""
    return _envelope(receiver, timezone.localtime(), 1, production=receiver.production)


def _envelope(receiver: Receiver, at: datetime, control: int, *, production: bool) -> Envelope:
    return Envelope(
        sender=receiver.sender,
        receiver=receiver.receiver,
        at=at,
        control=control,
        production=production,
        sender_qualifier=receiver.sender_qualifier,
        receiver_qualifier=receiver.receiver_qualifier,
        group_sender=receiver.group_sender,
        group_receiver=receiver.group_receiver,
    )


def judge(loaded: Sequence[Loaded], envelope: Envelope) -> Judged:
    """Write claims as one interchange, without those that the judge refuses.

    Args:
        loaded: claims of one kind.
        envelope: of the interchange.
    """
    left, out = list(loaded), dict[int, str]()
    while left:
        try:
            written = writing.batch([each.claim for each in left], envelope)
        except WritingError as error:
            refused = _refused_alone(left, left, envelope) or {each.correction.pk: str(error) for each in left}
        else:
            found = objections(written.data, left[0].claim.kind)
            if not found:
                return Judged(written, left, out)
            suspects = _suspects(written, [each.segment for each in found])
            told = " ".join(each.text for each in found[:NAMED])
            refused = _refused_alone(left, [left[each] for each in suspects], envelope) or {
                left[each].correction.pk: told for each in suspects
            }
        out |= refused
        left = [each for each in left if each.correction.pk not in refused]
    return Judged(None, left, out)


def refusal(claim: Slice, envelope: Envelope) -> str:
    """Why a claim alone would not pass the judge; "" when it would."""
    try:
        found = objections(writing.batch([claim], envelope).data, claim.kind)
    except WritingError as error:
        return str(error)
    return " ".join(each.text for each in found[:NAMED])


def _refused_alone(every: Sequence[Loaded], some: Sequence[Loaded], envelope: Envelope) -> dict[int, str]:
    """Those of some claims that the judge refuses each by itself, with the reason."""
    if len(every) == 1:
        return {}  # it was alone already
    told = ((each.correction.pk, refusal(each.claim, envelope)) for each in some)
    return {pk: why for pk, why in told if why}


def _suspects(written: writing.Batch, segments: Iterable[int]) -> list[int]:
    """Which claims of a batch may be at fault for something told at segments of it, from 0 as they were given.

    What is missing is told at the segment behind its place, so the claim before may be meant.
    """
    order = [each for transaction in written.transactions for each in transaction.items]
    starts, numbers, count = [], [], 0
    for part in parted(written.data):
        starts.append(count + 1)
        numbers.append(part.number)
        count += part.data.count(part.separators.segment.encode("latin-1"))
    claims = [at for at, number in enumerate(numbers) if number == CLAIM]
    found = set[int]()
    for segment in segments:
        at = max(bisect_right(starts, segment) - 1, 0)
        before = bisect_right(claims, at - 1)  # claims that begin before this part
        last = before
        if numbers[at] == CLAIM:
            last = before + 1
        elif numbers[at] != OUTSIDE:
            end = next((each for each in range(at + 1, len(numbers)) if numbers[each] <= numbers[at]), len(numbers))
            last = bisect_right(claims, end - 1)
        elif not before:
            last = len(claims)  # the envelope itself
        found.update(range(max(before - 1, 0), last))
    return [order[each] for each in sorted(found)]


def load(rows: Iterable[Correction], read: ReadSpan) -> tuple[list[Loaded], dict[int, str]]:
    """Corrections as the claims that are to be sent, and why some cannot be had, by their ids."""
    loaded, out = list[Loaded](), dict[int, str]()
    for row in rows:
        try:
            loaded.append(Loaded(row, as_corrected(as_sent(row.claim, read), draft_of(row))))
        except (ActionError, EditError) as error:
            out[row.pk] = str(error)
    return loaded, out


def _kept(batch: Batch, judged: Judged, keep: Keep) -> Batch:
    """Keep what was written, and put aside what was taken out, in one transaction; nothing when another was first."""
    written = judged.written
    kept = keep(io.BytesIO(written.data)) if written else None
    with transaction.atomic():
        row = Batch.objects.select_for_update(of=("self",)).select_related("organization", "receiver").get(pk=batch.pk)
        if row.stage != Stage.BUILDING:
            return row
        rows = {each.pk: each for each in Correction.objects.select_for_update().filter(batch=row)}
        for pk, why in judged.out.items():
            _put_aside(rows[pk], why)
        places = [each for one in written.transactions for each in one.items] if written else []
        for position, number in enumerate(places):
            rows[judged.left[number].correction.pk].position = position
        Correction.objects.bulk_update(
            rows.values(), ["stage", "batch", "position", "trouble", "version"], batch_size=200
        )
        row.count = len(places)
        row.charge = sum(rows[each.correction.pk].charge for each in judged.left) if places else 0
        row.stage = Stage.WRITTEN if kept else Stage.DISBANDED
        row.sha256, row.size = (kept.sha256, kept.size) if kept else ("", 0)
        row.taken_out, row.trouble = len(judged.out), ""
        row.save()
        told = {"job": SENDING.name, "count": row.count, "taken_out": len(judged.out), "stage": row.stage}
        events.record(row.organization, None, "wrote_batch", row, told)
    return row


def _put_aside(row: Correction, why: str) -> None:
    row.stage, row.batch, row.position, row.trouble = Correction.Stage.DRAFT, None, None, why[:300]
    row.version += 1


def finish(batch: Batch, data: bytes, count: int, keep: Keep) -> Batch:
    """Keep the bytes of a batch that somebody else has built, such as one of status requests.

    Args:
        batch: that is building.
        data: one interchange, judged.
        count: requests in it.
        keep: keeps the bytes.
    """
    kept = keep(io.BytesIO(data))
    with transaction.atomic():
        row = Batch.objects.select_for_update(of=("self",)).select_related("organization", "receiver").get(pk=batch.pk)
        if row.stage == Stage.BUILDING:
            row.stage, row.sha256, row.size, row.count = Stage.WRITTEN, kept.sha256, kept.size, count
            row.save()
            told = {"job": SENDING.name, "count": count, "taken_out": 0, "stage": row.stage}
            events.record(row.organization, None, "wrote_batch", row, told)
    return row


# --- before it leaves -------------------------------------------------------------------------------------------------


@action(SEND, "held_batch")
def hold(by: User | None, batch: Batch) -> Done[Batch]:
    """Not let it leave until somebody releases it."""
    del by
    row = _unsent(batch)
    changed, row.held = not row.held, True
    row.save()
    return Done(row, changed=changed)


@action(SEND, "released_batch")
def release(by: User | None, batch: Batch) -> Done[Batch]:
    """Let it leave after all."""
    del by
    row = _unsent(batch)
    changed, row.held = row.held, False
    row.save()
    return Done(row, changed=changed)


@action(SEND, "disbanded_batch")
def disband(by: User | None, batch: Batch) -> Done[Batch]:
    """Take it apart before it leaves: its claims are ready again. Its number is not used for another."""
    del by
    row = _unsent(batch)
    rows = list(Correction.objects.select_for_update().filter(batch=row))
    for each in rows:
        each.stage, each.batch, each.position, each.version = Correction.Stage.READY, None, None, each.version + 1
    Correction.objects.bulk_update(rows, ["stage", "batch", "position", "version"], batch_size=200)
    row.stage, row.trouble = Stage.DISBANDED, ""
    row.save()
    return Done(row, {"count": len(rows)})


@action(SEND, "took_batch")
def take(by: User | None, batch: Batch) -> Done[Batch]:
    """Note that somebody takes a copy of its bytes out of the house, with every patient in it."""
    del by
    if not batch.sha256:
        raise ActionError("It is still being written. Come back in a minute.")
    return Done(batch, {"bytes": batch.size})


def _unsent(batch: Batch) -> Batch:
    row = Batch.objects.select_for_update(of=("self",)).select_related("organization", "receiver").get(pk=batch.pk)
    if row.stage not in (Stage.BUILDING, Stage.WRITTEN) or row.outgoing_id is not None:
        raise ActionError("This batch is on its way already, or was taken apart.")
    return row


# --- sent, and what came back -----------------------------------------------------------------------------------------


@action(SEND, "sent_batch")
def leave(by: User | None, batch: Batch, file: File) -> Done[Batch]:
    """Note that a batch left: its file is kept, its cases wait for the payer. Within the transaction that kept it.

    Args:
        by: who handed it over; None: a connection did.
        batch: as locked by the caller.
        file: its bytes in the record.
    """
    if batch.stage != Stage.WRITTEN:
        raise ActionError("This batch cannot be sent: it is not written, or it was sent before.")
    batch.stage, batch.file, batch.sent_by, batch.sent_at, batch.trouble = Stage.SENT, file, by, datetime.now(UTC), ""
    batch.save()
    rows = list(Correction.objects.select_for_update().filter(batch=batch).order_by("position"))
    for each in rows:
        each.stage, each.version = Correction.Stage.SENT, each.version + 1
    Correction.objects.bulk_update(rows, ["stage", "version"], batch_size=200)
    cases = [each.case_id for each in rows if each.case_id]
    if cases and batch.production:
        day = timezone.localdate(batch.sent_at)
        parcel = actions.Parcel("corrected", ELECTRONIC, day, None, f"interchange {batch.control}")
        actions.mark_sent.many(SENDING, batch.organization, cases, parcel=parcel)
    return Done(batch, {"file": file.pk, "count": batch.count, "control": batch.control})


def link(batch: Batch) -> bool:
    """Join the corrections of a batch to the claims that the record has read from its file; False while it has not."""
    if batch.file is None or batch.file.state != FileState.READ:
        return False
    rows = list(Correction.objects.filter(batch=batch, result=None).exclude(position=None))
    claims = Claim.objects.filter(batch__file=batch.file).order_by("batch__transaction", "position")
    found = list(claims.values_list("pk", flat=True))
    for each in rows:
        each.result_id = found[each.position or 0] if len(found) == batch.count else None
    Correction.objects.bulk_update(rows, ["result"], batch_size=200)
    return len(found) == batch.count


def follow(organization: Organization) -> int:
    """Have corrections and batches stand where the record says that their claims do. How many moved."""
    moved = 0
    gone = Correction.objects.filter(
        organization=organization, stage__in=[Correction.Stage.SENT, Correction.Stage.ACKNOWLEDGED]
    )
    for standing, stage in STAGES.items():
        ids = list(gone.filter(result__standing=standing).exclude(stage=stage).values_list("pk", flat=True)[:MOST])
        with transaction.atomic():
            for each in Correction.objects.select_for_update().filter(pk__in=ids):
                each.stage, each.version = stage, each.version + 1
                each.save(update_fields=["stage", "version"])
                moved += 1
    young = timezone.now() - ACKNOWLEDGED_WITHIN
    waiting = Batch.objects.filter(organization=organization, stage=Stage.SENT, sent_at__gt=young)
    for batch in waiting.exclude(kind=Kind.INQUIRY):
        moved += _told(batch)
    return moved


def _told(batch: Batch) -> bool:
    """Whether a batch that was sent is now known to be taken or refused."""
    claims = Claim.objects.filter(batch__file=batch.file_id)
    counts = dict(claims.values_list("standing").annotate(Count("pk")))
    if any(counts.get(each) for each in TAKEN):
        stage = Stage.ACKNOWLEDGED
    elif counts and set(counts) == {Standing.REJECTED}:
        stage = Stage.REJECTED
    else:
        return False
    return bool(Batch.objects.filter(pk=batch.pk, stage=Stage.SENT).update(stage=stage))
