"""Who judges the X12 that we ship: pyx12 by the maps of the guides, oxedi and our own reader with the balances."""

import io
import re

import oxedi

from reclaim.codes import lookup
from reclaim.x12.findings import Finding
from reclaim.x12.judge import pyx12_objections
from reclaim.x12.reading import Reading


def pyx12_errors(data: bytes) -> list[str]:
    """What pyx12 finds wrong with an interchange, in its words."""
    return [each.text for each in pyx12_objections(data)]


def oxedi_diagnostics(data: bytes) -> list[str]:
    """What oxedi finds wrong with an 835."""
    return [str(each) for each in oxedi.parse(data).diagnostics]


def our_findings(data: bytes) -> list[Finding]:
    """What our own reader finds, codes that nobody knows included."""
    reading = Reading(io.BytesIO(data), {"carc": frozenset(lookup.carcs()), "rarc": frozenset(lookup.rarcs())})
    for _ in reading.parts():
        pass
    return reading.findings


def interchanges(data: bytes) -> list[bytes]:
    """The interchanges of a file, each with separators of its own: the other judges read one at a time."""
    return re.split(rb"(?<=\W)(?=ISA\W00\W)", data.strip())
