"""What an organization saw of a code."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from reclaim.insight import kept, seen
from reclaim.people.models import Organization, User
from tests.insight.books import Record

pytestmark = pytest.mark.django_db


def test_codes_count_with_and_without_their_group(organization: Organization, biller: User, outsider: User) -> None:
    record = Record(organization)
    record.claim(("2026-11-02", "denied", "0.00"), codes="CO-16 M62")
    won: dict[str, Any] = {"state": "recovered", "resolved": date(2026, 11, 20), "recovered": Decimal("40.00")}
    record.claim(("2026-11-02", "denied", "0.00"), ("2026-11-20", "paid", "40.00"), codes="CO-197 M62", **won)
    rows = kept.seen(biller).found
    counts = seen.by_code(rows)
    assert {code: each.cases for code, each in counts.items()} == {"16": 1, "197": 1, "M62": 2}
    assert counts["M62"].open == 1
    assert counts["M62"].share == Decimal("0.4")
    assert counts["16"].share is None
    (payer,) = seen.by_payer(rows, "M62")
    assert seen.by_payer(rows, "M62")[payer].denied == Decimal("200.00")
    assert seen.by_payer(rows, "PR-197") == {}
    assert seen.by_payer(rows, "197")[payer].recovered == Decimal("40.00")
    assert kept.seen(outsider) == kept.KeptCodes({})
