"""Made-up names and addresses, from book/names.toml."""

from collections.abc import Mapping
from functools import cache
from random import Random
from typing import Literal, NamedTuple

from reclaim.rules import shelf
from reclaim.world.model import Address
from reclaim.world.payers import BOOKS

_BOOK = BOOKS / "names.toml"
_STATE = "WA"


class _Words(NamedTuple):
    list: Literal["last", "female", "male", "street", "road"]
    words: tuple[str, ...]


class _Town(NamedTuple):
    name: str
    postal: str


@cache
def words(kind: str) -> tuple[str, ...]:
    """A list of the book: last, female, male, street or road."""
    return next(one.words for one in shelf.entries(_BOOK, "words", _Words) if one.list == kind)


def pick(chance: Random, items: tuple[str, ...]) -> str:
    """One of them, each as likely as the next."""
    return items[int(chance.random() * len(items))]


def first_name(chance: Random, sex: str) -> str:
    """A first name for somebody of sex F or M."""
    return pick(chance, words("female" if sex == "F" else "male"))


def address(street: str, town: str) -> Address:
    """A street address in a town of the book; the last four digits of the ZIP code follow from the street."""
    return Address(street, town, _STATE, f"{_towns()[town]}{1000 + sum(map(ord, street)) % 9000}")


def home(chance: Random) -> Address:
    """Where a patient lives."""
    number = 10 + int(chance.random() * 1990)
    street = f"{number} {pick(chance, words('street'))} {pick(chance, words('road'))}"
    return address(street, pick(chance, _town_names()))


@cache
def _towns() -> Mapping[str, str]:
    return {town.name: town.postal for town in shelf.entries(_BOOK, "town", _Town)}


@cache
def _town_names() -> tuple[str, ...]:
    return tuple(_towns())
