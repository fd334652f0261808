"""What a payer takes when a claim is to be corrected, as its manual says (book/terms.toml)."""

from functools import cache
from typing import NamedTuple

from reclaim.rules import payers, shelf
from reclaim.rules.resubmission import Terms

BOOK = shelf.BOOKS / "terms.toml"


class _Row(NamedTuple):
    source: str
    payer: str = ""
    line: payers.Line | None = None
    state: str = ""
    replacement: bool | None = None
    void: bool | None = None


def published(payer: str, line: payers.Line) -> Terms:
    """The terms in the payer's manual.

    Args:
        payer: its name, as on the claim.
        line: of business.

    Returns:
        Nothing said where the book has none.
    """
    key, state = payers.payer_of(payer), payers.state_of(payer)
    row = next((row for row in _rows() if _fits(row, key, line, state)), None)
    return Terms(replacement=row.replacement, void=row.void, source=row.source) if row else Terms()


def _fits(row: _Row, key: str | None, line: payers.Line, state: str) -> bool:
    return row.payer == key if row.payer else (row.line, row.state) == (line, state)


@cache
def _rows() -> tuple[_Row, ...]:
    return shelf.entries(BOOK, "terms", _Row)
