"""What could be done about a denial: made-up denials whose true causes are mixed as surveys find them."""

import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from reclaim.world import outcomes
from reclaim.world.chance import Weighted, stream
from reclaim.world.model import (
    Address,
    Adjust,
    Answer,
    Claim,
    Coverage,
    Denied,
    Entity,
    Habits,
    Line,
    LineAnswer,
    Location,
    Patient,
    Payer,
    Provider,
)

DAY = date(2025, 3, 12)
HERE = Address("1 Elm St", "Nowhere", "OH", "430010000")
GROUP = Entity("GRP", "NOWHERE MEDICAL GROUP", "2000000002", "071234567", "207Q00000X", HERE, "5555550100")
CLINIC = Location("ELM", "Elm Clinic", "2000000010", HERE, "11", "GRP")
DOCTOR = Provider("P1", "2000000028", "ASH", "ROWAN", "207Q00000X", "family", "ELM", ())
LINES = ("commercial", "medicare_advantage", "medicare_ffs", "medicaid_managed")
CAUSES = {  # weight and type, as the reasons of KFF 2024 weigh: administrative first, necessity seldom
    "member_id_wrong": (9, "technical"),
    "name_mismatch": (3, "technical"),
    "birth_date_wrong": (3, "technical"),
    "old_coverage": (6, "administrative"),
    "coverage_ended": (6, "administrative"),
    "other_payer_primary": (6, "administrative"),
    "auth_missing": (8, "administrative"),
    "auth_wrong": (3, "administrative"),
    "auth_units": (2, "administrative"),
    "referral_missing": (2, "administrative"),
    "modifier_missing": (6, "technical"),
    "bundled_pair": (5, "technical"),
    "diagnosis_mismatch": (5, "technical"),
    "invalid_code": (2, "technical"),
    "wrong_place": (2, "technical"),
    "records_missing": (7, "technical"),
    "itemized_missing": (1, "technical"),
    "not_necessary": (5, "clinical"),
    "level_of_care": (2, "clinical"),
    "not_enrolled": (2, "administrative"),
    "duplicate_sent": (3, "technical"),
    "filed_late": (2, "administrative"),
    "not_covered": (5, "administrative"),
    "benefit_maximum": (2, "administrative"),
    "payer_ignored_auth": (3, "administrative"),
    "payer_old_file": (2, "administrative"),
    "payer_wrong_bundle": (2, "technical"),
    "unit_limit": (2, "administrative"),
    "modifier_wanted": (1, "technical"),
    "records_wanted": (1, "technical"),
    "policy_not_met": (2, "clinical"),
    "takeback": (1, "administrative"),
}
MIX = Weighted(tuple(CAUSES), [float(weight) for weight, _ in CAUSES.values()])


def payer(line: str, appeal_days: int = 180, filing_days: int = 365) -> Payer:
    habits = Habits(21, 5, (1, 3), filing_days, appeal_days, 0.2, 0.1, 0.0, 0.01, takes_replacement=True)
    return Payer(f"P-{line}", line.upper(), "90001", line, "12", 0.5, 0.1, 0, 0.2, 2000, habits)


