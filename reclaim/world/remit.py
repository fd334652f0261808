"""What a payer pays on a day: answers put together by payee, and the money beside the claims (PLB).

The rules of the money are those of 005010X221A1: the payment is what the claims pay less the provider adjustments and
is never below zero (BPR02, section 1.10.2.1); what is short goes to the next payment (section 1.10.2.12) or is kept
from it claim by claim (section 1.10.2.17); interest stands apart from the claims (section 1.10.2.9).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import NamedTuple

from reclaim.world.chance import stream
from reclaim.world.model import Answer, Cents, Entity, Payer

REVERSED = "22"
FORWARDED_BALANCE, RECOVERY, INTEREST, REFUND, NOT_REIMBURSED = "FB", "WO", "L6", "72", "J1"

# assumption: half of all payers carry a shortfall forward as one sum, the others keep it claim by claim
CARRIES_ONE_SUM = 0.5
# assumption: rare enough to meet each of them a few times in a year of remittances
REFUND_CHANCE = 0.006
NOT_REIMBURSED_CHANCE = 0.003
# assumption: a demonstration keeps 2 % of one claim's payment
NOT_REIMBURSED_PERCENT = 2
# assumption: a payer keeps to one PLB segment, as most do; pyx12 knows no second, though the guide allows it
MOST_ADJUSTMENTS = 6
# assumption: when a remittance does not add up, it is off by up to so much
MOST_OFF: Cents = 50_000


class ProviderAdjustment(NamedTuple):
    """Money beside the claims, one pair of a PLB: positive takes away from the payment, negative adds."""

    reason: str  # FB | WO | L6 | 72 | J1
    reference: str  # PLB03-2; "": none
    cents: Cents


@dataclass(slots=True)
class Remittance:
    """One statement of one payment to one payee: an ST of an 835."""

    payer: Payer
    entity: Entity  # the payee
    day: date  # of the payment (BPR16) and of the statement (DTM*405)
    trace_number: str  # TRN02, unique per payer
    method: str  # ACH | CHK | NON when nothing is paid
    amount: Cents  # what the claims paid less the adjustments: never below zero
    answers: list[Answer]  # in the order of the file, a reversal before what follows it
    adjustments: list[ProviderAdjustment] = field(default_factory=list)
    off: Cents = 0  # truth: so much more or less than `amount` is written as paid, on purpose

    @property
    def broken(self) -> bool:
        """Whether the file will not balance, on purpose."""
        return self.off != 0


@dataclass(slots=True)
class _Open:
    """What a payer still wants back from a payee, and the last claim that it paid there."""

    balance: Cents = 0  # carried forward as one sum
    reference: str = ""  # trace number of the remittance that was short
    debts: list[tuple[str, Cents]] = field(default_factory=list)  # by payer control number, oldest first
    last: tuple[str, Cents] = ("", 0)


class Bundler:
    """Makes remittances of answers, and keeps what is open between a payer and a payee from one to the next.

    Args:
        seed: of the world.
        payers: all, by id.
        entities: the payees, in the order in which their remittances stand in a file.
        broken: chance that a remittance does not balance on purpose; none unless asked for.
    """

    def __init__(self, seed: int, payers: Mapping[str, Payer], entities: Sequence[Entity], broken: float = 0.0) -> None:
        self._seed = seed
        self._broken = broken
        self._rank = {entity.id: at for at, entity in enumerate(entities)}
        self._plans = {payer.id: {plan: at for at, plan in enumerate(payer.plans)} for payer in payers.values()}
        self._one_sum: dict[str, bool] = {}
        self._trace: dict[str, int] = {}
        for payer in payers.values():
            chance = stream(seed, "remit", "payer", payer.id)
            self._one_sum[payer.id] = chance.random() < CARRIES_ONE_SUM
            self._trace[payer.id] = chance.randrange(10_000, 400_000)
        self._open: dict[tuple[str, str], _Open] = {}

    def remittances(self, answers: Sequence[Answer], payer: Payer, day: date) -> list[Remittance]:
        """The payments of a payer on a day, one for each payee; a payer that joins several in a file pays each plan.

        Args:
            answers: all that this payer pays or refuses on this day, in any order that is the same for the same seed.
            payer: whose they are.
            day: of the payment. Days of a payer must come in their order: balances go forward.

        Returns:
            The remittances in the order of the file; see `in_files`. Everything balances to the cent:
            `amount == sum of what the answers paid - sum of the adjustments`.
        """
        chance = stream(self._seed, "remit", payer.id, day.isoformat())
        return [self._remittance(batch, payer, day, chance) for batch in self._batches(answers, payer)]

    def owed(self) -> dict[tuple[str, str], Cents]:
        """What payers still want back, by payer and payee: money of reversals that no payment has covered yet."""
        sums = {key: each.balance + sum(cents for _, cents in each.debts) for key, each in self._open.items()}
        return {key: cents for key, cents in sums.items() if cents}

    def _batches(self, answers: Sequence[Answer], payer: Payer) -> list[list[Answer]]:
        """The answers of each payee; and of each plan, where the payer sends several payments at once."""
        by_plan = payer.habits.transactions_in_file > 1
        plans = self._plans[payer.id]
        places: dict[str, tuple[int, int]] = {}  # of a claim: its reversal and correction stay together
        batches: dict[tuple[int, int], list[Answer]] = {}
        for answer in answers:
            claim = answer.claim
            payee = self._rank[claim.entity.id]
            place = places.get(claim.id)
            if place is None or place[0] != payee:
                place = (payee, plans.get(claim.coverage.plan, 0) if by_plan else 0)
                places[claim.id] = place
            batches.setdefault(place, []).append(answer)
        by_bill_type = payer.filing_indicator == "MA"
        return [_in_order(batches[place], by_bill_type=by_bill_type) for place in sorted(batches)]

    def _remittance(self, answers: list[Answer], payer: Payer, day: date, chance: Random) -> Remittance:
        entity = answers[0].claim.entity
        self._trace[payer.id] += 1
        number = self._trace[payer.id]
        trace = f"{number:09d}" if payer.habits.method == "CHK" else f"{day:%y%m%d}{number:06d}"
        opened = self._open.setdefault((payer.id, entity.id), _Open())
        adjustments = [*_interest(answers), *_noise(answers, opened, chance)]
        paid = sum(answer.paid for answer in answers)
        due = paid - sum(each.cents for each in adjustments)
        adjustments += _recovered(opened, due, MOST_ADJUSTMENTS - len(adjustments))
        due = paid - sum(each.cents for each in adjustments)
        if due < 0:
            named = [] if self._one_sum[payer.id] else _takebacks(answers, MOST_ADJUSTMENTS - len(adjustments) - 1)
            adjustments += _carried(opened, -due, trace, named)
            due = 0
        opened.last = next(((each.payer_control_number, each.paid) for each in answers if each.paid > 0), opened.last)
        off = chance.randrange(1, MOST_OFF) if chance.random() < self._broken else 0
        method = payer.habits.method if due + off else "NON"
        return Remittance(payer, entity, day, trace, method, due, answers, adjustments, off)


def in_files(remittances: Sequence[Remittance], payer: Payer) -> Iterator[list[Remittance]]:
    """The remittances of a payer and day as its files hold them: so many in each as its habit is."""
    size = max(payer.habits.transactions_in_file, 1)
    for at in range(0, len(remittances), size):
        yield list(remittances[at : at + size])


def _in_order(answers: list[Answer], *, by_bill_type: bool) -> list[Answer]:
    """As they come, those of a bill type together; of one claim what is reversed first, the reversal, what follows."""
    reversed_here = {id(each.reverses) for each in answers if each.status == REVERSED}
    if not reversed_here and not by_bill_type:
        return answers
    claims: dict[str, list[Answer]] = {}
    for answer in answers:
        claims.setdefault(answer.claim.id, []).append(answer)

    def turn(answer: Answer) -> int:
        return 0 if id(answer) in reversed_here else 1 if answer.status == REVERSED else 2

    each_claim = list(claims.values())
    if by_bill_type:
        each_claim.sort(key=lambda of_claim: of_claim[0].claim.bill_type)
    return [answer for of_claim in each_claim for answer in sorted(of_claim, key=turn)]


def _interest(answers: list[Answer]) -> list[ProviderAdjustment]:
    """Interest of all claims in one sum; the claims themselves say how much each got (AMT*I)."""
    late = [answer for answer in answers if answer.interest]
    if not late:
        return []
    reference = late[0].payer_control_number if len(late) == 1 else ""
    return [ProviderAdjustment(INTEREST, reference, -sum(answer.interest for answer in late))]


def _noise(answers: list[Answer], opened: _Open, chance: Random) -> list[ProviderAdjustment]:
    """What comes now and then: a refund of ours noted, which takes and gives the same; a claim not reimbursed."""
    refund, kept = chance.random() < REFUND_CHANCE, chance.random() < NOT_REIMBURSED_CHANCE
    made = []
    reference, paid = opened.last
    if refund and paid:
        cents = chance.randint(1, paid)
        made += [ProviderAdjustment(RECOVERY, reference, cents), ProviderAdjustment(REFUND, reference, -cents)]
    if kept:
        most = max(answers, key=lambda answer: answer.paid)
        if cents := most.paid * NOT_REIMBURSED_PERCENT // 100:
            made.append(ProviderAdjustment(NOT_REIMBURSED, most.payer_control_number, cents))
    return made


def _recovered(opened: _Open, due: Cents, most: int) -> list[ProviderAdjustment]:
    """What earlier remittances were short of: the sum carried forward whole, debts by claim as far as `due` goes."""
    made: list[ProviderAdjustment] = []
    if opened.balance:
        made.append(ProviderAdjustment(FORWARDED_BALANCE, opened.reference, opened.balance))
        due -= opened.balance
        opened.balance = 0
    left = []
    for reference, cents in opened.debts:
        taken = max(min(cents, due), 0) if len(made) < most else 0
        due -= taken
        if taken:
            made.append(ProviderAdjustment(RECOVERY, reference, taken))
        if cents > taken:
            left.append((reference, cents - taken))
    opened.debts = left
    return made


def _takebacks(answers: list[Answer], most: int) -> list[Answer]:
    """Those that take money, the largest first."""
    return sorted((each for each in answers if each.paid < 0), key=lambda each: each.paid)[: max(most, 0)]


def _carried(opened: _Open, short: Cents, trace: str, takebacks: list[Answer]) -> list[ProviderAdjustment]:
    """The shortfall, given back now to be taken later: by the claims that took money, what is left as one sum."""
    made = []
    for answer in takebacks:
        if cents := min(short, -answer.paid):
            short -= cents
            made.append(ProviderAdjustment(RECOVERY, answer.payer_control_number, -cents))
            opened.debts.append((answer.payer_control_number, cents))
    if short:
        opened.balance, opened.reference = short, trace
        made.append(ProviderAdjustment(FORWARDED_BALANCE, trace, -short))
    return made
