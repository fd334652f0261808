"""Bytes to a frame: one row per segment, with its elements, its span, its loop and the keys of the loops around it.

    segment   UInt32        number of the segment in its piece, from 0
    start     Int64         first byte of the tag, from the beginning of the piece
    end       Int64         byte after the terminator
    tag       Enum          upper case
    elements  List[String]  the tag first, so that element k of the guide stands at k

and, once the spec of the transactions is known (`zoned`):

    zone      UInt8         number of the zone in the spec; OUTSIDE where no transaction is open
    <key>     UInt32        running count of each zone that is a key, from 1; null where that loop is not open
"""

import codecs
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from reclaim.x12.spec import Spec, Zone

BLANKS = " \t\r\n\0\x1a\x0b\x0c\ufeff"
ENVELOPE = ("ISA", "TA1", "GS", "GE", "IEA")
OUTSIDE = 255
"""The zone of what stands outside of every transaction: the envelope, and what got lost between."""


@dataclass(frozen=True, slots=True)
class Separators:
    """The characters that an ISA declares. `repetition` is "" where the version has none."""

    element: str
    component: str
    segment: str
    repetition: str = ""


def segments(data: bytes, separators: Separators, tags: frozenset[str]) -> pl.DataFrame:
    """The segments of a piece: `segment`, `start`, `end`, `tag`, `elements`.

    Blank segments are dropped; line breaks within a segment (files wrapped at 80 columns) are taken out. Bytes that
    are no UTF-8 are read as Latin-1, each by itself, so that every byte is kept and every other name stays right.

    Args:
        data: whole segments of one interchange.
        separators: those of its ISA.
        tags: the segment tags that are expected; only others are looked at for lower case or stray blanks.
    """
    text, clean = _decode(data, separators)
    raw = pl.Series([text], dtype=pl.String).str.split(separators.segment).explode()
    stripped = raw.str.strip_chars_start(BLANKS)
    size, rest = _size(raw), _size(stripped)
    width = size if clean else pl.Series([len(each) for each in data.split(separators.segment.encode("latin-1"))])
    end = (width + 1).cum_sum()
    frame = pl.DataFrame(
        {"start": end - 1 - width + size - rest, "end": end.clip(upper_bound=len(data)), "text": stripped}
    )
    if "\n" in text or "\r" in text:
        frame = frame.with_columns(_join_lines(frame["text"].str.strip_chars_end(BLANKS)))
    frame = frame.filter(frame["text"].str.len_bytes() > 0).with_row_index("segment")
    elements = frame["text"].str.split(separators.element).alias("elements")
    return frame.select("segment", "start", "end", _tags(elements.list.first(), tags).alias("tag"), elements)


def _tags(text: pl.Series, known: frozenset[str]) -> pl.Series:
    """Tags as an Enum, which is compared as a number; what nobody expects is cleaned and becomes part of the Enum."""
    tag = text.cast(pl.Enum(sorted(known)), strict=False)
    if tag.null_count() == 0:
        return tag
    text = text.str.strip_chars(BLANKS).str.to_uppercase()
    return text.cast(pl.Enum(sorted({*known, *text.unique()})))


def zoned(frame: pl.DataFrame, spec: Spec) -> pl.DataFrame:
    """The frame with the zone of each segment and the running counts that are the keys of its loops."""
    tag = pl.col("tag")
    first = spec.zones[0].opener
    inside = pl.when(tag == first).then(pl.lit(value=True)).when(tag.is_in(ENVELOPE)).then(pl.lit(value=False))
    frame = frame.with_columns(
        zone=_openings(frame, spec).forward_fill(), inside=inside.forward_fill().fill_null(value=False)
    )
    frame = frame.with_columns(zone=pl.when("inside").then("zone").otherwise(pl.lit(OUTSIDE, pl.UInt8)))
    return frame.drop("inside").with_columns(_key(spec, zone) for zone in spec.zones if zone.key)


