"""Every address, whatever is written behind it: an answer in words, never an error of ours, never another's rows."""

import re
import time
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import URLPattern

from reclaim.desk.models import Case
from reclaim.people.models import Membership, Organization, User
from reclaim.record.models import File
from reclaim.web.urls import urlpatterns
from tests.web.factory import received

pytestmark = pytest.mark.django_db
SignIn = Callable[[User | None], Client]
SAMPLE = "20261016_harbor_mutual_ppo.835"
ODD = (
    "", " ", "0", "-1", "1e9", "9" * 15, "9" * 40, "²", "\u0661", "null", "None", "true", "[]", "{}", "%00",
    "\x00", "\ud800", "\u202eabc", "'", '"><script>alert(1)</script>', "' OR 1=1 --", "../../etc/passwd",
    "é" * 300, "x" * 5000, "a,b;c", "CO-197", "all", "open", "priority", "-denied", "%", "_", "\\", "{{7*7}}", "🦆",
)  # fmt: skip
NAMES = (
    "q", "page", "state", "sort", "find", "n", "answer", "kind", "type", "cause", "show", "due", "over", "payer",
    "redenied", "preventable", "owner", "organization", "in", "team", "location", "stage", "waiting", "format",
    "columns", "verb", "person", "from", "to", "subject", "after", "before", "unheard_of",
)  # fmt: skip
PARTS: tuple[dict[str, str], ...] = ({}, {"HX-Request": "true"}, {"HX-Request": "true", "HX-Boosted": "true"})


@pytest.fixture
def address(organization: Organization) -> Callable[[URLPattern], str]:
    """A real address for a route: of rows that are there."""
    received(organization, SAMPLE)
    rows = {"case_id": str(Case.objects.values_list("pk", flat=True)[0]), "code": "CO-197"}
    rows["file_id"] = str(File.objects.values_list("pk", flat=True)[0])
    return lambda route: "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: rows.get(found[1], "1"), str(route.pattern))


def _odd() -> Iterator[tuple[str, str]]:
    """Each name with some odd values, each odd value with some names."""
    for place, name in enumerate(NAMES):
        yield from ((name, value) for value in ODD[place % 17 :: 17])


@pytest.mark.parametrize("route", urlpatterns, ids=lambda route: route.name)
def test_no_odd_parameter_breaks_a_page(
    route: URLPattern, manager: User, client_of: SignIn, address: Callable[[URLPattern], str]
) -> None:
    client, path = client_of(manager), address(route)
    for place, (name, value) in enumerate(_odd()):
        written = quote(value.encode("utf-8", "surrogatepass"))
        answer = client.get(f"{path}?{name}={written}", headers=PARTS[place % 3])
        assert answer.status_code in (200, 204, 302, 403, 404, 405), (name, value)
        shown = answer.getvalue() if answer.streaming else answer.content
        assert b"<script>alert(1)" not in shown


@pytest.mark.parametrize(
    "path", ["/cases/{}", "/cases/{}/segments", "/inbox/{}", "/inbox/{}/bytes", "/codes/{}", "/{}"]
)
def test_no_odd_address_breaks_a_page(path: str, biller: User, client_of: SignIn) -> None:
    client = client_of(biller)
    for value in ODD:
        written = quote(value.encode("utf-8", "surrogatepass"), safe="")
        assert client.get(path.format(written)).status_code in (200, 301, 302, 404), value


@pytest.mark.parametrize("value", ODD)
def test_no_odd_choice_breaks_a_form(value: str, biller: User, client_of: SignIn) -> None:
    client, sent = client_of(biller), quote(value.encode("utf-8", "surrogatepass"))
    for path, name in (("/theme", "theme"), ("/you/organization", "organization"), ("/queue/search", "q")):
        answer = client.post(path, f"{name}={sent}", content_type="application/x-www-form-urlencoded")
        assert answer.status_code in (200, 302, 404), path


def test_what_is_not_there_is_said_kindly(biller: User, client_of: SignIn) -> None:
    answer = client_of(biller).get("/cases/999999")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()
    assert "Sign out" in answer.content.decode()
    assert "There is nothing here" in Client().get("/nothing-here").content.decode()


