"""How a payer adjudicates: the front door, the answer, and what becomes of an answer later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import get_args

from reclaim.world import combos
from reclaim.world.causes import Edit, causes
from reclaim.world.chance import stream
from reclaim.world.combos import UNDERPAID, Combo
from reclaim.world.denying import Ground, Ruling, deny_claim, deny_line, kind_of, money_of, truth
from reclaim.world.events import Events
from reclaim.world.hidden import Hidden
from reclaim.world.model import Acknowledged, Adjust, Answer, Claim, Fault, Line, LineAnswer, Payer
from reclaim.world.people import covered
from reclaim.world.pricing import Pricer, figures, is_cut, waits
from reclaim.world.regimes import Regime
from reclaim.world.secondary import price_after

_EDITS = {name: rank for rank, name in enumerate(get_args(Edit))}
_HOUSE_RULES = _EDITS["coding"]
"""Hidden rules come after the check of codes and before that of documents."""
_DUPLICATE = "duplicate_sent"
_LATE = "filed_late"
_WRONG_PAYER = ("old_coverage", "other_payer_primary")
_BY_THE_STAY = ("medicare_ffs", "medicaid")
"""Lines of business that pay an inpatient stay as a whole: no line stands in the answer."""
_MANAGED = ("medicare_advantage", "medicaid_managed")
_COMMERCIAL = ("commercial", "erisa_aca")
_PROCESSED = {1: "1", 2: "2"}
_SOONEST = 3
"""Days: nobody answers faster, whatever the chance says."""


@dataclass(slots=True)
class _Desk:
    """A payer at work: its habits made ready, and its own ways, drawn once by the seed."""

    payer: Payer
    place: int
    vague: float  # chance of vague codes, after the regime
    wait: int  # days it takes at least
    to_payday: tuple[int, ...]  # days from each weekday to the next on which it pays
    beside: bool  # writes the contract's part of a denied line under CO-45
    renumbers: bool  # a corrected answer gets a new control number
    loose: bool  # writes status 4 on every whole denial
    supplement: bool  # supplements Medicare
    claims: int = 0  # counted so far

    def number(self, received: date) -> str:
        """The next claim control number: day, payer and a count, in the payer's own style; no other payer uses it."""
        self.claims += 1
        stem = f"{received:%y%j}{self.place:02d}{self.claims:07d}"
        if self.place % 3 == 0:
            return stem
        return f"E{stem}00" if self.place % 3 == 1 else f"{stem}{'ABCDEFGHJK'[self.claims % 10]}"


