"""What can be done about a case. Each is one function; `desk.acting` does everything around it.

take, release, assign             whose it is
classify, locate, lift, lower     what it is, where, and how soon
note, task, ask, contact         what people wrote down and asked for
attach, remove_document          papers
snooze, wake                      not now
mark_sent, record_answer          what went to the payer and what came back, other than money
write_off, approve, refuse        dollars given up, above a limit by two people
to_patient, to_other_payer, close, reopen
undo                              as it was, while nothing else has happened
"""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from django.db import models
from django.utils import timezone

from reclaim.codes import lookup
from reclaim.desk.acting import ACTIONS, ENDED, OPEN, ActionError, Actor, Change, acting, last_change, leads, once
from reclaim.desk.locating import Places
from reclaim.desk.models import Case, Contact, Document, Note, Sent, Stage, State, Task, Waiting, WriteOff
from reclaim.desk.models.work import ELECTRONIC
from reclaim.desk.priorities import RAISED, placed
from reclaim.people.access import Permission, may, roles_that_may
from reclaim.people.models import Event, Location, Membership, Role, Team, User
from reclaim.people.preferences import write_off_limit

WORK = Permission.WORK_CASES
ACTIVE = OPEN - {Stage.APPROVAL}
"""Places where the work goes on; a proposed write-off must be decided first."""
ANSWER_EXPECTED = timedelta(days=30)
"""When an answer is looked for if nobody says a day: our own default; Medicare decides a clean claim within 30 days
(42 CFR 405.922)."""
FARTHEST = timedelta(days=366)
"""The farthest day that a case may wait for: what is later is a slip of the pen."""
LONGEST = 10_000
"""Characters of a note."""
TYPES = ("technical", "clinical", "administrative")


# --- whose it is ------------------------------------------------------------------------------------------------------


@acting(WORK, "took_case", "Take", to=leads(Stage.WORKING, of=frozenset({Stage.NEW})))
def take(by: Actor, case: Case) -> Change:
    """Work it oneself."""
    if case.owner_id == _user(by).pk:
        return Change(changed=False)
    case.owner = _user(by)
    if case.stage == Stage.NEW:
        case.stage = Stage.WORKING
    return Change({"owner": case.owner_id})


@acting(WORK, "released_case", "Release", to=leads(Stage.NEW, of=frozenset({Stage.WORKING})))
def release(by: Actor, case: Case) -> Change:
    """Give it back to the queue; one's own, or, for who assigns, anybody's."""
    if case.owner_id is None:
        return Change(changed=False)
    if isinstance(by, User) and case.owner_id != by.pk and not may(by, Permission.ASSIGN_CASES):
        raise ActionError("This case is a colleague's. Ask them, or a manager, to release it.")
    case.owner = None
    if case.stage == Stage.WORKING:
        case.stage = Stage.NEW
    return Change()


@acting(Permission.ASSIGN_CASES, "assigned_case", "Assign")
def assign(by: Actor, case: Case, to: User | None = None, team: Team | None = None, rule: int | None = None) -> Change:
    """Give it to somebody, to a team, or to somebody of a team; the event names the assignment rule that said so.

    Raises:
        ActionError: they are not of this organization, or do not work cases.
    """
    del by
    if to is None and team is None:
        raise ActionError("Choose a person or a team.")
    if to is not None and not works_cases(to, case.organization_id):
        raise ActionError("They cannot work cases in this organization. Choose somebody else.")
    if team is not None and team.organization_id != case.organization_id:
        raise ActionError("That team is of another organization.")
    if (case.owner_id, case.team_id) == (to and to.pk, team and team.pk):
        return Change(changed=False)
    case.owner, case.team = to, team
    said = {"rule": rule} if rule is not None else {}
    return Change({"owner": to.pk if to else None, "team": team.pk if team else None, **said})


# --- what it is, and how soon -----------------------------------------------------------------------------------------


