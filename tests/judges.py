"""Who judges the X12 that we ship: pyx12 by the maps of the guides, oxedi and our own reader with the balances."""

import io
import re
from collections.abc import Iterator
from typing import Any

import orjson
import oxedi
import pyx12.params
import pyx12.x12n_document

from reclaim.codes import lookup
from reclaim.x12.findings import Finding
from reclaim.x12.reading import Reading


def pyx12_errors(data: bytes) -> list[str]:
    """What pyx12 finds wrong with an interchange, in its words."""
    said = io.StringIO()
    text = io.StringIO(data.decode("ascii"))
    valid = pyx12.x12n_document.x12n_document(pyx12.params.ParamsBase(), text, None, None, fd_json=said)
    errors = list(_errors(orjson.loads(said.getvalue())))
    return errors if valid or errors else ["not valid"]


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


def _errors(report: Any) -> Iterator[str]:  # noqa: ANN401  a tree of JSON
    match report:
        case {"err_str": said}:
            yield said
        case dict():
            yield from _errors(list(report.values()))
        case list():
            for each in report:
                yield from _errors(each)
