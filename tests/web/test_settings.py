"""Settings of an organization: default, source, history, and wrong values."""

from collections.abc import Callable

import pytest
from django.test import Client

from reclaim.people.models import Event, Organization, Preference, User
from reclaim.people.preferences import PREFERENCES, preference

pytestmark = pytest.mark.django_db
SignIn = Callable[[User | None], Client]


def test_every_preference_stands_there_with_its_default_and_source(biller: User, client_of: SignIn) -> None:
    page = client_of(biller).get("/settings").content.decode().replace("&#x27;", "'")
    for each in PREFERENCES.values():
        assert each.words in page
        assert each.help in page
        assert each.source in page
    assert "<input" not in page.partition("<main")[2].partition("</main>")[0], "a biller reads them"


@pytest.mark.parametrize(
    ("name", "typed", "now"),
    [
        ("large_amount", "$12,500.50", "$12,500.50"),
        ("untouched_days", "21", "21 days"),
        ("alert_days", "3, 10", "10, 3 days before"),
        ("second_factor", "yes", "Yours: yes"),
    ],
)
def test_a_choice_is_kept_and_its_history_shown(
    organization: Organization, manager: User, client_of: SignIn, name: str, typed: str, now: str
) -> None:
    client_of(manager).post(f"/settings/{name}", {"value": typed})
    assert Preference.objects.get(organization=organization).name == name
    Preference.objects.filter(name="second_factor").delete()  # it would ask the manager for one now
    event = Event.objects.get(verb="chose_preference")
    assert event.detail["name"] == name
    page = client_of(manager).get("/settings").content.decode()
    assert now in page or name == "second_factor"
    assert page.partition('id="past"')[2].count(PREFERENCES[name].words) == 1


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("large_amount", "much", "is no number"),
        ("untouched_days", "0", "choose from 1 to 365"),
        ("untouched_days", "2.5", "whole days"),
        ("alert_days", "", "choose from"),
        ("second_factor", "maybe", "choose yes or no"),
    ],
)
def test_a_wrong_value_is_said_kindly_and_changes_nothing(
    manager: User, client_of: SignIn, name: str, typed: str, said: str
) -> None:
    answer = client_of(manager).post(f"/settings/{name}", {"value": typed})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert f'value="{typed}"' in answer.content.decode() or name == "second_factor"
    assert not Preference.objects.exists()


def test_only_managers_decide(organization: Organization, biller: User, manager: User, client_of: SignIn) -> None:
    assert client_of(biller).post("/settings/large_amount", {"value": "1"}).status_code == 403
    assert client_of(manager).post("/settings/secret_key", {"value": "1"}).status_code == 404
    assert preference(organization, "large_amount") == PREFERENCES["large_amount"].default
