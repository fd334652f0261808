"""Signing in beyond a password: by the provider of an organization, with a second factor; and being signed off."""

import base64
import hashlib
import json
import re
import runpy
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from pytest_django.fixtures import Settings

from reclaim.config import settings as module
from reclaim.config.environment import EnvironmentVariableError
from reclaim.people import joining, preferences
from reclaim.people.models import Event, Membership, Organization, User
from tests.config.installations import installation

pytestmark = pytest.mark.django_db
SignIn = Callable[[User | None], Client]
PASSWORD = "seven green staplers"  # noqa: S105  of nobody
CLIENT, SECRET = "reclaim", "a secret between the two, long enough to sign"


class Provider(ThreadingHTTPServer):
    """A provider of OpenID Connect that knows one person, as it is told."""

    claims: dict[str, Any]
    challenge = ""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answers(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        issuer = self.server.address
        if self.path == "/.well-known/openid-configuration":
            names = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
            ends = {f"{name}_endpoint": f"{issuer}/{path}" for name, path in names.items()}
            self._say({"issuer": issuer, "jwks_uri": f"{issuer}/keys", **ends})
        else:
            self._say(self.server.claims)

    def do_POST(self) -> None:
        given = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        digest = hashlib.sha256(given["code_verifier"][0].encode()).digest()
        proven = base64.urlsafe_b64encode(digest).decode().rstrip("=") == self.server.challenge
        if not proven or given["code"] != ["the code"]:
            self.send_error(400)
            return
        whole = {"iss": self.server.address, "aud": CLIENT, "exp": time.time() + 60, **self.server.claims}
        self._say({"access_token": "x", "token_type": "Bearer", "id_token": jwt.encode(whole, SECRET, "HS256")})

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def _say(self, what: dict[str, Any]) -> None:
        body = json.dumps(what).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def served() -> Iterator[Provider]:
    server = Provider(("127.0.0.1", 0), Answers)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def provider(settings: Settings) -> Iterator[Provider]:
    with served() as server:
        app = {
            "provider_id": "oidc",
            "name": "Cedar ID",
            "client_id": CLIENT,
            "secret": SECRET,
            "settings": {"server_url": server.address, "oauth_pkce_enabled": True, "verified_email": False},
        }
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}
        yield server


def came_by(provider: Provider, **claims: Any) -> Client:  # noqa: ANN401  whatever a provider claims
    """A browser that went to the provider and back."""
    provider.claims = {"sub": "17", **claims}
    browser = Client()
    page = browser.get("/accounts/login/").content.decode()
    form = re.search(r'action="(/accounts/oidc/[^"]+)"[^>]*>.*?Sign in with Cedar ID', page, re.DOTALL)
    assert form is not None
    away = browser.post(form[1].replace("&amp;", "&"))
    assert away["Location"].startswith(f"{provider.address}/authorize")
    asked = parse_qs(urlsplit(away["Location"]).query)
    provider.challenge = asked["code_challenge"][0]
    browser.get("/accounts/oidc/oidc/login/callback/", {"state": asked["state"][0], "code": "the code"})
    return browser


def who(browser: Client) -> str | None:
    key = browser.session.get("_auth_user_id")
    return None if key is None else User.objects.get(pk=key).email


def test_a_member_comes_in_by_the_provider_of_the_organization(provider: Provider, biller: User) -> None:
    joining.set_password(biller, PASSWORD)
    browser = came_by(provider, email=biller.email.upper(), email_verified=True)
    assert who(browser) == biller.email
    assert browser.get("/people").status_code == 200
    assert [each.verb for each in Event.objects.filter(user=biller)] == ["signed_in"]
    biller.refresh_from_db()
    assert not biller.has_usable_password(), "the provider is the way in from now on"
    assert who(came_by(provider, email="moved@cedar.example", email_verified=True)) == biller.email, "by its own key"


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "stranger@y.example", "email_verified": True},
        {"email": "KNOWN", "email_verified": False},
        {"email": "KNOWN", "email_verified": "false"},
        {"email": "KNOWN"},
        {"email_verified": True},
    ],
)
def test_strangers_and_addresses_that_nobody_verified_are_refused(
    provider: Provider, biller: User, claims: dict[str, Any]
) -> None:
    given = {name: biller.email if value == "KNOWN" else value for name, value in claims.items()}
    browser = came_by(provider, **given)
    assert who(browser) is None
    assert User.objects.count() == 1
    assert "Ask a denials manager to invite you" in browser.get("/accounts/login/").content.decode()


def test_who_left_does_not_come_back_by_the_provider(provider: Provider, manager: User, biller: User) -> None:
    assert who(came_by(provider, email=biller.email, email_verified=True)) == biller.email
    joining.leave(manager, Membership.objects.get(user=biller))
    assert who(came_by(provider, email=biller.email, email_verified=True)) is None


