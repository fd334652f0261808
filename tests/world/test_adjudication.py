"""Payers answer as payers do: every answer balances, its truth is the truth, and the product reads it so."""

from collections import Counter
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import NamedTuple

import pytest

from reclaim.rules import classify, facts, identify
from reclaim.world import combos, pricing
from reclaim.world.adjudication import Adjudicator
from reclaim.world.causes import causes
from reclaim.world.chance import stream
from reclaim.world.combos import UNDERPAID
from reclaim.world.faults import Faults, repaired
from reclaim.world.hidden import Hidden
from reclaim.world.model import Acknowledged, Adjust, Answer, Claim, Coverage, Fault
from reclaim.world.payers import payers
from reclaim.world.regimes import regime
from tests.world import clean

CLAIMS = 1500
DENIALS = ("denied", "denied_in_part", "silent", "takeback")
LATER = date(2026, 3, 2)


class World(NamedTuple):
    """Claims of a year, and all that payers said of them at first and later."""

    sent: list[tuple[Claim, Acknowledged]]
    first: list[Answer]  # to claims as the office sent them
    second: list[Answer]  # of second payers
    later: list[Answer]  # reversals, corrections, denials upheld, takebacks

    @property
    def answers(self) -> list[Answer]:
        return [*self.first, *self.second, *self.later]


def adjudicator(seed: int = 1, name: str = "typical") -> Adjudicator:
    events = clean.events(seed)
    return Adjudicator(seed, payers(), Hidden(seed, regime(name), events), events, regime(name))


@cache
def world(seed: int = 1, claims: int = CLAIMS) -> World:
    desk = adjudicator(seed, "hard")
    faults = Faults(seed, regime("hard"), clean.events(seed), clean.WORKERS)
    sent, first = [], []
    for claim in clean.claims(claims, seed):
        whatever_is_allowed(claim)
        faults.strike(claim)
        for _ in range(1 + any(one.kind == "duplicate_sent" for one in claim.faults)):
            acknowledged = desk.acknowledge(claim, claim.submitted + timedelta(days=1))
            sent.append((claim, acknowledged))
            first += desk.answer(claim, acknowledged)
    second = [answer for one in first if (next_ := after(one)) for answer in answered(desk, next_)]
    return World(sent, first, second, [answer for one in first for answer in later(desk, one)])


def whatever_is_allowed(claim: Claim) -> None:
    """The price of a line is a share of its charge; some patients have a second insurance."""
    for line in claim.lines:
        line.allowed = int(line.charge * claim.payer.pays)
    number = int(claim.id[1:])
    second = ("ELDER", "CEDAR", "HARBOR", "")[number % 4]
    if second and second != claim.payer.id:
        other = Coverage(second, "", f"S{number:08}", "", date(2020, 1, 1), None)
        claim.patient = replace(claim.patient, coverages=(*claim.patient.coverages, other))


def after(answer: Answer) -> Claim | None:
    """The claim to the second payer, where there is one and something was decided."""
    claim = answer.claim
    second = next((one for one in claim.patient.coverages if one.member_id.startswith("S")), None)
    if second is None or answer.kind in ("forwarded", "predetermination") or answer.part:
        return None
    new = copy(claim)
    new.order, new.prior, new.coverage, new.payer, new.faults = 2, answer, second, payers()[second.payer], []
    return new


def later(desk: Adjudicator, answer: Answer) -> Iterator[Answer]:
    if answer.denied:
        lines = [one.line.number for one in answer.lines if one.denied]
        yield desk.upheld(answer, LATER)
        yield desk.correct(answer, LATER, None, "appeal")
        yield desk.correct(answer, LATER, set(lines[:1]), "records")
    elif answer.paid:
        yield desk.reverse(answer, LATER)
        taken = desk.retract(answer, LATER)
        yield taken
        yield desk.correct(taken, LATER, None, "appeal")


def answered(desk: Adjudicator, claim: Claim, received: date | None = None) -> list[Answer]:
    return desk.answer(claim, desk.acknowledge(claim, received or claim.submitted))


def one_claim(payer: str, form: str = "P", number: int = 7) -> Claim:
    return clean.claim(number, stream(number, "one claim"), payers()[payer], form)


