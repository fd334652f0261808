"""Cases out of the house: all that a question finds, in its order, row by row, however many.

    begun(by, organization, Taken(...))      the event, before the first row leaves
    for case in cases_in_order(narrowed, ask): ...

What leaves is what the queue shows: never notes, contacts or documents.
"""

from array import array
from collections.abc import Iterator
from dataclasses import fields
from typing import Any, NamedTuple

from django.db.models import QuerySet

from reclaim.desk.models import Case
from reclaim.desk.queue import Ask, in_order, is_code
from reclaim.people.access import Permission
from reclaim.people.actions import Done, action
from reclaim.people.models import Organization, User

AT_ONCE = 2000
"""Rows in memory at a time."""
MOST_IN_EXCEL = 1_048_575
"""Rows of a sheet below its heading: Excel's own limit."""
READ = (
    *("organization", "payer", "owner", "location", "key", "control_number", "patient", "line_of_business", "state"),
    *("kind", "redenied", "service_from", "type", "cause", "codes", "action", "deadline", "deadline_kind", "charge"),
    *(
        "denied",
        "recovered",
        "expected",
        "score",
        "opened",
        "stage",
        "worked_at",
        "raised",
        "department",
        "provider",
        "payee",
    ),
)
"""What is read of each case: all that a column of the queue rests on."""


class Taken(NamedTuple):
    """What somebody takes along, as its event says it."""

    ask: Ask
    queue: str
    cases: int
    format: str  # csv | xlsx
    columns: tuple[str, ...]
    names: bool  # whether names of patients stand in it
    searched: bool


@action(Permission.EXPORT, "exported_cases")
def begun(by: User | None, organization: Organization, taken: Taken) -> Done[Organization]:
    """Write down that a list leaves the house: how many cases, by which filters, with which columns."""
    del by
    detail: dict[str, Any] = {each.name: getattr(taken.ask, each.name) for each in fields(Ask)}
    detail["q"] = taken.ask.q if is_code(taken.ask.q.upper()) else ""  # a number or a name is of a person
    detail = {name: value for name, value in detail.items() if value}
    rest = {"cases": taken.cases, "format": taken.format, "names": taken.names, "searched": taken.searched}
    return Done(organization, {**detail, "queue": taken.queue, "columns": " ".join(taken.columns), **rest})


def cases_in_order(narrowed: QuerySet[Case], ask: Ask) -> Iterator[Case]:
    """The cases in the order that is asked for, each with payer, owner and location; only some in memory at a time.

    Their ids come first: so no database sorts whole rows, and what changes meanwhile moves none to another place.

    Args:
        narrowed: those that are asked for.
        ask: of which only the order counts.
    """
    ids = array("q")
    for part in in_order(narrowed, ask):
        ids.extend(part.values_list("pk", flat=True).iterator(chunk_size=AT_ONCE))
    rows = Case.objects.only(*READ).prefetch_related("payer", "owner", "location")
    for begin in range(0, len(ids), AT_ONCE):
        some = ids[begin : begin + AT_ONCE]
        known = rows.in_bulk(list(some))
        yield from (known[key] for key in some if key in known)
