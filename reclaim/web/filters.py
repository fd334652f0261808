"""The queues, views and filters above the list, each with its count and the address that chooses it."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from reclaim.desk import queue
from reclaim.desk.counting import Choice, Counted
from reclaim.desk.models import SavedView, Stage, State
from reclaim.desk.queue import NONE, Ask
from reclaim.desk.queues import ALL, Inside, Queue
from reclaim.desk.views import may_remove
from reclaim.people.models import User
from reclaim.web import question, words
from reclaim.web.question import Asked

TABS = ("todo", "mine", "week", "overdue", "payer", "open")
"""Queues that stand beside one another; the others are in a menu, but for the one that is looked at."""
NOBODY = {"owner": "Nobody", "team": "No team", "location": "Not known", "provider": "Not named"}
MOST_PROVIDERS = 40
"""In their menu, those with the most cases; the others are found by their NPI."""
LABELS = {
    ("type", "technical"): "Technical",
    ("type", "clinical"): "Clinical",
    ("type", "administrative"): "Administrative",
    ("due", "overdue"): "Overdue",
    ("due", "week"): "Due this week",
    ("due", "none"): "No deadline",
    ("over", "1000"): "Over $1,000",
    ("kind", "silent"): "Silent",
    ("kind", "takeback"): "Takebacks",
    ("kind", "rejected"): "Rejected",
    ("kind", "no_answer"): "No answer",
    ("redenied", "1"): "Re-denied",
    ("preventable", "1"): "Preventable",
}
GROUPS = (("type",), ("due",), ("over", "kind", "redenied", "preventable"))
MENUS = {
    "payer": "Payer",
    "cause": "Cause",
    "owner": "Owner",
    "team": "Team",
    "location": "Location",
    "provider": "Provider",
    "stage": "Stage",
}


class Chip(NamedTuple):
    """One choice of a filter."""

    label: str
    many: int
    on: bool
    href: str
    id: str = ""


class Menu(NamedTuple):
    """A filter of which there are many choices."""

    name: str
    title: str
    chosen: str  # in words
    any: str  # the address without it
    chips: list[Chip]
    more: int = 0  # choices beside these


class Views(NamedTuple):
    """A saved view in the menu."""

    view: SavedView
    href: str
    on: bool
    removable: bool


def shown(counted: Counted, states: Mapping[str, int], asked: Asked) -> dict[str, Any]:
    """The filters of the page: chips by their groups, and menus."""
    usual = asked.usual
    return {
        "groups": [[_chip(key, counted, asked) for key in LABELS if key[0] in some] for some in GROUPS],
        "waiting": _waiting(counted, asked),
        "menus": [_states(states, asked), *_menus(counted, asked)],
        "narrowed": asked != usual,
        "cleared": usual.to("web:queue"),
    }


def tabs(offered: Iterable[Queue], counted: Counted, asked: Asked) -> dict[str, Any]:
    """The queues: those side by side, and those in the menu."""
    here = asked.inside.queue.name if asked.ask.state == State.OPEN else ""
    chips = {each.name: _queue(each, counted, asked, on=each.name == here) for each in offered}
    return {
        "tabs": [chip for name, chip in chips.items() if name in TABS or chip.on],
        "more": [chip for name, chip in chips.items() if name not in TABS and not chip.on],
    }


def views(kept: Iterable[SavedView], user: User, asked: Asked) -> list[Views]:
    """The saved views that somebody may use."""
    here = asked.to("web:queue")
    hrefs = ((view, question.view_href(view)) for view in kept)
    return [Views(view, href, href == here, may_remove(user, view)) for view, href in hrefs]


def asked_in_words(asked: Asked) -> dict[str, str]:
    """The filters that are set, but for those that name a row, in words."""
    said = {name: label for (name, value), label in LABELS.items() if getattr(asked.ask, name) == value}
    if asked.ask.cause:
        said["cause"] = words.cause(asked.ask.cause)
    if asked.ask.stage:
        said["stage"] = Stage(asked.ask.stage).label
    return said


def _queue(each: Queue, counted: Counted, asked: Asked, *, on: bool) -> Chip:
    inside = Inside(each, asked.inside.viewer)
    there = asked._replace(inside=inside, ask=Ask(sort=asked.ask.sort), find="", text="")
    return Chip(each.words, counted.queues.get(each.name, 0), on, there.to("web:queue"), f"queue-{each.name}")


def _chip(key: tuple[str, str], counted: Counted, asked: Asked) -> Chip:
    name, value = key
    on = getattr(asked.ask, name) == value
    href = asked.href(**{name: "" if on else value})
    return Chip(LABELS[key], counted.chips.get(key, 0), on, href, f"chip-{name}-{value}")


def _waiting(counted: Counted, asked: Asked) -> Chip | None:
    """Shows what a queue leaves out while it waits; nothing where nothing is left out."""
    inside = asked.inside
    if asked.ask.state != State.OPEN or not inside.queue.awake or not (counted.waiting or inside.waiting):
        return None
    href = asked._replace(inside=inside._replace(waiting=not inside.waiting)).to("web:queue")
    return Chip("Snoozed and sent, too", counted.waiting, inside.waiting, href, "chip-waiting")


def _states(counts: Mapping[str, int], asked: Asked) -> Menu:
    every = [(str(state.value), str(state.label), counts.get(state, 0)) for state in State]
    every.append((queue.ALL, "All", sum(counts.values())))
    everything = asked._replace(inside=asked.inside._replace(queue=ALL))
    chips = []
    for value, label, many in every:
        there = everything if value == State.OPEN and asked.ask.state != State.OPEN else asked
        chips.append(Chip(label, many, value == asked.ask.state, there.href(state=value)))
    chosen = "" if asked.ask.state == State.OPEN else next(each.label for each in chips if each.on)
    return Menu("state", "State", chosen, everything.href(state=State.OPEN), chips)


def _menus(counted: Counted, asked: Asked) -> Iterable[Menu]:
    choices = dict(counted.menus)
    choices["cause"] = tuple(each._replace(words=words.cause(each.value)) for each in choices["cause"])
    choices["stage"] = tuple(
        Choice(each.value, each.label, counted.chips.get(("stage", each.value), 0)) for each in Stage
    )
    for name, title in MENUS.items():
        known = [each for each in choices[name] if each.value != NONE or name in NOBODY]
        if len(known) > 1 or getattr(asked.ask, name):
            yield _menu(name, title, known, asked)


def _menu(name: str, title: str, choices: Iterable[Choice], asked: Asked) -> Menu:
    chosen = getattr(asked.ask, name)
    chips = [
        Chip(
            NOBODY[name] if each.value == NONE else each.words or "No longer here",
            each.cases,
            each.value == chosen,
            asked.href(**{name: "" if each.value == chosen else each.value}),
        )
        for each in choices
        if each.cases or each.value == chosen
    ]
    said = next((each.label for each in chips if each.on), NOBODY.get(name, "") if chosen == NONE else chosen)
    most = MOST_PROVIDERS if name == "provider" else len(chips)
    shown = [each for place, each in enumerate(chips) if place < most or each.on]
    return Menu(name, title, said, asked.href(**{name: ""}), shown, len(chips) - len(shown))
