"""The forms of the actions on a case: which fields each has, what is typed into them, and what that becomes.

A new action of `desk.actions` gets a row in `FORMS`; a test says when one is missing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, NamedTuple

from reclaim.desk import actions, documents
from reclaim.desk.actions import Parcel, Talk
from reclaim.desk.models import Case, Contact, Document, Sent, State, Task, WriteOff
from reclaim.people.access import Permission, roles_that_may, visible_to
from reclaim.people.models import Location, Membership, Role, Team, User
from reclaim.web import words
from reclaim.web.parts import number

Choices = Sequence[tuple[str, str]]
Row = User | Team | Location
Kind = Literal["text", "long", "date", "choice", "person", "team", "location", "file", "hidden"]
PEOPLE = 500
"""People, teams and locations to choose from."""
DATES = ("%Y-%m-%d", "%m/%d/%Y")
"""As the fields of browsers send a day, and as people type one."""


class FormError(Exception):
    """What stands in one field cannot be; the message says why."""

    def __init__(self, field: str, said: str) -> None:
        super().__init__(said)
        self.field = field


class Field(NamedTuple):
    """One field."""

    name: str  # as the action calls it
    label: str
    kind: Kind = "text"
    help: str = ""
    choices: Choices = ()
    needed: bool = True
    longest: int = 300


class Form(NamedTuple):
    """What somebody fills in to do an action."""

    label: str  # of the button that leads to it
    key: str  # that does the same; "": none
    said: str  # when it is done
    fields: tuple[Field, ...] = ()
    title: str = ""  # over the form; the label says it too, as a rule
    button: str = ""  # that sends it; as `title`
    help: str = ""  # what it does
    made: Callable[[Mapping[str, Any]], dict[str, Any]] = dict  # what the action takes

    @property
    def head(self) -> str:
        """Over the form."""
        return self.title or self.label


class Shown(NamedTuple):
    """A field with what stands in it."""

    field: Field
    value: str
    choices: Choices
    trouble: str


def _choice(name: str, label: str, choices: Iterable[tuple[Any, Any]], help: str = "") -> Field:  # noqa: A002  of the field
    return Field(name, label, "choice", help, tuple((str(value), str(said)) for value, said in choices))


def _why(label: str = "Why", help: str = "") -> Field:  # noqa: A002  of the field
    return Field("why", label, help=help)


def _causes() -> Choices:
    return sorted(((each, words.cause(each)) for each in actions.causes()), key=lambda each: each[1])


_WAY = _choice("way", "How", Contact.Way.choices)
_NO_MONEY = "Nobody owes these dollars any more. Where they are given up, write them off instead."
FORMS: Mapping[str, Form] = {
    "approve": Form("Approve the write-off", "y", "The write-off is approved."),
    "refuse": Form(
        *("Refuse the write-off", "x", "The write-off is refused; the case is in work again."),
        (_why("Why it is not written off", "Whoever proposed it reads this."),),
    ),
    "take": Form("Take", "t", "The case is yours."),
    "release": Form("Release", "r", "The case is back in the queue."),
    "ask_status": Form(
        *("Ask for the status", "q", "The question goes out within minutes; the case waits for the answer."),
        help="An electronic request (276) about the claim as it was sent. The answer (277) brings the case back.",
    ),
    "note": Form(
        *("Note", "n", "The note is kept."),
        (Field("text", "Note", "long", "For colleagues only: it never leaves the house.", longest=actions.LONGEST),),
        *("Add a note", "Keep the note"),
    ),
    "task": Form(
        *("Task", "m", "The task is there."),
        (
            Field("text", "What is to be done"),
            Field("due", "By", "date", needed=False),
            Field("owner", "Who", "person", needed=False),
        ),
        *("Add a task", "Add the task"),
    ),
    "contact": Form(
        *("Contact", "l", "The contact is logged."),
        (
            _WAY,
            Field("who", "With whom", help="Name or department at the payer.", longest=120),
            Field("reference", "Reference number", help="Of the call, ticket or message.", needed=False, longest=80),
            Field("said", "What was said", "long", longest=actions.LONGEST),
            Field("promised", "Promised by", "date", "The case waits until then, and comes back by itself.", (), False),
        ),
        *("Log a contact with the payer", "Log the contact"),
        made=lambda typed: {"talk": Talk(**typed)},
    ),
    "ask": Form(
        *("Ask", "i", "The case waits for the answer."),
        (
            _choice("of", "Whom", [each for each in Task.Of.choices if each[0] != Task.Of.OFFICE]),
            Field("text", "What you need"),
            Field("due", "By", "date", "Nothing: in 30 days. The case comes back by itself then.", needed=False),
        ),
        *("Ask for information", "Ask and wait"),
        "Reclaim sends nothing: it notes whom you asked and brings the case back.",
    ),
    "snooze": Form(
        *("Snooze", "e", "The case waits, and comes back by itself."),
        (Field("until", "Until", "date", "Nothing: until the payer's next answer.", needed=False),),
        *("Put it aside", "Snooze"),
    ),
    "wake": Form("Wake", "w", "The case is in work again."),
    "mark_sent": Form(
        *("Mark sent", "s", "It is marked as sent; the case waits for the answer."),
        (
            _choice("what", "What went to the payer", Sent.What.choices),
            _WAY,
            Field("reference", "Tracking or confirmation number", needed=False, longest=80),
            Field("day", "Sent on", "date", "Nothing: today.", needed=False),
            Field("expected", "Answer expected by", "date", "Nothing: 30 days after it was sent.", needed=False),
        ),
        *("Mark as sent", "Mark as sent"),
        made=lambda typed: {"parcel": Parcel(**typed)},
    ),
    "record_answer": Form(
        *("Answer", "b", "The answer is recorded."),
        (
            _choice("answer", "What the payer answered", Sent.Answer.choices),
            Field("on", "On", "date", "Nothing: today.", needed=False),
        ),
        *("Record the payer's answer", "Record the answer"),
        "To what was sent last. Money is never recorded here: it comes with a remittance.",
    ),
    "attach": Form(
        *("Attach", "f", "The document is attached."),
        (
            Field("file", "Document", "file", f"{documents.TAKEN}."),
            _choice("sort", "What it is", Document.Sort.choices, "Medical records are seen by clinical roles only."),
        ),
        *("Attach a document", "Attach it"),
    ),
    "remove_document": Form(
        *("Remove", "", "The document is removed."),
        (Field("document", "Document", "hidden"), _why("Why it is removed", "Kept as a note on the case.")),
        *("Remove a document", "Remove it"),
        "What was sent to the payer stays; so do documents that were there before it was sent.",
        made=lambda typed: {"document": number(typed["document"]), "why": typed["why"]},
    ),
    "assign": Form(
        *("Assign", "a", "The case is assigned."),
        (Field("to", "Person", "person", needed=False), Field("team", "Team", "team", needed=False)),
    ),
    "reopen": Form(
        *("Reopen", "o", "The case is open again."),
        (_why("Why it opens again"),),
        "Take the case up again",
        "Reopen",
    ),
    "classify": Form(
        *("Set type or cause", "d", "The type and cause are set."),
        (
            _choice("type", "Type", ((each, each.capitalize()) for each in actions.TYPES)),
            Field("cause", "Cause", "choice", choices=()),
            _why("Why the rules are wrong here"),
        ),
        button="Set it",
        help="Your word stands for this case as long as the payer's codes stay the same.",
    ),
    "locate": Form(
        *("Set the location", "", "The location is set."),
        (Field("location", "Location", "location", needed=False),),
        button="Set it",
        help="Your word stands, whatever NPIs later answers name. Choose none to let the NPIs decide.",
    ),
    "lift": Form(
        *("Raise", "p", "The case stands before all others."),
        (_why("Why it comes first"),),
        *("Raise over all others", "Raise it"),
    ),
    "lower": Form("Lower", "p", "The case stands where the rules put it."),
    "write_off": Form(
        *("Write off", "o", "Noted."),
        (
            _choice("reason", "Reason", WriteOff.Reason.choices),
            Field("words", "In words", help="Needed for another reason.", needed=False),
        ),
    ),
    "to_patient": Form(
        *("Move to the patient", "", "The case has ended: the patient owes it."),
        (_why("Why the patient owes it"),),
        help="Where the contract or the law forbids the bill, it is a write-off instead.",
    ),
    "to_other_payer": Form(
        *("Move to another payer", "", "The case has ended: another payer owes it."),
        (Field("payer", "Which payer", longest=120),),
    ),
    "close": Form(
        *("Close", "c", "The case is closed."),
        (_choice("outcome", "How it ended", ((each, State(each).label) for each in actions.CLOSES)), _why()),
        help=_NO_MONEY,
    ),
    "finish": Form(
        "Done",
        "",
        "The task is done.",
        (Field("task", "Task", "hidden"),),
        made=lambda typed: {"task": number(typed["task"])},
    ),
    "undo": Form("Undo", "z", "It is as it was before."),
}
"""Every action by its name, in the order of the buttons."""


def read(form: Form, typed: Mapping[str, str], user: User) -> dict[str, Any]:
    """What an action takes, from what was typed; a file is not in it.

    Raises:
        FormError: a field holds what it cannot.
    """
    return form.made(
        {each.name: _value(each, typed.get(each.name, ""), user) for each in form.fields if each.kind != "file"}
    )


def shown(form: Form, case: Case, user: User, typed: Mapping[str, str], wrong: FormError | None) -> list[Shown]:
    """The fields with what stands in them."""
    return [
        Shown(
            each,
            typed.get(each.name, ""),
            _choices(each, case, user),
            str(wrong) if wrong and wrong.field == each.name else "",
        )
        for each in form.fields
    ]


def at_first(name: str, case: Case, user: User, wanted: str) -> dict[str, str]:
    """What stands in a fresh form.

    Args:
        name: of the action.
        case: about which.
        user: who fills it in.
        wanted: a choice that the page has made already, as "appeal".
    """
    typed = {"task": {"owner": str(user.pk)}, "classify": {"type": case.type, "cause": case.cause}}.get(name, {})
    if name == "assign":
        typed = {"to": str(case.owner_id or ""), "team": str(case.team_id or "")}
    if name == "locate":
        typed = {"location": str((case.located and case.location_id) or "")}
    if name == "remove_document":
        typed = {"document": wanted}
    first = next((each for each in FORMS[name].fields if each.kind == "choice"), None)
    if first and wanted in dict(first.choices):
        typed = typed | {first.name: wanted}
    return typed


def _value(field: Field, text: str, user: User) -> Any:  # noqa: ANN401  a text, a day or a row
    text = text.replace("\0", "")
    match field.kind:
        case "date":
            return _day(field, text.strip())
        case "person":
            found = _people(user).filter(user=number(text)).first() if text else None
            return _there(field, text, found and found.user)
        case "team":
            return _there(field, text, visible_to(user, Team).filter(pk=number(text)).first() if text else None)
        case "location":
            return _there(field, text, visible_to(user, Location).filter(pk=number(text)).first() if text else None)
    if field.needed and not text.strip():
        raise FormError(field.name, "Choose one." if field.kind == "choice" else "Say something here.")
    if len(text) > field.longest:
        raise FormError(field.name, f"At most {field.longest:,} characters; these are {len(text):,}.")
    return text


def _there(field: Field, text: str, found: Row | None) -> Row | None:
    if text and found is None:
        raise FormError(field.name, "Choose from the list.")
    return found


def _day(field: Field, text: str) -> date | None:
    for form in DATES if text else ():
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
    if text:
        raise FormError(field.name, "Write a day, such as 12/31/2026.")
    return None


def _choices(field: Field, case: Case, user: User) -> Choices:
    match field.kind:
        case "person":
            members = _people(user).select_related("user")[:PEOPLE]
            return [(str(each.user_id), each.user.get_full_name() or each.user.email) for each in members]
        case "team":
            return [(str(each.pk), each.name) for each in visible_to(user, Team).order_by("name")[:PEOPLE]]
        case "location":
            return [(str(each.pk), each.name) for each in visible_to(user, Location).order_by("name")[:PEOPLE]]
    if field.name == "cause":
        known = _causes()
        return known if case.cause in dict(known) else [(case.cause, words.cause(case.cause)), *known]
    return field.choices


def _people(user: User) -> Any:  # noqa: ANN401  memberships that are visible
    """Who works cases, by name."""
    roles = [role for role in roles_that_may(Permission.WORK_CASES) if role != Role.INTEGRATION]
    members = visible_to(user, Membership).filter(role__in=roles, user__is_active=True)
    return members.order_by("user__first_name", "user__last_name", "user__email")
