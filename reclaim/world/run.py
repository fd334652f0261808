"""The world from its first day to its last, on one page.

    each month   care is given, and slips are made             care, faults
    each day     payers' front doors answer                    adjudication, mailroom: 277CA
                 payers pay or refuse                          adjudication, remit, mailroom: 835
                 the office works denials, and learns          office, outcomes, followup
                 it sends claims                               mailroom: 837, TA1, 999
    at the end   what is still open is written down, and every figure of the truth is counted

Nothing here reads a clock: the last day is given.
"""

import gc
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from copy import copy
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from reclaim.world import kpis, posting, regimes, rows, tables
from reclaim.world.adjudication import Adjudicator
from reclaim.world.care import Care
from reclaim.world.chance import stream
from reclaim.world.diary import ONE_DAY, Diary, Due, Knocked, Sending, days, working_day
from reclaim.world.events import Events
from reclaim.world.faults import Faults, repaired
from reclaim.world.followup import Followup, Frame
from reclaim.world.hidden import Hidden
from reclaim.world.mailroom import Mailroom
from reclaim.world.model import Claim
from reclaim.world.office import Office
from reclaim.world.payers import payers
from reclaim.world.people import Group, covered, found
from reclaim.world.places import HOSPITAL
from reclaim.world.remit import Bundler

DUPLICATE = "duplicate_sent"
ORDER = "order.json"
"""In the folder of the truth: what world was wanted."""
SENT_AGAIN_AFTER = range(3, 16)  # assumption: days until a claim is sent a second time by mistake
REPAIRED_AFTER = range(1, 9)  # assumption: days until a rejected claim is sent again


class Order(NamedTuple):
    """What world is wanted."""

    claims: int
    months: int
    seed: int
    until: date  # the last day; the run begins on the first of the month, so many months before
    regime: str = "typical"
    broken: float = 0.0  # chance that a remittance does not balance, on purpose


class Made(NamedTuple):
    """What was made."""

    files: int
    bytes: int
    sent: int  # claims that went out
    unsent: int  # cared for, and not yet sent on the last day


class Kept(NamedTuple):
    """What a folder says of the world in it."""

    order: Order
    check: int  # over all bytes that were written: other figures or another program make another world


def keep(made: Kept, truth: Path) -> None:
    """Write down what world was wanted, so that it can be lived through again."""
    (truth / ORDER).write_text(json.dumps(made.order._asdict() | {"check": made.check}, default=str) + "\n")


def kept(folder: Path) -> Kept:
    """What world a folder holds.

    Raises:
        OSError: it holds none, or one that did not come to its end.
        KeyError, TypeError, ValueError: what stands there is no order.
    """
    held = json.loads((folder / tables.TRUTH / ORDER).read_text())
    return Kept(check=held.pop("check"), order=Order(**held | {"until": date.fromisoformat(held["until"])}))


