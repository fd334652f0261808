"""Who may see and do what: organization first, then role. The only door to rows."""

from collections.abc import Iterable
from enum import StrEnum
from typing import TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from reclaim.people.models import Membership, Organization, Role, User

Row = TypeVar("Row", bound=Model)
Visitor = User | AnonymousUser | None

CHOSEN = "organization"
"""The key of the session that holds the organization somebody of several has chosen."""


class Permission(StrEnum):
    """Something that a role may do."""

    SEE_CASES = "see_cases"  # cases and answers of payers: codes, dates, dollars, control numbers
    SEE_PATIENTS = "see_patients"  # names of patients, and the raw segments that hold them
    SEE_CLINICAL = "see_clinical"  # documents of treatment: records, operative notes, results
    WORK_CASES = "work_cases"  # take one on, write notes and tasks, snooze, call the payer, send, close
    ASSIGN_CASES = "assign_cases"  # give cases to others
    SEND_CLAIMS = "send_claims"  # let corrected claims and status requests leave the house
    APPEAL = "appeal"  # dispute a denial with the payer
    WRITE_OFF = "write_off"  # give up dollars, up to the limit of the role (people.preferences)
    APPROVE_WRITE_OFF = "approve_write_off"  # let somebody else give up more
    EDIT_RULES = "edit_rules"  # how cases are assigned, weighed and escalated
    EDIT_TEMPLATES = "edit_templates"  # letters
    SEE_FILES = "see_files"  # the inbox: names, counts, dollars and findings; never the bytes
    RECEIVE_FILES = "receive_files"  # bring files in
    REPROCESS_FILES = "reprocess_files"  # read a file again
    OPEN_FILES = "open_files"  # its bytes, with every patient in it
    EXPORT = "export"  # lists and figures out of the house
    SEE_PEOPLE = "see_people"
    MANAGE_PEOPLE = "manage_people"  # invite, change roles, end access
    SEE_EVENTS = "see_events"  # who did and saw what
    ADMINISTER = "administer"  # connections, keys of the API, where alerts go


_P = Permission
_WORKS_CASES = frozenset({_P.SEE_CASES, _P.SEE_PATIENTS, _P.WORK_CASES, _P.SEE_PEOPLE})
_WATCHES_FILES = frozenset({_P.SEE_CASES, _P.SEE_FILES, _P.SEE_PEOPLE})
_HANDLES_FILES = frozenset({_P.SEE_FILES, _P.RECEIVE_FILES, _P.REPROCESS_FILES})

ALLOWED: dict[Role, frozenset[Permission]] = {
    Role.BILLER: _WORKS_CASES | _HANDLES_FILES | {_P.OPEN_FILES, _P.SEND_CLAIMS, _P.APPEAL, _P.WRITE_OFF},
    Role.CODER: _WORKS_CASES | {_P.SEE_CLINICAL},
    Role.REVIEWER: _WORKS_CASES | {_P.APPEAL, _P.SEE_CLINICAL},
    Role.FRONT_DESK: _WORKS_CASES,
    Role.MANAGER: frozenset(Permission),
    Role.FINANCE: _WATCHES_FILES
    | {_P.SEE_PATIENTS, _P.RECEIVE_FILES, _P.OPEN_FILES, _P.EXPORT, _P.WRITE_OFF, _P.APPROVE_WRITE_OFF},
    Role.ADMINISTRATOR: _WATCHES_FILES | _HANDLES_FILES | {_P.SEE_EVENTS, _P.ADMINISTER},
    Role.AUDITOR: _WATCHES_FILES | {_P.SEE_EVENTS},
    Role.INTEGRATION: _WATCHES_FILES | {_P.RECEIVE_FILES, _P.WORK_CASES},
}
"""What each role may do. Minimum necessary (45 CFR 164.502(b)): who keeps the system running, or looks over
shoulders, needs no names of patients; only a manager lets people in, so that nobody widens their own access."""

