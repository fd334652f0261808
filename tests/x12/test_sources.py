"""Bytes from anywhere: files, folders, patterns, archives, standard input; what is broken says so and never crashes."""

import gzip
import io
import random
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from reclaim.x12 import sources as module
from reclaim.x12.sources import UNREADABLE, NoSuchPathError, Source, size, sources
from tests.x12.build import plain, read, text

PLAIN = text(plain()).encode()
OTHER = PLAIN.replace(b"CLP*A1", b"CLP*B1")


def read_all(*paths: str | Path) -> dict[str, bytes]:
    """What stands behind some paths, by the name of each source."""
    return {source.name: contents(source) for source in sources(map(str, paths))}


def contents(source: Source) -> bytes:
    with source.open() as stream:
        return stream.read()


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive."""
    with zipfile.ZipFile(whole := io.BytesIO(), "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return whole.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.835", "a.835", "sub/c.txt", ".hidden", ".git/x", "README.md", "__MACOSX/._a.835"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(PLAIN if name in {"a.835", "b.835", "sub/c.txt"} else b"?")
    return tmp_path


def test_a_folder_is_read_in_the_order_of_names_without_what_nobody_means(folder: Path) -> None:
    assert [Path(name).relative_to(folder).as_posix() for name in read_all(folder)] == ["a.835", "b.835", "sub/c.txt"]


def test_a_pattern_names_files_at_any_depth(folder: Path) -> None:
    assert len(read_all(folder / "*.835")) == 2
    assert len(read_all(folder / "**" / "*.txt")) == 1


def test_a_file_whose_name_looks_like_a_pattern(tmp_path: Path) -> None:
    (tmp_path / "in[1]*.835").write_bytes(PLAIN)
    assert list(read_all(tmp_path / "in[1]*.835").values()) == [PLAIN]


def test_a_file_that_is_named_is_read_even_when_hidden(folder: Path) -> None:
    assert list(read_all(folder / "README.md", folder / ".hidden").values()) == [b"?", b"?"]


def test_a_path_that_names_nothing_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoSuchPathError, match="nothing"):
        read_all(tmp_path / "nothing*.835")


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    assert read_all(tmp_path) == {}


def test_archives_are_looked_into_whatever_they_are_called(tmp_path: Path) -> None:
    members = {"a.835": PLAIN, "sub/b.gz": gzip.compress(OTHER), "sub/": b"", ".x": b"?", "__MACOSX/a.835": b"?"}
    (tmp_path / "1.835").write_bytes(zipped(members))
    (tmp_path / "2.txt").write_bytes(gzip.compress(PLAIN))
    (tmp_path / "3.gz").write_bytes(PLAIN)
    one, two, three = (str(tmp_path / name) for name in ("1.835", "2.txt", "3.gz"))
    assert read_all(tmp_path) == {f"{one}/a.835": PLAIN, f"{one}/sub/b.gz": OTHER, two: PLAIN, three: PLAIN}


@pytest.mark.parametrize("name", ["zip", "gzip", "plain"])
def test_standard_input(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = {"zip": zipped({"a.835": PLAIN}), "gzip": gzip.compress(PLAIN), "plain": PLAIN}[name]
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=Pipe(data)))
    assert list(read_all("-").values()) == [PLAIN]


def test_progress_counts_every_byte_on_disk(folder: Path) -> None:
    (folder / "z.zip").write_bytes(zipped({"a.835": PLAIN * 50}))
    (folder / "z.gz").write_bytes(gzip.compress(PLAIN * 50))
    paths = [str(folder / "*.835"), str(folder / "z.gz")]
    counted: list[int] = []
    for source in sources(paths, counted.append):
        contents(source)
    assert sum(counted) >= size(paths) == 2 * len(PLAIN) + (folder / "z.gz").stat().st_size


def test_a_zip_that_would_unpack_to_far_more_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BOMB_SIZE", 100_000)
    path = tmp_path / "bomb.zip"
    path.write_bytes(zipped({"bomb": b"\0" * 1_000_000, "large but honest": PLAIN * 100}))
    found = sources([str(path)])
    with pytest.raises(OSError, match="far more than a remittance can hold"):
        contents(next(found))
    assert contents(next(found)) == PLAIN * 100


def test_a_zip_with_a_password_says_so(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.835": PLAIN}))
    for place in (6, data.index(b"PK\x01\x02") + 8):
        data[place] |= 1
    path = tmp_path / "secret.zip"
    path.write_bytes(data)
    with pytest.raises(UNREADABLE, match="encrypted"):
        read_all(path)


ARCHIVES = {
    "zip": zipped({"a.835": PLAIN, "b.835": gzip.compress(OTHER)}),
    "zip by LZMA": zipped({"a.835": PLAIN}, zipfile.ZIP_LZMA),
    "zip by bzip2": zipped({"a.835": PLAIN}, zipfile.ZIP_BZIP2),
    "zip with accents": zipped({"é.835": PLAIN}, zipfile.ZIP_STORED),
    "gzip": gzip.compress(PLAIN),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_broken_archive_is_unreadable_and_nothing_else(name: str, tmp_path: Path) -> None:
    dice = random.Random(name)  # noqa: S311  the same broken archives every time
    path, whole, told = tmp_path / "broken", ARCHIVES[name], 0
    for _ in range(250):
        data = bytearray(whole)
        for _ in range(dice.choice([1, 2, 5])):
            data[dice.choice([dice.randrange(len(data)), -1 - dice.randrange(80)])] = dice.randrange(256)
        path.write_bytes(data[: dice.choice([len(data), len(data), dice.randrange(len(data))])])
        for source in sources([str(path)]):
            try:
                contents(source)
            except UNREADABLE:
                told += 1
    assert told > 25


def test_a_gzip_that_breaks_off_is_read_up_to_there_and_then_raises(tmp_path: Path) -> None:
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress(PLAIN)[:-20])
    with pytest.raises(UNREADABLE), next(sources([str(path)])).open() as stream:
        read(stream)


def test_sources_reach_the_reader(folder: Path) -> None:
    for source in sources([str(folder)]):
        with source.open() as stream:
            assert read(stream).rows("claims", "control_number") == [("A1",), ("A2",), ("A3",)]


class Pipe(io.BufferedReader):
    """Standard input that cannot be wound back."""

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data))

    def seekable(self) -> bool:
        return False

    def seek(self, *_: object) -> int:
        raise io.UnsupportedOperation
