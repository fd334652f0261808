"""What the world is made of: places, people, payers, claims as sent and answers as payers give them.

Money in this room is whole US cents (`int`), days are `date`. Nothing here is a patient: names, numbers and places are
made up. Objects are plain and mutable where the simulation changes them; whoever gets one may keep it.
"""

from dataclasses import dataclass, field
from datetime import date

Cents = int


# --- the clinic group -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Address:
    """A made-up address in US form."""

    street: str
    city: str
    state: str
    postal: str  # 9 digits


@dataclass(frozen=True, slots=True)
class Entity:
    """Who bills and is paid: the professional group, or the hospital."""

    id: str
    name: str
    npi: str
    tax_id: str
    taxonomy: str
    address: Address
    phone: str


@dataclass(frozen=True, slots=True)
class Location:
    """A place of care."""

    id: str
    name: str
    npi: str
    address: Address
    place_of_service: str  # professional claims: "11", "22"
    entity: str  # Entity.id that bills for care given here


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody of the office: their slips are true causes of denials."""

    id: str  # "REG-03"
    role: str  # registrar | coder | biller
    location: str  # Location.id
    since: date
    slips: float  # how often this person slips beside an average one (1.0)


@dataclass(frozen=True, slots=True)
class Enrollment:
    """A span in which a payer lets a provider bill."""

    payer: str
    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class Provider:
    """Who renders care."""

    id: str
    npi: str
    last: str
    first: str
    taxonomy: str
    specialty: str  # as in book/care.toml
    location: str
    enrollments: tuple[Enrollment, ...]


# --- payers -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Habits:
    """How a payer answers and writes: see book/payers.toml, which says what each means."""

    days_to_answer: int  # median, from receipt to payment
    spread: int  # days around it
    pays_on: tuple[int, ...]  # weekdays on which it pays, Monday 0
    filing_days: int
    appeal_days: int
    vague: float  # chance that a denial comes with a code that leaves the cause open
    claim_level: float  # chance that a whole denial is written at claim level (no CAS on lines)
    interest: float  # chance of interest on a late payment (PLB L6)
    takebacks: float  # chance that a payment is reversed later
    takes_replacement: bool  # frequency 7 after a denial; Medicare does not
    element: str = "*"
    component: str = ":"
    repetition: str = "^"
    segment: str = "~"
    line_break: str = ""  # "", "\n" or "\r\n" after each segment
    control_number: str = "kept"  # kept | upper | cut (to 12 characters): what becomes of our number in CLP01
    transactions_in_file: int = 1  # remittances joined in one file
    remarks_at: str = "line"  # line (LQ) | claim (MOA, MIA) | both
    method: str = "ACH"  # BPR04: ACH | CHK
    split: float = 0.0  # chance that a claim of several lines is answered in two CLPs


@dataclass(frozen=True, slots=True)
class Payer:
    """Who pays."""

    id: str  # "HARBOR"
    name: str  # N1*PR
    payer_id: str  # NM1*PR 09 in the 837, TRN04 and N1*PR 04 in the 835
    line_of_business: str  # as reclaim.rules.payers.Line
    filing_indicator: str  # SBR09 = CLP06 here
    pays: float  # contract: share of the charge
    share: float  # of all patients who have it first
    deductible: Cents
    coinsurance: float
    copay: Cents
    habits: Habits
    plans: tuple[str, ...] = ()
    crosses_to: str = ""  # Payer.id that gets the claim next by itself
    referrals: bool = False  # wants a referral to specialists


@dataclass(frozen=True, slots=True)
class Coverage:
    """One insurance of a patient."""

    payer: str
    plan: str
    member_id: str
    group: str
    since: date
    until: date | None  # None: still on


@dataclass(frozen=True, slots=True)
class Patient:
    """Nobody."""

    id: str
    last: str
    first: str
    birth: date
    sex: str  # F | M
    address: Address
    coverages: tuple[Coverage, ...]  # as they truly are, first the one that pays first


# --- claims -----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Fault:
    """One true cause, on one claim: what was done wrong, where, by whom."""

    kind: str  # name in book/faults.toml
    element: str  # place in the 837, "2300 REF*G1"; "" when nothing on the claim is wrong
    line: int  # 1 is the first; 0: the whole claim
    who: str  # Worker.id, Provider.id, Payer.id or Patient.id: whose fault it was
    event: str = ""  # event of book/events.toml that made it likelier; ""


@dataclass(slots=True)
class Line:
    """A service as billed."""

    number: int  # from 1
    control_number: str  # REF*6R
    procedure: str  # CPT or HCPCS code
    modifiers: tuple[str, ...]
    revenue_code: str  # institutional; "" else
    units: int
    charge: Cents
    day: date
    pointers: tuple[int, ...]  # into the diagnoses, from 1 (professional)
    allowed: Cents  # by contract


@dataclass(slots=True)
class Claim:
    """A claim as it is sent. `faults` is what the world knows of it; no file holds it."""

    id: str  # the world's own number of the episode: stays the same over corrections
    control_number: str  # CLM01
    form: str  # P | I
    patient: Patient
    coverage: Coverage  # the one that is billed; may be the wrong one
    payer: Payer  # of `coverage`
    entity: Entity
    location: Location
    provider: Provider
    registrar: str  # Worker.id
    coder: str
    biller: str
    specialty: str
    service_from: date
    service_to: date
    submitted: date
    diagnoses: tuple[str, ...]  # ICD-10-CM without dot
    lines: list[Line]
    bill_type: str = ""  # institutional, first two places: "13", "11"
    admitted: bool = False
    drg: str = ""
    authorization: str = ""  # REF*G1 as sent
    needs_authorization: bool = False
    referral: str = ""  # REF*9F as sent
    frequency: str = "1"  # 1 | 7 | 8
    replaces: str = ""  # REF*F8, the payer's claim control number
    last_name: str = ""  # as sent; "": the patient's own
    member_id: str = ""  # as sent; "": the coverage's own
    birth: date | None = None  # as sent; None: the patient's own
    attachment: str = ""  # PWK control number
    order: int = 1  # 1 primary, 2 secondary
    prior: "Answer | None" = None  # what the first payer answered, on a secondary claim
    round: int = 1  # 2 after the first correction ...
    faults: list[Fault] = field(default_factory=list)

    @property
    def charge(self) -> Cents:
        """Of all lines."""
        return sum(line.charge for line in self.lines)


# --- answers ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Adjust:
    """One CAS triple."""

    group: str
    carc: str
    cents: Cents


@dataclass(slots=True)
class LineAnswer:
    """How a line is answered."""

    line: Line
    paid: Cents
    adjustments: list[Adjust]
    remarks: list[str] = field(default_factory=list)
    denied: Cents = 0  # truth: dollars that the denying codes take
    policy: str = ""  # REF*0K


@dataclass(slots=True)
class Denied:
    """The truth of a denial."""

    cause: str  # what truly caused it: a fault of book/faults.toml or a rule of book/hidden.toml
    fault: Fault | None
    rule: str  # hidden rule that fired; ""
    type: str  # technical | clinical | administrative
    codes: str  # "CO-197 N54": the combination that says so
    vague: bool  # the codes leave type and cause open, by the payer's habit
    cents: Cents  # what the denying codes take
    rightful: bool  # by contract and law the payer may deny it


@dataclass(slots=True)
class Answer:
    """One CLP: what a payer says of a claim."""

    claim: Claim
    day: date  # of the payment, BPR16
    received: date  # DTM*050
    status: str  # CLP02
    payer_control_number: str
    kind: str  # truth: reclaim.rules.facts.Kind value
    charge: Cents  # below zero on a reversal
    paid: Cents
    patient_responsibility: Cents
    lines: list[LineAnswer]
    adjustments: list[Adjust] = field(default_factory=list)  # at claim level
    remarks: list[str] = field(default_factory=list)  # MOA or MIA
    denied: Denied | None = None
    reverses: "Answer | None" = None  # the answer that this one undoes (status 22)
    crosses_to: str = ""  # Payer.id: NM1*TT
    interest: Cents = 0  # paid on top, by PLB L6
    part: int = 0  # 1, 2 when a claim is split in two CLPs
    because: str = ""  # first | correction | appeal | reversal | secondary | records | duplicate ...

    @property
    def key(self) -> str:
        """Unique among all answers: `matches` of the truth tables."""
        return f"{self.payer_control_number}/{self.day:%Y%m%d}/{self.status}/{self.part}"


@dataclass(slots=True)
class Acknowledged:
    """How a payer's front door answered a claim, before anybody judged it."""

    claim: Claim
    day: date
    accepted: bool
    category: str  # STC01-1: A1 A2 A3 A6 A7 A8
    status: str  # STC01-2
    entity: str  # STC01-3
    payer_control_number: str  # REF*1K when accepted
    fault: Fault | None = None
