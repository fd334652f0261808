"""Claims as typed tables: every loop known by its opener and by where that stands; spans that read again alike."""

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import polars as pl
import pytest

from reclaim.x12 import envelope
from reclaim.x12.spec import load
from tests.x12.build import interchange, plain, text, transaction
from tests.x12.claims import (
    BILLING,
    DENTAL,
    FIRST,
    HEADER,
    INSTITUTIONAL,
    PARTS,
    SECOND,
    SUBSCRIBER,
    file,
    parts,
    sent,
    whole,
)

SPEC = load("837P")
CLAIM = {
    "837I": (
        INSTITUTIONAL,
        ["CLM*A1*80***13:A:1**A*Y*Y", "CL1*1*7*01", "HI*ABK:I10:::::::Y", "NM1*71*1*SMITH*JOHN****XX*1888888889"],
        ["LX*1", "SV2*0450*HC:99283:25*80*UN*1", "DTP*472*D8*20261005"],
    ),
    "837D": (
        DENTAL,
        ["CLM*A1*80***11:B:1*Y*A*Y*Y", "DTP*472*D8*20261005", "NM1*82*1*SMITH*JOHN****XX*1888888889"],
        ["LX*1", "SV3*AD:D2150*80*11*01:02**1", "TOO*JP*12*M:O"],
    ),
}


def tables() -> dict[str, pl.DataFrame]:
    (part,) = parts(file(sent()))[1]
    return part.tables


def rows(name: str, *columns: str) -> list[tuple[Any, ...]]:
    return tables()[name].select(columns).rows()


def loops(name: str, *columns: str) -> list[tuple[Any, ...]]:
    return whole(parts(file(sent()))[1], "837P")[name].select("loop", *columns).rows()


def test_good_claims_are_read_without_a_finding() -> None:
    reading, (part,) = parts(file(sent()))
    assert reading.findings == []
    assert reading.contents.transactions == {"837P": 1}
    assert part.kind == "837P"


def test_claims_stand_under_those_who_bill_are_insured_and_are_treated() -> None:
    keys = ("transaction", "billing", "subscriber", "patient", "claim")
    assert rows("claims", *keys, "control_number", "charge", "place", "frequency") == [
        (1, 1, 1, None, 1, "A1", Decimal("200.00"), "11", "1"),
        (1, 1, 2, 1, 2, "A2", Decimal("100.00"), "22", "7"),
    ]
    assert rows("claims", "provider_signature", "assignment", "related_causes", "accident_state") == [
        ("Y", "A", ["AA"], "CT"),
        ("N", "A", None, None),
    ]


def test_a_name_is_what_its_role_means_where_it_stands() -> None:
    assert loops("names", "role", "last_name", "id") == [
        ("1000A", "41", "RIVER CLINIC", "RC1"),
        ("1000B", "40", "CLEARWATER", "CW1"),
        ("2010AA", "85", "RIVER CLINIC", "1999999984"),
        ("2010AB", "87", None, None),
        ("2010BA", "IL", "DOE", "W1"),
        ("2010BB", "PR", "ACME HEALTH", "AC1"),
        ("2310A", "DN", "REED", "1234567893"),
        ("2310B", "82", "SMITH", "1888888889"),
        ("2420A", "82", "OTHER", "1777777774"),
        ("2010BA", "IL", "ROE", "W2"),
        ("2010BB", "PR", "MEDICARE", "MB1"),
        ("2010CA", "QC", "ROE", None),
        ("2330A", "IL", "ROE", "X9"),
        ("2330B", "PR", "ACME HEALTH", "AC1"),
        ("2330C", "82", None, None),
    ]


def test_another_payer_is_no_subscriber() -> None:
    assert loops("coverages", "payer_order", "relationship", "group_number", "filing_indicator") == [
        ("2000B", "P", "18", "G7", "CI"),
        ("2000B", "S", None, None, "MB"),
        ("2320", "P", "18", None, "CI"),
    ]
    assert rows("coverages", "claim", "other") == [(None, None), (None, None), (2, 1)]
    assert rows("adjustments", "other", "line", "adjudication", "group", "carc", "amount") == [
        (1, None, None, "CO", "45", Decimal("20.00")),
        (None, 3, 1, "CO", "45", Decimal("20.00")),
        (None, 3, 1, "PR", "1", Decimal("20.00")),
    ]
    assert rows("adjudications", "claim", "line", "payer_id", "paid", "procedure") == [
        (2, 3, "AC1", Decimal("60.00"), "97110")
    ]


