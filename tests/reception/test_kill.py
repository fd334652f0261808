"""Killed at any point of receiving: afterwards nothing is lost, nothing is there twice, and nothing lies around.

Five times: files one after the other, many at a time, which helpers read together, large ones, which are stored while
helpers read the last of them, all of them read anew, and claims with all that is said of them.
RECLAIM_KILLS says how many points; the usual run takes a few.
"""

import os
import random
import shutil
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from reclaim.world.run import Order, World
from tests.config.installations import tables

SAMPLES = Path(__file__).parents[2] / "samples"
KILLS = int(os.environ.get("RECLAIM_KILLS", "1"))
SCRIPT = """
import hashlib, sys
from functools import partial
from pathlib import Path
from reclaim.config import start
start.django()
from django.conf import settings
from django.utils import timezone
from reclaim import reception
from reclaim.desk.models import Case
from reclaim.lake import parts
from reclaim.people.models import Organization
from reclaim.record.models import Acknowledgement, Adjudication, Claim, File, Remittance
from reclaim.x12 import envelope, workers
from reclaim.x12.sources import Source
organization, _ = Organization.objects.get_or_create(name="Cedar", slug="cedar")
print("ready", flush=True)
reception.sweep()
paths = sorted(each for each in Path(sys.argv[1]).iterdir() if each.suffix in (".835", ".x12"))
if sys.argv[2] == "large":  # each file is in pieces, and stored while the last of them is still read
    workers.WORTH_IT, envelope.PIECE = 1000, 4000
if sys.argv[2] in ("many", "large"):
    files = [Source(path.name, partial(path.open, "rb")) for path in paths]
    reception.COMPANY = 4  # several batches: helpers come in
    assert [taken.file.state for taken in reception.receive(organization, files, "command")] == ["read"] * len(paths)
else:
    for path in paths:
        with path.open("rb") as stream:
            reception.process(reception.accept(organization, None, path.name, stream, "command").pk)
if sys.argv[2] == "anew":
    Case.objects.update(worked_at=timezone.now(), raised=True)
    for file in File.objects.all():
        reception.reprocess(file, None)
    reception.sweep()
    assert not Case.objects.exclude(raised=True, worked_at__isnull=False).exists(), "work of people is lost"
print("received", flush=True)
reception.clear()
known = set(File.objects.values_list("sha256", flat=True))
assert not list((Path(settings.LAKE) / ".making").glob("*")), "parts of the lake half made"
assert not list(reception.store().stray(known, grace=0)), "bytes without a row"
assert not list(parts.stray(Path(settings.LAKE), known)), "parts of the lake without a row"
shown = [
    *Case.objects.order_by("key").values_list("key", "state", "kind", "denied", "recovered", "codes", "deadline"),
    *Adjudication.objects.order_by("key", "position").values_list("key", "paid", "denied", "kind"),
    *sorted(Adjudication.objects.values_list("key", "position", "matched", "claim__control_number"), key=repr),
    *sorted(Claim.objects.values_list("control_number", "batch__interchange", "standing", "answered_on"), key=repr),
    *sorted(Acknowledgement.objects.values_list("kind", "control_number", "day", "verdict"), key=repr),
    *Remittance.objects.order_by("trace_number").values_list("trace_number", "amount"),
    *File.objects.order_by("sha256").values_list("sha256", "state", "claims", "denied"),
]
print(hashlib.sha256(repr(shown).encode()).hexdigest(), len(shown), flush=True)
"""


def receiving(data: Path, how: str, folder: Path) -> subprocess.Popen[str]:
    if not data.exists():
        shutil.copytree(tables(), data)
    environment = {**os.environ, "RECLAIM_DATA": str(data), "RECLAIM_QUEUE": "now"}
    environment.pop("DATABASE_URL", None)
    command = [sys.executable, "-c", SCRIPT, str(folder), how]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def received(data: Path, how: str, folder: Path) -> tuple[str, float]:
    """What is there in the end, and how long receiving took."""
    with receiving(data, how, folder) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        begin = time.monotonic()
        assert process.stdout.readline() == "received\n"
        taken = time.monotonic() - begin
        found = process.stdout.read()
    assert process.returncode == 0
    return found, taken


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    world = tmp_path_factory.mktemp("world")
    World(world, Order(claims=80, months=2, seed=5, until=date(2026, 6, 30))).run()
    exchanged = tmp_path_factory.mktemp("exchanged")
    for kind in ("acknowledgements", "claims", "remittances"):  # a file for each kind and ten days
        for path in sorted((world / kind).iterdir()):
            with (exchanged / f"{path.name[:9]}-{kind}.x12").open("ab") as joined:
                joined.write(path.read_bytes() + b"\n")
    return {
        "claims": exchanged,
        "one by one": SAMPLES,
        "many": world / "remittances",
        "large": world / "remittances",
        "anew": SAMPLES,
    }


@pytest.mark.skipif("DATABASE_URL" in os.environ, reason="what is killed works on SQLite, whatever the tests run on")
@pytest.mark.timeout(120 + 40 * KILLS)
@pytest.mark.parametrize("how", ["one by one", "many", "large", "anew", "claims"])
def test_a_kill_at_any_point_loses_nothing_and_doubles_nothing(
    tmp_path: Path, folders: dict[str, Path], how: str
) -> None:
    folder = folders[how]
    expected, taken = received(tmp_path / "clean", how, folder)
    chance = random.Random(KILLS)  # noqa: S311  places, no secrets
    for number in range(KILLS):
        data = tmp_path / f"killed-{number}"
        with receiving(data, how, folder) as process:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
            time.sleep(chance.uniform(0, taken))
            process.kill()
        found, _ = received(data, how, folder)
        assert found == expected
        shutil.rmtree(data)
