"""The identities of money in an 835: what must add up, and what a missing amount must have been."""

from collections.abc import Iterable
from decimal import Decimal

from reclaim.rules.facts import Adjustment, Claim, Line

ZERO = Decimal("0.00")


def line_difference(line: Line) -> Decimal | None:
    """What charge, adjustments and payment of a line do not explain.

    Args:
        line: The line as the payer answered it.

    Returns:
        SVC02 less Σ CAS of the line less SVC03, in US dollars: 0.00 when the line balances, positive when the payer
        left dollars unexplained; None when an amount is missing. (Engineering rules, 1.)
    """
    return _difference(line.charge, line.adjustments, line.paid)


def claim_difference(claim: Claim) -> Decimal | None:
    """What charge, adjustments and payment of a claim do not explain.

    Adjustments of the claim level and of the lines add up; they are never two views of the same dollars.

    Args:
        claim: One adjudication with its lines.

    Returns:
        CLP03 less Σ CAS of claim and lines less CLP04, in US dollars: 0.00 when the claim balances; None when an
        amount is missing. (Engineering rules, 1.)
    """
    return _difference(claim.charge, all_adjustments(claim), claim.paid)


def remittance_difference(
    bpr: Decimal | None, paid: Iterable[Decimal | None], plb: Iterable[Decimal | None]
) -> Decimal | None:
    """What the payment of a remittance does not explain.

    Args:
        bpr: BPR02, the money that moved.
        paid: CLP04 of every claim, reversals (negative) too.
        plb: Every provider level amount as sent: positive takes money away, negative gives it.

    Returns:
        BPR02 less (Σ CLP04 less Σ PLB), in US dollars: 0.00 when the remittance balances; None when an amount is
        missing. (Engineering rules, 1.)
    """
    claims, provider = total(paid), total(plb)
    if bpr is None or claims is None or provider is None:
        return None
    return bpr - (claims - provider)


def all_adjustments(claim: Claim) -> tuple[Adjustment, ...]:
    """The adjustments of the claim level and of every line, in the order sent."""
    return (*claim.adjustments, *(one for line in claim.lines for one in line.adjustments))


def settled(
    charge: Decimal | None, adjustments: Iterable[Adjustment], paid: Decimal | None
) -> tuple[Decimal | None, Decimal | None]:
    """Charge and payment, where one that could not be read is what the balance says that it must have been.

    Args:
        charge: Charge of a line or claim.
        adjustments: All adjustments that stand against it.
        paid: Payment of the same line or claim.

    Returns:
        Charge and payment; None stays where the balance cannot tell either.
    """
    if charge is not None and paid is not None:
        return charge, paid
    taken = total(one.amount for one in adjustments)
    if taken is None or (charge is None and paid is None):
        return charge, paid
    return (charge, charge - taken) if charge is not None else ((paid or ZERO) + taken, paid)


def total(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """The sum of some amounts in US dollars; None when one of them is missing."""
    result = ZERO
    for amount in amounts:
        if amount is None:
            return None
        result += amount
    return result


def dollars(amount: Decimal) -> str:
    """An amount as people write it: `$1,234.50`, `-$20.00`."""
    return f"-${-amount:,.2f}" if amount < 0 else f"${amount:,.2f}"


def _difference(charge: Decimal | None, adjustments: Iterable[Adjustment], paid: Decimal | None) -> Decimal | None:
    taken = total(one.amount for one in adjustments)
    return None if charge is None or paid is None or taken is None else charge - taken - paid
