"""Installations of their own for tests: a data folder, a database, and the `reclaim` command in them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
from psycopg import sql


@dataclass(frozen=True)
class Installation:
    """One of them, with what leads to it."""

    environment: dict[str, str]

    @property
    def data(self) -> Path:
        return Path(self.environment["RECLAIM_DATA"])

    def run(self, *arguments: str, status: int = 0, **variables: str) -> str:
        """What a `reclaim` command prints; it must end with this status."""
        return self._run(["-m", "reclaim.terminal.main", *arguments], status, variables)

    def python(self, program: str) -> str:
        """What a program prints that runs in it, with Django ready."""
        return self._run(["-c", f"from reclaim.config import start; start.django()\n{program}"], 0, {})

    def rows(self) -> str:
        """Every row of its database, as text."""
        models = "people record desk account mfa auth"
        return self._run(["-m", "django", "dumpdata", *models.split(), "--indent", "1"], 0, {})

    def _run(self, arguments: list[str], status: int, variables: dict[str, str]) -> str:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("RECLAIM_")}
        environment |= self.environment | variables | {"DJANGO_SETTINGS_MODULE": "reclaim.config.settings"}
        done = subprocess.run(
            [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr


@contextmanager
def installation(folder: Path, **variables: str) -> Iterator[Installation]:
    """A new one: on SQLite, or in a database of its own beside the PostgreSQL of DATABASE_URL."""
    environment = {"RECLAIM_DATA": str(folder)} | variables
    address = os.environ.get("DATABASE_URL", "")
    if not address.startswith("postgres"):
        yield Installation(environment)
        return
    name = f"reclaim_{uuid4().hex}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            own = urlunsplit(urlsplit(address)._replace(path=f"/{name}"))
            yield Installation(environment | {"DATABASE_URL": own})
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
