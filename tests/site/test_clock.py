import logging
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from reclaim import clock, reception
from reclaim.insight import kept
from reclaim.people import events
from reclaim.people.models import Organization
from reclaim.record.models import File, FileState

PAGE = (Path(__file__).parents[2] / "docs" / "serving.md").read_text(encoding="utf-8")
SOON = 10


@pytest.fixture
def own_queue(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A queue on disk, as an installation has it; jobs that run in threads, and have no database here."""
    monkeypatch.setattr(clock, "count_unless_files_wait", lambda: None)
    monkeypatch.setattr(kept, "catch_up", lambda _: 0)
    name = str(tmp_path / "queue.sqlite3")
    settings.HUEY = {**settings.HUEY, "huey_class": "huey.SqliteHuey", "filename": name, "immediate": False}
    clock._tasks.cache_clear()
    yield
    clock._tasks.cache_clear()


@pytest.mark.parametrize("job", clock.JOBS, ids=lambda job: job.name)
def test_the_page_lists_every_job_with_its_time(job: clock.Job) -> None:
    assert f"| `{job.name}` | {job.when} |" in PAGE


def test_the_jobs_stand_in_the_order_of_the_day() -> None:
    def first(job: clock.Job) -> int:
        return next(at for at in range(24 * 60) if job.due(datetime(2026, 7, 1, at // 60, at % 60)))  # noqa: DTZ001

    assert [job.name for job in sorted(clock.JOBS, key=first)] == [job.name for job in clock.JOBS]


def test_times_of_jobs_are_those_of_the_installation(settings: Settings) -> None:
    settings.TIME_ZONE = "America/Chicago"
    due = clock._local(lambda at: (at.hour, at.minute) == (3, 0))
    assert due(datetime(2026, 7, 1, 8, 0))  # noqa: DTZ001  the queue tells the time in UTC, without saying so
    assert due(datetime(2026, 12, 1, 9, 0))  # noqa: DTZ001
    assert not due(datetime(2026, 7, 1, 3, 0))  # noqa: DTZ001


@pytest.mark.django_db
def test_a_file_is_read_when_the_transaction_that_accepted_it_is_over(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    read: list[int] = []
    monkeypatch.setattr(reception, "process", read.append)
    with django_capture_on_commit_callbacks(execute=True):
        clock.read_soon(7)
        assert read == []
    assert read == [7]


@pytest.mark.django_db
def test_figures_are_counted_after_the_last_file_that_waited(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [
        File.objects.create(
            organization=organization, sha256=f"{each:064}", name=each, size=1, received_at=timezone.now()
        )
        for each in "12"
    ]
    counted: list[date] = []
    monkeypatch.setattr(reception, "process", lambda pk: File.objects.filter(pk=pk).update(state=FileState.READ))
    monkeypatch.setattr(kept, "catch_up", counted.append)
    clock.read_file(files[0].pk)
    assert counted == []
    clock.read_file(files[1].pk)
    assert counted == [timezone.localdate()]


@pytest.mark.usefixtures("own_queue")
def test_a_file_whose_reading_failed_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "FIRST_PAUSE", 0)
    monkeypatch.setattr(logging.getLogger("huey"), "disabled", True)  # it says what failed
    tried: list[int] = []

    def process(file_id: int) -> None:
        tried.append(file_id)
        if len(tried) < 3:
            raise OSError

    monkeypatch.setattr(reception, "process", process)
    clock._tasks()[1](7)
    with clock.working(1, periodic=False):
        _wait(lambda: len(tried) == 3)
    assert tried == [7, 7, 7]


@pytest.mark.usefixtures("own_queue")
def test_what_a_killed_worker_left_is_picked_up_when_the_next_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A killed worker has taken its job from the queue: nothing but the rows know of it."""
    swept: list[int] = []

    def sweep() -> int:
        swept.append(1)
        return 1

    monkeypatch.setattr(reception, "sweep", sweep)
    with clock.working(1, periodic=True):
        _wait(lambda: bool(swept))
    assert swept


@pytest.mark.usefixtures("own_queue")
def test_jobs_survive_a_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    clock._tasks()[1](7)
    clock._tasks.cache_clear()
    read: list[int] = []
    monkeypatch.setattr(reception, "process", read.append)
    with clock.working(1, periodic=False):
        _wait(lambda: bool(read))
    assert read == [7]


@pytest.mark.django_db
def test_a_broken_chain_of_events_is_told(
    organization: Organization, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock.verify_events()
    assert not caplog.records
    monkeypatch.setattr(events, "verify", lambda *_: [events.Fault(events.What.CHANGED, 17, 17)])
    clock.verify_events()
    assert caplog.messages == [
        f"The chain of events of organization {organization.pk} is broken: event 17 was changed."
    ]
    assert caplog.records[0].levelno == logging.CRITICAL


@pytest.mark.django_db
def test_sessions_that_have_ended_are_forgotten() -> None:
    from datetime import timedelta  # noqa: PLC0415

    from django.contrib.sessions.models import Session  # noqa: PLC0415  Django is ready only now
    from django.utils import timezone  # noqa: PLC0415

    for name, hours in (("gone", -1), ("here", 1)):
        Session.objects.create(session_key=name, session_data="", expire_date=timezone.now() + timedelta(hours=hours))
    clock.end_sessions()
    assert list(Session.objects.values_list("session_key", flat=True)) == ["here"]


def test_the_newest_backups_are_kept(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.BACKUPS = tmp_path
    for day in range(1, 20):
        (tmp_path / f"reclaim-2026-01-{day:02}.tar").touch()
    (tmp_path / "other.tar").touch()

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        Path(command[-1]).touch()
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    clock.back_up()
    assert len(list(tmp_path.glob("reclaim-*.tar"))) == clock.BACKUPS_KEPT
    assert not (tmp_path / "reclaim-2026-01-06.tar").exists()
    assert (tmp_path / "other.tar").exists()


def test_a_failed_backup_removes_none(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings.BACKUPS = tmp_path
    for day in range(1, 20):
        (tmp_path / f"reclaim-2026-01-{day:02}.tar").touch()
    failed = subprocess.CompletedProcess([], 1, "", "no space left\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    clock.back_up()
    assert len(list(tmp_path.iterdir())) == 19
    assert caplog.messages == ["The nightly backup failed: no space left"]


def _wait(done: Callable[[], bool]) -> None:
    until = time.monotonic() + SOON
    while not done() and time.monotonic() < until:
        time.sleep(0.05)
