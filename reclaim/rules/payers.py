"""Who answered the claim: line of business, known payer and state, from CLP06 and the payer's name."""

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from reclaim.rules import shelf
from reclaim.rules.facts import Reason

Line = Literal[
    "medicare_ffs",
    "medicare_advantage",
    "medicaid",
    "medicaid_managed",
    "commercial",
    "erisa_aca",
    "tricare",
    "va",
    "fehb",
    "workers_comp",
    "auto",
    "unknown",
]
"""Lines of business. An 835 never says that a plan is self-funded (`erisa_aca`): only a person can."""

_BOOK = shelf.BOOKS / "payers.toml"
_SOURCE = "claim filing indicator of the remittance (CLP06) and payer names in rules/book/payers.toml"


class _Filing(NamedTuple):
    line: Line
    codes: tuple[str, ...]
    words: str


class _Payer(NamedTuple):
    title: str
    names: tuple[str, ...]
    key: str = ""
    line: Line | None = None
    over: tuple[Line, ...] = ()
    state: str = ""


class _State(NamedTuple):
    code: str
    name: str


class _Answer(NamedTuple):
    line: Line
    words: str


def line_of_business(filing_indicator: str, payer: str) -> Line:
    """Tells under which rules of payment and appeal a claim stands.

    Args:
        filing_indicator: CLP06, or SBR09 of the claim.
        payer: Name of the payer (N1*PR).

    Returns:
        The line of business; `unknown` where neither tells.
    """
    return _answer(filing_indicator, payer).line


def line_reason(filing_indicator: str, payer: str) -> Reason:
    """Says in words why the line of business is what `line_of_business` answers."""
    return Reason(_answer(filing_indicator, payer).words, "payers.line_of_business", _SOURCE)


@lru_cache(maxsize=4096)
def payer_of(name: str) -> str | None:
    """Key of the known payer behind a remittance's payer name (`aetna`, as in deadlines.toml); None for any other."""
    return next((one.key for one in _matches(name) if one.key), None)


@lru_cache(maxsize=4096)
def state_of(name: str) -> str:
    """Two-letter state that a payer's name gives away (`TEXAS MEDICAID`, `NY MEDICAID`), or ""."""
    told = next((one.state for one in _matches(name) if one.state), "")
    text = _plain(name)
    return told or next((code for words, code in _states().items() if words in text), "")


@lru_cache(maxsize=4096)
def _answer(filing_indicator: str, payer: str) -> _Answer:
    code = filing_indicator.strip().upper()
    filing = _filings().get(code)
    line: Line = filing.line if filing else "unknown"
    known = next((one for one in _matches(payer) if one.line and line in one.over), None)
    if known and known.line:
        return _Answer(known.line, f"The payer's name, {payer.strip()}, is listed as: {known.title}.")
    if filing:
        return _Answer(line, f"The remittance says {filing.words} (CLP06 {code}).")
    return _Answer("unknown", "Neither CLP06 nor the payer's name tells what kind of plan this is.")


def _matches(name: str) -> tuple[_Payer, ...]:
    """Payers of which a name stands in this one, the longest first."""
    text = _plain(name)
    return tuple(payer for words, payer in _names() if words in text)


def _plain(name: str) -> str:
    """Upper case words between single blanks, punctuation gone, so that ` MEDI CAL ` can be looked for in it."""
    words = "".join(one if one.isalnum() else " " for one in name.upper().replace("'", ""))
    return f" {' '.join(words.split())} "


@cache
def _filings() -> Mapping[str, _Filing]:
    return {code: filing for filing in shelf.entries(_BOOK, "filing", _Filing) for code in filing.codes}


@cache
def _names() -> tuple[tuple[str, _Payer], ...]:
    pairs = [(_plain(name), payer) for payer in shelf.entries(_BOOK, "payer", _Payer) for name in payer.names]
    return tuple(sorted(pairs, key=lambda pair: -len(pair[0])))


@cache
def _states() -> Mapping[str, str]:
    """Ways to write a state to its code, longest first: its name, or its code beside the word Medicaid."""
    states = shelf.entries(_BOOK, "state", _State)
    ways = {_plain(one.name): one.code for one in states}
    ways |= {f" {one.code} MEDICAID ": one.code for one in states}
    return dict(sorted(ways.items(), key=lambda way: -len(way[0])))
