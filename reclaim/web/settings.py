"""Settings: what an organization decides for itself, with default, source, and who changed it when."""

from decimal import Decimal
from typing import NamedTuple

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_POST

from reclaim.people import preferences
from reclaim.people.access import Permission, may, visible_to
from reclaim.people.models import Event, User
from reclaim.people.preferences import PREFERENCES, YES_OR_NO, Choice, Value
from reclaim.web import office, words

CHANGES = 50
"""Changes that are shown, the newest."""


class Setting(NamedTuple):
    """One thing to decide, as the page shows it."""

    choice: Choice
    now: str  # in words
    typed: str  # in the field
    default: str
    own: bool  # the organization has chosen otherwise
    trouble: str


class Past(NamedTuple):
    """A change of the past."""

    event: Event
    who: str
    what: str
    before: str
    after: str


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """Everything there is to decide."""
    return _page(request)


@require_POST
def choose(request: HttpRequest, name: str) -> HttpResponse:
    """Decide one thing."""
    if name not in PREFERENCES:
        raise Http404("There is no such setting.")
    typed = request.POST.get("value", "")[:200]
    return office.done(
        request,
        lambda: preferences.choose(office.user_of(request), office.house_of(request), name, typed),
        f"{PREFERENCES[name].words}: saved.",
        "web:settings",
        lambda trouble: _page(request, name, typed, trouble),
    )


def _page(request: HttpRequest, name: str = "", typed: str = "", trouble: str = "") -> HttpResponse:
    user = office.user_of(request)
    office.insist(request, Permission.SEE_PEOPLE, "Settings are not part of your role.")
    chosen = preferences.preferences(office.house_of(request))
    rows = [_setting(each, chosen[each.name]) for each in PREFERENCES.values()]
    rows = [row._replace(typed=typed, trouble=trouble) if row.choice.name == name else row for row in rows]
    context = {
        "rows": rows,
        "edits": may(user, Permission.EDIT_RULES),
        "trouble": trouble,
        "past": _past(user),
        "sees": may(user, Permission.SEE_EVENTS),
        "many": CHANGES,
        "answers": YES_OR_NO,
    }
    return office.page(request, "settings.html", context)


def _setting(choice: Choice, value: Value) -> Setting:
    now, default = preferences.plain(value), preferences.plain(choice.default)
    return Setting(choice, spelled(choice, now), field(choice, now), spelled(choice, default), now != default, "")


def spelled(choice: Choice, plain: str) -> str:
    """A value as the database keeps it, in words: "$1,500.00", "14 days"."""
    match choice.unit:
        case "dollars":
            return words.money(Decimal(plain))
        case "days":
            return "1 day" if plain == "1" else f"{int(plain):,} days"
        case "list of days":
            return f"{plain.replace(',', ', ')} days before"
        case "yes or no":
            return YES_OR_NO[int(plain)]
    return plain


def field(choice: Choice, plain: str) -> str:
    """A value as it stands in its field."""
    return YES_OR_NO[int(plain)] if choice.unit == "yes or no" else plain.replace(",", ", ")


def _past(user: User) -> list[Past]:
    """The newest changes, for who sees events."""
    found = visible_to(user, Event).filter(verb="chose_preference").select_related("user").order_by("-id")[:CHANGES]
    return [_change(each) for each in found if each.detail.get("name") in PREFERENCES]


def _change(event: Event) -> Past:
    choice = PREFERENCES[event.detail["name"]]
    who = event.user.get_full_name() or event.user.email if event.user else "by command"
    return Past(event, who, choice.words, spelled(choice, event.detail["from"]), spelled(choice, event.detail["to"]))
