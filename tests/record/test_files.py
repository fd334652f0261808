"""Kept files: all of a file or nothing, any span of it, nobody reads it without the key, damage never passes."""

import base64
import hashlib
import io
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reclaim.record.container import BLOCK, HEADER, TRAILER
from reclaim.record.files import (
    BadKeyError,
    DamagedFileError,
    FilesError,
    MissingFileError,
    Store,
    WrongKeyError,
    keys_of,
)
from reclaim.x12.reading import Reading
from tests.x12.forms import FORMS, PLAIN

KEY, OLD_KEY = bytes(range(32)), bytes(range(32, 64))
SIZES = [0, 1, 600, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + BLOCK // 2]
KILLS = 20

sealed_or_not = pytest.mark.parametrize("keys", [pytest.param((), id="plain"), pytest.param((KEY,), id="sealed")])


def noise(size: int, seed: int = 0) -> bytes:
    return Random(seed).randbytes(size)  # noqa: S311  made-up content


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def place(store: Store, data: bytes) -> Path:
    name = sha(data)
    return store.folder / name[:2] / name[2:4] / name


def incoming(store: Store) -> list[Path]:
    return list((store.folder / "incoming").glob("*"))


class Dribble:
    """A stream that gives few bytes at a time, and may do something on the way."""

    def __init__(self, data: bytes, step: int, then: Callable[[], object] = lambda: None) -> None:
        self.rest = io.BytesIO(data)
        self.step = step
        self.then = then

    def read(self, size: int, /) -> bytes:
        self.then()
        return self.rest.read(min(size, self.step))


@sealed_or_not
@pytest.mark.parametrize("size", SIZES)
def test_gives_back_what_came(tmp_path: Path, keys: tuple[bytes, ...], size: int) -> None:
    store, data = Store(tmp_path / "files", keys), noise(size)
    assert not store.exists(sha(data))
    assert store.keep(Dribble(data, 100_000)) == (sha(data), size, True)
    assert store.exists(sha(data))
    with store.open(sha(data)) as stream:
        assert stream.read() == data
    store.verify(sha(data))
    assert store.size_on_disk(sha(data)) == place(store, data).stat().st_size
    assert not incoming(store)


def test_the_same_bytes_again_are_kept_once(tmp_path: Path) -> None:
    store = Store(tmp_path, [KEY])
    store.keep(io.BytesIO(PLAIN.encode()))
    before = place(store, PLAIN.encode()).read_bytes()
    assert not store.keep(io.BytesIO(PLAIN.encode())).new
    assert place(store, PLAIN.encode()).read_bytes() == before
    assert not incoming(store)


def test_remittances_shrink(tmp_path: Path) -> None:
    data = PLAIN.encode() * 1000
    store = Store(tmp_path)
    assert store.size_on_disk(store.keep(io.BytesIO(data)).sha256) < len(data) / 5


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, bytes]:
    store, data = Store(tmp_path_factory.mktemp("files"), [KEY]), noise(2 * BLOCK + 12345)
    store.keep(io.BytesIO(data))
    return store, data


@given(
    start=st.one_of(st.integers(0, 2 * BLOCK + 12345), st.sampled_from([BLOCK - 1, BLOCK, 2 * BLOCK - 300])),
    length=st.one_of(st.integers(0, 1000), st.integers(0, 3 * BLOCK)),
)
@settings(deadline=None, max_examples=60)
def test_reads_any_span(kept: tuple[Store, bytes], start: int, length: int) -> None:
    store, data = kept
    end = min(start + length, len(data))
    assert store.read_span(sha(data), start, end) == data[start:end]


@pytest.mark.parametrize(("start", "end"), [(-1, 5), (5, 4), (0, 2 * BLOCK + 12346), (9 * BLOCK, 9 * BLOCK + 1)])
def test_says_that_there_is_no_such_span(kept: tuple[Store, bytes], start: int, end: int) -> None:
    store, data = kept
    with pytest.raises(ValueError, match="has no bytes"):
        store.read_span(sha(data), start, end)


