"""The remittances that ship: judged by others, told from samples.toml what they hold, and free of anybody real."""

import gzip
import re
import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from reclaim.terminal.main import cli
from tests.judges import interchanges, our_findings, oxedi_diagnostics, pyx12_errors

SAMPLES = Path(__file__).parent.parent / "samples"
TODAY = date(2026, 11, 23)
EXPECTED = tomllib.loads((Path(__file__).parent / "samples.toml").read_text(encoding="utf-8"))
FILES: list[dict[str, Any]] = EXPECTED["file"]


def named(files: list[dict[str, Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("file", files, ids=[file["name"] for file in files])


every = named(FILES)
whole = named([file for file in FILES if "findings" not in file])
remittances = named([file for file in FILES if file["kind"] == "835" and "findings" not in file])


@cache
def data(name: str) -> bytes:
    content = (SAMPLES / name).read_bytes()
    return gzip.decompress(content) if name.endswith(".gz") else content


@cache
def answer() -> dict[str, Any]:
    """What the command says of all samples, the README beside them left aside."""
    return read(*(SAMPLES / file["name"] for file in FILES))


def read(*paths: Path) -> dict[str, Any]:
    result = CliRunner().invoke(cli, ["read", "--json", "--as-of", str(TODAY), *map(str, paths)])
    assert (result.exit_code, result.stderr) == (0, "")
    said: dict[str, Any] = orjson.loads(result.stdout_bytes)
    return said


def of_file(name: str) -> dict[str, Any]:
    return next(file for file in answer()["files"] if Path(file["name"]).name == name)


# --- judges -----------------------------------------------------------------------------------------------------------


@whole
def test_pyx12_finds_no_error(file: dict[str, Any]) -> None:
    assert [found for each in interchanges(data(file["name"])) for found in pyx12_errors(each)] == []


@remittances
def test_oxedi_finds_nothing(file: dict[str, Any]) -> None:
    assert [found for each in interchanges(data(file["name"])) for found in oxedi_diagnostics(each)] == []


@every
def test_our_reader_finds_what_is_wrong_and_nothing_else(file: dict[str, Any]) -> None:
    assert sorted(each.rule for each in our_findings(data(file["name"]))) == sorted(file.get("findings", []))


# --- what they hold -------------------------------------------------------------------------------------------------


@every
def test_file_holds_what_the_table_says(file: dict[str, Any]) -> None:
    said = of_file(file["name"])
    assert (said["kind"], said["claims"], said["paid"]) == (file["kind"], file["claims"], file["paid"])
    assert not said["refused"]


@every
def test_denials_are_those_of_the_table(file: dict[str, Any]) -> None:
    fields = ("control_number", "kind", "denied_amount", "type", "cause")
    said = [
        [each[field] for field in fields] for each in answer()["denials"] if Path(each["file"]).name == file["name"]
    ]
    assert said == [line.split() for line in file["denials"]]


@pytest.mark.parametrize(("kind", "count"), EXPECTED["not_denials"].items())
def test_what_is_no_denial_is_counted(kind: str, count: int) -> None:
    assert answer()["not_denials"][kind] == count


def test_deadlines_look_alive_on_the_day_of_the_demo() -> None:
    first = [date.fromisoformat(each["deadlines"][0]["date"]) for each in answer()["denials"] if each["deadlines"]]
    days = [(day - TODAY).days for day in first]
    assert sum(left < 0 for left in days) >= 2, "some are overdue"
    assert sum(0 <= left <= 7 for left in days) >= 4, "some are due this week"
    assert sum(left > 30 for left in days) >= 10, "most leave time"


def test_reversal_that_is_a_takeback_is_not_counted_as_no_denial() -> None:
    assert answer()["not_denials"]["reversals"] == 3  # FH-20120, FH-20133, FH-20417; FH-20375 is a takeback


def test_reversal_waits_for_its_correction_in_a_later_file() -> None:
    reversed_in, corrected_in = SAMPLES / "20261016_harbor_mutual_ppo.835", SAMPLES / "20261120_harbor_mutual_ppo.835"
    assert ("FH-20417", "118.60") in takebacks(reversed_in)
    assert takebacks(reversed_in, corrected_in) == takebacks(corrected_in, reversed_in) == {("FH-20375", "264.00")}


def takebacks(*paths: Path) -> set[tuple[str, str]]:
    denials = read(*paths)["denials"]
    return {(each["control_number"], each["denied_amount"]) for each in denials if each["kind"] == "takeback"}


def test_folder_is_read_as_a_whole() -> None:
    names = {Path(file["name"]).name for file in read(SAMPLES)["files"]}
    assert names == {file["name"] for file in FILES}


# --- the folder itself ------------------------------------------------------------------------------------------------


def test_every_sample_is_in_the_table_and_in_the_readme() -> None:
    there = {path.name for path in SAMPLES.iterdir() if path.suffix != ".md" and not path.name.startswith(".")}
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    assert there == {file["name"] for file in FILES} == set(re.findall(r"^\*\*(.+?)\*\*", readme, re.MULTILINE))


@pytest.mark.parametrize(
    ("name", "oddity"),
    [
        ("MEDICARE_PART_A_GREYMARSH_20261026.835", rb"~\r\nGS\*"),
        ("MEDICARE_PART_B_20261019.835", rb"~\nGS\*"),
        ("LAKESHORE_MEDICAID_ERA_20261005.txt", rb"~GS\*"),
        ("orchard_valley_hmo_20261102.edi", rb"SVC\*HC>"),
        ("northclear_20261118.835", rb"(?s)SVC\*HC:.*~ISA\|.*\^GS\|.*\^SVC\|HC>"),
        ("20261120_harbor_mutual_ppo.835", rb"(?s)\nST\*.*\nST\*"),
    ],
)
def test_oddities_survive_editors_and_checkouts(name: str, oddity: bytes) -> None:
    assert re.search(oddity, data(name))


@every
def test_nobody_in_the_samples_is_real(file: dict[str, Any]) -> None:
    text = data(file["name"]).decode("ascii")
    assert all(re.fullmatch(r"\d{3}55501\d\d", each) for each in re.findall(r"\WTE\W(\d+)", text))
    npis = re.findall(r"\WXX\W(\d+)", text)
    assert npis
    assert all(npi.startswith("1999999") and luhn(npi) for npi in npis)


def luhn(npi: str) -> bool:
    """Whether the check digit of an NPI is right (with the prefix 80840 of health providers in the US)."""
    digits = [int(each) for each in reversed(f"80840{npi}")]
    return sum(sum(divmod(2 * digit, 10)) if place % 2 else digit for place, digit in enumerate(digits)) % 10 == 0
