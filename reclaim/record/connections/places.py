"""A folder of this server, with the verbs that a folder on another server has too; every trouble in words.

    PlaceError
    +-- HostKeyError        the server shows another key than a person has confirmed, or none is confirmed yet

Names are those of files, never paths; who lists them leaves out links, folders, hidden and unfinished files.
"""

import errno
import os
import stat
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple, Protocol

CHUNK = 1 << 20
"""Bytes that are read or written at a time."""
MOST = 50_000
"""Files of a folder that are looked at; a fuller one is refused, so that none is passed over."""
UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", ".download", ".swp", "~")
"""How programs name files that they have not finished."""


class Trouble(StrEnum):
    """What can go wrong with a place."""

    UNREACHABLE = "unreachable"
    SIGN_IN = "sign_in"
    HOST_KEY = "host_key"
    NO_FOLDER = "no_folder"
    NO_RIGHT = "no_right"
    FULL = "full"  # the disk there, or ours
    BROKEN = "broken"  # in the middle; it goes on from there the next time
    TAKEN = "taken"  # another file has the name
    OTHER = "other"


class PlaceError(Exception):
    """It cannot be done there; the message says why and what to do, and names no file.

    Args:
        sort: of trouble.
        said: in words for people.
    """

    def __init__(self, sort: Trouble, said: str) -> None:
        super().__init__(said)
        self.sort = sort


class HostKeyError(PlaceError):
    """Nobody has confirmed the key that the server shows; nothing was told to it.

    Args:
        said: in words for people.
        seen: the key, in the form of OpenSSH.
    """

    def __init__(self, said: str, seen: str) -> None:
        super().__init__(Trouble.HOST_KEY, said)
        self.seen = seen


class Entry(NamedTuple):
    """A file as a folder lists it."""

    name: str
    size: int  # bytes
    changed: int  # seconds since 1970


class Place(Protocol):
    """What can be done with folders somewhere. Each verb raises PlaceError."""

    def files(self, folder: str, pattern: str) -> list[Entry]:
        """The finished files of a folder whose names fit, the oldest first."""

    def look(self, folder: str, name: str) -> Entry | None:
        """One file; None when it is not there."""

    def read(self, folder: str, name: str, start: int) -> Generator[bytes, None, None]:
        """Its bytes from a place on."""

    def write(self, folder: str, name: str, start: int, data: Iterable[bytes]) -> None:
        """Write bytes from a place on; the file is made when it is not there."""

    def rename(self, old: tuple[str, str], new: tuple[str, str]) -> None:
        """Give a file another folder and name, which must be free."""

    def remove(self, folder: str, name: str) -> None:
        """Delete a file."""


def chosen(found: Iterable[Entry], pattern: str) -> list[Entry]:
    """The files that are fetched: plain names that fit one of the patterns, the oldest first.

    Raises:
        PlaceError: there are too many.
    """
    wanted = pattern.lower().split()
    kept = [each for each in found if _plain(each.name) and any(fnmatchcase(each.name.lower(), one) for one in wanted)]
    if len(kept) > MOST:
        said = f"The folder holds more than {MOST:,} files. Have the old ones moved away, or choose fewer by a pattern."
        raise PlaceError(Trouble.OTHER, said)
    return sorted(kept, key=lambda each: (each.changed, each.name))


def _plain(name: str) -> bool:
    """Whether a name is one that we fetch: a server may say anything."""
    odd = "/" in name or "\0" in name or any(0xD800 <= ord(each) < 0xE000 for each in name)
    return bool(name) and not odd and not name.startswith(".") and not name.lower().endswith(UNFINISHED)


class FolderPlace:
    """Folders of this server, within the roots that whoever runs it allows.

    Args:
        roots: under which folders may be used (RECLAIM_FOLDERS).
    """

    def __init__(self, roots: Sequence[Path]) -> None:
        self._roots = roots

    def files(self, folder: str, pattern: str) -> list[Entry]:
        """The finished files of a folder whose names fit, the oldest first; links are left out."""
        with _told(), os.scandir(self._folder(folder)) as found:
            plain = [each for each in found if each.is_file(follow_symlinks=False)]
            return chosen((_entry(each.name, each.stat(follow_symlinks=False)) for each in plain), pattern)

    def look(self, folder: str, name: str) -> Entry | None:
        """One file; None when it is not there."""
        with _told():
            path = self._folder(folder) / name
            try:
                found = path.lstat()
            except FileNotFoundError:
                return None
            return _entry(name, found) if stat.S_ISREG(found.st_mode) else None

    def read(self, folder: str, name: str, start: int) -> Generator[bytes, None, None]:
        """Its bytes from a place on."""
        with _told(), self._opened(folder, name, os.O_RDONLY) as descriptor, os.fdopen(descriptor, "rb") as file:
            file.seek(start)
            while data := file.read(CHUNK):
                yield data

    def write(self, folder: str, name: str, start: int, data: Iterable[bytes]) -> None:
        """Write bytes from a place on, and have them on disk; the file is made when it is not there."""
        with (
            _told(),
            self._opened(folder, name, os.O_WRONLY | os.O_CREAT) as descriptor,
            os.fdopen(descriptor, "wb") as file,
        ):
            file.seek(start)
            file.truncate()
            for each in data:
                file.write(each)
            file.flush()
            os.fsync(file.fileno())

    def rename(self, old: tuple[str, str], new: tuple[str, str]) -> None:
        """Give a file another folder and name, which must be free."""
        with _told():
            before, after = (self._folder(folder) / name for folder, name in (old, new))
            if os.path.lexists(after):
                raise FileExistsError(errno.EEXIST, "taken")
            before.rename(after)

    def remove(self, folder: str, name: str) -> None:
        """Delete a file."""
        with _told():
            (self._folder(folder) / name).unlink()

    def _folder(self, folder: str) -> Path:
        path = Path(folder)
        if not path.is_absolute() or not any(path.resolve().is_relative_to(root) for root in self._roots):
            raise PlaceError(
                Trouble.NO_RIGHT,
                "Folders of this server may be used only where RECLAIM_FOLDERS says. Ask whoever runs Reclaim for you.",
            )
        if not path.is_dir():
            raise FileNotFoundError(errno.ENOENT, "no folder")
        return path.resolve()

    @contextmanager
    def _opened(self, folder: str, name: str, flags: int) -> Iterator[int]:
        yield os.open(self._folder(folder) / name, flags | os.O_NOFOLLOW, 0o660)


def _entry(name: str, found: os.stat_result) -> Entry:
    return Entry(name, found.st_size, int(found.st_mtime))


@contextmanager
def _told() -> Iterator[None]:
    """Errors of the system in words."""
    try:
        yield
    except OSError as error:
        raise told(error) from error


def told(error: OSError) -> PlaceError:
    """An error of this system in words, which name no file."""
    match error.errno:
        case errno.EEXIST:
            return PlaceError(Trouble.TAKEN, "Another file has this name there already.")
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return PlaceError(Trouble.NO_RIGHT, "Reclaim may not do this in the folder. Have its user given the right.")
        case errno.ENOSPC | errno.EDQUOT:
            return PlaceError(Trouble.FULL, "The disk is full. Make room; what was begun goes on then.")
        case errno.ENOENT | errno.ENOTDIR:
            return PlaceError(Trouble.NO_FOLDER, "The folder, or a file in it, is not there. Look at its name.")
    said = f"This server says: {os.strerror(error.errno or 0)}."
    return PlaceError(Trouble.OTHER, said)
