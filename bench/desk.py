"""`python -m bench.desk`: fifty people at once on one organization of 20,000 open cases, on SQLite and on PostgreSQL.

Each opens the queue and a case, takes it, writes a note, snoozes or assigns it; one case in ten is one that others have
open too. First as a busy office does, with two to four seconds between requests; then without any pause, which finds
the limit. Afterwards every acknowledged action must have left one event, and every case one version for each.
"""

import argparse
import http.client
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from email.message import Message
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from bench.page import write
from tests.postgres import NoPostgresError, postgres

CASES = 20_000
THINK = (2.0, 4.0)
"""Seconds between two requests of a person in a busy office."""
SHARED = 0.1
"""Of the cases that somebody opens, those that others have open too."""
BELL = 45
"""Seconds between two questions of a page for alerts."""
PAGES = 60
LIMIT = 300
"""Milliseconds under which 95 % of actions must stay."""
ACTS = ("take", "wake", "note", "snooze", "assign")
TABLE = "| database, stage | requests | a second | median | 95 % | most |"


class Made(NamedTuple):
    """What the server answered."""

    status: int
    headers: Message
    text: str


@dataclass
class Day:
    """What all of them saw together."""

    times: dict[str, list[float]] = field(default_factory=dict)  # milliseconds, by kind
    done: list[tuple[int, int, str, int]] = field(default_factory=list)  # user, case, action, version that was seen
    said: Counter[str] = field(default_factory=Counter)  # conflicts, and what should not be

    def note(self, kind: str, took: float) -> None:
        """Keep how long a request took, in milliseconds."""
        self.times.setdefault(kind, []).append(took)  # a list takes from many threads


class Person:
    """Somebody at work, with a browser that keeps its connection."""

    def __init__(self, day: Day, port: int, office: Mapping[str, Any], number: int, think: tuple[float, float]) -> None:
        self.day, self.port, self.office, self.think = day, port, office, think
        self.user, name, value = office["cookies"][number]
        self.manages = number % 10 == 0
        self.cookies = {name: value, office["csrf"][0]: office["csrf"][1]}
        self.dice = random.Random(number)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.belled = time.monotonic()

    def work(self, until: float) -> None:
        """Until the day is over."""
        time.sleep(self.dice.uniform(0, self.think[1]))
        while time.monotonic() < until:
            listed = self.ask("queue", f"/queue?page={self.dice.randrange(1, PAGES)}")
            cases = re.findall(r'href="/cases/(\d+)\?', listed.text)
            shared = self.dice.random() < SHARED
            if cases or shared:
                self.work_on(int(self.dice.choice(self.office["shared"] if shared else cases)), until)

    def work_on(self, case: int, until: float) -> None:
        """Open a case and do what one does."""
        page = self.ask("case", f"/cases/{case}")
        for name in ("take", "note", "assign" if self.manages else "wake" if "do-wake" in page.text else "snooze"):
            if time.monotonic() < until and f'id="do-{name}"' in page.text:
                page = self.act(case, name, page)
        if time.monotonic() - self.belled > BELL:
            self.belled = time.monotonic()
            self.ask("bell", "/alerts/bell", headers={"X-Background": "1", "HX-Request": "true"})

    def act(self, case: int, name: str, page: Made) -> Made:
        """Do something as the page offers it; the page of the case afterwards."""
        path = f"/cases/{case}/act/{name}"
        form = page if name in ("take", "wake") else self.ask("form", path, headers={"HX-Request": "true"})
        for _ in range(2):  # who is told that somebody was first sends it again, once
            seen = re.search(r'name="version" value="(\d+)"', form.text)
            if seen is None:  # somebody was first, and it can no longer be done
                self.day.said["no longer possible"] += 1
                break
            sent = {"version": seen[1], **self.given(name, form.text)}
            form = self.ask(name, path, sent, {"HX-Request": "true"} if form is not page else {})
            if form.status == 302 or "HX-Redirect" in form.headers:
                self.day.done.append((self.user, case, name, int(seen[1])))
                break
            told = re.search(r'role="alert">(.*?)</div>', form.text, re.DOTALL)
            said = " ".join(re.sub("<[^>]*>", " ", told[1]).split())[:200] if told else "nothing"
            self.day.said["conflicts told" if "Somebody was first" in said else f"{name}: told {said}"] += 1
        return self.ask("case", f"/cases/{case}")

    def given(self, name: str, form: str) -> dict[str, str]:
        """What is typed into a form: always something that changes the case."""
        match name:
            case "note":
                return {"text": f"Called the payer, reference {self.dice.randrange(10**9)}."}
            case "snooze":
                return {"until": str(date.today() + timedelta(days=self.dice.randrange(3, 300)))}  # noqa: DTZ011
            case "assign":
                others = re.findall(r'<option value="(\d+)">', form.partition('name="team"')[0])
                return {"to": self.dice.choice(others or ["0"]), "team": ""}
        return {}

    def ask(
        self, kind: str, path: str, sent: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Made:
        """A request after a moment of thought, and its answer in full."""
        time.sleep(self.dice.uniform(*self.think))
        sends = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), **(headers or {})}
        body = None
        if sent is not None:
            body = urlencode(sent)
            sends |= {"Content-Type": "application/x-www-form-urlencoded", "X-CSRFToken": self.office["csrf"][1]}
        begin = time.perf_counter()
        try:
            self.connection.request("POST" if body is not None else "GET", path, body, sends)
            answer = self.connection.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            self.day.said[f"{kind}: {type(error).__name__}"] += 1
            self.connection.close()
            return Made(0, Message(), "")
        self.day.note(kind, (time.perf_counter() - begin) * 1000)
        for each in SimpleCookie(", ".join(answer.headers.get_all("Set-Cookie", []))).values():
            self.cookies[each.key] = each.value
        if answer.status not in (200, 302, 422):
            self.day.said[f"{kind}: status {answer.status}"] += 1
        return Made(answer.status, answer.headers, text)