def struck(payer: str, kind: str, line: int = 0, form: str = "P", number: int = 7) -> Claim:
    claim = one_claim(payer, form, number)
    claim.faults = [Fault(kind, "", line, "REG-0")]
    return claim


# --- what always holds ------------------------------------------------------------------------------------------------


def total(adjustments: Sequence[Adjust], group: str = "") -> int:
    return sum(one.cents for one in adjustments if group in ("", one.group))


def everything(answer: Answer) -> list[Adjust]:
    return [*answer.adjustments, *(one for line in answer.lines for one in line.adjustments)]


def test_every_line_and_every_claim_balances() -> None:
    for answer in world().answers:
        assert answer.charge == answer.paid + total(everything(answer))
        assert all(one.cents for one in everything(answer))
        for line in answer.lines:
            assert line.line.charge == line.paid + total(line.adjustments)
        if answer.lines:
            assert answer.charge == sum(line.line.charge for line in answer.lines)
            assert answer.paid == sum(line.paid for line in answer.lines) - total(answer.adjustments)


def test_together_the_answers_to_a_claim_are_as_large_as_the_claim() -> None:
    charged: Counter[str] = Counter()
    for answer in world().first:
        if answer.status != "25":
            charged[answer.payer_control_number if not answer.part else answer.claim.id] += answer.charge
    split = {answer.claim.id for answer in world().first if answer.part}
    assert split
    for claim, acknowledged in world().sent:
        if acknowledged.accepted and not (claim.id in split and claim.faults):
            number = claim.id if claim.id in split else acknowledged.payer_control_number
            assert charged[number] == claim.charge


def test_the_patient_owes_what_stands_under_pr_unless_nothing_was_decided() -> None:
    for answer in world().answers:
        undone = answer.status in ("22", "23", "25")
        assert answer.patient_responsibility == (0 if undone else total(everything(answer), "PR"))


def test_denied_cents_are_those_of_the_denying_codes() -> None:
    for answer in world().answers:
        assert (answer.denied is not None) == (answer.kind in DENIALS)
        at_lines = sum(line.denied for line in answer.lines)
        if not answer.denied:
            assert not at_lines
            continue
        code = answer.denied.codes.split()[0]
        told = sum(one.cents for one in answer.adjustments if f"{one.group}-{one.carc}" == code)
        for line in answer.lines:
            if line.denied:
                told += sum(one.cents for one in line.adjustments if f"{one.group}-{one.carc}" == code)
                assert line.paid == 0
        assert answer.denied.cents == told > 0
        assert at_lines in (0, told)


def test_a_denial_at_the_claim_has_no_lines() -> None:
    at_claim = [one for one in world().answers if one.denied and one.adjustments]
    assert at_claim
    assert not any(one.lines for one in at_claim)


def test_every_kind_of_answer_occurs() -> None:
    rare = {"forwarded", "predetermination"}  # these have tests of their own
    kinds = {answer.kind for answer in world().answers}
    assert kinds - rare == {kind.value for kind in facts.Kind} - rare - {"pending"}


def test_the_same_seed_gives_the_same_answers() -> None:
    def said(seed: int) -> list[object]:
        world.cache_clear()
        return [(one.key, one.kind, one.paid, one.denied and one.denied.codes) for one in world(seed, 200).answers]

    once = said(1)
    assert said(1) == once
    assert said(2) != once


def test_control_numbers_are_unique_short_and_plain() -> None:
    numbers = [one.payer_control_number for _, one in world().sent if one.accepted]
    assert len(set(numbers)) == len(numbers)
    assert all(number.isalnum() and number.isascii() and len(number) <= 20 for number in numbers)
    assert len({one.key for one in world().first}) == len(world().first)


# --- the product reads what the world means ---------------------------------------------------------------------------