class World:
    """A clinic group, its payers, and everything between them."""

    def __init__(self, folder: Path | None, order: Order) -> None:
        """Founds everything; nothing happens yet.

        Args:
            folder: where files go; the truth into `truth` below it. None: it is lived through, and nothing is written.
            order: what is wanted.

        Raises:
            BookError: a book of the world holds what it must not, or there is no such regime.
        """
        self._order = order
        seed, until, regime = order.seed, order.until, regimes.regime(order.regime)
        self._months = list(_months(order))
        since = self._months[0][0]
        self._payers = payers()
        self._group = found(seed, max(order.claims // order.months, 1), since, until)
        events = Events(seed, since, until, self._group.workers, self._payers)
        hidden = Hidden(seed, regime, events)
        self._care = Care(self._group, self._payers, seed)
        self._faults = Faults(seed, regime, events, self._group.workers)
        self._adjudicator = Adjudicator(seed, self._payers, hidden, events, regime)
        self._bundler = Bundler(seed, self._payers, list(self._group.entities.values()), order.broken)
        self._mail = Mailroom(folder, self._payers, seed)
        self._truth = tables.Truth(folder / tables.TRUTH if folder else None)
        self._diary = Diary()
        frame = Frame(seed, until, self._payers, regime.chance_factor)
        denials = order.claims / order.months * regime.denied / 100
        office = Office(seed, self._group.workers, since, denials)
        self._followup = Followup(self._diary, self._truth, office, self._adjudicator, frame)
        self._chance = stream(seed, "run")
        self._sent = 0
        self._settings(events, hidden)

    def run(self, advance: Callable[[int], object] = lambda _: None) -> Made:
        """Live through every day; `advance` is told how many claims were cared for."""
        self._live(advance)
        self._followup.end()
        self._truth.flush(f"{self._order.until:%Y-%m}-end")
        if self._truth.folder:
            self._truth.extend("kpis", kpis.kpis(self._truth.folder))
            self._truth.flush("all")
            keep(Kept(self._order, self._mail.check), self._truth.folder)
        unsent = sum(each.why == "first" for later in self._diary.sending.values() for each in later)
        return Made(self._mail.files, self._mail.bytes, self._sent, unsent)

    def _live(self, advance: Callable[[int], object]) -> None:
        gc.set_threshold(200_000, 20, 50)  # claims hold no cycles: the collector would look at them all for nothing
        starts = dict(self._months)
        for day in days(self._months[0][0], self._order.until):
            if count := starts.get(day):
                self._month(day, count)
                advance(count)
            self._payers_answer(day)
            self._work(day)
            self._send(day)
            if (day + ONE_DAY).day == 1:
                self._followup.stale(day)
                self._truth.flush(f"{day:%Y-%m}")

    def _payers_answer(self, day: date) -> None:
        self._diary.today = day
        self._acknowledge(day)
        self._remit(day)

    def _month(self, first: date, count: int) -> None:
        for claim in self._care.month(first.year, first.month, count):
            self._faults.strike(claim)
            if any(fault.kind == DUPLICATE for fault in claim.faults):
                self._twice(claim)
            else:
                self._diary.send(Sending(claim, "first"), claim.submitted)

    def _twice(self, claim: Claim) -> None:
        """A claim that is sent a second time by mistake: the payer answers the one that it gets first."""
        first = copy(claim)
        claim.faults = [fault for fault in claim.faults if fault.kind == DUPLICATE]
        self._diary.send(Sending(first, "first"), first.submitted)
        claim.submitted = first.submitted + timedelta(days=self._chance.choice(SENT_AGAIN_AFTER))
        self._diary.send(Sending(claim, "duplicate"), claim.submitted)

    # --- each day -----------------------------------------------------------------------------------------------------

    def _send(self, day: date) -> None:
        together = self._diary.sending.pop(day, [])
        for form in "PI":
            sendings = [each for each in together if each.claim.form == form]
            if not sendings:
                continue
            sent = self._mail.send([each.claim for each in sendings], form, day)
            for sending in sendings:
                if sent.accepted:
                    self._knock(sending, sent.name, day)
                else:
                    self._diary.send(sending, day + ONE_DAY)

    def _knock(self, sending: Sending, file: str, day: date) -> None:
        claim = sending.claim
        if sending.why == "first":
            self._sent += 1
            self._truth.add("claims", _claim(claim))
            self._truth.extend(
                "faults",
                (
                    tables.Faults(claim.id, *(each.kind, each.element, each.line, each.who, each.event))
                    for each in claim.faults
                ),
            )
            self._truth.add("ledger", posting.charged(claim.id, claim.payer.id, day, claim.charge, file))
        acknowledged = self._adjudicator.acknowledge(claim, day)
        acknowledged.day = working_day(day + ONE_DAY)
        self._diary.knocked[acknowledged.day].append(Knocked(sending, file, day, acknowledged))

    def _acknowledge(self, day: date) -> None:
        by_payer: dict[str, list[Knocked]] = defaultdict(list)
        for knocked in self._diary.knocked.pop(day, []):
            by_payer[knocked.sending.claim.payer.id].append(knocked)
        for payer, theirs in by_payer.items():
            name = self._mail.acknowledge([each.acknowledged for each in theirs], self._payers[payer], day)
            for each in theirs:
                row = rows.submission(each.sending, (each.file, each.sent), each.acknowledged, name)
                self._truth.add("submissions", row)
                self._opened(each, day)

    def _opened(self, knocked: Knocked, day: date) -> None:
        """What follows at the front door: an answer one day, or a claim that must be sent again."""
        sending, acknowledged = knocked.sending, knocked.acknowledged
        claim = sending.claim
        if not acknowledged.accepted:
            new = repaired(claim)
            new.faults = [fault for fault in claim.faults if fault.kind == DUPLICATE]
            new.submitted = day + timedelta(days=self._chance.choice(REPAIRED_AFTER))
            why = sending.why if sending.case or sending.why == "secondary" else "rejected"
            if sending.why != "duplicate":
                self._diary.send(Sending(new, why, sending.case), new.submitted)
        elif sending.case:
            self._followup.accepted(sending.case, claim, acknowledged)
        else:
            for answer in self._adjudicator.answer(claim, acknowledged):
                self._diary.pay(Due(answer))

    def _remit(self, day: date) -> None:
        for payer, dues in sorted(self._diary.due.pop(day, {}).items()):
            known = {id(each.answer): each for each in dues}
            whose = self._payers[payer]
            remittances = self._bundler.remittances([each.answer for each in dues], whose, day)
            for file, answer in self._mail.remit(remittances, whose, self._truth):
                self._arrived(known[id(answer)], file)

    def _arrived(self, due: Due, file: str) -> None:
        self._followup.arrived(due, file)

    def _work(self, day: date) -> None:
        while cases := self._diary.work.pop(day, []):
            for case in cases:
                self._followup.work(case, day)
            for case in self._diary.failing.pop(day, []):
                self._followup.failed(case, day)
        for case in self._diary.failing.pop(day, []):
            self._followup.failed(case, day)

    def _settings(self, events: Events, hidden: Hidden) -> None:
        for event in events.all():
            words = (" ".join(event.payers), " ".join(sorted(event.faults)))
            row = (event.name, event.words, event.since, event.until, event.worker, *words)
            self._truth.add("events", tables.Events(*row, event.factor, event.delay, event.rule))
        for rule in hidden.all():
            span = (rule.since, rule.until, rule.chance, rule.tells)
            self._truth.add("rules", tables.Rules(rule.id, rule.version, rule.payer, rule.words, *span))
        for each in self._group.workers.values():
            self._truth.add("workers", tables.Workers(each.id, each.role, each.location, each.since, each.slips))
        self._truth.extend("providers", _providers(self._group))


def _providers(group: Group) -> Iterator[tables.Providers]:
    hospital = group.entities[HOSPITAL]
    yield tables.Providers(hospital.id, hospital.npi, hospital.id, hospital.name)
    for each in group.providers.values():
        yield tables.Providers(each.id, each.npi, each.location, group.locations[each.location].name)


def _months(order: Order) -> Iterator[tuple[date, int]]:
    """The first day of each month and how many claims it has; what is left over goes to the first months."""
    each, over = divmod(order.claims, order.months)
    last = order.until.year * 12 + order.until.month - 1
    for place in range(order.months):
        year, month = divmod(last - order.months + 1 + place, 12)
        yield date(year, month + 1, 1), each + (place < over)


def _claim(claim: Claim) -> tables.Claims:
    truly = covered(claim.patient, claim.service_from, claim.form)
    return tables.Claims(
        claim=claim.id,
        control_number=claim.control_number,
        form=claim.form,
        payer=truly[0].payer if truly else "",
        billed_payer=claim.payer.id,
        line_of_business=claim.payer.line_of_business,
        entity=claim.entity.id,
        location=claim.location.id,
        provider=claim.provider.id,
        specialty=claim.specialty,
        registrar=claim.registrar,
        coder=claim.coder,
        biller=claim.biller,
        service_from=claim.service_from,
        service_to=claim.service_to,
        submitted=claim.submitted,
        lines=len(claim.lines),
        charge_cents=claim.charge,
        allowed_cents=sum(line.allowed for line in claim.lines),
        needs_authorization=claim.needs_authorization,
        admitted=claim.admitted,
    )
