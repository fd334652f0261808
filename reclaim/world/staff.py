"""The people who work in the group: registrars, coders, billers, and clinicians with their enrollments."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from random import Random
from typing import Literal, NamedTuple

from reclaim.rules import shelf
from reclaim.world import names
from reclaim.world.chance import stream
from reclaim.world.model import Enrollment, Provider, Worker
from reclaim.world.npi import npi
from reclaim.world.payers import BOOKS, MEDICARE, payers
from reclaim.world.places import BOOK, Place

_NUMBER_STEP = 48_271  # spreads clinicians' NPIs over the range; shares no divisor with its size, so none comes twice
_FIRST_NUMBER = 1_000_000


class Specialty(NamedTuple):
    """One entry of the book."""

    name: str
    taxonomy: str
    share: Decimal
    claims: int


class _Staff(NamedTuple):
    role: Literal["registrar", "coder", "biller"]
    claims: int
    least: int


class _Roster(NamedTuple):
    hires: Decimal
    lapses: Decimal
    lapse_days: int
    enrolls_from: int
    enrolls_to: int


class Run(NamedTuple):
    """For whom and when people are hired: the seed, claims a month, first and last day."""

    seed: int
    claims_per_month: int
    since: date
    until: date

    @property
    def days(self) -> int:
        """From first to last."""
        return (self.until - self.since).days


@cache
def specialties() -> dict[str, Specialty]:
    """Every specialty of the book by its name."""
    return {one.name: one for one in shelf.entries(BOOK, "specialty", Specialty)}


# --- the office -------------------------------------------------------------------------------------------------------


def workers(run: Run, places: list[Place]) -> dict[str, Worker]:
    """Registrars of each place; coders and billers, whose desks stand at the first one. By id.

    A busier place has more registrars; everybody's slips are drawn around an average of 1.
    """
    rates = {one.role: one for one in shelf.entries(BOOK, "staff", _Staff)}
    chance = stream(run.seed, "workers")
    found: dict[str, Worker] = {}
    for place in places:
        _hire(found, "registrar", place.id, _heads(rates["registrar"], _claims_at(place, places, run)), run, chance)
    for role in ("coder", "biller"):
        _hire(found, role, places[0].id, _heads(rates[role], run.claims_per_month), run, chance)
    return found


def _hire(found: dict[str, Worker], role: str, place: str, heads: int, run: Run, chance: Random) -> None:
    begun = sum(one.role == role for one in found.values())
    for number in range(begun + 1, begun + heads + 1):
        since = run.since - timedelta(days=int(90 + chance.random() * 4000))
        slips = round(chance.lognormvariate(-0.1, 0.45), 2)
        worker = Worker(f"{role[:3].upper()}-{number:02d}", role, place, since, slips)
        found[worker.id] = worker


def _heads(rate: _Staff, claims: float) -> int:
    return max(rate.least, round(claims / rate.claims))


def _claims_at(place: Place, places: list[Place], run: Run) -> float:
    return sum(_claims_of(name, places, run) for name in place.specialties)


def _claims_of(specialty: str, places: list[Place], run: Run) -> float:
    """Claims a month of a specialty at each place that has it."""
    held = sum(specialty in place.specialties for place in places)
    return run.claims_per_month * float(specialties()[specialty].share) / held


# --- clinicians -------------------------------------------------------------------------------------------------------


def clinicians(run: Run, places: list[Place]) -> tuple[dict[str, Provider], dict[str, date]]:
    """Who renders care, by id, and the day from which those who begin during the run see patients.

    Everybody is enrolled with every payer from long before, but the new ones wait for each, and a few miss a renewal.
    """
    roster = shelf.entries(BOOKS / "people.toml", "roster", _Roster)[0]
    chance = stream(run.seed, "clinicians")
    posts = list(_posts(run, places))
    hires = _share(roster.hires, len(posts))
    lapsed = set(chance.sample(range(len(posts)), _share(roster.lapses, len(posts))))
    found: dict[str, Provider] = {}
    starts: dict[str, date] = {}
    for number, post in enumerate(posts + [posts[int(chance.random() * len(posts))] for _ in range(hires)]):
        if number < len(posts):
            enrollments = _lapsed(run, roster, chance) if number in lapsed else _steady(run)
            one = _clinician(number, post, enrollments, chance)
        else:
            start = run.since + timedelta(days=int(run.days * (0.15 + 0.5 * chance.random())))
            one = _clinician(number, post, _waiting(start, roster, chance), chance)
            starts[one.id] = start
        found[one.id] = one
    return found, starts


def _posts(run: Run, places: list[Place]) -> Iterator[tuple[str, Specialty]]:
    for place in places:
        for name in place.specialties:
            specialty = specialties()[name]
            heads = max(1, round(_claims_of(name, places, run) / specialty.claims))
            yield from [(place.id, specialty)] * heads


def _share(share: Decimal, heads: int) -> int:
    return max(1, round(float(share) * heads))


def _clinician(
    number: int, post: tuple[str, Specialty], enrollments: tuple[Enrollment, ...], chance: Random
) -> Provider:
    place, specialty = post
    sex = "F" if chance.random() < 0.5 else "M"
    return Provider(
        id=f"DR-{number + 1:03d}",
        npi=npi((_FIRST_NUMBER + number * _NUMBER_STEP) % 10**8),
        last=names.pick(chance, names.words("last")),
        first=names.first_name(chance, sex),
        taxonomy=specialty.taxonomy,
        specialty=specialty.name,
        location=place,
        enrollments=enrollments,
    )


def _before(run: Run) -> date:
    return date(run.since.year - 4, 1, 1)


def _steady(run: Run) -> tuple[Enrollment, ...]:
    return tuple(Enrollment(payer, _before(run), None) for payer in payers())


def _lapsed(run: Run, roster: _Roster, chance: Random) -> tuple[Enrollment, ...]:
    """Enrolled with all, but one payer's renewal was missed; Medicare's two contractors hold one enrollment."""
    first = [payer.id for payer in payers().values() if payer.share > 0]
    missed = payers()[names.pick(chance, tuple(first))]
    out = run.since + timedelta(days=int(run.days * (0.1 + 0.6 * chance.random())))
    back = out + timedelta(days=roster.lapse_days)
    spans = []
    for payer in payers().values():
        same = payer.id == missed.id or payer.line_of_business == missed.line_of_business == MEDICARE
        spans.append(Enrollment(payer.id, _before(run), out - timedelta(days=1) if same else None))
        if same:
            spans.append(Enrollment(payer.id, back, None))
    return tuple(spans)


def _waiting(start: date, roster: _Roster, chance: Random) -> tuple[Enrollment, ...]:
    waits = range(roster.enrolls_from, roster.enrolls_to + 1)
    return tuple(Enrollment(payer, start + timedelta(days=chance.choice(waits)), None) for payer in payers())