def test_lines_with_modifiers_pointers_dates_and_drugs() -> None:
    assert rows("lines", "claim", "line", "procedure", "modifiers", "charge", "units", "place", "pointers") == [
        (1, 1, "99213", ["25", "59"], Decimal("120.00"), Decimal(1), None, ["1", "2"]),
        (1, 2, "J1885", [], Decimal("80.00"), Decimal(2), "12", ["2"]),
        (2, 3, "97110", [], Decimal("100.00"), Decimal(1), None, ["1"]),
    ]
    assert rows("drugs", "line", "ndc") == [(2, "00409379601")]
    assert rows("drug_quantities", "line", "quantity", "unit") == [(2, Decimal(2), "ML")]
    assert rows("diagnoses", "claim", "qualifier", "code") == [
        (1, "ABK", "E119"),
        (1, "ABF", "I10"),
        (2, "ABK", "M545"),
    ]


def test_references_attachments_and_notes() -> None:
    assert loops("references", "qualifier", "reference") == [
        ("2010AA", "EI", "721587149"),
        ("2300", "G1", "AUTH7"),
        ("2400", "6R", "L1"),
        ("2400", "6R", "L2"),
        ("2300", "F8", "P77"),
        ("2330C", "G2", "55"),
    ]
    assert rows("attachments", "claim", "type", "road", "control_number") == [(2, "OZ", "EL", "PAPER9")]
    assert rows("notes", "claim", "text") == [(2, "CORRECTED")]


@pytest.mark.parametrize(
    ("sent_as", "since", "until", "rules"),
    [
        ("D8*20261005", date(2026, 10, 5), date(2026, 10, 5), []),
        ("RD8*20261005-20261006", date(2026, 10, 5), date(2026, 10, 6), []),
        ("DT*202610050830", date(2026, 10, 5), date(2026, 10, 5), []),
        ("TM*0830", None, None, []),
        ("D8*20261305", None, None, ["element-format"]),
        ("D8*261005", None, None, ["element-format"]),
        ("D8*", None, None, ["element-missing"]),
    ],
)
def test_dates(sent_as: str, since: date | None, until: date | None, rules: list[str]) -> None:
    data = text(file(sent())).replace("DTP*439*D8*20261001", f"DTP*439*{sent_as}")
    reading, (part,) = parts(data)
    assert part.tables["dates"].select("date", "until").row(0) == (since, until)
    assert [each.rule for each in reading.findings] == rules


@pytest.mark.parametrize("kind", CLAIM)
def test_institutional_and_dental_claims(kind: str) -> None:
    version, claim, line = CLAIM[kind]
    reading, (part,) = parts(file([*HEADER, *BILLING, *SUBSCRIBER, *claim, *line], version=version))
    assert reading.findings == []
    assert part.kind == kind
    assert part.tables["lines"].select("claim", "line", "charge", "units").rows() == [(1, 1, Decimal(80), Decimal(1))]
    special = part.tables["admissions" if kind == "837I" else "teeth"]
    assert special.height == 1


@pytest.mark.parametrize("kind", [*CLAIM, "837P"])
def test_a_claim_that_says_no_version_is_known_by_its_lines(kind: str) -> None:
    claim = [*CLAIM[kind][1], *CLAIM[kind][2]] if kind in CLAIM else FIRST
    (part,) = parts(file([*HEADER, *BILLING, *SUBSCRIBER, *claim], version=""))[1]
    assert part.kind == kind


def test_only_what_is_asked_for_is_read_and_each_part_has_its_kind() -> None:
    both = text(file(sent())) + text(plain())
    assert [part.kind for part in parts(both)[1]] == ["835", "837P"]
    assert [part.kind for part in parts(both, ("837I", "835"))[1]] == ["835"]
    assert parts(file(sent()), ("835",))[1] == []


def test_claims_within_a_remittance_are_named() -> None:
    stray = transaction(["CLP*A1*1*200.00*80.00*20.00*12*P1", *FIRST])
    reading, _ = parts(interchange(stray))
    assert "segment-outside" in {each.rule for each in reading.findings}


