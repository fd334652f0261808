"""Every form that files take gives the tables of the plain form; what is no X12 is refused with its reason."""

import hashlib
import io
import time
from typing import Any
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reclaim.x12 import envelope
from reclaim.x12.envelope import HEAD, Piece, pieces
from tests.x12.build import HOSPITAL, OFFICE, SPEC, VISIT, Answer, cases, interchange, read, text, transaction
from tests.x12.forms import FORMS, ISA, PLAIN, SEGMENTS, Form, form, wrapped

LONG = 5.0
"""Seconds; each of the files below takes a tenth of one, and took minutes when the reader looked twice at a byte."""


@pytest.fixture(scope="module")
def plain() -> Answer:
    return read(PLAIN)


@pytest.mark.parametrize("form", [pytest.param(form, id=name) for name, form in FORMS.items()])
def test_reads_the_same_as_plain(form: Form, plain: Answer) -> None:
    same(read(form.data), plain, form.found)


@pytest.mark.parametrize("width", [1, 79, 103, 104, 105, 106, 107, 500])
def test_reads_files_wrapped_at_any_width(width: int, plain: Answer) -> None:
    same(read(wrapped(width, "\r\n")), plain, [])


@pytest.mark.parametrize(
    "name", ["blanks before", "UTF-16 big-endian without mark", "UTF-16 little-endian with its mark"]
)
@pytest.mark.parametrize("step", [1, 2, 105, 513])
def test_reads_streams_that_give_few_bytes_at_a_time(name: str, step: int, plain: Answer) -> None:
    answer = read(Dribble(FORMS[name].data, step))
    same(answer, plain, FORMS[name].found)
    assert answer.reading.sha256 == hashlib.sha256(FORMS[name].data).hexdigest()


@pytest.mark.parametrize("case", cases("refused"))
def test_refuses_what_is_no_x12(case: dict[str, Any]) -> None:
    data = bytes.fromhex(case["hex"]) if "hex" in case else case["text"].replace("ISA…", ISA).encode()
    answer = read(data)
    assert answer.reading.refused
    assert not answer.parts
    assert case["says"] in answer.said
    assert answer.reading.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("length", range(0, 106, 7))
def test_refuses_an_isa_that_is_cut_off(length: int) -> None:
    answer = read(PLAIN[:length])
    assert answer.reading.refused
    assert answer.rules == {"refused"}
    assert ("ISA is cut off" if length > 6 else "") in answer.said


@pytest.mark.parametrize("terminator", ["~", "\n"])
def test_a_file_cut_off_anywhere_keeps_whole_segments_only(terminator: str, plain: Answer) -> None:
    data = text(SEGMENTS, f"*:{terminator}")
    for length in range(107, len(data) - 25, 29):
        answer = read(data[:length])
        assert answer.rules & {"refused", "cut-off", "segment-cut-off"}, length
        for name in SPEC.tables if answer.parts else ():
            rows = values(answer, name)
            assert rows == values(plain, name)[: len(rows)], (name, data[:length][-30:])


def test_a_claim_at_which_a_file_ends_is_named() -> None:
    answer = read(PLAIN[: PLAIN.index("CLP*A2") + 15])
    assert answer.rows("claims", "control_number") == [("A1",)]
    assert "error segment-cut-off CLP" in answer.found
    assert "CLP A2 was left out" in answer.said


def test_an_interchange_whose_last_segment_runs_into_the_next_isa() -> None:
    answer = read(text(SEGMENTS[:-3])[:-4] + PLAIN)
    assert [name for (name,) in answer.rows("claims", "control_number")] == ["A1", "A2", "A3", "A1", "A2", "A3"]
    assert answer.found == ["error segment-missing 2100 NM1", "error segment-cut-off NM1", "error cut-off SE, GE, IEA"]


remittances = st.lists(st.sampled_from([OFFICE, HOSPITAL, VISIT]), max_size=3).map(lambda claims: transaction(*claims))
files = st.lists(
    st.tuples(st.lists(remittances, max_size=3), st.sampled_from(["*:~", "|>!", "*:\n", "*:~"])), min_size=1, max_size=3
).map(lambda parts: "".join(text(interchange(*each), separators) for each, separators in parts).encode())


