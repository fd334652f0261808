"""Whether this installation is sound: a function for each thing that may be wrong, saying what to do about it."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core import checks
from django.core.mail import get_connection
from django.db import DatabaseError, connection
from django.db.models import Max
from django.utils.module_loading import import_string

from reclaim.config import migrations
from reclaim.people import events, heads
from reclaim.people.models import Event, Membership, Organization, Role

OLDEST = {"sqlite": (3, 31), "postgresql": (14,)}  # what Django 5.2 runs on
LITTLE, VERY_LITTLE = 10 * 10**9, 10**9  # bytes of free disk
SKEW = timedelta(minutes=2)
BROKEN_CHAIN = (
    "Keep this database as evidence, and compare it with a backup. If an older backup was brought back on purpose, put"
    " heads.jsonl away from the folder of backups, and keep it."
)


class Level(StrEnum):
    """How bad something is."""

    GOOD = "good"
    ODD = "odd"  # it works; somebody should know
    BAD = "bad"  # something does not work, or is not safe


class Remark(NamedTuple):
    """What was found, and what to do about it."""

    level: Level
    about: str
    found: str
    remedy: str = ""


def examine() -> Iterator[Remark]:
    """All remarks, in the order of their weight: what comes later may fail because of what came before."""
    for look in LOOKS:
        try:
            yield from look()
        except Exception as error:  # noqa: BLE001  a check that breaks is a finding, and the others still say theirs
            about = look.__name__.strip("_").replace("_", " ")
            yield Remark(Level.BAD, about, f"{type(error).__name__}: {error}", "Mend what is named above it first.")


def _settings() -> Iterator[Remark]:
    found = checks.run_checks(tags=[checks.Tags.security])
    for each in found:
        yield Remark(Level.BAD if each.is_serious() else Level.ODD, "settings", str(each.msg), each.hint or "")
    if not found:
        yield Remark(Level.GOOD, "settings", f"fit together; the site is at {settings.ADDRESS}")


def _database() -> Iterator[Remark]:
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        remedy = "Start the database, and check its address in DATABASE_URL."
        yield Remark(Level.BAD, "database", f"cannot be reached: {error}".strip(), remedy)
        return
    version = _version()
    said = f"{connection.display_name} {'.'.join(map(str, version))}"
    oldest = OLDEST[connection.vendor]
    if version < oldest:
        needed = ".".join(map(str, oldest))
        yield Remark(Level.BAD, "database", said, f"Reclaim needs {connection.display_name} {needed} or later.")
    else:
        yield Remark(Level.GOOD, "database", said)


def _version() -> tuple[int, ...]:
    if connection.vendor == "sqlite":
        return sqlite3.sqlite_version_info
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        number = int(cursor.fetchone()[0])
    return number // 10000, number % 10000


def _tables() -> Iterator[Remark]:
    lacking, newer = migrations.lacking(), migrations.newer()
    if newer:
        found = f"a newer Reclaim made them, or one before the first release ({newer[0]})"
        yield Remark(Level.BAD, "tables", found, "Install that Reclaim again, or bring back the backup from before it.")
    elif lacking and migrations.applied():
        remedy = "Have a backup made by the Reclaim that ran before, stop all of Reclaim, then run: reclaim setup"
        yield Remark(Level.BAD, "tables", f"{len(lacking)} changes of this version are not applied yet", remedy)
    elif lacking:
        yield Remark(Level.BAD, "tables", "there are none yet", "Run: reclaim setup")
    else:
        yield Remark(Level.GOOD, "tables", "up to date")


def _folders() -> Iterator[Remark]:
    folders = [settings.DATA, settings.FILES, settings.LAKE, settings.INCOMING, settings.BACKUPS]
    wrong = False
    for folder in (each for each in folders if each is not None):
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with TemporaryFile(dir=folder) as file:
                file.write(b"sound")
        except OSError as error:
            wrong = True
            remedy = f"Let the user that runs Reclaim write to {folder}."
            yield Remark(Level.BAD, "folders", f"{folder}: {error.strerror}", remedy)
    if not wrong:
        yield Remark(Level.GOOD, "folders", f"can be written: {settings.DATA}")
    if os.name == "posix" and settings.DATA.exists() and settings.DATA.stat().st_mode & 0o007:
        found = f"{settings.DATA} is open to every user of this machine"
        yield Remark(Level.BAD, "folders", found, f"Run: chmod o-rwx {settings.DATA}")


def _disk() -> Iterator[Remark]:
    for folder in {_device(each): each for each in (settings.DATA, settings.BACKUPS) if each is not None}.values():
        free = shutil.disk_usage(_existing(folder)).free
        level = Level.BAD if free < VERY_LITTLE else Level.ODD if free < LITTLE else Level.GOOD
        remedy = "" if level is Level.GOOD else "Make room, or set RECLAIM_DATA to a larger disk."
        yield Remark(level, "disk", f"{free / 1e9:,.1f} GB free for {folder}", remedy)


def _existing(folder: Path) -> Path:
    return next(each for each in (folder, *folder.parents) if each.exists())


def _device(folder: Path) -> int:
    return _existing(folder).stat().st_dev


def _secret() -> Iterator[Remark]:
    kept = settings.DATA / "secret"
    if os.name == "posix" and kept.exists() and kept.stat().st_mode & 0o077:
        yield Remark(Level.BAD, "secret", f"others can read {kept}", f"Run: chmod 600 {kept}")
    else:
        yield Remark(Level.GOOD, "secret", "is kept for its owner only")


def _encryption() -> Iterator[Remark]:
    if settings.FILE_KEY.strip():
        yield Remark(Level.GOOD, "file key", "files and backups are encrypted with it")
    else:
        remedy = "Set RECLAIM_FILE_KEY, or keep the data on an encrypted disk: docs/production.md."
        yield Remark(Level.ODD, "file key", "none: files at rest are not encrypted by Reclaim", remedy)


def _clock() -> Iterator[Remark]:
    now = datetime.now(UTC)
    newest: datetime | None = Event.objects.aggregate(newest=Max("at"))["newest"]
    skew = _database_time() - now
    remedy = "Have the clock set over the network (timedatectl set-ntp true): deadlines and events depend on it."
    if newest is not None and newest > now + SKEW:
        yield Remark(Level.BAD, "clock", f"it is {now:%m/%d/%Y %H:%M} UTC, and events are newer than that", remedy)
    elif abs(skew) > SKEW:
        yield Remark(Level.BAD, "clock", f"the database's differs by {skew.total_seconds():,.0f} seconds", remedy)
    else:
        yield Remark(Level.GOOD, "clock", f"{now:%m/%d/%Y %H:%M} UTC; days are those of {settings.TIME_ZONE}")
    if settings.TIME_ZONE == "UTC":
        remedy = "Set RECLAIM_TIME_ZONE, such as America/Chicago: days begin at midnight there."
        yield Remark(Level.ODD, "clock", "the time zone is UTC", remedy)


def _database_time() -> datetime:
    if connection.vendor == "sqlite":  # the same machine
        return datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        at: datetime = cursor.fetchone()[0]
    return at


def _mail() -> Iterator[Remark]:
    kind = settings.EMAIL_BACKEND.split(".")[-2]
    if kind != "smtp":
        found = {"dummy": "none is sent", "filebased": "is written into a folder"}.get(kind, f"goes to {kind}")
        remedy = "Set RECLAIM_MAIL, so that people can ask for a new password themselves."
        yield Remark(Level.ODD, "mail", found, remedy)
        return
    try:
        with closing(get_connection(fail_silently=False)) as mail:
            mail.open()
    except OSError as error:  # smtplib's errors are of this kind
        found = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}: {error}"
        yield Remark(Level.BAD, "mail", found, "Check RECLAIM_MAIL, and whether this machine may reach that server.")
    else:
        yield Remark(Level.GOOD, "mail", f"{settings.EMAIL_HOST} answers")


def _queue() -> Iterator[Remark]:
    options = {name: value for name, value in settings.HUEY.items() if name != "consumer"}
    kind = str(options.pop("huey_class"))
    try:
        waiting = import_string(kind)(**options).pending_count()
    except Exception as error:  # noqa: BLE001  each kind of queue has errors of its own
        remedy = "Check RECLAIM_QUEUE; for Redis, install the package redis beside Reclaim."
        yield Remark(Level.BAD, "queue", f"{kind}: {type(error).__name__}: {error}", remedy)
    else:
        yield Remark(Level.GOOD, "queue", f"{kind.removeprefix('huey.')}, {waiting:,} jobs waiting")


def _static_files() -> Iterator[Remark]:
    missing = [name for name in ("reclaim/look.css", "django_htmx/htmx-2.min.js") if finders.find(name) is None]
    if missing:
        found = f"not found: {', '.join(missing)}"
        yield Remark(Level.BAD, "static files", found, "The installation is not complete: install Reclaim again.")
    else:
        yield Remark(Level.GOOD, "static files", "are there")


def _people() -> Iterator[Remark]:
    count = Membership.objects.filter(user__is_active=True).count()
    managers = Membership.objects.filter(role=Role.MANAGER, user__is_active=True).values("organization")
    alone = Organization.objects.exclude(pk__in=managers).order_by("name").first()
    command = "reclaim user add EMAIL --role manager --organization NAME"
    if not count:
        yield Remark(Level.ODD, "people", "nobody can sign in yet", f"Run: {command}")
    elif alone is not None:
        yield Remark(Level.ODD, "people", f"{alone.name} has no manager", f"Run: {command}")
    else:
        yield Remark(Level.GOOD, "people", f"{count:,} may sign in")


def _events() -> Iterator[Remark]:
    broken = False
    for organization in Organization.objects.order_by("name"):
        if faults := events.verify(organization, heads.kept(settings.BACKUPS, organization.slug)):
            broken = True
            said = "; ".join(map(str, faults))
            yield Remark(Level.BAD, "events", f"the chain of {organization} is broken: {said}", BROKEN_CHAIN)
    if not broken:
        yield Remark(Level.GOOD, "events", f"{Event.objects.count():,}, all as they were written")


LOOKS: tuple[Callable[[], Iterator[Remark]], ...] = (
    _settings, _database, _folders, _disk, _secret, _encryption, _tables, _clock, _people, _events, _queue, _mail,
    _static_files,
)  # fmt: skip
"""Everything that is looked at."""


def as_data(remarks: list[Remark]) -> dict[str, Any]:
    """The remarks as data, with the verdict."""
    return {"sound": sound(remarks), "remarks": [each._asdict() for each in remarks]}


def sound(remarks: list[Remark]) -> bool:
    """Whether nothing is bad."""
    return not any(each.level is Level.BAD for each in remarks)
