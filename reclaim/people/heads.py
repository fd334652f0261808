"""Ends of chains of events, kept beside the backups: what was cut off later is missed there.

    heads.jsonl    a line for each backup: {"at": when, "heads": {slug of an organization: [count, hash], ...}}

Lines are only added. Where the backups are copied to another place, this file goes with them.
"""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from reclaim.people.events import Head

NAME = "heads.jsonl"


def keep(folder: Path, heads: Mapping[str, Head], at: datetime) -> None:
    """Add the ends of all chains, as they are now."""
    line = json.dumps({"at": at.isoformat(timespec="seconds"), "heads": heads})
    with os.fdopen(
        os.open(folder / NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="ascii"
    ) as file:
        file.write(f"{line}\n")
        file.flush()
        os.fsync(file.fileno())


def kept(folder: Path | None, slug: str) -> list[Head]:
    """The ends that one chain had, the oldest first. A line that breaks off is passed over."""
    found: list[Head] = []
    with suppress(FileNotFoundError):
        for line in (folder / NAME).read_text(encoding="ascii").splitlines() if folder else ():
            with suppress(ValueError, LookupError, TypeError):
                found.append(Head(*json.loads(line)["heads"][slug]))
    return found
