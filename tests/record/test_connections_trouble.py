"""What goes wrong with connections, said in words; and who may have them how."""

import io
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.utils import timezone
from pytest_django import Settings

from reclaim import exchange
from reclaim.desk.models import Alert
from reclaim.people.actions import NotAllowedError
from reclaim.people.models import Event, Organization, Role, User
from reclaim.record.connections import administering, sending, sftp
from reclaim.record.connections.models import Connection, Fetched, Outgoing
from reclaim.record.connections.places import FolderPlace, PlaceError
from reclaim.record.models import File
from tests.record import sshd
from tests.record.payers import Payer, connect, noise, settled
from tests.site.ports import free_port

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_data")]
After = Connection.After
needs_sshd = pytest.mark.skipif(bool(sshd.why_not()), reason=sshd.why_not() or "-")


def alerts(user: User) -> list[str]:
    return list(Alert.objects.filter(user=user, sort="connection").order_by("pk").values_list("text", flat=True))


# --- trouble ----------------------------------------------------------------------------------------------------------


@needs_sshd
def test_a_changed_host_key_stops_everything_until_a_person_confirms_it(
    payers: Callable[..., Payer], organization: Organization, member: Callable[..., User], tmp_path: Path
) -> None:
    manager = member(organization, Role.MANAGER)
    payer = payers("sftp")
    connection = connect(organization, payer)
    payer.leave("a.835", b"ISA one")
    with sshd.running(tmp_path / "other") as other:
        Connection.objects.filter(pk=connection.pk).update(port=other.port)
        assert "another key" in exchange.visit(connection).trouble
        assert connection.due_at is None
        assert "another key" in exchange.visit(connection).trouble
        assert not Fetched.objects.exists()
        assert exchange.visit_due(timezone.now() + timedelta(days=9)) == 0
        told = [text.split(": ")[1] for text in alerts(manager)]
        assert [("Nobody has" in text, "another key" in text) for text in told] == [(True, False), (False, True)]
        assert Event.objects.filter(verb="saw_other_host_key").count() == 1
        with pytest.raises(administering.ConnectionError, match="another key since"):
            administering.trust(manager, connection, sftp.fingerprint(payer.server.host_key() if payer.server else ""))
        administering.trust(manager, connection, sftp.fingerprint(other.host_key()))
        assert "refuses" in exchange.visit(connection).trouble, "the key is trusted; that server does not know us"


@needs_sshd
def test_at_first_contact_nothing_is_told_to_a_server_that_nobody_has_confirmed(
    payers: Callable[..., Payer], organization: Organization
) -> None:
    payer = payers("sftp")
    connection = administering.make(None, organization, payer.wanted)
    assert "Nobody has confirmed" in exchange.visit(connection).trouble
    assert connection.host_key == ""
    assert connection.due_at is None


class Case(NamedTuple):
    """A mistake, and what is said of it."""

    fields: dict[str, Any]
    said: str
    told: bool  # at once


@needs_sshd
@pytest.mark.parametrize(
    "case",
    [
        Case({"port": -1}, "cannot be reached", told=False),
        Case({"host": "no.such.host.invalid"}, "cannot be reached", told=False),
        Case({"sign_in": "password", "secret": "wrong"}, "refuses the user name, password or key", told=True),
        Case({"sign_in": "key", "secret": ""}, "refuses the user name, password or key", told=True),
        Case({"folder_in": "/nowhere/at/all"}, "not there", told=False),
    ],
    ids=lambda case: case.said,
)
def test_trouble_is_said_in_words_and_tried_again_at_growing_distance(
    case: Case,
    payers: Callable[..., Payer],
    organization: Organization,
    member: Callable[..., User],
    server: sshd.Server,
    caplog: pytest.LogCaptureFixture,
) -> None:
    manager = member(organization, Role.MANAGER)
    fields = dict(case.fields)
    if fields.get("port") == -1:
        fields["port"] = free_port()
    payer = payers("sftp", **fields)
    connection = administering.make(None, organization, payer.wanted)
    Connection.objects.filter(pk=connection.pk).update(host_key=server.host_key())
    distances = []
    for count in (1, 2, 3):
        said = exchange.visit(connection).trouble
        assert case.said in said
        assert connection.trouble == said
        assert connection.failures == count
        assert connection.due_at
        distances.append(connection.due_at - timezone.now())
        assert Alert.objects.filter(user=manager).count() == int(case.told or count >= exchange.PATIENT)
    assert distances == sorted(distances)
    assert distances[-1] > 10 * distances[0]
    assert "wrong" not in caplog.text
    assert server.user not in caplog.text


