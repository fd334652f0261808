"""The whole way: what is judged in other processes, or over several pieces and files, comes out the same."""

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import date
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import polars as pl
import pytest

from bench.big835 import generate
from reclaim import journey
from reclaim.rules import gather
from reclaim.rules.facts import Kind
from reclaim.rules.identify import identify
from reclaim.rules.judged import Outcome
from reclaim.rules.report import Report
from reclaim.terminal.rows import Row, row
from reclaim.x12 import envelope, workers
from reclaim.x12.reading import Reading
from reclaim.x12.sources import Source

TODAY = date(2026, 11, 23)
SAMPLES = Path(__file__).parent.parent / "samples"

HEAD = "ISA*00*          *00*          *ZZ*PAYER          *ZZ*CLINIC         *261101*1200*^*00501*{n:09d}*0*P*:~"
HEAD += "GS*HP*PAYER*CLINIC*20261101*1200*1*X*005010X221A1~"


def remittance(number: int, day: str, *claims: str) -> Source:
    """A file of one remittance, its claims as CLP and what follows."""
    text = HEAD.format(n=number) + f"ST*835*0001~BPR*I*0*C*NON************{day}~TRN*1*T{number}*1512345678~"
    text += "N1*PR*HARBOR MUTUAL PPO~N1*PE*CLINIC*XX*1999999984~LX*1~" + "".join(claims)
    data = f"{text}SE*{text.count('~') - 1}*0001~GE*1*1~IEA*1*{number:09d}~".encode()
    return Source(f"{number}.835", partial(opened, data))


@contextmanager
def opened(data: bytes) -> Iterator[BinaryIO]:
    yield BytesIO(data)


PAID = "CLP*A1*1*100*80*0*12*ICN1*11*1~NM1*QC*1*DOE*JO~SVC*HC:99213*100*80~DTM*472*20260901~CAS*CO*45*20~"
REVERSED = "CLP*A1*22*-100*-80*0*12*ICN1*11*1~NM1*QC*1*DOE*JO~SVC*HC:99213*-100*-80~DTM*472*20260901~CAS*CO*45*-20~"
DENIED = "CLP*A1*1*100*0*0*12*ICN1*11*1~NM1*QC*1*DOE*JO~SVC*HC:99213*100*0~DTM*472*20260901~CAS*CO*197*100~"

HALF = "CLP*A1*1*200*90*0*12*ICN1*11*1~NM1*QC*1*DOE*JO~SVC*HC:99213*100*90~DTM*472*20260901~CAS*CO*45*10~"
HALF += "SVC*HC:80053*100*0~DTM*472*20260901~CAS*CO*197*100~"

DUPLICATE = "CLP*A1*1*100*0*0*12*ICN2*11*1~NM1*QC*1*DOE*JO~SVC*HC:99213*100*0~DTM*472*20260901~CAS*OA*18*100~"

HALF_REVERSED = (
    "CLP*A1*22*-200*-90*0*12*ICN1*11*1~NM1*QC*1*DOE*JO~SVC*HC:99213*-100*-90~DTM*472*20260901~CAS*CO*45*-10~"
)
HALF_REVERSED += "SVC*HC:80053*-100*0~DTM*472*20260901~CAS*CO*197*-100~"


def read(*sources: Source) -> tuple[list[Outcome[Row]], Report]:
    *outcomes, report = journey.read(sources, TODAY, partial(row, show_patients=False))
    assert isinstance(report, Report)
    return [each for each in outcomes if isinstance(each, Outcome)], report


