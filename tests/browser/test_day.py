"""A biller's day by keyboard alone, from sign-in to a write-off above the limit; and the manager who approves it."""

import re
from datetime import date, timedelta

from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, sign_in

PDF = b"%PDF-1.7\n1 0 obj <<>> endobj"


def act(page: Page, key: str, *typed: str) -> None:
    """Press the key of an action, fill its form in field by field, and send it, all by keyboard."""
    page.keyboard.press(key)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    dialog.locator(":is(input, select, textarea):not([type=hidden])").first.focus()
    for place, text in enumerate(typed):
        if place:
            page.keyboard.press("Tab")
        if text:
            page.keyboard.type(text)
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status")).to_be_visible()
    page.wait_for_load_state("networkidle")


def day(ahead: int) -> str:
    """As it is typed into a field for a day."""
    return f"{date.today() + timedelta(days=ahead):%m%d%Y}"  # noqa: DTZ011  as the browser's day goes


def happened(page: Page) -> str:
    story = page.get_by_role("region", name="What happened")
    expect(story.locator("ol")).to_be_visible()
    return story.inner_text()


def test_the_day_of_a_biller_and_the_approval_of_a_manager(page: Page, site: Site) -> None:
    sign_in(page, site, site.email)
    expect(page.get_by_role("link", name="Desk")).to_have_attribute("aria-current", "page")
    page.keyboard.press("n")
    page.wait_for_url(re.compile(r"/cases/\d+"))
    page.wait_for_load_state("networkidle")
    case = re.search(r"/cases/(\d+)", page.url)
    assert case
    address = f"/cases/{case[1]}"

    with page.expect_navigation():
        page.keyboard.press("t")
    expect(page.get_by_role("status")).to_contain_text("The case is yours.")
    act(page, "n", "Called the practice: the card is on file.")
    expect(page.locator("#do-note")).to_be_focused()
    assert "Called the practice" in happened(page)
    act(page, "l", "Phone", "Kim Ito", "CALL-42", "In process since Monday")
    act(page, "m", "Scan the card", day(0))
    expect(page.get_by_role("region", name="To do")).to_contain_text("Scan the card")
    page.keyboard.press("g")
    page.keyboard.press("d")
    page.wait_for_url("**/desk")
    todo = page.get_by_role("region", name="To do")
    expect(todo).to_contain_text("Scan the card")
    todo.get_by_role("link", name="Scan the card").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{address}")
    page.get_by_role("button", name="Done: Scan the card").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")

    act(page, "s", "Corrected", "Portal", "TRACK-7")
    facts = page.locator("dl.facts")
    expect(facts).to_contain_text("Sent")
    told = happened(page)
    for said in ("took the case", "Kim Ito", "finished a task", "Corrected claim by portal · TRACK-7"):
        assert said in told, said
    act(page, "e", day(5))
    expect(facts).to_contain_text("Waiting")
    with page.expect_navigation():
        page.keyboard.press("z")
    expect(facts).to_contain_text("Sent")
    with page.expect_navigation():
        page.keyboard.press("w")
    expect(facts).to_contain_text("In work")


def test_a_write_off_above_the_limit_is_approved_by_a_manager(page: Page, site: Site) -> None:
    sign_in(page, site, site.email)
    page.goto("/queue?in=open&sort=denied")
    page.wait_for_load_state()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/cases/\d+"))
    page.wait_for_load_state("networkidle")
    case = re.search(r"/cases/(\d+)", page.url)
    assert case
    number = page.locator("dl.facts .code").first.inner_text()
    page.keyboard.press("o")
    expect(page.get_by_role("dialog")).to_contain_text("a second person decides")
    expect(page.get_by_role("dialog").locator(":focus")).to_have_count(1)  # it takes the focus once it is open
    page.keyboard.press("Tab")
    page.wait_for_timeout(60)  # the focus stays where it went: it was once taken back as soon as the form had settled
    expect(page.get_by_label("In words")).to_be_focused()
    page.keyboard.type("No records left")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("o")
    expect(page.get_by_label("In words")).to_have_value("No records left")
    page.keyboard.press("Escape")
    act(page, "o", "Appeal deadline missed")
    expect(page.locator("dl.facts")).to_contain_text("Waiting for approval")

    sign_in(page, site, site.email.replace("biller", "manager"))
    expect(page.get_by_role("main")).to_contain_text(re.compile(r"write-offs? waits? for you"))
    page.keyboard.press("y")
    page.wait_for_url("**/approvals")
    page.get_by_role("button", name=f"Approve {number}").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("1 write-off approved.")
    page.goto(f"/cases/{case[1]}")
    expect(page.locator("dl.facts")).to_contain_text("Written off")
    assert "approved a write-off" in happened(page)


def test_forms_work_without_script(page: Page, site: Site) -> None:
    browser = page.context.browser
    assert browser
    with browser.new_context(base_url=site.address, java_script_enabled=False) as context:
        plain = context.new_page()
        sign_in(plain, site, site.email)
        plain.goto("/queue")
        plain.locator("main a[href*='/cases/']").first.click()
        plain.get_by_role("link", name=re.compile("^Note")).click()
        plain.get_by_label("Note").fill("By hand alone")
        plain.get_by_role("button", name="Keep the note").click()
        expect(plain.get_by_role("status")).to_contain_text("The note is kept.")
        plain.get_by_role("link", name="Timeline, tasks and documents").click()
        expect(plain.get_by_role("main")).to_contain_text("By hand alone")


def test_a_document_is_attached_and_opened(page: Page, site: Site) -> None:
    sign_in(page, site, site.email)
    page.goto("/queue")
    page.locator("main a[href*='/cases/']").first.click()
    page.wait_for_load_state("networkidle")
    page.keyboard.press("f")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Document").set_input_files(
        {"name": "not a document.pdf", "mimeType": "application/pdf", "buffer": b"MZ\0"}
    )
    dialog.get_by_label("What it is").select_option("letter")
    dialog.get_by_role("button", name="Attach it").click()
    expect(dialog.get_by_role("alert")).to_contain_text("this is something else")
    dialog.get_by_label("Document").set_input_files({"name": "letter.pdf", "mimeType": "text/html", "buffer": PDF})
    dialog.get_by_role("button", name="Attach it").click()
    papers = page.get_by_role("region", name="Documents")
    expect(papers).to_contain_text("letter.pdf")
    with page.expect_download() as coming:
        papers.get_by_role("link", name="download").click()
    assert coming.value.path().read_bytes() == PDF
