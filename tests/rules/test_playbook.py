"""What to do about a denial: the table of cases, the books, and what must always hold."""

from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reclaim.codes import lookup
from reclaim.rules import handbook, payers, playbook, shelf
from reclaim.rules.facts import Adjustment, Classification, Identification, Kind, Line, Plan
from tests.rules import cases

HUNDRED = Decimal("100.00")
NONE = Decimal("0.00")
CODES = ("", "XY9", *lookup.carcs())
REMARKS = ("", "N9999", *lookup.rarcs())
KINDS = tuple(Kind)
LINES = (*get_args(payers.Line), "no such line")


def planned(case: dict[str, Any]) -> Plan:
    """The plan for a claim of one line that carries the codes of a case."""
    words = case["codes"].split()
    reasons = [word.partition("-") for word in words if "-" in word]
    adjustments = tuple(Adjustment(group, carc, HUNDRED) for group, _, carc in reasons)
    remarks = tuple(word for word in words if "-" not in word)
    known = lookup.carc(adjustments[0].carc) if adjustments else None
    claim = cases.claim({})._replace(
        payer_control_number=case.get("number", "P1"),
        institutional=case.get("form") == "institutional",
        lines=(Line("99213", (), "", HUNDRED, NONE, None, None, adjustments, remarks),),
    )
    kind = Kind(case.get("kind", "denied"))
    return playbook.plan(
        claim,
        Identification(kind, HUNDRED, True, (HUNDRED,), NONE, adjustments, remarks, (), (remarks,) * len(adjustments)),
        Classification(
            "", case.get("cause", known.cause if known else ""), "", "", case["codes"], case.get("appeal", True), ()
        ),
        case.get("line", "commercial"),
    )


@pytest.mark.parametrize("case", cases.table("playbook.toml"))
def test_playbook(case: dict[str, Any]) -> None:
    plan = planned(case)
    others = [step.action for step in plan.alternatives]
    assert plan.next.action == case["next"], plan.next.text
    assert [words for words in case.get("says", []) if words not in plan.next.text] == [], plan.next.text
    assert cases.unsaid(case.get("because", []), plan.next.reasons) == []
    assert others == case.get("or", others)
    assert {plan.next.action, *others}.isdisjoint(case.get("never", []))


def test_the_deciding_code_takes_the_remarks_that_stand_beside_it() -> None:
    denying = (Adjustment("CO", "16", HUNDRED), Adjustment("CO", "252", HUNDRED))
    beside = (("N290",), ("M29",))
    identification = Identification(Kind.DENIED, HUNDRED, True, (), NONE, denying, ("N290", "M29"), (), beside)
    classification = Classification("", "documentation", "", "", "CO-252", True, ())
    plan = playbook.plan(cases.claim({}), identification, classification, "commercial")
    assert plan.next.text.startswith("Send the operative note (remark M29).")
    assert "N290" not in plan.next.text


def test_what_the_patient_owes_names_the_notice_even_where_nothing_was_classified() -> None:
    claim = cases.claim({"claim": "1 200.00 0.00", "lines": ["99213 200.00 0.00 PR-1 50.00 PR-204 150.00"]})
    identification = Identification(Kind.PATIENT_RESPONSIBILITY, NONE, False, (NONE,), NONE, (), (), ())
    nothing = Classification("", "", "", "", "", False, ())
    text = playbook.plan(claim, identification, nothing, "commercial").next.text
    assert text.startswith("PR-204: ")
    assert "Only if the notice rules were kept" in text


def test_a_remark_of_the_claim_level_overrules() -> None:
    claim = cases.claim({"claim": "4 100.00 0.00 CO-16 100.00 MA130"})
    identification = Identification(Kind.DENIED, HUNDRED, True, (), HUNDRED, claim.adjustments, ("MA130",), ())
    classification = Classification("", "claim_data", "", "", "CO-16", False, ())
    assert playbook.plan(claim, identification, classification, "commercial").next.action == "new_claim"


