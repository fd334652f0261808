"""One claim read again from its bytes, with the remittance around it: for what no row holds."""

from decimal import Decimal

from reclaim.record.models import Remittance
from reclaim.rules.gather import Gathered, facts, sift
from reclaim.x12.envelope import Piece
from reclaim.x12.frame import Separators
from reclaim.x12.reading import tabulate


def claim_again(data: bytes, remittance: Remittance) -> Gathered:
    """The facts of one claim.

    Args:
        data: its bytes, from its CLP to the end of its last segment.
        remittance: that it stands in, of whose header no bytes are at hand.

    Raises:
        ValueError: the bytes hold no claim that the rules would judge.
    """
    separators = Separators(*remittance.separators)
    e, end = separators.element, separators.segment
    day = f"{remittance.day:%Y%m%d}" if remittance.day else ""
    head = [
        f"ST{e}835{e}0001",
        f"BPR{e}I{e}{remittance.amount or Decimal(0)}{e}C{e}ACH{e * 12}{day}",
        f"TRN{e}1{e}{remittance.trace_number}{e}{remittance.payer.key}",
        f"N1{e}PR{e}{remittance.payer.name}",
        f"LX{e}1",
    ]
    text = "".join(f"{each}{end}" for each in head).encode() + data + f"SE{e}0{e}0001{end}".encode()
    read = tabulate(Piece(text, 0, separators), codes={})
    found = next(facts(sift(read.tables)), None)
    if found is None:
        raise ValueError("these bytes hold no claim to judge")
    return found
