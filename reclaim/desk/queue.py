"""The queue: which cases, in which order, how many of each sort. Reads only.

    ask = Ask.of(request.GET)
    rows = page(cases, ask, today)

How many there are of each sort: desk.counting. The queues that everybody has: desk.queues.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple
from urllib.parse import urlencode

from django.db import connections
from django.db.models import Q, QuerySet

from reclaim.codes import lookup
from reclaim.codes.npi import is_npi
from reclaim.desk.models import NO_ANSWER, REJECTED, Case, Stage, State
from reclaim.record.models import Adjudication, Remittance

PAGE = 50
DEEPEST = 20_000
"""Cases that can be paged through: who looks further asks a narrower question, and the page says so."""
WEEK = 7
LARGE = Decimal(1000)
FOUND = 2000
"""Cases that a search by number may find; that there are more is said."""

SORTS: Mapping[str, str] = {
    "priority": "score",
    "deadline": "deadline",
    "why": "cause",
    "payer": "payer__name",
    "patient": "patient",
    "service": "service_from",
    "denied": "denied",
    "expected": "expected",
    "state": "state",
    "opened": "opened",
    "type": "type",
    "owner": "owner__email",
    "stage": "stage",
    "location": "location__name",
    "provider": "provider",
    "worked": "worked_at",
    "charge": "charge",
    "recovered": "recovered",
}
DESCENDING = frozenset({"priority", "denied", "expected", "charge", "recovered"})
"""Columns of which people want the largest first; a minus before the name turns any around."""
SHARED = frozenset({"cause", "type", "stage", "provider", "state"})
"""Columns in which thousands of cases are alike: among these the most worth working come first."""
NULLABLE = frozenset({"deadline", "service_from", "opened", "owner__email", "location__name", "worked_at"})

TYPES = ("technical", "clinical", "administrative")
DUE = ("week", "overdue", "none")
KINDS = ("silent", "takeback", REJECTED, NO_ANSWER)
NONE = "none"
"""In place of an id: nobody's, of no team, of no known location or provider."""
NPI = 10
"""Digits of a provider identifier."""
GROUPS = ("CO", "PR", "OA", "PI", "CR")
"""Group codes of adjustments (CAS01), which stand before a reason."""
ALL = "all"
STATES = (*State.values, ALL)


@dataclass(frozen=True, slots=True)
class Ask:
    """What somebody wants to see; every field stands in the address of the page under its name."""

    state: str = State.OPEN
    type: str = ""
    over: str = ""  # "1000"
    due: str = ""
    kind: str = ""
    redenied: str = ""
    preventable: str = ""
    payer: str = ""
    cause: str = ""
    owner: str = ""  # id of a user, or "none"; so are the next ones
    team: str = ""
    location: str = ""
    provider: str = ""  # NPI, or "none"
    stage: str = ""
    sort: str = "priority"
    q: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Ask":
        """Read an address; what is not understood counts as not asked."""
        q = plain(given.get("q", ""))
        sort, cause = given.get("sort", ""), given.get("cause", "")[:40]
        return cls(
            state=_one(given.get("state", ""), STATES) or (ALL if q else State.OPEN),
            type=_one(given.get("type", ""), TYPES),
            over=_one(given.get("over", ""), ("1000",)),
            due=_one(given.get("due", ""), DUE),
            kind=_one(given.get("kind", ""), KINDS),
            redenied=_one(given.get("redenied", ""), ("1",)),
            preventable=_one(given.get("preventable", ""), ("1",)),
            payer=_number(given.get("payer", "")),
            cause=cause if cause.isidentifier() else "",
            owner=_number_or_none(given.get("owner", "")),
            team=_number_or_none(given.get("team", "")),
            location=_number_or_none(given.get("location", "")),
            provider=_npi_or_none(given.get("provider", "")),
            stage=_one(given.get("stage", ""), Stage.values),
            sort=sort if sort.removeprefix("-") in SORTS else "priority",
            q=q,
        )

    def address(self, **changed: str) -> str:
        """The query of the address that asks this, with some answers changed; what is usual is left out."""
        asked = replace(self, **changed)
        usual = Ask(state=ALL if asked.q else State.OPEN)
        said = {each.name: getattr(asked, each.name) for each in fields(asked)}
        return urlencode({name: value for name, value in said.items() if value != getattr(usual, name)})

    @property
    def column(self) -> str:
        """The column by which it is sorted."""
        return self.sort.removeprefix("-")

    @property
    def down(self) -> bool:
        """Whether the largest come first."""
        return (self.column in DESCENDING) != self.sort.startswith("-")

    def turned(self, column: str) -> str:
        """What `sort` is when somebody chooses a column: the same one again turns it around."""
        return f"-{column}" if self.sort == column else column