def main() -> None:
    """Make the office, work, prove, print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--users", type=int, default=50, help="people at once")
    options.add_argument("--seconds", type=int, default=60, help="of each stage")
    options.add_argument("--cases", type=int, default=CASES, help="open cases, about")
    options.add_argument("--only", choices=("sqlite", "postgresql"), help="one database")
    options.add_argument("--write", action="store_true", help="keep the result in docs/benchmarks.md")
    chosen = options.parse_args()
    rows: list[tuple[str, ...]] = []
    notes: list[str] = []
    for name in ("sqlite", "postgresql"):
        if chosen.only in (None, name):
            measured(name, chosen, rows, notes)
    if chosen.write:
        head = f"{chosen.users} people, {chosen.cases:,} open cases, {chosen.seconds} seconds a stage."
        write("desk", [head, "", *(f"* {each}" for each in notes), "", TABLE, "|---|---|---|---|---|---|"], rows)


def measured(name: str, chosen: argparse.Namespace, rows: list[tuple[str, ...]], notes: list[str]) -> None:
    """Both stages on one database."""
    with ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="reclaim-bench-")))
        own = {each: value for each, value in os.environ.items() if each not in ("DATABASE_URL", "RECLAIM_QUEUE")}
        environment = {**own, "RECLAIM_DATA": str(data), "RECLAIM_LOG": "ERROR"}
        if name == "postgresql":
            try:
                environment |= stack.enter_context(postgres())
            except NoPostgresError as error:
                print(f"Not on PostgreSQL: {error}")
                return
        _reclaim(environment, "setup")
        office = json.loads(_run(environment, "-m", "bench.office", "make", str(chosen.cases), str(chosen.users)))
        print(f"{name}: {office['cases']:,} open cases; load {os.getloadavg()[0]:.1f}", flush=True)
        done: list[tuple[int, int, str, int]] = []
        with _server(environment, data / "log") as (port, server):
            for stage, think in (("busy office", THINK), ("no pause", (0.0, 0.0))):
                day, share = _stage(port, server, office, chosen.seconds, think)
                done += day.done
                rows += list(_rows(f"{name}, {stage}", day, chosen.seconds))
                notes.append(f"{name}, {stage}: {_told(day)}; {share}; load {os.getloadavg()[0]:.1f}.")
                print(notes[-1], flush=True)
        log = (data / "log").read_text(encoding="utf-8").strip()
        (data / "done.json").write_text(json.dumps([office["event"], done]), encoding="utf-8")
        wrong = json.loads(_run(environment, "-m", "bench.office", "prove", str(data / "done.json")))
    found = [*wrong[:20], *([log[-2000:]] if log else [])]
    print(
        "\n".join(found) or f"{name}: {len(done):,} actions, each with one event and one version; the chain is whole."
    )
    if found:
        sys.exit(1)


def _stage(
    port: int, server: int, office: Mapping[str, Any], seconds: int, think: tuple[float, float]
) -> tuple[Day, str]:
    """Everybody at work; how much processor that took."""
    day, until = Day(), time.monotonic() + seconds
    people = [Person(day, port, office, number, think) for number in range(len(office["cookies"]))]
    threads = [threading.Thread(target=each.work, args=(until,)) for each in people]
    begin, busy, ours = time.monotonic(), _processor(server), time.process_time()
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    took, requests = time.monotonic() - begin, sum(map(len, day.times.values()))
    busy, ours = _processor(server) - busy, time.process_time() - ours
    share = f"server {busy / took:.0%} of a core ({busy / requests * 1000:.0f} ms a request), client {ours / took:.0%}"
    return day, share


def _rows(stage: str, day: Day, seconds: int) -> Iterator[tuple[str, ...]]:
    acts = [took for name in ACTS for took in day.times.get(name, [])]
    for kind, taken in [*sorted(day.times.items()), ("**all actions**", acts)]:
        if not taken:
            continue
        times = sorted(taken)
        late = times[int(len(times) * 0.95)]
        row = (
            *(f"{stage}: {kind}", f"{len(times):,}", f"{len(times) / seconds:.1f}"),
            *(_ms(statistics.median(times)), _ms(late), _ms(times[-1])),
        )
        print("| " + " | ".join(row) + " |", flush=True)
        yield row


def _ms(took: float) -> str:
    return f"{took:,.0f} ms"


def _told(day: Day) -> str:
    said = [f"{many:,} {what}" for what, many in sorted(day.said.items())]
    return ", ".join([f"{len(day.done):,} actions done", *said])


@contextmanager
def _server(environment: Mapping[str, str], log: Path) -> Iterator[tuple[int, int]]:
    """The embedded server as people start it: its port and the id of its process."""
    command = [sys.executable, "-m", "reclaim.terminal.main", "serve", "--port", "0"]
    with (
        log.open("w") as errors,
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True) as server,
    ):
        try:
            address = server.stdout.readline().split()[3] if server.stdout else ""
            yield urlsplit(address).port or 0, server.pid
        finally:
            server.terminate()


def _processor(process: int) -> float:
    """Seconds of processor that a process has used; 0 where that is not told."""
    try:
        told = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def _reclaim(environment: Mapping[str, str], *words: str) -> None:
    _run(environment, "-m", "reclaim.terminal.main", *words)


def _run(environment: Mapping[str, str], *words: str) -> str:
    return subprocess.run(
        [sys.executable, *words], env=environment, stdout=subprocess.PIPE, text=True, check=True
    ).stdout


if __name__ == "__main__":
    main()