@acting(WORK, "classified_case", "Set type or cause")
def classify(by: Actor, case: Case, type: str, cause: str, why: str) -> Change:  # noqa: A002  the trade's word
    """Overrule what the rules say of type and cause; kept while the payer's codes stay the same, and learned from."""
    known = causes()
    if type not in TYPES or cause not in known:
        raise ActionError("Choose a type and a cause from the lists.")
    if (case.type, case.cause) == (type, cause):
        return Change(changed=False)
    reason = _needed(why, "why the rules are wrong here")
    case.type, case.cause, case.department = type, cause, known[cause]
    case.overruled = case.codes or "-"
    return Change({"type": type, "cause": cause}, [_note(by, case, f"Type or cause changed: {reason}")])


@acting(WORK, "located_case", "Set the location")
def locate(by: Actor, case: Case, location: Location | None = None) -> Change:
    """Say where the care was given: that stands, whatever NPIs a later answer names. Without one, NPIs decide again."""
    del by
    if location is not None and location.organization_id != case.organization_id:
        raise ActionError("That location is of another organization.")
    places = once("places", lambda: Places(case.organization))
    there = location.pk if location else places.of(case.provider, case.payee)
    if (case.location_id, case.located) == (there, location is not None):
        return Change(changed=False)
    case.location_id, case.located = there, location is not None
    return Change({"location": there, "by_npi": location is None})


@acting(WORK, "lifted_case", "Raise")
def lift(by: Actor, case: Case, why: str) -> Change:
    """Put it before all others, with a reason."""
    if case.raised:
        return Change(changed=False)
    reason = _needed(why, "why it comes first")
    case.raised, case.score = True, placed(case.score, raised=True)
    return Change(rows=[_note(by, case, f"Raised: {reason}")])


@acting(WORK, "lowered_case", "Lower")
def lower(by: Actor, case: Case) -> Change:
    """Let its place in the queue be what the rules say."""
    del by
    if not case.raised:
        return Change(changed=False)
    case.raised, case.score = False, case.score - RAISED
    return Change()


# --- what people wrote down and asked for -----------------------------------------------------------------------------


@acting(WORK, "noted", "Add a note", when=OPEN | ENDED, undone=False)
def note(by: Actor, case: Case, text: str) -> Change:
    """Tell colleagues something; it never leaves the house."""
    return Change(rows=[_note(by, case, _needed(text, "the note", LONGEST))])


@acting(WORK, "made_task", "Add a task", when=OPEN | ENDED)
def task(by: Actor, case: Case, text: str, due: date | None = None, owner: User | None = None) -> Change:
    """Something that somebody of the office is to do by a day."""
    if owner is not None and not works_cases(owner, case.organization_id):
        raise ActionError("They cannot work cases in this organization. Choose somebody else.")
    given = {"of": Task.Of.OFFICE, "text": _needed(text, "what is to be done"), "due": _day(due), "owner": owner}
    return Change({"owner": owner.pk if owner else None}, [Task(**_of(by, case), **given)])


@acting(WORK, "asked_for_information", "Ask for information", when=ACTIVE, to=leads(Stage.WAITING))
def ask(by: Actor, case: Case, of: Waiting, text: str, due: date | None = None) -> Change:
    """Ask the payer, the patient, the provider or a colleague for something; the case waits for it."""
    if of not in Task.Of.values:
        raise ActionError("Choose whom you ask: the payer, the patient, the provider or a colleague.")
    day = _day(due) or timezone.localdate() + ANSWER_EXPECTED
    asked = Task(**_of(by, case), of=of, text=_needed(text, "what you ask for"), due=day, owner=_user(by))
    case.stage, case.waiting, case.until = Stage.WAITING, of, day
    return Change({"of": of, "due": str(day)}, [asked])


@acting(
    WORK,
    "finished_task",
    "Done",
    when=OPEN | ENDED,
    to=leads(Stage.WORKING, Stage.NEW, of=frozenset({Stage.WAITING})),
    undone=False,
)
def finish(by: Actor, case: Case, task: int) -> Change:
    """Tick off a task or a request; a case that waited for it is in work again."""
    found = Task.objects.select_for_update().filter(pk=task, case=case).first()
    if found is None:
        raise ActionError("There is no such task on this case.")
    if found.done_at is not None:
        return Change(changed=False)
    found.done_at, found.done_by = datetime.now(UTC), _user(by)
    if case.stage == Stage.WAITING and case.waiting == found.of:
        begun(case)
    return Change({"task": found.pk}, kept=[found])


