"""Send files to a payer: under another name until they are whole, resumed after a break, and never twice.

    waiting    it goes up as "<name>.<part of its hash>.part"; what is there already is not sent again
    renaming   all of it is there, by its size; it gets its name
    sent       it has its name; its size is the right one

Whoever was killed in between finds out by looking. A file in `renaming` that is there under neither name was taken by
the payer at once: it is not sent again, and the missing acknowledgement would tell if that were wrong.
"""

import time
from collections.abc import Callable, Iterator
from typing import BinaryIO

from django.utils import timezone

from reclaim.people import events
from reclaim.people.actions import PeopleError
from reclaim.record.connections.models import Connection, Outgoing
from reclaim.record.connections.places import CHUNK, Place, PlaceError, Trouble
from reclaim.record.files import Kept

State = Outgoing.State
GONE_BACK = CHUNK
"""Bytes that are sent again after a break: a server may have written the last of them with holes."""


class SendingError(PeopleError):
    """It cannot be sent; the message says why and what to do instead."""


def queue(connection: Connection, key: str, name: str, kept: Kept) -> Outgoing:
    """Have a kept file sent with the next visit; once, however often it is asked for.

    Args:
        connection: with a folder into which we send.
        key: of whoever asks: the same key is the same file.
        name: as the payer will see it.
        kept: its bytes.

    Raises:
        SendingError: nothing is sent there, the name cannot be, or the key stands for other bytes.
    """
    if not connection.folder_out:
        raise SendingError(f"{connection} has no folder to send into. Name one under Settings, Connections.")
    if (
        not name
        or len(name) > 200
        or name != name.strip(" .")
        or any(each in '/\\:*?"<>|' or each < " " for each in name)
    ):
        raise SendingError("The name of the file holds what names cannot. Use letters, digits, hyphens and full stops.")
    own = {"organization_id": connection.organization_id, "sha256": kept.sha256, "size": kept.size}
    row, new = Outgoing.objects.get_or_create(
        connection=connection, key=key, defaults={**own, "name": name, "made_at": timezone.now()}
    )
    if row.sha256 != kept.sha256:
        raise SendingError("Another file was given for sending under the same key.")
    if new:
        events.record(connection.organization, None, "queued_outgoing", connection, {"outgoing": row.pk})
        due = Connection.objects.filter(pk=connection.pk, due_at__isnull=False, failures=0)
        due.update(due_at=timezone.now())
    return row


def send(connection: Connection, place: Place, opened: Callable[[str], BinaryIO], until: float) -> int:
    """Send what waits, in its order. One whose name is taken keeps no other back. How many were sent.

    Args:
        connection: with a folder into which we send.
        place: where that folder is.
        opened: the bytes kept under a SHA-256.
        until: when to stop, by time.monotonic(); the next visit goes on from there.

    Raises:
        PlaceError: it could not be gone on with; what was sent before stays so.
    """
    sent, trouble = 0, None
    for row in Outgoing.objects.filter(connection=connection).exclude(state=State.SENT).order_by("pk").iterator():
        if time.monotonic() >= until:
            break
        try:
            sent += _send(connection, row, place, opened, until)
        except PlaceError as error:
            row.trouble = str(error)
            row.save(update_fields=["trouble"])
            if error.sort != Trouble.TAKEN:
                raise
            trouble = error
    if trouble is not None:
        raise trouble
    return sent


def _send(connection: Connection, row: Outgoing, place: Place, opened: Callable[[str], BinaryIO], until: float) -> bool:
    """Send one file; False when there was not the time for all of it."""
    folder, part = connection.folder_out, _part(row)
    final, begun = place.look(folder, row.name), place.look(folder, part)
    if row.state == State.WAITING and (final is None or final.size != row.size):
        if final is not None:
            raise PlaceError(Trouble.TAKEN, "Another file has this name there already. Ask the payer to take it.")
        if not _upload(place, folder, row, opened, until):
            return False
        _to(row, State.RENAMING)
        begun = place.look(folder, part)
    if begun is not None:
        place.rename((folder, part), (folder, row.name))
        final = place.look(folder, row.name)
    if final is not None and final.size != row.size:
        raise PlaceError(Trouble.OTHER, "The file has another size there than here. Ask the payer what they have.")
    _to(row, State.SENT)
    events.record(connection.organization, None, "sent_outgoing", connection, {"outgoing": row.pk, "bytes": row.size})
    return True


def _upload(place: Place, folder: str, row: Outgoing, opened: Callable[[str], BinaryIO], until: float) -> bool:
    """Have all bytes there under another name, by the size that the server tells; False when time was over before."""
    there = place.look(folder, _part(row))
    start = 0 if there is None or there.size > row.size else max(0, there.size - GONE_BACK)
    if there is None or there.size != row.size:
        with opened(row.sha256) as file:
            _skip(file, start)
            place.write(folder, _part(row), start, _until(file, until))
        there = place.look(folder, _part(row))
    if there is not None and there.size == row.size:
        return True
    if time.monotonic() < until:
        raise PlaceError(Trouble.BROKEN, "Not all of a file arrived. It goes on with the next visit.")
    return False


def _skip(file: BinaryIO, count: int) -> None:
    while count and (data := file.read(min(count, CHUNK))):
        count -= len(data)


def _until(file: BinaryIO, until: float) -> Iterator[bytes]:
    while time.monotonic() < until and (data := file.read(CHUNK)):
        yield data


def _part(row: Outgoing) -> str:
    return f"{row.name}.{row.sha256[:12]}.part"


def _to(row: Outgoing, state: State) -> None:
    row.state, row.trouble = state, ""
    if state == State.SENT:
        row.sent_at = timezone.now()
    row.save(update_fields=["state", "trouble", "sent_at"])
