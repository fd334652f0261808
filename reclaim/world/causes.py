"""The true causes of denials, as book/faults.toml has them."""

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from reclaim.rules.shelf import BookError, entries
from reclaim.world.payers import payers
from reclaim.world.staff import specialties

BOOK = Path(__file__).parent / "book" / "faults.toml"

Name = Literal[
    "member_id_wrong",
    "name_mismatch",
    "birth_date_wrong",
    "old_coverage",
    "coverage_ended",
    "other_payer_primary",
    "auth_missing",
    "auth_wrong",
    "auth_units",
    "referral_missing",
    "modifier_missing",
    "bundled_pair",
    "diagnosis_mismatch",
    "invalid_code",
    "wrong_place",
    "records_missing",
    "itemized_missing",
    "not_necessary",
    "level_of_care",
    "not_enrolled",
    "duplicate_sent",
    "filed_late",
    "not_covered",
    "benefit_maximum",
    "payer_ignored_auth",
    "payer_wrong_fee",
    "payer_old_file",
    "payer_wrong_bundle",
]
Who = Literal["registrar", "schedule", "coder", "biller", "provider", "payer", "patient"]
Edit = Literal[
    "eligibility",
    "duplicate",
    "enrollment",
    "filing",
    "authorization",
    "coding",
    "documents",
    "necessity",
    "benefits",
    "pricing",
]
Needs = Literal["", "authorization", "referral", "modifier", "procedure", "lines", "inpatient", "short_limit", "lapse"]


class _Errs(NamedTuple):
    line_of_business: str
    factor: Decimal
    source: str


class Cause(NamedTuple):
    """One true cause: see the head of book/faults.toml for what each field means."""

    name: Name
    words: str
    who: Who
    edit: Edit
    level: Literal["claim", "line"]
    type: Literal["technical", "clinical", "administrative"]
    fixable: Literal["correct", "records", "appeal", "other_payer", "patient", "none"]
    share: Decimal
    stays: Decimal = Decimal(1)
    element: str = ""
    institutional_element: str = ""
    rightful: bool = True
    rejects: Decimal = Decimal(0)
    category: str = ""
    status: str = ""
    entity: str = ""
    forms: tuple[Literal["P", "I"], ...] = ("P", "I")
    not_lines_of_business: tuple[str, ...] = ()
    specialties: tuple[str, ...] = ()
    needs: Needs = ""


@cache
def causes() -> dict[str, Cause]:
    """All true causes by name, in the order of book/faults.toml.

    Raises:
        BookError: A cause is unknown, missing, there twice, rejected without a status code, or speaks of a specialty or
            line of business that the world does not have.
    """
    rows = entries(BOOK, "cause", Cause)
    _check(rows)
    return {row.name: row for row in rows}


@cache
def errs() -> dict[str, float]:
    """How much more often payers of a line of business deny by their own error than others do."""
    return {row.line_of_business: float(row.factor) for row in entries(BOOK, "errs", _Errs)}


def _check(rows: tuple[Cause, ...]) -> None:
    names = [row.name for row in rows]
    if missing := [name for name in get_args(Name) if name not in names]:
        raise BookError(f"faults.toml lacks {', '.join(missing)}: add a [[cause]] for each")
    if twice := [name for name in get_args(Name) if names.count(name) > 1]:
        raise BookError(f"faults.toml has {', '.join(twice)} twice: keep one [[cause]]")
    known = {*specialties(), *(payer.line_of_business for payer in payers().values())}
    for row in rows:
        if row.rejects and not (row.category and row.status):
            raise BookError(f"faults.toml, {row.name}: a cause that `rejects` needs `category` and `status`")
        if odd := [one for one in (*row.specialties, *row.not_lines_of_business) if one not in known]:
            raise BookError(f"faults.toml, {row.name}: no specialty or line of business is called {', '.join(odd)}")
