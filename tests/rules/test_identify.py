"""Is it a denial, of how much, and of what: the tables, and what must hold for any claim."""

import random
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reclaim.codes import lookup
from reclaim.rules.bearing import never_denies
from reclaim.rules.facts import Adjustment, Claim, Identification, Kind, Line
from reclaim.rules.identify import identify, takeback
from tests.rules import cases

CENT = Decimal("0.01")


@pytest.mark.parametrize("case", cases.table("identify.toml"))
def test_identify(case: dict[str, Any]) -> None:
    check(identify(cases.claim(case)), case)


@pytest.mark.parametrize("case", cases.table("takeback.toml"))
def test_takeback(case: dict[str, Any]) -> None:
    original = Decimal(case["original"]) if "original" in case else None
    check(takeback(cases.claim(case), original), case)


def check(found: Identification, case: dict[str, Any]) -> None:
    """Compares with every expectation that a case states."""
    answer: dict[str, Any] = {
        "kind": found.kind.value,
        "denied": str(found.denied_amount),
        "denied_lines": [str(dollars) for dollars in found.denied_lines],
        "at_claim": str(found.denied_at_claim),
        "whole": found.whole,
        "denying": list(cases.texts(found.denying)),
        "remarks": list(found.remarks),
    }
    asked = {name: case[name] for name in answer if name in case}
    assert {name: answer[name] for name in asked} == asked
    assert cases.unsaid(case.get("says", []), found.reasons) == []


# --- what must hold for any claim -------------------------------------------------------------------------------------

AMOUNTS = st.one_of(st.none(), st.integers(-50_000, 100_000).map(lambda cents: cents * CENT), st.just(Decimal("0.00")))
CARCS = st.one_of(st.sampled_from(sorted(lookup.carcs())), st.sampled_from(["1", "16", "45", "97", "23", "", "XYZ"]))
REMARKS = st.lists(st.sampled_from(["MA130", "N130", "M51", "N620", "MA01", "?"]), max_size=3).map(tuple)
ADJUSTMENTS = st.lists(
    st.builds(Adjustment, st.sampled_from(["CO", "PR", "OA", "PI", "CR", ""]), CARCS, AMOUNTS), max_size=4
).map(tuple)
LINES = st.builds(
    lambda charge, paid, adjustments, remarks: Line("1", (), "", charge, paid, None, None, adjustments, remarks),
    AMOUNTS, AMOUNTS, ADJUSTMENTS, REMARKS,
)  # fmt: skip
CLAIMS = st.builds(
    Claim,
    remittance=st.just(cases.claim({}).remittance),
    control_number=st.just("C"),
    payer_control_number=st.just("P"),
    status=st.sampled_from(["1", "2", "3", "4", "19", "20", "21", "22", "23", "25", "5", "", "?"]),
    filing_indicator=st.sampled_from(["MB", "MC", "HM", ""]),
    charge=AMOUNTS,
    paid=AMOUNTS,
    patient_responsibility=AMOUNTS,
    service_from=st.none(),
    service_to=st.none(),
    received=st.none(),
    institutional=st.booleans(),
    adjustments=ADJUSTMENTS,
    remarks=REMARKS,
    lines=st.lists(LINES, max_size=4).map(tuple),
)


@given(CLAIMS)
def test_the_dollars_add_up_and_the_kind_fits_them(claim: Claim) -> None:
    for found in (identify(claim), takeback(claim)):
        assert found.denied_amount == sum(found.denied_lines) + found.denied_at_claim
        assert len(found.denied_lines) == len(claim.lines)
        assert min((*found.denied_lines, found.denied_at_claim)) >= 0
        assert found.reasons
        assert len(found.beside) == len(found.denying)
        if found.kind.is_denial:
            assert found.denied_amount > 0 or cases.unsaid(["cannot be read"], found.reasons) == []
        else:
            assert found.denied_amount == 0
            assert not found.denying
            assert not found.whole


@given(CLAIMS, st.randoms(use_true_random=False))
def test_the_order_of_adjustments_does_not_matter(claim: Claim, dice: random.Random) -> None:
    def shuffled(adjustments: tuple[Adjustment, ...]) -> tuple[Adjustment, ...]:
        return tuple(dice.sample(adjustments, len(adjustments)))

    lines = tuple(line._replace(adjustments=shuffled(line.adjustments)) for line in claim.lines)
    mixed = identify(claim._replace(adjustments=shuffled(claim.adjustments), lines=lines))
    found = identify(claim)
    assert (mixed.kind, mixed.denied_lines, mixed.denied_at_claim) == (
        found.kind, found.denied_lines, found.denied_at_claim,
    )  # fmt: skip


@given(CLAIMS)
def test_a_line_is_never_denied_for_more_than_its_charge(claim: Claim) -> None:
    for line, dollars in zip(claim.lines, identify(claim).denied_lines, strict=True):
        assert line.charge is None or dollars <= max(line.charge, Decimal(0))


@given(CLAIMS)
def test_what_the_sieve_may_pass_over_is_paid(claim: Claim) -> None:
    def harmless(adjustments: tuple[Adjustment, ...]) -> tuple[Adjustment, ...]:
        return tuple(one for one in adjustments if never_denies(one.group, one.carc))

    def paid(amount: Decimal | None) -> Decimal:
        return abs(amount or CENT) or CENT

    lines = tuple(
        line._replace(charge=paid(line.charge), paid=paid(line.paid), adjustments=harmless(line.adjustments))
        for line in claim.lines
    )
    left_behind = claim._replace(
        status="1",
        charge=paid(claim.charge),
        paid=paid(claim.paid),
        adjustments=harmless(claim.adjustments),
        lines=lines,
    )
    assert identify(left_behind).kind is Kind.PAID
