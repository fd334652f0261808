"""The care that the group gives: claims as they ought to be sent, month by month, with nothing wrong on them."""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from random import Random
from typing import NamedTuple

from reclaim.world import visits
from reclaim.world.chance import Weighted, stream
from reclaim.world.model import Cents, Claim, Coverage, Line, Patient, Payer, Provider
from reclaim.world.patients import age_on
from reclaim.world.payers import ACCIDENTS
from reclaim.world.people import Group, covered
from reclaim.world.places import GROUP, HOSPITAL, all_places
from reclaim.world.visits import Item, Visit

_CLAIMS_OF_A_MONTH = 2**22  # room for each month's numbers; 36**7 numbers last for 18,000 such months
_FAITHFUL = 1.3  # some patients come more often than others: exponent over the pool; assumption
_STAY_SPREAD = 0.4  # of a stay's length; assumption
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SATURDAY = 5


class _Post(NamedTuple):
    """A clinician at work, from when."""

    provider: Provider
    since: date


class _Bill(NamedTuple):
    """What the lines of a claim have in common."""

    code: str
    day: date
    stay: int  # nights
    pointers: tuple[int, ...]
    pays: float


class _Days(NamedTuple):
    """The days of a month, as often as there is care on them."""

    first: date
    week: Weighted[date]  # in clinics and for outpatients
    all: Weighted[date]


class Care:
    """Draws the claims of a group."""

    def __init__(self, group: Group, payers: Mapping[str, Payer], seed: int) -> None:
        """Care of a group whose patients are insured with these payers; the same seed gives the same claims."""
        self._group, self._payers, self._seed = group, payers, seed
        self._posts = _posts(group)
        self._registrars = _by_place(group)
        self._coders = [one.id for one in group.workers.values() if one.role == "coder"]
        self._billers = [one.id for one in group.workers.values() if one.role == "biller"]
        self._accidents = {one.id for one in payers.values() if one.line_of_business in ACCIDENTS}

    def month(self, year: int, month: int, count: int) -> Iterator[Claim]:
        """Gives so many claims with services (of stays: admissions) in a month, whatever other months were asked for.

        Each is right in everything: coverage on the day, codes, authorization and referral where the payer wants them.
        Only the clinician may not be enrolled: ask `people.enrolled`. `control_number` is unique, and so are its first
        12 characters; one place's system writes a lower-case letter into it.
        """
        chance = stream(self._seed, "care", year, month)
        since = self._group.since
        first = ((year - since.year) * 12 + month - since.month + 1) * _CLAIMS_OF_A_MONTH
        days = _days(year, month)
        for number in range(first, first + count):
            yield self._claim(number, days, chance)

    def _claim(self, number: int, days: _Days, chance: Random) -> Claim:
        """The next claim: patients who are not covered on the day they come are none of the payers' business."""
        patients = self._group.patients
        while True:
            patient = patients[int(len(patients) * chance.random() ** _FAITHFUL)]
            injured = patient.coverages[0].payer in self._accidents
            age = "injured" if injured else age_on(patient.birth, days.first)
            visit = visits.choice(age, patient.sex, days.first.month).draw(chance)
            day = (days.week if visit.setting in ("clinic", "outpatient") else days.all).draw(chance)
            held = covered(patient, day, "P" if visit.form == "professional" else "I")
            if held:
                return self._written(number, visit, patient, held[0], day, chance)

    def _written(
        self, number: int, visit: Visit, patient: Patient, coverage: Coverage, day: date, chance: Random
    ) -> Claim:
        payer = self._payers[coverage.payer]
        provider = self._provider(visit, day, chance)
        place = provider.location
        code = _base36(number)
        stay = max(1, round(chance.gauss(visit.days, visit.days * _STAY_SPREAD))) if visit.drg else 0
        diagnoses = _diagnoses(visit, chance)
        authorized = visit.authorization and payer.line_of_business in visits.wants_authorization()
        professional = visit.form == "professional"
        registrars = self._registrars[place]
        random = chance.random
        return Claim(
            id=code,
            control_number=f"{place}-{code}{all_places()[place].suffix}-{day:%y%m}",
            form="P" if professional else "I",
            patient=patient,
            coverage=coverage,
            payer=payer,
            entity=self._group.entities[GROUP if professional else HOSPITAL],
            location=self._group.locations[place],
            provider=provider,
            registrar=registrars[int(random() * len(registrars))],
            coder=self._coders[int(random() * len(self._coders))],
            biller=self._billers[int(random() * len(self._billers))],
            specialty=visit.specialty,
            service_from=day,
            service_to=day + timedelta(stay),
            submitted=_sent(day + timedelta(stay), chance),
            diagnoses=diagnoses,
            lines=list(_lines(visit, _Bill(code, day, stay, _pointers(diagnoses), payer.pays), chance)),
            bill_type=visit.bill_type,
            admitted=bool(visit.drg),
            drg=visit.drg,
            authorization=f"A{int(random() * 10**8):08d}" if authorized else "",
            needs_authorization=authorized,
            referral=f"R{int(random() * 10**7):07d}" if visit.referral and payer.referrals else "",
        )

    def _provider(self, visit: Visit, day: date, chance: Random) -> Provider:
        """Somebody of the specialty who works at such a place by then; the book's posts have one from the start."""
        posts = self._posts[visit.setting, visit.specialty]
        while True:
            post = posts[int(chance.random() * len(posts))]
            if post.since <= day:
                return post.provider


