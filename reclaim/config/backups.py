"""Everything of an installation in one file, and back again.

    manifest.json        what is in it: versions, heads of the events' chains; SHA-256 and size of every part
    database             SQLite's own copy of itself, or what pg_dump writes; encrypted when there is a file key
    secret               signs links and seals second factors; encrypted the same way
    files/ab/cd/abcd...  the kept files as they lie there, encrypted already when there was a key

The database is copied first, while people work on: the files it names are there already, and none is ever changed. What
follows from these two is left out: the lake is rebuilt, and the queue begins anew from the state of the rows.

    BackupError          it cannot be done; the message says why and what to do
"""

import hashlib
import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import tarfile
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection

from reclaim.config import migrations
from reclaim.people import events, heads
from reclaim.people.events import Head
from reclaim.people.models import Organization
from reclaim.record.files import keys_of

FORMAT = 1
CHUNK = 1 << 20
MANIFEST, DATABASE, SECRET, FILES = "manifest.json", "database", "secret", "files"
_PART = re.compile(rf"{DATABASE}|{SECRET}|{FILES}/[0-9a-f]{{2}}/[0-9a-f]{{2}}/[0-9a-f]{{64}}")
_LENGTH = 4  # bytes before each encrypted chunk that say how long it is
_MANIFEST_LIMIT = 1 << 30


class BackupError(Exception):
    """It cannot be done; the message says why and what to do."""


def back_up(out: Path) -> dict[str, Any]:
    """Write everything into a new file, readable by its owner only: all of it, or no file.

    Beside it, heads.jsonl keeps where the chains of events ended; in each chain stands that it was backed up.

    Returns:
        the manifest.

    Raises:
        BackupError: the file is there already, or the database cannot be copied.
    """
    if out.exists():
        raise BackupError(f"{out} is there already. Name a new file: nothing is overwritten.")
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".backup-", dir=out.parent) as folder:  # beside it: the same disk, the same privacy
        work = Path(folder)
        half = work / "half"
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            manifest = _write(file, work)
            file.flush()
            os.fsync(file.fileno())
        half.rename(out)
    heads.keep(out.parent, manifest["events"], datetime.fromisoformat(manifest["made_at"]))
    _note("backed_up", {"file": out.name, "bytes": out.stat().st_size, "parts": len(manifest["parts"])})
    return manifest


def bring_back(source: Path) -> dict[str, Any]:
    """Put a backup into this installation, which holds nothing yet, and bring its tables up to date.

    Everything is unpacked beside its place and compared with the manifest first; only then is it moved. The chains of
    events must end as they did when the backup began, or later; then each says that it was brought back.

    Returns:
        the manifest.

    Raises:
        BackupError: the backup is damaged, from a newer Reclaim, of the other database, or something is here already.
    """
    _insist_empty()
    settings.DATA.mkdir(parents=True, exist_ok=True, mode=0o700)
    with TemporaryDirectory(prefix=".restore-", dir=settings.DATA) as folder:
        work = Path(folder)
        manifest = _unpack(source, work)
        _insist_readable(manifest)
        _open(work, manifest)
        _load_database(work / DATABASE)  # what may fail comes first: pg_restore does all or nothing
        _move_files(work)
        if (work / SECRET).exists():
            (work / SECRET).replace(settings.DATA / SECRET)
    call_command("migrate", verbosity=0, interactive=False)
    _insist_whole(manifest)
    _note("restored", {"file": source.name, "made_at": manifest["made_at"], "parts": len(manifest["parts"])})
    return manifest


# Writing


