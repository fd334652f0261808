"""Acting on a case by its page: every action by one road, mistakes told beside the form, nothing typed is lost."""

import base64
import os
import re
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, get_args

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from reclaim import reception
from reclaim.config import backups
from reclaim.desk import actions
from reclaim.desk.acting import ACTIONS, Job, place
from reclaim.desk.models import Case, Contact, Document, Note, Sent, Stage, State, Task, Waiting, WriteOff
from reclaim.people.models import Event, Location, Organization, User
from reclaim.rules.handbook import ActionName
from reclaim.web import acts
from reclaim.web.forms import FORMS
from tests.desk.test_actions import ready
from tests.web import factory

Answer = Any
SignIn = Callable[[User | None], Client]
Member = Callable[[Organization, str], User]
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj <<>> endobj"
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _own_store(settings: Settings, tmp_path: Path) -> None:
    settings.FILES = tmp_path / "files"


@pytest.fixture
def case(organization: Organization) -> Case:
    factory.many_cases(organization, 1, timezone.localdate())
    Case.objects.update(denied=90)
    return Case.objects.get()


def day(ahead: int) -> str:
    return str(timezone.localdate() + timedelta(days=ahead))


def post(client: Client, case: Case, name: str, **typed: object) -> Answer:
    return client.post(f"/cases/{case.pk}/act/{name}", {"version": case.version, **typed})


TYPED: dict[str, dict[str, str]] = {
    "classify": {"type": "clinical", "cause": "medical_necessity", "why": "Read the record."},
    "lift": {"why": "The practice asked."},
    "note": {"text": "Called Bob."},
    "task": {"text": "Scan the card.", "due": day(3)},
    "ask": {"of": "patient", "text": "New insurance card"},
    "contact": {"way": "phone", "who": "Kim", "reference": "C-1", "said": "In process", "promised": day(9)},
    "attach": {"sort": "other"},
    "remove_document": {"document": "0", "why": "Of another patient."},
    "snooze": {"until": day(3)},
    "mark_sent": {"what": "corrected", "way": "portal", "reference": "T-1"},
    "record_answer": {"answer": "upheld"},
    "write_off": {"reason": "timely_filing"},
    "refuse": {"why": "There is proof."},
    "to_patient": {"why": "No referral, notice signed."},
    "to_other_payer": {"payer": "Medicare"},
    "close": {"outcome": "upheld", "why": "Second level lost."},
    "reopen": {"why": "New evidence."},
}
"""What somebody types into each form."""


def test_every_action_has_a_form_and_every_step_its_actions() -> None:
    assert set(FORMS) == set(ACTIONS)
    assert set(acts.NEXT) == set(get_args(ActionName))
    for name, choice, _ in (each for some in acts.NEXT.values() for each in some):
        fields = [field for field in FORMS[name].fields if field.kind == "choice"]
        assert not choice or choice in dict(fields[0].choices), (name, choice)


@pytest.mark.parametrize("name", ACTIONS)
def test_each_action_is_done_by_its_form(name: str, case: Case, biller: User, manager: User, client_of: SignIn) -> None:
    user, at, _ = ready(ACTIONS[name], case, biller, manager)
    typed: dict[str, Any] = dict(TYPED.get(name, {}))
    if name == "assign":
        typed = {"to": str(biller.pk)}
    if name == "remove_document":
        typed["document"] = str(Document.objects.latest("pk").pk)
    if name == "locate":
        typed = {"location": str(Location.objects.latest("pk").pk)}
    if name == "finish":
        typed = {"task": str(Task.objects.latest("pk").pk)}
    if name == "attach":
        typed["file"] = SimpleUploadedFile("card.pdf", PDF)
    answer = post(client_of(user), at, name, **typed)
    assert (answer.status_code, answer.headers.get("Location")) == (302, f"/cases/{case.pk}"), answer.content
    event = Event.objects.latest("pk")
    assert (event.verb, event.user, event.subject) == (ACTIONS[name].verb, user, f"desk.case:{case.pk}")
    assert Case.objects.get().version == at.version + 1


