"""The environment, read once and typed: a wrong value stops the program and names the variable."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

Value = TypeVar("Value")
Default = TypeVar("Default")
Folder = TypeVar("Folder", Path, None)


class EnvironmentVariableError(Exception):
    """A variable is missing or cannot be read; the message names it and the remedy."""


def text(name: str, default: str | None = None) -> str:
    """A text; required when there is no default."""
    value = os.environ.get(name, default)
    if value is None:
        raise EnvironmentVariableError(f"Set {name}: see docs/settings.md.")
    return value


def number(name: str, default: int, *, least: int) -> int:
    """A whole number, not below `least`."""

    def read(value: str) -> int:
        if int(value) < least:
            raise ValueError
        return int(value)

    return _read(name, default, read, f"a whole number from {least} up")


def choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    """One of some words, whatever their case."""
    return _read(name, default, lambda value: choices[choices.index(value.upper())], " or ".join(choices))


def flag(name: str, *, default: bool) -> bool:
    """True for 1, true, yes or on; false for 0, false, no or off."""
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    return _read(name, default, lambda value: words[value.lower()], "yes or no")


def folder(name: str, default: Folder) -> Path | Folder:
    """A folder; ~ is the home of the user."""
    return _read(name, default, lambda value: Path(value).expanduser().resolve(), "a folder")


def zone(name: str, default: str) -> str:
    """The name of a time zone: America/Chicago."""
    return _read(name, default, lambda value: ZoneInfo(value).key, "a time zone such as America/Chicago")


def address(name: str, default: str, schemes: frozenset[str]) -> SplitResult:
    """An address in its parts, of one of some schemes. A wrong one is not repeated: it may hold a password."""
    value = os.environ.get(name, "").strip() or default
    try:
        parts = urlsplit(value)
        usable = parts.scheme in schemes and (parts.port is None or parts.port > 0)  # .port reads the number
    except ValueError:
        usable = False
    if not usable:
        kinds = " or ".join(f"{scheme}://" for scheme in sorted(schemes))
        raise EnvironmentVariableError(f"{name} begins with {kinds}; see docs/settings.md.")
    return parts


def provider(name: str) -> SplitResult | None:
    """Where a provider is that lets people in: by https, since TLS is what vouches for it. None when it is not set."""
    if not os.environ.get(name, "").strip():
        return None
    parts = address(name, "", frozenset({"http", "https"}))
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise EnvironmentVariableError(f"{name} begins with https://; see docs/settings.md.")
    return parts


def words(name: str, default: str = "") -> list[str]:
    """Words with commas between them."""
    return [each.strip() for each in text(name, default).split(",") if each.strip()]


def _read(name: str, default: Default, read: Callable[[str], Value], what: str) -> Value | Default:
    value = os.environ.get(name)
    if value is None or not value.strip():
        return default
    try:
        return read(value.strip())
    except (ValueError, KeyError) as error:
        raise EnvironmentVariableError(f"{name} is {value!r}; write {what}.") from error
