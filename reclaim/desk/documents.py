"""Documents of cases: known by their bytes, kept in the store beside the files, seen by who may see them.

    paper = keep(store, stream, "letter.pdf", Document.Sort.LETTER, most=50 << 20)
    actions.attach(user, case, paper)
    for each in visible(user, case): ...

    DocumentError               it cannot be kept; the message says why and what to do instead

A name and what a browser says of a type are claims of a stranger: what a document is, its bytes say.
"""

import zipfile
from collections.abc import Callable
from typing import BinaryIO, Protocol

from django.db.models import QuerySet

from reclaim.desk.acting import ActionError
from reclaim.desk.actions import Paper
from reclaim.desk.models import Case, Document
from reclaim.people.access import Permission, Visitor, may, visible_to
from reclaim.record.files import Kept
from reclaim.x12.sources import plain_name

PDF, WORD, OLD_WORD, RTF, TEXT = (
    "application/pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/msword",
    "application/rtf",
    "text/plain",
)
KINDS = {
    PDF: "PDF",
    "image/png": "PNG picture",
    "image/jpeg": "JPEG picture",
    "image/gif": "GIF picture",
    "image/tiff": "TIFF picture",
    "image/webp": "WebP picture",
    WORD: "Word document",
    OLD_WORD: "Word document",
    RTF: "Rich text",
    TEXT: "Text",
}
"""What may be kept, by media type, in words."""
SHOWN = frozenset({PDF, "image/png", "image/jpeg", "image/gif", "image/webp", TEXT})
"""What browsers show by themselves, and what can run nothing of its own there."""
TAKEN = "PDF, pictures (PNG, JPEG, GIF, TIFF, WebP), Word documents and plain text"
HEAD = 1 << 16
"""Bytes at the beginning by which a document is known."""
NAME = 200
"""Letters of a name that are kept."""
_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"{\\rtf", RTF),
)
_OLE, _OLE_WORD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "WordDocument".encode("utf-16-le")
_BOMS = (b"\xff\xfe", b"\xfe\xff")
_CONTROLS = frozenset(range(32)) - {9, 10, 12, 13}


class DocumentError(ActionError):
    """It cannot be kept; the message says why and what to do instead."""


class Keeper(Protocol):
    """The store, as far as it is needed here."""

    def keep(self, stream: BinaryIO) -> Kept:
        """Keep everything that a stream gives."""


def keep(store: Keeper, stream: BinaryIO, name: str, sort: str, most: int) -> Paper:
    """Keep the bytes of a document; they belong to no case yet (`actions.attach`).

    Args:
        store: where bytes are kept; encrypted there when a key is set.
        stream: the bytes, which can be read twice.
        name: as somebody called it; no path, control or direction marks survive.
        sort: what it is (`Document.Sort`).
        most: bytes that it may have.

    Raises:
        DocumentError: it is too large, empty, or of a kind that is not kept.
    """
    size = stream.seek(0, 2)
    if size > most:
        raise DocumentError(f"This document is larger than {most >> 20:,} MB. Scan it smaller, or split it.")
    if not size:
        raise DocumentError("This document is empty. Choose another, or save it again.")
    media = recognized(stream)
    if not media:
        raise DocumentError(f"Documents are {TAKEN}; this is something else, whatever it is called. Save it as a PDF.")
    stream.seek(0)
    kept = store.keep(stream)
    called = plain_name(name).rpartition("/")[2] or f"{KINDS[media]} without a name"
    return Paper(called[-NAME:], sort, kept.sha256, kept.size, media)


def recognized(stream: BinaryIO) -> str:
    """The media type of a document by its bytes; "" when it is none that is kept. Word with macros is none."""
    stream.seek(0)
    head = stream.read(HEAD)
    if b"%PDF-" in head[:1024]:
        return PDF
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    for beginning, media in _BEGINNINGS:
        if head.startswith(beginning):
            return media
    if head.startswith(b"PK\x03\x04"):
        return WORD if _is_word(stream) else ""
    if head.startswith(_OLE):
        return OLD_WORD if _holds(stream, _OLE_WORD) else ""
    return TEXT if _is_text(stream) else ""


def visible(user: Visitor, case: Case, *, removed: bool = False) -> QuerySet[Document]:
    """The documents of a case that somebody may see, newest first: clinical ones only with that permission.

    Args:
        user: who asks.
        case: which.
        removed: with those that were taken off the case: to be named, never to be opened.
    """
    rows = visible_to(user, Document).filter(case=case).order_by("-id")
    rows = rows if removed else rows.filter(removed_at=None)
    return rows if may(user, Permission.SEE_CLINICAL) else rows.filter(clinical=False)


def _is_word(stream: BinaryIO) -> bool:
    try:
        stream.seek(0)
        with zipfile.ZipFile(stream) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False
    macros = any(name.lower().endswith("vbaproject.bin") for name in names)
    return {"[Content_Types].xml", "word/document.xml"} <= names and not macros


def _holds(stream: BinaryIO, wanted: bytes) -> bool:
    return _every_chunk(stream, lambda chunk: wanted not in chunk, len(wanted)) is False


def _is_text(stream: BinaryIO) -> bool:
    """Letters alone: no bytes that steer anything, and none that pretend to be a page for a browser."""
    stream.seek(0)
    head = stream.read(HEAD)
    if head.startswith(_BOMS) or not head.strip():
        return False
    begins = head.lstrip(b"\xef\xbb\xbf \t\r\n\f").lower()
    if begins.startswith((b"<", b"mz", b"#!")):
        return False
    return _every_chunk(stream, lambda chunk: not _CONTROLS & set(chunk), 0)


def _every_chunk(stream: BinaryIO, holds: Callable[[bytes], bool], overlap: int) -> bool:
    """Whether something is true of every piece of a stream; pieces overlap, so that nothing hides on a border."""
    stream.seek(0)
    rest = b""
    while chunk := stream.read(1 << 20):
        if not holds(rest + chunk):
            return False
        rest = chunk[-overlap:] if overlap else b""
    return True
