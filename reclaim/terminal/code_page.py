"""What `reclaim code` says of one code: a page of labeled rows."""

from collections.abc import Iterator
from typing import NamedTuple

from reclaim.codes import lookup
from reclaim.codes.lookup import Carc, Group, Rarc, Value
from reclaim.codes.search import Match
from reclaim.rules import handbook, playbook
from reclaim.rules.facts import Plan
from reclaim.rules.handbook import Entry
from reclaim.terminal import words

REMARKS_SHOWN = 8
DENIES = {
    "true": "yes",
    "false": "no",
    "depends_on_group": "yes under CO, PI and OA; under PR it is the patient's balance",
    "depends_on_zero_pay": "yes when nothing was paid; else only a reduction",
}
VOLUMES = {"high": "billers meet it often", "low": "billers meet it rarely"}
SCOPES = {"pc_auto": "auto insurance", "cob_837_only": "the other payer's data of an 837"}
PREVENTABLE = {"yes": "preventable", "partly": "partly preventable", "no": "not preventable"}
TOLD_ELSEWHERE = frozenset({"playbook.code", "playbook.remark", "playbook.trap"})
"""Reasons of a plan that the page says in rows of their own."""


class Row(NamedTuple):
    """One labeled part of a page, a line for each thing to say."""

    label: str
    lines: tuple[str, ...]


class Page(NamedTuple):
    """All that is known of one code, or of several together."""

    code: str
    meaning: str
    marks: tuple[str, ...]  # of what kind it is, in a few words each
    rows: tuple[Row, ...]


def page(match: Match, line: str) -> Page | None:
    """The page of what was found, with advice for a line of business; None when no table holds it."""
    match match.entry:
        case Carc() as carc:
            return _reason(carc, match.group, line)
        case Rarc() as rarc:
            return _remark(rarc)
        case Group() as group:
            marks = ("group code", "CAS01", words.slug(group.liability))
            return Page(group.code, group.meaning, marks, _said(Row("Note", (group.note,)), _source(group.source)))
        case Value() as value:
            title = lookup.code_sets()[value.code_set].lower()
            kinds = tuple(filter(None, (title, value.element, words.slug(value.group))))
            return Page(value.code, value.meaning, kinds, _said(Row("Note", (value.note,)), _source(value.source)))
    return None


def together(code: str, remarks: tuple[str, ...], line: str) -> Page:
    """What to do about a reason code with its group and the remarks beside it, `CO-16` and `MA130`."""
    plan = playbook.plan_for_codes(code, remarks, line)
    title = handbook.action(plan.next.action, line).title
    return Page(" ".join((code, *remarks)), title, ("these codes together",), _said(*_planned(code, plan)))


def _reason(carc: Carc, group: str, line: str) -> Page:
    entry = handbook.entry(carc.code) or handbook.of_cause(carc.cause, carc.code)
    rows = (
        Row("Means", (entry.meaning if entry.basis == "code" else "",)),
        Row("Denial", ("; ".join(filter(None, _denial(carc, entry))),)),
        Row("Check", entry.check),
        *_advice(carc, group, line, entry),
        Row("Evidence", entry.evidence),
        Row("Beware", (entry.trap,)),
        Row("Prevent", (entry.prevent,)),
        Row("Remarks", tuple(_remarks(carc, entry))),
        Row("Groups", tuple(_groups(carc, group))),
        Row("Note", tuple(_notes(carc))),
        Row("In force", (_in_force(carc),)),
        _source(carc.source, _basis(entry)),
    )
    cause = handbook.causes()[entry.based_on if entry.basis == "cause" else carc.cause].title.lower()
    marks = ("reason code", words.slug(carc.type_if_denied or carc.category), cause, *_owner(carc))
    return Page(f"{group}-{carc.code}" if group else carc.code, carc.meaning, marks, _said(*rows))


def _remark(rarc: Rarc) -> Page:
    rows = (
        Row("Element", (rarc.element,)),
        Row("Place", (rarc.place,)),
        Row("Do", tuple(_called_for(rarc))),
        Row("Appeal", (handbook.rights().get(rarc.appeal_rights, words.slug(rarc.appeal_rights)),)),
        Row("Beside", tuple(f"{code}  {lookup.carc_words(code)}" for code in rarc.carcs)),
        Row("In force", (_in_force(rarc),)),
        _source(rarc.source),
    )
    sort = "alert: informs only" if rarc.alert else "completes a reason code"
    return Page(rarc.code, lookup.rarc_words(rarc.code), ("remark code", sort, words.slug(rarc.family)), _said(*rows))


