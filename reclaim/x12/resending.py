"""The edits that make a claim a replacement, a void, a new claim or a reopening; and those that announce papers."""

from collections.abc import Iterator, Sequence

from reclaim.x12.editing import Add, Edit, EditError, Put, Refusal, Remove
from reclaim.x12.slices import Place, Segment, Slice

REPLACEMENT, VOID, ORIGINAL, REOPENING = "7", "8", "1", "Q"
"""Frequencies (CLM05-3)."""
CONDITIONS = 12
"""Condition codes in one HI segment."""
CORRECTING = frozenset({REPLACEMENT, VOID, REOPENING, "6"})
"""Frequencies that name an earlier claim."""


def replacement(claim: Slice, payer_control_number: str, *, codes: Sequence[str] = ()) -> list[Edit]:
    """The edits that make a claim a replacement of the one that the payer has (frequency 7, REF*F8).

    Args:
        claim: as it was sent.
        payer_control_number: the payer's number of the claim to replace (CLP07), the latest one.
        codes: condition codes to add (institutional: D0 to D9 say what changed).

    Raises:
        EditError: there is no payer control number.
    """
    return _earlier(claim, REPLACEMENT, payer_control_number, codes)


def void(claim: Slice, payer_control_number: str, *, codes: Sequence[str] = ()) -> list[Edit]:
    """The edits that make a claim cancel the one that the payer has (frequency 8, REF*F8); see `replacement`."""
    return _earlier(claim, VOID, payer_control_number, codes)


def reopening(claim: Slice, payer_control_number: str, *, codes: Sequence[str]) -> list[Edit]:
    """The edits that ask Medicare to reopen an institutional claim (frequency Q, REF*F8); see `replacement`.

    Args:
        claim: as it was sent.
        payer_control_number: the payer's number of the claim (CLP07).
        codes: condition codes to add: R1 to R9 say why (Medicare Claims Processing Manual, chapter 34).
    """
    if claim.kind != "837I":
        said = "only institutional claims are reopened by sending them; ask the payer by letter or portal"
        raise EditError([Refusal(_clm(claim).place(5, 3), said)])
    return _earlier(claim, REOPENING, payer_control_number, codes)


def new(claim: Slice) -> list[Edit]:
    """The edits that make a claim a new one: frequency 1 unless it is an interim bill, and no REF*F8."""
    segment = _clm(claim)
    first: list[Edit] = []
    frequency = claim.part(segment.element(5), 3)
    if frequency in CORRECTING or (frequency != ORIGINAL and claim.kind != "837I"):
        first.append(Put(segment.place(5, 3), ORIGINAL))
    return [*first, *(Remove(each.place()) for each in claim.all("2300", "REF*F8"))]


def attachment(number: str, *, kind: str = "OZ", way: str = "EL", line: int = 0) -> Add:
    """The edit that announces papers (PWK).

    Args:
        number: attachment control number, which also stands on the papers (PWK06).
        kind: report type code (PWK01); OZ: support data for the claim.
        way: transmission code (PWK02): EL electronically, FX by fax, BM by mail.
        line: number of the service line; 0: for the whole claim.
    """
    segment = ("PWK", kind, way, "", "", "AC", number)
    return Add("2400" if line else "2300", (segment,), line or 1)


def _earlier(claim: Slice, frequency: str, payer_control_number: str, codes: Sequence[str]) -> list[Edit]:
    """The edits that point at a claim which the payer has."""
    number = Place("2300", 1, "REF*F8", element=2)
    if not payer_control_number.strip():
        said = "the payer's control number is missing, and without it nothing can be replaced or voided; ask the payer"
        raise EditError([Refusal(number, said)])
    found = claim.find(number)
    first = Put(_clm(claim).place(5, 3), frequency)
    return [first, Put(found.place(2) if found else number, payer_control_number), *_conditions(claim, codes)]


def _conditions(claim: Slice, codes: Sequence[str]) -> Iterator[Edit]:
    """The edits that add condition codes (HI*BG), those left out that are there."""
    segments = claim.all("2300", "HI*BG")
    there = {claim.part(element, 2) for each in segments for element in each.elements[1:]}
    missing = [code for code in dict.fromkeys(codes) if code not in there]
    for segment in segments[-1:]:
        free = range(len(segment.elements), CONDITIONS + 1)
        yield from (Put(segment.place(number), ("BG", code)) for number, code in zip(free, missing, strict=False))
        missing = missing[len(free) :]
    if missing:
        yield Add("2300", (("HI", *(("BG", code) for code in missing)),))


def _clm(claim: Slice) -> Segment:
    """The CLM of a claim."""
    found = claim.all("2300", "CLM")
    if not found:
        raise EditError([Refusal(Place("2300", 1, "CLM"), "the claim has no CLM segment")])
    return found[0]
