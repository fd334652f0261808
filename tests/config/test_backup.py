"""A backup is only one when it comes back."""

import base64
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from reclaim.config import backups
from tests.config.installations import Installation, installation

KEY, OTHER_KEY = (base64.urlsafe_b64encode(bytes([number]) * 32).decode() for number in (1, 2))

FILL = """
import io
from django.conf import settings
from reclaim.people import events
from reclaim.people.joining import found_organization, join
from reclaim.people.models import User
from reclaim.record.files import Store, keys_of
from reclaim.record.models import File
store = Store(settings.FILES, keys_of(settings.FILE_KEY))
organization = found_organization("Cedar")
join(None, organization, "ann@cedar.example", "manager")
for number in range(3):
    kept = store.keep(io.BytesIO(b"ISA*DOE*JANE~" * (50_000 * number + 1)))
    File.objects.create(organization=organization, sha256=kept.sha256, name=f"{number}.835", size=kept.size,
                        origin="command", received_at="2026-11-23T12:00Z")
    events.record(organization, User.objects.get(), "received_file", f"record.file:{number}", {"size": kept.size})
"""
VERIFY = """
from django.conf import settings
from reclaim.people import events
from reclaim.people.models import Organization
from reclaim.record.files import Store, keys_of
from reclaim.record.models import File
store = Store(settings.FILES, keys_of(settings.FILE_KEY))
for file in File.objects.all():
    store.verify(file.sha256)
print(File.objects.count(), events.verify(Organization.objects.get()), settings.SECRET_KEY)
"""
NOTED = """
from reclaim.people.models import Event
noted = Event.objects.filter(verb__in=("backed_up", "restored")).order_by("id")
print([(each.verb, each.detail["file"], each.subject) for each in noted])
"""
CUT_OFF = """
from pathlib import Path
from django.db import connection
from reclaim.config import backups
dump = backups._dump_database
def cut_off(out):
    connection.cursor().execute("DELETE FROM people_event WHERE id = (SELECT max(id) FROM people_event)")
    dump(out)
backups._dump_database = cut_off
"""


@pytest.fixture(scope="module", params=["", KEY], ids=["plain", "encrypted"])
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("source-installation") / "source"
    with installation(folder, RECLAIM_FILE_KEY=request.param) as made:
        made.set_up()
        made.python(FILL)
        yield made


def test_what_was_backed_up_comes_back_the_same(source: Installation, tmp_path: Path) -> None:
    out = tmp_path / "out.tar"
    key = source.environment["RECLAIM_FILE_KEY"]
    before = json.loads(source.rows())
    said = source.run("backup", str(out))
    assert "3 files" in said
    assert ("not encrypted" in said) is (not key)
    assert out.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.glob(".backup-*")) == []
    assert (b"one_file_per_content" in out.read_bytes()) is (not key)  # the name of a constraint, readable in a dump
    with installation(tmp_path / "target", RECLAIM_FILE_KEY=key) as target:
        assert "3 files" in target.run("restore", str(out))
        assert json.loads(target.rows()) == before
        assert target.python(VERIFY) == source.python(VERIFY)
        assert target.python(VERIFY).startswith("3 [] ")
        assert target.python(NOTED) == "[('restored', 'out.tar', 'people.organization:1')]\n"
        assert [path.name for path in target.data.glob(".restore-*")] == []
        refused = target.run("restore", str(out), status=1)
        assert "already" in refused
        target.run("doctor", "--json")