SITUATIONS = st.fixed_dictionaries(
    {
        "codes": st.builds(
            lambda group, carc, remarks: " ".join([f"{group}-{carc}", *filter(None, remarks)]) if carc else "",
            st.sampled_from(["CO", "PR", "PI", "OA", "CR", "ZZ"]),
            st.sampled_from(CODES),
            st.lists(st.sampled_from(REMARKS) | st.sampled_from(sorted(handbook.overruling())), max_size=3),
        ),
        "kind": st.sampled_from(KINDS),
        "line": st.sampled_from(LINES),
        "form": st.sampled_from(["professional", "institutional"]),
        "number": st.sampled_from(["", "P1"]),
        "appeal": st.booleans(),
        "cause": st.sampled_from(["", "no such cause", *handbook.causes()]),
    }
)


@given(SITUATIONS)
def test_every_plan_keeps_the_rules_of_the_trade(case: dict[str, Any]) -> None:
    plan = planned(case)
    steps = (plan.next, *plan.alternatives)
    actions = [step.action for step in steps]
    assert len(actions) == len(set(actions))
    assert set(actions) <= set(get_args(handbook.ActionName))
    assert case["appeal"] or "appeal" not in actions
    if case["codes"] and not case["codes"].startswith("PR") and Kind(case["kind"]).is_denial:
        assert "bill_patient" not in actions
    if case["line"] == "medicare_ffs" and case["form"] == "professional":
        assert "replacement" not in actions
    if "MA130" in case["codes"] and Kind(case["kind"]).is_denial:
        assert "appeal" not in actions
    for step in steps:
        assert step.text.endswith((".", "?")), step.text
        assert not any(mark in step.text for mark in ("{", "}", "  ", "None")), step.text


@given(SITUATIONS)
def test_a_denial_always_has_a_step_with_a_reason(case: dict[str, Any]) -> None:
    plan = planned(case)
    if Kind(case["kind"]).is_denial:
        assert plan.next.action != "post_only"
        assert plan.next.reasons
        assert all(
            reason.text and reason.rule.startswith("playbook.") and reason.source for reason in plan.next.reasons
        )


def test_every_code_has_its_entry() -> None:
    for code in lookup.carcs():
        entry = handbook.entry(code)
        assert entry is not None
        assert entry.check
        assert entry.prevent
        assert entry.basis != "code" or entry.meaning, code
    assert handbook.entry("XY9") is None
    assert handbook.entry(" b9 ") == handbook.entry("B9")


def test_the_books_name_only_codes_that_exist_each_once() -> None:
    advice = shelf.entries(shelf.BOOKS / "playbook.toml", "code", handbook._Advice)
    codes = [code for row in advice for code in row.codes]
    assert len(codes) == len(set(codes))
    assert set(codes) <= set(lookup.carcs())
    remarks = {remark for row in advice for remark in row.remarks} | handbook.overruling()
    assert remarks <= set(lookup.rarcs())
    assert {code for rule in handbook.overrules() for code in rule.codes} <= set(lookup.carcs())


def test_every_cause_of_the_code_table_is_in_the_book() -> None:
    assert {code.cause for code in lookup.carcs().values()} <= set(handbook.causes())


WORDED = {"correct_and_resubmit", "appeal", "send_records", "verify_and_reprocess", "bill_other_payer"}


def test_every_remedy_that_a_denial_offers_is_worded() -> None:
    missing = [
        f"{code.code} {remedy}"
        for code in lookup.carcs().values()
        for remedy in {code.remedy, *code.alternatives, "appeal"} & WORDED
        if code.is_denial != "false" and (entry := handbook.entry(code.code)) and remedy not in entry.steps
    ]
    assert missing == []


def test_every_action_line_kind_and_appeal_right_is_worded() -> None:
    assert {name for name, _, _ in handbook.actions()} == set(get_args(handbook.ActionName))
    assert {handbook.line(name).name for name in get_args(payers.Line)} == set(get_args(payers.Line))
    assert {kind for kind in Kind if not kind.is_denial} == set(handbook.settled())
    assert {rarc.appeal_rights for rarc in lookup.rarcs().values()} - {""} == set(handbook.rights())
    assert set(handbook.asks()) == set(get_args(handbook.Ask.__annotations__["name"]))
