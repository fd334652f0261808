"""Files broken in every way: nothing crashes, nothing hangs, and no claim is lost without a word."""

import random
import time
from collections import Counter
from collections.abc import Callable
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reclaim.x12 import envelope
from tests.x12.build import HOSPITAL, OFFICE, SPEC, VISIT, Answer, Segments, interchange, read, text, transaction
from tests.x12.forms import BETWEEN, ISA, ONE, OTHER

LONG = 20.0
"""Seconds that no file of a few kilobytes may take, on a machine with much else to do."""
BATCHES, BATCH = 11, 100
BLANKS = " \t\r\n\0\x1a\x0b\x0c"
BYTES = b"*:~^|AZ09 .-\r\n\t\0\x1a\x1b\x7f\xe9\xff"

WIDTHS = (3, 2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1)
PLACES = [sum(WIDTHS[:at]) + at - 1 for at in range(1, 17)]
"""Where the element separator stands in an ISA, from the widths of its elements."""

LINES = text(interchange(transaction(OFFICE, HOSPITAL), transaction(VISIT, number="0002")), after="\n")
MIXED = text([*BETWEEN, "GE*4*1", "IEA*1*000000001"])
JOINED = text(ONE, "*:\n") + text(OTHER, "*:\n")

Dice = random.Random
Change = Callable[[bytes, Dice], bytes]


def cut_off(data: bytes, dice: Dice) -> bytes:
    return data[: dice.randrange(len(data))]


def leave_out_segments(data: bytes, dice: Dice) -> bytes:
    segments = split(data)
    at = dice.randrange(len(segments))
    return b"".join(segments[:at] + segments[at + dice.choice([1, 1, 1, 2, 9]) :])


def double_segments(data: bytes, dice: Dice) -> bytes:
    segments = split(data)
    at = dice.randrange(len(segments))
    return b"".join(segments[: at + dice.choice([1, 1, 1, 2, 9])] + segments[at:])


def swap_segments(data: bytes, dice: Dice) -> bytes:
    segments = split(data)
    one, other = dice.randrange(len(segments)), dice.randrange(len(segments))
    segments[one], segments[other] = segments[other], segments[one]
    return b"".join(segments)


def change_counts(data: bytes, dice: Dice) -> bytes:
    old = dice.choice([b"SE*", b"GE*", b"IEA*1", b"*0001", b"*000000001"])
    return data.replace(old, old + dice.choice([b"1", b"x", b"*", b"\xb2", b"9" * 5000]), 1)


def break_numbers(data: bytes, dice: Dice) -> bytes:
    return data.replace(
        dice.choice([b"0.00", b"5.00", b"*1*", b"2026"]), dice.choice([b"", b"O", b"1,0", b"9" * 30, b"-"])
    )


def lengthen_an_element(data: bytes, dice: Dice) -> bytes:
    at = dice.randrange(len(data))
    return data[:at] + dice.choice([b"X", b"*", b":", b" ", b"\n"]) * 20_000 + data[at:]


def change_bytes(data: bytes, dice: Dice) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.choice([1, 1, 3, 20])):
        changed[dice.randrange(len(changed))] = dice.choice(BYTES)
    return bytes(changed)


def put_in_bytes(data: bytes, dice: Dice) -> bytes:
    at = dice.randrange(len(data))
    return data[:at] + bytes(dice.choices(BYTES, k=dice.choice([1, 1, 2, 50]))) + data[at:]


def change_a_separator(data: bytes, dice: Dice) -> bytes:
    old, new = (bytes([dice.choice(b"*:~|!")]) for _ in range(2))
    return data.replace(old, new) if dice.random() < 0.5 else data.replace(old, new, dice.randrange(1, 60))


def change_the_isa(data: bytes, dice: Dice) -> bytes:
    at = dice.choice([0, 3, 6, 82, 83, 104, 105, dice.randrange(106)])
    return data[:at] + bytes([dice.choice(BYTES)]) + data[at + dice.choice([0, 1, 1, 1, 2]) :]


OF_SEGMENTS: list[Change] = [cut_off, leave_out_segments, double_segments, swap_segments]
OF_BYTES: list[Change] = [
    *(change_counts, break_numbers, lengthen_an_element, change_bytes, put_in_bytes, change_a_separator, change_the_isa)
]


def broken(dice: Dice) -> tuple[bytes, list[str]]:
    """One of the base files after some changes, and their names."""
    base, changes = dice.choice(
        [(LINES, OF_SEGMENTS + OF_BYTES), (MIXED, OF_SEGMENTS + OF_BYTES), (JOINED, OF_SEGMENTS)]
    )
    data, deeds = base.encode(), dice.choices(changes, k=dice.choice([1, 1, 2, 4]))
    for change in deeds:
        data = change(data, dice) or b"?"
    return data, [change.__name__ for change in deeds]


