"""Hostile uploads at the real door: the command serves, and what it should not take comes by HTTP, byte for byte.

Each is refused with a reason in words; afterwards the next page answers, and memory and disk are as before.
"""

import gzip
import io
import os
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import NamedTuple

import pytest

pytestmark = pytest.mark.skipif("DATABASE_URL" in os.environ, reason="its server has a database of its own, on SQLite")

SAMPLE = Path(__file__).parents[2] / "samples" / "20261120_harbor_mutual_ppo.835"
RECLAIM = [sys.executable, "-m", "reclaim.terminal.main"]
MIB = 1 << 20
LIMIT = 96
"""MiB that this server takes at the most."""
SPARE = 200
"""MiB by which its memory may grow: it holds pieces, never what a bomb unpacks to."""
EDGE = "edge-of-the-form"
SIGN_IN = """
from reclaim.terminal import setup; setup.ready(); setup.apply()
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from reclaim.people.models import Membership, Organization, User
user = User.objects.create_user(username="b@a.example", email="b@a.example")
Membership.objects.create(organization=Organization.objects.create(name="A", slug="a"), user=user, role="biller")
session = import_module(settings.SESSION_ENGINE).SessionStore()
session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), settings.AUTHENTICATION_BACKENDS[-1]
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.save()
print(settings.SESSION_COOKIE_NAME, session.session_key)
"""


class Answer(NamedTuple):
    """What the server said."""

    status: int
    text: str
    cookie: str  # that it gave


class Server(NamedTuple):
    """A site that is served, and somebody signed in."""

    port: int
    pid: int
    folder: Path
    cookie: str
    token: str

    def get(self, path: str, cookie: str = "") -> Answer:
        """A page, with one more cookie."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request("GET", path, headers={"Cookie": f"{self.cookie}; {cookie}"})
            return _answer(connection.getresponse())

    def post(self, body: bytes, length: int | None = None, *, script: bool = True) -> Answer:
        """The form of the inbox, as our script sends it, or as a browser without script."""
        with closing(self.begun(len(body) if length is None else length, script=script)) as connection:
            connection.send(body)
            return _answer(connection.getresponse())

    def begun(self, length: int, *, script: bool = True) -> HTTPConnection:
        """A form whose head was sent."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.putrequest("POST", "/inbox/files")
        headers = {"Content-Length": str(length), "Content-Type": f"multipart/form-data; boundary={EDGE}"}
        headers |= {"Cookie": self.cookie, "X-CSRFToken": self.token} | ({"X-Reclaim-Upload": "row"} if script else {})
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        return connection

    def memory(self) -> int:
        """The most that it ever held, in MiB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) // 1024

    def disk(self) -> int:
        """What its folder holds, in MiB."""
        return sum(file.stat().st_size for file in self.folder.rglob("*") if file.is_file()) // MIB


def _answer(got: HTTPResponse) -> Answer:
    return Answer(got.status, got.read().decode(), (got.headers.get("Set-Cookie") or "").partition(";")[0])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("site")
    own = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "RECLAIM_QUEUE")}
    environment = {**own, "RECLAIM_DATA": str(folder), "RECLAIM_UPLOAD_MB": str(LIMIT)}
    signed = subprocess.run(
        [sys.executable, "-c", SIGN_IN], env=environment, capture_output=True, text=True, check=True
    )
    cookie = "=".join(signed.stdout.split()[-2:])
    command = [*RECLAIM, "serve", "--port", "0"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline().split()[3].rpartition(":")[2])
        site = Server(port, process.pid, folder, cookie, "")
        try:
            yield _with_token(site)
        finally:
            process.terminate()


def _with_token(site: Server) -> Server:
    page = site.get("/inbox")
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
    assert found
    return site._replace(cookie=f"{site.cookie}; {page.cookie}", token=found[1])


def part(name: str, content: bytes) -> bytes:
    """One file of a form."""
    head = f'--{EDGE}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return head.encode() + content + b"\r\n"


def form(*files: bytes, path: str = "") -> bytes:
    """A form with files, and the path of the first as our script tells it."""
    told = f'--{EDGE}\r\nContent-Disposition: form-data; name="path"\r\n\r\n{path}\r\n'.encode() if path else b""
    return told + b"".join(files) + f"--{EDGE}--\r\n".encode()


def zipped(members: dict[str, bytes], *, symlink: str = "") -> bytes:
    """A ZIP archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        if symlink:
            link = zipfile.ZipInfo("link.835")
            link.external_attr = 0o120777 << 16
            archive.writestr(link, symlink)
    return file.getvalue()