@settings(deadline=None)
@given(files, st.integers(1, 3000))
def test_pieces_are_the_file_cut_where_a_transaction_begins(data: bytes, size: int) -> None:
    with patch.object(envelope, "PIECE", size):
        found = [each for each in pieces(io.BytesIO(data)) if isinstance(each, Piece)]
    assert b"".join(each.data for each in found) == data
    assert [each.offset for each in found] == [sum(len(one.data) for one in found[:at]) for at in range(len(found))]
    assert all(each.data[:3] == b"ISA" or each.data[:2] == b"ST" for each in found)
    assert all(each.data.endswith(each.separators.segment.encode()) for each in found)
    assert all(each.data.find(b"~ST*835", 2 * size, -2 * (size + HEAD)) < 0 for each in found)


@settings(max_examples=25, deadline=None)
@given(files, st.integers(1, 3000), st.binary(max_size=3))
def test_pieces_change_nothing_but_memory(data: bytes, size: int, junk: bytes) -> None:
    data = data.replace(b"JANE", b"J" + junk)
    whole = read(data)
    with patch.object(envelope, "PIECE", size):
        cut = read(data)
    assert cut.counts == whole.counts
    assert cut.reading.contents.transactions == whole.reading.contents.transactions
    assert cut.reading.contents.interchanges == whole.reading.contents.interchanges
    assert cut.reading.segments == whole.reading.segments
    assert bool(cut.parts) == bool(whole.parts)
    if whole.parts:
        assert cut.spans == whole.spans
        for name in SPEC.tables:
            assert cut.tables[name].equals(whole.tables[name]), name


HUGE = {
    "a name of five million letters": form(PLAIN.replace("JANE", "J" * 5_000_000)),
    "two million empty elements": form(PLAIN.replace("*MI*W1", "*MI*W1" + "*" * 2_000_000)),
    "two million empty components": form(PLAIN.replace("HC:80053", "HC:80053" + ":" * 2_000_000)),
    "names that begin as an ISA does": form(PLAIN.replace("JANE", "ISA-" * 100_000)),
    "three million blank lines": form(PLAIN.replace("LX*1~", "LX*1~" + "\n" * 3_000_000)),
    "three million blanks before": form(" " * 3_000_000 + PLAIN),
    "thousands of interchanges": form(text(interchange(transaction(VISIT))) * 3000),
    "thousands of transactions": form(interchange(*[transaction(VISIT)] * 3000)),
    "one transaction of many claims": form(interchange(transaction(*[OFFICE] * 5000))),
    "another tag in every segment": form(
        interchange([*transaction(VISIT)[:-1], *(f"Q{number}*1" for number in range(20_000)), "SE*20014*0001"]),
        *[f"warning segment-unknown 2100 Q{number}" for number in range(20)],
        "error segment-unknown",
    ),
    "another element separator than the ISA declares": form(
        ISA + "~" + "ST|835|1~CLP|A1|1|50~" * 20_000,
        "error refused ST",
        "error segment-outside ST|835|1",
        "error segment-outside CLP|A1|1|50",
        "error cut-off IEA",
    ),
    "no ISA in sight": form("ISA-" * 100_000, "error refused ISA"),
}


@pytest.mark.parametrize("form", [pytest.param(form, id=name) for name, form in HUGE.items()])
def test_no_file_takes_long(form: Form) -> None:
    begun = time.perf_counter()
    answer = read(form.data)
    assert time.perf_counter() - begun < LONG
    assert answer.found == form.found


class Dribble:
    """A stream that gives less than it is asked for, as pipes and sockets do."""

    def __init__(self, data: bytes, step: int) -> None:
        self.stream = io.BytesIO(data)
        self.step = step

    def read(self, size: int, /) -> bytes:
        return self.stream.read(min(size, self.step))


def same(answer: Answer, plain: Answer, found: list[str]) -> None:
    for name in SPEC.tables:
        assert values(answer, name) == values(plain, name), name
    assert answer.found == found, answer.said
    assert not answer.reading.refused


def values(answer: Answer, table: str) -> list[tuple[Any, ...]]:
    """A table without the numbers of its segments, in upper case."""
    return answer.tables[table].drop("segment").with_columns(pl.selectors.string().str.to_uppercase()).rows()
