"""The group and everybody in it: places, workers, clinicians, patients; who is enrolled and covered on a day."""

from dataclasses import dataclass, replace
from datetime import date

from reclaim.world import places, staff
from reclaim.world.model import Coverage, Entity, Location, Patient, Provider, Worker
from reclaim.world.patients import Patients
from reclaim.world.payers import for_form, payers

CLAIMS_OF_A_PATIENT = 3  # a year; assumption
_FEWEST_PATIENTS = 60


@dataclass(slots=True)
class Group:
    """A clinic group: who bills, where, who works there and who comes."""

    seed: int
    since: date
    until: date
    entities: dict[str, Entity]
    locations: dict[str, Location]
    workers: dict[str, Worker]
    providers: dict[str, Provider]
    starts: dict[str, date]  # of providers who begin during the run: first day with patients
    patients: Patients


def found(seed: int, claims_per_month: int, since: date, until: date) -> Group:
    """Founds a group whose size follows from its claims.

    Args:
        seed: The same seed gives the same group.
        claims_per_month: Claims that it sends in a month.
        since: First day of service of the run.
        until: Last one.

    Returns:
        The group. Patients are made when asked for: there is one for every three claims a year.
    """
    run = staff.Run(seed, claims_per_month, since, until)
    open_places = places.places(claims_per_month)
    providers, starts = staff.clinicians(run, open_places)
    count = max(_FEWEST_PATIENTS, claims_per_month * 12 // CLAIMS_OF_A_PATIENT)
    return Group(
        seed=seed,
        since=since,
        until=until,
        entities=places.entities(),
        locations={place.id: places.location(place) for place in open_places},
        workers=staff.workers(run, open_places),
        providers=providers,
        starts=starts,
        patients=Patients(seed, count, since, until),
    )


def enrolled(provider: Provider, payer: str, day: date) -> bool:
    """Whether a payer (by id) lets a provider bill for care given on a day."""
    for span in provider.enrollments:  # a plain loop: this is asked for every claim
        if span.payer == payer and span.since <= day and (span.until is None or day <= span.until):
            return True
    return False


def covered(patient: Patient, day: date, form: str = "P") -> list[Coverage]:
    """The true coverages of a patient on a day, the one that pays first before the other.

    Args:
        patient: Whose.
        day: Of service; of admission for a stay.
        form: P or I, since Medicare's contractor depends on it: the patient's own list always names Part B's.

    Returns:
        None, one or two coverages, with the payer that gets a claim of this form.
    """
    found = [one for one in patient.coverages if one.since <= day and (one.until is None or day <= one.until)]
    return found if form == "P" else [_to_facility(one) for one in found]


def _to_facility(coverage: Coverage) -> Coverage:
    payer = for_form(coverage.payer, "I")
    return coverage if payer == coverage.payer else replace(coverage, payer=payer, plan=payers()[payer].plans[0])
