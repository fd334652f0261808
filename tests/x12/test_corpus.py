"""Public sample files beside the repository: each is read for what it is, and counts as a plain split counts it."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from operator import attrgetter
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from reclaim.x12.spec import load
from tests.x12.build import Answer, read
from tests.x12.claims import KINDS, parts

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
FILES = sorted(CORPUS.glob("*/*"))
REMITTANCES = [path for path in FILES if path.parent.name == "835"]
OTHERS = [path for path in FILES if path.parent.name in {*KINDS, "837"} - {"835"}]

NAME = attrgetter("name")

pytestmark = pytest.mark.skipif(not FILES, reason="the public samples are not beside this repository")

MIXED = {
    "azoner+pyx12__x12testdata.py_inline9": {"278": 3, "837P": 1, "835": 3},  # three groups of different kinds
    "azoner+pyx12__x12testdata.py_inline10": {"278": 3, "837P": 1, "835": 1},
    "apimeister+x12-types___837_test.rs_inline16": {"837": 1},  # says in ST03 and GS08 only that it is a 5010
}
"""Files that are not, or not only, what their folder says."""


Rows = list[tuple[Any, ...]]


@pytest.mark.parametrize("path", FILES, ids=NAME)
def test_is_known_for_what_it_is(path: Path) -> None:
    transactions = read(path.read_bytes()).reading.contents.transactions
    if path.name in MIXED:
        assert transactions == MIXED[path.name]
    else:
        assert {kind for kind in transactions if kind != "TA1" or path.parent.name == "TA1"} == {path.parent.name}


@pytest.mark.parametrize("path", REMITTANCES, ids=NAME)
def test_counts_as_a_plain_split_does(path: Path) -> None:
    data = path.read_bytes()
    answer = read(data)
    assert not answer.reading.refused
    assert counted(answer) == plain_count(data)


@pytest.mark.parametrize("path", REMITTANCES, ids=NAME)
def test_counts_as_oxedi_does(path: Path) -> None:
    oxedi = pytest.importorskip("oxedi")
    data = path.read_bytes()
    try:
        result = oxedi.parse(data)
    except oxedi.ParseError:
        pytest.skip("oxedi cannot read it")
    assert counted(read(data)) == oxedi_count(result)


@pytest.mark.parametrize("path", FILES, ids=NAME)
def test_every_claim_in_an_835_is_in_the_tables_or_in_a_finding(path: Path) -> None:
    answer = read(path.read_bytes())
    named = sum(found.times for found in answer.reading.findings if found.path == "CLP")
    rows = sum(part.tables["claims"].height for part in answer.parts)
    assert rows + named == sum(segment[:1] == ["CLP"] for segment in plain_segments(path.read_bytes()))


@pytest.mark.parametrize("path", OTHERS, ids=NAME)
def test_tables_hold_as_many_segments_as_a_plain_split(path: Path) -> None:
    data = path.read_bytes()
    reading, made = parts(data)
    assert not reading.refused
    said = {kind for kind in reading.contents.transactions if kind in {*KINDS, "837"}}
    assert {part.kind for part in made} >= said - {"837", "277"}
    assert len(said - {part.kind for part in made}) <= len({part.kind for part in made} - said)  # known by its content
    tags = Counter(tag for tag, number in within_transactions(data) if number in {kind[:3] for kind in KINDS})
    for name in {name for part in made for name in part.tables}:
        ours = [part for part in made if name in part.tables and part.kind != "835"]
        tables = {part.kind: load(part.kind).tables[name] for part in ours}
        if len(tables) == 1 and len(reading.contents.transactions) == 1:
            (table,) = tables.values()
            segments = pl.concat(part.tables[name] for part in ours)["segment"].n_unique() if ours else 0
            assert (
                (segments <= sum(tags[tag] for tag in table.tags))
                if table.within
                else (segments == sum(tags[tag] for tag in table.tags))
            ), name


def within_transactions(data: bytes) -> list[tuple[str, str]]:
    """The tag of each segment between ST and SE, or of a TA1, and ST01 of its transaction."""
    found, number = [], ""
    for segment in plain_segments(data):
        number = segment[1] if segment[0] == "ST" else number
        if number or segment[0] == "TA1":
            found.append((segment[0].upper(), number or "TA1"))
        number = "" if segment[0] == "SE" else number
    return found


def counted(answer: Answer) -> dict[str, Any]:
    """The figures of our tables."""
    reasons = answer.tables["adjustments"].select(pl.col("group", "carc").fill_null(""), "amount").rows()
    return figures(answer.rows("claims", "charge", "paid"), answer.rows("lines", "charge", "paid"), reasons)


def oxedi_count(result: Any) -> dict[str, Any]:  # noqa: ANN401  oxedi ships no types
    """The figures of oxedi's tables."""
    claims, lines, adjustments = (result.tables[name].to_polars() for name in ("claims", "services", "adjustments"))
    reasons = adjustments.select(pl.col("group_code", "reason_code").cast(pl.String), "amount").rows()
    paid = ("charge_amount", "payment_amount")
    return figures(claims.select(paid).rows(), lines.select(paid).rows(), reasons)


def plain_count(data: bytes) -> dict[str, Any]:
    """The figures of a plain split, written without a look at how the reader does it."""
    claims: Rows = []
    lines: Rows = []
    reasons: Rows = []
    for segment in plain_segments(data):
        elements = segment + [""] * 20
        if segment[0] == "CLP":
            claims.append((money(elements[3]), money(elements[4])))
        elif segment[0] == "SVC":
            lines.append((money(elements[2]), money(elements[3])))
        elif segment[0] == "CAS":
            groups = [elements[at : at + 3] for at in range(2, 20, 3)]
            reasons += [(elements[1], group[0], money(group[1])) for group in groups if any(group)]
    return figures(claims, lines, reasons)


def figures(claims: Rows, lines: Rows, reasons: Rows) -> dict[str, Any]:
    """Counts and sums of charges and payments, and of each group and reason."""
    pairs = {(group, code) for group, code, _ in reasons}
    return {
        "claims": (len(claims), total(charge for charge, _ in claims), total(paid for _, paid in claims)),
        "lines": (len(lines), total(charge for charge, _ in lines), total(paid for _, paid in lines)),
        "how often": Counter((group, code) for group, code, _ in reasons),
        "dollars": {pair: total(amount for *codes, amount in reasons if tuple(codes) == pair) for pair in pairs},
    }


def plain_segments(data: bytes) -> list[list[str]]:
    """Segments as lists of stripped elements, by the separators that the first ISA declares."""
    text = data.decode("latin-1").strip()
    element = text[3] if text.startswith("ISA") else "*"
    terminator = text.split(element, 16)[16][1] if text.startswith("ISA") else "~"
    segments = [segment.strip() for segment in text.split(terminator)]
    return [[each.strip() for each in segment.split(element)] for segment in segments if segment]


def total(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((amount for amount in amounts if amount is not None), Decimal(0))


def money(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
