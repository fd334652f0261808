"""The inbox: files come in, and what was found in each is said in words."""

from collections import Counter
from datetime import date
from pathlib import PurePosixPath
from typing import Any, BinaryIO, NamedTuple, cast

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, SuspiciousOperation, TooManyFilesSent
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Count, Sum
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import redirect, render
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_POST

from reclaim import clock, reception
from reclaim.desk.models import Case
from reclaim.people import events
from reclaim.people.access import Permission, may, organization_of, visible_to
from reclaim.people.models import User
from reclaim.record.files import FilesError
from reclaim.record.models import Adjudication, File, FileState, Remittance
from reclaim.web import office
from reclaim.web.parts import Pager, number
from reclaim.web.queue import why
from reclaim.x12.sources import plain_name

PAGE = 50
DENIALS_SHOWN = 20
REMITTANCES_SHOWN = 20
NAME = 200
"""Letters of a name that are kept."""
SCRIPT = "X-Reclaim-Upload"
"""Header by which our script asks for the row of a file, not for the whole page."""
UNDER_WAY = (FileState.RECEIVED, FileState.READING)
TABS = (
    ("", "All", tuple(FileState)),
    ("reading", "Being read", UNDER_WAY),
    ("read", "Read", (FileState.READ,)),
    ("refused", "Refused", (FileState.REFUSED,)),
)
TONES = {FileState.REFUSED: "late"}
LEVELS = {"error": ("late", "Error"), "warning": ("soon", "Warning"), "info": ("", "Note")}
"""Of findings, the worst first: class and word."""
ORIGINS = {
    "upload": "uploaded",
    "command": "by command",
    "folder": "from a folder",
    "connection": "fetched",
    "demo": "demo",
}


