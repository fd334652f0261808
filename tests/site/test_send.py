"""`reclaim send` from the command line."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from reclaim.desk.models import Batch, Correction
from reclaim.people.models import Organization, User
from reclaim.terminal import send, setup
from reclaim.x12.slices import slices
from tests.desk.conversation import claims, denied
from tests.desk.test_sending import prepared


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setattr(setup, "ready", lambda: None)
    monkeypatch.setattr(setup, "insist", lambda: None)
    return lambda *words: CliRunner().invoke(send.send, words)


def test_what_is_ready_is_put_into_a_folder_once(
    organization: Organization, biller: User, run: Callable[..., Result], tmp_path: Path
) -> None:
    prepared(biller, denied(organization, *claims("P", 2)))
    waits = run()
    assert "Batch 500000001: 2 claims, $590.00." in waits.output
    assert Batch.objects.get().stage == "written"
    put = run("--to", str(tmp_path))
    assert "1 file was put into the folder." in put.output, put.output
    (there,) = tmp_path.iterdir()
    assert [each.value("2300", "CLM", 1) for each in slices(there.read_bytes())] == ["A-1", "A-2"]
    assert set(Correction.objects.values_list("stage", flat=True)) == {"sent"}
    assert "Nothing more is ready" in run("--to", str(tmp_path)).output
    assert '"stage": "sent"' in run("--list", "--json").output
    assert len(list(tmp_path.iterdir())) == 1
