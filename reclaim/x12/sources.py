"""Bytes from paths: files, folders, patterns, zip and gzip archives, standard input. Nothing is unpacked to disk."""

import glob
import gzip
import io
import lzma
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

ZIP, GZIP = b"PK\x03\x04", b"\x1f\x8b"
BOMB_RATIO, BOMB_SIZE = 200, 1 << 30
"""X12 shrinks ten to twenty times; a gigabyte that shrank two hundred times is no remittance."""

UNREADABLE = (
    *(OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile),
    *(NotImplementedError, RuntimeError, UnicodeDecodeError),
)
"""What reading a broken, encrypted or forbidden file raises; the last for names in a broken archive."""


class NoSuchPathError(ValueError):
    """A path that names nothing."""


class Source(NamedTuple):
    """A named stream of bytes that can be opened once, before the next source is asked for."""

    name: str
    open: Callable[[], AbstractContextManager[BinaryIO]]


class Watched(io.FileIO):
    """A file that tells how many bytes were read from it."""

    def __init__(self, path: Path, advance: Callable[[int], object]) -> None:
        super().__init__(path)
        self._advance = advance

    def readinto(self, buffer: Any, /) -> int:  # noqa: ANN401  io's own signature
        """Fill a buffer."""
        count = super().readinto(buffer) or 0
        self._advance(count)
        return count


def size(paths: Iterable[str]) -> int:
    """Bytes on disk of every file behind these paths.

    Raises:
        NoSuchPathError: a path names nothing.
    """
    return sum(file.stat().st_size for path in paths if path != "-" for file in _files(path))


def sources(paths: Iterable[str], advance: Callable[[int], object] = lambda _: None) -> Iterator[Source]:
    """Every file behind these paths, in the order given; folders in the order of their names.

    Args:
        paths: files, folders (read with all below them; hidden files and READMEs are passed over), patterns such as
            `in/*.835`, or "-" for standard input. Archives are looked into, whatever they are called.
        advance: is told how many bytes were read from disk, as they are read.

    Raises:
        NoSuchPathError: a path names nothing.
    """
    for path in paths:
        if path == "-":
            yield from looked_into(Source("-", _standard_input))
        else:
            for file in _files(path):
                yield from looked_into(Source(str(file), partial(_opened, file, advance)))


def _files(path: str) -> list[Path]:
    place = Path(path)
    if place.is_dir():
        return sorted(file for file in place.rglob("*") if file.is_file() and not _hidden(file.relative_to(place)))
    if place.exists():
        return [place]
    if found := sorted(glob.glob(path, recursive=True)):  # noqa: PTH207  a pattern may be absolute
        return [file for each in found for file in _files(each)]
    raise NoSuchPathError(f"No file, folder or pattern “{path}”. Check the name.")


def _hidden(path: Path) -> bool:
    """Whether nobody means a file when naming its folder: hidden files, and the README beside the samples."""
    named = (part for part in path.parts if part not in (".", ".."))  # path tricks in an archive hide nothing
    return any(part.startswith((".", "__MACOSX", "README")) for part in named)


@contextmanager
def _opened(file: Path, advance: Callable[[int], object]) -> Iterator[BinaryIO]:
    with io.BufferedReader(Watched(file, advance)) as stream:
        yield stream


@contextmanager
def _standard_input() -> Iterator[BinaryIO]:
    yield cast("BinaryIO", io.BufferedReader(cast("io.RawIOBase", sys.stdin.buffer)))


def looked_into(source: Source) -> Iterator[Source]:
    """The members of an archive, or the source itself."""
    try:
        with source.open() as stream:
            head = _peek(stream)
            if head.startswith(ZIP):
                yield from _members(source, stream)
                return
            if source.name == "-":
                yield Source("-", partial(_unzipped_input, stream, head))
                return
    except UNREADABLE as error:
        yield _broken(source.name, error)
        return
    yield Source(source.name, partial(_unzipped, source)) if head.startswith(GZIP) else source


def _peek(stream: BinaryIO) -> bytes:
    return cast("io.BufferedReader", stream).peek(4)[:4]


def _members(source: Source, stream: BinaryIO) -> Iterator[Source]:
    """The files in a zip archive, each opened when its turn has come."""
    seekable = stream if stream.seekable() else io.BytesIO(stream.read())
    with zipfile.ZipFile(seekable) as archive:
        for info in archive.infolist():
            name = f"{source.name}/{info.filename}"
            if not info.filename or info.is_dir() or _hidden(Path(info.filename)):
                continue
            if info.file_size > BOMB_SIZE and info.file_size > BOMB_RATIO * max(info.compress_size, 1):
                yield _broken(name, OSError("it would unpack to far more than a remittance can hold"))
            else:
                yield Source(name, partial(_member, archive, info))


@contextmanager
def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[BinaryIO]:
    with archive.open(info) as stream:
        buffered = io.BufferedReader(cast("io.RawIOBase", stream))
        yield (
            cast("BinaryIO", gzip.GzipFile(fileobj=buffered))
            if _peek(cast("BinaryIO", buffered)).startswith(GZIP)
            else cast("BinaryIO", buffered)
        )


@contextmanager
def _unzipped(source: Source) -> Iterator[BinaryIO]:
    with source.open() as stream, gzip.GzipFile(fileobj=stream) as unzipped:
        yield cast("BinaryIO", unzipped)


@contextmanager
def _unzipped_input(stream: BinaryIO, head: bytes) -> Iterator[BinaryIO]:
    yield cast("BinaryIO", gzip.GzipFile(fileobj=stream)) if head.startswith(GZIP) else stream


def _broken(name: str, error: BaseException) -> Source:
    return Source(name, partial(_fails, error))


def _fails(error: BaseException) -> AbstractContextManager[BinaryIO]:
    raise error
