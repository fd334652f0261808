"""What happens in the course of a run: outages, a new coder, a slow payer, winters, and rules that begin."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from reclaim.rules.shelf import BookError, entries
from reclaim.world.causes import causes
from reclaim.world.chance import stream
from reclaim.world.model import Claim, Payer, Worker

BOOK = Path(__file__).parent / "book" / "events.toml"


@dataclass(frozen=True, slots=True)
class Event:
    """One event as it came in this run."""

    name: str
    words: str
    since: date
    until: date  # the last day of it
    faults: tuple[str, ...]  # true causes that it makes likelier, in the order of faults.toml
    factor: float
    worker: str  # Worker.id to whom it happened; "": to all
    payers: tuple[str, ...]  # Payer.ids it concerns; (): all
    delay: float  # multiplies the payers' days to answer
    rule: str  # hidden rule that holds as long as this event

    def concerns(self, claim: Claim) -> bool:
        """Whether the event's person and payer have to do with the claim; its days are not looked at."""
        if self.worker and self.worker not in (claim.registrar, claim.coder, claim.biller):
            return False
        return not self.payers or claim.payer.id in self.payers


class _Row(NamedTuple):
    name: str
    words: str
    at: Decimal | None = None
    days: int = 0
    months: tuple[int, ...] = ()
    faults: tuple[str, ...] = ()
    factor: Decimal = Decimal(1)
    role: str = ""
    payers: tuple[str, ...] = ()
    delay: Decimal = Decimal(1)
    rule: str = ""


class Events:
    """The events of one run."""

    def __init__(
        self, seed: int, since: date, until: date, workers: Mapping[str, Worker], payers: Mapping[str, Payer]
    ) -> None:
        """Places the events of book/events.toml into a run.

        Args:
            seed: Of the run: decides to whom an event happens.
            since: First day of the run (service dates).
            until: Last day of the run.
            workers: The office by Worker.id.
            payers: All payers by Payer.id.

        Raises:
            BookError: The book names a cause, role or payer that does not exist.
        """
        self.since, self.until, self.payers = since, until, payers
        self._all = [
            event
            for row in entries(BOOK, "event", _Row)
            for event in _placed(row, (since, until), workers, payers, seed)
        ]
        self._on: dict[date, tuple[Event, ...]] = {}

    def all(self) -> list[Event]:
        """Every event of the run: an event of several spans (a season) comes once for each."""
        return list(self._all)

    def on(self, day: date) -> tuple[Event, ...]:
        """The events that make faults likelier on a day, whoever they concern."""
        found = self._on.get(day)
        if found is None:
            found = tuple(event for event in self._all if event.faults and event.since <= day <= event.until)
            self._on[day] = found
        return found

    def factor(self, fault_name: str, claim: Claim) -> tuple[float, str]:
        """How much likelier a cause is on a claim, by the day its service began.

        Returns:
            The factor, 1.0 where nothing happened, and the name of the event that weighs most ("" when none).
        """
        factor, heaviest, name = 1.0, 1.0, ""
        for event in self.on(claim.service_from):
            if fault_name in event.faults and event.concerns(claim):
                factor *= event.factor
                if event.factor > heaviest:
                    heaviest, name = event.factor, event.name
        return factor, name

    def delay(self, payer_id: str, day: date) -> float:
        """By how much a payer's days to answer are multiplied for a claim it gets on a day."""
        factor = 1.0
        for event in self._all:
            if event.delay != 1.0 and payer_id in event.payers and event.since <= day <= event.until:
                factor *= event.delay
        return factor

    def span(self, rule_id: str) -> tuple[date, date] | None:
        """First and last day of the event that brings a hidden rule; None when no event does."""
        return next(((event.since, event.until) for event in self._all if event.rule == rule_id), None)


def _placed(
    row: _Row, run: tuple[date, date], workers: Mapping[str, Worker], payers: Mapping[str, Payer], seed: int
) -> Iterator[Event]:
    if unknown := [one for one in row.payers if one not in payers]:
        raise BookError(f"events.toml, {row.name}: no payer {', '.join(unknown)} in payers.toml")
    if (row.at is None) == (not row.months):
        raise BookError(f"events.toml, {row.name}: say when it comes, by `at` or by `months`")
    if row.delay != 1 and not row.payers:
        raise BookError(f"events.toml, {row.name}: a `delay` needs its `payers`")
    for since, until in _spans(row, *run):
        yield Event(
            name=row.name,
            words=row.words,
            since=since,
            until=until,
            faults=_faults(row),
            factor=float(row.factor),
            worker=_somebody(row, workers, seed),
            payers=row.payers,
            delay=float(row.delay),
            rule=row.rule,
        )


def _spans(row: _Row, since: date, until: date) -> Iterator[tuple[date, date]]:
    if row.at is not None:
        first = since + timedelta(days=int((until - since).days * row.at))
        yield first, min(until, first + timedelta(days=row.days - 1)) if row.days else until
        return
    start: date | None = None
    for count in range((until - since).days + 1):
        day = since + timedelta(days=count)
        if day.month in row.months:
            start = start or day
        elif start:
            yield start, day - timedelta(days=1)
            start = None
    if start:
        yield start, until


def _faults(row: _Row) -> tuple[str, ...]:
    names: set[str] = set()
    for one in row.faults:
        of_role: set[str] = {cause.name for cause in causes().values() if cause.who == one}
        if not of_role and one not in causes():
            raise BookError(f"events.toml, {row.name}: {one!r} is no cause and no role; see faults.toml")
        names |= of_role or {one}
    return tuple(name for name in causes() if name in names)


def _somebody(row: _Row, workers: Mapping[str, Worker], seed: int) -> str:
    if not row.role:
        return ""
    able = sorted(worker.id for worker in workers.values() if worker.role == row.role)
    if not able:
        raise BookError(f"events.toml, {row.name}: nobody of the office is a {row.role!r}")
    return stream(seed, "event", row.name).choice(able)
