"""Assignment rules: who gets new cases; each is tried on the new cases of today before it is saved."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from string import ascii_uppercase
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reclaim.desk import assigning, assignment_rules
from reclaim.desk.actions import TYPES, causes
from reclaim.desk.assigning import Trial
from reclaim.desk.assignment_rules import KINDS, ArrangingError, Conditions, Draft, Share
from reclaim.desk.models import AssignmentRule, Case
from reclaim.people.access import Permission, may, visible_to
from reclaim.people.models import Location, Organization, Team, User
from reclaim.record.models import Payer
from reclaim.rules import handbook
from reclaim.web import office, words
from reclaim.web.parts import is_part

SHOWN = 500
"""Payers, places, teams and people to choose from; that there are more is said."""
SEES = "Assignment rules are not part of your role."
EDITS = "Denials managers change the assignment rules."
MANY_NEW = 20_000
"""New cases are counted no further."""


class Named(NamedTuple):
    """Names of what rules hold by their ids."""

    people: Mapping[int, str]
    teams: Mapping[int, str]
    payers: Mapping[int, str]
    locations: Mapping[int, str]


class Row(NamedTuple):
    """A rule as the list shows it."""

    rule: Draft
    place: int
    when: list[str]
    to: str
    how: str


class Option(NamedTuple):
    """One box to tick."""

    value: str
    words: str
    on: bool


class Field(NamedTuple):
    """A list of boxes."""

    name: str
    title: str
    options: list[Option]
    chosen: int


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """The rules in their order, and what they would do now."""
    office.insist(request, Permission.SEE_PEOPLE, SEES)
    organization, user = office.house_of(request), office.user_of(request)
    rules = assignment_rules.drafts(organization)
    named = _named(user, organization)
    fresh = assigning.new_cases(organization)[: MANY_NEW + 1].count()
    context = {
        "rows": [_row(rule, place, named) for place, rule in enumerate(rules, 1)],
        "edits": may(user, Permission.EDIT_RULES),
        "assigns": may(user, Permission.ASSIGN_CASES),
        "new": min(fresh, MANY_NEW),
        "more": fresh > MANY_NEW,
        "works": any(rule.active for rule in rules),
    }
    return office.page(request, "rules.html", context)


@require_GET
def trial(request: HttpRequest) -> HttpResponse:
    """What the saved rules would do with the new cases of today."""
    office.insist(request, Permission.SEE_PEOPLE, SEES)
    organization = office.house_of(request)
    tried = _tried(request, assignment_rules.drafts(organization))
    return render(request, "rules_trial.html" if is_part(request) else "rules_trial_page.html", tried)


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A new rule."""
    return _edit(request, None)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Change a rule."""
    return _edit(request, office.found(request, AssignmentRule, rule_id))


@require_POST
def move(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Have a rule asked earlier or later."""
    rule = office.found(request, AssignmentRule, rule_id)
    assignment_rules.move(office.user_of(request), rule, up="up" in request.POST)
    return redirect("web:rules")


