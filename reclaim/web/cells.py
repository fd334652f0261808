"""Rows as CSV or a workbook that spreadsheets open without running anything in them, as they come. No Django here."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from html import escape
from itertools import chain, count, islice
from pathlib import Path
from string import ascii_uppercase
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

Cell = str | Decimal | date | int | bool | None

WIDTH = 18
"""Characters: wide enough for a control number and an amount."""
FIRST_DAY = date(1899, 12, 30).toordinal()
"""Day 0 of workbooks."""
LONGEST = 32_767
"""Letters of a cell: Excel's own limit."""
UNKNOWN = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
"""What XML 1.0 does not take (section 2.2)."""
TRUTH = ' t="b"'
AT_ONCE = 500
"""Rows of a workbook that are packed at a time."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A text that begins so is run as a formula by spreadsheets: what a payer sends, or somebody types, must not be."""


def texts(cells: Iterable[Cell]) -> Iterator[str]:
    """The cells of a row as text."""
    for cell in cells:
        if isinstance(cell, str):
            yield f"'{cell}" if cell.startswith(FORMULA) else cell
        else:
            yield "" if cell is None else str(cell)


def lines(headings: Iterable[str], rows: Iterable[Iterable[Cell]]) -> Iterator[str]:
    """Lines of CSV, each as soon as its row is known."""
    writer = csv.writer(_Echo(), lineterminator="\r\n")
    yield str(writer.writerow(headings))
    for row in rows:
        yield str(writer.writerow(texts(row)))


class Sheet(NamedTuple):
    """One sheet of a workbook."""

    name: str
    headings: tuple[str, ...]
    rows: Iterable[tuple[Cell, ...]]


def book(sheets: Iterable[Sheet]) -> Iterator[bytes]:
    """A workbook in pieces, each as soon as its rows are known; texts are texts, never formulas.

    XlsxWriter makes everything but the rows: it takes five times as long for one as is needed here.
    """
    every = list(sheets)
    frame = ZipFile(_frame(every))
    rows = {f"xl/worksheets/sheet{number}.xml": each.rows for number, each in enumerate(every, start=1)}
    out = _Sent()
    with ZipFile(out, "w", ZIP_DEFLATED, compresslevel=1) as packed:  # type: ignore[call-overload]  # writes, nothing more
        for part in frame.infolist():
            known = frame.read(part)
            if part.filename not in rows:
                packed.writestr(part, known, ZIP_DEFLATED)
                continue
            with packed.open(_same(part), "w") as page:
                for piece in _page(known.decode(), rows[part.filename]):
                    page.write(piece.encode())
                    yield out.taken()
    yield out.taken()


def workbook(path: Path, sheets: Iterable[Sheet]) -> None:
    """A workbook as a file.

    Raises:
        OSError: the file cannot be written.
    """
    with path.open("wb") as stream:
        stream.writelines(book(sheets))


def _frame(sheets: list[Sheet]) -> io.BytesIO:
    """A workbook with all but its rows; below the headings, a cell each shows the numbers of their formats."""
    import xlsxwriter  # noqa: PLC0415  slow to import, and few ask for Excel

    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True, "strings_to_formulas": False}) as frame:
        bold = frame.add_format({"bold": True, "bottom": 1})
        formats = [frame.add_format({"num_format": each}) for each in ("#,##0.00", "mm/dd/yyyy")]
        for name, headings, _ in sheets:
            page = frame.add_worksheet(name)
            page.freeze_panes(1, 0)
            page.set_column(0, len(headings) - 1, WIDTH)
            page.write_row(0, 0, headings, bold)
            page.write_row(1, 0, (0,), formats[0])
            page.write_row(2, 0, (0,), formats[1])
    return made


def _page(frame: str, rows: Iterable[tuple[Cell, ...]]) -> Iterator[str]:
    """A sheet, piece by piece: its frame, with rows in the place of those that showed the formats."""
    before, _, rest = re.sub(r"<dimension [^>]*>", "", frame).partition('<row r="2"')
    money, day = re.findall(r'<c r="A[23]" s="(\d+)"', rest)
    yield before
    numbered = zip(count(2), rows, strict=False)
    while some := list(islice(numbered, AT_ONCE)):
        yield "".join(f'<row r="{number}">{_row(str(number), cells, money, day)}</row>' for number, cells in some)
    yield rest[rest.index("</sheetData>") :]


def _row(number: str, cells: tuple[Cell, ...], money: str, day: str) -> str:
    """The cells of a row in which something stands."""
    said = []
    for letter, cell in zip(_letters(len(cells)), cells, strict=True):
        place = f'<c r="{letter}{number}"'
        if isinstance(cell, str):
            said.append(f'{place} t="inlineStr"><is><t xml:space="preserve">{_text(cell)}</t></is></c>' if cell else "")
        elif isinstance(cell, Decimal):
            said.append(f'{place} s="{money}"><v>{cell:f}</v></c>')
        elif isinstance(cell, date):
            said.append(f'{place} s="{day}"><v>{cell.toordinal() - FIRST_DAY}</v></c>')
        elif cell is not None:
            said.append(f"{place}{TRUTH if isinstance(cell, bool) else ''}><v>{int(cell)}</v></c>")
    return "".join(said)


@cache
def _letters(many: int) -> tuple[str, ...]:
    """The letters of so many columns: A to Z, AA and on."""
    alone = ascii_uppercase
    return tuple(islice(chain(alone, (first + second for first in alone for second in alone)), many))


def _text(text: str) -> str:
    """A text as XML holds it: no more letters than a cell takes, and none that XML does not know."""
    shown = text if text.isprintable() else UNKNOWN.sub("\N{REPLACEMENT CHARACTER}", text)
    return escape(shown[:LONGEST], quote=False)


def _same(part: ZipInfo) -> ZipInfo:
    """A part of an archive of the same name and time, whose size nobody knows yet."""
    fresh = ZipInfo(part.filename, part.date_time)
    fresh.compress_type = ZIP_DEFLATED
    return fresh


class _Sent:
    """A file that is only written, and gives away what was."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing waits here."""

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


class _Echo:
    """A file that gives back what is written to it, so that nothing is kept."""

    def write(self, line: str) -> str:
        return line
