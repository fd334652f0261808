"""Finds a code by what people type: `CO-197`, `197`, `n130`, `WO`, `clp02:22`; names near ones for a typing error."""

import re
from difflib import get_close_matches
from typing import NamedTuple

from reclaim.codes import lookup
from reclaim.codes.lookup import Carc, Group, Rarc, Value

_GROUPED = re.compile(r"(CO|PR|PI|OA|CR)-?([A-Z]?\d{1,3})")
_GROUP_BEFORE = re.compile(r"^(CO|PR|PI|OA|CR)-")
_ZEROS_BEFORE = re.compile(r"(?<!\d)0+(?=\d)")
_NEAR = 5
_ALIKE = 0.7
"""Likeness, of 1, from which a code is offered for another (difflib)."""
_WORD = 4
"""Letters from which a text is looked for in the meanings as well."""


class Match(NamedTuple):
    """What one typed text turned out to be."""

    asked: str
    entry: Carc | Rarc | Group | Value | None  # None: no table holds it
    group: str = ""  # the group code typed before a reason code


def find(text: str) -> Match:
    """What a typed text means: a reason code, with or without its group, a remark, a group, or a value of another set.

    A bare code is looked for in that order; `set:code` names its set. Case does not matter.
    """
    asked = text.strip().upper()
    code_set, colon, code = asked.partition(":")
    if colon:
        return Match(asked, lookup.value(code_set.lower(), code))
    if grouped := _GROUPED.fullmatch(asked):
        return Match(asked, lookup.carc(grouped[2]), grouped[1])
    entry = lookup.carc(asked) or lookup.rarc(asked) or lookup.group(asked)
    return Match(asked, entry or next(iter(values(asked)), None))


def find_all(text: str) -> list[Match]:
    """What each of several texts means; commas and blanks part them, but a group goes with the reason after it."""
    matches: list[Match] = []
    for match in map(find, text.replace(",", " ").split()):
        before = matches[-1].entry if matches else None
        if isinstance(match.entry, Carc) and not match.group and isinstance(before, Group):
            matches[-1] = Match(f"{before.code}-{match.asked}", match.entry, before.code)
        else:
            matches.append(match)
    return matches


def values(code: str) -> tuple[Value, ...]:
    """Every value of the other code sets that is written like this."""
    found = (lookup.value(code_set, code) for code_set in lookup.code_sets())
    return tuple(value for value in found if value)


def near(text: str) -> tuple[str, ...]:
    """Codes that look like a text that no table holds, or whose meaning speaks of it; the nearest first."""
    wanted = _GROUP_BEFORE.sub("", text.strip().upper())
    if ":" in wanted:
        return _near_in_sets(*wanted.split(":", 1))
    known = (*lookup.carcs(), *lookup.rarcs(), *lookup.groups(), *lookup.values("plb"))
    alike = get_close_matches(_simply(wanted), map(_simply, known), n=_NEAR, cutoff=_ALIKE)
    found = [code for likeness in dict.fromkeys(alike) for code in known if _simply(code) == likeness]
    return tuple(found[:_NEAR]) or _speaking_of(wanted)


def _near_in_sets(code_set: str, code: str) -> tuple[str, ...]:
    """The value under a set of like name; else the sets that write some value so."""
    held = {value.code_set: f"{value.code_set}:{value.code}" for value in values(code)}
    alike = get_close_matches(code_set.lower(), held, n=_NEAR, cutoff=_ALIKE)
    return tuple(held[name] for name in alike or held)[:_NEAR]


def _simply(code: str) -> str:
    """A code as sloppy hands type it: the letter O for a zero, zeros too many or too few before a number."""
    return _ZEROS_BEFORE.sub("", code.replace("O", "0") if any(map(str.isdigit, code)) else code)


def _speaking_of(word: str) -> tuple[str, ...]:
    if len(word) < _WORD or not word.isalpha():
        return ()
    entries: list[Carc | Rarc] = [*lookup.carcs().values(), *lookup.rarcs().values()]
    found = [one.code for one in entries if one.status == "current" and word in one.meaning.upper()]
    return tuple(found[:_NEAR])
