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
        found.append(piece(place, 1, name, paid, place))
    return found


def piece(day: int, position: int, name: str, paid: str, number: int, own: str = "P1") -> Answer:
    """An answer to $100, or to a whole claim of two such pieces."""
    denied = Decimal({"denied": 100, "part": 40}.get(name, 0))
    sent = date(2026, 10, day), f"T{day}"
    return Answer(
        *sent, position, *KINDS[name], Decimal(paid), denied, Decimal(200 if own == "whole" else 100), own, number
    )


SPLIT = [
    # told by days, pieces by their numbers: state, kind, denied dollars, charge, denied again, recovered
    ("A denied 0 + B denied 0", ("open", "denied", 200, 200, False, 0)),
    ("A paid 80 + B denied 0", ("open", "denied_in_part", 100, 200, False, 0)),
    ("A part 40 + B denied 0", ("open", "denied_in_part", 140, 200, False, 0)),
    ("A patient 0 + B paid 80", None),
    ("A denied 0 + B denied 0, A denied 0 + B denied 0", ("open", "denied", 200, 200, True, 0)),
    ("A denied 0 + B denied 0, A denied 0", ("open", "denied", 200, 200, True, 0)),
    ("A denied 0 + B denied 0, A paid 80", ("open", "denied_in_part", 100, 200, False, 80)),
    ("A denied 0 + B denied 0, A paid 80, B paid 60", ("recovered", "denied_in_part", 100, 200, False, 140)),
    ("A denied 0 + B denied 0, A paid 80 + B patient 0", ("recovered", "denied", 200, 200, False, 80)),
    ("A denied 0 + B denied 0, A reduced 50 + B paid 80", ("recovered_in_part", "denied", 200, 200, False, 130)),
    ("A denied 0 + B denied 0, A patient 0 + B nothing due 0", ("patient", "denied", 200, 200, False, 0)),
    ("A paid 80 + B denied 0, B reversal 0, B paid 60", ("recovered", "denied_in_part", 100, 200, False, 60)),
    ("A paid 80 + B denied 0, B reversal 0, C paid 60", ("recovered", "denied_in_part", 100, 200, False, 60)),
    ("A denied 0 + B denied 0, B reversal 0, A paid 80, B paid 80", ("recovered", "denied", 200, 200, False, 160)),
    ("A denied 0 + B denied 0, B reversal 0", ("open", "denied", 100, None, False, 0)),
    ("A paid 80 + B denied 0, A reversal -80", ("open", "takeback", 180, 200, True, 0)),
    (
        "A paid 80 + B paid 80, A reversal -80 + B reversal -80 + A denied 0 + B denied 0",
        ("open", "takeback", 200, 200, False, 0),
    ),
    ("A paid 80 + B paid 80, A reversal -80 + B reversal -80", ("open", "takeback", 160, 200, False, 0)),
    (
        "A paid 80 + B paid 80, A reversal -80 + A denied 0 + B reversal -80 + B paid 80",
        ("open", "denied_in_part", 100, 200, False, 0),
    ),
    ("A denied 0 + B denied 0, C paid 80", ("open", "denied_in_part", 100, 200, False, 80)),
    ("A denied 0 + B denied 0, whole paid 160", ("recovered", "denied", 200, 200, False, 160)),
]

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


def pieces(told: str) -> list[Answer]:
    """`A denied 0 + B paid 80, A paid 80`: pieces of one remittance, and what a later one says."""
    found: list[Answer] = []
    for day, remittance in enumerate(told.split(", "), 1):
        for position, each in enumerate(remittance.split(" + "), 1):
            own, name, paid = each.partition(" ")[0], *each.partition(" ")[2].rsplit(" ", 1)
            found.append(piece(day, position, name, paid, len(found) + 1, own))
    return found


@pytest.mark.parametrize(("told", "expected"), SPLIT, ids=[told for told, _ in SPLIT])
def test_pieces_of_one_remittance_are_one_answer(
    told: str, expected: tuple[str, str, int, int | None, bool, int] | None
) -> None:
    settled = settle(pieces(told))
    if expected is None:
        assert settled is None
        return
    assert settled
    state, kind, denied, charge, redenied, recovered = expected
    dollars = sum(int(max(each.denied, -each.paid)) for each in settled.denials)
    assert (settled.state, settled.kind, settled.redenied) == (state, kind, redenied)
    assert (dollars, settled.recovered) == (denied, Decimal(recovered))
    assert settled.charge == (charge and Decimal(charge))
    assert all(settle(each) == settled for each in permutations(pieces(told)))