@pytest.mark.parametrize("name", [name for name, form in FORMS.items() if form.fields and name != "finish"])
def test_each_form_shows_its_fields_and_keeps_them(
    name: str, case: Case, biller: User, manager: User, client_of: SignIn
) -> None:
    user, at, _ = ready(ACTIONS[name], case, biller, manager)
    client, path = client_of(user), f"/cases/{at.pk}/act/{name}"
    page = client.get(path).content.decode()
    assert "cannot be done" not in page
    for field in (each for each in FORMS[name].fields if each.kind != "hidden"):
        assert re.search(rf'<label for="id_{field.name}">', page), field.name
    part = client.get(path, headers=HTMX).content.decode()
    assert "<html" not in part
    assert 'hx-target="#act"' in part


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("note", {"text": "  "}, "Say something here."),
        ("note", {"text": "x" * 10_001}, "At most 10,000 characters"),
        ("contact", {"way": "phone", "who": "Kim Ito", "said": "In process", "promised": "soon"}, "Write a day"),
        ("contact", {"way": "pigeon", "who": "Kim Ito", "said": "In process"}, "Choose how you reached the payer."),
        ("snooze", {"until": day(-1)}, "Choose a day after today."),
        ("snooze", {"until": "99/99/9999"}, "Write a day"),
        ("task", {"text": "Scan the card", "owner": "4711"}, "Choose from the list."),
        ("write_off", {"reason": "other", "words": ""}, "Say the reason."),
        ("attach", {"sort": "other"}, "Choose a document."),
        ("record_answer", {"answer": "upheld"}, "Nothing is on its way."),
        ("mark_sent", {"what": "appeal", "way": "fax", "day": day(2)}, "cannot lie ahead"),
    ],
)
def test_what_is_wrong_stands_beside_the_form_with_all_that_was_typed(
    name: str, typed: dict[str, str], said: str, case: Case, biller: User, client_of: SignIn
) -> None:
    answer = post(client_of(biller), case, name, **typed)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert said in page
    for value in typed.values():
        if value.strip() and "/" not in value and value not in ("pigeon", "4711"):
            assert value in page, value
    assert Case.objects.get().version == case.version


def test_days_are_understood_as_people_type_them(case: Case, biller: User, client_of: SignIn) -> None:
    until = timezone.localdate() + timedelta(days=5)
    post(client_of(biller), case, "snooze", until=f"{until:%m/%d/%Y}")
    assert Case.objects.get().until == until


def test_who_was_first_is_said_and_what_was_typed_can_be_sent_again(
    case: Case, biller: User, manager: User, client_of: SignIn
) -> None:
    manager.first_name, manager.last_name = "Mara", "Ruiz"
    manager.save()
    actions.take(manager, Case.objects.get())
    client = client_of(biller)
    answer = client.post(
        f"/cases/{case.pk}/act/note", {"version": case.version, "text": "Spoke with <Kim>"}, headers=HTMX
    )
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Somebody was first" in page
    assert "Mara Ruiz took the case" in page
    assert "Spoke with &lt;Kim&gt;" in page
    fresh = re.search(r'name="version" value="(\d+)"', page)
    assert fresh
    assert not Note.objects.exists()
    again = client.post(f"/cases/{case.pk}/act/note", {"version": fresh[1], "text": "Spoke with <Kim>"}, headers=HTMX)
    assert again.headers["HX-Redirect"] == f"/cases/{case.pk}"
    assert Note.objects.get().text == "Spoke with <Kim>"


def test_what_was_typed_is_shown_when_the_case_has_ended_meanwhile(
    case: Case, biller: User, manager: User, client_of: SignIn
) -> None:
    actions.close(manager, Case.objects.get(), outcome=State.UPHELD, why="Lost.")
    typed = {"what": "corrected", "way": "portal", "reference": "TRACK-77"}
    page = post(client_of(biller), case, "mark_sent", **typed).content.decode()
    assert "This cannot be done now" in page
    assert "TRACK-77" in page
    assert not Sent.objects.exists()


def test_what_a_role_may_not_is_not_shown_and_is_refused_and_noted(
    case: Case, organization: Organization, member: Member, client_of: SignIn
) -> None:
    coder = member(organization, "coder")
    client = client_of(coder)
    names = {each.name for each in acts.buttons(coder, case, "").every}
    assert "note" in names
    assert names.isdisjoint({"assign", "write_off", "approve", "release", "undo"})
    assert "Your role does not include this" in client.get(f"/cases/{case.pk}/act/write_off").content.decode()
    assert post(client, case, "write_off", reason="charity").status_code == 403
    refused = Event.objects.get(verb="refused")
    assert (refused.user, refused.detail["tried"]) == (coder, "wrote_off")
    assert not WriteOff.objects.exists()


