"""How `reclaim code` shows what is said of a code: a title, and rows with their labels."""

from collections.abc import Iterator
from typing import NamedTuple

from reclaim.rules.codepage import Said, Step


class Row(NamedTuple):
    """One labeled part of a page, a line for each thing to say."""

    label: str
    lines: tuple[str, ...]


def marks(said: Said) -> str:
    """Of what kind a code is, in a few words."""
    return " \N{MIDDLE DOT} ".join(each for each in (said.kind, said.type, *said.marks) if each)


def rows(said: Said) -> list[Row]:
    """The parts that say something."""
    return [kept for row in _every(said) if (kept := Row(row.label, tuple(filter(None, row.lines)))).lines]


def _every(said: Said) -> Iterator[Row]:
    yield Row("Means", (said.longer,))
    yield Row("Causes", (said.causes,))
    yield Row("Check", said.check)
    yield Row("Do", tuple(map(_step, said.steps[:1])))
    yield Row("Why", said.reasons)
    yield Row("Or", tuple(map(_step, said.steps[1:])))
    yield Row("Evidence", said.evidence)
    yield Row("Beware", (said.trap,))
    yield Row("Prevent", (said.prevent,))
    more = (f"and {said.more} more",) if said.more else ()
    yield Row("Beside", (*(f"{each.code}  {each.meaning}" for each in said.beside), *more))
    for name, value in said.facts:
        yield Row(name, (value,))
    yield Row("Note", said.notes)
    yield Row("Source", said.source)


def _step(step: Step) -> str:
    return step.text if step.text.startswith(step.title) else f"{step.title}: {step.text}"
