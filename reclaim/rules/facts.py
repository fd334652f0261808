"""The frozen facts that every rule reads, and the frozen answers that every rule gives.

Money is `Decimal` US dollars with two places; dates are `date`. A value the payer did not send, or sent unreadable,
is None. Codes are upper case and stripped; a text the payer did not send is "".
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple


class Adjustment(NamedTuple):
    """One reason of a CAS segment: dollars by which the payer paid less (positive) or more (negative)."""

    group: str
    carc: str
    amount: Decimal | None

    @property
    def code(self) -> str:
        """Group and reason as the trade writes them, `CO-197`."""
        return f"{self.group}-{self.carc}"


class Line(NamedTuple):
    """One service line as the payer answered it (loop 2110)."""

    procedure: str
    modifiers: tuple[str, ...]
    revenue_code: str
    charge: Decimal | None
    paid: Decimal | None
    service_from: date | None
    service_to: date | None
    adjustments: tuple[Adjustment, ...]
    remarks: tuple[str, ...]
    control_number: str = ""
    policy: str = ""  # REF*0K: the policy behind a denial


class Remittance(NamedTuple):
    """Who answered, when and by which version of the format (one ST of an 835)."""

    payer: str
    payer_id: str
    trace_number: str
    payment_date: date | None  # BPR16
    production_date: date | None  # DTM*405
    payee: str = ""  # NPI of who is paid (N1*PE)

    @property
    def notice_date(self) -> date | None:
        """The date from which clocks run: the payment date, else the production date (engineering rules, 7)."""
        return self.payment_date or self.production_date


class Claim(NamedTuple):
    """One adjudication of one claim (one CLP, loop 2100) with its lines."""

    remittance: Remittance
    control_number: str  # CLP01, our CLM01
    payer_control_number: str  # CLP07
    status: str  # CLP02
    filing_indicator: str  # CLP06
    charge: Decimal | None
    paid: Decimal | None
    patient_responsibility: Decimal | None
    service_from: date | None
    service_to: date | None
    received: date | None  # DTM*050, when the payer says that it got the claim
    institutional: bool  # MIA present, or lines under revenue codes
    adjustments: tuple[Adjustment, ...]  # claim level: beside those of the lines, never over them
    remarks: tuple[str, ...]  # MOA03-07, MIA05, MIA20-23
    lines: tuple[Line, ...]
    provider: str = ""  # NPI of who rendered the service (NM1*82, else REF*HPI of the lines)


class Kind(StrEnum):
    """What an adjudication is to the people who work denials."""

    DENIED = "denied"  # every line, or the claim as a whole
    DENIED_IN_PART = "denied_in_part"  # some lines
    SILENT = "silent"  # nothing paid, hidden behind a contractual code
    TAKEBACK = "takeback"  # a payment reversed, and less or nothing paid in its place
    # Not denials:
    PAID = "paid"
    REDUCED = "reduced"  # paid, but less, for a reason somebody may contest
    PATIENT_RESPONSIBILITY = "patient_responsibility_only"
    CONTRACTUAL = "contractual_only"  # nothing due by contract, capitation, or what another payer paid
    REVERSAL = "reversals"
    FORWARDED = "forwarded"
    PENDING = "pending"  # held by the payer: the answer is still to come
    PREDETERMINATION = "predetermination"

    @property
    def is_denial(self) -> bool:
        """Whether somebody must work it."""
        return self in (Kind.DENIED, Kind.DENIED_IN_PART, Kind.SILENT, Kind.TAKEBACK)


class Reason(NamedTuple):
    """Why a rule answered as it did: in words for a biller, the rule's name, and where the rule comes from."""

    text: str
    rule: str
    source: str


class Identification(NamedTuple):
    """What this adjudication is, and how many dollars of it are denied."""

    kind: Kind
    denied_amount: Decimal  # sum of lines and claim level
    whole: bool  # the whole claim, or only some lines
    denied_lines: tuple[Decimal, ...]  # one for each line of the claim, 0.00 where not denied
    denied_at_claim: Decimal
    denying: tuple[Adjustment, ...]  # the adjustments that make it a denial, largest first
    remarks: tuple[str, ...]  # remark codes that stand beside them, in the order sent
    reasons: tuple[Reason, ...]
    beside: tuple[tuple[str, ...], ...] = ()  # for each of `denying`, the remark codes of its lines and of the claim


class Classification(NamedTuple):
    """Of what sort the denial is, who owns it, and whether it could have been prevented."""

    type: str  # technical | clinical | administrative
    cause: str  # root-cause group, as in codes/carc.csv
    department: str
    preventable: str  # yes | partly | no | unclear
    primary: str  # the code combination that decided, "CO-197" or "CO-16 M62"
    appeal_rights: bool
    reasons: tuple[Reason, ...]


class Step(NamedTuple):
    """One thing to do about a denial."""

    action: str  # correct_and_resubmit, appeal, send_records, ...
    text: str  # what to do, in one or two sentences for a biller
    reasons: tuple[Reason, ...]


class Plan(NamedTuple):
    """The chosen step and the alternatives, best first."""

    next: Step
    alternatives: tuple[Step, ...]


class Deadline(NamedTuple):
    """One last day, and all that it rests on."""

    kind: str  # filing | correction | appeal_1 | records | reopening ...
    day: date
    rule: str  # id of the rule in rules/book/deadlines.toml
    value: str  # "120 calendar days"
    start_event: str  # "notice received"
    start: date
    source: str
    confidence: str  # high | medium | low
    confirmed: bool  # whether this organization has confirmed the rule; a default never is
    note: str


class Priority(NamedTuple):
    """What working this denial is expected to bring back, and why."""

    expected: Decimal  # chance times denied amount less the cost of the work, never below 0
    chance: Decimal  # 0.00 to 1.00
    minutes: int  # effort
    days_left: int | None  # until the working deadline, from the given day
    score: Decimal  # expected, raised as the deadline nears: the order of the queue
    published: bool  # True: from published rates, not from this organization's own history
    reasons: tuple[Reason, ...]
    basis: str = "published"  # published | assumption: what the chance rests on


@dataclass(frozen=True, slots=True)
class Denial:
    """A claim that somebody must work, with everything a rule has said about it."""

    claim: Claim
    identification: Identification
    classification: Classification
    plan: Plan
    deadlines: tuple[Deadline, ...]  # earliest first
    priority: Priority
