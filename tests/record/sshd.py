"""A real SSH server on loopback with nothing of the system's: own keys, own port, SFTP only; and a wire that breaks."""

import getpass
import os
import select
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import asyncssh

from tests.site.ports import free_port, wait_for

PROGRAM = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
SEPARATION = Path("/run/sshd")
"""A folder that sshd insists on when root starts it."""
CONFIG = """
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
AuthorizedKeysFile {folder}/authorized
PidFile none
UsePAM no
StrictModes no
PermitRootLogin yes
PasswordAuthentication yes
KbdInteractiveAuthentication no
MaxStartups 100
LogLevel ERROR
Subsystem sftp internal-sftp{options}
"""


class Server(NamedTuple):
    """A server that runs."""

    port: int
    user: str
    private_key: str
    folder: Path

    def host_key(self) -> str:
        """Its key, as somebody would confirm it."""
        return asyncssh.read_private_key(self.folder / "host").export_public_key().decode().strip()


def why_not() -> str:
    """Why no server can be started here; "" when one can."""
    if PROGRAM is None:
        return "sshd is not there (Debian: openssh-server)"
    if os.geteuid() == 0:
        with suppress(OSError):
            SEPARATION.mkdir(mode=0o755, exist_ok=True)
        if not SEPARATION.is_dir():
            return f"{SEPARATION} cannot be made"
    return ""


@contextmanager
def running(folder: Path, *, port: int = 0, options: str = "") -> Iterator[Server]:
    """A server while the context lasts; `options` are of its internal-sftp."""
    folder.mkdir(exist_ok=True)
    mine = asyncssh.generate_private_key("ssh-ed25519")
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(folder / "host")
    (folder / "host").chmod(0o600)
    (folder / "authorized").write_bytes(mine.export_public_key())
    port = port or free_port()
    (folder / "config").write_text(CONFIG.format(port=port, folder=folder, options=f" {options}" if options else ""))
    with (folder / "log").open("wb") as log:
        run = subprocess.Popen([str(PROGRAM), "-D", "-e", "-f", str(folder / "config")], stdout=log, stderr=log)
    try:
        wait_for(port, 10)
        yield Server(port, getpass.getuser(), mine.export_private_key().decode(), folder)
    finally:
        run.terminate()
        run.wait(10)


class Wire:
    """A wire to a server that breaks after some bytes have come through it, either way; then works for the next.

    Args:
        port: of the server.
        cuts: bytes after which each connection breaks, in their order; those after the last never do.
    """

    def __init__(self, port: int, cuts: list[int]) -> None:
        self._to, self._cuts = port, cuts
        self.carried = list[int]()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Let nobody in any more."""
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._door.accept()
            except OSError:
                return
            most = self._cuts.pop(0) if self._cuts else None
            Thread(target=self._carry, args=(near, most), daemon=True).start()

    def _carry(self, near: socket.socket, most: int | None) -> None:
        with near, socket.create_connection(("127.0.0.1", self._to)) as far, suppress(OSError):
            carried = 0
            while most is None or carried < most:
                for one in select.select([near, far], [], [])[0]:
                    data = one.recv(1 << 14)
                    if not data:
                        self.carried.append(carried)
                        return
                    (far if one is near else near).sendall(data)
                    carried += len(data)
            self.carried.append(carried)
