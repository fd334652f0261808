"""Keys of the API: to make one, which is shown once, and to end one."""

from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_POST

from reclaim.people import tokens
from reclaim.people.access import ALLOWED, Permission, allowed, membership_of, visible_to
from reclaim.people.actions import PeopleError
from reclaim.people.models import Membership, Role, Token
from reclaim.people.tokens import Made, TokenError, Wanted
from reclaim.web import office
from reclaim.web.parts import number
from reclaim.web.people import WORDS

SHOWN = 200
"""Keys of the list; those that are good come first."""
DAYS = (30, tokens.DAYS, 180, tokens.MOST_DAYS)
REFUSED = "Keys of the API are not part of your role."
ME, NEW = "me", "new"
"""As whom a key acts, beside the number of an integration."""


class Row(NamedTuple):
    """A key as the list shows it."""

    token: Token
    state: str  # good | expired | ended
    tone: str
    may: str  # in words


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """The keys of the organization."""
    return _page(request)


@require_POST
@sensitive_variables("made")
def make(request: HttpRequest) -> HttpResponse:
    """Make a key, and show it: never again."""
    office.insist(request, Permission.ADMINISTER, REFUSED)
    try:
        made = _made(request)
    except PeopleError as error:
        return _page(request, trouble=str(error))
    return _page(request, made=made)


@require_POST
def end(request: HttpRequest, token_id: int) -> HttpResponse:
    """End a key at once."""
    office.insist(request, Permission.ADMINISTER, REFUSED)
    token = office.found(request, Token, token_id)
    return office.done(
        request,
        lambda: tokens.revoke(office.user_of(request), token),
        f"{token.name}: the key opens nothing any more.",
        "web:keys",
        lambda trouble: _page(request, trouble=trouble),
    )


def _made(request: HttpRequest) -> Made:
    user, typed = office.user_of(request), request.POST
    may = frozenset(each for each in Permission if each in typed.getlist("may"))
    wanted = Wanted(typed.get("name", ""), may, number(typed.get("days", "")))
    with transaction.atomic():  # no program without its key
        return tokens.make(user, _member(request, wanted.name), wanted)


def _member(request: HttpRequest, name: str) -> Membership:
    """As whom the key is to act."""
    user, typed = office.user_of(request), request.POST.get("as", "")
    if typed == NEW:
        return tokens.integrate(user, office.house_of(request), name)
    found = membership_of(user) if typed == ME else _programs(request).get(number(typed))
    if found is None:
        raise TokenError("Choose as whom the key acts.")
    return found


def _programs(request: HttpRequest) -> dict[int, Membership]:
    members = visible_to(office.user_of(request), Membership).filter(role=Role.INTEGRATION)
    return {each.pk: each for each in members.select_related("user").order_by("user__first_name", "pk")[:SHOWN]}


def _page(request: HttpRequest, *, trouble: str = "", made: Made | None = None) -> HttpResponse:
    office.insist(request, Permission.ADMINISTER, REFUSED)
    user, typed = office.user_of(request), request.POST
    rows = visible_to(user, Token).select_related("user")
    ordered = rows.order_by(F("revoked_at").asc(nulls_first=True), "-expires_at", "-pk")
    shown = list(ordered[: SHOWN + 1])
    program = ALLOWED[Role.INTEGRATION]
    checked = set(typed.getlist("may")) if trouble else program
    context: dict[str, Any] = {
        "rows": [_row(each) for each in shown[:SHOWN]],
        "more": len(shown) > SHOWN,
        "shown": SHOWN,
        "programs": _programs(request).values(),
        "permissions": [
            (each, *WORDS[each], each in checked, each in program)
            for each in Permission
            if each in program | allowed(user)
        ],
        "days": DAYS,
        "usual": tokens.DAYS,
        "typed": {name: typed.get(name, "") for name in ("name", "as", "days")} if trouble else {},
        "trouble": trouble,
        "made": made,
        "address": request.build_absolute_uri(reverse("api:docs")),
        "today": timezone.localdate(),
    }
    return office.page(request, "keys.html", context)


def _row(token: Token) -> Row:
    state, tone = ("good", "good") if token.expires_at > timezone.now() else ("expired", "")
    if token.revoked_at is not None:
        state, tone = "ended", ""
    may = ", ".join(WORDS[each][0].lower() for each in Permission if each in token.permissions)
    return Row(token, state, tone, may)
