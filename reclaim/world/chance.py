"""Chance that can be repeated: each purpose draws from a stream of its own; one more draw here moves nothing there."""

from collections.abc import Sequence
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

Item = TypeVar("Item")


def stream(seed: int, *purpose: object) -> Random:
    """A stream of chance for a purpose: the same seed and purpose give the same draws, on every machine."""
    return Random("/".join(map(str, (seed, *purpose))))  # noqa: S311  chance, not secrets


class Weighted(Generic[Item]):
    """A choice among items by weight, made ready once."""

    def __init__(self, items: Sequence[Item], weights: Sequence[float]) -> None:
        self.items = tuple(items)
        self._cumulative = list(accumulate(weights))

    def draw(self, chance: Random) -> Item:
        """One item."""
        return chance.choices(self.items, cum_weights=self._cumulative)[0]
