"""In a small made-up world, the element at fault and the cause are right as often as the bench finds in larger ones."""

from datetime import date
from pathlib import Path

import pytest

from bench.causes import Judged, figures, judge, report
from reclaim.world.run import Order, World


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> list[Judged]:
    folder: Path = tmp_path_factory.mktemp("causes") / "world"
    World(folder, Order(claims=3000, months=4, seed=7, until=date(2026, 10, 31))).run()
    return list(judge(folder))


def test_the_element_at_fault_is_right_in_technical_denials(judged: list[Judged]) -> None:
    technical = [one for one in judged if one.element and one.as_first_sent and one.type == "technical"]

    assert figures([one for one in technical if not one.vague]).share >= 0.95
    assert figures(technical).share >= 0.85  # with those whose codes name another cause, or none


def test_the_cause_is_right_where_something_on_the_claim_is_wrong(judged: list[Judged]) -> None:
    precise = [one for one in judged if one.element and one.as_first_sent and not one.vague]

    assert len(precise) > 50
    assert figures(precise).macro >= 0.85  # a small world has causes with three denials; see bench/causes.py


def test_whoever_is_sure_is_right(judged: list[Judged]) -> None:
    sure = [one for one in judged if one.said.faults[0].confidence >= 0.9]

    assert len(sure) > 30
    assert sum(one.first == one.cause for one in sure) / len(sure) >= 0.9


def test_the_report_names_every_group(judged: list[Judged]) -> None:
    assert any(line.startswith("technical, something on the claim is wrong") for line in report(judged))
