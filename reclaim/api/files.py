"""Files as programs bring them and follow them: received as the Inbox does it; their bytes never leave here."""

from typing import Annotated, BinaryIO, Literal, cast

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import File as Upload
from ninja import Query, Router, Status, UploadedFile
from ninja.errors import HttpError
from pydantic import BaseModel, Field

from reclaim import clock, reception
from reclaim.api import paging
from reclaim.api.allowed import needs
from reclaim.api.entrance import house_of, user_of
from reclaim.api.shapes import FileShape, FileWhole
from reclaim.people.access import Permission, visible_to
from reclaim.record.models import File, FileState
from reclaim.x12.sources import plain_name

router = Router(tags=["Files"])


class Files(BaseModel):
    """Files, the newest first."""

    files: list[FileShape]
    next: str = Field(description="The cursor of the next page; empty when this is the last.")


class Received(BaseModel):
    """What came in: one file, or the members of an archive."""

    files: list[FileShape]


class Which(paging.Where):
    """Which page, and files of which state."""

    state: Annotated[Literal[("", *FileState.values)], Field(description="All when nobody says.")] = ""  # type: ignore[valid-type]  # the list of the model


@router.get("", response=Files, summary="Files")
def list_files(request: HttpRequest, which: Query[Which]) -> Files:
    """The files that came in, the newest first."""
    rows = visible_to(needs(request, Permission.SEE_FILES, "listed_files"), File)
    if which.state:
        rows = rows.filter(state=which.state)
    found = paging.page(rows, paging.NEWEST_FIRST, which)
    return Files(files=[FileShape.model_validate(_told(each)) for each in found.rows], next=found.next)


@router.post("", response={201: Received}, summary="Bring a file in")
def receive_file(request: HttpRequest, file: Upload[UploadedFile]) -> Status[Received]:
    """Bring a remittance (835) in, also zipped. The same bytes again change nothing and give the same file.

    It is read within seconds: ask for it until its state is `read` or `refused`.
    """
    user = needs(request, Permission.RECEIVE_FILES, "received_file")
    if not file.size:
        raise HttpError(422, "The file is empty. Nothing was kept.")
    name = plain_name(file.name or "")[-200:] or "file without a name"
    kept = reception.accept_all(house_of(user), user, name, cast("BinaryIO", file), "upload")
    for each in kept:
        clock.read_soon(each.pk)
        each.refresh_from_db()
    return Status(201, Received(files=[FileShape.model_validate(_told(each)) for each in kept]))


@router.get("/{int:file_id}", response=FileWhole, summary="One file")
def one_file(request: HttpRequest, file_id: int) -> FileWhole:
    """One file: how far it is, what it brought, and what was found in it."""
    return FileWhole.of(_told(get_object_or_404(visible_to(user_of(request), File), pk=file_id)))


def _told(file: File) -> File:
    file.progress = reception.progress(file)
    return file
