"""The pages of connections: made, tested, trusted, visited; secrets are never shown."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from reclaim.people.models import Event, Organization, User
from reclaim.record.connections import fetching, sftp
from reclaim.record.connections.models import Connection, Fetched
from reclaim.record.models import File
from reclaim.web import connections
from tests.record import sshd

SignIn = Callable[[User | None], Client]
FORM: dict[str, Any] = {
    "name": "Harbor Mutual",
    "kind": "sftp",
    "host": "127.0.0.1",
    "port": "1",
    "user": "us",
    "sign_in": "password",
    "password": "hunter22-and-more",
    "folder_in": "/out",
    "pattern": "*",
    "after": "keep",
    "moved_to": "",
    "folder_out": "",
    "every": "15",
    "key": "",
}


@pytest.fixture
def administrator(organization: Organization, member: Callable[..., User]) -> User:
    return member(organization, "administrator")


def test_a_connection_to_a_folder_from_the_form_to_the_inbox(
    administrator: User, client_of: SignIn, tmp_path: Path, settings: Settings
) -> None:
    settings.FOLDERS, settings.DATA, settings.FILES = [tmp_path.resolve()], tmp_path / "data", tmp_path / "files"
    client = client_of(administrator)
    form = {**FORM, "kind": "folder", "host": "", "user": "", "password": "", "folder_in": str(tmp_path / "in")}
    client.post("/connections", form)
    connection = Connection.objects.get()
    at = f"/connections/{connection.pk}"
    assert "not there" in client.post(f"{at}/check", follow=True).content.decode()
    (tmp_path / "in").mkdir()
    assert "It works" in client.post(f"{at}/check", follow=True).content.decode()
    (tmp_path / "in" / "a.835").write_bytes(b"ISA one")
    assert "Files: 1 waited for" in client.post(f"{at}/visit", follow=True).content.decode()
    Fetched.objects.update(seen_at=timezone.now() - 2 * fetching.SETTLE)
    page = client.post(f"{at}/visit", follow=True).content.decode()
    assert "Files: 1 fetched." in page
    assert f'href="/inbox/{File.objects.get().pk}"' in page
    client.post(f"{at}/switch", {"off": ""})
    assert "Switched off" in client.get(at).content.decode()
    client.post(f"{at}/remove")
    assert not Connection.objects.exists()
    verbs = [each.verb for each in Event.objects.filter(user=administrator).order_by("pk")]
    assert [each for each in verbs if each.endswith("_connection")] == [
        *["made_connection", "tried_connection", "tried_connection", "visited_connection", "visited_connection"],
        *["switched_connection", "removed_connection"],
    ]


@pytest.mark.skipif(bool(sshd.why_not()), reason=sshd.why_not() or "-")
def test_the_key_of_a_server_is_shown_and_confirmed_by_a_person(
    administrator: User, client_of: SignIn, tmp_path: Path, settings: Settings
) -> None:
    settings.DATA = tmp_path / "data"
    with sshd.running(tmp_path / "sshd") as server:
        client = client_of(administrator)
        proof = {"port": server.port, "user": server.user, "sign_in": "key", "key": server.private_key}
        client.post("/connections", {**FORM, **proof, "folder_in": str(tmp_path)})
        at = f"/connections/{Connection.objects.get().pk}"
        shown = sftp.fingerprint(server.host_key())
        page = client.post(f"{at}/check", follow=True).content.decode()
        assert "Is this the payer" in page
        assert shown in page
        wrong = client.post(f"{at}/trust", {"fingerprint": "ssh-ed25519 SHA256:other"})
        assert wrong.status_code == 422
        assert not Connection.objects.get().host_key
        client.post(f"{at}/trust", {"fingerprint": shown})
        assert "It works" in client.post(f"{at}/check", follow=True).content.decode()


def test_secrets_are_kept_and_never_shown(administrator: User, client_of: SignIn) -> None:
    client = client_of(administrator)
    client.post("/connections", FORM)
    at = f"/connections/{Connection.objects.get().pk}"
    sealed = Connection.objects.get().secret
    client.post(at, {**FORM, "password": "", "every": "30"})
    assert Connection.objects.get().secret == sealed
    bad = client.post(at, {**FORM, "every": "1"})
    assert bad.status_code == 422
    assert 'value="Harbor Mutual"' in bad.content.decode()
    for page in (client.get(at), client.get("/connections"), bad, client.post("/connections", FORM)):
        assert "hunter22" not in page.content.decode()
        assert sealed not in page.content.decode()
    client.post(at, {**FORM, "sign_in": "key", "password": "", "key": ""})
    assert "ssh-ed25519 AAAA" in client.get(at).content.decode()


@pytest.mark.parametrize("role", ["biller", "auditor", "finance", "integration"])
def test_who_does_not_administer_sees_no_connections(
    role: str, organization: Organization, member: Callable[..., User], client_of: SignIn
) -> None:
    client = client_of(member(organization, role))
    assert client.get("/connections").status_code == 403
    assert client.post("/connections", FORM).status_code == 403
    assert not Connection.objects.exists()
    assert "Connections" not in client.get("/settings").content.decode()


def test_history_is_bounded_and_says_its_count(
    administrator: User,
    organization: Organization,
    client_of: SignIn,
    django_assert_max_num_queries: Any,  # noqa: ANN401
) -> None:
    connection = Connection.objects.create(organization=organization, name="P", kind="folder", folder_in="/in")
    own = {"organization": organization, "connection": connection, "size": 1, "changed": 1, "seen_at": timezone.now()}
    Fetched.objects.bulk_create(Fetched(**own, name=f"{each}.835") for each in range(connections.HISTORY + 1))
    client = client_of(administrator)
    client.get("/connections")
    with django_assert_max_num_queries(15):
        page = client.get(f"/connections/{connection.pk}").content.decode()
    assert f"The newest {connections.HISTORY} of {connections.HISTORY + 1}." in page
    assert ">0.835<" not in page
