"""A plausible billing office: who works which denial, how and when. What it does decides what anybody can observe.

It sees what billers see: dollars, codes and payers, never the true cause. Big dollars go first, each biller has only so
many minutes a day, queues grow, and some denials come to their turn when the last day has passed. Figures:
book/office.toml.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import accumulate
from pathlib import Path
from random import Random
from statistics import NormalDist
from typing import Literal, NamedTuple

from reclaim.rules.shelf import entries
from reclaim.world.chance import stream
from reclaim.world.model import Answer, Cents, Worker
from reclaim.world.outcomes import ACTIONS, Action, Option
from reclaim.world.payers import MEDICARE

BOOK = Path(__file__).parent / "book" / "office.toml"
Reason = Literal[
    "small_balance", "not_worth_trying", "deadline_passed", "exhausted", "patient_did_not_pay", "untouched"
]


class Work(NamedTuple):
    """One action that somebody takes on a denial.

    Attributes:
        key: `Answer.key` of the denial.
        claim: `Claim.id`.
        action: What is done, one of `outcomes.ACTIONS`.
        day: On which it is done; the queue may push it beyond the deadline.
        who: Worker.id of the biller; "" when nobody touched the denial.
        minutes: That it takes this biller.
        answer_day: When the payer's answer is expected; `day` for a write-off.
        attempt: 1 for the first action on the denial; 0 when nobody touched it.
        reason: Of a write-off, a name in book/office.toml; "" else.
        cents: That the denying codes took.
        option: The truth about the action: `outcomes.works(work.option, work.day)` says whether it brings the money.
        options: All options of the denial, for what comes next.
    """

    key: str
    claim: str
    action: str
    day: date
    who: str
    minutes: int
    answer_day: date
    attempt: int
    reason: str
    cents: Cents
    option: Option
    options: Sequence[Option]


class Office:
    """The billers and their queues. Its memory grows with the denials that nobody has touched."""

    def __init__(self, seed: int, workers: Mapping[str, Worker], since: date, denials: float) -> None:
        """Gives every biller a desk.

        Args:
            seed: Of the world.
            workers: Everybody of the group; the billers among them work denials.
            since: First day of the world.
            denials: A month, as many as the office expects: its billers are given time for so many.

        Raises:
            ValueError: There is no biller.
        """
        self._seed = seed
        billers = [one for one in workers.values() if one.role == "biller"]
        if not billers:
            raise ValueError("The office has no biller: add a worker with the role biller")
        natures = _natures(seed, len(billers), denials)
        self._desks = {
            one.id: _Desk(one, since, nature, stream(seed, "office", one.id))
            for one, nature in zip(billers, natures, strict=True)
        }
        self._names = tuple(self._desks)
        self._untouched: dict[str, tuple[date, Work]] = {}

    def capacity(self, who: str) -> int:
        """Minutes that a biller has for denials on a working day."""
        return self._desks[who].capacity

    def work(self, answer: Answer, options: Sequence[Option], day: date) -> Work | None:
        """The first action on a denial.

        Args:
            answer: With the denial.
            options: As `outcomes.options` gives them.
            day: On which the office learns of it. Call in order of days.

        Returns:
            What is done, when and by whom; None when nobody gets to it (see `settle_stale`) or nothing is denied.
        """
        denied = answer.denied
        if denied is None:
            return None
        desk = self._desk_of(answer)
        rank = _rank(denied.cents)
        if denied.cents < _figures()["nobody_below"] * 100 or desk.draw() < _ranks()[rank].neglect:
            self._leave(answer, options, day)
            return None
        action, reason = _first(answer, denied.cents, desk)
        return self._take(answer, options, (action, reason, 1), day)

    def next_after(self, work: Work, answer: Answer, day: date) -> Work | None:
        """What follows when an action failed.

        Args:
            work: That failed.
            answer: The denial that it was about.
            day: On which the office learns that it failed.

        Returns:
            The next action or a write-off; None when the work was a write-off already, or nobody gets to it.
        """
        if work.action == "write_off":
            return None
        action, reason = _next(work, answer, self._desk_of(answer))
        return self._take(answer, work.options, (action, reason, work.attempt + 1), day)

    def settle_stale(self, day: date) -> list[Work]:
        """Write-offs, on a day, of what nobody has touched for a year by then; each is told once."""
        stale = []
        for key, (since, _) in self._untouched.items():
            if (day - since).days < _figures()["stale_days"]:
                break
            stale.append(key)
        return [self._untouched.pop(key)[1]._replace(day=day, answer_day=day) for key in stale]

    def close(self, key: str) -> None:
        """Forgets a denial (`Answer.key`) that is settled without work, so that it never gets stale."""
        self._untouched.pop(key, None)

    def _desk_of(self, answer: Answer) -> "_Desk":
        who = answer.claim.biller
        if who not in self._desks:
            who = _stand_in(self._seed, who, self._names)
        return self._desks[who]

    def _take(self, answer: Answer, options: Sequence[Option], what: tuple[str, str, int], day: date) -> Work | None:
        """Books an action into the queue of its biller; a write-off instead when they notice that it is too late."""
        action, reason, attempt = what
        desk = self._desk_of(answer)
        cents = answer.denied.cents if answer.denied else 0
        rank = desk.turn(self._seed, answer.claim.payer.id, _rank(cents))
        option = options[ACTIONS.index(action)]
        at = desk.find(desk.minutes(option), rank, day)
        if (
            at is not None
            and not reason
            and _day(at) > option.deadline
            and desk.draw() < _figures()["notices_deadline"]
        ):
            option, reason = _instead(option, options, _day(at))
            at = desk.find(desk.minutes(option), rank, day)
        if at is None:
            self._leave(answer, options, day)
            return None
        done = _day(at)
        minutes = desk.minutes(option)
        desk.book(at, minutes)
        answered = done if reason else date.fromordinal(done.toordinal() + option.days_to_answer)
        return Work(
            *(answer.key, answer.claim.id, option.action, done, desk.who, minutes, answered),
            *(attempt, reason, cents, option, options),
        )

    def _leave(self, answer: Answer, options: Sequence[Option], day: date) -> None:
        """Keeps in mind a denial that nobody gets to."""
        cents = answer.denied.cents if answer.denied else 0
        reason = "small_balance" if cents < _figures()["nobody_below"] * 100 else "untouched"
        option = options[ACTIONS.index("write_off")]
        work = Work(answer.key, answer.claim.id, "write_off", day, "", 0, day, 0, reason, cents, option, ())
        self.close(work.key)  # so that the oldest stand first
        self._untouched[work.key] = (day, work)


# --- a biller's desk --------------------------------------------------------------------------------------------------


class _Desk:
    """A biller and the minutes that are already given away, by working day."""

    def __init__(self, worker: Worker, since: date, nature: "_Nature", chance: Random) -> None:
        self.who = worker.id
        self.draw = chance.random
        self.capacity, self.skill, self.habit = nature
        self._booked: dict[int, int] = {}
        self._open = [_number(max(worker.since, since))] * len(_ranks())  # by rank: no day before it has room
        self._turns: dict[str, int] = {}

    def minutes(self, option: Option) -> int:
        """How long this biller takes for an action."""
        return min(max(round(option.minutes / self.skill), 1), self.capacity)

    def turn(self, seed: int, payer: str, rank: int) -> int:
        """The rank moved by how the biller likes the payer."""
        moved = self._turns.get(payer)
        if moved is None:
            like, share = stream(seed, "office", self.who, payer).random(), _figures()["favorite"]
            moved = self._turns[payer] = -1 if like < share else int(like > 1 - share)
        return min(max(rank + moved, 0), len(_ranks()) - 1)

    def find(self, minutes: int, rank: int, day: date) -> int | None:
        """The first working day with room for a work; None when the queue is too long."""
        entry, today = _ranks()[rank], _number(day)
        at = max(self._open[rank], today + entry.lag)
        while self._room(at, entry) < _SHORTEST:
            at += 1
        self._open[rank] = at
        at = max(at, today + entry.lag + int(self.draw() * _figures()["extra_lag"]))
        last = today + entry.gives_up
        while at <= last:
            room = self._room(at, entry)
            if room >= minutes or (room > 0 and at not in self._booked):
                return at
            at += 1
        return None

    def book(self, at: int, minutes: int) -> None:
        """Gives minutes of a working day away."""
        self._booked[at] = self._booked.get(at, 0) + minutes

    def _room(self, at: int, entry: "_Rank") -> float:
        share = entry.room_at_month_end if _month_end(at) else entry.room
        return self.capacity * share - self._booked.get(at, 0)


_APPEALS = ("appeal_1", "appeal_2")
_SHORTEST = 10  # minutes: a day with less room than this counts as full


class _Nature(NamedTuple):
    """What a biller is like."""

    capacity: int  # minutes a working day
    skill: float
    habit: "_HabitEntry"


def _natures(seed: int, billers: int, denials: float) -> list[_Nature]:
    """Billers as unlike each other as the book says, and together always much the same, be they few or many."""
    figures, chance = _figures(), stream(seed, "billers")
    fair = denials / billers * figures["minutes_a_denial"] / figures["working_days"]
    fair = min(max(fair, figures["least_minutes_a_day"]), figures["most_minutes_a_day"])
    minutes, skills, habits = (_evenly(chance, billers) for _ in range(3))
    bell = NormalDist(1.0, figures["spread_of_skill"])
    return [
        _Nature(
            round(fair * (1 + figures["spread_of_minutes"] * (2 * minute - 1))),
            min(max(bell.inv_cdf(skill), 0.75), 1.25),
            _habit_at(habit),
        )
        for minute, skill, habit in zip(minutes, skills, habits, strict=True)
    ]


def _evenly(chance: Random, count: int) -> list[float]:
    """Places from 0 to 1, one in each of so many equal parts, in any order."""
    places = [(part + chance.uniform(0.02, 0.98)) / count for part in range(count)]
    chance.shuffle(places)
    return places


@cache
def _stand_in(seed: int, who: str, names: tuple[str, ...]) -> str:
    """Who does the work of somebody that is no biller here: always the same."""
    return stream(seed, "stand-in", who).choice(names)


# --- what a biller thinks ---------------------------------------------------------------------------------------------


def _first(answer: Answer, cents: Cents, desk: _Desk) -> tuple[str, str]:
    """The first action that a biller chooses, and the reason if it is a write-off."""
    habit, draw = desk.habit, desk.draw
    if cents < habit.small * 100:
        return "write_off", "small_balance"
    belief = _belief(answer.denied.codes if answer.denied else "")
    sure = draw() < min(float(belief.sure) * float(habit.reads) * desk.skill, 0.98)
    action = belief.first if sure else habit.first
    if action == "write_off":
        return action, "not_worth_trying"
    calls = belief.clinical and answer.claim.admitted and cents >= _figures()["peer_to_peer_at_least"] * 100
    if action == "appeal_1" and calls and draw() < _figures()["peer_to_peer_share"]:
        action = "peer_to_peer"
    return action, ""


def _instead(option: Option, options: Sequence[Option], day: date) -> tuple[Option, str]:
    """What a biller does who sees that the last day of an action has passed: appeals if it can, else writes off."""
    appeal = options[ACTIONS.index("appeal_1")]
    if option.action in ("peer_to_peer", "send_records") and day <= appeal.deadline:
        return appeal, ""
    return options[ACTIONS.index("write_off")], "deadline_passed"


def _next(work: Work, answer: Answer, desk: _Desk) -> tuple[str, str]:
    """The action after one that failed, and the reason if it is a write-off."""
    figures = _figures()
    belief = _belief(answer.denied.codes if answer.denied else "")
    if work.action == "bill_patient":
        return "write_off", "patient_did_not_pay"
    if work.attempt >= figures["most_attempts"]:
        return "write_off", "exhausted"
    if work.attempt == 1 and work.action != "peer_to_peer" and desk.draw() < figures["reads_again"] * desk.skill:
        action = belief.then if work.action == belief.first else belief.first
        if action not in (work.action, "write_off"):
            return action, ""
    if belief.clinical and work.action in _APPEALS and _goes_outside(work, answer, desk):
        return "external_review", ""
    after = _after().get(work.action)
    forward = after is not None and work.cents >= after.at_least * 100
    return (after.next, "") if after and forward else ("write_off", "exhausted")


def _goes_outside(work: Work, answer: Answer, desk: _Desk) -> bool:
    """Whether a question of medicine that the plan's own appeal has lost goes to reviewers outside of it."""
    figures = _figures()
    large = work.cents >= figures["external_review_at_least"] * 100
    inside = answer.claim.payer.line_of_business == MEDICARE
    return large and not inside and desk.draw() < figures["external_review_share"]