class Page(NamedTuple):
    """Some cases of the queue, in order."""

    cases: list[Case]
    offset: int  # cases before the first of these


def asked(cases: QuerySet[Case], ask: Ask, today: date) -> QuerySet[Case]:
    """The cases that an address asks for."""
    narrowed = of_state(cases, ask)
    for condition in conditions(ask, today).values():
        narrowed = narrowed.filter(condition)
    return narrowed


def page(cases: QuerySet[Case], ask: Ask, today: date, offset: int = 0) -> Page:
    """One page of the cases that are asked for, each with its payer; two queries."""
    offset = max(0, min(offset, DEEPEST - PAGE))
    ids = ordered(asked(cases, ask, today), ask, offset, PAGE)
    rows = Case.objects.filter(pk__in=ids).select_related("payer", "owner", "location").in_bulk()
    return Page([rows[each] for each in ids if each in rows], offset)


def ordered(narrowed: QuerySet[Case], ask: Ask, offset: int, size: int) -> list[int]:
    """Ids of some cases in the order that is asked for; those without a value in the column come last."""
    first, *rest = in_order(narrowed, ask)
    ids = list(first.values_list("pk", flat=True)[offset : offset + size])
    if rest and len(ids) < size:
        skipped = 0 if ids or not offset else max(offset - first.order_by().count(), 0)
        ids += rest[0].values_list("pk", flat=True)[skipped : skipped + size - len(ids)]
    return ids


def in_order(narrowed: QuerySet[Case], ask: Ask) -> list[QuerySet[Case]]:
    """The cases in the order that is asked for, as one list after the other: with a value in the column, and without.

    SQLite sorts NULL first and PostgreSQL last, and to tell them keeps both from the index: so it is asked twice.
    """
    field, minus = SORTS[ask.column], "-" if ask.down else ""
    order = (f"{minus}{field}", *(("-score", "-id") if field in SHARED else (f"{minus}id",)))
    if field not in NULLABLE:
        return [narrowed.order_by(*order)]
    missing = f"{field.partition('__')[0]}__isnull"
    return [
        narrowed.filter(**{missing: False}).order_by(*order),
        narrowed.filter(**{missing: True}).order_by("-score", "-id"),
    ]


def neighbors(cases: QuerySet[Case], ask: Ask, today: date, case: Case, place: int) -> tuple[int | None, int | None]:
    """The cases before and after one in the order that is asked for.

    Args:
        cases: all that somebody may see, narrowed by a search if there is one.
        ask: the question.
        today: from which deadlines are counted.
        case: the one.
        place: where it stood when the list was shown, from 1; looked for some rows around, for lists move.
    """
    begin = max(place - 1 - 10, 0)
    ids = ordered(asked(cases, ask, today), ask, begin, 21)
    if case.pk not in ids:
        return None, None
    here = ids.index(case.pk)
    return (ids[here - 1] if here else None), (ids[here + 1] if here + 1 < len(ids) else None)


# --- filters ------------------------------------------------------------------------------------------------------


def of_state(cases: QuerySet[Case], ask: Ask) -> QuerySet[Case]:
    """The cases of the state that is asked for."""
    if ask.state == ALL:
        return cases.filter(state__in=State.values)  # named, so that the indexes by state serve
    return cases.filter(state=ask.state)


def conditions(ask: Ask, today: date) -> dict[str, Q]:
    """The condition of every filter that is set, by its field."""
    every = {
        "type": Q(type=ask.type),
        "over": Q(denied__gt=LARGE),
        "due": due(ask.due, today),
        "kind": Q(kind=ask.kind),
        "redenied": Q(redenied=True),
        "preventable": Q(preventable="yes"),
        "payer": Q(payer=int(ask.payer or 0)),
        "cause": Q(cause=ask.cause),
        "owner": _is("owner", ask.owner),
        "team": _is("team", ask.team),
        "location": _is("location", ask.location),
        "provider": Q(provider="" if ask.provider == NONE else ask.provider),
        "stage": Q(stage=ask.stage),
    }
    return {name: condition for name, condition in every.items() if getattr(ask, name)}