def denial(number: int, line: str, cause: str, cents: int = 40_000, day: date = DAY) -> Answer:
    """A claim of one line, denied whole; the contract allows half of the charge."""
    held = payer(line)
    coverage = Coverage(held.id, "", "X1", "", date(2020, 1, 1), None)
    other = Coverage("OTHER", "", "Y1", "", date(2020, 1, 1), None)
    coverages = (other, coverage) if number % 5 else (coverage,)
    patient = Patient("N1", "DOE", "JO", date(1980, 1, 1), "F", HERE, coverages)
    seen = day - timedelta(30)
    service = Line(1, "L1", "99214", (), "", 1, cents, seen, (1,), cents // 2)
    claim = Claim(
        *(f"C{number}", f"C{number}", "P", patient, coverage, held, GROUP, CLINIC, DOCTOR, "REG-1", "COD-1"),
        *(f"BIL-{number % 4}", "family", seen, seen, seen + timedelta(3), ("I10",), [service]),
    )
    told = Denied(cause, None, "", CAUSES[cause][1], "CO-16 MA130", False, cents, not cause.startswith("payer_"))
    answered = LineAnswer(service, 0, [Adjust("CO", "16", cents)], ["MA130"], cents)
    return Answer(claim, day, seen + timedelta(4), "1", f"K{number}", "denied", cents, 0, 0, [answered], denied=told)


def denials(count: int, line: str, seed: int = 7) -> Iterator[Answer]:
    """Denials of a line of business, with causes mixed as surveys find them."""
    chance = stream(seed, "denials", line)
    for number in range(count):
        yield denial(number, line, MIX.draw(chance), round(chance.lognormvariate(10.2, 1.2)) + 1_000)


def option(answer: Answer, action: str, seed: int = 1) -> outcomes.Option:
    found = outcomes.options(answer, outcomes.latent(seed, answer))
    return next(one for one in found if one.action == action)


def test_every_action_is_answered_in_order() -> None:
    found = outcomes.options(denial(1, "commercial", "auth_missing"), stream(1))
    assert tuple(one.action for one in found) == outcomes.ACTIONS


def test_what_is_not_denied_has_no_options() -> None:
    answer = denial(1, "commercial", "auth_missing")
    answer.denied = None
    assert outcomes.options(answer, stream(1)) == []


def test_the_same_denial_gives_the_same_answer_whenever_it_is_asked() -> None:
    for answer in denials(200, "commercial"):
        first = outcomes.options(answer, outcomes.latent(3, answer))
        again = outcomes.options(answer, outcomes.latent(3, answer))
        assert first == again
    assert first != outcomes.options(answer, outcomes.latent(4, answer))


def test_denied_again_draws_no_new_luck() -> None:
    answer = denial(8, "commercial", "auth_missing")
    before = option(answer, "appeal_1").luck
    answer.claim.round = 2
    answer.payer_control_number = "K8X"
    assert option(answer, "appeal_1").luck == before


def test_codes_do_not_change_the_truth() -> None:
    answer = denial(8, "commercial", "auth_missing")
    before = outcomes.options(answer, outcomes.latent(1, answer))
    assert answer.denied is not None
    answer.denied.codes, answer.denied.vague = "CO-197", True
    answer.lines[0].adjustments[0].carc = "197"
    assert outcomes.options(answer, outcomes.latent(1, answer)) == before


def test_chances_fall_day_by_day_and_are_0_after_the_deadline() -> None:
    for one in (one for answer in denials(50, "commercial") for one in outcomes.options(answer, stream(5))):
        chances = [outcomes.chance_on(one, one.opens + timedelta(wait)) for wait in range(0, 400, 7)]
        assert chances == sorted(chances, reverse=True)
        assert outcomes.chance_on(one, one.deadline + timedelta(1)) == 0
        assert not outcomes.works(one, one.deadline + timedelta(1))


def test_what_works_at_once_is_what_would() -> None:
    for answer in denials(300, "medicare_advantage"):
        for one in outcomes.options(answer, outcomes.latent(1, answer)):
            assert outcomes.works(one, answer.day) == one.would


def test_deadlines_follow_the_payer() -> None:
    answer = denial(1, "commercial", "records_missing")
    assert option(answer, "appeal_1").deadline == DAY + timedelta(180)
    assert option(answer, "correct").deadline == answer.claim.service_to + timedelta(365)
    assert option(answer, "send_records").deadline == DAY + timedelta(45)
    assert option(answer, "peer_to_peer").deadline == DAY + timedelta(14)


def test_a_correction_after_the_filing_limit_cannot_work() -> None:
    answer = denial(1, "commercial", "member_id_wrong")
    answer.claim.service_to = DAY - timedelta(366)
    late = option(answer, "correct")
    assert (late.chance_at_once, late.would) == (0, False)


def test_some_plans_give_way_more_than_others() -> None:
    won = {line: [option(one, "appeal_1").would for one in denials(2_000, line)] for line in LINES}
    rates = [
        sum(won[line]) / 2_000 for line in ("medicare_advantage", "medicare_ffs", "commercial", "medicaid_managed")
    ]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] > rates[1] + 0.1