ZEROS = b"\0" * (80 * MIB)
BOMB = "far more than a remittance can hold"
REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "zip of zeros": (lambda: zipped({"a.835": ZEROS}), BOMB),
    "zip of many zeros": (lambda: zipped({f"{number}.835": ZEROS[: 60 * MIB] for number in range(4)}), "begins with"),
    "gzip of zeros": (lambda: gzip.compress(ZEROS, 6), BOMB),
    "zip with gzips of zeros": (lambda: zipped({"a.gz": gzip.compress(ZEROS, 6)}), BOMB),
    "zip in a zip": (lambda: zipped({"b.zip": zipped({"a.835": ZEROS[:MIB]})}), "a ZIP archive"),
    "too many files in a zip": (lambda: zipped(dict.fromkeys(map(str, range(10_001)), b"")), "more than 10,000 files"),
    "cut gzip": (lambda: gzip.compress(SAMPLE.read_bytes())[:-20], "cannot be unpacked"),
    "web page": (lambda: b"<!doctype html><title>Sign in</title><script>alert(1)</script>", "a web page"),
    "PDF": (lambda: b"%PDF-1.7\n1 0 obj", "a PDF"),
    "nothing": (lambda: b"", "an empty file"),
    "Windows program": (lambda: b"MZ\x90\0\x03" + bytes(500), "a program"),
    "program": (lambda: b"\x7fELF\x02\x01\x01" + bytes(500), "a program"),
    "UTF-16 text": (lambda: "Dear payer, where is our money?".encode("utf-16"), "This is not X12"),
    "symbolic link": (lambda: zipped({}, symlink="/etc/passwd"), "This is not X12"),
    "zeros": (lambda: bytes(MIB), "begins with zeros"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_with_a_reason_and_the_server_stays_well(server: Server, name: str) -> None:
    make, said = REFUSED[name]
    body, memory, disk = form(part("x", make()), path=f"{name}.835"), server.memory(), server.disk()
    answer = server.post(body)
    assert answer.status == 201, answer.text
    files = re.findall(r'href="(/inbox/\d+)"', answer.text)
    page = _read(server, files[0])
    assert "Refused: nothing of it could be read" in page
    assert said in page
    assert name in server.get("/inbox?state=refused").text
    assert server.memory() - memory < SPARE
    assert server.disk() - disk <= len(body) // MIB + 2


def _read(server: Server, path: str) -> str:
    until = time.monotonic() + 60
    while "follows by itself" in (page := server.get(path).text) and time.monotonic() < until:
        time.sleep(0.05)
    return page


NAMES = ("../../etc/passwd.835", "/abs/a.835", "C:\\remits\\b.835", "c\x07\x1b[31md.835", "june\u202e538.exe", "..")


def test_names_in_archives_are_for_people_only(server: Server) -> None:
    before = set(server.folder.parent.rglob("*.835"))
    data = zipped({name: f"not X12: {place}".encode() for place, name in enumerate(NAMES)})
    answer = server.post(form(part("x", data), path="tricks.zip"))
    assert answer.status == 201
    for name in ("etc/passwd.835", "abs/a.835", "C:/remits/b.835", "c[31md.835", "june538.exe"):
        assert f"tricks.zip/{name}<" in answer.text, name
    assert "/../" not in answer.text
    assert set(server.folder.parent.rglob("*.835")) == before


def test_a_name_of_5000_letters_is_cut_or_refused_in_words(server: Server) -> None:
    told = server.post(form(part("x", b"long path"), path="n" * 5000))
    assert told.status == 201
    assert f">{'n' * 200}<" in told.text
    answer = server.post(form(part("n" * 5000, b"abc")))
    assert answer.status == 400
    assert "a name too long for a form" in answer.text


def test_a_thousand_and_one_files_at_once_are_refused_in_words(server: Server) -> None:
    many = form(*[part("x", b"")] * 1001)
    answer = server.post(many)
    assert (answer.status, answer.text.partition(".")[0]) == (400, "More than 1,000 files at once")
    answer = server.post(many, script=False)
    assert answer.status == 302
    assert "More than 1,000 files at once." in server.get("/inbox", answer.cookie).text


def test_what_is_too_large_is_answered_before_it_is_sent(server: Server) -> None:
    memory, disk = server.memory(), server.disk()
    with closing(server.begun(2 << 30)) as connection:  # two gigabytes are announced, none is sent
        answer = _answer(connection.getresponse())
    assert answer.status == 413
    assert answer.text.startswith(f"This is larger than {LIMIT}")
    assert server.memory() - memory < SPARE
    assert server.disk() == disk


def test_a_stream_of_zeros_without_a_length_ends_at_the_limit(server: Server) -> None:
    memory, disk = server.memory(), server.disk()
    connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
    with closing(connection):
        headers = {"Cookie": server.cookie, "X-CSRFToken": server.token, "X-Reclaim-Upload": "row"}
        headers |= {"Content-Type": f"multipart/form-data; boundary={EDGE}", "Transfer-Encoding": "chunked"}
        with pytest.raises((ConnectionError, BrokenPipeError)):
            connection.request("POST", "/inbox/files", _zeros(2 << 30), headers, encode_chunked=True)
    assert server.get("/inbox").status == 200
    assert server.memory() - memory < SPARE
    assert server.disk() <= disk + 1


def _zeros(size: int) -> Iterator[bytes]:
    yield part("zeros.835", b"")[:-2]
    for _ in range(size // MIB):
        yield ZEROS[:MIB]


def test_a_body_that_stops_in_the_middle_leaves_nothing(server: Server) -> None:
    listed = server.get("/inbox").text.count("<tr")
    body = form(part("half.835", SAMPLE.read_bytes()))
    with closing(server.begun(len(body) + 5_000_000)) as connection:  # more is announced than ever comes
        connection.send(body)
    assert "half.835" not in server.get("/inbox").text
    assert server.get("/inbox").text.count("<tr") == listed
    assert not [file for file in (server.folder / "incoming").rglob("*") if file.is_file()]


@pytest.mark.parametrize(
    ("body", "length"),
    [
        (b"", None),
        (b"no form at all", None),
        (form(part("a.835", b"abc")), 40),  # shorter than what comes
        (form(part("a.835", b"abc"))[:-30], None),  # its end is missing
        (b"--" + EDGE.encode() + b"\r\n" * 50_000, None),
    ],
    ids=["empty", "no form", "too short a length", "no end", "only a border"],
)
def test_a_broken_form_is_answered_in_words(server: Server, body: bytes, length: int | None) -> None:
    answer = server.post(body, length)
    assert answer.status in (201, 400)
    assert "Traceback" not in answer.text
    assert len(answer.text) > 20
    assert server.get("/inbox").status == 200
