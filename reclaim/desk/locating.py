"""Where a case belongs: the location that holds the provider's NPI, else the payee's; what a person chose stays.

Places(organization).put(case)      at settlement (desk.settlement)
catch_up()                          the job: when locations or their NPIs have changed, open cases follow
unsaid(case)                        why a case has no location
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256

import polars as pl
from django.core.cache import cache
from django.db import transaction
from django.db.models import F

from reclaim.desk.acting import Job
from reclaim.desk.models import Case, State
from reclaim.people import events
from reclaim.people.models import Location, Organization
from reclaim.record.loader import batches

JOB = Job("locating")
VERB = "located_cases"
AT_ONCE = 5000
"""Cases looked at in one go."""
_Looked = tuple[int, int | None, str, str]
"""Id, location, provider and payee of a case."""


class Places:
    """The locations of an organization by their NPIs; one query.

    Args:
        organization: whose.
    """

    def __init__(self, organization: Organization) -> None:
        rows = Location.objects.filter(organization=organization).order_by("pk").values_list("pk", "npis")
        held = [(npi, place) for place, npis in rows for npi in dict.fromkeys(npis)]
        many = Counter(npi for npi, _ in held)
        self._of: Mapping[str, int | None] = {npi: place if many[npi] == 1 else None for npi, place in held}
        self.stamp = sha256(repr(held).encode()).hexdigest()

    def of(self, provider: str, payee: str) -> int | None:
        """The id of the location; None: no location holds either NPI, or two hold the one that decides."""
        return self._of[provider] if provider in self._of else self._of.get(payee)

    def column(self) -> pl.Expr:
        """The same for a frame with the columns `provider` and `payee`."""
        known, places = list(self._of), list(self._of.values())
        if not known:
            return pl.lit(None, pl.Int64)
        by = {
            name: pl.col(name).replace_strict(known, places, default=None, return_dtype=pl.Int64)
            for name in ("provider", "payee")
        }
        return pl.when(pl.col("provider").is_in(known)).then(by["provider"]).otherwise(by["payee"])

    def put(self, case: Case) -> None:
        """Give a case its location, unless a person has."""
        if case.pk is None or not case.located:
            case.location_id = self.of(case.provider, case.payee)


def why(case: Case) -> str:
    """Why a case that the caller may see has its location, or none, in words; one query."""
    if case.located:
        return "Somebody set the location."
    rows = list(Location.objects.filter(organization=case.organization_id).order_by("name").values_list("name", "npis"))
    for npi in filter(None, (case.provider, case.payee)):
        holders = [name for name, npis in rows if npi in npis]
        if len(holders) > 1:
            return f"{', '.join(holders[:-1])} and {holders[-1]} both hold NPI {npi}. Leave it to one of them."
        if holders:
            return f"{holders[0]} holds NPI {npi}."
    named = " or ".join(dict.fromkeys(filter(None, (case.provider, case.payee))))
    return f"No location holds NPI {named}." if named else "The payer's answer names no NPI."


def catch_up() -> int:
    """Match the open cases of every organization whose locations have changed since the last time: a job.

    What they were then is kept in the cache: what a restart forgets is only looked at once more.

    Returns:
        How many cases have another location now.
    """
    moved = 0
    for organization in Organization.objects.filter(locations__isnull=False).distinct().order_by("pk"):
        places, key = Places(organization), f"located:{organization.pk}"
        if cache.get(key) != places.stamp:
            moved += match(organization, places)
            cache.set(key, places.stamp, timeout=None)
    return moved


def match(organization: Organization, places: Places) -> int:
    """Give open cases the locations that their NPIs say, some thousands at a time; one event says how many moved.

    Args:
        organization: whose.
        places: its locations.
    """
    seen, moved = 0, 0
    for some in _batches(organization):
        seen += len(some)
        goes: dict[int | None, list[int]] = defaultdict(list)
        for number, location, provider, payee in some:
            if (there := places.of(provider, payee)) != location:
                goes[there].append(number)
        with transaction.atomic():
            moved += sum(_moved(there, ids) for there, ids in goes.items())
    if moved:
        detail = {"job": JOB.name, "cases": seen, "changed": moved}
        events.record(organization, None, VERB, organization, detail)
    return moved


def _batches(organization: Organization) -> Iterator[Sequence[_Looked]]:
    """The open cases by their id, without those that a person has placed."""
    rows = Case.objects.filter(organization=organization, state=State.OPEN, located=False).order_by("pk")
    last = 0
    while some := list(rows.filter(pk__gt=last).values_list("pk", "location_id", "provider", "payee")[:AT_ONCE]):
        yield some
        last = some[-1][0]


def _moved(location: int | None, ids: list[int]) -> int:
    """Cases that a person has placed in the meantime stay."""
    return sum(
        Case.objects.filter(pk__in=some, located=False).update(location=location, version=F("version") + 1)
        for some in batches(ids)
    )
