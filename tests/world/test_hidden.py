"""Hidden rules: they deny what they speak of, from their first day to their last, and nothing else."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from reclaim.rules.shelf import BookError
from reclaim.world import hidden as rule_book
from reclaim.world.chance import stream
from reclaim.world.events import Events
from reclaim.world.hidden import Hidden, Rule
from reclaim.world.model import Claim
from reclaim.world.payers import payers
from reclaim.world.regimes import regime
from tests.world.clean import SINCE, UNTIL, claim, claims, events

SURE = regime("typical")._replace(rules=9.0)  # every rule fires whenever it fits

BOOK = """
[[rule]]
id = "cap"
version = 1
payer = "HARBOR"
words = "No more than four units."
tells = "unit_limit"
order = 20
starts = 0.5
chance = 1
rightful = true
"""


class Shape(NamedTuple):
    """What of a claim a rule may look at."""

    procedure: str = "97110"
    units: int = 5
    modifiers: tuple[str, ...] = ()
    form: str = "P"
    specialty: str = "therapy"
    diagnoses: tuple[str, ...] = ("M5450",)
    charge: int = 10_000
    payer: str = "HARBOR"


def made(shape: Shape) -> Claim:
    one = claim(1, stream(1, "test"), payers()[shape.payer], shape.form)
    one.specialty, one.diagnoses = shape.specialty, shape.diagnoses
    line = replace(one.lines[0], procedure=shape.procedure, units=shape.units, charge=shape.charge)
    one.lines = [replace(line, modifiers=shape.modifiers), replace(line, number=2, procedure="99213", units=1)]
    return one


def hidden(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> Hidden:
    path = folder / "hidden.toml"
    path.write_text(text, encoding="utf-8")
    monkeypatch.setattr(rule_book, "BOOK", path)
    return Hidden(1, regime("typical"), events())


@pytest.mark.parametrize(
    ("wants", "fits", "not_fits", "lines"),
    [
        ('procedures = ["97110"]\nabove_units = 4', Shape(), Shape(units=4), (1,)),
        ('procedures = ["97110"]', Shape(), Shape(procedure="97140"), (1,)),
        ('procedures = ["97110"]', Shape(), Shape(payer="GARNET"), (1,)),
        ('procedures = ["97110"]\nwithout_modifiers = ["59"]', Shape(), Shape(modifiers=("59",)), (1,)),
        ('procedures = ["97110"]\nbeside = ["99213"]', Shape(), Shape(procedure="99213"), (1,)),
        ("above_line = 9999", Shape(), Shape(charge=9999), (1, 2)),
        ("above_claim = 19999", Shape(), Shape(charge=9999), ()),
        ('form = "I"', Shape(form="I"), Shape(), ()),
        ("admitted = true", Shape(form="I"), Shape(), ()),
        ('specialties = ["therapy"]', Shape(), Shape(specialty="family"), ()),
        ('diagnoses = ["M54"]', Shape(), Shape(diagnoses=("I10",)), ()),
        ('without_diagnoses = ["M541"]', Shape(), Shape(diagnoses=("I10", "M5416")), ()),
    ],
)
def test_a_rule_denies_what_it_speaks_of_and_names_the_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wants: str, fits: Shape, not_fits: Shape, lines: tuple[int, ...]
) -> None:
    rules = hidden(tmp_path, monkeypatch, BOOK + wants)
    rule = rules.first(made(fits), UNTIL)
    assert rule
    assert rule.lines(made(fits)) == lines
    assert rules.first(made(not_fits), UNTIL) is None


def test_a_rule_denies_from_its_first_day_to_its_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = hidden(tmp_path, monkeypatch, BOOK + "ends = 0.75")
    (rule,) = rules.all()
    assert SINCE < rule.since < rule.until < UNTIL
    one = made(Shape())
    denied = [day for day in (SINCE + timedelta(days=count) for count in range(500)) if rules.first(one, day)]
    assert denied == [rule.since + timedelta(days=count) for count in range((rule.until - rule.since).days + 1)]


def test_the_payers_order_decides_which_rule_denies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    earlier = BOOK.replace('"cap"', '"first"').replace("order = 20", "order = 10")
    rule = hidden(tmp_path, monkeypatch, BOOK + earlier).first(made(Shape()), UNTIL)
    assert rule
    assert rule.id == "first"


def test_luck_stays_with_the_claim_and_comes_as_often_as_the_book_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = hidden(tmp_path, monkeypatch, BOOK.replace("chance = 1", "chance = 0.7"))
    many = [replace(made(Shape()), id=f"C{number}") for number in range(2000)]
    fired = [bool(rules.first(one, UNTIL)) for one in many]
    assert fired == [bool(rules.first(replace(one, round=2), UNTIL + timedelta(days=30))) for one in many]
    assert sum(fired) / len(many) == pytest.approx(0.7, abs=0.04)


# --- the book as it is ------------------------------------------------------------------------------------------------


def starts(rule: Rule) -> tuple[str, int]:
    return rule.id, rule.version


def test_versions_of_a_rule_follow_each_other_without_gap_or_overlap() -> None:
    rules = sorted(Hidden(1, SURE, events()).all(), key=starts)
    versions = [(one, two) for one, two in pairwise(rules) if one.id == two.id]
    assert versions
    for one, two in versions:
        assert (two.version, two.since) == (one.version + 1, one.until + timedelta(days=1))


def test_the_rule_that_an_event_brings_starts_with_it() -> None:
    event = next(one for one in events().all() if one.rule)
    rule = next(one for one in Hidden(1, SURE, events()).all() if one.id == event.rule)
    assert rule.since == event.since
    assert rule.until == date.max  # claims of the last days are answered after the run


def test_no_claim_meets_the_rule_of_another_payer() -> None:
    rules = Hidden(1, SURE, events())
    met = [(one, rules.first(one, UNTIL)) for one in claims(4000)]
    assert all(rule is None or rule.payer == one.payer.id for one, rule in met)
    assert {rule.tells for _, rule in met if rule} >= {"unit_limit", "policy_not_met", "records_wanted"}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (BOOK.replace("HARBOR", "NOBODY"), "no payer 'NOBODY' in payers.toml"),
        (BOOK.replace("unit_limit", "unit_limits"), "write one of 'unit_limit'"),
        (BOOK.replace("starts = 0.5\n", ""), "say when it starts"),
        (BOOK.replace("starts = 0.5", 'event = "unit_cap"'), "no event of events.toml names it"),
        (BOOK + "above_unit = 4", "nobody reads `above_unit`"),
    ],
)
def test_a_wrong_book_of_rules_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str, message: str
) -> None:
    with pytest.raises(BookError, match=message):
        hidden(tmp_path, monkeypatch, wrong)


def test_an_event_may_bring_a_rule_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    until = date(2025, 8, 31)
    monkeypatch.setattr(Events, "span", lambda _self, _rule: (SINCE, until))
    rule = next(one for one in Hidden(1, SURE, events()).all() if one.id == "therapy_units")
    assert (rule.since, rule.until) == (SINCE, until)
