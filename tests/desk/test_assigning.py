"""Who gets new cases: the first rule that fits decides, shared fairly, nothing to who is away; tried before saved."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from reclaim.desk import assigning, assignment_rules
from reclaim.desk.actions import release, take
from reclaim.desk.assignment_rules import ArrangingError, Conditions, Draft, Share, save
from reclaim.desk.models import AssignmentRule, Case
from reclaim.people.actions import NotAllowedError
from reclaim.people.models import Absence, Event, Membership, Organization, Team, User
from reclaim.record.models import Payer
from tests.web import factory

Member = Callable[[Organization, str], User]
MANY = 60


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """The job looks at every case: another test may have had the same ids."""
    cache.clear()


@pytest.fixture
def manager(organization: Organization, member: Member) -> User:
    factory.many_cases(organization, MANY, timezone.localdate())
    return member(organization, "manager")


@pytest.fixture
def billers(organization: Organization, member: Member) -> list[User]:
    return [member(organization, "biller") for _ in range(3)]


def today() -> date:
    return timezone.localdate()


def rule(manager: User, organization: Organization, **given: Any) -> AssignmentRule:  # noqa: ANN401  a draft's fields
    given.setdefault("name", f"Rule {AssignmentRule.objects.count() + 1}")
    return save(manager, organization, Draft(**given))


def away(organization: Organization, who: User, cover: User | None = None) -> None:
    members = Membership.objects.filter(organization=organization)
    Absence.objects.create(
        organization=organization,
        membership=members.get(user=who),
        first=today() - timedelta(days=1),
        last=today(),
        cover=members.get(user=cover) if cover else None,
    )


def owned(*users: User) -> list[int]:
    return [Case.objects.filter(owner=user).count() for user in users]


@pytest.mark.parametrize(
    ("conditions", "change", "fits"),
    [
        ({"types": ("clinical",)}, {"type": "clinical"}, True),
        ({"types": ("clinical", "technical")}, {"type": "administrative"}, False),
        ({"causes": ("coding",)}, {"cause": "coding"}, True),
        ({"causes": ("coding",)}, {"cause": "cob"}, False),
        ({"payers": (7,)}, {"payer_id": 7}, True),
        ({"payers": (7,)}, {"payer_id": 8}, False),
        ({"locations": (3,)}, {"location_id": 3}, True),
        ({"locations": (3,)}, {"location_id": None}, False),
        ({"lines": ("medicare",)}, {"line_of_business": "medicare"}, True),
        ({"lines": ("medicare",)}, {"line_of_business": "commercial"}, False),
        ({"kinds": ("silent",)}, {"kind": "takeback"}, False),
        ({"letters": ("A", "L")}, {"patient": "LANTERN, ROSE"}, True),
        ({"letters": ("A", "L")}, {"patient": "marlow, ivy"}, False),
        ({"letters": ("A", "Z")}, {"patient": ""}, False),
        ({"letters": ("A", "Z")}, {"patient": "\u00c5BERG, LENA"}, True),
        ({"least": Decimal(100)}, {"denied": Decimal("100.00")}, True),
        ({"least": Decimal(100)}, {"denied": Decimal("99.99")}, False),
        ({"most": Decimal(100)}, {"denied": Decimal("100.01")}, False),
        ({"types": ("clinical",), "least": Decimal(5)}, {"type": "clinical", "denied": Decimal(1)}, False),
        ({}, {}, True),
    ],
)
def test_conditions(conditions: dict[str, Any], change: dict[str, Any], fits: bool) -> None:
    told = Conditions(**conditions)
    assert told.fit(Case(**{"denied": Decimal(1), "patient": "DOE, JANE", **change})) is fits
    assert Conditions.of(told.kept()) == told


def test_the_first_rule_that_fits_decides_and_each_event_names_it(
    organization: Organization, manager: User, billers: list[User]
) -> None:
    first = rule(manager, organization, conditions=Conditions(types=("clinical",)), people=(billers[0].pk,))
    second = rule(manager, organization, people=(billers[1].pk,))
    off = rule(manager, organization, people=(billers[2].pk,), active=False)
    assert assigning.assign_new(organization, today()) == MANY
    clinical = Case.objects.filter(type="clinical").count()
    assert owned(*billers) == [clinical, MANY - clinical, 0]
    told = Event.objects.filter(verb="assigned_case")
    assert told.count() == MANY
    assert {(each.detail["rule"], each.detail["owner"]) for each in told} == {
        (first.pk, billers[0].pk),
        (second.pk, billers[1].pk),
    }
    assert {(each.user_id, each.detail["job"]) for each in told} == {(None, "assigning")}
    assert off.pk not in {each.detail["rule"] for each in told}


def test_by_load_everybody_ends_with_as_many(organization: Organization, manager: User, billers: list[User]) -> None:
    Case.objects.filter(pk__in=Case.objects.values("pk")[:30]).update(owner=billers[0])
    rule(manager, organization, people=tuple(each.pk for each in billers))
    assigning.assign_new(organization, today())
    assert owned(*billers) == [30, 15, 15]


def test_by_alphabet_a_name_goes_to_one_person(organization: Organization, manager: User, billers: list[User]) -> None:
    rule(manager, organization, people=tuple(each.pk for each in billers), share=Share.ALPHABET)
    assigning.assign_new(organization, today())
    theirs: dict[str, set[int | None]] = {}
    for case in Case.objects.all():
        theirs.setdefault(case.patient[0], set()).add(case.owner_id)
    assert {len(each) for each in theirs.values()} == {1}
    order = [next(iter(theirs[each])) or 0 for each in sorted(theirs)]
    assert order == sorted(order), "people in their order, letters in theirs"


@pytest.mark.parametrize("share", [Share.LOAD, Share.ALPHABET])
def test_who_is_away_gets_nothing_and_the_cover_gets_it(
    organization: Organization, manager: User, billers: list[User], share: str
) -> None:
    away(organization, billers[0], cover=manager)
    rule(manager, organization, people=(billers[0].pk,), share=share)
    assigning.assign_new(organization, today())
    assert owned(billers[0], manager) == [0, MANY]


def test_nobody_there_leaves_it_to_the_team_or_to_nobody(
    organization: Organization, manager: User, billers: list[User]
) -> None:
    away(organization, billers[0])
    alone = rule(manager, organization, people=(billers[0].pk,))
    assert assigning.assign_new(organization, today()) == 0
    team = Team.objects.create(organization=organization, name="Front")
    assignment_rules.save(manager, organization, Draft("Team", people=(billers[0].pk,), team=team.pk, pk=alone.pk))
    assert assigning.assign_new(organization, today()) == MANY
    assert Case.objects.filter(owner=None, team=team).count() == MANY


def test_a_team_without_names_is_all_its_members(
    organization: Organization, manager: User, billers: list[User]
) -> None:
    team = Team.objects.create(organization=organization, name="Front")
    for each in Membership.objects.filter(user__in=billers[:2]):
        each.teams.add(team)
    rule(manager, organization, team=team.pk)
    assigning.assign_new(organization, today())
    assert owned(*billers) == [30, 30, 0]


def test_what_somebody_released_is_not_given_back_to_them(
    organization: Organization, manager: User, billers: list[User]
) -> None:
    case = Case.objects.latest("pk")
    release(billers[0], take(billers[0], case))
    rule(manager, organization, people=(billers[0].pk,))
    assert assigning.assign_new(organization, today()) == MANY - 1
    case.refresh_from_db()
    assert case.owner is None


def test_a_trial_says_what_then_happens_and_changes_nothing(
    organization: Organization, manager: User, billers: list[User]
) -> None:
    rule(manager, organization, conditions=Conditions(types=("technical",)), people=tuple(each.pk for each in billers))
    draft = Draft("Large", Conditions(least=Decimal(500)), people=(billers[2].pk,))
    rules = [*assignment_rules.drafts(organization), draft]
    trial = assigning.tried(organization, rules, today())
    assert not Case.objects.exclude(owner=None).exists()
    save(manager, organization, draft)
    assigning.assign_new(organization, today())
    assert {each.pk: trial_many(trial, each) for each in billers} == dict(
        zip([each.pk for each in billers], owned(*billers), strict=True)
    )
    assert trial.left == Case.objects.filter(owner=None).count() > 0
    assert trial.new == MANY
    assert all(case.type != "technical" and case.denied < 500 for case in trial.examples[""])
    assert len(trial.examples["Large"]) <= assigning.EXAMPLES


def trial_many(trial: assigning.Trial, user: User) -> int:
    return sum(each.cases for each in trial.groups if each.owner == user.pk)


def test_the_job_looks_at_each_case_once_until_rules_are_applied_by_hand(
    organization: Organization, manager: User, billers: list[User]
) -> None:
    rule(manager, organization, conditions=Conditions(types=("clinical",)), people=(billers[0].pk,))
    assert assigning.assign_fresh(today()) > 0
    rule(manager, organization, people=(billers[1].pk,))
    assert assigning.assign_fresh(today()) == 0, "nothing has come in"
    assigning.assign_now(manager, organization, today())
    assert not Case.objects.filter(owner=None).exists()
    assert Event.objects.get(verb="assigned_new_cases").user == manager
    with pytest.raises(NotAllowedError):
        assigning.assign_now(billers[0], organization, today())


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"name": " "}, "name"),
        ({"people": ()}, "who gets"),
        ({"share": "dice"}, "shared"),
        ({"share": Share.TEAM}, "a team"),
        ({"conditions": Conditions(types=("odd",))}, "types"),
        ({"conditions": Conditions(lines=("odd",))}, "lines"),
        ({"conditions": Conditions(letters=("L", "A"))}, "Letters"),
        ({"conditions": Conditions(least=Decimal(9), most=Decimal(1))}, "above"),
        ({"conditions": Conditions(payers=(99999,))}, "payers"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_in_words(
    organization: Organization, manager: User, billers: list[User], given: dict[str, Any], says: str
) -> None:
    with pytest.raises(ArrangingError, match=says):
        save(manager, organization, Draft(**{"name": "One", "people": (billers[0].pk,), **given}))
    assert not AssignmentRule.objects.exists()


def test_nothing_of_another_organization_gets_into_a_rule(
    organization: Organization, other_organization: Organization, manager: User, member: Member
) -> None:
    stranger = member(other_organization, "biller")
    team = Team.objects.create(organization=other_organization, name="Theirs")
    payer = Payer.objects.create(organization=other_organization, key="X", name="X", line_of_business="commercial")
    for given in (
        {"people": (stranger.pk,)},
        {"team": team.pk},
        {"people": (manager.pk,), "conditions": Conditions(payers=(payer.pk,))},
    ):
        with pytest.raises(ArrangingError):
            save(manager, organization, Draft("One", **given))
    kept = rule(manager, organization, people=(manager.pk,))
    with pytest.raises(NotAllowedError):
        assignment_rules.switch(member(other_organization, "manager"), kept, on=False)


def test_rules_are_ordered_switched_and_removed(organization: Organization, manager: User) -> None:
    one, two, three = (rule(manager, organization, people=(manager.pk,)) for _ in range(3))
    assignment_rules.move(manager, three, up=True)
    assert [each.pk for each in assignment_rules.drafts(organization)] == [one.pk, three.pk, two.pk]
    assignment_rules.move(manager, one, up=True)
    three.refresh_from_db()
    assignment_rules.remove(manager, three)
    assert list(AssignmentRule.objects.order_by("place").values_list("pk", "place")) == [(one.pk, 1), (two.pk, 2)]
    assignment_rules.switch(manager, one, on=False)
    assert [each.active for each in assignment_rules.drafts(organization)] == [False, True]
    verbs = list(Event.objects.order_by("id").values_list("verb", flat=True))
    assert verbs == ["saved_assignment_rule"] * 3 + [
        "moved_assignment_rule",
        "removed_assignment_rule",
        "switched_assignment_rule",
    ]
