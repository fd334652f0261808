"""Connections to payers: where files are fetched and sent, the keys of servers, what came and went."""

from typing import Any, NamedTuple

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from reclaim import exchange
from reclaim.people.access import Permission, visible_to
from reclaim.people.actions import PeopleError
from reclaim.record.connections import administering
from reclaim.record.connections.administering import Wanted
from reclaim.record.connections.models import Connection, Fetched, Outgoing
from reclaim.record.connections.sftp import fingerprint
from reclaim.web import office
from reclaim.web.parts import number

REFUSED = "Connections are not part of your role."
HISTORY = 50
"""Files of each direction that are shown, the newest."""
SECONDS = 20.0
"""After which a visit that somebody waits for begins no more; the job goes on."""
CHOICES = {
    "kinds": Connection.Kind.choices,
    "sign_ins": Connection.SignIn.choices,
    "afters": Connection.After.choices,
    "least": administering.EVERY[0],
    "most": administering.EVERY[1],
}


class Row(NamedTuple):
    """A connection as the list shows it."""

    connection: Connection
    state: str  # in words
    tone: str


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("password", "key")
@sensitive_variables("wanted")
def page(request: HttpRequest) -> HttpResponse:
    """All connections; a form makes one more."""
    office.insist(request, Permission.ADMINISTER, REFUSED)
    if request.method != "POST":
        return _page(request, Wanted(name="", kind=Connection.Kind.SFTP))
    wanted = _wanted(request)
    try:
        made = administering.make(office.user_of(request), office.house_of(request), wanted)
    except PeopleError as error:
        return _page(request, wanted, str(error))
    messages.success(request, "The connection is there. Test it now: at the first test the server shows its key.")
    return redirect("web:connection", made.pk)


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("password", "key")
@sensitive_variables("wanted")
def edit(request: HttpRequest, connection_id: int) -> HttpResponse:
    """One connection: how it is, what came and went; a form changes it."""
    connection = _connection(request, connection_id)
    if request.method != "POST":
        return _one(request, connection)
    wanted = _wanted(request)
    try:
        administering.change(office.user_of(request), connection, wanted)
    except PeopleError as error:
        return _one(request, _connection(request, connection_id), str(error), wanted)
    messages.success(request, "Saved.")
    return redirect("web:connection", connection.pk)


@require_POST
def check(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Test it now; nothing is fetched or sent."""
    connection = _connection(request, connection_id)
    if trouble := exchange.check(office.user_of(request), connection):
        messages.error(request, trouble)
    else:
        messages.success(request, "It works: Reclaim gets in, and the folders are there.")
    return redirect("web:connection", connection.pk)


@require_POST
def visit(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Fetch and send now."""
    connection = _connection(request, connection_id)
    done = exchange.visit(connection, office.user_of(request), SECONDS)
    (messages.error if done.trouble else messages.success)(request, told(done))
    return redirect("web:connection", connection.pk)


@require_POST
def trust(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Confirm the key that the server has shown."""
    connection = _connection(request, connection_id)
    shown = request.POST.get("fingerprint", "")[:200]
    return office.done(
        request,
        lambda: administering.trust(office.user_of(request), connection, shown),
        "The key is confirmed. Test the connection to see whether it lets Reclaim in.",
        reverse("web:connection", args=[connection.pk]),
        lambda trouble: _one(request, _connection(request, connection_id), trouble),
    )


@require_POST
def switch(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Let it rest, or go on."""
    connection = _connection(request, connection_id)
    administering.switch(office.user_of(request), connection, on="on" in request.POST)
    return redirect("web:connection", connection.pk)


@require_POST
def remove(request: HttpRequest, connection_id: int) -> HttpResponse:
    """End it."""
    connection = _connection(request, connection_id)
    return office.done(
        request,
        lambda: administering.remove(office.user_of(request), connection),
        "The connection is removed. What it fetched stays.",
        "web:connections",
        lambda trouble: _one(request, _connection(request, connection_id), trouble),
    )


def told(done: exchange.Visit) -> str:
    """What came of a visit, in words."""
    if done.busy:
        return "It is being visited right now. Look again in a minute."
    counts = (
        (done.fetched, "fetched"),
        (done.same, "had come before"),
        (done.waiting, "waited for: taken once they no longer change, within minutes"),
        (done.sent, "sent"),
    )
    said = ", ".join(f"{count:,} {words}" for count, words in counts if count)
    return f"{done.trouble} {f'Files: {said}.' if said else '' if done.trouble else 'Nothing new.'}".strip()


def _connection(request: HttpRequest, connection_id: int) -> Connection:
    office.insist(request, Permission.ADMINISTER, REFUSED)
    return office.found(request, Connection, connection_id)


def _wanted(request: HttpRequest) -> Wanted:
    typed = {
        name: request.POST.get(name, "")[:400] for name in Wanted._fields if name in request.POST and name != "secret"
    }
    numbers: dict[str, Any] = {name: number(typed.pop(name, "").strip()) for name in ("port", "every")}
    proof = "key" if typed.get("sign_in") == Connection.SignIn.KEY else "password"
    return Wanted(**{"name": "", "kind": "", **typed, **numbers, "secret": request.POST.get(proof, "")[:20_000]})


def _page(request: HttpRequest, typed: Wanted, trouble: str = "") -> HttpResponse:
    rows = visible_to(office.user_of(request), Connection).order_by("name")[: administering.MOST]
    context = {"rows": [_row(each) for each in rows], "typed": typed, "trouble": trouble, "folders": settings.FOLDERS}
    return office.page(request, "connections.html", {**context, **CHOICES})


def _one(request: HttpRequest, connection: Connection, trouble: str = "", typed: Wanted | None = None) -> HttpResponse:
    user = office.user_of(request)
    fetched = visible_to(user, Fetched).filter(connection=connection)
    outgoing = visible_to(user, Outgoing).filter(connection=connection)
    context = {
        "connection": connection,
        "row": _row(connection),
        "typed": typed or connection,
        "trouble": trouble,
        "seen": fingerprint(connection.host_key_seen) if connection.host_key_seen else "",
        "confirmed": fingerprint(connection.host_key) if connection.host_key else "",
        "fetched": fetched.order_by("-pk")[:HISTORY],
        "fetched_count": fetched.count(),
        "outgoing": outgoing.order_by("-pk")[:HISTORY],
        "outgoing_count": outgoing.count(),
        "shown": HISTORY,
        "folders": settings.FOLDERS,
    }
    return office.page(request, "connection.html", {**context, **CHOICES})


def _row(connection: Connection) -> Row:
    if not connection.active:
        return Row(connection, "off", "")
    if connection.host_key_seen:
        return Row(connection, "key to confirm", "late" if connection.host_key else "soon")
    if connection.trouble:
        return Row(connection, "trouble", "late")
    return Row(connection, "works", "good") if connection.visited_at else Row(connection, "new", "")
