"""Visits to the connections: what payers left is taken into the record, what waits for them is sent.

    visit        one connection, now: fetch, send, note what came of it, tell administrators of lasting trouble
    visit_due    all whose time has come: the job of the clock
    check        only look whether everything is as it should be; nothing is fetched or sent
    send         have a file sent with the next visit, once

One visit to a connection at a time, whoever asks for it. A visit that takes long is cut off, and the next one goes on
at the byte where it ended.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple

from django.conf import settings
from django.utils import timezone

from reclaim import reception
from reclaim.desk.alerts import News, tell
from reclaim.people import events
from reclaim.people.access import Permission, roles_that_may
from reclaim.people.actions import Done, action
from reclaim.people.models import Membership, Organization, User
from reclaim.people.sealing import SealError
from reclaim.record.connections import administering, fetching, sending
from reclaim.record.connections.models import Connection, Outgoing
from reclaim.record.connections.places import FolderPlace, HostKeyError, Place, PlaceError, Trouble
from reclaim.record.connections.sftp import SftpPlace, fingerprint
from reclaim.record.models import File

SECONDS = 40.0
"""For all visits of one run of the job, so that files that came otherwise are read meanwhile."""
PAUSES = tuple(timedelta(minutes=each) for each in (1, 5, 15, 60, 240))
"""After each visit in a row that failed, before the next."""
PATIENT = 2
"""Failed visits in a row before administrators are told; of a key or password they are told at once."""
AT_ONCE = frozenset({Trouble.HOST_KEY, Trouble.SIGN_IN})
SOON = timedelta(minutes=1)
"""Until the next visit when files are waited for."""
ORIGIN = "connection"


class Visit(NamedTuple):
    """What came of a visit."""

    fetched: int = 0
    same: int = 0
    waiting: int = 0  # there, to be taken later
    sent: int = 0
    trouble: str = ""  # in words; "": none
    busy: bool = False  # somebody else visits it now; nothing was done


def visit(connection: Connection, by: User | None = None, seconds: float = SECONDS) -> Visit:
    """Fetch and send now.

    Args:
        connection: any; one that rests is visited too.
        by: who asks for it; None: the job.
        seconds: after which no more is begun.

    Raises:
        NotAllowedError: the role does not include it.
    """
    if by is not None:
        _visited(by, connection)
    with _alone(connection) as alone:
        if not alone:
            return Visit(busy=True)
        connection.refresh_from_db()
        return _visit(connection, time.monotonic() + seconds)


def visit_due(now: datetime) -> int:
    """Visit every connection whose time has come, the longest due first. How many files came or went."""
    begun, count = time.monotonic(), 0
    due = Connection.objects.filter(active=True, due_at__lte=now).select_related("organization").order_by("due_at")
    for connection in due[: administering.MOST]:
        if (left := SECONDS - (time.monotonic() - begun)) <= 0:
            break
        done = visit(connection, seconds=left)
        count += done.fetched + done.sent
    return count


def check(by: User | None, connection: Connection) -> str:
    """Look whether a place can be reached, lets us in and has its folders; what is wrong in words, "" if nothing.

    Raises:
        NotAllowedError: the role does not include it.
    """
    _tried(by, connection)
    with _alone(connection) as alone:
        if not alone:
            return "It is being visited right now. Try again in a minute."
        connection.refresh_from_db()
        error = None
        try:
            with _opened(connection) as place:
                for folder in filter(None, (connection.folder_in, connection.folder_out, _moved_to(connection))):
                    place.files(folder, connection.pattern)
        except PlaceError as found:
            error = found
        _note(connection, error, None)
        return str(error or "")


def send(connection: Connection, key: str, name: str, stream: BinaryIO) -> Outgoing:
    """Keep a file and have it sent with the next visit; once, however often it is asked for.

    Args:
        connection: with a folder into which we send.
        key: of whoever asks: the same key is the same file.
        name: as the payer will see it.
        stream: its bytes.

    Raises:
        SendingError: it cannot be sent so.
    """
    return sending.queue(connection, key, name, reception.store().keep(stream))


def clear() -> None:
    """Remove downloads that nobody will go on with."""
    fetching.forget(_scratch())


@action(Permission.ADMINISTER, "visited_connection")
def _visited(by: User | None, connection: Connection) -> Done[Connection]:
    del by
    return Done(connection)


@action(Permission.ADMINISTER, "tried_connection")
def _tried(by: User | None, connection: Connection) -> Done[Connection]:
    del by
    return Done(connection)


def _visit(connection: Connection, until: float) -> Visit:
    done, error = Visit(), None
    try:
        with _opened(connection) as place:
            if connection.folder_in:
                keep = partial(_keep, connection.organization)
                came = fetching.fetch(connection, place, keep, _scratch(), until)
                done, error = Visit(came.fetched, came.same, came.waiting), came.trouble
            if connection.folder_out:
                done = done._replace(sent=sending.send(connection, place, reception.store().open, until))
    except PlaceError as found:
        error = found
    _note(connection, error, done)
    return done._replace(trouble=str(error or ""))


def _keep(organization: Organization, name: str, stream: BinaryIO) -> File | None:
    files = reception.accept_all(organization, None, name, stream, ORIGIN)
    return files[0] if files else None


def _note(connection: Connection, error: PlaceError | None, done: Visit | None) -> None:
    """Write down what came of a visit, when the next is due, and tell who has to know. Without `done`, of a check."""
    now = timezone.now()
    if error is None:
        connection.failures, connection.trouble, connection.troubled_at = 0, "", None
        connection.due_at = now if done is None else now + _pause(connection, done)
    else:
        connection.failures += 1
        connection.trouble, connection.troubled_at = str(error)[:300], connection.troubled_at or now
        connection.due_at = now + PAUSES[min(connection.failures, len(PAUSES)) - 1]
    if isinstance(error, HostKeyError):
        _note_key(connection, error)
        connection.host_key_seen, connection.due_at = error.seen, None  # nothing until a person has looked
    if done is not None:
        connection.visited_at = now
    told = ("failures", "trouble", "troubled_at", "due_at", "host_key_seen", "visited_at")
    connection.save(update_fields=told)
    if done and (done.fetched or done.same):
        detail = {"job": "connections", "fetched": done.fetched, "same": done.same}
        events.record(connection.organization, None, "fetched_files", connection, detail)
    if error is not None:
        _alert(connection, error)


def _pause(connection: Connection, done: Visit) -> timedelta:
    waiting = Outgoing.objects.filter(connection=connection).exclude(state=Outgoing.State.SENT)
    return SOON if done.waiting or waiting.exists() else timedelta(minutes=connection.every)


def _note_key(connection: Connection, error: HostKeyError) -> None:
    """An event for a key that is not the one that was confirmed; once for each."""
    if connection.host_key and connection.host_key_seen != error.seen:
        detail = {"job": "connections", "fingerprint": fingerprint(error.seen)}
        events.record(connection.organization, None, "saw_other_host_key", connection, detail)


def _alert(connection: Connection, error: PlaceError) -> None:
    """Tell administrators of lasting trouble, once for each sort until it is over."""
    if connection.troubled_at is None or (connection.failures < PATIENT and error.sort not in AT_ONCE):
        return
    organization = connection.organization
    key = f"connection:{connection.pk}:{error.sort}:{connection.troubled_at:%Y%m%d%H%M%S%f}"
    roles = roles_that_may(Permission.ADMINISTER)
    people = Membership.objects.filter(organization=organization, role__in=roles, user__is_active=True)
    text = f"Connection {connection.name}: {error}"
    tell(organization, [News(user, "connection", key, text) for user in people.values_list("user", flat=True)])


def _moved_to(connection: Connection) -> str:
    return connection.moved_to if connection.after == Connection.After.MOVE else ""


@contextmanager
def _opened(connection: Connection) -> Iterator[Place]:
    """The place of a connection, while the context lasts."""
    if connection.kind == Connection.Kind.FOLDER:
        yield FolderPlace(settings.FOLDERS)
        return
    if connection.host_key_seen and connection.host_key:
        raise HostKeyError(connection.trouble, connection.host_key_seen)
    try:
        door = administering.door(connection)
    except SealError as error:
        raise PlaceError(Trouble.SIGN_IN, "The password or key cannot be read any more. Write it anew.") from error
    with SftpPlace(door) as place:
        yield place


@contextmanager
def _alone(connection: Connection) -> Iterator[bool]:
    """Whether this is the only visit to a connection now, on this machine; so until the context ends, or we do."""
    folder = _scratch()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with ExitStack() as stack:
        descriptor = os.open(folder / f"{connection.pk}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        stack.callback(os.close, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def _scratch() -> Path:
    return Path(settings.DATA) / "connections"
