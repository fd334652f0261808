"""Each row of how a claim may go again; none of them makes a duplicate."""

from datetime import date
from itertools import product
from typing import Any, get_args

import pytest

from reclaim.rules.payers import Line
from reclaim.rules.resubmission import Sending, Terms, Way, resubmission
from tests.rules.cases import table

TODAY = date(2026, 8, 3)


@pytest.mark.parametrize("case", table("resubmission.toml"))
def test_resubmission(case: dict[str, Any]) -> None:
    found = resubmission(
        Sending(
            line=case.get("line", "commercial"),
            kind=case.get("kind", "837P"),
            today=TODAY,
            service_to=case.get("serviced", date(2026, 7, 1)),
            adjudicated=case.get("adjudicated", True),
            remarks=case.get("remarks", ()),
            payer_control_number=case.get("number", "ICN1"),
            curable=case.get("curable", True),
            appealable=case.get("appealable", True),
            answered=case.get("answered"),
            terms=Terms(*case.get("terms", ())),
        )
    )
    assert found.way == case["way"]
    assert case.get("says", "") in found.reason.text
    assert case.get("source", "") in found.reason.source
    assert case.get("needs", "") in " ".join(found.needs)
    assert bool(found.needs) == ("needs" in case)
    assert found.as_claim == case.get("as_claim", True)


def test_nothing_adjudicated_goes_as_a_new_claim_unless_the_payer_asks_for_it() -> None:
    for line, kind, terms in product(get_args(Line), ("837P", "837I", "837D"), product((None, True, False), repeat=2)):
        found = resubmission(
            Sending(line, kind, TODAY, TODAY, payer_control_number="ICN1", terms=Terms(terms[0], terms[1]))
        )
        assert found.way != Way.NEW
        assert found.reason.text.endswith(".")