@acting(WORK, "contacted_payer", "Log a contact", when=OPEN | ENDED, to=leads(Stage.WAITING, of=ACTIVE), undone=False)
def contact(by: Actor, case: Case, talk: "Talk") -> Change:
    """Keep what the payer said, who, and what they promised; with a promise the open case waits until then."""
    if talk.way not in Contact.Way.values:
        raise ActionError("Choose how you reached the payer.")
    promised = _day(talk.promised)
    kept = Contact(
        **_of(by, case),
        way=talk.way,
        who=_needed(talk.who, "whom you spoke with", 120),
        reference=talk.reference.strip()[:80],
        said=_needed(talk.said, "what was said", LONGEST),
        promised=promised,
    )
    if promised and case.state == State.OPEN and case.stage in ACTIVE:
        case.stage, case.waiting, case.until = Stage.WAITING, Waiting.PAYER, promised
    return Change({"way": talk.way, "promised": str(promised) if promised else ""}, [kept])


class Talk(NamedTuple):
    """One contact with a payer, as somebody logs it."""

    way: str  # Contact.Way
    who: str
    said: str
    reference: str = ""
    promised: date | None = None


@acting(WORK, "attached_document", "Attach a document", when=OPEN | ENDED, undone=False)
def attach(by: Actor, case: Case, paper: "Paper") -> Change:
    """Add a document whose bytes the store already keeps."""
    if paper.sort not in Document.Sort.values:
        raise ActionError("Choose what the document is.")
    clinical = paper.sort == Document.Sort.RECORDS
    kept = Document(
        **_of(by, case),
        name=_needed(paper.name, "the name of the document", 200),
        sort=paper.sort,
        clinical=clinical,
        sha256=paper.sha256,
        size=paper.size,
        media=paper.media[:80],
    )
    return Change({"sort": paper.sort, "bytes": paper.size}, [kept])


class Paper(NamedTuple):
    """A document that was kept (`record.files`), before it belongs to a case."""

    name: str
    sort: str  # Document.Sort
    sha256: str
    size: int
    media: str


@acting(WORK, "removed_document", "Remove a document", when=OPEN | ENDED, undone=False)
def remove_document(by: Actor, case: Case, document: int, why: str) -> Change:
    """Take a document off the case, with a reason; its bytes stay in the store. What may have been sent stays.

    Raises:
        ActionError: there is no such document for who asks, or something was sent after it was attached.
    """
    reason = _needed(why, "why it is removed")
    found = Document.objects.select_for_update().filter(pk=document, case=case, removed_at=None).first()
    if found is None or not may(_user(by), Permission.SEE_PATIENTS) or _hidden(by, found):
        raise ActionError("There is no such document on this case.")
    if Sent.objects.filter(case=case, at__gte=found.at).exclude(what=Sent.What.INQUIRY).exists():
        raise ActionError("Something was sent after it was attached, and it may have been part of that: it stays.")
    found.removed_at = datetime.now(UTC)
    return Change({"document": found.pk}, [_note(by, case, f"Document removed: {reason}")], kept=[found])


def _hidden(by: Actor, document: Document) -> bool:
    return document.clinical and not may(_user(by), Permission.SEE_CLINICAL)


# --- not now ----------------------------------------------------------------------------------------------------------


@acting(WORK, "snoozed_case", "Snooze", when=ACTIVE, to=leads(Stage.WAITING))
def snooze(by: Actor, case: Case, until: date | None = None) -> Change:
    """Put it aside until a day, or, without one, until the payer's next answer; it wakes by itself."""
    del by
    day = _day(until)
    if day is not None and day <= timezone.localdate():
        raise ActionError("Choose a day after today.")
    waiting = Waiting.DATE if day else Waiting.ANSWER
    if (case.stage, case.waiting, case.until) == (Stage.WAITING, waiting, day):
        return Change(changed=False)
    case.stage, case.waiting, case.until = Stage.WAITING, waiting, day
    return Change(
        {"until": str(day) if day else "", "past_deadline": bool(day and case.deadline and day > case.deadline)}
    )


@acting(WORK, "woke_case", "Wake", when=frozenset({Stage.WAITING, Stage.SENT}), to=leads(Stage.WORKING, Stage.NEW))
def wake(by: Actor, case: Case) -> Change:
    """Go on with it."""
    del by
    begun(case)
    return Change()


