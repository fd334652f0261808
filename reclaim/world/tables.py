"""The truth, as tables: what each row stands for and what each column holds. `docs/world.md` shows them to users.

A table is a folder of Parquet parts, one for each month in which its rows came to be. Money is whole cents. Nothing in
here reaches the product: rules, record and desk never import this room.
"""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple, get_type_hints

import polars as pl

TRUTH = "truth"
"""The folder of a world that holds these tables."""


class Claims(NamedTuple):
    """One episode of care as it was billed first. Corrections, second payers and duplicates share its number."""

    claim: str
    control_number: str  # CLM01
    form: str  # P | I
    payer: str  # who is truly first in line on the day of service
    billed_payer: str  # who was billed
    line_of_business: str  # of the billed payer
    entity: str
    location: str
    provider: str
    specialty: str
    registrar: str
    coder: str
    biller: str
    service_from: date
    service_to: date
    submitted: date
    lines: int
    charge_cents: int
    allowed_cents: int  # by the billed payer's contract
    needs_authorization: bool
    admitted: bool


class Faults(NamedTuple):
    """One true cause on one claim as sent."""

    claim: str
    kind: str  # name in book/faults.toml
    element: str  # place in the 837; "" when nothing on the claim is wrong
    line: int  # 0: the whole claim
    who: str
    event: str  # that made it likelier; ""


class Submissions(NamedTuple):
    """One claim in one 837, or a claim that one payer passed to the next (file is "")."""

    file: str
    day: date
    claim: str
    control_number: str
    form: str
    payer: str
    frequency: str
    order: int  # 1 primary, 2 secondary
    round: int  # 2 after the first correction
    why: str  # first | duplicate | rejected | correction | rebill | secondary | crossover
    charge_cents: int
    acknowledged: date
    acknowledgement: str  # the 277CA
    accepted: bool
    category: str  # STC01-1
    status: str  # STC01-2
    payer_control_number: str
    fault: str  # why it was rejected; ""


class Remittances(NamedTuple):
    """One payment to one payee: one ST of an 835."""

    file: str
    transaction: int  # ordinal of the ST in the file, from 1
    trace_number: str
    payer: str
    entity: str
    day: date
    amount_cents: int  # what is paid: claims less provider adjustments
    method: str  # ACH | CHK | NON
    claims: int
    off_cents: int  # so much more or less than the amount is written, on purpose; 0: balances


class Answers(NamedTuple):
    """One CLP in one 835: which claim it answers (the match), and what it truly is."""

    answer: str  # unique
    file: str
    transaction: int  # ordinal of its ST in the file, from 1
    trace_number: str
    position: int  # ordinal of the CLP in the file, from 1
    control_number: str  # CLP01 as returned
    claim: str
    payer: str
    order: int
    day: date  # BPR16
    received: date
    status: str  # CLP02
    kind: str  # denied, denied_in_part, silent, takeback, paid, reduced, reversals ...
    charge_cents: int
    paid_cents: int
    patient_cents: int
    denied_cents: int
    interest_cents: int
    part: int  # 1, 2 when one claim is answered by two CLPs
    because: str  # first | correction | appeal | records | reversal | takeback | secondary | duplicate ...
    reverses: str  # answer that this one undoes; ""


class Denials(NamedTuple):
    """One denial: its true cause, and how the payer told it."""

    answer: str
    claim: str
    day: date
    payer: str
    line_of_business: str
    first: bool  # the first of its claim
    kind: str
    cause: str  # a fault, the group of a hidden rule, or takeback
    element: str  # place in the 837 that is at fault; ""
    line: int
    who: str
    event: str
    rule: str  # hidden rule that fired; ""
    type: str
    codes: str
    vague: bool  # the codes leave cause or type open, by the payer's habit
    rightful: bool  # by contract and law the payer may deny it
    denied_cents: int
    evidence: float  # how good the papers behind the claim are, 0 to 1