@pytest.mark.parametrize("name", FORMS)
def test_spans_of_claims_are_those_of_the_reader(tmp_path: Path, name: str) -> None:
    store, data = Store(tmp_path), FORMS[name].data
    kept = store.keep(io.BytesIO(data))
    claims = 0
    for part in Reading(io.BytesIO(data)).parts():
        for start, end in part.spans.select("start", "end").rows():
            span = store.read_span(kept.sha256, part.offset + start, part.offset + end)
            assert span.translate(None, b" \t\r\n")[:3].upper() == b"CLP"
            claims += 1
    assert claims


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16"])
def test_spans_of_utf_16_count_in_utf_8(tmp_path: Path, encoding: str) -> None:
    text = PLAIN + "𝄞é" * (BLOCK // 4) + "~CLP*LAST"  # two units and one: pairs stand across the end of a block
    store, read = Store(tmp_path), text.encode()
    kept = store.keep(io.BytesIO(text.encode(encoding)))
    for start, end in ((0, 3), (len(read) // 2, len(read) // 2 + 600), (len(read) - 9, len(read)), (0, len(read))):
        assert store.read_span(kept.sha256, start, end) == read[start:end]
    with pytest.raises(ValueError, match="has no bytes"):
        store.read_span(kept.sha256, 0, len(read) + 1)


def opened(store: Store, data: bytes) -> bytes:
    with store.open(sha(data)) as stream:
        return stream.read()


def span(store: Store, data: bytes) -> bytes:
    return store.read_span(sha(data), 0, len(data))


def answer(ask: Callable[[Store, bytes], bytes], store: Store, data: bytes) -> bytes | str:
    try:
        return ask(store, data)
    except FilesError as error:
        return str(error)


@sealed_or_not
@pytest.mark.parametrize("ask", [opened, span])
def test_a_changed_byte_never_passes(
    tmp_path: Path, keys: tuple[bytes, ...], ask: Callable[[Store, bytes], bytes]
) -> None:
    store, data = Store(tmp_path, keys), PLAIN.encode()
    store.keep(io.BytesIO(data))
    good = place(store, data).read_bytes()
    harmless = 0
    for at in range(len(good)):
        place(store, data).write_bytes(good[:at] + bytes([good[at] ^ 0x10]) + good[at + 1 :])
        said = answer(ask, store, data)
        harmless += said == data
        assert said == data or (isinstance(said, str) and "CLP" not in said)
    assert harmless <= (0 if keys else HEADER.size), "bits that nothing rests on, where nothing is sealed"


@sealed_or_not
def test_a_file_cut_short_never_passes(tmp_path: Path, keys: tuple[bytes, ...]) -> None:
    store, data = Store(tmp_path, keys), noise(2000)
    store.keep(io.BytesIO(data))
    good = place(store, data).read_bytes()
    for size in range(0, len(good), 7):
        place(store, data).write_bytes(good[:size])
        with pytest.raises(DamagedFileError, match="backup"):
            opened(store, data)


@sealed_or_not
def test_blocks_cannot_change_places(tmp_path: Path, keys: tuple[bytes, ...]) -> None:
    store, data = Store(tmp_path, keys), noise(2 * BLOCK)
    store.keep(io.BytesIO(data))
    path = place(store, data)
    good = path.read_bytes()
    index = int.from_bytes(good[-TRAILER.size : -TRAILER.size + 4], "little")
    blocks = good[HEADER.size : -TRAILER.size - index]
    half = len(blocks) // 2  # noise of one length takes one length
    path.write_bytes(good[: HEADER.size] + blocks[half:] + blocks[:half] + good[HEADER.size + len(blocks) :])
    with pytest.raises(DamagedFileError):
        store.verify(sha(data))
    if keys:
        with pytest.raises(DamagedFileError):
            store.read_span(sha(data), 0, 10)


def test_a_file_under_the_name_of_another_does_not_pass(tmp_path: Path) -> None:
    store, one, other = Store(tmp_path), noise(100, 1), noise(100, 2)
    for data in (one, other):
        store.keep(io.BytesIO(data))
    place(store, one).write_bytes(place(store, other).read_bytes())
    with pytest.raises(DamagedFileError):
        store.read_span(sha(one), 0, 10)


def test_a_file_that_cannot_be_read_is_mended_when_it_comes_again(tmp_path: Path) -> None:
    store, data = Store(tmp_path), noise(1000)
    store.keep(io.BytesIO(data))
    place(store, data).write_bytes(b"torn")
    assert store.keep(io.BytesIO(data)).new
    assert opened(store, data) == data


def test_nothing_can_be_read_from_the_disk(tmp_path: Path) -> None:
    data = b"NM1*QC*1*DOE*JANE~" + noise(1000)  # noise, so that compression does not hide it
    store = Store(tmp_path, [KEY])
    store.keep(io.BytesIO(data))
    assert b"DOE" not in place(store, data).read_bytes()
    assert stat.S_IMODE(place(store, data).stat().st_mode) == 0o600
    store.remove(sha(data))
    Store(tmp_path).keep(io.BytesIO(data))
    assert b"DOE" in place(store, data).read_bytes()


def test_old_keys_still_read(tmp_path: Path) -> None:
    before, data, later = Store(tmp_path, [OLD_KEY]), noise(100), noise(100, 2)
    before.keep(io.BytesIO(data))
    now = Store(tmp_path, [KEY, OLD_KEY])
    now.keep(io.BytesIO(later))
    assert opened(now, data) == data
    assert opened(Store(tmp_path, [KEY]), later) == later
    for keys in ([KEY], []):
        with pytest.raises(WrongKeyError, match=f"{sha(OLD_KEY)[:8]}.*RECLAIM_FILE_KEY"):
            opened(Store(tmp_path, keys), data)


def test_reads_keys_as_they_stand_in_a_setting() -> None:
    words = [base64.urlsafe_b64encode(key).decode() for key in (b"\xff" * 32, KEY)]
    assert keys_of(" , ".join(words)) == (b"\xff" * 32, KEY)
    assert keys_of("") == ()


@pytest.mark.parametrize("bad", ["short", "é" * 44, "A" * 43, "A" * 88])
def test_a_bad_key_is_named_by_its_place_only(bad: str) -> None:
    good = base64.urlsafe_b64encode(KEY).decode()
    with pytest.raises(BadKeyError, match="Key 2 of 2") as said:
        keys_of(f"{good},{bad}")
    assert bad not in str(said.value)
    with pytest.raises(ValueError, match="32 bytes"):
        Store(Path(), [b"short"])


def test_a_stream_that_breaks_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> None:
        raise OSError("the line went dead")

    store = Store(tmp_path)
    with pytest.raises(OSError, match="went dead"):
        store.keep(Dribble(noise(10), 1, broken))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64, "0" * 64 + "\n"])
def test_other_names_lead_nowhere(tmp_path: Path, name: str) -> None:
    store = Store(tmp_path)
    assert not store.exists(name)
    store.remove(name)
    for ask in (store.open, store.verify, store.size_on_disk):
        with pytest.raises(MissingFileError):
            ask(name)


def test_strays_are_told_but_not_those_that_just_came(tmp_path: Path) -> None:
    store, known, lost = Store(tmp_path), noise(10, 1), noise(10, 2)
    for data in (known, lost):
        store.keep(io.BytesIO(data))
    assert list(store.stray([sha(known)])) == []
    assert list(store.stray([sha(known)], grace=0)) == [sha(lost)]
    os.utime(place(store, lost), (0, 0))
    assert list(store.stray([sha(known)])) == [sha(lost)]
    store.keep(io.BytesIO(lost))
    assert list(store.stray([sha(known)])) == []
    store.remove(sha(lost))
    assert not store.exists(sha(lost))


def test_what_is_being_written_is_not_cleaned_away(tmp_path: Path) -> None:
    store, data = Store(tmp_path), noise(3000)
    (tmp_path / "incoming").mkdir()
    (tmp_path / "incoming" / "left").write_bytes(b"of a killed process")
    cleaned: list[int] = []
    store.keep(Dribble(data, 1000, lambda: cleaned.append(store.clean())))
    assert cleaned[0] == 1
    assert sum(cleaned) == 1
    assert opened(store, data) == data


KILLED = """
import io, os, random, signal, sys, time
from pathlib import Path
from reclaim.record.files import Store

store, dice = Store(Path(sys.argv[1]), [bytes(32)]), random.Random(7)
data = [dice.randbytes(4 << 20) for _ in range(int(sys.argv[2]))]
begin = time.perf_counter()
store.keep(io.BytesIO(data[0]))
whole = time.perf_counter() - begin
for each in data[1:]:
    if child := os.fork():
        time.sleep(dice.uniform(0, 1.3 * whole))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    else:
        store.keep(io.BytesIO(each))
        time.sleep(60)
"""


def test_a_killed_process_leaves_a_whole_file_or_nothing(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), str(KILLS)], check=True, timeout=120)
    store = Store(tmp_path, [bytes(32)])
    kept = list(store.stray([], grace=0))
    for name in kept:
        store.verify(name)
    begun = len(incoming(store))
    assert begun, "no process was killed while it wrote"
    assert begun + len(kept) <= KILLS
    assert store.clean() == begun
    assert not incoming(store)
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == sorted(kept)
