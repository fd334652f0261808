"""Connections against a real SSH server on loopback, and against folders: each file once, never half, nothing lost."""

import io
import shutil
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from reclaim import exchange, reception
from reclaim.people.models import Event, Organization
from reclaim.record.connections import fetching, sending, sftp
from reclaim.record.connections.models import Connection, Fetched, Outgoing
from reclaim.record.connections.places import FolderPlace
from reclaim.record.models import File
from tests.record import sshd
from tests.record.payers import Payer, connect, kept, noise, settled

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_data")]
After = Connection.After
needs_sshd = pytest.mark.skipif(bool(sshd.why_not()), reason=sshd.why_not() or "-")
BOTH = ["folder", pytest.param("sftp", marks=needs_sshd)]


# --- in ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("after", After.values)
def test_a_file_is_fetched_once_and_then_cleared_away(
    kind: str, after: str, payers: Callable[..., Payer], organization: Organization
) -> None:
    payer = payers(kind, after=after)
    connection = connect(organization, payer)
    left = payer.leave("a.835", b"ISA one")
    payer.leave("b.835.part", b"ISA tw")
    assert settled(connection) == exchange.Visit(fetched=1)
    assert kept(File.objects.get()) == b"ISA one"
    assert File.objects.get().origin == "connection"
    assert left.exists() == (after == "keep")
    assert (payer.folder / "done" / "a.835").exists() == (after == "move")
    assert settled(connection) == exchange.Visit()
    left.unlink(missing_ok=True)
    for name, said in (("renamed.835", "the same under another name"), ("a.835", "the same again")):
        payer.leave(name, b"ISA one", ago=60)
        assert settled(connection) == exchange.Visit(same=1), said
    assert File.objects.get().times == 1
    assert payer.leave("a.835", b"ISA other", ago=30).exists()
    assert settled(connection).fetched == 1
    verbs = Event.objects.filter(verb="fetched_files").order_by("pk")
    assert [each.detail["fetched"] for each in verbs] == [1, 0, 0, 1]
    assert {each.user for each in verbs} == {None}
    assert not list((Path(exchange._scratch())).glob("*.part"))


