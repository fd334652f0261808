"""What the books know of codes, causes and actions (book/playbook.toml, causes.toml, actions.toml), as named tuples."""

from collections.abc import Mapping
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Literal, NamedTuple

from reclaim.codes import lookup
from reclaim.rules import payers, shelf

REMEDIES = lookup.REMEDIES
ActionName = Literal[
    "correct_and_resubmit",
    "replacement",
    "new_claim",
    "void_and_new",
    "reopening",
    "appeal",
    "send_records",
    "verify_and_reprocess",
    "bill_other_payer",
    "bill_patient",
    "write_off",
    "post_only",
    "ask_payer",
    "wait",
]


class Entry(NamedTuple):
    """What the playbook knows of one claim adjustment reason code."""

    code: str
    basis: str  # "code": written for it; "kin": for a code worked alike; "cause": for every code of its root cause
    based_on: str  # that code, or the name of the root cause
    volume: str  # high | medium | low; empty: rare
    meaning: str  # longer than the code table's, "" when only its kin has one
    check: tuple[str, ...]
    steps: Mapping[str, str]  # remedy to what to do, in a sentence or two
    evidence: tuple[str, ...]  # for an appeal
    prevent: str
    trap: str
    remarks: tuple[str, ...]  # RARCs that often stand beside it, the most telling first
    notice: bool  # the patient may be billed only if the notice rules were kept


class Cause(NamedTuple):
    """What to do about a root cause (an entry of causes.toml)."""

    name: str
    title: str
    meaning: str
    check: tuple[str, ...]
    evidence: tuple[str, ...]
    prevent: str
    trap: str = ""
    notice: bool = False
    correct_and_resubmit: str = ""
    appeal: str = ""
    send_records: str = ""
    verify_and_reprocess: str = ""
    bill_other_payer: str = ""
    bill_patient: str = ""
    write_off: str = ""
    post_only: str = ""


class Action(NamedTuple):
    """How one step is done (an entry of actions.toml)."""

    name: ActionName
    title: str
    words: str
    why: str
    source: str
    line: str = ""
    form: Literal["professional", "institutional", ""] = ""
    in_part: str = ""  # what to mind when only some lines are denied


class Overrule(NamedTuple):
    """Codes that set the next step by themselves (an entry of actions.toml)."""

    action: ActionName
    why: str
    source: str
    remarks: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    words: str = ""
    appeal: bool = True


class Ask(NamedTuple):
    """What to ask the payer (an entry of actions.toml)."""

    name: Literal["no_remark", "no_element", "no_code", "unknown_code", "silent", "no_number", "liability"]
    words: str
    why: str
    source: str


class Line(NamedTuple):
    """A line of business (an entry of actions.toml)."""

    name: payers.Line
    title: str
    appeal: str  # name of the first appeal level
    notice: str  # what must be kept before the patient is billed
    source: str
    professional: Literal["replacement", "reopening"] = "replacement"  # how a processed professional claim is corrected


class Rights(NamedTuple):
    """What a remark says of appeal rights, in words (an entry of actions.toml)."""

    name: str
    words: str


class Settled(NamedTuple):
    """The step for an adjudication that is no denial (an entry of actions.toml)."""

    name: str
    action: ActionName
    words: str


class _Advice(NamedTuple):
    codes: tuple[str, ...]
    volume: Literal["high", "medium", "low", ""] = ""
    meaning: str = ""
    check: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    prevent: str = ""
    trap: str = ""
    remarks: tuple[str, ...] = ()
    correct_and_resubmit: str = ""
    appeal: str = ""
    send_records: str = ""
    verify_and_reprocess: str = ""
    bill_other_payer: str = ""
    bill_patient: str = ""
    write_off: str = ""
    post_only: str = ""


@lru_cache(maxsize=2048)
def entry(carc_code: str) -> Entry | None:
    """All that the playbook knows of a claim adjustment reason code.

    Args:
        carc_code: The code without its group, `197`; case and blanks do not matter.

    Returns:
        What was written for the code, filled up from its root cause; None when no table knows the code.
    """
    code = lookup.carc(carc_code)
    if code is None:
        return None
    cause = causes().get(code.cause) or causes()["unknown"]
    advice = _advice().get(code.code)
    return _merged(code.code, advice, cause) if advice else of_cause(cause.name, code.code)


