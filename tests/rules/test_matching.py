"""Which claim an answer is about: a table of cases."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reclaim.rules.matching import Answer, Candidate, How, Match, folded, match

AUGUST, SEPTEMBER = date(2026, 8, 3), date(2026, 9, 7)
PAID = date(2026, 9, 30)


def claim(number: int, control_number: str = "HE-00A1b-2608", **changed: Any) -> Candidate:  # noqa: ANN401  any field
    made = Candidate(
        id=number,
        control_number=control_number,
        number=folded(control_number),
        given_number="",
        payer=("90512", "HARBOR MUTUAL"),
        responsibility="P",
        charge=Decimal("120.00"),
        service_from=AUGUST,
        patient="DOE, JANE",
        line_number="00A1B-1",
        order=(AUGUST, "1", number),
    )
    return made._replace(**changed)


def answer(control_number: str = "HE-00A1b-2608", **changed: Any) -> Answer:  # noqa: ANN401  any field
    made = Answer(control_number, "P9", ("90512", "HARBOR MUTUAL"), "P", Decimal("120.00"), PAID, read=False)
    return made._replace(**changed)


READ: dict[str, Any] = {"read": True, "service_from": AUGUST, "patient": "Doe, Jane", "line_number": "00A1B-1"}
OTHER_DAY: dict[str, Any] = {"read": True, "service_from": SEPTEMBER, "patient": "DOE, JANE", "line_number": "00A1B-2"}


@pytest.mark.parametrize(
    ("said", "claims", "how", "found"),
    [
        pytest.param(answer(), [claim(1), claim(2, "OTHER-77")], How.EXACT, 1, id="our number"),
        pytest.param(answer("HE00A1B2608"), [claim(1)], How.ALTERED, 1, id="in capitals and without dashes"),
        pytest.param(answer("000HE-00A1B-2608"), [claim(1)], How.ALTERED, 1, id="zeros before it"),
        pytest.param(answer("HE-00A1b-26"), [claim(1)], How.CUT, 1, id="cut, and the charge agrees"),
        pytest.param(answer("HE-00A1b-2608X"), [claim(1)], How.CUT, 1, id="something added"),
        pytest.param(answer("A1b-2608"), [claim(1)], How.CUT, 1, id="its end is left"),
        pytest.param(answer("HE-00A1b-26", charge=Decimal(5)), [claim(1)], "", None, id="cut, and the charge differs"),
        pytest.param(
            answer("HE-00A1b-26", charge=Decimal(5), **READ), [claim(1)], How.CUT, 1, id="cut, and the day agrees"
        ),
        pytest.param(answer("HE-00"), [claim(1)], "", None, id="too little is left"),
        pytest.param(
            answer("X", payer_control_number="P1"), [claim(1, given_number="P1")], How.PAYER, 1, id="payer's number"
        ),
        pytest.param(answer("", **READ), [claim(1)], How.LINE, 1, id="number of the first line"),
        pytest.param(
            answer("", **{**READ, "line_number": ""}), [claim(1)], How.SERVICE, 1, id="patient, day and charge"
        ),
        pytest.param(
            answer("", **{**READ, "line_number": "", "patient": "ROE, ANN"}), [claim(1)], "", None, id="other patient"
        ),
        pytest.param(
            answer("", **{**READ, "line_number": ""}),
            [claim(1), claim(2, "HE-00A1c-2608", service_from=SEPTEMBER)],
            How.SERVICE,
            1,
            id="of two visits the one of the day",
        ),
        pytest.param(
            answer(), [claim(1), claim(2, order=(SEPTEMBER, "2", 1))], How.EXACT, 2, id="the version sent last"
        ),
        pytest.param(
            answer(day=date(2026, 8, 20)),
            [claim(1), claim(2, order=(SEPTEMBER, "2", 1))],
            How.EXACT,
            1,
            id="a version sent after the answer is not answered",
        ),
        pytest.param(
            answer(payer_control_number="P1"),
            [claim(1, given_number="P1"), claim(2, order=(SEPTEMBER, "2", 1))],
            How.EXACT,
            1,
            id="of two versions that which the payer numbered",
        ),
        pytest.param(
            answer(payer=("90101", "MEDICARE"), responsibility="S"),
            [claim(1), claim(2, payer=("90101", "MEDICARE B"), responsibility="S")],
            How.EXACT,
            2,
            id="the second payer's claim",
        ),
        pytest.param(
            answer(responsibility="S", payer=("", "")),
            [claim(1), claim(2, responsibility="S")],
            How.EXACT,
            2,
            id="of unknown payers the second in line",
        ),
        pytest.param(
            answer(),
            [claim(1), claim(2, charge=Decimal(80), service_from=SEPTEMBER)],
            How.EXACT,
            1,
            id="visit by charge",
        ),
        pytest.param(
            answer(**OTHER_DAY), [claim(1), claim(2, service_from=SEPTEMBER)], How.EXACT, 2, id="visit by day"
        ),
        pytest.param(
            answer(charge=Decimal(60), **OTHER_DAY), [claim(1)], "", None, id="another visit with the same number"
        ),
        pytest.param(answer(charge=Decimal(60), **READ), [claim(1)], How.EXACT, 1, id="answered in parts"),
    ],
)
def test_an_answer_finds_its_claim(said: Answer, claims: list[Candidate], how: str, found: int | None) -> None:
    made = match(said, claims)
    assert (made.how, made.claim) == (how, found)
    assert made.reasons
    assert match(said, claims[::-1]) == made


def test_what_the_bytes_may_tell_is_asked_for() -> None:
    visits = [claim(1), claim(2, service_from=SEPTEMBER)]
    assert match(answer(), visits).unread
    undecided = match(answer(read=True), visits)
    assert (undecided.claim, undecided.fits, undecided.unread) == (None, (1, 2), False)


def test_two_that_a_cut_number_fits_are_a_persons_to_decide() -> None:
    visits = [claim(1), claim(2, "HE-00A1b-2699", patient="ROE, ANN")]
    made = match(answer("HE-00A1b-26", read=True), visits)
    assert (made.claim, made.fits, made.certain) == (None, (1, 2), False)


def test_confidence_is_said() -> None:
    sure, less = match(answer(), [claim(1)]), match(answer(charge=Decimal(60), **READ), [claim(1)])
    assert sure.confidence > less.confidence
    assert "The charge is not the one that was sent." in less.reasons


@given(st.text(st.characters(codec="ascii"), max_size=20))
def test_folding_twice_changes_nothing(number: str) -> None:
    assert folded(folded(number)) == folded(number)
    assert folded(number.lower()) == folded(f"00{number.upper()}")


@given(st.text(max_size=12))
def test_a_column_is_folded_as_a_text_is(number: str) -> None:
    import polars as pl  # noqa: PLC0415

    from reclaim.rules.matching import folded_column  # noqa: PLC0415

    assert pl.DataFrame({"a": [number]}).select(folded_column("a")).item() == folded(number)


def test_no_candidates_no_match() -> None:
    assert match(answer(), []) == Match(None, "", 0, ("No claim fits.",), unread=True)
