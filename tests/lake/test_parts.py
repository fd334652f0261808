"""The lake: everything that was paid and denied, nobody's name, the same again, and whole or not there."""

import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

import polars as pl
import pytest

from reclaim.lake.parts import (
    LakeError,
    begin,
    being_made,
    clean,
    contents,
    drop,
    making,
    publish,
    scan,
    stray,
    whole,
    write_piece,
)
from reclaim.lake.rows import SCHEMAS
from reclaim.lake.rows import rows as rows_of
from reclaim.rules.gather import facts, remittances, sift
from reclaim.rules.reversals import key_of
from reclaim.x12.reading import Part, Reading
from tests.x12.build import HOSPITAL, OFFICE, VISIT, interchange, text, transaction

SAMPLES = [
    path
    for path in sorted((Path(__file__).parents[2] / "samples").iterdir())
    if path.suffix in (".835", ".edi", ".txt")
]
ONE = text(interchange(transaction(OFFICE, HOSPITAL), transaction(VISIT, number="0002"))).encode()
OTHER = text(interchange(transaction(VISIT))).encode()


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def parts(data: bytes) -> list[Part]:
    return list(Reading(io.BytesIO(data)).parts())


def write(maker: Path, data: bytes, pieces: int = 1) -> Path:
    """Make the part of a file, with its pieces over again as many times as asked for."""
    folder = begin(maker, sha(data))
    for number, part in enumerate(parts(data) * pieces):
        write_piece(folder, rows_of(part.tables, remittances(sift(part.tables).senders)), number)
    return folder


def made(lake: Path, data: bytes, pieces: int = 1) -> str:
    with making(lake) as maker:
        publish(lake, write(maker, data, pieces))
    return sha(data)


def rows(lake: Path, table: str) -> list[dict[str, Any]]:
    return scan(lake, table).drop("file", "piece").collect().to_dicts()


def sent(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value not in (None, [])}


def test_holds_what_was_said_of_a_claim(tmp_path: Path) -> None:
    name = made(tmp_path, ONE)
    office, hospital, visit = rows(tmp_path, "claims")
    assert isinstance(office.pop("key"), int)
    assert sent(office) == {
        "claim": 1, "transaction": 1, "payer": "ACME HEALTH", "payer_id": "1512345678", "trace_number": "T0001",
        "day": date(2026, 11, 1), "status": "1", "filing_indicator": "12", "facility_type": "11", "frequency": "1",
        "charge": Decimal(200), "paid": Decimal(80), "patient_responsibility": Decimal(20),
        "service_from": date(2026, 10, 5), "provider": "1234567893",
    }  # fmt: skip
    assert (hospital["claim"], visit["claim"], visit["transaction"], visit["trace_number"]) == (2, 3, 2, "T0002")
    first, second = rows(tmp_path, "lines")
    assert sent(first) == {
        "claim": 1, "line": 1, "procedure_list": "HC", "procedure": "99213", "modifiers": ["25", "59"],
        "charge": Decimal(120), "paid": Decimal(80), "units": Decimal(1), "allowed": Decimal(100),
        "service_from": date(2026, 10, 5), "service_to": date(2026, 10, 5),
    }  # fmt: skip
    assert (second["line"], second["allowed"], second["service_from"]) == (2, None, date(2026, 10, 6))
    adjustments = [(each["claim"], each["line"], each["group"], each["carc"]) for each in rows(tmp_path, "adjustments")]
    assert adjustments == [
        *((1, 1, "CO", "45"), (1, 1, "PR", "1"), (1, 1, "PR", "2"), (1, 2, "CO", "197")),
        *((2, None, "CO", "45"), (2, None, "CO", "253")),
    ]
    remarks = [tuple(each.values()) for each in rows(tmp_path, "remarks")]
    assert remarks == [(1, 2, "HE", "N130"), (2, None, "HE", "MA01"), (2, None, "HE", "N211")]
    place = scan(tmp_path, "claims").select("file", "piece").unique().collect().rows()
    assert place == [(name, 0)]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_no_claim_line_or_dollar_is_missing(tmp_path: Path, path: Path) -> None:
    data = path.read_bytes()
    made(tmp_path, data)
    for table in ("claims", "lines", "adjustments"):
        read = pl.concat(part.tables[table] for part in parts(data))
        lake = scan(tmp_path, table).collect()
        assert lake.height == read.height
        for column in ({"charge", "paid", "amount"}) & set(read.columns):
            assert lake[column].sum() == read[column].sum()


