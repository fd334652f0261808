"""The inbox through its doors: what comes in, what is said of it, who may do what."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks, Settings

from reclaim.people.models import Event, Organization, User
from reclaim.record.models import File, FileState
from reclaim.web import inbox
from tests.reception import written

pytestmark = pytest.mark.django_db
SAMPLES = Path(__file__).parent.parent.parent / "samples"
HARBOR = "20261016_harbor_mutual_ppo.835"
OURS = {"X-Reclaim-Upload": "row"}
SignIn = Callable[[User | None], Client]


@pytest.fixture
def send(django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> Callable[..., tuple[int, str]]:
    """Sends bytes as the page's script does, and lets the jobs run."""

    def sent(client: Client, name: str, content: bytes, path: str = "") -> tuple[int, str]:
        form = {"file": SimpleUploadedFile(name, content), "path": path}
        with django_capture_on_commit_callbacks(execute=True):
            answer = client.post("/inbox/files", form, headers=OURS)
        return answer.status_code, answer.content.decode()

    return sent


Send = Callable[..., tuple[int, str]]


def test_a_file_comes_in_and_its_denials_lead_to_cases(biller: User, client_of: SignIn, send: Send) -> None:
    client = client_of(biller)
    assert "No file has come in yet" in client.get("/inbox").content.decode()
    status, row = send(client, HARBOR, (SAMPLES / HARBOR).read_bytes())
    assert status == 201
    assert row.lstrip().startswith("<tr")
    file = File.objects.get()
    assert (file.name, file.state, file.received_by) == (HARBOR, FileState.READ, biller)
    page = client.get("/inbox").content.decode()
    assert HARBOR in page
    assert "$515.00" in page
    assert "of 1 files" in page
    page = client.get(f"/inbox/{file.pk}").content.decode()
    assert "Payer found service not medically necessary" in page
    assert 'href="/cases/' in page
    assert "HM2610160038" in page
    assert "hx-get" not in page.partition('id="found"')[2].partition(">")[0]


def test_the_same_file_again_is_said_and_counted_once(biller: User, client_of: SignIn, send: Send) -> None:
    client = client_of(biller)
    for name in (HARBOR, "copy.835"):
        send(client, name, (SAMPLES / HARBOR).read_bytes())
    file = File.objects.get()
    assert "came 2 times, counted once" in client.get("/inbox").content.decode()
    assert "The same file came 2 times" in client.get(f"/inbox/{file.pk}").content.decode()


def test_findings_are_said_in_words_with_their_place(biller: User, client_of: SignIn, send: Send) -> None:
    client = client_of(biller)
    name = "20261027_marrow_creek_DOES_NOT_BALANCE.835"
    send(client, name, (SAMPLES / name).read_bytes())
    page = client.get(f"/inbox/{File.objects.get().pk}").content.decode()
    assert "The money does not add up" in page
    assert "segment 4 · ST BPR02" in page
    assert "3 errors" in client.get("/inbox").content.decode()


def test_a_payment_without_claims_is_shown(biller: User, client_of: SignIn, send: Send) -> None:
    client = client_of(biller)
    adjustment = "PLB*1999999984*20261231*L6*-12.5~"
    send(client, "a.835", written.file(written.remittance("T7", [adjustment], payment="BPR*I*12.5*C*ACH{}{}~")))
    page = client.get(f"/inbox/{File.objects.get().pk}").content.decode()
    assert "T7" in page
    assert "payments $12.50" in page
    assert "provider adjustments (PLB)" in page


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-1.7 and more", "a PDF"),
        (b"<html><body>Session ended</body></html>", "a web page"),
        (b"\0" * 100_000, "begins with zeros"),
        (b"", "an empty file"),
    ],
)
def test_what_is_no_x12_is_refused_and_says_what_it_is(
    biller: User, client_of: SignIn, send: Send, content: bytes, said: str
) -> None:
    client = client_of(biller)
    assert send(client, "remit.835", content)[0] == 201
    file = File.objects.get()
    assert file.state == FileState.REFUSED
    page = client.get(f"/inbox/{file.pk}").content.decode()
    assert "Refused: nothing of it could be read" in page
    assert said in page
    assert "of 1 files" in client.get("/inbox?state=refused").content.decode()


def test_names_are_for_people_only() -> None:
    assert inbox.name_of("../../etc/passwd") == "etc/passwd"
    assert inbox.name_of("C:\\remits\\june.835") == "C:/remits/june.835"
    assert inbox.name_of("/abs/./a\0\n\u202eb.835") == "abs/ab.835"
    assert inbox.name_of("..") == "file without a name"
    assert len(inbox.name_of("x" * 1000)) == inbox.NAME


def test_a_name_with_markup_is_shown_as_it_is(biller: User, client_of: SignIn, send: Send) -> None:
    client = client_of(biller)
    _, row = send(client, "x.835", b"nothing", path="june/<img src=x onerror=alert(1)>.835")
    assert "<img" not in row
    assert "june/&lt;img src=x onerror=alert(1)&gt;.835" in row
    assert "<img src=x" not in client.get(f"/inbox/{File.objects.get().pk}").content.decode()


