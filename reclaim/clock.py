"""Every background job and its schedule, in the order of the day; docs/serving.md lists them for people.

A file is read soon after it came (`read_soon`). The queue is only a way to be quick: what it loses, the sweep finds,
since the state of the rows says what is left to do. Times are those of the installation's time zone.
"""

import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache, wraps
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management import call_command
from django.db import close_old_connections, transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from huey import Huey, crontab
from huey.consumer import Consumer

from reclaim import dispatch, exchange, reception
from reclaim.desk import alerts, asking, assigning, escalating, hooks, locating, priorities, silence
from reclaim.insight import kept
from reclaim.people import events, heads
from reclaim.people.models import Organization
from reclaim.record.models import File, FileState

log = logging.getLogger(__name__)

RETRIES, FIRST_PAUSE, LONGER = 3, 10, 3
"""A file whose reading failed is read again after 10, 30 and 90 seconds; then the sweep goes on trying."""
IDLE_DELAY = 0.5
"""Seconds that a file waits at most for an idle worker, where the queue must be asked (SQLite)."""
STOP_SECONDS = 10
"""Given to jobs that run when the program stops; what is cut off is taken up at the next start."""
BACKUPS_KEPT = 14


class Job(NamedTuple):
    """Something that is done by itself."""

    name: str
    when: str  # as people say it
    due: Callable[[datetime], bool]  # told the time in the installation's time zone, each minute
    run: Callable[[], object]


def sweep() -> None:
    """Read the files that still wait, or whose reading was cut off."""
    if count := reception.sweep():
        log.info("Picked up %s files that were left.", count)


def count_figures() -> None:
    """Count what the figures of large records rest on, where files were read since; Home shows the newest counted."""
    kept.catch_up(timezone.localdate())


def arrange() -> None:
    """Put scores and locations of cases right where days, weights or NPIs have changed, and give out what is new."""
    today = timezone.localdate()
    priorities.catch_up(today)
    locating.catch_up()
    if count := assigning.assign_fresh(today):
        log.info("Assigned %s new cases.", count)


def call_hooks() -> None:
    """Tell other programs what has happened."""
    hooks.deliver(timezone.now())


def visit_connections() -> None:
    """Fetch what payers left and send what waits for them, where its time has come."""
    if count := exchange.visit_due(timezone.now()):
        log.info("Fetched or sent %s files.", count)


def send_batches() -> None:
    """Write, judge and send the batches that wait, and note what the record says of those that left."""
    if count := dispatch.carry_on():
        log.info("Went on with %s batches.", count)


def ask_payers() -> None:
    """Write the status requests that people have asked for; they leave as claims do."""
    if count := asking.carry_on(dispatch.read_span, reception.store().keep):
        log.info("Went on with %s status requests.", count)


def follow_claims() -> None:
    """Look for claims and files that nobody has answered in time."""
    silence.watch(timezone.localdate())


def watch_cases() -> None:
    """Wake what waited for today or for an answer, and tell of large new denials."""
    escalating.watch(timezone.localdate())


def mail_digests() -> None:
    """Send the daily mails, from seven in the morning on."""
    alerts.mail(timezone.localtime())


def remind() -> None:
    """Tell of deadlines that come near or have passed, and of cases that nobody has worked for long."""
    escalating.remind(timezone.localdate())


def clear_alerts() -> None:
    """Forget old alerts, and the log of webhooks after a month."""
    alerts.forget_old()
    hooks.forget_old()


def clear_leftovers() -> None:
    """Remove what crashes left of files and lake; what is being written stays."""
    reception.clear()
    exchange.clear()


def end_sessions() -> None:
    """Forget the sessions that have ended."""
    call_command("clearsessions")