class Adjudicator:
    """All payers at work. Ask it in the order of the days: it counts claims and uses up deductibles."""

    def __init__(self, seed: int, payers: Mapping[str, Payer], hidden: Hidden, events: Events, regime: Regime) -> None:
        self._seed = seed
        self._hidden = hidden
        self._events = events
        self._delay = regime.delay
        self._pricer = Pricer()
        self._first: dict[str, str] = {}  # payer control number of the first of two equal claims, by Claim.id
        self._chance = {name: float(value) for name, value in figures()._asdict().items()}
        self._desks = _desks(seed, payers, regime)

    # --- the front door -----------------------------------------------------------------------------------------------

    def acknowledge(self, claim: Claim, received: date) -> Acknowledged:
        """Says what the front door says of a claim (277CA).

        Args:
            claim: As it was sent.
            received: The day the payer got it, which is also the day of the acknowledgment.

        Returns:
            Rejected with the status of the fault that it found, or accepted (A2, 20) with the payer's control number.
            A replacement or void is rejected (A7, 535: claim frequency code) where the payer takes none.
        """
        desk = self._desks[claim.payer.id]
        if fault := self._stopped(claim):
            cause = causes()[fault.kind]
            return Acknowledged(claim, received, False, cause.category, cause.status, cause.entity, "", fault)
        if claim.frequency in ("7", "8") and not claim.payer.habits.takes_replacement:
            return Acknowledged(claim, received, False, "A7", "535", "", "")
        number = desk.number(received)
        if claim.faults and any(fault.kind == _DUPLICATE for fault in claim.faults):
            self._first.setdefault(claim.id, number)
        return Acknowledged(claim, received, True, "A2", "20", "PR", number)

    def _stopped(self, claim: Claim) -> Fault | None:
        for fault in claim.faults:
            rejects = causes()[fault.kind].rejects
            if not rejects or (fault.kind == _DUPLICATE and claim.id not in self._first):
                continue
            if stream(self._seed, "door", claim.id, claim.round, fault.kind).random() < rejects:
                return fault
        return None

    # --- the answer ---------------------------------------------------------------------------------------------------

    def answer(self, claim: Claim, acknowledged: Acknowledged) -> list[Answer]:
        """Adjudicates an accepted claim.

        A claim that is sent twice (fault `duplicate_sent`) is denied as a duplicate the second time it is acknowledged.
        One that comes after the payer's limit is late, whether that is somebody's fault or not.

        Args:
            claim: As it was sent.
            acknowledged: What the front door said of it.

        Returns:
            One answer as a rule; two when the payer splits the claim, or sends an estimate before it pays; none to a
            rejected claim or to a void, whose answer is a reversal.
        """
        if not acknowledged.accepted or claim.frequency == "8":
            return []
        desk = self._desks[claim.payer.id]
        chance = stream(self._seed, "answer", claim.payer.id, acknowledged.payer_control_number)
        day = self._payday(desk, acknowledged.day, chance)
        ground = self.ground(claim, acknowledged)
        blank = Answer(
            claim=claim,
            day=day,
            received=acknowledged.day,
            status=_PROCESSED.get(claim.order, "3"),
            payer_control_number=acknowledged.payer_control_number,
            kind="",
            charge=0,
            paid=0,
            patient_responsibility=0,
            lines=[],
            because=_because(claim, ground),
        )
        if ground:
            return self._forwarded(blank, ground, chance) or self._denied(blank, ground, desk, chance)
        return self._paid(blank, desk, chance)

    def _payday(self, desk: _Desk, received: date, chance: Random) -> date:
        habits = desk.payer.habits
        days = chance.gauss(habits.days_to_answer, habits.spread) if habits.spread else habits.days_to_answer
        days *= self._delay * self._events.delay(desk.payer.id, received)
        day = received + timedelta(days=max(int(days + 0.5), desk.wait))
        return day + timedelta(days=desk.to_payday[day.weekday()])

    def payday(self, claim: Claim, acknowledged: Acknowledged) -> date:
        """The day on which `answer` would answer."""
        chance = stream(self._seed, "answer", claim.payer.id, acknowledged.payer_control_number)
        return self._payday(self._desks[claim.payer.id], acknowledged.day, chance)

    def twin(self, claim: Claim, number: str) -> None:
        """Remember under which number the payer has a claim already: one sent again as new is a duplicate of it."""
        self._first.setdefault(claim.id, number)

    def ground(self, claim: Claim, acknowledged: Acknowledged) -> Ground | None:
        """The first of the payer's checks that finds something; None when it would pay."""
        rank, found = len(_EDITS), None
        for fault in claim.faults:
            cause = causes()[fault.kind]
            if fault.kind == UNDERPAID or (fault.kind == _DUPLICATE and not self._again(claim, acknowledged)):
                continue
            if _EDITS[cause.edit] < rank:
                rank = _EDITS[cause.edit]
                found = Ground(fault.kind, (fault.line,) if fault.line else (), fault, "", cause.rightful)
        if rank > _EDITS["filing"] and _is_late(claim, acknowledged.day):
            return Ground(_LATE)
        if rank > _HOUSE_RULES and (rule := self._hidden.first(claim, acknowledged.day)):
            return Ground(rule.tells, rule.lines(claim), None, rule.name, rule.rightful)
        return found

    def _again(self, claim: Claim, acknowledged: Acknowledged) -> bool:
        return self._first.get(claim.id) != acknowledged.payer_control_number

    def _forwarded(self, blank: Answer, ground: Ground, chance: Random) -> list[Answer]:
        """Passed on to the right payer, if this one cares to: status 23, nothing paid and nothing denied."""
        if ground.cause not in _WRONG_PAYER or chance.random() >= self._chance["forwarded"]:
            return []
        claim = blank.claim
        insured = covered(claim.patient, claim.service_from, claim.form)
        right = [one.payer for one in insured if one.payer != claim.payer.id]
        if not right:
            return []
        passed = replace(blank, status="23", kind="forwarded", charge=claim.charge, crosses_to=right[0])
        passed.adjustments = [Adjust("OA", "B11", claim.charge)]
        return [passed]

    def _denied(self, blank: Answer, ground: Ground, desk: _Desk, chance: Random) -> list[Answer]:
        claim = blank.claim
        vague = chance.random() < desk.vague
        combo = combos.tell(ground.cause, (claim.payer.line_of_business, claim.form), chance, vague=vague)
        hit = {line.number for line in claim.lines if line.number in ground.lines}
        whole = not hit or len(hit) == len(claim.lines)
        if _by_the_stay(claim) or (whole and chance.random() < desk.payer.habits.claim_level):
            return [self._issue(blank, deny_claim(claim.lines, combo, beside=desk.beside), ground, combo, desk)]
        lines = [deny_line(one, combo, beside=desk.beside) for one in claim.lines if whole or one.number in hit]
        if not whole:
            lines += self._price(claim, [one for one in claim.lines if one.number not in hit], desk, chance)
            lines.sort(key=_line_number)
        return [
            self._issue(part, ruling, ground, combo, desk) for part, ruling in self._parts(blank, lines, desk, chance)
        ]

    def _paid(self, blank: Answer, desk: _Desk, chance: Random) -> list[Answer]:
        claim = blank.claim
        line_of_business = claim.payer.line_of_business
        if claim.order == 1 and line_of_business in _MANAGED and chance.random() < self._chance["capitated"]:
            lines = [LineAnswer(one, 0, [Adjust("CO", "24", one.charge)]) for one in claim.lines if one.charge]
            return [self._issue(blank, _ruling(lines), None, None, desk)]
        if _by_the_stay(claim):
            return [self._with_interest(self._issue(blank, self._stay(claim, desk, chance), None, None, desk), chance)]
        estimated = claim.admitted and claim.order == claim.round == 1 and line_of_business in _COMMERCIAL
        before = [_estimate(blank, desk)] if estimated and chance.random() < self._chance["estimate"] else []
        lines = self._price(claim, claim.lines, desk, chance)
        return before + [
            self._with_interest(self._issue(part, ruling, None, None, desk), chance)
            for part, ruling in self._parts(blank, lines, desk, chance)
        ]

    def _price(
        self, claim: Claim, lines: Sequence[Line], desk: _Desk, chance: Random, *, slips: bool = True
    ) -> list[LineAnswer]:
        if claim.order > 1 and claim.prior:
            return price_after(claim, lines, claim.prior, supplement=desk.supplement)
        return self._pricer.price(claim, lines, chance, slips=slips)

    def _stay(self, claim: Claim, desk: _Desk, chance: Random, *, slips: bool = True) -> Ruling:
        """An inpatient stay priced as a whole: everything stands at claim level."""
        priced = self._price(claim, [_whole(claim)], desk, chance, slips=slips)[0]
        return Ruling([], priced.adjustments, priced.remarks, claim.charge, cut=is_cut(priced))

    def _parts(
        self, blank: Answer, lines: list[LineAnswer], desk: _Desk, chance: Random
    ) -> list[tuple[Answer, Ruling]]:
        """The answer in one piece, or in two as some payers split a claim: the second under a number of its own."""
        split = desk.payer.habits.split
        fresh = blank.claim.order == blank.claim.round == 1
        if not split or len(lines) < 2 or not fresh or chance.random() >= split:
            return [(blank, _ruling(lines))]
        cut = chance.randrange(1, len(lines))
        second = replace(blank, part=2, payer_control_number=desk.number(blank.received))
        return [(replace(blank, part=1), _ruling(lines[:cut])), (second, _ruling(lines[cut:]))]

    def _issue(self, blank: Answer, ruling: Ruling, ground: Ground | None, combo: Combo | None, desk: _Desk) -> Answer:
        """The answer as it goes out: money, kind, status, truth of the denial, next payer."""
        answer = _filled(blank, ruling, silent=bool(combo and combo.silent))
        if ground and combo:
            cents = ruling.denied_at_claim + sum(line.denied for line in ruling.lines)
            answer.denied = truth(ground, combo, combos.type_of(ground.cause), cents)
            if answer.kind == "denied" and (combo.status or desk.loose):
                answer.status = "4" if desk.loose else combo.status
        return _crossed(answer)

    def _with_interest(self, answer: Answer, chance: Random) -> Answer:
        late = (answer.day - answer.received).days - figures().interest_after
        if answer.paid > 0 and late > 0 and chance.random() < answer.claim.payer.habits.interest:
            answer.interest = int(answer.paid * self._chance["interest_rate"] * late / 365)
        return answer

    # --- later --------------------------------------------------------------------------------------------------------

    def reverse(self, answer: Answer, day: date) -> Answer:
        """Undoes an answer (status 22): the same control numbers, every sign turned, CLP05 not used.

        Its lines hold copies of the lines with the charge below zero, so that each balances. (005010X221A1, section
        1.10.2.8.)
        """
        return replace(
            answer,
            day=day,
            status="22",
            kind="reversals",
            charge=-answer.charge,
            paid=-answer.paid,
            patient_responsibility=0,
            lines=[_turned_line(one) for one in answer.lines],
            adjustments=_turned(answer.adjustments),
            remarks=[],
            denied=None,
            reverses=answer,
            crosses_to="",
            interest=0,
            because="reversal",
        )

    def correct(
        self, answer: Answer, day: date, paid_lines: set[int] | None, because: str, claim: Claim | None = None
    ) -> Answer:
        """Pays what was denied, after an appeal, records or a correction.

        Args:
            answer: The answer that denies, or pays too little. Lines that it paid stay as they were.
            day: Of the new payment.
            paid_lines: Numbers of the denied lines that are paid now; None: all of them.
            because: appeal | records | correction ...
            claim: The corrected claim; None: the one that was answered.

        Returns:
            The whole claim as the payer sees it now, priced by contract, without a second slip; under the same control
            number or, by the payer, a new one.
        """
        claim = claim or answer.claim
        desk = self._desks[claim.payer.id]
        chance = stream(self._seed, "correct", answer.key, claim.round)
        number = desk.number(day) if desk.renumbers else answer.payer_control_number
        blank = _blank(answer, claim, day, because, number)
        if not answer.lines and paid_lines is None and _by_the_stay(claim):
            return _crossed(_filled(blank, self._stay(claim, desk, chance, slips=False), silent=False))
        before = {one.line.number: one for one in answer.lines}
        lines = [line for line in claim.lines if not answer.part or line.number in before]
        open_ = [line for line in lines if _opens(before.get(line.number), line.number, paid_lines, answer)]
        priced = {one.line.number: one for one in self._price(claim, open_, desk, chance, slips=False)} if open_ else {}
        ruling = _ruling([priced.get(line.number) or _kept(before.get(line.number), line, answer) for line in lines])
        new = _filled(blank, ruling, silent=_was_silent(answer))
        if answer.denied and (cents := sum(line.denied for line in ruling.lines)):
            new.denied = replace(answer.denied, cents=cents)
        return _crossed(new)

    def upheld(self, answer: Answer, day: date, claim: Claim | None = None) -> Answer:
        """Denies again, by the same codes.

        Args:
            answer: The answer that denies.
            day: Of the new answer.
            claim: The corrected claim; None: the one that was answered.
        """
        again = replace(answer, day=day, because="upheld", interest=0, reverses=None)
        if claim:
            lines = {line.number: line for line in claim.lines}
            same = [(one, lines.get(one.line.number, one.line)) for one in answer.lines]
            again.claim = claim
            again.lines = [replace(one, line=new if new.charge == one.line.charge else one.line) for one, new in same]
        return again

    def retract(self, answer: Answer, day: date) -> Answer:
        """Denies after review what was paid: the answer that follows the reversal of a payment (kind takeback)."""
        claim = answer.claim
        desk = self._desks[claim.payer.id]
        chance = stream(self._seed, "retract", answer.key)
        group = combos.takebacks().draw(chance)
        vague = chance.random() < desk.vague
        combo = combos.tell(group.name, (claim.payer.line_of_business, claim.form), chance, vague=vague)
        ground = Ground("takeback", rightful=chance.random() < group.rightful)
        if answer.lines:
            ruling = _ruling([deny_line(one.line, combo, beside=desk.beside) for one in answer.lines])
        else:
            ruling = deny_claim(claim.lines, combo, beside=desk.beside)
        number = desk.number(day) if desk.renumbers else answer.payer_control_number
        new = _filled(_blank(answer, claim, day, "takeback", number), ruling, silent=False)
        cents = ruling.denied_at_claim + sum(line.denied for line in ruling.lines)
        new.kind, new.denied = "takeback", truth(ground, combo, group.type, cents)
        return new


