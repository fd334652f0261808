"""Cases follow the record: opened by a denial, moved by every later answer, whatever order the files came in."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any, TypeVar

import polars as pl

from reclaim.desk.models import Case
from reclaim.people.models import Organization
from reclaim.record import loader
from reclaim.record.adjudged import Facts
from reclaim.record.intake import Incoming
from reclaim.record.models import Adjudication
from reclaim.record.money import dollars
from reclaim.rules.facts import Kind
from reclaim.rules.money import ZERO
from reclaim.rules.reversals import REVERSED
from reclaim.rules.settling import DUPLICATE, Answer, Settled, State, settle

Item = TypeVar("Item")

AT_ONCE = 500
"""Keys asked for in one query: SQLite takes some thousand values."""
DENIED = (Kind.DENIED.value, Kind.DENIED_IN_PART.value, Kind.SILENT.value, DUPLICATE)
FROM_FACTS = tuple(name for name in Facts._fields if name != "segment")
COLUMNS = (
    *("organization_id", "payer_id", "key", "first_id", "denial_id", "latest_id", "answers", "redenied", "state"),
    *("kind", "control_number", "recovered", "opened", "resolved", "created_at", *FROM_FACTS),
)


Again = Callable[[Adjudication, str], Facts]
"""Reads the bytes of an adjudication again and judges it as a kind of denial: for what no row holds any more."""


def follow(organization: Organization, incoming: Incoming, again: Again) -> None:
    """Open and move the cases that a file touches, within the transaction of the caller.

    Args:
        organization: whose they are.
        incoming: what the file brought; its adjudications are stored.
        again: see `Again`.
    """
    if incoming.answers.is_empty():
        return
    earliest = min(incoming.answers["id"].to_list())
    telling = pl.col("kind").is_in(DENIED) | (pl.col("status") == REVERSED)
    touched = set(incoming.answers.filter(telling)["key"])
    touched |= _with_cases(organization, set(incoming.answers["key"]))
    counts = incoming.answers.group_by("key").len().filter(pl.col("len") > 1)
    chained = set(counts["key"]) & touched
    chained |= _answered_before(organization, touched - chained, earliest)
    chained |= set(incoming.answers.filter(pl.col("status") == REVERSED)["key"])
    _open(organization, incoming.denials.filter(~pl.col("key").is_in(list(chained))))
    known = {row["id"]: row for row in incoming.denials.filter(pl.col("key").is_in(list(chained))).to_dicts()}
    for some in _batches(sorted(chained)):
        _chains(organization, some, known, again)


def again(organization: Organization, keys: Iterable[str], read: Again) -> None:
    """Settle claims anew after answers were taken out."""
    for some in _batches(sorted(keys)):
        Case.objects.filter(organization=organization, key__in=some, owner=None).delete()
        _chains(organization, some, {}, read)


def _with_cases(organization: Organization, keys: set[str]) -> set[str]:
    cases = Case.objects.filter(organization=organization)
    if cases.count() <= len(keys):
        return keys.intersection(cases.values_list("key", flat=True).iterator())
    return {key for some in _batches(sorted(keys)) for key in cases.filter(key__in=some).values_list("key", flat=True)}


def _answered_before(organization: Organization, keys: set[str], earliest: int) -> set[str]:
    before = Adjudication.objects.filter(organization=organization, id__lt=earliest)
    if not before.exists():
        return set()
    return {key for some in _batches(sorted(keys)) for key in before.filter(key__in=some).values_list("key", flat=True)}


def _open(organization: Organization, denials: pl.DataFrame) -> None:
    """The usual case: a claim denied by its only answer."""
    now = datetime.now(UTC)
    rows = denials.with_columns(
        pl.lit(organization.pk).alias("organization_id"),
        *(pl.col("id").alias(name) for name in ("first_id", "denial_id", "latest_id")),
        pl.lit(1).alias("answers"),
        pl.lit(value=False).alias("redenied"),
        pl.lit(State.OPEN.value).alias("state"),
        pl.when(pl.col("kind") == DUPLICATE).then(pl.lit(Kind.DENIED.value)).otherwise("kind").alias("kind"),
        pl.lit(0).alias("recovered"),
        pl.col("day").alias("opened"),
        pl.lit(None, pl.Date).alias("resolved"),
        pl.lit(now).alias("created_at"),
    )
    loader.load(Case, COLUMNS, rows.select(COLUMNS).iter_rows())


def _chains(organization: Organization, keys: Sequence[str], known: dict[int, dict[str, Any]], again: Again) -> None:
    """Claims with several answers: what they come to now."""
    chains: dict[str, list[Answer]] = defaultdict(list)
    owners: dict[str, tuple[int, str]] = {}
    for row in Adjudication.objects.filter(organization=organization, key__in=keys).select_related("remittance"):
        trace = row.remittance.trace_number
        paid = row.paid if row.paid is not None else ZERO
        chains[row.key].append(Answer(row.day or date.min, trace, row.position, row.kind, row.status, paid, row.pk))
        owners[row.key] = row.remittance.payer_id, row.control_number
    cases = {case.key: case for case in Case.objects.filter(organization=organization, key__in=keys)}
    for key, answers in chains.items():
        settled, case = settle(answers), cases.get(key)
        if settled is None:
            if case:
                _forget(case)
            continue
        case = case or Case(organization=organization, key=key, payer_id=owners[key][0], control_number=owners[key][1])
        _move(case, settled, len(answers), known, again)


def _forget(case: Case) -> None:
    """Nothing is denied after all: an answer that came late explains it."""
    if case.owner_id is None:
        case.delete()
    else:
        case.state = State.CLOSED.value
        case.save()


def _move(case: Case, settled: Settled, answers: int, known: dict[int, dict[str, Any]], again: Again) -> None:
    denial = settled.denial
    told = known.get(denial.id)
    if told and settled.kind == told["kind"].replace(DUPLICATE, Kind.DENIED.value):
        _show(case, Facts(**{name: told[name] for name in Facts._fields}))
    elif case.pk is None or case.denial_id != denial.id or case.kind != settled.kind:
        _show(case, again(Adjudication.objects.select_related("remittance__file").get(pk=denial.id), settled.kind))
    case.first_id, case.denial_id, case.latest_id = settled.first.id, denial.id, settled.latest.id
    case.kind, case.state, case.answers = str(settled.kind), settled.state.value, answers
    case.redenied, case.recovered = settled.redenied, settled.recovered
    case.opened = None if settled.first.day == date.min else settled.first.day
    case.resolved = settled.resolved
    case.save()


def _show(case: Case, facts: Facts) -> None:
    for name in FROM_FACTS:
        value = getattr(facts, name)
        setattr(case, name, dollars(value) if name in ("charge", "denied", "expected", "score") else value)


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    rest = iter(items)
    while some := list(islice(rest, AT_ONCE)):
        yield some
