"""People, roles, teams, locations, absences: what the pages show, to whom, and what their forms do."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client, override_settings
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from reclaim.desk import actions
from reclaim.desk.models import Case
from reclaim.people.access import ALLOWED, Permission
from reclaim.people.models import Absence, Event, Location, Membership, Organization, Role, Team, User
from reclaim.web.people import WORDS
from tests.web import factory

pytestmark = pytest.mark.django_db
SignIn = Callable[[User | None], Client]
Member = Callable[[Organization, str], User]
NO_MAIL = "django.core.mail.backends.dummy.EmailBackend"
MAIL = "django.core.mail.backends.locmem.EmailBackend"


def membership(user: User) -> int:
    return Membership.objects.get(user=user).pk


def text(page: bytes) -> str:
    return re.sub(r"<[^>]+>|\s+", " ", page.decode())


def test_everybody_of_the_house_and_nobody_else(
    biller: User, manager: User, auditor: User, outsider: User, client_of: SignIn
) -> None:
    Authenticator.objects.create(user=manager, type=Authenticator.Type.TOTP, data={})
    Authenticator.objects.create(user=biller, type=Authenticator.Type.RECOVERY_CODES, data={})
    page = client_of(biller).get("/people").content.decode()
    rows = {row for row in re.findall(r"<tr>.*?</tr>", page, re.DOTALL) if "<td" in row}
    assert {each.email for each in (biller, manager, auditor) if any(each.email in row for row in rows)} == {
        biller.email,
        manager.email,
        auditor.email,
    }
    assert outsider.email not in page
    assert ["good" in row for row in sorted(rows)] == ["good" in row and manager.email in row for row in sorted(rows)]
    assert "<form" not in page.partition("<main")[2].partition("</main>")[0], "a biller changes nobody"


@override_settings(EMAIL_BACKEND=NO_MAIL)
def test_an_invitation_shows_the_link_once_and_it_lets_them_in(manager: User, client_of: SignIn) -> None:
    browser = client_of(manager)
    page = browser.post("/people/invite", {"email": "New@Cedar.example", "role": "coder"}).content.decode()
    link = re.search(r"http://127\.0\.0\.1:8000(/accounts/[^\"]+)", page)
    assert link is not None
    assert "password/reset" not in browser.get("/people").content.decode()
    newcomer = Client()
    place = newcomer.get(link[1], follow=True).redirect_chain[-1][0]
    newcomer.post(place, {"password1": "seven green staplers", "password2": "seven green staplers"})
    assert newcomer.get("/people").status_code == 200
    assert Membership.objects.get(user__email="new@cedar.example").role == Role.CODER
    assert not mail.outbox


@override_settings(EMAIL_BACKEND=MAIL)
def test_the_link_is_mailed_where_mail_is_set_up(manager: User, client_of: SignIn) -> None:
    client_of(manager).post("/people/invite", {"email": "new@cedar.example", "role": "coder"})
    assert [each.to for each in mail.outbox] == [["new@cedar.example"]]
    assert "/accounts/password/reset/key/" in mail.outbox[0].body
    assert manager.email in mail.outbox[0].body


def test_no_link_to_somebody_who_works_elsewhere_too(manager: User, outsider: User, client_of: SignIn) -> None:
    browser = client_of(manager)
    page = browser.post("/people/invite", {"email": outsider.email, "role": "coder"}).content.decode()
    assert "have an account already" in page
    assert "/accounts/password/reset/key/" not in page
    here = Membership.objects.get(user=outsider, role=Role.CODER)
    again = browser.post(f"/people/{here.pk}/link")
    assert again.status_code == 422
    assert "/accounts/password/reset/key/" not in again.content.decode()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"email": "not an address", "role": "coder"}, "no email address"),
        ({"email": "a@b.example", "role": "king"}, "Choose what they do"),
        ({"email": "a@b.example", "role": "integration"}, "Choose what they do"),
        ({}, "no email address"),
    ],
)
def test_a_slip_is_said_kindly_and_what_was_typed_stays(
    manager: User, client_of: SignIn, typed: dict[str, str], said: str
) -> None:
    answer = client_of(manager).post("/people/invite", typed)
    assert answer.status_code == 422
    assert said in text(answer.content)
    assert typed.get("email", "") in answer.content.decode()
    assert User.objects.count() == 1


def test_role_link_and_end(manager: User, biller: User, client_of: SignIn) -> None:
    browser, key = client_of(manager), membership(biller)
    assert browser.post(f"/people/{key}/role", {"role": "coder"}).status_code == 302
    assert Membership.objects.get(pk=key).role == Role.CODER
    assert "/accounts/password/reset/key/" in browser.post(f"/people/{key}/link").content.decode()
    assert browser.post(f"/people/{key}/end").status_code == 302
    assert not Membership.objects.filter(pk=key).exists()
    assert browser.post(f"/people/{membership(manager)}/role", {"role": "biller"}).status_code == 422
    assert browser.post(f"/people/{membership(manager)}/end").status_code == 422
    done = Event.objects.exclude(verb__in=("signed_in", "signed_out")).order_by("id")
    assert [each.verb for each in done] == ["changed_role", "made_link", "left"]


def test_who_may_not_is_refused_and_strangers_find_nothing(
    biller: User, auditor: User, outsider: User, organization: Organization, client_of: SignIn
) -> None:
    key = membership(auditor)
    team = Team.objects.create(organization=organization, name="Coders")
    place = Location.objects.create(organization=organization, name="Riverside")
    posts = {
        "/people/invite": {"email": "x@y.example", "role": "manager"},
        f"/people/{key}/role": {"role": "manager"},
        f"/people/{key}/link": {},
        f"/people/{key}/end": {},
        "/people/teams": {"name": "Mine"},
        f"/people/teams/{team.pk}": {"name": "Mine"},
        "/people/locations": {"name": "Mine"},
        f"/people/locations/{place.pk}": {"name": "Mine"},
    }
    for path, typed in posts.items():
        assert client_of(biller).post(path, typed).status_code == 403, path
        if re.search(r"\d", path):
            assert client_of(outsider).post(path, typed).status_code == 404, path
    assert Event.objects.filter(verb="refused", user=biller).count() == len(posts)
    assert Membership.objects.count() == 3
    assert (Team.objects.get().name, Location.objects.get().name) == ("Coders", "Riverside")


def test_every_permission_is_said_in_words_on_the_page_and_in_the_docs(biller: User, client_of: SignIn) -> None:
    assert list(WORDS) == list(Permission)
    page = client_of(biller).get("/people/roles").content.decode()
    docs = (Path(__file__).parents[2] / "docs" / "roles.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| ([^|*-][^|]*?) \|", docs, re.MULTILINE)[1:] == [name for name, _ in WORDS.values()]
    for permission, (name, _) in WORDS.items():
        row = re.search(rf"<tr><th[^>]*>{name}<.*?</tr>", page, re.DOTALL)
        assert row is not None
        marks = [mark == "yes" for mark in re.findall(r'class="sr">(yes|no)<', row[0])]
        assert marks == [permission in allowed for allowed in ALLOWED.values()]
        line = next(each for each in docs.splitlines() if each.startswith(f"| {name} |"))
        assert [mark.strip() == "yes" for mark in line.split("|")[2:-1]] == marks


def test_teams_and_locations_by_their_forms(manager: User, biller: User, client_of: SignIn) -> None:
    browser = client_of(manager)
    browser.post("/people/teams", {"name": "Coders"})
    team = Team.objects.get()
    browser.post(f"/people/teams/{team.pk}", {"name": "Coding", "member": [membership(biller), "x", "99999"]})
    assert [each.user for each in team.memberships.all()] == [biller]
    assert re.search(r"Coding</a></th><td class=\"num\">1<", browser.get("/people/teams").content.decode())
    wrong = browser.post("/people/locations", {"name": "Riverside", "npis": "1234567890 1234567893"})
    assert wrong.status_code == 422
    assert "1234567890 1234567893" in wrong.content.decode()
    browser.post("/people/locations", {"name": "Riverside", "npis": "1234567893"})
    assert Location.objects.get().npis == ["1234567893"]


def test_what_names_a_team_or_a_place_is_told_before_it_is_removed(
    manager: User, organization: Organization, client_of: SignIn
) -> None:
    factory.many_cases(organization, 1, timezone.localdate())
    team = Team.objects.create(organization=organization, name="Coders")
    place = Location.objects.create(organization=organization, name="Riverside")
    Case.objects.update(team=team, location=place)
    browser = client_of(manager)
    for path, field in ((f"/people/teams/{team.pk}", "team"), (f"/people/locations/{place.pk}", "location")):
        assert "It stands in 1 open case. Change that first." in browser.get(path).content.decode()
        assert browser.post(f"{path}/remove").status_code == 422
        Case.objects.update(**{field: None})
        assert f'action="{path}/remove"' in browser.get(path).content.decode()
        assert browser.post(f"{path}/remove").status_code == 302
    assert not Team.objects.exists()
    assert not Location.objects.exists()


def test_whose_the_cases_of_who_leaves_become_is_chosen_before(
    manager: User, biller: User, organization: Organization, client_of: SignIn
) -> None:
    factory.many_cases(organization, 3, timezone.localdate())
    for case in Case.objects.all():
        actions.take(biller, case)
    browser, path = client_of(manager), f"/people/{membership(biller)}/end"
    page = browser.get(path).content.decode()
    assert "3 open cases of theirs" in page
    assert f'<option value="{membership(manager)}">' in page
    wrong = browser.post(path, {"way": "person", "to": "999"})
    assert wrong.status_code == 422
    assert "Choose a colleague who works cases." in wrong.content.decode()
    browser.post(path, {"way": "person", "to": str(membership(manager))})
    assert Case.objects.filter(owner=manager).count() == 3
    assert "3 given to others" in browser.get("/people").content.decode()
    assert client_of(biller).get("/people").status_code == 302  # to the sign-in


def test_absences_by_their_form(manager: User, biller: User, outsider: User, client_of: SignIn) -> None:
    today = timezone.localdate()
    days = {"first": str(today), "last": str(today + timedelta(days=2))}
    browser = client_of(biller)
    assert browser.post("/people/absences", days | {"cover": str(membership(outsider))}).status_code == 422
    assert browser.post("/people/absences", days | {"first": "soon"}).status_code == 422
    assert browser.post("/people/absences", days | {"member": str(membership(manager))}).status_code == 403
    assert browser.post("/people/absences", days | {"cover": str(membership(manager))}).status_code == 302
    absence = Absence.objects.get()
    assert absence.membership.user == biller
    assert client_of(outsider).post(f"/people/absences/{absence.pk}/end").status_code == 404
    client_of(manager).post(f"/people/absences/{absence.pk}/end")
    assert not Absence.objects.exists()


def test_two_hundred_people_cost_no_more_queries_than_two(
    manager: User,
    organization: Organization,
    client_of: SignIn,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    team = Team.objects.create(organization=organization, name="Coders")
    users = User.objects.bulk_create(
        User(username=f"u{each}@x.example", email=f"u{each}@x.example") for each in range(200)
    )
    members = Membership.objects.bulk_create(
        Membership(organization=organization, user=user, role=Role.BILLER) for user in users
    )
    team.memberships.set(members)
    browser = client_of(manager)
    for path in ("/people", "/people?page=3", "/people/teams", f"/people/teams/{team.pk}", "/people/absences"):
        with django_assert_max_num_queries(15):
            page = browser.get(path)
        assert page.status_code == 200
    assert "1\u2013100 of 201 people" in browser.get("/people").content.decode()