def test_providers_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {
        "RECLAIM_DATA": str(tmp_path),
        "RECLAIM_OIDC": "https://id.cedar.example/realms/clinic/",
        "RECLAIM_OIDC_CLIENT": CLIENT,
        "RECLAIM_OIDC_SECRET": SECRET,
    }.items():
        monkeypatch.setenv(name, value)
    found = runpy.run_path(str(module.__file__))
    app = found["SOCIALACCOUNT_PROVIDERS"]["openid_connect"]["APPS"][0]
    assert app["settings"]["server_url"] == "https://id.cedar.example/realms/clinic"
    assert "https://id.cedar.example" in found["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]["form-action"]
    monkeypatch.setenv("RECLAIM_OIDC", "http://id.cedar.example")
    with pytest.raises(EnvironmentVariableError, match="RECLAIM_OIDC begins with https"):
        runpy.run_path(str(module.__file__))
    monkeypatch.delenv("RECLAIM_OIDC_SECRET")
    monkeypatch.setenv("RECLAIM_OIDC", "https://id.cedar.example")
    with pytest.raises(EnvironmentVariableError, match="RECLAIM_OIDC_SECRET"):
        runpy.run_path(str(module.__file__))


def test_without_a_provider_the_page_offers_none(client_of: SignIn) -> None:
    assert "Sign in with" not in client_of(None).get("/accounts/login/").content.decode()


def test_a_member_comes_in_by_saml_and_strangers_and_forgers_do_not(tmp_path: Path) -> None:
    pytest.importorskip("onelogin", reason="The extra reclaim[saml] is not installed.")
    entity = "https://id.cedar.example/metadata"
    program = (Path(__file__).parent / "saml.py").read_text(encoding="utf-8")
    with installation(tmp_path, RECLAIM_SAML=entity, RECLAIM_SAML_ENTITY=entity, RECLAIM_QUEUE="now") as house:
        house.set_up()
        said = house.python(program).splitlines()
    assert [each for each in said if "@" in each or each == "nobody"] == ["ann@cedar.example", "nobody", "nobody"]


# --- second factors ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["organization", "installation"])
def test_a_second_factor_is_asked_for_before_anything_else(
    organization: Organization, manager: User, biller: User, client_of: SignIn, settings: Settings, by: str
) -> None:
    browser = client_of(biller)
    assert browser.get("/people").status_code == 200
    if by == "organization":
        preferences.choose(manager, organization, preferences.SECOND_FACTOR, "yes")
    else:
        settings.SECOND_FACTOR = True
    browser = client_of(biller)
    assert browser.get("/people")["Location"] == "/accounts/2fa/"
    assert browser.get("/accounts/2fa/").status_code == 200
    Authenticator.objects.create(user=biller, type=Authenticator.Type.TOTP, data={})
    assert browser.get("/people").status_code == 200


def test_the_question_for_a_second_factor_reaches_who_is_signed_in_within_a_minute(
    organization: Organization, manager: User, biller: User, client_of: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, now, later = client_of(biller), time.time(), 0.0
    monkeypatch.setattr("reclaim.config.middleware.time.time", lambda: now + later)
    assert browser.get("/people").status_code == 200
    preferences.choose(manager, organization, preferences.SECOND_FACTOR, "yes")
    later = 61
    assert browser.get("/people").status_code == 302


def test_who_comes_by_the_provider_has_its_second_factor(
    provider: Provider, organization: Organization, biller: User, settings: Settings
) -> None:
    assert organization
    settings.SECOND_FACTOR = True
    browser = came_by(provider, email=biller.email, email_verified=True)
    assert browser.get("/people").status_code == 200


def test_security_keys_and_apps_are_offered(biller: User, client_of: SignIn) -> None:
    page = client_of(biller).get("/accounts/2fa/").content.decode()
    assert "/accounts/2fa/webauthn/" in page
    assert "/accounts/2fa/totp/" in page


# --- being signed off -------------------------------------------------------------------------------------------------


def test_a_page_can_ask_how_long_somebody_stays_signed_in(
    biller: User, client_of: SignIn, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, now, later = client_of(biller), time.time(), 0.0
    monkeypatch.setattr("reclaim.config.middleware.time.time", lambda: now + later)
    whole = settings.IDLE_SECONDS
    assert browser.get("/you/here")["X-Idle-Left"] == str(whole)
    later = 300
    assert browser.get("/you/here", headers={"X-Background": "1"})["X-Idle-Left"] == str(whole - 300)
    assert browser.get("/you/here")["X-Idle-Left"] == str(whole)
    later = 300 + whole + 1
    gone = browser.get("/you/here", headers={"X-Background": "1"})
    assert (gone.status_code, gone.get("X-Idle-Left")) == (302, None)


def test_the_page_knows_when_to_ask(biller: User, client_of: SignIn, settings: Settings) -> None:
    page = client_of(biller).get("/people").content.decode()
    assert f'data-idle="{settings.IDLE_SECONDS}"' in page
    assert 'id="idle"' in page
    assert "idle.js" not in client_of(None).get("/accounts/login/").content.decode()