def test_nobody_acts_on_a_case_of_another_house(case: Case, outsider: User, client_of: SignIn) -> None:
    client = client_of(outsider)
    for name in FORMS:
        assert client.get(f"/cases/{case.pk}/act/{name}").status_code == 404
        assert post(client, case, name, **TYPED.get(name, {})).status_code == 404
    assert client.get(f"/cases/{case.pk}/story").status_code == 404
    assert not Event.objects.filter(subject=f"desk.case:{case.pk}").exists()


def test_an_action_that_is_none_is_not_there(case: Case, biller: User, client_of: SignIn) -> None:
    assert post(client_of(biller), case, "delete").status_code == 404


def test_buttons_follow_where_the_case_stands(case: Case, biller: User, manager: User) -> None:
    def names(user: User = biller) -> set[str]:
        return {each.name for each in acts.buttons(user, Case.objects.get(), "").every}

    assert {"take", "mark_sent", "snooze", "lift"} <= names()
    assert names().isdisjoint({"release", "wake", "record_answer", "reopen", "lower", "approve"})
    now = actions.take(biller, case)
    assert "release" in names()
    assert "take" not in names()
    now = actions.mark_sent(biller, now, actions.Parcel("corrected", "portal"))
    assert {"record_answer", "wake"} <= names()
    Case.objects.update(denied=20_000)
    actions.write_off(biller, Case.objects.get(), reason="charity")
    assert place(Case.objects.get()) == Stage.APPROVAL
    assert {"approve", "refuse", "note"} <= names(manager)
    assert names().isdisjoint({"snooze", "mark_sent", "write_off"})


def test_keys_of_buttons_differ(case: Case, biller: User, manager: User) -> None:
    actions.take(biller, case)
    for user in (biller, manager):
        keys = [each.key for each in acts.buttons(user, Case.objects.get(), "").every if each.key]
        assert len(keys) == len(set(keys))
        assert set(keys).isdisjoint({"j", "k", "u", "v", "z", "g", ".", "/", "?"})


def test_the_way_back_leads_to_the_list_that_it_was_opened_from(case: Case, biller: User, client_of: SignIn) -> None:
    client = client_of(biller)
    page = client.get(f"/cases/{case.pk}/act/mark_sent?sort=denied&n=1&with=appeal").content.decode()
    assert '<option value="appeal" selected>' in page
    answer = client.post(
        f"/cases/{case.pk}/act/mark_sent?sort=denied&n=1&with=appeal",
        {"version": case.version, "what": "appeal", "way": "mail"},
    )
    assert answer.headers["Location"] == f"/cases/{case.pk}?sort=denied&n=1"


def test_a_write_off_says_the_limit_before_and_what_became_of_it(case: Case, biller: User, client_of: SignIn) -> None:
    client = client_of(biller)
    assert "You may write this off alone" in client.get(f"/cases/{case.pk}/act/write_off").content.decode()
    Case.objects.update(denied=500)
    assert "a second person decides" in client.get(f"/cases/{case.pk}/act/write_off").content.decode()
    answer = client.post(f"/cases/{case.pk}/act/write_off", {"version": 1, "reason": "charity"}, follow=True)
    assert "it waits for a second person" in answer.content.decode()
    assert Case.objects.get().waiting == Waiting.COLLEAGUE


# --- what happened ----------------------------------------------------------------------------------------------------


def text(page: bytes) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.decode()))


def test_everything_that_happened_stands_in_one_list(case: Case, biller: User, client_of: SignIn) -> None:
    client = client_of(biller)
    for name in ("take", "note", "task", "contact", "mark_sent"):
        post(client, Case.objects.get(), name, **TYPED.get(name, {}))
    actions.wake(Job("escalation"), Case.objects.get())
    client.get(f"/cases/{case.pk}")
    page = text(client.get(f"/cases/{case.pk}/story").content)
    for said in (
        "took the case",
        "internal Called Bob.",
        "Scan the card.",
        "Phone with Kim · C-1",
        "In process",
        "Corrected claim by portal · T-1",
        "Reclaim woke the case",
        "The payer answered",
        "Opened",
    ):
        assert said in page, said
    assert page.index("Reclaim woke the case") < page.index("took the case")


