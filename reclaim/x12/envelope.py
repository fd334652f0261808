"""Which interchanges stand in a stream of bytes, by which separators, and cut into pieces of whole transactions.

Tolerated: byte order marks, UTF-16, blanks before and after, line breaks of every kind or none, files wrapped at 80
columns, control characters as separators, lower case, missing trailers, several interchanges with separators of
their own, and a missing ISA when the rest begins with GS or ST.
"""

import codecs
import heapq
import re
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from reclaim.x12.findings import Finding
from reclaim.x12.frame import BLANKS, Separators

PIECE = 5 << 20
"""Bytes after which a piece is cut at the next transaction: large enough for columns, small enough for caches."""
HEAD = 512
"""An ISA has 106 characters; line breaks and padding make it longer, but not so long."""

ISA_PLACES = (3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103)
"""Where the element separator stands in an ISA, whose elements have fixed widths (ISA, X12.5)."""
ISAS = (re.compile(rb"ISA[^0-9A-Za-z]"), re.compile(rb"isa[^0-9A-Za-z]"))
"""Two searches for a fixed beginning take a tenth of the time of one that does not mind the case."""
HEADLESS = re.compile(
    r"(?:GS[^\w\s].*?(?:[^\w\s]|[\r\n])[\r\n]*)?"
    r"ST(?P<element>[^\w\s])\d{3}(?P=element)\w+(?:(?P=element)\w*)?(?P<segment>[^\w\s]|[\r\n])",
    re.ASCII | re.DOTALL | re.IGNORECASE,
)
"""How a file begins that lacks its ISA."""
BLANK_BYTES = BLANKS.replace("\ufeff", "").encode("latin-1") + codecs.BOM_UTF8

LOOKS_LIKE = (
    (b"%PDF", "a PDF"),
    (b"\xc9\xe2\xc1", "X12 in EBCDIC; have it converted to ASCII"),
    (b"<", "XML or a web page"),
    (b"{", "JSON"),
    (b"7z\xbc\xaf", "a 7-Zip archive; unpack it first"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"\xd0\xcf\x11\xe0", "an Office document"),
)


class Stream(Protocol):
    """Anything to read bytes from."""

    def read(self, size: int, /) -> bytes:
        """Up to so many bytes; none at the end."""


class Piece(NamedTuple):
    """Whole segments of one interchange, or of several that follow each other with the same separators."""

    data: bytes
    offset: int  # of the first byte, from the beginning of the stream
    separators: Separators
    number: int = 0  # of the piece in the stream, from 0


class Window:
    """The part of a stream that is looked at, and where it stands."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.data = b""
        self.offset = 0
        self.ended = False

    def grow(self, size: int) -> bool:
        """Read so many bytes on, however few the stream gives at a time; False at its end."""
        chunks, missing = [self.data], size
        while missing > 0 and not self.ended:
            chunks.append(self.stream.read(missing))
            missing -= len(chunks[-1])
            self.ended = not chunks[-1]
        self.data = b"".join(chunks)
        return missing < size

    def take(self, size: int) -> bytes:
        """Cut so many bytes off the front."""
        taken, self.data = self.data[:size], self.data[size:]
        self.offset += size
        return taken


class Utf16:
    """A stream of UTF-16 read as UTF-8; places in it are counted in UTF-8."""

    def __init__(self, stream: Stream, head: bytes, encoding: str) -> None:
        self.stream = stream
        self.head = head
        self.decoder = codecs.getincrementaldecoder(encoding)(errors="replace")

    def read(self, size: int, /) -> bytes:
        """Some bytes of UTF-16, as UTF-8."""
        while True:
            data, self.head = self.head or self.stream.read(size), b""
            text = self.decoder.decode(data, final=not data)
            if text or not data:
                return text.encode("utf-8")


def pieces(stream: Stream) -> Iterator[Piece | Finding]:
    """Cut a stream into pieces of whole transactions; what is no interchange becomes a finding with its place.

    Memory holds one piece and what has been read ahead, whatever the size of the stream.
    """
    window = Window(stream)
    window.grow(HEAD)
    if encoding := utf16(window.data):
        yield Finding("info", "encoding", None, "", "The file is UTF-16; places count the bytes of its UTF-8 form.")
        window = Window(Utf16(stream, window.data, encoding))
    window.grow(PIECE)
    separators, finding = _first_interchange(window)
    if finding:
        yield finding
    while separators:
        yield from _cut(window, separators)
        separators = separators_of(window.data)


def utf16(head: bytes) -> str:
    """The name of the UTF-16 that the first bytes of a file are written in; empty when they are not."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    at = head.upper().find(b"I\0S\0A\0")
    blank = at >= 0 and not head[:at].strip(BLANK_BYTES)
    return ("utf-16-le", "utf-16-be")[at % 2] if blank else ""


def _first_interchange(window: Window) -> tuple[Separators | None, Finding | None]:
    """Go to the first ISA: its separators, and a finding when something else stood before it."""
    _skip_blanks(window)
    if not window.data:
        return None, Finding("error", "refused", None, "", "The file is empty. Ask the sender for it again.")
    if separators := separators_of(window.data):
        return separators, None
    if separators := _guess(window.data):
        said = "The file begins without ISA: its first segments tell the separators. Ask the sender for the whole file."
        return separators, Finding("error", "envelope-missing", 1, "ISA", said)
    start, skipped = window.data[:HEAD], _skip_to_isa(window)
    separators = separators_of(window.data)
    return separators, _skipped(skipped, window.offset - skipped) if separators else _refused(start)


