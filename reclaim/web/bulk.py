"""Many cases at once: chosen, what it would do to each, done, and what became of each.

What somebody saw is what is done: the cases go from step to step in the form itself, each with the version that was
seen, and one that has changed since is refused.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import groupby, islice
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from reclaim.desk import actions, queue
from reclaim.desk.acting import Action, Result, place
from reclaim.desk.models import Case, Stage, State
from reclaim.people.access import may
from reclaim.people.models import User
from reclaim.web import bulk_forms, office, question

MOST = 20_000
"""Cases in one go."""
LISTED = 200
"""Cases whose result is listed one by one, of each sort; all are counted."""


class Doing(NamedTuple):
    """Something that can be done to many cases."""

    action: Action[Any]
    key: str  # on the keyboard
    form: type[bulk_forms.Words]
    said: str  # what is said of the cases afterwards

    @property
    def name(self) -> str:
        """As the form knows it."""
        return self.action.name

    @property
    def label(self) -> str:
        """What its button says."""
        return self.action.label


DOINGS: Mapping[str, Doing] = {
    each.action.name: each
    for each in (
        Doing(actions.assign, "a", bulk_forms.Assignment, "assigned"),
        Doing(actions.take, "t", bulk_forms.Words, "taken"),
        Doing(actions.release, "r", bulk_forms.Words, "released"),
        Doing(actions.snooze, "e", bulk_forms.Snoozing, "snoozed"),
        Doing(actions.lift, "p", bulk_forms.Raising, "raised"),
        Doing(actions.task, "m", bulk_forms.Tasking, "given a task"),
        Doing(actions.write_off, "o", bulk_forms.GivingUp, "written off, or proposed for it"),
        Doing(actions.close, "c", bulk_forms.Closing, "closed"),
    )
}


class Chosen(NamedTuple):
    """The cases that somebody has chosen, each in the version they saw, in their order."""

    seen: dict[int, int]
    cut: bool = False  # there were more than MOST

    @property
    def text(self) -> str:
        """As the form carries it along."""
        return ",".join(f"{key}.{version}" for key, version in self.seen.items())


class Sum(NamedTuple):
    """Cases of one result."""

    said: str
    cases: int
    denied: Decimal  # US dollars
    done: bool
    listed: list[Case]


def offered(user: User) -> list[tuple[str, str, str]]:
    """What somebody may do to many cases: name, label and key. Who does not assign takes by the same key."""
    allowed = [each for each in DOINGS.values() if may(user, each.action.permission)]
    keys = {each.key for each in allowed}
    return [
        (each.action.name, each.action.label, "a" if each.key == "t" and "a" not in keys else each.key)
        for each in allowed
    ]


@require_POST
def page(request: HttpRequest) -> HttpResponse:
    """The steps of one go: what to do it with, what it would do, what it did."""
    asked, doing = question.understood(request), DOINGS.get(request.POST.get("do", ""))
    if doing is None:
        raise Http404("There is no such action.")
    chosen = _chosen(request, asked)
    if not chosen.seen:
        messages.warning(request, "Choose some cases first: tick them, or press x.")
        return redirect(asked.to("web:queue"))
    organization, step = office.house_of(request), request.POST.get("step", "")
    asks = bool(doing.form(organization).fields)
    form = doing.form(organization, None if asks and not step else request.POST)
    context: dict[str, Any] = {"doing": doing, "form": form, "asked": asked, "chosen": chosen, "most": MOST}
    context["back"] = asked.to("web:queue")
    if not form.is_bound:
        return office.page(request, "bulk.html", context)
    if not form.is_valid():
        return office.page(request, "bulk.html", {**context, "trouble": "Something is missing."})
    user, given = office.user_of(request), form.given()
    if step == "do" or (len(chosen.seen) == 1 and not asks):
        results = doing.action.many(user, organization, chosen.seen, seen=chosen.seen, **given)
        return _done(request, doing, results, context)
    results = doing.action.trial(user, organization, chosen.seen, seen=chosen.seen, **given)
    return office.page(request, "bulk.html", {**context, "preview": _sums(doing, results), **_tally(chosen, results)})


def _done(request: HttpRequest, doing: Doing, results: list[Result], context: dict[str, Any]) -> HttpResponse:
    """What became of each; of one case a word on the list it came from."""
    if len(results) != 1:
        return office.page(
            request, "bulk.html", {**context, "done": _sums(doing, results), **_tally(context["chosen"], results)}
        )
    (one,) = results
    if one.trouble:
        messages.warning(request, one.trouble)
    else:
        messages.success(request, f"1 case is {doing.said}.")
    return redirect(f"{context['back']}#case-{one.case.pk}")


def _chosen(request: HttpRequest, asked: question.Asked) -> Chosen:
    """The cases of a form: all that fit now, those of the step before, or those that were ticked."""
    if request.POST.get("all"):
        rows = queue.asked(question.cases_of(request, asked), asked.ask, asked.today)
        pairs = [
            pair for part in queue.in_order(rows, asked.ask) for pair in part.values_list("pk", "version")[: MOST + 1]
        ]
        return Chosen(dict(pairs[:MOST]), cut=len(pairs) > MOST)
    given = ",".join([*request.POST.getlist("case"), request.POST.get("chosen", "")])
    seen = dict(pair for text in given.split(",") if (pair := _pair(text)))
    return Chosen(dict(islice(seen.items(), MOST)))


def _pair(text: str) -> tuple[int, int] | None:
    """Id and version: "17.3"."""
    key, _, version = text.partition(".")
    sound = all(each.isascii() and each.isdecimal() and len(each) < 16 for each in (key, version))
    return (int(key), int(version)) if sound else None


def _tally(chosen: Chosen, results: list[Result]) -> dict[str, int]:
    fine = sum(not each.trouble for each in results)
    return {"fine": fine, "refused": len(results) - fine, "gone": len(chosen.seen) - len(results)}


def _sums(doing: Doing, results: Iterable[Result]) -> list[Sum]:
    """Results by what became of the cases: first what is done, then each sort of trouble, the most first."""
    named = sorted(((_said(doing, each), each) for each in results), key=lambda each: each[0])
    sums = []
    for (refused, said), some in groupby(named, key=lambda each: each[0]):
        cases = [result.case for _, result in some]
        denied = sum((case.denied for case in cases), Decimal(0))
        sums.append(Sum(said, len(cases), denied, not refused, cases[:LISTED]))
    return sorted(sums, key=lambda each: (not each.done, -each.cases))


def _said(doing: Doing, result: Result) -> tuple[bool, str]:
    """Whether it is refused, and why; else where the case then stands, if it moves."""
    if result.trouble:
        return True, result.trouble
    here = place(result.case)
    moved = here in doing.action.to.to
    label = Stage(here).label if result.case.state == State.OPEN else State(here).label
    return False, f"{label}" if moved else doing.said.capitalize()
