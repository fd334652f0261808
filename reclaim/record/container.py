"""One kept file on disk: compressed blocks that each stand alone, sealed when there is a key, and an index at the end.

    header   magic, version, compression, sealing, block size, key id, a random number of the container's own
    blocks   1 MiB of the file each, but the last: zstd with its checksum, then AES-256-GCM under a nonce of its own
    index    how long each block is on disk, size and SHA-256 of the file, its encoding; packed and sealed like a block
    trailer  how long the index is, magic

Header and number are bound into the seal of every block, and the index into its own: a block that was changed, moved,
dropped or brought from another container does not open.
"""

import hashlib
import os
import struct
from collections.abc import Mapping
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO, NamedTuple, Self

import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from reclaim.x12.envelope import HEAD, Stream, utf16  # the reader's own judgment: spans are counted by it

BLOCK = 1 << 20
LEVEL = 3
"""Of zstd: levels above it take twice the time and save a tenth."""

VERSION, ZSTD, PLAIN, AES_256_GCM = 1, 1, 0, 1
HEADER = struct.Struct("<8sBBBxI4s16s")  # magic, version, compression, sealing, block size, key id, own number
TOTALS = struct.Struct("<Q32s9sI")  # size and SHA-256 of the file, encoding, count of blocks; their lengths follow
TRAILER = struct.Struct("<I8s")  # length of the index, magic
MAGIC, END = b"RECLAIMf", b"fRECLAIM"
NONCE = 12
INDEX = (1 << 64) - 1
"""The number of the index among the blocks."""
MOST_INDEX = 1 << 28
"""Bytes of an index at the most: one longer is damage, not a file of 70 TB."""


class FilesError(Exception):
    """A kept file cannot be had; the message says what to do, and nothing of what is in the file."""


class MissingFileError(FilesError):
    """No file is kept under this SHA-256."""


class DamagedFileError(FilesError):
    """What is on disk is not what was written."""


class WrongKeyError(FilesError):
    """The file is encrypted with a key that is not among those given."""


def missing(sha256: str) -> MissingFileError:
    """What is raised when nothing is kept under a SHA-256."""
    return MissingFileError(f"The file {sha256} is not kept here. Restore it from a backup, or receive it again.")


class Keys:
    """The keys of a store, the newest first: it seals what is written, each opens what was sealed with it.

    Raises:
        ValueError: a key has not 32 bytes.
    """

    def __init__(self, keys: tuple[bytes, ...]) -> None:
        if any(len(key) != 32 for key in keys):
            raise ValueError("A key has 32 bytes.")
        self.newest = key_id(keys[0]) if keys else bytes(4)
        self.ciphers: Mapping[bytes, AESGCM] = {key_id(key): AESGCM(key) for key in keys}


def key_id(key: bytes) -> bytes:
    """What names a key without telling it: the first four bytes (eight digits) of its SHA-256."""
    return hashlib.sha256(key).digest()[:4]


class Box:
    """Packs and opens the blocks of one container."""

    def __init__(self, header: bytes, cipher: AESGCM | None) -> None:
        self._header = header
        self._cipher = cipher
        self._packer = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True)
        self._unpacker = zstandard.ZstdDecompressor()

    def pack(self, number: int, data: bytes) -> bytes:
        """A block as it stands on disk."""
        packed = self._packer.compress(data)
        if not self._cipher:
            return packed
        nonce = os.urandom(NONCE)
        return nonce + self._cipher.encrypt(nonce, packed, self._bound(number))

    def unpack(self, number: int, packed: bytes, most: int = BLOCK) -> bytes:
        """A block as it was.

        Raises:
            InvalidTag, zstandard.ZstdError: it is damaged.
        """
        if self._cipher:
            packed = self._cipher.decrypt(packed[:NONCE], packed[NONCE:], self._bound(number))
        if not 0 <= zstandard.frame_content_size(packed) <= most:
            raise zstandard.ZstdError("longer than a block can be")
        return self._unpacker.decompress(packed)

    def _bound(self, number: int) -> bytes:
        return self._header + number.to_bytes(8, "little")


class Totals(NamedTuple):
    """What was written."""

    sha256: str
    size: int


