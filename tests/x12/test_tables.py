"""Segments become typed tables: money to the cent, dates, codes in upper case, nothing where nothing was sent."""

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from tests.x12.build import OFFICE, SPEC, VISIT, Answer, interchange, plain, read, text, transaction

EVERYTHING = [
    "TS3*1999999984*11*20261231*1*200.00",
    *OFFICE[:6],
    "MIA*2*10.50**3000.00*MA01**1.00*************N1*N2*N3*N4",
    "MOA*0.8*12.00*MA15",
    "QTY*CA*2.5",
    *OFFICE[6:],
]
"""A claim that fills every table."""


@pytest.fixture(scope="module")
def answer() -> Answer:
    return read(plain())


def test_payments_and_traces(answer: Answer) -> None:
    assert answer.rows("payments", "transaction", "handling", "amount", "credit_debit", "method", "payment_date") == [
        (1, "I", Decimal("152.00"), "C", "ACH", date(2026, 11, 1)),
        (2, "I", Decimal("50.00"), "C", "ACH", date(2026, 11, 1)),
    ]
    assert answer.rows("traces", "transaction", "trace_number", "originator") == [
        (1, "T0001", "1512345678"),
        (2, "T0002", "1512345678"),
    ]


def test_claims(answer: Answer) -> None:
    columns = ("transaction", "claim", "control_number", "status", "charge", "paid", "patient_responsibility")
    assert answer.rows("claims", *columns) == [
        (1, 1, "A1", "1", Decimal("200.00"), Decimal("80.00"), Decimal("20.00")),
        (1, 2, "A2", "2", Decimal("100.00"), Decimal("75.00"), Decimal(0)),
        (2, 3, "A3", "1", Decimal("50.00"), Decimal("50.00"), Decimal(0)),
    ]
    more = ("filing_indicator", "payer_control_number", "facility_type", "frequency", "drg")
    assert answer.rows("claims", *more) == [
        ("12", "P1", "11", "1", None),
        ("MB", "P2", "11", "1", None),
        ("12", "P3", None, None, None),
    ]


def test_lines(answer: Answer) -> None:
    columns = ("claim", "line", "procedure_list", "procedure", "modifiers", "charge", "paid", "units", "revenue_code")
    assert answer.rows("lines", *columns) == [
        (1, 1, "HC", "99213", ["25", "59"], Decimal("120.00"), Decimal("80.00"), Decimal(1), None),
        (1, 2, "HC", "80053", [], Decimal("80.00"), Decimal(0), Decimal(1), None),
    ]


def test_adjustments_in_the_order_sent(answer: Answer) -> None:
    assert answer.rows("adjustments", "claim", "line", "group", "carc", "amount", "quantity") == [
        (1, 1, "CO", "45", Decimal("20.00"), None),
        (1, 1, "PR", "1", Decimal("15.00"), Decimal(1)),
        (1, 1, "PR", "2", Decimal("5.00"), None),
        (1, 2, "CO", "197", Decimal("80.00"), None),
        (2, None, "CO", "45", Decimal("25.00"), None),
        (2, None, "CO", "253", Decimal(0), None),
    ]


def test_provider_adjustments(answer: Answer) -> None:
    assert answer.rows("provider_adjustments", "provider", "fiscal_period", "reason", "reference", "amount") == [
        ("1999999984", date(2026, 12, 31), "WO", "P9", Decimal("5.00")),
        ("1999999984", date(2026, 12, 31), "72", "R7", Decimal("-2.00")),
    ]


def test_contacts_are_one_row_for_each_number(answer: Answer) -> None:
    assert answer.rows("contacts", "role", "name", "number_qualifier", "number")[:2] == [
        ("BL", "HELP DESK", "TE", "8005551212"),
        ("BL", "HELP DESK", "EM", "HELP@ACME.COM"),
    ]


def test_names_references_dates_remarks(answer: Answer) -> None:
    assert answer.rows("names", "claim", "role", "last_name", "first_name", "middle_name", "id_qualifier", "id")[
        :2
    ] == [
        (1, "QC", "DOE", "JANE", "Q", "MI", "W1"),
        (1, "82", "SMITH", "JOHN", None, "XX", "1234567893"),
    ]
    assert answer.rows("references", "claim", "line", "qualifier", "reference")[1:3] == [
        (1, None, "1L", "G7"),
        (1, 1, "6R", "L1"),
    ]
    assert answer.rows("dates", "claim", "line", "qualifier", "date")[1:4] == [
        (1, None, "232", date(2026, 10, 5)),
        (1, 1, "472", date(2026, 10, 5)),
        (1, 2, "472", date(2026, 10, 6)),
    ]
    assert answer.rows("remarks", "line", "list", "remark") == [(2, "HE", "N130")]
    assert answer.rows("outpatient", "claim", "remark_1", "remark_2") == [(2, "MA01", "N211")]


def test_inpatient_and_summaries() -> None:
    answer = read(interchange(transaction(EVERYTHING)))
    assert answer.found == []
    columns = ("covered_days", "outlier_amount", "drg_amount", "disproportionate_share", "remark_1", "remark_5")
    assert answer.rows("inpatient", *columns) == [
        (Decimal(2), Decimal("10.50"), Decimal("3000.00"), None, "MA01", "N4"),
    ]
    assert answer.rows("provider_summaries", "provider", "fiscal_period", "claims", "charge") == [
        ("1999999984", date(2026, 12, 31), Decimal(1), Decimal("200.00")),
    ]
    assert answer.rows("outpatient", "reimbursement_rate", "hcpcs_payable", "remark_1") == [
        (Decimal("0.8"), Decimal("12.00"), "MA15"),
    ]
    assert answer.rows("quantities", "qualifier", "quantity") == [("CA", Decimal("2.5"))]


