"""In which order cases are worked: scores follow the day and the weights, raised cases stay on top, and say why."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from reclaim.desk import actions, priorities
from reclaim.desk.models import Case
from reclaim.people.models import Event, Organization, User
from reclaim.people.preferences import choose
from reclaim.rules.priority import book
from tests.web import factory

Member = Callable[[Organization, str], User]


def today() -> date:
    return timezone.localdate()


@pytest.fixture
def manager(organization: Organization, member: Member) -> User:
    factory.many_cases(organization, 40, today())
    return member(organization, "manager")


def scores() -> list[tuple[int, Decimal, Decimal]]:
    return list(Case.objects.order_by("pk").values_list("pk", "expected", "score"))


@pytest.mark.django_db
def test_what_intake_scored_the_row_alone_scores_the_same(organization: Organization) -> None:
    names = [path.name for path in factory.SAMPLES.glob("*.835")]
    factory.received(organization, *names)
    assert Case.objects.count() > 20
    assert Case.objects.exclude(days="").exists()
    before = scores()
    assert priorities.rescore(organization, today()) == 0
    assert scores() == before


def test_a_score_rises_as_the_deadline_nears_and_falls_when_it_has_passed(organization: Organization) -> None:
    day = date(2026, 11, 23)
    case = Case(
        organization=organization,
        action="appeal",
        type="clinical",
        cause="medical_necessity",
        line_of_business="commercial",
        denied=Decimal(1000),
        days=f"appeal_1:{day + timedelta(days=20)}",
    )
    seen = [priorities.weighed(case, day + timedelta(days=after)) for after in (-30, 0, 10, 20, 21)]
    assert seen[0].score == seen[0].expected
    assert seen[0].score < seen[1].score < seen[2].score < seen[3].score
    assert seen[3].score == 2 * seen[3].expected
    assert seen[4].expected < seen[0].expected


def test_a_case_of_before_all_days_were_kept_goes_by_its_earliest(organization: Organization) -> None:
    case = Case(
        organization=organization,
        action="appeal",
        type="clinical",
        cause="x",
        line_of_business="commercial",
        denied=Decimal(1000),
        deadline=today(),
        deadline_kind="appeal_1",
        days="",
    )
    assert priorities.weighed(case, today()).days_left == 0


def test_the_job_scores_once_a_day_and_when_weights_change(organization: Organization, manager: User) -> None:
    priorities.catch_up(today())
    assert Event.objects.filter(verb=priorities.VERB).count() == 1
    assert priorities.catch_up(today()) == 0
    assert Event.objects.filter(verb=priorities.VERB).count() == 1
    before = scores()
    choose(manager, organization, "hour_cost", "600")
    assert priorities.catch_up(today()) > 0
    assert sum(row[1] for row in scores()) < sum(row[1] for row in before)
    choose(manager, organization, "hour_cost", str(book().hour_cost))
    priorities.catch_up(today())
    assert scores() == before
    priorities.catch_up(today() + timedelta(days=1))
    assert Event.objects.filter(verb=priorities.VERB).count() == 4
    assert Event.objects.filter(verb=priorities.VERB).latest("pk").detail["job"] == "scoring"


def test_a_raised_case_stays_on_top_whatever_is_scored(organization: Organization, manager: User) -> None:
    priorities.rescore(organization, today())
    case = actions.lift(manager, Case.objects.order_by("score")[0], why="The practice asked.")
    choose(manager, organization, "urgency_most", "3")
    priorities.rescore(organization, today() + timedelta(days=3))
    assert Case.objects.order_by("-score").first() == case
    priorities.rescore(organization, today())
    low = actions.lower(manager, Case.objects.get(pk=case.pk))
    assert low.score == priorities.weighed(low, today(), priorities.weights(organization)).score


def test_why_a_case_stands_where_it_stands(organization: Organization, manager: User) -> None:
    case = Case.objects.filter(deadline__gt=today()).order_by("-denied")[0]
    assert case.deadline is not None
    told = {each.name: each for each in priorities.why(case, today(), priorities.weights(organization))}
    assert list(told) == ["chance", "effort", "expected", "urgency", "score"]
    assert told["urgency"].number == (case.deadline - today()).days
    found = priorities.weighed(case, today())
    assert (told["chance"].number, told["expected"].number) == (found.chance, found.expected)
    assert str(found.minutes) in told["effort"].text
    assert "LANTERN" not in str(told)
    lifted = actions.lift(manager, case, why="Ask.")
    assert next(iter(priorities.why(lifted, today()))).name == "raised"


def test_other_organizations_keep_their_scores(
    organization: Organization, other_organization: Organization, manager: User
) -> None:
    factory.many_cases(other_organization, 5, today(), seed=3)
    theirs = list(Case.objects.filter(organization=other_organization).values_list("pk", "score"))
    choose(manager, organization, "hour_cost", "0")
    priorities.rescore(organization, today())
    assert list(Case.objects.filter(organization=other_organization).values_list("pk", "score")) == theirs