# --- payers -----------------------------------------------------------------------------------------------------------


def _desks(seed: int, payers: Mapping[str, Payer], regime: Regime) -> dict[str, _Desk]:
    of = figures()
    private = sorted(payer.id for payer in payers.values() if payer.line_of_business in _COMMERCIAL and payer.share)
    loose = stream(seed, "loose status").choice(private) if private else ""
    supplements = {payer.crosses_to for payer in payers.values()}
    desks = {}
    for place, payer in enumerate(payers.values()):
        chance = stream(seed, "ways", payer.id)
        habits = payer.habits
        desks[payer.id] = _Desk(
            payer=payer,
            place=place,
            vague=min(habits.vague * regime.vague, 1.0),
            wait=waits().get(payer.line_of_business, _SOONEST),
            to_payday=tuple(min((day - weekday) % 7 for day in habits.pays_on) for weekday in range(7)),
            beside=chance.random() < of.contract_beside,
            renumbers=chance.random() < of.renumbers,
            loose=payer.id == loose,
            supplement=payer.id in supplements,
        )
    return desks


# --- claims -----------------------------------------------------------------------------------------------------------


def _because(claim: Claim, ground: Ground | None) -> str:
    if ground and ground.cause == _DUPLICATE:
        return "duplicate"
    if claim.order > 1:
        return "secondary"
    return "correction" if claim.round > 1 else "first"


