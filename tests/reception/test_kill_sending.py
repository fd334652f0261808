"""Killed at any point of sending and settling: every claim and every question has left exactly once, under a number of
its own, and what came back is counted once.

RECLAIM_KILLS says at how many points; the usual run takes a few.
"""

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.config.installations import tables

KILLS = int(os.environ.get("RECLAIM_KILLS", "1"))
SCRIPT = """
import sys
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from reclaim.config import start
start.django()
from django.utils import timezone
from reclaim import dispatch, exchange, reception
from reclaim.desk import asking, corrected, correcting, routing, silence
from reclaim.desk.acting import Job
from reclaim.desk.models import Batch, Case, Correction, Sent, StatusRequest
from reclaim.people import events
from reclaim.people.models import Organization
from reclaim.record.connections.models import Connection
from reclaim.record.models import Claim
from reclaim.x12.editing import Put, correct
from reclaim.x12.slices import Place, slices
from tests.desk import acknowledging
from tests.desk.conversation import SENT, claims, denied, file_of, read, received
from tests.desk.remitting import in_full, remittance
COUNT, SILENT, out = 9, 4, Path(sys.argv[1])
house, new = Organization.objects.get_or_create(name="Cedar", slug="cedar")
if sys.argv[2] == "prepare":
    out.mkdir()
    hub = Connection.objects.create(organization=house, name="Hub", kind="folder", folder_out=str(out.resolve()),
                                    due_at=timezone.now())
    for case in denied(house, *claims("P", COUNT)):
        row = correcting.start(None, corrected.claim_of(case), case, read)
        row = correcting.change(None, row, [Put(Place("2310B", 1, "NM1*82", element=9), "1234567893")], read)
        correcting.ready(None, row, read)
    number = Place("2300", 1, "CLM", element=1)
    unheard = [correct(each, [Put(number, f"B-{at}")]) for at, each in enumerate(claims("P", SILENT), 1)]
    received(house, file_of(*unheard, envelope=SENT._replace(control=43, at=datetime(2026, 6, 25))), "unheard.837")
    silence.watch(date(2026, 9, 1))
    asked = list(Case.objects.filter(kind="no_answer").values_list("pk", flat=True))
    assert len(asked) == SILENT
    assert not any(each.trouble for each in asking.ask_status.many(Job("asking"), house, asked))
    routing.configure(None, Correction.objects.first().receiver, name="Hub", production=True, connection=hub)
    sys.exit()
print("ready", flush=True)
reception.sweep()
while waiting := list(Correction.objects.filter(stage="ready").order_by("pk").values_list("pk", flat=True)[:3]):
    dispatch.send(None, house, waiting)
    dispatch.carry_on()
for _ in range(3):
    asking.carry_on(dispatch.read_span, reception.store().keep)
    dispatch.carry_on()
for connection in Connection.objects.all():
    while exchange.visit(connection).sent:
        pass
reception.sweep()
for _ in range(2):
    dispatch.carry_on()
    asking.carry_on(dispatch.read_span, reception.store().keep)
left = {path: path.read_bytes() for path in sorted(out.iterdir()) if path.suffix == ".txt"}
for path, data in left.items():  # what comes back, the same bytes each time
    control, day = int(data[90:99]), datetime.strptime(data[70:76].decode(), "%y%m%d").date()
    ymd = f"{day:%Y%m%d}"
    if path.name.startswith("276"):
        for at, number in enumerate(sorted(data.split(b"TRN*1*")[1:])):
            said = acknowledging.status(number.partition(b"~")[0].decode(), "P1:20", ymd, control % 1000 * 100 + at)
            received(house, said, f"{control}.{at}.277")
        continue
    every = list(slices(data))
    numbers = [each.value("2300", "CLM", 1) for each in every]
    received(house, acknowledging.functional(control, day=ymd, control=control), f"{control}.999")
    taken = acknowledging.claims([(each, "A2:20:PR") for each in numbers], ymd, control, f"{control:09}0001")
    received(house, taken, f"{control}.277ca")
    for at, each in enumerate(every):
        trace, later = control % 1000 * 100 + at, day + timedelta(days=1)
        paid = remittance(each, (in_full("11.37"), in_full()), f"NEW-{numbers[at]}", later, trace=trace)
        received(house, paid, f"{control}.{at}.835")
dispatch.carry_on()
print("sent", flush=True)
questions = [each for path, data in left.items() if path.name.startswith("276") for each in data.split(b"TRN*1*")[1:]]
asked = Counter(each.partition(b"~")[0].decode() for each in questions)
assert asked == Counter(f"B-{number}" for number in range(1, SILENT + 1)), asked
files = [data for path, data in left.items() if not path.name.startswith("276")]
arrived = Counter(each.value("2300", "CLM", 1) for data in files for each in slices(data))
assert arrived == Counter(f"A-{number}" for number in range(1, COUNT + 1)), arrived
assert not [path for path in out.iterdir() if path.suffix != ".txt"], "something half sent lies around"
numbers = [path.read_bytes()[90:99] for path in out.iterdir()]
assert len(numbers) == len(set(numbers)), "a number came twice"
assert set(Correction.objects.values_list("stage", flat=True)) == {"answered"}
assert set(StatusRequest.objects.values_list("stage", flat=True)) == {"answered"}
assert StatusRequest.objects.count() == SILENT
assert set(Batch.objects.exclude(kind="276").values_list("stage", flat=True)) <= {"acknowledged", "disbanded"}
assert not Correction.objects.filter(result=None).exists(), "a claim that was sent is not in the record"
assert Claim.objects.filter(frequency="7").count() == COUNT == Sent.objects.count()
won = Case.objects.exclude(kind="no_answer")
assert Counter(won.values_list("state", "recovered")) == {("recovered", Decimal("283.63")): COUNT}
assert set(Case.objects.filter(kind="no_answer").values_list("codes", flat=True)) == {"P1:20"}
assert not events.verify(house)
print("whole", flush=True)
"""


