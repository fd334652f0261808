import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import inbox

SAMPLE = Path(__file__).parents[2] / "samples" / "20261120_harbor_mutual_ppo.835"


def test_drop_a_file_see_its_denials_open_one_understand_it(signed_in: Page, tmp_path: Path) -> None:
    dropped = tmp_path / "from harbor.835"
    dropped.write_bytes(SAMPLE.read_bytes())
    page = signed_in
    inbox(page)
    page.get_by_label("Choose files").set_input_files(dropped)
    row = page.get_by_role("row").filter(has_text="from harbor.835")
    expect(row.get_by_text("Read", exact=True)).to_be_visible(timeout=30_000)

    row.get_by_role("link", name="from harbor.835").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("from harbor.835")
    denials = page.get_by_role("region", name="Denials in this file")
    denials.get_by_role("link").filter(has_not_text=re.compile("taken back")).first.click()  # a takeback has no code

    expect(page).to_have_url(re.compile(r"/cases/\d+"))
    for question in ("Why denied", "Next step", "Deadlines"):
        answer = page.get_by_role("region", name=question)
        expect(answer).to_be_visible()
        assert len(answer.inner_text()) > len(question) + 40, f"{question} says too little"
    why = page.get_by_role("region", name="Why denied")
    expect(why.get_by_role("link", name=re.compile(r"^(CO|PR|OA|PI)-\w+")).first).to_be_visible()
    expect(page.get_by_role("region", name="Deadlines")).to_contain_text(
        re.compile(r"today|tomorrow|in \d+ days|\d+ days? (left|late|ago)")
    )
    page.get_by_role("link", name="segments").first.click()
    expect(page.get_by_text(re.compile(r"CLP\*")).first).to_be_visible()


def test_the_same_file_again_is_recognized(signed_in: Page, tmp_path: Path) -> None:
    page = signed_in
    for name in ("one.835", "the same.835"):
        (tmp_path / name).write_bytes(SAMPLE.read_bytes().replace(b"HARBOR", b"HARBER"))
        inbox(page)
        with page.expect_response("**/inbox/files"):  # the row of the first is there already
            page.get_by_label("Choose files").set_input_files(tmp_path / name)
        row = page.get_by_role("row").filter(has_text="one.835")
        expect(row.get_by_text("Read", exact=True)).to_be_visible(timeout=30_000)
    page.reload()
    expect(page.get_by_role("row").filter(has_text="one.835")).to_contain_text("counted once")
    expect(page.get_by_role("row").filter(has_text="the same.835")).to_have_count(0)


def test_what_is_no_remittance_is_refused_with_the_reason(signed_in: Page, tmp_path: Path) -> None:
    page = signed_in
    (tmp_path / "letter.pdf").write_bytes(b"%PDF-1.7 a letter <script>alert(1)</script>")
    inbox(page)
    page.get_by_label("Choose files").set_input_files(tmp_path / "letter.pdf")
    row = page.get_by_role("row").filter(has_text="letter.pdf")
    expect(row.get_by_text("Refused", exact=True)).to_be_visible(timeout=30_000)
    row.get_by_role("link").first.click()
    expect(page.get_by_role("main")).to_contain_text("PDF")


def test_the_queue_is_worked_by_keyboard(signed_in: Page) -> None:
    page = signed_in
    keys = page.keyboard
    page.wait_for_load_state()
    keys.press("g")
    keys.press("q")
    page.wait_for_url("**/queue")
    rows = page.get_by_role("table").get_by_role("row")
    keys.press("j")
    expect(rows.nth(1).get_by_role("link").first).to_be_focused()
    keys.press("j")
    expect(rows.nth(2).get_by_role("link").first).to_be_focused()
    keys.press("k")
    expect(rows.nth(1).get_by_role("link").first).to_be_focused()
    keys.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    keys.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    keys.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    keys.press("Escape")
    keys.press("j")
    keys.press("Enter")
    page.wait_for_url(re.compile(r"/cases/\d+"))
    first = page.url
    keys.press("j")
    page.wait_for_url(lambda url: url != first)
    keys.press("u")
    page.wait_for_url("**/queue**")


def test_a_filter_has_an_address(signed_in: Page) -> None:
    page = signed_in
    page.goto("/queue")
    page.get_by_role("group", name="Filters").get_by_role("link", name=re.compile("^Clinical|^clinical")).first.click()
    page.wait_for_url("**/queue?**")
    shown = page.get_by_role("table").inner_text()
    page.reload()
    assert page.get_by_role("table").inner_text() == shown
    page.go_back()
    expect(page).to_have_url(re.compile(r"/queue$"))


def test_the_first_tab_leads_to_the_content(signed_in: Page) -> None:
    signed_in.keyboard.press("Tab")
    expect(signed_in.get_by_role("link", name="Skip to the content")).to_be_focused()
