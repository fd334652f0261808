"""The bytes that came in, kept under their SHA-256: compressed, encrypted when there is a key, read at any place.

    store = Store(folder, keys_of(text))
    kept = store.keep(stream)
    store.read_span(kept.sha256, start, end)

    folder/incoming/<number>        what is being written; becomes a kept file by one renaming, or nothing
    folder/ab/cd/abcd...            a kept file, see `record.container`

    FilesError
    +-- MissingFileError            nothing is kept under this SHA-256
    +-- DamagedFileError            what is on disk is not what was written
    +-- WrongKeyError               encrypted with a key that is not given
    +-- BadKeyError                 a key that cannot be one

The bytes to keep are those that the reader reads: unpacked, so that spans of claims count in them.
"""

import base64
import binascii
import hashlib
import io
import os
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

from reclaim.record import disk
from reclaim.record.container import (
    BLOCK,
    Container,
    DamagedFileError,
    FilesError,
    Keys,
    MissingFileError,
    Totals,
    WrongKeyError,
    missing,
    write,
)
from reclaim.x12.envelope import Stream, Utf16

__all__ = ["BadKeyError", "DamagedFileError", "FilesError", "Kept", "MissingFileError", "Store", "WrongKeyError"]

INCOMING = "incoming"
SHA256 = re.compile(r"[0-9a-f]{64}")
GRACE = 3600.0
"""Seconds for which a kept file may wait for its row: longer than any file takes from its bytes to its row."""


class BadKeyError(FilesError):
    """A key that cannot be one; the message names its place in the list, never the key."""


class Kept(NamedTuple):
    """What was kept."""

    sha256: str
    size: int  # bytes, as they came
    new: bool  # False when the same bytes were kept before


