"""Claims read again from their bytes, with the remittances around them: for what no row holds."""

from collections.abc import Sequence
from decimal import Decimal

from reclaim.record.models import Remittance
from reclaim.rules.gather import Gathered, facts, sift
from reclaim.x12 import together
from reclaim.x12.envelope import Piece
from reclaim.x12.frame import Separators
from reclaim.x12.reading import tabulate

Span = tuple[bytes, Remittance]
"""The bytes of a claim, from its CLP to the end of its last segment, and the remittance that it stands in."""


def claim_again(data: bytes, remittance: Remittance) -> Gathered:
    """The facts of one claim.

    Args:
        data: see `Span`.
        remittance: of whose header no bytes are at hand.

    Raises:
        ValueError: the bytes hold no claim that the rules would judge.
    """
    return claims_again([(data, remittance)])[0]


def claims_again(spans: Sequence[Span]) -> list[Gathered]:
    """The facts of many claims, in their order: those of files that are written alike are read as one.

    Raises:
        ValueError: some bytes hold no claim that the rules would judge.
    """
    made = together.make([_transaction(*each) for each in spans], list, _gathered)
    for each in made:
        if isinstance(each, Exception):
            raise each
    return [each for each in made if not isinstance(each, Exception)]


def _gathered(pieces: Sequence[Piece]) -> list[Gathered] | None:
    read = tabulate(pieces[0]._replace(data=b"".join(each.data for each in pieces)), codes={})
    found = {each.transaction: each for each in facts(sift(read.tables))} if read.tables else {}
    if len(found) == len(pieces):
        return list(found.values())
    if len(pieces) > 1:
        return None  # to find out which it is
    raise ValueError("these bytes hold no claim to judge")


def _transaction(data: bytes, remittance: Remittance) -> Piece:
    """A transaction of its own around one claim."""
    separators = Separators(*remittance.separators)
    e, end = separators.element, separators.segment
    day = f"{remittance.day:%Y%m%d}" if remittance.day else ""
    head = [
        f"ST{e}835{e}0001",
        f"BPR{e}I{e}{remittance.amount or Decimal(0)}{e}C{e}ACH{e * 12}{day}",
        f"TRN{e}1{e}{remittance.trace_number}{e}{remittance.payer.key}",
        f"N1{e}PR{e}{remittance.payer.name}",
        f"N1{e}PE{e}{e}XX{e}{remittance.payee}",
        f"LX{e}1",
    ]
    text = "".join(f"{each}{end}" for each in head).encode() + data + f"SE{e}0{e}0001{end}".encode()
    return Piece(text, 0, separators)
