"""Installations of their own for tests: a data folder, a database, and the `reclaim` command in them."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
from psycopg import sql

READY = "from reclaim.config import start; start.django()\n"
"""What a program begins with that needs Django."""


@dataclass(frozen=True)
class Installation:
    """One of them, with what leads to it."""

    environment: dict[str, str]

    @property
    def data(self) -> Path:
        return Path(self.environment["RECLAIM_DATA"])

    def set_up(self) -> None:
        """Have it as `reclaim setup` leaves it: its tables are copied, because to make them takes seconds."""
        if address := self.environment.get("DATABASE_URL"):
            _create(address, _template())
        else:
            shutil.copytree(tables(), self.data, dirs_exist_ok=True)
        self.run("setup")

    def run(self, *arguments: str, status: int = 0, **variables: str) -> str:
        """What a `reclaim` command prints; it must end with this status."""
        return self._run(["-m", "reclaim.terminal.main", *arguments], status, variables)

    def python(self, program: str) -> str:
        """What a program prints that runs in it, with Django ready."""
        return self._run(["-c", f"{READY}{program}"], 0, {})

    @contextmanager
    def started(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """A program of Python that runs in it meanwhile; killed in the end. What it prints can be read."""
        command = [sys.executable, *arguments]
        with subprocess.Popen(command, env=self._environment({}), stdout=subprocess.PIPE, text=True) as process:
            try:
                yield process
            finally:
                process.kill()

    def rows(self) -> str:
        """Every row of its database, as text."""
        models = "people record desk account mfa auth --exclude people.event"
        return self._run(["-m", "django", "dumpdata", *models.split(), "--indent", "1"], 0, {})

    def _run(self, arguments: list[str], status: int, variables: dict[str, str]) -> str:
        command, environment = [sys.executable, *arguments], self._environment(variables)
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def _environment(self, variables: dict[str, str]) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("RECLAIM_")}
        return inherited | self.environment | variables | {"DJANGO_SETTINGS_MODULE": "reclaim.config.settings"}


@contextmanager
def installation(folder: Path, **variables: str) -> Iterator[Installation]:
    """A new one: on SQLite, or in a database of its own beside the PostgreSQL of DATABASE_URL."""
    environment = {"RECLAIM_DATA": str(folder)} | variables
    address = os.environ.get("DATABASE_URL", "")
    if not address.startswith("postgres"):
        yield Installation(environment)
        return
    own = urlunsplit(urlsplit(address)._replace(path=f"/reclaim_{uuid4().hex}"))
    _create(own)
    try:
        yield Installation(environment | {"DATABASE_URL": own})
    finally:
        _alone(own, "DROP DATABASE {} WITH (FORCE)")


@cache
def tables() -> Path:
    """A folder with a database on SQLite in which all tables stand, empty; gone with the process."""
    folder = Path(_kept().enter_context(tempfile.TemporaryDirectory()))
    (folder / "tables").mkdir(mode=0o700)  # as a data folder must be
    place = folder / "tables/reclaim.sqlite3"
    Installation({"RECLAIM_DATA": str(folder / "data"), "DATABASE_URL": f"sqlite://{place}"}).run("setup")
    return place.parent


@cache
def _template() -> str:
    """The address of a database of PostgreSQL in which all tables stand, empty; gone with the process."""
    made = _kept().enter_context(installation(Path(_kept().enter_context(tempfile.TemporaryDirectory()))))
    made.run("setup")
    return made.environment["DATABASE_URL"]


@cache
def _kept() -> ExitStack:
    stack = ExitStack()
    atexit.register(stack.close)
    return stack


def _create(address: str, like: str = "/template1") -> None:
    _alone(address, "DROP DATABASE IF EXISTS {} WITH (FORCE)")
    _alone(address, "CREATE DATABASE {} TEMPLATE {}", like)


def _alone(address: str, statement: str, *others: str) -> None:
    """A statement about databases, named by their addresses, from beside them."""
    names = [sql.Identifier(urlsplit(each).path[1:]) for each in (address, *others)]
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*names))
