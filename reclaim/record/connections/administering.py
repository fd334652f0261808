"""Actions of who administers connections: make, change, trust a host key, switch, remove. Secrets are sealed."""

from typing import NamedTuple

from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from reclaim.people.access import Permission
from reclaim.people.actions import Done, PeopleError, action
from reclaim.people.models import Organization, User
from reclaim.people.sealing import seal, unseal
from reclaim.record.connections import sftp
from reclaim.record.connections.models import Connection, Outgoing

MOST = 50
"""Connections of an organization."""
EVERY = (5, 24 * 60)
"""Minutes between visits, at least and at most."""
PURPOSE = "connections"
_LENGTHS = {"name": 80, "host": 255, "user": 80, "folder_in": 300, "folder_out": 300, "moved_to": 300, "pattern": 100}
_CALLED = {"folder_in": "folder to fetch from", "folder_out": "folder to send into", "moved_to": "folder to move to"}


class ConnectionError(PeopleError):  # noqa: A001  the trade's word; the built-in one is told in words before it gets here
    """It cannot be so; the message says why and what to do instead."""


class Wanted(NamedTuple):
    """A connection as somebody wants it."""

    name: str
    kind: str
    host: str = ""
    port: int = 22
    user: str = ""
    sign_in: str = Connection.SignIn.PASSWORD
    secret: str = ""  # "": as it was; for a new key: made here
    folder_in: str = ""
    folder_out: str = ""
    pattern: str = "*"
    after: str = Connection.After.KEEP
    moved_to: str = ""
    every: int = 15  # minutes


def door(connection: Connection) -> sftp.Door:
    """How to get into the server of a connection, with its secret.

    Raises:
        SealError: the secret was sealed with another secret of the installation.
    """
    secret = unseal(connection.secret, PURPOSE)
    by_key = connection.sign_in == Connection.SignIn.KEY
    password, key = ("", secret) if by_key else (secret, "")
    return sftp.Door(connection.host, connection.port, connection.user, password, key, connection.host_key)


@action(Permission.ADMINISTER, "made_connection")
@sensitive_variables("wanted")
def make(by: User | None, organization: Organization, wanted: Wanted) -> Done[Connection]:
    """Connect a place; the first visit to a server shows its key, which somebody has to confirm.

    Raises:
        ConnectionError: something in it cannot be.
    """
    del by
    if Connection.objects.filter(organization=organization).count() >= MOST:
        raise ConnectionError(f"There are {MOST} connections already. Remove one.")
    connection = Connection(organization=organization, due_at=timezone.now())
    _fill(connection, wanted)
    connection.save()
    return Done(connection, {"kind": connection.kind})


@action(Permission.ADMINISTER, "changed_connection")
@sensitive_variables("wanted")
def change(by: User | None, connection: Connection, wanted: Wanted) -> Done[Connection]:
    """Have it otherwise. Another host has to show its key anew, and gets no secret that was meant for the first.

    Raises:
        ConnectionError: something in it cannot be.
    """
    del by
    before = {name: getattr(connection, name) for name in _FIELDS}
    moved = (wanted.kind, wanted.host.strip(), wanted.port) != (connection.kind, connection.host, connection.port)
    if moved:
        connection.host_key = connection.host_key_seen = connection.secret = connection.public_key = ""
    _fill(connection, wanted)
    connection.failures, connection.trouble, connection.troubled_at = 0, "", None
    connection.due_at = None if connection.host_key_seen else timezone.now()
    connection.save()
    changed = [name for name in _FIELDS if getattr(connection, name) != before[name]]
    return Done(connection, {"changed": changed}, changed=bool(changed))


@action(Permission.ADMINISTER, "trusted_host_key")
def trust(by: User | None, connection: Connection, fingerprint: str) -> Done[Connection]:
    """Confirm the key that the server has shown, by its fingerprint as somebody saw it.

    Raises:
        ConnectionError: the server has shown another one since.
    """
    del by
    if not connection.host_key_seen or sftp.fingerprint(connection.host_key_seen) != fingerprint:
        raise ConnectionError("The server has shown another key since. Compare that one.")
    connection.host_key, connection.host_key_seen = connection.host_key_seen, ""
    connection.failures, connection.trouble, connection.troubled_at = 0, "", None
    connection.due_at = timezone.now()
    connection.save()
    return Done(connection, {"fingerprint": fingerprint})


