"""What follows an answer: the office works denials, second payers are asked, payments are taken back."""

from collections.abc import Mapping
from copy import copy
from datetime import date, timedelta
from typing import NamedTuple

from reclaim.world import outcomes, posting, rows
from reclaim.world.adjudication import Adjudicator
from reclaim.world.chance import stream
from reclaim.world.diary import ONE_DAY, Case, Diary, Due, Sending, pay_day
from reclaim.world.faults import repaired
from reclaim.world.model import Acknowledged, Answer, Claim, Denied, Payer
from reclaim.world.office import Office
from reclaim.world.people import covered
from reclaim.world.posting import Position, position
from reclaim.world.tables import Ledger, Truth

BY_CLAIM = frozenset({"correct", "rebill"})
"""Actions that send a claim; the others go by letter, portal or telephone."""
BECAUSE = {"correct": "correction", "rebill": "rebill", "send_records": "records"}
"""Why an answer comes after an action; every other action is a kind of appeal."""
PAYS_ANEW = frozenset({"paid", "reduced", "patient_responsibility_only"})
"""Kinds of answers after which a second payer is asked for the patient's share."""
SECOND_ASKED_AFTER = range(2, 7)  # assumption: days until the office bills a second payer
TAKEN_BACK_AFTER = range(45, 201)  # assumption: days from a payment to the review that takes it back
SAME_REMITTANCE = 0.7  # assumption: a reversal and what replaces it stand in the same remittance so often
REVERSES_NOTHING = 0.3  # assumption: so often a payer reverses a denial that paid nothing before it pays


class Frame(NamedTuple):
    """What everybody knows of a run."""

    seed: int
    until: date
    payers: Mapping[str, Payer]
    chance_factor: float  # of the regime


