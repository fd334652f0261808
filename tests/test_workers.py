"""Helpers: the order is kept, the stream is read no further than needed, and the death of one loses nothing."""

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from reclaim.x12.workers import Crew, processes

FRESH = multiprocessing.get_context("spawn")


def slow_double(number: int) -> int:
    time.sleep(0.01 * (number % 3))
    return 2 * number


def dies_elsewhere(home: int, number: int) -> int:
    if os.getpid() != home and number == 3:
        os._exit(1)
    return 2 * number


@pytest.mark.parametrize("alone", [0, 1, 4, 100])
@pytest.mark.parametrize("at_once", [False, True])
def test_the_order_is_kept(alone: int, at_once: bool) -> None:
    with Crew(lambda: ThreadPoolExecutor(3), alone=alone, ahead=5, at_once=at_once) as crew:
        assert list(crew.each(slow_double, range(20))) == [(number, 2 * number) for number in range(20)]
        assert list(crew.each(slow_double, [])) == []


def test_no_more_is_read_than_may_wait() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    with Crew(lambda: ThreadPoolExecutor(1), alone=1, ahead=3) as crew:
        next(crew.each(slow_double, items()))
        assert len(taken) == 4


def test_helpers_are_not_called_for_little() -> None:
    def never() -> ThreadPoolExecutor:
        raise AssertionError("no helper is needed")

    with Crew(never, alone=4, ahead=4) as crew:
        assert [result for _, result in crew.each(slow_double, range(4))] == [0, 2, 4, 6]


def test_the_death_of_a_helper_loses_nothing() -> None:
    start = partial(ProcessPoolExecutor, 2, mp_context=FRESH)
    with Crew(start, alone=0, ahead=3, at_once=True) as crew:
        results = [result for _, result in crew.each(partial(dies_elsewhere, os.getpid()), range(10))]
    assert results == [2 * number for number in range(10)]


def test_what_is_held_back_is_asked_for_afterwards() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(12):
            taken.append(number)
            yield number

    with Crew(lambda: ThreadPoolExecutor(2), alone=1, ahead=3) as crew:
        results = crew.each(slow_double, items())
        assert next(results) == (0, 0)
        crew.full = True
        assert [next(results) for _ in range(3)] == [(1, 2), (2, 4), (3, 6)]
        assert len(taken) == 4
        crew.full = False
        assert [result for _, result in results] == [2 * number for number in range(4, 12)]


CALLER = """
import os, time
from reclaim.x12 import workers

def helper(seconds):
    print(os.getpid(), flush=True)
    time.sleep(seconds)

if __name__ == "__main__":
    workers.cores = lambda: 2
    with workers.processes(workers.WORTH_IT + 1) as crew:
        crew._executor = crew._start()
        list(crew._executor.map(helper, [60, 60]))
"""


def test_helpers_do_not_outlive_a_caller_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "caller.py"
    script.write_text(CALLER)
    with subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as caller:
        assert caller.stdout
        helpers = [int(caller.stdout.readline()) for _ in range(2)]
        assert all(map(runs, helpers))
        caller.kill()
    end = time.monotonic() + 20
    while any(map(runs, helpers)) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(map(runs, helpers))


def runs(process: int) -> bool:
    """Whether it has not ended; what nobody has asked after yet has."""
    with suppress(ProcessLookupError, FileNotFoundError):
        os.kill(process, 0)
        stat = Path(f"/proc/{process}/stat")
        return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_small_inputs_start_no_process() -> None:
    with processes(1000) as crew:
        assert [result for _, result in crew.each(slow_double, range(3))] == [0, 2, 4]
        assert crew._executor is None
