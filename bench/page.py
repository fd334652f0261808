"""Keeps measurements in docs/benchmarks.md, each kind between marks of its own; the words around them stay."""

from collections.abc import Iterable, Sequence
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"


def write(section: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Put a table between the marks of a section.

    Args:
        section: name of the marks, `<!-- section -->` and `<!-- /section -->`.
        head: lines above the rows, those of the table's own head with them.
        rows: cells of each row.
    """
    before, rest = PAGE.read_text(encoding="utf-8").split(f"<!-- {section} -->")
    _, after = rest.split(f"<!-- /{section} -->")
    table = [*head, *("| " + " | ".join(row) + " |" for row in rows)]
    text = "\n".join([f"{before}<!-- {section} -->", "", *table, "", f"<!-- /{section} -->"])
    PAGE.write_text(text + after, encoding="utf-8")
