"""What a slip does to a claim as it is sent: each function changes the claim and hands back what was right before."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from random import Random
from typing import Any, NamedTuple

from reclaim.rules.shelf import entries
from reclaim.world.causes import BOOK, Name
from reclaim.world.model import Claim, Coverage, Line, Payer
from reclaim.world.payers import for_form
from reclaim.world.people import covered

Was = tuple[tuple[str, Any], ...]
"""Attributes of the claim and what they held when it was right."""


class _Extra(NamedTuple):
    procedure: str
    charge: int


class _Unfit(NamedTuple):
    code: str


class _Retired(NamedTuple):
    code: str
    ended: int


def member_id_wrong(claim: Claim, _number: int, chance: Random, _payers: Mapping[str, Payer]) -> Was:
    """A member number with a slip of the keys."""
    was = (("member_id", claim.member_id),)
    claim.member_id = _mistyped(claim.member_id or claim.coverage.member_id, 0, chance)
    return was


def name_mismatch(claim: Claim, _number: int, chance: Random, _payers: Mapping[str, Payer]) -> Was:
    """A last name spelled otherwise."""
    was = (("last_name", claim.last_name),)
    claim.last_name = _mistyped(claim.last_name or claim.patient.last, 1, chance)
    return was


def birth_date_wrong(claim: Claim, _number: int, chance: Random, _payers: Mapping[str, Payer]) -> Was:
    """Day and month of birth changed about, or another year."""
    was = (("birth", claim.birth),)
    born = claim.birth or claim.patient.birth
    wrong = [born.replace(year=born.year - years, day=min(born.day, 28)) for years in (1, 10)]
    if born.day != born.month and born.day <= 12:
        swapped = date(born.year, born.day, born.month)
        wrong += [swapped] * 2 if swapped <= claim.service_from else []
    claim.birth = chance.choice(wrong)
    return was


def old_coverage(claim: Claim, _number: int, chance: Random, payers: Mapping[str, Payer]) -> Was:
    """The patient's last coverage before, or an old member number at the same payer."""
    ended = [one for one in claim.patient.coverages if one.until and one.until < claim.service_from]
    if ended:
        return _bill(claim, max(ended, key=_end), payers)
    now = claim.coverage
    until = claim.service_from - timedelta(days=chance.randint(20, 300))
    shift = chance.randint(1, 9)
    number = "".join(str((int(one) + shift) % 10) if one.isdigit() else one for one in now.member_id)
    old = replace(now, member_id=number, since=until - timedelta(days=365), until=until)
    return _bill(claim, old, payers)


def coverage_ended(claim: Claim, _number: int, chance: Random, payers: Mapping[str, Payer]) -> Was:
    """The coverage as billed, but over some days before the service."""
    until = claim.service_from - timedelta(days=chance.randint(1, 60))
    since = min(claim.coverage.since, until - timedelta(days=180))
    return _bill(claim, replace(claim.coverage, since=since, until=until), payers)


def other_payer_primary(claim: Claim, _number: int, _chance: Random, payers: Mapping[str, Payer]) -> Was:
    """The second of the patient's coverages billed as if it were the first; nothing where only one is known."""
    held = covered(claim.patient, claim.service_from, claim.form)
    other = next((one for one in held if one.member_id != claim.coverage.member_id), None)
    return _bill(claim, other, payers) if other else ()


def auth_missing(claim: Claim, _number: int, _chance: Random, _payers: Mapping[str, Payer]) -> Was:
    """No authorization number."""
    was = (("authorization", claim.authorization),)
    claim.authorization = ""
    return was


def auth_wrong(claim: Claim, _number: int, chance: Random, _payers: Mapping[str, Payer]) -> Was:
    """An authorization number with a slip of the keys."""
    was = (("authorization", claim.authorization),)
    claim.authorization = _mistyped(claim.authorization, 0, chance)
    return was


def referral_missing(claim: Claim, _number: int, _chance: Random, _payers: Mapping[str, Payer]) -> Was:
    """No referral number."""
    was = (("referral", claim.referral),)
    claim.referral = ""
    return was


def modifier_missing(claim: Claim, number: int, chance: Random, _payers: Mapping[str, Payer]) -> Was:
    """A line without one of its modifiers."""
    line = claim.lines[number - 1]
    left = list(line.modifiers)
    left.pop(chance.randrange(len(left)))
    return _rewrite(claim, replace(line, modifiers=tuple(left)))


