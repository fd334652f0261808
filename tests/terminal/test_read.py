"""`reclaim read` as its users call it: files in, denials out, by exit status, text and data."""

import csv
import gzip
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result

from reclaim.terminal.main import cli

ROOT = Path(__file__).parent.parent.parent
SAMPLES = ROOT / "samples"
PART_B = SAMPLES / "MEDICARE_PART_B_20261019.835"
SCHEMA = json.loads((ROOT / "docs" / "read.schema.json").read_text(encoding="utf-8"))


def run(*words: str | Path, given: bytes | None = None) -> Result:
    return CliRunner().invoke(cli, ["read", "--as-of", "2026-11-23", *map(str, words)], input=given)


def read_json(*words: str | Path, given: bytes | None = None) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(run("--json", *words, given=given).stdout)
    return data


def test_json_of_all_samples_keeps_the_documented_schema() -> None:
    data = read_json(SAMPLES)
    jsonschema.validate(data, SCHEMA, format_checker=jsonschema.FormatChecker())
    assert data["denials"]


def test_the_figures_of_files_are_the_sums_of_their_denials() -> None:
    data = read_json(SAMPLES)
    for file in data["files"]:
        own = [each for each in data["denials"] if each["file"] == file["name"]]
        assert file["denied_claims"] == len(own)
        assert cents(file["denied_amount"]) == sum(cents(each["denied_amount"]) for each in own)


def test_the_denied_amount_of_a_claim_is_that_of_its_lines_and_its_claim_level() -> None:
    for each in read_json(SAMPLES)["denials"]:
        lines = sum(cents(line["denied_amount"]) for line in each["lines"])
        assert lines <= cents(each["denied_amount"])
        if not each["adjustments"] and each["kind"] != "takeback":
            assert lines == cents(each["denied_amount"])


def cents(money: str) -> int:
    return int(money.replace(".", ""))


def test_a_file_that_is_no_x12_is_refused_and_the_rest_is_read(tmp_path: Path) -> None:
    letter = tmp_path / "letter.pdf"
    letter.write_bytes(b"%PDF-1.7 not a remittance")
    result = run("--json", letter, PART_B)
    refused, read = json.loads(result.stdout)["files"]
    assert result.exit_code == 1
    assert refused["refused"]
    assert "It looks like a PDF" in refused["findings"][0]["text"]
    assert read["claims"] == 8


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.835").touch()
    result = run(tmp_path)
    assert result.exit_code == 1
    assert "The file is empty" in result.stdout


def test_an_empty_folder_is_read_without_a_word_of_error(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert result.exit_code == 0
    assert "0 of 0 claims denied" in result.stdout


@pytest.mark.parametrize(
    "words",
    [[], ["nowhere.835"], ["--json", "--csv", str(PART_B)], ["--type", "odd", str(PART_B)], ["--json", "--codes", "x"]],
    ids=["no path", "no such file", "two formats", "unknown type", "json with codes"],
)
def test_wrong_use_ends_with_status_2_and_says_why(words: list[str]) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Error:" in result.stderr


def test_the_same_denials_from_file_zip_gzip_pattern_and_standard_input(tmp_path: Path) -> None:
    data = PART_B.read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("in/a.835", data)
        archive.writestr("__MACOSX/in/._a.835", b"not looked at")
    (tmp_path / "a.gz").write_bytes(gzip.compress(data))
    (tmp_path / "a.era").write_bytes(data)
    plain = denials(read_json(PART_B))
    assert plain
    assert denials(read_json(tmp_path / "a.zip")) == plain
    assert denials(read_json(tmp_path / "a.gz")) == plain
    assert denials(read_json(str(tmp_path / "*.era"))) == plain
    assert denials(read_json("-", given=data)) == plain
    assert denials(read_json("-", given=gzip.compress(data))) == plain
    assert denials(read_json("-", given=(tmp_path / "a.zip").read_bytes())) == plain


def denials(data: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**each, "file": ""} for each in data["denials"]]


