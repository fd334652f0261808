import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from zipfile import ZipFile

import pytest

from reclaim import reception
from reclaim.people.models import Organization
from reclaim.terminal import watch
from reclaim.terminal.watch import Look, Notebook, Watcher
from reclaim.x12.sources import Source

SETTLE = 5.0
HERE = cast("Organization", SimpleNamespace(pk=1))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


@pytest.fixture
def notebook(tmp_path: Path) -> Iterator[Notebook]:
    book = Notebook(tmp_path / "notebook", 1)
    yield book
    book.close()


@pytest.fixture
def accepted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bytes]]:
    """What reception was given; it finds 3 claims in everything, one of them denied."""
    given: list[tuple[str, bytes]] = []

    def receive(_: object, sources: Iterable[Source], origin: str, __: int) -> Iterator[reception.Taken]:
        assert origin == "folder"
        for source in sources:
            with source.open() as stream:
                given.append((source.name, stream.read()))
            read = SimpleNamespace(
                state="read", findings=[], balanced=True, claims=3, denied_claims=1, denied=250, beside=""
            )
            yield reception.Taken(source.name, cast("Any", read), again=False)

    monkeypatch.setattr(reception, "receive", receive)
    return given


def take(folder: Path, names: Iterable[str], notebook: Notebook) -> list[tuple[str, str]]:
    return list(watch.take(folder, [(folder / name, Look(3, 1)) for name in names], HERE, notebook))


def watcher(folder: Path, notebook: Notebook) -> Watcher:
    return Watcher(folder, notebook, SETTLE)


def names(done: list[tuple[Path, Look]]) -> list[str]:
    return [path.name for path, _ in done]


def test_a_file_is_complete_when_it_no_longer_grows(folder: Path, notebook: Notebook) -> None:
    looks = watcher(folder, notebook)
    (folder / "a.835").write_text("ISA")
    assert names(looks.complete(100)) == []
    (folder / "a.835").write_text("ISA, and more")
    assert names(looks.complete(104)) == []
    assert names(looks.complete(108)) == []
    assert looks.waiting
    assert names(looks.complete(109)) == ["a.835"]
    assert not looks.waiting


def test_a_file_is_told_once_and_again_when_it_has_changed(folder: Path, notebook: Notebook) -> None:
    looks = watcher(folder, notebook)
    (folder / "a.835").write_text("ISA")
    looks.complete(100)
    assert names(looks.complete(105)) == ["a.835"]
    assert names(looks.complete(110)) == []
    (folder / "a.835").write_text("ISA of another day")
    looks.complete(115)
    assert names(looks.complete(120)) == ["a.835"]


def test_a_file_that_was_moved_in_is_complete_at_once(folder: Path, notebook: Notebook) -> None:
    (folder / "a.835").write_text("ISA")
    os.utime(folder / "a.835", (time.time() - 3600,) * 2)
    assert names(watcher(folder, notebook).complete(100)) == ["a.835"]


@pytest.mark.parametrize("name", [".a.835.Xy12", "a.835.part", "a.835.FILEPART", "a.835.tmp", "a.835~"])
def test_what_a_program_has_not_finished_is_passed_over(name: str, folder: Path, notebook: Notebook) -> None:
    looks = watcher(folder, notebook)
    (folder / name).write_text("ISA")
    looks.complete(100)
    assert names(looks.complete(200)) == []
    (folder / name).rename(folder / "a.835")
    looks.complete(201)
    assert names(looks.complete(206)) == ["a.835"]


def test_files_in_folders_below_are_found_but_not_through_links(folder: Path, notebook: Notebook) -> None:
    (folder / "payer").mkdir()
    (folder / "payer" / "a.835").write_text("ISA")
    (folder / "link.835").symlink_to("/etc/hosts")
    looks = watcher(folder, notebook)
    looks.complete(100)
    assert names(looks.complete(105)) == ["a.835"]


def test_what_was_taken_is_not_told_after_a_restart(
    folder: Path, notebook: Notebook, accepted: list[tuple[str, bytes]]
) -> None:
    (folder / "a.835").write_text("ISA")
    first = watcher(folder, notebook)
    first.complete(100)
    said = list(watch.take(folder, first.complete(105), HERE, notebook))
    assert said == [("a.835", "3 claims, 1 denied, $250.00.")]
    again = watcher(folder, notebook)
    again.complete(200)
    assert again.complete(205) == []
    assert len(accepted) == 1


@pytest.mark.parametrize("looks", [(["a.835"], ["b.835"]), (["a.835", "b.835"],)])
def test_the_same_content_under_another_name_is_taken_once(
    folder: Path, notebook: Notebook, accepted: list[tuple[str, bytes]], looks: tuple[list[str], ...]
) -> None:
    for name in ("a.835", "b.835"):
        (folder / name).write_text("ISA")
    said = [line for names in looks for line in take(folder, names, notebook)]
    assert ("b.835", "the same content was taken before; nothing changed.") in said
    assert accepted == [("a.835", b"ISA")]


def test_the_notebook_of_one_organization_is_not_that_of_another(tmp_path: Path) -> None:
    one, other = Notebook(tmp_path / "book", 1), Notebook(tmp_path / "book", 2)
    one.write(tmp_path / "a.835", Look(3, 1), "abc")
    assert one.holds("abc")
    assert not other.holds("abc")
    assert other.looks() == {}
    one.close()
    other.close()


def test_the_files_of_an_archive_are_taken_one_by_one(
    folder: Path, notebook: Notebook, accepted: list[tuple[str, bytes]]
) -> None:
    with ZipFile(folder / "era.zip", "w") as archive:
        archive.writestr("one.835", "ISA 1")
        archive.writestr("two.835", "ISA 2")
    said = take(folder, ["era.zip"], notebook)
    assert [name for name, _ in said] == ["era.zip/one.835", "era.zip/two.835"]
    assert accepted == [("era.zip/one.835", b"ISA 1"), ("era.zip/two.835", b"ISA 2")]


def test_the_command_takes_a_folder_and_remembers_it(folder: Path, tmp_path: Path) -> None:
    sample = Path(__file__).parents[2] / "samples" / "20261120_harbor_mutual_ppo.835"
    (folder / "a.835").write_bytes(sample.read_bytes())
    environment = {**os.environ, "RECLAIM_DATA": str(tmp_path / "data")}
    environment.pop("DATABASE_URL", None)
    make = (
        "from reclaim.terminal import setup; setup.ready(); setup.apply();"
        "from reclaim.people.models import Organization; Organization.objects.create(name='A', slug='a')"
    )
    subprocess.run([sys.executable, "-c", make], env=environment, check=True)
    command = [sys.executable, "-m", "reclaim.terminal.main", "watch", str(folder), "--once", "--settle", "0"]
    first = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith("a.835: ")
    assert " denied, $" in first.stdout
    assert (folder / "a.835").exists()
    assert subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout == ""