def back_up() -> None:
    """Write a backup into the folder RECLAIM_BACKUPS, when it is set; the newest 14 are kept."""
    folder: Path | None = settings.BACKUPS
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    out = folder / f"reclaim-{_here(datetime.now(UTC)):%Y-%m-%d}.tar"
    command = [sys.executable, "-m", "reclaim.terminal.main", "backup", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own command
    if done.returncode:
        log.error("The nightly backup failed: %s", done.stderr.strip())
        return
    for old in sorted(folder.glob("reclaim-????-??-??.tar"))[:-BACKUPS_KEPT]:
        old.unlink()


def verify_events() -> None:
    """Prove that nobody has changed or taken out an event of the past."""
    for organization in Organization.objects.order_by("pk"):
        if faults := events.verify(organization, heads.kept(settings.BACKUPS, organization.slug)):
            said = "; ".join(map(str, faults))
            log.critical("The chain of events of organization %s is broken: %s.", organization.pk, said)


JOBS = (
    Job("sweep", "every minute", crontab(), sweep),
    Job("count_figures", "every minute", crontab(), count_figures),
    Job("arrange", "every minute", crontab(), arrange),
    Job("call_hooks", "every minute", crontab(), call_hooks),
    Job("visit_connections", "every minute", crontab(), visit_connections),
    Job("send_batches", "every minute", crontab(), send_batches),
    Job("ask_payers", "every minute", crontab(), ask_payers),
    Job("watch_cases", "every 5 minutes", crontab(minute="*/5"), watch_cases),
    Job("mail_digests", "every 15 minutes", crontab(minute="*/15"), mail_digests),
    Job("remind", "10 minutes past every hour", crontab(minute="10"), remind),
    Job("clear_alerts", "12:30 a.m.", crontab(hour="0", minute="30"), clear_alerts),
    Job("clear_leftovers", "1:00 a.m.", crontab(hour="1", minute="0"), clear_leftovers),
    Job("end_sessions", "1:15 a.m.", crontab(hour="1", minute="15"), end_sessions),
    Job("back_up", "1:30 a.m.", crontab(hour="1", minute="30"), back_up),
    Job("verify_events", "3:00 a.m.", crontab(hour="3", minute="0"), verify_events),
    Job("follow_claims", "5:00 a.m.", crontab(hour="5", minute="0"), follow_claims),
)


def read_soon(file_id: int) -> None:
    """Have an accepted file read, once the transaction that accepted it is over."""
    read = _tasks()[1]
    transaction.on_commit(lambda: read(file_id))


def send_soon() -> None:
    """Have the batches that wait gone on with, once the transaction that made them is over."""
    transaction.on_commit(_tasks()[2])


def read_file(file_id: int) -> None:
    """Read an accepted file, and count after the last of several. Safe to run again: what was read is left alone."""
    reception.process(file_id)
    count_unless_files_wait()


def count_unless_files_wait() -> None:
    """Count figures now, instead of within the minute, when no more files are to come."""
    if not File.objects.filter(state__in=(FileState.RECEIVED, FileState.READING)).exists():
        count_figures()


def queue() -> Huey:
    """The queue of this installation, with all jobs, as the setting HUEY says; made once."""
    return _tasks()[0]


def workers() -> int:
    """How many jobs are done at a time, as the settings say."""
    return int(_options()["consumer"]["workers"])


@contextmanager
def working(count: int, *, periodic: bool) -> Iterator[None]:
    """Jobs are done while the context lasts, in threads of this process.

    Args:
        count: how many jobs are done at a time.
        periodic: whether the table of jobs is followed; else only files are read.
    """
    consumer = _Consumer(queue(), workers=count, periodic=periodic, max_delay=IDLE_DELAY, shutdown_timeout=STOP_SECONDS)
    thread = Thread(target=consumer.run, name="jobs", daemon=True)
    thread.start()
    try:
        yield
    finally:
        consumer.stop(graceful=True)
        thread.join()


class _Consumer(Consumer):  # type: ignore[misc]  # huey ships no types
    def _set_signal_handlers(self) -> None:
        """None: whoever runs it in a thread has the signals."""


@cache
def _tasks() -> tuple[Huey, Callable[[int], object], Callable[[], object]]:
    options = _options()
    del options["consumer"]
    huey = import_string(options.pop("huey_class"))(**options)
    again = {"retries": RETRIES, "retry_delay": FIRST_PAUSE, "retry_backoff": LONGER}
    read = huey.task(**again, name=read_file.__name__)(_connected(read_file))
    send = huey.task(name=send_soon.__name__)(_connected(send_batches))
    for job in JOBS:
        # one that no worker had time for until the next is due is not run twice in a row
        huey.periodic_task(_local(job.due), name=job.name, expires=59)(_connected(job.run))
    return huey, read, send


def _options() -> dict[str, Any]:
    return dict(settings.HUEY)


def _local(due: Callable[[datetime], bool]) -> Callable[[datetime], bool]:
    return lambda utc: due(_here(utc.replace(tzinfo=UTC)))


def _here(at: datetime) -> datetime:
    return at.astimezone(ZoneInfo(settings.TIME_ZONE))


def _connected(run: Callable[..., object]) -> Callable[..., None]:
    """A job that neither uses a broken connection to the database nor leaves one open."""

    @wraps(run)
    def connected(*args: Any) -> None:  # noqa: ANN401  whatever the job takes
        own = not _options()["immediate"]  # else the connection is that of who asked
        if own:
            close_old_connections()
        try:
            run(*args)
        finally:
            if own:
                close_old_connections()

    return connected
