"""Corrections and batches as programs work them: the same actions as on the pages, the same permissions and events.

Values of claims stand in one answer only, `CorrectionWhole`, whose reading leaves an event, and in bytes of batches.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field

from reclaim import dispatch
from reclaim.api import paging
from reclaim.api.acts import Number, Text
from reclaim.api.allowed import needs
from reclaim.api.entrance import house_of, user_of
from reclaim.api.once import once
from reclaim.api.shapes import Dollars, Shape
from reclaim.desk import corrected, correcting, sending
from reclaim.desk.acting import ActionError
from reclaim.desk.correcting import Choice
from reclaim.desk.models import Batch, Case, Correction
from reclaim.people import events
from reclaim.people.access import Permission, visible_to
from reclaim.people.models import User
from reclaim.record.models import Claim
from reclaim.x12.editing import restored

corrections, batches = Router(tags=["Corrections"]), Router(tags=["Batches"])

Short = Annotated[Text, Field(max_length=400)]
EDITS = 100
"""Edits of one request."""


class Strict(BaseModel):
    """What is sent: nothing that is not known."""

    model_config = ConfigDict(extra="forbid")


class CorrectionShort(Shape):
    """A correction as lists show it."""

    id: int
    version: int = Field(description="Counts up with every change; each action sends the one it has seen.")
    stage: str
    way: str
    reason: str
    kind: str
    control_number: str = Field(description="Yours (CLM01).")
    charge: Dollars
    number: int = Field(description="Of its newest version.")
    case_id: int | None
    claim_id: int
    batch_id: int | None
    result_id: int | None = Field(description="The claim that was sent.")
    changed_at: datetime


class Change(Shape):
    """A difference to the claim that was sent."""

    place: str = Field(examples=["2310B NM109"])
    before: str
    after: str


class FindingShape(BaseModel):
    """What the edits say."""

    edit: str
    severity: str = Field(description="error: it is not ready; warn, info: worth a look.")
    place: str
    text: str
    remedy: str


class CorrectionWhole(CorrectionShort):
    """A correction with the values that it changes: for who may see patients."""

    payer_control_number: str
    trouble: str = Field(description="Why it came back.")
    edits: list[dict[str, Any]] = Field(description="As they are sent, with what stood there (`was`).")
    changes: list[Change]
    findings: list[FindingShape]

    @classmethod
    def of(cls, row: Correction) -> Self:
        """A correction with its claim, the file and batch of that, and its case."""
        laid = corrected.sheet(row, dispatch.read_span, timezone.localdate())
        changes = [Change(place=str(each.place), before=each.before, after=each.after) for each in laid.changes]
        short = CorrectionShort.model_validate(row).model_dump()
        told = {"payer_control_number": row.payer_control_number, "trouble": row.trouble, "edits": row.edits}
        return cls(**short, **told, changes=changes, findings=[FindingShape(**each) for each in row.found])


class BatchShape(Shape):
    """One interchange on its way out."""

    id: int
    stage: str
    kind: str
    receiver: str = Field(description="ISA08.")
    production: bool
    control: int = Field(description="ISA13.")
    count: int
    taken_out: int = Field(description="Claims that the judge refused: each says why.")
    charge: Dollars
    held: bool
    trouble: str
    file_id: int | None = Field(description="In the record, as soon as it is sent.")
    made_at: datetime
    sent_at: datetime | None

    @classmethod
    def of(cls, row: Batch) -> Self:
        """A batch with its receiver."""
        names = [name for name in cls.model_fields if name != "receiver"]
        return cls(**{name: getattr(row, name) for name in names}, receiver=row.receiver.receiver)


class Corrections(BaseModel):
    """Corrections, the newest first."""

    corrections: list[CorrectionShort]
    next: str = Field(description="The cursor of the next page; empty when this is the last.")


class Batches(BaseModel):
    """Batches, the newest first."""

    batches: list[BatchShape]
    next: str = Field(description="The cursor of the next page; empty when this is the last.")


class WhichCorrections(paging.Where):
    """Which page, and corrections of which stage."""

    stage: Annotated[Literal[("", *Correction.Stage.values)], Field(description="All when nobody says.")] = ""  # type: ignore[valid-type]  # the list of the model


class WhichBatches(paging.Where):
    """Which page, and batches of which stage."""

    stage: Annotated[Literal[("", *Batch.Stage.values)], Field(description="All when nobody says.")] = ""  # type: ignore[valid-type]  # the list of the model


# --- what is sent -----------------------------------------------------------------------------------------------------


class Start(Strict):
    """Which claim is corrected, and how it is to go if not as the rules advise."""

    case: Annotated[Number | None, Field(description="Its claim, as it was last answered; or name the claim.")] = None
    claim: Number | None = None
    way: Correction.Way | None = None
    why: Short = ""
    payer_control_number: Annotated[Text, Field(max_length=50)] = ""
    conditions: Annotated[Text, Field(max_length=40, description="Condition codes: D1 D9.")] = ""


Element = Text | list[Text]


class Put(Strict):
    """Change an element, give it where it is missing, take it away with an empty value."""

    put: Annotated[Text, Field(max_length=60, examples=["2310B NM1*82 09"])]
    value: Element


class Add(Strict):
    """Add segments to a loop, or a new loop."""

    add: Annotated[Text, Field(max_length=10, examples=["2300"])]
    segments: Annotated[list[list[Element]], Field(max_length=40, examples=[[["REF", "G1", "AU7"]]])]
    loop_at: Annotated[int, Field(ge=1, le=999)] = 1


class Remove(Strict):
    """Take away a segment, or with its first segment a loop."""

    remove: Annotated[Text, Field(max_length=60, examples=["2400.2 LX"])]


class Seen(Strict):
    """The version that was seen."""

    version: Number


class Changed(Seen):
    """Edits, one after the other: all are made, or none."""

    edits: Annotated[list[Put | Add | Remove], Field(min_length=1, max_length=EDITS)]


class Chosen(Seen):
    """Another way for it."""

    way: Correction.Way
    why: Short
    payer_control_number: Annotated[Text, Field(max_length=50)] = ""
    conditions: Annotated[Text, Field(max_length=40)] = ""


class Reverted(Seen):
    """An earlier version."""

    number: Number


class Because(Seen):
    """A reason."""

    why: Short


class Sending(Strict):
    """What is sent."""

    only: Annotated[list[Number] | None, Field(max_length=500, description="Ids of corrections; null: all ready.")] = (
        None
    )


# --- corrections ------------------------------------------------------------------------------------------------------


@corrections.get("", response=Corrections, summary="Corrections")
def list_corrections(request: HttpRequest, which: Query[WhichCorrections]) -> Corrections:
    """The corrections of claims, the newest first; what they change stands in each."""
    rows = visible_to(needs(request, Permission.SEE_PATIENTS, "listed_corrections"), Correction)
    rows = rows.filter(stage=which.stage) if which.stage else rows
    found = paging.page(rows, paging.NEWEST_FIRST, which)
    return Corrections(corrections=[CorrectionShort.model_validate(each) for each in found.rows], next=found.next)


@corrections.post(
    "/actions/start", response=CorrectionShort, operation_id="start_correction", summary="Correct a claim"
)
def start(request: HttpRequest, body: Start) -> HttpResponse:
    """Begin to correct the claim of a case, or any claim: it goes as the rules advise, or as you choose and say why."""
    return once(request, lambda: _told(_started(user_of(request), body)))


@corrections.get("/{int:correction_id}", response=CorrectionWhole, summary="One correction")
def one_correction(request: HttpRequest, correction_id: int) -> CorrectionWhole:
    """What is corrected, against the claim as it was sent, and what the edits say. That it was read is an event."""
    user = needs(request, Permission.SEE_PATIENTS, "viewed_correction")
    row = _correction(user, correction_id)
    shape = CorrectionWhole.of(row)
    events.record(row.organization, user, "viewed_correction", row)
    return shape


def _started(by: User, body: Start) -> Correction:
    case = get_object_or_404(visible_to(by, Case).select_related("payer"), pk=body.case) if body.case else None
    if case is not None and body.claim is None:
        claim = corrected.claim_of(case)
    else:
        rows = visible_to(by, Claim).select_related("batch", "file", "organization")
        claim = get_object_or_404(rows, pk=body.claim or 0)
    if claim is None:
        raise ActionError("The claim of this case is not known. Bring in the file (837) it was sent in.")
    choice = Choice(body.way, body.why, body.payer_control_number, body.conditions) if body.way else None
    return correcting.start(by, claim, case, dispatch.read_span, choice)


def _changed(by: User, row: Correction, body: Changed) -> Correction:
    try:
        edits = [restored(each.model_dump()) for each in body.edits]
        return correcting.change(by, row, edits, dispatch.read_span)
    except ValueError as error:  # EditError among them: which place, and why
        raise ActionError(str(error)[:1000]) from error


def _way_chosen(by: User, row: Correction, body: Chosen) -> Correction:
    choice = Choice(body.way, body.why, body.payer_control_number, body.conditions)
    return correcting.choose_way(by, row, choice, dispatch.read_span)


Act = Callable[[User, Correction, Any], Correction]
ACTS: Mapping[str, tuple[str, type[Seen], Act]] = {
    "change": ("Make edits", Changed, _changed),
    "choose_way": ("Choose how it goes", Chosen, _way_chosen),
    "revert": (
        "Go back to a version",
        Reverted,
        lambda by, row, body: correcting.revert(by, row, body.number, dispatch.read_span),
    ),
    "ready": ("Ready to send", Seen, lambda by, row, _: correcting.ready(by, row, dispatch.read_span)),
    "approve": ("Approve it", Seen, lambda by, row, _: correcting.approve(by, row)),
    "send_back": ("Send it back", Because, lambda by, row, body: correcting.send_back(by, row, body.why)),
    "hold": ("Hold it", Seen, lambda by, row, _: correcting.hold(by, row)),
    "release": ("Release it", Seen, lambda by, row, _: correcting.release(by, row)),
    "reopen": ("Correct it further", Seen, lambda by, row, _: correcting.reopen(by, row)),
    "withdraw": ("Withdraw it", Seen, lambda by, row, _: correcting.withdraw(by, row)),
}
"""What can be done to a correction: words, what is sent, and the action."""


def _route(name: str, words: str, model: type[Seen], act: Act) -> None:
    def view(request: HttpRequest, correction_id: int, body: Seen) -> HttpResponse:
        def done() -> HttpResponse:
            user = needs(request, Permission.SEE_PATIENTS, f"{name}_correction")
            return _told(_acted(user, correction_id, body, act))

        return once(request, done)

    view.__annotations__["body"] = model
    function = getattr(correcting, name)
    route = corrections.post(
        f"/{{int:correction_id}}/actions/{name}",
        response=CorrectionShort,
        operation_id=f"{name}_correction",
        summary=words,
        description=function.__doc__,
    )
    route(view)


def _acted(by: User, correction_id: int, body: Seen, act: Act) -> Correction:
    row = _correction(by, correction_id)
    row.version = body.version
    return act(by, row, body)


for _name, (_words, _model, _act) in ACTS.items():
    _route(_name, _words, _model, _act)


def _correction(user: User, number: int) -> Correction:
    rows = visible_to(user, Correction).select_related(
        "organization", "claim__batch", "claim__file", "case", "receiver"
    )
    return get_object_or_404(rows, pk=number)


def _told(row: Correction) -> HttpResponse:
    return JsonResponse(CorrectionShort.model_validate(row).model_dump(mode="json"))


# --- batches ----------------------------------------------------------------------------------------------------------


@batches.get("", response=Batches, summary="Batches")
def list_batches(request: HttpRequest, which: Query[WhichBatches]) -> Batches:
    """The interchanges that go out or went, the newest first."""
    rows = visible_to(needs(request, Permission.SEE_CASES, "listed_batches"), Batch).select_related("receiver")
    rows = rows.filter(stage=which.stage) if which.stage else rows
    found = paging.page(rows, paging.NEWEST_FIRST, which)
    return Batches(batches=[BatchShape.of(each) for each in found.rows], next=found.next)


@batches.post("/actions/send", response=Batches, operation_id="send_claims", summary="Send what is ready")
def send(request: HttpRequest, body: Sending) -> HttpResponse:
    """Put what is ready into batches; they are written and judged within a minute, and leave by their connections."""

    def sent() -> HttpResponse:
        user = user_of(request)
        made = dispatch.send(user, house_of(user), body.only)
        return JsonResponse(Batches(batches=[BatchShape.of(each) for each in made], next="").model_dump(mode="json"))

    return once(request, sent)


@batches.get("/{int:batch_id}", response=BatchShape, summary="One batch")
def one_batch(request: HttpRequest, batch_id: int) -> BatchShape:
    """How far a batch has come."""
    return BatchShape.of(_batch(user_of(request), batch_id))


@batches.get("/{int:batch_id}/file", summary="The bytes of a batch", response={200: None})
def batch_file(request: HttpRequest, batch_id: int) -> HttpResponseBase:
    """The interchange, to be taken to its receiver by a program of yours; that it was taken is an event."""
    user = needs(request, Permission.SEND_CLAIMS, "took_batch")
    batch = sending.take(user, _batch(user, batch_id))
    stream, name = dispatch.opened(batch), dispatch.name_of(batch)
    return FileResponse(stream, as_attachment=True, filename=name, content_type="application/edi-x12")


BATCH_ACTS: Mapping[str, tuple[str, Callable[[User, Batch], Batch]]] = {
    "hold": ("Hold it", sending.hold),
    "release": ("Release it", sending.release),
    "disband": ("Take it apart", sending.disband),
    "hand_over": ("It was taken to its receiver", dispatch.hand_over),
}
"""What can be done to a batch."""


def _batch_route(name: str, words: str, act: Callable[[User, Batch], Batch]) -> None:
    def view(request: HttpRequest, batch_id: int) -> HttpResponse:
        def done() -> HttpResponse:
            user = needs(request, Permission.SEND_CLAIMS, f"{name}_batch")
            row = act(user, _batch(user, batch_id))
            return JsonResponse(BatchShape.of(row).model_dump(mode="json"))

        return once(request, done)

    route = batches.post(
        f"/{{int:batch_id}}/actions/{name}",
        response=BatchShape,
        operation_id=f"{name}_batch",
        summary=words,
        description=act.__doc__,
    )
    route(view)


for _name, (_words, _does) in BATCH_ACTS.items():
    _batch_route(_name, _words, _does)


def _batch(user: User, number: int) -> Batch:
    return get_object_or_404(visible_to(user, Batch).select_related("organization", "receiver"), pk=number)
