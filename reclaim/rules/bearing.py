"""What one adjustment code means for the question "is this a denial?": the only place that reads `is_denial`."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from reclaim.codes import lookup
from reclaim.codes.lookup import Carc
from reclaim.rules import shelf

BOOK = shelf.BOOKS / "identify.toml"

_WORKED = frozenset({"administrative", "technical", "clinical"})
"""Categories of codes that somebody may contest, correct or learn from, even where they only reduce."""


class Bearing(StrEnum):
    """What a code says of an unpaid line."""

    DENIES = "denies"
    DENIES_IF_MOST = "denies_if_most"  # when it takes most of what the contract left; else it merely reduces
    PATIENT = "patient"  # the patient owes it
    CONTRACT = "contract"  # written down by contract; on the whole charge it hides something
    PRIOR_PAYER = "prior_payer"  # what earlier payers paid or took
    CAPITATION = "capitation"  # paid by the head, not by the service
    PENDING = "pending"
    FORWARDED = "forwarded"
    PREDETERMINATION = "predetermination"
    INFORMS = "informs"  # law, bookkeeping, information


class _Code(NamedTuple):
    carcs: tuple[str, ...]
    bearing: Literal["capitation", "pending", "forwarded", "predetermination"]


@lru_cache(maxsize=4096)
def bearing(group: str, carc: str) -> Bearing:
    """What a group and reason code say of a line or claim that was not paid.

    A code that our table does not hold denies, unless the payer puts it on the patient: nothing is ever dropped. A cut
    that may be contested (B4, late filing) denies when it takes most of an unpaid line, though the table calls it a
    mere reduction. Cuts by law (sequestration, what QMB patients may not be billed) inform: they cannot hide a denial
    as a write-down can.

    Args:
        group: CAS01, `CO`.
        carc: The reason code, `197`.

    Returns:
        Its bearing. (Domain page, "What is a denial"; engineering rules, 2.2, 2.3, 2.7.)
    """
    entry = lookup.carc(carc)
    if entry is None:
        return Bearing.PATIENT if group == "PR" else Bearing.DENIES
    if entry.code in _special():
        return _special()[entry.code]
    match entry.is_denial:
        case "true":
            return Bearing.DENIES
        case "depends_on_group":
            return Bearing.PATIENT if group == "PR" else Bearing.DENIES
        case "depends_on_zero_pay":
            return Bearing.DENIES_IF_MOST
    return _without_denial(group, entry)


@lru_cache(maxsize=4096)
def contestable(group: str, carc: str) -> bool:
    """Whether the code makes a paid line *reduced* rather than *paid*: somebody may contest, correct or learn from it.

    Args:
        group: CAS01.
        carc: The reason code.

    Returns:
        True for codes that deny or cut; False for what contract, law, patient or another payer take, and for expected
        reductions such as multiple procedures (59).
    """
    says = bearing(group, carc)
    if says is Bearing.DENIES_IF_MOST:
        entry = lookup.carc(carc)
        return entry is not None and entry.category in _WORKED
    return says is Bearing.DENIES


def never_denies(group: str, carc: str) -> bool:
    """Whether a sieve may pass over the code on a claim that was paid.

    This holds only for a claim of status 1, 2, 3, 4, 19, 20 or 21, with readable amounts, that was paid above zero as a
    whole and on every line with a charge. If all its codes, of claim level and lines, never deny, then it is `PAID`.
    A claim or line that was paid nothing must always be judged, whatever its codes.

    Args:
        group: CAS01.
        carc: The reason code.

    Returns:
        True when the code can make no such claim anything but paid.
    """
    return not contestable(group, carc)


def _without_denial(group: str, entry: Carc) -> Bearing:
    if group == "PR" or entry.category == "patient_responsibility":
        return Bearing.PATIENT
    if entry.cause == "prior_payer":
        return Bearing.PRIOR_PAYER
    if entry.category == "contractual" and entry.cause != "statutory":
        return Bearing.CONTRACT
    return Bearing.DENIES_IF_MOST if entry.category in _WORKED else Bearing.INFORMS


@cache
def _special() -> Mapping[str, Bearing]:
    return {carc: Bearing(row.bearing) for row in shelf.entries(BOOK, "code", _Code) for carc in row.carcs}
