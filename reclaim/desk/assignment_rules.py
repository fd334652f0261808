"""The rules that say who gets new cases: what a rule holds, and how people make, change, order and end them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from string import ascii_uppercase
from typing import Any
from unicodedata import normalize

from django.db.models import F, Max

from reclaim.desk.actions import TYPES, causes
from reclaim.desk.models import AssignmentRule, Case
from reclaim.people.access import Permission, roles_that_may
from reclaim.people.actions import Done, PeopleError, action
from reclaim.people.models import Location, Membership, Organization, Team, User
from reclaim.record.models import Payer
from reclaim.rules import handbook
from reclaim.rules.facts import Kind

MOST_RULES = 100
KINDS = tuple(kind.value for kind in Kind if kind.is_denial)
Share = AssignmentRule.Share


class ArrangingError(PeopleError):
    """It cannot be arranged so; the message says why and what to do instead."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Which cases a rule is for; what is empty holds for all."""

    types: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    payers: tuple[int, ...] = ()
    locations: tuple[int, ...] = ()
    lines: tuple[str, ...] = ()  # of business
    kinds: tuple[str, ...] = ()
    letters: tuple[str, str] | None = None  # of the patient's last name: from and to, both within it
    least: Decimal | None = None  # US dollars denied
    most: Decimal | None = None

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Conditions":
        """As a rule keeps them."""
        given: dict[str, Any] = {name: tuple(kept.get(name, ())) for name in LISTS}
        if letters := kept.get("letters"):
            given["letters"] = tuple(letters)
        given |= {name: Decimal(kept[name]) for name in ("least", "most") if name in kept}
        return cls(**given)

    def kept(self) -> dict[str, Any]:
        """To be kept; what is empty is left out."""
        told = {name: list(getattr(self, name)) for name in (*LISTS, "letters") if getattr(self, name)}
        return told | {name: str(amount) for name in ("least", "most") if (amount := getattr(self, name)) is not None}

    def fit(self, case: Case) -> bool:
        """Whether a case is one that the rule is for."""
        return (
            (not self.types or case.type in self.types)
            and (not self.causes or case.cause in self.causes)
            and (not self.payers or case.payer_id in self.payers)
            and (not self.locations or case.location_id in self.locations)
            and (not self.lines or case.line_of_business in self.lines)
            and (not self.kinds or case.kind in self.kinds)
            and (self.letters is None or self.letters[0] <= letter(case) <= self.letters[1])
            and (self.least is None or case.denied >= self.least)
            and (self.most is None or case.denied <= self.most)
        )


LISTS = ("types", "causes", "payers", "locations", "lines", "kinds")


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule as it is, or as somebody wants it."""

    name: str
    conditions: Conditions = field(default_factory=Conditions)
    people: tuple[int, ...] = ()  # ids of users; none: everybody of the team
    team: int | None = None
    share: str = Share.LOAD
    active: bool = True
    pk: int | None = None  # None: not saved yet


def letter(case: Case) -> str:
    """The first letter of a patient's last name, without its accent; "" where it is none of the alphabet."""
    first = normalize("NFD", case.patient[:1]).upper()[:1]
    return first if first in ascii_uppercase else ""


def drafts(organization: Organization) -> list[Draft]:
    """The rules of an organization in their order; two queries."""
    rules = AssignmentRule.objects.filter(organization=organization).order_by("place", "pk").prefetch_related("people")
    return [draft_of(rule) for rule in rules]


def draft_of(rule: AssignmentRule) -> Draft:
    """A rule as a value."""
    people = tuple(sorted(each.pk for each in rule.people.all()))
    conditions = Conditions.of(rule.conditions)
    return Draft(rule.name, conditions, people, rule.team_id, rule.share, rule.active, rule.pk)


def workers(organization: Organization) -> dict[int, User]:
    """Who works cases, by id."""
    roles = roles_that_may(Permission.WORK_CASES)
    rows = Membership.objects.filter(organization=organization, role__in=roles, user__is_active=True)
    return {each.user_id: each.user for each in rows.select_related("user")}


# --- changing ---------------------------------------------------------------------------------------------------------


