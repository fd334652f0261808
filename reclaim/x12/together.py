"""Many small files read as one: what a pass of Polars costs is the same for three claims as for a thousand.

Pieces that are written alike are joined, read once, and what was made of them is given back to each. Whatever makes a
piece special (a finding, another transaction, a cut end) makes it one that is read by itself: half of the pieces at a
time are tried again, so that each comes to exactly what it comes to alone.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple, TypeVar

import polars as pl

from reclaim.x12 import envelope, reading
from reclaim.x12.envelope import Piece
from reclaim.x12.reading import KIND, OfKind, Outline, Tabulated
from reclaim.x12.tables import CodeSets, Tables

Item = TypeVar("Item")
Made = TypeVar("Made")
COUNTED = ("segment", "transaction", "claim", "line", "start", "end")
"""Columns that count from the piece, wherever they stand."""
Pieces = Callable[[Sequence[Item]], Sequence[Piece]]
Work = Callable[[Sequence[Item]], Sequence[Made] | None]


class Together(NamedTuple):
    """Pieces read as one: segments, bytes and keys count from the first of them until `parted` counts them anew."""

    outlines: list[Outline]
    tables: Tables  # empty when no piece holds anything of the kind
    spans: pl.DataFrame
    before: pl.DataFrame  # COUNTED: how many segments, transactions ..., and bytes, stand before each piece
    kinds: dict[str, OfKind]  # all that a piece holds that was read alone

    def parted(self, frame: pl.DataFrame, by: str = "segment") -> list[pl.DataFrame]:
        """The rows of each piece, as if it had been read alone.

        Args:
            frame: rows in the order of the pieces; columns of COUNTED are counted anew.
            by: one of these columns that no row lacks.
        """
        if len(self.before) == 1 or not frame.width:
            return [frame] * len(self.before)
        firsts = self.before[by] if by == "segment" else self.before[by] + 1  # segments count from 0, keys from 1
        starts = [*frame[by].search_sorted(firsts.cast(frame[by].dtype)).to_list(), frame.height]
        lengths = [end - start for start, end in pairwise(starts)]
        owner = pl.int_range(len(lengths), eager=True).repeat_by(pl.Series(lengths)).explode().drop_nulls()
        counted = self.before.select(name for name in COUNTED if name in frame.columns)[owner]
        anew = frame.with_columns(frame[each.name] - each.cast(frame[each.name].dtype) for each in counted)
        return [anew.slice(start, length) for start, length in zip(starts, lengths, strict=False)]


def make(items: Sequence[Item], pieces: Pieces[Item], work: Work[Item, Made]) -> list[Made | Exception]:
    """What the work makes of each item, of as many at a time as can be read together.

    Args:
        items: pieces, with what the work needs of each.
        pieces: takes the pieces out of items.
        work: makes something of several items; None when they must be read by fewer at a time.

    Returns:
        In the order of the items. An exception stands for one that cannot be worked on: it keeps no other from it.
    """
    made: dict[int, Made | Exception] = {}
    kinds: dict[Hashable, list[int]] = defaultdict(list)
    for place, piece in enumerate(pieces(items)):
        kinds[place if len(items) == 1 else _alike(piece) or place].append(place)
    for places in kinds.values():
        made |= zip(places, _halved([items[place] for place in places], work), strict=True)
    return [made[place] for place in range(len(items))]


def _halved(items: Sequence[Item], work: Work[Item, Made]) -> Iterator[Made | Exception]:
    try:
        if (made := work(items)) is not None:
            yield from made
            return
    except Exception as error:  # noqa: BLE001  the caller raises it for the one that is to blame
        if len(items) == 1:
            yield error
            return
    half = len(items) // 2
    yield from _halved(items[:half], work)
    yield from _halved(items[half:], work)


def _alike(piece: Piece) -> Hashable:
    """What pieces must have in common to be read as one; None for those that must be read alone."""
    separators = piece.separators
    terminator, element = (re.escape(each.encode("latin-1")) for each in (separators.segment, separators.element))
    transactions = re.findall(rb"(?:^|" + terminator + rb")\s*ST" + element + rb"\s*(\w*)", piece.data, re.IGNORECASE)
    if set(transactions) != {KIND.encode()} or not envelope.terminated(piece.data, separators):
        return None
    broken = b"\n" in piece.data or b"\r" in piece.data
    ragged = not broken and re.search(rb"[ \t\0\x1a\x0b\x0c]" + terminator, piece.data)
    # How a piece is read depends on what else stands in it: on lines that are broken, and letters in lower case.
    return separators, (piece.data.isascii() and not ragged) or (broken, piece.data.isupper())


def tabulate(pieces: Sequence[Piece], codes: CodeSets, kinds: tuple[str, ...] = (KIND,)) -> Together | None:
    """The typed tables of pieces that are alike; None when they must be read by fewer at a time.

    Args:
        pieces: remittances only, unless it is one.
        codes: see `reading.tabulate`.
        kinds: see `reading.tabulate`.
    """
    if len(pieces) == 1:
        read = reading.tabulate(pieces[0], codes=codes, kinds=kinds)
        counted = pl.DataFrame({name: [0] for name in COUNTED})
        return Together([read.outline], read.tables, read.spans, counted, read.kinds)
    read = reading.tabulate(pieces[0]._replace(data=b"".join(piece.data for piece in pieces)), codes=codes)
    counts = [_segments(piece) for piece in pieces]
    segments = list(accumulate(counts, initial=0))
    if read.outline.findings or segments.pop() != read.outline.segments:
        return None
    outlines = [Outline(controls, count, []) for controls, count in zip(_own(read, segments), counts, strict=True)]
    return Together(outlines, read.tables, read.spans, _before(read, pieces, segments), {})


def _segments(piece: Piece) -> int:
    return sum(1 for each in piece.data.split(piece.separators.segment.encode("latin-1")) if not _blank(each))


def _blank(text: bytes) -> bool:
    return not text.strip(envelope.BLANK_BYTES)


def _own(read: Tabulated, segments: Sequence[int]) -> Iterator[list[tuple[str, list[str], int]]]:
    """The envelope segments of each piece, counted from it."""
    controls = read.outline.controls
    cuts = [bisect_left(controls, first, key=lambda control: control[2]) for first in segments]
    for first, start, end in zip(segments, cuts, [*cuts[1:], len(controls)], strict=True):
        yield [(tag, elements, segment - first) for tag, elements, segment in controls[start:end]]


def _before(read: Tabulated, pieces: Sequence[Piece], segments: Sequence[int]) -> pl.DataFrame:
    firsts = pl.Series(segments, dtype=pl.UInt32)
    offsets = list(accumulate((len(piece.data) for piece in pieces[:-1]), initial=0))
    begun = pl.Series([number for tag, _, number in read.outline.controls if tag == "ST"], dtype=pl.UInt32)
    openers = {"transaction": begun, "claim": read.tables["claims"]["segment"], "line": read.tables["lines"]["segment"]}
    counts = {key: opened.search_sorted(firsts) for key, opened in openers.items()}
    return pl.DataFrame({"segment": firsts, "start": offsets, "end": offsets, **counts}).select(COUNTED)
