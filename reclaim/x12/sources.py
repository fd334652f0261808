"""Bytes from paths: files, folders, patterns, zip and gzip archives, standard input. Nothing is unpacked to disk."""

import glob
import gzip
import io
import lzma
import math
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, NamedTuple, cast

ZIP, GZIP = b"PK\x03\x04", b"\x1f\x8b"
BOMB_RATIO, BOMB_SIZE = 200, 1 << 26
"""X12 shrinks ten to twenty times; what is beyond 64 MiB and shrank two hundred times is no remittance."""
BOMB = "it would unpack to far more than a remittance can hold"
MOST_FILES = 10_000
"""Files in one archive."""
_LONGEST_LIST = 1 << 22  # bytes of an archive's list of files: memory holds all of it, some twenty times over
_LIST_MARK, _LIST_SIZE, _LIST_TAIL = b"PK\x05\x06", slice(12, 16), 22 + (1 << 16)  # end of the list, APPNOTE 4.3.16

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


class Allowance:
    """How many bytes an archive may still unpack to.

    Args:
        archive: its bytes; those of a pipe cannot be counted, and whoever pipes knows what.
    """

    def __init__(self, archive: BinaryIO) -> None:
        self.left: float = math.inf
        if archive.seekable():
            self.left = max(BOMB_SIZE, BOMB_RATIO * archive.seek(0, io.SEEK_END))
            archive.seek(0)


class Bounded(io.RawIOBase):
    """Unpacked bytes, which end with an error where the allowance does."""

    def __init__(self, stream: BinaryIO, allowance: Allowance) -> None:
        self._stream = cast("io.BufferedIOBase", stream)
        self._allowance = allowance

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any, /) -> int:  # noqa: ANN401  io's own signature
        """Fill a buffer.

        Raises:
            OSError: more than the allowance was unpacked.
        """
        count = self._stream.readinto(buffer)
        self._allowance.left -= count
        if self._allowance.left < 0:
            raise OSError(BOMB)
        return count


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
    """The files in a zip archive, each opened when its turn has come; none after the allowance is used up."""
    seekable = stream if stream.seekable() else cast("BinaryIO", io.BytesIO(stream.read()))
    allowance = Allowance(seekable)
    many = OSError(f"it holds more than {MOST_FILES:,} files: send them in several archives")
    if _list_size(seekable) > _LONGEST_LIST:
        yield _broken(source.name, many)
        return
    with zipfile.ZipFile(seekable) as archive:
        files = [each for each in archive.infolist() if each.filename and not each.is_dir()]
        if len(files) > MOST_FILES:
            yield _broken(source.name, many)
            return
        for info in files:
            name = f"{source.name}/{plain_name(info.filename)}"
            if _hidden(Path(info.filename)):
                continue
            if info.file_size > max(BOMB_SIZE, BOMB_RATIO * info.compress_size):
                yield _broken(name, OSError(BOMB))
            else:
                yield Source(name, partial(_member, archive, info, allowance))
            if allowance.left < 0:
                return


def _list_size(archive: BinaryIO) -> int:
    """Bytes of a zip archive's list of files, as its end says; 0 when it has no end."""
    archive.seek(max(archive.seek(0, io.SEEK_END) - _LIST_TAIL, 0))
    _, mark, end = archive.read().rpartition(_LIST_MARK)
    archive.seek(0)
    return int.from_bytes((mark + end)[_LIST_SIZE], "little")


def plain_name(text: str) -> str:
    """What a file is called, for people to read: no control characters, no direction marks, no place on a disk."""
    plain = "".join(each for each in text.replace("\\", "/") if each.isprintable())
    return "/".join(part for part in PurePosixPath(plain).parts if part not in ("/", "//", ".", ".."))


@contextmanager
def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, allowance: Allowance) -> Iterator[BinaryIO]:
    with archive.open(info) as stream:
        buffered = io.BufferedReader(cast("io.RawIOBase", stream))
        zipped = _peek(cast("BinaryIO", buffered)).startswith(GZIP)
        unzipped = gzip.GzipFile(fileobj=buffered) if zipped else buffered
        yield _bounded(cast("BinaryIO", unzipped), allowance)


@contextmanager
def _unzipped(source: Source) -> Iterator[BinaryIO]:
    with source.open() as stream:
        allowance = Allowance(stream)
        with gzip.GzipFile(fileobj=stream) as unzipped:
            yield _bounded(cast("BinaryIO", unzipped), allowance)


def _bounded(stream: BinaryIO, allowance: Allowance) -> BinaryIO:
    return cast("BinaryIO", io.BufferedReader(Bounded(stream, allowance)))


@contextmanager
def _unzipped_input(stream: BinaryIO, head: bytes) -> Iterator[BinaryIO]:
    yield cast("BinaryIO", gzip.GzipFile(fileobj=stream)) if head.startswith(GZIP) else stream


def _broken(name: str, error: BaseException) -> Source:
    return Source(name, partial(_fails, error))


def _fails(error: BaseException) -> AbstractContextManager[BinaryIO]:
    raise error
