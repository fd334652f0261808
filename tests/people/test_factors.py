"""A second factor that was lost."""

from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from click.testing import CliRunner, Result
from django.core import mail
from django.test import Client
from pytest_django import Settings

from reclaim.people import factors, joining, preferences
from reclaim.people.actions import NotAllowedError
from reclaim.people.factors import FactorError
from reclaim.people.models import Event, Membership, Organization, User
from reclaim.terminal.people import user

PASSWORD = "Plum-basket-7391"  # noqa: S105  of a test
SignIn = Callable[[User | None], Client]


def of(user: User) -> Membership:
    return Membership.objects.filter(user=user).order_by("pk")[0]


@pytest.fixture
def run(db: None) -> Callable[..., Result]:  # noqa: ARG001  rows need the database
    return lambda *arguments: CliRunner().invoke(user, arguments)


@pytest.fixture
def safe(biller: User) -> User:
    """The biller, with an app and recovery codes."""
    for kind in (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES):
        Authenticator.objects.create(user=biller, type=kind, data={})
    return biller


def test_a_manager_takes_a_lost_factor_away_and_its_owner_is_told(
    safe: User, manager: User, client_of: SignIn, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    browser = client_of(manager)
    assert "Reset the second factor" in browser.get("/people").content.decode()
    assert browser.post(f"/people/{of(safe).pk}/factor", {"why": "lost"}).status_code == 302
    assert not Authenticator.objects.exists()
    event = Event.objects.latest("pk")
    assert (event.verb, event.user, event.subject) == ("reset_factor", manager, f"people.membership:{of(safe).pk}")
    assert event.detail == {"user": safe.pk, "why": "lost", "types": ["recovery_codes", "totp"]}
    (sent,) = mail.outbox
    assert sent.to == [safe.email]
    assert manager.email in sent.body
    assert "the device is lost or stolen" in sent.body
    assert "/accounts/2fa/" in sent.body


def test_where_everybody_needs_one_they_set_up_a_new_one_first(
    safe: User, manager: User, organization: Organization, client_of: SignIn
) -> None:
    preferences.choose(manager, organization, "second_factor", "yes")
    factors.reset(manager, of(safe), "broken")
    joining.set_password(safe, PASSWORD)
    browser = Client()
    browser.post("/accounts/login/", {"login": safe.email, "password": PASSWORD})
    assert browser.get("/")["Location"] == "/accounts/2fa/"
    assert client_of(manager)


@pytest.mark.parametrize(
    ("who", "why", "said"),
    [("manager", "", "Choose why"), ("manager", "bored", "Choose why"), ("safe", "lost", "their own")],
)
def test_what_cannot_be_is_said(who: str, why: str, said: str, safe: User, manager: User) -> None:
    Membership.objects.filter(user=safe).update(role="manager")
    by = manager if who == "manager" else safe
    with pytest.raises(FactorError, match=said):
        factors.reset(by, of(safe), why)
    assert Authenticator.objects.count() == 2


def test_who_has_none_who_works_elsewhere_and_who_may_not(
    safe: User, manager: User, outsider: User, auditor: User
) -> None:
    with pytest.raises(FactorError, match="has no second factor"):
        factors.reset(manager, of(auditor), "lost")
    with pytest.raises(NotAllowedError):
        factors.reset(safe, of(manager), "lost")
    Membership.objects.create(organization=of(outsider).organization, user=safe, role="biller")
    with pytest.raises(FactorError, match="other organizations"):
        factors.reset(manager, of(safe), "lost")
    assert Authenticator.objects.count() == 2


def test_whoever_runs_the_installation_resets_it_by_command(run: Callable[..., Result], safe: User) -> None:
    done = run("reset-factor", safe.email, "--why", "replaced")
    assert (done.exit_code, Authenticator.objects.count()) == (0, 0)
    assert "told by mail" in done.output
    assert mail.outbox[0].body.startswith("Whoever runs this installation reset your second factor")
    assert Event.objects.get(verb="reset_factor").user is None
    assert run("reset-factor", safe.email, "--why", "replaced").exit_code == 2
