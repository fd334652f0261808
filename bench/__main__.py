"""`make bench`: how fast and in how much memory, beside peers, in one run. `--write` keeps it in docs/benchmarks.md.

Times are medians, and what counts is the ratio of runs taken in turn: machines differ, and this one may be busy.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import oxedi
import polars as pl
import pyx12.error_handler
import pyx12.params
import pyx12.x12n_document

from bench.big835 import generate
from bench.page import write
from reclaim.x12.reading import Reading

OUT = Path(__file__).parent / "out"
COMMAND = Path(sys.executable).parent / "reclaim"
MB = 1_000_000
SMALL = 0.1  # a ratio below it is shown with three places


def main() -> None:
    """Measure and print; with --write also keep."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--write", action="store_true", help="keep the result in docs/benchmarks.md")
    options.add_argument("--largest", type=int, default=1000, help="MB of the largest file (1, 10, 100, 1000)")
    options.add_argument("--times", type=int, default=5, help="runs of each measurement")
    chosen = options.parse_args()
    rows = []
    for row in measurements(chosen.largest, chosen.times):
        print("| " + " | ".join(row) + " |", flush=True)
        rows.append(row)
    if chosen.write:
        head = f"Polars {pl.__version__}, {pl.thread_pool_size()} threads; oxedi {oxedi.__version__}; pyx12 4.0.0."
        write("reading", [head, "", "| what | ours | beside | ratio |", "|---|---|---|---|"], rows)


def measurements(largest: int, times: int) -> Iterator[tuple[str, str, str, str]]:
    """What was measured, ours, the other's, and the ratio; or the limit it must keep."""
    big = file(100)
    data = big.read_bytes()

    def peer() -> object:
        return oxedi.parse(data)

    yield paired("typed tables with all findings, 100 MB, beside `oxedi.parse`", lambda: tables(big), peer, times)
    whole = partial(command, "read", "--json", str(big))
    yield paired("`reclaim read --json` with all rules, 100 MB, beside `oxedi.parse`", whole, peer, times)
    small = file(10)
    judge = median(lambda: validate(small), 1)
    ours = median(lambda: tables(small), times)
    yield "typed tables with all findings, 10 MB, beside pyx12", seconds(ours), seconds(judge), ratio(ours, judge)
    sample = Path(__file__).parent.parent / "samples" / "MEDICARE_PART_B_20261019.835"
    cold = median(lambda: command("read", str(sample)), times)
    yield "`reclaim read` of one small file, cold start", seconds(cold), "limit 1.00 s", ratio(cold, 1)
    yield from growth(largest)


def growth(largest: int) -> Iterator[tuple[str, str, str, str]]:
    """Time and memory of `reclaim read --json` by size: both must stay on one line."""
    base = 0.0
    for size in (1, 10, 100, 1000):
        if size <= largest:
            taken, memory = measured(file(size))
            base = taken / size if size == 10 else base
            line = f"{taken / size / base:.2f} times per MB of 10 MB" if size > 10 else ""
            yield f"`reclaim read --json`, {size:,} MB: time; peak memory", seconds(taken), f"{memory:,.0f} MB", line


def file(megabytes: int) -> Path:
    """A made-up remittance of that size, made once."""
    OUT.mkdir(exist_ok=True)
    path = OUT / f"{megabytes}.835"
    if not path.exists():
        generate(path, megabytes * MB)
    return path


def tables(path: Path) -> None:
    """Read to typed tables with all findings; each part is let go as a reader in a row would."""
    with path.open("rb") as stream:
        for part in Reading(stream).parts():
            part.tables["claims"].height  # noqa: B018  that it is there is all


def validate(path: Path) -> None:
    """Validate by pyx12, without any report."""
    with path.open(encoding="ascii") as text:
        pyx12.x12n_document.x12n_document(pyx12.params.params(), text, None, None)


def command(*words: str) -> None:
    """Run `reclaim`, its output thrown away."""
    subprocess.run([COMMAND, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)


def measured(path: Path) -> tuple[float, float]:
    """Seconds and peak memory in MB of `reclaim read --json` in a process of its own."""
    script = (
        "import json, resource, subprocess, sys, time; begin = time.perf_counter();"
        "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True);"
        "taken = time.perf_counter() - begin;"
        "print(json.dumps([taken, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000]))"
    )
    run = [sys.executable, "-c", script, str(COMMAND), "read", "--json", str(path)]
    taken, memory = json.loads(subprocess.run(run, capture_output=True, check=True).stdout)
    return taken, memory


def paired(what: str, ours: Callable[[], object], other: Callable[[], object], times: int) -> tuple[str, str, str, str]:
    """Both in turn, so that a busy moment of the machine meets both; medians of each, and of their ratios."""
    taken = [(median(ours, 1), median(other, 1)) for _ in range(times)]
    mine, theirs = (statistics.median(each) for each in zip(*taken, strict=True))
    of_pairs = [one / two for one, two in taken]
    spread = f"{statistics.median(of_pairs):.2f} ({min(of_pairs):.2f} to {max(of_pairs):.2f})"
    return what, seconds(mine), seconds(theirs), spread


def median(work: Callable[[], object], times: int) -> float:
    """Median seconds of some runs."""
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)


def seconds(taken: float) -> str:
    """Seconds for people."""
    return f"{taken:.2f} s"


def ratio(ours: float, other: float) -> str:
    """Ours over the other's."""
    return f"{ours / other:.3f}" if ours / other < SMALL else f"{ours / other:.2f}"


if __name__ == "__main__":
    main()
