"""The lake: what remittances said, as Parquet to look at; derived from the files, and without anybody's name.

    lake/<table>/<sha256>/<piece:05d>.parquet    a part: one inbound file in one table; without rows there is none
    lake/manifest/<sha256>.json                  rows and SHA-256 of each piece: the part is whole once this stands
    lake/.making/<maker>/<number>/<sha256>/      a part that is being made, by one maker of several

    with making(lake) as maker:
        folder = begin(maker, sha256)
        write_piece(folder, rows(tables, remittances), piece)    once for each piece, in any process
        publish(lake, folder)

What the tables hold, and what they leave out, stands in `lake.rows`. The same tables give the same bytes as long as
Polars is the same: a lake that was made anew has the same manifests. Nothing is forced to disk, for all of it can be
made again: what a power cut broke, `whole` sees.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import polars as pl

from reclaim.lake.rows import SCHEMAS, placed

MAKING, MANIFEST, GONE, NOTE = ".making", "manifest", "gone-", ".read"
LAYOUT = 1
"""Counts up when columns change: parts of an older layout are not whole."""


class LakeError(Exception):
    """A part cannot be had; the message says what to do."""


@contextmanager
def making(lake: Path) -> Iterator[Path]:
    """A folder of one's own for the parts that one makes, held so that `clean` leaves it; gone at the end."""
    while True:
        folder = lake / MAKING / uuid4().hex
        folder.mkdir(parents=True, mode=0o700)
        with _held(folder) as ours:
            if not ours:  # cleaned between making and holding it
                continue
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
            return


