"""What the user of `reclaim read` asked for."""

from datetime import date
from typing import NamedTuple

SHOWN = 100
"""Denials that a screen shows when nobody says otherwise."""


class Options(NamedTuple):
    """What the user asked for."""

    today: date
    types: tuple[str, ...]
    show_patients: bool
    every: bool
    size: int  # bytes of all files, as far as is known
