"""Corrections change what they are meant to change, at the place where the guide wants it, and nothing else."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reclaim.x12 import resending
from reclaim.x12.differing import Change, difference, segments_changed
from reclaim.x12.editing import Add, Edit, EditError, Put, Remove, correct, restored, stored
from reclaim.x12.loops import NUMBERS, longest
from reclaim.x12.slices import Place, Slice
from reclaim.x12.writing import Envelope, batch
from tests.judges import pyx12_errors
from tests.x12 import sent
from tests.x12.build import text

SENT = Envelope("CLINIC", "HOUSE", datetime(2026, 11, 2, 9, 30), 77, production=True)  # noqa: DTZ001  local time
PROFESSIONAL, INSTITUTIONAL = sent.claims(sent.PROFESSIONAL), sent.claims(sent.INSTITUTIONAL)
EVERY = [*PROFESSIONAL, *INSTITUTIONAL, sent.a_claim(), *sent.claims(sent.DENTAL)]


def at(place: str) -> Place:
    return Place.parse(place)


def lines(claim: Slice) -> list[str]:
    """The segments of a claim, from CLM on."""
    return claim.parts[4].decode().removesuffix("~").split("~")


def edited(*edits: Edit) -> list[str]:
    return lines(correct(sent.a_claim(), edits))


def test_no_edits_change_nothing() -> None:
    for claim in EVERY:
        assert correct(claim, []) == claim


def test_a_component_is_changed_added_and_taken_away() -> None:
    assert edited(Put(at("2400.2 SV101-3"), "59"))[6] == "SV1*HC:87880:59*40*UN*1***1:2"
    assert edited(Put(at("2400 SV101-4"), "25"))[3] == "SV1*HC:99213::25*80*UN*1***1"
    assert edited(Put(at("2400.2 SV101-3"), ""))[6] == "SV1*HC:87880*40*UN*1***1:2"
    assert edited(Put(at("2400.2 SV107"), ("2", "1")))[6] == "SV1*HC:87880:QW*40*UN*1***2:1"
    assert edited(Put(at("2400.2 SV107"), ""))[6] == "SV1*HC:87880:QW*40*UN*1"
    assert edited(Put(at("2300 CLM20"), "11"))[0] == "CLM*A1*120***11:B:1*Y*A*Y*Y***********11"


def test_a_reference_is_made_where_it_is_missing() -> None:
    assert edited(Put(at("2300 REF*G1 02"), "AUTH1"))[:3] == [
        "CLM*A1*120***11:B:1*Y*A*Y*Y",
        "REF*G1*AUTH1",
        "HI*ABK:J069*ABF:R05",
    ]
    assert edited(Put(at("2400.2 REF*G1 02"), "AUTH1"))[5:] == [*sent.MORE, "REF*G1*AUTH1"]
    assert edited(Put(at("2300 DTP*431 03"), "20260930"))[1] == "DTP*431*D8*20260930"


def test_segments_and_loops_go_where_the_guide_wants_them() -> None:
    rendering = Add(
        "2310B", (("NM1", "82", "1", "ROE", "ANN", "", "", "", "XX", "1234567893"), ("PRV", "PE", "PXC", "207Q00000X"))
    )
    found = edited(
        Add("2300", (("NTE", "ADD", "SEEN TWICE"),)),
        rendering,
        Add("2300", (("REF", "G1", "A1"),)),
        resending.attachment("P-1"),
        Add("2310A", (("NM1", "DN", "1", "POE", "EVA", "", "", "", "XX", "1234567893"),)),
        Add("2420A", (("NM1", "82", "1", "LEE", "BO", "", "", "", "XX", "1234567893"),), 1),
        Add(
            "2400",
            (("LX", "9"), ("SV1", ("HC", "36415"), "10", "UN", "1", "", "", "1"), ("DTP", "472", "D8", "20261001")),
        ),
        Add("2400", (("REF", "6R", "L2"),), 2),
    )
    assert [each.split("*")[0] + "*" + each.split("*")[1] for each in found] == [
        "CLM*A1", "PWK*OZ", "REF*G1", "NTE*ADD", "HI*ABK:J069", "NM1*DN", "NM1*82", "PRV*PE",
        "LX*1", "SV1*HC:99213", "DTP*472", "NM1*82",
        "LX*2", "SV1*HC:87880:QW", "DTP*472", "REF*6R",
        "LX*3", "SV1*HC:36415", "DTP*472",
    ]  # fmt: skip


def test_a_line_is_taken_away_with_all_that_stands_in_it_and_the_rest_counted_anew() -> None:
    claim = next(each for each in PROFESSIONAL if each.all("2430"))
    first = len(claim.lines[0])
    left = correct(claim, [Remove(at("2400 LX"))])
    assert len(left.segments) == len(claim.segments) - first
    assert [each[0].elements for each in left.lines] == [("LX", "1")]
    gone = [Change(each.place(), claim.get(each.place()), "") for each in claim.lines[0]]
    assert difference(claim, left) == gone
    assert difference(left, claim) == [Change(place, after, before) for place, before, after in gone]


def test_a_patient_of_her_own_may_go() -> None:
    left = correct(sent.a_claim(), [Remove(at("2000C HL"))])
    assert left.parts[3] == b""
    assert left.parts[:3] == sent.a_claim().parts[:3]


REFUSED: dict[str, tuple[Edit, str]] = {
    "a separator in the value": (Put(at("2010BA NM103"), "DO*E"), "leave out *"),
    "a character that X12 has not": (Put(at("2010BA NM103"), "DOE\u2603"), "leave out \u2603"),
    "a line break": (Put(at("2300 REF*G1 02"), "A\nB"), "leave out U+000A"),
    "too long": (Put(at("2300 REF*G1 02"), "A" * 51), "51 characters; there is room for 50"),
    "no such segment": (Put(at("2310B NM109"), "1"), "add the whole segment or loop"),
    "no such line": (Put(at("2400.7 REF*G1 02"), "A"), "no loop 2400 to add it to"),
    "nothing to take away": (Remove(at("2300 REF*F8")), "no such segment"),
    "nothing to empty": (Put(at("2300 REF*F8 02"), ""), "nothing stands there"),
    "not in this loop": (Put(at("2300 REF*XX 02"), "A"), "holds no REF*XX"),
    "not in this kind": (Add("2310G", (("NM1", "82"),)), "837P has no loop 2310G"),
    "no room": (Add("2310B", (("NM1", "82"), ("HI", ("ABK", "A")))), "HI does not belong in 2310B"),
    "the levels": (Put(at("2000A HL04"), "0"), "written anew"),
    "the claim itself": (Remove(at("2300 CLM")), "cannot be without it"),
    "an element of a segment to remove": (Remove(at("2300 CLM05")), "putting nothing in its place"),
    "no element": (Put(at("2300 CLM"), "A"), "name an element"),
}


@pytest.mark.parametrize(("edit", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_written_is_refused_with_its_place(edit: Edit, said: str) -> None:
    with pytest.raises(EditError) as error:
        correct(sent.a_claim(), [edit])
    (refusal,) = error.value.refusals
    assert said in refusal.text
    assert str(refusal.place.loop) in str(error.value)


TWICE = {
    "two values": [Put(at("2300 CLM02"), "1"), Put(at("2300 CLM02"), "2")],
    "a component and its element": [Put(at("2300 CLM05"), ("11", "B", "7")), Put(at("2300 CLM05-3"), "8")],
    "an element and its component": [Put(at("2300 CLM05-3"), "8"), Put(at("2300 CLM05"), ("11", "B", "7"))],
    "two references": [Put(at("2300 REF*G1 02"), "1"), Put(at("2300 REF*G1 02"), "2")],
    "two loops": [Add("2310B", (("NM1", "82", "2", "A"),)), Add("2310B", (("NM1", "82", "2", "B"),))],
    "into what goes": [Put(at("2400.2 SV102"), "1"), Remove(at("2400.2 LX"))],
    "a segment into what goes": [Put(at("2400.2 REF*6R 02"), "1"), Remove(at("2400.2 LX"))],
}


@pytest.mark.parametrize("edits", TWICE.values(), ids=TWICE.keys())
def test_edits_that_contradict_each_other_are_refused(edits: list[Edit]) -> None:
    with pytest.raises(EditError):
        correct(sent.a_claim(), edits)
    for edit in edits:
        correct(sent.a_claim(), [edit])


EDITS: list[Edit] = [edit for edit, _ in REFUSED.values()]


@pytest.mark.parametrize("edit", [*EDITS, Put(at("2400.2 SV107"), ("2", "1")), resending.attachment("P-1", line=2)])
def test_an_edit_is_stored_and_restored(edit: Edit) -> None:
    assert restored(json.loads(json.dumps(stored(edit)))) == edit


@pytest.mark.parametrize("data", [{}, {"put": "2300 CLM02"}, {"remove": "nowhere"}, {"add": "2300", "segments": []}])
def test_what_is_no_edit_is_not_restored(data: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"no edit|no place"):
        restored(data)


def test_a_patient_may_be_added() -> None:
    child = tuple(tuple(each.split("*")) for each in sent.CHILD)
    claim = correct(PROFESSIONAL[0], [Add("2000C", child), Put(at("2000B SBR02"), "")])
    assert claim.value("2010CA", "NM1*QC", 4) == "TIM"
    assert pyx12_errors(batch([claim], SENT).data) == []


def test_two_attachments_have_room_and_eleven_have_not() -> None:
    papers = [resending.attachment(f"P{number}") for number in range(11)]
    assert len(correct(sent.a_claim(), papers[:10]).all("2300", "PWK")) == 10
    with pytest.raises(EditError, match="holds no more than 10"):
        correct(sent.a_claim(), papers)


def test_all_refusals_are_told_at_once() -> None:
    with pytest.raises(EditError) as error:
        correct(sent.a_claim(), [edit for edit, _ in REFUSED.values()])
    assert len(error.value.refusals) == len(REFUSED)


def test_accents_are_written_plainly() -> None:
    assert correct(sent.a_claim(), [Put(at("2010BA NM103"), " Nuñez ")]).value("2010BA", "NM1", 3) == "Nunez"


WAYS: dict[str, Callable[[Slice], list[Edit]]] = {
    "replacement": lambda claim: resending.replacement(claim, "ICN77"),
    "void": lambda claim: resending.void(claim, "ICN77"),
    "new": resending.new,
    "attachment": lambda _: [resending.attachment("P-1")],
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
@pytest.mark.parametrize(
    "claims", [[*PROFESSIONAL, sent.a_claim()], INSTITUTIONAL], ids=["professional", "institutional"]
)
def test_corrected_claims_pass_the_judge(claims: list[Slice], way: Callable[[Slice], list[Edit]]) -> None:
    changed = [correct(claim, way(claim)) for claim in claims]
    assert pyx12_errors(batch(changed, SENT).data) == []
    for before, after in zip(claims, changed, strict=True):
        places = {str(each.place.whole) for each in difference(before, after)}
        assert places <= {"2300 CLM", "2300 REF*F8", "2300 PWK", "2300 PWK.2"}


def test_frequency_and_number_of_the_earlier_claim() -> None:
    claim = sent.a_claim()
    replaced = correct(claim, resending.replacement(claim, "ICN77"))
    assert (replaced.value("2300", "CLM", 5, 3), replaced.value("2300", "REF*F8", 2)) == ("7", "ICN77")
    again = correct(replaced, resending.void(replaced, "ICN78"))
    assert (again.value("2300", "CLM", 5, 3), again.value("2300", "REF*F8", 2)) == ("8", "ICN78")
    assert correct(again, resending.new(again)) == claim
    with pytest.raises(EditError, match="control number is missing"):
        resending.replacement(claim, " ")


def test_medicare_reopens_an_institutional_claim_with_its_reason() -> None:
    for claim in INSTITUTIONAL:
        asked = correct(claim, resending.reopening(claim, "DCN1", codes=["R1", "D9"]))
        assert (asked.value("2300", "CLM", 5, 3), asked.value("2300", "REF*F8", 2)) == ("Q", "DCN1")
        assert asked.get(at("2300 HI*BG")) == "HI*BG:R1*BG:D9"
        more = correct(
            asked,
            resending.replacement(asked, "DCN2", codes=["D9", *(f"D{each}" for each in range(9)), "E0", "E1", "E2"]),
        )
        assert [len(each.elements) for each in more.all("2300", "HI*BG")] == [13, 3]
        assert pyx12_errors(batch([more], SENT).data) == []
    with pytest.raises(EditError, match="only institutional"):
        resending.reopening(sent.a_claim(), "ICN1", codes=["R1"])


def test_an_interim_bill_stays_one_when_it_is_sent_new() -> None:
    claim = correct(INSTITUTIONAL[0], [Put(at("2300 CLM05-3"), "2")])
    assert correct(claim, resending.new(claim)) == claim


@st.composite
def edits(draw: st.DrawFn) -> tuple[Slice, dict[Place, str]]:
    """A claim, and new values for some of its elements."""
    claim = draw(st.sampled_from(EVERY))
    segments = [each for each in claim.segments if each.tag not in NUMBERS and each.tag != "LX"]
    places = [
        each.place(number, component if len(claim.components(element)) > 1 else 0)
        for each in segments
        for number, element in enumerate(each.elements[1:], 1)
        for component, _ in enumerate(claim.components(element), 1)
        if not (number == 1 and each.id != each.tag)
    ]
    chosen = draw(st.lists(st.sampled_from(places), min_size=1, max_size=5, unique=True))
    value = st.text("ABCXYZ 0123456789.-", max_size=2).map(str.strip)
    return claim, {place: draw(value) for place in chosen}


@given(edits())
@settings(deadline=None)
def test_a_corrected_claim_differs_in_exactly_the_intended_places(given: tuple[Slice, dict[Place, str]]) -> None:
    claim, values = given
    changed = correct(claim, [Put(place, value) for place, value in values.items()])
    meant = {Change(place, claim.get(place), value) for place, value in values.items() if claim.get(place) != value}
    assert set(difference(claim, changed)) == meant
    kept = {each.raw for each in claim.segments if each.place() not in {place.whole for place in values}}
    assert kept <= {each.raw for each in changed.segments}


@given(st.sampled_from(EVERY), st.data())
@settings(deadline=None)
def test_a_segment_taken_away_and_put_back_is_the_same_claim(claim: Slice, data: st.DataObject) -> None:
    segments = [each for each in claim.segments if each.loop == "2300" and each.tag in ("REF", "DTP", "NTE")]
    if not segments:
        return
    segment = data.draw(st.sampled_from(segments))
    without = correct(claim, [Remove(segment.place())])
    assert difference(claim, without) == [Change(segment.place(), claim.get(segment.place()), "")]
    back = correct(without, [Add("2300", (segment.elements,))])
    assert sorted(each.raw for each in back.segments) == sorted(each.raw for each in claim.segments)
    assert [each.tag for each in back.segments] == [each.tag for each in claim.segments]


def test_line_breaks_of_a_file_are_kept() -> None:
    data = text(sent.file([*sent.VISIT, *sent.MORE]), after="\r\n").encode()
    (claim,) = sent.claims(data)
    changed = correct(claim, [Put(at("2300 REF*G1 02"), "A1"), Put(at("2400.2 SV102"), "41")])
    assert data.replace(b"HI*ABK", b"REF*G1*A1~\r\nHI*ABK").replace(b"QW*40", b"QW*41").find(changed.parts[4]) > 0


def test_separators_of_the_file_are_kept() -> None:
    (claim,) = sent.claims(text(sent.file(sent.VISIT), "|>!").encode())
    changed = correct(claim, [Put(at("2400 SV101-3"), "25"), Put(at("2300 REF*G1 02"), "A:1")])
    assert b"REF|G1|A:1!" in changed.parts[4]
    assert b"SV1|HC>99213>25|80" in changed.parts[4]
    with pytest.raises(EditError):
        correct(claim, [Put(at("2300 REF*G1 02"), "A>1")])


def test_versions_with_other_separators_do_not_differ_by_that() -> None:
    (one,), (two,) = (
        sent.claims(text(sent.file(sent.VISIT)).encode()),
        sent.claims(text(sent.file(sent.VISIT), "|>!").encode()),
    )
    assert difference(one, two) == []
    other = correct(two, [Put(at("2300 HI*ABK 02-2"), "R059")])
    assert difference(one, other) == [Change(at("2300 HI*ABK 02-2"), "R05", "R059")]


def test_another_qualifier_is_a_change_of_the_segment() -> None:
    changed = correct(sent.a_claim(), [Put(at("2010AA REF*EI 01"), "SY")])
    assert difference(sent.a_claim(), changed) == [Change(at("2010AA REF*EI 01"), "EI", "SY")]


def test_segments_that_differ_stand_before_and_after() -> None:
    claim = sent.a_claim()
    npi, gone = at("2010AA NM1*85 09"), at("2010AA REF*EI")
    changed = correct(claim, [Put(npi, "1234567893"), Put(at("2300 REF*G1 02"), "AU7"), Remove(gone)])
    assert segments_changed(claim, claim) == []
    assert segments_changed(claim, changed) == [
        (claim.get(npi.whole), changed.get(npi.whole)),
        (claim.get(gone), ""),
        ("", "REF*G1*AU7"),
    ]


def test_the_book_knows_how_long_a_name_may_be() -> None:
    assert (longest("NM1", 3), longest("SV1", 1, 3), longest("HL", 1)) == (60, 2, 0)


def test_correcting_takes_less_than_a_blink() -> None:
    claim = replace(PROFESSIONAL[3])
    begin = time.perf_counter()
    correct(claim, resending.replacement(claim, "ICN77"))
    assert time.perf_counter() - begin < 0.1
