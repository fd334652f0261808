import logging
import time
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp_auth
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import include, path
from pytest_django.fixtures import Settings

from reclaim.config import adapters
from reclaim.config.adapters import SealedFactors
from reclaim.config.logs import Quiet
from reclaim.people import access
from reclaim.people.models import Event, Membership, Organization, Role, User

PASSWORD = "seven green staplers"  # noqa: S105  of nobody


def where(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(access.organization_of(request.user)))


@login_not_required
def breaks(_request: HttpRequest) -> HttpResponse:
    raise ValueError("DOE, JANE")


own = [path("where", where), path("breaks", breaks)]
urlpatterns = [*own, path("accounts/", include("allauth.urls")), path("", include("reclaim.web.urls"))]
pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]

Browser = Callable[[User | None], Client]


def test_every_page_asks_who_is_there(client_of: Browser) -> None:
    answer = client_of(None).get("/where")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/")


def test_pages_are_private_and_run_no_foreign_script(client_of: Browser, biller: User) -> None:
    headers = client_of(biller).get("/where").headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    policy = dict(each.strip().split(" ", 1) for each in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["style-src-attr"] == "'unsafe-inline'"
    assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in "".join(words for name, words in policy.items() if name != "style-src-attr")


def test_who_does_nothing_is_signed_out(
    client_of: Browser,
    biller: User,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    browser, now = client_of(biller), time.time()
    later = 0.0
    monkeypatch.setattr("reclaim.config.middleware.time.time", lambda: now + later)
    assert browser.get("/where").status_code == 200
    for later in (800, 1600, 2400):  # doing something now and then  # noqa: B007  the clock reads it
        assert browser.get("/where").status_code == 200
    for later in (2800, 3200):  # only a page that asks again by itself  # noqa: B007  the same
        assert browser.get("/where", headers={"X-Background": "1"}).status_code == 200
    later = 2400 + settings.IDLE_SECONDS + 1
    assert browser.get("/where").status_code == 302
    assert Event.objects.order_by("-id")[0].verb == "signed_out"


def test_the_chosen_organization_holds_until_it_is_no_longer_theirs(
    client_of: Browser, manager: User, organization: Organization, other_organization: Organization
) -> None:
    second = Membership.objects.create(organization=other_organization, user=manager, role=Role.AUDITOR)
    browser = client_of(manager)
    assert browser.get("/where").content.decode() == organization.name
    session = browser.session
    session[access.CHOSEN] = other_organization.pk
    session.save()
    assert browser.get("/where").content.decode() == other_organization.name
    second.delete()
    assert browser.get("/where").content.decode() == organization.name


def test_an_error_page_and_its_log_hold_no_patient(caplog: pytest.LogCaptureFixture) -> None:
    browser = Client(raise_request_exception=False)
    with caplog.at_level(logging.ERROR):
        answer = browser.get("/breaks")
    assert answer.status_code == 500
    assert "DOE" not in answer.content.decode()
    said = "\n".join(Quiet().format(each) for each in caplog.records)
    assert "ValueError" in said
    assert "test_middleware.py" in said
    assert "DOE" not in said.replace('raise ValueError("DOE, JANE")', "")


def test_nobody_signs_up_by_themselves(client_of: Browser) -> None:
    answer = client_of(None).post("/accounts/signup/", {"email": "me@x.example", "password1": PASSWORD})
    assert answer.status_code == 200
    assert not User.objects.exists()


def test_after_some_wrong_passwords_there_is_a_pause(biller: User, settings: Settings) -> None:
    biller.set_password(PASSWORD)
    biller.save()
    browser = Client()

    def sign_in(password: str, place: str = "10.0.0.1", login: str = biller.email) -> bool:
        browser.post("/accounts/login/", {"login": login, "password": password}, REMOTE_ADDR=place)
        return "_auth_user_id" in browser.session

    for number in range(settings.AXES_FAILURE_LIMIT):
        assert not sign_in("wrong", login=biller.email.upper() if number % 2 else biller.email)
    assert not sign_in(PASSWORD)
    assert "Too many wrong passwords" in browser.get("/accounts/login/").content.decode()
    assert sign_in(PASSWORD, place="10.0.0.2")  # nobody locks out a colleague from elsewhere


def test_the_address_of_a_caller_is_not_taken_from_the_caller(settings: Settings) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.9", HTTP_X_FORWARDED_FOR="1.1.1.1, 2.2.2.2")
    assert adapters.address_of(request) == "10.0.0.9"
    settings.BEHIND_PROXY = True
    assert adapters.address_of(request) == "2.2.2.2"


def test_who_has_a_second_factor_is_asked_for_it(biller: User) -> None:
    biller.set_password(PASSWORD)
    biller.save()
    totp_auth.TOTP.activate(biller, secret := totp_auth.generate_totp_secret())
    browser = Client()
    answer = browser.post("/accounts/login/", {"login": biller.email, "password": PASSWORD}, follow=True)
    assert answer.status_code == 200
    assert answer.redirect_chain[-1][0] == "/accounts/2fa/authenticate/"
    assert browser.get("/where").status_code == 302
    code = totp_auth.format_hotp_value(totp_auth.hotp_value(secret, next(totp_auth.yield_hotp_counters_from_time())))
    browser.post("/accounts/2fa/authenticate/", {"code": code})
    assert browser.get("/where").status_code == 200
    assert secret not in str(list(Authenticator.objects.values()))


def test_second_factors_are_sealed() -> None:
    sealed = SealedFactors().encrypt("SECRET")
    assert "SECRET" not in sealed
    assert SealedFactors().decrypt(sealed) == "SECRET"
