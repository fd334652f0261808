"""What the API says of things: one shape for each. Dollars are texts of dollars and cents, dates and times ISO 8601.

A patient is named in one place only, `CaseWhole`, whose reading leaves an event; everywhere else stand initials. What
people wrote for colleagues (notes) has no shape: it never leaves the house.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Self

from django.conf import settings
from django.urls import reverse
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from reclaim.desk.acting import ACTIONS
from reclaim.desk.cases import Answered, CaseFile, Judged
from reclaim.desk.models import Case
from reclaim.people.access import Permission, may
from reclaim.people.models import Event, User
from reclaim.record.models import Adjudication, File
from reclaim.rules import handbook
from reclaim.rules.names import masked

Dollars = Annotated[Decimal, PlainSerializer(str, return_type=str), Field(description="US dollars", examples=["90.00"])]


class Shape(BaseModel):
    """Something that the API says."""

    model_config = ConfigDict(from_attributes=True)


class Named(Shape):
    """Something by its number and name."""

    id: int
    name: str


class CaseShort(Shape):
    """A case as lists show it."""

    id: int
    version: int = Field(description="Counts up with every change; each action sends the one it has seen.")
    url: str = Field(description="Its page, for people.")
    state: str
    stage: str
    waiting: str = Field(description="For whom it waits while its stage is waiting or sent.")
    until: date | None
    type: str
    cause: str
    department: str
    preventable: str
    kind: str
    codes: str = Field(description="Why it was denied: CARC with group, then RARC.", examples=["CO-197 M62"])
    action: str = Field(description="The next step, as rules chose it.")
    action_title: str
    control_number: str = Field(description="Yours (CLM01).")
    patient: str = Field(description="Initials.")
    payer: Named
    line_of_business: str
    service_from: date | None
    deadline: date | None
    deadline_kind: str
    charge: Dollars
    denied: Dollars
    recovered: Dollars
    expected: Dollars = Field(description="What working it is expected to bring, net of the work.")
    score: Dollars = Field(description="Orders the queue; the highest first.")
    raised: bool
    redenied: bool
    answers: int = Field(description="Answers of the payer so far.")
    opened: date | None
    resolved: date | None
    owner: Named | None
    team: int | None
    location: int | None = Field(description="Of care; `GET /people` names them.")
    provider: str = Field(description="NPI of who rendered the service, else of who was paid; empty when not sent.")
    payee: str = Field(description="NPI of who was paid; empty when not sent.")
    worked_at: datetime | None

    @classmethod
    def of(cls, case: Case) -> Self:
        """A case with its payer and owner at hand."""
        return cls(**_short(case))


class Doable(Shape):
    """An action, and whether it can be done now."""

    name: str
    label: str
    why_not: str = Field(description="Empty when it can be done now.")


class Meaning(Shape):
    """Why a rule answered so, in words."""

    text: str
    source: str


class Adjusted(Shape):
    """Dollars by which the payer paid less (positive) or more (negative)."""

    code: str
    amount: Dollars | None


class LineShape(Shape):
    """A line of the claim as the payer answered it; number 0 holds what concerns the claim as a whole."""

    number: int
    procedure: str
    modifiers: list[str]
    charge: Dollars | None
    paid: Dollars | None
    denied: Dollars
    adjustments: list[Adjusted]
    remarks: list[str]

    @classmethod
    def of(cls, each: Answered) -> Self:
        """One line."""
        line = each.line
        return cls(
            number=each.number,
            procedure=line.procedure if line else "",
            modifiers=list(line.modifiers) if line else [],
            charge=line.charge if line else None,
            paid=line.paid if line else None,
            denied=each.denied,
            adjustments=[Adjusted(code=some.code, amount=some.amount) for some in each.adjustments],
            remarks=list(each.remarks),
        )


class DeadlineShape(Shape):
    """A last day, and what it rests on."""

    kind: str
    day: date
    value: str
    start: date
    source: str
    confirmed: bool


class Judgment(Shape):
    """What the rules say today of the answer that denied."""

    why: list[Meaning]
    step: str = Field(description="What to do next, for a biller.")
    alternatives: list[str]
    deadlines: list[DeadlineShape] = Field(description="The earliest first.")
    chance: Decimal = Field(description="To win it, 0 to 1.")
    minutes: int = Field(description="Effort.")
    lines: list[LineShape]

    @classmethod
    def of(cls, judged: Judged) -> Self:
        """The judgment of a case."""
        denial = judged.denial
        reasons = (*denial.identification.reasons, *denial.classification.reasons)
        return cls(
            why=[Meaning(text=each.text, source=each.source) for each in reasons],
            step=denial.plan.next.text,
            alternatives=[each.text for each in denial.plan.alternatives],
            deadlines=[DeadlineShape.model_validate(each) for each in denial.deadlines],
            chance=denial.priority.chance,
            minutes=denial.priority.minutes,
            lines=[LineShape.of(each) for each in judged.lines],
        )


class CaseWhole(CaseShort):
    """A case with what the rules say of it and what can be done; that it was read is an event."""

    patient: str = Field(description="The name, for who may see patients; else initials.")
    judgment: Judgment | None = Field(description="Null when the bytes of the denial cannot be read.")
    actions: list[Doable]

    @classmethod
    def for_(cls, user: User, opened: CaseFile) -> Self:
        """A case as somebody may see it."""
        case = opened.case
        short = _short(case)
        if may(user, Permission.SEE_PATIENTS):
            short["patient"] = case.patient
        actions = [
            Doable(name=each.name, label=each.label, why_not=each.hindrance(user, case)) for each in ACTIONS.values()
        ]
        judgment = Judgment.of(opened.judged) if opened.judged else None
        return cls(**short, judgment=judgment, actions=actions)


class AnswerShape(Shape):
    """One answer of the payer to the claim (one CLP)."""

    id: int
    day: date | None
    status: str = Field(description="CLP02")
    kind: str
    charge: Dollars | None
    paid: Dollars | None
    patient_responsibility: Dollars | None
    denied: Dollars
    payer_control_number: str
    trace_number: str
    file: int

    @classmethod
    def of(cls, row: Adjudication) -> Self:
        """An answer with its remittance at hand."""
        names = ("id", "day", "status", "kind", "charge", "paid", "patient_responsibility", "denied")
        known: dict[str, Any] = {name: getattr(row, name) for name in names}
        return cls(
            **known,
            payer_control_number=row.payer_control_number,
            trace_number=row.remittance.trace_number,
            file=row.remittance.file_id,
        )


class Moment(Shape):
    """Something that happened to a case. What people wrote is left out."""

    day: date | None
    at: datetime | None = Field(description="Null when only the day is known.")
    sort: str = Field(description="answer, sent, answered, contact, task, done, write_off or action")
    what: str
    by: int | None = Field(description="The user; null for a job, a rule or the payer.")


class Finding(Shape):
    """One thing that was found in a file."""

    level: str
    rule: str
    segment: int | None
    path: str
    text: str


class FileShape(Shape):
    """A file that came in."""

    id: int
    name: str
    sha256: str
    size: int = Field(description="Bytes.")
    kind: str
    state: str = Field(description="received, reading, read or refused")
    origin: str
    received_at: datetime
    read_at: datetime | None
    progress: int = Field(description="Bytes read so far.")
    times: int = Field(description="How often the same bytes came.")
    claims: int
    charge: Dollars
    paid: Dollars
    denied_claims: int
    denied: Dollars
    balanced: bool


class FileWhole(FileShape):
    """A file with what was found in it."""

    findings: list[Finding]

    @classmethod
    def of(cls, file: File) -> Self:
        """A file."""
        names = ("level", "rule", "segment", "path", "text")
        found = [Finding(**{name: each.get(name) for name in names}) for each in file.findings]
        return cls(**FileShape.model_validate(file).model_dump(), findings=found)


class EventShape(Shape):
    """Something that somebody, or a job, did or saw."""

    id: int
    at: datetime
    user: int | None
    verb: str
    subject: str
    detail: dict[str, Any]
    hash: str

    @classmethod
    def of(cls, event: Event) -> Self:
        """An event."""
        names = ("id", "at", "verb", "subject", "detail", "hash")
        return cls(user=event.user_id, **{name: getattr(event, name) for name in names})


class Person(Shape):
    """A member of the organization."""

    id: int
    name: str
    email: str
    role: str
    active: bool


def person_name(user: User) -> str:
    """How a person is called."""
    return user.get_full_name() or user.email


_AS_THEY_ARE = (
    *("id", "version", "state", "stage", "waiting", "until", "type", "cause", "department", "preventable", "kind"),
    *("codes", "action", "control_number", "line_of_business", "service_from", "deadline", "deadline_kind", "charge"),
    *("denied", "recovered", "expected", "score", "raised", "redenied", "answers", "opened", "resolved", "worked_at"),
)


def _short(case: Case) -> dict[str, Any]:
    try:
        title = handbook.action(case.action, case.line_of_business).title
    except KeyError:
        title = case.action.replace("_", " ").capitalize()
    return {
        **{name: getattr(case, name) for name in _AS_THEY_ARE},
        "url": f"{settings.ADDRESS}{reverse('web:case', args=[case.pk])}",
        "action_title": title,
        "patient": masked(case.patient),
        "payer": Named(id=case.payer_id, name=case.payer.name),
        "owner": Named(id=case.owner.pk, name=person_name(case.owner)) if case.owner else None,
        "team": case.team_id,
        "location": case.location_id,
        "provider": case.provider,
        "payee": case.payee,
    }
