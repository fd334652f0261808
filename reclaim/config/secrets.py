"""The secret of an installation: made once, kept beside its data, readable by its owner only."""

import os
from pathlib import Path
from secrets import token_urlsafe

from reclaim.config.environment import EnvironmentVariableError

NAME = "secret"


def kept_secret(folder: Path) -> str:
    """The secret of an installation, made the first time.

    Args:
        folder: of the installation's data.

    Raises:
        EnvironmentVariableError: the folder cannot be written or the secret cannot be read.
    """
    try:
        return _read(folder / NAME) or _make(folder / NAME)
    except OSError as error:
        raise EnvironmentVariableError(
            f"RECLAIM_DATA: {error.filename} cannot be used: {error.strerror}. Set it to a folder of the user that runs"
            " Reclaim; see docs/settings.md."
        ) from error


def _read(path: Path) -> str:
    """The secret, or nothing when there is none yet."""
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""


def _make(path: Path) -> str:
    """A new secret: whole under a name of its own first, so that no other process reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    secret = token_urlsafe(50)
    half = path.with_name(f".{NAME}.{os.getpid()}")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        file.write(secret)
    try:
        os.link(half, path)  # fails when another process was first
    except FileExistsError:
        return _read(path)
    finally:
        half.unlink()
    return secret