_WAYS: dict[str, tuple[str, Permission]] = {
    "people.organization": ("pk", Permission.SEE_CASES),
    "people.user": ("memberships__organization", Permission.SEE_PEOPLE),
    "people.membership": ("organization", Permission.SEE_PEOPLE),
    "people.event": ("organization", Permission.SEE_EVENTS),
    "people.team": ("organization", Permission.SEE_PEOPLE),
    "people.location": ("organization", Permission.SEE_CASES),
    "people.absence": ("organization", Permission.SEE_PEOPLE),
    "people.preference": ("organization", Permission.SEE_PEOPLE),
    "people.token": ("organization", Permission.ADMINISTER),
    "record.file": ("organization", Permission.SEE_FILES),
    "record.interchange": ("organization", Permission.SEE_FILES),
    "record.payer": ("organization", Permission.SEE_CASES),
    "record.remittance": ("organization", Permission.SEE_CASES),
    "record.adjudication": ("organization", Permission.SEE_CASES),
    "record.deniedline": ("organization", Permission.SEE_CASES),
    "record.claimbatch": ("organization", Permission.SEE_CASES),
    "record.claim": ("organization", Permission.SEE_CASES),
    "record.acknowledgement": ("organization", Permission.SEE_CASES),
    "record.uncertain": ("organization", Permission.SEE_CASES),
    "record.connection": ("organization", Permission.ADMINISTER),
    "record.fetched": ("organization", Permission.ADMINISTER),
    "record.outgoing": ("organization", Permission.ADMINISTER),
    "desk.case": ("organization", Permission.SEE_CASES),
    "desk.note": ("organization", Permission.SEE_PATIENTS),  # people write names into them
    "desk.task": ("organization", Permission.SEE_CASES),
    "desk.contact": ("organization", Permission.SEE_PATIENTS),
    "desk.document": ("organization", Permission.SEE_PATIENTS),  # clinical ones: see desk.documents
    "desk.sent": ("organization", Permission.SEE_CASES),
    "desk.writeoff": ("organization", Permission.SEE_CASES),
    "desk.statusrequest": ("organization", Permission.SEE_CASES),
    "desk.receiver": ("organization", Permission.SEE_CASES),
    "desk.payerterms": ("organization", Permission.SEE_CASES),
    "desk.batch": ("organization", Permission.SEE_CASES),
    "desk.correction": ("organization", Permission.SEE_PATIENTS),  # what is put on a claim may be a name
    "desk.version": ("organization", Permission.SEE_PATIENTS),
    "desk.control": ("organization", Permission.ADMINISTER),
    "desk.savedview": ("organization", Permission.SEE_CASES),
    "desk.assignmentrule": ("organization", Permission.SEE_PEOPLE),
    "desk.alert": ("organization", Permission.SEE_CASES),  # one's own: see desk.alerts
    "desk.alertchoice": ("organization", Permission.SEE_CASES),
    "desk.webhook": ("organization", Permission.ADMINISTER),
    "desk.delivery": ("organization", Permission.ADMINISTER),
    "insight.counted": ("organization", Permission.SEE_CASES),
    "api.kept": ("organization", Permission.ADMINISTER),
}
"""For each kind of row: the way to its organization, and what somebody needs to see it."""


def visible_to(user: Visitor, model: type[Row]) -> QuerySet[Row]:
    """The rows of a model that somebody may see: none without a membership or the permission.

    Raises:
        LookupError: nobody has said yet, in this module, who sees rows of this model.
    """
    label = model._meta.label_lower  # noqa: SLF001  Django's public name for it
    if label not in _WAYS:
        raise LookupError(f"Nothing says who sees {label}: add it to the table in reclaim.people.access.")
    way, needed = _WAYS[label]
    membership = membership_of(user)
    rows = model._default_manager  # noqa: SLF001  Django's public name for it
    if membership is None or needed not in allowed(user):
        return rows.none()
    return rows.filter(**{way: membership.organization_id})


def allowed(user: Visitor) -> frozenset[Permission]:
    """All that somebody may do in the organization they work in now: of their role, and of the key they came with."""
    membership = membership_of(user)
    if membership is None:
        return frozenset()
    limit: frozenset[Permission] | None = getattr(user, "_limit", None)
    of_role = ALLOWED[Role(membership.role)]
    return of_role if limit is None else of_role & limit


def limit(user: User, permissions: Iterable[str]) -> None:
    """Let a user object do no more than this: whoever comes with a key of the API has what the key was made for."""
    known = frozenset(Permission(each) for each in permissions)
    user._limit = known  # type: ignore[attr-defined]  # noqa: SLF001  a note on an object of this request


def may(user: Visitor, what: Permission | str) -> bool:
    """Whether somebody may do something in the organization they work in now.

    Raises:
        ValueError: there is no such permission.
    """
    return Permission(what) in allowed(user)


def roles_that_may(what: Permission | str) -> list[Role]:
    """The roles that may do something: for words like "ask your denials manager"."""
    return [role for role, allowed in ALLOWED.items() if Permission(what) in allowed]


def organization_of(user: Visitor) -> Organization | None:
    """The organization that somebody works in now; None for strangers."""
    membership = membership_of(user)
    return None if membership is None else membership.organization


def membership_of(user: Visitor) -> Membership | None:
    """Where somebody works now and as what: the chosen organization, else the first they joined. One query a request.

    The answer is kept on the user object, which lives as long as a request: who loses access loses it with the next.
    """
    if not isinstance(user, User) or not user.is_active:  # a lazy request.user counts as what it wraps
        return None
    if not hasattr(user, "_membership"):
        _keep(user, user.memberships.select_related("organization").order_by("pk").first())
    return getattr(user, "_membership", None)


def organizations_of(user: User) -> QuerySet[Organization]:
    """All organizations that somebody may choose from, by name."""
    return Organization.objects.filter(memberships__user=user).order_by("name", "pk")


def switch(request: HttpRequest, organization: int) -> bool:
    """Work in another of one's organizations from now on; False, and nothing changes, when it is not one of them."""
    if not choose(request.user, organization):
        return False
    request.session[CHOSEN] = organization
    return True


def choose(user: Visitor, organization: int) -> bool:
    """Let a user object stand for somebody's work in one of their organizations; False when it is not theirs."""
    if not isinstance(user, User):
        return False
    membership = user.memberships.select_related("organization").filter(organization=organization).first()
    if membership is not None:
        _keep(user, membership)
    return membership is not None


def _keep(user: User, membership: Membership | None) -> None:
    user._membership = membership  # type: ignore[attr-defined]  # noqa: SLF001  a note on an object of this request
