"""Files are read through each kind of queue, by processes of their own, as on a machine that only reads.

PostgreSQL's where the tests run on PostgreSQL; Redis's where the program redis-server is there.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.config.installations import READY, Installation, installation

SAMPLES = Path(__file__).parents[2] / "samples"
CONSUMER = ("-m", "huey.bin.huey_consumer", "reclaim.config.queue.huey", "--quiet")
SOON = 40
ACCEPT = f"""
from pathlib import Path
from reclaim import clock, reception
from reclaim.people.models import Organization
here, _ = Organization.objects.get_or_create(name="Cedar", slug="cedar")
for path in sorted(Path({str(SAMPLES)!r}).glob("*.835")):
    with path.open("rb") as stream:
        file = reception.accept(here, None, path.name, stream, "command")
    clock.read_soon(file.pk)
print(clock.queue().pending_count())
"""
STATES = """
from reclaim.record.models import File
print(" ".join(sorted(File.objects.values_list("state", flat=True))))
"""
SHOWN = """
from reclaim.desk.models import Case
from reclaim.record.models import Adjudication, Remittance
for model in (Remittance, Adjudication, Case):
    print(model.objects.count())
"""
STUCK = f"""{READY}
import time
from reclaim import clock, reception
from reclaim.record.models import File
def process(file_id):
    File.objects.filter(pk=file_id).update(state="reading")
    print("reading", flush=True)
    time.sleep(600)
reception.process = process
with clock.working(1, periodic=False):
    time.sleep(600)
"""
COUNTING = f"""{READY}
import os, time
from reclaim import clock, reception
process = reception.process
def counted(file_id):
    os.write(1, f"{{file_id}}\\n".encode())
    time.sleep(0.05)
    return process(file_id)
reception.process = counted
with clock.working(2, periodic=False):
    while clock.queue().pending_count():
        time.sleep(0.2)
    time.sleep(1)
"""


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """The address of a Redis of our own, with a password; it keeps nothing."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        pytest.skip("redis-server is not on this machine.")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {
        "port": port,
        "bind": "127.0.0.1",
        "requirepass": "s3cret",
        "save": "",
        "appendonly": "no",
        "dir": folder,
    }
    words = [str(word) for name, value in options.items() for word in (f"--{name}", value)]
    with subprocess.Popen([program, *words], stdout=subprocess.DEVNULL) as server:
        try:
            _wait(lambda: _answers(port))
            yield f"redis://:s3cret@127.0.0.1:{port}/0"
        finally:
            server.kill()


@pytest.fixture(params=["sqlite", "postgresql", "redis"])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    """An installation with a queue of each kind."""
    if (request.param == "postgresql") != os.environ.get("DATABASE_URL", "").startswith("postgres"):
        pytest.skip("PostgreSQL's queue is tested with PostgreSQL, the others without.")
    with installation(tmp_path / "data") as found:
        if request.param == "postgresql":
            found.environment["RECLAIM_QUEUE"] = found.environment["DATABASE_URL"]
            yield found
        elif request.param == "redis":
            with redis(tmp_path) as address:
                found.environment["RECLAIM_QUEUE"] = address
                yield found
        else:
            yield found


def test_files_are_read_by_a_worker_elsewhere(made: Installation) -> None:
    made.set_up()
    count = int(made.python(ACCEPT))
    assert count == len(list(SAMPLES.glob("*.835")))
    assert f"{count} jobs waiting" in made.run("doctor", status=0)
    with made.started(*CONSUMER, "--no-periodic"):
        _wait(lambda: not {"received", "reading"} & set(made.python(STATES).split()))
    assert set(made.python(STATES).split()) == {"read"}


def test_a_job_whose_worker_was_killed_is_taken_up_again(made: Installation) -> None:
    made.set_up()
    made.python(ACCEPT)
    with made.started("-c", STUCK) as stuck:
        assert stuck.stdout
        assert stuck.stdout.readline() == "reading\n"
        stuck.kill()
        stuck.wait()
    assert "reading" in made.python(STATES).split()
    with made.started(*CONSUMER):
        _wait(lambda: set(made.python(STATES).split()) == {"read"})
    assert set(made.python(STATES).split()) == {"read"}


def test_two_workers_never_read_one_file_twice(made: Installation, tmp_path: Path) -> None:
    made.set_up()
    count = int(made.python(ACCEPT))
    with made.started("-c", COUNTING) as one, made.started("-c", COUNTING) as other:
        read = [*one.communicate(timeout=SOON)[0].split(), *other.communicate(timeout=SOON)[0].split()]
    assert len(read) == len(set(read)) == count
    with installation(tmp_path / "alone", RECLAIM_QUEUE="now") as alone:
        alone.set_up()
        alone.python(ACCEPT)
        assert made.python(SHOWN) == alone.python(SHOWN)


def _answers(port: int) -> bool:
    with socket.socket() as there:
        return there.connect_ex(("127.0.0.1", port)) == 0


def _wait(done: Callable[[], bool]) -> None:
    until = time.monotonic() + SOON
    while not done() and time.monotonic() < until:
        time.sleep(0.1)