def _write(file: BinaryIO, work: Path) -> dict[str, Any]:
    heads = _heads()  # before the copy: events may be added meanwhile, the chain goes on from here
    parts: dict[str, dict[str, Any]] = {}
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        _dump_database(work / DATABASE)
        small = [work / DATABASE, *([settings.DATA / SECRET] if (settings.DATA / SECRET).exists() else [])]
        for path in small:
            parts[path.name] = _add(tar, path.name, _sealed(path, work))
        for path in _kept_files():
            name = f"{FILES}/{path.relative_to(settings.FILES).as_posix()}"
            with suppress(FileNotFoundError):  # nobody's any more, and removed meanwhile
                parts[name] = _add(tar, name, path)
        manifest = {
            "format": FORMAT,
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "reclaim": version("reclaim"),
            "engine": connection.vendor,
            "encrypted": bool(_keys()),
            "migrations": sorted(migrations.applied()),
            "events": heads,
            "parts": parts,
        }
        data = json.dumps(manifest, indent=1).encode()
        info = tarfile.TarInfo(MANIFEST)
        info.size, info.mode = len(data), 0o600
        tar.addfile(info, io.BytesIO(data))
    return manifest


def _add(tar: tarfile.TarFile, name: str, path: Path) -> dict[str, Any]:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = path.stat().st_size, 0o600, int(path.stat().st_mtime)
    with path.open("rb") as file:
        counted = _Counted(file)
        tar.addfile(info, counted)
    return {"size": info.size, "sha256": counted.sha256.hexdigest()}


