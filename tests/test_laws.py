"""Laws of the house that no tool knows: read from the syntax tree of the whole program."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent.parent / "reclaim"
WRITES = frozenset(
    {"save", "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "delete", "update"}
)
WRITERS = {
    "api/once.py": "answers kept for a repeated request",
    "desk/locating.py": "locations of open cases when NPIs change: the job of each minute, one event for all",
    "desk/acting.py": "actions on cases",
    "desk/alerts.py": "alerts, and actions on what somebody wants to be told",
    "desk/assignment_rules.py": "actions",
    "desk/asking.py": "actions on status requests, and their answers",
    "desk/following.py": "cases of claims that were turned back or not answered",
    "desk/silence.py": "tasks and cases for want of an answer: the job of each day",
    "desk/correcting.py": "actions on corrections",
    "desk/routing.py": "actions",
    "desk/terms.py": "actions",
    "desk/sending.py": "actions on batches, and what the job makes of them",
    "dispatch.py": "batches on their way out",
    "desk/hooks.py": "actions, and deliveries on their way",
    "desk/settlement.py": "cases follow the record",
    "desk/leaving.py": "actions",
    "desk/views.py": "actions",
    "people/absences.py": "actions",
    "people/events.py": "events",
    "people/factors.py": "actions",
    "people/joining.py": "actions",
    "people/preferences.py": "actions",
    "people/teams.py": "actions",
    "people/tokens.py": "actions",
    "exchange.py": "what came of visits",
    "record/connections/administering.py": "actions",
    "record/connections/fetching.py": "files of payers on their way in",
    "record/connections/sending.py": "files on their way out",
    "reception.py": "files and their rows",
    "record/intake.py": "rows of the record",
    "record/claims_intake.py": "rows of the record",
    "record/acknowledging.py": "rows of the record",
    "record/matching.py": "which claim an answer is about",
    "insight/kept.py": "what was counted, kept",
    "terminal/demo.py": "the demo's people",
}
"""The only places that write rows, and what."""


def writes(path: Path) -> Iterator[str]:
    """Calls that look like writes of rows; `update` of a dict is none, nor is a function of our own modules."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    ours = {
        each.asname or each.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("reclaim")
        for each in node.names
        if each.name.islower()
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES:
            on = ast.unparse(node.func.value)
            plain = node.func.attr == "update" and ("objects" not in on and "filter" not in on)
            if not plain and on != "super()" and on not in ours:
                yield f"{path.relative_to(PROGRAM)}:{node.lineno} {on}.{node.func.attr}"


def test_rows_are_written_in_few_places() -> None:
    """Law 1: pages, the API and commands translate; who writes is named here, with the reason."""
    found = [
        each
        for path in sorted(PROGRAM.rglob("*.py"))
        if "migrations" not in path.parts and str(path.relative_to(PROGRAM)) not in WRITERS
        for each in writes(path)
    ]
    assert not found, "Write through an action, or say in WRITERS why not: " + "; ".join(found)


@pytest.mark.parametrize("name", WRITERS)
def test_who_may_write_does(name: str) -> None:
    assert list(writes(PROGRAM / name)), "It writes nothing any more: take it from the list."