def test_external_review_of_commercial_plans_succeeds_at_the_published_rate() -> None:
    clinical = [one for one in denials(9_000, "commercial") if one.denied and one.denied.type == "clinical"]
    won = [option(answer, "external_review").would for answer in clinical]
    assert 0.43 - 0.05 < sum(won) / len(won) < 0.50 + 0.05


def test_external_review_is_for_questions_of_medicine() -> None:
    assert option(denial(1, "commercial", "auth_missing"), "external_review").chance_at_once == 0
    assert option(denial(1, "commercial", "not_necessary"), "external_review").chance_at_once > 0.2


def test_corrections_win_where_the_claim_was_wrong_and_seldom_else() -> None:
    won: dict[bool, Counter[bool]] = {True: Counter(), False: Counter()}
    slips = ("member_id_wrong", "name_mismatch", "birth_date_wrong", "modifier_missing", "invalid_code", "wrong_place")
    lost = ("not_necessary", "not_covered", "filed_late", "duplicate_sent", "benefit_maximum")
    for answer in denials(5_000, "commercial"):
        if _cause(answer) in slips + lost:
            won[_cause(answer) in slips][option(answer, "correct").would] += 1
    assert 0.85 < won[True][True] / won[True].total() < 0.95
    assert won[False][True] / won[False].total() < 0.12


def test_the_other_payer_pays_only_when_there_is_one() -> None:
    alone, insured = denial(5, "commercial", "old_coverage"), denial(6, "commercial", "old_coverage")
    assert option(alone, "rebill").chance_at_once < 0.1
    assert option(insured, "rebill").chance_at_once > 0.7


def test_better_papers_make_better_appeals() -> None:
    found = [option(answer, "appeal_1") for answer in denials(3_000, "commercial") if _cause(answer) == "auth_missing"]
    found.sort(key=lambda one: one.evidence)
    assert found[-1].chance_at_once > found[0].chance_at_once + 0.2


def test_recovered_is_the_contract_never_the_charge() -> None:
    answer = denial(1, "commercial", "auth_missing", cents=40_000)
    assert option(answer, "appeal_1").recovers == 20_000
    answer.lines = []
    assert option(answer, "appeal_1").recovers == 20_000
    assert option(answer, "write_off").recovers == 0


def test_a_reduced_line_brings_what_was_taken_off() -> None:
    answer = denial(1, "commercial", "unit_limit", cents=40_000)
    answer.lines[0].paid, answer.lines[0].denied, answer.paid = 14_000, 2_000, 14_000
    answer.lines[0].adjustments = [Adjust("CO", "45", 20_000), Adjust("PR", "2", 4_000), Adjust("CO", "151", 2_000)]
    assert option(answer, "appeal_1").recovers == 2_000


def test_a_hard_regime_wins_less() -> None:
    answer = denial(1, "commercial", "auth_missing")
    easy, hard = (outcomes.options(answer, stream(1), factor)[2] for factor in (1.0, 0.9))
    assert hard.chance_at_once == pytest.approx(easy.chance_at_once * 0.9)
    assert hard.luck == easy.luck


def test_an_unknown_cause_says_what_to_add() -> None:
    answer = denial(1, "commercial", "auth_missing")
    assert answer.denied is not None
    answer.denied.cause = "gremlins"
    with pytest.raises(ValueError, match=r"outcomes.toml has no \[\[cause\]\] named 'gremlins': add one"):
        outcomes.options(answer, stream(1))


def test_every_cause_of_the_world_has_outcomes() -> None:
    book = outcomes.BOOK.parent
    causes = {one["name"] for one in tomllib.loads((book / "faults.toml").read_text())["cause"]}
    causes |= {one["name"] for one in tomllib.loads((book / "combos.toml").read_text())["group"]}
    assert causes <= set(outcomes._causes())


def _cause(answer: Answer) -> str:
    return answer.denied.cause if answer.denied else ""
