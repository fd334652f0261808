"""The generator of large remittances: valid, balanced, and exactly what it says that it is."""

import io
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from bench.big835 import DENIED, Totals, generate
from reclaim.terminal.main import cli
from reclaim.x12.reading import Reading
from tests.judges import our_findings, oxedi_diagnostics, pyx12_errors

SIZE = 200_000


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Totals]:
    path = tmp_path_factory.mktemp("big") / "big.835"
    return path, generate(path, SIZE)


@pytest.mark.parametrize("judge", [pyx12_errors, oxedi_diagnostics, our_findings])
def test_judges_find_nothing(written: tuple[Path, Totals], judge: Callable[[bytes], list[object]]) -> None:
    assert judge(written[0].read_bytes()) == []


def test_totals_are_what_the_file_holds(written: tuple[Path, Totals]) -> None:
    path, totals = written
    tables = [part.tables for part in Reading(io.BytesIO(path.read_bytes())).parts()]
    counts = [sum(len(each[name]) for each in tables) for name in ("claims", "lines", "adjustments")]
    charge, paid = (sum(each["claims"][name].sum() for each in tables) for name in ("charge", "paid"))
    assert (*counts, charge, paid) == totals[:5]


def test_denied_lines_are_those_that_the_rules_find(written: tuple[Path, Totals]) -> None:
    path, totals = written
    answer = orjson.loads(CliRunner().invoke(cli, ["read", "--json", str(path)]).stdout_bytes)
    denied = [line for denial in answer["denials"] for line in denial["lines"] if line["denied_amount"] != "0.00"]
    assert len(denied) == totals.denied_lines
    assert any(not denial["lines"] for denial in answer["denials"]), "some are denied as a whole, without lines"


def test_mix_is_that_of_real_remittances(written: tuple[Path, Totals]) -> None:
    totals = written[1]
    assert totals.denied_lines / totals.lines == pytest.approx(DENIED, abs=0.03)
    assert totals.adjustments / totals.claims == pytest.approx(4.5, abs=0.3)
    assert SIZE / totals.claims == pytest.approx(570, abs=30)


def test_same_seed_same_bytes_another_seed_others(tmp_path: Path) -> None:
    one, again, other = (tmp_path / name for name in ("one", "again", "other"))
    assert generate(one, 20_000, seed=7) == generate(again, 20_000, seed=7)
    generate(other, 20_000, seed=8)
    assert one.read_bytes() == again.read_bytes() != other.read_bytes()


@pytest.mark.parametrize("size", [1, 5_000, SIZE, 700_000])
def test_file_is_as_large_as_asked(tmp_path: Path, size: int) -> None:
    generate(tmp_path / "big.835", size)
    assert size <= (tmp_path / "big.835").stat().st_size < size + 4_000


def test_transactions_of_one_claim_balance_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.big835.CLAIMS_OF_A_TRANSACTION", range(1, 2))
    generate(tmp_path / "big.835", 40_000)
    data = (tmp_path / "big.835").read_bytes()
    assert our_findings(data) == []
    assert b"BPR*I*0.00" in data, "nothing was paid in one of them"
