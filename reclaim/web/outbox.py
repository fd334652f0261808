"""The outbox: corrections that are ready, held or wait for a second look, and the batches that go out or went."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.contrib import messages
from django.db.models import Count, Sum
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from reclaim import clock, dispatch
from reclaim.desk import correcting, sending
from reclaim.desk.acting import ActionError
from reclaim.desk.models import Batch, Correction, StatusRequest
from reclaim.people.access import Permission, may, visible_to
from reclaim.people.actions import PeopleError
from reclaim.people.models import User
from reclaim.record.connections.models import Outgoing
from reclaim.web import office, words
from reclaim.web.parts import Figure, Place, Tab, number, pager, place_in

PAGE = 50
BATCHES = 20
"""Batches of a page."""
LATE = timedelta(days=4)
"""After which a batch without an acknowledgment is marked: two business days and a weekend."""
REFUSED = "Sending claims is not part of your role."
REFUSALS = (ActionError, PeopleError)
Stage = Correction.Stage
TABS = (
    ("ready", "Ready", (Stage.READY,)),
    ("approval", "Second look", (Stage.APPROVAL,)),
    ("held", "Held", (Stage.HELD,)),
    ("draft", "In correction", (Stage.DRAFT,)),
    ("rejected", "Rejected", (Stage.REJECTED,)),
    ("sent", "Sent", (Stage.BATCHED, Stage.SENT, Stage.ACKNOWLEDGED, Stage.ANSWERED)),
)
"""Corrections by how far they have come: name, words, stages."""
EMPTY = {
    "ready": (
        "Nothing is ready to send",
        "Correct the claim of a case and make it ready: it stands here until it goes.",
    ),
    "approval": (
        "Nothing waits for a second look",
        "A corrected claim above the amount in Settings waits here until a second person who sends claims agrees.",
    ),
    "held": ("Nothing is held", "What is ready can be held: it stays here until somebody releases it."),
    "draft": (
        "Nothing is in correction",
        "Open a case and correct its claim. What the judge stopped comes back here, with the reason.",
    ),
    "rejected": (
        "Nothing was rejected",
        "A corrected claim that a payer or clearinghouse turns back stands here: correct it further.",
    ),
    "sent": ("Nothing was sent yet", "What left stands here, with how far it has come: acknowledged, answered."),
}
BATCH_TONES = {
    Batch.Stage.ACKNOWLEDGED: "good",
    Batch.Stage.REJECTED: "late",
    Batch.Stage.BUILDING: "soon",
    Batch.Stage.WRITTEN: "soon",
}
TONES = {Stage.REJECTED: "late", Stage.ACKNOWLEDGED: "good", Stage.ANSWERED: "good", Stage.APPROVAL: "soon"}


class Row(NamedTuple):
    """A correction as the list shows it."""

    row: Correction
    patient: str
    tone: str
    mine: bool  # who looks has made it ready: a second person looks at it


class Sent(NamedTuple):
    """A batch as lists show it."""

    row: Batch
    stage: str
    tone: str
    note: str  # what is to be done, or what is waited for
    acts: list[str]  # names of BATCH_ACTS that can be done


class Act(NamedTuple):
    """Something that can be done to a batch."""

    label: str
    said: str
    do: Callable[[User, Batch], Batch]


BATCH_ACTS: Mapping[str, Act] = {
    "hand_over": Act(
        "It was taken to its receiver", "The batch is sent. Its cases wait for the payer.", dispatch.hand_over
    ),
    "hold": Act("Hold it", "The batch waits until somebody releases it.", sending.hold),
    "release": Act("Release it", "The batch may leave.", sending.release),
    "disband": Act("Take it apart", "The batch is taken apart: its claims are ready again.", sending.disband),
}
CORRECTION_ACTS: Mapping[str, tuple[str, Callable[[User, Correction], Correction]]] = {
    "hold": ("held", correcting.hold),
    "release": ("released", correcting.release),
    "approve": ("approved", correcting.approve),
}
"""What is done to chosen corrections: in the past tense, and the action."""


# --- the page ---------------------------------------------------------------------------------------------------------


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """Corrections of one stage, and the newest batches."""
    user = office.user_of(request)
    rows = visible_to(user, Correction)
    counts = {
        stage: (many, charge or Decimal(0))
        for stage, many, charge in rows.values_list("stage").annotate(Count("pk"), Sum("charge")).order_by()
    }
    name = request.GET.get("stage", "")
    name, _, stages = next((each for each in TABS if each[0] == name), TABS[0])
    total = sum(counts.get(each, (0, 0))[0] for each in stages)
    here = place_in(request, "page", total, PAGE)
    found = rows.filter(stage__in=stages).select_related("claim", "receiver", "batch", "ready_by", "made_by")
    shown = list(found.order_by("-pk")[(here - 1) * PAGE : here * PAGE])
    context = {
        "figures": _figures(user, counts),
        "tabs": [
            Tab(label, sum(counts.get(each, (0, 0))[0] for each in held), key == name, _address(key))
            for key, label, held in TABS
        ],
        "stage": name,
        "rows": [_row(each, user) for each in shown],
        "empty": EMPTY[name],
        "pager": pager(Place(_address(name), "page", here, PAGE), len(shown), total, "corrections"),
        "sees": may(user, Permission.SEE_PATIENTS),
        "works": may(user, Permission.WORK_CASES),
        "sends": may(user, Permission.SEND_CLAIMS),
        "ready": counts.get(Stage.READY, (0, Decimal(0))),
        **_batches(request, user, _address(name)),
        **_questions(user),
        "today": timezone.localdate(),
    }
    return office.page(request, "outbox.html", context)


@require_GET
def batches(request: HttpRequest) -> HttpResponse:
    """The batches alone: asked for every few seconds while one is being written."""
    user = office.user_of(request)
    context = {**_batches(request, user, reverse("web:outbox")), "sends": may(user, Permission.SEND_CLAIMS)}
    return office.page(request, "outbox_batches.html", context)


def _figures(user: User, counts: Mapping[str, tuple[int, Decimal]]) -> list[Figure]:
    if not may(user, Permission.SEE_PATIENTS):
        return []

    def told(label: str, name: str, *stages: str, tone: str = "") -> Figure:
        many = sum(counts.get(each, (0, Decimal(0)))[0] for each in stages)
        dollars = sum((counts.get(each, (0, Decimal(0)))[1] for each in stages), Decimal(0))
        said = "1 claim" if many == 1 else f"{many:,} claims"
        return Figure(label, words.money(dollars), said, tone if many else "", href=_address(name))

    return [
        told("Ready to send", "ready", Stage.READY),
        told("Waiting for a second look", "approval", Stage.APPROVAL, tone="soon"),
        told("Held", "held", Stage.HELD),
        told("With the payer", "sent", Stage.SENT, Stage.ACKNOWLEDGED),
        told("Rejected", "rejected", Stage.REJECTED, tone="late"),
    ]


def _row(row: Correction, user: User) -> Row:
    tone = TONES.get(Stage(row.stage), "")
    return Row(row, words.masked(row.claim.patient), tone, row.stage == Stage.APPROVAL and row.ready_by_id == user.pk)


def _batches(request: HttpRequest, user: User, path: str) -> dict[str, Any]:
    rows = visible_to(user, Batch)
    total = rows.count()
    here = place_in(request, "batches", total, BATCHES)
    found = rows.select_related("receiver__connection", "outgoing", "sent_by", "file")
    shown = list(found.order_by("-pk")[(here - 1) * BATCHES : here * BATCHES])
    return {
        "batches": [_sent(each) for each in shown],
        "batch_pager": pager(Place(path, "batches", here, BATCHES), len(shown), total, "batches"),
        "under_way": any(each.stage == Batch.Stage.BUILDING for each in shown),
        "acts": BATCH_ACTS,
    }


def _questions(user: User) -> dict[str, int]:
    waits = (StatusRequest.Stage.READY, StatusRequest.Stage.BATCHED)
    rows = visible_to(user, StatusRequest).filter(stage__in=waits)
    return {"questions": rows.count()}


def _sent(row: Batch) -> Sent:
    note, acts, tone = "", list[str](), BATCH_TONES.get(Batch.Stage(row.stage), "")
    stage: str = row.get_stage_display()
    if row.trouble:
        note, tone = row.trouble, "late"
    elif row.stage == Batch.Stage.BUILDING:
        note = "It is written and judged within a minute."
    elif row.stage == Batch.Stage.WRITTEN:
        note = _waits(row)
    elif row.stage == Batch.Stage.SENT and row.sent_at and timezone.now() - row.sent_at > LATE:
        note, tone = "No acknowledgment has come. Ask the receiver whether the file arrived.", "late"
    elif row.stage == Batch.Stage.SENT:
        note = "Waits for its acknowledgment (999)."
    if row.stage in (Batch.Stage.BUILDING, Batch.Stage.WRITTEN) and row.outgoing_id is None:
        by_hand = row.stage == Batch.Stage.WRITTEN and not row.held and row.receiver.connection is None
        acts = [*(["hand_over"] if by_hand else []), "release" if row.held else "hold", "disband"]
    return Sent(row, "Held" if row.held and acts else stage, tone, note, acts)


def _waits(row: Batch) -> str:
    if row.held:
        return "It waits until somebody releases it."
    if row.outgoing is not None:
        sent = row.outgoing.state == Outgoing.State.SENT
        return (
            "It left; the record takes it in."
            if sent
            else f"On its way by {row.receiver.connection or 'its connection'}."
        )
    if row.receiver.connection is not None:
        return f"It leaves within a minute by {row.receiver.connection}."
    return "Download it, take it to the receiver, and say so here."


# --- one batch --------------------------------------------------------------------------------------------------------


@require_GET
def batch(request: HttpRequest, batch_id: int) -> HttpResponse:
    """One batch, with the claims in it."""
    user, row = office.user_of(request), _batch(request, batch_id)
    rows = visible_to(user, Correction).filter(batch=row)
    here = place_in(request, "page", row.count, PAGE)
    found = rows.select_related("claim", "receiver", "ready_by", "made_by", "batch").order_by("position", "pk")
    shown = list(found[(here - 1) * PAGE : here * PAGE])
    asked = visible_to(user, StatusRequest).filter(batch=row).select_related("claim").order_by("pk")
    context = {
        "each": _sent(row),
        "batch": row,
        "name": dispatch.name_of(row),
        "rows": [_row(each, user) for each in shown],
        "requests": asked[:PAGE] if row.kind == Batch.Kind.INQUIRY else (),
        "pager": pager(Place(reverse("web:batch", args=[row.pk]), "page", here, PAGE), len(shown), row.count, "claims"),
        "sends": may(user, Permission.SEND_CLAIMS),
        "sees": may(user, Permission.SEE_PATIENTS),
        "sees_files": may(user, Permission.SEE_FILES),
        "acts": BATCH_ACTS,
        "sender": office.called(row.sent_by) if row.sent_at else "",
        "maker": office.called(row.made_by),
        "today": timezone.localdate(),
    }
    return office.page(request, "batch.html", context)


@require_GET
def download(request: HttpRequest, batch_id: int) -> HttpResponseBase:
    """Its bytes, to be taken to the receiver; that somebody took them is an event."""
    office.insist(request, Permission.SEND_CLAIMS, REFUSED)
    row = _batch(request, batch_id)
    try:
        row = sending.take(office.user_of(request), row)
        stream = dispatch.opened(row)
    except ActionError as error:
        messages.error(request, str(error))
        return redirect("web:batch", batch_id)
    return FileResponse(stream, as_attachment=True, filename=dispatch.name_of(row), content_type="application/edi-x12")


@require_POST
def batch_act(request: HttpRequest, name: str, batch_id: int) -> HttpResponse:
    """Hold, release, take apart, or note that it was handed over."""
    office.insist(request, Permission.SEND_CLAIMS, REFUSED)
    row, act = _batch(request, batch_id), BATCH_ACTS.get(name)
    if act is None:
        return redirect("web:batch", batch_id)
    try:
        act.do(office.user_of(request), row)
    except REFUSALS as error:
        messages.error(request, str(error))
    else:
        messages.success(request, act.said)
    return redirect("web:batch", batch_id) if "stay" in request.POST else redirect("web:outbox")


def _batch(request: HttpRequest, batch_id: int) -> Batch:
    office.found(request, Batch, batch_id)
    rows = visible_to(office.user_of(request), Batch)
    beside = ("organization", "receiver__connection", "outgoing", "file", "sent_by", "made_by")
    return rows.select_related(*beside).get(pk=batch_id)


# --- sending, holding, approving --------------------------------------------------------------------------------------


@require_POST
def send(request: HttpRequest) -> HttpResponse:
    """Put what is ready, or what was chosen of it, into batches; the job goes on with them at once."""
    office.insist(request, Permission.SEND_CLAIMS, REFUSED)
    user, chosen = office.user_of(request), _chosen(request)
    made = dispatch.send(user, office.house_of(request), list(chosen) if chosen or "some" in request.POST else None)
    if not made:
        messages.info(request, "Nothing was ready to send.")
        return redirect("web:outbox")
    clock.send_soon()
    claims, many = sum(each.count for each in made), len(made)
    said = f"{claims:,} {'claim' if claims == 1 else 'claims'} in {many:,} {'batch' if many == 1 else 'batches'}"
    messages.success(request, f"{said}. They are written and judged now; look below how far they are.")
    return redirect(f"{reverse('web:outbox')}#batches")


@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Hold, release or approve the corrections that were chosen, each as it was seen."""
    name = request.POST.get("do", "")
    if name == "send":
        return send(request)
    needed = Permission.SEND_CLAIMS if name == "approve" else Permission.WORK_CASES
    office.insist(request, needed, "This is not part of your role.")
    user, chosen = office.user_of(request), _chosen(request)
    said, do = CORRECTION_ACTS.get(name, ("", None))
    back = _address(request.POST.get("stage", ""))
    if do is None or not chosen:
        messages.info(request, "Choose the claims first.")
        return redirect(back)
    troubles, rows = list[str](), visible_to(user, Correction).select_related("organization").in_bulk(list(chosen))
    for key, row in rows.items():
        row.version = chosen[key]
        try:
            do(user, row)
        except REFUSALS as error:
            troubles.append(f"{row.control_number}: {error}")
    if done := len(rows) - len(troubles):
        messages.success(request, f"{done:,} {'claim' if done == 1 else 'claims'} {said}.")
    for trouble in troubles[:5]:
        messages.error(request, trouble)
    return redirect(back)


def _chosen(request: HttpRequest) -> dict[int, int]:
    """The corrections that were ticked, with the versions that were seen."""
    pairs = (each.partition(":") for each in request.POST.getlist("correction")[:PAGE])
    return {number(key): number(seen) for key, _, seen in pairs}


# --- where a page stands ----------------------------------------------------------------------------------------------


def _address(stage: str) -> str:
    known = {name for name, _, _ in TABS}
    return f"{reverse('web:outbox')}?stage={stage}" if stage in known - {"ready"} else reverse("web:outbox")
