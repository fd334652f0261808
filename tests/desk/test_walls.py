"""Whatever people and jobs try on cases, in whatever order: each success is one event, and so is each refusal."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from hypothesis.strategies import SearchStrategy

from reclaim.desk import actions
from reclaim.desk.acting import ACTIONS, ActionError, Actor, Job
from reclaim.desk.models import Case, Document, State, Task, Waiting
from reclaim.people import events
from reclaim.people.actions import NotAllowedError
from reclaim.people.models import Event, Location, Role, Team, User
from tests.web import factory

ROLES = (Role.BILLER, Role.REVIEWER, Role.MANAGER, Role.FINANCE, Role.AUDITOR)
CASES = 3
JOBS = ("assigning", "escalation", "waking")


class Step:
    """One thing that somebody tries."""

    def __init__(self, name: str, by: str, case: int, *, stale: bool, choice: int) -> None:
        self.name, self.by, self.case, self.stale, self.choice = name, by, case, stale, choice

    def __repr__(self) -> str:
        return f"{self.by} tries {self.name} on {self.case}{' as it was before' * self.stale} ({self.choice})"


STEPS: SearchStrategy[Step] = some.builds(
    Step,
    some.sampled_from(sorted(ACTIONS)),
    some.sampled_from([*ROLES, *JOBS, "stranger"]),
    some.integers(0, CASES - 1),
    stale=some.sampled_from([False, False, False, True]),
    choice=some.integers(0, 3),
)


class House:
    """Two organizations with people and cases: what is done in one leaves the other alone."""

    def __init__(self) -> None:
        self.own, self.other = factory.organization("Fernhollow"), factory.organization("Harbor")
        for each in (self.own, self.other):
            factory.many_cases(each, CASES, timezone.localdate())
        self.people: dict[str, User] = {role: factory.person(self.own, role) for role in ROLES}
        self.people["stranger"] = factory.person(self.other, Role.MANAGER)
        self.team = Team.objects.create(organization=self.own, name="Appeals")
        self.place = Location.objects.create(organization=self.own, name="North")
        self.theirs = Location.objects.create(organization=self.other, name="North")
        Case.objects.filter(organization=self.own).update(denied=90)
        Case.objects.filter(pk=self.cases()[0].pk).update(denied=20_000)  # more than anybody writes off alone

    def cases(self) -> list[Case]:
        """Those that are worked on, as they are now."""
        return list(Case.objects.filter(organization=self.own).select_related("organization").order_by("pk"))

    def others(self) -> list[Any]:
        """All that the other organization has, its events apart."""
        return list(Case.objects.filter(organization=self.other).order_by("pk").values_list())

    def given(self, name: str, case: Case, choice: int) -> dict[str, Any]:
        """What an action takes, some of it wrong."""
        day = timezone.localdate() + timedelta(days=choice)  # 0: today, on which nothing can wait
        people = [self.people[Role.BILLER], self.people[Role.REVIEWER], self.people["stranger"], None]
        task = Task.objects.filter(case=case).order_by("-pk").values_list("pk", flat=True).first() or 0
        paper = Document.objects.filter(case=case).order_by("-pk").values_list("pk", flat=True).first() or 0
        why = {"why": "" if choice == 0 else "A reason."}
        known: dict[str, dict[str, Any]] = {
            "assign": {"to": people[choice], "team": self.team if choice else None},
            "classify": {"type": actions.TYPES[choice % 3], "cause": "medical_necessity", **why},
            "locate": {"location": (self.place, None, self.theirs, self.place)[choice]},
            "note": {"text": "" if choice == 0 else "Called."},
            "task": {"text": "Scan the card.", "due": day, "owner": people[choice]},
            "ask": {"of": list(Waiting)[choice], "text": "New card", "due": day},
            "finish": {"task": task},
            "contact": {"talk": actions.Talk("phone", "Kim", "In process", promised=day if choice > 1 else None)},
            "remove_document": {"document": paper, **why},
            "attach": {"paper": actions.Paper("card.pdf", "other", "0" * 64, 10, "application/pdf")},
            "snooze": {"until": day if choice < 3 else None},
            "mark_sent": {"parcel": actions.Parcel("appeal" if choice > 1 else "corrected", "portal")},
            "record_answer": {"answer": ("received", "more", "overturned", "upheld")[choice]},
            "write_off": {"reason": "small_balance"},
            "to_other_payer": {"payer": "Medicare"},
            "close": {"outcome": (State.UPHELD, State.WITHDRAWN, State.NOT_A_DENIAL, State.OPEN)[choice], **why},
            **dict.fromkeys(("lift", "refuse", "to_patient", "reopen"), why),
        }
        return known.get(name, {})


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001  rows need the database
    return House()


def tried(house: House, step: Step, before: list[Case]) -> str:
    """Do a step: what became of it, and that the events say just this."""
    by: Actor = house.people.get(step.by) or Job(step.by)
    now = house.cases()[step.case]
    seen = before[step.case] if step.stale else now
    version, count = now.version, Event.objects.count()
    try:
        after = ACTIONS[step.name](by, seen, **house.given(step.name, now, step.choice))
    except NotAllowedError:
        said = "refused"
    except ActionError:
        said = "not done"
    else:
        said = "done" if after.version > version else "so already"
    fresh = list(Event.objects.order_by("pk")[count:])
    kept = Case.objects.get(pk=now.pk)
    assert kept.version == version + (said == "done"), step
    match said:
        case "done":
            _told_as_done(fresh, step, by, kept)
            assert not step.stale or seen.version == version
        case "refused":
            assert [(each.verb, each.user, each.detail["tried"]) for each in fresh] == [
                ("refused", by, ACTIONS[step.name].verb)
            ], step
            assert step.by not in JOBS
        case _:
            assert fresh == [], step
    return said


def _told_as_done(fresh: list[Event], step: Step, by: Actor, kept: Case) -> None:
    assert [(each.verb, each.subject, each.detail["version"]) for each in fresh] == [
        (ACTIONS[step.name].verb, events.name_of(kept), kept.version)
    ], step
    assert fresh[0].organization_id == kept.organization_id
    assert (fresh[0].user, fresh[0].detail.get("job")) == ((None, by.name) if isinstance(by, Job) else (by, None))


def many(house: House, step: Step) -> None:
    """The same step on all cases at once, those of the other organization among them."""
    by: Actor = house.people.get(step.by) or Job(step.by)
    ids = [*Case.objects.order_by("pk").values_list("pk", flat=True)]
    given, count = house.given(step.name, house.cases()[step.case], step.choice), Event.objects.count()
    try:
        results = ACTIONS[step.name].many(by, house.own, ids, **given)
    except NotAllowedError:
        assert [each.verb for each in Event.objects.order_by("pk")[count:]] == ["refused"], step
    else:
        done = [events.name_of(each.case) for each in results if not each.trouble]
        assert [each.subject for each in Event.objects.order_by("pk")[count:]] == done, step
        assert {each.case.organization_id for each in results} <= {house.own.pk}


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=some.lists(some.tuples(STEPS, some.booleans()), min_size=5, max_size=25))
def test_each_thing_that_is_done_is_one_event_and_each_refusal_too(
    steps: list[tuple[Step, bool]], house: House
) -> None:
    with undone():
        first, others = house.cases(), house.others()
        for step, alone in steps:
            if alone:
                tried(house, step, first)
            else:
                many(house, step)
        for case in house.cases():
            made = Event.objects.filter(subject=events.name_of(case), detail__has_key="version").order_by("pk")
            assert [each.detail["version"] for each in made] == list(range(2, case.version + 1))
        assert house.others() == others
        assert not events.verify(house.own)
        strangers = Event.objects.filter(organization=house.other)
        assert set(strangers.values_list("verb", flat=True)) <= {"refused"}
        assert not events.verify(house.other)


@contextmanager
def undone() -> Iterator[None]:
    """Everything within is as if it had not been: each example begins with the same cases."""
    with transaction.atomic():
        try:
            yield
        finally:
            transaction.set_rollback(True)
