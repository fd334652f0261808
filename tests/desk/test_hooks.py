"""Webhooks: signed, sent again, switched off when nobody is there, and never into the own network."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import pytest
from django.utils import timezone
from pytest_django import Settings

from reclaim.desk import actions, hooks, posting
from reclaim.desk.models import Alert, Case, Delivery, Webhook
from reclaim.people import events
from reclaim.people.actions import NotAllowedError
from reclaim.people.models import Event, Organization, User
from tests.web import factory

Member = Callable[[Organization, str], User]


class Got(NamedTuple):
    headers: dict[str, str]
    body: bytes


class Receiver(ThreadingHTTPServer):
    """A program on this machine that is told of events."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.got: list[Got] = []
        self.status = 200
        self.headers: dict[str, str] = {}
        self.wait = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook?a=1"


class _Answers(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append(Got(dict(self.headers), body))
        time.sleep(self.server.wait)
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.HOOKS_PRIVATE = True
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def administrator(organization: Organization, member: Member) -> User:
    return member(organization, "administrator")


@pytest.fixture
def case(organization: Organization) -> Case:
    factory.many_cases(organization, 1, timezone.localdate())
    return Case.objects.get()


def later(**given: int) -> Any:  # noqa: ANN401  a time
    return timezone.now() + timedelta(**given)


def test_an_event_arrives_signed_once_and_says_nothing_of_patients(
    organization: Organization, administrator: User, biller: User, case: Case, receiver: Receiver, settings: Settings
) -> None:
    hook, secret = hooks.make(administrator, organization, receiver.url, ["took_case"])
    assert secret not in hook.secret
    actions.take(biller, case)
    actions.note(biller, Case.objects.get(), text="Not wanted.")
    assert hooks.deliver(later()) == 1
    assert hooks.deliver(later()) == 0
    (got,) = receiver.got
    proof = hmac.new(secret.encode(), f"{got.headers['Reclaim-Timestamp']}.".encode() + got.body, hashlib.sha256)
    assert got.headers["Reclaim-Signature"] == f"v1={proof.hexdigest()}"
    event = Event.objects.get(verb="took_case")
    assert json.loads(got.body) == {
        "id": event.pk,
        "verb": "took_case",
        "subject": f"desk.case:{case.pk}",
        "at": event.at.isoformat(),
        "organization": organization.slug,
        "link": f"{settings.ADDRESS}/cases/{case.pk}",
    }
    assert Delivery.objects.get().delivered_at is not None
    assert [(delivery.status, told.verb) for delivery, told in hooks.log(hook) if told] == [(200, "took_case")]


def test_what_happened_before_a_webhook_was_made_is_not_sent(
    organization: Organization, administrator: User, biller: User, case: Case, receiver: Receiver
) -> None:
    actions.take(biller, case)
    hooks.make(administrator, organization, receiver.url, [])
    hooks.deliver(later())
    assert [json.loads(each.body)["verb"] for each in receiver.got] == ["made_webhook"]


def test_a_failure_is_tried_again_with_growing_pauses_and_then_given_up(
    organization: Organization, administrator: User, biller: User, case: Case, receiver: Receiver
) -> None:
    hooks.make(administrator, organization, receiver.url, ["took_case"])
    actions.take(biller, case)
    receiver.status = 503
    pauses = []
    for _ in range(len(hooks.PAUSES) + 1):
        Delivery.objects.update(due_at=timezone.now())
        hooks.deliver(later())
        row = Delivery.objects.get()
        if row.due_at is not None:
            pauses.append(round((row.due_at - timezone.now()) / timedelta(minutes=1)))
    assert pauses == [round(each / timedelta(minutes=1)) for each in hooks.PAUSES]
    assert (row.due_at, row.tries, row.trouble) == (None, len(hooks.PAUSES) + 1, "It answered 503.")
    receiver.status = 200
    hooks.send_again(administrator, row)
    assert hooks.deliver(later()) == 1
    assert len({each.headers["Reclaim-Delivery"] for each in receiver.got}) == 1


def test_after_many_failures_it_is_switched_off_and_administrators_are_told(
    organization: Organization, administrator: User, biller: User, case: Case, receiver: Receiver
) -> None:
    hook = hooks.make(administrator, organization, receiver.url, ["took_case"]).hook
    actions.take(biller, case)
    Webhook.objects.update(failures=hooks.FAILURES - 1)
    receiver.status = 500
    hooks.deliver(later())
    hook.refresh_from_db()
    assert not hook.active
    assert Event.objects.get(verb="switched_off_webhook").subject == events.name_of(hook)
    assert Alert.objects.filter(user=administrator, sort="webhook").count() == 1
    hooks.switch(administrator, hook, on=True)
    assert (hook.active, hook.failures) == (True, 0)


def test_a_redirect_is_not_followed(
    organization: Organization, administrator: User, biller: User, case: Case, receiver: Receiver
) -> None:
    hooks.make(administrator, organization, receiver.url, ["took_case"])
    receiver.status, receiver.headers = 302, {"Location": receiver.url}
    actions.take(biller, case)
    hooks.deliver(later())
    assert len(receiver.got) == 1
    assert Delivery.objects.get().trouble == "It answered 302."


def test_who_answers_too_late_has_not_answered(
    organization: Organization, administrator: User, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "LIMIT", 0.3)
    receiver.wait = 1.0
    hook = hooks.make(administrator, organization, receiver.url, []).hook
    begun = time.monotonic()
    hooks.ping(administrator, hook)
    assert time.monotonic() - begun < 0.9
    assert Delivery.objects.get().trouble


def test_a_host_that_drips_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "LIMIT", 0.4)
    import socket  # noqa: PLC0415  only here

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                for _ in range(50):
                    try:
                        connection.sendall(b"H")
                    except OSError:
                        return
                    time.sleep(0.1)

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        begun = time.monotonic()
        with pytest.raises(posting.PostError):
            posting.post(f"http://127.0.0.1:{port}/", b"{}", {}, private=True)
        assert time.monotonic() - begun < 2
        thread.join(3)


