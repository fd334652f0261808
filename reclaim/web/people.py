"""People: who may come in and as what; to invite them, change their role, end their access. And what roles may do."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reclaim.desk import leaving
from reclaim.desk.leaving import Way
from reclaim.people import factors, joining, links
from reclaim.people.access import ALLOWED, Permission, may, roles_that_may, visible_to
from reclaim.people.factors import FactorError, Why
from reclaim.people.joining import JoiningError
from reclaim.people.models import Membership, Role
from reclaim.web import office
from reclaim.web.parts import Pager, number

PAGE = 100
COLLEAGUES = 500
"""People to choose from."""
WORKERS = tuple(role for role in roles_that_may(Permission.WORK_CASES) if role != Role.INTEGRATION)
INVITED = tuple(role for role in Role if role != Role.INTEGRATION)
"""Roles of people; an integration comes with a key of the API."""
WORDS: Mapping[Permission, tuple[str, str]] = {
    Permission.SEE_CASES: ("See cases", "Codes, dates, dollars and control numbers of denials and answers."),
    Permission.SEE_PATIENTS: ("See patients", "Names of patients, notes, and the segments of a claim that hold them."),
    Permission.SEE_CLINICAL: ("See clinical documents", "Records, operative notes and results attached to a case."),
    Permission.WORK_CASES: ("Work cases", "Take, note, snooze, call the payer, correct, record an answer, close."),
    Permission.ASSIGN_CASES: ("Assign cases", "Give cases to others, and say when others are away."),
    Permission.SEND_CLAIMS: ("Send claims", "Let corrected claims and status requests leave the house."),
    Permission.APPEAL: ("Appeal", "Dispute a denial with the payer."),
    Permission.WRITE_OFF: ("Write off", "Give up dollars, up to the limit of the role (Settings)."),
    Permission.APPROVE_WRITE_OFF: ("Approve write-offs", "Let somebody else give up more than their limit."),
    Permission.EDIT_RULES: ("Edit rules and settings", "How cases are assigned, weighed and escalated."),
    Permission.EDIT_TEMPLATES: ("Edit letters", "Templates of appeals and other letters."),
    Permission.SEE_FILES: ("See files", "The inbox: names, counts, dollars and findings."),
    Permission.RECEIVE_FILES: ("Bring files in", "Drop remittances into the inbox."),
    Permission.REPROCESS_FILES: ("Read files again", "After an upgrade, or when reading failed."),
    Permission.OPEN_FILES: ("Open files", "Download the bytes of a file, with every patient in it."),
    Permission.EXPORT: ("Export", "Take lists and figures out of the house."),
    Permission.SEE_PEOPLE: ("See people", "Colleagues, teams, absences and settings."),
    Permission.MANAGE_PEOPLE: ("Manage people", "Invite, change roles, end access; teams and locations."),
    Permission.SEE_EVENTS: ("See the audit trail", "Who did and saw what."),
    Permission.ADMINISTER: ("Administer", "Connections, keys of the API, where alerts go."),
}
"""Every permission as people read it; docs/roles.md shows the same table."""


class Person(NamedTuple):
    """A member as the table shows them."""

    membership: Membership
    teams: str
    factor: bool  # whether they sign in with a second factor
    mine: bool  # it is who asks


class Fresh(NamedTuple):
    """A link that was just made, shown this once."""

    membership: Membership
    link: str  # "": they sign in with the password they have
    mailed: bool


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """Everybody who may come in."""
    office.insist(request, Permission.SEE_PEOPLE, "Colleagues are not part of your role.")
    return _page(request)


@require_POST
@sensitive_variables("link", "fresh")
def invite(request: HttpRequest) -> HttpResponse:
    """Let somebody in, and show the link at which they choose a password."""
    user, email, role = office.user_of(request), request.POST.get("email", "").strip(), request.POST.get("role", "")
    typed = {"email": email[:254], "role": role}
    try:
        validate_email(email)
        membership = joining.join(user, office.house_of(request), email, _role(role))
    except ValidationError:
        return _page(request, trouble=f"{email[:60]!r} is no email address.", typed=typed)
    except JoiningError as error:
        return _page(request, trouble=str(error), typed=typed)
    return _page(request, fresh=_fresh(request, membership))


@require_POST
@sensitive_variables("fresh")
def link(request: HttpRequest, member_id: int) -> HttpResponse:
    """Make a new link for somebody whose first one ran out, or who lost the password."""
    membership = office.found(request, Membership, member_id)
    try:
        joining.allow_link(office.user_of(request), membership)
    except JoiningError as error:
        return _page(request, trouble=str(error))
    return _page(request, fresh=_fresh(request, membership))


@require_POST
def change_role(request: HttpRequest, member_id: int) -> HttpResponse:
    """Let somebody do something else from now on."""
    membership = office.found(request, Membership, member_id)
    return office.done(
        request,
        lambda: joining.change_role(office.user_of(request), membership, _role(request.POST.get("role", ""))),
        f"{membership.user}: the role is changed.",
        "web:people",
        lambda trouble: _page(request, trouble=trouble),
    )


@require_http_methods(["GET", "POST"])
def end(request: HttpRequest, member_id: int) -> HttpResponse:
    """End somebody's access at once; before, what they have is told, and whose it becomes is chosen."""
    office.insist(request, Permission.MANAGE_PEOPLE, "Ending an access is not part of your role.")
    membership = office.found(request, Membership, member_id)
    if request.method != "POST":
        return _ending(request, membership)
    way, to = request.POST.get("way", Way.RELEASE), request.POST.get("to", "")
    members = visible_to(office.user_of(request), Membership).select_related("user")
    try:
        heir = members.filter(pk=number(to)).first() if way == Way.PERSON else None
        chosen = Way(way) if way in tuple(Way) else Way.RELEASE
        left = leaving.leave(office.user_of(request), membership, timezone.localdate(), chosen, heir)
    except JoiningError as error:
        return _ending(request, membership, str(error), {"way": way, "to": to})
    messages.success(request, f"{membership.user} sees nothing of {membership.organization} any more. {left}".strip())
    return redirect("web:people")