def bundled_pair(claim: Claim, number: int, chance: Random, _payers: Mapping[str, Payer]) -> Was:
    """One more line, for something that is part of another service and worth nothing by itself."""
    extra = chance.choice(_extras())
    first = claim.lines[0]
    was = (("lines", claim.lines),)
    added = replace(
        first,
        number=number,
        control_number=f"{first.control_number}X",
        procedure=extra.procedure,
        modifiers=(),
        units=1,
        charge=extra.charge,
        allowed=0,
    )
    claim.lines = [*claim.lines, added]
    return was


def diagnosis_mismatch(claim: Claim, _number: int, chance: Random, _payers: Mapping[str, Payer]) -> Was:
    """A first diagnosis that explains nothing."""
    was = (("diagnoses", claim.diagnoses),)
    unfit = [code for code in _unfit() if code not in claim.diagnoses]
    claim.diagnoses = (chance.choice(unfit), *claim.diagnoses[1:])
    return was


def invalid_code(claim: Claim, number: int, chance: Random, _payers: Mapping[str, Payer]) -> Was:
    """A line with a procedure code that has ended, alike in its first figure if there is one."""
    line = claim.lines[number - 1]
    codes = _retired()
    alike = [code for code in codes if code[0] == line.procedure[0]]
    return _rewrite(claim, replace(line, procedure=chance.choice(alike or codes)))


def wrong_place(claim: Claim, _number: int, _chance: Random, _payers: Mapping[str, Payer]) -> Was:
    """The office (11) for the hospital's outpatient department (22), or the other way round."""
    was = (("location", claim.location),)
    claim.location = replace(claim.location, place_of_service="22" if claim.location.place_of_service == "11" else "11")
    return was


def filed_late(claim: Claim, _number: int, chance: Random, _payers: Mapping[str, Payer]) -> Was:
    """A claim that leaves after the filing limit, counted from the last day of service; nobody can undo that."""
    claim.submitted = claim.service_to + timedelta(days=claim.payer.habits.filing_days + chance.randint(2, 45))
    return ()


SLIPS: Mapping[Name, Callable[[Claim, int, Random, Mapping[str, Payer]], Was]] = {
    "member_id_wrong": member_id_wrong,
    "name_mismatch": name_mismatch,
    "birth_date_wrong": birth_date_wrong,
    "old_coverage": old_coverage,
    "coverage_ended": coverage_ended,
    "other_payer_primary": other_payer_primary,
    "auth_missing": auth_missing,
    "auth_wrong": auth_wrong,
    "referral_missing": referral_missing,
    "modifier_missing": modifier_missing,
    "bundled_pair": bundled_pair,
    "diagnosis_mismatch": diagnosis_mismatch,
    "invalid_code": invalid_code,
    "wrong_place": wrong_place,
    "filed_late": filed_late,
}
"""The causes that show on the claim as it is sent, or in the day it is sent. Others leave it as it is."""


def _bill(claim: Claim, coverage: Coverage, payers: Mapping[str, Payer]) -> Was:
    was = (("coverage", claim.coverage), ("payer", claim.payer))
    payer = payers[for_form(coverage.payer, claim.form)]
    if payer.id != coverage.payer:
        coverage = replace(coverage, payer=payer.id, plan=payer.plans[0])
    claim.coverage, claim.payer = coverage, payer
    return was


def _rewrite(claim: Claim, line: Line) -> Was:
    was = (("lines", claim.lines),)
    claim.lines = [line if one.number == line.number else one for one in claim.lines]
    return was


def _mistyped(text: str, start: int, chance: Random) -> str:
    """Two neighbors changed about, from `start` on; where all are alike, the last one doubled."""
    places = [place for place in range(start, len(text) - 1) if text[place] != text[place + 1]]
    if not places:
        return text + text[-1:]
    place = chance.choice(places)
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]


def _end(coverage: Coverage) -> date:
    return coverage.until or date.max


@cache
def _extras() -> tuple[_Extra, ...]:
    return entries(BOOK, "extra", _Extra)


@cache
def _unfit() -> tuple[str, ...]:
    return tuple(row.code for row in entries(BOOK, "unfit", _Unfit))


@cache
def _retired() -> tuple[str, ...]:
    return tuple(row.code for row in entries(BOOK, "retired", _Retired))
