"""Every page of the site, as the walls walk them: nothing serious that axe finds, light and dark, and nothing cut off.

A new route is checked by itself; one that names a row fails until `ROWS` says by which link a page of it is found.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from reclaim.people.access import ALLOWED, Permission
from reclaim.people.models import Role
from tests.browser.conftest import SLOW, WIDE, Site, invited, sign_in
from tests.web.test_walls import EVERY, NEVER, TEXTS, WAYS, arguments

WINDOWS = {"laptop": WIDE, "tablet": (820, 1180), "phone": (390, 844)}
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
CUT = "Math.max(0, ...[...document.querySelectorAll('.scroll')].map(each => each.scrollWidth - each.clientWidth))"
UNFOLD = "document.querySelectorAll('details').forEach(each => { each.open = true })"
DIALOGS = "[...document.querySelectorAll('dialog')].filter(each => each.children.length).map(each => each.id)"
SEEN: set[str] = set()
"""Dialogs that stand on many pages and were looked at on one."""
WEIGHTY = {"serious", "critical"}
CONTRAST = {"runOnly": ["color-contrast"], "resultTypes": ["violations"]}
BYTES = re.compile("/bytes$|/file$|/documents/|/export$|/segments$|/download/$|^api/|^you/here$")
"""Routes that lead to no page of ours, or (segments) to nothing that is told in this file."""
ROWS = {
    "case_id": ("/queue?in=open&sort=-denied", "/cases/"),
    "file_id": ("/inbox", "/inbox/"),
    "member_id": ("/people", "/people/"),
    "team_id": ("/people/teams", "/people/teams/"),
    "location_id": ("/people/locations", "/people/locations/"),
    "rule_id": ("/rules", "/rules/"),
    "hook_id": ("/webhooks", "/webhooks/"),
    "connection_id": ("/connections", "/connections/"),
    "claim_id": ("/claims", "/claim/"),
    "correction_id": ("/outbox?stage=draft", "/corrections/"),
    "batch_id": ("/outbox", "/outbox/"),
    "receiver_id": ("/receivers", "/receivers/"),
    "answer_id": ("/unmatched?doubt=likely", "/unmatched/"),
}
"""The list that links to a row, for each argument of a route; and how the address of one begins."""
MADE: Mapping[str, tuple[str, Mapping[str, str | bool]]] = {
    "team_id": ("/people/teams", {"Name": "Appeals"}),
    "location_id": ("/people/locations", {"Name": "North"}),
    "rule_id": ("/rules/new", {"Name of the rule": "Clinical", "biller@cedarvalley.example": True}),
    "hook_id": ("/webhooks", {"Address": "https://93.184.216.34/", "let somebody in": True}),
    "connection_id": (
        "/connections",
        {"Name": "Harbor", "Host": "sftp.payer.example", "User": "us", "Password": "-", "Folder to fetch": "/out"},
    ),
}
"""Where a row is made, if the demo has none, and what is typed or ticked for it."""
ACCOUNTS = tuple(
    each for each in dict.fromkeys(EVERY) if each.startswith("accounts/") and not arguments(each) and "^" not in each
)
STRANGERS = ("accounts/login/", "accounts/password/reset/", "accounts/password/reset/done/")
ROUTES = [
    each for each in WAYS if WAYS[each].get != NEVER and not BYTES.search(each) and each != "alerts/<int:alert_id>"
]
WRONG = {"no page": "nothing/here", "not allowed": "approvals", "no code": "codes/ZZ9"}


@pytest.fixture(scope="module")
def people(site: Site, browser: Browser) -> Iterator[dict[str, Page]]:
    """A window each for a manager, an administrator and a stranger, and all that these pages complain of."""
    opened = {}
    for role in ("manager", "administrator", "stranger"):
        context = browser.new_context(base_url=site.address, reduced_motion="reduce")
        context.set_default_timeout(SLOW)
        opened[role] = context.new_page()
    sign_in(opened["manager"], site, site.email.replace("biller", "manager"))
    invited(opened["manager"], opened["administrator"], site, "administrator")
    yield opened
    for page in opened.values():
        page.context.close()


@pytest.fixture(scope="module")
def rows(people: Mapping[str, Page]) -> Mapping[str, str]:
    """A row for each argument of a route."""
    return {name: _row(people[_who(ROWS[name][0].strip("/").partition("?")[0])], name) for name in ROWS}


@pytest.mark.parametrize("route", ROUTES)
def test_of_the_site(people: Mapping[str, Page], rows: Mapping[str, str], route: str) -> None:
    values = {**TEXTS, **rows}
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values[found[1]], route)
    _insist(people[_who(route)], f"/{path}")


@pytest.mark.parametrize("route", ACCOUNTS)
def test_of_accounts(people: Mapping[str, Page], route: str) -> None:
    _insist(people["stranger" if route in STRANGERS else "manager"], f"/{route}", leads=False)


@pytest.mark.parametrize("path", WRONG.values(), ids=WRONG)
def test_of_errors(people: Mapping[str, Page], path: str) -> None:
    _insist(people["administrator"], f"/{path}", leads=False)


def _insist(page: Page, address: str, *, leads: bool = True) -> None:
    """Nothing serious on a page.

    Args:
        page: of who is signed in.
        address: a page that opens, unless it need not `lead` anywhere.
    """
    _wide(page, "laptop")
    page.emulate_media(color_scheme="light")
    answer = page.goto(address)
    assert answer is not None
    assert answer.ok or not leads, f"{address} answers {answer.status}"
    if not answer.text().lstrip().lower().startswith("<!doctype"):
        return  # a part of a page
    expect(page.locator(".htmx-request")).to_have_count(0)
    found = list(_seen(page, "", None))
    page.emulate_media(color_scheme="dark")
    for window in WINDOWS:
        _wide(page, window)
        if (wider := page.evaluate(WIDER)) > 0:
            found.append(f"{wider} pixels wider than the {window}")
        if window != "phone" and (cut := page.evaluate(CUT)):
            found.append(f"{window}: a table is {cut} pixels wider than its place")
    _wide(page, "tablet")
    if page.locator("main table").count():
        found += _seen(page, "tablet: ", CONTRAST)
    _wide(page, "laptop")
    page.evaluate(UNFOLD)
    found += _seen(page, "dark, unfolded: ", None)
    for dialog in set(page.evaluate(DIALOGS)) - SEEN:
        SEEN.add(dialog)
        page.evaluate(f"document.getElementById('{dialog}').showModal()")
        found += _seen(page, f"{dialog}: ", None, f"#{dialog}")
        page.evaluate(f"document.getElementById('{dialog}').close()")
    assert not found, "\n".join(dict.fromkeys(found))


def _wide(page: Page, window: str) -> None:
    width, height = WINDOWS[window]
    page.set_viewport_size({"width": width, "height": height})


def _seen(page: Page, where: str, options: dict[str, Any] | None, context: str | None = None) -> Iterator[str]:
    found = Axe().run(page, context, options or {"resultTypes": ["violations"]}).response["violations"]
    yield from (f"{where}{_told(each)}" for each in found if each["impact"] in WEIGHTY)


def _told(violation: Mapping[str, Any]) -> str:
    node = violation["nodes"][0]
    return f"{violation['id']} ({violation['help']}): {node['html'][:160]} {node['failureSummary'][:300]}"


def _who(route: str) -> str:
    """A manager, or who may where a manager may not."""
    needed = WAYS[route].get
    return "manager" if needed is None or Permission(needed) in ALLOWED[Role.MANAGER] else "administrator"


def _row(page: Page, name: str) -> str:
    address, begins = ROWS[name]
    page.goto(address)
    link = page.locator(f"main a[href^='{begins}']").filter(has_text=re.compile(r"\w"))
    hrefs = [each.get_attribute("href") or "" for each in link.all()]
    found = [match[1] for each in hrefs if (match := re.match(re.escape(begins) + r"(\d+)(?:[?/]|$)", each))]
    if found:
        return found[0]
    if name == "correction_id":
        _correct(page)
    elif name == "batch_id":
        _send(page)
    else:
        assert name in MADE, f"{address} links to no row"
        _make(page, *MADE[name])
    return _row(page, name)


def _send(page: Page) -> None:
    """Have what is corrected sent, as it stands."""
    page.goto(f"/corrections/{_row(page, 'correction_id')}")
    page.locator("#do-ready").click()
    expect(page.get_by_role("status").first).to_contain_text("It is ready")
    page.goto("/outbox")
    with page.expect_navigation():
        page.get_by_role("button", name=re.compile("Send all")).click()


def _correct(page: Page) -> None:
    """Begin to correct the claim of the first case, whatever the rules advise."""
    page.goto(f"/cases/{_row(page, 'case_id')}/correct")
    page.evaluate(UNFOLD)
    page.get_by_label("New claim").check()
    page.get_by_label("Why this way").fill("Asked for.")
    with page.expect_navigation():
        page.get_by_role("button", name="Correct it this way").click()


def _make(page: Page, address: str, typed: Mapping[str, str | bool]) -> None:
    page.goto(address)
    page.evaluate(UNFOLD)
    for label, value in typed.items():
        field = page.get_by_label(label).first
        if isinstance(value, str):
            field.fill(value)
        else:
            field.check()
    with page.expect_navigation():
        page.locator("main form .btn.primary").last.click()
