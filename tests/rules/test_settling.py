"""What becomes of a denied claim: rows that a biller can read, and answers in any order."""

from datetime import date
from decimal import Decimal
from itertools import permutations

import pytest

from reclaim.rules.settling import Answer, settle

KINDS = {
    "denied": ("denied", "1"),
    "part": ("denied_in_part", "1"),
    "paid": ("paid", "1"),
    "reduced": ("reduced", "1"),
    "patient": ("patient_responsibility_only", "1"),
    "nothing due": ("contractual_only", "1"),
    "reversal": ("reversals", "22"),
    "duplicate": ("duplicate", "1"),
    "pending": ("pending", "1"),
    "estimate": ("predetermination", "25"),
}


def answers(told: str) -> list[Answer]:
    """`denied 0, paid 80`: one answer a day, its kind and what was paid."""
    found = []
    for place, each in enumerate(told.split(", "), 1):
        name, _, paid = each.rpartition(" ")
        kind, status = KINDS[name]
        found.append(Answer(date(2026, 10, place), f"T{place}", 1, kind, status, Decimal(paid), place))
    return found


CASES = [
    ("paid 80", None),
    ("denied 0", ("open", "denied", False, "0", None)),
    ("denied 0, paid 80", ("recovered", "denied", False, "80", 2)),
    ("denied 0, denied 0", ("open", "denied", True, "0", None)),
    ("denied 0, denied 0, paid 80", ("recovered", "denied", True, "80", 3)),
    ("denied 0, patient 0", ("patient", "denied", False, "0", 2)),
    ("denied 0, nothing due 0", ("closed", "denied", False, "0", 2)),
    ("denied 0, reduced 50", ("recovered_in_part", "denied", False, "50", 2)),
    ("denied 0, pending 0", ("open", "denied", False, "0", None)),
    ("part 40, reversal -40, paid 90", ("recovered", "denied_in_part", False, "50", 3)),
    ("part 40, reversal -40, part 60", ("open", "denied_in_part", True, "20", None)),
    ("paid 80, reversal -80", ("open", "takeback", False, "0", None)),
    ("paid 80, reversal -80, paid 80", None),
    ("paid 80, reversal -80, denied 0", ("open", "takeback", False, "0", None)),
    ("paid 80, reversal -80, denied 0, paid 80", ("recovered", "takeback", False, "80", 4)),
    ("denied 0, paid 80, reversal -80", ("open", "takeback", True, "0", None)),
    ("denied 0, reversal 0, paid 80", ("recovered", "denied", False, "80", 3)),
    ("duplicate 0", ("open", "denied", False, "0", None)),
    ("paid 80, duplicate 0", ("closed", "denied", False, "0", 2)),
    ("denied 0, duplicate 0", ("open", "denied", False, "0", None)),
    ("denied 0, duplicate 0, paid 80", ("recovered", "denied", False, "80", 3)),
    ("estimate 0", None),
    ("estimate 0, denied 0", ("open", "denied", False, "0", None)),
]


@pytest.mark.parametrize(("told", "expected"), CASES, ids=[told for told, _ in CASES])
def test_answers_come_to(told: str, expected: tuple[str, str, bool, str, int | None] | None) -> None:
    settled = settle(answers(told))
    if expected is None:
        assert settled is None
        return
    assert settled
    state, kind, redenied, recovered, resolved = expected
    assert (settled.state, settled.kind, settled.redenied) == (state, kind, redenied)
    assert settled.recovered == Decimal(recovered)
    assert (settled.resolved.day if settled.resolved else None) == resolved


@pytest.mark.parametrize("told", [told for told, _ in CASES if told.count(",") < 4])
def test_the_order_of_arrival_decides_nothing(told: str) -> None:
    first = settle(answers(told))
    assert all(settle(each) == first for each in permutations(answers(told)))
