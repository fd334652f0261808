"""By which codes a payer tells a cause: book/combos.toml."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random
from typing import Literal, NamedTuple

from reclaim.rules.shelf import BookError, entries
from reclaim.world.causes import causes
from reclaim.world.chance import Weighted

BOOK = Path(__file__).parent / "book" / "combos.toml"
UNDERPAID = "payer_wrong_fee"
"""The one cause that never denies: the payer merely pays too little."""


class Combo(NamedTuple):
    """One way to tell some causes: see the head of book/combos.toml for what each field means."""

    causes: tuple[str, ...]
    carc: str
    weight: int
    group: Literal["CO", "PR", "PI", "OA"] = "CO"
    remarks: tuple[str, ...] = ()
    vague: bool = False
    says: Literal["", "technical", "clinical", "administrative"] = ""
    patient: bool = False
    policy: bool = False
    status: Literal["", "4"] = ""
    form: Literal["", "P", "I"] = ""
    only: tuple[str, ...] = ()

    @property
    def codes(self) -> str:
        """As the trade writes them: `CO-16 M62`."""
        return " ".join((f"{self.group}-{self.carc}", *self.remarks))

    @property
    def silent(self) -> bool:
        """Whether it hides the denial behind the contract."""
        return self.carc == "45"


class Group(NamedTuple):
    """A cause that is no fault: see the head of book/combos.toml."""

    name: str
    type: Literal["technical", "clinical", "administrative"]
    rightful: Decimal = Decimal(1)
    share: Decimal = Decimal(0)


def tell(cause: str, who: tuple[str, str], chance: Random, *, vague: bool) -> Combo:
    """Draws the codes by which a payer tells a cause.

    Args:
        cause: A cause of book/faults.toml or a group of book/combos.toml.
        who: Line of business and form (P, I) of the claim.
        chance: To draw from.
        vague: Whether the codes leave the cause open.
    """
    return _choice(cause, *who, vague).draw(chance)


def type_of(cause: str) -> str:
    """The true type of a denial for a cause or group: technical, clinical or administrative."""
    found = groups().get(cause) or causes()[cause]
    return found.type


@cache
def groups() -> Mapping[str, Group]:
    """The causes that are no faults, by name."""
    return {row.name: row for row in entries(BOOK, "group", Group)}


@cache
def takebacks() -> Weighted[Group]:
    """Why payments are taken back."""
    rows = [row for row in groups().values() if row.share]
    return Weighted(rows, [float(row.share) for row in rows])


@cache
def combos() -> tuple[Combo, ...]:
    """All combinations.

    Raises:
        BookError: One tells an unknown cause, or a cause cannot be told both precisely and vaguely to everybody.
    """
    rows = entries(BOOK, "combo", Combo)
    known = {*causes(), *groups()} - {UNDERPAID}
    for row in rows:
        if unknown := [one for one in row.causes if one not in known]:
            raise BookError(f"{BOOK.name}, {row.codes}: no cause or group is named {', '.join(unknown)}")
        if row.says and not row.vague:
            raise BookError(
                f"{BOOK.name}, {row.codes}: a precise combination says the type of its cause; remove `says`"
            )
    for vague in (False, True):
        told = {one for row in rows if row.vague is vague and not (row.only or row.form) for one in row.causes}
        if silent := sorted(known - told):
            how = "vague" if vague else "precise"
            raise BookError(f"{BOOK.name}: add a {how} combination, for all claims, for {', '.join(silent)}")
    return rows


@cache
def _choice(cause: str, line_of_business: str, form: str, vague: bool) -> Weighted[Combo]:
    fitting = [
        row
        for row in combos()
        if cause in row.causes
        and row.vague is vague
        and row.form in ("", form)
        and (not row.only or line_of_business in row.only)
    ]
    return Weighted(fitting, [row.weight for row in fitting])
