"""Work on many pieces at once, results in order: threads where Polars does the work, processes where Python does."""

import gc
import multiprocessing
import multiprocessing.context
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from itertools import islice
from multiprocessing.connection import wait
from threading import Thread
from types import TracebackType
from typing import Self, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST = 8
"""Processes at the most: each takes some 200 MB of memory."""
WORTH_IT = 24 << 20
"""Bytes from which starting processes (half a second) pays."""


class Crew:
    """Helpers that do the work ahead of time, and are called only when there is enough to do.

    Args:
        start: makes the executor.
        alone: so many items are done here: before helpers are called, or while they get ready.
        ahead: so many results may wait to be asked for.
        at_once: whether it is known that there is enough to do.

    Attributes:
        full: while it is set, no more items are asked for; what was asked for before is done.
    """

    def __init__(self, start: Callable[[], Executor], *, alone: int, ahead: int, at_once: bool = False) -> None:
        self._start = start
        self._alone = alone
        self._ahead = ahead
        self._at_once = at_once
        self._executor: Executor | None = None
        self.full = False

    def __enter__(self) -> Self:
        """Nothing is started yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Send the helpers home; what nobody will ask for is not begun."""
        if self._executor:
            self._executor.shutdown(cancel_futures=True)

    def each(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[Item, Result]]:
        """Each item with what the work makes of it, in the order of the items.

        When a helper dies (the machine may be out of memory), its work is done here, and so is all that follows.
        """
        items = iter(items)
        own = deque(islice(items, self._alone))
        waiting: deque[tuple[Item, Future[Result] | None]] = deque()
        enough = self._at_once or len(own) == self._alone

        def ask() -> None:
            while enough and not self.full and len(waiting) < self._ahead:
                if not (some := list(islice(items, 1))):
                    return
                waiting.extend((item, self._submitted(work, item)) for item in some)

        ask()
        while own:
            item = own.popleft()
            yield item, work(item)
            ask()  # for what was not asked for while it was full
        while waiting:
            item, future = waiting.popleft()
            ask()
            yield item, self._result(work, item, future)
            ask()  # the same

    def _submitted(self, work: Callable[[Item], Result], item: Item) -> Future[Result] | None:
        try:
            self._executor = self._executor or self._start()
            return self._executor.submit(work, item)
        except BrokenExecutor:
            return None

    @staticmethod
    def _result(work: Callable[[Item], Result], item: Item, future: Future[Result] | None) -> Result:
        try:
            return future.result() if future else work(item)
        except BrokenExecutor:
            return work(item)


def threads() -> Crew:
    """Two threads: for work that Polars does, which leaves the interpreter free."""
    return Crew(lambda: ThreadPoolExecutor(2), alone=1, ahead=4)


def processes(size: int, imported: str = __name__) -> Crew:
    """A process for each core: for work that Python does. The work and what it makes must be picklable.

    Args:
        size: bytes that will be read, as far as is known.
        imported: the module of the work, which is imported once for all of them where the system can.
    """
    count = min(cores(), MOST)
    if count < 2:
        return Crew(lambda: ThreadPoolExecutor(1), alone=1, ahead=2)
    start = partial(ProcessPoolExecutor, count, mp_context=_fresh(imported), initializer=_ready)
    return Crew(start, alone=1 if size > WORTH_IT else 4, ahead=2 * count, at_once=size > WORTH_IT)


def expect(size: int, imported: str) -> None:
    """Get ready for `processes`: the server that starts the helpers imports while the caller still imports itself.

    Args:
        size: bytes that will be read, as far as is known.
        imported: as for `processes`.
    """
    _settle()
    if size > WORTH_IT and cores() > 1 and _can_fork():
        from multiprocessing import forkserver  # noqa: PLC0415  not to be had everywhere

        _fresh(imported)
        forkserver.ensure_running()


def _fresh(imported: str) -> multiprocessing.context.BaseContext:
    """Forking this process would copy the locks of Polars' threads; a server that has only imported has none."""
    if not _can_fork():
        return multiprocessing.get_context("spawn")
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload([imported])
    return server


def _can_fork() -> bool:
    return "forkserver" in multiprocessing.get_all_start_methods()


def _ready() -> None:
    """In a fresh process, before Polars works: the other cores have processes of their own."""
    os.environ["POLARS_MAX_THREADS"] = "1"
    _settle()
    gc.freeze()  # what was imported stays
    if parent := multiprocessing.parent_process():
        Thread(target=_follow, args=(parent.sentinel,), daemon=True).start()


def _follow(parent: int) -> None:
    """End with who called for us: one that is killed sends nobody home."""
    wait([parent])
    os._exit(1)


def _settle() -> None:
    """Facts hold no cycles: the collector would look at millions of them for nothing."""
    gc.set_threshold(200_000, 20, 50)


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