class Followup:
    """The office and the payers after an answer. Every open piece of work stands in the diary."""

    def __init__(self, diary: Diary, truth: Truth, office: Office, adjudicator: Adjudicator, run: Frame) -> None:
        self._diary, self._truth, self._office, self._adjudicator = diary, truth, office, adjudicator
        self._run = run
        self._chance = stream(run.seed, "followup")
        self._open: dict[str, Case] = {}

    # --- an answer comes ----------------------------------------------------------------------------------------------

    def arrived(self, due: Due, file: str) -> None:
        """An answer was read by the office."""
        answer, case = due.answer, due.case
        self._truth.extend("ledger", posting.posted(answer, file, due.before, denied=case is not None))
        if not due.last:
            return
        if case:
            self._finish(case, answer)
        if answer.denied:
            self._denied(answer, case)
        elif answer.kind == "forwarded":
            self._forwarded(answer)
        elif not case and not self._ask_second_payer(answer):
            self._take_back(answer)

    def _denied(self, answer: Answer, case: Case | None) -> None:
        denied = answer.denied
        if not denied:
            return
        options = outcomes.options(answer, outcomes.latent(self._run.seed, answer), self._run.chance_factor)
        self._truth.add("denials", rows.denial(answer, denied, options[0].evidence))
        if case:
            self._diary.do(self._office.next_after(case.work, case.answer, answer.day), case.answer, answer)
        elif answer.reverses is None:
            self._truth.extend("options", rows.options(answer.key, options))
            if answer.because != "duplicate":  # posted, and not worked: the first claim has its answer
                self._diary.do(self._office.work(answer, options, answer.day), answer, answer)

    def _ask_second_payer(self, answer: Answer) -> bool:
        claim = answer.claim
        if claim.order > 1 or answer.part or answer.kind not in PAYS_ANEW or answer.patient_responsibility <= 0:
            return False
        others = [
            each for each in covered(claim.patient, claim.service_from, claim.form) if each.payer != claim.payer.id
        ]
        second = next((each for each in others if each.payer == answer.crosses_to), next(iter(others), None))
        if second is None:
            return False
        new = copy(claim)
        new.order, new.prior, new.coverage, new.payer = 2, answer, second, self._run.payers[second.payer]
        new.faults, new.frequency = [], "1"
        new.authorization = new.referral = new.replaces = new.attachment = new.member_id = new.last_name = ""
        new.birth = None
        if answer.crosses_to:
            self.passed_on(new, answer.day)
        else:
            new.submitted = answer.day + timedelta(days=self._chance.choice(SECOND_ASKED_AFTER))
            self._diary.send(Sending(new, "secondary"), new.submitted)
        return True

    def _forwarded(self, answer: Answer) -> None:
        """The wrong payer sent the claim on to the right one."""
        claim = repaired(answer.claim)
        held = covered(claim.patient, claim.service_from, claim.form)
        right = next((each for each in held if each.payer == answer.crosses_to), None)
        if right:
            claim.coverage, claim.payer = right, self._run.payers[right.payer]
            claim.member_id = claim.last_name = ""
            self.passed_on(claim, answer.day)

    def passed_on(self, claim: Claim, day: date) -> None:
        """A payer passes a claim to the next by itself: no 837 of the office, no 277CA."""
        claim.submitted = day
        acknowledged = self._adjudicator.acknowledge(claim, day)
        self._truth.add("submissions", rows.submission(Sending(claim, "crossover"), ("", day), acknowledged, ""))
        if acknowledged.accepted:
            for answer in self._adjudicator.answer(claim, acknowledged):
                self._diary.pay(Due(answer))

    def _take_back(self, answer: Answer) -> None:
        payer, until = answer.claim.payer, self._run.until
        alone = answer.because == "first" and answer.kind == "paid" and not answer.part and answer.claim.order == 1
        if not alone or self._chance.random() >= payer.habits.takebacks:
            return
        reversed_on = pay_day(payer, answer.day + timedelta(days=self._chance.choice(TAKEN_BACK_AFTER)))
        denied_on = reversed_on
        if self._chance.random() >= SAME_REMITTANCE:
            denied_on = pay_day(payer, reversed_on + ONE_DAY)
        reversal = self._adjudicator.reverse(answer, reversed_on)
        last = denied_on > until
        if last:  # what replaces it does not come in time: the payment is gone, and nobody says why
            reversal.kind = "takeback"
            reversal.denied = Denied("takeback", None, "", "administrative", "", True, answer.paid, False)
        self._diary.pay(
            Due(reversal, None, position(answer), last),
            Due(self._adjudicator.retract(answer, denied_on)),
        )

    # --- the office works ---------------------------------------------------------------------------------------------

    def work(self, case: Case, day: date) -> None:
        """The day of a work has come."""
        work, answer, _ = case
        self._open[answer.key] = case
        if work.action == "write_off":
            self._settle(case, "write_off", "settled")
        elif work.action in BY_CLAIM:
            self._send(case, day)
        elif work.action != "bill_patient" and outcomes.works(work.option, work.day):
            claim = case.standing.claim
            self._pay(case, claim, pay_day(claim.payer, max(work.answer_day, day + ONE_DAY)))
        else:
            self._diary.fail(case)

    def failed(self, case: Case, day: date) -> None:
        """The answer to a work came by letter, or not at all; or the patient was asked."""
        if case.work.action == "bill_patient" and outcomes.works(case.work.option, case.work.day):
            self._settle(case, "patient", "recovered")
            return
        self._close(case, "failed", day, 0)
        self._diary.do(self._office.next_after(case.work, case.answer, day), case.answer, case.standing)

    def stale(self, day: date) -> None:
        """Write off what nobody has touched for a year; the answers are long forgotten, the postings are not."""
        for work in self._office.settle_stale(day):
            self._truth.add("works", rows.work(work, "settled", day, 0))
            entry = Ledger(day, work.claim, "", "write_off", -work.cents, work.reason, True)
            self._truth.add("ledger", entry)

    def end(self) -> None:
        """The last day is over: what is still open."""
        for case in self._open.values():
            self._truth.add("works", rows.work(case.work, "open", case.work.answer_day, 0))

    def accepted(self, case: Case, claim: Claim, acknowledged: Acknowledged) -> None:
        """The front door took a corrected claim: its answer follows, as the truth of the action says."""
        work, _, standing = case
        number = acknowledged.payer_control_number
        day = pay_day(claim.payer, max(work.answer_day, acknowledged.day + ONE_DAY))
        if claim.payer.id != standing.claim.payer.id:
            found = self._adjudicator.answer(claim, acknowledged)[0]
            paid = self._adjudicator.correct(found, found.day, None, "rebill") if found.denied else found
            paid.because = "rebill"
            self._diary.pay(Due(paid, case, position(standing)))
        elif outcomes.works(work.option, work.day):
            self._pay(case, claim, day, number)
        else:
            again = self._adjudicator.upheld(standing, day, claim)
            again.payer_control_number = number
            self._replace(case, again, reverses=standing.paid > 0)

    def _send(self, case: Case, day: date) -> None:
        work, _, standing = case
        claim = repaired(standing.claim)
        other = claim.payer.id != standing.claim.payer.id
        found = outcomes.works(work.option, work.day) and not (standing.paid or standing.part)
        if other and not found:  # no other coverage, or none that would pay the rest
            self._diary.fail(case)
            return
        claim.submitted, claim.round = day, standing.claim.round + 1
        claim.frequency, claim.replaces = "1", ""
        if work.action == "correct" and not other and claim.payer.habits.takes_replacement:
            claim.frequency, claim.replaces = "7", standing.payer_control_number
        self._diary.send(Sending(claim, "correction" if work.action == "correct" else "rebill", case), day)

    def _pay(self, case: Case, claim: Claim, day: date, number: str = "") -> None:
        """The payer pays after all."""
        because = BECAUSE.get(case.work.action, "appeal")
        paid = self._adjudicator.correct(case.standing, day, None, because, claim)
        paid.payer_control_number = number or paid.payer_control_number
        self._replace(case, paid, reverses=case.standing.paid > 0 or self._chance.random() < REVERSES_NOTHING)

    def _replace(self, case: Case, new: Answer, *, reverses: bool) -> None:
        """A new answer takes the place of the standing one: what that paid is reversed first."""
        before = position(case.standing)
        if reverses:
            reversal = self._adjudicator.reverse(case.standing, new.day)
            self._diary.pay(Due(reversal, case, before, last=False))
            before = Position()
        self._diary.pay(Due(new, case, before))

    def _finish(self, case: Case, answer: Answer) -> None:
        recovered = 0 if answer.denied else answer.paid - case.answer.paid
        self._close(case, "failed" if answer.denied else "recovered", answer.day, recovered)

    def _settle(self, case: Case, entry: str, outcome: str) -> None:
        source = case.work.reason or case.work.action
        self._truth.add("ledger", posting.settled(case.answer, case.work.answer_day, entry, source))
        self._close(case, outcome, case.work.answer_day, 0)

    def _close(self, case: Case, outcome: str, day: date, recovered: int) -> None:
        self._open.pop(case.answer.key, None)
        self._truth.add("works", rows.work(case.work, outcome, day, recovered))