# --- what went to the payer, and what came back -----------------------------------------------------------------------


@acting(WORK, "marked_sent", "Mark as sent", when=ACTIVE, to=leads(Stage.SENT), undone=False)
def mark_sent(by: Actor, case: Case, parcel: "Parcel") -> Change:
    """Note that something went to the payer; the case waits for the answer."""
    ways = Contact.Way.values if isinstance(by, User) else [*Contact.Way.values, ELECTRONIC]  # sent by ourselves
    if parcel.what not in Sent.What.values or parcel.way not in ways:
        raise ActionError("Choose what was sent, and how.")
    if parcel.what == Sent.What.APPEAL and isinstance(by, User) and not may(by, Permission.APPEAL):
        raise ActionError("Your role does not include appeals. Ask a biller, a reviewer or a manager.")
    day = parcel.day or timezone.localdate()
    if day > timezone.localdate():
        raise ActionError("The day on which it was sent cannot lie ahead.")
    expected = _day(parcel.expected) or day + ANSWER_EXPECTED
    kept = Sent(
        **_of(by, case),
        what=parcel.what,
        way=parcel.way,
        reference=parcel.reference.strip()[:80],
        day=day,
        expected=expected,
    )
    case.stage, case.waiting, case.until = Stage.SENT, Waiting.PAYER, expected
    return Change({"what": parcel.what, "way": parcel.way, "day": str(day)}, [kept])


class Parcel(NamedTuple):
    """Something that went to the payer."""

    what: str  # Sent.What
    way: str  # Contact.Way
    day: date | None = None  # None: today
    expected: date | None = None  # when an answer should be there; None: in 30 days
    reference: str = ""


@acting(
    WORK,
    "recorded_answer",
    "Record an answer",
    when=ACTIVE,
    to=leads(Stage.WORKING, Stage.NEW, Stage.SENT),
    undone=False,
)
def record_answer(by: Actor, case: Case, answer: str, on: date | None = None) -> Change:
    """What the payer answered, other than by a remittance, to what was sent last. Only money ends it as recovered."""
    if answer not in Sent.Answer.values:
        raise ActionError("Choose what the payer answered.")
    sent = Sent.objects.select_for_update().filter(case=case, answer="").order_by("-id").first()
    if sent is None:
        raise ActionError("Nothing is on its way. Mark first what was sent.")
    day = on or timezone.localdate()
    if not sent.day <= day <= timezone.localdate():
        raise ActionError("The answer cannot be older than what was sent, or lie ahead.")
    if answer != Sent.Answer.RECEIVED:
        sent.answer, sent.answered, sent.answer_by = answer, day, _user(by)
    if answer in (Sent.Answer.MORE, Sent.Answer.UPHELD):
        begun(case)
    elif answer == Sent.Answer.OVERTURNED:
        case.stage, case.waiting, case.until = Stage.SENT, Waiting.ANSWER, timezone.localdate() + ANSWER_EXPECTED
    return Change({"answer": answer, "day": str(day), "sent": sent.pk}, kept=[sent])


# --- dollars given up -------------------------------------------------------------------------------------------------


@acting(Permission.WRITE_OFF, "wrote_off", "Write off", when=ACTIVE, to=leads(State.WRITTEN_OFF, Stage.APPROVAL))
def write_off(by: Actor, case: Case, reason: str, words: str = "") -> Change:
    """Give up what is denied: at once within the limit of the role, else when a second person agrees."""
    if reason not in WriteOff.Reason.values:
        raise ActionError("Choose a reason from the list.")
    if reason == WriteOff.Reason.OTHER:
        _needed(words, "the reason")
    limit = once("limit", lambda: write_off_limit(case.organization_id, _role(by, case)))
    alone = case.denied <= limit
    stand = WriteOff.Stand.DONE if alone else WriteOff.Stand.PROPOSED
    given = {"amount": case.denied, "reason": reason, "words": words.strip()[:300], "stand": stand}
    if alone:
        _end(case, State.WRITTEN_OFF)
    else:
        case.stage, case.waiting, case.until = Stage.APPROVAL, Waiting.COLLEAGUE, None
    detail = {"reason": reason, "cents": int(case.denied * 100), "limit_cents": int(limit * 100), "stand": str(stand)}
    return Change(detail, [WriteOff(**_of(by, case), **given)])


