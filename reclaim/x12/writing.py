"""Batches out: claims (837) and status inquiries (276), each as one valid interchange.

Claims are put under who bills them, who is insured and who is sick, as a file wants it (HL); whatever counts or
numbers the file is made anew. What a claim says stays byte for byte, but for the separators of its old file.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import count, groupby
from typing import NamedTuple

from reclaim.x12.frame import BLANKS, Separators
from reclaim.x12.loops import NUMBERS, PARTS, guide
from reclaim.x12.slices import Segment, Slice

MOST_IN_TRANSACTION = 5000
"""Claims in one ST (guides 005010X222 and X223, 1.3.2)."""
MOST_IN_LEVEL = 100
"""Claims under one subscriber or patient (2300 in the same guides)."""
VERSIONS = {"837P": "005010X222A1", "837I": "005010X223A2", "837D": "005010X224A2", "276": "005010X212"}
"""The guides that we write by."""
USUAL = Separators("*", ":", "~", "^")
SPARE = {"element": "*|\x1d", "component": ":>\x1f", "segment": "~\x1c\n", "repetition": "^{!"}
"""What separators may be, the usual one first: taken is the first that no value holds."""
_BLANKS = BLANKS.replace("\ufeff", "").encode("latin-1")


class WritingError(ValueError):
    """A batch that cannot be written; the text says what to change."""


class Envelope(NamedTuple):
    """From whom, to whom, when and how an interchange goes."""

    sender: str  # ISA06, up to 15 characters
    receiver: str  # ISA08
    at: datetime  # of writing, in the time of the sender
    control: int  # ISA13 and GS06, 1 to 999,999,999, never used before
    production: bool  # ISA15: P, or T for a test
    sender_qualifier: str = "ZZ"  # ISA05
    receiver_qualifier: str = "ZZ"  # ISA07
    group_sender: str = ""  # GS02; ISA06 when empty
    group_receiver: str = ""  # GS03; ISA08 when empty
    separators: Separators = USUAL  # wished for
    line_break: str = ""  # after every segment
    acknowledge: bool = False  # ISA14: ask for a TA1


class Transaction(NamedTuple):
    """What stands in one ST: how acknowledgements will name it."""

    number: str  # ST02
    reference: str  # BHT03
    items: tuple[int, ...]  # which of the claims or inquiries given, from 0, in the order written


class Batch(NamedTuple):
    """An interchange, and where everything stands in it."""

    data: bytes
    transactions: tuple[Transaction, ...]


class Inquiry(NamedTuple):
    """What to ask of a payer about one claim."""

    claim: Slice
    trace: str  # TRN02: comes back in the answer
    payer_control_number: str = ""  # REF*1K, when the payer has given one


def batch(claims: Sequence[Slice], envelope: Envelope) -> Batch:
    """One interchange of claims.

    Args:
        claims: at least one, all of the same kind.
        envelope: who sends to whom; the number of the interchange must be new.

    Returns:
        The bytes, and which claims stand in which transaction. Submitter and receiver (1000A, 1000B) are those of
        the claims; claims with others, or of another purpose (BHT06), stand in transactions of their own.

    Raises:
        WritingError: there are no claims, or of several kinds or of an old version; or the envelope is not right.
    """
    kinds = {claim.kind for claim in claims}
    if len(kinds) != 1 or not kinds <= VERSIONS.keys():
        raise WritingError(f"A batch holds claims of one kind (837P, 837I or 837D), not of {sorted(kinds) or 'none'}.")
    if old := {claim.version for claim in claims if not claim.version.startswith("005010")}:
        raise WritingError(f"Claims of version {', '.join(map(repr, sorted(old)))} cannot be sent; only 005010 can.")
    separators = _separators(envelope, claims)
    rows = [_row(number, claim, separators) for number, claim in enumerate(claims)]
    return _written(rows, envelope, separators, _Guide("HC", "837", VERSIONS[kinds.pop()], "0019", "00"))


def inquiries(asked: Sequence[Inquiry], envelope: Envelope) -> Batch:
    """One interchange that asks payers for the status of claims (276, guide 005010X212).

    Everything but trace and payer control number is taken from the claims as they were sent.

    Raises:
        WritingError: nothing is asked, or the envelope is not right.
    """
    if not asked:
        raise WritingError("An inquiry needs at least one claim.")
    said = "".join(each.trace + each.payer_control_number for each in asked)
    separators = _separators(envelope, [each.claim for each in asked], said)
    rows = [_asked(number, each, separators) for number, each in enumerate(asked)]
    return _written(rows, envelope, separators, _Guide("HR", "276", VERSIONS["276"], "0010", "13"))


Line = Callable[..., bytes]
"""Joins elements to a segment."""


class _Guide(NamedTuple):
    """What the envelope says of the transactions in it."""

    function: str  # GS01
    transaction: str  # ST01
    version: str  # GS08, ST03
    structure: str  # BHT01
    purpose: str  # BHT02


class _Row(NamedTuple):
    """A claim or an inquiry, cut into what several may share and what is its own; all without terminators."""

    number: int  # among those given
    use: str  # BHT06
    head: tuple[bytes, ...]  # 1000A, 1000B
    levels: tuple[tuple[str, tuple[bytes, ...]], ...]  # HL03, and what stands behind that HL, from the outmost
    body: tuple[bytes, ...]


def _written(rows: Sequence[_Row], envelope: Envelope, separators: Separators, guide: _Guide) -> Batch:
    """The interchange: rows of the same head share a transaction as long as there is room."""
    line = partial(_segment, separators.element)
    when = f"{envelope.at:%Y%m%d}", f"{envelope.at:%H%M}"
    body: list[bytes] = []
    transactions: list[Transaction] = []
    for some in _chunks(rows):
        number = f"{len(transactions) + 1:04d}"
        reference = f"{envelope.control:09d}{number}"
        inside = [
            line("ST", guide.transaction, number, guide.version),
            line("BHT", guide.structure, guide.purpose, reference, *when, some[0].use),
            *some[0].head,
            *_levels(some, line, count(1)),
        ]
        body += [*inside, line("SE", str(len(inside) + 1), number)]
        transactions.append(Transaction(number, reference, tuple(row.number for row in some)))
    closing = line("GE", str(len(transactions)), str(envelope.control)), line("IEA", "1", f"{envelope.control:09d}")
    parts = [*_opening(envelope, separators, guide, line), *body, *closing]
    end = (separators.segment + envelope.line_break).encode("ascii")
    return Batch(end.join(parts) + end, tuple(transactions))


def _chunks(rows: Iterable[_Row]) -> Iterator[Sequence[_Row]]:
    """Rows as they share transactions, in the order given, but those of the same biller and subscriber together."""
    first: dict[object, int] = {}

    def place(row: _Row) -> list[int]:
        paths = ((row.use, row.head, row.levels[:depth]) for depth in range(len(row.levels) + 1))
        return [first.setdefault(path, row.number) for path in paths]

    for _, group in groupby(sorted(rows, key=place), key=lambda row: (row.use, row.head)):
        theirs = list(group)
        for at in range(0, len(theirs), MOST_IN_TRANSACTION):
            yield theirs[at : at + MOST_IN_TRANSACTION]


def _levels(
    rows: Iterable[_Row], line: Line, numbers: Iterator[int], above: int = 0, depth: int = 0
) -> Iterator[bytes]:
    """The tree of a transaction (HL): every level, what stands in it, and the levels below."""
    for (level, segments), group in groupby(rows, key=lambda row: row.levels[depth]):
        theirs = list(group)
        own = [row for row in theirs if len(row.levels) == depth + 1]
        below = [row for row in theirs if len(row.levels) > depth + 1]
        for at in range(0, len(own) or 1, MOST_IN_LEVEL):
            number = next(numbers)
            yield line("HL", str(number), str(above or ""), level, "1" if below else "0")
            yield from segments
            yield from (segment for row in own[at : at + MOST_IN_LEVEL] for segment in row.body)
            yield from _levels(below, line, numbers, number, depth + 1)
            below = []


def _opening(envelope: Envelope, separators: Separators, guide: _Guide, line: Line) -> tuple[bytes, bytes]:
    """ISA, whose elements have fixed widths (X12.5), and GS."""
    sender = envelope.sender_qualifier, f"{envelope.sender:15}"
    receiver = envelope.receiver_qualifier, f"{envelope.receiver:15}"
    none, control, at = " " * 10, envelope.control, envelope.at
    isa = line("ISA", "00", none, "00", none, *sender, *receiver, f"{at:%y%m%d}", f"{at:%H%M}", separators.repetition)
    flags = ("1" if envelope.acknowledge else "0"), ("P" if envelope.production else "T")
    tail = line("", "00501", f"{control:09d}", *flags, separators.component)
    parties = envelope.group_sender or envelope.sender, envelope.group_receiver or envelope.receiver
    when = f"{at:%Y%m%d}", f"{at:%H%M}"
    return isa + tail, line("GS", guide.function, *parties, *when, str(control), "X", guide.version)


def _row(number: int, claim: Slice, separators: Separators) -> _Row:
    """A claim in the separators of the batch."""
    table = _translation(claim.separators, separators)
    empty = f"\r\n{claim.separators.segment}".encode("latin-1")
    parts: dict[str, list[bytes]] = {part: [] for part in PARTS}
    of = guide(claim.kind).part_of
    for segment in claim.segments:
        if segment.tag not in NUMBERS:
            parts[of[segment.loop]].append(segment.raw.translate(table, empty).strip(_BLANKS))
    head, billing, subscriber, patient, body = map(tuple, parts.values())
    levels = [("20", billing), ("22", subscriber), ("23", patient)][: 3 if patient else 2]
    return _Row(number, claim.value("ST", "BHT", 6) or "CH", head, tuple(levels), body)


def _segment(separator: str, *elements: str) -> bytes:
    """A segment without idle separators at its end."""
    return separator.join(elements).rstrip(separator).encode("utf-8")


def _translation(old: Separators, new: Separators) -> bytes:
    pairs = [(before, after) for before, after in zip(_marks(old), _marks(new), strict=True) if before and after]
    was, now = ("".join(each).encode("latin-1") for each in zip(*pairs, strict=True))
    return bytes.maketrans(was, now)


def _marks(separators: Separators) -> tuple[str, str, str, str]:
    return separators.element, separators.component, separators.segment, separators.repetition


def _separators(envelope: Envelope, claims: Iterable[Slice], said: str = "") -> Separators:
    """Separators that no value holds.

    Raises:
        WritingError: the envelope is not right, or every separator stands in a value.
    """
    _check(envelope)
    held = set("".join((*envelope[:2], *envelope[5:9], said)).encode("utf-8"))
    for claim in claims:
        own = "".join(_marks(claim.separators)).encode("latin-1")
        held.update(b"".join(segment.raw.translate(None, own) for segment in claim.segments))
    found: dict[str, str] = {}
    for (name, spare), wished in zip(SPARE.items(), _marks(envelope.separators), strict=True):
        free = [each for each in wished + spare if ord(each) not in held and each not in found.values()]
        if not free:
            raise WritingError(f"The claims hold every character that could be the {name} separator: {spare!r}.")
        found[name] = free[0]
    return Separators(**found)


def _check(envelope: Envelope) -> None:
    """Refuse an envelope that nobody could read.

    Raises:
        WritingError: the text names the field and what it may be.
    """
    named = {name: getattr(envelope, name) for name in ("sender", "receiver", "group_sender", "group_receiver")}
    for name, value in named.items():
        if not value.isascii() or len(value) > 15 or not (value.strip() or name.startswith("group")):
            raise WritingError(f"The {name.replace('_', ' ')} id is {value!r}; it must have 1 to 15 plain characters.")
    if not all(len(each) == 2 and each.isascii() for each in (envelope.sender_qualifier, envelope.receiver_qualifier)):
        raise WritingError("The qualifiers of sender and receiver must have two characters each, ZZ or 30, say.")
    if not 1 <= envelope.control <= 999_999_999:
        raise WritingError(f"Interchange control number {envelope.control} is not between 1 and 999,999,999.")


def _asked(number: int, inquiry: Inquiry, separators: Separators) -> _Row:
    """An inquiry: payer, who asks, provider, subscriber and patient, and what is asked."""
    claim, line = inquiry.claim, partial(_segment, separators.element)
    payer, asker = claim.all("2010BB", "NM1"), claim.all("1000A", "NM1")
    provider, subscriber, patient = (claim.all(loop, "NM1") for loop in ("2010AA", "2010BA", "2010CA"))
    if not (payer and asker and provider and subscriber):
        raise WritingError(f"Claim {claim.value('2300', 'CLM', 1)} lacks its payer, submitter, provider or subscriber.")
    levels = [
        ("20", (_named(line, "PR", payer[0]),)),
        ("21", (_named(line, "41", asker[0]),)),
        ("19", (_named(line, "1P", provider[0]),)),
        ("22", _person(line, "IL", subscriber[0], () if patient else claim.all("2010BA", "DMG"))),
    ]
    if patient:
        levels.append(("23", _person(line, "QC", patient[0], claim.all("2010CA", "DMG"))))
    return _Row(number, "", (), tuple(levels), tuple(_question(line, inquiry)))


def _named(line: Line, role: str, name: Segment) -> bytes:
    """NM1 of somebody on the claim, in another role."""
    return line("NM1", role, *name.elements[2:10])


def _person(line: Line, role: str, name: Segment, born: Sequence[Segment]) -> tuple[bytes, ...]:
    """Birth and sex, when they are known, and the name."""
    return (*(line("DMG", *each.elements[1:4]) for each in born), _named(line, role, name))


def _question(line: Line, inquiry: Inquiry) -> Iterator[bytes]:
    """What is asked about a claim (2200D, 2200E)."""
    claim = inquiry.claim
    place = claim.value("2300", "CLM", 5, 1), claim.value("2300", "CLM", 5, 3)
    references = {
        "1K": inquiry.payer_control_number,
        "BLT": "".join(place) if claim.kind == "837I" else "",
        "EJ": claim.value("2300", "CLM", 1),
        "D9": claim.value("2300", "REF*D9", 2),
    }
    yield line("TRN", "1", inquiry.trace)
    yield from (line("REF", name, value) for name, value in references.items() if value)
    yield line("AMT", "T3", claim.value("2300", "CLM", 2))
    if days := _days(claim):
        yield line("DTP", "472", "RD8" if "-" in days else "D8", days)


def _days(claim: Slice) -> str:
    """First and last day of service: the statement dates, else those of the claim or of its lines; "" for none."""
    dated = claim.all("2300", "DTP*434") or claim.all("2300", "DTP*472") or claim.all("2400", "DTP*472")
    days = [day for each in dated for day in each.element(3).split("-") if day]
    return "" if not days else min(days) if min(days) == max(days) else f"{min(days)}-{max(days)}"
