"""`reclaim demo --check`: is every page there for somebody who is signed in?"""

import re
import signal
from collections.abc import Iterator
from http.cookiejar import CookieJar
from threading import Thread
from time import perf_counter
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

import click

from reclaim.terminal import serve

if TYPE_CHECKING:
    from reclaim.people.models import Organization

SIGN_IN = "/accounts/login/"
WRITES_ONLY = 405
"""What a route answers that people reach by a button, not by an address."""
TIMEOUT = 60


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
    wrong: list[str] = ["nothing was checked"]

    def check(address: str) -> None:
        try:
            wrong[:] = _walk(address, pages, email, password)
        except (Broken, OSError) as error:
            wrong[:] = [str(error)]
        finally:
            signal.raise_signal(signal.SIGTERM)

    serve.run("127.0.0.1", port, ready=lambda address: Thread(target=check, args=(address,), daemon=True).start())
    for each in wrong:
        click.echo(f"broken: {each}", err=True)
    click.echo(f"{len(pages)} pages, {len(wrong)} broken.")
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
    examples = {"case_id": case.pk, "file_id": file.pk, "code": case.codes.split()[0]}
    for each in urlpatterns:
        if isinstance(each, URLPattern):
            wanted = {name: examples[name] for name in each.pattern.converters}
            yield reverse(f"{app_name}:{each.name}", kwargs=wanted)


def _walk(address: str, pages: list[str], email: str, password: str) -> list[str]:
    browser = _signed_in(address, email, password)
    wrong, linked = [], set[str]()
    for page in pages:
        try:
            linked |= _fetched(browser, urljoin(address, page))
        except Broken as error:
            wrong.append(str(error))
    for each in sorted(linked):
        try:
            _fetched(browser, urljoin(address, each))
        except Broken as error:
            wrong.append(str(error))
    return wrong


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


def _fetched(browser: OpenerDirector, address: str) -> set[str]:
    """Fetch a page; the styles and scripts that it names."""
    begun = perf_counter()
    try:
        with browser.open(address, timeout=TIMEOUT) as answer:
            status, text, where = answer.status, answer.read().decode(errors="replace"), answer.url
    except HTTPError as error:
        if error.code != WRITES_ONLY:
            raise Broken(f"{address} answers {error.code}") from error
        status, text, where = error.code, "", address
    if SIGN_IN in where:
        raise Broken(f"{address} asks to sign in again")
    click.echo(f"{status} {1000 * (perf_counter() - begun):6.0f} ms  {address}")
    return set(re.findall(r'(?:href|src)="(/static/[^"#]+)', text))