@lru_cache(maxsize=256)
def of_cause(name: str, code: str = "") -> Entry:
    """What is known of a root cause, as an entry; an unknown cause gives the entry `unknown`."""
    cause = causes().get(name) or causes()["unknown"]
    return Entry(
        code=code,
        basis="cause",
        based_on=cause.name,
        volume="",
        meaning=cause.meaning,
        check=cause.check,
        steps=_steps(cause),
        evidence=cause.evidence,
        prevent=cause.prevent,
        trap=cause.trap,
        remarks=(),
        notice=cause.notice,
    )


def _merged(code: str, advice: _Advice, cause: Cause) -> Entry:
    own = advice.codes[0] == code
    return Entry(
        code=code,
        basis="code" if own else "kin",
        based_on=advice.codes[0],
        volume=advice.volume if own else "",
        meaning=advice.meaning if own else "",
        check=advice.check or cause.check,
        steps=MappingProxyType({**_steps(cause), **_steps(advice)}),
        evidence=advice.evidence or cause.evidence,
        prevent=advice.prevent or cause.prevent,
        trap=advice.trap or cause.trap,
        remarks=advice.remarks,
        notice=cause.notice,
    )


def _steps(advice: _Advice | Cause) -> Mapping[str, str]:
    return MappingProxyType({name: words for name in REMEDIES if (words := getattr(advice, name))})


@cache
def _advice() -> Mapping[str, _Advice]:
    rows = shelf.entries(shelf.BOOKS / "playbook.toml", "code", _Advice)
    return MappingProxyType({code: row for row in rows for code in row.codes})


@cache
def causes() -> Mapping[str, Cause]:
    """Every root cause by its name."""
    return MappingProxyType({row.name: row for row in shelf.entries(shelf.BOOKS / "causes.toml", "cause", Cause)})


@cache
def actions() -> Mapping[tuple[str, str, str], Action]:
    """Every action by name, line of business and form; the last two are empty for what holds everywhere."""
    rows = shelf.entries(shelf.BOOKS / "actions.toml", "action", Action)
    return MappingProxyType({(row.name, row.line, row.form): row for row in rows})


def action(name: str, line: str = "", form: str = "") -> Action:
    """How a step is done on a line of business and a form (professional, institutional), or as everywhere."""
    known = actions()
    return known.get((name, line, form)) or known.get((name, line, "")) or known[name, "", ""]


@cache
def overrules() -> tuple[Overrule, ...]:
    """What sets the next step by itself, the strongest first."""
    return shelf.entries(shelf.BOOKS / "actions.toml", "overrule", Overrule)


@cache
def overruling() -> frozenset[str]:
    """Every remark code that may set the next step by itself."""
    return frozenset(remark for rule in overrules() for remark in rule.remarks)


@cache
def asks() -> Mapping[str, Ask]:
    """What to ask the payer, by name."""
    return MappingProxyType({row.name: row for row in shelf.entries(shelf.BOOKS / "actions.toml", "ask", Ask)})


def line(name: str) -> Line:
    """A line of business by its name; one that nobody knows counts as `unknown`."""
    return lines().get(name) or lines()["unknown"]


@cache
def lines() -> Mapping[str, Line]:
    """Every line of business, by its name."""
    return MappingProxyType({row.name: row for row in shelf.entries(shelf.BOOKS / "actions.toml", "line", Line)})


@cache
def rights() -> Mapping[str, str]:
    """What remarks say of appeal rights: `appeal_rights` of the remark table to words."""
    return MappingProxyType(dict(shelf.entries(shelf.BOOKS / "actions.toml", "rights", Rights)))


@cache
def settled() -> Mapping[str, Settled]:
    """The step for each kind of adjudication that is no denial."""
    return MappingProxyType({row.name: row for row in shelf.entries(shelf.BOOKS / "actions.toml", "settled", Settled)})
