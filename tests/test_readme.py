"""What the README says is true: every command runs, every link leads somewhere."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines()]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / "samples" / "README.md"]


def _place(data: Path) -> dict[str, str]:
    """An environment with data of its own, whatever database the tests run on."""
    rest = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return {**rest, "RECLAIM_DATA": str(data)}


@pytest.fixture(scope="module")
def set_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation that is set up."""
    reclaim, data = Path(sys.executable).parent / "reclaim", tmp_path_factory.mktemp("set-up") / "data"
    somebody = ["user", "add", "biller@clinic.example", "--role", "biller", "--organization", "Your Clinic"]
    for words in (["setup"], somebody):
        subprocess.run([reclaim, *words], env=_place(data), check=True, capture_output=True, stdin=subprocess.DEVNULL)
    return data


@pytest.fixture
def installation(tmp_path: Path, set_up: Path) -> Path:
    """One of its own for every command."""
    return Path(shutil.copytree(set_up, tmp_path / "data"))


@pytest.mark.parametrize("command", [each for each in COMMANDS if not each.startswith("make ")])
def test_every_command_of_the_readme_runs(command: str, tmp_path: Path, installation: Path) -> None:
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    ours = command.replace(".venv/bin/reclaim", str(Path(sys.executable).parent / "reclaim"))
    result = subprocess.run(
        ["/bin/sh", "-c", ours], cwd=tmp_path, env=_place(installation), capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert "Traceback" not in result.stderr


def test_every_make_target_of_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = {each.split()[1] for each in COMMANDS if each.startswith("make ")}
    assert named == {"demo", "install", "check", "test"}
    for target in named:
        assert f"\n{target}:" in makefile


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / link).exists(), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_module_that_a_page_names_exists(page: Path) -> None:
    for name in re.findall(
        r"`((?:x12|rules|codes|terminal|record|desk|lake)/[a-z0-9_/]+\.(?:py|toml|csv))`",
        page.read_text(encoding="utf-8"),
    ):
        assert (ROOT / "reclaim" / name).exists(), name
