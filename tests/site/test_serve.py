import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.request import urlopen

import pytest

from reclaim.config import wsgi
from reclaim.terminal import serve
from tests.config.installations import tables

pytestmark = pytest.mark.skipif("DATABASE_URL" in os.environ, reason="it serves SQLite, whatever the tests run on")

SAMPLE = Path(__file__).parents[2] / "samples" / "20261120_harbor_mutual_ppo.835"
RECLAIM = [sys.executable, "-m", "reclaim.terminal.main"]


def environment(tmp_path: Path) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "RECLAIM_QUEUE")}
    return {**own, "RECLAIM_DATA": str(tmp_path / "data")}


def run(tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*RECLAIM, *words], env=environment(tmp_path), capture_output=True, text=True, check=False)


def test_serve_refuses_an_installation_that_is_not_ready_and_says_what_to_do(tmp_path: Path) -> None:
    done = run(tmp_path, "serve", "--port", "0")
    assert done.returncode == 1
    assert "Run: reclaim setup" in done.stderr


def test_setup_can_be_run_again(tmp_path: Path) -> None:
    first, second = run(tmp_path, "setup"), run(tmp_path, "setup")
    assert first.returncode == second.returncode == 0
    assert "changes of the database were applied" in first.stdout
    assert "was up to date" in second.stdout


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    command = [*RECLAIM, "setup"]
    wrong = {**environment(tmp_path), "RECLAIM_WORKERS": "many"}
    done = subprocess.run(command, env=wrong, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "RECLAIM_WORKERS" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_answers_and_stops_when_told(number: signal.Signals, tmp_path: Path) -> None:
    shutil.copytree(tables(), tmp_path / "data")
    run(tmp_path, "setup")
    command = [*RECLAIM, "serve", "--port", "0"]
    with subprocess.Popen(command, env=environment(tmp_path), stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        address = server.stdout.readline().split()[3]
        with urlopen(f"{address}/accounts/login/", timeout=30) as page:  # noqa: S310  our own server
            assert page.status == 200
            assert "Server" not in page.headers
        taken = run(tmp_path, "serve", "--port", address.rpartition(":")[2])
        begun = time.monotonic()
        server.send_signal(number)
        assert server.wait(timeout=15) == 0
    assert time.monotonic() - begun < 5
    assert taken.returncode == 1
    assert "Name another port with --port" in taken.stderr


def test_a_file_whose_reader_was_killed_is_read_when_the_server_starts(tmp_path: Path) -> None:
    left = (
        "from reclaim.terminal import setup; setup.ready(); setup.apply();"
        "from reclaim import reception; from reclaim.people.models import Organization;"
        "from reclaim.record.models import File;"
        f"stream = open({str(SAMPLE)!r}, 'rb');"
        "here = Organization.objects.create(name='A', slug='a');"
        "reception.accept(here, None, 'a.835', stream, 'upload');"
        "File.objects.update(state='reading')"
    )
    subprocess.run([sys.executable, "-c", left], env=environment(tmp_path), check=True)
    with subprocess.Popen([*RECLAIM, "serve", "--port", "0"], env=environment(tmp_path)) as server:
        until = time.monotonic() + 30
        while (state := _state(tmp_path)) == "reading" and time.monotonic() < until:
            time.sleep(0.1)
        server.terminate()
    assert state == "read"


def _state(tmp_path: Path) -> str:
    with closing(sqlite3.connect(tmp_path / "data" / "reclaim.sqlite3")) as connection:
        [(state,)] = connection.execute("SELECT state FROM record_file")
        return str(state)


def test_a_page_in_the_making_is_finished_before_the_server_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Event()

    def slow(_: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        asked.set()
        time.sleep(1)
        start("200 OK", [("Content-Length", "300000")])
        return [b"x" * 300_000]

    monkeypatch.setattr(wsgi, "application", slow)
    sockets: dict[int, Any] = {}
    stopping: list[int] = []
    address, dispatcher = serve._listen("127.0.0.1", 0, 2, sockets)
    got: list[int] = []
    loop = Thread(target=serve._loop, args=(sockets, stopping))
    reader = Thread(target=lambda: got.append(len(urlopen(address, timeout=30).read())))  # noqa: S310  the same
    loop.start()
    reader.start()
    assert asked.wait(10)
    stopping.append(signal.SIGTERM)
    loop.join(15)
    reader.join(15)
    dispatcher.shutdown()
    assert got == [300_000]
    with pytest.raises(OSError, match="refused"):
        urlopen(address, timeout=5)  # noqa: S310  the same
