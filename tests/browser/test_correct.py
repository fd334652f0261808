"""A denied claim is corrected by keyboard: what is wrong, the suggestion looked at and applied, errors, ready."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.desk.conversation import SENT, claims, denial, file_of

OTHER = (("A-1*295", "KEY7-1*295"), ("HC:99213:25", "HC:99213"))


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """A claim, and its denial by a payer that knows the insured under another number (NM1*74)."""
    (one,) = claims("P", 1, *OTHER)
    answer = denial(one).replace(b"CAS*CO*16", b"CAS*CO*31").replace(b"LQ*HE*N290~", b"")
    answer = answer.replace(b"*11*1~SVC", b"*11*1~NM1*QC*1*DOE*JANE****MI*W12345678~NM1*74*1******C*W12345679~SVC")
    made = [
        (tmp_path / "key7.837", file_of(one, envelope=SENT._replace(control=4107))),
        (tmp_path / "key7.835", answer),
    ]
    for path, data in made:
        path.write_bytes(data)
    return [path for path, _ in made]


def test_a_denied_claim_is_corrected_and_made_ready_by_keyboard(signed_in: Page, files: list[Path]) -> None:
    page, keys = signed_in, signed_in.keyboard
    for path in files:
        page.goto("/inbox")
        page.get_by_label("Choose files").set_input_files(path)
        row = page.get_by_role("row").filter(has_text=path.name)
        expect(row.get_by_text("Read", exact=True)).to_be_visible(timeout=30_000)
    page.goto("/queue?state=all&q=KEY7-1")
    page.locator("[data-row] a").first.press("Enter")
    wrong = page.get_by_role("region", name=re.compile("wrong on this claim"))
    expect(wrong).to_contain_text("member id")
    expect(wrong).to_contain_text("CMS-1500 box 1a")
    expect(page.locator(".claim-head mark")).to_have_text("W12345678")
    keys.press("h")
    expect(page.get_by_role("heading", level=1)).to_have_text("Correct the claim KEY7-1")
    expect(page.get_by_role("button", name="Correct it", exact=True)).to_be_focused()
    keys.press("Enter")
    offer = page.locator(".offer").first
    expect(offer).to_contain_text("W12345678")
    expect(offer).to_contain_text("W12345679")
    member = page.locator("#f-2010BA-NM1-IL-09")
    expect(member).to_have_value("W12345678")  # shown, and not applied
    page.locator("h1").click()
    with page.expect_navigation():
        keys.press("1")
    expect(member).to_have_value("W12345679")
    expect(page.locator(".cell.changed", has=member)).to_contain_text("was W12345678")

    _with_a_slip_of_the_pen(page)


def _with_a_slip_of_the_pen(page: Page) -> None:
    """An error is told as one types, keeps the claim from being ready, and is mended."""
    keys, npi = page.keyboard, page.locator("#f-2310B-NM1-82-09")
    npi.focus()
    keys.press("Control+a")
    keys.type("1245319590")
    expect(page.get_by_role("region", name="Checks")).to_contain_text("1 error")
    expect(npi).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".cell", has=npi)).to_contain_text("no valid NPI")
    keys.press("Escape")
    keys.press("e")
    expect(npi).to_be_focused()
    keys.type("1245319599")
    expect(page.get_by_role("region", name="Checks")).to_contain_text("No errors")
    with page.expect_navigation():
        keys.press("Control+Enter")
    expect(page.get_by_role("status").first).to_contain_text("Saved")
    expect(npi).to_be_focused()
    keys.press("Escape")
    keys.press("?")
    expect(page.locator("#keys")).to_contain_text("Apply a suggestion")
    keys.press("Escape")
    with page.expect_navigation():
        keys.press("r")
    expect(page.get_by_role("status").first).to_contain_text("It is ready")
    expect(npi).not_to_be_editable()
