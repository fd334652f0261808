"""A whole world, small: every file judged, every cent and every claim accounted for, and read right by the product."""

from datetime import date
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from reclaim.terminal.main import cli
from reclaim.world import tables
from reclaim.world.run import Made, Order, World
from reclaim.world.score import score
from tests import judges

UNTIL = date(2026, 6, 30)
ORDER = Order(claims=1500, months=6, seed=7, until=UNTIL)


def made(folder: Path, order: Order) -> Made:
    return World(folder, order).run()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    made(folder, ORDER)
    return folder


def truth(folder: Path, name: str) -> pl.DataFrame:
    return tables.table(folder / "truth", name).collect()


def files(folder: Path, kind: str, ending: str) -> list[Path]:
    found = sorted((folder / kind).glob(f"*{ending}"))
    assert found
    return found


def fingerprint(folder: Path) -> dict[str, str]:
    every = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in every}


def test_the_same_seed_makes_the_same_bytes_and_another_does_not(tmp_path: Path) -> None:
    order = Order(claims=150, months=3, seed=3, until=UNTIL)
    for name, each in (("one", order), ("two", order), ("other", order._replace(seed=4))):
        made(tmp_path / name, each)
    assert fingerprint(tmp_path / "one") == fingerprint(tmp_path / "two")
    assert fingerprint(tmp_path / "one") != fingerprint(tmp_path / "other")


@pytest.mark.parametrize(("kind", "ending", "share"), [("claims", ".837", 8), ("acknowledgements", ".277ca", 20)])
def test_what_is_sent_and_acknowledged_passes_pyx12(small: Path, kind: str, ending: str, share: int) -> None:
    for path in files(small, kind, ending)[::share]:
        assert judges.pyx12_errors(path.read_bytes()) == [], path.name


def test_999_pass_pyx12(small: Path) -> None:
    for path in files(small, "acknowledgements", ".999")[::20]:
        assert judges.pyx12_errors(path.read_bytes()) == [], path.name


def test_remittances_pass_every_judge(small: Path) -> None:
    for place, path in enumerate(files(small, "remittances", ".835")):
        data = path.read_bytes()
        assert judges.oxedi_diagnostics(data) == [], path.name
        assert judges.our_findings(data) == [], path.name
        if place % 12 == 0:
            assert judges.pyx12_errors(data) == [], path.name


def test_the_product_reads_every_denial_right(small: Path) -> None:
    found = score(small, UNTIL)
    assert found.denials > 100
    assert found.perfect, found
    assert (found.precision, found.recall) == (1.0, 1.0)


def test_every_answer_stands_where_the_truth_says(small: Path) -> None:
    answers = truth(small, "answers")
    assert answers["answer"].is_unique().all()
    for (file,), rows in answers.group_by("file"):
        text = (small / str(file)).read_text()
        element = text[3]
        numbers = [part.split(element)[0] for part in text.split("CLP" + element)[1:]]
        assert numbers == rows.sort("position")["control_number"].to_list()


def test_every_dollar_is_in_the_ledger(small: Path) -> None:
    """What a claim is still owed is what was charged less all postings: never below zero, and nothing else is open."""
    ledger = truth(small, "ledger").filter(pl.col("entry") != "interest")
    owed = ledger.group_by("claim").agg(pl.col("cents").sum())
    assert owed.filter(pl.col("cents") < 0).is_empty()
    paid = -ledger.filter(pl.col("entry") == "payment")["cents"].sum()
    assert paid == truth(small, "answers")["paid_cents"].sum()
    assert paid > 0


def test_a_claim_is_sent_before_it_is_acknowledged_and_acknowledged_before_it_is_answered(small: Path) -> None:
    submissions = truth(small, "submissions")
    assert (submissions["day"] <= submissions["acknowledged"]).all()
    first = submissions.filter("accepted").group_by("claim").agg(pl.col("acknowledged").min())
    answers = truth(small, "answers").join(first, on="claim")
    assert (answers["day"] > answers["acknowledged"]).all()


def test_every_denial_has_its_options_and_every_work_its_denial(small: Path) -> None:
    denials = truth(small, "denials")
    options, works = truth(small, "options"), truth(small, "works")
    assert set(options["answer"]) <= set(denials["answer"])
    assert set(works["answer"]) <= set(denials["answer"])
    assert options.group_by("answer").len()["len"].unique().to_list() == [10]
    assert {"recovered", "failed", "settled"} <= set(works["outcome"])


def test_what_would_have_worked_did_when_it_was_done_at_once(small: Path) -> None:
    """An action that was taken came out as the truth of the option says, on the day on which it was taken."""
    done = truth(small, "works").filter(pl.col("outcome").is_in(["recovered", "failed"]))
    options = truth(small, "options").select("answer", "action", "luck")
    joined = done.join(options, on=["answer", "action"]).filter(pl.col("action") != "rebill")
    assert joined.height > 20
    assert ((joined["luck"] < joined["chance"]) == (joined["outcome"] == "recovered")).all()


def test_days_of_the_diary_come_in_their_order(small: Path) -> None:
    names = [path.name[:10] for path in files(small, "remittances", ".835")]
    assert all(one <= two for one, two in pairwise(names))
    assert names[-1] <= str(UNTIL)


def test_remittances_broken_on_purpose_are_known_to_the_truth(tmp_path: Path) -> None:
    made(tmp_path, Order(claims=200, months=4, seed=5, until=UNTIL, broken=0.2))
    broken = truth(tmp_path, "remittances").filter(pl.col("off_cents") != 0)
    assert broken.height > 0
    for path in files(tmp_path, "remittances", ".835"):
        unbalanced = any(each.rule.startswith("balance-") for each in judges.our_findings(path.read_bytes()))
        assert unbalanced == (f"remittances/{path.name}" in set(broken["file"]))


def test_the_command_makes_a_world_and_says_what_to_do_next(tmp_path: Path) -> None:
    out = tmp_path / "new"
    result = CliRunner().invoke(cli, ["world", str(out), "--claims", "60", "--months", "2"])
    assert result.exit_code == 0, result.output
    assert "claims sent" in result.output
    assert f"reclaim read {out}/remittances" in result.output
    assert {each.name for each in out.iterdir()} == {"claims", "acknowledgements", "remittances", "truth"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["{full}"], "is not empty"),
        (["{new}", "--regime", "cozy"], "there is no regime 'cozy'"),
        (["{new}", "--claims", "0"], "0 is not in the range"),
    ],
)
def test_wrong_use_is_said(tmp_path: Path, arguments: list[str], said: str) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    words = [each.format(full=tmp_path / "full", new=tmp_path / "new") for each in arguments]
    result = CliRunner().invoke(cli, ["world", *words])
    assert result.exit_code == 2
    assert said in result.output