@acting(
    Permission.APPROVE_WRITE_OFF,
    "approved_write_off",
    "Approve the write-off",
    when=frozenset({Stage.APPROVAL}),
    to=leads(State.WRITTEN_OFF),
    undone=False,
)
def approve(by: Actor, case: Case) -> Change:
    """Agree to a write-off that somebody else proposed."""
    proposed = _decided(by, case, WriteOff.Stand.DONE)
    _end(case, State.WRITTEN_OFF)
    return Change({"write_off": proposed.pk, "cents": int(proposed.amount * 100)}, kept=[proposed])


@acting(
    Permission.APPROVE_WRITE_OFF,
    "refused_write_off",
    "Refuse the write-off",
    when=frozenset({Stage.APPROVAL}),
    to=leads(Stage.WORKING, Stage.NEW),
    undone=False,
)
def refuse(by: Actor, case: Case, why: str) -> Change:
    """Have the case worked on instead, and say why."""
    proposed = _decided(by, case, WriteOff.Stand.REFUSED, _needed(why, "why it is not written off"))
    begun(case)
    return Change({"write_off": proposed.pk}, kept=[proposed])


def _decided(by: Actor, case: Case, stand: WriteOff.Stand, answer: str = "") -> WriteOff:
    proposed = WriteOff.objects.select_for_update().filter(case=case, stand=WriteOff.Stand.PROPOSED).latest("pk")
    if proposed.by_id == _user(by).pk:
        raise ActionError("You proposed this write-off: a second person decides.")
    proposed.stand, proposed.answer = stand, answer
    proposed.decided_by, proposed.decided_at = _user(by), datetime.now(UTC)
    return proposed


# --- other ends -------------------------------------------------------------------------------------------------------


@acting(WORK, "moved_to_patient", "Move to the patient", when=ACTIVE, to=leads(State.PATIENT))
def to_patient(by: Actor, case: Case, why: str) -> Change:
    """The patient owes it. Where the contract or the law forbids the bill, it is a write-off instead."""
    reason = _needed(why, "why the patient owes it")
    _end(case, State.PATIENT)
    return Change(rows=[_note(by, case, f"Moved to the patient: {reason}")])


@acting(WORK, "moved_to_other_payer", "Move to another payer", when=ACTIVE, to=leads(State.OTHER_PAYER))
def to_other_payer(by: Actor, case: Case, payer: str) -> Change:
    """Somebody else is to pay; what they answer opens a case of its own."""
    named = _needed(payer, "which payer", 120)
    _end(case, State.OTHER_PAYER)
    return Change(rows=[_note(by, case, f"Moved to {named}")])


CLOSES = (State.UPHELD, State.WITHDRAWN, State.NOT_A_DENIAL)


@acting(WORK, "closed_case", "Close", when=ACTIVE, to=leads(*CLOSES))
def close(by: Actor, case: Case, outcome: str, why: str) -> Change:
    """End it without money: the payer stands by it, we withdraw, or it is no denial."""
    if outcome not in CLOSES:
        raise ActionError("Choose how it ended. Dollars given up are a write-off.")
    reason = _needed(why, "why it ends")
    _end(case, State(outcome))
    return Change({"outcome": outcome}, [_note(by, case, f"Closed: {reason}")])


@acting(WORK, "reopened_case", "Reopen", when=ENDED, to=leads(Stage.WORKING, Stage.NEW))
def reopen(by: Actor, case: Case, why: str) -> Change:
    """Take it up again. What a payer's answer has ended is opened for what is still denied."""
    reason = _needed(why, "why it opens again")
    given_up = list(WriteOff.objects.filter(case=case, stand=WriteOff.Stand.DONE))
    for each in given_up:
        each.stand = WriteOff.Stand.TAKEN_BACK
    case.state, case.resolved, case.decided_on = State.OPEN, None, case.latest_id
    begun(case)
    return Change(rows=[_note(by, case, f"Reopened: {reason}")], kept=given_up)


# --- as it was --------------------------------------------------------------------------------------------------------


