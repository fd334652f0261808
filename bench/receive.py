"""`python -m bench.receive`: `reclaim receive` of a large remittance beside `oxedi.parse`, and of many small ones.

Whole commands, each into an empty installation of its own, cases and lake included; pairs in turn, so that a busy
moment meets both. Where the time goes and peak memory are measured in runs of their own. `--write` keeps the table.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import oxedi

from bench.__main__ import COMMAND, MB, file, median, seconds
from bench.big835 import generate
from bench.page import write
from tests.postgres import NoPostgresError, postgres

LIMIT_RATIO, LIMIT_MEMORY = 4, 1500
CLAIMS = 6000  # of the world whose remittances are the small files
LOOK = 0.5  # seconds between looks at memory
WAITED = "read and judge, as far as it is waited for"
Row = tuple[str, str, str, str]


def main() -> None:
    """Measure, print, and keep if asked to."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--write", action="store_true", help="keep the result in docs/benchmarks.md")
    options.add_argument("--times", type=int, default=3, help="pairs of each measurement")
    options.add_argument("--largest", type=int, default=1000, help="MB of the largest file")
    options.add_argument("--stages", type=Path, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.stages:
        print(json.dumps(stages(chosen.stages)))
        return
    rows = []
    for row in measurements(chosen.largest, chosen.times):
        print("| " + " | ".join(row) + " |", flush=True)
        rows.append(row)
    if chosen.write:
        head = f"oxedi {oxedi.__version__}; whole commands, cases and lake included."
        write("receive", [head, "", "| what | ours | beside | ratio |", "|---|---|---|---|"], rows)


def measurements(largest: int, times: int) -> Iterator[Row]:
    """What was measured, ours, the other's or the limit, and the ratio or share."""
    big = file(100)
    for name, environment in databases():
        with environment as more:
            yield beside(name, more, big, times)
            yield from shares(name, more, big)
    yield from growth(largest, big)
    yield small()


def beside(name: str, more: Mapping[str, str], path: Path, times: int) -> Row:
    """Pairs of `reclaim receive` and `oxedi.parse` in turn: medians, and the ratios from least to most."""
    peer = partial(oxedi.parse, path.read_bytes())
    taken = [(received(more, path), median(peer, 1)) for _ in range(times)]
    ratios = sorted(one / two for one, two in taken)
    mine, theirs = (statistics.median(each) for each in zip(*taken, strict=True))
    what = f"`reclaim receive` into {name}, 100 MB, beside `oxedi.parse`; limit {LIMIT_RATIO}"
    spread = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
    return what, seconds(mine), seconds(theirs), spread


def received(more: Mapping[str, str], path: Path) -> float:
    """Seconds of `reclaim receive` into an empty installation, which is made before."""
    with installation(more) as where:
        return median(lambda: where.run(str(COMMAND), "receive", str(path)), 1)


def shares(name: str, more: Mapping[str, str], path: Path) -> Iterator[Row]:
    """Where the time of a run goes."""
    with installation(more) as where:
        module = "bench.receive"
        taken = json.loads(where.run(sys.executable, "-m", module, "--stages", str(path)))
    whole = sum(taken.values())
    for stage, spent in taken.items():
        yield f"of it, {name}: {stage}", seconds(spent), "", f"{spent / whole:.0%}"


def growth(largest: int, big: Path) -> Iterator[Row]:
    """Time by size, and the peak memory of all processes together."""
    base = 0.0
    for size in (100, largest) if largest > 100 else (100,):
        folder = Path(tempfile.mkdtemp(prefix="reclaim-bench-"))
        try:
            path = big if size == 100 else folder / "large.835"
            if path != big:
                generate(path, size * MB)
            with installation({}) as where:
                taken, memory = where.watched(path)
        finally:
            shutil.rmtree(folder)
        base = base or taken / size
        what = f"`reclaim receive`, {size:,} MB: {size / taken:.0f} MB/s; peak memory of all processes together"
        yield what, seconds(taken), f"{memory:,.0f} MB of {LIMIT_MEMORY:,}", f"{taken / size / base:.2f} times per MB"


def small() -> Row:
    """Many small files: the remittances of a made-up year."""
    folder = Path(tempfile.mkdtemp(prefix="reclaim-bench-"))
    try:
        world = [str(COMMAND), "world", str(folder / "world"), "--claims", str(CLAIMS), "--until", "2026-10-31"]
        subprocess.run(world, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        remittances = folder / "world" / "remittances"
        count = sum(1 for _ in remittances.iterdir())
        taken = received({}, remittances)
    finally:
        shutil.rmtree(folder)
    return f"`reclaim receive` of {count:,} small files", seconds(taken), "limit 60 s", f"{count / taken:.0f} a second"


def databases() -> Iterator[tuple[str, Any]]:
    """Those that are there, each with what makes the environment that leads to it."""
    yield "SQLite", no_database()
    try:
        with postgres():
            pass
    except NoPostgresError as error:
        print(f"Not measured on PostgreSQL: {error}", file=sys.stderr)
    else:
        yield "PostgreSQL", postgres()


@contextmanager
def no_database() -> Iterator[Mapping[str, str]]:
    """SQLite needs nothing."""
    yield {}


class Installation:
    """An empty Reclaim in a folder of its own."""

    def __init__(self, data: Path, more: Mapping[str, str]) -> None:
        self.data = data
        self.environment = {**os.environ, "RECLAIM_DATA": str(data), "RECLAIM_LOG": "ERROR", **more}
        if not more:
            self.environment.pop("DATABASE_URL", None)

    def run(self, *words: str) -> bytes:
        """Run a command in it; what it printed."""
        return subprocess.run(words, env=self.environment, stdout=subprocess.PIPE, check=True).stdout

    def watched(self, path: Path) -> tuple[float, float]:
        """Seconds of `reclaim receive`, and the most MB that it and all its helpers had at one time."""
        begin, most = time.perf_counter(), 0.0
        command = [str(COMMAND), "receive", str(path)]
        with subprocess.Popen(command, env=self.environment, stdout=subprocess.DEVNULL, start_new_session=True) as run:
            while run.poll() is None:
                most = max(most, memory_of(run.pid))
                time.sleep(LOOK)
        if run.returncode:
            raise RuntimeError(f"reclaim receive ended with {run.returncode}")
        return time.perf_counter() - begin, most


def memory_of(session: int) -> float:
    """MB of the processes of a session; what several share is counted once (Linux)."""
    total = 0
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(status.read_text().rpartition(")")[2].split()[3]) == session:
                rollup = (status.parent / "smaps_rollup").read_text()
                total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total / 1000


MAKE = (
    "from reclaim.terminal import setup; setup.ready(); from django.core.management import call_command;"
    "call_command('migrate', verbosity=0); call_command('flush', verbosity=0, interactive=False);"
    "from reclaim.people.models import Organization; Organization.objects.create(name='A', slug='a')"
)


@contextmanager
def installation(more: Mapping[str, str]) -> Iterator[Installation]:
    """One that is ready, and gone afterwards."""
    data = Path(tempfile.mkdtemp(prefix="reclaim-bench-"))
    try:
        made = Installation(data, more)
        made.run(sys.executable, "-c", MAKE)
        yield made
    finally:
        shutil.rmtree(data, ignore_errors=True)


def stages(path: Path) -> dict[str, float]:
    """Seconds of each stage of receiving, in this process: a clock is looked at a few times for each 5 MB."""
    from reclaim.config import start  # noqa: PLC0415  the environment is set by now

    start.django()
    from reclaim import reception  # noqa: PLC0415
    from reclaim.desk import opening, settlement  # noqa: PLC0415
    from reclaim.lake import parts  # noqa: PLC0415
    from reclaim.people.models import Organization  # noqa: PLC0415
    from reclaim.record import intake  # noqa: PLC0415
    from reclaim.x12.sources import sources  # noqa: PLC0415
    from reclaim.x12.workers import Crew  # noqa: PLC0415

    spent: dict[str, float] = defaultdict(float)
    for stage, module, name in (
        ("keep the bytes", reception, "accept"),
        ("rows of the record", intake, "store"),
        ("cases", opening.Arrivals, "take"),
        ("cases", settlement, "follow"),
        ("publish the part of the lake", parts, "publish"),
    ):
        setattr(module, name, timed(spent, stage, getattr(module, name)))
    each = Crew.each

    def waited(self: Crew, *args: Any) -> Iterator[Any]:  # noqa: ANN401  as `each`
        results, nothing = each(self, *args), object()
        following = timed(spent, WAITED, partial(next, results, nothing))
        while (result := following()) is not nothing:
            yield result

    setattr(Crew, "each", waited)  # noqa: B010  a clock in its place
    begin = time.perf_counter()
    for taken in reception.receive(Organization.objects.get(), sources([str(path)]), "command", path.stat().st_size):
        assert taken.file  # noqa: S101
    whole = time.perf_counter() - begin
    spent[WAITED] -= spent["keep the bytes"]  # files are accepted when the next pieces are asked for
    return {**spent, "commit and the rest": whole - sum(spent.values())}


def timed(spent: dict[str, float], stage: str, work: Callable[..., Any]) -> Callable[..., Any]:
    """The work, which notes its seconds."""

    def clocked(*args: Any, **named: Any) -> Any:  # noqa: ANN401  whatever the stage takes and gives
        begin = time.perf_counter()
        try:
            return work(*args, **named)
        finally:
            spent[stage] += time.perf_counter() - begin

    return clocked


if __name__ == "__main__":
    main()
