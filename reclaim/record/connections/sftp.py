"""Folders of another server, by SFTP: `places.Place` over asyncssh, one connection at a time.

The key of the server is compared before anything is told to it; no file of the person's own SSH setup is read.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Generator, Iterable, Mapping
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

import asyncssh

from reclaim.record.connections.places import CHUNK, Entry, HostKeyError, PlaceError, Trouble, chosen

CONNECT_SECONDS, SECONDS = 20.0, 60.0
"""Given to connect and sign in, and to each step after that."""
UNSAFE = "What answers there speaks no SSH that is still safe. Look at the host and the port."
READ_AHEAD = 64
"""Requests that are under way at a time."""

# asyncssh tells its log the names of files, hosts and people
logging.getLogger("asyncssh").setLevel(logging.CRITICAL)

Result = TypeVar("Result")


class Door(NamedTuple):
    """How to get into a server."""

    host: str
    port: int
    user: str
    password: str  # "": by key
    key: str  # private, in the form of OpenSSH or PEM; "": by password
    host_key: str  # that a person has confirmed, in the form of OpenSSH; "": none yet


def fingerprint(key: str) -> str:
    """The fingerprint of a public key in the form of OpenSSH, as payers print it: "ssh-ed25519 SHA256:..."."""
    read = asyncssh.import_public_key(key)
    return f"{read.get_algorithm()} {read.get_fingerprint()}"


def new_key() -> str:
    """A private key, made now."""
    return asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()


def public_key(private: str) -> str:
    """The public half of a private key, in one line.

    Raises:
        ValueError: it is no private key, or has a passphrase.
    """
    try:
        return asyncssh.import_private_key(private).export_public_key().decode().strip()
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        raise ValueError("no private key") from error


class SftpPlace:
    """The folders of a server, while the context lasts.

    Raises:
        PlaceError: on the way in as with every verb.
    """

    def __init__(self, door: Door) -> None:
        self._door = door
        self._runner = asyncio.Runner()
        self._connection: asyncssh.SSHClientConnection
        self._client: asyncssh.SFTPClient

    def __enter__(self) -> Self:
        try:
            self._runner.run(self._enter())
        except BaseException:
            self._runner.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            with suppress(OSError, asyncssh.Error):
                self._runner.run(self._leave())
        finally:
            self._runner.close()

    async def _enter(self) -> None:
        door = self._door
        if not door.host_key:
            raise HostKeyError("Nobody has confirmed the key of this server yet.", await _shown(door))
        try:
            self._connection = await asyncio.wait_for(asyncssh.connect(**_options(door)), 2 * CONNECT_SECONDS)
            self._client = await asyncio.wait_for(self._connection.start_sftp_client(path_errors="surrogateescape"), 60)
        except asyncssh.HostKeyNotVerifiable as error:
            raise await _changed(door) from error
        except asyncssh.KeyExchangeFailed as error:  # perhaps it has no key of this sort any more
            raise await _changed(door) from error
        except asyncssh.ChannelOpenError as error:
            raise PlaceError(Trouble.SIGN_IN, "The server lets Reclaim in, but offers it no SFTP.") from error
        except (OSError, TimeoutError, asyncssh.Error) as error:
            raise _entering(error) from error

    async def _leave(self) -> None:
        self._client.exit()
        self._connection.close()
        await asyncio.wait_for(self._connection.wait_closed(), CONNECT_SECONDS)

    def files(self, folder: str, pattern: str) -> list[Entry]:
        """The finished files of a folder whose names fit, the oldest first; links are left out."""
        found = self._do(lambda: self._client.readdir(folder))
        plain = [each for each in found if each.attrs.type == asyncssh.FILEXFER_TYPE_REGULAR]
        return chosen((_entry(_text(each.filename), each.attrs) for each in plain), pattern)

    def look(self, folder: str, name: str) -> Entry | None:
        """One file; None when it is not there."""

        async def found() -> Entry | None:
            try:
                return _entry(name, await self._client.stat(_path(folder, name)))
            except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
                return None

        return self._do(found)

    def read(self, folder: str, name: str, start: int) -> Generator[bytes, None, None]:
        """Its bytes from a place on."""
        file = self._do(lambda: self._open(_path(folder, name), "rb"))
        try:
            while data := self._do(partial(file.read, CHUNK, start)):
                start += len(data)
                yield bytes(data)
        finally:
            with suppress(PlaceError):
                self._do(file.close)

    def write(self, folder: str, name: str, start: int, data: Iterable[bytes]) -> None:
        """Write bytes from a place on; the file is made when it is not there."""
        file = self._do(lambda: self._open(_path(folder, name), "r+b" if start else "wb"))
        try:
            for each in data:
                self._do(partial(file.write, each, start), writing=True)
                start += len(each)
        finally:
            with suppress(PlaceError):
                self._do(file.close)

    def rename(self, old: tuple[str, str], new: tuple[str, str]) -> None:
        """Give a file another folder and name, which must be free."""
        if self.look(*new) is not None:  # some servers replace what is there
            raise PlaceError(Trouble.TAKEN, "Another file has this name there already.")
        self._do(lambda: self._client.rename(_path(*old), _path(*new)))

    def remove(self, folder: str, name: str) -> None:
        """Delete a file."""
        self._do(lambda: self._client.remove(_path(folder, name)))

    async def _open(self, path: str, mode: str) -> Any:  # noqa: ANN401  asyncssh's file, of text or bytes
        return await self._client.open(path, mode, max_requests=READ_AHEAD)

    def _do(self, step: Callable[[], Coroutine[Any, Any, Result]], *, writing: bool = False) -> Result:
        try:
            return self._runner.run(asyncio.wait_for(step(), SECONDS))
        except (OSError, TimeoutError, asyncssh.Error) as error:
            raise _within(error, writing=writing) from error


def _options(door: Door) -> dict[str, Any]:
    """How asyncssh connects: with what the door says and nothing else of this machine."""
    by = {"client_keys": [asyncssh.import_private_key(door.key)]} if door.key else {"password": door.password}
    return {
        "host": door.host,
        "port": door.port,
        "username": door.user,
        "client_keys": None,
        **by,
        "preferred_auth": "publickey" if door.key else "password,keyboard-interactive",
        "known_hosts": ([asyncssh.import_public_key(door.host_key)], [], []),
        "x509_trusted_certs": None,
        "config": [],
        "agent_path": None,
        "gss_host": None,
        "connect_timeout": CONNECT_SECONDS,
        "login_timeout": CONNECT_SECONDS,
    }


async def _shown(door: Door) -> str:
    """The key that a server shows now."""
    try:
        asked = asyncssh.get_server_host_key(door.host, door.port, config=[])
        key = await asyncio.wait_for(asked, CONNECT_SECONDS)
    except (OSError, TimeoutError, asyncssh.Error) as error:
        raise _entering(error) from error
    if key is None:
        raise PlaceError(Trouble.UNREACHABLE, "The server shows no key.")
    return key.export_public_key().decode().strip()


async def _changed(door: Door) -> PlaceError:
    seen = await _shown(door)
    if asyncssh.import_public_key(seen) == asyncssh.import_public_key(door.host_key):
        return PlaceError(Trouble.UNREACHABLE, UNSAFE)
    said = (
        "The server shows another key than the one that was confirmed. Nothing was sent or fetched. Ask the payer "
        "whether they changed it: if they did not, somebody else answers in their place."
    )
    return HostKeyError(said, seen)


def _entering(error: Exception) -> PlaceError:
    if isinstance(error, PlaceError):
        return error
    if isinstance(error, asyncssh.PermissionDenied | asyncssh.IllegalUserName):
        said = "The server refuses the user name, password or key. Look at them; passwords of payers often expire."
        return PlaceError(Trouble.SIGN_IN, said)
    if isinstance(error, asyncssh.KeyExchangeFailed | asyncssh.ProtocolError | asyncssh.ProtocolNotSupported):
        return PlaceError(Trouble.UNREACHABLE, UNSAFE)
    said = "The server cannot be reached. Look at the host and the port, and whether a firewall stands between."
    return PlaceError(Trouble.UNREACHABLE, said)


_SAID: Mapping[type[Exception], tuple[Trouble, str]] = {
    asyncssh.SFTPNoSuchFile: (Trouble.NO_FOLDER, "The folder, or a file in it, is not there. Look at its name."),
    asyncssh.SFTPNoSuchPath: (Trouble.NO_FOLDER, "The folder, or a file in it, is not there. Look at its name."),
    asyncssh.SFTPPermissionDenied: (
        Trouble.NO_RIGHT,
        "The server does not let Reclaim do this in the folder. Ask the payer for the right to it.",
    ),
    asyncssh.SFTPNoSpaceOnFilesystem: (Trouble.FULL, "The disk of the server is full. Tell the payer."),
    asyncssh.SFTPQuotaExceeded: (Trouble.FULL, "What may be kept on the server is used up. Tell the payer."),
    asyncssh.SFTPFileAlreadyExists: (Trouble.TAKEN, "Another file has this name there already."),
}


def _within(error: Exception, *, writing: bool) -> PlaceError:
    """What went wrong with a step, in words of ours: the server's may name files."""
    if type(error) in _SAID:
        return PlaceError(*_SAID[type(error)])
    lost = asyncssh.SFTPConnectionLost | asyncssh.SFTPNoConnection | asyncssh.DisconnectError | OSError
    if isinstance(error, lost):  # a timeout is an OSError
        return PlaceError(Trouble.BROKEN, "The connection broke. It goes on from there with the next visit.")
    if writing:
        return PlaceError(Trouble.FULL, "The server could not write: its disk may be full. Tell the payer.")
    return PlaceError(Trouble.OTHER, "The server refused a step without saying why. Tell the payer.")


def _entry(name: str, attrs: asyncssh.SFTPAttrs) -> Entry:
    return Entry(name, attrs.size or 0, int(attrs.mtime or 0))


def _text(name: bytes | str) -> str:
    return name if isinstance(name, str) else name.decode(errors="surrogateescape")


def _path(folder: str, name: str) -> str:
    return f"{folder.rstrip('/')}/{name}"