def test_too_large_a_file_is_told_so_before_anything_is_kept(
    biller: User, client_of: SignIn, send: Send, settings: Settings
) -> None:
    settings.UPLOAD_BYTES = 1000
    client = client_of(biller)
    status, said = send(client, "big.835", b"x" * 1001)
    assert (status, File.objects.count()) == (413, 0)
    assert said.startswith("This is larger than 1000")
    status, said = send(client, "huge.835", b"x" * 3_000_000)  # its length tells, the body is not read
    assert (status, File.objects.count()) == (413, 0)


def test_without_script_the_form_sends_many_and_comes_back(biller: User, client_of: SignIn) -> None:
    client = client_of(biller)
    files = [SimpleUploadedFile(name, name.encode()) for name in ("a.835", "b.835")]
    answer = client.post("/inbox/files", {"file": files}, follow=True)
    assert answer.redirect_chain == [("/inbox", 302)]
    assert "2 files came in." in answer.content.decode()
    answer = client.post("/inbox/files", {}, follow=True)
    assert "No file came with this." in answer.content.decode()


def test_a_waiting_file_has_the_page_ask_again_and_a_read_one_does_not(
    biller: User, client_of: SignIn, organization: Organization
) -> None:
    client = client_of(biller)
    client.post("/inbox/files", {"file": SimpleUploadedFile("a.835", b"abc")})  # no job runs here
    assert 'hx-trigger="every 2s"' in client.get("/inbox/rows").content.decode()
    file = File.objects.get()
    assert 'hx-trigger="every 2s"' in client.get(f"/inbox/{file.pk}").content.decode()
    assert "HX-Refresh" not in client.get(f"/inbox/{file.pk}", headers={"HX-Request": "true"}).headers
    File.objects.update(state=FileState.READ)
    assert "HX-Refresh" in client.get(f"/inbox/{file.pk}", headers={"HX-Request": "true"}).headers
    assert 'hx-trigger="every 2s"' not in client.get("/inbox/rows").content.decode()
    assert organization == file.organization


def test_the_upload_needs_its_token(biller: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(biller)
    form = {"file": SimpleUploadedFile("a.835", b"abc")}
    assert client.post("/inbox/files", form, headers=OURS).status_code == 403
    assert File.objects.count() == 0


def test_who_takes_the_bytes_is_written_down(
    biller: User, auditor: User, client_of: SignIn, send: Send, outsider: User
) -> None:
    content = (SAMPLES / HARBOR).read_bytes()
    send(client_of(biller), 'a/"quoted".835', content, path='a/"quoted".835')
    path = f"/inbox/{File.objects.get().pk}/bytes"
    answer = client_of(biller).get(path)
    assert answer.getvalue() == content
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == 'attachment; filename="\\"quoted\\".835"'
    event = Event.objects.get(verb="downloaded_file")
    assert (event.user, event.detail) == (biller, {"bytes": len(content)})
    assert client_of(auditor).get(path).status_code == 403
    assert client_of(outsider).get(path).status_code == 404
    assert Event.objects.filter(verb="downloaded_file").count() == 1


def test_roles_see_and_do_what_is_theirs(
    auditor: User,
    organization: Organization,
    member: Callable[[Organization, str], User],
    client_of: SignIn,
    send: Send,
) -> None:
    client = client_of(auditor)
    assert "data-choose" not in client.get("/inbox").content.decode()
    status, said = send(client, "a.835", b"abc")
    assert (status, File.objects.count()) == (403, 0)
    assert said.startswith("Your role does not include bringing files in.")
    answer = client_of(member(organization, "coder")).get("/inbox")
    assert answer.status_code == 403
    assert "Files are not part of your role" in answer.content.decode()


def test_a_file_is_read_again(
    biller: User,
    auditor: User,
    client_of: SignIn,
    send: Send,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    client = client_of(biller)
    send(client, HARBOR, (SAMPLES / HARBOR).read_bytes())
    file = File.objects.get()
    path = f"/inbox/{file.pk}/reprocess"
    assert client_of(auditor).post(path).status_code == 403
    assert client.get(path).status_code == 405
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(path).status_code == 302
    again = File.objects.get()
    assert (again.state, again.denied, again.denied_claims) == (FileState.READ, file.denied, file.denied_claims)


def test_nothing_of_another_organization_is_seen(biller: User, outsider: User, client_of: SignIn, send: Send) -> None:
    send(client_of(biller), HARBOR, (SAMPLES / HARBOR).read_bytes())
    file = File.objects.get()
    client = client_of(outsider)
    assert HARBOR not in client.get("/inbox").content.decode()
    assert client.get(f"/inbox/{file.pk}").status_code == 404
    assert client.post(f"/inbox/{file.pk}/reprocess").status_code == 404
    assert Client().get("/inbox").status_code == 302


def test_pages_of_files_take_few_queries(
    biller: User,
    client_of: SignIn,
    send: Send,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client = client_of(biller)
    for path in sorted(SAMPLES.glob("*harbor*")):
        send(client, path.name, path.read_bytes())
    with django_assert_max_num_queries(8):
        client.get("/inbox")
    with django_assert_max_num_queries(10):
        client.get(f"/inbox/{File.objects.latest('pk').pk}")