@cache
def _belief(codes: str) -> "_BeliefEntry":
    """What billers believe a combination of codes ("CO-16 N382") asks for; the remark decides before the CARC alone."""
    words = codes.replace(",", " ").split()
    carcs = [word.partition("-")[2] for word in words if "-" in word]
    known = [one for one in _beliefs() if set(one.carcs) & set(carcs)]
    told = [one for one in known if set(one.remarks) & set(words)]
    plain = [one for one in known if not one.remarks]
    other = [one for one in _beliefs() if "" in one.carcs]
    return (told + plain + other)[0]


def _rank(cents: Cents) -> int:
    for place, one in enumerate(_ranks()):
        if cents >= one.at_least:
            return place
    return len(_ranks()) - 1


# --- working days -----------------------------------------------------------------------------------------------------


def _number(day: date) -> int:
    """Counts working days, Monday to Friday; a weekend counts as the Monday after it."""
    weeks, weekday = divmod(day.toordinal() - 1, 7)
    return weeks * 5 + min(weekday, 5)


@cache
def _day(number: int) -> date:
    weeks, weekday = divmod(number, 5)
    return date.fromordinal(weeks * 7 + weekday + 1)


@cache
def _month_end(number: int) -> bool:
    return _day(number).month != _day(number + int(_figures()["month_end_days"])).month