def keys_of(text: str) -> tuple[bytes, ...]:
    """The keys in a setting: 32 bytes each in urlsafe base64, the newest first, with commas between them.

    Raises:
        BadKeyError: one of them is something else.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    keys = tuple(map(_key, words))
    for place, key in enumerate(keys, 1):
        if len(key) != 32:
            raise BadKeyError(
                f"Key {place} of {len(keys)} in RECLAIM_FILE_KEY is not 32 bytes in urlsafe base64. Make one with: "
                'python -c "import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())"'
            )
    return keys


def _key(word: str) -> bytes:
    try:
        return base64.b64decode(word, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""


class Store:
    """A folder of kept files. Several processes may use it at once.

    Args:
        folder: made when it is missing; readable by its owner only.
        keys: 32 bytes each, the newest first: it encrypts what is kept from now on, each of them reads what it
            encrypted. None: new files are not encrypted.

    Raises:
        ValueError: a key has not 32 bytes.
    """

    def __init__(self, folder: Path, keys: Sequence[bytes] = ()) -> None:
        self.folder = folder
        self._keys = Keys(tuple(keys))

    def keep(self, stream: Stream) -> Kept:
        """Keep everything that a stream gives: all of it or, whatever happens, nothing. On disk when this returns.

        Where the same bytes are kept already, they stay; unless they cannot be read any more: then these replace them.

        Raises:
            Whatever the stream raises; OSError when the disk is full or forbidden.
        """
        with disk.arriving(self.folder / INCOMING) as (path, file):
            totals = write(stream, file, self._keys)
            if self._again(totals):
                return Kept(*totals, new=False)
            disk.place(path, file, self._place(totals.sha256))
            return Kept(*totals, new=True)

    def open(self, sha256: str) -> BinaryIO:
        """The bytes of a file from its beginning; reading to the end proves that they are what came in.

        Raises:
            FilesError: it cannot be had; when damaged, at the latest at the end.
        """
        return cast("BinaryIO", io.BufferedReader(_Unpacked(self._container(sha256)), BLOCK))

    def read_span(self, sha256: str, start: int, end: int) -> bytes:
        """The bytes of a file from a place to another, as the reader counts: those of a UTF-16 file in UTF-8.

        Only the blocks that hold them are read; but a UTF-16 file from its beginning to the span.

        Raises:
            FilesError: the file cannot be had.
            ValueError: the file has no such span.
        """
        with self._container(sha256) as container:
            data = (_utf8_span if container.encoding else _span)(container, max(start, 0), end)
        if len(data) != end - start:
            raise ValueError(f"The file {sha256} has no bytes {start} to {end}.")
        return data

    def exists(self, sha256: str) -> bool:
        """Whether something is kept under this SHA-256."""
        return bool(SHA256.fullmatch(sha256)) and self._place(sha256).exists()

    def size_on_disk(self, sha256: str) -> int:
        """Bytes that a file takes on disk.

        Raises:
            MissingFileError: it is not kept.
        """
        try:
            return self._place(_checked(sha256)).stat().st_size
        except FileNotFoundError:
            raise missing(sha256) from None

    def verify(self, sha256: str) -> None:
        """Prove that a file can be read to its end and is what came in.

        Raises:
            FilesError: it cannot, or is not.
        """
        with self.open(sha256) as stream:
            while stream.read(BLOCK):
                pass

    def remove(self, sha256: str) -> None:
        """Keep a file no longer; nothing happens when it was not kept."""
        if SHA256.fullmatch(sha256):
            self._place(sha256).unlink(missing_ok=True)

    def stray(self, known: Iterable[str], grace: float = GRACE) -> Iterator[str]:
        """The files that nobody knows.

        Args:
            known: SHA-256 of every file that has a row.
            grace: seconds; files that came since (the first time or again) may still get their row and are left out.
        """
        before = time.time() - grace
        rows = frozenset(known)
        for path in self.folder.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*"):
            with suppress(FileNotFoundError):  # another process removed it
                if SHA256.fullmatch(path.name) and path.name not in rows and path.stat().st_mtime <= before:
                    yield path.name

    def clean(self) -> int:
        """Remove what killed processes began to write; how many. What is being written stays."""
        return disk.clear(self.folder / INCOMING)

    def _place(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / sha256[2:4] / sha256

    def _container(self, sha256: str) -> Container:
        return Container(self._place(_checked(sha256)), self._keys)

    def _again(self, totals: Totals) -> bool:
        """Whether these bytes are kept already and can be read; they are then as young as if they came now."""
        try:
            with self._container(totals.sha256) as container:
                os.utime(self._place(totals.sha256))
                return container.size == totals.size
        except (FilesError, FileNotFoundError):
            return False


class _Unpacked(io.RawIOBase):
    """A container read from its beginning; at its end the SHA-256 is compared."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._sha256 = hashlib.sha256()
        self._next = 0
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any, /) -> int:  # noqa: ANN401  io's own signature
        """Fill a buffer with what is left of the block at hand."""
        if not self._rest:
            self._turn()
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def close(self) -> None:
        """Close the container."""
        self._container.close()
        super().close()

    def _turn(self) -> None:
        """Go to the next block."""
        if self._next < self._container.blocks:
            block = self._container.block(self._next)
            self._sha256.update(block)
            self._rest = memoryview(block)
            self._next += 1
        elif self._sha256.digest() != self._container.digest:
            raise self._container.damaged()


def _span(container: Container, start: int, end: int) -> bytes:
    first, last = start // BLOCK, min(-(-end // BLOCK), container.blocks)
    blocks = b"".join(map(container.block, range(first, last)))
    return blocks[start - first * BLOCK : end - first * BLOCK]


def _utf8_span(container: Container, start: int, end: int) -> bytes:
    stream = Utf16(io.BufferedReader(_Unpacked(container), BLOCK), b"", container.encoding)
    place, chunks = 0, []
    while place < end and (chunk := stream.read(BLOCK)):
        if place + len(chunk) > start:
            chunks.append(chunk[max(start - place, 0) : end - place])
        place += len(chunk)
    return b"".join(chunks)


def _checked(sha256: str) -> str:
    """No other text becomes a path."""
    if not SHA256.fullmatch(sha256):
        raise MissingFileError("Files are kept under their SHA-256, 64 digits of 0-9 and a-f.")
    return sha256
