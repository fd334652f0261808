"""To whom a corrected claim goes, and under which names: as the claim before it went, by the envelope of its file."""

import re
from typing import NamedTuple

from reclaim.desk.acting import ActionError
from reclaim.desk.cases import ReadSpan
from reclaim.desk.models import Receiver
from reclaim.people.access import Permission
from reclaim.people.actions import Done, action
from reclaim.people.models import User
from reclaim.record.connections.models import Connection
from reclaim.record.models import Claim

WINDOW, WIDER = 1 << 12, 8
"""Bytes before a transaction in which its envelope is looked for first, and by how much that grows."""
_NOWHERE = "The file of this claim does not say who sent it to whom (ISA, GS), so a correction cannot follow it."


class Route(NamedTuple):
    """The names of an interchange."""

    sender_qualifier: str
    sender: str
    receiver_qualifier: str
    receiver: str
    group_sender: str
    group_receiver: str


def receiver_of(claim: Claim, read: ReadSpan) -> Receiver:
    """Who took a claim, made known when a claim of theirs is corrected for the first time.

    Raises:
        ActionError: its file does not say.
    """
    route, production = route_of(claim, read)
    given = {"name": route.receiver, "production": production}
    found, _ = Receiver.objects.get_or_create(organization=claim.organization, **route._asdict(), defaults=given)
    return found


def route_of(claim: Claim, read: ReadSpan) -> tuple[Route, bool]:
    """The names of the interchange that a claim was sent in, and whether it was for production (ISA15).

    Raises:
        ActionError: its file does not say.
    """
    mark, end = claim.batch.separators[0], claim.batch.header_start
    window = WINDOW
    while True:
        head = read(claim.file, max(0, end - window), end).decode("latin-1")
        interchange, group = _last("ISA", head, claim.batch.separators), _last("GS", head, claim.batch.separators)
        if interchange and group:
            break
        if window >= end:
            raise ActionError(_NOWHERE)
        window *= WIDER
    isa, gs = ([each.strip() for each in text.split(mark)] for text in (interchange, group))
    if len(isa) < 16 or len(gs) < 4 or not all((isa[6], isa[8], gs[2], gs[3])):
        raise ActionError(_NOWHERE)
    route = Route(isa[5][:2], isa[6][:15], isa[7][:2], isa[8][:15], gs[2][:15], gs[3][:15])
    return route, isa[15].upper() != "T"


def _last(tag: str, text: str, separators: str) -> str:
    """The last segment of a tag in a text; "" when it holds none."""
    element, end = (re.escape(each) for each in (separators[0], separators[2]))
    found = list(re.finditer(rf"(?:^|{end})\s*({tag}{element}[^{end}]*)", text, re.IGNORECASE))
    return found[-1][1] if found else ""


@action(Permission.ADMINISTER, "changed_receiver")
def configure(
    by: User | None, receiver: Receiver, *, name: str, production: bool, connection: Connection | None
) -> Done[Receiver]:
    """Say what a receiver is called, whether claims go there for production or as a test, and by which connection.

    Args:
        by: who decides.
        receiver: of the organization.
        name: as people know it.
        production: False: everything that is batched from now on goes as a test.
        connection: with a folder to send into; None: files are taken by hand.

    Raises:
        ActionError: the name is empty, or the connection sends nowhere.
    """
    del by
    named = name.strip()[:80]
    if not named:
        raise ActionError("Give the receiver a name.")
    if connection is not None and not connection.folder_out:
        raise ActionError(f"{connection} has no folder to send into. Name one under Settings, Connections.")
    receiver.name, receiver.production, receiver.connection = named, production, connection
    receiver.save(update_fields=["name", "production", "connection"])
    return Done(receiver, {"production": production, "connection": connection.pk if connection else None})
