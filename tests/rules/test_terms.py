"""What payers' manuals say about corrections, row by row."""

import pytest

from reclaim.rules.payers import Line
from reclaim.rules.resubmission import Terms
from reclaim.rules.terms import published


@pytest.mark.parametrize(
    ("payer", "line", "replacement", "void"),
    [
        ("BCBS MINNESOTA", "commercial", True, True),
        ("CALIFORNIA MEDICAID", "medicaid", True, True),
        ("MEDI-CAL", "medicaid", True, True),
        ("CALIFORNIA MEDICAID", "medicaid_managed", None, None),
        ("TEXAS MEDICAID", "medicaid", None, None),
        ("HARBOR MUTUAL PPO", "commercial", None, None),
        ("", "unknown", None, None),
    ],
)
def test_published(payer: str, line: Line, replacement: bool | None, void: bool | None) -> None:
    terms = published(payer, line)

    assert (terms.replacement, terms.void) == (replacement, void)
    assert bool(terms.source) == (terms != Terms())
