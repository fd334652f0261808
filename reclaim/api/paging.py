"""Long lists by cursor: each page begins after the last row of the one before, so nothing comes twice or is left out.

A cursor is signed: a program passes it on and cannot make one up.
"""

from decimal import Decimal
from typing import Annotated, Any, Generic, NamedTuple, TypeVar

from django.core import signing
from django.db.models import Model, Q, QuerySet
from ninja.errors import HttpError
from pydantic import BaseModel, ConfigDict, Field

Row = TypeVar("Row", bound=Model)

SALT = "reclaim.api.cursor"
USUAL, MOST = 50, 200
"""Rows of a page when nobody says, and at most."""
OLDEST_FIRST, NEWEST_FIRST = ("id",), ("-id",)

Limit = Annotated[int, Field(ge=1, le=MOST, description=f"Rows of a page, at most {MOST}.")]
Cursor = Annotated[str, Field(max_length=500, description="`next` of the page before; nothing for the first page.")]


class Where(BaseModel):
    """Which page of a list."""

    model_config = ConfigDict(extra="ignore")

    cursor: Cursor = ""
    limit: Limit = USUAL


class Page(NamedTuple, Generic[Row]):
    """Some rows, and the cursor of the next page."""

    rows: list[Row]
    next: str  # "": there are no more


def page(rows: QuerySet[Row], order: tuple[str, ...], where: Where) -> Page[Row]:
    """One page of rows.

    Args:
        rows: all that somebody may see and asked for.
        order: one or two fields, none of them null, both in the same direction; the last is unique.
        where: which page.

    Raises:
        HttpError: the cursor is not of this list.
    """
    if where.cursor:
        rows = rows.filter(_beyond(order, _read(where.cursor, _list(rows.model, order))))
    found = list(rows.order_by(*order)[: where.limit + 1])
    more = len(found) > where.limit
    found = found[: where.limit]
    return Page(found, _cursor(found[-1], order) if more else "")


def _beyond(order: tuple[str, ...], values: list[Any]) -> Q:
    """The rows behind one; for two fields in the form that lets an index of both serve."""
    than = "lt" if order[0].startswith("-") else "gt"
    names = [each.removeprefix("-") for each in order]
    last = Q(**{f"{names[-1]}__{than}": values[-1]})
    if len(names) == 1:
        return last
    beyond = Q(**{f"{names[0]}__{than}": values[0]})
    return Q(**{f"{names[0]}__{than}e": values[0]}) & (beyond | last)


def _list(model: type[Model], order: tuple[str, ...]) -> list[str]:
    """Which list it is: a cursor of another one is refused."""
    return [model._meta.label_lower, *order]  # noqa: SLF001  Django's public name for it


def _cursor(row: Model, order: tuple[str, ...]) -> str:
    values = [getattr(row, each.removeprefix("-")) for each in order]
    plain = [str(each) if isinstance(each, Decimal) else each for each in values]
    return signing.dumps([_list(type(row), order), plain], salt=SALT)


def _read(cursor: str, known: list[str]) -> list[Any]:
    try:
        of, values = signing.loads(cursor, salt=SALT)
    except (signing.BadSignature, ValueError):
        of, values = [], []
    if of != known:
        raise HttpError(422, "This cursor is not of this list and order. Begin again without one.")
    return list(values)