def test_an_error_of_ours_shows_no_trace(biller: User, client_of: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError("DOE, JANE")

    monkeypatch.setattr("reclaim.web.person.membership_of", broken)
    client = client_of(biller)
    client.raise_request_exception = False
    answer = client.get("/you")
    assert answer.status_code == 500
    page = answer.content.decode()
    assert "Something went wrong on our side" in page
    assert "DOE" not in page
    assert "Traceback" not in page


def test_a_form_of_an_old_page_is_told_so(biller: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(biller)
    answer = client.post("/you/organization", {"organization": "1"})
    assert answer.status_code == 403
    assert "This page was open too long" in answer.content.decode()


# --- organizations --------------------------------------------------------------------------------------------------


def test_somebody_of_two_organizations_chooses_which_is_shown(
    biller: User, organization: Organization, other_organization: Organization, client_of: SignIn
) -> None:
    Membership.objects.create(user=biller, organization=other_organization, role="auditor")
    received(organization, SAMPLE)
    (file,) = File.objects.all()
    client = client_of(biller)
    page = client.get("/you").content.decode()
    assert "as billing specialist" in page
    assert page.count("Work here") == 1
    assert client.get(f"/inbox/{file.pk}").status_code == 200
    answer = client.post("/you/organization", {"organization": other_organization.pk}, follow=True)
    assert "You now work in Harbor Orthopedics." in answer.content.decode()
    assert client.get(f"/inbox/{file.pk}").status_code == 404
    assert file.name not in client.get("/inbox").content.decode()
    assert client.get(f"/cases/{Case.objects.values_list('pk', flat=True)[0]}").status_code == 404
    page = client.get("/you").content.decode()
    assert "as auditor" in page


def test_nobody_chooses_an_organization_that_is_not_theirs(
    biller: User, organization: Organization, other_organization: Organization, client_of: SignIn
) -> None:
    client = client_of(biller)
    assert client.post("/you/organization", {"organization": other_organization.pk}).status_code == 404
    page = client.get("/you").content.decode()
    assert organization.name in page
    assert other_organization.name not in page
    assert client.get("/you/organization").status_code == 405


def test_a_choice_ends_with_the_membership(
    biller: User, organization: Organization, other_organization: Organization, client_of: SignIn
) -> None:
    second = Membership.objects.create(user=biller, organization=other_organization, role="auditor")
    client = client_of(biller)
    client.post("/you/organization", {"organization": other_organization.pk}, follow=True)
    second.delete()
    page = client.get("/you").content.decode()
    assert organization.name in page
    assert other_organization.name not in page


# --- signing in -----------------------------------------------------------------------------------------------------


def test_without_mail_the_page_for_a_new_password_says_whom_to_ask(settings: object) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"  # type: ignore[attr-defined]
    page = Client().get("/accounts/password/reset/").content.decode()
    assert "Ask a denials manager for a link" in page
    assert "<form" not in page.partition('id="content"')[2]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"  # type: ignore[attr-defined]
    page = Client().get("/accounts/password/reset/").content.decode()
    assert "Send the link" in page


def test_whoever_was_invited_can_have_a_second_factor(biller: User) -> None:
    client, password = Client(), "a long pass phrase"
    biller.set_password(password)
    biller.save()
    client.post("/accounts/login/", {"login": biller.email, "password": password})
    begin = "/accounts/2fa/totp/activate/"
    page = client.get(begin, follow=True).content.decode()
    assert "verified your email" not in page
    assert "Authenticator secret" in page


@pytest.mark.parametrize("begin", ["/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/add/"])
def test_the_password_is_asked_again_only_when_the_sign_in_is_long_ago(
    biller: User, begin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever had just signed in was asked for the password once more to set up a second factor."""
    client, password = Client(), "a long pass phrase"
    biller.set_password(password)
    biller.save()
    client.post("/accounts/login/", {"login": biller.email, "password": password})
    assert client.get(begin).status_code == 200
    later = time.time() + 301
    monkeypatch.setattr("reclaim.config.adapters.time.time", lambda: later)
    assert client.get(begin)["Location"].startswith("/accounts/reauthenticate/")


@pytest.mark.parametrize("page", ["email/", "confirm-email/", "confirm-email/a:b/", "signup/", "3rdparty/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_pages_that_nobody_needs_are_not_there(biller: User, page: str, method: str) -> None:
    client = Client()
    client.force_login(biller)
    assert getattr(client, method)(f"/accounts/{page}").status_code == 404
