"""`reclaim connections` from the command line, in an installation of its own."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pytest_django import Settings

from reclaim.people.models import Organization
from reclaim.record.connections import administering, fetching
from reclaim.record.connections.models import Connection
from reclaim.record.models import File
from reclaim.terminal import connections, setup

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setattr(setup, "ready", lambda: None)
    monkeypatch.setattr(setup, "insist", lambda: None)
    return lambda *words: CliRunner().invoke(connections.connections, words)


@pytest.fixture
def connection(organization: Organization, tmp_path: Path, settings: Settings) -> Connection:
    settings.FOLDERS, settings.DATA, settings.FILES = [tmp_path.resolve()], tmp_path / "data", tmp_path / "files"
    (tmp_path / "in").mkdir()
    wanted = administering.Wanted(name="Harbor Mutual", kind="folder", folder_in=str(tmp_path / "in"))
    return administering.make(None, organization, wanted)


def test_listed_tested_and_fetched(
    run: Callable[..., Result], connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "SETTLE", fetching.SETTLE * 0.02)
    (tmp_path / "in" / "a.835").write_bytes(b"ISA one")
    assert "Harbor Mutual" in run("list").output
    assert '"name": "Harbor Mutual"' in run("list", "--json").output
    assert "It works" in run("test", str(connection.pk)).output
    fetched = run("fetch", str(connection.pk))
    assert fetched.exit_code == 0, fetched.output
    assert "Fetched 1, sent 0" in fetched.output
    assert File.objects.get().name == "a.835"


def test_trouble_ends_with_status_1_and_words(run: Callable[..., Result], connection: Connection) -> None:
    Connection.objects.update(folder_in="/nowhere")
    for word in ("test", "fetch"):
        done = run(word, str(connection.pk))
        assert done.exit_code == 1
        assert "RECLAIM_FOLDERS" in done.output
    assert "no connection 99" in run("fetch", "99").output
