"""A payer with folders, here or behind a real SSH server, and how to connect to it."""

import hashlib
import os
import time
from pathlib import Path
from typing import NamedTuple

from django.utils import timezone

from reclaim import exchange, reception
from reclaim.people.models import Organization
from reclaim.record.connections import administering, fetching, sftp
from reclaim.record.connections.models import Connection, Fetched
from reclaim.record.models import File
from tests.record import sshd


class Payer(NamedTuple):
    """A place of a payer, and how to connect to it."""

    folder: Path
    wanted: administering.Wanted
    server: sshd.Server | None

    @property
    def out(self) -> Path:
        return self.folder / "from_payer"

    @property
    def to(self) -> Path:
        return self.folder / "to_payer"

    def leave(self, name: str, data: bytes, ago: int = 3600) -> Path:
        """The payer leaves a file."""
        path = self.out / name
        path.write_bytes(data)
        os.utime(path, (time.time() - ago,) * 2)
        return path


def connect(organization: Organization, payer: Payer) -> Connection:
    """A connection whose key somebody has confirmed."""
    connection = administering.make(None, organization, payer.wanted)
    if payer.server:
        assert exchange.visit(connection).trouble
        shown = sftp.fingerprint(payer.server.host_key())
        assert sftp.fingerprint(connection.host_key_seen) == shown
        administering.trust(None, connection, shown)
    return connection


def settled(connection: Connection, seconds: float = exchange.SECONDS) -> exchange.Visit:
    """A visit after all that was seen has been there for long enough."""
    exchange.visit(connection)
    long_ago = timezone.now() - 2 * fetching.SETTLE
    Fetched.objects.filter(connection=connection, state="seen").update(seen_at=long_ago)
    return exchange.visit(connection, seconds=seconds)


def kept(file: File) -> bytes:
    with reception.store().open(file.sha256) as stream:
        return stream.read()


def noise(size: int, seed: str = "") -> bytes:
    """Bytes that cannot be compressed."""
    return hashlib.shake_256(seed.encode()).digest(size)
