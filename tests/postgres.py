"""A throw-away PostgreSQL around a command: `python -m tests.postgres pytest ...` runs it with DATABASE_URL set.

Without PostgreSQL's programs it says so and runs nothing, with status 0: SQLite's run has tested the rest. With
REQUIRE_POSTGRES=1 that is a failure instead.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

NAME = "reclaim"
UNPRIVILEGED = ("postgres", "nobody")
"""Users to run it as when we are root, which it refuses."""
FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=100 -c shared_buffers=128MB"
"""What a database that nobody will miss can do without."""


class NoPostgresError(Exception):
    """It cannot be started here; the message says why."""


@contextmanager
def postgres() -> Iterator[Mapping[str, str]]:
    """A running PostgreSQL, gone afterwards.

    Yields:
        the environment that leads to it: its socket lies in a folder of its own, it listens to no port.

    Raises:
        NoPostgresError: its programs are not there, or it does not start.
    """
    programs, user = _programs(), _user()
    home = Path(tempfile.mkdtemp(prefix="pg-"))  # short: the path of a socket has some 100 characters
    try:
        if user:
            shutil.chown(home, user)
        _run([programs / "initdb", "-D", home / "data", "-U", NAME, "-A", "trust", "-E", "UTF8", "--no-sync"], user)
        server: list[str | Path] = [programs / "pg_ctl", "-D", home / "data", "-w", "-l", home / "log"]
        _run([*server, "-o", f"{FAST} -c listen_addresses='' -k {home}", "start"], user)
        try:
            _run([programs / "createdb", "-h", home, "-U", NAME, NAME], user)
            yield {"DATABASE_URL": f"postgresql://{NAME}@/{NAME}", "PGHOST": str(home), "PGUSER": NAME}
        finally:
            _run([*server, "-m", "immediate", "stop"], user)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _programs() -> Path:
    """The folder with initdb and pg_ctl: Debian keeps them off the path."""
    found = shutil.which("initdb")
    folders = [
        *sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda each: float(each.parent.name), reverse=True),
        *([Path(found).parent] if found else []),
    ]
    for folder in folders:
        if all((folder / name).exists() for name in ("initdb", "pg_ctl", "createdb")):
            return folder
    raise NoPostgresError("PostgreSQL's programs initdb and pg_ctl are not on this machine.")


def _user() -> str | None:
    if os.geteuid():
        return None
    from pwd import getpwnam  # noqa: PLC0415  not on every system

    for name in UNPRIVILEGED:
        try:
            getpwnam(name)
        except KeyError:
            continue
        return name
    raise NoPostgresError("PostgreSQL refuses to run as root, and there is no other user to run it as.")


def _run(command: Sequence[str | Path], user: str | None) -> None:
    # not captured through a pipe: the server would inherit it and keep it open
    with tempfile.TemporaryFile("w+") as said:
        done = subprocess.run(command, user=user, group=_group(user), extra_groups=[] if user else None,
                              cwd="/", stdout=said, stderr=said, check=False)  # fmt: skip
        if done.returncode:
            said.seek(0)
            raise NoPostgresError(f"{command[0]} ended with {done.returncode}: {said.read().strip()}")


def _group(user: str | None) -> int | None:
    if user is None:
        return None
    from pwd import getpwnam  # noqa: PLC0415  not on every system

    return getpwnam(user).pw_gid


def main(command: list[str]) -> int:
    """Run a command beside a PostgreSQL; its status."""
    try:
        with postgres() as environment:
            return subprocess.run(command, env={**os.environ, **environment}, check=False).returncode
    except NoPostgresError as error:
        print(f"Not tested on PostgreSQL: {error}", file=sys.stderr)  # noqa: T201  says what it skipped
        return int(bool(os.environ.get("REQUIRE_POSTGRES")))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