@action(Permission.EDIT_RULES, "saved_assignment_rule")
def save(by: User | None, organization: Organization, draft: Draft) -> Done[AssignmentRule]:
    """Keep a rule: a new one stands last, one with an id takes the place of what it was.

    Raises:
        ArrangingError: it cannot be so; the message says why.
    """
    del by
    check(organization, draft)
    rules = AssignmentRule.objects.filter(organization=organization)
    rule = rules.filter(pk=draft.pk).first() if draft.pk else None
    if rule is None:
        if rules.count() >= MOST_RULES:
            raise ArrangingError(f"There are {MOST_RULES} rules already. Change or remove one.")
        last = rules.aggregate(last=Max("place"))["last"] or 0
        rule = AssignmentRule(organization=organization, place=last + 1)
    rule.name, rule.conditions = draft.name.strip(), draft.conditions.kept()
    rule.team_id, rule.share, rule.active = draft.team, draft.share, draft.active
    rule.save()
    rule.people.set(draft.people)
    detail = {"conditions": rule.conditions, "team": rule.team_id, "people": list(draft.people), "share": rule.share}
    return Done(rule, {**detail, "active": rule.active})


@action(Permission.EDIT_RULES, "moved_assignment_rule")
def move(by: User | None, rule: AssignmentRule, up: bool) -> Done[AssignmentRule]:
    """Let a rule be asked one place earlier or later."""
    del by
    order = list(AssignmentRule.objects.filter(organization=rule.organization_id).order_by("place", "pk"))
    here = next(place for place, each in enumerate(order) if each.pk == rule.pk)
    there = here - 1 if up else here + 1
    if not 0 <= there < len(order):
        return Done(rule, changed=False)
    order[here], order[there] = order[there], order[here]
    for place, each in enumerate(order, 1):
        each.place = place
    AssignmentRule.objects.bulk_update(order, ["place"])
    return Done(rule, {"from": here + 1, "to": there + 1})


@action(Permission.EDIT_RULES, "switched_assignment_rule")
def switch(by: User | None, rule: AssignmentRule, on: bool) -> Done[AssignmentRule]:
    """Let a rule rest, or work again."""
    del by
    before, rule.active = rule.active, on
    rule.save(update_fields=["active"])
    return Done(rule, {"active": on}, changed=before != on)


@action(Permission.EDIT_RULES, "removed_assignment_rule")
def remove(by: User | None, rule: AssignmentRule) -> Done[Organization]:
    """End a rule; what it has assigned stays so."""
    del by
    number = rule.pk
    AssignmentRule.objects.filter(organization=rule.organization_id, place__gt=rule.place).update(place=F("place") - 1)
    rule.delete()
    return Done(rule.organization, {"rule": number})


def check(organization: Organization, draft: Draft) -> None:
    """Whether a rule can be so.

    Raises:
        ArrangingError: it cannot; the message says why and what to do.
    """
    if not draft.name.strip() or len(draft.name) > 80:
        raise ArrangingError("Give the rule a name of at most 80 characters.")
    others = AssignmentRule.objects.filter(organization=organization).exclude(pk=draft.pk or 0)
    if others.filter(name__iexact=draft.name.strip()).exists():
        raise ArrangingError("There is a rule of this name already. Choose another name.")
    _check_conditions(organization, draft.conditions)
    _check_takers(organization, draft)


def _check_takers(organization: Organization, draft: Draft) -> None:
    if draft.share not in Share.values:
        raise ArrangingError("Choose how the cases are shared.")
    if draft.team is not None and not Team.objects.filter(organization=organization, pk=draft.team).exists():
        raise ArrangingError("Choose a team of your organization.")
    if not set(draft.people) <= workers(organization).keys():
        raise ArrangingError("Choose people who work cases in your organization.")
    if draft.team is None and (not draft.people or draft.share == Share.TEAM):
        raise ArrangingError("Choose who gets the cases: people, or a team.")


def _check_conditions(organization: Organization, told: Conditions) -> None:
    payers = Payer.objects.filter(organization=organization)
    locations = Location.objects.filter(organization=organization)
    known: dict[str, Collection[object]] = {
        "types": TYPES,
        "causes": causes(),
        "payers": payers.filter(pk__in=told.payers).values_list("pk", flat=True),
        "locations": locations.filter(pk__in=told.locations).values_list("pk", flat=True),
        "lines": handbook.lines(),
        "kinds": KINDS,
    }
    for name, values in known.items():
        if not set(getattr(told, name)) <= set(values):
            raise ArrangingError(f"Choose the {name} from the list.")
    if told.letters and not ("A" <= told.letters[0] <= told.letters[1] <= "Z"):
        raise ArrangingError("Letters go from an earlier to a later one: A to L.")
    if any(amount is not None and amount < 0 for amount in (told.least, told.most)):
        raise ArrangingError("Amounts are dollars, none below 0.")
    if told.least is not None and told.most is not None and told.least > told.most:
        raise ArrangingError("The amount from which a rule holds is above the one up to which it does.")
