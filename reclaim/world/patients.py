"""The pool of patients, each made when asked for, and how they are insured over the years."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from itertools import accumulate, count
from random import Random
from typing import Literal, NamedTuple, overload

from reclaim.rules import shelf
from reclaim.world import names
from reclaim.world.chance import Weighted, stream
from reclaim.world.model import Coverage, Patient, Payer
from reclaim.world.payers import ACCIDENTS, BOOKS, MEDICARE, payers

_BOOK = BOOKS / "people.toml"
_CACHED = 32_768
_GOLDEN = 0.6180339887498949  # steps of the golden ratio fill the shares evenly, however few patients there are
_AGES = {"toddler": (1, 4), "child": (5, 11), "teen": (12, 16), "adult": (19, 61), "senior": (66, 94)}
_DAYS_OF_YEAR = 365.25
_CARDS = 4  # numbers kept for one patient's coverages
_CARD_STEP = 387_420_489  # 3 to the 18th: shares no divisor with 10**9, so no card number comes twice
_MEMBER_LETTERS = "ACDEFGHJKMNPQRTUVWXY"  # those of a Medicare number; S, L, O, I, B and Z never stand in one

Age = Literal["toddler", "child", "teen", "adult", "senior"]


class _Holders(NamedTuple):
    line_of_business: str
    toddler: int
    child: int
    teen: int
    adult: int
    senior: int


class _Second(NamedTuple):
    line_of_business: str
    payer: str
    share: Decimal
    seniors: bool = False


class _Change(NamedTuple):
    pool: tuple[str, ...]
    changes: Decimal
    loses: Decimal
    to: tuple[str, ...]


class Patients(Sequence[Patient]):
    """A pool of patients, each always the same: a million of them take no memory until they come."""

    def __init__(self, seed: int, size: int, since: date, until: date) -> None:
        """So many patients of a run from its first day of service to its last."""
        self._seed, self._size = seed, size
        self._since, self._until = since, until
        self._offset = stream(seed, "patients").random()
        self._get = lru_cache(maxsize=_CACHED)(self._make)

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, number: int) -> Patient: ...
    @overload
    def __getitem__(self, number: slice) -> list[Patient]: ...
    def __getitem__(self, number: int | slice) -> Patient | list[Patient]:
        if isinstance(number, slice):
            return [self._get(one) for one in range(self._size)[number]]
        return self._get(range(self._size)[number])

    def _make(self, number: int) -> Patient:
        chance = stream(self._seed, "patient", number)
        payer = _first_payer((number * _GOLDEN + self._offset) % 1.0)
        age = _holders()[payer.line_of_business].draw(chance)
        sex = "F" if chance.random() < 0.53 else "M"
        birth = _birth(self._since, age, chance)
        life = _Life(birth, self._since, self._until, count(number * _CARDS + 1))
        return Patient(
            id=f"PT{number + 1:07d}",
            last=names.pick(chance, names.words("last")),
            first=names.first_name(chance, sex),
            birth=birth,
            sex=sex,
            address=names.home(chance),
            coverages=_coverages(payer, life, chance, senior=age == "senior"),
        )


def age_on(birth: date, day: date) -> Age:
    """The age class of somebody on a day."""
    years = day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
    if years >= 65:
        return "senior"
    if years >= 18:
        return "adult"
    if years >= 12:
        return "teen"
    return "child" if years >= 5 else "toddler"


def _birth(since: date, age: Age, chance: Random) -> date:
    """A birthday that keeps a child a child and nobody turning 65 in a run of three years: coverage hangs on it."""
    youngest, oldest = _AGES[age]
    return since - timedelta(days=int((youngest + chance.random() * (oldest + 1 - youngest)) * _DAYS_OF_YEAR))


# --- coverage ---------------------------------------------------------------------------------------------------------


class _Life(NamedTuple):
    """What bounds a patient's coverages: birth, the run's first and last day, and numbers for the cards."""

    birth: date
    since: date
    until: date
    cards: Iterator[int]


def _coverages(payer: Payer, life: _Life, chance: Random, *, senior: bool) -> tuple[Coverage, ...]:
    """What a patient truly has, had, and will have: first those that pay first, in order of time, then the second."""
    begun = max(life.birth, _begun(payer, life, chance))
    spans = _first(payer, begun, life, chance)
    if second := _second(payer, chance, senior=senior):
        spans.append(_coverage(second, begun, None, life))
    return tuple(spans)


def _begun(payer: Payer, life: _Life, chance: Random) -> date:
    """When the first coverage began: some years before the run, or at the accident in the year before it."""
    if payer.line_of_business in ACCIDENTS:
        return life.since - timedelta(days=1 + int(chance.random() * 300))
    return date(life.since.year - 1 - int(chance.random() * 4), 1 + int(chance.random() * 12), 1)


def _first(payer: Payer, begun: date, life: _Life, chance: Random) -> list[Coverage]:
    """The first coverage, or two, one after another, where the patient changes plans or loses one."""
    change, luck = _changes().get(payer.id), chance.random()
    years = (life.until - life.since).days / _DAYS_OF_YEAR
    if change and luck < float(change.changes) * (years + 1):  # a change before the run leaves an old card behind
        day = _new_year(life, chance)
        after = _pool(change.pool).draw(chance)
        return [_coverage(payer, begun, day - timedelta(days=1), life), _coverage(after, day, None, life)]
    if change and luck > 1 - float(change.loses) * years:
        day = _month(life.since, 1 + int(chance.random() * years * 12))
        after = payers()[names.pick(chance, change.to)]
        since = _month(day, int(chance.random() * 3))
        return [_coverage(payer, begun, day - timedelta(days=1), life), _coverage(after, since, None, life)]
    return [_coverage(payer, begun, None, life)]


def _new_year(life: _Life, chance: Random) -> date:
    """One of the January 1sts of the run's years, the first of which may lie before it."""
    return date(life.since.year + int(chance.random() * (life.until.year - life.since.year + 1)), 1, 1)


