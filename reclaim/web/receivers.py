"""Who takes our claims: what each is called, by which connection it is reached, and whether it gets tests."""

from typing import NamedTuple

from django.contrib import messages
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from reclaim.desk import routing
from reclaim.desk.acting import ActionError
from reclaim.desk.models import Receiver
from reclaim.people.access import Permission, visible_to
from reclaim.people.actions import PeopleError
from reclaim.record.connections.models import Connection
from reclaim.web import office
from reclaim.web.parts import number

REFUSED = "Receivers of claims are not part of your role."
MOST = 200


class Typed(NamedTuple):
    """What a form holds."""

    name: str
    production: bool
    connection: int  # 0: none


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """All receivers."""
    office.insist(request, Permission.ADMINISTER, REFUSED)
    rows = visible_to(office.user_of(request), Receiver).select_related("connection")
    shown = rows.annotate(last=Max("batches__sent_at")).order_by("name", "pk")[:MOST]
    return office.page(request, "receivers.html", {"rows": shown})


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, receiver_id: int) -> HttpResponse:
    """One receiver; a form changes it."""
    office.insist(request, Permission.ADMINISTER, REFUSED)
    receiver = office.found(request, Receiver, receiver_id)
    if request.method != "POST":
        return _page(request, receiver, Typed(receiver.name, receiver.production, receiver.connection_id or 0))
    chosen = number(request.POST.get("connection", ""))
    typed = Typed(request.POST.get("name", "")[:200], "production" in request.POST, chosen)
    connection = office.found(request, Connection, chosen) if chosen else None
    user = office.user_of(request)
    try:
        routing.configure(user, receiver, name=typed.name, production=typed.production, connection=connection)
    except (ActionError, PeopleError) as error:
        return _page(request, receiver, typed, str(error))
    messages.success(request, "Saved. It holds for batches made from now on; those that wait go as they were made.")
    return redirect("web:receivers")


def _page(request: HttpRequest, receiver: Receiver, typed: Typed, trouble: str = "") -> HttpResponse:
    sends = visible_to(office.user_of(request), Connection).exclude(folder_out="").order_by("name")[:MOST]
    context = {"receiver": receiver, "typed": typed, "connections": sends, "trouble": trouble}
    return office.page(request, "receiver.html", context)