# --- the book ---------------------------------------------------------------------------------------------------------


class _FigureEntry(NamedTuple):
    name: str
    value: Decimal
    source: str


class _RankEntry(NamedTuple):
    at_least: int
    lag: int
    gives_up: int
    room: Decimal
    room_at_month_end: Decimal
    neglect: Decimal


class _HabitEntry(NamedTuple):
    name: str
    share: Decimal
    first: Action
    small: int
    reads: Decimal


class _BeliefEntry(NamedTuple):
    carcs: tuple[str, ...]
    first: Action
    then: Action
    sure: Decimal
    remarks: tuple[str, ...] = ()
    clinical: bool = False


class _AfterEntry(NamedTuple):
    action: Action
    next: Action
    at_least: int


class _ReasonEntry(NamedTuple):
    name: Reason
    words: str


class _Rank(NamedTuple):
    """A rank of the book, in the numbers that the hot road wants."""

    at_least: Cents
    lag: int
    gives_up: int
    room: float
    room_at_month_end: float
    neglect: float


def reasons() -> dict[str, str]:
    """Reasons of write-offs, each in words."""
    return {one.name: one.words for one in entries(BOOK, "reason", _ReasonEntry)}


@cache
def _figures() -> dict[str, float]:
    return {one.name: float(one.value) for one in entries(BOOK, "figure", _FigureEntry)}


@cache
def _ranks() -> tuple[_Rank, ...]:
    return tuple(
        _Rank(
            one.at_least * 100, one.lag, one.gives_up, float(one.room), float(one.room_at_month_end), float(one.neglect)
        )
        for one in entries(BOOK, "rank", _RankEntry)
    )


def _habit_at(place: float) -> _HabitEntry:
    """The habit at a place from 0 to 1, when all are laid side by side by share."""
    found = entries(BOOK, "habit", _HabitEntry)
    ends = accumulate(float(one.share) for one in found)
    return next((one for one, end in zip(found, ends, strict=True) if place < end), found[-1])


@cache
def _beliefs() -> tuple[_BeliefEntry, ...]:
    return entries(BOOK, "belief", _BeliefEntry)


@cache
def _after() -> dict[str, _AfterEntry]:
    return {one.action: one for one in entries(BOOK, "after", _AfterEntry)}
