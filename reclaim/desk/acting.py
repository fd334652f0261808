"""How people and jobs act on cases: permission, state, version, change and event in one, for one case or thousands.

    @acting(Permission.WORK_CASES, "took_case", "Take", to=leads(Stage.WORKING))
    def take(by, case):
        case.owner = by
        return Change()

    take(user, case)                 the case as it is now, or an error in words
    take.many(user, house, ids)      what became of each
    take.trial(user, house, ids)     what would
    take.hindrance(user, case)       why not, "" when it can be done: for buttons and previews

The function changes fields of the case it is given and answers with the rows to add and what the event says; it writes
nothing itself. So one change and five thousand take the same way, and no action can forget its event.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Concatenate, Generic, NamedTuple, ParamSpec, TypeVar

from django.db import models, transaction
from django.db.models import F

from reclaim.desk.models import Case, Stage, State
from reclaim.people import events
from reclaim.people.access import Permission, may, organization_of
from reclaim.people.actions import insist
from reclaim.people.models import Event, Organization, User
from reclaim.record.loader import AT_ONCE, batches
from reclaim.record.loader import change as save_fields

Given = ParamSpec("Given")

WORKED = (
    *("state", "stage", "owner_id", "team_id", "waiting", "until", "raised", "score", "overruled", "type", "cause"),
    *("department", "decided_on", "resolved", "location_id", "located"),
)
"""Fields of a case that actions change; an event keeps what they were."""
OPEN = frozenset(Stage.values)
"""All places of an open case. A place is the stage of an open case, else its state."""
ENDED = frozenset(State.values) - {State.OPEN}
ALREADY = "It was so already."
"""The trouble of a case to which nothing had to be done."""


class ActionError(Exception):
    """It cannot be done; the message says why and what to do instead."""


class ConflictError(ActionError):
    """Somebody else changed the case in the meantime."""


class Job(NamedTuple):
    """The identity under which a job acts."""

    name: str  # "escalation"


Actor = User | Job


@dataclass(frozen=True, slots=True)
class Change:
    """What an action makes, beside the fields of the case it has changed."""

    detail: Mapping[str, Any] = field(default_factory=dict)  # for the event: never patient data
    rows: Sequence[models.Model] = ()  # to add
    kept: Sequence[models.Model] = ()  # rows that were there and are changed
    changed: bool = True  # False: everything was so already


class Result(NamedTuple):
    """What became of one case of many."""

    case: Case
    trouble: str  # why nothing was done; "": it was


class Leads(NamedTuple):
    """Where an action may take a case."""

    to: tuple[str, ...]  # places; none: it stays where it is
    of: frozenset[str] = frozenset()  # places from which it moves; none: all in which it can be done


STAYS = Leads(())


def leads(*to: str, of: frozenset[str] = frozenset()) -> Leads:
    """See `Leads`."""
    return Leads(to, of)


Function = Callable[Concatenate[Actor, Case, Given], Change]

ACTIONS: "dict[str, Action[Any]]" = {}
"""Every action by its name: pages, the API, and the diagram of states in the documentation read this."""


def acting(
    permission: Permission,
    verb: str,
    label: str,
    *,
    when: frozenset[str] = OPEN,
    to: Leads = STAYS,
    undone: bool = True,
) -> "Callable[[Function[Given]], Action[Given]]":
    """Make a function an action on cases.

    Args:
        permission: what the user needs.
        verb: what the event says was done, in the past.
        label: what a button says.
        when: places in which a case must stand.
        to: where it may take a case.
        undone: whether whoever did it may take it back while nothing else has happened.
    """

    def made(function: Function[Given]) -> Action[Given]:
        action = Action(function, permission, verb, label, when, to if to.of else to._replace(of=when), undone)
        ACTIONS[action.name] = action
        return action

    return made


def place(case: Case) -> str:
    """Where a case stands: its stage while it is open, else its state."""
    return str(case.stage if case.state == State.OPEN else case.state)


@dataclass(frozen=True)
class Action(Generic[Given]):
    """A function that changes a case, and everything around it."""

    function: Function[Given]
    permission: Permission
    verb: str
    label: str
    when: frozenset[str]
    to: Leads
    undone: bool

    @property
    def name(self) -> str:
        """As the API and events know it: `take`."""
        return self.function.__name__

    def __call__(self, by: Actor, case: Case, /, *args: Given.args, **given: Given.kwargs) -> Case:
        """Do it to one case.

        Args:
            by: who; a job needs no permission.
            case: which, as `by` has seen it: its `version` must still be that of the row, which is locked.
            *args: what the action needs.
            **given: the same.

        Returns:
            The case as it is now.

        Raises:
            NotAllowedError: the role does not include it, or the case belongs to another organization.
            ConflictError: somebody else was first.
            ActionError: the case stands where this cannot be done, or something given cannot be.
        """
        organization = case.organization
        self._allow(by, [case])
        with transaction.atomic():
            locked = Case.objects.select_for_update().get(pk=case.pk)
            if case.version != locked.version:
                raise ConflictError(f"{_last_hand(locked)} changed this case in the meantime. Look at it again.")
            before = _snapshot(locked)
            change = self._changed(by, locked, *args, **given)
            _write(organization, by, self, [_Done(locked, before, change)])
        return locked

    def many(
        self,
        by: Actor,
        organization: Organization,
        ids: Iterable[int],
        /,
        seen: Mapping[int, int] | None = None,
        **given: Any,  # noqa: ANN401  whatever the action takes
    ) -> list[Result]:
        """Do it to many cases, each of which may be refused for itself; all that is done is one transaction.

        Args:
            by: who.
            organization: whose cases.
            ids: of the cases, in the order of the results; those of others are left out.
            seen: the version of each as `by` has seen it: one that has changed since is refused; None: as they are.
            **given: what the action needs, the same for all.

        Raises:
            NotAllowedError: the role does not include it.
        """
        self._allow(by, [organization])
        with transaction.atomic():
            rows = Case.objects.select_for_update().filter(organization=organization)
            done, results = self._each(by, rows, ids, seen, given)
            _write(organization, by, self, done)
        return results

    def trial(
        self,
        by: Actor,
        organization: Organization,
        ids: Iterable[int],
        /,
        seen: Mapping[int, int] | None = None,
        **given: Any,  # noqa: ANN401  the same
    ) -> list[Result]:
        """What `many` would make of each case, which comes back as it would be; nothing is written."""
        self._allow(by, [organization])
        return self._each(by, Case.objects.filter(organization=organization), ids, seen, given)[1]

    def hindrance(self, by: User, case: Case) -> str:
        """Why somebody cannot do this to a case now; "" when they can."""
        if organization_of(by) is None or not may(by, self.permission):
            return f"Your role does not include this: {self.permission.replace('_', ' ')}."
        return self._misplaced(case)

    def _allow(self, by: Actor, rows: list[models.Model]) -> None:
        if isinstance(by, User):
            insist(by, self.permission, self.verb, rows)

    def _each(
        self,
        by: Actor,
        rows: models.QuerySet[Case],
        ids: Iterable[int],
        seen: Mapping[int, int] | None,
        given: Mapping[str, Any],
    ) -> "tuple[list[_Done], list[Result]]":
        """The function on one case after the other: what is to be written, and what became of each."""
        done: list[_Done] = []
        results: list[Result] = []
        with _remembering():
            for some in batches(ids):
                known = rows.filter(pk__in=some).order_by("pk").in_bulk()
                for case in (known[each] for each in some if each in known):
                    before = _snapshot(case)
                    try:
                        if seen is not None and seen.get(case.pk) != case.version:
                            raise ConflictError("Somebody changed it in the meantime. Look at it again.")
                        change = self._changed(by, case, **given)
                    except ActionError as error:
                        _restore(case, before)
                        results.append(Result(case, str(error)))
                    else:
                        done.append(_Done(case, before, change))
                        results.append(Result(case, "" if change.changed else ALREADY))
        return done, results

    def _changed(self, by: Actor, case: Case, *args: Any, **given: Any) -> Change:  # noqa: ANN401  the same
        if said := self._misplaced(case):
            raise ActionError(said)
        return self.function(by, case, *args, **given)

    def _misplaced(self, case: Case) -> str:
        here = place(case)
        if here in self.when:
            return ""
        named = Stage(here).label if case.state == State.OPEN else State(here).label
        return f"This cannot be done with a case that is {named.lower()!r}."


# --- the same for many ------------------------------------------------------------------------------------------------

Known = TypeVar("Known")
_known: ContextVar[dict[object, Any] | None] = ContextVar("known", default=None)


def once(key: object, find: Callable[[], Known]) -> Known:
    """What an action looks up that is the same for all cases of one go: found once for all of them.

    Args:
        key: what it is.
        find: asks for it.
    """
    known = _known.get()
    if known is None:
        return find()
    if key not in known:
        known[key] = find()
    found: Known = known[key]
    return found


@contextmanager
def _remembering() -> Iterator[None]:
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)


# --- writing ----------------------------------------------------------------------------------------------------------


class _Done(NamedTuple):
    case: Case
    before: dict[str, Any]
    change: Change


def _write(organization: Organization, by: Actor, action: Action[Any], done: list[_Done]) -> None:
    """Keep what was changed: cases by equal changes, rows by their kind, one event for each case."""
    done = [each for each in done if each.change.changed]
    now = datetime.now(UTC)
    alike: dict[tuple[tuple[str, Any], ...], list[Case]] = defaultdict(list)
    entries = []
    for each in done:
        each.case.version += 1
        if isinstance(by, User):
            each.case.worked_at = now
        before = {name: was for name, was in each.before.items() if was != getattr(each.case, name)}
        alike[tuple((name, getattr(each.case, name)) for name in before)].append(each.case)
        entries.append((each, before))
    _save(alike, {"worked_at": now} if isinstance(by, User) else {})
    _add([row for each in done for row in each.change.rows])
    for row in (row for each in done for row in each.change.kept):
        row.save()
    user = by if isinstance(by, User) else None
    job = {} if isinstance(by, User) else {"job": by.name}
    told = (events.Entry(action.verb, each.case, {**job, **_told(each, before)}) for each, before in entries)
    events.record_many(organization, user, told)


def _save(alike: Mapping[tuple[tuple[str, Any], ...], list[Case]], worked: Mapping[str, Any]) -> None:
    """Cases that share what they become by one statement for some hundred, the others each by its own, all at once."""
    alone: dict[tuple[str, ...], list[Case]] = defaultdict(list)
    for values, cases in alike.items():
        if len(cases) == 1:
            alone[tuple(name for name, _ in values)] += cases
            continue
        for some in batches(each.pk for each in cases):
            Case.objects.filter(pk__in=some).update(version=F("version") + 1, **worked, **dict(values))
    for names, cases in alone.items():
        save_fields(cases, (*names, "version", *worked))


def _add(rows: list[models.Model]) -> None:
    kinds: dict[type[models.Model], list[models.Model]] = defaultdict(list)
    for row in rows:
        kinds[type(row)].append(row)
    for kind, some in kinds.items():
        kind._default_manager.bulk_create(some, batch_size=AT_ONCE)  # noqa: SLF001  Django's public name for it


def _told(done: _Done, before: Mapping[str, Any]) -> dict[str, Any]:
    """What the event of one case says: what was before, rows that were added, and the version it made."""
    rows = [events.name_of(row) for row in done.change.rows]
    were = {name: _plain(value) for name, value in before.items()}
    told = {**done.change.detail, "version": done.case.version, "before": were}
    return {**told, "rows": rows} if rows else told


def _snapshot(case: Case) -> dict[str, Any]:
    return {name: getattr(case, name) for name in WORKED}


def _restore(case: Case, before: Mapping[str, Any]) -> None:
    for name, value in before.items():
        setattr(case, name, value)


def _plain(value: object) -> object:
    """A value of a case as an event keeps it."""
    return str(value) if isinstance(value, date | Decimal) else value


def last_change(case: Case) -> Event | None:
    """The event that made the version of a case that it has now; None when no action did."""
    about = Event.objects.filter(organization=case.organization_id, subject=events.name_of(case))
    return about.filter(detail__version=case.version).select_related("user").order_by("-id").first()


def _last_hand(case: Case) -> str:
    change = last_change(case)
    if change is None or change.user is None:
        return "An answer of the payer, or a rule,"
    return change.user.get_full_name() or change.user.email