def dollars(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def as_facts(answer: Answer) -> facts.Claim:
    """What the product gets of an answer."""

    def reasons(adjustments: Sequence[Adjust]) -> tuple[facts.Adjustment, ...]:
        return tuple(facts.Adjustment(one.group, one.carc, dollars(one.cents)) for one in adjustments)

    claim, payer = answer.claim, answer.claim.payer
    return facts.Claim(
        remittance=facts.Remittance(payer.name, payer.payer_id, "T1", answer.day, None),
        control_number=claim.control_number,
        payer_control_number=answer.payer_control_number,
        status=answer.status,
        filing_indicator=payer.filing_indicator,
        charge=dollars(answer.charge),
        paid=dollars(answer.paid),
        patient_responsibility=dollars(answer.patient_responsibility),
        service_from=claim.service_from,
        service_to=claim.service_to,
        received=answer.received,
        institutional=claim.form == "I",
        adjustments=reasons(answer.adjustments),
        remarks=tuple(answer.remarks),
        lines=tuple(
            facts.Line(
                procedure=one.line.procedure,
                modifiers=one.line.modifiers,
                revenue_code=one.line.revenue_code,
                charge=dollars(one.line.charge),
                paid=dollars(one.paid),
                service_from=one.line.day,
                service_to=one.line.day,
                adjustments=reasons(one.adjustments),
                remarks=tuple(one.remarks),
            )
            for one in answer.lines
        ),
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_the_product_identifies_every_answer_and_its_dollars(seed: int) -> None:
    for answer in world(seed).answers:
        found = identify.identify(as_facts(answer))
        kind = (
            "denied" if answer.kind == "takeback" else answer.kind
        )  # alone, it is a denial; the reversal makes it more
        assert (found.kind, found.denied_amount) == (kind, dollars(answer.denied.cents if answer.denied else 0)), answer
        if answer.lines and answer.denied:
            assert found.denied_lines == tuple(dollars(one.denied) for one in answer.lines)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_product_reads_the_type_of_every_denial_that_is_not_vague(seed: int) -> None:
    told = [one for one in world(seed).answers if one.denied and not one.denied.vague]
    assert len(told) > CLAIMS / 10
    for answer in told:
        found = identify.identify(as_facts(answer))
        assert answer.denied
        assert classify.classify(found, answer.day).type == answer.denied.type, answer.denied


# --- the front door ---------------------------------------------------------------------------------------------------


def test_a_rejected_claim_says_why_and_is_never_answered() -> None:
    desk = adjudicator()
    rejected = [(claim, one) for claim, one in world().sent if not one.accepted]
    assert rejected
    for claim, acknowledged in rejected:
        assert acknowledged.fault in claim.faults
        assert acknowledged.fault
        cause = causes()[acknowledged.fault.kind]
        assert (acknowledged.category, acknowledged.status) == (cause.category, cause.status)
        assert acknowledged.payer_control_number == ""
        assert desk.answer(claim, acknowledged) == []


def test_medicare_takes_no_replacement() -> None:
    claim = one_claim("MEDB")
    claim.frequency = "7"
    refused = adjudicator().acknowledge(claim, claim.submitted)
    assert (refused.accepted, refused.category, refused.status) == (False, "A7", "535")
    claim = one_claim("HARBOR")
    claim.frequency = "7"
    assert adjudicator().acknowledge(claim, claim.submitted).accepted


# --- by which check, and when -----------------------------------------------------------------------------------------


def test_the_first_check_that_finds_something_denies() -> None:
    claim = struck("HARBOR", "not_covered", line=1)
    claim.faults.append(Fault("coverage_ended", "", 0, "REG-0"))
    (answer,) = answered(adjudicator(), claim)
    assert answer.denied
    assert answer.denied.cause == "coverage_ended"


@pytest.mark.parametrize("kind", sorted(set(causes()) - {UNDERPAID, "duplicate_sent"}))
def test_every_cause_denies(kind: str) -> None:
    found = Counter[str]()
    desk = adjudicator()
    for number in range(30):
        claim = struck("HARBOR", kind, number=number)
        for answer in answered(desk, claim):
            if answer.denied and answer.denied.rule:
                continue  # a rule of the payer stands before this check
            found[answer.denied.cause if answer.denied else answer.kind] += 1
            if answer.denied:
                assert answer.denied.fault is claim.faults[0]
                assert answer.denied.type == causes()[answer.denied.cause].type
                assert answer.denied.rightful is causes()[answer.denied.cause].rightful
    assert found[kind] >= 15
    assert set(found) <= {kind, "forwarded", "patient_responsibility_only"}


def test_a_fault_of_a_line_denies_that_line_only() -> None:
    desk = adjudicator()
    for number in range(40):
        claim = struck("GARNET", "invalid_code", line=1, number=number)
        for answer in answered(desk, claim):
            denied = [one.line.number for one in answer.lines if one.denied]
            assert denied in ([1], []) if len(claim.lines) > 1 else answer.kind in DENIALS


def test_the_second_of_two_equal_claims_is_the_duplicate_whichever_is_answered_first() -> None:
    claim = struck("HARBOR", "duplicate_sent")
    desk = adjudicator()
    once, twice = (desk.acknowledge(claim, claim.submitted + timedelta(days=days)) for days in (1, 2))
    (again,) = desk.answer(claim, twice)
    (first,) = desk.answer(claim, once)
    assert first.denied is None
    assert again.because == "duplicate"
    assert again.denied
    assert again.denied.cause == "duplicate_sent"


def test_a_claim_after_the_limit_is_late_without_anybodys_fault() -> None:
    limit = payers()["HARBOR"].habits.filing_days
    claim = one_claim("HARBOR")
    (in_time,) = answered(adjudicator(), claim, claim.service_from + timedelta(days=limit))
    (late,) = answered(adjudicator(), claim, claim.service_from + timedelta(days=limit + 1))
    assert in_time.denied is None
    assert late.denied
    assert late.denied.cause == "filed_late"


def test_a_hidden_rule_stands_in_the_truth_with_its_version() -> None:
    ruled = [one for one in world().first if one.denied and one.denied.rule]
    assert ruled
    for answer in ruled:
        assert answer.denied
        assert answer.denied.cause in combos.groups()
        assert answer.denied.fault is None
        assert "/" in answer.denied.rule


def test_payers_pay_on_their_days_and_medicare_not_before_the_fourteenth() -> None:
    for answer in world().first:
        payer = answer.claim.payer
        assert answer.day.weekday() in payer.habits.pays_on
        if payer.line_of_business == "medicare_ffs":
            assert (answer.day - answer.received).days >= 14


def test_a_payer_is_slower_in_a_harder_world() -> None:
    def days(name: str) -> int:
        desk = adjudicator(1, name)
        claims = [one_claim("HARBOR", number=number) for number in range(100)]
        return sum((one.day - one.received).days for claim in claims for one in answered(desk, claim))

    assert days("hard") > 1.1 * days("calm")


def test_denials_are_vague_as_often_as_the_payer_likes_and_more_in_a_harder_world() -> None:
    def share(name: str) -> float:
        desk = adjudicator(1, name)
        answers = [one for n in range(600) for one in answered(desk, struck("HARBOR", "auth_missing", number=n))]
        return sum(one.denied.vague for one in answers if one.denied) / len(answers)

    habit = payers()["HARBOR"].habits.vague
    assert abs(share("typical") - habit) < 0.05
    assert share("hard") > share("typical") > share("calm")


# --- money ------------------------------------------------------------------------------------------------------------


def priced_claim(payer: str) -> Claim:
    claim = one_claim(payer)
    claim.lines = [replace(claim.lines[0], procedure="72148", charge=100_000, allowed=50_000)]
    return claim


def codes(answer: Answer) -> dict[str, int]:
    return {f"{one.group}-{one.carc}": one.cents for one in everything(answer)}


def test_medicare_pays_the_contract_less_the_patients_part_and_sequestration() -> None:
    found = codes(answered(adjudicator(), priced_claim("MEDB"))[0])
    left = 50_000 - found.get("PR-1", 0)
    assert found["CO-45"] == 50_000
    assert found["PR-2"] == int(left * 0.2 + 0.5)
    assert found["CO-253"] == int((left - found["PR-2"]) * 0.02 + 0.5)


def test_a_patient_never_owes_more_than_the_deductible_of_a_year() -> None:
    pricer, chance = pricing.Pricer(), stream(1, "deductible")
    claim = priced_claim("HARBOR")
    claim.service_from = date(2025, 1, 2)
    year: list[int] = []
    for number in range(40):
        claim.patient = replace(claim.patient, id=f"P{number % 10}")
        priced = pricer.price(claim, claim.lines, chance, slips=False)
        year.append(total([one for one in priced[0].adjustments if one.carc == "1"]))
    by_patient = [sum(year[number::10]) for number in range(10)]
    assert max(by_patient) > 0
    assert max(by_patient) <= payers()["HARBOR"].deductible


def test_a_wrong_fee_pays_less_and_is_no_denial() -> None:
    right, wrong = priced_claim("PEBBLE"), priced_claim("PEBBLE")
    wrong.faults = [Fault(UNDERPAID, "", 1, "PEBBLE")]
    (fair,), (short,) = answered(adjudicator(), right), answered(adjudicator(), wrong)
    assert (fair.kind, short.kind) == ("paid", "paid")
    assert 0.69 * fair.paid < short.paid < 0.93 * fair.paid
    desk = adjudicator()
    mended = desk.correct(answered(desk, wrong)[0], LATER, None, "appeal")
    assert mended.paid == fair.paid


def test_the_second_surgery_of_a_day_is_paid_at_half() -> None:
    claim = priced_claim("PEBBLE")
    first = replace(claim.lines[0], procedure="20610")
    claim.lines = [first, replace(first, number=2, procedure="29881", charge=80_000, allowed=40_001)]
    (answer,) = answered(adjudicator(), claim)
    taken = [{one.carc: one.cents for one in line.adjustments}.get("59", 0) for line in answer.lines]
    assert taken == [0, 20_000]
    assert answer.kind == "paid"


def test_medicare_passes_on_to_the_supplement_which_leaves_only_the_deductible() -> None:
    crossed = [one for one in world().first if one.crosses_to and one.status == "19"]
    assert crossed
    assert {one.crosses_to for one in crossed} == {"ELDER"}
    assert all("MA18" in one.remarks and one.kind != "denied" for one in crossed)
    for answer in world().second:
        if answer.claim.payer.id == "ELDER" and not answer.denied:
            assert {code for code in codes(answer) if code.startswith("PR")} <= {"PR-1"}


def test_a_second_payer_never_pays_more_than_the_patient_owed() -> None:
    for answer in world().second:
        first = answer.claim.prior
        assert first
        assert 0 <= answer.paid <= first.patient_responsibility
        if not answer.denied and answer.charge > first.patient_responsibility:
            assert codes(answer)["OA-23"] > 0


def of_clean_claims(payer: str, form: str = "P", count: int = 400) -> list[Answer]:
    desk = adjudicator()
    return [one for number in range(count) for one in answered(desk, one_claim(payer, form, number))]


def test_only_managed_plans_pay_by_the_head() -> None:
    capitated = [one for one in of_clean_claims("LANTERN") if "CO-24" in codes(one)]
    assert 1 <= len(capitated) <= 15
    assert all(one.kind == "contractual_only" and one.paid == 0 for one in capitated)
    assert not any("CO-24" in codes(one) for one in of_clean_claims("HARBOR"))


def test_interest_comes_only_with_late_payments() -> None:
    with_interest = [one for one in of_clean_claims("FOXGLOVE") if one.interest]
    assert with_interest
    assert all(one.paid > 0 and (one.day - one.received).days > 30 for one in with_interest)


def test_some_stays_are_estimated_before_they_are_paid() -> None:
    estimates = [one for one in of_clean_claims("HARBOR", "I") if one.status == "25"]
    assert 1 <= len(estimates) <= 20
    assert all((one.kind, one.paid, one.patient_responsibility) == ("predetermination", 0, 0) for one in estimates)


def test_a_wrong_payer_passes_some_claims_on_to_the_right_one() -> None:
    desk = adjudicator()
    passed, denied = 0, 0
    for number in range(300):
        claim = struck("HARBOR", "old_coverage", number=number)
        right = Coverage("PEBBLE", "", "M1", "", date(2024, 1, 1), None)
        claim.patient = replace(claim.patient, coverages=(right,))
        for answer in answered(desk, claim):
            passed += (answer.kind, answer.status, answer.crosses_to, answer.paid) == ("forwarded", "23", "PEBBLE", 0)
            denied += answer.denied is not None
    assert 8 <= passed <= 50
    assert denied > 200


def test_one_payer_writes_status_4_on_every_whole_denial_others_on_unknown_patients() -> None:
    status: dict[str, set[str]] = {}
    for answer in world().first:
        if answer.kind == "denied" and answer.denied and answer.denied.codes != "CO-31":
            status.setdefault(answer.claim.payer.id, set()).add(answer.status)
    assert [payer for payer, found in status.items() if "4" in found] == [
        payer for payer, found in status.items() if found == {"4"}
    ]
    assert sum("4" in found for found in status.values()) == 1


# --- later ------------------------------------------------------------------------------------------------------------


def test_a_reversal_undoes_an_answer_to_nothing() -> None:
    desk = adjudicator()
    for answer in world().first:
        undone = desk.reverse(answer, LATER)
        assert undone.reverses is answer
        assert (undone.status, undone.kind, undone.denied) == ("22", "reversals", None)
        assert undone.payer_control_number == answer.payer_control_number
        assert (undone.charge + answer.charge, undone.paid + answer.paid) == (0, 0)
        assert total(everything(undone)) + total(everything(answer)) == 0


def test_a_correction_pays_what_was_denied_and_leaves_what_was_paid() -> None:
    desk = adjudicator()
    for answer in world().first:
        if answer.kind == "denied_in_part":
            paid = desk.correct(answer, LATER, None, "appeal")
            assert paid.denied is None
            assert paid.paid + paid.patient_responsibility > answer.paid + answer.patient_responsibility
            assert [one.paid for one in answer.lines if not one.denied] == [
                new.paid for one, new in zip(answer.lines, paid.lines, strict=True) if not one.denied
            ]


def test_a_correction_of_some_lines_leaves_the_others_denied_by_the_same_codes() -> None:
    claim = struck("GARNET", "not_covered", number=11)
    claim.lines = [replace(claim.lines[0], number=number) for number in (1, 2, 3)]
    desk = adjudicator(3)
    answer = next(one for _ in range(20) for one in answered(desk, claim) if one.denied and not one.part)
    assert answer.denied
    partly = desk.correct(answer, LATER, {2}, "records")
    assert [bool(one.denied) for one in partly.lines] == [True, False, True]
    assert partly.kind == "denied_in_part"
    assert partly.denied
    assert (partly.denied.codes, partly.denied.cause) == (answer.denied.codes, "not_covered")


def test_a_corrected_claim_is_answered_as_it_was_corrected() -> None:
    claim = struck("HARBOR", "bundled_pair", line=2)
    first = claim.lines[0]
    claim.lines = [first, replace(first, number=2, charge=4_000, allowed=2_000)]
    desk = adjudicator()
    answer = answered(desk, claim)[0]
    new = repaired(claim)
    new.lines, new.control_number = [replace(first, modifiers=("59",))], "NEW"
    paid = desk.correct(answer, LATER, None, "correction", new)
    assert [one.line for one in paid.lines] == new.lines
    assert paid.charge == new.charge
    assert paid.claim.control_number == "NEW"


def test_a_denial_upheld_says_the_same_again() -> None:
    desk = adjudicator()
    claim = struck("HARBOR", "auth_missing")
    (answer,) = answered(desk, claim)
    new = repaired(claim)
    again = desk.upheld(answer, LATER, new)
    assert (again.day, again.claim, again.because) == (LATER, new, "upheld")
    assert (again.denied, again.kind, codes(again)) == (answer.denied, answer.kind, codes(answer))


def test_a_payment_taken_back_is_denied_whole() -> None:
    desk = adjudicator()
    for answer in world().first[:300]:
        if answer.kind == "paid":
            taken = desk.retract(answer, LATER)
            assert (taken.kind, taken.paid, taken.charge) == ("takeback", 0, answer.charge)
            assert taken.denied
            assert taken.denied.cause == "takeback"


def test_a_stay_at_medicare_is_answered_without_lines() -> None:
    claim = one_claim("MEDA", "I")
    whatever_is_allowed(claim)
    (answer,) = answered(adjudicator(), claim)
    assert (answer.lines, answer.kind) == ([], "paid")
    assert codes(answer)["PR-1"] <= payers()["MEDA"].deductible
