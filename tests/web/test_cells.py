"""Rows as spreadsheets read them."""

import io
import zipfile
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from reclaim.web import cells
from reclaim.web.cells import Cell, Sheet

NAMES = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
HEADINGS = ("Text", "Dollars", "Day", "Count")


def read(data: bytes, number: int = 1) -> list[list[tuple[str, str, str, str]]]:
    """The rows of a sheet: of each cell the place, the type, the format of its number, and what stands in it."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        assert book.testzip() is None
        page = ET.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))  # noqa: S314  our own
        formats = _formats(book)
        shared = [each.text or "" for each in ET.fromstring(book.read("xl/sharedStrings.xml")).iter()]  # noqa: S314  our own
        shared = [each for each in shared if each.strip()]
    rows = []
    for row in page.findall(".//m:row", NAMES):
        told = []
        for cell in row.findall("m:c", NAMES):
            value, text = cell.find("m:v", NAMES), cell.find("m:is/m:t", NAMES)
            said = (text.text if text is not None else value.text if value is not None else "") or ""
            kind = cell.get("t", "n")
            told.append(
                (cell.get("r", ""), kind, formats[int(cell.get("s", 0))], shared[int(said)] if kind == "s" else said)
            )
        rows.append(told)
    return rows


def _formats(book: zipfile.ZipFile) -> list[str]:
    styles = ET.fromstring(book.read("xl/styles.xml"))  # noqa: S314  our own
    codes = {each.get("numFmtId"): each.get("formatCode", "") for each in styles.findall(".//m:numFmt", NAMES)}
    return [codes.get(each.get("numFmtId"), "") for each in styles.findall("m:cellXfs/m:xf", NAMES)]


def book(*rows: tuple[Cell, ...]) -> bytes:
    return b"".join(cells.book([Sheet("One", HEADINGS, rows)]))


@pytest.mark.parametrize(
    ("cell", "kind", "shape", "said"),
    [
        ("DOE & <CO>", "inlineStr", "", "DOE & <CO>"),
        ("=HYPERLINK(1)", "inlineStr", "", "=HYPERLINK(1)"),
        ("two\nlines ", "inlineStr", "", "two\nlines "),
        ("not\x00in\x1fXML\ufffe", "inlineStr", "", "not\ufffdin\ufffdXML\ufffd"),
        ("x" * 40_000, "inlineStr", "", "x" * 32_767),
        (Decimal("-12345678.05"), "n", "#,##0.00", "-12345678.05"),
        (Decimal("1E+3"), "n", "#,##0.00", "1000"),
        (date(2026, 11, 23), "n", "mm/dd/yyyy", "46349"),
        (date(1900, 3, 1), "n", "mm/dd/yyyy", "61"),
        (7, "n", "", "7"),
        (True, "b", "", "1"),
    ],
)
def test_a_cell_is_what_it_was(cell: Cell, kind: str, shape: str, said: str) -> None:
    heads, row = read(book((None, cell, "", None)))
    assert [each[3] for each in heads] == list(HEADINGS)
    assert row == [("B2", kind, shape, said)]


def test_rows_and_columns_stand_at_their_places() -> None:
    wide = tuple(f"c{each}" for each in range(60))
    data = b"".join(cells.book([Sheet("One", wide, [wide] * 1200), Sheet("Two", ("h",), [("x",)])]))
    rows = read(data)
    assert len(rows) == 1201
    assert (rows[1][0][0], rows[1][25][0], rows[1][26][0], rows[-1][59][0]) == ("A2", "Z2", "AA2", "BH1201")
    assert [each[3] for each in rows[700]] == list(wide)
    assert [each[0][3] for each in read(data, 2)] == ["h", "x"]


def test_a_workbook_leaves_while_its_rows_are_read() -> None:
    """Excel of 95,000 cases took a minute until the first byte, and stood on the disk meanwhile."""
    asked = 0

    def rows() -> Iterator[tuple[Cell, ...]]:
        nonlocal asked
        for asked in range(1, 50_001):
            yield f"{asked:x}" * 8, Decimal(asked), date(2026, 1, 1), asked

    sizes = []
    for piece in cells.book([Sheet("One", HEADINGS, rows())]):
        sizes.append(len(piece))
        assert asked <= len(sizes) * cells.AT_ONCE
    assert max(sizes) < 200_000
    assert asked == 50_000


def test_a_file_is_the_same(tmp_path: Path) -> None:
    rows = [("a", Decimal(1), None, 3)]
    cells.workbook(tmp_path / "x.xlsx", [Sheet("One", HEADINGS, rows)])
    assert read((tmp_path / "x.xlsx").read_bytes()) == read(book(*rows))
