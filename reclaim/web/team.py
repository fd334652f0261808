"""Team: how much everybody has to do and moves on, who is away, and who covers. No ranking of people."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from reclaim.desk import loads
from reclaim.desk.loads import ByKey, Load, Moved
from reclaim.desk.models import Case
from reclaim.people import absences
from reclaim.people.access import ALLOWED, Permission, may, visible_to
from reclaim.people.models import Absence, Event, Membership, Role, Team, User
from reclaim.web import office, words
from reclaim.web.parts import Figure

SHOWN = 500
"""People on the page; that there are more is said."""
SORTS = {"name": "Name", "load": "Open cases"}


class Line(NamedTuple):
    """Somebody, a team or nobody, and what they have to do."""

    name: str
    note: str  # role and teams, or what the line is about
    load: Load
    moved: Moved | None  # None: does not apply, or is not for who asks
    away: str
    href: str  # their cases in the queue


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """The load of everybody who works cases."""
    office.insist(request, Permission.SEE_PEOPLE, "The team is not part of your role.")
    user, today = office.user_of(request), timezone.localdate()
    sort = request.GET.get("sort", "") if request.GET.get("sort") in SORTS else "name"
    counted = loads.loads(visible_to(user, Case), today, str(office.house_of(request).pk))
    members = list(_members(user)[: SHOWN + 1])
    people = _people(user, members[:SHOWN], counted.people, today)
    if sort == "load":
        people.sort(key=lambda each: (-each.load.cases, each.name.lower()))
    whole = sum(counted.people.values(), Load())
    context = {
        "figures": _figures(whole, counted.people.get(None, Load())),
        "nobody": _line("Unassigned", "Open cases without an owner", counted.people.get(None, Load()), owner="none"),
        "people": people,
        "teams": _teams(user, counted.teams),
        "gone": _gone(members, counted.people),
        "sorts": [(said, name == sort, f"?sort={name}") for name, said in SORTS.items()],
        "throughput": may(user, Permission.SEE_EVENTS),
        "assigns": may(user, Permission.ASSIGN_CASES),
        "more": len(members) > SHOWN,
        "shown": SHOWN,
        "today": today,
    }
    return office.page(request, "team.html", context)


def _members(user: User) -> QuerySet[Membership]:
    """Who works cases, by name."""
    works = [role for role, allowed in ALLOWED.items() if Permission.WORK_CASES in allowed and role != Role.INTEGRATION]
    members = visible_to(user, Membership).filter(role__in=works).select_related("user").prefetch_related("teams")
    return members.order_by("user__first_name", "user__last_name", "user__email")


def _people(user: User, members: Iterable[Membership], by: ByKey, today: date) -> list[Line]:
    moved = loads.moved(visible_to(user, Event), timezone.now()) if may(user, Permission.SEE_EVENTS) else None
    away = {each.membership_id: each for each in reversed(absences.ahead(visible_to(user, Absence), today)[:SHOWN])}
    lines = []
    for each in members:
        teams = ", ".join(sorted(team.name for team in each.teams.all()))
        note = " · ".join(filter(None, (each.get_role_display(), teams)))
        steps = None if moved is None else moved.get(each.user_id, Moved())
        line = _line(_name(each.user), note, by.get(each.user_id, Load()), owner=str(each.user_id))
        lines.append(line._replace(moved=steps, away=_away(away.get(each.pk), today)))
    return lines


def _teams(user: User, by: ByKey) -> list[Line]:
    return [
        _line(each.name, "", by.get(each.pk, Load()), team=str(each.pk))
        for each in visible_to(user, Team).order_by("name")[:SHOWN]
    ]


def _gone(members: list[Membership], by: ByKey) -> list[Line]:
    """Owners who no longer work cases here: their cases wait for somebody."""
    if len(members) > SHOWN:
        return []
    left = {key: load for key, load in by.items() if key is not None}
    for each in members:
        left.pop(each.user_id, None)
    users = User.objects.filter(pk__in=left).order_by("email")
    return [_line(_name(each), "No longer works cases here", left[each.pk], owner=str(each.pk)) for each in users]


def _line(name: str, note: str, load: Load, **asked: str) -> Line:
    query = "&".join(f"{field}={value}" for field, value in asked.items())
    return Line(name, note, load, None, "", f"{reverse('web:queue')}?{query}")


def _away(absence: Absence | None, today: date) -> str:
    if absence is None:
        return ""
    cover = f", {_name(absence.cover.user)} covers" if absence.cover else ", nobody covers"
    last = words.day(absence.last)
    when = f"Away until {last}" if absence.first <= today else f"Away {words.day(absence.first)} to {last}"
    return f"{when}{cover}"


def _name(user: User) -> str:
    return user.get_full_name() or user.email


def _figures(whole: Load, nobody: Load) -> list[Figure]:
    def share(part: int) -> str:
        return f"{Decimal(part) / whole.cases * 100:.0f}% of open cases" if whole.cases else ""

    queue = reverse("web:queue")
    return [
        Figure("Open cases", f"{whole.cases:,}", f"{words.money(whole.denied)} denied", href=f"{queue}?in=open"),
        Figure("Unassigned", f"{nobody.cases:,}", share(nobody.cases), href=f"{queue}?owner=none"),
        Figure(
            *("Due this week", f"{whole.week:,}", share(whole.week), "soon" if whole.week else ""),
            *("Cases whose earliest deadline is today or within seven days.", f"{queue}?due=week"),
        ),
        Figure(
            *("Overdue", f"{whole.overdue:,}", share(whole.overdue), "late" if whole.overdue else ""),
            *("Cases whose earliest deadline has passed.", f"{queue}?due=overdue"),
        ),
    ]
