"""The codes by which payers tell causes exist, are in force, and say what the book says that they say."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from reclaim.codes import lookup
from reclaim.rules import classify, facts, identify
from reclaim.rules.shelf import BookError
from reclaim.world import combos
from reclaim.world.causes import causes
from reclaim.world.chance import stream
from reclaim.world.combos import UNDERPAID, Combo
from reclaim.world.payers import payers

FIRST_DAY, LAST_DAY = date(2024, 1, 1), date(2026, 12, 31)
TOLD = [*(name for name in causes() if name != UNDERPAID), *combos.groups()]


def combo_id(combo: Combo) -> str:
    return combo.codes


@pytest.mark.parametrize("combo", combos.combos(), ids=combo_id)
def test_codes_of_a_combination_are_in_force_and_may_stand_together(combo: Combo) -> None:
    carc = lookup.carc(combo.carc)
    assert carc
    assert not carc.groups or combo.group in carc.groups
    remarks = [lookup.rarc(one) for one in combo.remarks]
    for entry in (carc, *remarks):
        assert entry
        assert lookup.in_force(entry, FIRST_DAY)
        assert lookup.in_force(entry, LAST_DAY)
    if carc.remark_required:
        assert any(remark and not remark.alert for remark in remarks)


@pytest.mark.parametrize("combo", combos.combos(), ids=combo_id)
def test_the_product_reads_from_a_combination_the_type_that_the_book_says(combo: Combo) -> None:
    found = identify.identify(denied_by(combo))
    if combo.patient:
        assert found.kind is facts.Kind.PATIENT_RESPONSIBILITY
        return
    assert found.kind is (facts.Kind.SILENT if combo.silent else facts.Kind.DENIED)
    says = classify.classify(found, FIRST_DAY).type
    if combo.vague:
        assert says == combo.says or combo.silent
    else:
        assert {combos.type_of(cause) for cause in combo.causes} == {says}


def denied_by(combo: Combo) -> facts.Claim:
    dollars, nothing = Decimal("100.00"), Decimal("0.00")
    owed = dollars if combo.group == "PR" else nothing
    taken = (facts.Adjustment(combo.group, combo.carc, dollars),)
    line = facts.Line("99213", (), "", dollars, nothing, FIRST_DAY, FIRST_DAY, taken, combo.remarks)
    sender = facts.Remittance("HARBOR MUTUAL PPO", "1", "T1", FIRST_DAY, None)
    money = (dollars, nothing, owed)
    return facts.Claim(sender, "A", "B", "1", "12", *money, FIRST_DAY, FIRST_DAY, None, False, (), (), (line,))


@pytest.mark.parametrize("cause", TOLD)
def test_every_payer_can_tell_every_cause_precisely_and_vaguely(cause: str) -> None:
    chance = stream(1, cause)
    for who in {(payer.line_of_business, form): None for payer in payers().values() for form in "PI"}:
        for vague in (False, True):
            combo = combos.tell(cause, who, chance, vague=vague)
            assert cause in combo.causes
            assert combo.vague is vague
            assert not combo.only or who[0] in combo.only
            assert combo.form in ("", who[1])


def test_only_professional_claims_are_denied_in_silence() -> None:
    chance = stream(1, "silence")
    told = {
        form: {combos.tell("auth_missing", ("medicaid", form), chance, vague=True).silent for _ in range(200)}
        for form in "PI"
    }
    assert told == {"P": {True, False}, "I": {False}}


def test_a_heavier_combination_is_told_more_often() -> None:
    chance = stream(1, "weights")
    drawn = [combos.tell("member_id_wrong", ("medicaid", "P"), chance, vague=False).codes for _ in range(4000)]
    assert 0.46 < drawn.count("CO-31") / len(drawn) < 0.54  # 4 of 8
    assert 0.21 < drawn.count("CO-140") / len(drawn) < 0.29


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ('{ causes = ["bad_luck"], carc = "50", weight = 1 }', "no cause or group is named bad_luck"),
        ('{ causes = ["not_necessary"], carc = "50", says = "clinical", weight = 1 }', "remove `says`"),
        ('{ causes = ["not_necessary"], carc = "50", weight = 1 }', "add a precise combination, for all claims, for "),
        ('{ causes = ["not_necessary"], carc = "50", wieght = 1 }', "nobody reads `wieght`"),
    ],
)
def test_a_wrong_book_is_refused(entry: str, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = tmp_path / "combos.toml"
    book.write_text(f"combo = [\n  {entry},\n]\n", encoding="utf-8")
    combos.groups()  # read, before the book is another
    monkeypatch.setattr(combos, "BOOK", book)
    with pytest.raises(BookError, match=complaint):
        combos.combos.__wrapped__()
