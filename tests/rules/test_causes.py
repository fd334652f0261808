"""What is wrong on a claim: codes read against the claim as sent, in cases that a biller could read."""

import tomllib
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reclaim.codes import lookup
from reclaim.rules.causes import Around, Corrected, Earlier, Explained, Sibling, book, explain
from reclaim.rules.causes.elements import ELEMENTS
from reclaim.rules.facts import Adjustment, Claim, Line, Remittance
from reclaim.rules.identify import identify
from reclaim.rules.sent import Sent
from reclaim.x12.editing import correct
from tests.rules.claims import BASES, as_sent, claim

CASES = tomllib.loads((Path(__file__).parent / "causes.toml").read_text(encoding="utf-8"))["case"]
NOBODY = Remittance("", "", "", None, None)
PLAYBOOK = [
    "16", "18", "22", "27", "29", "50", "97", "96", "109", "119", "197", "198", "252", "11", "4", "151",
    "170", "183", "204", "226", "227", "B7", "B15", "B16", "31", "26", "24", "39", "59", "167", "181", "146",
    "185", "208", "8", "234", "236", "231", "242", "288", "284", "272", "140", "B9", "B13", "B20", "129", "251",
    "150", "55", "5", "6",
]  # fmt: skip
"""Every reason code of the playbook that may deny, but A1, which says nothing of its own."""


def denied(sent: Sent, codes: str, lines: list[int]) -> Claim:
    """The payer's answer to a claim that it denied, as a whole or on some lines."""
    code, *remarks = codes.split()
    group, _, carc = code.partition("-")
    answered = tuple(
        Line(line.procedure.text, line.codes, "", charge, Decimal(0) if no else charge, sent.service_from, None,
             (Adjustment(group, carc, charge),) if no else (), tuple(remarks) if no else (), line.control_number.text)
        for line in sent.lines
        for charge, no in [(line.charge.amount, line.number in lines)]
    ) if lines else ()  # fmt: skip
    at_claim = () if lines else (Adjustment(group, carc, sent.charge.amount),)
    paid = sum((line.paid or Decimal(0) for line in answered), Decimal(0))
    return Claim(
        NOBODY, sent.control_number.text, "P1", "1", sent.filing_indicator.text, sent.charge.amount, paid, Decimal(0),
        sent.service_from, None, None, sent.form == "I", at_claim, () if lines else tuple(remarks), answered,
    )  # fmt: skip


def known(base: str, sent: Sent, told: dict[str, Any]) -> Around:
    """What the record knows around a claim, as causes.toml tells it."""
    count, change = told.get("siblings", (0, []))
    paid = as_sent(base, *map(tuple, change))
    last = sent.service_to
    dated = ("received", "accepted", "covered_until")
    after = {name: last + timedelta(days=told[name]) for name in dated if last and name in told}
    return Around(
        siblings=tuple(Sibling(paid, line) for line in paid.lines) * count,
        history=tuple(Earlier(as_sent(base, *map(tuple, one)), None, "paid") for one in told.get("history", ())),
        corrected=Corrected(**told.get("corrected", {})),
        versions=tuple(Earlier(sent, None, "denied", number) for number in told.get("versions", ())),
        other_payer=told.get("other_payer", ""),
        received=after.get("received"),
        accepted=after.get("accepted"),
        covered_until=after.get("covered_until"),
        filing_days=told.get("limit"),
    )


def read(case: dict[str, Any]) -> Explained:
    """A case of causes.toml, explained."""
    sent = as_sent(case["base"], *map(tuple, case.get("change", ())))
    answer = denied(sent, case["codes"], case.get("lines", []))
    return explain(answer, identify(answer), sent, known(case["base"], sent, case.get("around", {})))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    said = read(case)
    fault = said.faults[0]
    why = " ".join(reason.text for reason in fault.reasons)

    assert fault.cause == case.get("cause", fault.cause)
    if "place" in case:
        assert (str(fault.place) if fault.place else "") == case["place"]
    assert case.get("box", fault.box) == fault.box
    assert case.get("reason", "") in why
    assert not ("silent" in case and case["silent"] in why)
    if "edit" in case:
        assert fault.edit
        assert (fault.edit.place, fault.edit.value) == (fault.place, case["edit"])
        corrected = correct(claim(case["base"], *map(tuple, case.get("change", ()))), [fault.edit])
        assert corrected.get(fault.edit.place) == case["edit"]
    if case.get("ask"):
        assert said.question
        assert case["ask"] in said.question.text
    elif "ask" in case:
        assert said.question is None


@pytest.mark.parametrize("carc", PLAYBOOK)
def test_every_reason_of_the_playbook_tells_something(carc: str) -> None:
    told = book.told((Adjustment("CO", carc, Decimal(1)),), ((),), ())

    assert told.code == carc


def test_every_cause_has_an_element_that_can_be_found() -> None:
    for cause in book.causes().values():
        assert cause.element in {"", *ELEMENTS}, cause.name
        assert cause.question


def test_confidences_are_shares_and_best_comes_first() -> None:
    said = read({"base": "P", "codes": "CO-31"})
    shares = [fault.confidence for fault in said.faults]

    assert shares == sorted(shares, reverse=True)
    assert sum(shares) <= 1.01


@given(
    st.sampled_from(sorted(BASES)),
    st.sampled_from(sorted(lookup.carcs())),
    st.lists(st.sampled_from(sorted(lookup.rarcs())), max_size=2),
    st.booleans(),
)
def test_any_codes_get_an_answer(base: str, carc: str, remarks: list[str], by_line: bool) -> None:
    sent = as_sent(base)
    answer = denied(sent, " ".join([f"CO-{carc}", *remarks]), [1] if by_line else [])

    said = explain(answer, identify(answer), sent)

    assert said.faults[0].title
    assert said.question or said.faults[0].place