def test_a_backup_leaves_an_event_and_the_end_of_the_chain_beside_it(source: Installation, tmp_path: Path) -> None:
    source.run("backup", str(tmp_path / "first.tar"))
    source.run("backup", str(tmp_path / "second.tar"))
    assert source.python(NOTED).endswith("('backed_up', 'second.tar', 'people.organization:1')]\n")
    lines = (tmp_path / "heads.jsonl").read_text(encoding="ascii").splitlines()
    first, second = (json.loads(line)["heads"]["cedar"] for line in lines)
    assert second[0] == first[0] + 1  # the first backup's event
    assert first[1] != second[1]
    assert (tmp_path / "heads.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_backup_that_lacks_the_newest_events_is_told(tmp_path: Path) -> None:
    out = tmp_path / "out.tar"
    with installation(tmp_path / "source") as source:
        source.set_up()
        source.python(FILL)
        source.python(f"{CUT_OFF}\nbackups.back_up(Path({str(out)!r}))")
    with installation(tmp_path / "target") as target:
        assert "it once had 4 events or more" in target.run("restore", str(out), status=1)


def test_nothing_is_overwritten(source: Installation, tmp_path: Path) -> None:
    out = tmp_path / "out.tar"
    out.write_text("mine", encoding="ascii")
    assert "nothing is overwritten" in source.run("backup", str(out), status=1)
    assert out.read_text(encoding="ascii") == "mine"


def test_a_damaged_backup_changes_nothing(source: Installation, tmp_path: Path) -> None:
    out = tmp_path / "out.tar"
    source.run("backup", str(out))
    whole = out.read_bytes()
    with tarfile.open(out) as tar:
        member = next(each for each in tar if each.name.startswith("files/") and each.size > 100)
    changed = bytearray(whole)
    changed[member.offset_data + 50] ^= 1
    with installation(tmp_path / "target", RECLAIM_FILE_KEY=source.environment["RECLAIM_FILE_KEY"]) as target:
        for data in (bytes(changed), whole[: len(whole) // 2], b"no tar at all", whole[: member.offset]):
            out.write_bytes(data)
            assert "Take another backup" in (said := target.run("restore", str(out), status=1)) or "breaks off" in said
            assert list(target.data.glob("files/*")) == []
        out.write_bytes(whole)
        target.run("restore", str(out))


@pytest.mark.parametrize("name", ["../victim", "files/../../victim", "/etc/cron.d/x", "files/ab/cd/short", "database"])
def test_what_no_backup_holds_is_refused(tmp_path: Path, name: str) -> None:
    outside, evil, work = tmp_path / "victim", tmp_path / "evil.tar", tmp_path / "a" / "b"
    outside.write_text("mine", encoding="ascii")
    with tarfile.open(evil, "w") as tar:
        member = tarfile.TarInfo(name)
        if name == "database":
            member.type, member.linkname = tarfile.SYMTYPE, str(outside)
        tar.addfile(member)
    with pytest.raises(backups.BackupError, match="not one of ours"):
        backups._unpack(evil, work)
    assert outside.read_text(encoding="ascii") == "mine"
    assert not work.exists()


def test_the_key_must_be_the_one_it_was_made_with(tmp_path: Path) -> None:
    out = tmp_path / "out.tar"
    with installation(tmp_path / "source", RECLAIM_FILE_KEY=KEY) as source:
        source.set_up()
        source.run("backup", str(out))
    with installation(tmp_path / "target") as target:
        assert "set RECLAIM_FILE_KEY" in target.run("restore", str(out), status=1)
        assert "not the key" in target.run("restore", str(out), status=1, RECLAIM_FILE_KEY=OTHER_KEY)
        target.run("restore", str(out), RECLAIM_FILE_KEY=f"{OTHER_KEY},{KEY}")


def test_a_backup_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    out, newer = tmp_path / "out.tar", tmp_path / "newer.tar"
    with installation(tmp_path / "source") as source:
        source.set_up()
        source.run("backup", str(out))
    with tarfile.open(out) as old, tarfile.open(newer, "w") as new:
        for member in old:
            file = old.extractfile(member)
            assert file is not None
            if member.name == "manifest.json":
                changed = tmp_path / "manifest.json"
                manifest = json.loads(file.read())
                manifest["migrations"].append("desk.9999_from_the_future")
                changed.write_text(json.dumps(manifest), encoding="ascii")
                new.add(changed, arcname="manifest.json")
            else:
                new.addfile(member, file)
    with installation(tmp_path / "target") as target:
        assert "desk.9999_from_the_future" in target.run("restore", str(newer), status=1)