def write(stream: Stream, file: BinaryIO, keys: Keys) -> Totals:
    """Write a stream as a container; memory holds one block, whatever the size of the stream."""
    cipher = keys.ciphers.get(keys.newest)
    sealing = AES_256_GCM if cipher else PLAIN
    header = HEADER.pack(MAGIC, VERSION, ZSTD, sealing, BLOCK, keys.newest, os.urandom(16))
    box = Box(header, cipher)
    sha256, size, encoding, lengths = hashlib.sha256(), 0, "", list[int]()
    file.write(header)
    while block := _filled(stream):
        encoding = encoding if lengths else utf16(block[:HEAD])
        sha256.update(block)
        size += len(block)
        lengths.append(file.write(box.pack(len(lengths), block)))
    totals = TOTALS.pack(size, sha256.digest(), encoding.encode(), len(lengths))
    index = box.pack(INDEX, totals + struct.pack(f"<{len(lengths)}I", *lengths))
    file.write(index + TRAILER.pack(len(index), END))
    return Totals(sha256.hexdigest(), size)


def _filled(stream: Stream) -> bytes:
    """A whole block, however few bytes the stream gives at a time; less only at its end."""
    chunks, missing = [], BLOCK
    while missing and (chunk := stream.read(missing)):
        chunks.append(chunk)
        missing -= len(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


class Container:
    """A container that is being read, block by block in any order.

    Raises:
        MissingFileError, DamagedFileError, WrongKeyError: at once, or when a block is read.
    """

    def __init__(self, path: Path, keys: Keys) -> None:
        self._path = path
        try:
            self._file = path.open("rb", buffering=0)
        except FileNotFoundError:
            raise missing(path.name) from None
        try:
            self._box = self._opened(keys)
            self.size, self.digest, self.encoding, lengths = self._index()
        except BaseException:
            self._file.close()
            raise
        self.blocks = len(lengths)
        self._places = list(accumulate(lengths, initial=HEADER.size))

    def __enter__(self) -> Self:
        """Open already."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file on disk."""
        self.close()

    def close(self) -> None:
        """Close the file on disk."""
        self._file.close()

    def block(self, number: int) -> bytes:
        """So many bytes of the file as make a block."""
        begin, end = self._places[number : number + 2]
        data = self._unpacked(number, self._read(begin, end - begin), BLOCK)
        if len(data) != min(BLOCK, self.size - number * BLOCK):
            raise self.damaged()
        return data

    def damaged(self) -> DamagedFileError:
        """What is raised when the container is not what was written."""
        return DamagedFileError(
            f"The kept file {self._path.name} is damaged on disk. Restore it from a backup, or remove it and receive "
            "the file again."
        )

    def _opened(self, keys: Keys) -> Box:
        header = self._read(0, HEADER.size)
        magic, version, compression, sealing, size, key, _ = HEADER.unpack(header)
        if magic != MAGIC:
            raise self.damaged()
        if version > VERSION:
            raise FilesError(f"The kept file {self._path.name} is of a later version of Reclaim. Upgrade to read it.")
        if (version, compression, size) != (VERSION, ZSTD, BLOCK) or sealing not in (PLAIN, AES_256_GCM):
            raise self.damaged()
        if sealing == AES_256_GCM and key not in keys.ciphers:
            raise WrongKeyError(
                f"The kept file {self._path.name} is encrypted with key {key.hex()}, which is not among those given. "
                "Add that key to RECLAIM_FILE_KEY, after the newest."
            )
        return Box(header, keys.ciphers[key] if sealing else None)

    def _index(self) -> tuple[int, bytes, str, tuple[int, ...]]:
        end = os.fstat(self._file.fileno()).st_size
        length, magic = TRAILER.unpack(self._read(end - TRAILER.size, TRAILER.size))
        begin = end - TRAILER.size - length
        if magic != END or begin < HEADER.size:
            raise self.damaged()
        index = self._unpacked(INDEX, self._read(begin, length), MOST_INDEX)
        try:
            size, digest, encoding, count = TOTALS.unpack_from(index)
            lengths = struct.unpack_from(f"<{count}I", index, TOTALS.size)
        except struct.error:
            raise self.damaged() from None
        if HEADER.size + sum(lengths) != begin or count != -(-size // BLOCK) or digest.hex() != self._path.name:
            raise self.damaged()
        return size, digest, encoding.rstrip(b"\0").decode("ascii", "replace"), lengths

    def _unpacked(self, number: int, packed: bytes, most: int) -> bytes:
        try:
            return self._box.unpack(number, packed, most)
        except (InvalidTag, ValueError, zstandard.ZstdError):
            raise self.damaged() from None

    def _read(self, begin: int, size: int) -> bytes:
        """So many bytes on disk from a place on."""
        data = b""
        if begin >= 0:
            self._file.seek(begin)
            data = self._file.read(size)
        if len(data) != size:
            raise self.damaged()
        return data