def _called_for(rarc: Rarc) -> Iterator[str]:
    for rule in handbook.overrules():
        if rarc.code in rule.remarks:
            yield rule.words or handbook.action(rule.action).words
            return
    if rarc.remedy:
        yield handbook.action(rarc.remedy).words.format(code="the denial", level="")


def _advice(carc: Carc, group: str, line: str, entry: Entry) -> Iterator[Row]:
    """What to do: planned when the group is known and no remark is needed to tell, else the code's own remedies."""
    if group and carc.is_denial != "false" and not carc.remark_required:
        code = f"{group}-{carc.code}"
        yield from _planned(code, playbook.plan_for_codes(code, (), line))
        return
    own = [f"{handbook.action(name).title}: {_sentence(entry, name)}" for name in (carc.remedy, *carc.alternatives)]
    yield Row("Do", tuple(own[:1]))
    yield Row("Or", tuple(own[1:]))


def _sentence(entry: Entry, remedy: str) -> str:
    return entry.steps.get(remedy) or handbook.action(remedy).words


def _planned(code: str, plan: Plan) -> Iterator[Row]:
    lead = f"{code}: "
    yield Row("Do", (plan.next.text.removeprefix(lead),))
    yield Row("Why", tuple(reason.text for reason in plan.next.reasons if reason.rule not in TOLD_ELSEWHERE))
    yield Row("Or", tuple(step.text.removeprefix(lead) for step in plan.alternatives))


def _denial(carc: Carc, entry: Entry) -> Iterator[str]:
    yield DENIES[carc.is_denial]
    if carc.is_denial != "false":
        yield VOLUMES.get(entry.volume, "")
    if carc.remark_required:
        yield "alone it says nothing: a remark code must stand beside it"


def _owner(carc: Carc) -> tuple[str, ...]:
    if carc.is_denial == "false":
        return ()
    return PREVENTABLE[carc.preventable], f"owner: {words.slug(carc.department)}"


def _remarks(carc: Carc, entry: Entry) -> Iterator[str]:
    """The remarks that often stand beside a reason code: the telling ones, then how many more are known."""
    linked = [code for code, rarc in lookup.rarcs().items() if carc.code in rarc.carcs]
    first = list(dict.fromkeys((*entry.remarks, *linked)))
    for code in first[:REMARKS_SHOWN]:
        yield f"{code}  {lookup.rarc_words(code)}"
    if len(first) > REMARKS_SHOWN:
        yield f"and {len(first) - REMARKS_SHOWN} more"


def _groups(carc: Carc, group: str) -> Iterator[str]:
    if known := lookup.group(group):
        yield f"{known.code}  {known.meaning}"
    if carc.groups:
        yield f"Allowed under {' and '.join(carc.groups)} only."
        if group and group not in carc.groups:
            yield f"{group} is against the rule: ask the payer to correct it."


def _notes(carc: Carc) -> Iterator[str]:
    yield carc.note
    if carc.policy_expected:
        yield "The payer should name its policy on the line (REF 0K)."
    if carc.scope:
        yield f"Used in {SCOPES.get(carc.scope) or words.slug(carc.scope)} only."


def _in_force(entry: Carc | Rarc) -> str:
    since = f"since {words.day(entry.start)}" if entry.start else "start date not known"
    if entry.status == "current":
        return since if entry.start else f"yes, {since}"
    until = f"until {words.day(entry.stop)}" if entry.stop else "stop date not known"
    instead = f"; now {', '.join(entry.replaced_by)}" if isinstance(entry, Carc) and entry.replaced_by else ""
    return f"no longer: {since}, {until}{instead}"


def _basis(entry: Entry) -> str:
    match entry.basis:
        case "code":
            return "Advice written for this code."
        case "kin":
            return f"Advice written for {entry.based_on}, which is worked alike."
    return f"Advice for every code of this cause ({handbook.causes()[entry.based_on].title.lower()})."


def _source(source: str, *basis: str) -> Row:
    return Row("Source", (*basis, lookup.source_words(source)))


def _said(*rows: Row) -> tuple[Row, ...]:
    """The rows that say something."""
    kept = (Row(row.label, tuple(filter(None, row.lines))) for row in rows)
    return tuple(row for row in kept if row.lines)