@require_POST
def reset_factor(request: HttpRequest, member_id: int) -> HttpResponse:
    """Take away a second factor that was lost, and tell its owner by mail."""
    user, membership = office.user_of(request), office.found(request, Membership, member_id)
    why = request.POST.get("why", "")
    try:
        factors.reset(user, membership, why)
    except FactorError as error:
        return _page(request, trouble=str(error))
    try:
        told = links.mail_reset(membership, Why(why).label, user)
    except OSError:
        told = False
    said = f"{membership.user} signs in by password alone until they set up a new second factor."
    messages.success(request, f"{said} {'They are told by mail.' if told else 'No mail went out: tell them.'}")
    return redirect("web:people")


@require_GET
def roles(request: HttpRequest) -> HttpResponse:
    """What each role may do."""
    office.insist(request, Permission.SEE_PEOPLE, "Roles are not part of your role.")
    every = list(ALLOWED)
    rows = [(*WORDS[each], [each in ALLOWED[role] for role in every]) for each in Permission]
    return office.page(request, "roles.html", {"roles": every, "rows": rows})


def _role(typed: str) -> Role:
    if typed not in INVITED:
        raise JoiningError("Choose what they do.")
    return Role(typed)


# --- what the page shows ----------------------------------------------------------------------------------------------


def _ending(
    request: HttpRequest, membership: Membership, trouble: str = "", typed: Mapping[str, str] | None = None
) -> HttpResponse:
    works = visible_to(request.user, Membership).filter(role__in=WORKERS, user__is_active=True)
    others = works.exclude(pk=membership.pk).select_related("user").order_by("user__first_name", "user__email")
    context = {
        "row": membership,
        "held": leaving.held(membership),
        "colleagues": others[:COLLEAGUES],
        "typed": typed or {"way": Way.RELEASE},
        "trouble": trouble,
    }
    return office.page(request, "person_end.html", context)


def _page(
    request: HttpRequest, *, trouble: str = "", typed: Mapping[str, str] | None = None, fresh: Fresh | None = None
) -> HttpResponse:
    user = office.user_of(request)
    members = visible_to(user, Membership).order_by("user__first_name", "user__last_name", "user__email")
    first = (max(number(request.GET.get("page", "")), 1) - 1) * PAGE
    total = members.count()
    shown = _people(members[first : first + PAGE], user.pk)
    context: dict[str, Any] = {
        "people": shown,
        "pager": _pager(first, len(shown), total),
        "manages": may(user, Permission.MANAGE_PEOPLE),
        "roles": INVITED,
        "typed": typed or {},
        "trouble": trouble,
        "fresh": fresh,
        "today": timezone.localdate(),
        "reasons": Why.choices,
        "unsafe": sum(not each.factor for each in shown),
    }
    return office.page(request, "people.html", context)


def _people(members: QuerySet[Membership], me: int) -> list[Person]:
    rows = list(members.select_related("user").prefetch_related("teams"))
    safe = Authenticator.objects.filter(type__in=factors.KINDS, user__in=[each.user_id for each in rows])
    with_factor = set(safe.values_list("user", flat=True))
    return [
        Person(
            each,
            ", ".join(sorted(team.name for team in each.teams.all())),
            each.user_id in with_factor,
            each.user_id == me,
        )
        for each in rows
    ]


def _pager(first: int, many: int, total: int) -> Pager:
    here = first // PAGE + 1
    before, after = (f"?page={here - 1}" if here > 1 else "", f"?page={here + 1}" if first + many < total else "")
    return Pager(first + 1, first + many, total if many else 0, "people", before, after)


def _fresh(request: HttpRequest, membership: Membership) -> Fresh:
    """A link to show and mail, unless it would open other organizations too."""
    if not joining.is_only_here(membership):
        return Fresh(membership, "", mailed=False)
    link = links.sign_in_link(membership.user)
    try:
        mailed = links.mail_link(membership, link, office.user_of(request))
    except OSError:
        messages.warning(request, "The mail server did not take the mail. Give them the link yourself.")
        mailed = False
    return Fresh(membership, link, mailed)
