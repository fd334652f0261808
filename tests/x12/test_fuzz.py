"""Files broken in every way: nothing crashes, nothing hangs, and no claim is lost without a word."""

import random
import time
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.x12.build import HOSPITAL, OFFICE, VISIT, Answer, Segments, interchange, read, text, transaction
from tests.x12.forms import BETWEEN, ISA, ONE, OTHER

LONG = 5.0
"""Seconds that no file of a few kilobytes may take, on a machine with much else to do."""
BATCHES, BATCH = 21, 100
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


@pytest.mark.parametrize("batch", range(BATCHES))
def test_no_claim_is_lost_without_a_word(batch: int) -> None:
    dice = Dice(batch)
    for _ in range(BATCH):
        name, base = dice.choice([("LINES", LINES), ("MIXED", MIXED), ("JOINED", JOINED)])
        data, deeds = base.encode(), []
        for _ in range(dice.choice([1, 1, 2, 4])):
            change = dice.choice(OF_SEGMENTS if name == "JOINED" else OF_SEGMENTS + OF_BYTES)
            data = change(data, dice) or b"?"
            deeds.append(change.__name__)
        begun = time.perf_counter()
        answer = read(data)
        assert time.perf_counter() - begun < LONG
        assert complaint(answer, data) == "", (name, deeds, data)


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
    """The numbers of all claims after a plain split by the separators that the first ISA declares; None without them."""
    declared = separators(data)
    if declared is None:
        return None
    element, terminator = declared
    whole = data.decode("latin-1").replace("\r", "").replace("\n", "\n" if terminator == "\n" else "")
    segments = [segment.strip(BLANKS).split(element) for segment in whole.split(terminator)]
    return Counter((segment + [""])[1].strip(" ") for segment in segments if segment[0].strip(BLANKS).upper() == "CLP")


def separators(data: bytes) -> tuple[str, str] | None:
    """Element separator and terminator that an ISA declares; those of the base files where GS or ST comes first."""
    text = data.decode("latin-1").lstrip(BLANKS)[:512]
    if text[:3] in {"GS*", "ST*"}:
        return "*", "~" if "~" in text else "\n"
    return declared(text) or declared(text.replace("\r", "").replace("\n", ""))


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
