"""How hard the world is: calm, typical or hard, as a few multipliers."""

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import NamedTuple

from reclaim.rules.shelf import BookError, entries

BOOK = Path(__file__).parent / "book" / "regimes.toml"


class Regime(NamedTuple):
    """Multipliers that a run stands under: see the head of book/regimes.toml."""

    name: str
    words: str
    faults: float
    payer_errors: float
    rules: float
    vague: float
    delay: float
    chance_factor: float
    denied: float


class _Row(NamedTuple):
    name: str
    words: str
    faults: Decimal
    payer_errors: Decimal
    rules: Decimal
    vague: Decimal
    delay: Decimal
    chance_factor: Decimal
    denied: Decimal


def regime(name: str) -> Regime:
    """Looks a regime up by its name.

    Raises:
        BookError: There is no such regime; the message names those there are.
    """
    if found := regimes().get(name):
        return found
    raise BookError(f"there is no regime {name!r}: choose one of {', '.join(regimes())}")


@cache
def regimes() -> dict[str, Regime]:
    """All regimes of book/regimes.toml by name, in its order."""
    rows = entries(BOOK, "regime", _Row)
    return {row.name: Regime(row.name, row.words, *map(float, row[2:])) for row in rows}