# --- parts of a claim -------------------------------------------------------------------------------------------------


def _diagnoses(visit: Visit, chance: Random) -> tuple[str, ...]:
    """A first group, and up to three others that go with it."""
    random = chance.random
    first = visit.diagnoses[int(random() * len(visit.diagnoses))]
    if not visit.also:
        return first
    others = int(random() * 4)
    also = [code for code in chance.sample(visit.also, min(others, len(visit.also))) if code not in first]
    return (*first, *also)


def _pointers(diagnoses: tuple[str, ...]) -> tuple[int, ...]:
    """A line points to at most four diagnoses (837P, SV107)."""
    return tuple(range(1, min(len(diagnoses), 4) + 1))


def _lines(visit: Visit, bill: _Bill, chance: Random) -> Iterator[Line]:
    number = 0
    for item in visit.items:
        if item.chance < 1 and chance.random() >= item.chance:
            continue
        number += 1
        units = bill.stay if item.most == 0 else _units(item, chance)
        charge = _charge(item, units, chance)
        whole = item.procedure.startswith("99")  # an evaluation bears on everything found; another service on the first
        yield Line(
            number=number,
            control_number=f"{bill.code}-{number}",
            procedure=item.procedure,
            modifiers=item.modifiers,
            revenue_code=item.revenue_code,
            units=units,
            charge=charge,
            day=bill.day,
            pointers=(bill.pointers if whole else (1,)) if visit.form == "professional" else (),
            allowed=int(charge * bill.pays + 0.5),
        )


def _units(item: Item, chance: Random) -> int:
    return item.fewest + int(chance.random() * (item.most - item.fewest + 1))


def _charge(item: Item, units: int, chance: Random) -> Cents:
    if item.varies:
        return round(item.fee * units * (1 + item.varies * (2 * chance.random() - 1)))
    return item.fee * units


def _base36(number: int) -> str:
    """Seven digits."""
    text = ""
    for _ in range(7):
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text


# --- days -------------------------------------------------------------------------------------------------------------


def _days(year: int, month: int) -> _Days:
    days = [date(year, month, day) for day in range(1, monthrange(year, month)[1] + 1)]
    pace = visits.pace()
    return _Days(days[0], Weighted(days, [pace[day.weekday()] for day in days]), Weighted(days, [1.0] * len(days)))


def _sent(last: date, chance: Random) -> date:
    """The day on which a claim is sent: a working day, after the hold."""
    waits = _waits()[last.weekday()]
    return last + timedelta(waits[int(chance.random() * len(waits))])


@cache
def _waits() -> tuple[tuple[int, ...], ...]:
    """Days of hold that end on a working day, by the weekday on which the hold begins."""
    return tuple(tuple(days for days in visits.hold() if (weekday + days) % 7 < _SATURDAY) for weekday in range(7))


# --- who --------------------------------------------------------------------------------------------------------------


def _posts(group: Group) -> dict[tuple[str, str], list[_Post]]:
    """Clinicians by setting and specialty."""
    found: dict[tuple[str, str], list[_Post]] = {}
    for one in group.providers.values():
        key = (all_places()[one.location].setting, one.specialty)
        found.setdefault(key, []).append(_Post(one, group.starts.get(one.id, date.min)))
    return found


def _by_place(group: Group) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in group.workers.values():
        if one.role == "registrar":
            found.setdefault(one.location, []).append(one.id)
    return found
