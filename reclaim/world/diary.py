"""What will happen on which day: claims to send, answers to pay, work to do. The rest stays undone on the last day."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from reclaim.world.model import Acknowledged, Answer, Claim, Payer
from reclaim.world.office import Work
from reclaim.world.posting import Position

ONE_DAY = timedelta(days=1)
SATURDAY = 5


class Case(NamedTuple):
    """A denial and what is being done about it."""

    work: Work
    answer: Answer  # the denial
    standing: Answer  # the payer's last word on the claim: the denial, or the same again


class Sending(NamedTuple):
    """A claim on its way to a payer."""

    claim: Claim
    why: str  # see tables.Submissions
    case: Case | None = None  # the denial that it is meant to cure


class Due(NamedTuple):
    """An answer on its way to the office."""

    answer: Answer
    case: Case | None = None  # the work that brought it
    before: Position = Position()  # what the answer takes the place of
    last: bool = True  # False: a reversal that another answer follows


class Knocked(NamedTuple):
    """A claim at the front door of a payer, and what it says."""

    sending: Sending
    file: str
    sent: date
    acknowledged: Acknowledged


@dataclass(slots=True)
class Diary:
    """One entry for each thing and day. Days are taken out in their order, each once."""

    today: date = date.min
    sending: dict[date, list[Sending]] = field(default_factory=lambda: defaultdict(list))
    knocked: dict[date, list[Knocked]] = field(default_factory=lambda: defaultdict(list))
    due: dict[date, dict[str, list[Due]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    work: dict[date, list[Case]] = field(default_factory=lambda: defaultdict(list))
    failing: dict[date, list[Case]] = field(default_factory=lambda: defaultdict(list))

    def send(self, sending: Sending, day: date) -> None:
        """Send on a day, or the first working day after it."""
        self.sending[working_day(day)].append(sending)

    def pay(self, *dues: Due) -> None:
        """Answer on the day that stands in each answer.

        Raises:
            ValueError: that day is over.
        """
        for each in dues:
            if each.answer.day <= self.today:
                raise ValueError(f"an answer is due on {each.answer.day}, and it is {self.today}")
            self.due[each.answer.day][each.answer.claim.payer.id].append(each)

    def do(self, work: Work | None, answer: Answer, standing: Answer) -> None:
        """Work a denial on its day; nothing when nobody gets to it."""
        if work:
            self.work[max(work.day, self.today)].append(Case(work, answer, standing))

    def fail(self, case: Case) -> None:
        """Let the office learn on the day of the answer that its work brought nothing."""
        self.failing[max(case.work.answer_day, self.today + ONE_DAY)].append(case)


def working_day(day: date) -> date:
    """The day, or the Monday after a weekend."""
    while day.weekday() >= SATURDAY:
        day += ONE_DAY
    return day


def pay_day(payer: Payer, day: date) -> date:
    """The first day from a day on that the payer pays on."""
    while day.weekday() not in payer.habits.pays_on:
        day += ONE_DAY
    return day


def days(since: date, until: date) -> Iterable[date]:
    """Every day, both ends with it."""
    return (since + timedelta(days=each) for each in range((until - since).days + 1))
