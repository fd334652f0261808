"""Clues about who is insured, by whom, and from when to when."""

from collections.abc import Iterator

from reclaim.rules.causes.kit import Case, Clue, Earlier, look
from reclaim.rules.sent import Insured

_NEAR = 92
"""Days between two services within which a coverage seldom changes."""
_SAME_YEAR = 200
"""Days between two services within which it tells something whom the other one was billed to."""


@look
def corrected_by_the_payer(case: Case) -> Iterator[Clue]:
    """The 835 names the insured as the payer has it (NM1*74)."""
    payer, own = case.around.corrected, case.sent.subscriber
    if payer.member_id and payer.member_id.upper() != own.member_id.text.upper():
        text = f"The payer's remittance corrects the member ID to {payer.member_id}."
        yield Clue("member_id_wrong", 6, text, expected=payer.member_id, value=payer.member_id)
    if payer.last and payer.last.upper() != own.last.text.upper():
        text = f"The payer's remittance corrects the last name to {payer.last}."
        yield Clue("name_mismatch", 6, text, expected=payer.last, value=payer.last)


@look
def other_claims_name_the_patient_otherwise(case: Case) -> Iterator[Clue]:
    """The patient's other claims to the same payer hold another number, name or birth date."""
    own = case.sent.subscriber
    others = [one for one in case.around.history if one.sent.payer_id.text == case.sent.payer_id.text]
    yield from _differs(others, own, "member_id", "member_id_wrong", "member ID")
    yield from _differs(others, own, "last", "name_mismatch", "last name")
    yield from _differs(others, own, "birth", "birth_date_wrong", "date of birth")
    yield from _differs(others, own, "sex", "sex_wrong", "sex")


def _differs(others: list[Earlier], own: Insured, field: str, cause: str, words: str) -> Iterator[Clue]:
    value = getattr(own, field).text
    found = [text for one in others if (text := getattr(one.sent.subscriber, field).text)]
    if not found:
        return
    same = sum(text == value for text in found)
    if same:
        yield Clue(cause, -2.0)
        return
    usual = max(set(found), key=found.count)
    close = field != "member_id" or _mistyped(value, usual)
    count = found.count(usual)
    have = f"{count} other claims of this patient have" if count > 1 else "Another claim of this patient has"
    text = f"{have} {words} {usual} with this payer."
    if close:
        yield Clue(cause, 4.0, text, expected=usual, value=usual)
    else:
        yield Clue("old_coverage", 3.0, text, expected=usual)
        yield Clue(cause, -1.0)


def _mistyped(one: str, other: str) -> bool:
    """Whether two texts differ as by a slip of the keys: the same characters, or one or two of them."""
    if sorted(one) == sorted(other):
        return True
    return abs(len(one) - len(other)) <= 1 and sum(a != b for a, b in zip(one, other, strict=False)) <= 2


@look
def other_claims_show_coverage(case: Case) -> Iterator[Clue]:
    """The patient's other claims near this day: paid under the same number, or billed to somebody else."""
    sent, day = case.sent, case.day
    if day is None:
        return
    for one in case.around.history:
        other = one.sent.service_from
        if other is None or abs((other - day).days) > _NEAR:
            continue
        same = one.sent.payer_id.text == sent.payer_id.text
        number = one.sent.subscriber.member_id.text == sent.subscriber.member_id.text
        if same and number and one.outcome == "paid" and other >= day:
            text = f"The payer paid this patient's service of {other:%m/%d/%Y} under the same number."
            yield Clue("payer_old_file", 1.5, text)
            yield Clue("coverage_ended", -1.5)
            return


@look
def payer_says_until_when(case: Case) -> Iterator[Clue]:
    """The 835 says when the coverage ended (DTM*036, which the guide wants where payment is denied for that)."""
    until, day = case.around.covered_until, case.day
    if until is None or day is None or until >= day:
        return
    text = f"The payer's remittance says that the coverage ended on {until:%m/%d/%Y}, before the service."
    long_ago = (day - until).days > _NEAR
    yield Clue("coverage_ended", 4.0 if long_ago else 5.0, text)
    yield Clue("payer_old_file", 4.0, text)
    more = " Who is without coverage for so long has mostly found another one." if long_ago else ""
    yield Clue("old_coverage", 5.0 if long_ago else 4.0, text + more)


@look
def billed_elsewhere(case: Case) -> Iterator[Clue]:
    """The patient's other claims near this day went to another payer first."""
    sent, day = case.sent, case.day
    near = [
        one
        for one in case.around.history
        if day and (on := one.sent.service_from) and abs((on - day).days) <= _SAME_YEAR and one.sent.order.text == "P"
    ]
    elsewhere = [one for one in near if one.sent.payer_id.text != sent.payer_id.text]
    if elsewhere and len(elsewhere) >= len(near) - len(elsewhere):
        who = elsewhere[0].sent.payer.text
        text = f"{len(elsewhere)} of {len(near)} other claims of this patient around this day went to {who} first."
        yield Clue("old_coverage", 2.5, text)
        yield Clue("other_payer_primary", 2.5, text)
        yield Clue("wrong_payer", 1.0, text)


@look
def other_payer_known(case: Case) -> Iterator[Clue]:
    """The claim or the remittance names another payer."""
    around, sent = case.around, case.sent
    if around.other_payer:
        text = f"The remittance names {around.other_payer} as the payer to go first."
        yield Clue("other_payer_primary", 4.0, text)
    elif sent.order.text == "P" and sent.others:
        text = f"The claim itself names another insurance: {sent.others[0].payer.text}."
        yield Clue("other_payer_primary", 1.0, text)