def test_older_events_come_on_demand(case: Case, biller: User, client_of: SignIn) -> None:
    for number in range(40):
        actions.note(biller, Case.objects.get(), text=f"Note {number} here")
    client, seen = client_of(biller), ""
    href: str | None = f"/cases/{case.pk}/story"
    pages = 0
    while href:
        page = client.get(href, headers=HTMX).content.decode()
        seen, pages = seen + page, pages + 1
        older = re.search(r'hx-get="([^"]*before=\d+)"', page)
        href = older[1] if older else None
    assert pages == 2
    assert [int(each) for each in re.findall(r"Note (\d+) here", seen)] == list(range(39, -1, -1))
    assert seen.count("The payer answered") == 1


def test_reading_the_timeline_alone_is_an_event_too(case: Case, biller: User, client_of: SignIn) -> None:
    client = client_of(biller)
    client.get(f"/cases/{case.pk}/story", headers=HTMX)
    assert Event.objects.filter(verb="viewed_case", user=biller).count() == 1
    client.get(f"/cases/{case.pk}/story", headers=HTMX)  # as the page does it right after it was opened
    assert Event.objects.filter(verb="viewed_case", user=biller).count() == 1


def test_who_may_not_see_patients_reads_no_notes(case: Case, biller: User, auditor: User, client_of: SignIn) -> None:
    actions.note(biller, case, text="Jane Doe called")
    page = text(client_of(auditor).get(f"/cases/{case.pk}/story").content)
    assert "Jane" not in page
    assert "Your role does not include what was written" in page


def test_a_refusal_says_why_in_the_timeline(case: Case, biller: User, manager: User, client_of: SignIn) -> None:
    Case.objects.update(denied=20_000)
    proposed = actions.write_off(biller, Case.objects.get(), reason="charity")
    actions.refuse(manager, proposed, why="There is proof of filing.")
    assert "There is proof of filing." in text(client_of(biller).get(f"/cases/{case.pk}/story").content)


def test_undo_is_offered_to_who_did_it_while_nothing_else_happened(
    case: Case, biller: User, manager: User, client_of: SignIn
) -> None:
    actions.take(biller, case)
    assert "/act/undo" in client_of(biller).get(f"/cases/{case.pk}/story").content.decode()
    assert "/act/undo" not in client_of(manager).get(f"/cases/{case.pk}/story").content.decode()
    post(client_of(biller), Case.objects.get(), "undo")
    assert Case.objects.get().owner is None


# --- documents --------------------------------------------------------------------------------------------------------


def attach(client: Client, case: Case, name: str, data: bytes, sort: str = "other") -> Answer:
    return post(client, case, "attach", sort=sort, file=SimpleUploadedFile(name, data))


def word(*names: str) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return packed.getvalue()


DOCX = ("[Content_Types].xml", "word/document.xml")


@pytest.mark.parametrize(
    ("data", "media"),
    [
        (PDF, "application/pdf"),
        (b"\x89PNG\r\n\x1a\n rest", "image/png"),
        (b"\xff\xd8\xff\xe0 rest", "image/jpeg"),
        (b"Dear payer,\r\n\tplease find attached", "text/plain"),
        (word(*DOCX), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (word(*DOCX, "word/vbaProject.bin"), ""),
        (word("xl/workbook.xml"), ""),
        (b"PK\x03\x04 broken", ""),
        (b"<html><script>alert(1)</script>", ""),
        (b"\xef\xbb\xbf <svg onload=alert(1)>", ""),
        (b"MZ\x90\0", ""),
        (b"text \0 with nothing", ""),
        (b"x" * 3_000_000 + b"\x01", ""),
        (b"", ""),
    ],
)
def test_what_a_document_is_its_bytes_say(data: bytes, media: str, case: Case, biller: User, client_of: SignIn) -> None:
    answer = attach(client_of(biller), case, "scan.pdf", data)
    kept = [each.media for each in Document.objects.all()]
    assert kept == ([media] if media else [])
    assert answer.status_code == (302 if media else 422)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/pass\u202ewd.pdf", "passwd.pdf"),
        ("a\x07\x1bb.pdf", "ab.pdf"),
        ('"><script>.pdf', '"><script>.pdf'),
        ("y" * 300 + ".pdf", "y" * 196 + ".pdf"),
    ],
)
def test_hostile_names_do_nothing(name: str, kept: str, case: Case, biller: User, client_of: SignIn) -> None:
    client = client_of(biller)
    attach(client, case, name, PDF)
    paper = Document.objects.get()
    assert paper.name == kept
    answer = client.get(f"/cases/{case.pk}/documents/{paper.pk}?download")
    assert answer.getvalue() == PDF
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "\n" not in answer.headers["Content-Disposition"]
    assert "<script>" not in client.get(f"/cases/{case.pk}/story").content.decode()


