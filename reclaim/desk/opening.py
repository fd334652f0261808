"""Cases that a file opens: the usual one, of a claim denied by its only answer, as soon as its piece has come.

    came = Arrivals(organization, at_once=True)
    came.take(brought)          for each piece, in the order of the file, once its adjudications are stored
    settlement.follow(came, ...)

Claims that have other answers, in the file or before it, are settled at its end: `Arrivals.chained`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

import polars as pl
from django.db.models import QuerySet

from reclaim.desk.locating import Places
from reclaim.desk.models import Case, State
from reclaim.people.models import Organization
from reclaim.record import loader
from reclaim.record.adjudged import FACTS
from reclaim.record.intake import Brought
from reclaim.record.models import Adjudication
from reclaim.rules.facts import Kind
from reclaim.rules.reversals import REVERSED
from reclaim.rules.settling import DUPLICATE

DENIED = (Kind.DENIED.value, Kind.DENIED_IN_PART.value, Kind.SILENT.value, DUPLICATE)
FROM_FACTS = tuple(name for name in FACTS if name != "segment")
ANSWERS = ("first", "denial", "latest")
STANDING = ("answers", "redenied", "state", "kind", "recovered", "opened", "resolved")
"""What follows from all answers to a claim; the rest is what a case shows of the denial."""
COLUMNS = (
    *("organization_id", "payer_id", "key", "control_number", "created_at", *(f"{name}_id" for name in ANSWERS)),
    *(*STANDING, *FROM_FACTS, "location_id"),
)
DENIALS = {
    **FACTS,
    "id": pl.Int64(),
    "key": pl.String(),
    "payer_id": pl.Int64(),
    "control_number": pl.String(),
    "kind": pl.String(),
    "day": pl.Date(),
}


@dataclass
class Arrivals:
    """What the pieces of a file brought: little of each answer, all of each denial.

    Attributes:
        organization: whose it is.
        at_once: whether cases are opened as denials come; else nothing is opened before `open`, for it may turn out
            that answers are to other claims, or they take the places of older ones.
    """

    organization: Organization
    at_once: bool
    _before: QuerySet[Adjudication] | None = None  # the answers that were there before the file
    _chained: set[str] = field(default_factory=set)
    _answers: list[pl.DataFrame] = field(default_factory=list)  # id, claim (hash of the key), telling
    _denials: list[pl.DataFrame] = field(default_factory=list)  # DENIALS

    def ids(self) -> Iterator[int]:
        """Of the adjudications."""
        return (number for some in self._answers for number in some["id"])

    def take(self, brought: Brought) -> None:
        """Note what a piece brought, and open the cases that nothing else bears on."""
        answers, denials = brought
        reversals = pl.col("status") == REVERSED
        telling = pl.col("kind").is_in(DENIED) | reversals
        came = answers.select("id", "key", pl.col("key").hash().alias("claim"), telling.alias("telling"))
        denied = came.filter(pl.col("id").is_in(denials["id"].implode()))
        self._chained.update(answers.filter(reversals)["key"])
        self._chained |= self._with_cases(answers["key"])
        self._chained |= self._answered_before({*denied["key"]} - self._chained, int(answers["id"][0]))
        if self.at_once:
            several = came.filter(pl.col("key").is_duplicated())["key"]
            self._open(denials, but={*several, *self._earlier(denied), *self._chained.intersection(denied["key"])})
        self._answers.append(came.drop("key"))
        self._denials.append(denials)

    def _earlier(self, denied: pl.DataFrame) -> pl.Series:
        """Keys of denied claims that earlier pieces answered."""
        claims = denied["claim"].implode()
        earlier = [each.filter(pl.col("claim").is_in(claims))["claim"] for each in self._answers]
        found = pl.concat([denied["claim"].clear(), *earlier])
        return denied.filter(pl.col("claim").is_in(found.implode()))["key"]

    def chained(self) -> set[str]:
        """The claims that have a case, or may get one, by more than the one answer that came."""
        if not self._answers:
            return set()
        every = pl.concat(self._answers)
        denied = every.filter("telling")["claim"].unique().implode()
        several = every.filter(pl.col("claim").is_in(denied) & pl.col("claim").is_duplicated())["id"]
        for some in loader.batches(several):
            self._chained.update(Adjudication.objects.filter(pk__in=some).values_list("key", flat=True))
        return self._chained

    def touched(self) -> set[str]:
        """The claims that have a case, or may get one."""
        return self._chained.union(*(each["key"] for each in self._denials))

    def denials(self, keys: set[str]) -> pl.DataFrame:
        """Those of some claims: rows of DENIALS."""
        theirs = pl.col("key").is_in(list(keys))
        return pl.concat([pl.DataFrame(schema=DENIALS), *(each.filter(theirs) for each in self._denials)])

    def open(self, but: set[str]) -> None:
        """Open the cases of all claims but some, unless that was done at once."""
        for each in () if self.at_once else self._denials:
            self._open(each, but)

    def _open(self, denials: pl.DataFrame, but: set[str]) -> None:
        """The usual case: a claim denied by its only answer."""
        now = datetime.now(UTC)
        rows = denials.filter(~pl.col("key").is_in(list(but))).with_columns(
            pl.lit(self.organization.pk).alias("organization_id"),
            *(pl.col("id").alias(f"{name}_id") for name in ANSWERS),
            pl.lit(1).alias("answers"),
            pl.lit(value=False).alias("redenied"),
            pl.lit(State.OPEN.value).alias("state"),
            pl.when(pl.col("kind") == DUPLICATE).then(pl.lit(Kind.DENIED.value)).otherwise("kind").alias("kind"),
            pl.lit(0).alias("recovered"),
            pl.col("day").alias("opened"),
            pl.lit(None, pl.Date).alias("resolved"),
            pl.lit(now).alias("created_at"),
            self._places.column().alias("location_id"),
        )
        loader.load(Case, rows.select(COLUMNS))

    @cached_property
    def _places(self) -> Places:
        return Places(self.organization)

    @cached_property
    def _latest(self) -> int:
        """Id of the last case that was there before the file; 0: there was none."""
        return Case.objects.order_by("-pk").values_list("pk", flat=True).first() or 0

    def _with_cases(self, keys: pl.Series) -> set[str]:
        """Those that had a case before the file came."""
        if not self._latest:
            return set()
        cases = Case.objects.filter(organization=self.organization, pk__lte=self._latest)
        if cases[: keys.len() + 1].count() <= keys.len():
            return set(keys).intersection(cases.values_list("key", flat=True).iterator())
        found = (cases.filter(key__in=some).values_list("key", flat=True) for some in loader.batches(keys.unique()))
        return {key for some in found for key in some}

    def _answered_before(self, keys: set[str], first: int) -> set[str]:
        """Those that other files have answered: with ids below the first of this file, for ids are given in order."""
        if self._before is None:
            self._before = Adjudication.objects.filter(organization=self.organization, id__lt=first)
            self._before = self._before if self._before.exists() else Adjudication.objects.none()
        before = self._before
        found = (before.filter(key__in=some).values_list("key", flat=True) for some in loader.batches(sorted(keys)))
        return {key for some in found for key in some}
