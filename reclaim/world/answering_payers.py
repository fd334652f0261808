"""A world that goes on after its last day: its own office is gone, and payers answer what another office sends.

    a file comes      the clearinghouse opens it                 TA1, 999
    next working day  the payer's front door takes its claims    277CA
                      the clearinghouse tells how claims stand   277
    on a payday       the payer settles                          835

The payers are those of the world, with all that they have on their desks on the last day.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from reclaim.world import answering_inquiries, outcomes
from reclaim.world.answering_claims import as_it_came, hidden_faults, line_numbers, unknown
from reclaim.world.answering_files import Incoming
from reclaim.world.answering_inquiries import Question, Standing
from reclaim.world.diary import ONE_DAY, Due, Knocked, Sending, days, working_day
from reclaim.world.envelopes import CLEARINGHOUSE, USUAL
from reclaim.world.faults import repaired
from reclaim.world.mailroom import ACKNOWLEDGEMENTS, REMITTANCES
from reclaim.world.model import Acknowledged, Answer, Claim, Denied, Fault, Payer
from reclaim.world.payers import payers
from reclaim.world.regimes import regime
from reclaim.world.run import DUPLICATE, Order, World
from reclaim.x12.resending import CORRECTING, REPLACEMENT, VOID
from reclaim.x12.slices import Slice

OUTSIDE = "outside"
"""Why a claim was sent: another office sent it."""
UNPROCESSABLE = "MA130"
"""A claim so denied was never taken in: it is sent again as a new one."""
NOT_FOUND = ("A4", "35", "")
"""Status: the payer knows of no such claim. (STC01-1, -2 and -3: X12's lists of claim status categories and codes.)"""
NO_SUCH_PAYER = ("A7", "153", "PR")
NUMBER_MISSING, NUMBER_WRONG = ("A6", "464", ""), ("A7", "464", "")
"""Status: the payer's claim control number (REF*F8) is missing, or is none of this claim."""
ON_THE_DESK, PAID, DENIED, NO_MORE = ("P1", "20"), ("F1", "65"), ("F2", "585"), ("F4", "107")
"""Status of a claim that was asked for: taken in, paid, denied, or processed with nothing to pay."""
LATE = "filed_late"
ESTIMATE, REVERSED = "25", "22"
_Key = tuple[str, str]  # Claim.id and Payer.id


class _Word(NamedTuple):
    """What a payer says of a claim, or of a part of it."""

    last: Answer  # its last word
    first: Answer  # the denial with which it began; the last word itself when nothing is denied


def _nobody() -> Payer:
    """Who answers for a payer that is none: the clearinghouse."""
    any_ = next(iter(payers().values()))
    house = CLEARINGHOUSE
    return replace(
        any_, id=house.id, name=house.name, payer_id=house.id, habits=replace(any_.habits, **USUAL._asdict())
    )


class Living(World):
    """A world that was lived through to its last day, and goes on."""

    def __init__(self, order: Order) -> None:
        """Lives through it again; nothing is written before `write_to`."""
        super().__init__(None, order)
        self._chance_factor = regime(order.regime).chance_factor
        self._by_number = {each.payer_id: each for each in payers().values()}
        self._nobody = _nobody()
        self._payers = MappingProxyType({**self._payers, self._nobody.id: self._nobody})
        self._sent_to: dict[str, dict[str, Claim]] = defaultdict(dict)  # by control number and payer, as first sent
        self._of_line: dict[str, str] = {}  # control number of the claim, by that of a line
        self._sendings: Counter[str] = Counter()  # by Claim.id
        self._words: dict[_Key, dict[int, _Word]] = {}  # by part of the answer
        self._pending: dict[_Key, str] = {}  # taken in and not answered: the payer's number
        self._asked: dict[date, list[Incoming]] = defaultdict(list)
        self._awaited: set[int] = set()  # id() of the answers that are due to what was sent
        self._desk: dict[_Key, list[Due]] = defaultdict(list)  # all answers that are due, on a day with claims
        self._opened_before: set[tuple[str, str]] = set()
        self._live(lambda _: None)
        self.check = self._mail.check
        """Over all bytes of the world to its last day, as `run.Kept` has it."""

    @property
    def today(self) -> date:
        """The last day that was lived through."""
        return self._diary.today

    @property
    def files(self) -> int:
        """How many were written."""
        return self._mail.files

    def write_to(self, folder: Path) -> None:
        """Write all that comes from now on."""
        for name in (ACKNOWLEDGEMENTS, REMITTANCES):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self._mail.folder = folder

    def go_on(self, until: date) -> None:
        """Live through the days to one, with it."""
        for day in days(self.today + ONE_DAY, until):
            self._payers_answer(day)
            for file in self._asked.pop(day, []):
                bodies = answering_inquiries.answers(file, self._standing, day)
                self._mail.status(file.envelope, bodies, day)

    def waits(self) -> bool:
        """Whether something that was sent has no answer yet."""
        knocking = (each for theirs in self._diary.knocked.values() for each in theirs)
        return bool(self._awaited or self._asked) or any(each.sending.why == OUTSIDE for each in knocking)

    def right(self, control_number: str) -> Claim:
        """A claim as it should have been sent.

        Raises:
            KeyError: the world has sent none under this number (CLM01).
        """
        if control_number not in self._sent_to:
            raise KeyError(control_number)
        return repaired(next(iter(self._sent_to[control_number].values())))

    # --- what comes ---------------------------------------------------------------------------------------------------

    def take(self, file: Incoming) -> None:
        """Take an interchange in, today: a number that its sender has used before is not opened."""
        seen = file.envelope.sender, f"{file.envelope.control:09d}"
        again = seen in self._opened_before
        self._opened_before.add(seen)
        self._mail.opened(file.envelope, self.today, {} if again else file.groups)
        if again:
            return
        tomorrow = working_day(self.today + ONE_DAY)
        if file.inquiries:
            self._asked[tomorrow].append(file)
        for said in file.claims:
            claim, acknowledged = self._at_the_door(said)
            acknowledged.day = tomorrow
            knocked = Knocked(Sending(claim, OUTSIDE), file.name, self.today, acknowledged)
            self._diary.knocked[tomorrow].append(knocked)

    def _at_the_door(self, said: Slice) -> tuple[Claim, Acknowledged]:
        payer = self._by_number.get(said.value("2010BB", "NM1", 9))
        sent_to = self._sent_to.get(self._number(said))
        if not payer or not sent_to:
            claim = unknown(said, payer or self._nobody, self.today)
            return claim, _refused(claim, NOT_FOUND if payer else NO_SUCH_PAYER)
        sent = sent_to.get(payer.id) or next(iter(sent_to.values()))
        claim = as_it_came(said, sent, payer, self._prior(sent))
        self._sendings[claim.id] += 1
        self._sent_to[claim.control_number] = sent_to
        claim.round, claim.submitted = self._sendings[claim.id], self.today
        key = claim.id, payer.id
        if not self._words.get(key) and payer.id == sent.payer.id:
            claim.faults += hidden_faults(sent)
        return claim, self._judged(claim, key)

    def _judged(self, claim: Claim, key: _Key) -> Acknowledged:
        """What the front door says of a claim of the world: whether it comes as what it should, and without fault."""
        numbers, corrects = self._numbers(key), claim.frequency in CORRECTING
        takes = claim.payer.habits.takes_replacement or claim.frequency not in (REPLACEMENT, VOID)
        if corrects and takes and claim.replaces not in numbers:
            return _refused(claim, NUMBER_WRONG if claim.replaces else NUMBER_MISSING)
        twin = bool(not corrects and numbers and not self._new_is_due(key, claim.payer))
        if twin:
            claim.faults.append(Fault(DUPLICATE, "", 0, claim.biller))
            self._adjudicator.twin(claim, numbers[0])
        acknowledged = self._adjudicator.acknowledge(claim, self.today)
        if acknowledged.accepted and not twin:
            self._pending[key] = acknowledged.payer_control_number
        return acknowledged

    def _number(self, said: Slice) -> str:
        """The control number under which the world knows a claim: by its own, the payer's, or those of its lines."""
        number = said.value("2300", "CLM", 1)
        if number in self._sent_to:
            return number
        return next((self._of_line[each] for each in line_numbers(said) if each in self._of_line), "")

    def _prior(self, sent: Claim) -> Answer | None:
        """What the first payer has said."""
        if sent.prior:
            return sent.prior
        words = self._words.get((sent.id, sent.payer.id), {})
        return next((word.last for word in words.values()), None)

    def _numbers(self, key: _Key) -> list[str]:
        """The payer's numbers of a claim that it has."""
        numbers = [word.last.payer_control_number for word in self._words.get(key, {}).values()]
        return [*numbers, self._pending[key]] if key in self._pending else numbers

    def _new_is_due(self, key: _Key, payer: Payer) -> bool:
        """Whether a claim that the payer has may be sent as a new one: denied as a whole, and not to be replaced."""
        words = self._words.get(key, {}).values()
        if key in self._pending or not words or any(word.last.paid or not word.last.denied for word in words):
            return False
        return not payer.habits.takes_replacement or all(_unprocessable(word.last) for word in words)

    # --- what payers say ----------------------------------------------------------------------------------------------

    def _knock(self, sending: Sending, file: str, day: date) -> None:
        super()._knock(sending, file, day)
        claim = sending.claim
        self._sendings[claim.id] += 1
        self._sent_to[claim.control_number].setdefault(claim.payer.id, claim)
        for line in claim.lines:
            self._of_line[line.control_number] = claim.control_number

    def _opened(self, knocked: Knocked, day: date) -> None:
        claim, acknowledged = knocked.sending.claim, knocked.acknowledged
        if knocked.sending.why != OUTSIDE:
            if acknowledged.accepted and knocked.sending.why != "duplicate":
                self._pending[claim.id, claim.payer.id] = acknowledged.payer_control_number
            super()._opened(knocked, day)
        elif acknowledged.accepted:
            self._settle(claim, acknowledged)

    def _arrived(self, due: Due, file: str) -> None:
        super()._arrived(due, file)
        answer = due.answer
        self._awaited.discard(id(answer))
        key = answer.claim.id, answer.claim.payer.id
        if answer.status == ESTIMATE:
            return
        if answer.status == REVERSED:
            self._words.get(key, {}).pop(answer.part, None)
            return
        words = self._words.setdefault(key, {})
        if answer.because == "duplicate" and (words or key in self._pending):
            return
        self._pending.pop(key, None)
        if answer.because == LATE:
            return
        first = words[answer.part].first if answer.because == "upheld" and answer.part in words else answer
        words[answer.part] = _Word(answer, first)

    def _settle(self, claim: Claim, acknowledged: Acknowledged) -> None:
        """What becomes of a claim that the front door took."""
        if any(each.kind == DUPLICATE for each in claim.faults):
            self._pay(self._adjudicator.answer(claim, acknowledged))
            return
        key = claim.id, claim.payer.id
        words = list(self._words.get(key, {}).values())
        self._withdraw(key)
        if claim.frequency == VOID:
            self._pending.pop(key, None)
            self._pay(self._undone(words, self._adjudicator.payday(claim, acknowledged)))
        elif words:
            self._pay(self._again(claim, acknowledged, words))
        else:
            self._pay(self._adjudicator.answer(claim, acknowledged))

    def _again(self, claim: Claim, acknowledged: Acknowledged, words: Sequence[_Word]) -> Iterator[Answer]:
        """The answers to a claim that the payer has answered before; what it paid is reversed first.

        Where a fault shows on a claim, or a hidden rule speaks of it, the claim decides: denied again as long as it is
        there, paid when it is gone. Where nothing on it is wrong, sending it again works as the truth has it.
        """
        day = self._adjudicator.payday(claim, acknowledged)
        denied = [word for word in words if word.last.denied]
        ground = self._adjudicator.ground(claim, acknowledged)
        if ground and ground.rule and denied and all(ground.rule != _denied(word).rule for word in denied):
            ground = None  # told of another rule now, the truth of the denial would not hold
        if ground and all(ground.cause != _denied(word).cause for word in denied):
            answers = self._adjudicator.answer(claim, acknowledged)
            if ground.cause == LATE:  # too late to change anything: what was said before stands
                yield from (replace(answer, because=LATE) for answer in answers)
                return
            yield from self._undone([word for word in words if word.last.paid], day)
            yield from answers
            return
        for word in denied or words:
            before = word.last
            if before.denied and (ground or not self._works(word, claim)):
                new = self._adjudicator.upheld(before, day, claim)
            else:
                new = self._adjudicator.correct(before, day, None, "correction", claim)
            new.payer_control_number = acknowledged.payer_control_number
            yield from self._undone([word] if before.paid else (), day)
            yield new

    def _works(self, word: _Word, claim: Claim) -> bool:
        """Whether a claim without a fault that shows is paid now: luck only where nothing on it was wrong."""
        denied = _denied(word)
        if denied.rule or (denied.fault and denied.fault.element):
            return True
        chance = outcomes.latent(self._order.seed, word.first)
        options = outcomes.options(word.first, chance, self._chance_factor)
        return outcomes.works(options[outcomes.ACTIONS.index("correct")], claim.submitted)

    def _undone(self, words: Iterable[_Word], day: date) -> Iterator[Answer]:
        return (self._adjudicator.reverse(word.last, day) for word in words)

    def _pay(self, answers: Iterable[Answer]) -> None:
        for answer in answers:
            due = Due(answer, last=answer.status != REVERSED)
            self._awaited.add(id(answer))
            self._desk[answer.claim.id, answer.claim.payer.id].append(due)
            self._diary.pay(due)

    def _acknowledge(self, day: date) -> None:
        self._desk.clear()
        if any(each.sending.why == OUTSIDE for each in self._diary.knocked.get(day, ())):
            for due in (
                each for by_payer in self._diary.due.values() for theirs in by_payer.values() for each in theirs
            ):
                self._desk[due.answer.claim.id, due.answer.claim.payer.id].append(due)
        super()._acknowledge(day)

    def _withdraw(self, key: _Key) -> None:
        """What the payer has on its desk of a claim gives way to what replaces it."""
        for due in self._desk.pop(key, ()):
            theirs = self._diary.due[due.answer.day][key[1]]
            theirs[:] = [each for each in theirs if each is not due]
            self._awaited.discard(id(due.answer))

    def _standing(self, asked: Question) -> Standing:
        """How a claim stands at a payer today."""
        payer = self._by_number.get(asked.payer)
        sent = self._sent_to.get(asked.control_number, {})
        key = next(iter(sent.values())).id if sent else "", payer.id if payer else ""
        words = [word.last for word in self._words.get(key, {}).values()]
        if key in self._pending:
            return Standing(*ON_THE_DESK, number=self._pending[key])
        if not words:
            return Standing(*NOT_FOUND[:2])
        paid = sum(word.paid for word in words)
        told = PAID if paid else DENIED if any(word.denied for word in words) else NO_MORE
        return Standing(*told, sum(word.charge for word in words), paid, words[-1].day, words[-1].payer_control_number)


def _refused(claim: Claim, status: tuple[str, str, str]) -> Acknowledged:
    return Acknowledged(claim, claim.submitted, False, *status, "")


def _denied(word: _Word) -> Denied:
    """The truth of the denial with which a word began."""
    denied = word.first.denied
    if denied is None:
        raise ValueError(f"{word.first.key} denies nothing")
    return denied


def _unprocessable(answer: Answer) -> bool:
    return any(UNPROCESSABLE in remarks for remarks in (answer.remarks, *(line.remarks for line in answer.lines)))
