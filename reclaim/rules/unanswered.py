"""Claims that no payer has decided: what a rejection or a missing answer is worth, until when, and what is normal.

A claim that was turned back never got in: the filing limit of the first one runs on, and a new claim (frequency 1, no
REF F8) must be with the payer before it. A claim without an answer is asked about (276) once the payer's own usual time
is over. (Design: domain, What is a denial; Clocks.)
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from reclaim.rules import claim_status, deadlines, handbook
from reclaim.rules.facts import Claim, Classification, Deadline, Plan, Priority, Remittance, Step
from reclaim.rules.money import ZERO
from reclaim.rules.payers import line_of_business
from reclaim.rules.priority import LastDay, Matter, Weights, prioritize

SHARE = Decimal("0.98")
"""Of a payer's answers, so many come within its normal time: two of a hundred are asked about though merely slow."""
FEWEST = 50
"""Answers from which a payer's normal time is learned: fewer say nothing of the slowest two of a hundred."""
LONGEST = 45
"""Days after which a claim is asked about where no time is known: our own default; most prompt-pay laws give payers 30
days for a clean electronic claim and 45 at the most."""


class SentClaim(NamedTuple):
    """A claim as it was sent, as far as its last days and its worth depend on it."""

    payer: str  # name
    payer_key: str
    filing_indicator: str  # SBR09
    institutional: bool
    service_from: date | None
    service_to: date | None
    charge: Decimal  # US dollars


class Work(NamedTuple):
    """What is to be done about a claim that no payer has decided. Money is US dollars."""

    line_of_business: str
    type: str
    cause: str
    department: str
    preventable: str
    action: str
    step: str  # for a biller, in a sentence or two
    deadlines: tuple[Deadline, ...]  # earliest first
    priority: Priority

    @property
    def days(self) -> str:
        """All last days as a case keeps them."""
        return " ".join(f"{each.kind}:{each.day}" for each in self.deadlines)


class Normal(NamedTuple):
    """Within how many days a payer normally answers, and how that is known."""

    days: int
    answers: int  # that it was learned from; 0: it is a default
    words: str
    source: str


def rejected(claim: SentClaim, codes: str, today: date, weights: Weights | None = None) -> Work:
    """What to do about a claim that was turned back.

    Args:
        claim: as it was sent.
        codes: of the rejection, as `claim_status` reads them; of a 999 or TA1 it reads none.
        today: from which days are counted.
        weights: of the organization; those of the book when none are given.
    """
    group = claim_status.turned_back(codes)
    step = f"{group.words} {handbook.action(group.action).words}"
    sort = group.type, group.cause, group.department, "yes"
    return _work(claim, sort, Step(group.action, step, ()), today, weights)


def unanswered(claim: SentClaim, codes: str, today: date, weights: Weights | None = None) -> Work:
    """What to do about a claim that nobody has answered.

    Args:
        claim: as it was sent.
        codes: of the latest answer to a status request (277); "" when nobody has asked.
        today: from which days are counted.
        weights: of the organization; those of the book when none are given.
    """
    if codes:
        found = claim_status.told(codes)
        step = Step(found.action, found.words, ())
    else:
        step = Step("ask_payer", "Ask the payer for the status of the claim (276), or look in its portal.", ())
    return _work(claim, ("administrative", "payer_process", "billing", "unclear"), step, today, weights)


def normal_time(answered: Mapping[int, int], line: str, payer: str) -> Normal:
    """Within how many days a payer answers normally.

    Args:
        answered: Days from sending to the answer, to how many claims: of this payer, lately.
        line: Its line of business.
        payer: Its name.

    Returns:
        What was learned where there are enough answers (`FEWEST`), else the time that a law gives the payer, else
        `LONGEST`.
    """
    many = sum(answered.values())
    if many >= FEWEST:
        days = _within(sorted(answered.items()), many)
        words = f"{SHARE:.0%} of this payer's last {many:,} answers came within {days} days after the claim was sent."
        return Normal(days, many, words, "your own record, of the last twelve months")
    return _default(line, payer)


def _within(answered: Iterable[tuple[int, int]], many: int) -> int:
    came = 0
    for days, count in answered:
        came += count
        if came >= SHARE * many:
            return max(days, 1)
    raise ValueError("no answers")


@lru_cache(maxsize=4096)
def _default(line: str, payer: str) -> Normal:
    start = date(2026, 1, 1)
    claim = _as_claim(SentClaim(payer, "", "", False, start, start, ZERO), start)
    due = deadlines.payer_due(claim, line)
    if due is None or not 0 < (due.day - due.start).days <= LONGEST:
        words = f"Too few answers of this payer are known to learn its usual time: {LONGEST} days are waited."
        return Normal(LONGEST, 0, words, "our own default")
    days = (due.day - due.start).days
    words = f"Too few answers of this payer are known to learn its usual time: a payer of its kind has {due.value}."
    return Normal(days, 0, words, due.source)


def _work(claim: SentClaim, sort: tuple[str, str, str, str], step: Step, today: date, weights: Weights | None) -> Work:
    type_, cause, department, preventable = sort
    line = line_of_business(claim.filing_indicator, claim.payer)
    found = Classification(type_, cause, department, preventable, "", appeal_rights=False, reasons=())
    new = Plan(Step("new_claim", "", ()), ())  # whatever comes first: a claim must be with the payer by then
    days = deadlines.deadlines(_as_claim(claim, None), found, new, line)
    known = tuple(LastDay(each.kind, each.day) for each in days)
    matter = Matter(step.action, type_, cause, line, claim.charge, known)
    return Work(line, *sort, step.action, step.text, days, prioritize(matter, today, weights))


def _as_claim(claim: SentClaim, received: date | None) -> Claim:
    """The claim as the rules of deadlines read one: nothing is answered."""
    return Claim(
        remittance=Remittance(claim.payer, claim.payer_key, "", None, None),
        control_number="",
        payer_control_number="",
        status="",
        filing_indicator=claim.filing_indicator,
        charge=claim.charge,
        paid=None,
        patient_responsibility=None,
        service_from=claim.service_from,
        service_to=claim.service_to,
        received=received,
        institutional=claim.institutional,
        adjustments=(),
        remarks=(),
        lines=(),
    )