@require_POST
def switch(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Let a rule rest, or work again."""
    rule = office.found(request, AssignmentRule, rule_id)
    assignment_rules.switch(office.user_of(request), rule, on="on" in request.POST)
    return redirect("web:rules")


@require_POST
def remove(request: HttpRequest, rule_id: int) -> HttpResponse:
    """End a rule."""
    rule = office.found(request, AssignmentRule, rule_id)
    name, user = rule.name, office.user_of(request)
    return _done(
        request, lambda: assignment_rules.remove(user, rule), f"{name} is removed. Its cases stay where they are."
    )


@require_POST
def assign_now(request: HttpRequest) -> HttpResponse:
    """Give out what is new now."""
    organization, user = office.house_of(request), office.user_of(request)
    many = assigning.assign_now(user, organization, timezone.localdate())
    left = assigning.new_cases(organization)[: MANY_NEW + 1].count()
    rest = f" {_cases(left)} left that no rule catches, or that come next." if left else ""
    return _done(request, lambda: None, f"{_cases(many)} assigned.{rest}")


def _done(request: HttpRequest, act: Any, said: str) -> HttpResponse:  # noqa: ANN401  whatever it answers
    return office.done(request, act, said, "web:rules", lambda _: redirect("web:rules"))


# --- one rule ---------------------------------------------------------------------------------------------------------


def _edit(request: HttpRequest, rule: AssignmentRule | None) -> HttpResponse:
    office.insist(request, Permission.EDIT_RULES, EDITS)
    organization = office.house_of(request)
    if request.method != "POST":
        draft = assignment_rules.draft_of(rule) if rule else Draft("", share=Share.LOAD)
        return _form(request, rule, draft)
    try:
        draft = _draft(request.POST, rule)
        if "try" not in request.POST:
            assignment_rules.save(office.user_of(request), organization, draft)
            return _done(request, lambda: None, f"{draft.name.strip()} is saved.")
        assignment_rules.check(organization, draft)
    except ArrangingError as error:
        if "try" in request.POST and is_part(request):
            return render(request, "rules_trial.html", {"trouble": str(error)})
        return _form(request, rule, _draft(request.POST, rule, lenient=True), trouble=str(error))
    tried = _tried(request, _with(assignment_rules.drafts(organization), draft), draft.name)
    return render(request, "rules_trial.html", tried) if is_part(request) else _form(request, rule, draft, **tried)


def _with(rules: Sequence[Draft], draft: Draft) -> list[Draft]:
    """The rules as they would be."""
    if draft.pk is None:
        return [*rules, draft]
    return [draft if each.pk == draft.pk else each for each in rules]


def _draft(given: QueryDict, rule: AssignmentRule | None, *, lenient: bool = False) -> Draft:
    """What was typed.

    Raises:
        ArrangingError: an amount is no number; when lenient, it is left out.
    """
    amounts = {name: _amount(given.get(name, ""), lenient=lenient) for name in ("least", "most")}
    begin, end = (given.get(name, "").upper()[:1] for name in ("from", "to"))
    conditions = Conditions(
        types=tuple(given.getlist("types")),
        causes=tuple(given.getlist("causes")),
        payers=_numbers(given.getlist("payers")),
        locations=_numbers(given.getlist("locations")),
        lines=tuple(given.getlist("lines")),
        kinds=tuple(given.getlist("kinds")),
        letters=(begin or "A", end or "Z") if begin or end else None,
        **amounts,
    )
    team = _numbers([given.get("team", "")])
    return Draft(
        given.get("name", "")[:200],
        conditions,
        _numbers(given.getlist("people")),
        team[0] if team else None,
        given.get("share", ""),
        "active" in given,
        rule.pk if rule else None,
    )


def _amount(text: str, *, lenient: bool) -> Decimal | None:
    cleaned = text.replace("$", "").replace(",", "").strip()
    if not cleaned:
        return None
    try:
        amount = Decimal(cleaned)
        if amount.is_finite() and abs(amount) < 10**9:
            return amount.quantize(Decimal("0.01"))
    except InvalidOperation:
        pass
    if lenient:
        return None
    raise ArrangingError(f"{text.strip()[:40]!r} is no amount. Write dollars, such as 500 or 1,250.50.")


def _numbers(texts: Iterable[str]) -> tuple[int, ...]:
    return tuple(int(each) for each in texts if each.isascii() and each.isdecimal() and len(each) < 16)


def _form(
    request: HttpRequest,
    rule: AssignmentRule | None,
    draft: Draft,
    trouble: str = "",
    **tried: Any,  # noqa: ANN401  the trial's
) -> HttpResponse:
    user, organization = office.user_of(request), office.house_of(request)
    named = _named(user, organization)
    told = draft.conditions
    context = {
        "rule": rule,
        "draft": draft,
        "fields": list(_fields(told, named)),
        "letters": ascii_uppercase,
        "begin": told.letters[0] if told.letters else "",
        "end": told.letters[1] if told.letters else "",
        "people": _boxes(named.people, draft.people),
        "teams": _boxes(named.teams, (draft.team,)),
        "shares": [(value, label, draft.share == value) for value, label in Share.choices],
        "many": SHOWN,
        "trouble": trouble,
        **tried,
    }
    return office.page(request, "rule_edit.html", context)


def _fields(told: Conditions, named: Named) -> Iterator[Field]:
    """The lists of boxes of a rule."""
    known: list[tuple[str, str, Mapping[Any, str], Collection[Any]]] = [
        ("types", "Type", {each: each.capitalize() for each in TYPES}, told.types),
        ("kinds", "Kind", {each: words.kind(each) for each in KINDS}, told.kinds),
        ("lines", "Line of business", {name: words.line(name) for name in handbook.lines()}, told.lines),
        ("causes", "Cause", {name: words.cause(name) for name in causes()}, told.causes),
        ("payers", "Payer", named.payers, told.payers),
        ("locations", "Location", named.locations, told.locations),
    ]
    for name, title, options, chosen in known:
        if options:
            yield Field(name, title, _boxes(options, chosen), len(chosen))


def _boxes(options: Mapping[Any, str], chosen: Collection[Any]) -> list[Option]:
    return [Option(str(value), said, value in chosen) for value, said in options.items()]


# --- in words ---------------------------------------------------------------------------------------------------------


def _named(user: User, organization: Organization) -> Named:
    payers = visible_to(user, Payer).order_by("name").values_list("pk", "name")[:SHOWN]
    places = visible_to(user, Location).order_by("name").values_list("pk", "name")[:SHOWN]
    return _workers(user, organization)._replace(payers=dict(payers), locations=dict(places))


def _workers(user: User, organization: Organization) -> Named:
    """Those that cases can go to, and nothing else."""
    teams = visible_to(user, Team).order_by("name").values_list("pk", "name")[:SHOWN]
    people = sorted(assignment_rules.workers(organization).values(), key=office.called)[:SHOWN]
    return Named({each.pk: office.called(each) for each in people}, dict(teams), {}, {})


def _row(rule: Draft, place: int, named: Named) -> Row:
    to = [named.teams.get(rule.team, "a team") if rule.team else ""]
    to += [named.people.get(each, "somebody who works no cases now") for each in rule.people]
    how = Share(rule.share).label if rule.share in Share.values else ""
    one = len(rule.people) == 1 and rule.share != Share.TEAM
    return Row(rule, place, list(_when(rule.conditions, named)), _listed(filter(None, to)), "" if one else how)


def _when(told: Conditions, named: Named) -> Iterator[str]:
    """The conditions of a rule, a line each."""
    if told.types:
        yield _listed(each.capitalize() for each in told.types)
    if told.kinds:
        yield _listed(words.kind(each) for each in told.kinds)
    if told.lines:
        yield _listed(words.line(each) for each in told.lines)
    if told.causes:
        yield _listed(words.cause(each) for each in told.causes)
    if told.payers:
        yield _listed(named.payers.get(each, "another payer") for each in told.payers)
    if told.locations:
        yield _listed(named.locations.get(each, "another location") for each in told.locations)
    if told.letters:
        yield f"Last names {told.letters[0]} to {told.letters[1]}"
    if told.least is not None:
        yield f"{words.money(told.least)} denied or more"
    if told.most is not None:
        yield f"{words.money(told.most)} denied or less"


def _listed(texts: Iterable[str]) -> str:
    every = list(texts)
    return ", ".join(every[:4]) + (f" and {len(every) - 4} more" if len(every) > 4 else "")


# --- the trial --------------------------------------------------------------------------------------------------------


class Going(NamedTuple):
    """Where some of the new cases would go."""

    to: str
    cases: int


class Caught(NamedTuple):
    """What a rule would catch; the last one is what none does."""

    name: str
    cases: int
    goings: list[Going]
    examples: list[Case]
    mine: bool  # the rule that is being tried


def _tried(request: HttpRequest, rules: Sequence[Draft], mine: str = "") -> dict[str, Any]:
    organization, user = office.house_of(request), office.user_of(request)
    trial = assigning.tried(organization, rules, timezone.localdate())
    named = _workers(user, organization)
    caught = [_caught(rule.name, trial, named, mine=rule.name == mine) for rule in rules if rule.active]
    left = Caught("", trial.left, [], trial.examples.get("", []), mine=False)
    return {"trial": trial, "caught": caught, "left": left, "may_see": may(user, Permission.SEE_CASES)}


def _caught(name: str, trial: Trial, named: Named, *, mine: bool) -> Caught:
    goings = [Going(_to(each, named), each.cases) for each in trial.groups if each.rule == name]
    return Caught(name, trial.by_rule.get(name, 0), goings, trial.examples.get(name, []), mine)


def _to(group: assigning.Group, named: Named) -> str:
    if group.owner is not None:
        return named.people.get(group.owner, "a colleague")
    return named.teams.get(group.team or 0, "a team")


def _cases(count: int) -> str:
    return "1 case" if count == 1 else f"{count:,} cases"