@acting(WORK, "undid", "Undo", when=OPEN | ENDED, undone=False)
def undo(by: Actor, case: Case) -> Change:
    """Take back one's own last action on a case, while nothing else has happened to it."""
    change = undoable(by, case)
    if change is None:
        raise ActionError("There is nothing of yours to undo: something else has happened since.")
    for name, value in change.detail["before"].items():
        setattr(case, name, _value(name, value))
    return Change({"undone": change.pk}, kept=list(_taken_back(by, change)))


def undoable(by: Actor, case: Case, read: Iterable[Event] = ()) -> Event | None:
    """The change that somebody could undo now; None when there is none.

    Args:
        by: who would undo it.
        case: a case.
        read: its newest events, where they were read already.
    """
    change = next((each for each in read if each.detail.get("version") == case.version), None) or last_change(case)
    verbs = {each.verb for each in ACTIONS.values() if each.undone}
    mine = change is not None and change.user_id == (by.pk if isinstance(by, User) else None)
    return change if change is not None and mine and change.verb in verbs else None


def _taken_back(by: Actor, change: Event) -> Any:  # noqa: ANN401  rows of several models
    """Rows that an undone action had added, as they stand without it; notes stay, for they were read."""
    for name in change.detail.get("rows", ()):
        kind, _, number = name.partition(":")
        if kind == "desk.writeoff":
            given_up = WriteOff.objects.get(pk=number)
            given_up.stand = WriteOff.Stand.TAKEN_BACK
            yield given_up
        elif kind == "desk.task":
            asked = Task.objects.get(pk=number)
            asked.done_at, asked.done_by = datetime.now(UTC), _user(by)
            yield asked


# --- what several of them need ----------------------------------------------------------------------------------------


@cache
def causes() -> dict[str, str]:
    """Every root cause that somebody may choose, and the department that most often owns it."""
    owners: dict[str, Counter[str]] = {}
    for each in lookup.carcs().values():
        if each.type in TYPES or each.type_if_denied:
            owners.setdefault(each.cause, Counter())[each.department] += 1
    return {cause: owner.most_common(1)[0][0] for cause, owner in sorted(owners.items())}


def works_cases(user: User, organization: int) -> bool:
    """Whether somebody works cases in an organization."""
    roles = roles_that_may(WORK)
    members = Membership.objects.filter(organization=organization, user=user, role__in=roles)
    return once(("works", user.pk, organization), lambda: user.is_active and members.exists())


def begun(case: Case) -> None:
    """In work again, or new when it is nobody's."""
    case.stage = Stage.WORKING if case.owner_id else Stage.NEW
    case.waiting, case.until = Waiting.NOBODY, None


def _end(case: Case, state: State) -> None:
    """A person's decision, which holds until the payer answers again."""
    case.state, case.resolved, case.decided_on = state, timezone.localdate(), case.latest_id
    case.waiting, case.until = Waiting.NOBODY, None


def _of(by: Actor, case: Case) -> dict[str, Any]:
    """What every row about a case holds."""
    user = by if isinstance(by, User) else None
    return {"organization_id": case.organization_id, "case": case, "by": user, "at": datetime.now(UTC)}


def _note(by: Actor, case: Case, text: str) -> models.Model:
    return Note(**_of(by, case), text=text)


def _user(by: Actor) -> User:
    if isinstance(by, User):
        return by
    raise ActionError("Only a person can do this.")


def _role(by: Actor, case: Case) -> Role:
    found = Membership.objects.filter(organization=case.organization_id, user=_user(by)).values_list("role", flat=True)
    return Role(found.get())


def _needed(text: str, what: str, longest: int = 300) -> str:
    said = text.strip()
    if not said:
        raise ActionError(f"Say {what}.")
    if len(said) > longest:
        raise ActionError(f"Say {what} in at most {longest:,} characters.")
    return said


def _day(day: date | None) -> date | None:
    if day is not None and not date(2000, 1, 1) <= day <= timezone.localdate() + FARTHEST:
        raise ActionError("Choose a day within the next year.")
    return day


def _value(name: str, value: Any) -> Any:  # noqa: ANN401  a field of a case, as its event kept it
    match name:
        case "until" | "resolved":
            return date.fromisoformat(value) if value else None
        case "score":
            return Decimal(value)
    return value