@pytest.mark.parametrize(
    "place",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1"),  # noqa: S104
        *("224.0.0.1", "::1", "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"),
        *("255.255.255.255", "::"),
    ],
)
def test_places_of_the_own_network_are_inside(place: str) -> None:
    assert not posting._outside(place)


@pytest.mark.parametrize("place", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822"])
def test_places_elsewhere_are_outside(place: str) -> None:
    assert posting._outside(place)


def test_a_name_that_leads_inside_is_refused_when_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket  # noqa: PLC0415  only here

    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443))]
    inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found + inside)
    with pytest.raises(posting.AddressError, match="own network"):
        posting.post("https://example.com/", b"", {}, private=False)


@pytest.mark.parametrize(
    "url",
    [
        *("http://example.com/", "ftp://example.com/", "https:///x", "https://a:b@example.com/", "example.com"),
        *("https://example.com:0/", "https://example.com:99999/", "https://example.com/a b", "https://example.com/#x"),
        *("https://example.com/\n", "https://ex\u00e4mple.com/", "javascript:alert(1)", ""),
    ],
)
def test_an_address_that_cannot_be_is_refused_in_words(
    organization: Organization, administrator: User, url: str
) -> None:
    with pytest.raises(hooks.HookError):
        hooks.make(administrator, organization, f"{url} x" if url.endswith("\n") else url, [])


def test_only_administrators_make_and_change_webhooks(
    organization: Organization, administrator: User, biller: User, receiver: Receiver
) -> None:
    with pytest.raises(NotAllowedError):
        hooks.make(biller, organization, receiver.url, [])
    hook = hooks.make(administrator, organization, receiver.url, []).hook
    for change in (lambda: hooks.remove(biller, hook), lambda: hooks.ping(biller, hook)):
        with pytest.raises(NotAllowedError):
            change()
    hooks.remove(administrator, hook)
    assert not Webhook.objects.exists()
    assert receiver.got == []


def test_the_secret_never_stands_in_the_database_or_an_event(
    organization: Organization, administrator: User, receiver: Receiver
) -> None:
    made = hooks.make(administrator, organization, receiver.url, [])
    assert made.secret not in str(list(Webhook.objects.values())) + str(list(Event.objects.values()))
    assert receiver.url not in str(list(Event.objects.values())), "an address may hold a key"