def values(frame: pl.DataFrame) -> Iterator[str]:
    for column in frame.drop("file"):
        if column.dtype in (pl.String, pl.List(pl.String)):
            yield from column.explode().drop_nulls().unique()


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_no_patient_can_be_found(tmp_path: Path, path: Path) -> None:
    made(tmp_path, data := path.read_bytes())
    private: set[str] = set()
    for part in parts(data):
        people = part.tables["names"].filter(pl.col("role") != "82")
        private.update(values(people.select(pl.lit("").alias("file"), "last_name", "first_name", "id")))
        numbers = part.tables["claims"].select("control_number", "payer_control_number")
        references = part.tables["references"].filter(pl.col("claim").is_not_null()).select("reference")
        for frame in (numbers, references):
            private.update(values(frame.with_columns(pl.lit("").alias("file"))))
    assert len(private) > 5
    held = {value for table in SCHEMAS for value in values(scan(tmp_path, table).collect())}
    assert held
    assert not held & private


def test_no_text_hides_in_a_code(tmp_path: Path) -> None:
    stray_text = "JANE DOE WAS HERE"
    claim = [
        f"CLP*A1*{stray_text}*10*0**{stray_text}*P1*{stray_text}*{stray_text}**{stray_text}",
        f"NM1*82*1*SMITH*JOHN****XX*{stray_text}",
        f"CAS*{stray_text}*{stray_text}*5",
        f"MOA***{stray_text}",
        f"SVC*HC:{stray_text}:25:{stray_text}:::{stray_text}*10*0*{stray_text}**{stray_text}:{stray_text}",
        f"LQ*{stray_text}*{stray_text}",
    ]
    made(tmp_path, text(interchange(transaction(claim))).encode())
    held = {value for table in SCHEMAS for value in values(scan(tmp_path, table).collect())}
    assert "25" in held
    assert not any("JANE" in value for value in held)


def test_the_key_joins_the_answers_to_one_claim(tmp_path: Path) -> None:
    reversal = ["CLP*A1*22*-50*-50**12*P1", "NM1*QC*1*DOE*JANE"]
    again = ["CLP*A1*1*50*0**12*P1", "NM1*QC*1*DOE*JANE", "CAS*CO*197*50"]
    data = text(interchange(transaction(VISIT, reversal, again))).encode()
    made(tmp_path, data)
    visit, first, second = (each["key"] for each in rows(tmp_path, "claims"))
    assert first == second != visit
    known = {key_of(gathered) for part in parts(data) for gathered in facts(sift(part.tables))}
    hashed = [int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "little", signed=True) for key in known]
    assert first in hashed


def tree(lake: Path) -> dict[str, bytes]:
    return {str(path.relative_to(lake)): path.read_bytes() for path in lake.rglob("*") if path.is_file()}


