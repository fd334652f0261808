"""What the buttons of the Correct page do, by their names; all that was typed is kept first (`web.correct`)."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from django.http import QueryDict

from reclaim import dispatch
from reclaim.desk import corrected, correcting
from reclaim.desk.acting import ActionError
from reclaim.desk.corrected import draft_of
from reclaim.desk.correcting import Choice
from reclaim.desk.models import Correction
from reclaim.people.access import Permission, may
from reclaim.people.models import User
from reclaim.web import correct_adding
from reclaim.web.correct_adding import Given
from reclaim.web.parts import number
from reclaim.x12.editing import Edit, EditError, restored
from reclaim.x12.slices import Slice

Stage = Correction.Stage


def choice_of(typed: QueryDict) -> Choice | None:
    """How somebody wants the claim to go; None: as the rules advise."""
    if not typed.get("way"):
        return None
    return Choice(*(str(typed.get(name, "")) for name in ("way", "why", "number", "conditions")))


class Act(NamedTuple):
    """A button."""

    label: str
    said: str  # when it is done
    do: Callable[[User, Correction, Given], Correction] | None = None  # after what was typed is kept
    edits: Callable[[Slice, Given], list[Edit]] | None = None  # made together with what was typed
    stages: tuple[Correction.Stage, ...] = (Stage.DRAFT,)
    needs: Permission = Permission.WORK_CASES
    key: str = ""


def _way(by: User, row: Correction, given: Given) -> Correction:
    choice = choice_of(given.typed)
    if choice is None:
        raise ActionError("Choose how the claim goes.")
    return correcting.choose_way(by, row, choice, dispatch.read_span)


def _applied(_: Slice, given: Given) -> list[Edit]:
    try:
        return [restored(json.loads(given.argument))]
    except (ValueError, AttributeError) as error:
        raise ActionError("This suggestion cannot be read any more. Open the page again.") from error


def _revert(by: User, row: Correction, given: Given) -> Correction:
    return correcting.revert(by, row, number(given.argument), dispatch.read_span)


OPEN_AGAIN = (Stage.APPROVAL, Stage.READY, Stage.HELD, Stage.REJECTED)
SEND = Permission.SEND_CLAIMS


def _back(by: User, row: Correction, given: Given) -> Correction:
    return correcting.send_back(by, row, given.typed.get("back_why", ""))


ACTS: Mapping[str, Act] = {
    "save": Act("Save", "Saved.", key="s"),
    "ready": Act(
        "Ready to send", "", lambda by, row, _: correcting.ready(by, row, dispatch.read_span), key="r"
    ),
    "approve": Act(
        *("Approve it", "It goes with the next batch.", lambda by, row, _: correcting.approve(by, row)),
        stages=(Stage.APPROVAL,), needs=SEND, key="y",
    ),
    "send_back": Act(
        *("Send it back", "It is in correction again.", _back),
        stages=(Stage.APPROVAL,), needs=SEND,
    ),
    "hold": Act(
        *("Hold it", "It waits until somebody releases it.", lambda by, row, _: correcting.hold(by, row)),
        stages=(Stage.READY,), key="o",
    ),
    "release": Act(
        *("Release it", "It goes with the next batch.", lambda by, row, _: correcting.release(by, row)),
        stages=(Stage.HELD,), key="o",
    ),
    "reopen": Act(
        *("Correct it further", "It is in correction again.", lambda by, row, _: correcting.reopen(by, row)),
        stages=OPEN_AGAIN, key="m",
    ),
    "withdraw": Act(
        *("Withdraw it", "It is withdrawn: nothing is sent.", lambda by, row, _: correcting.withdraw(by, row)),
        stages=(Stage.DRAFT, *OPEN_AGAIN[:3]),
    ),
    "way": Act("Send it this way", "It goes another way now.", _way),
    "revert": Act("Go back to it", "It is as it was in that version; a new one.", _revert),
    "apply": Act("Apply", "Applied.", edits=_applied),
    "lines": Act("", ""),
    **{name: Act(each.label, each.said, edits=each.edits) for name, each in correct_adding.ACTS.items()},
}  # fmt: skip
"""What the buttons of the page do, by their names; what comes with a name stands behind a colon: `remove:2400.2 LX`."""
_FIRST = ("save", "ready", "approve", "hold", "release", "reopen", "withdraw")


class Button(NamedTuple):
    """A button of the head."""

    name: str
    label: str
    key: str


def buttons(user: User, row: Correction) -> list[Button]:
    """What can be done now."""
    own = row.ready_by_id == user.pk
    gone = (Stage.SENT, Stage.ACKNOWLEDGED)
    test = row.batch is not None and not row.batch.production
    return [
        Button(name, act.label, act.key)
        for name, act in ACTS.items()
        if name in _FIRST
        and (row.stage in act.stages or (name == "reopen" and row.stage in gone and test))
        and may(user, act.needs)
        and not (name == "approve" and own)
    ]


def edits_of(row: Correction, act: Act, given: Given, edits: Sequence[Edit]) -> list[Edit]:
    """The edits of the button itself, of the claim with all that was typed."""
    if act.edits is None:
        return []
    original = corrected.as_sent(row.claim, dispatch.read_span)
    draft = corrected.with_edits(original, draft_of(row), edits)
    try:
        return act.edits(corrected.as_corrected(original, draft), given)
    except EditError:
        raise
    except ValueError as error:  # a day or a pointer that cannot be read
        raise ActionError(str(error)) from error


def keep(by: User, row: Correction, edits: Sequence[Edit], name: str) -> Correction:
    """Make edits; the list of versions says by which button they came."""
    if not edits:
        return row
    what = {"apply": "suggestion", "remove": "removed"}.get(name, "added" if name.startswith("add") else "changed")
    return correcting.change(by, row, edits, dispatch.read_span, what)


def said(act: Act, row: Correction) -> str:
    """What to tell when it is done; "" for nothing."""
    if act.label != ACTS["ready"].label:
        return act.said
    later = "A second person looks at it before it goes." if row.stage == Stage.APPROVAL else ""
    return later or "It is ready: it goes with the next batch."
