"""What tests of connections share."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pytest_django import Settings

from tests.record import sshd

if TYPE_CHECKING:
    from tests.record.payers import Payer


@pytest.fixture
def own_data(settings: Settings, tmp_path: Path) -> None:
    settings.DATA = tmp_path / "data"
    settings.FILES = settings.DATA / "files"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sshd.Server]:
    with sshd.running(tmp_path_factory.mktemp("sshd")) as running:
        yield running


@pytest.fixture
def payers(request: pytest.FixtureRequest, tmp_path: Path, settings: Settings) -> "Callable[..., Payer]":
    """Makes a payer of a kind; keywords are fields of the connection."""

    def make(kind: str, **fields: Any) -> "Payer":  # noqa: ANN401
        from reclaim.record.connections import administering  # noqa: PLC0415  Django is ready only now
        from tests.record.payers import Payer  # noqa: PLC0415  the same

        folder = (tmp_path / "payer").resolve()
        for name in ("from_payer", "to_payer", "done"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        settings.FOLDERS = [folder]
        given: dict[str, Any] = {"name": "Harbor Mutual", "kind": kind, "folder_in": str(folder / "from_payer")}
        given |= {"folder_out": str(folder / "to_payer"), "moved_to": str(folder / "done")}
        running = None
        if kind == "sftp":
            running = request.getfixturevalue("server")
            given |= {"host": "127.0.0.1", "port": running.port, "user": running.user}
            given |= {"sign_in": "key", "secret": running.private_key}
        return Payer(folder, administering.Wanted(**(given | fields)), running)

    return make