def sending(data: Path, out: Path, *, prepare: bool = False) -> subprocess.Popen[str]:
    environment = {**os.environ, "RECLAIM_DATA": str(data), "RECLAIM_QUEUE": "now", "RECLAIM_FOLDERS": str(out.parent)}
    environment.pop("DATABASE_URL", None)
    command = [sys.executable, "-c", SCRIPT, str(out), "prepare" if prepare else "send"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with corrections that are ready, to copy."""
    home = tmp_path_factory.mktemp("prepared")
    shutil.copytree(tables(), home / "data")
    with sending(home / "data", home / "out", prepare=True) as process:
        process.wait()
    assert process.returncode == 0
    return home


def sent(data: Path, out: Path, after: float | None = None) -> float:
    """Send, killed after some seconds; how long it took."""
    with sending(data, out) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        begin = time.monotonic()
        if after is not None:
            time.sleep(after)
            process.kill()
            return after
        assert process.stdout.readline() == "sent\n"
        taken = time.monotonic() - begin
        assert process.stdout.readline() == "whole\n"
    assert process.returncode == 0
    return taken


@pytest.mark.skipif("DATABASE_URL" in os.environ, reason="what is killed works on SQLite, whatever the tests run on")
@pytest.mark.timeout(120 + 60 * KILLS)
def test_a_kill_at_any_point_loses_nothing_and_sends_nothing_twice(tmp_path: Path, prepared: Path) -> None:
    home = prepared  # the same place each time: the folder stands in the rows
    whole = tmp_path / "whole"
    shutil.copytree(home, whole)
    taken = sent(home / "data", home / "out")
    chance = random.Random(KILLS)  # noqa: S311  places, no secrets
    for _ in range(KILLS):
        shutil.rmtree(home)
        shutil.copytree(whole, home)
        for _ in range(2):
            sent(home / "data", home / "out", chance.uniform(0, taken))
        sent(home / "data", home / "out")