def test_a_document_too_large_is_refused_with_what_was_chosen(
    case: Case, biller: User, client_of: SignIn, settings: Settings
) -> None:
    settings.DOCUMENT_BYTES = 1 << 20
    answer = attach(client_of(biller), case, "big.pdf", PDF + b"x" * (1 << 20), "proof")
    assert "larger than 1 MB" in answer.content.decode()
    assert '<option value="proof" selected>' in answer.content.decode()
    assert not list(settings.FILES.glob("*/*/*"))


def test_a_document_comes_back_byte_for_byte_and_that_is_an_event(case: Case, biller: User, client_of: SignIn) -> None:
    client = client_of(biller)
    attach(client, case, "letter.pdf", PDF)
    paper = Document.objects.get()
    answer = client.get(f"/cases/{case.pk}/documents/{paper.pk}")
    assert answer.getvalue() == PDF
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    event = Event.objects.get(verb="viewed_document")
    assert (event.subject, event.detail) == (f"desk.case:{case.pk}", {"document": paper.pk})


def test_what_browsers_could_run_is_never_shown_by_them(case: Case, biller: User, client_of: SignIn) -> None:
    kept = attach(client_of(biller), case, "letter.pdf", PDF)
    assert kept.status_code == 302
    Document.objects.update(media="text/html")  # as a program may have said of it
    answer = client_of(biller).get(f"/cases/{case.pk}/documents/{Document.objects.get().pk}")
    assert answer.getvalue() == PDF
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_clinical_documents_are_for_clinical_roles(
    case: Case, biller: User, organization: Organization, member: Member, client_of: SignIn
) -> None:
    attach(client_of(biller), case, "operative note.pdf", PDF, "records")
    path = f"/cases/{case.pk}/documents/{Document.objects.get().pk}"
    assert client_of(biller).get(path).status_code == 404
    assert "operative note" not in client_of(biller).get(f"/cases/{case.pk}/story").content.decode()
    assert client_of(member(organization, "coder")).get(path).getvalue() == PDF


def test_contacts_and_dates_are_kept_as_typed(case: Case, biller: User, client_of: SignIn) -> None:
    post(client_of(biller), case, "contact", **TYPED["contact"])
    talk = Contact.objects.get()
    assert (talk.who, talk.reference, talk.promised) == ("Kim", "C-1", date.fromisoformat(day(9)))


def test_the_sweep_leaves_documents_and_a_backup_holds_them(
    case: Case, biller: User, client_of: SignIn, settings: Settings
) -> None:
    attach(client_of(biller), case, "letter.pdf", PDF)
    stray = reception.store().keep(BytesIO(b"nobody's"))
    paper = Document.objects.get()
    for path in settings.FILES.glob("*/*/*"):
        os.utime(path, (1, 1))  # long ago
    reception.clear()
    assert reception.store().exists(paper.sha256)
    assert not reception.store().exists(stray.sha256)
    assert [path.name for path in backups._kept_files()] == [paper.sha256]


def test_documents_are_encrypted_where_files_are(
    case: Case, biller: User, client_of: SignIn, settings: Settings
) -> None:
    settings.FILE_KEY = base64.urlsafe_b64encode(bytes(32)).decode()
    attach(client_of(biller), case, "letter.txt", b"Jane Doe, born in 1950")
    (path,) = settings.FILES.glob("*/*/*")
    assert b"Jane Doe" not in path.read_bytes()
    answer = client_of(biller).get(f"/cases/{case.pk}/documents/{Document.objects.get().pk}")
    assert answer.getvalue() == b"Jane Doe, born in 1950"
