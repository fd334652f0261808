"""Clues about procedures, modifiers, diagnoses and places of service."""

from collections import Counter
from collections.abc import Iterator, Sequence
from math import log

from reclaim.rules.causes import contrast
from reclaim.rules.causes.contrast import FEWEST, alike, share
from reclaim.rules.causes.kit import Case, Clue, Sibling, look
from reclaim.rules.sent import SentLine

_ENOUGH = 300
"""So many paid lines of the last year tell what the office bills."""
_USUAL = 3
"""A procedure paid so often in the last year is a valid one."""
_NEVER_ALONE = frozenset({"36416", "94760", "94761", "97010", "97602", "99000", "99001", "99002", "99070", "A4550"})
"""Part of another service in the Medicare physician fee schedule (status B or T): never paid by themselves."""
_OWN = ("ABK", "ABF")


@look
def modifier_that_paid_claims_have(case: Case) -> Iterator[Clue]:
    """Siblings bear a modifier that a denied line lacks."""
    best: tuple[float, Clue] | None = None
    clean = 0
    for line in case.lines:
        for steps in (contrast.PAYERS, contrast.CODED):
            siblings = alike(case, line, steps)
            usual = Counter(code for one in siblings for code in set(one.line.codes))
            if any(code in ("RT", "LT") for code in usual):
                usual = _sided(siblings, usual)
            missing = {code: n for code, n in usual.items() if not _has(line, code)}
            if not missing:
                clean += bool(siblings)
                continue
            code, have = max(missing.items(), key=lambda one: one[1])
            found = contrast.Share(have, len(siblings))
            if best is None or found.weight > best[0]:
                best = found.weight, _modifier_clue(line, code, found)
    if best and best[0] > 0.3:
        yield best[1]
    elif clean or best:
        yield Clue("modifier_missing", -3.0)


def _sided(siblings: Sequence[Sibling], usual: Counter[str]) -> Counter[str]:
    """With right and left counted as one: which of them it is says nothing."""
    for side in ("RT", "LT"):
        del usual[side]
    usual["RT or LT"] = sum(1 for one in siblings if _has(one.line, "RT or LT"))
    return usual


def _has(line: SentLine, code: str) -> bool:
    return bool({"RT", "LT", "50"} & set(line.codes)) if code == "RT or LT" else code in line.codes


def _modifier_clue(line: SentLine, code: str, found: contrast.Share) -> Clue:
    text = (
        f"{found.have} of {found.of} paid lines with {line.procedure.text} had modifier {code}; "
        f"line {line.number} has not."
    )
    value = code if found.tells and code != "RT or LT" else ""
    return Clue("modifier_missing", found.weight, text, line.next_modifier, f"Modifier {code}", value)


@look
def procedure_nobody_pays(case: Case) -> Iterator[Clue]:
    """A denied line has a procedure that no payer paid in the last year; or all are usual ones."""
    billed = case.around.billed
    total = sum(billed.values())
    if total < _ENOUGH:
        return
    strange = [line for line in case.lines if line.procedure and not billed.get(line.procedure.text)]
    if not strange:
        if all(billed.get(line.procedure.text, 0) >= _USUAL for line in case.lines if line.procedure):
            yield Clue("invalid_code", -3.0)
        return
    line = strange[0]
    text = f"None of {total:,} paid lines of the last year had {line.procedure.text}."
    yield Clue("invalid_code", 2.5, text, line.procedure)
    yield Clue("bundled_pair", 1.5, text, line.procedure)


@look
def part_of_another_service(case: Case) -> Iterator[Clue]:
    """A denied line is never paid by itself; or it is, beside the same company."""
    for line in case.lines:
        if line.procedure.text in _NEVER_ALONE:
            text = f"{line.procedure.text} is part of another service and is not paid by itself."
            yield Clue("bundled_pair", 5.0, text, line.procedure)
            yield Clue("payer_wrong_bundle", -2.0)
            yield Clue("invalid_code", -2.0)
            return
    company = {line.procedure.text for line in case.sent.lines}
    paid = [
        one
        for line in case.lines
        for one in case.siblings.get(line.procedure.text, ())
        if one.sent.payer_id.text == case.sent.payer_id.text
        and company & {other.procedure.text for other in one.sent.lines if other.number != one.line.number}
    ]
    if paid:
        text = f"This payer paid {paid[0].line.procedure.text} beside the same other services {len(paid)} times."
        yield Clue("payer_wrong_bundle", 1.0, text)
        yield Clue("bundled_pair", -2.0)


@look
def diagnosis_that_paid_claims_never_have(case: Case) -> Iterator[Clue]:
    """No paid sibling has the first diagnosis of this claim."""
    codes = [one.code for one in case.sent.diagnoses if one.qualifier in _OWN]
    if not codes:
        return
    first = codes[0]
    best = None
    for line in case.lines:
        siblings = alike(case, line, ((),))
        if not siblings:
            continue
        had = Counter(one.sent.diagnoses[0].code.text for one in siblings if one.sent.diagnoses)
        if had[first.text]:
            yield Clue("diagnosis_mismatch", -1.5)
            return
        once = sum(1 for times in had.values() if times == 1)
        weight = min(log((len(siblings) + 1) / (once + 1)), 3.5)
        text = f"None of {len(siblings)} paid claims with {line.procedure.text} had {first.text} as first diagnosis."
        best = max(best or (weight, text), (weight, text))
    if best:
        yield Clue("diagnosis_mismatch", best[0], best[1], first)


@look
def place_of_paid_claims(case: Case) -> Iterator[Clue]:
    """Paid siblings were rendered in another place."""
    if case.sent.form != "P":
        return
    own = case.sent.place_of_service
    best: tuple[float, Clue] | None = None
    for line in case.lines:
        siblings = alike(case, line, contrast.PLACED)
        if not siblings:
            continue
        usual, _ = Counter(one.sent.place_of_service.text for one in siblings).most_common(1)[0]
        found = share(siblings, lambda one: one.sent.place_of_service.text != own.text)
        what = f"{found.have} of {found.of} paid claims with {line.procedure.text}"
        text = f"{what} had another place of service than {own.text}."
        clue = Clue("wrong_place", found.weight, text, own, f"Place of service {usual}", usual if found.tells else "")
        if best is None or found.weight > best[0]:
            best = found.weight, clue
    if best:
        yield best[1] if best[0] > 0.7 else Clue("wrong_place", -2.0)


@look
def same_place_under_another_code(case: Case) -> Iterator[Clue]:
    """Paid claims name the same facility with another place of service."""
    npi, own = case.sent.facility.npi.text, case.sent.place_of_service
    if case.sent.form != "P":
        return
    there = [one.sent.place_of_service.text for one in case.around.siblings if one.sent.facility.npi.text == npi]
    if len(there) < FEWEST or not npi:
        return
    usual, times = Counter(there).most_common(1)[0]
    found = contrast.Share(times, len(there))
    if usual != own.text and found.tells:
        text = f"{times} of {len(there)} paid claims from this facility had place of service {usual}."
        yield Clue("wrong_place", found.weight, text, own, f"Place of service {usual}", usual)