@needs_sshd
def test_no_right_to_write_is_said_and_nothing_is_lost(
    payers: Callable[..., Payer], organization: Organization, tmp_path: Path
) -> None:
    payer = payers("sftp", after=After.DELETE)
    connection = connect(organization, payer)
    with sshd.running(tmp_path / "readonly", options="-R") as readonly:
        wanted = payer.wanted._replace(port=readonly.port, secret=readonly.private_key)
        administering.change(None, connection, wanted)
        exchange.visit(connection)
        administering.trust(None, connection, sftp.fingerprint(readonly.host_key()))
        left = payer.leave("a.835", b"ISA one")
        assert "does not let Reclaim" in settled(connection).trouble
        assert File.objects.count() == 1, "it is kept, though it cannot be deleted there"
        assert left.exists()
        assert "does not let Reclaim" in exchange.visit(connection).trouble
        assert File.objects.get().times == 1
        exchange.send(connection, "1", "claims.837", io.BytesIO(b"ISA"))
        Connection.objects.filter(pk=connection.pk).update(after="keep")
        assert "does not let Reclaim" in exchange.visit(connection).trouble
        assert Outgoing.objects.get().state == "waiting"


@needs_sshd
def test_a_full_disk_there_is_said(payers: Callable[..., Payer], organization: Organization) -> None:
    payer = payers("sftp", folder_in="")
    connection = connect(organization, payer)
    row = exchange.send(connection, "1", "claims.837", io.BytesIO(noise(100_000)))
    (payer.to / sending._part(row)).symlink_to("/dev/full")
    assert "disk may be full" in exchange.visit(connection).trouble
    assert "disk may be full" in Outgoing.objects.get().trouble


def test_a_full_disk_here_is_said_and_nothing_is_deleted_there(
    payers: Callable[..., Payer], organization: Organization
) -> None:
    payer = payers("folder", after=After.DELETE)
    connection = connect(organization, payer)
    left = payer.leave("a.835", noise(100_000))
    exchange.visit(connection)
    part = exchange._scratch() / f"{Fetched.objects.get().pk}.part"
    part.symlink_to("/dev/full")
    assert "The disk is full" in settled(connection).trouble
    assert left.exists()
    part.unlink()
    assert exchange.visit(connection).fetched == 1


def test_folders_of_this_server_are_used_only_where_the_settings_say(
    payers: Callable[..., Payer], organization: Organization, settings: Settings
) -> None:
    payer = payers("folder")
    connection = connect(organization, payer)
    payer.leave("a.835", b"ISA")
    (payer.folder / "way_out").symlink_to("/etc")
    for folder in ("/etc", str(payer.folder / "way_out"), f"{payer.folder}/../..", "relative"):
        Connection.objects.filter(pk=connection.pk).update(folder_in=folder)
        assert "RECLAIM_FOLDERS" in exchange.visit(connection).trouble, folder
    settings.FOLDERS = []
    Connection.objects.filter(pk=connection.pk).update(folder_in=payer.wanted.folder_in)
    assert "RECLAIM_FOLDERS" in exchange.visit(connection).trouble


# --- administering ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": " "}, "Name the connection"),
        ({"host": ""}, "host name"),
        ({"host": "sftp://x/"}, "host name alone"),
        ({"port": 70000}, "port"),
        ({"folder_in": "", "folder_out": ""}, "folder to fetch from"),
        ({"after": "move", "moved_to": ""}, "folder to move files to"),
        ({"after": "burn"}, "Choose"),
        ({"every": 1}, "minutes"),
        ({"secret": ""}, "password"),
        ({"sign_in": "key", "secret": "abc"}, "no private key"),
        ({"name": "x" * 81}, "80 characters"),
        ({"pattern": ""}, "which names"),
    ],
)
def test_what_cannot_be_is_said_and_not_kept(fields: dict[str, Any], said: str, organization: Organization) -> None:
    good: dict[str, Any] = {
        "name": "P",
        "kind": "sftp",
        "host": "sftp.payer.example",
        "user": "us",
        "secret": "s",
        "folder_in": "/out",
    }
    administering.make(None, organization, administering.Wanted(**good))
    with pytest.raises(administering.ConnectionError, match=said):
        administering.make(None, organization, administering.Wanted(**{**good, "name": "Q", **fields}))
    with pytest.raises(administering.ConnectionError, match="has this name"):
        administering.make(None, organization, administering.Wanted(**good))
    assert Connection.objects.count() == 1