@action(Permission.ADMINISTER, "switched_connection")
def switch(by: User | None, connection: Connection, on: bool) -> Done[Connection]:
    """Let it rest, or go on."""
    del by
    before, connection.active = connection.active, on
    connection.save(update_fields=["active"])
    return Done(connection, {"active": on}, changed=before != on)


@action(Permission.ADMINISTER, "removed_connection")
def remove(by: User | None, connection: Connection) -> Done[Organization]:
    """End it, with what is known of the files that it fetched; the files stay in the record.

    Raises:
        ConnectionError: files were sent by it, or wait: what is known of them is kept.
    """
    del by
    if Outgoing.objects.filter(connection=connection).exists():
        raise ConnectionError("Files were sent by this connection, and that is kept. Switch it off instead.")
    number = connection.pk
    with transaction.atomic():
        connection.delete()
    return Done(connection.organization, {"connection": number})


_FIELDS = tuple(name for name in (*Wanted._fields, "secret"))


@sensitive_variables("wanted")
def _fill(connection: Connection, wanted: Wanted) -> None:
    """Set the fields of a connection to what is wanted, if that can be."""
    given = {name: str(getattr(wanted, name)).strip() for name in _LENGTHS}
    for name, most in _LENGTHS.items():
        if len(given[name]) > most or any(each < " " for each in given[name]):
            raise ConnectionError(
                f"The {_CALLED.get(name, name)} is longer than {most} characters, or is not one line."
            )
    _check(wanted, given)
    named = Connection.objects.filter(organization=connection.organization, name=given["name"])
    if named.exclude(pk=connection.pk).exists():
        raise ConnectionError("Another connection has this name.")
    for name, value in given.items():
        setattr(connection, name, value)
    connection.kind, connection.after, connection.sign_in = wanted.kind, wanted.after, wanted.sign_in
    connection.port, connection.every = wanted.port, wanted.every
    if wanted.kind == Connection.Kind.SFTP:
        _seal(connection, wanted.secret)
    else:
        connection.host = connection.user = connection.secret = connection.public_key = ""


def _check(wanted: Wanted, given: dict[str, str]) -> None:
    for chosen, choices in (
        (wanted.kind, Connection.Kind),
        (wanted.after, Connection.After),
        (wanted.sign_in, Connection.SignIn),
    ):
        if chosen not in choices.values:
            raise ConnectionError("Choose from the lists.")
    if not given["name"]:
        raise ConnectionError("Name the connection, by the payer or clearinghouse.")
    if wanted.kind == Connection.Kind.SFTP and not (given["host"] and given["user"] and 0 < wanted.port < 65536):
        raise ConnectionError("A server needs its host name, a port from 1 to 65535 (22 is usual) and the user name.")
    if any(each in given["host"] for each in "/@ "):
        raise ConnectionError("Write the host name alone: sftp.payer.example, without sftp:// or folder.")
    if not (given["folder_in"] or given["folder_out"]):
        raise ConnectionError("Name a folder to fetch from, or one to send into, or both.")
    if wanted.after == Connection.After.MOVE and (
        not given["moved_to"] or given["moved_to"].rstrip("/") == given["folder_in"].rstrip("/")
    ):
        raise ConnectionError("Name the folder to move files to: another one than they are fetched from.")
    if not given["pattern"]:
        raise ConnectionError("Say which names are fetched; * is all of them.")
    if not EVERY[0] <= wanted.every <= EVERY[1]:
        raise ConnectionError(f"Write {EVERY[0]} to {EVERY[1]:,} minutes between visits.")


@sensitive_variables("secret")
def _seal(connection: Connection, secret: str) -> None:
    """Keep a new secret, or make a key where none was given; an empty one leaves what was."""
    by_key = connection.sign_in == Connection.SignIn.KEY
    kept = connection.secret and bool(connection.public_key) == by_key
    if not secret.strip() and kept:
        return
    if by_key:
        private = secret.replace("\r\n", "\n").strip() + "\n" if secret.strip() else sftp.new_key()
        try:
            connection.public_key = sftp.public_key(private)
        except ValueError as error:
            raise ConnectionError(
                "This is no private key that can be read. Paste all of it, without a passphrase, or leave the field "
                "empty: then Reclaim makes a key."
            ) from error
        connection.secret = seal(private, PURPOSE)
        return
    if not secret:
        raise ConnectionError("Write the password.")
    connection.secret, connection.public_key = seal(secret, PURPOSE), ""
