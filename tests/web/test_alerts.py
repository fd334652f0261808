"""The pages of alerts and webhooks: one's own alerts, live beside every page; webhooks for administrators."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from reclaim.config.middleware import SEEN
from reclaim.desk import alerts, hooks
from reclaim.desk.alerts import PAGE, News
from reclaim.desk.models import Alert, AlertChoice, Case, Webhook
from reclaim.people.models import Organization, User
from tests.web import factory

Member = Callable[[Organization, str], User]


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def tell(organization: Organization, user: User, count: int, case: int | None = None) -> None:
    for number in range(count):
        alerts.tell(organization, [News(user.pk, "due", f"due:{number}", f"Number {number}.", case)])


def test_the_bell_counts_on_every_page_and_by_itself(organization: Organization, biller: User) -> None:
    client = signed_in(biller)
    assert "telling" not in client.get("/codes").content.decode()
    tell(organization, biller, 3)
    for path in ("/codes", "/alerts/bell"):
        assert '>3<span class="sr"> not read</span>' in client.get(path).content.decode()
    Alert.objects.bulk_create(
        Alert(organization=organization, user=biller, sort="due", key=f"x{n}", text="X", at=timezone.now())
        for n in range(120)
    )
    assert ">99+<" in client.get("/alerts/bell").content.decode()


def test_the_bell_alone_does_not_keep_somebody_signed_in(biller: User) -> None:
    client = signed_in(biller)
    client.get("/codes")
    session = client.session
    session[SEEN] = long_ago = session[SEEN] - 300
    session.save()
    client.get("/alerts/bell", headers={"X-Background": "1"})
    assert client.session[SEEN] == long_ago
    client.get("/codes")
    assert client.session[SEEN] > long_ago


def test_following_an_alert_reads_it_and_leads_to_the_case(organization: Organization, biller: User) -> None:
    factory.many_cases(organization, 1, timezone.localdate())
    case = Case.objects.get()
    tell(organization, biller, 1, case.pk)
    client = signed_in(biller)
    answer = client.get(f"/alerts/{Alert.objects.get().pk}")
    assert answer["Location"] == f"/cases/{case.pk}"
    assert "Nothing new" in client.get("/alerts").content.decode()
    assert "Number 0." in client.get("/alerts?all=1").content.decode()


def test_many_alerts_are_paged_and_read_at_once(organization: Organization, biller: User) -> None:
    tell(organization, biller, PAGE + 5)
    client = signed_in(biller)
    first = client.get("/alerts").content.decode()
    assert first.count("data-row") == PAGE
    last = Alert.objects.order_by("-pk")[PAGE - 1].pk
    assert f"before={last}" in first
    assert client.get(f"/alerts?before={last}").content.decode().count("data-row") == 5
    client.post("/alerts/read")
    assert alerts.unread(biller) == 0


def test_alerts_of_others_are_not_there(
    organization: Organization, other_organization: Organization, biller: User, member: Member
) -> None:
    tell(organization, biller, 1)
    alert = Alert.objects.get()
    for stranger in (member(organization, "manager"), member(other_organization, "manager")):
        client = signed_in(stranger)
        assert client.get(f"/alerts/{alert.pk}").status_code == 404
        assert "Number 0." not in client.get("/alerts?all=1").content.decode()
        client.post("/alerts/read")
    assert alerts.unread(biller) == 1


def test_everybody_chooses_for_themselves(organization: Organization, biller: User) -> None:
    client = signed_in(biller)
    assert client.get("/alerts/choices").status_code == 200
    client.post("/alerts/choices", {"sort": ["due", "overdue"], "from": "18:00", "to": "07:30"})
    row = AlertChoice.objects.get(organization=organization, user=biller)
    assert "due" not in row.sorts
    assert "woke" in row.sorts
    assert (row.digest, str(row.quiet_from)) == (False, "18:00:00")
    page = client.get("/alerts/choices").content.decode()
    assert 'value="18:00"' in page
    for wrong in ({"from": "18:00"}, {"from": "late", "to": "8"}, {"sort": ["odd"]}):
        assert client.post("/alerts/choices", wrong).status_code == 422


def test_few_queries(
    organization: Organization, biller: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    tell(organization, biller, 30)
    client = signed_in(biller)
    for path in ("/alerts", "/alerts?all=1", "/alerts/bell", "/alerts/choices"):
        with django_assert_max_num_queries(10):
            assert client.get(path).status_code == 200


# --- webhooks ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def administrator(organization: Organization, member: Member) -> User:
    return member(organization, "administrator")


def test_a_webhook_is_made_tried_and_removed_and_its_secret_shown_once(
    organization: Organization, administrator: User, settings: Settings
) -> None:
    settings.HOOKS_PRIVATE = True
    got: list[bytes] = []

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        client = signed_in(administrator)
        made = client.post("/webhooks", {"url": f"http://127.0.0.1:{server.server_port}/", "verb": []})
        assert "rwh_" in made.content.decode()
        assert "rwh_" not in client.get("/webhooks").content.decode()
        hook = Webhook.objects.get()
        tried = client.post(f"/webhooks/{hook.pk}/ping", follow=True).content.decode()
        server.shutdown()
    assert got == [b'{"id":0,"verb":"ping","organization":"cedar-valley"}']
    assert "The trial arrived." in tried
    client.post(f"/webhooks/{hook.pk}/switch", {"off": ""})
    assert "Switched off" in client.get(f"/webhooks/{hook.pk}").content.decode()
    client.post(f"/webhooks/{hook.pk}", {"url": "https://example.com/x", "verb": ["took_case"]})
    hook.refresh_from_db()
    assert (hook.url, hook.verbs, hook.active) == ("https://example.com/x", ["took_case"], False)
    client.post(f"/webhooks/{hook.pk}/remove")
    assert not Webhook.objects.exists()
    assert organization == hook.organization


@pytest.mark.parametrize("url", ["http://example.com/", "nothing", "https://a:b@example.com/", "x" * 5000, ""])
def test_an_address_that_cannot_be_is_said(administrator: User, url: str) -> None:
    answer = signed_in(administrator).post("/webhooks", {"url": url})
    assert answer.status_code == 422
    assert not Webhook.objects.exists()


def test_webhooks_are_for_administrators_of_the_own_house(
    organization: Organization, other_organization: Organization, administrator: User, biller: User, member: Member
) -> None:
    hook = hooks.make(administrator, organization, "https://example.com/hook", []).hook
    paths = [f"/webhooks/{hook.pk}{rest}" for rest in ("", "/ping", "/switch", "/remove")]
    client = signed_in(biller)
    assert client.get("/webhooks").status_code == 403
    assert {client.post(path).status_code for path in paths} == {403}
    stranger = signed_in(member(other_organization, "administrator"))
    assert "example.com/hook" not in stranger.get("/webhooks").content.decode()
    assert {stranger.post(path).status_code for path in paths} == {404}
    assert Webhook.objects.get().active
