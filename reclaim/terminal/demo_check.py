"""`reclaim demo --check`: is every page there for somebody who is signed in?

Each route of the site that asks for a case, a file or a code is fetched with one of the demo, and whatever these link
to: tabs, chips, sorted tables, some detail pages of each kind, styles and scripts. Each is printed with its status and
time.
"""

import re
import signal
from collections import Counter, deque
from collections.abc import Iterator
from html import unescape
from http.cookiejar import CookieJar
from threading import Thread
from time import perf_counter
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

import click

from reclaim.terminal import serve

if TYPE_CHECKING:
    from reclaim.people.models import Organization

SIGN_IN = "/accounts/login/"
WRITES_ONLY = 405
"""What a route answers that people reach by a button, not by an address."""
TIMEOUT = 60
LIKE_IT = 12
"""How many pages of one kind are fetched: enough for all tabs, and for some rows."""
LEFT_OUT = ("/accounts/logout/",)
OWN_PAGES = ("account_change_password", "mfa_index", "account_reset_password")
"""Pages of allauth, for one's own password and second factor."""
LINK = re.compile(r'\b(?:href|src|hx-get)="([^"#]+)')


class Broken(Exception):  # noqa: N818  what a page is
    """A page that is not as it should be."""


def run(organization: "Organization", email: str, password: str, port: int) -> int:
    """Serve, fetch every page, and stop.

    Args:
        organization: whose rows give the pages something to show.
        email: of who signs in.
        password: theirs.
        port: to serve at; 0 is any.

    Returns:
        0, or 1 when something is broken; each page and the reason are printed.
    """
    pages = list(addresses(organization))
    fetched: list[str] = []
    wrong: list[str] = ["nothing was checked"]

    def check(address: str) -> None:
        try:
            wrong[:] = _walk(_signed_in(address, email, password), address, pages, fetched)
        except (Broken, OSError) as error:
            wrong[:] = [str(error)]
        finally:
            signal.raise_signal(signal.SIGTERM)

    serve.run("127.0.0.1", port, ready=lambda address: Thread(target=check, args=(address,), daemon=True).start())
    for each in wrong:
        click.echo(f"broken: {each}", err=True)
    click.echo(f"{len(fetched)} pages, {len(wrong)} broken.")
    return 1 if wrong else 0


def addresses(organization: "Organization") -> Iterator[str]:
    """An address for each route of the site, with rows of this organization where it asks for one."""
    from django.urls import URLPattern, reverse  # noqa: PLC0415  Django is ready only now

    from reclaim.desk.models import Case  # noqa: PLC0415  the same
    from reclaim.record.models import File  # noqa: PLC0415  the same
    from reclaim.web.urls import app_name, urlpatterns  # noqa: PLC0415  the same

    case = Case.objects.filter(organization=organization, state="open").order_by("-score").first()
    file = File.objects.filter(organization=organization).order_by("-received_at").first()
    if case is None or file is None:
        raise click.ClickException("The demo has no cases. Throw its folder away and start it again.")
    examples = {"case_id": case.pk, "file_id": file.pk, "code": case.codes.split()[0], "name": "note"}
    for each in urlpatterns:
        if isinstance(each, URLPattern):
            wanted = each.pattern.converters
            if wanted.keys() <= examples.keys():  # pages of other rows are found by the links that lead to them
                yield reverse(f"{app_name}:{each.name}", kwargs={name: examples[name] for name in wanted})
    yield from map(reverse, OWN_PAGES)


def _walk(browser: OpenerDirector, address: str, pages: list[str], fetched: list[str]) -> list[str]:
    """Fetch these pages and what they lead to; what is broken. All that was fetched is added to `fetched`."""
    wrong: list[str] = []
    waiting, known, kinds = deque(pages), set(pages), Counter(map(_kind, pages))
    while waiting:
        page = waiting.popleft()
        fetched.append(page)
        try:
            links = _fetched(browser, address, page)
        except Broken as error:
            wrong.append(str(error))
            continue
        for each in links:
            kind = _kind(each)
            if kind and each not in known and kinds[kind] < LIKE_IT:
                known.add(each)
                kinds[kind] += 1
                waiting.append(each)
    return wrong


def _kind(page: str) -> str:
    """What pages have in common of which a few tell enough; empty when others do.

    Of a row's pages the route; of lists the route and what is asked of it, one question at a time.
    """
    from django.urls import Resolver404, resolve  # noqa: PLC0415  Django is ready only now

    parts = urlsplit(page)
    try:
        match = resolve(parts.path)
    except Resolver404:  # a file of the look, or an address that leads nowhere: to be found out
        return parts.path
    asked = [name for name, _ in parse_qsl(parts.query)]
    if match.kwargs:
        return match.view_name
    return f"{match.view_name} {''.join(asked)}" if len(asked) < 2 else ""


def _signed_in(address: str, email: str, password: str) -> OpenerDirector:
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    with browser.open(urljoin(address, SIGN_IN), timeout=TIMEOUT) as page:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.read().decode())
    if not token:
        raise Broken(f"{SIGN_IN} has no form to sign in")
    form = {"login": email, "password": password, "csrfmiddlewaretoken": token[1]}
    request = Request(urljoin(address, SIGN_IN), urlencode(form).encode(), {"Referer": address})  # noqa: S310  our own
    with browser.open(request, timeout=TIMEOUT) as page:
        if SIGN_IN in page.url:
            raise Broken("the demo's password does not let anybody in")
    return browser


def _fetched(browser: OpenerDirector, address: str, page: str) -> list[str]:
    """Fetch a page; the pages of the site that it leads to, in their order."""
    begun, where, text = perf_counter(), urljoin(address, page), ""
    try:
        with browser.open(where, timeout=TIMEOUT) as answer:
            status, body, where = answer.status, answer.read(), answer.url
            if answer.headers.get_content_type() == "text/html":
                text = body.decode()
    except HTTPError as error:
        if error.code != WRITES_ONLY:
            raise Broken(f"{page} answers {error.code}") from error
        status = error.code
    if SIGN_IN in where:
        raise Broken(f"{page} asks to sign in again")
    click.echo(f"{status} {1000 * (perf_counter() - begun):6.0f} ms  {page}")
    linked = [urljoin(where, unescape(each)) for each in LINK.findall(text)]
    own = [each.removeprefix(address) for each in linked if each.startswith(f"{address}/")]
    return [each for each in own if not each.startswith(LEFT_OUT)]