@pytest.mark.parametrize(
    ("there", "instead", "found"),
    [
        ("CLM*A1*200*", "CLM*A1*201*", "error balance-charge 2300 CLM02"),
        ("REF*F8*P77~", "", "error reference-missing 2300 REF*F8"),
        ("***1:2~", "***1:3~", "error pointer 2400 pointer"),
        ("HL*3*1*22*1", "HL*9*1*22*1", "warning level-number HL01"),
        ("HL*4*3*23*0", "HL*4*2*23*0", "warning level-parent 2000C HL02"),
        ("SBR*P*18*G7******CI~", "", "error segment-missing 2000B SBR"),
        ("CLM*A1*200***11:B:1", "CLM*A1*200***11:B:L", "warning code-unknown 2300 CLM05-3"),
        ("NM1*82*1*SMITH", "NM1*IL*1*SMITH", "warning segment-misplaced 2300 NM1"),
        ("HL*2*1*22*0~", "", "warning level-number HL01"),
        ("SV1*HC:J1885*80*", "SV1*HC:J1885*80.005*", "warning element-decimals 2400 SV102"),
        ("LX*2~", "LX*2~LX*3~", "error segment-missing 2400 SV1"),
    ],
)
def test_findings(there: str, instead: str, found: str) -> None:
    data = text(file(sent()))
    assert there in data
    reading, _ = parts(data.replace(there, instead, 1))
    assert found in [f"{each.level} {each.rule} {each.path}" for each in reading.findings]


def test_a_name_out_of_its_place_takes_nothing_from_its_claim() -> None:
    data = text(file(sent())).replace("NM1*82*1*SMITH", "NM1*QC*1*SMITH", 1)
    _, (part,) = parts(data)
    assert part.tables["lines"]["claim"].to_list() == [1, 1, 2]
    assert part.tables["taxonomies"].filter(pl.col("taxonomy") == "207R00000X")["claim"].to_list() == [1]


@pytest.mark.parametrize("separators", ["*:~", "|^\n", "\x1d\x1f\x1e"])
@pytest.mark.parametrize("after", ["", "\r\n"])
def test_separators_line_breaks_and_letters_change_nothing(separators: str, after: str) -> None:
    expected = whole(parts(file(sent()))[1], "837P")
    isa, *rest = file(sent())
    data = text([isa.replace("*^*", "*U*"), *rest], separators, after)
    for each in (data, data.lower(), f"\ufeff{data}"):
        read = whole(parts(each)[1], "837P")
        assert (
            read["claims"]
            .select("charge", "place", "frequency")
            .equals(expected["claims"].select("charge", "place", "frequency"))
        )
        assert {name: table.height for name, table in read.items()} == {
            name: table.height for name, table in expected.items()
        }


def test_a_cut_off_file_keeps_its_claims() -> None:
    data = text(file(sent()))
    reading, (part,) = parts(data[: data.index("LX*2")])
    assert part.tables["claims"].height == 1
    assert "cut-off" in {each.rule for each in reading.findings}


@pytest.mark.parametrize("size", [1, 300, 1500, 5000])
def test_pieces_change_nothing(size: int) -> None:
    data = text(file(*[sent()] * 5))
    expected = whole(parts(data)[1], "837P")
    with patch.object(envelope, "PIECE", size):
        read = whole(parts(data)[1], "837P")
    for name, table in expected.items():
        assert read[name].equals(table, null_equal=True), name


def test_spans_are_what_it_takes_to_read_a_claim_again() -> None:
    data = text(file(sent(), sent()))
    reading, made = parts(data)
    assert reading.findings == []
    around = ("transaction", "billing", "subscriber", "patient")
    again: list[str] = []
    for part in made:
        for row in part.spans.iter_rows(named=True):
            ends = [(row[f"{name}_start"], row[f"{name}_end"]) for name in around] + [(row["start"], row["end"])]
            again.append("".join(data[part.offset :][start:end] for start, end in ends if start is not None))
    header = ["ST*837*0001*005010X222A1", *HEADER]
    dependent = [*header, *BILLING, *PARTS[4], *SECOND]
    assert again[:2] == [text([*header, *BILLING, *SUBSCRIBER, *FIRST]), text(dependent)]
    assert again[3] == text(dependent).replace("ST*837*0001", "ST*837*0002")


def test_five_thousand_claims_in_one_transaction() -> None:
    many = [*HEADER, *BILLING, *[segment for _ in range(2500) for segment in [*SUBSCRIBER, *FIRST, *PARTS[4], *SECOND]]]
    reading, (part,) = parts(file(many))
    assert part.tables["claims"].height == 5000
    assert part.spans.height == 5000
    assert part.tables["claims"]["patient"].null_count() == 2500
    assert Counter(each.rule for each in reading.findings) == {"level-number": 1}
