"""What docs/production.md tells people to do, as far as this machine can do it."""

import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from http.client import HTTPConnection, HTTPMessage, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar
from urllib.parse import urlencode

import click
import pytest

from reclaim.config import migrations
from reclaim.terminal.main import cli
from tests.config.installations import Installation, installation
from tests.site import proxies
from tests.site.ports import free_port, wait_for

HERE = Path(__file__).parents[2]
PAGE = (HERE / "docs" / "production.md").read_text(encoding="utf-8")
NAME = "denials.cedar.example"
EMAIL, PASSWORD = "ann@cedar.example", "seven green staplers"
PEOPLE = f"""
from reclaim.people.joining import found_organization, join, set_password
set_password(join(None, found_organization("Cedar"), {EMAIL!r}, "manager").user, {PASSWORD!r})
"""
SERVERS = {
    "reclaim serve": ("-m", "reclaim.terminal.main", "serve", "--port", "{port}"),
    "gunicorn": ("-m", "gunicorn", "reclaim.config.wsgi", "--bind", "127.0.0.1:{port}", "--threads", "4"),
}


def blocks(kind: str) -> list[str]:
    """What stands in the page between fences of a kind."""
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("unit", blocks("ini"), ids=("serve", "watch"))
def test_units_are_as_systemd_wants_them(unit: str, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not on this machine.")
    path = tmp_path / "recipe.service"
    path.write_text(unit.replace("/opt/reclaim/bin/", f"{Path(sys.executable).parent}/"), encoding="utf-8")
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_every_command_of_the_page_exists() -> None:
    lines = "\n".join(each for kind in ("sh", "ini", "dockerfile") for each in blocks(kind))
    told = re.findall(r'(?:/bin/|exec |"|^|trial )reclaim ([a-z]+)([^&#\n]*)', lines, re.MULTILINE)
    assert {name for name, _ in told} == {"setup", "serve", "watch", "backup", "restore", "doctor"}
    for name, rest in told:
        command = cli.get_command(click.Context(cli), name)
        assert command, name
        assert set(re.findall(r"--[a-z-]+", rest)) <= {option for each in command.params for option in each.opts}


def test_the_container_copies_what_is_there_and_installs_as_we_do() -> None:
    [recipe] = blocks("dockerfile")
    for sources in re.findall(r"^COPY (.*) \S+$", recipe, re.MULTILINE):
        for each in sources.split():
            assert (HERE / each).exists(), each
    assert "COPY . " not in recipe  # a demo, or the history, has no place in it
    makefile = (HERE / "Makefile").read_text(encoding="utf-8")
    for options in ("--require-hashes -r requirements/run.txt", "--no-build-isolation --no-deps"):
        assert options in recipe
        assert options in makefile
    built = (HERE / "pyproject.toml").read_text(encoding="utf-8")
    for named in re.findall(r'^(?:readme = |license-files = \[)"(.*?)"', built, re.MULTILINE):
        assert named in recipe


TRUSTING = ssl._create_unverified_context()  # noqa: S323  our own certificate, made for the test
Ask = Callable[..., tuple[int, HTTPMessage, bytes]]


class Proxy(BaseHTTPRequestHandler):
    """A reverse proxy that ends TLS, but for the TLS: it says what nginx and Caddy say of the page's recipes."""

    port: ClassVar[int]
    scheme: ClassVar[str] = "https"

    def do_GET(self) -> None:
        sent = {name: value for name, value in self.headers.items() if not name.lower().startswith("x-forwarded")}
        forwarded = {"X-Forwarded-Proto": self.scheme, "X-Forwarded-For": self.client_address[0], "Connection": "close"}
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, headers, answer = ask(self.port, self.command, self.path, body, sent | forwarded)
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in ("transfer-encoding", "connection", "date", "server"):
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_GET  # noqa: N815  http.server's name

    def log_message(self, *_: object) -> None:
        """Nothing."""


class Loopback(HTTPSConnection):
    """A name that is this machine, whatever the network says."""

    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", self.port), self.timeout)
        self.sock = TRUSTING.wrap_socket(plain, server_hostname=self.host)


def ask(
    port: int, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None, *, tls: bool = False
) -> tuple[int, HTTPMessage, bytes]:
    """Status, headers and body of an answer."""
    connection = (
        Loopback(NAME, port, timeout=30, context=TRUSTING) if tls else HTTPConnection("127.0.0.1", port, timeout=30)
    )
    with closing(connection):
        connection.request(method, path, body or None, {"Host": NAME, **(headers or {})})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


@contextmanager
def proxy(port: int, scheme: str = "https") -> Iterator[int]:
    """Its port; it asks the server behind it."""
    handler = type("Own", (Proxy,), {"port": port, "scheme": scheme})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a server in production, with somebody who may sign in."""
    if request.param == "gunicorn":
        pytest.importorskip("gunicorn")
    folder = tmp_path_factory.mktemp("production") / "data"
    with installation(folder, RECLAIM_ADDRESS=f"https://{NAME}", RECLAIM_PROXY="yes") as made:
        made.set_up()
        made.python(PEOPLE)
        port = free_port()
        with made.started(*(word.format(port=port) for word in SERVERS[request.param])):
            wait_for(port)
            yield port


@pytest.fixture(params=["plain", *proxies.REAL])
def door(request: pytest.FixtureRequest, server: int, tmp_path: Path) -> Iterator[Ask]:
    """How to ask the server through a reverse proxy: one of ours, and those of the page, by its recipes."""
    if request.param == "plain":
        with proxy(server) as port:
            yield partial(ask, port)
        return
    if "DATABASE_URL" in os.environ:
        pytest.skip("What stands before the server is tested on SQLite.")
    if not proxies.there(request.param):
        pytest.skip(f"{request.param} is not on this machine.")
    [recipe] = re.findall(rf"{request.param}:\n\n```\w*\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE | re.IGNORECASE)
    with proxies.REAL[request.param](recipe, NAME, server, tmp_path) as port:
        yield partial(ask, port, tls=True)


def test_somebody_signs_in_and_uploads_through_a_proxy(door: Ask) -> None:
    status, headers, page = door("GET", "/accounts/login/")
    assert status == 200
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    csrf = _cookies(headers)["__Host-csrf"]
    token = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    form = {"login": EMAIL, "password": PASSWORD, "csrfmiddlewaretoken": token[1].decode()}
    told = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"__Host-csrf={csrf}"}
    stranger = told | {"Referer": "https://elsewhere.example/"}
    assert door("POST", "/accounts/login/", urlencode(form).encode(), stranger)[0] == 403
    own = told | {"Referer": f"https://{NAME}/accounts/login/"}
    status, headers, _ = door("POST", "/accounts/login/", urlencode(form).encode(), own)
    assert (status, headers["Location"]) == (302, "/start")
    session = _cookies(headers)["__Host-session"]
    assert door("GET", "/", headers={"Cookie": f"__Host-session={session}"})[0] == 200
    assert door("GET", "/")[0] == 302
    status, _, page = door("GET", "/", headers={"Host": "elsewhere.example"})
    assert status == 400 or not page  # Caddy does not ask us, and says nothing
    bound = "a-boundary"
    body = f'--{bound}\r\nContent-Disposition: form-data; name="files"; filename="large.835"\r\n\r\n{"x" * (3 << 20)}'
    told |= {"Content-Type": f"multipart/form-data; boundary={bound}", "Referer": f"https://{NAME}/inbox"}
    told |= {"Cookie": f"__Host-session={session}; __Host-csrf={csrf}", "X-CSRFToken": form["csrfmiddlewaretoken"]}
    status, headers, said = door("POST", "/inbox/files", f"{body}\r\n--{bound}--\r\n".encode(), told)
    assert status in (200, 302), said


def test_what_comes_without_tls_is_sent_to_https(server: int) -> None:
    with proxy(server, scheme="http") as port:
        status, headers, _ = ask(port, "GET", "/queue?due=week")
        assert (status, headers["Location"]) == (301, f"https://{NAME}/queue?due=week")
        assert "Set-Cookie" not in headers


def test_a_database_of_the_version_before_is_brought_up_to_date(tmp_path: Path) -> None:
    with installation(tmp_path / "data") as made:
        made.set_up()
        made.python(PEOPLE)
        before = made.rows()
        back = _before_the_last(made)
        made.python(f"from django.core.management import call_command\ncall_command('migrate', *{back}, verbosity=0)")
        assert "Have a backup made by the Reclaim that ran before" in made.run("doctor", status=1)
        assert "changes of the database were applied" in made.run("setup")
        assert made.rows() == before


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    with installation(tmp_path / "data") as made:
        made.set_up()
        made.python(
            "from django.db import connection\nfrom django.db.migrations.recorder import MigrationRecorder\n"
            "MigrationRecorder(connection).record_applied('desk', '9999_from_the_future')"
        )
        assert "before the first release (desk.9999_from_the_future)" in made.run("doctor", status=1)
        for command in ("setup", "serve"):
            assert "Nothing was changed" in made.run(command, status=1)


def test_migrations_that_others_left_behind_are_no_newer_version(db: None) -> None:  # noqa: ARG001  reads the tables
    assert migrations.unknown({"axes.9999_gone", "people.0001_initial"}) == []
    assert migrations.unknown({"people.9999_new"}) == ["people.9999_new"]


def _before_the_last(made: Installation) -> list[str]:
    """An app of ours and its change before the last; the app with most of them."""
    said = made.python(
        "from collections import defaultdict\nfrom reclaim.config import migrations\n"
        "ours = defaultdict(lambda: ['zero'])\n"
        "for each in sorted(migrations.applied()):\n"
        "    app, _, name = each.partition('.')\n"
        "    if app in ('record', 'desk'):\n        ours[app].append(name)\n"
        "app, names = max(ours.items(), key=lambda item: len(item[1]))\nprint(app, names[-2])"
    )
    return said.split()


def _cookies(headers: HTTPMessage) -> dict[str, str]:
    """Cookies by name; each must be for https alone, and out of reach of scripts."""
    found = {}
    for each in headers.get_all("Set-Cookie", []):
        assert "; Secure" in each
        assert "; HttpOnly" in each
        assert "; Path=/" in each
        name, _, value = each.partition(";")[0].partition("=")
        found[name] = value
    return found
