"""What people do at the queue and beside it, by keyboard: several cases at once, views, columns, exports, alerts."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import SLOW, Site, inbox, invited, sign_in

SAMPLE = Path(__file__).parents[2] / "samples" / "MEDICARE_PART_B_20261019.835"  # one that no other test drops
DROP = """([name, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name));
  document.dispatchEvent(new DragEvent("dragenter", { dataTransfer: data, bubbles: true }));
  document.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def manager(site: Site, browser: Browser) -> Iterator[Page]:
    """A window of a manager, beside that of the test."""
    with browser.new_context(base_url=site.address) as context:
        context.set_default_timeout(SLOW)
        page = context.new_page()
        sign_in(page, site, site.email.replace("biller", "manager"))
        yield page


def test_several_cases_are_assigned_by_keyboard_after_a_look_at_what_would_happen(manager: Page, site: Site) -> None:
    page, keys = manager, manager.keyboard
    page.goto("/queue?in=open")
    for key in ("j", "x", "j", "x"):
        keys.press(key)
    expect(page.locator("[data-pick]:checked")).to_have_count(2)
    keys.press("a")
    expect(page.get_by_role("heading", level=1)).to_have_text("Assign: 2 cases")
    page.get_by_label("Person").focus()
    keys.type(site.email.replace("biller", "manager"))
    page.get_by_role("button", name="See what it would do").press("Enter")
    expect(page.get_by_role("main")).to_contain_text("2 of 2 would be")
    do = page.get_by_role("button", name="Assign 2 cases")
    expect(do).to_be_focused()
    keys.press("Enter")
    expect(page.get_by_role("main")).to_contain_text("2 cases are")
    expect(page.get_by_role("heading", name="What became of each")).to_be_visible()
    keys.press("u")
    expect(page).to_have_url(re.compile(r"/queue\?in=open"))


def test_a_shared_view_is_for_everybody_and_an_own_one_is_not(manager: Page, page: Page, site: Site) -> None:
    manager.goto("/queue?in=open&type=clinical&sort=denied")
    for name, shared in (("Clinical first", True), ("My clinical", False)):
        manager.locator("#menu-views summary").press("Enter")
        manager.get_by_label("Keep what is shown now as").fill(name)
        if shared:
            manager.get_by_label("For everybody here").press("Space")
        with manager.expect_navigation():
            manager.get_by_role("button", name="Keep the view").press("Enter")
    sign_in(page, site, site.email)
    page.goto("/queue")
    page.locator("#menu-views summary").press("Enter")
    views = page.locator("#menu-views .sheet")
    expect(views).to_contain_text("Clinical first")
    expect(views).not_to_contain_text("My clinical")
    expect(views.get_by_role("button", name="Remove the view Clinical first")).to_have_count(0)
    views.get_by_role("link", name="Clinical first").press("Enter")
    page.wait_for_url(re.compile("type=clinical"))
    manager.goto("/queue")
    for name in ("Clinical first", "My clinical"):
        manager.locator("#menu-views summary").press("Enter")
        with manager.expect_navigation():
            manager.get_by_role("button", name=f"Remove the view {name}").press("Enter")
    manager.locator("#menu-views summary").press("Enter")
    expect(manager.locator("#menu-views .sheet")).not_to_contain_text("clinical")


def test_columns_are_chosen_and_stand_in_the_address(signed_in: Page) -> None:
    page = signed_in
    page.goto("/queue?in=open")
    headings = page.get_by_role("columnheader")
    expect(headings.filter(has_text="Worked")).to_have_count(0)
    page.locator("#menu-columns summary").press("Enter")
    page.locator("#menu-columns input[value=worked]").press("Space")
    page.locator("#menu-columns input[value=payer]").press("Space")
    page.get_by_role("button", name="Show these").press("Enter")
    page.wait_for_url(re.compile("show="))
    expect(page.locator("#sort-worked")).to_be_visible()
    expect(page.locator("#sort-payer")).to_have_count(0)
    page.locator("#menu-columns summary").press("Enter")
    page.get_by_role("link", name="The usual ones").press("Enter")
    expect(page.locator("#sort-payer")).to_be_visible()


def test_an_export_asks_for_the_password_and_holds_what_was_seen(manager: Page, site: Site) -> None:
    page = manager
    page.goto("/queue?in=open&type=clinical")
    shown = page.locator("tr[data-row]").count()
    page.get_by_role("link", name="Export as CSV").press("Enter")
    page.get_by_label("Password").fill(site.password)
    with page.expect_download() as coming:
        page.keyboard.press("Enter")
    lines = coming.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert shown
    assert len(lines) == shown + 1


def test_filters_are_narrowed_and_cleared_without_losing_the_place(signed_in: Page) -> None:
    page = signed_in
    page.goto("/queue?in=open")
    every = page.locator("tr[data-row]").count()
    chip = page.get_by_role("group", name="Filters").get_by_role("link", name=re.compile("^Clinical")).first
    told = int(re.sub(r"\D", "", chip.inner_text()))
    chip.press("Enter")
    page.wait_for_url(re.compile("type=clinical"))
    expect(page.locator("tr[data-row]")).to_have_count(min(told, every))
    page.locator("#chip-clear").press("Enter")
    expect(page.locator("tr[data-row]")).to_have_count(every)


def test_the_bell_tells_without_a_reload(page: Page, site: Site) -> None:
    page.clock.install()
    page.route("**/alerts/bell*", _three)
    sign_in(page, site, site.email)
    page.goto("/codes")
    page.get_by_role("searchbox").fill("half a word")
    with page.expect_response("**/alerts/bell*"):
        page.clock.fast_forward("00:46")
    expect(page.locator("#bell")).to_contain_text("3 not read")
    expect(page.get_by_role("searchbox")).to_have_value("half a word")


def _three(route: Route) -> None:
    """What the bell is like when three alerts have come."""
    answer = route.fetch()
    told = '<b class="telling">3<span class="sr"> not read</span></b></a>'
    route.fulfill(response=answer, body=re.sub(r"(<b .*?</b>)?</a>", told, answer.text(), count=1, flags=re.DOTALL))


def test_files_are_dropped_into_the_inbox(signed_in: Page) -> None:
    page = signed_in
    inbox(page)
    for name, state, said in (("dropped.835", "Read", SAMPLE.read_text()), ("words.txt", "Refused", "no remittance")):
        page.evaluate(DROP, [name, said])  # the second when the first has come: both would be one upload
        row = page.get_by_role("row").filter(has_text=name)
        expect(row.get_by_text(state, exact=True)).to_be_visible(timeout=30_000)


def test_somebody_invited_comes_in_and_sets_up_a_second_factor(manager: Page, page: Page, site: Site) -> None:
    email = invited(manager, page, site, "coder")
    sign_in(page, site, email)
    page.goto("/you")
    page.get_by_role("link", name="Second factor").press("Enter")
    page.get_by_role("link", name=re.compile("^(Activate|Set up an app)")).press("Enter")
    expect(page.get_by_label(re.compile("secret", re.IGNORECASE))).to_be_visible()