def _is_late(claim: Claim, received: date) -> bool:
    """Whether the claim came after the limit: counted from the first day of service, for a facility from the last."""
    if claim.order > 1:
        return False
    start = claim.service_to if claim.form == "I" else claim.service_from
    return (received - start).days > claim.payer.habits.filing_days


def _by_the_stay(claim: Claim) -> bool:
    return claim.admitted and claim.payer.line_of_business in _BY_THE_STAY


def _whole(claim: Claim) -> Line:
    """One line that stands for a whole stay."""
    allowed = sum(line.allowed for line in claim.lines)
    return Line(0, "", "", (), "", 1, claim.charge, claim.service_from, (), allowed)


# --- answers ----------------------------------------------------------------------------------------------------------


def _ruling(lines: list[LineAnswer]) -> Ruling:
    return Ruling(lines, [], [], sum(one.line.charge for one in lines))


def _filled(blank: Answer, ruling: Ruling, *, silent: bool) -> Answer:
    blank.lines, blank.adjustments = ruling.lines, ruling.adjustments
    blank.remarks = list(ruling.remarks)
    paid, owed = money_of(ruling)
    blank.charge, blank.paid, blank.patient_responsibility = ruling.charge, paid, owed
    blank.kind = kind_of(ruling, paid, owed, silent=silent)
    return blank


