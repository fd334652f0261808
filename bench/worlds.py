"""`python -m bench.worlds`: twenty made-up worlds, each read and scored; how fast they are made. `--write` keeps it.

A score is no benchmark of the field: it says that the product reads what we thought of without a mistake.
"""

import argparse
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import polars as pl

from bench.page import write
from reclaim.world import tables
from reclaim.world.run import Order, World
from reclaim.world.score import Score, score

UNTIL = date(2026, 10, 31)
SEEDS = range(1, 21)
CLAIMS, MONTHS = 5000, 12
MB = 1_000_000
COMMAND = Path(sys.executable).parent / "reclaim"


class Seen(NamedTuple):
    """One world: how it was read, and where it stands."""

    seconds: float
    score: Score
    denial_rate: float  # claims first denied by their first payer, of claims it answered
    vague: float
    recovered: float  # of denied dollars


def main() -> None:
    """Make, read, score and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--write", action="store_true", help="keep the result in docs/benchmarks.md")
    options.add_argument("--large", type=int, nargs="*", default=[100_000], help="claims of large worlds, to time them")
    chosen = options.parse_args()
    rows = []
    for row in chain(scores(), *map(large, chosen.large)):
        print("| " + " | ".join(row) + " |", flush=True)
        rows.append(row)
    if chosen.write:
        head = f"{len(SEEDS)} worlds of {CLAIMS:,} claims over {MONTHS} months, regime typical, seeds 1 to {SEEDS[-1]}."
        write("worlds", [head, "", "| what | median | least | most |", "|---|---|---|---|"], rows)


def scores() -> Iterator[tuple[str, ...]]:
    """What twenty seeds show, median, least and most."""
    seen = [one(seed) for seed in SEEDS]
    for each in seen:
        for line in each.score.wrong[:3]:
            print(line, file=sys.stderr)
    yield spread("denials, precision", [each.score.precision for each in seen], "{:.4f}")
    yield spread("denials, recall", [each.score.recall for each in seen], "{:.4f}")
    yield spread(
        "denied amount to the cent", [share(each.score.to_the_cent, each.score.found) for each in seen], "{:.4f}"
    )
    yield spread("kind of denial right", [share(each.score.kinds, each.score.found) for each in seen], "{:.4f}")
    yield spread(
        "type right where the codes tell it", [share(each.score.typed, each.score.told) for each in seen], "{:.4f}"
    )
    yield spread(
        "type right where they leave it open",
        [share(each.score.vague_typed, each.score.vague) for each in seen],
        "{:.2f}",
    )
    yield spread(
        "worlds whose non-denials are all counted right", [float(each.score.others_right) for each in seen], "{:.0f}"
    )
    yield spread("denials in a world", [each.score.denials for each in seen], "{:,.0f}")
    yield spread("initial denial rate, claims", [each.denial_rate for each in seen], "{:.1%}")
    yield spread("denials told by vague codes", [each.vague for each in seen], "{:.1%}")
    yield spread("denied dollars recovered within the run", [each.recovered for each in seen], "{:.1%}")


def one(seed: int) -> Seen:
    """Make a world, read it, and forget it."""
    folder = Path(tempfile.mkdtemp(prefix="reclaim-world-"))
    try:
        begin = time.perf_counter()
        World(folder, Order(CLAIMS, MONTHS, seed, UNTIL)).run()
        taken = time.perf_counter() - begin
        found = score(folder, UNTIL, joined=True)
        truth = folder / tables.TRUTH
        return Seen(taken, found, *_rates(truth))
    finally:
        shutil.rmtree(folder)


def _rates(truth: Path) -> tuple[float, float, float]:
    answers = tables.table(truth, "answers").filter(pl.col("order") == 1).select("claim").unique().collect()
    denials = tables.table(truth, "denials").collect()
    first = denials.filter(pl.col("first") & (pl.col("cause") != "duplicate_sent"))["claim"].n_unique()
    won = tables.table(truth, "works").select(pl.col("recovered_cents").sum()).collect().item()
    dollars = denials.filter("first")["denied_cents"].sum()
    vague = denials["vague"].mean()
    return first / answers.height, float(vague) if isinstance(vague, float) else 0.0, won / dollars


def large(claims: int) -> Iterator[tuple[str, ...]]:
    """Time and peak memory of one large world, in a process of its own."""
    folder = Path(tempfile.mkdtemp(prefix="reclaim-world-"))
    try:
        begin = time.perf_counter()
        words = ["world", str(folder), "--claims", str(claims), "--until", str(UNTIL)]
        subprocess.run([COMMAND, *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        taken = time.perf_counter() - begin
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
        x12 = sum(path.stat().st_size for path in folder.glob("[!t]*/*")) / MB
        yield f"{claims:,} claims: seconds, MB of X12, peak MB", f"{taken:.0f} s", f"{x12:,.0f} MB", f"{peak:,.0f} MB"
    finally:
        shutil.rmtree(folder)


def share(part: int, whole: int) -> float:
    """A count over another; 1 when there is nothing."""
    return part / whole if whole else 1.0


def spread(what: str, values: list[float] | list[int], form: str) -> tuple[str, ...]:
    """Median, least and most."""
    return what, *(form.format(each) for each in (statistics.median(values), min(values), max(values)))


if __name__ == "__main__":
    main()