def kinds(*sources: Source) -> list[tuple[str, str]]:
    return [(each.shown.kind, str(each.amount)) for each in read(*sources)[0]]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ([[PAID]], []),
        ([[DENIED]], [("denied", "100.00")]),
        ([[PAID, REVERSED]], [("takeback", "80.00")]),
        ([[PAID], [REVERSED]], [("takeback", "80.00")]),
        ([[PAID], [REVERSED], [PAID]], []),
        ([[PAID, REVERSED, PAID]], []),
        ([[PAID, REVERSED, DENIED]], [("takeback", "100.00")]),
        ([[PAID], [REVERSED], [DENIED]], [("takeback", "100.00")]),
        ([[PAID, REVERSED, HALF]], [("denied_in_part", "100.00")]),
        ([[PAID], [REVERSED], [HALF]], [("denied_in_part", "100.00")]),
        ([[HALF], [HALF_REVERSED, HALF], [HALF_REVERSED, HALF]], [("denied_in_part", "100.00")] * 3),
        ([[PAID, REVERSED, DENIED, DUPLICATE]], [("takeback", "100.00"), ("denied", "100.00")]),
        ([[PAID], [REVERSED, DENIED], [DUPLICATE]], [("takeback", "100.00"), ("denied", "100.00")]),
    ],
    ids=[
        "paid",
        "denied",
        "paid, then taken back",
        "paid, then taken back in the next file",
        "taken back and paid again over three files",
        "taken back and paid again in one",
        "taken back, then denied: one denial",
        "taken back, then denied in the next file: one denial",
        "taken back, then more paid and a line denied: no takeback",
        "taken back, then more paid and a line denied in the next file: no takeback",
        "reversed and answered the same, twice: no takeback",
        "taken back, and the claim sent twice: the duplicate is no takeback",
        "taken back, and the claim sent twice, in another file: the duplicate is no takeback",
    ],
)
def test_a_reversal_is_a_denial_only_when_nothing_replaces_it(
    files: list[list[str]], expected: list[tuple[str, str]]
) -> None:
    sources = [remittance(number, f"202610{number:02d}", *claims) for number, claims in enumerate(files, start=1)]
    assert kinds(*sources) == expected


def test_the_order_of_the_files_does_not_decide_what_replaced_what() -> None:
    paid, reversed_, again = (
        remittance(1, "20261001", PAID),
        remittance(2, "20261008", REVERSED),
        remittance(3, "20261015", PAID),
    )
    assert kinds(reversed_, again, paid) == []
    assert kinds(again, reversed_, paid) == []
    assert kinds(paid, again, reversed_) == []


def test_another_payers_answer_does_not_replace_what_a_payer_took_back() -> None:
    supplement = remittance(3, "20261015", PAID)
    with supplement.open() as stream:
        data = stream.read().replace(b"1512345678", b"1598765432").replace(b"HARBOR MUTUAL PPO", b"OTHER SUPPLEMENT ")
    second = Source("3.835", partial(opened, data))
    assert kinds(remittance(1, "20261001", PAID), remittance(2, "20261008", REVERSED), second) == [
        ("takeback", "80.00")
    ]


def test_what_is_no_denial_is_counted_as_what_it_is() -> None:
    _, report = read(remittance(1, "20261001", PAID, REVERSED, PAID))
    assert report.kinds == {Kind.REVERSAL: 1}


def test_processes_and_pieces_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generate(tmp_path / "big.835", 600_000)
    source = Source("big.835", partial(opened, (tmp_path / "big.835").read_bytes()))
    alone, report = read(source)
    assert len(alone) > 100
    monkeypatch.setattr(envelope, "PIECE", 50_000)
    monkeypatch.setattr(journey, "processes", hurried)
    together, same = read(source)
    assert [each.shown for each in together] == [each.shown for each in alone]
    assert (same.kinds, same.totals(), same.files) == (report.kinds, report.totals(), report.files)


def hurried(_: int, imported: str) -> workers.Crew:
    """Helpers from the first piece on."""
    fresh = workers._fresh(imported)
    return workers.Crew(partial(ProcessPoolExecutor, 2, mp_context=fresh), alone=0, ahead=3, at_once=True)


def everything(tables: dict[str, pl.DataFrame]) -> pl.Series:
    return tables["claims"]["claim"]


@pytest.fixture(params=["samples", "generated"])
def read_parts(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Iterator[dict[str, pl.DataFrame]]]:
    if request.param == "generated":
        generate(tmp_path / "big.835", 400_000, seed=7)
    folder = tmp_path if request.param == "generated" else SAMPLES

    def parts() -> Iterator[dict[str, pl.DataFrame]]:
        for path in folder.glob("*.835"):
            with path.open("rb") as stream:
                yield from (part.tables for part in Reading(stream).parts())

    return parts


def test_the_sieve_leaves_behind_only_what_the_rules_call_paid(
    read_parts: Callable[[], Iterator[dict[str, pl.DataFrame]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    left = 0
    for tables in read_parts():
        kept = {each.segment for each in gather.facts(gather.sift(tables))}
        with monkeypatch.context() as patch:
            patch.setattr(gather, "picked", everything)
            for each in gather.facts(gather.sift(tables)):
                if each.segment not in kept:
                    left += 1
                    assert identify(each.claim).kind is Kind.PAID
    assert left > 10
