"""What TA1, 999, 277CA and 277 say of a claim, in words, and what to do about it.

Codes are written as the record keeps them: `A7:562:85` (category, status, entity), several with blanks between them; of
files and transactions `TA1:025`, `999:5`, and with the place `999:NM1:9:7` (segment, element, error).
"""

import re
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from reclaim.codes import lookup
from reclaim.rules import handbook, shelf

_BOOK = shelf.BOOKS / "claim_status.toml"
_ENTITY = re.compile(r"\bentity\b", re.IGNORECASE)
_OF_SOMEBODY = ("data", "enrollment", "not_found")
"""Groups of codes that speak of any entity."""
_ENVELOPES = ("TA1:", "999:")
_STATUS = re.compile(r"[A-Z][0-9A-Z]{1,2}(:[0-9A-Z]*){0,2}")


class Group(NamedTuple):
    """What a group of status codes means for a claim that was turned back (an entry of claim_status.toml)."""

    names: tuple[str, ...]
    type: Literal["technical", "clinical", "administrative"]
    cause: str
    department: str
    action: handbook.ActionName
    words: str


class Category(NamedTuple):
    """What an answer to a status request calls for (an entry of claim_status.toml)."""

    codes: tuple[str, ...]
    action: handbook.ActionName
    words: str
    days: int = 0  # look again after so many; 0: it is to be worked now


def is_status(code: str) -> bool:
    """Whether a code is one of claim status (STC01) or of an acknowledgment, not of a remittance."""
    if code.startswith(_ENVELOPES):
        return True
    return _STATUS.fullmatch(code) is not None and lookup.value("stc_category", code.partition(":")[0]) is not None


@lru_cache(maxsize=4096)
def words(code: str) -> str:
    """One code in words: `A7:562:85` to "Rejected: information invalid: billing provider NPI".

    Args:
        code: Category, status and entity; those after the category may be missing. Or of a TA1 or 999.
    """
    if code.startswith(_ENVELOPES):
        return _of_envelope(*code.split(":"))
    category, status, entity = (*code.split(":"), "", "")[:3]
    known = lookup.value("stc_category", category)
    said = known.meaning if known else f"unknown claim status category {category or '(empty)'}"
    detail = lookup.value("stc_status", status)
    if not status or (detail is None and not status.strip("0")):
        return said
    return f"{said}: {_of(entity, detail.meaning) if detail else f'unknown claim status code {status}'}"


def turned_back(codes: str) -> Group:
    """What to do about a claim that was turned back with these codes; the first code that says anything decides."""
    found = [name for code in codes.split() if (name := _group(code)) is not None]
    telling = next((name for name in found if _groups()[name].cause != "payer_process"), next(iter(found), ""))
    return _groups()[telling]


def told(codes: str) -> Category:
    """What a payer's answer to a status request calls for; by its first code."""
    category = codes.split(" ", 1)[0].partition(":")[0]
    return _categories().get(category, _categories()[""])


def _of_envelope(kind: str, *rest: str) -> str:
    """What a TA1 or 999 says."""
    if kind == "TA1":
        return f"The file was refused: {_meaning('ta1_note', rest[0])}"
    if len(rest) == 1:
        return f"The transaction was refused: {_meaning('ik502', rest[0])}"
    segment, element, error = (*rest, "", "")[:3]
    place = f"{segment}{element:0>2}" if element else segment
    return f"Refused for {place}: {_meaning('ik403' if element else 'ik304', error)}"


def _meaning(code_set: str, code: str) -> str:
    known = lookup.value(code_set, code)
    said = known.meaning if known else f"unknown code {code or '(empty)'}"
    return said[:1].lower() + said[1:]


def _group(code: str) -> str | None:
    """The group of a status code; whatever is wrong about the patient or the subscriber is for registration."""
    _, status, entity = (*code.split(":"), "", "")[:3]
    value, who = lookup.value("stc_status", status), lookup.value("stc_entity", entity)
    if value is None:
        return None
    return "eligibility" if who and who.group == "person" and value.group in _OF_SOMEBODY else value.group


def _of(entity: str, meaning: str) -> str:
    """The words of a status with the entity that it speaks of."""
    known = lookup.value("stc_entity", entity) if entity else None
    who = known.meaning.lower() if known else "what is named"
    named = _ENTITY.sub(who, meaning)
    if known and named == meaning and who not in meaning.lower():
        named = f"{meaning} ({who})"
    return named[:1].lower() + named[1:] if named[1:2].islower() else named


@cache
def _groups() -> dict[str, Group]:
    found = {name: group for group in shelf.entries(_BOOK, "group", Group) for name in group.names}
    for name in {each.group for each in lookup.values("stc_status").values()} | {""}:
        if name not in found:
            raise shelf.BookError(f"{_BOOK.name}: no [[group]] names {name!r}; add it to one")
    return found


@cache
def _categories() -> dict[str, Category]:
    found = {code: each for each in shelf.entries(_BOOK, "category", Category) for code in each.codes}
    for code in (*lookup.values("stc_category"), ""):
        if code not in found:
            raise shelf.BookError(f"{_BOOK.name}: no [[category]] names {code!r}; add it to one")
    return found