def _is(field: str, value: str) -> Q:
    return Q(**{f"{field}__isnull": True}) if value == NONE else Q(**{field: int(value or 0)})


def due(value: str, today: date) -> Q:
    """Deadlines that are overdue, within the week, or none."""
    if value == "overdue":
        return Q(deadline__lt=today)
    if value == "none":
        return Q(deadline__isnull=True)
    return Q(deadline__gte=today, deadline__lte=today + timedelta(days=WEEK))


def plain(text: str) -> str:
    """What somebody typed into a search, without what no database takes."""
    return "".join(filter(str.isprintable, text)).strip()[:60]


def _one(value: str, known: Iterable[str]) -> str:
    return value if value in known else ""


def _number(value: str) -> str:
    return value if value.isascii() and value.isdecimal() and len(value) < 16 else ""


def _number_or_none(value: str) -> str:
    return NONE if value == NONE else _number(value)


def _npi_or_none(value: str) -> str:
    return value if value == NONE or len(_number(value)) == NPI else ""


# --- search -------------------------------------------------------------------------------------------------------


class Search(NamedTuple):
    """What a search found."""

    cases: QuerySet[Case]
    cut: bool  # there are more than FOUND, and only so many are among these


def searched(cases: QuerySet[Case], text: str, *, names: bool) -> Search:
    """The cases that a search finds: by code, by control number or the payer's, by NPI, or by a patient's last name.

    Args:
        cases: all that somebody may see.
        text: as typed; a code is one that the code tables know.
        names: whether patients are searched by name.
    """
    wanted = text.strip()
    upper = wanted.upper()
    if is_code(upper):
        return Search(cases.filter(_with_code(upper)), cut=False)
    if not any(each.isdigit() for each in wanted):
        found = cases.filter(_beginning("patient", upper)) if names else cases.none()
        return Search(found, cut=False)
    ids = _numbered(cases, {wanted: None, upper: None})
    return Search(cases.filter(pk__in=ids), cut=len(ids) == FOUND)


def _numbered(cases: QuerySet[Case], numbers: Iterable[str]) -> list[int]:
    """Ids of cases by numbers: each way by an index of its own, for together they would use none."""
    organization = cases.values("organization")[:1]
    answers = Adjudication.objects.filter(organization__in=organization, payer_control_number__in=numbers)
    ways = [cases.filter(_beginning("control_number", each)) for each in numbers]
    ways.append(cases.filter(key__in=answers.values("key")))
    ways += [way for each in numbers if is_npi(each) for way in _of_provider(cases, each)]
    ids: dict[int, None] = {}
    for way in ways:
        ids |= dict.fromkeys(way.order_by().values_list("pk", flat=True)[: FOUND - len(ids)])
    return list(ids)


def _of_provider(cases: QuerySet[Case], npi: str) -> Iterator[QuerySet[Case]]:
    """Who rendered the service, by index; who was paid, where the record knows them: then most cases are theirs."""
    yield cases.filter(state__in=State.values, provider=npi)
    if Remittance.objects.filter(organization__in=cases.values("organization")[:1], payee=npi).exists():
        yield cases.filter(payee=npi)


def is_code(text: str) -> bool:
    """Whether a search, in upper case, is for a code."""
    group, dash, carc = text.partition("-")
    if dash:
        return group in GROUPS and lookup.carc(carc) is not None
    return lookup.carc(text) is not None or lookup.rarc(text) is not None


def _with_code(code: str) -> Q:
    """Cases with this code, with or without its group: "CO-197" or "197"; remarks stand behind the reasons."""
    codes = [code] if "-" in code or lookup.carc(code) is None else [f"{group}-{code}" for group in GROUPS]
    either = Q()
    for each in codes:
        ends = Q(codes=each) | Q(codes__startswith=f"{each} ") | Q(codes__endswith=f" {each}")
        either |= ends | Q(codes__contains=f" {each} ")
    return either


def _beginning(field: str, text: str) -> Q:
    """Texts that begin so, in a way that an index serves: SQLite's LIKE minds no case and so uses none."""
    if connections[Case.objects.db].vendor == "sqlite":
        return Q(**{f"{field}__gte": text, f"{field}__lt": f"{text}\U0010ffff"})
    return Q(**{f"{field}__startswith": text})
