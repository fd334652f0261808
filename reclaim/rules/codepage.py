"""What is said of a code, on a page or a terminal: its meaning, what to check and do, and what stands behind it."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import NamedTuple

from reclaim.codes import lookup
from reclaim.codes.lookup import Carc, Group, Rarc, Value
from reclaim.codes.search import Match
from reclaim.rules import handbook, playbook
from reclaim.rules.facts import Plan
from reclaim.rules.handbook import Action, Entry

BESIDE = 10
"""Codes named that often stand beside a code."""
DENIES = {
    "true": "A denial",
    "false": "Not a denial",
    "depends_on_group": "A denial under CO, PI and OA; under PR it is the patient's balance",
    "depends_on_zero_pay": "A denial when nothing was paid; else only a reduction",
}
PREVENTABLE = {"yes": "Preventable", "partly": "Partly preventable", "no": "Not preventable"}
SCOPES = {"pc_auto": "auto insurance", "cob_837_only": "the other payer's data of an 837"}
Day = Callable[[date], str]
"""How a date reads where the page is shown."""
VOLUMES = {"high": "Billers meet it often", "low": "Billers meet it rarely"}
TOLD = frozenset({"playbook.code", "playbook.remark", "playbook.trap"})
"""Reasons of a plan that the page says in places of their own."""


class Step(NamedTuple):
    """One thing to do."""

    title: str
    text: str


class Other(NamedTuple):
    """Another code, for a link."""

    code: str
    meaning: str


class Said(NamedTuple):
    """All that is said of a code; an empty part is not shown."""

    code: str
    kind: str  # "Reason code (CARC)", "These codes together"
    meaning: str
    type: str  # technical | clinical | administrative, or ""
    marks: tuple[str, ...]
    longer: str = ""
    causes: str = ""  # usual causes
    steps: tuple[Step, ...] = ()  # the first is the one to take
    reasons: tuple[str, ...] = ()  # why the first
    check: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    prevent: str = ""
    trap: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    beside: tuple[Other, ...] = ()
    more: int = 0  # further codes that stand beside it
    notes: tuple[str, ...] = ()
    source: tuple[str, ...] = ()


def said(match: Match, day: Day, line: str = "unknown") -> Said | None:
    """All of what was found; None when no table holds it.

    Args:
        match: what was found.
        day: how a date reads there.
        line: line of business, for which the advice is.
    """
    match match.entry:
        case Carc() as carc:
            return _reason(carc, match.group, day, line)
        case Rarc() as rarc:
            return _remark(rarc, day)
        case Group() as group:
            return _plain(group, "Group code (CAS01)", ("Borne by", _words(group.liability).capitalize()))
        case Value() as value:
            title = lookup.code_sets()[value.code_set]
            return _plain(value, title, ("Stands in", value.element), ("Group", _words(value.group)))
    return None


def together(code: str, remarks: tuple[str, ...], line: str = "unknown") -> Said:
    """What to do about a reason code with its group and the remarks beside it, `CO-16` and `MA130`."""
    plan = playbook.plan_for_codes(code, remarks, line)
    title = handbook.action(plan.next.action, line).title
    reason = Other(code, lookup.carc_words(code.partition("-")[2]))
    beside = (reason, *(Other(each, lookup.rarc_words(each)) for each in remarks))
    steps, reasons = _planned(plan, code, line)
    both = " ".join((code, *remarks))
    return Said(both, "These codes together", title, "", (), steps=steps, reasons=reasons, beside=beside)


def _plain(entry: Group | Value, kind: str, *facts: tuple[str, str]) -> Said:
    """A code of which little is to be said."""
    told = tuple(fact for fact in facts if fact[1])
    notes, source = tuple(filter(None, (entry.note,))), (lookup.source_words(entry.source),)
    return Said(entry.code, kind, entry.meaning, "", (), facts=told, notes=notes, source=source)


# --- reason codes -----------------------------------------------------------------------------------------------------


def _words(slug: str) -> str:
    return slug.replace("_", " ")


def _reason(carc: Carc, group: str, day: Day, line: str) -> Said:
    entry = handbook.entry(carc.code) or handbook.of_cause(carc.cause, carc.code)
    code = f"{group}-{carc.code}" if group else carc.code
    steps, reasons = _advice(carc, group, entry, line)
    linked = [one for one, rarc in lookup.rarcs().items() if carc.code in rarc.carcs]
    beside = list(dict.fromkeys((*entry.remarks, *linked)))
    known = handbook.causes()[entry.based_on if entry.basis == "cause" else carc.cause]
    return Said(
        code,
        "Reason code (CARC)",
        carc.meaning,
        carc.type_if_denied or (carc.type if carc.type != "non_denial" else ""),
        tuple(_marks(carc, entry)),
        longer=entry.meaning if entry.basis == "code" else "",
        causes=known.meaning,
        steps=steps,
        reasons=reasons,
        check=entry.check,
        evidence=entry.evidence,
        prevent=entry.prevent,
        trap=entry.trap,
        facts=tuple(_facts(carc, group, known.title, day)),
        beside=tuple(Other(one, lookup.rarc_words(one)) for one in beside[:BESIDE]),
        more=max(len(beside) - BESIDE, 0),
        notes=tuple(_notes(carc, group)),
        source=(_basis(entry), lookup.source_words(carc.source)),
    )


def _marks(carc: Carc, entry: Entry) -> Iterator[str]:
    yield DENIES[carc.is_denial]
    if carc.is_denial != "false":
        yield PREVENTABLE[carc.preventable]
        if entry.volume in VOLUMES:
            yield VOLUMES[entry.volume]


def _facts(carc: Carc, group: str, cause: str, day: Day) -> Iterator[tuple[str, str]]:
    yield "Cause", cause
    if known := lookup.group(group):
        yield "Group", f"{known.code}: {known.meaning}"
    if carc.is_denial != "false":
        yield "Worked by", _words(carc.department).capitalize()
    if carc.groups:
        yield "Allowed", f"under {' and '.join(carc.groups)} only"
    if carc.remark_required:
        yield "Remark", "needed: alone this code says nothing"
    yield "In force", _in_force(carc, day)


def _advice(carc: Carc, group: str, entry: Entry, line: str) -> tuple[tuple[Step, ...], tuple[str, ...]]:
    """What to do: planned when the group is known and no remark is needed to tell, else the code's own remedies."""
    if group and carc.is_denial != "false" and not carc.remark_required:
        code = f"{group}-{carc.code}"
        return _planned(playbook.plan_for_codes(code, (), line), code, line)
    names = (carc.remedy, *carc.alternatives)
    return tuple(Step(handbook.action(name, line).title, _sentence(entry, name, line)) for name in names), ()


