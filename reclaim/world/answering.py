"""What the clearinghouse and the payers of a made-up world answer to files that another office has sent.

A world is the same whenever it is lived through, so nothing of it is kept but what came to it: the files that were
sent, each with its day. To answer, the world is lived through again to the day on which it stood, with all of them,
and from there on; only then is anything written. The same world and files make the same bytes.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from reclaim.world.answering_files import Incoming, read
from reclaim.world.answering_payers import Living
from reclaim.world.diary import ONE_DAY
from reclaim.world.run import kept

STATE, SENT = "answered.json", "sent"
"""In the folder of the world: which files came on which day, and their copies."""
LONGEST = timedelta(days=400)
"""No payer takes longer."""


class AnsweringError(Exception):
    """Nothing was answered; the text names the file and says what to do."""


class Answered(NamedTuple):
    """What was done."""

    taken: int  # files taken in now
    before: int  # files that had come before
    later: int  # files of a day that has not come
    written: int  # answers, as files
    day: date  # on which the world stands now


class _File(NamedTuple):
    name: str
    sha256: str
    day: date  # on which it came

    @property
    def copy(self) -> str:
        return f"{self.sha256[:16]}_{self.name}"


class _State(NamedTuple):
    day: date | None  # None: the world's last
    files: list[_File]


def answer(world: Path, sent: Sequence[Path], out: Path, until: date | None = None) -> Answered:
    """Answer files of claims and inquiries.

    Args:
        world: folder of a world made before.
        sent: files, or folders of them; what came before is not answered twice. A file comes on the day of its ISA,
            or today, whichever is later: the world does not go back.
        out: where answers go, in `acknowledgements` and `remittances`.
        until: the last day to live through; None: until everything that was sent is answered.

    Raises:
        AnsweringError: there is no such world, or a file is not what it should be.
    """
    try:
        held, state = kept(world), _state(world)
    except (OSError, ValueError, TypeError, KeyError) as error:
        said = f"{world} holds no world that can answer ({error}). Make one: reclaim world {world}."
        raise AnsweringError(said) from error
    living = Living(held.order)
    if living.check != held.check:
        raise AnsweringError(
            f"{world} was made by another version of Reclaim, which cannot go on from it. Make it anew."
        )
    for file in state.files:
        _take(living, file.day, _read(world / SENT / file.copy))
    living.go_on(state.day or living.today)
    seen = {file.sha256 for file in state.files}
    found = {sha256(path.read_bytes()).hexdigest(): path for path in _files(sent)}
    files = [path for digest, path in found.items() if digest not in seen]
    living.write_to(out)
    come = sorted(((_read(path), path) for path in files), key=lambda each: (each[0][0].envelope.day, each[1].name))
    taken: list[_File] = []
    for incoming, path in come:
        day = max(incoming[0].envelope.day, living.today)
        if until and day > until:
            continue
        _take(living, day, incoming)
        taken.append(_keep(world, path, day))
    _finish(living, until)
    _write(world, _State(living.today, [*state.files, *taken]))
    return Answered(len(taken), len(found) - len(files), len(files) - len(taken), living.files, living.today)


def _take(living: Living, day: date, incoming: Sequence[Incoming]) -> None:
    living.go_on(day)
    for each in incoming:
        living.take(each)


def _finish(living: Living, until: date | None) -> None:
    if until:
        living.go_on(until)
        return
    last = living.today + LONGEST
    while living.waits() and living.today < last:
        living.go_on(living.today + ONE_DAY)


def _files(sent: Sequence[Path]) -> Iterator[Path]:
    """Every file, those of a folder by name."""
    for path in sent:
        yield from sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]


def _read(path: Path) -> list[Incoming]:
    try:
        return list(read(path.read_bytes(), path.name))
    except (OSError, ValueError) as error:
        raise AnsweringError(str(error)) from error


def _keep(world: Path, path: Path, day: date) -> _File:
    file = _File(path.name, sha256(path.read_bytes()).hexdigest(), day)
    (world / SENT).mkdir(exist_ok=True)
    shutil.copyfile(path, world / SENT / file.copy)
    return file


def _state(world: Path) -> _State:
    path = world / STATE
    if not path.exists():
        return _State(None, [])
    held = json.loads(path.read_text())
    files = [_File(name, digest, date.fromisoformat(day)) for name, digest, day in held["files"]]
    return _State(date.fromisoformat(held["day"]), files)


def _write(world: Path, state: _State) -> None:
    """Written whole or not at all: else the next run would answer twice."""
    fresh = world / f"{STATE}.new"
    fresh.write_text(json.dumps(state._asdict(), default=str, indent=1) + "\n")
    fresh.replace(world / STATE)