def _month(day: date, later: int) -> date:
    """The first day of the month that comes so many months later."""
    total = day.year * 12 + day.month - 1 + later
    return date(total // 12, total % 12 + 1, 1)


def _second(payer: Payer, chance: Random, *, senior: bool) -> Payer | None:
    luck = chance.random()
    for row in _seconds().get(payer.line_of_business, ()):
        if row.payer == payer.id or (row.seniors and not senior):
            continue
        luck -= float(row.share)
        if luck < 0:
            return payers()[row.payer]
    return None


def _coverage(payer: Payer, since: date, until: date | None, life: _Life) -> Coverage:
    number = next(life.cards) * _CARD_STEP % 10**9
    plan = number % len(payer.plans)
    medicare = payer.line_of_business == MEDICARE
    group = "" if medicare or payer.filing_indicator == "MC" else f"{payer.payer_id}{plan + 1:02d}"
    member = _medicare_number(number) if medicare else f"{payer.id[:3]}{number:09d}"
    return Coverage(payer.id, payer.plans[plan], member, group, since, until)


def _medicare_number(number: int) -> str:
    """Eleven places as in a Medicare number (CMS, "Understanding the MBI Format"), but the second is an S.

    No real one holds the letter S, so nobody has it.
    """
    letters = ""
    for _ in range(3):
        number, letter = divmod(number, len(_MEMBER_LETTERS))
        letters += _MEMBER_LETTERS[letter]
    digits = f"{number:06d}"
    return f"{1 + number % 9}S{digits[:2]}{letters[0]}{digits[2:4]}{letters[1:]}{digits[4:]}"


# --- books ------------------------------------------------------------------------------------------------------------


@cache
def _firsts() -> tuple[tuple[Payer, ...], tuple[float, ...]]:
    """Who can be first, with cumulative shares; both Medicare contractors' patients hold Part B's."""
    every = payers()
    part_b = next(one for one in every.values() if one.filing_indicator == "MB")
    shares: dict[str, float] = {}
    for payer in every.values():
        holder = part_b if payer.line_of_business == MEDICARE else payer
        shares[holder.id] = shares.get(holder.id, 0.0) + payer.share
    return tuple(every[one] for one in shares), tuple(accumulate(shares.values()))


def _first_payer(place: float) -> Payer:
    """Who stands at a place from 0 to 1 when all are laid side by side by share."""
    found, cumulative = _firsts()
    return found[min(bisect_right(cumulative, place), len(found) - 1)]


@cache
def _holders() -> Mapping[str, Weighted[Age]]:
    ages: tuple[Age, ...] = ("toddler", "child", "teen", "adult", "senior")
    rows = shelf.entries(_BOOK, "holders", _Holders)
    return {row.line_of_business: Weighted(ages, [float(parts) for parts in row[1:]]) for row in rows}


@cache
def _pool(pool: tuple[str, ...]) -> Weighted[Payer]:
    """Drawn by share and not without the old payer, so that shares stay what they are."""
    return Weighted([payers()[one] for one in pool], [payers()[one].share for one in pool])


@cache
def _seconds() -> Mapping[str, list[_Second]]:
    found: dict[str, list[_Second]] = {}
    for row in shelf.entries(_BOOK, "second", _Second):
        found.setdefault(row.line_of_business, []).append(row)
    return found


@cache
def _changes() -> Mapping[str, _Change]:
    return {payer: row for row in shelf.entries(_BOOK, "change", _Change) for payer in row.pool}
