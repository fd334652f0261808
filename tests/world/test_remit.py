"""What a payer pays on a day: bundled by payee, balanced to the cent, and nothing owed is lost from day to day."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import chain

import pytest

from reclaim.world.chance import stream
from reclaim.world.model import Answer, Cents, Payer
from reclaim.world.remit import Bundler, Remittance, in_files
from tests.world import worlds

ENTITIES = (worlds.GROUP, worlds.HOSPITAL)
PAYERS = {
    name: worlds.payer(f"{name} Mutual", "12", id=name, habits=worlds.habits(method=method))
    for name, method in zip("ABCD", ["ACH", "CHK"] * 2, strict=True)
}
ONE, *_ = PAYERS.values()
DAYS = [worlds.PAID + timedelta(days=number) for number in range(200)]


def test_each_payee_gets_one_remittance_with_all_its_answers() -> None:
    sent = [paid("1", 5_000), paid("2", 7_000, at_hospital=True), paid("3", 100)]
    first, second = Bundler(1, PAYERS, ENTITIES).remittances(sent, ONE, DAYS[0])

    assert (first.entity, first.amount, first.answers) == (worlds.GROUP, 5_100, [sent[0], sent[2]])
    assert (second.entity, second.amount, second.answers) == (worlds.HOSPITAL, 7_000, [sent[1]])


def test_a_payer_that_joins_several_payments_in_a_file_pays_each_plan() -> None:
    payer = replace(ONE, plans=("GOLD", "TIN"), habits=worlds.habits(transactions_in_file=2))
    plans = ["TIN", "GOLD", "TIN"]
    sent = [
        in_plan(paid(str(number), 1_000, at_hospital=number == 3), plan) for number, plan in enumerate(plans, start=1)
    ]
    made = Bundler(1, {payer.id: payer}, ENTITIES).remittances(sent, payer, DAYS[0])

    assert [[answer.claim.id for answer in each.answers] for each in made] == [["2"], ["1"], ["3"]]
    assert [len(each) for each in in_files(made, payer)] == [2, 1]
    assert [len(each) for each in in_files(made, ONE)] == [1, 1, 1]


def test_a_reversal_stands_before_its_correction_and_behind_what_it_undoes() -> None:
    first = paid("1", 5_000)
    undone, again, other = reversal(first), paid("1", 3_000), paid("2", 10)
    (made,) = Bundler(1, PAYERS, ENTITIES).remittances([again, other, undone, first], ONE, DAYS[0])

    assert made.answers == [first, undone, again, other]
    assert made.amount == 3_010


def test_a_reversal_and_its_correction_stay_together_when_the_plan_differs() -> None:
    payer = replace(ONE, plans=("GOLD", "TIN"), habits=worlds.habits(transactions_in_file=2))
    first = in_plan(paid("1", 5_000), "GOLD")
    sent = [reversal(first), in_plan(paid("1", 6_000), "TIN"), in_plan(paid("2", 1), "TIN")]
    made = Bundler(1, {payer.id: payer}, ENTITIES).remittances(sent, payer, DAYS[0])

    assert [each.amount for each in made] == [1_000, 1]


def test_interest_is_added_beside_the_claims() -> None:
    late = [replace(paid("1", 5_000), interest=130), replace(paid("2", 5_000), interest=20)]
    bundler = Bundler(1, PAYERS, ENTITIES)
    (one,) = bundler.remittances(late[:1], ONE, DAYS[0])
    (two,) = bundler.remittances(late, ONE, DAYS[1])

    assert (one.amount, one.adjustments) == (5_130, [("L6", "ICN1", -130)])
    assert (two.amount, two.adjustments) == (10_150, [("L6", "", -150)])


def test_one_sum_is_forwarded_and_comes_back_with_the_opposite_sign() -> None:
    bundler, payer = manner(one_sum=True)
    (short,) = bundler.remittances([reversal(paid("1", 5_000)), paid("2", 2_000)], payer, DAYS[0])
    (still,) = bundler.remittances([paid("3", 1_000)], payer, DAYS[1])
    (other,) = bundler.remittances([paid("4", 9_000, at_hospital=True)], payer, DAYS[2])
    (enough,) = bundler.remittances([paid("5", 2_500)], payer, DAYS[3])

    assert (short.amount, short.method, short.adjustments) == (0, "NON", [("FB", short.trace_number, -3_000)])
    assert still.adjustments == [("FB", short.trace_number, 3_000), ("FB", still.trace_number, -2_000)]
    assert (other.amount, other.adjustments) == (9_000, [])
    assert (enough.amount, enough.adjustments) == (500, [("FB", still.trace_number, 2_000)])
    assert bundler.owed() == {}


def test_debts_by_claim_are_kept_from_later_payments_until_paid() -> None:
    bundler, payer = manner(one_sum=False)
    (short,) = bundler.remittances([reversal(paid("1", 5_000)), paid("2", 2_000)], payer, DAYS[0])
    (some,) = bundler.remittances([paid("3", 1_000)], payer, DAYS[1])
    assert bundler.owed() == {(payer.id, "GROUP"): 2_000}
    (rest,) = bundler.remittances([paid("4", 2_500)], payer, DAYS[2])

    assert (short.amount, short.method, short.adjustments) == (0, "NON", [("WO", "ICN1", -3_000)])
    assert (some.amount, some.adjustments) == (0, [("WO", "ICN1", 1_000)])
    assert (rest.amount, rest.adjustments) == (500, [("WO", "ICN1", 2_000)])
    assert bundler.owed() == {}


@pytest.mark.parametrize("seed", range(5))
def test_over_many_days_everything_balances_and_nothing_is_lost(seed: int) -> None:
    bundler = Bundler(seed, PAYERS, ENTITIES)
    made = played(bundler, seed)
    owed = sum(bundler.owed().values())

    for each in made:
        assert each.amount == sum(a.paid for a in each.answers) - sum(a.cents for a in each.adjustments)
        assert each.amount >= 0
        assert (each.method == "NON") == (each.amount == 0)
        assert not each.broken
    assert {each.method for each in made} == {"ACH", "CHK", "NON"}
    assert len({(each.payer.id, each.trace_number) for each in made}) == len(made)
    sums: Counter[str] = Counter()
    for row in chain.from_iterable(each.adjustments for each in made):
        sums[row.reason] += row.cents
    assert sums["FB"] + sums["WO"] + sums["72"] == -owed
    assert sums["FB"] <= 0
    assert sum(each.amount for each in made) == paid_by(made) + owed - sums["L6"] - sums["J1"]


def test_many_takebacks_at_once_still_need_no_second_segment() -> None:
    for one_sum in (True, False):
        bundler, payer = manner(one_sum=one_sum)
        undone = [reversal(paid(str(number), 100 * number)) for number in range(1, 10)]
        made = bundler.remittances([*undone, paid("10", 50)], payer, DAYS[0])
        made += bundler.remittances([*undone, paid("10", 50)], payer, DAYS[1])
        for at, day in enumerate(DAYS[2:6]):
            made += bundler.remittances([paid(f"P{at}", 20_000)], payer, day)

        assert max(len(each.adjustments) for each in made) <= 6
        assert bundler.owed() == {}
        assert sum(each.amount for each in made) == paid_by(made)


def test_a_refund_is_noted_by_two_adjustments_that_cancel() -> None:
    noted = 0
    for each in chain.from_iterable(played(Bundler(seed, PAYERS, ENTITIES), seed) for seed in range(3)):
        for reason, reference, cents in each.adjustments:
            if reason == "72":
                noted += 1
                assert cents < 0
                assert ("WO", reference, -cents) in each.adjustments
    assert noted


def test_the_same_seed_makes_the_same_remittances() -> None:
    first, again, other = (played(Bundler(seed, PAYERS, ENTITIES), 7) for seed in (1, 1, 2))

    def heads(made: Sequence[Remittance]) -> list[object]:
        return [(each.trace_number, each.amount, each.adjustments) for each in made]

    assert heads(first) == heads(again)
    assert heads(first) != heads(other)


def test_remittances_that_do_not_balance_are_made_only_when_asked_for() -> None:
    sent = [paid("1", 5_000)]
    (broken,) = Bundler(1, PAYERS, ENTITIES, broken=1.0).remittances(sent, ONE, DAYS[0])

    assert broken.broken
    assert broken.off > 0
    assert broken.amount == 5_000


def test_a_broken_remittance_says_that_money_moves_even_when_none_is_due() -> None:
    (broken,) = Bundler(1, PAYERS, ENTITIES, broken=1.0).remittances([paid("1", 0)], ONE, DAYS[0])

    assert (broken.amount, broken.method) == (0, "ACH")


def paid(claim: str, cents: Cents, *, at_hospital: bool = False) -> Answer:
    """An answer that pays so much."""
    sent = worlds.outpatient(id=claim) if at_hospital else worlds.professional(id=claim)
    return replace(worlds.answered(sent), paid=cents)


def reversal(first: Answer) -> Answer:
    return replace(first, status="22", paid=-first.paid, charge=-first.charge, reverses=first)


def in_plan(answer: Answer, plan: str) -> Answer:
    claim = answer.claim
    return replace(answer, claim=replace(claim, coverage=replace(claim.coverage, plan=plan)))


def manner(*, one_sum: bool) -> tuple[Bundler, Payer]:
    """A payer that carries a shortfall forward as one sum, or one that keeps it claim by claim."""
    for payer in PAYERS.values():
        bundler = Bundler(1, PAYERS, ENTITIES)
        (short,) = bundler.remittances([reversal(paid("1", 1))], payer, DAYS[0])
        if (short.adjustments[0].reason == "FB") == one_sum:
            return Bundler(1, PAYERS, ENTITIES), payer
    raise AssertionError("no payer does so")


def played(bundler: Bundler, seed: int) -> list[Remittance]:
    """Many days of payments, takebacks and interest."""
    chance = stream(seed, "played")
    made: list[Remittance] = []
    for at, day in enumerate(DAYS):
        for payer in PAYERS.values():
            made += bundler.remittances(answers_of(f"{payer.id}{at}", chance.random(), day), payer, day)
    return made


def answers_of(name: str, luck: float, day: date) -> list[Answer]:
    """Some answers of a day; on every third or so more is taken back than paid."""
    sent = [replace(paid(f"{name}-1", int(luck * 9_000)), day=day), paid(f"{name}-2", 700, at_hospital=True)]
    if luck < 0.3:
        sent.append(reversal(paid(f"{name}-3", 6_000 + int(luck * 9_000))))
    if luck > 0.8:
        sent[0].interest = int(luck * 100)
    return sent


def paid_by(made: Sequence[Remittance]) -> Cents:
    return sum(answer.paid for each in made for answer in each.answers)