def _blank(answer: Answer, claim: Claim, day: date, because: str, number: str) -> Answer:
    """A new answer to a claim that was answered before, still without money."""
    return replace(
        answer,
        claim=claim,
        day=day,
        status=_PROCESSED.get(claim.order, "3"),
        payer_control_number=number,
        adjustments=[],
        remarks=[],
        denied=None,
        reverses=None,
        crosses_to="",
        interest=0,
        because=because,
    )


def _crossed(answer: Answer) -> Answer:
    """Medicare passes what it paid, or left to the patient, on to the supplement: status 19, remark MA18."""
    claim = answer.claim
    following = claim.payer.crosses_to
    wanted = following and claim.order == 1 and (answer.paid > 0 or answer.patient_responsibility > 0)
    if (
        wanted
        and answer.kind != "denied"
        and any(one.payer == following for one in covered(claim.patient, claim.service_from, claim.form))
    ):
        answer.status, answer.crosses_to = "19", following
        answer.remarks.append("MA18")
    return answer


def _estimate(blank: Answer, desk: _Desk) -> Answer:
    """An estimate in front of the payment: status 25, nothing paid (CARC 101)."""
    claim = blank.claim
    early = blank.received + timedelta(days=1)
    early += timedelta(days=desk.to_payday[early.weekday()])
    whole = [Adjust("OA", "101", claim.charge)]
    return replace(
        blank,
        day=min(early, blank.day),
        status="25",
        kind="predetermination",
        charge=claim.charge,
        lines=[],
        adjustments=whole,
    )


def _opens(before: LineAnswer | None, number: int, paid_lines: set[int] | None, answer: Answer) -> bool:
    """Whether a line is priced anew: it was denied and is paid now, or nothing was denied and all is priced again."""
    if answer.denied and before and not before.denied:
        return False
    return paid_lines is None or number in paid_lines


def _kept(before: LineAnswer | None, line: Line, answer: Answer) -> LineAnswer:
    """A line as it was answered; one of a claim denied at its own level is denied by the same code."""
    if before:
        return replace(before, line=line) if line.charge == before.line.charge else before
    why = answer.adjustments[-1]
    remarks = [one for one in answer.remarks if one != "MA18"]
    return LineAnswer(line, 0, [Adjust(why.group, why.carc, line.charge)], remarks, line.charge)


def _was_silent(answer: Answer) -> bool:
    return bool(answer.denied and answer.denied.codes == "CO-45")


def _turned(adjustments: Sequence[Adjust]) -> list[Adjust]:
    return [Adjust(one.group, one.carc, -one.cents) for one in adjustments]


def _turned_line(one: LineAnswer) -> LineAnswer:
    line = replace(one.line, charge=-one.line.charge, allowed=-one.line.allowed)
    return LineAnswer(line, -one.paid, _turned(one.adjustments))


def _line_number(one: LineAnswer) -> int:
    return one.line.number
