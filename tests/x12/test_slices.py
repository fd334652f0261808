"""One claim as a value: each segment in its loop, each place found again, and not a byte lost."""

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reclaim.x12.control import kind_of
from reclaim.x12.envelope import separators_of
from reclaim.x12.reading import Reading
from reclaim.x12.slices import Place, Slice, parted, slice_of, slices
from tests.x12 import sent
from tests.x12.build import text
from tests.x12.test_corpus import CORPUS, NAME, plain_segments

CORPUS_CLAIMS = sorted(CORPUS.glob("837*/*"))
OURS = pytest.mark.parametrize("data", sent.ALL.values(), ids=sent.ALL.keys())


def put_together(data: bytes) -> bytes:
    """A file taken apart and put together again from its slices."""
    out, above = b"", [b""] * 5
    for part in parted(data):
        if part.number < 5:
            above[part.number :] = [part.data, *[b""] * (4 - part.number)]
            claim = slice_of(above, part.separators, kind_of("837", part.version), part.version)
            tail = part.data[len(claim.parts[part.number]) :]
            assert not tail.strip()
            out += claim.parts[part.number] + tail
        else:
            out += part.data
    return out


@OURS
def test_a_file_sliced_and_put_together_is_the_file(data: bytes) -> None:
    assert put_together(data) == data


@pytest.mark.parametrize("path", CORPUS_CLAIMS, ids=NAME)
def test_a_public_sample_sliced_and_put_together_is_the_file(path: Path) -> None:
    data = path.read_bytes()
    begin = 0 if separators_of(data) else len(data) - sum(len(part.data) for part in parted(data))
    assert put_together(data) == data[begin:]


@pytest.mark.parametrize("path", CORPUS_CLAIMS, ids=NAME)
def test_every_claim_and_line_of_a_public_sample_is_found(path: Path) -> None:
    tags = [each[0] for each in plain_segments(path.read_bytes())]
    found = list(slices(path.read_bytes()))
    if separators_of(path.read_bytes().strip()):
        assert len(found) == tags.count("CLM")
        assert sum(len(claim.lines) for claim in found) == tags.count("LX")


@OURS
def test_every_element_is_found_by_its_place(data: bytes) -> None:
    for claim in slices(data):
        for segment in claim.segments:
            for number, element in enumerate(segment.elements[1:], 1):
                place = segment.place(number)
                assert claim.find(place) is segment
                assert claim.get(place) == element
                assert Place.parse(place.key) == place
                assert Place.parse(str(place)) in (place, place._replace(segment=segment.tag))


LOOPS = {
    "2010AA NM103": "RIVER CLINIC",
    "2010BA NM103": "DOE",
    "2010CA NM104": "TIM",
    "2010BB NM109": "AC1",
    "2000B SBR03": "G1",
    "2300 CLM05-3": "1",
    "2300 HI*ABK 02-2": "R05",
    "2400.2 SV101-3": "QW",
    "2400.2 SV107-2": "2",
    "2400.2 DTP*472 03": "20261001",
    "2400.2 DTP03": "20261001",
    "2300 REF*G1 02": "",
    "2310B NM109": "",
    "2400.3 SV102": "",
    "2400 SV101": "HC:99213",
    "2400 SV1": "SV1*HC:99213*80*UN*1***1",
}


@pytest.mark.parametrize(("place", "value"), LOOPS.items())
def test_values_are_read_by_place(place: str, value: str) -> None:
    assert sent.a_claim().get(Place.parse(place)) == value


def test_loops_of_a_secondary_claim() -> None:
    claim = next(each for each in slices(sent.PROFESSIONAL) if each.all("2430"))
    loops = list(dict.fromkeys((each.loop, each.loop_at, each.above) for each in claim.segments))
    assert [each for each in loops if each[0][:2] == "23" or each[0][:2] == "24"] == [
        ("2300", 1, 1),
        ("2310B", 1, 1),
        ("2310C", 1, 1),
        ("2320", 1, 1),
        ("2330A", 1, 1),
        ("2330B", 1, 1),
        ("2400", 1, 1),
        ("2430", 1, 1),
        ("2400", 2, 1),
        ("2430", 2, 2),
    ]
    assert [each.tag for each in claim.lines[1]] == ["LX", "SV1", "DTP", "REF", "SVD", "CAS", "CAS", "DTP"]
    assert [each.element(2) for each in claim.all("2430", "CAS", above=2)] == ["45", "2"]


