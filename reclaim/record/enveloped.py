"""In which interchange and group each transaction of a file stands, followed from piece to piece."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from reclaim.x12.control import Control


class Envelope(NamedTuple):
    """Where a transaction stands, or a TA1, which stands in none."""

    tag: str  # ST | TA1
    segment: int  # of its ST, or of the TA1, in the piece
    transaction: int  # ordinal of the ST in the file, from 1
    control_number: str  # ST02
    version: str  # ST03, else GS08
    sender: str  # ISA06
    interchange: str  # ISA13
    test: bool  # ISA15
    group: str  # GS06
    day: date | None  # GS04, else ISA09


NONE = Control("", (), 0)


@dataclass(slots=True)
class Envelopes:
    """The envelope that is open."""

    transaction: int = 0
    isa: Control = NONE
    gs: Control = NONE

    def follow(self, controls: Iterable[tuple[str, Sequence[str], int]]) -> Iterator[Envelope]:
        """The envelope of each ST and TA1 of the next piece."""
        for each in controls:
            control = Control(*each)
            match control.tag:
                case "ISA":
                    self.isa, self.gs = control, NONE
                case "GS":
                    self.gs = control
                case "ST":
                    self.transaction += 1
                    yield self._envelope(control)
                case "TA1":
                    yield self._envelope(control)

    def _envelope(self, control: Control) -> Envelope:
        isa, gs = self.isa, self.gs
        return Envelope(
            tag=control.tag,
            segment=control.segment,
            transaction=self.transaction,
            control_number=control.element(2)[:20],
            version=(control.element(3) or gs.element(8))[:20],
            sender=isa.element(6)[:40],
            interchange=isa.element(13)[:20],
            test=isa.element(15).upper() == "T",
            group=gs.element(6)[:20],
            day=_day(gs.element(4)) or _day("20" + isa.element(9)),
        )


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007  a day has no zone
    except ValueError:
        return None
