"""The payers of the world, from book/payers.toml."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple

from reclaim.rules import shelf
from reclaim.world.model import Habits, Payer

BOOKS = Path(__file__).parent / "book"
MEDICARE = "medicare_ffs"
ACCIDENTS = ("workers_comp", "auto")
"""Lines of business that pay only for what an accident did."""


class _Row(NamedTuple):
    """One entry of the book: the fields of Payer and Habits side by side, money in whole dollars."""

    id: str
    name: str
    payer_id: str
    line_of_business: Literal[
        "medicare_ffs", "medicare_advantage", "medicaid", "medicaid_managed", "commercial", "erisa_aca", "tricare",
        "workers_comp", "auto",
    ]  # fmt: skip
    filing_indicator: Literal["12", "14", "15", "16", "AM", "CH", "HM", "MA", "MB", "MC", "WC"]
    pays: Decimal
    share: Decimal
    deductible: int
    coinsurance: Decimal
    copay: int
    days_to_answer: int
    spread: int
    pays_on: tuple[int, ...]
    filing_days: int
    appeal_days: int
    vague: Decimal
    claim_level: Decimal
    interest: Decimal
    takebacks: Decimal
    takes_replacement: bool = True
    element: str = "*"
    component: str = ":"
    repetition: str = "^"
    segment: str = "~"
    line_break: Literal["", "\n", "\r\n"] = ""
    control_number: Literal["kept", "upper", "cut"] = "kept"
    transactions_in_file: int = 1
    remarks_at: Literal["line", "claim", "both"] = "line"
    method: Literal["ACH", "CHK"] = "ACH"
    split: Decimal = Decimal(0)
    plans: tuple[str, ...] = ()
    crosses_to: str = ""
    referrals: bool = False


@cache
def payers() -> Mapping[str, Payer]:
    """Every payer by its id, in the order of the book.

    Medicare stands in it twice, as in life: a contractor for professional claims (Part B, `MB`) and one for facilities
    (Part A, `MA`). Patients hold the first; `people.covered` turns it into the second for an institutional claim.
    """
    rows = shelf.entries(BOOKS / "payers.toml", "payer", _Row)
    return MappingProxyType({row.id: _payer(row) for row in rows})


def for_form(payer: str, form: str) -> str:
    """Id of the payer that gets a patient's claim of a form (P or I): Medicare has two contractors, others one."""
    return _contractors().get((payer, form), payer)


@cache
def _contractors() -> Mapping[tuple[str, str], str]:
    medicare = {one.filing_indicator: one.id for one in payers().values() if one.line_of_business == MEDICARE}
    part = {"P": medicare["MB"], "I": medicare["MA"]}
    return {(held, form): right for held in medicare.values() for form, right in part.items()}


def _payer(row: _Row) -> Payer:
    return Payer(
        id=row.id,
        name=row.name,
        payer_id=row.payer_id,
        line_of_business=row.line_of_business,
        filing_indicator=row.filing_indicator,
        pays=float(row.pays),
        share=float(row.share),
        deductible=row.deductible * 100,
        coinsurance=float(row.coinsurance),
        copay=row.copay * 100,
        habits=_habits(row),
        plans=row.plans,
        crosses_to=row.crosses_to,
        referrals=row.referrals,
    )


def _habits(row: _Row) -> Habits:
    return Habits(
        days_to_answer=row.days_to_answer,
        spread=row.spread,
        pays_on=row.pays_on,
        filing_days=row.filing_days,
        appeal_days=row.appeal_days,
        vague=float(row.vague),
        claim_level=float(row.claim_level),
        interest=float(row.interest),
        takebacks=float(row.takebacks),
        takes_replacement=row.takes_replacement,
        element=row.element,
        component=row.component,
        repetition=row.repetition,
        segment=row.segment,
        line_break=row.line_break,
        control_number=row.control_number,
        transactions_in_file=row.transactions_in_file,
        remarks_at=row.remarks_at,
        method=row.method,
        split=float(row.split),
    )