def test_kinds_have_loops_of_their_own() -> None:
    def attending(claim: Slice) -> str:
        return claim.value("2310A", "NM1*71", 9)

    assert attending(next(slices(sent.INSTITUTIONAL))) == "2100000057"
    assert next(slices(sent.DENTAL)).value("2400", "TOO", 3, 2) == "O"
    assert {claim.kind for data in sent.ALL.values() for claim in slices(data)} == {"837P", "837I", "837D"}


def test_a_claim_of_the_subscriber_after_one_of_a_child_has_no_patient() -> None:
    second = ["HL*4*1*22*0", "SBR*P*18*G2******CI", "NM1*IL*1*ROE*ANN****MI*W2", "NM1*PR*2*ACME*****PI*AC1"]
    one, two = sent.claims(text(sent.file(sent.VISIT, second, sent.VISIT)).encode())
    assert one.value("2010CA", "NM1", 4) == "TIM"
    assert two.value("2010CA", "NM1", 4) == ""
    assert two.value("2010BA", "NM1", 9) == "W2"
    assert two.parts[1] == one.parts[1] != b""


@pytest.mark.parametrize("separators", ["*:~", "|>!", "\x1d\x1f\x1c", "*:\n"])
@pytest.mark.parametrize("after", ["", "\r\n"])
def test_separators_and_line_breaks_do_not_change_what_a_claim_says(separators: str, after: str) -> None:
    data = text(sent.file(sent.VISIT), separators, after).encode()
    (claim,) = slices(data)
    assert put_together(data) == data
    assert claim.value("2300", "HI*ABK", 2, 2) == "R05"
    assert [claim.components(each.element(1))[1] for each in claim.all("2400", "SV1")] == ["99213"]


def test_lower_case_and_padding_are_read() -> None:
    data = text(sent.file(sent.VISIT)).lower().replace("*j", "* j").replace("tim", " tim ").encode()
    (claim,) = slices(data)
    assert claim.value("2010CA", "NM1*QC", 4) == "tim"
    assert put_together(data) == data


@OURS
def test_a_claim_read_again_from_the_spans_of_the_reader_is_the_same(data: bytes) -> None:
    found = list(slices(data))
    reading = Reading(io.BytesIO(data), kinds=("837P", "837I", "837D"))
    rows = [row for part in reading.parts() for row in part.spans.iter_rows(named=True)]
    above = ("transaction", "billing", "subscriber", "patient")
    for claim, row in zip(found, rows, strict=True):
        ends = [(row[f"{each}_start"] or 0, row[f"{each}_end"] or 0) for each in above]
        parts = [data[start:end] for start, end in (*ends, (row["start"], row["end"]))]
        assert slice_of(parts, claim.separators, claim.kind, claim.version) == claim


@pytest.mark.parametrize("wrong", ["", "2310B", "NM109", "2400. SV101", "2400 SV1 1-", "2400/1 SV101"])
def test_what_is_no_place_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="no place on a claim: write it like"):
        Place.parse(wrong)


def test_places_sort_by_loop_and_line() -> None:
    keys = ["2300 REF*G1 02", "2400 SV101-2", "2400 SV101-3", "2400.2 SV101-2"]
    assert sorted(map(Place.parse, reversed(keys))) == list(map(Place.parse, keys))


@given(st.data())
@settings(deadline=None, max_examples=200)
def test_no_damage_to_a_file_loses_a_byte_or_raises(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from(list(sent.ALL.values())))
    begin = data.draw(st.integers(200, len(whole)))
    end = data.draw(st.integers(begin, min(begin + 60, len(whole))))
    broken = whole[:begin] + data.draw(st.binary(max_size=10)) + whole[end:]
    assert b"".join(part.data for part in parted(broken)) == broken
    for claim in slices(broken):
        assert all(claim.find(each.place()) is not None for each in claim.segments)