class _Counted:
    """A file whose SHA-256 is worked out while it is read."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        data = self.file.read(size)
        self.sha256.update(data)
        return data


def _kept_files() -> Iterator[Path]:
    for path in sorted(settings.FILES.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*")):
        if _PART.fullmatch(f"{FILES}/{path.relative_to(settings.FILES).as_posix()}"):
            yield path


def _heads() -> dict[str, Head]:
    return {each.slug: events.head(each) for each in Organization.objects.order_by("slug")}


def _dump_database(out: Path) -> None:
    if connection.vendor == "sqlite":
        name = connection.settings_dict["NAME"]
        with closing(sqlite3.connect(name)) as there, closing(sqlite3.connect(out)) as here:
            there.backup(here)  # in one step: one moment of it, while others go on writing
            here.execute("PRAGMA journal_mode=DELETE")
        return
    _run_postgres("pg_dump", ["--format=custom", "--no-owner", "--no-acl", f"--file={out}"])


# Reading


def _insist_empty() -> None:
    if next(_kept_files(), None) is not None:
        raise BackupError(f"There are files in {settings.FILES} already. Set RECLAIM_DATA to an empty folder.")
    try:
        if Organization.objects.exists():
            raise BackupError("There are records in the database already. Set DATABASE_URL to an empty one.")
    except DatabaseError:  # no tables yet: as empty as can be
        connection.close()


def _insist_readable(manifest: dict[str, Any]) -> None:
    """Refuse a backup that this installation could not work with."""
    if manifest["engine"] != connection.vendor:
        raise BackupError(f"This is a backup of {manifest['engine']}. Set DATABASE_URL to a database of that kind.")
    if newer := migrations.unknown(set(manifest["migrations"])):
        made_by = manifest["reclaim"]
        raise BackupError(f"It was made by a newer Reclaim ({made_by}): install that one first. ({newer[0]})")
    if manifest["encrypted"] and not _keys():
        raise BackupError("It is encrypted: set RECLAIM_FILE_KEY to the key it was made with.")


def _unpack(source: Path, work: Path) -> dict[str, Any]:
    """Unpack what may be in a backup, and nothing else; compare all of it with the manifest."""
    found: dict[str, dict[str, Any]] = {}
    manifest: dict[str, Any] | None = None
    try:
        with tarfile.open(source, "r:") as tar:
            for member in tar:
                file = tar.extractfile(member) if member.isreg() else None
                if file is None or not (member.name == MANIFEST or _PART.fullmatch(member.name)):
                    raise BackupError(f"{source} holds {member.name!r}, which no backup holds. It is not one of ours.")
                if member.name == MANIFEST:
                    manifest = json.loads(file.read(_MANIFEST_LIMIT))
                else:
                    found[member.name] = _unpack_one(file, work / member.name, member.size)
    except (tarfile.TarError, ValueError, EOFError, OSError) as error:
        raise BackupError(f"{source} cannot be read to its end: {error}. Take another backup.") from error
    if manifest is None or manifest.get("format") != FORMAT:
        raise BackupError(f"{source} is no backup that this Reclaim knows, or it breaks off.")
    if wrong := sorted(name for name in found | manifest["parts"] if found.get(name) != manifest["parts"].get(name)):
        raise BackupError(f"{source} is damaged: {wrong[0]} is not what was written. Take another backup.")
    return manifest


def _unpack_one(file: Any, path: Path, size: int) -> dict[str, Any]:  # noqa: ANN401  tarfile's own kind of file
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    counted = _Counted(file)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        shutil.copyfileobj(counted, out, CHUNK)
    return {"size": size, "sha256": counted.sha256.hexdigest()}


def _move_files(work: Path) -> None:
    for path in sorted((work / FILES).glob("*/*/*")):
        place = settings.FILES / path.relative_to(work / FILES)
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.replace(place)


def _load_database(dump: Path) -> None:
    if connection.vendor == "sqlite":
        connection.close()
        place = Path(connection.settings_dict["NAME"])
        for leftover in (place, *(place.with_name(f"{place.name}{end}") for end in ("-wal", "-shm"))):
            leftover.unlink(missing_ok=True)
        shutil.move(dump, place)  # DATABASE_URL may lie on another disk
        return
    connection.close()
    _run_postgres("pg_restore", ["--no-owner", "--no-acl", "--clean", "--if-exists", "--single-transaction", str(dump)])


def _insist_whole(manifest: dict[str, Any]) -> None:
    """The chains of events are as they were when the backup began, or longer."""
    for slug, kept in manifest["events"].items():
        organization = Organization.objects.filter(slug=slug).first()
        if organization is None:
            raise BackupError(f"The organization {slug} is missing in this backup.")
        if faults := events.verify(organization, [Head(*kept)]):
            raise BackupError(f"The events of {slug} are not whole in this backup: {'; '.join(map(str, faults))}.")


def _note(verb: str, detail: dict[str, Any]) -> None:
    """Leave an event in every chain: the file holds all of their records."""
    for organization in Organization.objects.order_by("pk"):
        events.record(organization, None, verb, organization, detail)


# PostgreSQL's own programs


def _run_postgres(program: str, options: list[str]) -> None:
    if shutil.which(program) is None:
        raise BackupError(
            f"{program} is not on this machine: install PostgreSQL's client programs, same version or later."
        )
    database = connection.get_connection_params()
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    given = {names[key]: str(value) for key, value in database.items() if key in names and value}
    target = [f"--dbname={given['PGDATABASE']}"] if program == "pg_restore" else []
    done = subprocess.run(  # noqa: S603  a program of the database, with options of ours
        [program, *target, *options], env=os.environ | given, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BackupError(f"{program} failed: {done.stderr.strip()}")


# Encryption of what is not encrypted by itself


def _keys() -> list[Fernet]:
    """Keys of backups, from those of files: no key is used for two things."""
    derived = (HKDF(SHA256(), 32, None, b"reclaim backups").derive(key) for key in keys_of(settings.FILE_KEY))
    return [Fernet(urlsafe_b64encode(key)) for key in derived]


def _sealed(path: Path, work: Path) -> Path:
    """The file itself, or an encrypted copy of it."""
    if not _keys():
        return path
    sealer = _keys()[0]
    sealed = work / f"{path.name}.sealed"
    with path.open("rb") as plain, sealed.open("wb") as out:
        while chunk := plain.read(CHUNK):
            token = sealer.encrypt(chunk)
            out.write(len(token).to_bytes(_LENGTH, "big") + token)
    return sealed


def _open(work: Path, manifest: dict[str, Any]) -> None:
    """Put what was encrypted in the place of what it was."""
    if not manifest["encrypted"]:
        return
    opener = MultiFernet(_keys())
    for path in (each for each in (work / DATABASE, work / SECRET) if each.exists()):
        plain = work / f"{path.name}.plain"
        with path.open("rb") as sealed, plain.open("wb") as out:
            while length := sealed.read(_LENGTH):
                try:
                    out.write(opener.decrypt(sealed.read(int.from_bytes(length, "big"))))
                except InvalidToken as error:
                    raise BackupError("RECLAIM_FILE_KEY is not the key that this backup was made with.") from error
        plain.chmod(0o600)
        plain.replace(path)