class Options(NamedTuple):
    """One action on one denial, taken or not: what it costs, and what would have come of it."""

    answer: str
    action: str
    minutes: int
    deadline: date
    chance: float  # latent, if done on the day of the denial
    half_life: float  # days in which the chance falls by half
    luck: float  # the action works on a day on which its chance is above this
    would: bool  # whether it would work if done at once
    recovers_cents: int  # what it brings when it works


class Works(NamedTuple):
    """One action that the office took on a denial, and what came of it within the run."""

    answer: str
    claim: str
    attempt: int
    action: str
    day: date
    who: str
    minutes: int
    chance: float  # latent, on that day
    outcome: str  # recovered | failed | open | settled (a write-off)
    answer_day: date
    recovered_cents: int
    reason: str  # of a write-off


class Ledger(NamedTuple):
    """One posting: what it adds to (above zero) or takes from what a claim is still owed; interest stands beside it."""

    day: date
    claim: str
    payer: str
    entry: str  # charge | payment | contractual | patient | write_off | interest
    cents: int
    source: str  # the file, or the action
    denied: bool  # the posting settles dollars that had been denied before


class Events(NamedTuple):
    """One thing that happened in the world."""

    name: str
    words: str
    since: date
    until: date
    worker: str
    payers: str  # separated by a blank; "" all
    faults: str
    factor: float
    delay: float
    rule: str


class Rules(NamedTuple):
    """One version of a hidden payer rule."""

    rule: str
    version: int
    payer: str
    words: str
    since: date
    until: date
    chance: float
    tells: str  # group of code combinations


class Workers(NamedTuple):
    """One person of the office."""

    worker: str
    role: str
    location: str
    since: date
    slips: float


class Providers(NamedTuple):
    """One provider identifier, and where care is given under it; of the hospital's own, as a whole."""

    provider: str
    npi: str
    location: str
    place: str  # its name


class Kpis(NamedTuple):
    """One figure of one month, straight from the tables above. `id` as in docs/world.md."""

    month: date  # its first day
    id: str
    value: float | None  # None: the denominator is nothing
    numerator: float
    denominator: float
    unit: str  # percent | days | dollars | count


TABLES: dict[str, type[tuple[Any, ...]]] = {
    "claims": Claims,
    "faults": Faults,
    "submissions": Submissions,
    "remittances": Remittances,
    "answers": Answers,
    "denials": Denials,
    "options": Options,
    "works": Works,
    "ledger": Ledger,
    "events": Events,
    "rules": Rules,
    "workers": Workers,
    "providers": Providers,
    "kpis": Kpis,
}
_TYPES: dict[object, pl.DataType] = {
    str: pl.String(),
    int: pl.Int64(),
    float: pl.Float64(),
    float | None: pl.Float64(),
    bool: pl.Boolean(),
    date: pl.Date(),
}


def schema(table: str) -> dict[str, pl.DataType]:
    """Columns of a table with their types."""
    return {name: _TYPES[hint] for name, hint in get_type_hints(TABLES[table]).items()}


class Truth:
    """Writes the tables, a part at a time."""

    def __init__(self, folder: Path | None) -> None:
        """Rows go to `folder`/<table>/<part>.parquet; None: nowhere."""
        self.folder = folder
        self._rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in TABLES}

    def add(self, table: str, row: tuple[Any, ...]) -> None:
        """Keep a row until the next `flush`."""
        if self.folder:
            self._rows[table].append(row)

    def extend(self, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Keep rows until the next `flush`."""
        if self.folder:
            self._rows[table].extend(rows)

    def flush(self, part: str) -> None:
        """Write what was kept as one part of each table, and forget it."""
        for table, rows in self._rows.items():
            if rows and self.folder:
                folder = self.folder / table
                folder.mkdir(parents=True, exist_ok=True)
                pl.DataFrame(rows, schema(table), orient="row").write_parquet(folder / f"{part}.parquet")
                rows.clear()


def table(folder: Path, name: str) -> pl.LazyFrame:
    """A truth table as it was written, all its parts; empty when nothing was."""
    parts = sorted((folder / name).glob("*.parquet"))
    return pl.scan_parquet(parts) if parts else pl.LazyFrame(schema=schema(name))
