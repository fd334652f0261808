"""What an organization decides for itself, each with its default and where the default comes from.

A new one is a row of `PREFERENCES`; the settings page shows it and `choose` checks it by itself.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Literal, NamedTuple, TypeAlias

from reclaim.people.access import Permission
from reclaim.people.actions import Done, PeopleError, action
from reclaim.people.models import Organization, Preference, Role, User
from reclaim.rules.priority import book

Unit = Literal["dollars", "days", "list of days", "factor", "yes or no"]
Value: TypeAlias = Decimal | int | tuple[int, ...]
YES_OR_NO = ("no", "yes")
"""What people type, and its value: 0 or 1."""
OWN = "Our own default; no rule of the trade sets it. Choose yours."


class PreferenceError(PeopleError, ValueError):
    """What somebody chose cannot be; the message says why and what can."""


class Choice(NamedTuple):
    """Something to decide."""

    name: str
    words: str
    unit: Unit
    default: Value
    help: str
    least: int
    most: int
    source: str = OWN


LIMITS = "write_off_limit"
SECOND_FACTOR = "second_factor"
SECOND_LOOK = "second_look"
WEIGHTS = ("hour_cost", "urgency_days", "urgency_most")
"""What priorities are weighed with, as `rules.priority.Weights` has it."""
BOOK = "An assumption of our book of rates (rules/book/rates.toml), which gives its reasoning. Choose yours."
_LIMIT_HELP = "Dollars that one person of this role may write off on a case alone. Above it, a second person decides."


def _limit(role: Role, dollars: int) -> Choice:
    words = f"Write-off limit, {role.label.lower()}"
    return Choice(f"{LIMITS}.{role}", words, "dollars", Decimal(dollars), _LIMIT_HELP, 0, 1_000_000)


PREFERENCES: Mapping[str, Choice] = {
    each.name: each
    for each in (
        _limit(Role.BILLER, 100),
        _limit(Role.FINANCE, 500),
        _limit(Role.MANAGER, 5000),
        Choice(
            *("small_balance", "Small balance", "dollars", Decimal(25)),
            *("Cases with no more denied than this stand in their own queue.", 0, 10_000),
        ),
        Choice(
            *("untouched_days", "Untouched after", "days", 14),
            *("A case that nobody has worked for so long is told to its owner and to managers.", 1, 365),
        ),
        Choice(
            *("large_amount", "Large amount", "dollars", Decimal(10_000)),
            *("A new denial above this is told to managers at once.", 1, 10_000_000),
        ),
        Choice(
            *(SECOND_LOOK, "Second look at corrected claims above", "dollars", Decimal(10_000)),
            *("A corrected claim that charges more is looked at by a second person before it is sent.", 0, 10_000_000),
        ),
        Choice(
            *("alert_days", "Alerts before a deadline", "list of days", (14, 7, 3, 1)),
            *("So many days before the working deadline its owner is told, and again when it has passed.", 1, 365),
        ),
        Choice(
            *("hour_cost", "An hour of work", "dollars", book().hour_cost),
            *("What working a case costs is taken off what it is expected to bring.", 0, 1000),
            BOOK,
        ),
        Choice(
            *("urgency_days", "Urgent within", "days", book().urgency_days),
            *("Over so many last days before its deadline, a case rises in the queue.", 1, 365),
            BOOK,
        ),
        Choice(
            *("urgency_most", "Raised at most by", "factor", book().urgency_most),
            *("On the last day a case counts for so much more: 1 is twice what it is expected to bring.", 0, 10),
            BOOK,
        ),
        Choice(
            *(SECOND_FACTOR, "Second factor for everybody", "yes or no", 0),
            *(
                "Whoever signs in by password sets up an authenticator app or a security key before anything else.",
                0,
                1,
            ),
            "45 CFR 164.312(d) asks to verify who signs in; a second factor is the usual way.",
        ),
    )
}


def preference(organization: Organization | int, name: str) -> Value:
    """What an organization has chosen, or the default.

    Args:
        organization: whose, or its id.
        name: a key of `PREFERENCES`.

    Raises:
        KeyError: there is no such preference.
    """
    return preferences(organization, name)[name]


def preferences(organization: Organization | int, *names: str) -> dict[str, Value]:
    """Several of them, all when none is named, in one query."""
    wanted = names or tuple(PREFERENCES)
    key = organization.pk if isinstance(organization, Organization) else organization
    rows = Preference.objects.filter(organization=key, name__in=wanted).values_list("name", "value")
    chosen = {name: value for name, value in rows if name in PREFERENCES}
    return {
        name: _read(PREFERENCES[name], chosen[name]) if name in chosen else PREFERENCES[name].default for name in wanted
    }


def write_off_limit(organization: Organization | int, role: Role) -> Decimal:
    """Dollars that somebody of a role may write off on one case alone; 0 for roles without a limit of their own."""
    name = f"{LIMITS}.{role}"
    return Decimal(str(preference(organization, name))) if name in PREFERENCES else Decimal(0)


@action(Permission.EDIT_RULES, "chose_preference")
def choose(by: User | None, organization: Organization, name: str, text: str) -> Done[Organization]:
    """Decide something for the organization.

    Args:
        by: who decides.
        organization: for whom.
        name: a key of `PREFERENCES`.
        text: as typed: "$1,500", "14", "14, 7, 3, 1".

    Raises:
        PreferenceError: there is no such thing to decide, or the value cannot be.
    """
    del by
    if name not in PREFERENCES:
        raise PreferenceError("There is no such setting.")
    value = plain(_typed(PREFERENCES[name], text))
    before = plain(preference(organization, name))
    Preference.objects.update_or_create(organization=organization, name=name, defaults={"value": value})
    return Done(organization, {"name": name, "from": before, "to": value}, changed=value != before)


def _typed(choice: Choice, text: str) -> Value:
    cleaned = text.replace("$", "").strip()
    if choice.unit == "yes or no":
        if cleaned.lower() not in YES_OR_NO:
            raise PreferenceError(f"{choice.words}: choose yes or no.")
        return YES_OR_NO.index(cleaned.lower())
    parts = cleaned.split(",") if choice.unit == "list of days" else [cleaned.replace(",", "")]
    try:
        numbers = [Decimal(each.strip()) for each in parts if each.strip()]
    except InvalidOperation as error:
        raise PreferenceError(f"{choice.words}: {text.strip()[:40]!r} is no number.") from error
    if not numbers or any(not each.is_finite() or not choice.least <= each <= choice.most for each in numbers):
        raise PreferenceError(f"{choice.words}: choose from {choice.least:,} to {choice.most:,}.")
    if "days" in choice.unit and any(each != int(each) for each in numbers):
        raise PreferenceError(f"{choice.words}: whole days.")
    return _READ[choice.unit](",".join(map(str, numbers)))


def _read(choice: Choice, value: str) -> Value:
    return _READ[choice.unit](value)


def plain(value: Value) -> str:
    """As the database and events keep it."""
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


_READ: Mapping[Unit, Callable[[str], Value]] = {
    "dollars": lambda text: Decimal(text).quantize(Decimal("0.01")),
    "factor": Decimal,
    "days": int,
    "yes or no": int,
    "list of days": lambda text: tuple(sorted({int(each) for each in text.split(",")}, reverse=True)),
}