def test_a_table_without_rows_has_the_columns_of_a_full_one() -> None:
    full = read(interchange(transaction(EVERYTHING, plb=["PLB*1*20261231*WO:P9*5.00"])))
    for name in SPEC.tables:
        (empty,) = read(interchange(["ST*835*0001", "CUR*PR*USD", "SE*3*0001"])).parts
        assert full.tables[name].height
        assert empty.tables[name].height == 0
        assert empty.tables[name].schema == full.parts[0].tables[name].schema


def test_what_stands_outside_of_transactions_is_in_no_table() -> None:
    data = text([*plain()[:-1], *VISIT, *VISIT, plain()[-1]])
    answer = read(data)
    assert [name for (name,) in answer.rows("claims", "control_number")] == ["A1", "A2", "A3"]
    assert all(table["transaction"].null_count() == 0 for table in answer.tables.values())


@pytest.mark.parametrize(
    ("sent", "amount"),
    [
        ("1", "1.00"),
        ("-1.5", "-1.50"),
        ("+1.5", "1.50"),
        (".5", "0.50"),
        ("-.5", "-0.50"),
        ("5.", "5.00"),
        ("0", "0.00"),
        ("0001", "1.00"),
        ("1.239", "1.24"),
        ("1E2", "100.00"),
        ("9999999999999999.99", "9999999999999999.99"),
        ("", None),
        (" ", None),
        ("1,5", None),
        ("1 5", None),
        ("$5", None),
        ("5-", None),
        ("--5", None),
        ("NaN", None),
        ("inf", None),
        ("٣", None),
        ("99999999999999999", None),
    ],
)
def test_money(sent: str, amount: str | None) -> None:
    answer = read(text(plain()).replace("AMT*B6*100", f"AMT*B6*{sent}"))
    expected = None if amount is None else Decimal(amount)
    assert answer.rows("amounts", "amount")[1] == (expected,)


@pytest.mark.parametrize(
    ("sent", "day"),
    [
        ("20260228", date(2026, 2, 28)),
        ("20240229", date(2024, 2, 29)),
        ("19991231", date(1999, 12, 31)),
        ("20260229", None),
        ("00000000", None),
        ("260228", None),
        ("2026-02-28", None),
        ("202602281", None),
        ("20260228-20260301", None),
        ("", None),
    ],
)
def test_dates(sent: str, day: date | None) -> None:
    answer = read(text(plain()).replace("DTM*232*20261005", f"DTM*232*{sent}"))
    assert answer.rows("dates", "date")[1] == (day,)


@pytest.mark.parametrize(
    ("sent", "list_", "procedure", "modifiers"),
    [
        ("HC:99213", "HC", "99213", []),
        ("HC:99213:25", "HC", "99213", ["25"]),
        ("HC:99213::59::76", "HC", "99213", ["59", "76"]),
        ("HC:99213:25:59:76:77", "HC", "99213", ["25", "59", "76", "77"]),
        ("hc:a0427:rh", "HC", "A0427", ["RH"]),
        (" HC : 99213 : 25 ", "HC", "99213", ["25"]),
        ("HC: 99213:25", "HC", "99213", ["25"]),
        ("NU:0450:::::", "NU", "0450", []),
        ("HC", "HC", None, []),
        (":99213", None, "99213", []),
        ("", None, None, []),
    ],
)
def test_procedures(sent: str, list_: str | None, procedure: str | None, modifiers: list[str]) -> None:
    answer = read(text(plain()).replace("SVC*HC:80053*", f"SVC*{sent}*"))
    found = answer.rows("lines", "procedure_list", "procedure", "modifiers")[1]
    assert (found[0], found[1], found[2] or []) == (list_, procedure, modifiers)


@pytest.mark.parametrize(
    ("sent", "groups"),
    [
        ("CO*1*5", [("1", "5", None)]),
        ("CO*1*5*2", [("1", "5", "2")]),
        ("CO*1*5**2*6", [("1", "5", None), ("2", "6", None)]),
        ("CO*1*5*****3*7", [("1", "5", None), ("3", "7", None)]),
        ("CO*1*5**  *  ** 4* 8", [("1", "5", None), ("4", "8", None)]),
        ("CO*1*5*******", [("1", "5", None)]),
        ("CO" + "*1*5*2" * 6, [("1", "5", "2")] * 6),
        ("CO" + "*1*5*2" * 7, [("1", "5", "2")] * 6),
        ("CO*1", [("1", None, None)]),
        ("CO", [(None, None, None)]),
        ("CO***2", [(None, None, "2")]),
    ],
)
def test_groups_of_adjustments(sent: str, groups: list[tuple[Any, ...]]) -> None:
    answer = read(text(plain()).replace("CAS*CO*197*80.00", f"CAS*{sent}"))
    second = answer.tables["adjustments"].filter(pl.col("line") == 2)
    assert second["group"].unique().to_list() == ["CO"]
    expected = [tuple(Decimal(x) if x and at else x for at, x in enumerate(group)) for group in groups]
    assert second.select("carc", "amount", "quantity").rows() == expected