def _skip_blanks(window: Window) -> None:
    while True:
        rest = window.data.lstrip(BLANK_BYTES)
        window.take(len(window.data) - len(rest))
        if rest or not window.grow(PIECE):
            return


def _skip_to_isa(window: Window) -> int:
    """Go to the next readable ISA, or to the end; how many bytes were passed over."""
    begin = window.offset
    while window.data:
        whole = len(window.data) - (0 if window.ended else HEAD)
        readable = (at for at in _isas(window.data) if at <= whole and separators_of(window.data[at : at + HEAD]))
        if (at := next(readable, None)) is not None:
            window.take(at)
            break
        window.take(max(whole, 0))
        window.grow(PIECE)
    return window.offset - begin


def _isas(data: bytes, begin: int = 0) -> Iterator[int]:
    """Where an ISA may begin, one place after the other."""
    return heapq.merge(*((found.start() for found in isa.finditer(data, begin)) for isa in ISAS))


def _refused(start: bytes) -> Finding:
    if start[:3].upper() == b"ISA":
        said = "ISA is cut off or broken: its separators cannot be read. Ask the sender for the file again."
        return Finding("error", "refused", 1, "ISA", said)
    kind = next((f" It looks like {name}." for begin, name in LOOKS_LIKE if start.startswith(begin)), "")
    said = f"This is not X12: no ISA segment was found.{kind} Give Reclaim the file as the payer sent it."
    return Finding("error", "refused", None, "", said)


def _skipped(skipped: int, place: int) -> Finding:
    said = (
        f"{skipped:,} bytes from byte {place:,} on stand before the first interchange and were left out. Ask the sender"
    )
    return Finding("error", "bytes-outside", None, "ISA", f"{said} what they are.")


def terminated(data: bytes, separators: Separators) -> bool:
    """Whether bytes end with the terminator of a segment, blanks after it apart."""
    terminator = separators.segment.encode("latin-1")
    return data.rstrip(BLANK_BYTES.replace(terminator, b"")).endswith(terminator)


def separators_of(data: bytes) -> Separators | None:
    """The separators that an ISA at the beginning of these bytes declares; None when there is no readable ISA."""
    head = data[:HEAD]
    return _fixed(head) or _padded(head)


def _fixed(head: bytes) -> Separators | None:
    """The separators of an ISA as the standard has it, every element at its place; line breaks may run through it."""
    text = head.decode("latin-1")
    for flat in (text, re.sub("[\r\n]", "", text)):
        fixed = flat[:3].upper() == "ISA" and len(flat) > 105 and all(flat[place] == flat[3] for place in ISA_PLACES)
        follows = flat[106:].lstrip(BLANKS)[:1] or "GS"  # no letter: it was a line break that stood at 105
        if fixed and follows.isalnum():
            return _separators(flat[3], flat[104], flat[105], flat[82])
    return None


def _padded(head: bytes) -> Separators | None:
    """The separators of an ISA whose elements lost their padding, or have too much of it."""
    text = head.decode("latin-1")
    fields = text.split(text[3], 16) if text[:3].upper() == "ISA" and len(text) > 3 else []
    if len(fields) == 17 and len(fields[16]) > 1:
        component, rest = fields[16][0], fields[16][1:].lstrip(" ")
        return _separators(text[3], component, rest[:1], fields[11].strip())
    return None


def _separators(element: str, component: str, segment: str, repetition: str) -> Separators | None:
    distinct = len({element, component, segment} - {""}) == 3
    if not distinct or segment == " " or any(each.isalnum() for each in (element, component, segment)):
        return None
    return Separators(element, component, segment, "" if repetition.isalnum() or len(repetition) != 1 else repetition)


def _guess(data: bytes) -> Separators | None:
    """Separators of a file that lacks its ISA, from its first segment, which must be GS or ST, and its first SVC."""
    text = data.decode("latin-1")
    first = HEADLESS.match(text)
    if not first:
        return None
    element = re.escape(first["element"])
    service = re.search(rf"\bSV[C1-3]{element}(?:\d+{element})?[A-Z]{{2}}([^\w\s])", text, re.ASCII | re.IGNORECASE)
    return _separators(first["element"], service[1] if service else ":", first["segment"], "")


def _cut(window: Window, separators: Separators) -> Iterator[Piece]:
    """The pieces of the interchange at the front of the window, and of those after it with the same separators."""
    segment, element = (re.escape(each.encode("latin-1")) for each in (separators.segment, separators.element))
    transaction = re.compile(segment + rb"[\s\0]*()ST" + element, re.IGNORECASE)
    searched, size = 3, 0
    while True:
        end, certain = _end(window, searched, separators)
        if certain:
            if end:
                yield Piece(window.take(end), window.offset - end, separators)
            return
        if found := transaction.search(window.data, max(PIECE, size), end):
            cut = found.end(1)
            yield Piece(window.take(cut), window.offset - cut, separators)
            searched, size = 0, 0
        else:
            searched, size = end, end - HEAD
            window.grow(PIECE)


def _end(window: Window, searched: int, separators: Separators) -> tuple[int, bool]:
    """Where other separators begin in the window, or the stream ends, and True; or how far they do not, and False."""
    for at in _isas(window.data, searched):
        if at + HEAD > len(window.data) and not window.ended:
            return at, False
        head = window.data[at : at + HEAD]
        after = terminated(window.data[max(at - HEAD, 0) : at], separators)
        declared = separators_of(head) if after else _fixed(head)
        if declared and not (after and declared == separators):
            return at, True
    return (len(window.data), True) if window.ended else (max(len(window.data) - len("ISA"), searched), False)
