"""`python -m bench.receive837`: a large 837P into the record, beside reading it to tables, in pairs in one run.

    python -m bench.receive837            100 MB, three pairs
    python -m bench.receive837 20 1       20 MB, one pair

Whole commands, each into an empty installation of its own. The limit: four times what reading takes at 15 MB/s.
"""

import statistics
import sys

from bench.__main__ import MB, median
from bench.read837 import file, tables
from bench.receive import installation

LIMIT, SPEED = 4, 15  # times of reading at so many MB/s


def main(megabytes: int = 100, times: int = 3) -> None:
    """Measure and print."""
    path = file(megabytes)
    size = path.stat().st_size / MB
    pairs = []
    for _ in range(times):
        read = median(lambda: tables(path), 1)
        with installation({}) as where:
            stored, memory = where.watched(path)
        pairs.append((read, stored))
        print(f"read {read:.1f} s, stored {stored:.1f} s, {memory:,.0f} MB of memory", flush=True)
    took = statistics.median(stored for _, stored in pairs)
    ratio = statistics.median(stored / read for read, stored in pairs)
    limit = LIMIT * size / SPEED
    print(f"{size:.0f} MB: {took:.1f} s, limit {limit:.1f} s; {ratio:.1f} times the time of reading in the same run")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
