"""`python -m bench.site`: the Queue with 100,000 open cases and the Case page, on the embedded server.

Every filter with every sort, searches and deep pages, asked over HTTP by one person after the other; then the plans of
the queries behind the lists, of which none may read the whole table without an index. `--write` keeps the table.
"""

import argparse
import http.client
import os
import random
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.page import write

CASES = 100_000
REQUESTS = 400
SLOWEST = 5
"""Addresses that are named for each kind of request."""
SAMPLES = ("20260918_harbor_mutual_ppo.835", "prairie_lantern_20261002.835", "MEDICARE_PART_B_20261019.835")
FILTERS = (
    *("", "type=technical", "type=clinical", "type=administrative", "over=1000", "due=week", "due=overdue"),
    *("due=none", "kind=silent", "kind=takeback", "redenied=1", "preventable=1", "cause=timely_filing"),
    *("type=clinical&over=1000", "due=week&kind=takeback", "redenied=1&due=none", "type=technical&preventable=1"),
    *("state=all", "state=all&type=clinical"),
)
SEARCHES = ("q=FH-150000", "q=FH-1500", "q=ICNFH-150000", "q=CO-197", "q=M127", "q=NOTHING0")


class Asked(NamedTuple):
    """One kind of request."""

    name: str
    addresses: list[str]
    times: list[tuple[float, float]]  # milliseconds by the clock, and of processor in this process, of each
    queries: int  # the most of one


def main() -> None:
    """Make the cases, ask, print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--cases", type=int, default=CASES, help="open cases")
    options.add_argument("--requests", type=int, default=REQUESTS, help="requests of the queue")
    options.add_argument("--write", action="store_true", help="keep the result in docs/benchmarks.md")
    chosen = options.parse_args()
    data = Path(tempfile.mkdtemp(prefix="reclaim-bench-"))
    os.environ |= {"RECLAIM_DATA": str(data), "RECLAIM_QUEUE": "now", "RECLAIM_LOG": "ERROR"}
    try:
        rows = list(_table(chosen.cases, chosen.requests))
    finally:
        shutil.rmtree(data, ignore_errors=True)
    if chosen.write:
        head = f"{chosen.cases:,} open cases of one organization, waitress with 4 threads, one request after the other."
        columns = "| page | requests | median | 95 % | most | 95 % of processor | queries |"
        write("site", [head, "", columns, "|---|---|---|---|---|---|---|"], rows)


def _table(cases: int, requests: int) -> Iterator[tuple[str, ...]]:
    cookie = _prepare(cases)
    for line in plans():
        print(line)
    with _server() as port:
        for asked in _ask(port, cookie, requests):
            clock, processor = (sorted(each) for each in zip(*asked.times, strict=True))
            late = int(len(clock) * 0.95)
            row = (
                *(asked.name, f"{len(clock)}", f"{statistics.median(clock):.0f} ms", f"{clock[late]:.0f} ms"),
                *(f"{clock[-1]:.0f} ms", f"{processor[late]:.0f} ms", str(asked.queries)),
            )
            print("| " + " | ".join(row) + " |", flush=True)
            for took, address in sorted(zip((each for each, _ in asked.times), asked.addresses, strict=True))[
                -SLOWEST:
            ]:
                print(f"  {took:6.0f} ms {address}")
            yield row


def _prepare(cases: int) -> str:
    """Rows, and a cookie of somebody signed in."""
    from reclaim.config import start  # noqa: PLC0415  the environment is set by now

    start.django()
    from django.conf import settings  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from tests.web import factory  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    owner = factory.organization()
    factory.received(owner, *SAMPLES)
    factory.many_cases(owner, cases, timezone.localdate())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    client = Client()
    client.force_login(factory.person(owner), backend="allauth.account.auth_backends.AuthenticationBackend")
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={client.cookies[name].value}"


@contextmanager
def _server() -> Iterator[int]:
    """The embedded server on a free port."""
    import waitress.server  # noqa: PLC0415

    from reclaim.config.wsgi import application  # noqa: PLC0415

    server = waitress.server.create_server(application, host="127.0.0.1", port=0, threads=4)
    threading.Thread(target=server.run, daemon=True).start()
    try:
        yield int(server.effective_port)
    finally:
        server.close()


def _ask(port: int, cookie: str, requests: int) -> Iterator[Asked]:
    from reclaim.desk import queue  # noqa: PLC0415
    from reclaim.desk.models import Case  # noqa: PLC0415

    dice = random.Random(7)
    sorts = [f"sort={minus}{name}" for name in queue.SORTS for minus in ("", "-")]
    every = [f"/queue?{asked}&{sort}" for asked in FILTERS for sort in sorts]
    first = dice.sample(every, min(requests, len(every)))
    deep = [f"/queue?{dice.choice(sorts)}&page={dice.randrange(2, 400)}" for _ in range(requests // 4)]
    searches = [f"/queue?{each}&{dice.choice(sorts)}" for each in SEARCHES * (requests // 40)]
    real = list(Case.objects.filter(denial__remittance__file__interchanges__gt=0).values_list("pk", flat=True))
    cases = [f"/cases/{dice.choice(real)}?n={dice.randrange(1, 500)}" for _ in range(requests // 4)]
    names = ("Queue, any filter and sort", "Queue, any page", "Queue, search", "Case")
    for name, addresses in zip(names, (first, deep, searches, cases), strict=True):
        _get(port, cookie, addresses[0])
        yield Asked(name, addresses, [_get(port, cookie, each) for each in addresses], _queries(cookie, addresses[:20]))


def _get(port: int, cookie: str, address: str) -> tuple[float, float]:
    """Milliseconds that an answer took, by the clock and of processor."""
    begin, busy = time.perf_counter(), time.process_time()
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", address, headers={"Cookie": cookie})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    took = (time.perf_counter() - begin) * 1000, (time.process_time() - busy) * 1000
    if answer.status != 200:
        raise RuntimeError(f"{address} answers {answer.status}")
    return took


def _queries(cookie: str, addresses: list[str]) -> int:
    """The most queries that one of these requests makes."""
    from django.db import connection  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    client, most = Client(headers={"Cookie": cookie, "Host": "127.0.0.1"}), 0
    for address in addresses:
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        most = max(most, len(queries))
    return most


def plans() -> Iterator[str]:
    """How the database finds the first page of every sort: by an index in order, by one and a sort, or by none."""
    from django.utils import timezone  # noqa: PLC0415

    from reclaim.desk import queue  # noqa: PLC0415
    from reclaim.desk.models import Case  # noqa: PLC0415

    today = timezone.localdate()
    mine = Case.objects.filter(organization=Case.objects.values("organization")[:1])
    for sort, field in queue.SORTS.items():
        order = field if field != "payer" else "payer__name"
        listed = queue.asked(mine, queue.Ask(sort=sort), today).order_by(f"-{order}", "-id").values("pk")[:50]
        plan = listed.explain()
        sorts = "sorted afterwards" if "TEMP B-TREE" in plan or "Sort" in plan else "in the order of the index"
        yield f"{sort:10} {'index' if 'INDEX' in plan.upper() else 'NO INDEX'}, {sorts}"


if __name__ == "__main__":
    main()
