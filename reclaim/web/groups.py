"""Teams, locations and absences: how people and claims are grouped, who is away, and who covers."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple

from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from reclaim.desk import leaving
from reclaim.people import absences, teams
from reclaim.people.absences import AbsenceError
from reclaim.people.access import Permission, may, membership_of, visible_to
from reclaim.people.models import Absence, Location, Membership, Organization, Team, User
from reclaim.web import office
from reclaim.web.parts import number

SHOWN = 500
"""Teams, places, absences and members on one page; that there are more is said."""
EDIT = require_http_methods(["GET", "POST"])


class Sort(NamedTuple):
    """Teams or locations: what differs between their pages."""

    kind: type[Team] | type[Location]
    insisted: str
    back: str
    list: str  # templates
    one: str
    named: str  # what is said of a new one, after its name
    typed: Callable[[QueryDict], dict[str, Any]]
    known: Callable[[Any], dict[str, Any]]  # what is typed into the form of one that is there
    make: Callable[[User, Organization, dict[str, Any]], object]
    change: Callable[[User, Any, dict[str, Any]], object]
    remove: Callable[[User, Any], object]


def _named(post: QueryDict) -> dict[str, Any]:
    return {"name": post.get("name", "")}


TEAMS = Sort(
    *(Team, "Teams are not part of your role.", "web:people_teams", "teams.html", "team_edit.html"),
    named="is there. Now say who is in it.",
    typed=lambda post: _named(post) | {"members": {number(each) for each in post.getlist("member")}},
    known=lambda row: {"name": row.name, "members": set(row.memberships.values_list("pk", flat=True))},
    make=lambda by, house, typed: teams.make_team(by, house, typed["name"]),
    change=lambda by, row, typed: teams.change_team(by, row, **typed),
    remove=leaving.remove_team,
)
LOCATIONS = Sort(
    *(Location, "Locations are not part of your role.", "web:people_locations", "locations.html", "location_edit.html"),
    named="is there.",
    typed=lambda post: _named(post) | {"npis": post.get("npis", "")},
    known=lambda row: {"name": row.name, "npis": ", ".join(row.npis)},
    make=lambda by, house, typed: teams.make_location(by, house, **typed),
    change=lambda by, row, typed: teams.change_location(by, row, **typed),
    remove=leaving.remove_location,
)


@EDIT
def team_list(request: HttpRequest) -> HttpResponse:
    """The teams; a form makes one more."""
    return _list(request, TEAMS)


@EDIT
def team(request: HttpRequest, team_id: int) -> HttpResponse:
    """One team: its name, and who is in it."""
    return _one(request, TEAMS, team_id)


@require_POST
def remove_team(request: HttpRequest, team_id: int) -> HttpResponse:
    """Remove a team that no open work names."""
    return _remove(request, TEAMS, team_id)


@EDIT
def location_list(request: HttpRequest) -> HttpResponse:
    """The places of care; a form names one more."""
    return _list(request, LOCATIONS)


@EDIT
def location(request: HttpRequest, location_id: int) -> HttpResponse:
    """One place: its name and its provider identifiers."""
    return _one(request, LOCATIONS, location_id)


@require_POST
def remove_location(request: HttpRequest, location_id: int) -> HttpResponse:
    """Remove a place of care that no case names."""
    return _remove(request, LOCATIONS, location_id)


def _list(request: HttpRequest, sort: Sort) -> HttpResponse:
    office.insist(request, Permission.SEE_PEOPLE, sort.insisted)
    if request.method != "POST":
        return _list_page(request, sort)
    typed = sort.typed(request.POST)
    return office.done(
        request,
        lambda: sort.make(office.user_of(request), office.house_of(request), typed),
        f"{_tidy(typed)} {sort.named}",
        sort.back,
        lambda trouble: _list_page(request, sort, trouble, typed),
    )


def _one(request: HttpRequest, sort: Sort, key: int) -> HttpResponse:
    row = office.found(request, sort.kind, key)
    if request.method != "POST":
        return _one_page(request, sort, row)
    typed = sort.typed(request.POST)
    return office.done(
        request,
        lambda: sort.change(office.user_of(request), row, typed),
        f"{_tidy(typed)} is saved.",
        sort.back,
        lambda trouble: _one_page(request, sort, row, trouble, typed),
    )


def _remove(request: HttpRequest, sort: Sort, key: int) -> HttpResponse:
    row = office.found(request, sort.kind, key)
    return office.done(
        request,
        lambda: sort.remove(office.user_of(request), row),
        f"{row.name} is removed.",
        sort.back,
        lambda trouble: _one_page(request, sort, row, trouble),
    )


def _tidy(typed: Mapping[str, Any]) -> str:
    return " ".join(typed["name"].split())


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


def _list_page(
    request: HttpRequest, sort: Sort, trouble: str = "", typed: Mapping[str, Any] | None = None
) -> HttpResponse:
    rows: QuerySet[Any] = visible_to(request.user, sort.kind).order_by("name")
    if sort is TEAMS:
        rows = rows.annotate(people=Count("memberships"))
    context = {"rows": rows[:SHOWN], "trouble": trouble, "typed": typed or {}}
    return office.page(request, sort.list, context | _manages(request))


def _one_page(
    request: HttpRequest,
    sort: Sort,
    row: Team | Location,
    trouble: str = "",
    typed: Mapping[str, Any] | None = None,
) -> HttpResponse:
    shown = typed or sort.known(row)
    context: dict[str, Any] = {"row": row, "typed": shown, "trouble": trouble, "named": leaving.pointing(row)}
    if sort is TEAMS:
        members = visible_to(request.user, Membership).select_related("user").order_by("user__email")[:SHOWN]
        context["members"] = [(each, each.pk in shown["members"]) for each in members]
    return office.page(request, sort.one, context | _manages(request))


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
