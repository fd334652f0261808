"""The full circle in a browser: a denial is dropped, its claim corrected and sent, and what comes back ends it."""

import re
from datetime import datetime
from pathlib import Path

from playwright.sync_api import Page, expect

from reclaim.x12.slices import Slice, slices
from tests.browser.conftest import inbox
from tests.desk import acknowledging
from tests.desk.conversation import claims, denial, file_of
from tests.desk.remitting import in_full, remittance

NUMBER = "RND4-1"
WRITTEN = 30_000
"""Milliseconds within which a batch is written and judged, on a machine that does much else."""


def test_from_the_dropped_denial_to_the_money(signed_in: Page, tmp_path: Path) -> None:
    page = signed_in
    (one,) = claims("P", 1, ("A-1*295", f"{NUMBER}*295"), ("1245319599", "1245319590"))
    drop(page, tmp_path / "round.837", file_of(one))
    drop(page, tmp_path / "round.denied.835", denial(one))
    correct(page)
    sent, control = send(page, tmp_path)
    today = f"{datetime.now().astimezone():%Y%m%d}"
    drop(page, tmp_path / "round.999", acknowledging.functional(control, day=today, control=control))
    said = acknowledging.claims([(NUMBER, "A2:20:PR")], today, control, f"{control:09}0001")
    drop(page, tmp_path / "round.277", said)
    claim(page, "Accepted")
    day = datetime.now().astimezone().date()
    paid = remittance(sent, (in_full("11.37"), in_full()), "ICN-NEW", day, trace=control)
    drop(page, tmp_path / "round.paid.835", paid)
    page.goto(f"/queue?state=all&q={NUMBER}")
    page.locator("[data-row] a[data-open]").first.click()
    facts = page.locator("dl.facts").first
    expect(facts).to_contain_text("Recovered")
    expect(facts).to_contain_text("$283.63 recovered")
    claim(page, "Answered")


def drop(page: Page, path: Path, data: bytes) -> None:
    """A file is dropped into the inbox, and read."""
    path.write_bytes(data)
    inbox(page)
    page.get_by_label("Choose files").set_input_files(path)
    row = page.get_by_role("row").filter(has_text=path.name).first
    expect(row.locator("td.state")).to_have_text(re.compile(r"^\s*Read\b"), timeout=WRITTEN)


def correct(page: Page) -> None:
    """The claim of the case gets the right number of its provider."""
    page.goto(f"/queue?state=all&q={NUMBER}")
    page.locator("[data-row] a[data-open]").first.click()
    page.wait_for_url(re.compile(r"/cases/\d+"))
    page.wait_for_load_state("networkidle")
    page.keyboard.press("h")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Correct the claim {NUMBER}")
    page.get_by_role("button", name="Correct it", exact=True).click()
    page.locator("#f-2310B-NM1-82-09").fill("1245319599")
    expect(page.get_by_role("region", name="Checks")).to_contain_text("No errors")
    page.locator("#do-ready").click()
    expect(page.get_by_role("status").first).to_contain_text("It is ready")


def send(page: Page, folder: Path) -> tuple[Slice, int]:
    """It is sent from the outbox, and taken to its receiver by hand; the claim as it went, and in which file."""
    page.goto("/outbox")
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("main")).to_contain_text(NUMBER)
    page.keyboard.press("b")
    batch = page.locator("#batches tbody tr").first
    expect(batch).to_contain_text("Ready to send", timeout=WRITTEN)
    with page.expect_download() as coming:
        batch.get_by_role("link", name=re.compile("Download")).click()
    path = folder / coming.value.suggested_filename
    coming.value.save_as(path)
    batch.get_by_role("button", name=re.compile("taken to its receiver")).click()
    expect(page.get_by_role("main")).to_contain_text("The batch is sent")
    data = path.read_bytes()
    (found,) = (each for each in slices(data) if each.value("2300", "CLM", 1) == NUMBER)
    assert found.value("2310B", "NM1*82", 9) == "1245319599"
    return found, int(data[90:99])


def claim(page: Page, standing: str) -> None:
    """The claim that was sent stands so."""
    page.goto("/claims")
    search = page.get_by_role("searchbox")
    search.fill(NUMBER)
    search.press("Enter")
    first = page.locator("[data-row]").first
    expect(first).to_contain_text("replacement")
    expect(first).to_contain_text(standing)