def _openings(frame: pl.DataFrame, spec: Spec) -> pl.Series:
    """The number of the zone that a segment opens, null where it opens none."""
    plain = {tag: number for number, zone in enumerate(spec.zones) if _alone(spec, zone) for tag in zone.tags}
    opens = frame["tag"].replace_strict(plain, default=None, return_dtype=pl.UInt8)
    free = [zone for zone in spec.zones if zone.position and zone.name not in spec.placed]
    for tag in dict.fromkeys(tag for zone in free for tag in zone.tags):
        of_tag = [zone for zone in free if tag in zone.tags]
        places, values = _deciding(frame, tag, of_tag[0].position)
        numbers = {value: spec.zones.index(zone) for zone in of_tag for value in zone.values}
        opens = opens.scatter(places, values.replace_strict(numbers, default=None, return_dtype=pl.UInt8))
    for depth in (True, False):  # loops that hold others first: where the rest stands depends on them
        placed = [zone for zone in spec.zones if zone.key == depth and zone.name in spec.placed]
        for tag in dict.fromkeys(tag for zone in placed for tag in zone.tags):
            opens = _placed(frame, spec, opens, tag, [zone for zone in placed if tag in zone.tags])
    return opens


def _alone(spec: Spec, zone: Zone) -> bool:
    """Whether the tag alone opens a zone, wherever it stands."""
    return not zone.position and zone.name not in spec.placed


def _deciding(frame: pl.DataFrame, tag: str, position: int) -> tuple[pl.Series, pl.Series]:
    """Where a tag stands, and the element that decides what it opens."""
    places = (frame["tag"] == tag).arg_true()
    value = frame["elements"].gather(places).list.get(position, null_on_oob=True).str.strip_chars(BLANKS)
    return places, value.str.to_uppercase().fill_null("")


def _placed(frame: pl.DataFrame, spec: Spec, opens: pl.Series, tag: str, zones: Sequence[Zone]) -> pl.Series:
    """The openings with those of a tag that opens different loops, or none, by the loop that it stands in.

    A segment that may open no loop where it stands belongs to the loop around it, not to the last one within that.
    """
    places, values = _deciding(frame, tag, zones[0].position)
    within = opens.forward_fill().gather(places)
    numbers = {value: at for at, value in enumerate(dict.fromkeys(value for zone in zones for value in zone.values))}
    meanings = {numbers[value] * 256 + inner: opened for zone in zones for value, inner, opened in spec.meanings(zone)}
    stand = values.replace_strict(numbers, default=None, return_dtype=pl.UInt32) * 256 + within
    meant = stand.replace_strict(meanings, default=None, return_dtype=pl.UInt8)
    if not zones[0].key:
        meant = meant.fill_null(within.replace_strict(spec.nearest, default=None, return_dtype=pl.UInt8))
    return opens.scatter(places, meant.fill_null(opens.gather(places)))


def _opens(spec: Spec, zone: Zone) -> pl.Expr:
    tag = pl.col("tag").is_in(zone.tags) if len(zone.tags) > 1 else pl.col("tag") == zone.tags[0]
    return tag if _alone(spec, zone) else tag & (pl.col("zone") == spec.number(zone.name))


def _key(spec: Spec, zone: Zone) -> pl.Expr:
    count = (_opens(spec, zone) & (pl.col("zone") != OUTSIDE)).cum_sum().cast(pl.UInt32)
    within, outermost = spec.within(zone.name), spec.zones[0]
    opened = pl.col("zone").is_in(within)
    if zone != outermost and len(within) > 1:
        # A line whose claim is missing must not fall to the last claim of the transaction before.
        above = (spec.zone(name) for name in spec.line_of(zone)[1:])
        anew = pl.any_horizontal(_opens(spec, each) for each in above if each.key)
        opened &= count > pl.when(anew).then(count).forward_fill()
    return pl.when(opened).then(count).alias(zone.name)


def _decode(data: bytes, separators: Separators) -> tuple[str, bool]:
    """The text, and whether it has in UTF-8 as many bytes as the data."""
    try:
        return data.decode("utf-8"), True
    except UnicodeDecodeError:
        plain = (separators.segment + separators.element + separators.component).isascii()
        return data.decode("utf-8", LATIN_1) if plain else data.decode("latin-1"), False


def _as_latin_1(error: UnicodeError) -> tuple[str, int]:
    """What stands for bytes that are no UTF-8."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


LATIN_1 = "reclaim-latin-1"
codecs.register_error(LATIN_1, _as_latin_1)


def _size(text: pl.Series) -> pl.Series:
    """Bytes of each text in UTF-8."""
    return text.str.len_bytes().cast(pl.Int64)


def _join_lines(text: pl.Series) -> pl.Series:
    broken = text.str.contains_any(["\r", "\n"])
    return text.str.replace_all("[\r\n]", "") if broken.any() else text
