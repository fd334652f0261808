"""Who gets new cases: rules that people write, tried before they are saved, the first that fits decides.

    draft = Draft("Medicare, A to L", Conditions(lines=("medicare",), letters=("A", "L")), people=(7, 9))
    tried(organization, [*drafts(organization), draft], today)     how many would go to whom, and what no rule catches
    save(by, organization, draft)
    assign_new(organization, today)                                what the job does after files were read

New is an open case that nobody has, no team has, and nobody has worked. Whoever is away gets nothing: their cover does.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from string import ascii_uppercase
from typing import NamedTuple

from django.core.cache import cache
from django.db.models import Count, Max, QuerySet

from reclaim.desk.acting import Job
from reclaim.desk.actions import assign
from reclaim.desk.assignment_rules import Draft, Share, drafts, letter, workers
from reclaim.desk.covering import Cover
from reclaim.desk.models import AssignmentRule, Case, Stage, State
from reclaim.people.access import Permission
from reclaim.people.actions import Done, action
from reclaim.people.models import Organization, Team, User
from reclaim.record.loader import batches, in_pieces

JOB = Job("assigning")
AT_ONCE = 5000
"""Cases given out in one go: also what one press of the button does."""
TRIED = 20_000
"""New cases on which rules are tried: the newest. That there are more is said."""
EXAMPLES = 3
"""Cases shown for each rule."""
READ = (
    *("pk", "type", "cause", "payer_id", "location_id", "line_of_business", "kind", "denied", "patient"),
    *("control_number", "codes"),
)


class Goes(NamedTuple):
    """Where a case goes."""

    rule: int | None
    owner: int | None
    team: int | None


class Group(NamedTuple):
    """New cases that go the same way."""

    rule: str
    owner: int | None
    team: int | None
    cases: int


class Trial(NamedTuple):
    """What rules would do with the new cases of today."""

    new: int  # cases that were tried
    more: bool  # there are more new cases than these
    groups: list[Group]  # by rule, then the most first
    by_rule: Mapping[str, int]
    examples: Mapping[str, list[Case]]  # by the name of the rule; "" those that no rule catches
    left: int  # that no rule catches, or for which nobody is there


# --- trying and doing -------------------------------------------------------------------------------------------------


def new_cases(organization: Organization) -> QuerySet[Case]:
    """Open cases that nobody and no team has, and that nobody has worked: what rules are for."""
    return Case.objects.filter(
        organization=organization,
        state=State.OPEN,
        worked_at=None,
        owner=None,
        team=None,
        stage=Stage.NEW,
    )


def tried(organization: Organization, rules: Sequence[Draft], today: date) -> Trial:
    """What rules would do with the new cases of today; nothing is changed.

    Args:
        organization: whose.
        rules: in their order, saved or not.
        today: who is away is so on this day.
    """
    fresh = list(new_cases(organization).only(*READ).order_by("-pk")[: TRIED + 1])
    cases, more = fresh[:TRIED], len(fresh) > TRIED
    chooser = _Chooser(organization, rules, today)
    groups: Counter[tuple[str, int | None, int | None]] = Counter()
    examples: dict[str, list[Case]] = defaultdict(list)
    for case in reversed(cases):  # the oldest first, as they are assigned
        rule, goes = chooser.goes(case)
        name = rule.name if rule and goes else ""
        if goes:
            groups[name, goes.owner, goes.team] += 1
        if len(examples[name]) < EXAMPLES:
            examples[name].append(case)
    by_rule: Counter[str] = Counter()
    for (name, _, _), many in groups.items():
        by_rule[name] += many
    order = {rule.name: place for place, rule in enumerate(rules)}
    listed = [Group(*key, many) for key, many in groups.items()]
    listed.sort(key=lambda each: (order[each.rule], -each.cases))
    return Trial(len(cases), more, listed, by_rule, examples, len(cases) - by_rule.total())


def assign_new(organization: Organization, today: date, *, after: int = 0, most: int | None = None) -> int:
    """Give the new cases to whom the rules say, each with its event; what no rule catches stays.

    Args:
        organization: whose.
        today: who is away is so on this day.
        after: only cases whose id is above.
        most: none are looked at any more once so many were assigned, the oldest first; None: all.

    Returns:
        How many were assigned.
    """
    rules = drafts(organization)
    if not any(rule.active for rule in rules):
        return 0
    chooser = _Chooser(organization, rules, today)
    done = 0
    for some in in_pieces(new_cases(organization).only(*READ), AT_ONCE, after):
        done += _given_out(organization, chooser, some)
        if most is not None and done >= most:
            break
    return done


def assign_these(organization: Organization, ids: Iterable[int], today: date) -> int:
    """Give some cases to whom the rules say, whatever was done with them before; what no rule catches stays.

    Args:
        organization: whose.
        ids: of the cases.
        today: who is away is so on this day.

    Returns:
        How many were assigned.
    """
    chooser = _Chooser(organization, drafts(organization), today)
    cases = Case.objects.filter(organization=organization, state=State.OPEN).only(*READ)
    return sum(_given_out(organization, chooser, cases.filter(pk__in=some).order_by("pk")) for some in batches(ids))


def assign_now(by: User, organization: Organization, today: date) -> int:
    """Have the rules give out what is new now, some thousands at a time, without waiting for the job.

    Returns:
        How many were assigned.

    Raises:
        NotAllowedError: the role does not include it.
    """
    _asked(by, organization)
    return assign_new(organization, today, most=AT_ONCE)


@action(Permission.ASSIGN_CASES, "assigned_new_cases")
def _asked(by: User | None, organization: Organization) -> Done[Organization]:
    """Who had it done; each case has an event of its own, in transactions that nobody waits for."""
    del by
    return Done(organization)


def assign_fresh(today: date) -> int:
    """Give out what has come in since the last time, for every organization: the job of each minute.

    Where that was is kept in the cache: what a restart forgets is only looked at once more.
    """
    done = 0
    ruled = AssignmentRule.objects.filter(active=True).values("organization")
    for organization in Organization.objects.filter(pk__in=ruled):
        key = f"assigned:{organization.pk}"
        after = cache.get(key, 0)
        newest = new_cases(organization).filter(pk__gt=after).aggregate(newest=Max("pk"))["newest"]
        if newest is not None:
            done += assign_new(organization, today, after=after)
            cache.set(key, newest, timeout=None)
    return done


def _given_out(organization: Organization, chooser: "_Chooser", cases: Iterable[Case]) -> int:
    ways: dict[Goes, list[int]] = defaultdict(list)
    for case in cases:
        if goes := chooser.goes(case)[1]:
            ways[goes].append(case.pk)
    return sum(_assigned(organization, chooser, goes, ids) for goes, ids in ways.items())


def _assigned(organization: Organization, chooser: "_Chooser", goes: Goes, ids: list[int]) -> int:
    to, team = chooser.users.get(goes.owner or 0), chooser.teams.get(goes.team or 0)
    given = {"to": to, "team": team, "rule": goes.rule}
    results = [each for some in batches(ids) for each in assign.many(JOB, organization, some, None, **given)]
    return sum(not result.trouble for result in results)


class _Chooser:
    """Says where cases go, one after the other, and counts what each person then has. Five queries, whatever many."""

    def __init__(self, organization: Organization, rules: Iterable[Draft], today: date) -> None:
        self.users = workers(organization)
        self.teams = {team.pk: team for team in Team.objects.filter(organization=organization)}
        self._cover = Cover(organization, today)
        members: dict[int, list[int]] = defaultdict(list)
        for team, user in Team.objects.filter(organization=organization).values_list("pk", "memberships__user"):
            if user in self.users:
                members[team].append(user)
        owned = Case.objects.filter(organization=organization, state=State.OPEN, owner__isnull=False)
        loads = dict(owned.order_by().values_list("owner").annotate(many=Count("pk")))
        self._loads = Counter({user: loads.get(user, 0) for user in self.users})
        self._rules = [(rule, self._named(rule, members)) for rule in rules if rule.active]

    def goes(self, case: Case) -> tuple[Draft | None, Goes | None]:
        """The rule that decides, and where the case goes; nowhere when nobody is there to take it."""
        for rule, people in self._rules:
            if rule.conditions.fit(case):
                return rule, self._way(rule, people, case)
        return None, None

    def _named(self, rule: Draft, members: Mapping[int, list[int]]) -> list[int]:
        """Those among whom a rule shares, in the order of their addresses."""
        named = rule.people or members.get(rule.team or 0, ())
        return sorted((each for each in named if each in self.users), key=lambda each: self.users[each].email)

    def _way(self, rule: Draft, people: list[int], case: Case) -> Goes | None:
        owner = None if rule.share == Share.TEAM else self._one(rule, people, case)
        if owner is not None:
            self._loads[owner] += 1
        elif rule.team is None:
            return None
        return Goes(rule.pk, owner, rule.team)

    def _one(self, rule: Draft, people: list[int], case: Case) -> int | None:
        """Who of several gets a case."""
        if rule.share == Share.ALPHABET and people:
            place = ascii_uppercase.find(letter(case)) if letter(case) else 0
            theirs = self._here(people[place * len(people) // len(ascii_uppercase)])
            if theirs is not None:
                return theirs
        here = {each for person in people if (each := self._here(person)) is not None}
        return min(here, key=lambda each: (self._loads[each], each), default=None)

    def _here(self, person: int) -> int | None:
        """Somebody, or who covers while they are away; None when nobody does, or the cover works no cases."""
        found = self._cover.of(person)
        return found if found in self.users else None
