"""`reclaim code`: all that is known of a reason, remark, group or other code."""

import sys
from collections.abc import Iterator
from typing import Any, get_args

import click
import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from reclaim.codes import lookup, search
from reclaim.codes.lookup import Carc, Rarc
from reclaim.codes.search import Match
from reclaim.rules import codepage, payers, playbook
from reclaim.rules.codepage import Said
from reclaim.terminal import code_page, words
from reclaim.terminal.code_page import Row

READABLE = 100
"""Columns beyond which a text is hard to follow."""
LABEL = 9
STYLES = {"Do": "bold", "Beware": "yellow", "Source": "dim", "Note": "dim", "In force": "dim"}


@click.command()
@click.argument("codes", nargs=-1, required=True, metavar="CODE...")
@click.option("--line", type=click.Choice(get_args(payers.Line)), default="unknown", help="Line of business.")
@click.option("--json", "as_json", is_flag=True, help="Everything as JSON.")
def code(codes: tuple[str, ...], *, line: str, as_json: bool) -> None:
    r"""Explain codes: what they mean, what to check, what to do.

    \b
    reclaim code CO-197         a reason code with its group, or 197 alone
    reclaim code N130           a remark code
    reclaim code CO-16 MA130    what to do about both together, then each
    reclaim code WO clp02:22    a code of another set, with or without its name

    The exit status is 0, or 1 when no table holds some code.
    """
    matches = search.find_all(" ".join(codes))
    if not matches:
        raise click.UsageError("Name a code, such as CO-197.")
    if as_json:
        click.echo(orjson.dumps(_records(matches, line), default=_plainly, option=orjson.OPT_INDENT_2))
    else:
        _show(matches, line)
    sys.exit(any(match.entry is None for match in matches))


def _show(matches: list[Match], line: str) -> None:
    pages = [codepage.together(*each, line) for each in _combinations(matches) if each[1]]
    pages += [said for match in matches if (said := codepage.said(match, words.day, line))]
    screen = Console(highlight=False)
    for place, page in enumerate(pages):
        _fit(screen, page, first=place == 0) if screen.is_terminal else _plain(page, first=place == 0)
    for match in matches:
        if match.entry is None:
            click.echo(_unknown(match), err=True)
        elif also := _also(match):
            click.echo(also)


def _combinations(matches: list[Match]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each reason code with a group, and the remarks that were typed beside it."""
    remarks = tuple(match.entry.code for match in matches if isinstance(match.entry, Rarc))
    for match in matches:
        if isinstance(match.entry, Carc) and match.group:
            yield f"{match.group}-{match.entry.code}", remarks


def _fit(screen: Console, page: Said, *, first: bool) -> None:
    """A page on a terminal: labels to the left, texts no wider than is good to read."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=LABEL, style="dim", justify="right")
    table.add_column()
    for row in code_page.rows(page):
        table.add_row(row.label, _list(row))
    width = min(screen.width, READABLE)
    if not first:
        screen.print()
    screen.print(Text.assemble((page.code, "bold cyan"), "  ", (page.meaning, "bold")), width=width)
    screen.print(Text(code_page.marks(page), "dim"), width=width)
    screen.print()
    screen.print(table, width=width)


def _list(row: Row) -> Table | Text:
    """The lines of a row under one another, each after its mark: the code that begins it, or a point."""
    style = STYLES.get(row.label, "")
    parts = [line.rpartition("  ") for line in row.lines]
    mark = "" if any(code for code, _, _ in parts) else "·"
    if len(parts) == 1 and mark:
        return Text(row.lines[0], style)
    table = Table.grid(padding=(0, 1, 0, 0))
    for code, _, text in parts:
        table.add_row(Text(code or mark, "cyan"), Text(text, style))
    return table


def _plain(page: Said, *, first: bool) -> None:
    """A page in a pipe: one line for each thing to say, its label before it."""
    if not first:
        click.echo()
    click.echo(f"{page.code}  {page.meaning}")
    click.echo(code_page.marks(page))
    for row in code_page.rows(page):
        for text in row.lines:
            click.echo(f"{row.label:>{LABEL}}  {text}")


def _unknown(match: Match) -> str:
    near = search.near(match.asked)
    hint = f" Did you mean {', '.join(near[:-1])}{' or ' if near[1:] else ''}{near[-1]}?" if near else ""
    return f"{match.asked}: no table holds this code.{hint}"


def _also(match: Match) -> str:
    others = [f"{value.code_set}:{value.code}" for value in search.values(match.asked) if value is not match.entry]
    return f"{match.asked} also stands in other code sets: {', '.join(others)}" if others else ""


def _records(matches: list[Match], line: str) -> dict[str, Any]:
    plans = [
        {"code": reason, "remarks": remarks, "plan": playbook.plan_for_codes(reason, remarks, line)}
        for reason, remarks in _combinations(matches)
    ]
    return {"codes": [_record(match) for match in matches], "plans": plans}


def _record(match: Match) -> dict[str, Any]:
    entry = match.entry
    if entry is None:
        return {"asked": match.asked, "kind": "unknown", "near": search.near(match.asked)}
    record = {"asked": match.asked, "kind": type(entry).__name__.lower(), **entry._asdict()}
    record["source"] = lookup.source_words(entry.source)
    return record | {"playbook": playbook.entry(entry.code)} if isinstance(entry, Carc) else record


def _plainly(value: object) -> object:
    """Named tuples and read-only mappings as JSON objects."""
    as_dict = getattr(value, "_asdict", None)
    return as_dict() if as_dict else dict(value)  # type: ignore[call-overload]  # orjson asks for nothing else
