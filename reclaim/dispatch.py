"""The way out, on one page: what is ready leaves, and the record knows it.

    send        put what is ready into batches                                            desk.sending
    carry_on    the job: written, judged and kept; given to their connections; noted when they left;
                joined to the claims that the record then holds; followed
    hand_over   somebody takes a batch to its receiver by hand

Whatever is cut off, the next run goes on from the rows: the same rows make the same bytes, a connection takes a batch
once, and only what left is in the record.
"""

import logging
from collections.abc import Callable, Iterable
from typing import BinaryIO

from django.db import transaction

from reclaim import exchange, reception
from reclaim.desk import sending
from reclaim.desk.acting import ActionError
from reclaim.desk.models import Batch, Correction
from reclaim.people.actions import insist
from reclaim.people.models import Organization, User
from reclaim.record.connections.models import Outgoing
from reclaim.record.connections.sending import SendingError
from reclaim.record.models import File

log = logging.getLogger(__name__)

Stage = Batch.Stage
ORIGIN = "sent"
UNEXPECTED = "It could not be written. It is tried again; if this stays, tell whoever runs Reclaim for you."


def read_span(file: File, start: int, end: int) -> bytes:
    """The bytes of a file from a place to another."""
    return reception.store().read_span(file.sha256, start, end)


def send(by: User | None, organization: Organization, only: Iterable[int] | None = None) -> list[Batch]:
    """Put what is ready into batches; see `desk.sending.gather`. The job goes on with them within a minute."""
    return sending.gather(by, organization, only)


def carry_on(organization: Organization | None = None) -> int:
    """Go on with every batch that waits, of one organization or of all. How many moved."""
    rows = Batch.objects.select_related("organization", "receiver__connection", "outgoing", "file")
    if organization is not None:
        rows = rows.filter(organization=organization)
    moved = 0
    building = rows.filter(stage=Stage.BUILDING).exclude(kind=Batch.Kind.INQUIRY)
    written = rows.filter(stage=Stage.WRITTEN)
    steps: tuple[tuple[object, Callable[[Batch], bool]], ...] = (
        (building, _write),
        (written.filter(held=False, outgoing=None, receiver__connection__isnull=False), _queue),
        (written.filter(outgoing__state=Outgoing.State.SENT), lambda batch: _left(None, batch)),
    )
    for waiting, step in steps:
        for batch in waiting.order_by("pk"):  # type: ignore[attr-defined]  # rows of the table
            moved += _tried(batch, step)
    return moved + sum(map(catch_up, _sending(organization)))


def catch_up(organization: Organization) -> int:
    """Join what was sent to the claims of the record, and have it stand where these do. How many moved."""
    unread = Batch.objects.filter(organization=organization, corrections__result=None, corrections__stage="sent")
    joined = sum(sending.link(batch) for batch in unread.select_related("file").distinct())
    return joined + sending.follow(organization)


def name_of(batch: Batch) -> str:
    """The name of its file: the receiver knows by it what it is, and it is never the same for two."""
    return f"{batch.kind}_{batch.made_at:%Y%m%d}_{batch.control:09d}{'' if batch.production else '_test'}.txt"


def opened(batch: Batch) -> BinaryIO:
    """The bytes of a batch that was written.

    Raises:
        ActionError: it is still being written.
    """
    if not batch.sha256:
        raise ActionError("It is still being written. Come back in a minute.")
    return reception.store().open(batch.sha256)


def hand_over(by: User | None, batch: Batch) -> Batch:
    """Note that somebody has taken a batch to its receiver: it is sent, and the record knows its claims.

    Args:
        by: who; None: the command.
        batch: that is written, held by nobody, and goes by no connection.

    Raises:
        ActionError: it is on its way already, or is not written yet.
    """
    if by is not None:
        insist(by, sending.SEND, "sent_batch", [batch])
    batch.refresh_from_db()
    if batch.held:
        raise ActionError("This batch is held. Release it first.")
    if batch.outgoing_id is not None:
        raise ActionError("This batch goes by a connection, which notes by itself when it has left.")
    if not _left(by, batch):
        raise ActionError("This batch cannot be sent: it is not written, or it was sent before.")
    batch.refresh_from_db()
    return batch


def _tried(batch: Batch, step: Callable[[Batch], bool]) -> bool:
    try:
        return step(batch)
    except SendingError as error:
        said = str(error)
    except Exception:
        log.exception("Batch %s could not be gone on with; it waits for the next run.", batch.pk)
        said = UNEXPECTED
    Batch.objects.filter(pk=batch.pk).update(trouble=said[:300])
    return False


def _write(batch: Batch) -> bool:
    return sending.write(batch, read_span, reception.store().keep).stage != Stage.BUILDING


def _queue(batch: Batch) -> bool:
    """Give a batch to its connection, once: the same key is the same file."""
    connection = batch.receiver.connection
    if connection is None:
        return False
    with transaction.atomic():
        row = Batch.objects.select_for_update().get(pk=batch.pk)
        if row.stage != Stage.WRITTEN or row.held or row.outgoing_id is not None:
            return False
        with reception.store().open(row.sha256) as stream:
            row.outgoing = exchange.send(connection, f"batch:{row.pk}", name_of(row), stream)
        row.trouble = ""
        row.save(update_fields=["outgoing", "trouble"])
    return True


def _left(by: User | None, batch: Batch) -> bool:
    """Have the record know a batch that left, in one transaction; False when it knew already. Then it is read."""
    with transaction.atomic():
        row = Batch.objects.select_for_update(of=("self",)).select_related("organization", "receiver").get(pk=batch.pk)
        if row.stage != Stage.WRITTEN:
            return False
        with reception.store().open(row.sha256) as stream:
            file = reception.accept(row.organization, by, name_of(row), stream, ORIGIN)
        sending.leave(by, row, file)
    try:
        reception.process(file.pk)
    except Exception:
        log.exception("File %s could not be read; it waits for the next sweep.", file.pk)
    catch_up(row.organization)
    return True


def _sending(organization: Organization | None) -> list[Organization]:
    """The organizations that have sent something."""
    if organization is not None:
        return [organization]
    return list(Organization.objects.filter(pk__in=Correction.objects.values("organization").distinct()))
