"""Batches: valid by the judge, whatever files the claims come from, and read back as the claims they hold."""

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reclaim.x12 import writing
from reclaim.x12.differing import difference
from reclaim.x12.editing import Put, correct
from reclaim.x12.frame import Separators
from reclaim.x12.slices import Place, Slice, slices
from reclaim.x12.writing import Batch, Envelope, Inquiry, WritingError, batch, inquiries
from tests.judges import our_findings, pyx12_errors
from tests.x12 import sent
from tests.x12.build import text

SENT = Envelope("CLINIC", "HOUSE", datetime(2026, 11, 2, 9, 30), 77, production=True)  # noqa: DTZ001  local time
PROFESSIONAL, INSTITUTIONAL = sent.claims(sent.PROFESSIONAL), sent.claims(sent.INSTITUTIONAL)
DENTAL, DEPENDENT = sent.claims(sent.DENTAL), sent.claims(sent.DEPENDENT)
ODD = sent.claims(text(sent.file(sent.VISIT, sent.MORE), "|>!", "\r\n").encode())


def segments(data: bytes, *tags: str) -> list[str]:
    """Segments of a file with the usual separators."""
    every = data.decode().removesuffix("~").split("~")
    return [each for each in every if each.split("*")[0] in tags or not tags]


def read_back(written: Batch, claims: list[Slice]) -> None:
    """A batch holds the claims that it says, each as it was."""
    order = [number for each in written.transactions for number in each.items]
    found = list(slices(written.data))
    assert sorted(order) == list(range(len(claims)))
    assert len(found) == len(claims)
    for number, claim in zip(order, found, strict=True):
        assert difference(claims[number], claim) == []


@pytest.mark.parametrize(
    "claims", [[*PROFESSIONAL, *DEPENDENT, *ODD, *PROFESSIONAL], INSTITUTIONAL, DENTAL], ids=["P", "I", "D"]
)
def test_a_batch_is_valid_and_says_what_the_claims_say(claims: list[Slice]) -> None:
    written = batch(claims, SENT)
    read_back(written, claims)
    assert [found for found in our_findings(written.data) if found.level != "info"] == []
    if claims != DENTAL:  # the judge has no map of dental claims
        assert pyx12_errors(written.data) == []


def test_the_envelope() -> None:
    usual = batch(DEPENDENT, SENT).data.decode()
    assert usual.startswith(
        "ISA*00*          *00*          *ZZ*CLINIC         *ZZ*HOUSE          *261102*0930*^*00501*000000077*0*P*:~"
        "GS*HC*CLINIC*HOUSE*20261102*0930*77*X*005010X222A1~ST*837*0001*005010X222A1~"
        "BHT*0019*00*0000000770001*20261102*0930*CH~NM1*41*"
    )
    assert usual.endswith(f"SE*{usual.count('~') - 4}*0001~GE*1*77~IEA*1*000000077~")
    test = SENT._replace(
        production=False,
        acknowledge=True,
        sender_qualifier="30",
        group_sender="SUB1",
        group_receiver="REC1",
        line_break="\n",
    )
    other = batch(DEPENDENT, test).data.decode().splitlines()
    assert other[0].endswith("*1*T*:~")
    assert "*30*CLINIC " in other[0]
    assert other[1].startswith("GS*HC*SUB1*REC1*")
    assert pyx12_errors("\n".join(other).encode()) == []


def test_claims_stand_under_who_bills_them_who_is_insured_and_who_is_sick() -> None:
    own = ["HL*4*1*22*0", *sent.PARENT[1:], *sent.VISIT]
    own[1] = "SBR*P*18*G1******CI"
    claims = [*DEPENDENT, *PROFESSIONAL[:1], *sent.claims(text(sent.file(own, levels=())).encode()), *DEPENDENT]
    written = batch(claims, SENT)
    assert segments(written.data, "HL") == [
        "HL*1**20*1", "HL*2*1*22*1", "HL*3*2*23*0", "HL*4*1*22*0", "HL*1**20*1", "HL*2*1*22*0",
    ]  # fmt: skip
    assert [each.items for each in written.transactions] == [(0, 3, 2), (1,)]
    assert [each.number for each in written.transactions] == ["0001", "0002"]
    assert pyx12_errors(written.data) == []


def test_a_subscriber_and_her_child_share_a_level() -> None:
    plain = Place("2000B", 1, "SBR", element=3)
    mother = correct(DEPENDENT[0], [Put(plain, "G1")])
    own = replace(mother, segments=tuple(each for each in mother.segments if each.loop not in ("2000C", "2010CA")))
    written = batch([*DEPENDENT, own], SENT)
    assert segments(written.data, "HL", "CLM") == [
        "HL*1**20*1", "HL*2*1*22*1", "CLM*A1*120***11:B:1*Y*A*Y*Y", "HL*3*2*23*0", "CLM*A1*120***11:B:1*Y*A*Y*Y",
    ]  # fmt: skip


