"""Whose the cases of who leaves become, and what keeps a team or a place from being removed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from reclaim.desk import actions, assignment_rules, leaving
from reclaim.desk.assignment_rules import Conditions, Draft
from reclaim.desk.leaving import Held, Left, Way
from reclaim.desk.models import AssignmentRule, Case, Stage, State
from reclaim.people import events
from reclaim.people.actions import NotAllowedError
from reclaim.people.joining import JoiningError
from reclaim.people.models import Event, Location, Membership, Organization, Team, User
from reclaim.people.teams import TeamError
from tests.web import factory

Member = Callable[[Organization, str], User]
TODAY = timezone.localdate()


def of(user: User) -> Membership:
    return Membership.objects.get(user=user)


@pytest.fixture
def owned(organization: Organization, biller: User) -> list[int]:
    """Six cases of the biller: one waits, one is in a team, one has ended."""
    factory.many_cases(organization, 7, TODAY)
    team = Team.objects.create(organization=organization, name="Appeals")
    ids = list(Case.objects.order_by("pk").values_list("pk", flat=True))
    for each in Case.objects.filter(pk__in=ids[:6]):
        actions.take(biller, each)
    Case.objects.filter(pk=ids[1]).update(team=team)
    actions.snooze(biller, Case.objects.get(pk=ids[0]), until=TODAY + timedelta(days=3))
    actions.close(biller, Case.objects.get(pk=ids[5]), outcome=State.UPHELD, why="Lost.")
    return ids[:5]


def events_of(ids: list[int], since: int) -> list[tuple[str, str]]:
    names = [f"desk.case:{each}" for each in ids]
    rows = Event.objects.filter(subject__in=names, pk__gt=since).order_by("subject", "pk")
    return list(rows.values_list("subject", "verb"))


def newest() -> int:
    return Event.objects.latest("pk").pk


def test_what_somebody_has_is_told_and_goes_back_to_the_queue(owned: list[int], biller: User, manager: User) -> None:
    actions.task(biller, Case.objects.get(pk=owned[0]), text="Scan the card.", owner=biller)
    assert leaving.held(of(biller)) == Held(5, 1)
    since = newest()
    left = leaving.leave(manager, of(biller), TODAY)
    assert (left, str(left)) == (Left(0, 5), "Their open cases: 5 nobody's now.")
    assert not Case.objects.filter(owner=biller, state=State.OPEN).exists()
    assert Case.objects.filter(owner=biller).count() == 1  # what has ended says who did it
    assert Case.objects.get(pk=owned[0]).stage == Stage.WAITING
    assert {verb for _, verb in events_of(owned, since)} == {"released_case"}
    assert len(events_of(owned, since)) == 5
    assert not Membership.objects.filter(user=biller).exists()
    assert not events.verify(Case.objects.all()[0].organization)


def test_a_colleague_gets_them_with_their_teams(
    owned: list[int], biller: User, manager: User, organization: Organization, member: Member
) -> None:
    heir, since = member(organization, "coder"), newest()
    assert leaving.leave(None, of(biller), TODAY, Way.PERSON, of(heir)) == Left(5, 0)
    assert set(Case.objects.filter(pk__in=owned).values_list("owner", flat=True)) == {heir.pk}
    assert Case.objects.get(pk=owned[1]).team is not None
    assert [verb for _, verb in events_of(owned, since)] == ["assigned_case"] * 5
    assert Event.objects.filter(verb="assigned_case", detail__job="leaving").count() == 5
    assert manager.is_active


def test_the_rules_give_them_out_and_the_rest_is_nobodys(
    owned: list[int], biller: User, manager: User, organization: Organization, member: Member
) -> None:
    heir = member(organization, "coder")
    payer = Case.objects.get(pk=owned[0]).payer_id
    theirs = Case.objects.filter(pk__in=owned, payer=payer).count()
    rule = Draft("Some", Conditions(payers=(payer,)), people=(heir.pk, biller.pk))
    assignment_rules.save(manager, organization, rule)
    assert leaving.leave(manager, of(biller), TODAY, Way.RULES) == Left(theirs, 5 - theirs)
    assert Case.objects.filter(owner=heir).count() == theirs
    assert Case.objects.filter(pk__in=owned, owner=None).count() == 5 - theirs


@pytest.mark.parametrize("to", [None, "themselves", "auditor", "outsider"])
def test_who_cannot_work_cases_gets_none_and_nothing_has_happened(
    to: str | None, owned: list[int], biller: User, manager: User, auditor: User, outsider: User
) -> None:
    heir = {"themselves": biller, "auditor": auditor, "outsider": outsider}.get(to or "")
    since = newest()
    with pytest.raises((JoiningError, NotAllowedError)):
        leaving.leave(manager, of(biller), TODAY, Way.PERSON, of(heir) if heir else None)
    assert Case.objects.filter(pk__in=owned, owner=biller).count() == 5
    assert of(biller)
    assert set(Event.objects.filter(pk__gt=since).values_list("verb", flat=True)) <= {"refused"}


def test_the_last_manager_keeps_their_cases(owned: list[int], manager: User) -> None:
    actions.assign.many(manager, of(manager).organization, owned, to=manager)
    with pytest.raises(JoiningError, match="last denials manager"):
        leaving.leave(manager, of(manager), TODAY)
    assert Case.objects.filter(owner=manager).count() == 5


def test_who_may_not_end_an_access_is_refused_and_it_is_written_down(
    owned: list[int], biller: User, manager: User
) -> None:
    with pytest.raises(NotAllowedError):
        leaving.leave(biller, of(manager), TODAY)
    event = Event.objects.latest("pk")
    assert (event.verb, event.user, event.detail["tried"]) == ("refused", biller, "left")
    assert owned


# --- teams and places -------------------------------------------------------------------------------------------------


def test_a_team_goes_when_no_open_work_names_it(owned: list[int], organization: Organization, manager: User) -> None:
    team = Team.objects.get()
    assignment_rules.save(manager, organization, Draft("Medicare", team=team.pk, share=AssignmentRule.Share.TEAM))
    named = leaving.pointing(team)
    assert named.hindrance == "It stands in 1 open case, the rule “Medicare”. Change that first."
    with pytest.raises(TeamError, match="Medicare"):
        leaving.remove_team(manager, team)
    AssignmentRule.objects.all().delete()
    Case.objects.filter(pk=owned[1]).update(state=State.UPHELD)
    key = team.pk
    leaving.remove_team(manager, team)
    assert not Team.objects.exists()
    assert Case.objects.get(pk=owned[1]).team is None
    event = Event.objects.get(verb="removed_team")
    assert event.detail == {"id": key, "name": "Appeals", "ended_cases": 1}


def test_a_place_that_cases_name_stays(owned: list[int], organization: Organization, manager: User) -> None:
    place = Location.objects.create(organization=organization, name="Riverside")
    Case.objects.filter(pk=owned[0]).update(location=place, state=State.UPHELD)
    with pytest.raises(TeamError, match="Figures count cases by it"):
        leaving.remove_location(manager, place)
    Case.objects.update(location=None)
    draft = Draft("Riverside", Conditions(locations=(place.pk,)), people=(manager.pk,))
    rule = assignment_rules.save(manager, organization, draft)
    with pytest.raises(TeamError, match="rule “Riverside”"):
        leaving.remove_location(manager, place)
    assignment_rules.remove(manager, rule)
    leaving.remove_location(manager, place)
    assert not Location.objects.exists()


def test_only_managers_remove_and_only_what_is_theirs(
    organization: Organization, biller: User, outsider: User, member: Member
) -> None:
    team = Team.objects.create(organization=organization, name="Appeals")
    for somebody in (biller, outsider, member(outsider.memberships.get().organization, "manager")):
        with pytest.raises(NotAllowedError):
            leaving.remove_team(somebody, team)
    assert Team.objects.exists()