def test_made_anew_it_is_the_same_to_the_byte(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for data in (ONE, OTHER):
        made(one, data, pieces=3)
    for data in (OTHER, ONE):
        made(other, data, pieces=3)
    assert tree(one) == tree(other)
    assert contents(one) == contents(other)
    assert set(contents(one)) == {sha(ONE), sha(OTHER)}
    assert len(set(contents(one).values())) == 2


def test_the_same_part_again_disturbs_nobody(tmp_path: Path) -> None:
    made(tmp_path, ONE)
    before = {path: path.stat().st_ino for path in tmp_path.rglob("*.parquet")}
    made(tmp_path, ONE)
    assert {path: path.stat().st_ino for path in tmp_path.rglob("*.parquet")} == before
    assert not list((tmp_path / ".making").iterdir())


def renamed(part: Part) -> dict[str, pl.DataFrame]:
    """The tables of a piece without lines."""
    return {name: table.clear() if name in ("lines", "remarks") else table for name, table in part.tables.items()}


def write_other_content(maker: Path) -> Path:
    """Make for the file ONE, in the place of what it has, one piece without lines."""
    folder = begin(maker, sha(ONE))
    for part in parts(ONE):
        write_piece(folder, rows_of(renamed(part), remittances(sift(part.tables).senders)), 0)
    return folder


def test_a_new_part_takes_the_place_of_the_old(tmp_path: Path) -> None:
    name = made(tmp_path, ONE, pieces=2)
    before = contents(tmp_path)
    with making(tmp_path) as maker:
        publish(tmp_path, write_other_content(maker))
    assert whole(tmp_path, name)
    assert rows(tmp_path, "lines") == []
    assert len(rows(tmp_path, "claims")) == 3
    assert not (tmp_path / "lines" / name).exists()
    assert contents(tmp_path) != before


class CrashError(Exception):
    """The process dies here."""


@contextmanager
def crash_after(steps: int) -> Iterator[None]:
    """Renamings fail after so many."""
    left = iter(range(steps))

    def step(real: Callable[[Path, Path], Path]) -> Callable[[Path, Path], Path]:
        def or_die(self: Path, target: Path) -> Path:
            if next(left, None) is None:
                raise CrashError
            return real(self, target)

        return or_die

    with patch.multiple(Path, rename=step(Path.rename), replace=step(Path.replace)):
        yield


@pytest.mark.parametrize("steps", range(8))
def test_a_crash_while_publishing_shows_all_or_nothing(tmp_path: Path, steps: int) -> None:
    name = made(tmp_path, ONE, pieces=2)
    with making(tmp_path) as maker:
        other = write_other_content(maker)
        with crash_after(steps), pytest.raises(CrashError):
            publish(tmp_path, other)
        shown = len(rows(tmp_path, "claims"))
        assert shown in (0, 3)
        assert whole(tmp_path, name) == bool(shown)
        publish(tmp_path, other)
    assert whole(tmp_path, name)
    assert (len(rows(tmp_path, "claims")), len(rows(tmp_path, "lines"))) == (3, 0)
    made(tmp_path / "straight", ONE)
    with making(tmp_path / "straight") as maker:
        publish(tmp_path / "straight", write_other_content(maker))
    straight = tree(tmp_path / "straight")
    assert {key: value for key, value in tree(tmp_path).items() if not key.startswith("straight")} == straight


def test_a_part_without_all_pieces_is_not_published(tmp_path: Path) -> None:
    with making(tmp_path) as maker:
        folder = write(maker, ONE, pieces=3)
        (folder / "00001.json").unlink()
        with pytest.raises(LakeError, match="rebuild"):
            publish(tmp_path, folder)
        with pytest.raises(LakeError, match="rebuild"):
            publish(tmp_path, begin(maker, "0" * 64))
    assert rows(tmp_path, "claims") == []


def test_a_file_without_remittances_has_an_empty_part(tmp_path: Path) -> None:
    with making(tmp_path) as maker:
        write_piece(folder := begin(maker, "ab"), {}, 0)
        publish(tmp_path, folder)
    assert whole(tmp_path, "ab")
    assert rows(tmp_path, "claims") == []


def test_a_remittance_without_claims_has_an_empty_part(tmp_path: Path) -> None:
    data = text(interchange(transaction(plb=["PLB*1999999984*20261231*WO:P9*5.00"]))).encode()
    assert parts(data)
    assert whole(tmp_path, made(tmp_path, data))
    assert rows(tmp_path, "claims") == []


def test_pieces_are_told_apart(tmp_path: Path) -> None:
    made(tmp_path, ONE, pieces=3)
    found = scan(tmp_path, "claims").group_by("piece").len().sort("piece").collect().rows()
    assert found == [(0, 3), (1, 3), (2, 3)]
    joined = scan(tmp_path, "lines").join(scan(tmp_path, "claims"), on=["file", "piece", "claim"]).collect()
    assert joined.height == 6


def test_what_is_damaged_is_not_whole(tmp_path: Path) -> None:
    name = made(tmp_path, ONE)
    assert whole(tmp_path, name)
    path = next((tmp_path / "lines" / name).iterdir())
    path.write_bytes(path.read_bytes()[:-1])
    assert not whole(tmp_path, name)
    made(tmp_path, ONE)
    assert whole(tmp_path, name)
    path.unlink()
    assert not whole(tmp_path, name)


def test_strays_are_told_and_dropped(tmp_path: Path) -> None:
    known, lost = made(tmp_path, ONE), made(tmp_path, OTHER)
    assert list(stray(tmp_path, [known])) == [lost]
    drop(tmp_path, lost)
    assert list(stray(tmp_path, [known])) == []
    drop(tmp_path, lost)
    assert set(scan(tmp_path, "claims").collect()["file"]) == {known}
    drop(tmp_path, known)
    assert tree(tmp_path) == {}


def test_cleaning_leaves_what_is_being_made(tmp_path: Path) -> None:
    dead = tmp_path / ".making" / "dead"
    dead.mkdir(parents=True)
    write(dead, OTHER)
    with making(tmp_path) as maker:
        folder = write(maker, ONE)
        assert being_made(tmp_path) == {sha(ONE)}
        clean(tmp_path)
        publish(tmp_path, folder)
    assert not dead.exists()
    assert being_made(tmp_path) == set()


def test_two_who_make_the_same_part_do_not_disturb_each_other(tmp_path: Path) -> None:
    with making(tmp_path) as one, making(tmp_path) as other:
        first, second = write(one, ONE), write(other, ONE)
        publish(tmp_path, first)
        before = tree(tmp_path / "claims")
        publish(tmp_path, second)
    assert tree(tmp_path / "claims") == before
    assert whole(tmp_path, sha(ONE))


@pytest.mark.parametrize("table", SCHEMAS)
def test_looks_only_at_the_files_asked_for(tmp_path: Path, table: str) -> None:
    assert scan(tmp_path, table).collect_schema() == pl.Schema(SCHEMAS[table])
    one, other = made(tmp_path, ONE), made(tmp_path, OTHER)
    assert scan(tmp_path, table).collect_schema() == pl.Schema(SCHEMAS[table])
    assert set(scan(tmp_path, table, [one, "0" * 64]).collect()["file"]) == {one}
    assert scan(tmp_path, table, []).collect().is_empty()
    assert scan(tmp_path, table, [other]).collect().height == (1 if table == "claims" else 0)
