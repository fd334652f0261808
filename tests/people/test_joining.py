import re
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result
from django.test import Client
from django.utils import timezone

from reclaim.desk import actions
from reclaim.desk.models import Case
from reclaim.people import joining
from reclaim.people.actions import NotAllowedError
from reclaim.people.joining import JoiningError
from reclaim.people.models import Event, Membership, Organization, Role, User
from reclaim.terminal.people import user
from tests.web import factory

PASSWORD = "seven green staplers"  # noqa: S105  of nobody


@pytest.fixture
def run(db: None) -> Callable[..., Result]:  # noqa: ARG001  rows need the database
    return lambda *arguments, **options: CliRunner().invoke(user, arguments, **options)


def test_the_first_manager_comes_by_a_link_and_chooses_a_password(run: Callable[..., Result]) -> None:
    done = run("add", "Ann@Cedar.example", "--role", "manager", "--organization", "Cedar Clinics")
    assert done.exit_code == 0, done.output
    link = re.search(r"http://127\.0\.0\.1:8000(/\S+)", done.output)
    assert link is not None
    browser = Client()
    page = browser.get(link[1], follow=True)
    place = page.redirect_chain[-1][0]
    browser.post(place, {"password1": PASSWORD, "password2": PASSWORD})
    ann = User.objects.get(email="ann@cedar.example")
    assert ann.check_password(PASSWORD)
    assert browser.session["_auth_user_id"] == str(ann.pk)
    assert [each.verb for each in Event.objects.order_by("id")] == ["joined", "signed_in"]
    again = Client()
    again.get(link[1], follow=True)
    again.post(place, {"password1": "another one of them", "password2": "another one of them"})
    assert User.objects.get().check_password(PASSWORD)  # the link works once


def test_a_password_asked_for_is_not_shown_and_not_easy(run: Callable[..., Result], organization: Organization) -> None:
    words = ("add", "bob@cedar.example", "--role", "biller", "--ask-password")
    easy = run(*words, input="password1234\npassword1234\n")
    assert easy.exit_code == 2
    assert "too common" in easy.output
    assert not User.objects.exists()
    done = run(*words, input=f"{PASSWORD}\n{PASSWORD}\n")
    assert done.exit_code == 0, done.output
    assert PASSWORD not in done.output
    assert "http" not in done.output
    assert Membership.objects.get().user.check_password(PASSWORD)
    assert Membership.objects.get().organization == organization


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add", "x@y.example", "--role", "biller", "--organization", "Ceder Valley"], "Known: Cedar Valley Clinics"),
        (["add", "x@y.example", "--role", "biller", "--organization", "cedar valley clinics", "--create"], "already"),
        (["add", "not an address", "--role", "biller"], "valid email"),
        (["add", "x@y.example", "--role", "king"], "king"),
        (["end", "nobody@y.example"], "Nobody signs in as"),
    ],
)
def test_a_mistake_is_explained_and_changes_nothing(
    run: Callable[..., Result], organization: Organization, words: list[str], said: str
) -> None:
    done = run(*words)
    assert done.exit_code == 2
    assert said in done.output
    assert list(Organization.objects.all()) == [organization]
    assert not User.objects.exists()


def test_changing_and_ending_by_command(run: Callable[..., Result], biller: User) -> None:
    assert "Coder of" in run("change", biller.email, "--role", "coder").output
    assert Membership.objects.get().role == Role.CODER
    assert biller.email in run("list").output
    assert "see patients" in run("roles").output
    assert run("end", biller.email).exit_code == 0
    biller.refresh_from_db()
    assert not biller.is_active
    assert [each.verb for each in Event.objects.order_by("id")] == ["changed_role", "left"]


def test_who_ends_an_access_by_command_says_whose_the_cases_become(
    run: Callable[..., Result], organization: Organization, manager: User, biller: User
) -> None:
    factory.many_cases(organization, 2, timezone.localdate())
    for case in Case.objects.all():
        actions.take(biller, case)
    assert run("end", biller.email, "--to", manager.email, "--by-rules").exit_code == 2
    assert run("end", biller.email, "--to", biller.email).exit_code == 2
    done = run("end", biller.email, "--to", manager.email)
    assert "Their open cases: 2 given to others." in done.output
    assert Case.objects.filter(owner=manager).count() == 2


def test_who_left_is_out_at_once_and_comes_back_without_the_old_password(
    organization: Organization, manager: User, biller: User, client_of: Callable[[User], Client]
) -> None:
    joining.set_password(biller, PASSWORD)
    browser = client_of(biller)
    joining.leave(manager, Membership.objects.get(user=biller))
    assert browser.get("/").status_code == 302
    joining.join(manager, organization, biller.email, Role.BILLER)
    biller.refresh_from_db()
    assert biller.is_active
    assert not biller.has_usable_password()


def test_only_managers_let_people_in(organization: Organization, biller: User, outsider: User) -> None:
    for somebody in (biller, outsider):
        with pytest.raises(NotAllowedError):
            joining.join(somebody, organization, "friend@y.example", Role.MANAGER)
    with pytest.raises(JoiningError, match="already"):
        joining.join(None, organization, biller.email.upper(), Role.MANAGER)
    assert not User.objects.filter(email="friend@y.example").exists()
