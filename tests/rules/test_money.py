"""The identities of money."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from reclaim.rules.facts import Adjustment
from reclaim.rules.money import dollars, line_difference, remittance_difference, settled, total
from tests.rules import cases

CENTS = st.integers(-1_000_000, 1_000_000).map(lambda cents: cents * Decimal("0.01"))


@given(CENTS, st.lists(CENTS, max_size=5))
def test_a_line_built_to_balance_balances(charge: Decimal, taken: list[Decimal]) -> None:
    adjustments = tuple(Adjustment("CO", "45", amount) for amount in taken)
    line = cases.line("99213 ? ?")._replace(charge=charge, paid=charge - sum(taken), adjustments=adjustments)
    assert line_difference(line) == 0
    assert line_difference(line._replace(charge=charge + Decimal("0.01"))) == Decimal("0.01")


@given(CENTS, st.lists(CENTS, max_size=5))
def test_one_missing_amount_is_what_the_balance_says(charge: Decimal, taken: list[Decimal]) -> None:
    adjustments = [Adjustment("CO", "45", amount) for amount in taken]
    paid = charge - sum(taken)
    assert settled(charge, adjustments, None) == (charge, paid)
    assert settled(None, adjustments, paid) == (charge, paid)
    assert settled(charge, adjustments, paid) == (charge, paid)


def test_nothing_is_made_up_where_the_balance_cannot_tell() -> None:
    unread = [Adjustment("CO", "45", None)]
    assert settled(Decimal(100), unread, None) == (Decimal(100), None)
    assert settled(None, [], None) == (None, None)
    assert remittance_difference(None, [], []) is None
    assert remittance_difference(Decimal(1), [None], []) is None
    assert total([Decimal(1), None]) is None


def test_amounts_are_written_as_people_write_them() -> None:
    assert [dollars(Decimal(text)) for text in ("1234.5", "0.00", "-20")] == ["$1,234.50", "$0.00", "-$20.00"]