def test_the_secret_is_sealed_and_goes_to_no_other_host(organization: Organization) -> None:
    good: dict[str, Any] = {
        "kind": "sftp",
        "host": "sftp.payer.example",
        "user": "us",
        "secret": "hunter22",
        "folder_in": "/out",
    }
    wanted = administering.Wanted(name="P", **good)
    connection = administering.make(None, organization, wanted)
    assert "hunter22" not in "".join(map(str, Connection.objects.values_list().get()))
    assert "hunter22" not in "".join(str(each.detail) for each in Event.objects.all())
    assert administering.door(connection).password == wanted.secret
    connection.host_key = "k"
    administering.change(None, connection, wanted._replace(secret="", every=30))
    assert (administering.door(connection).password, connection.host_key) == ("hunter22", "k")
    with pytest.raises(administering.ConnectionError, match="password"):
        administering.change(None, connection, wanted._replace(secret="", host="evil.example"))
    connection.refresh_from_db()
    assert connection.host == "sftp.payer.example"
    administering.change(None, connection, wanted._replace(secret="", sign_in="key"))
    assert connection.public_key.startswith("ssh-ed25519 ")
    assert not administering.door(connection).password


def test_only_who_administers_does_anything(organization: Organization, member: Callable[..., User]) -> None:
    wanted = administering.Wanted(name="P", kind="folder", folder_in="/in")
    connection = administering.make(None, organization, wanted)
    biller = member(organization, "biller")
    for refused in (
        lambda: administering.make(biller, organization, wanted),
        lambda: administering.change(biller, connection, wanted),
        lambda: administering.trust(biller, connection, "x"),
        lambda: administering.switch(biller, connection, on=False),
        lambda: administering.remove(biller, connection),
        lambda: exchange.visit(connection, biller),
        lambda: exchange.check(biller, connection),
    ):
        with pytest.raises(NotAllowedError):
            refused()


def test_one_visit_at_a_time(payers: Callable[..., Payer], organization: Organization) -> None:
    connection = connect(organization, payers("folder"))
    holding = (
        "import fcntl, sys, time; f = open(sys.argv[1], 'a'); fcntl.flock(f, fcntl.LOCK_EX); "
        "print('held', flush=True); time.sleep(60)"
    )
    lock = exchange._scratch() / f"{connection.pk}.lock"
    lock.parent.mkdir(parents=True)
    with subprocess.Popen([sys.executable, "-c", holding, str(lock)], stdout=subprocess.PIPE) as other:
        assert other.stdout
        other.stdout.readline()
        assert exchange.visit(connection).busy
        other.kill()
    assert not exchange.visit(connection).busy, "a killed process holds nothing"


def test_the_job_visits_what_is_due_and_active(payers: Callable[..., Payer], organization: Organization) -> None:
    payer = payers("folder")
    connection = connect(organization, payer)
    exchange.send(connection, "1", "claims.837", io.BytesIO(b"ISA"))
    administering.switch(None, connection, on=False)
    assert exchange.visit_due(timezone.now()) == 0
    administering.switch(None, connection, on=True)
    assert exchange.visit_due(timezone.now()) == 1
    connection.refresh_from_db()
    assert connection.due_at
    assert connection.due_at > timezone.now() + timedelta(minutes=10)
    assert exchange.visit_due(timezone.now()) == 0


def test_a_removed_connection_keeps_its_files_and_one_that_sent_stays(
    payers: Callable[..., Payer], organization: Organization
) -> None:
    payer = payers("folder")
    connection = connect(organization, payer)
    payer.leave("a.835", b"ISA")
    settled(connection)
    administering.remove(None, connection)
    assert (File.objects.count(), Fetched.objects.count()) == (1, 0)
    connection = connect(organization, payer)
    exchange.send(connection, "1", "claims.837", io.BytesIO(b"ISA"))
    with pytest.raises(administering.ConnectionError, match="Switch it off"):
        administering.remove(None, connection)


def test_downloads_that_nobody_goes_on_with_are_removed() -> None:
    exchange._scratch().mkdir(parents=True)
    (exchange._scratch() / "99.part").write_bytes(b"left")
    exchange.clear()
    assert not list(exchange._scratch().iterdir())


def test_a_check_fetches_nothing(
    payers: Callable[..., Payer], organization: Organization, member: Callable[..., User]
) -> None:
    manager = member(organization, Role.MANAGER)
    payer = payers("folder")
    connection = connect(organization, payer)
    payer.leave("a.835", b"ISA")
    assert exchange.check(manager, connection) == ""
    assert not Fetched.objects.exists()
    shutil.rmtree(payer.to)
    assert "not there" in exchange.check(manager, connection)


def test_errors_of_places_name_no_file(payers: Callable[..., Payer]) -> None:
    payer = payers("folder")
    place = FolderPlace([payer.folder])
    with pytest.raises(PlaceError) as found:
        list(place.read(str(payer.out), "MILLER_JOHN.835", 0))
    assert "MILLER" not in str(found.value)
