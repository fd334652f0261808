"""What `reclaim read` shows to a person: the files, the denials, the totals by reason.

On a terminal the tables fit its width; in a pipe each row is one line, so that grep and sort find whole denials.
"""

from collections.abc import Iterable
from datetime import date
from typing import TextIO

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from reclaim.codes import lookup
from reclaim.rules.bearing import Bearing, bearing
from reclaim.rules.report import FileReport, Report
from reclaim.terminal import words
from reclaim.terminal.records import NOT_DENIALS
from reclaim.terminal.rows import Row
from reclaim.x12.findings import Finding

PIPE_WIDTH = 100_000
SOON, TYPES = 14, {"technical": "cyan", "clinical": "magenta", "administrative": "blue"}
"""Days before a deadline from which it is marked; the color of a type, which is also written out."""
CLAIM_WIDTH = 26
FINDINGS_SHOWN = 12
LEVELS = {"error": "red", "warning": "yellow", "info": "dim"}
NOT_DENIAL_WORDS = {
    "reversals": "reversed",
    "patient_responsibility_only": "patient's share only",
    "contractual_only": "contractual only",
    "forwarded": "forwarded to another payer",
    "predetermination": "estimated before the service",
    "pending": "pending",
    "reduced": "paid, but reduced",
}


def console(out: TextIO) -> Console:
    """A console that uses color and the width of the screen on a terminal only."""
    return Console(file=out, highlight=False, width=None if out.isatty() else PIPE_WIDTH)


def _table(screen: Console, title: str) -> Table:
    lines = box.SIMPLE_HEAD if screen.is_terminal else None
    return Table(title=title, title_justify="left", title_style="bold", box=lines, pad_edge=False, show_lines=False)


def files(screen: Console, report: Report) -> None:
    """The summary of each file, and what was found in it."""
    table = _table(screen, "Files")
    table.add_column("File", overflow="fold")
    table.add_column("Holds")
    for name in ("Claims", "Charged", "Paid", "Denied", "Denied $"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("Balances")
    for file in report.files:
        table.add_row(*_file(file))
    screen.print(table)
    for file in report.files:
        _findings(screen, file)


def _file(file: FileReport) -> tuple[str, ...]:
    if file.refused and not file.claims:
        return (escape(words.shown(file.name)), "[red]refused[/]", *[""] * 6)
    holds = f"{file.kind}[red], refused in part[/]" if file.refused else file.kind
    balance = "yes" if file.balanced else "[red]no[/]"
    numbers = (f"{file.claims:,}", words.money(file.charge), words.money(file.paid), f"{file.denied_claims:,}")
    return (
        escape(words.shown(file.name)),
        holds,
        *numbers,
        words.money(file.denied_amount),
        balance if file.claims else "",
    )


def _findings(screen: Console, file: FileReport) -> None:
    ordered = sorted(file.findings, key=lambda each: tuple(LEVELS).index(each.level))
    for finding in ordered[:FINDINGS_SHOWN]:
        screen.print(_finding(file.name, finding), soft_wrap=not screen.is_terminal)
    if (more := len(ordered) - FINDINGS_SHOWN) > 0:
        screen.print(Text(f"{file.name}: {more:,} more findings; --json lists them.", "dim"))


def _finding(name: str, finding: Finding) -> Text:
    place = f" segment {finding.segment:,}" if finding.segment else ""
    return Text.assemble((finding.level, LEVELS[finding.level]), f" {words.shown(name)}{place}: {finding.text}")


def denials(screen: Console, rows: Iterable[Row], today: date) -> None:
    """The table of denials, in the order given: three columns that fit a screen, or nine on one line in a pipe."""
    screen.print((_stacked if screen.is_terminal else _lined)(screen, rows, today))


def _stacked(screen: Console, rows: Iterable[Row], today: date) -> Table:
    table = _table(screen, "Denials")
    table.add_column("Claim", max_width=CLAIM_WIDTH)
    table.add_column("Denied", justify="right")
    table.add_column("Why, what to do, and by when", ratio=1)
    for row in rows:
        claim, patient, payer, service, why, sort, amount, step, by = _cells(row, today)
        table.add_row(
            Text("\n").join((Text.assemble(claim.append("  "), (patient.plain, "dim")), payer, service)),
            Text("\n").join((amount, *sort.split(", "))),
            Text("\n").join(
                (why, Text.assemble(("→ ", "bold green"), step), Text.assemble(("by ", "dim"), by), Text())
            ),
        )
    return table


def _lined(screen: Console, rows: Iterable[Row], today: date) -> Table:
    table = _table(screen, "Denials")
    for name in ("Claim", "Patient", "Payer", "Service", "Why", "Type, cause", "Denied", "Next step", "By"):
        table.add_column(name, no_wrap=True, justify="right" if name == "Denied" else "left")
    for row in rows:
        table.add_row(*_cells(row, today))
    return table


def _cells(row: Row, today: date) -> tuple[Text, ...]:
    """Claim, patient, payer, service, why, type and cause, amount, next step, by."""
    why = Text(row.meaning)
    why.highlight_words(row.codes.split(), "bold")
    return (
        Text(row.control_number or "no number", "bold"),
        Text(row.patient),
        Text(row.payer or "unknown payer"),
        Text(words.day(row.service_from)),
        why,
        Text(f"{row.type}, {words.slug(row.cause)}", TYPES.get(row.type, "")),
        Text.assemble((words.money(row.denied_amount), "bold"), "" if row.whole else " in part"),
        Text(row.next_step),
        _by(row, today),
    )


def _by(row: Row, today: date) -> Text:
    if row.deadline is None:
        return Text("no date known")
    left = (row.deadline - today).days
    said = f"{-left:,} days late" if left < 0 else "today" if left == 0 else f"{left:,} days left"
    style = "red" if left < 0 else "yellow" if left <= SOON else ""
    sure = "" if row.deadline_confirmed else "; not confirmed"
    return Text.assemble(
        f"{words.day(row.deadline)}, ", (said, style), f": {words.until(row.deadline_kind)}", (sure, "dim")
    )


def codes(screen: Console, report: Report) -> None:
    """Totals by reason, over all claims of all files."""
    table = _table(screen, "Reasons, all claims")
    for name in ("Code", "Meaning", "What it is"):
        table.add_column(name)
    for name in ("Times", "Amount"):
        table.add_column(name, justify="right", no_wrap=True)
    for group, carc, count, amount in report.totals():
        says = bearing(group, carc)
        style = "red" if says is Bearing.DENIES else ""
        meaning = lookup.carc_words(carc)
        table.add_row(f"{group}-{carc}", meaning, Text(words.slug(says), style), f"{count:,}", words.money(amount))
    screen.print(table)


def totals(screen: Console, report: Report, shown: int, listed: int) -> None:
    """The closing lines: how many denials, how many of them are shown, and what is no denial."""
    amount = sum((file.denied_amount for file in report.files), start=words.ZERO)
    claims = sum(file.claims for file in report.files)
    count = sum(file.denied_claims for file in report.files)
    screen.print(Text.assemble((f"{count:,} of {claims:,} claims denied, {words.money(amount)}.", "bold")))
    if shown < listed:
        rest = f"{listed - shown:,} are not; --all shows every one."
        screen.print(f"The {shown:,} with the highest priority are shown, {rest}")
    others = [f"{report.kinds[kind]:,} {NOT_DENIAL_WORDS[kind]}" for kind in NOT_DENIALS if report.kinds[kind]]
    if others:
        screen.print(f"Not denials: {', '.join(others)}.")
