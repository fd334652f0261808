"""The places of a case and the actions between them, as a drawing for people: made from the actions themselves.

`docs/states.md` holds it; `python -m tests.desk.test_states` writes it anew, and a test proves that it is of today.
"""

from reclaim.desk import actions
from reclaim.desk.acting import ACTIONS, ENDED, OPEN, Action
from reclaim.desk.models import Stage, State

ANYWHERE = OPEN | ENDED
BY_ANSWERS = (State.RECOVERED, State.RECOVERED_IN_PART, State.PATIENT, State.CLOSED, State.ANSWERED)
"""States that a later answer of the payer can bring (`rules.settling`, `desk.following`)."""
GROUPS = {
    "open": ("Open", tuple(each for each in Stage if each in actions.ACTIVE)),
    "ended": ("Ended", tuple(each for each in State if each != State.OPEN)),
}
"""Places drawn within one another: id, label, members."""


def diagram() -> str:
    """Mermaid: each arrow says by which actions a case moves; those that leave it where it is stand in the table."""
    lines = ["```mermaid", "stateDiagram-v2"]
    for group, (label, members) in GROUPS.items():
        lines += [
            f'  state "{label}" as {group} {{',
            *(f'    state "{_name(each)}" as {each}' for each in members),
            "  }",
        ]
    lines += [
        f'  state "{_name(Stage.APPROVAL)}" as {Stage.APPROVAL}',
        f"  [*] --> {Stage.NEW} : a payer denies, rejects or is silent",
    ]
    arrows: dict[tuple[str, str], list[str]] = {}
    for action in ACTIONS.values():
        for target in action.to.to:
            if target != Stage.NEW or Stage.WORKING not in action.to.to:  # in work, or new when it is nobody's
                for source in _sources(action):
                    arrows.setdefault((source, target), []).append(action.label)
    for end in BY_ANSWERS:
        arrows.setdefault(("open", end), []).append("a payer answers")
    arrows["ended", Stage.NEW] = ["a payer denies again"]
    lines += [f"  {source} --> {target} : {', '.join(labels)}" for (source, target), labels in arrows.items()]
    return "\n".join([*lines, "```"])


def _sources(action: Action[object]) -> list[str]:
    """From where an action moves a case: a group where it can be any of it."""
    rest, found = set(action.to.of), []
    for group, (_, members) in GROUPS.items():
        if rest.issuperset(members):
            found.append(group)
            rest -= set(members)
    return found + [each for each in (*Stage.values, *State.values) if each in rest]


def table() -> str:
    """Every action: where it can be done, where it leads, what it needs, what its event says, whether it is undone."""
    head = ["| action | when the case is | then | permission | event | undo |", "|---|---|---|---|---|---|"]
    return "\n".join(head + [_row(each) for each in ACTIONS.values()])


def _row(action: Action[object]) -> str:
    then = " or ".join(_name(each) for each in action.to.to) or "as before"
    cells = (
        action.label,
        _when(action),
        then,
        action.permission.replace("_", " "),
        f"`{action.verb}`",
        "yes" if action.undone else "no",
    )
    return f"| {' | '.join(cells)} |"


def _when(action: Action[object]) -> str:
    named = {ANYWHERE: "anything", OPEN: "open", ENDED: "ended", actions.ACTIVE: "open, no write-off proposed"}
    return named.get(action.when) or ", ".join(sorted(_name(each) for each in action.when))


def _name(place: str) -> str:
    return Stage(place).label if place in OPEN else State(place).label


def page() -> str:
    """The whole page."""
    return f"""# Where a case can stand, and what moves it

Drawn from the code (`reclaim/desk/states.py`). A case is open until money comes or a person decides; a
later answer of the payer counts more than either, and opens or ends a case by itself (`rules.settling`).

{diagram()}

Every action leaves an event; who may not is refused, and that leaves an event too.

{table()}
"""