def test_a_transaction_takes_so_many_claims_and_a_patient_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MOST_IN_TRANSACTION", 5)
    monkeypatch.setattr(writing, "MOST_IN_LEVEL", 2)
    claims = [correct(DEPENDENT[0], [Put(Place("2300", 1, "CLM", element=1), f"A{number}")]) for number in range(7)]
    written = batch(claims, SENT)
    assert [each.items for each in written.transactions] == [(0, 1, 2, 3, 4), (5, 6)]
    assert [each[:4] for each in segments(written.data, "ST", "GE")] == ["ST*8", "ST*8", "GE*2"]
    assert len([each for each in segments(written.data, "HL") if "*23*" in each]) == 4
    assert pyx12_errors(written.data) == []
    read_back(written, claims)


def test_claims_of_another_purpose_or_submitter_stand_apart() -> None:
    encounter = sent.claims(text(sent.file(sent.VISIT)).replace("*CH~", "*RP~").encode())
    agent = sent.claims(text(sent.file(sent.VISIT)).replace("NM1*41*2*CLINIC", "NM1*41*2*AGENT").encode())
    written = batch([*DEPENDENT, *encounter, *agent, *DEPENDENT], SENT)
    assert [each.items for each in written.transactions] == [(0, 3), (1,), (2,)]
    assert [each[-2:] for each in segments(written.data, "BHT")] == ["CH", "RP", "CH"]
    assert pyx12_errors(written.data) == []


def test_no_value_holds_a_separator() -> None:
    starry = sent.claims(text(sent.file(sent.VISIT), "|>!").replace("DOE", "D*O:E~^").encode())
    written = batch([*starry, *DEPENDENT], SENT)
    assert written.data.startswith(b"ISA|00|")
    read_back(written, [*starry, *DEPENDENT])
    wished = SENT._replace(separators=Separators("|", ">", "!", "^"))
    assert batch(DEPENDENT, wished).data.endswith(b"IEA|1|000000077!")
    read_back(batch(DEPENDENT, wished), DEPENDENT)


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20))
@settings(deadline=None, max_examples=50)
def test_any_value_is_read_back(value: str) -> None:
    raw = text(sent.file(sent.VISIT), "\x1d\x1f\x1c").replace("DOE", value)
    claims = [*sent.claims(raw.encode()), *DEPENDENT]
    read_back(batch(claims, SENT), claims)


WRONG = {
    "nothing": ([], SENT, "one kind"),
    "two kinds": ([*PROFESSIONAL, *INSTITUTIONAL], SENT, "one kind"),
    "an old version": ([replace(DEPENDENT[0], version="004010X098A1")], SENT, "004010X098A1"),
    "no sender": (DEPENDENT, SENT._replace(sender=""), "sender id"),
    "a long receiver": (DEPENDENT, SENT._replace(receiver="A" * 16), "receiver id"),
    "a qualifier": (DEPENDENT, SENT._replace(receiver_qualifier="Z"), "two characters"),
    "a number": (DEPENDENT, SENT._replace(control=0), "between 1 and 999,999,999"),
}


@pytest.mark.parametrize(("claims", "envelope", "said"), WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_sent_is_refused(claims: list[Slice], envelope: Envelope, said: str) -> None:
    with pytest.raises(WritingError, match=said):
        batch(claims, envelope)


def test_a_status_inquiry_asks_what_the_payer_needs() -> None:
    asked = [Inquiry(DEPENDENT[0], "T1"), Inquiry(INSTITUTIONAL[0], "T2", "ICN9"), Inquiry(DEPENDENT[0], "T3")]
    written = inquiries(asked, SENT)
    said = segments(written.data)
    assert said[1:4] == [
        "GS*HR*CLINIC*HOUSE*20261102*0930*77*X*005010X212",
        "ST*276*0001*005010X212",
        "BHT*0010*13*0000000770001*20261102*0930",
    ]
    assert said[4:24] == [
        "HL*1**20*1", "NM1*PR*2*ACME*****PI*AC1", "HL*2*1*21*1", "NM1*41*2*CLINIC*****46*S1",
        "HL*3*2*19*1", "NM1*1P*2*RIVER CLINIC*****XX*1999999984", "HL*4*3*22*1", "NM1*IL*1*DOE*JANE****MI*W1",
        "HL*5*4*23*0", "DMG*D8*20150102*M", "NM1*QC*1*DOE*TIM",
        "TRN*1*T1", "REF*EJ*A1", "AMT*T3*120", "DTP*472*D8*20261001",
        "TRN*1*T3", "REF*EJ*A1", "AMT*T3*120", "DTP*472*D8*20261001", "HL*6**20*1",
    ]  # fmt: skip
    assert "REF*1K*ICN9" in said
    assert "REF*BLT*131" in said
    assert [each.items for each in written.transactions] == [(0, 2, 1)]
    assert [found for found in our_findings(written.data) if found.level != "info"] == []


def test_an_inquiry_without_claims_or_payer_is_refused() -> None:
    with pytest.raises(WritingError):
        inquiries([], SENT)
    nobody = sent.claims(text(sent.file(sent.VISIT)).replace("NM1*PR*2*ACME*****PI*AC1~", "").encode())
    with pytest.raises(WritingError, match="Claim A1 lacks its payer"):
        inquiries([Inquiry(nobody[0], "T1")], SENT)