@pytest.mark.parametrize("batch", range(BATCHES))
def test_no_claim_is_lost_without_a_word(batch: int) -> None:
    dice = Dice(batch)
    for _ in range(BATCH):
        data, deeds = broken(dice)
        begun = time.perf_counter()
        answer = read(data)
        assert time.perf_counter() - begun < LONG
        assert complaint(answer, data) == "", (deeds, data)


@pytest.mark.parametrize("size", [1, 50, 400, 1000])
def test_pieces_change_nothing_in_broken_files_either(size: int) -> None:
    dice = Dice(size)
    for _ in range(30):
        data, deeds = broken(dice)
        whole = read(data)
        with patch.object(envelope, "PIECE", size):
            cut = read(data)
        assert cut.counts == whole.counts, (deeds, data)
        assert cut.spans == whole.spans, (deeds, data)
        for name in SPEC.tables if whole.parts else ():
            one, other = (answer.tables[name].drop("transaction") for answer in (whole, cut))
            assert one.equals(other), (name, deeds, data)


@settings(max_examples=60, deadline=None)
@example(b"")
@example(b"ISA")
@example(ISA.encode() + b"~ST")
@example(ISA.encode() + b"~ST*835~CLP~SVC~CAS~PLB~PER~N1~REF~")
@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda data: ISA.encode() + b"~" + data))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    assert complaint(read(data), data) == ""


TAGS = sorted({tag for zone in SPEC.zones for tag in zone.segments} | {"GS", "GE", "IEA", "ISA", "TA1", "HL"})
SEGMENTS = st.tuples(
    st.sampled_from(TAGS), st.lists(st.sampled_from(["", "1", "835", "PR", "HC:1", "9.99"]), max_size=9)
)


@settings(max_examples=60, deadline=None)
@given(st.lists(SEGMENTS.map(lambda parts: "*".join([parts[0], *parts[1]])), max_size=25))
def test_segments_in_any_order_are_read_or_refused(segments: Segments) -> None:
    data = text([ISA, "ST*835*1", *segments]).encode()
    assert complaint(read(data), data) == ""


def complaint(answer: Answer, data: bytes) -> str:
    """What is wrong with the account that the reader gives of the claims in some bytes; "" when it is right."""
    expected = claims_in(data)
    if expected is None or (answer.reading.refused and b"ISA*" not in data):
        return "" if answer.reading.refused or "bytes-outside" in answer.rules else "neither read nor refused"
    got = Counter(name or "" for (name,) in answer.rows("claims", "control_number")) if answer.parts else Counter()
    if got - expected:
        return f"read {got - expected}, which the file does not hold"
    lost = expected - got
    named = sum(found.times for found in answer.reading.findings if found.path == "CLP")
    if lost.total() != named:
        return f"lost {lost} and named {named}"
    silent = [name for name in lost if name.isprintable() and name[:20] not in answer.said]
    return f"lost {silent} without their names" if silent else ""


def claims_in(data: bytes) -> Counter[str] | None:
    """The numbers of all claims, by a plain split at the separators that the first ISA declares; None without them."""
    declared = separators(data)
    if declared is None:
        return None
    element, terminator = declared
    whole = data.decode("latin-1").replace("\r", "").replace("\n", "\n" if terminator == "\n" else "")
    segments = [segment.strip(BLANKS).split(element) for segment in whole.split(terminator)]
    claims = [segment for segment in segments if segment[0].strip(BLANKS).upper() == "CLP"]
    return Counter(claim[1].strip(" ") if len(claim) > 1 else "" for claim in claims)


def separators(data: bytes) -> tuple[str, str] | None:
    """Element separator and terminator that an ISA declares; those of the base files where GS or ST comes first."""
    text = data.decode("latin-1").lstrip(BLANKS)[:512]
    if text[:2].upper() in {"GS", "ST"}:
        return "*", "~" if "~" in text else "\n"
    return declared(text.replace("\r", "").replace("\n", "")) or declared(text)


def declared(text: str) -> tuple[str, str] | None:
    fields = text.split(text[3:4] or "*", 16)
    fixed = len(text) > 105 and {text[place] for place in PLACES} == {text[3]}
    if text[:3].upper() != "ISA" or not (fixed or len(fields) == 17):
        return None
    element, after = text[3], text[104:] if fixed else fields[16]
    component, terminator = after[:1], after[1:].lstrip(" ")[:1]
    distinct = {element, component, terminator}
    return (element, terminator) if len(distinct) == 3 and terminator and not any(map(str.isalnum, distinct)) else None


def split(data: bytes) -> list[bytes]:
    """Segments with their terminators."""
    terminator = b"~" if b"~" in data else b"\n"
    return [segment + terminator for segment in data.split(terminator)][:-1] or [data]
