"""The next step for a denial and the alternatives, best first: which steps, in which order; steps.py says them."""

from functools import lru_cache

from reclaim.codes import lookup
from reclaim.codes.lookup import Carc
from reclaim.rules import handbook, steps
from reclaim.rules.bearing import Bearing, bearing
from reclaim.rules.facts import Claim, Classification, Identification, Kind, Plan, Reason, Step
from reclaim.rules.handbook import Entry, Overrule, entry
from reclaim.rules.remarks import completing, deciding, no_appeal
from reclaim.rules.steps import Situation

__all__ = ["Entry", "entry", "plan", "plan_for_codes"]

_ALTERNATIVES = 4
"""Shown beside the next step: more would hide the good ones."""


def plan(claim: Claim, identification: Identification, classification: Classification, line_of_business: str) -> Plan:
    """Says what to do about an adjudication.

    A code's own remedy (codes/carc.csv) comes first, unless its remark knows better or overrules it. How a correction
    is sent depends on the line of business, and on whether the payer processed the claim. (Design: domain, Correcting
    a claim; engineering rules, 5 and 6.)

    Args:
        claim: The adjudication.
        identification: What it is.
        classification: Of what sort the denial is; its `appeal_rights` False removes every appeal.
        line_of_business: medicare_ffs, commercial ... or unknown.

    Returns:
        The next step and the alternatives, best first. What is no denial gets the step that settles it.
    """
    return _plan(_situation(claim, identification, classification, line_of_business))


def plan_for_codes(code: str, remarks: tuple[str, ...], line_of_business: str = "unknown") -> Plan:
    """Says what to do about a combination of codes alone, as on a professional claim that the payer numbered.

    Args:
        code: Group and reason code, `CO-16`.
        remarks: The remark codes beside it.
        line_of_business: As for `plan`.

    Returns:
        The plan for a denial by these codes; what is the patient's share by its group gets the step for that.
    """
    group, _, carc = code.partition("-")
    reason = lookup.carc(carc)
    return _plan(
        Situation(
            kind=Kind.PATIENT_RESPONSIBILITY if bearing(group, carc) is Bearing.PATIENT else Kind.DENIED,
            group=group,
            carc=carc,
            remarks=remarks,
            overruling=tuple(sorted(handbook.overruling().intersection(remarks))),
            cause=told.says.cause if (told := deciding(carc, remarks)) else reason.cause if reason else "unknown",
            line=line_of_business,
            form="professional",
            numbered=True,
            appealable=no_appeal(remarks, remarks) is None,
        )
    )


def _situation(claim: Claim, identification: Identification, classification: Classification, line: str) -> Situation:
    patients = identification.kind is Kind.PATIENT_RESPONSIBILITY
    primary = classification.primary or (_code_for_the_patient(claim) if patients else "")
    code, *named = primary.split() if "-" in primary else ["", *primary.split()]
    group, _, carc = code.partition("-")
    told = zip(identification.denying, identification.beside, strict=False)
    beside = next((remarks for denying, remarks in told if denying.code == code), identification.remarks)
    return Situation(
        kind=identification.kind,
        group=group,
        carc=carc,
        remarks=tuple(dict.fromkeys((*named, *beside))),
        overruling=tuple(sorted(handbook.overruling() & {*named, *identification.remarks, *claim.remarks})),
        cause=classification.cause,
        line=line,
        form="institutional" if claim.institutional else "professional",
        numbered=bool(claim.payer_control_number.strip("0 ")),
        appealable=classification.appeal_rights,
    )


def _code_for_the_patient(claim: Claim) -> str:
    """The code that puts the claim on the patient; of several, one that asks for a notice: the step depends on it."""
    every = (*claim.adjustments, *(one for line in claim.lines for one in line.adjustments))
    codes = [one for one in every if one.group == "PR"]
    noticed = (one for one in codes if (known := entry(one.carc)) and known.notice)
    return next((one.code for one in (*noticed, *codes)), "")


@lru_cache(maxsize=8192)
def _plan(case: Situation) -> Plan:
    by_action: dict[str, Step] = {}
    for step in _steps(case):
        by_action.setdefault(step.action, step)
    best, *others = by_action.values()
    return Plan(best._replace(reasons=(*steps.about(case), *best.reasons)), tuple(others[:_ALTERNATIVES]))


