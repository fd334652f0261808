"""A file on disk that is there whole or not at all, whatever kills the process or the machine."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4


@contextmanager
def arriving(folder: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """A new file to write, held so that `clear` leaves it; gone at the end unless it was given its place."""
    _make(folder)
    while True:
        path = folder / uuid4().hex
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX)
            if not os.fstat(file.fileno()).st_nlink:  # cleared between making and holding it
                continue
            try:
                yield path, file
            finally:
                path.unlink(missing_ok=True)
            return


def place(path: Path, file: BinaryIO, final: Path) -> None:
    """Give an arriving file its place, at once and on disk; what was there is replaced."""
    file.flush()
    os.fsync(file.fileno())
    _make(final.parent)
    path.replace(final)
    _sync(final.parent)


def clear(folder: Path) -> int:
    """Remove the files that killed processes began to write; how many. Those being written stay."""
    return sum(map(_cleared, folder.glob("*")))


def _cleared(path: Path) -> bool:
    with suppress(FileNotFoundError, BlockingIOError), path.open("rb") as file:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()
        return True
    return False


def _make(folder: Path) -> None:
    """Make a folder for its owner only, and those above it; on disk when this returns."""
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        _sync(folder.parent)


def _sync(folder: Path) -> None:
    """Have the names in a folder on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
