"""Teams, locations and absences: how people and claims are grouped, who is away, and who covers."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from reclaim.people import absences, teams
from reclaim.people.absences import AbsenceError
from reclaim.people.access import Permission, may, membership_of, visible_to
from reclaim.people.models import Absence, Location, Membership, Team
from reclaim.web import office
from reclaim.web.parts import number

SHOWN = 500
"""Teams, places, absences and members on one page; that there are more is said."""
EDIT = require_http_methods(["GET", "POST"])


@EDIT
def team_list(request: HttpRequest) -> HttpResponse:
    """The teams; a form makes one more."""
    office.insist(request, Permission.SEE_PEOPLE, "Teams are not part of your role.")
    if request.method != "POST":
        return _teams(request)
    name = request.POST.get("name", "")
    return office.done(
        request,
        lambda: teams.make_team(office.user_of(request), office.house_of(request), name),
        "The team is there. Now say who is in it.",
        "web:people_teams",
        lambda trouble: _teams(request, trouble, name),
    )


@EDIT
def team(request: HttpRequest, team_id: int) -> HttpResponse:
    """One team: its name, and who is in it."""
    row = office.found(request, Team, team_id)
    if request.method != "POST":
        return _team(request, row)
    name, members = request.POST.get("name", ""), {number(each) for each in request.POST.getlist("member")}
    return office.done(
        request,
        lambda: teams.change_team(office.user_of(request), row, name, members),
        f"{' '.join(name.split())} is saved.",
        "web:people_teams",
        lambda trouble: _team(request, row, trouble, {"name": name, "members": members}),
    )


@EDIT
def location_list(request: HttpRequest) -> HttpResponse:
    """The places of care; a form names one more."""
    office.insist(request, Permission.SEE_PEOPLE, "Locations are not part of your role.")
    if request.method != "POST":
        return _locations(request)
    name, npis = request.POST.get("name", ""), request.POST.get("npis", "")
    return office.done(
        request,
        lambda: teams.make_location(office.user_of(request), office.house_of(request), name, npis),
        f"{' '.join(name.split())} is there.",
        "web:people_locations",
        lambda trouble: _locations(request, trouble, {"name": name, "npis": npis}),
    )


@EDIT
def location(request: HttpRequest, location_id: int) -> HttpResponse:
    """One place: its name and its provider identifiers."""
    row = office.found(request, Location, location_id)
    if request.method != "POST":
        return _location(request, row)
    name, npis = request.POST.get("name", ""), request.POST.get("npis", "")
    return office.done(
        request,
        lambda: teams.change_location(office.user_of(request), row, name, npis),
        f"{' '.join(name.split())} is saved.",
        "web:people_locations",
        lambda trouble: _location(request, row, trouble, {"name": name, "npis": npis}),
    )


@EDIT
def absence_list(request: HttpRequest) -> HttpResponse:
    """Who is away now and soon; a form adds one's own absence, or, for who assigns cases, anybody's."""
    office.insist(request, Permission.SEE_PEOPLE, "Absences are not part of your role.")
    if request.method != "POST":
        return _absences(request)
    typed = {name: request.POST.get(name, "") for name in ("member", "first", "last", "cover")}
    return office.done(
        request,
        lambda: _note(request, typed),
        "The absence is noted.",
        "web:people_absences",
        lambda trouble: _absences(request, trouble, typed),
    )


@require_POST
def end_absence(request: HttpRequest, absence_id: int) -> HttpResponse:
    """Take an absence back."""
    row = office.found(request, Absence, absence_id)
    return office.done(
        request,
        lambda: absences.end_absence(office.user_of(request), row),
        "The absence is taken back.",
        "web:people_absences",
        lambda trouble: _absences(request, trouble),
    )


def _note(request: HttpRequest, typed: Mapping[str, str]) -> None:
    try:
        first, last = date.fromisoformat(typed["first"]), date.fromisoformat(typed["last"] or typed["first"])
    except ValueError as error:
        raise AbsenceError("Write both days as a date.") from error
    members = visible_to(office.user_of(request), Membership)
    who = members.filter(pk=number(typed["member"])).first() if typed["member"] else membership_of(request.user)
    cover = members.filter(pk=number(typed["cover"])).first() if typed["cover"] else None
    if who is None or (typed["cover"] and cover is None):
        raise AbsenceError("Choose somebody of the list.")
    absences.note_absence(office.user_of(request), who, first, last, cover)


# --- what the pages show ----------------------------------------------------------------------------------------------


def _manages(request: HttpRequest) -> dict[str, bool]:
    return {"manages": may(request.user, Permission.MANAGE_PEOPLE)}


def _teams(request: HttpRequest, trouble: str = "", name: str = "") -> HttpResponse:
    rows = visible_to(request.user, Team).annotate(people=Count("memberships")).order_by("name")
    context = {"rows": rows[:SHOWN], "trouble": trouble, "typed": {"name": name}}
    return office.page(request, "teams.html", context | _manages(request))


def _team(request: HttpRequest, row: Team, trouble: str = "", typed: Mapping[str, Any] | None = None) -> HttpResponse:
    members = visible_to(request.user, Membership).select_related("user").order_by("user__email")[:SHOWN]
    chosen = typed["members"] if typed else set(row.memberships.values_list("pk", flat=True))
    context = {
        "row": row,
        "typed": typed or {"name": row.name},
        "members": [(each, each.pk in chosen) for each in members],
        "trouble": trouble,
    }
    return office.page(request, "team_edit.html", context | _manages(request))


def _locations(request: HttpRequest, trouble: str = "", typed: Mapping[str, str] | None = None) -> HttpResponse:
    rows = visible_to(request.user, Location).order_by("name")[:SHOWN]
    context = {"rows": rows, "typed": typed or {}, "trouble": trouble}
    return office.page(request, "locations.html", context | _manages(request))


def _location(
    request: HttpRequest, row: Location, trouble: str = "", typed: Mapping[str, str] | None = None
) -> HttpResponse:
    known = {"name": row.name, "npis": ", ".join(row.npis)}
    context = {"row": row, "typed": typed or known, "trouble": trouble}
    return office.page(request, "location_edit.html", context | _manages(request))


def _absences(request: HttpRequest, trouble: str = "", typed: Mapping[str, str] | None = None) -> HttpResponse:
    user, today = office.user_of(request), timezone.localdate()
    every = may(user, Permission.ASSIGN_CASES)
    context = {
        "rows": absences.ahead(visible_to(user, Absence), today)[:SHOWN],
        "members": visible_to(user, Membership).select_related("user").order_by("user__email")[:SHOWN],
        "every": every,
        "mine": user.pk,
        "typed": typed or {},
        "trouble": trouble,
        "today": today,
    }
    return office.page(request, "absences.html", context)