def _steps(case: Situation) -> list[Step]:
    if not case.kind.is_denial:
        return [_settled(case)]
    if rule := _overrule(case):
        return [_overruled(case, rule), *_doable(case, ["appeal", "write_off"] if rule.appeal else ["write_off"])]
    if question := _question(case):
        return [steps.ask(case, question), *_doable(case, ["appeal", "write_off"])]
    remedies = _remedies(case)
    doable = _doable(case, remedies)
    only_write_off = [step.action for step in doable] == ["write_off"] != remedies[:1]
    return [steps.step(case, "verify_and_reprocess"), *doable] if only_write_off else doable


def _settled(case: Situation) -> Step:
    row = handbook.settled().get(case.kind) or handbook.settled()[Kind.PAID]
    if row.action == "bill_patient" and case.carc:
        return steps.step(case, "bill_patient")
    return Step(row.action, row.words, ())


def _overrule(case: Situation) -> Overrule | None:
    for rule in handbook.overrules():
        by_remark = not rule.remarks or not set(rule.remarks).isdisjoint(case.overruling)
        if by_remark and (not rule.codes or case.carc in rule.codes) and (not rule.lines or case.line in rule.lines):
            return rule
    return None


def _overruled(case: Situation, rule: Overrule) -> Step:
    step = steps.step(case, rule.action)
    reason = Reason(rule.why, "playbook.overrule", rule.source)
    return Step(step.action, rule.words or step.text, (reason, *step.reasons))


def _question(case: Situation) -> str:
    """The question to the payer that comes before any other step; empty when there is none."""
    if case.kind is Kind.SILENT:
        return "silent"
    if case.kind is Kind.TAKEBACK:
        return ""
    code = lookup.carc(case.carc)
    if code is None:
        return "unknown_code" if case.carc else "" if _remedy_of_remark(case, [], anything=True) else "no_code"
    return "no_remark" if code.remark_required and not completing(case.remarks) else ""


def _remedies(case: Situation) -> list[str]:
    """Remedies, best first; the write-off comes last unless it is the code's own."""
    code = lookup.carc(case.carc)
    own = _own_remedies(code, case.group) if code and code.is_denial != "false" else []
    if case.kind is Kind.TAKEBACK:
        own = ["appeal", "verify_and_reprocess", *own]
    elif better := _remedy_of_remark(case, own, anything=code is None or code.remark_required):
        own = [better, *own]
    best, *others = own or ["verify_and_reprocess"]
    return [best, *(name for name in others if name != "write_off"), "appeal", "write_off"]


def _own_remedies(code: Carc, group: str) -> list[str]:
    """What PR leaves to the patient, another group leaves to us: then an appeal goes before the other remedies."""
    own = [code.remedy, *code.alternatives]
    ours = code.is_denial == "depends_on_group" and code.remedy == "bill_patient" and group != "PR"
    return ["appeal", *own[1:]] if ours and "appeal" in own else own


def _remedy_of_remark(case: Situation, own: list[str], *, anything: bool) -> str:
    """What a remark calls for, when the code leaves the choice to it or allows it among its own remedies."""
    if case.group == "PR" and own[:1] == ["bill_patient"]:
        return ""
    for remark in case.remarks:
        known = lookup.rarc(remark)
        if known and not known.alert and known.remedy and (anything or known.remedy in own):
            return known.remedy
    return ""


def _doable(case: Situation, names: list[str]) -> list[Step]:
    """The steps of these remedies that this case allows."""
    return [step for name in names for step in _allowed(case, name)]


def _allowed(case: Situation, name: str) -> list[Step]:
    if name == "post_only" or (name == "appeal" and not case.appealable):
        return []
    if name == "bill_patient" and case.group != "PR":
        return _ask_who_is_liable(case)
    return [steps.step(case, _sent_again(case) if name == "correct_and_resubmit" else name)]


def _ask_who_is_liable(case: Situation) -> list[Step]:
    """Under another group code than PR the patient must not be billed, whatever the reason code suggests."""
    code = lookup.carc(case.carc)
    usually_the_patient = code is not None and code.remedy == "bill_patient" and code.is_denial == "true"
    return [steps.ask(case, "liability")] if usually_the_patient else []


def _sent_again(case: Situation) -> str:
    """How a claim that the payer processed is corrected on this line of business."""
    return handbook.line(case.line).professional if case.form == "professional" else "replacement"
