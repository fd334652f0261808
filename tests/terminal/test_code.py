"""`reclaim code` through its door: what a person sees, what a program gets, and the exit status."""

import io
import json
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from reclaim.codes import lookup, search
from reclaim.rules import codepage
from reclaim.terminal import code_page, words
from reclaim.terminal.code import _fit, code

WIDTHS = (80, 120)


def run(*words: str) -> Result:
    return CliRunner().invoke(code, words)


def data(*words: str) -> dict[str, Any]:
    result = run("--json", *words)
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def row(result: Result, label: str) -> list[str]:
    """The texts of a label in the plain page."""
    parts = (line.strip().partition("  ") for line in result.stdout.splitlines())
    return [text for found, _, text in parts if found == label]


def test_a_reason_code_with_its_group_says_all_that_is_known() -> None:
    result = run("CO-197")
    assert result.exit_code == 0
    assert result.stdout.startswith("CO-197  No precertification, authorization or notification\n")
    assert "\nReason code (CARC) · administrative · A denial · Preventable · Billers meet it often\n" in result.stdout
    assert row(result, "Worked by") == ["Utilization management"]
    assert row(result, "In force") == ["since 10/31/2006"]
    assert row(result, "Do")[0].startswith("Appeal CO-197: show the approval")
    assert len(row(result, "Or")) == 2
    assert "M62  Claim data missing or wrong: treatment authorization code" in row(result, "Beside")
    for label in ("Means", "Causes", "Check", "Evidence", "Beware", "Prevent", "Group", "Source"):
        assert row(result, label), label


def test_a_bare_reason_code_offers_its_remedies() -> None:
    result = run("27")
    assert row(result, "Do")[0].startswith("Bill the other payer: Run eligibility")
    assert [text.split(":")[0] for text in row(result, "Or")] == ["Bill the patient", "Verify, then ask to reprocess"]


def test_a_code_that_needs_a_remark_says_so() -> None:
    assert row(run("CO-16"), "Remark") == ["needed: alone this code says nothing"]


def test_codes_together_come_first_with_one_plan_then_each() -> None:
    result = run("CO-16", "N290", "MA130")
    titles = [page.splitlines()[0].split("  ")[0] for page in result.stdout.split("\n\n")]
    assert titles == ["CO-16 N290 MA130", "CO-16", "N290", "MA130"]
    assert "2310B/2420A NM109; remark N290" in row(result, "Do")[0]
    assert "frequency 1" in row(result, "Do")[0]


def test_the_line_of_business_changes_the_advice() -> None:
    assert "reopen" in row(run("CO-4", "--line", "medicare_ffs"), "Do")[0]
    assert "frequency 7" in row(run("CO-4", "--line", "commercial"), "Do")[0]


def test_a_group_against_the_rule_is_named() -> None:
    assert "OA is against the rule: ask the payer to correct it." in row(run("OA-45"), "Note")


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("n130", "N130  Plan document restricts this service"),
        ("WO", "WO  Overpayment recovery"),
        ("plb:wo", "WO  Overpayment recovery"),
        ("clp02:22", "22  Takes back an earlier payment"),
        ("PR", "PR  Patient responsibility: may be billed to patient or next payer"),
        ("CO 45", "CO-45  Charge above allowed or contracted amount"),
    ],
)
def test_every_sort_of_code_has_its_page(typed: str, title: str) -> None:
    result = run(*typed.split())
    assert (result.exit_code, result.stdout.splitlines()[0]) == (0, title)


def test_a_deactivated_code_says_until_when_and_what_came_instead() -> None:
    assert row(run("W1"), "In force") == ["no longer: since 02/29/2000, until 07/01/2014; now P12"]
    assert row(run("15"), "In force") == ["no longer: since 01/01/1995, stop date not known; now 284, 296, 197"]


def test_a_bare_number_names_the_other_sets_that_hold_it() -> None:
    assert run("22").stdout.endswith("22 also stands in other code sets: clp02:22, pos:22\n")


def test_an_unknown_code_offers_near_ones_and_the_known_ones_are_still_shown() -> None:
    result = run("CO-197", "N13O")
    assert result.exit_code == 1
    assert result.stderr.startswith("N13O: no table holds this code. Did you mean N130")
    assert result.stdout.startswith("CO-197  ")


@pytest.mark.parametrize("words", [[], [" "], ["CO-197", "--line", "nonsense"], ["--nonsense", "CO-197"]])
def test_wrong_use_has_status_two(words: list[str]) -> None:
    assert run(*words).exit_code == 2


def test_json_holds_the_tables_the_playbook_and_the_plan() -> None:
    found = data("CO-16", "MA130", "WO", "PI")
    assert [one["kind"] for one in found["codes"]] == ["carc", "rarc", "value", "group"]
    reason, remark, *_ = found["codes"]
    assert (reason["start"], reason["remark_required"], reason["alternatives"]) == ("1995-01-01", True, [])
    assert reason["playbook"]["steps"]["correct_and_resubmit"] == "Correct the element that the remark names."
    assert remark["appeal_rights"] == "none_resubmit_new"
    (plan,) = found["plans"]
    assert (plan["code"], plan["remarks"], plan["plan"]["next"]["action"]) == ("CO-16", ["MA130"], "new_claim")


def test_json_of_an_unknown_code_keeps_the_status() -> None:
    result = run("--json", "N13O")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["codes"] == [
        {"asked": "N13O", "kind": "unknown", "near": ["N130", "N30", "N13", "N10", "130"]}
    ]


def test_every_code_of_every_table_has_a_page_that_fits_the_screen() -> None:
    typed = [*lookup.carcs(), *lookup.rarcs(), *lookup.groups()]
    typed += [f"{name}:{value}" for name in lookup.code_sets() for value in lookup.values(name)]
    pages = [codepage.said(search.find(text), words.day) for text in typed]
    assert all(page and page.meaning and code_page.rows(page) for page in pages)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_page_on_a_terminal_keeps_its_width_and_every_word(width: int) -> None:
    page = codepage.said(search.find("CO-50"), words.day)
    assert page is not None
    screen = Console(file=io.StringIO(), force_terminal=True, width=width, color_system=None)
    _fit(screen, page, first=True)
    assert isinstance(screen.file, io.StringIO)
    shown = screen.file.getvalue()
    assert max(map(len, shown.splitlines())) <= min(width, 100)
    said = {word for row in code_page.rows(page) for line in row.lines for word in line.split()}
    assert said <= set(shown.split())