LOOKS = (
    (b"%PDF", "a PDF: a picture of an explanation of benefits, not the 835 itself"),
    (b"PK\x03\x04", "a ZIP archive, an Excel workbook or a Word document"),
    (b"\xd0\xcf\x11\xe0", "an older Excel workbook or Word document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"<!DOCTYPE", "a web page"),
    (b"<HTML", "a web page"),
    (b"<?XML", "an XML file"),
    (b"{\\RTF", "a Word document (RTF)"),
    (b"{", "a JSON file"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
    (b"\0\0\0\0", "a damaged file: it begins with zeros"),
)
"""What refused files begin with (letters as capitals), and what people call such files."""


class Row(NamedTuple):
    """A file as lists show it."""

    file: File
    tone: str
    under_way: bool
    share: int  # percent read so far
    worst: str  # class of the worst finding
    findings: str  # "2 errors, 1 note"
    origin: str
    day: date


class Finding(NamedTuple):
    """One thing that was found in a file."""

    tone: str
    level: str
    text: str
    place: str  # "segment 1,204 · 2100 CLP04"
    times: int
    rule: str


class Tab(NamedTuple):
    """Files of a state."""

    label: str
    files: int
    on: bool
    href: str


# --- the list ---------------------------------------------------------------------------------------------------------


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """The files, newest first, and where to drop more."""
    user = _user(request)
    if not may(user, Permission.SEE_FILES):
        return render(request, "inbox_closed.html", {"organization": organization_of(user)}, status=403)
    context = _list(request, user) | {
        "organization": organization_of(user),
        "may_receive": may(user, Permission.RECEIVE_FILES),
        "limit": filesizeformat(settings.UPLOAD_BYTES),
        "bytes": settings.UPLOAD_BYTES,
    }
    return render(request, "inbox.html", context)


@require_GET
def rows(request: HttpRequest) -> HttpResponse:
    """The list alone: asked for every two seconds while something is being read."""
    return render(request, "inbox.html#list", _list(request, _user(request)))


def _list(request: HttpRequest, user: User) -> dict[str, Any]:
    asked = request.GET.get("state", "")
    states = next((states for name, _, states in TABS if name == asked), tuple(FileState))
    visible = visible_to(user, File)
    counts = dict(visible.values_list("state").annotate(count=Count("id")).order_by())
    total = sum(counts.get(state, 0) for state in states)
    here = min(max(number(request.GET.get("page", "")), 1), max(-(-total // PAGE), 1))
    start = (here - 1) * PAGE
    found = visible.filter(state__in=states).select_related("received_by").order_by("-received_at", "-id")
    shown = [row(file) for file in found[start : start + PAGE]]
    tabs = [
        Tab(label, sum(counts.get(state, 0) for state in held), name == asked, _address(name, 1))
        for name, label, held in TABS
    ]
    return {
        "rows": shown,
        "tabs": tabs,
        "any": sum(counts.values()),
        "waiting": sum(counts.get(state, 0) for state in UNDER_WAY),
        "poll": _address(asked, here, "web:inbox_rows"),
        "today": timezone.localdate(),
        "pager": Pager(
            start + 1,
            start + len(shown),
            total,
            "files",
            _address(asked, here - 1) if here > 1 else "",
            _address(asked, here + 1) if start + len(shown) < total else "",
        ),
    }


def row(file: File) -> Row:
    """How a list shows a file."""
    under_way = file.state in UNDER_WAY
    share = round(100 * reception.progress(file) / file.size) if under_way and file.size else 0
    levels = Counter(str(each["level"]) for each in file.findings)
    said = [
        f"{levels[level]} {_many(word.lower(), levels[level])}" for level, (_, word) in LEVELS.items() if levels[level]
    ]
    worst = next((tone for level, (tone, _) in LEVELS.items() if levels[level]), "")
    day = timezone.localdate(file.received_at)
    tone = TONES.get(FileState(file.state), "")
    return Row(file, tone, under_way, min(share, 100), worst, ", ".join(said), ORIGINS.get(file.origin, ""), day)


def _many(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"


def _address(state: str, page: int, name: str = "web:inbox") -> str:
    said = "&".join(filter(None, (f"state={state}" if state else "", f"page={page}" if page > 1 else "")))
    return f"{reverse(name)}?{said}" if said else reverse(name)


# --- what comes in ----------------------------------------------------------------------------------------------------


@csrf_exempt  # nothing of a body that is too large is read: the token is checked right below, with the body
@require_POST
def files(request: HttpRequest) -> HttpResponse:
    """Takes files in. Our script sends one at a time and gets its row; a plain form sends many and comes back here."""
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = 0
    if length > settings.UPLOAD_BYTES + 1024 * 1024:  # names and borders of the form
        return _refused(request, too_large(), 413)
    try:
        return _files(request)
    except TooManyFilesSent:
        most = settings.DATA_UPLOAD_MAX_NUMBER_FILES
        return _refused(request, f"More than {most:,} files at once. Send them in parts, or as one ZIP archive.", 400)
    except (MultiPartParserError, SuspiciousOperation):
        said = (
            "What came is broken, was cut off, or is called by a name too long for a form. Nothing was kept: try again."
        )
        return _refused(request, said, 400)


@csrf_protect
def _files(request: HttpRequest) -> HttpResponse:
    user = _user(request)
    if not may(user, Permission.RECEIVE_FILES):
        office.note_refused(request)
        return _refused(request, "Your role does not include bringing files in. Ask your denials manager.", 403)
    uploads = request.FILES.getlist("file")
    if not uploads:
        return _refused(request, "No file came with this. Choose one, or drop it into the inbox.", 400)
    if any((upload.size or 0) > settings.UPLOAD_BYTES for upload in uploads):
        return _refused(request, too_large(), 413)
    paths = request.POST.getlist("path")
    kept = []
    for place, upload in enumerate(uploads):
        kept += _accept(user, upload, paths[place] if place < len(paths) else "")
    if SCRIPT in request.headers:
        today = timezone.localdate()
        rows = [render_to_string("inbox_row.html", {"row": row(file), "today": today}, request) for file in kept]
        return HttpResponse("".join(rows), status=201)
    messages.success(request, f"{len(kept)} {_many('file', len(kept))} came in.")
    return redirect("web:inbox")


def _accept(user: User, upload: "UploadedFile[bytes]", path: str) -> list[File]:
    organization = organization_of(user)
    if organization is None:
        raise PermissionDenied
    upload.seek(0)
    name = name_of(path or upload.name or "")
    files = reception.accept_all(organization, user, name, cast("BinaryIO", upload), "upload")
    for file in files:
        clock.read_soon(file.pk)
        file.refresh_from_db()
    return files


def name_of(text: str) -> str:
    """What a file is called: what the sender says, for people to read and nothing else; never a place on a disk."""
    return plain_name(text)[-NAME:] or "file without a name"


def too_large() -> str:
    """Why a file is not taken, and what takes it."""
    limit = filesizeformat(settings.UPLOAD_BYTES)
    return f"This is larger than {limit}, the most that the site takes. `reclaim receive` reads files of any size."


def _refused(request: HttpRequest, said: str, status: int) -> HttpResponse:
    if SCRIPT in request.headers:
        return HttpResponse(said, status=status, content_type="text/plain; charset=utf-8")
    messages.error(request, said)
    return redirect("web:inbox")


# --- one file ---------------------------------------------------------------------------------------------------------


@require_GET
def file(request: HttpRequest, file_id: int) -> HttpResponse:
    """What was found in a file; for htmx the part that changes while it is being read."""
    user = _user(request)
    found = _file(user, file_id)
    shown = row(found)
    context: dict[str, Any] = {
        "organization": organization_of(user),
        "row": shown,
        "file": found,
        "today": timezone.localdate(),
        "findings": _findings(found),
        "may_open": may(user, Permission.OPEN_FILES),
        "may_reprocess": may(user, Permission.REPROCESS_FILES),
    }
    if found.state == FileState.REFUSED:
        context["looks_like"] = looks_like(found)
    if not shown.under_way:
        context |= _brought(user, found)
    if not request.headers.get("HX-Request"):
        return render(request, "inbox_file.html", context)
    answer = render(request, "inbox_file.html#found", context)
    if not shown.under_way:
        answer["HX-Refresh"] = "true"  # it is done: its buttons change too
    return answer


@require_GET
def download(request: HttpRequest, file_id: int) -> FileResponse:
    """The bytes as they came, for roles that may have them; an event says who took them."""
    user = _user(request)
    found = _file(user, file_id)
    if not may(user, Permission.OPEN_FILES):
        raise PermissionDenied
    try:
        stream = reception.store().open(found.sha256)
    except FilesError as error:
        raise Http404("The bytes of this file cannot be read.") from error
    events.record(found.organization, user, "downloaded_file", found, {"bytes": found.size})
    name = PurePosixPath(found.name).name or "file"
    answer = FileResponse(stream, as_attachment=True, filename=name, content_type="application/octet-stream")
    answer["Content-Length"] = str(found.size)
    return answer


@require_POST
def reprocess(request: HttpRequest, file_id: int) -> HttpResponse:
    """Read a file anew."""
    office.insist(request, Permission.REPROCESS_FILES, "Reading files again is not part of your role.")
    user = _user(request)
    found = _file(user, file_id)
    if found.state in UNDER_WAY:
        messages.info(request, "This file is being read already.")
    else:
        reception.reprocess(found, user)
        clock.read_soon(found.pk)
        messages.success(request, "The file is read again. Cases follow when it is done.")
    return redirect("web:file", file_id=found.pk)


def _file(user: User, file_id: int) -> File:
    found = visible_to(user, File).select_related("received_by", "organization").filter(pk=file_id).first()
    if found is None:
        raise Http404("There is no such file.")
    return found


def looks_like(found: File) -> str:
    """What a refused file seems to be, in words; "" when that cannot be told."""
    try:
        with reception.store().open(found.sha256) as stream:
            head = stream.read(64).lstrip().upper()
    except FilesError:
        return ""
    return next((said for mark, said in LOOKS if head.startswith(mark.upper())), "" if head else "an empty file")


def _findings(found: File) -> list[Finding]:
    order = list(LEVELS)
    every = sorted(found.findings, key=lambda each: order.index(each["level"]))
    return [
        Finding(*LEVELS[each["level"]], str(each["text"]), _place(each), int(each.get("times") or 1), str(each["rule"]))
        for each in every
    ]


def _place(finding: dict[str, Any]) -> str:
    segment = f"segment {finding['segment']:,}" if finding.get("segment") else ""
    return " · ".join(filter(None, (segment, str(finding.get("path") or ""))))


def _brought(user: User, found: File) -> dict[str, Any]:
    """Its remittances, the largest first, and its largest denials with their cases."""
    remittances = visible_to(user, Remittance).filter(file=found)
    denied = visible_to(user, Adjudication).filter(remittance__file=found, denied__gt=0).select_related(None)
    keys = list(denied.order_by("-denied", "id").values_list("key", flat=True)[:DENIALS_SHOWN])
    cases = visible_to(user, Case).filter(key__in=keys).select_related("payer").order_by("-denied", "id")
    return {
        "remittances": remittances.select_related("payer").order_by("transaction")[:REMITTANCES_SHOWN],
        **remittances.aggregate(remittance_count=Count("id"), payments=Sum("amount")),
        "denials": [(case, why(case)) for case in cases],
    }


def _user(request: HttpRequest) -> User:
    return cast("User", request.user)
