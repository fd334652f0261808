"""Killed at any point of receiving: afterwards nothing is lost, nothing is there twice, and nothing lies around.

RECLAIM_KILLS says how many points; the usual run takes a few.
"""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[2] / "samples"
KILLS = int(os.environ.get("RECLAIM_KILLS", "4"))
SCRIPT = """
import hashlib, sys
from pathlib import Path
from reclaim.config import start
start.django()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.conf import settings
from reclaim import reception
from reclaim.desk.models import Case
from reclaim.lake import parts
from reclaim.people.models import Organization
from reclaim.record.models import Adjudication, File, Remittance
organization, _ = Organization.objects.get_or_create(name="Cedar", slug="cedar")
print("ready", flush=True)
reception.sweep()
for path in sorted(Path(sys.argv[1]).glob("*.835")):
    with path.open("rb") as stream:
        reception.process(reception.accept(organization, None, path.name, stream, "command").pk)
print("received", flush=True)
known = set(File.objects.values_list("sha256", flat=True))
reception.store().clean()
assert not list(reception.store().stray(known, grace=0)), "bytes without a row"
assert not list(parts.stray(Path(settings.LAKE), known)), "parts of the lake without a row"
shown = [
    *Case.objects.order_by("key").values_list("key", "state", "kind", "denied", "recovered", "codes", "deadline"),
    *Adjudication.objects.order_by("key", "position").values_list("key", "paid", "denied", "kind"),
    *Remittance.objects.order_by("trace_number").values_list("trace_number", "amount"),
    *File.objects.order_by("sha256").values_list("sha256", "state", "claims", "denied"),
]
print(hashlib.sha256(repr(shown).encode()).hexdigest(), len(shown), flush=True)
"""


def receiving(data: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "RECLAIM_DATA": str(data), "RECLAIM_QUEUE": "now"}
    environment.pop("DATABASE_URL", None)
    command = [sys.executable, "-c", SCRIPT, str(SAMPLES)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def received(data: Path) -> tuple[str, float]:
    """What is there in the end, and how long receiving took."""
    with receiving(data) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        begin = time.monotonic()
        assert process.stdout.readline() == "received\n"
        taken = time.monotonic() - begin
        found = process.stdout.read()
    assert process.returncode == 0
    return found, taken


@pytest.mark.timeout(60 + 20 * KILLS)
def test_a_kill_at_any_point_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    expected, taken = received(tmp_path / "clean")
    chance = random.Random(KILLS)  # noqa: S311  places, no secrets
    for number in range(KILLS):
        data = tmp_path / f"killed-{number}"
        with receiving(data) as process:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
            time.sleep(chance.uniform(0, taken))
            process.kill()
        found, _ = received(data)
        assert found == expected