@contextmanager
def _held(folder: Path) -> Iterator[bool]:
    """Whether nobody else holds the folder. The system lets go of it when the process dies."""
    free, descriptor = False, None
    with suppress(FileNotFoundError, BlockingIOError):
        descriptor = os.open(folder, os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        free = folder.exists()
    try:
        yield free
    finally:
        if descriptor is not None:
            os.close(descriptor)


def begin(maker: Path, sha256: str) -> Path:
    """An empty folder for the pieces of a file, in the folder of who makes the part.

    Several of the same bytes may be made at once: two organizations may have received them.
    """
    folder = maker / uuid4().hex / sha256
    folder.mkdir(parents=True)
    return folder


def write_piece(folder: Path, made: Mapping[str, pl.DataFrame], piece: int) -> None:
    """Write the rows of one piece.

    Args:
        folder: what `begin` gave; its name is the SHA-256 of the file.
        made: its rows, see `lake.rows`.
        piece: its number in the file, from 0.
    """
    facts = {
        name: _written(placed(frame, folder.name, piece), folder / name / _name(piece))
        for name, frame in made.items()
        if frame.height
    }
    (folder / f"{_number(piece)}.json").write_bytes(orjson.dumps(facts))


def note(folder: Path, done: int) -> None:
    """Note beside a part that is being made how many bytes of its file were read: everybody sees it at once.

    Args:
        folder: what `begin` gave.
        done: the bytes.
    """
    folder.parent.with_suffix(NOTE).write_text(str(done))


def noted(lake: Path, sha256: str) -> int:
    """How many bytes of a file were read by who makes its part now; 0: nobody does, or nothing was."""
    done = 0
    for folder in (lake / MAKING).glob(f"*/*/{sha256}"):
        with suppress(FileNotFoundError, ValueError):
            done = max(done, int(folder.parent.with_suffix(NOTE).read_text()))
    return done


def _written(frame: pl.DataFrame, path: Path) -> dict[str, Any]:
    buffer = BytesIO()
    # Only claims have a column that a range is asked of, their day: statistics of the others cost and help nobody.
    frame.write_parquet(buffer, compression="zstd", compression_level=1, statistics="day" in frame.columns)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(buffer.getbuffer())
    return {"rows": frame.height, "sha256": hashlib.sha256(buffer.getbuffer()).hexdigest()}


def _name(piece: int) -> str:
    return f"{_number(piece)}.parquet"


def _number(piece: int) -> str:
    return f"{piece:05d}"


def publish(lake: Path, making: Path) -> None:
    """Give a part that was made its place, instead of an older one. Once more, or after a crash within, is the same.

    A part that is whole already and the same is left alone, so that who looks at it is not disturbed.

    Args:
        lake: the folder of the lake.
        making: what `begin` gave, with every piece.

    Raises:
        LakeError: there is none, or a piece of it is missing.
    """
    sha256, manifest = making.name, _manifest(lake, making.name)
    pieces = sorted(making.glob("*.json"))
    if not pieces and manifest.exists():
        return
    if not pieces or [each.stem for each in pieces] != [_number(piece) for piece in range(len(pieces))]:
        raise LakeError(f"A piece of file {sha256} is missing in the lake. Make it again with: reclaim lake rebuild")
    facts = _facts([orjson.loads(each.read_bytes()) for each in pieces])
    if not (manifest.exists() and manifest.read_bytes() == facts and whole(lake, sha256)):
        manifest.unlink(missing_ok=True)
        for table in SCHEMAS:
            _move(making / table, lake / table / sha256, keep=table in orjson.loads(facts)["rows"])
        written = making / MANIFEST
        written.write_bytes(facts)
        manifest.parent.mkdir(exist_ok=True)
        written.replace(manifest)
    _discard(making)


def _facts(pieces: list[dict[str, Any]]) -> bytes:
    """The manifest of a part."""
    rows = {table: sum(each[table]["rows"] for each in pieces if table in each) for table in SCHEMAS}
    digests = [f"{table} {number} {each[table]['sha256']}" for number, each in enumerate(pieces) for table in each]
    facts = {
        "layout": LAYOUT,
        "content": hashlib.sha256("\n".join(digests).encode()).hexdigest(),
        "rows": {table: count for table, count in rows.items() if count},
        "pieces": pieces,
    }
    return orjson.dumps(facts, option=orjson.OPT_INDENT_2)


def _move(new: Path, place: Path, *, keep: bool) -> None:
    """Put a folder in the place of another.

    Args:
        new: is not there when it was moved before a crash.
        place: where it belongs.
        keep: whether what is in the place already belongs there, when there is nothing new.
    """
    if place.exists() and (new.exists() or not keep):
        _discard(place, new.parent)
    if new.exists():
        place.parent.mkdir(exist_ok=True)
        new.rename(place)


def _discard(folder: Path, aside: Path | None = None) -> None:
    """Take a folder away at once: nobody sees it half removed."""
    gone = (aside or folder.parent) / f"{GONE}{folder.name}"
    shutil.rmtree(gone, ignore_errors=True)
    folder.rename(gone)
    shutil.rmtree(gone)


def drop(lake: Path, sha256: str) -> None:
    """Take a part away; nothing happens when there is none."""
    _manifest(lake, sha256).unlink(missing_ok=True)
    for table in SCHEMAS:
        shutil.rmtree(lake / table / sha256, ignore_errors=True)


def clean(lake: Path) -> None:
    """Remove what crashes left half made; what is being made stays."""
    for folder in (lake / MAKING).glob("*"):
        with _held(folder) as free:
            if free:
                shutil.rmtree(folder, ignore_errors=True)


def being_made(lake: Path) -> set[str]:
    """SHA-256 of the files whose parts somebody makes now."""
    busy: set[str] = set()
    for folder in (lake / MAKING).glob("*"):
        with _held(folder) as free:
            busy.update(() if free else (each.name for each in folder.glob("*/*")))
    return busy


def stray(lake: Path, known: Iterable[str]) -> Iterator[str]:
    """The files that nobody knows and of which the lake has a part, whole or not.

    Args:
        lake: the folder of the lake.
        known: SHA-256 of every file that has a row; gone through only after the lake was, so that a part that comes
            between is not lost.
    """
    names = {each.stem for name in (*SCHEMAS, MANIFEST) for each in (lake / name).glob("*")}
    yield from sorted(names.difference(known))


def whole(lake: Path, sha256: str) -> bool:
    """Whether the lake has all of a file, byte for byte as it was made."""
    try:
        facts = orjson.loads(_manifest(lake, sha256).read_bytes())
        return facts["layout"] == LAYOUT and all(
            hashlib.sha256((lake / table / sha256 / _name(number)).read_bytes()).hexdigest() == each["sha256"]
            for number, piece in enumerate(facts["pieces"])
            for table, each in piece.items()
        )
    except (FileNotFoundError, orjson.JSONDecodeError):
        return False


def contents(lake: Path) -> dict[str, str]:
    """What tells the content of each part from any other, by file: a lake that was made anew has the same."""
    manifests = sorted((lake / MANIFEST).glob("*.json"))
    return {each.stem: orjson.loads(each.read_bytes())["content"] for each in manifests}


def scan(lake: Path, table: str, files: Iterable[str] | None = None) -> pl.LazyFrame:
    """A table of the lake, to look at.

    Args:
        lake: the folder of the lake.
        table: its name, see `lake.rows`.
        files: SHA-256 of those to look at, as the one who looks may see them; None for all. Those of which the lake
            has no whole part are left out.
    """
    parts = {each.stem for each in (lake / MANIFEST).glob("*.json")}
    chosen = parts if files is None else parts.intersection(files)
    paths = [path for name in sorted(chosen) for path in sorted((lake / table / name).glob("*.parquet"))]
    schema = SCHEMAS[table]
    return pl.scan_parquet(paths, schema=schema) if paths else pl.LazyFrame(schema=schema)


def _manifest(lake: Path, sha256: str) -> Path:
    return lake / MANIFEST / f"{sha256}.json"