@pytest.mark.parametrize("kind", BOTH)
def test_a_file_that_grows_is_waited_for(
    kind: str, payers: Callable[..., Payer], organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    payer = payers(kind)
    connection = connect(organization, payer)
    path = payer.leave("a.835", b"ISA")
    assert exchange.visit(connection).waiting == 1, "seen once"
    assert exchange.visit(connection).waiting == 1, "seen twice, too soon after the first"
    assert connection.due_at
    assert connection.due_at <= timezone.now() + exchange.SOON
    monkeypatch.setattr(fetching, "SETTLE", timedelta(0))
    with path.open("ab") as more:
        more.write(b" more")
    assert exchange.visit(connection).waiting == 1, "it has grown"
    assert exchange.visit(connection).fetched == 1
    assert kept(File.objects.get()) == b"ISA more"


def test_a_file_that_changes_while_it_is_downloaded_is_waited_for(
    payers: Callable[..., Payer], organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    payer = payers("folder")
    connection = connect(organization, payer)
    payer.leave("a.835", b"ISA old")
    read = FolderPlace.read

    def reading(self: FolderPlace, folder: str, name: str, start: int) -> Any:  # noqa: ANN401
        for each in read(self, folder, name, start):
            payer.leave("a.835", b"ISA new and longer", ago=5)
            yield each

    monkeypatch.setattr(FolderPlace, "read", reading)
    assert settled(connection) == exchange.Visit(waiting=1)
    monkeypatch.setattr(FolderPlace, "read", read)
    assert settled(connection).fetched == 1
    assert kept(File.objects.get()) == b"ISA new and longer"


def test_what_is_no_plain_file_is_left_alone(payers: Callable[..., Payer], organization: Organization) -> None:
    payer = payers("folder", pattern="*.835 *.TXT")
    connection = connect(organization, payer)
    secret = payer.folder / "secret"
    secret.write_bytes(b"not for us")
    (payer.out / "link.835").symlink_to(secret)
    (payer.out / "folder.835").mkdir()
    payer.leave("report.pdf", b"%PDF")
    payer.leave(".hidden.835", b"ISA")
    payer.leave("a.txt", b"ISA a")
    assert settled(connection).fetched == 1
    assert File.objects.get().name == "a.txt"
    assert Fetched.objects.count() == 1


def test_an_archive_is_taken_by_its_members(payers: Callable[..., Payer], organization: Organization) -> None:
    payer = payers("folder")
    connection = connect(organization, payer)
    inner = payer.folder / "inner"
    inner.mkdir()
    (inner / "a.835").write_bytes(b"ISA a")
    (inner / "b.835").write_bytes(b"ISA b")
    shutil.make_archive(str(payer.out / "both"), "zip", inner)
    assert settled(connection).fetched == 1
    assert File.objects.count() == 2
    assert settled(connection) == exchange.Visit()


@needs_sshd
def test_a_folder_of_2000_files_is_taken_whole_and_looked_at_cheaply(
    payers: Callable[..., Payer],
    organization: Organization,
    django_assert_max_num_queries: Any,  # noqa: ANN401
) -> None:
    payer = payers("sftp", folder_out="")
    connection = connect(organization, payer)
    for each in range(300):
        payer.leave(f"{each:04}.835", b"ISA %d" % each)
    assert settled(connection, seconds=0.5).waiting > 0
    assert settled(connection, seconds=120).waiting == 0
    assert File.objects.count() == 300
    assert set(Fetched.objects.values_list("state", flat=True)) == {"fetched"}
    with django_assert_max_num_queries(20):
        exchange.visit(connection)


@needs_sshd
@pytest.mark.parametrize("cuts", [[9_000, 700_000, 1_500_000], [30_000] * 3])
def test_a_broken_download_goes_on_where_it_ended(
    cuts: list[int], payers: Callable[..., Payer], organization: Organization, server: sshd.Server
) -> None:
    payer = payers("sftp")
    connection = connect(organization, payer)
    data = noise(4_000_000)
    payer.leave("big.835", data)
    assert exchange.visit(connection).waiting == 1
    wire = sshd.Wire(server.port, list(cuts))
    Connection.objects.filter(pk=connection.pk).update(port=wire.port)
    Fetched.objects.update(seen_at=timezone.now() - 2 * fetching.SETTLE)
    said = [exchange.visit(connection).trouble for _ in cuts]
    assert all("broke" in each or "cannot be reached" in each for each in said), said
    assert not File.objects.exists()
    part = exchange._scratch() / f"{Fetched.objects.get().pk}.part"
    had = part.stat().st_size if part.exists() else 0
    assert exchange.visit(connection).fetched == 1
    assert kept(File.objects.get()) == data
    wire.close()
    time.sleep(0.1)
    assert wire.carried[-1] < len(data) - had + 300_000, "what was here already came again"
    assert cuts[0] < 10_000 or had == 0 or had < len(data)


@needs_sshd
def test_a_slow_download_is_cut_off_in_time_and_gone_on_with(
    payers: Callable[..., Payer], organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    payer = payers("sftp")
    connection = connect(organization, payer)
    data = noise(5_000_000)
    payer.leave("big.835", data)
    exchange.visit(connection)
    Fetched.objects.update(seen_at=timezone.now() - 2 * fetching.SETTLE)
    starts = list[int]()
    read = sftp.SftpPlace.read

    def reading(self: sftp.SftpPlace, folder: str, name: str, start: int) -> Any:  # noqa: ANN401
        starts.append(start)
        for each in read(self, folder, name, start):
            yield each
            time.sleep(0.2)

    monkeypatch.setattr(sftp.SftpPlace, "read", reading)
    for _ in range(20):
        done = exchange.visit(connection, seconds=0.5)
        assert not done.trouble
        if done.fetched:
            break
    assert kept(File.objects.get()) == data
    assert starts == sorted(set(starts))
    assert len(starts) > 1


STEPS = ("accepted", "noted", "cleared")


@pytest.mark.parametrize("step", STEPS)
def test_killed_between_two_steps_of_fetching_nothing_is_lost_or_doubled(
    step: str, payers: Callable[..., Payer], organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    payer = payers("folder", after=After.DELETE)
    connection = connect(organization, payer)
    left = payer.leave("a.835", b"ISA one")

    class Killed(BaseException):
        """As if the process ended here."""

    def killed_after(done: Callable[..., object]) -> Callable[..., None]:
        def run(*given: object) -> None:
            done(*given)
            raise Killed

        return run

    with monkeypatch.context() as until:
        match step:
            case "accepted":
                until.setattr(exchange, "_keep", killed_after(exchange._keep))
            case "noted":
                until.setattr(fetching._Visit, "_clear", killed_after(lambda *_: None))
            case "cleared":
                until.setattr(FolderPlace, "remove", killed_after(FolderPlace.remove))
        with pytest.raises(Killed):
            settled(connection)
    assert left.exists() == (step != "cleared")
    assert kept(File.objects.get()) == b"ISA one"
    settled(connection)
    assert not left.exists()
    assert File.objects.count() == 1
    assert Fetched.objects.get().state == "fetched"
    assert not list(exchange._scratch().glob("*.part"))


# --- out --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", BOTH)
def test_a_file_is_sent_once_and_seen_only_whole(
    kind: str, payers: Callable[..., Payer], organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    payer = payers(kind)
    connection = connect(organization, payer)
    data = noise(3_000_000)
    place = sftp.SftpPlace if kind == "sftp" else FolderPlace
    seen, rename = list[list[str]](), place.rename

    def renaming(self: Any, old: tuple[str, str], new: tuple[str, str]) -> None:  # noqa: ANN401
        seen.append([each.name for each in payer.to.iterdir()])
        rename(self, old, new)

    monkeypatch.setattr(place, "rename", renaming)
    for _ in range(2):
        row = exchange.send(connection, "batch:7", "claims.837", io.BytesIO(data))
    with pytest.raises(sending.SendingError, match="same key"):
        exchange.send(connection, "batch:7", "claims.837", io.BytesIO(b"other"))
    assert [exchange.visit(connection).sent for _ in range(2)] == [1, 0]
    row.refresh_from_db()
    assert row.state == "sent"
    assert row.sent_at
    assert [len(each) for each in seen] == [1]
    assert seen[0][0].endswith(".part")
    assert [each.name for each in payer.to.iterdir()] == ["claims.837"]
    assert (payer.to / "claims.837").read_bytes() == data
    (payer.to / "claims.837").unlink()
    assert exchange.visit(connection).sent == 0, "the payer has taken it"
    assert Event.objects.filter(verb="sent_outgoing").count() == 1
    reception.clear()
    assert reception.store().exists(row.sha256)


@needs_sshd
def test_a_broken_upload_goes_on_where_it_ended(
    payers: Callable[..., Payer], organization: Organization, server: sshd.Server
) -> None:
    payer = payers("sftp", folder_in="")
    connection = connect(organization, payer)
    data = noise(6_000_000)
    exchange.send(connection, "1", "claims.837", io.BytesIO(data))
    wire = sshd.Wire(server.port, [4_000_000, 9_000])
    Connection.objects.filter(pk=connection.pk).update(port=wire.port)
    assert "broke" in exchange.visit(connection).trouble
    assert [each.suffix for each in payer.to.iterdir()] == [".part"]
    assert exchange.visit(connection).trouble
    assert exchange.visit(connection).sent == 1
    assert (payer.to / "claims.837").read_bytes() == data
    wire.close()
    time.sleep(0.1)
    assert wire.carried[-1] < 4_000_000, "all of it was sent again"


@pytest.mark.parametrize("taken", [True, False])
@pytest.mark.parametrize("step", ["uploaded", "renamed"])
def test_killed_between_two_steps_of_sending_nothing_is_lost_or_sent_twice(
    step: str, taken: bool, payers: Callable[..., Payer], organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    payer = payers("folder")
    connection = connect(organization, payer)
    exchange.send(connection, "1", "claims.837", io.BytesIO(b"ISA claims"))
    to, state = sending._to, {"uploaded": "renaming", "renamed": "sent"}[step]

    class Killed(BaseException):
        """As if the process ended here."""

    def killed(row: Outgoing, new: Any) -> None:  # noqa: ANN401
        if new == state:
            raise Killed
        to(row, new)

    with monkeypatch.context() as until:
        until.setattr(sending, "_to", killed)
        with pytest.raises(Killed):
            exchange.visit(connection)
    if taken and step == "renamed":
        (payer.to / "claims.837").unlink()
    uploads = list[int]()
    write = FolderPlace.write

    def writing(*given: Any) -> None:  # noqa: ANN401
        uploads.append(1)
        write(*given)

    monkeypatch.setattr(FolderPlace, "write", writing)
    assert exchange.visit(connection).sent == 1
    assert not uploads, "it was there whole"
    assert Outgoing.objects.get().state == "sent"
    assert [each.name for each in payer.to.iterdir()] == ([] if taken and step == "renamed" else ["claims.837"])


def test_another_file_of_the_same_name_is_not_overwritten_and_keeps_no_other_back(
    payers: Callable[..., Payer], organization: Organization
) -> None:
    payer = payers("folder")
    connection = connect(organization, payer)
    (payer.to / "one.837").write_bytes(b"of somebody else")
    for name in ("one", "two"):
        exchange.send(connection, name, f"{name}.837", io.BytesIO(name.encode()))
    assert "has this name" in exchange.visit(connection).trouble
    assert [each.state for each in Outgoing.objects.order_by("pk")] == ["waiting", "sent"]
    (payer.to / "one.837").unlink()
    assert exchange.visit(connection).sent == 1
    assert (payer.to / "one.837").read_bytes() == b"one"


@pytest.mark.parametrize("name", ["", "../up.837", "a/b", "a\\b", ".hidden", "a\nb", "x" * 201])
def test_no_name_leads_out_of_the_folder(name: str, payers: Callable[..., Payer], organization: Organization) -> None:
    connection = connect(organization, payers("folder"))
    with pytest.raises(sending.SendingError):
        exchange.send(connection, "1", name, io.BytesIO(b"ISA"))
    assert not Outgoing.objects.exists()