def _planned(plan: Plan, code: str, line: str) -> tuple[tuple[Step, ...], tuple[str, ...]]:
    every = (plan.next, *plan.alternatives)
    steps = (Step(handbook.action(step.action, line).title, step.text.removeprefix(f"{code}: ")) for step in every)
    return tuple(steps), tuple(each.text for each in plan.next.reasons if each.rule not in TOLD)


def _sentence(entry: Entry, remedy: str, line: str) -> str:
    return entry.steps.get(remedy) or _worded(handbook.action(remedy, line))


def _worded(action: Action) -> str:
    """What to do, when nothing is known but the code: "Appeal the denial." where a case would name its ground."""
    said = action.words.format(code="the denial", level="")
    return f"{said.rstrip(': ')}." if said.rstrip().endswith(":") else said


def _notes(carc: Carc, group: str) -> Iterator[str]:
    if carc.note:
        yield carc.note
    if group and carc.groups and group not in carc.groups:
        yield f"{group} is against the rule: ask the payer to correct it."
    if carc.policy_expected:
        yield "The payer should name its policy on the line (REF 0K)."
    if carc.scope:
        yield f"Used in {SCOPES.get(carc.scope) or _words(carc.scope)} only."


def _basis(entry: Entry) -> str:
    match entry.basis:
        case "code":
            return "Advice written for this code."
        case "kin":
            return f"Advice written for {entry.based_on}, which is worked alike."
    return f"Advice for every code of this cause ({handbook.causes()[entry.based_on].title.lower()})."


# --- remark codes -----------------------------------------------------------------------------------------------------


def _remark(rarc: Rarc, day: Day) -> Said:
    sort = "Alert: informs only" if rarc.alert else "Completes a reason code"
    return Said(
        rarc.code,
        "Remark code (RARC)",
        lookup.rarc_words(rarc.code),
        "",
        (sort, _words(rarc.family).capitalize()),
        steps=tuple(_called_for(rarc)),
        facts=tuple(_remark_facts(rarc, day)),
        beside=tuple(Other(code, lookup.carc_words(code)) for code in rarc.carcs[:BESIDE]),
        more=max(len(rarc.carcs) - BESIDE, 0),
        source=(lookup.source_words(rarc.source),),
    )


def _called_for(rarc: Rarc) -> Iterator[Step]:
    for rule in handbook.overrules():
        if rarc.code in rule.remarks:
            action = handbook.action(rule.action)
            yield Step(action.title, rule.words or _worded(action))
            return
    if rarc.remedy:
        action = handbook.action(rarc.remedy)
        yield Step(action.title, _worded(action))


def _remark_facts(rarc: Rarc, day: Day) -> Iterator[tuple[str, str]]:
    if rarc.element:
        yield "Element", rarc.element
    if rarc.place:
        yield "Place", rarc.place
    if rarc.appeal_rights:
        yield "Appeal", handbook.rights().get(rarc.appeal_rights, _words(rarc.appeal_rights))
    yield "In force", _in_force(rarc, day)


def _in_force(entry: Carc | Rarc, day: Day) -> str:
    since = f"since {day(entry.start)}" if entry.start else ""
    if entry.status == "current":
        return since or "yes, start date not known"
    until = f"until {day(entry.stop)}" if entry.stop else "stop date not known"
    instead = f"; now {', '.join(entry.replaced_by)}" if isinstance(entry, Carc) and entry.replaced_by else ""
    return f"no longer: {', '.join(filter(None, (since, until)))}{instead}"