def test_a_member_of_a_zip_is_named_by_archive_and_member(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("in/a.835", PART_B.read_bytes())
    assert read_json(tmp_path / "a.zip")["files"][0]["name"] == f"{tmp_path}/a.zip/in/a.835"


def test_a_gzip_that_breaks_off_is_refused_and_says_how_much_was_read(tmp_path: Path) -> None:
    broken = tmp_path / "broken.835.gz"
    broken.write_bytes(gzip.compress(PART_B.read_bytes())[:-20])
    result = run("--json", broken, PART_B)
    refused, read = json.loads(result.stdout)["files"]
    assert result.exit_code == 1
    assert refused["refused"]
    assert "cannot be read" in refused["findings"][-1]["text"]
    assert read["claims"] == 8


def test_a_zip_that_is_encrypted_or_broken_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04" + b"\0" * 40)
    result = run("--json", tmp_path)
    assert result.exit_code == 1
    assert json.loads(result.stdout)["files"][0]["refused"]


def test_patients_are_initials_unless_asked_for() -> None:
    masked, shown = run(PART_B).stdout, run("--show-patients", PART_B).stdout
    names = [each["patient"] for each in read_json("--show-patients", PART_B)["denials"]]
    assert names
    for name in names:
        assert name not in masked
        assert name in shown
    assert "patient" not in read_json(PART_B)["denials"][0]


def test_only_denials_of_the_types_asked_for() -> None:
    everything = read_json(SAMPLES)["denials"]
    for kind in ("technical", "clinical", "administrative"):
        only = read_json("--type", kind, SAMPLES)["denials"]
        assert only == [each for each in everything if each["type"] == kind]
        assert only


def test_days_are_counted_from_the_date_given() -> None:
    result = CliRunner().invoke(cli, ["read", "--json", "--as-of", "2027-09-01", str(PART_B)])
    late = [each["priority"]["days_left"] for each in json.loads(result.stdout)["denials"]]
    assert min(late) < 0


def test_csv_has_one_row_for_each_denial() -> None:
    rows = list(csv.DictReader(io.StringIO(run("--csv", SAMPLES).stdout)))
    listed = read_json(SAMPLES)["denials"]
    assert [row["control_number"] for row in rows] == [each["control_number"] for each in listed]
    assert [row["denied_amount"] for row in rows] == [each["denied_amount"] for each in listed]


def test_csv_runs_no_formula_that_a_payer_sent(tmp_path: Path) -> None:
    evil = PART_B.read_bytes().replace(b"MEDICARE PART B", b"=CMD()")
    (tmp_path / "evil.835").write_bytes(evil)
    rows = list(csv.DictReader(io.StringIO(run("--csv", tmp_path).stdout)))
    assert {row["payer"] for row in rows} == {"'=CMD()"}


def test_nothing_that_a_payer_sent_steers_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "evil.835").write_bytes(PART_B.read_bytes().replace(b"MEDICARE PART B", b"\x1b[31mPAYER\x07"))
    assert "?[31mPAYER?" in run(tmp_path).stdout
    assert "\x1b" not in run(tmp_path).stdout


def test_codes_give_the_totals_of_every_reason() -> None:
    rows = list(csv.DictReader(io.StringIO(run("--codes", "--csv", SAMPLES).stdout)))
    totals = read_json(SAMPLES)["adjustments"]
    assert [(row["group"], row["carc"], row["count"], row["amount"]) for row in rows] == [
        (each["group"], each["carc"], str(each["count"]), each["amount"]) for each in totals
    ]
    assert "CO-197" in run("--codes", SAMPLES).stdout


def test_excel_holds_the_denials_and_the_reasons(tmp_path: Path) -> None:
    book = tmp_path / "denials.xlsx"
    assert run("--xlsx", book, PART_B).exit_code == 0
    with zipfile.ZipFile(book) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        assert archive.testzip() is None
        assert "xl/worksheets/sheet2.xml" in archive.namelist()
    for each in read_json(PART_B)["denials"]:
        assert each["control_number"] in sheet


def test_excel_that_cannot_be_written_is_said_before_reading(tmp_path: Path) -> None:
    result = run("--xlsx", tmp_path / "no" / "such" / "folder.xlsx", PART_B)
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr


def test_in_a_pipe_each_denial_is_one_line_and_nothing_is_cut() -> None:
    lines = run(SAMPLES).stdout.splitlines()
    listed = read_json(SAMPLES)["denials"]
    for each in listed:
        assert sum(each["next_step"] in line and each["control_number"] in line for line in lines) == 1


def test_a_remittance_read_twice_is_listed_once_and_said(tmp_path: Path) -> None:
    for name in ("a.835", "b.835"):
        (tmp_path / name).write_bytes(PART_B.read_bytes())
    data = read_json(tmp_path)
    assert {each["file"] for each in data["denials"]} == {f"{tmp_path}/a.835"}
    assert [file["claims"] for file in data["files"]] == [8, 8]
    assert {"remittance-repeated", "file-repeated"} <= {each["rule"] for each in data["files"][1]["findings"]}


def test_a_closed_pipe_ends_quietly() -> None:
    command = f"{sys.executable} -m reclaim.terminal.main read --json {SAMPLES} | head -c 100"
    result = subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=False)
    assert result.stderr == b""


def test_read_starts_without_what_it_does_not_need() -> None:
    slow = ("django", "rich", "xlsxwriter", "holidays")
    loaded = f"print([each for each in {slow} if each in sys.modules])"
    script = f"import sys; import reclaim.terminal.read, reclaim.terminal.outputs; {loaded}"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    assert result.stdout.strip() == "[]"


def test_help_teaches() -> None:
    text = CliRunner().invoke(cli, ["read", "--help"]).stdout
    assert "835" in text
    assert "--show-patients" in text
