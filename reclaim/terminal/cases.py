"""`reclaim cases`: what programs do by the API, on the machine itself; as somebody, with the same events."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from reclaim.terminal import setup, words
from reclaim.terminal.people import one_member

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

    from reclaim.api.shapes import CaseShort, CaseWhole
    from reclaim.people.models import User

Command = TypeVar("Command", bound=Callable[..., Any])


def _asked(command: Command) -> Command:
    """Options of every command here."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="As data, as the API answers."),
        click.option("--organization", metavar="NAME", help="Needed when they work for several."),
        click.option("--as", "email", required=True, metavar="EMAIL", help="Who asks; events name them."),
    ):
        command = option(command)
    return command


@click.group()
def cases() -> None:
    """Look through cases and work them, as a member: with what their role includes, leaving the same events.

    \b
    reclaim cases list --as ann@cedar.example due=week type=technical
    reclaim cases show 17 --as ann@cedar.example
    reclaim cases actions
    reclaim cases act 17 snooze until=2026-12-01 --as ann@cedar.example
    """  # noqa: D301  \b is click's mark for a block that keeps its lines


@cases.command("list")
@click.argument("filters", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--order", type=click.Choice(["priority", "id"]), default="priority", show_default=True)
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many at the most.")
@_asked
def list_(
    filters: tuple[str, ...], *, order: str, limit: int, email: str, organization: str | None, as_json: bool
) -> None:
    """Cases, with the filters of the Queue.

    NAME is state, type, over, due, kind, redenied, preventable, payer, cause, or q for a claim number or a code.
    With --json, each case is one line.
    """
    user = _user(email, organization)
    with _said():
        found = _pages(user, _pairs(filters), order, limit)
        if as_json:
            for each in found:
                click.echo(each.model_dump_json())
        else:
            _table(found)


@cases.command()
@click.argument("number", type=int)
@_asked
def show(number: int, *, email: str, organization: str | None, as_json: bool) -> None:
    """One case: why, what to do, by when, and what can be done. That it was read is an event."""
    user = _user(email, organization)
    from django.shortcuts import get_object_or_404  # noqa: PLC0415  Django is ready only now

    from reclaim.api.cases import whole  # noqa: PLC0415  the same
    from reclaim.desk.cases import one  # noqa: PLC0415  the same
    from reclaim.desk.models import Case  # noqa: PLC0415  the same
    from reclaim.people.access import visible_to  # noqa: PLC0415  the same

    with _said():
        told = whole(user, get_object_or_404(one(visible_to(user, Case)), pk=number))
    click.echo(told.model_dump_json(indent=2) if as_json else _sheet(told))


@cases.command()
def actions() -> None:
    """What can be done to a case, and what each action needs."""
    setup.ready()
    from reclaim.api.acts import body_of  # noqa: PLC0415  Django is ready only now
    from reclaim.desk.acting import ACTIONS  # noqa: PLC0415  the same

    for name, action in ACTIONS.items():
        if model := body_of(name):
            click.echo(f"{name:<16}{action.label}. {_needs(model)}".rstrip())


@cases.command()
@click.argument("number", type=int)
@click.argument("action")
@click.argument("given", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--version", type=int, help="Of the case as you have seen it; as it is now when not given.")
@_asked
def act(  # noqa: PLR0913  each is an option that people can leave out
    number: int,
    action: str,
    given: tuple[str, ...],
    *,
    version: int | None,
    email: str,
    organization: str | None,
    as_json: bool,
) -> None:
    """Do something to a case. `reclaim cases actions` names what can be done, and what it needs.

    The exit status is 0 when it was done, else 1 with the reason; the case is then as it was.
    """
    user = _user(email, organization)
    from django.shortcuts import get_object_or_404  # noqa: PLC0415  Django is ready only now

    from reclaim.api import acts  # noqa: PLC0415  the same
    from reclaim.api.shapes import CaseShort  # noqa: PLC0415  the same
    from reclaim.desk.acting import ACTIONS  # noqa: PLC0415  the same
    from reclaim.desk.models import Case  # noqa: PLC0415  the same
    from reclaim.people.access import visible_to  # noqa: PLC0415  the same

    model = acts.body_of(action) if action in ACTIONS else None
    if model is None:
        raise click.UsageError(f"There is no action {action!r} here. `reclaim cases actions` names them.")
    with _said():
        seen = version or get_object_or_404(visible_to(user, Case), pk=number).version
        body = model.model_validate({**_pairs(given), "version": seen})
        done = acts.act(user, number, action, {name: getattr(body, name) for name in model.model_fields})
        told = CaseShort.of(done)
    click.echo(told.model_dump_json(indent=2) if as_json else _line(told))


# --- asking -----------------------------------------------------------------------------------------------------------


def _user(email: str, organization: str | None) -> "User":
    """Who asks, in the organization they ask for."""
    setup.ready()
    setup.insist()
    from reclaim.people.access import choose  # noqa: PLC0415  Django is ready only now

    member = one_member(email, organization)
    choose(member.user, member.organization_id)
    return member.user


def _pages(user: "User", filters: dict[str, str], order: str, limit: int) -> "Iterator[CaseShort]":
    from reclaim.api import paging  # noqa: PLC0415  Django is ready only now
    from reclaim.api.cases import Which, listed  # noqa: PLC0415  the same

    cursor = ""
    while limit > 0:
        size = min(limit, paging.MOST)
        page = listed(user, filters, Which.model_validate({"order": order, "cursor": cursor, "limit": size}))
        yield from page.cases
        limit, cursor = limit - size, page.next
        if not cursor:
            return


def _pairs(given: tuple[str, ...]) -> dict[str, str]:
    """What was said as NAME=VALUE."""
    pairs = [each.partition("=") for each in given]
    if wrong := next((name for name, equals, _ in pairs if not equals or not name), None):
        raise click.UsageError(f"{wrong!r} is not NAME=VALUE, such as type=technical.")
    return {name: value for name, _, value in pairs}


@contextmanager
def _said() -> Iterator[None]:
    """What goes wrong, in words for a terminal; the exit status is 1."""
    from django.core.exceptions import PermissionDenied  # noqa: PLC0415  Django is ready only now
    from django.http import Http404  # noqa: PLC0415  the same
    from ninja.errors import HttpError  # noqa: PLC0415  the same
    from pydantic import ValidationError  # noqa: PLC0415  the same

    from reclaim.desk.acting import ActionError  # noqa: PLC0415  the same

    try:
        yield
    except Http404 as error:
        raise click.ClickException("There is no such case, or it is not theirs to see.") from error
    except (ActionError, PermissionDenied, HttpError) as error:
        raise click.ClickException(str(error)) from error
    except ValidationError as error:
        raise click.ClickException(_wrong(error)) from error


def _wrong(error: "ValidationError") -> str:
    return "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors(include_input=False))


# --- telling ----------------------------------------------------------------------------------------------------------


def _needs(model: "type[BaseModel]") -> str:
    """What an action needs: "reason words?"."""
    fields = (f"{name}{'' if each.is_required() else '?'}" for name, each in model.model_fields.items())
    said = " ".join(each for each in fields if each != "version")
    return f"Needs: {said}" if said else ""


def _table(cases: "Iterable[CaseShort]") -> None:
    from rich.table import Table  # noqa: PLC0415  slow to import

    from reclaim.terminal import screen  # noqa: PLC0415  the same

    heads = ("Case", "Claim", "Patient", "Payer", "Why", "Denied", "Next step", "By", "State")
    table = Table(*heads, box=None, pad_edge=False)
    for each in cases:
        table.add_row(*_cells(each))
    screen.console(sys.stdout).print(table)
    click.echo(f"{table.row_count:,} {'case' if table.row_count == 1 else 'cases'} shown.", err=True)


def _cells(case: "CaseShort") -> tuple[str, ...]:
    due = words.day(case.deadline) if case.deadline else "no date known"
    where = case.stage if case.state == "open" else case.state
    sent = (words.shown(each) for each in (case.control_number, case.patient, case.payer.name, case.codes or "no code"))
    return (str(case.id), *sent, words.money(case.denied), case.action_title, due, words.slug(where))


def _line(case: "CaseShort") -> str:
    return "  ".join(_cells(case))


def _sheet(case: "CaseWhole") -> str:
    lines = [_line(case), ""]
    if case.judgment:
        lines += [each.text for each in case.judgment.why] + ["", f"Next: {case.judgment.step}"]
        lines += [f"By {words.day(each.day)}: {words.until(each.kind)}" for each in case.judgment.deadlines]
    can = ", ".join(each.name for each in case.actions if not each.why_not)
    return "\n".join((*lines, "", f"Can be done now: {can or 'nothing'}."))
