"""What of one line, or of the claim level, is denied or silently written off: the parts that `identify` rolls up."""

from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from reclaim.rules import shelf
from reclaim.rules.bearing import BOOK, Bearing
from reclaim.rules.facts import Adjustment
from reclaim.rules.money import ZERO

Weighed = tuple[tuple[Adjustment, Bearing], ...]
"""Adjustments, each with what it says of an unpaid line of its claim."""

CONTRACT = frozenset({Bearing.CONTRACT})
EXCUSES = frozenset({Bearing.PATIENT, Bearing.PRIOR_PAYER, Bearing.CAPITATION})
"""What takes the whole payment of a line without denying it."""
_DENIES = frozenset({Bearing.DENIES})
_IF_MOST = frozenset({Bearing.DENIES_IF_MOST})
_MAY_DENY = _DENIES | _IF_MOST


class Part(NamedTuple):
    """What is denied of one line, or at claim level."""

    dollars: Decimal
    denying: tuple[Adjustment, ...]
    remarks: tuple[str, ...] = ()
    silent: bool = False
    unread: bool = False  # an amount could not be read
    of_claim: bool = False  # at claim level


class _Reporting(NamedTuple):
    remarks: tuple[str, ...]
    charge: Decimal


def denied_part(
    codes: Weighed,
    charge: Decimal | None,
    left: Decimal | None,
    paid: Decimal | None,
    remarks: tuple[str, ...] = (),
) -> Part | None:
    """Judges one line, or the claim level.

    Args:
        codes: Its adjustments, weighed.
        charge: What was charged, in US dollars.
        left: What adjustments elsewhere leave of the charge: the charge itself for a line.
        paid: What was paid; None when nobody can tell, which is judged like nothing: better looked at than lost.
        remarks: The remark codes beside them.

    Returns:
        The denied dollars, never above the charge, and the codes behind them; None when it is not denied. (Engineering
        rules, 2.3.)
    """
    if (charge is not None and charge <= 0) or (paid is not None and paid > 0):
        return None
    if len(codes) == 1:
        one, says = codes[0]
        if says not in _MAY_DENY:
            return None
        if charge is not None and one.amount == charge:  # the usual line: one code takes all of it
            return Part(charge, (one,), remarks)
    bearings = _MAY_DENY if _take_most(codes, left) else _DENIES
    denying = [one for one, says in codes if says in bearings]
    dollars = taken(codes, bearings, left)
    unread = any(one.amount is None for one in denying)
    if not denying or (dollars <= 0 and not (unread and charge is None)):
        return None
    dollars = max(dollars if charge is None else min(dollars, charge), ZERO)
    return Part(dollars, _filled(denying, dollars), remarks, unread=unread)


def silent_part(
    codes: Weighed, charge: Decimal | None, paid: Decimal | None, remarks: tuple[str, ...] = ()
) -> Part | None:
    """Judges whether a contract's write-down takes all of a line or claim that was paid nothing.

    Args:
        codes: All its adjustments, weighed.
        charge: What was charged, in US dollars.
        paid: What was paid.
        remarks: Its remark codes: some lines only report quality, and are never paid.

    Returns:
        The charge and the codes that hide it; None when it is not silent. (Engineering rules, 2.6.)
    """
    reporting = _reporting()
    if charge is None or charge <= reporting.charge or (paid is not None and paid > 0):
        return None
    excused = any(says in EXCUSES and one.amount != 0 for one, says in codes)
    if excused or any(remark in reporting.remarks for remark in remarks):
        return None
    written_off = [one for one, says in codes if says in CONTRACT]
    if not written_off or taken(codes, CONTRACT, charge) < charge:
        return None
    return Part(charge, _filled(written_off, charge), remarks, silent=True, unread=paid is None)


def within(part: Part, dollars: Decimal) -> Part:
    """The part with no more than these US dollars, and none below zero: others deny the rest already."""
    most = max(min(part.dollars, dollars), ZERO)
    denying = tuple(one._replace(amount=min(one.amount or ZERO, most)) for one in part.denying)
    return part._replace(dollars=most, denying=denying)


def taken(codes: Weighed, bearings: frozenset[Bearing], left: Decimal | None) -> Decimal:
    """Sums what codes of some bearings take.

    Args:
        codes: Adjustments, weighed.
        bearings: Those to sum.
        left: The charge, or what is left of it: all that the other codes leave of it counts where an amount is missing.

    Returns:
        US dollars; 0.00 without such codes.
    """
    amounts = [one.amount for one, says in codes if says in bearings]
    readable = sum((amount for amount in amounts if amount), ZERO)
    if not amounts or left is None or (readable and None not in amounts):
        return readable
    others = sum((one.amount for one, says in codes if one.amount and says not in bearings), ZERO)
    return max(readable, left - others)


def _take_most(codes: Weighed, left: Decimal | None) -> bool:
    """Whether the codes that deny only by their weight take most of what the contract left."""
    if all(says is not Bearing.DENIES_IF_MOST for _, says in codes):
        return False
    return left is None or 2 * taken(codes, _IF_MOST, left) > left - taken(codes, CONTRACT, left)


def _filled(denying: Sequence[Adjustment], dollars: Decimal) -> tuple[Adjustment, ...]:
    """Gives the first adjustment without an amount what the others leave of the denied dollars."""
    rest = max(dollars - sum(one.amount for one in denying if one.amount), ZERO)
    filled = []
    for one in denying:
        filled.append(one if one.amount else one._replace(amount=rest))
        rest = rest if one.amount else ZERO
    return tuple(one for one in filled if one.amount and one.amount > 0) or tuple(filled)


@cache
def _reporting() -> _Reporting:
    return shelf.entries(BOOK, "reporting", _Reporting)[0]
