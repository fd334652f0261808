"""The last days of a denial (filing, correction, appeal ...), each with all that it rests on.

The limits are defaults, so no day is confirmed: where several may hold, the earliest is the working day and its note
says so. Levels of appeal after the first start with a decision that is not in the denial's remittance.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from reclaim.rules import days, limits, payers
from reclaim.rules.facts import Claim, Classification, Deadline, Plan, Reason
from reclaim.rules.limits import Circle, Clock, Kind, Rule, Where

_SOURCE = "rules/book/deadlines.toml"
_UNCONFIRMED = "A default that nobody in your organization has confirmed: your contract may say otherwise."
_DATES: Mapping[Clock, str] = {
    "notice": "payment or production date",
    "service": "date of service",
    "received": "date on which the payer received the claim",
}


class _Case(NamedTuple):
    """All of a claim that its last days depend on, so that equal claims are answered once."""

    where: Where
    notice: date | None
    service: date | None
    received: date | None = None
    action: str = ""
    appealable: bool = False


class _Answer(NamedTuple):
    days: tuple[Deadline, ...]
    gaps: tuple[Reason, ...]


class _Candidate(NamedTuple):
    day: date
    start: date
    rule: Rule


def deadlines(claim: Claim, classification: Classification, plan: Plan, line_of_business: str) -> tuple[Deadline, ...]:
    """Finds the last days that the next step of a denial, and an appeal beside it, must keep.

    Appeals count from the notice date (BPR16, else DTM*405), timely filing from the service (engineering rules, 7).

    Args:
        claim: The denied adjudication.
        classification: Its cause, and whether it may be appealed.
        plan: Its next step.
        line_of_business: As `payers.line_of_business` answers.

    Returns:
        One day for each kind, the earliest first. Empty only where `gaps` says why.
    """
    return _answer(_case(claim, classification, plan, line_of_business)).days


def gaps(claim: Claim, classification: Classification, plan: Plan, line_of_business: str) -> tuple[Reason, ...]:
    """Says which last days `deadlines` could not count from the same facts, and why."""
    return _answer(_case(claim, classification, plan, line_of_business)).gaps


def payer_due(claim: Claim, line_of_business: str) -> Deadline | None:
    """The day by which the payer had to decide, counted from its receipt of the claim (DTM*050), not from our sending.

    Returns:
        None where the remittance does not say when the claim was received, or no limit is known.
    """
    where = _where(claim, line_of_business, cause="")
    return _deadline("payer_decision", _Case(where, claim.remittance.notice_date, service_date(claim), claim.received))


def service_date(claim: Claim) -> date | None:
    """The day from which timely filing counts: through date of an institutional claim, else the earliest service."""
    if claim.institutional:
        ends = (claim.service_from, *(line.service_to or line.service_from for line in claim.lines))
        return claim.service_to or max((day for day in ends if day), default=None)
    begins = (claim.service_from, *(line.service_from for line in claim.lines))
    return min((day for day in begins if day), default=claim.service_to)


def _case(claim: Claim, classification: Classification, plan: Plan, line_of_business: str) -> _Case:
    return _Case(
        where=_where(claim, line_of_business, classification.cause),
        notice=claim.remittance.notice_date,
        service=service_date(claim),
        action=plan.next.action,
        appealable=classification.appeal_rights,
    )


def _where(claim: Claim, line_of_business: str, cause: str) -> Where:
    payer, told = claim.remittance.payer, limits.telling_remarks()
    remarks = {remark for remark in claim.remarks if remark in told}
    for line in claim.lines:
        remarks.update(remark for remark in line.remarks if remark in told)
    return Where(
        line=line_of_business,
        payer=payers.payer_of(payer) or "",
        state=payers.state_of(payer),
        institutional=claim.institutional,
        cause=cause,
        remarks=frozenset(remarks),
    )


@lru_cache(maxsize=16384)
def _answer(case: _Case) -> _Answer:
    action = limits.actions().get(case.action)
    if action and action.no_day:
        return _Answer((), (_gap(action.no_day),))
    kinds, reasons = _wanted(case, action.kinds if action else ())
    found = {kind: _deadline(kind, case) for kind in kinds}
    missing = tuple(_why_missing(kind, case) for kind, day in found.items() if not day)
    known = [day for day in found.values() if day] or _stand_in(case)
    return _Answer(tuple(sorted(known, key=lambda one: (one.day, one.kind))), (*reasons, *missing))


def _stand_in(case: _Case) -> list[Deadline]:
    """What counts when nothing that the step needs can be counted: no denial is left without a day if any is known."""
    found = [day for kind in ("correction", "review") if (day := _deadline(kind, case))]
    return sorted(found, key=lambda one: one.day)[:1]


def _wanted(case: _Case, kinds: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[Reason, ...]]:
    """Kinds of last day that a case needs, and why there is none for an appeal."""
    also = [one for one in limits.also() if one.line in ("", case.where.line) and one.cause in ("", case.where.cause)]
    lost = [one.why for one in also if one.appeal == "lost"]
    if not case.appealable and not lost:
        lost = ["The payer's codes say that this denial cannot be appealed."]
    kinds += tuple(one.kind for one in also if one.appeal != "needed" or not lost)
    kinds += () if lost else ("appeal_1",)
    return tuple(dict.fromkeys(kinds)) or ("correction",), tuple(_gap(why) for why in lost)


def _deadline(kind: str, case: _Case) -> Deadline | None:
    """The working day of one kind: the earliest of the nearest rules whose clock the remittance starts."""
    for circle in limits.circles(kind, case.where):
        candidates = [found for rule in circle.rules if (found := _candidate(rule, case))]
        if candidates:
            return _made(limits.kinds()[kind], circle, candidates, case.where.state)
    return None


def _candidate(rule: Rule, case: _Case) -> _Candidate | None:
    event = _clocks(case)[limits.events()[rule.starts_from].clock]
    if event is None or rule.value is None:
        return None
    start = days.last_day(event, rule.presumed_days, "calendar_days")
    day = days.last_day(start, rule.value, rule.unit)
    return _Candidate(days.workday(day) if rule.next_workday else day, start, rule)


def _clocks(case: _Case) -> Mapping[Clock, date | None]:
    return {"": None, "notice": case.notice, "service": case.service, "received": case.received}


def _made(kind: Kind, circle: Circle, candidates: list[_Candidate], state: str) -> Deadline:
    chosen = min(candidates, key=lambda one: (one.day, -one.rule.particular))
    rule = chosen.rule
    presumed = f", presumed {rule.presumed_days} days after its date" if rule.presumed_days else ""
    return Deadline(
        kind=kind.name,
        day=chosen.day,
        rule=rule.id,
        value=rule.limit,
        start_event=limits.events()[rule.starts_from].words + presumed,
        start=chosen.start,
        source=_source(rule),
        confidence="low" if circle.lent or rule.state not in ("", state) else rule.confidence,
        confirmed=False,
        note=" ".join(filter(None, _notes(kind, circle, chosen, candidates, state))),
    )


def _source(rule: Rule) -> str:
    return f"{rule.source}{f', as of {rule.as_of}' if rule.as_of else ''}{'' if rule.text_read else ' (text not read)'}"


def _notes(kind: Kind, circle: Circle, chosen: _Candidate, candidates: list[_Candidate], state: str) -> Iterator[str]:
    rule, latest = chosen.rule, max(candidates, key=lambda one: one.day)
    if rule.state not in ("", state):
        yield rule.note
        yield f"It is that of {rule.title}, taken because the payer's name does not tell the state."
    elif circle.lent:
        yield f"The limit that holds is not known here: this is the shortest known of {circle.lent} ({rule.title})."
    else:
        yield rule.note
    if latest.day > chosen.day and not circle.lent:
        last = f"{latest.rule.limit} ({latest.rule.title}), ends {days.in_words(latest.day)}"
        yield f"The earliest of those that may hold; the latest, {last}."
    if kind.name == "correction" and rule.step == "filing":
        yield "A corrected claim does not restart the filing clock, so the limit of the first claim counts."
    yield _UNCONFIRMED


def _why_missing(kind: str, case: _Case) -> Reason:
    words = limits.kinds()[kind].words
    rules = [rule for circle in limits.circles(kind, case.where) for rule in circle.rules]
    clocks = [clock for rule in rules if (clock := limits.events()[rule.starts_from].clock)]
    if not clocks:
        return _gap(f"No limit for {words} is known here: look in your contract or the payer's manual.")
    return _gap(f"The remittance gives no {_DATES[clocks[0]]}, so the deadline for {words} cannot be counted.")


def _gap(text: str) -> Reason:
    return Reason(text, "deadlines", _SOURCE)
