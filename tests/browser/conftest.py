"""A browser before the demo: the real command serves it, and whoever signs in does so by the page."""

import os
import queue
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

CLAIMS = 150
PATIENCE = 240
"""Seconds that the demo may take to be there, on a machine that does much else."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WIDE = (1440, 1000)
SLOW = 15_000
"""Milliseconds that a page may take on such a machine."""


class Site(NamedTuple):
    """A demo that is served."""

    address: str
    email: str  # of the biller
    password: str


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    _browser()  # without one, there is no need for a site
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "reclaim.terminal.main", "demo", "--claims", str(CLAIMS)]
    others = {name: value for name, value in os.environ.items() if not name.startswith("RECLAIM_")}
    environment = {**others, "RECLAIM_DATA": str(folder / "data"), "PYTHONUNBUFFERED": "1"}
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True) as server,
    ):
        try:
            yield _announced(server, folder / "log")
        finally:
            server.terminate()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One for all tests here, gone after the last: its loop would keep Django's tests from their database."""
    path = _browser()
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []  # which Chromium asks of root
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def page(site: Site, browser: Browser) -> Iterator[Page]:
    """A window without anybody signed in; whatever it complains of fails the test."""
    context = browser.new_context(base_url=site.address, viewport={"width": WIDE[0], "height": WIDE[1]})
    context.set_default_timeout(SLOW)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("response", lambda got: complaints.append(f"{got.status} {got.url}") if got.status >= 400 else None)
    opened.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
    yield opened
    context.close()
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def signed_in(page: Page, site: Site) -> Page:
    sign_in(page, site, site.email)
    return page


def sign_in(page: Page, site: Site, email: str) -> None:
    """Sign in by keyboard."""
    page.context.clear_cookies()
    page.goto("/accounts/login/")
    page.get_by_label(re.compile("^email", re.IGNORECASE)).fill(email)
    page.get_by_label(re.compile("^password", re.IGNORECASE)).fill(site.password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk")


def inbox(page: Page) -> None:
    """Go to the Inbox, and wait until its script listens: a file that is chosen before goes by the form alone."""
    page.get_by_role("link", name="Inbox").click()
    expect(page.get_by_role("heading", name="Inbox", level=1)).to_be_visible()
    page.wait_for_load_state()


def invited(manager: Page, page: Page, site: Site, role: str) -> str:
    """Somebody new comes in by the link that a manager makes, and has the password of all others; their address."""
    email = f"{role}.{uuid4().hex[:8]}@cedarvalley.example"
    manager.goto("/people")
    manager.get_by_label("Email").fill(email)
    manager.locator("form.line").get_by_label("Role").select_option(role)
    manager.get_by_role("button", name="Invite").click()
    page.goto(urlsplit(manager.get_by_label("Link to choose a password").input_value()).path)
    for field in page.locator("input[type=password]").all():
        field.fill(site.password)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    return email


def _browser() -> str:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("There is no Chromium on this machine.")
    return found


def _announced(server: "subprocess.Popen[str]", log: Path) -> Site:
    """What the demo says when it is ready: address, and how to sign in."""
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    Thread(target=_told, args=(server, lines.put), daemon=True).start()
    said = ""
    while not (found := re.search(r"(http://\S+).*?(biller@\S+)\s+password (\S+)", said, re.DOTALL)):
        try:
            line = lines.get(timeout=PATIENCE)
        except queue.Empty:
            line = ""
        if not line:
            pytest.fail(f"The demo did not start:\n{said}\n{log.read_text()}")
        said += line
    return Site(*found.groups())


def _told(server: "subprocess.Popen[str]", tell: Callable[[str], object]) -> None:
    for line in server.stdout or ():
        tell(line)
    tell("")
