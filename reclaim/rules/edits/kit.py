"""What edits are made of: facts in, findings out, and the list of all edits."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Literal, NamedTuple

from reclaim.rules.payers import line_of_business
from reclaim.rules.sent import Sent, Value
from reclaim.x12.slices import Place

Severity = Literal["error", "warn", "info"]
_RANK: dict[str, int] = {"error": 0, "warn": 1, "info": 2}


class Known(NamedTuple):
    """What an edit may know beside the claim; what is left out is not checked."""

    today: date | None = None
    file_by: date | None = None  # last day for a first claim
    correct_by: date | None = None  # last day for a replacement
    member_id: str = ""  # pattern (regular expression) of this payer's member numbers
    drg: str = ""  # what a grouper makes of the claim


class Found(NamedTuple):
    """What one edit says: where, what, and what to do."""

    at: Value
    text: str
    remedy: str
    severity: Severity | None = None  # where it is not that of the edit


class Finding(NamedTuple):
    """Something that a payer is likely to refuse."""

    edit: str  # E001
    severity: Severity
    place: Place
    present: str  # what stands there
    text: str
    remedy: str
    prevents: tuple[str, ...]  # reason and remark codes
    source: str


class Subject(NamedTuple):
    """A claim as its edits see it."""

    sent: Sent
    known: Known
    line_of_business: str


Rule = Callable[[Subject], Iterator[Found]]


class Edit(NamedTuple):
    """One edit."""

    id: str
    title: str
    forms: str
    severity: Severity
    prevents: tuple[str, ...]
    source: str
    rule: Rule


EDITS: dict[str, Edit] = {}


def edit(id: str, *, forms: str, prevents: str, source: str, severity: Severity = "error") -> Callable[[Rule], Rule]:  # noqa: A002 (the word of the catalog)
    """Takes a function into the list of edits; the first line of its docstring is the title.

    Args:
        id: its number in the catalog, such as E001.
        forms: on which claims it runs: P, I, D.
        prevents: reason and remark codes of the denials that it prevents.
        source: of the rule.
        severity: error (do not send), warn (look), info.
    """

    def taken(rule: Rule) -> Rule:
        title = (rule.__doc__ or "").strip().partition("\n")[0].rstrip(".")
        EDITS[id] = Edit(id, title, forms, severity, tuple(prevents.split()), source, rule)
        return rule

    return taken


def run(sent: Sent, known: Known | None = None) -> tuple[Finding, ...]:
    """Runs every edit that is for this form.

    Args:
        sent: the claim.
        known: what is known beside it.

    Returns:
        What is wrong, errors first, then by the place on the claim.
    """
    line = line_of_business(sent.filing_indicator.text, sent.payer.text)
    subject = Subject(sent, known or Known(), line)
    found = [
        Finding(
            *(one.id, each.severity or one.severity, each.at.place, each.at.text),
            *(each.text, each.remedy, one.prevents, one.source),
        )
        for one in EDITS.values()
        if sent.form in one.forms
        for each in one.rule(subject)
    ]
    return tuple(sorted(found, key=lambda one: (_RANK[one.severity], one.edit)) if len(found) > 1 else found)
