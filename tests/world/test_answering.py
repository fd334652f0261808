"""Payers of a world answer what another office sends: the whole circle, and every way in which it may go wrong."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest
from click.testing import CliRunner

from reclaim.terminal.main import cli
from reclaim.world import tables
from reclaim.world.answering import AnsweringError, answer
from reclaim.world.answering_payers import Living
from reclaim.world.model import Claim
from reclaim.world.run import Order, World, keep, kept
from reclaim.world.x837 import sent_as
from reclaim.x12 import resending, writing
from reclaim.x12.editing import Edit, Put, correct
from reclaim.x12.slices import Place, Slice, slices
from tests import judges

UNTIL = date(2026, 6, 30)
MONDAY = datetime(2026, 7, 6, 9)  # noqa: DTZ001  in the time of the sender
MEMBER, LAST = Place.parse("2010BA NM1*IL 09"), Place.parse("2010BA NM1*IL 03")
FIRST_DIAGNOSIS = Place.parse("2300 HI*ABK 01-2")


class Said(NamedTuple):
    """A CLP."""

    status: str
    charge: float
    paid: float
    patient: float
    number: str
    reasons: tuple[str, ...]


class Office:
    """An office that knows what was sent, and sends again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.control = 700_000
        self.sent: dict[str, Slice] = {}
        self.times: Counter[str] = Counter()
        for path in sorted((folder / "claims").glob("*.837")):
            for each in slices(path.read_bytes()):
                self.sent.setdefault(each.value("2300", "CLM", 1), each)
                self.times[each.value("2300", "CLM", 1)] += 1

    def write(self, claims: Sequence[Slice], into: Path, at: datetime = MONDAY) -> Path:
        """A file of claims, all of one form."""
        self.control += 1
        return written(into, writing.batch(claims, envelope(self.control, at)).data, self.control)


def envelope(control: int, at: datetime = MONDAY) -> writing.Envelope:
    return writing.Envelope("WILLOWFORD", "COPPERLANE", at, control, production=True)


def written(into: Path, data: bytes, name: int) -> Path:
    into.mkdir(exist_ok=True)
    path = into / f"{name}.x12"
    path.write_bytes(data)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("world")
    World(made, Order(claims=700, months=4, seed=7, until=UNTIL)).run()
    return made


@pytest.fixture(scope="module")
def living(folder: Path) -> Living:
    return Living(kept(folder).order)


@pytest.fixture
def world(folder: Path, tmp_path: Path) -> Path:
    """The world, before anything was answered."""
    (tmp_path / "world").mkdir()
    for each in folder.iterdir():
        (tmp_path / "world" / each.name).symlink_to(each)
    return tmp_path / "world"


@pytest.fixture(scope="module")
def office(folder: Path) -> Office:
    return Office(folder)


def truth(folder: Path, name: str) -> pl.DataFrame:
    return tables.table(folder / "truth", name).collect()


def open_denials(folder: Path) -> pl.DataFrame:
    """Denials that are the payer's last word, with what a correction would bring, and the number to replace."""
    answers = truth(folder, "answers").filter(pl.col("order") == 1, pl.col("status") != "25")
    last = answers.sort("day", maintain_order=True).group_by("claim", maintain_order=True).last()
    only = last.join(answers.group_by("claim").len().filter(pl.col("len") == 1), on="claim")
    options = truth(folder, "options").filter(pl.col("action") == "correct").select("answer", "recovers_cents", "would")
    denials = truth(folder, "denials").select("answer", "cause", "element", "codes", "kind")
    claims = truth(folder, "claims").select("claim", "form", own="control_number")
    numbered = only.with_columns(number=pl.col("answer").str.split("/").list.first())
    worked = truth(folder, "works").filter(pl.col("outcome") == "open")
    numbered = numbered.join(worked, on="claim", how="anti")
    return numbered.drop("kind").join(denials, on="answer").join(options, on="answer").join(claims, on="claim")


def said(out: Path, number: str) -> list[Said]:
    """What remittances say of a claim, in the order of their days; control numbers may come back cut or raised."""
    found = []
    for path in sorted((out / "remittances").glob("*.835")):
        text = path.read_text()
        element, end = text[3], text[105]
        for part in text.split(f"CLP{element}")[1:]:
            clp, *rest = (each.strip().split(element) for each in part.split(end))
            if clp[0].upper() == number.upper()[: len(clp[0])]:
                before = [each[0] for each in rest]
                stop = next((at for at, tag in enumerate(before) if tag in ("PLB", "SE", "LX")), len(rest))
                cas = [each for each in rest[:stop] if each[0] == "CAS"]
                reasons = tuple(f"{each[1]}-{code}" for each in cas for code in each[2::3])
                found.append(Said(clp[1], float(clp[2]), float(clp[3]), float(clp[4] or 0), clp[6], reasons))
    return found


def repair(sent: Slice, right: Claim) -> list[Edit]:
    """The edits that put right what one may see from a claim: number, name, birth, references, codes, place."""
    last, _, member = sent_as(right)
    wanted = {
        MEMBER: member,
        LAST: last,
        Place.parse("2010BA DMG 02"): f"{right.patient.birth:%Y%m%d}",
        Place.parse("2300 REF*G1 02"): right.authorization,
        Place.parse("2300 REF*9F 02"): right.referral,
        FIRST_DIAGNOSIS: right.diagnoses[0],
        Place.parse("2300 CLM 05-1"): right.location.place_of_service if right.form == "P" else right.bill_type,
    }
    for number, line in enumerate(right.lines, 1):
        tag, first = ("SV1", 1) if right.form == "P" else ("SV2", 2)
        wanted |= {
            Place("2400", number, tag, 1, first, at): code
            for at, code in enumerate((line.procedure, *line.modifiers), 2)
            if code
        }
    return [Put(place, value) for place, value in wanted.items() if value and sent.get(place) != value]


def fixable(folder: Path) -> list[dict[str, Any]]:
    """Denials whose fault shows on the claim and is put right there, at payers that take replacements."""
    wanted = ["member_id_wrong", "name_mismatch", "birth_date_wrong", "auth_missing", "auth_wrong", "referral_missing"]
    wanted += ["modifier_missing", "diagnosis_mismatch", "invalid_code", "wrong_place"]
    found = open_denials(folder).filter(pl.col("cause").is_in(wanted), ~pl.col("payer").str.starts_with("MED"))
    return found.rows(named=True)


def by_form(claims: Iterable[tuple[str, Slice]]) -> list[list[Slice]]:
    sorted_ = list(claims)
    return [some for form in "PI" if (some := [each for of, each in sorted_ if of == form])]


def uncut(right: Claim) -> bool:
    """Whether no line is cut as a second procedure: `recovers_cents` counts every line at its whole price."""
    codes = [line.procedure for line in right.lines]
    return all(sum(code.startswith(sort) for code in codes) < 2 for sort in (tuple("123456"), ("97",)))


def resend(
    office: Office,
    into: Path,
    denials: Iterable[dict[str, Any]],
    living: Living | None = None,
    at: datetime = MONDAY,
) -> None:
    """Send replacements of denied claims, put right when the truth is given."""
    for form in "PI":
        claims = []
        for each in denials:
            sent = office.sent[each["own"]]
            edits = resending.replacement(sent, each["number"])
            edits += repair(sent, living.right(each["own"])) if living else []
            claims += [correct(sent, edits)] if each["form"] == form else []
        if claims:
            office.write(claims, into, at)


def one(folder: Path, **wanted: Any) -> dict[str, Any]:  # noqa: ANN401  any column
    """A denial in whole, at a payer that takes replacements, unless told otherwise."""
    found = open_denials(folder).filter(pl.col("kind") == "denied")
    for name, value in ({"replaces": True} | wanted).items():
        medicare = pl.col("payer").str.starts_with("MED")
        found = (
            found.filter(~medicare if value else medicare)
            if name == "replaces"
            else found.filter(pl.col(name) == value)
        )
    return found.rows(named=True)[0]


def statuses(out: Path) -> dict[str, str]:
    """STC01 by the control number that was asked for or sent, of 277CA and 277."""
    found = {}
    for path in sorted((out / "acknowledgements").glob("*.277*")):
        text = path.read_text()
        segments = [each.strip().split(text[3]) for each in text.split(text[105])]
        for trn, stc in pairwise(segments):
            if (trn[0], stc[0]) == ("TRN", "STC"):
                found[trn[2]] = stc[1].replace(text[104], ":")
    return found


# --- the circle -------------------------------------------------------------------------------------------------------


def test_a_corrected_claim_pays_what_the_truth_says_to_the_cent(
    world: Path, office: Office, living: Living, tmp_path: Path
) -> None:
    denials = fixable(world)
    assert len({each["cause"] for each in denials}) >= 4
    resend(office, tmp_path / "sent", denials, living)
    answer(world, [tmp_path / "sent"], tmp_path / "out")
    exact = 0
    for each in denials:
        *reversed_, last = said(tmp_path / "out", each["own"])
        assert last.status == "1"
        assert sum(new.paid for new in reversed_) == pytest.approx(-each["paid_cents"] / 100)
        brought = round((last.paid + last.patient) * 100) - each["paid_cents"] - each["patient_cents"]
        if uncut(living.right(each["own"])):
            exact += 1
            assert brought == each["recovers_cents"], each["cause"]
        assert 0 < brought <= each["recovers_cents"]
    assert exact >= 10


def test_a_claim_that_is_not_corrected_is_denied_again_by_the_same_codes(
    world: Path, office: Office, tmp_path: Path
) -> None:
    denials = fixable(world)
    resend(office, tmp_path / "sent", denials)
    answer(world, [tmp_path / "sent"], tmp_path / "out")
    told = statuses(tmp_path / "out")
    stopped = [each for each in denials if not told[each["own"]].startswith("A2")]
    assert 0 < len(stopped) < len(denials) / 2  # by the payer's front door
    for each in denials:
        if each not in stopped:
            last = said(tmp_path / "out", each["own"])[-1]
            assert last.paid == pytest.approx(each["paid_cents"] / 100)
            assert each["codes"].split()[0] in last.reasons, each["codes"]


def test_another_fault_is_a_fault_too(world: Path, office: Office, living: Living, tmp_path: Path) -> None:
    """What was wrong is right now, and something else is wrong instead."""
    denial = one(world, cause="diagnosis_mismatch", form="P")
    sent = office.sent[denial["own"]]
    edits = [*resending.replacement(sent, denial["number"]), *repair(sent, living.right(denial["own"]))]
    sent = correct(sent, [*edits, Put(Place.parse("2300 CLM 05-1"), "81")])
    office.write([sent], tmp_path / "sent")
    answer(world, [tmp_path / "sent"], tmp_path / "out")
    (last,) = said(tmp_path / "out", denial["own"])
    assert last.paid == 0


# --- by what name it is sent ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "replaces", "told"),
    [
        ("number missing", True, "A6:464"),
        ("number wrong", True, "A7:464"),
        ("replacement", False, "A7:535"),
        ("replacement", True, "A2:20:PR"),
        ("unknown", True, "A4:35"),
        ("no such payer", True, "A7:153:PR"),
    ],
)
def test_the_front_door(world: Path, office: Office, tmp_path: Path, how: str, replaces: bool, told: str) -> None:
    denial = one(world, form="P", replaces=replaces)
    sent = office.sent[denial["own"]]
    edits = resending.replacement(sent, denial["number"] if how != "number wrong" else "NOT-THEIRS")
    number = denial["own"]
    if how == "number missing":
        edits = edits[:1]
    elif how == "unknown":
        number = "NEVER-SENT"
        lines = [Put(Place("2400", at, "REF*6R", 1, 2), f"NO{at}") for at in range(1, len(sent.lines) + 1)]
        edits += [Put(Place.parse("2300 CLM 01"), number), *lines]
    elif how == "no such payer":
        edits += [Put(Place.parse("2010BB NM1*PR 09"), "NOBODY")]
    office.write([correct(sent, edits)], tmp_path / "sent")
    answer(world, [tmp_path / "sent"], tmp_path / "out")
    assert statuses(tmp_path / "out")[number] == told


def test_a_new_claim_where_a_replacement_is_due_is_a_duplicate(world: Path, office: Office, tmp_path: Path) -> None:
    denials = [each for each in fixable(world) if each["form"] == "P"]
    office.write([office.sent[each["own"]] for each in denials], tmp_path / "sent")
    answer(world, [tmp_path / "sent"], tmp_path / "out")
    told, duplicates = statuses(tmp_path / "out"), 0
    for each in denials:
        answers = said(tmp_path / "out", each["own"])
        assert all(new.paid == 0 for new in answers)
        duplicates += any("18" in reason for new in answers for reason in new.reasons) or told[each["own"]] == "A3:54"
    assert duplicates > len(denials) / 3  # others meet a check before that one, or are told of it by vague codes


def test_a_replacement_that_comes_twice_is_paid_once(
    world: Path, office: Office, living: Living, tmp_path: Path
) -> None:
    denial = next(each for each in fixable(world) if each["form"] == "P" and uncut(living.right(each["own"])))
    sent = office.sent[denial["own"]]
    edits = [*resending.replacement(sent, denial["number"]), *repair(sent, living.right(denial["own"]))]
    office.write([correct(sent, edits)] * 2, tmp_path / "sent")
    answer(world, [tmp_path / "sent"], tmp_path / "out")
    answers = said(tmp_path / "out", denial["own"])
    brought = sum(each.paid for each in answers) + answers[-1].patient
    assert round(brought * 100) == denial["recovers_cents"] + denial["patient_cents"]


def test_a_claim_that_the_front_door_rejected_is_taken_when_it_is_right(tmp_path: Path) -> None:
    made = tmp_path / "world"
    World(made, Order(claims=300, months=1, seed=1, until=UNTIL, regime="hard")).run()
    living, office = Living(kept(made).order), Office(made)
    sent = truth(made, "submissions").group_by("control_number", maintain_order=True)
    rejected = sent.agg(pl.col("accepted").any(), pl.col("form").first(), pl.len())
    rows = rejected.filter(~pl.col("accepted"), pl.col("form") == "P").rows(named=True)
    numbers = [each["control_number"] for each in rows if office.times[each["control_number"]] == each["len"]]
    assert len(numbers) == 2
    office.write([correct(office.sent[each], repair(office.sent[each], living.right(each))) for each in numbers], made)
    answer(made, [made / f"{office.control}.x12"], tmp_path / "out")
    told = statuses(tmp_path / "out")
    assert {told[each] for each in numbers} == {"A2:20:PR"}
    assert all(said(tmp_path / "out", each)[-1].paid > 0 for each in numbers)


def test_a_void_takes_back_what_was_paid_and_a_new_claim_is_welcome_then(
    world: Path, office: Office, tmp_path: Path
) -> None:
    paid = paid_claims(world)[0]
    sent = office.sent[paid["own"]]
    office.write([correct(sent, resending.void(sent, paid["number"]))], tmp_path / "sent")
    answer(world, [tmp_path / "sent"], tmp_path / "out")
    (reversal,) = said(tmp_path / "out", paid["own"])
    assert (reversal.status, round(reversal.paid * 100)) == ("22", -paid["paid_cents"])
    office.write([sent], tmp_path / "sent")
    answer(world, [tmp_path / "sent"], tmp_path / "out")
    assert [each.status for each in said(tmp_path / "out", paid["own"])] == ["22", "1"]


def test_a_replacement_of_a_paid_claim_is_reversed_and_paid_anew(world: Path, office: Office, tmp_path: Path) -> None:
    paid = paid_claims(world)[0]
    sent = office.sent[paid["own"]]
    office.write([correct(sent, resending.replacement(sent, paid["number"]))], tmp_path / "sent")
    answer(world, [tmp_path / "sent"], tmp_path / "out")
    reversal, new = said(tmp_path / "out", paid["own"])
    assert (reversal.status, round(reversal.paid * 100)) == ("22", -paid["paid_cents"])
    assert (new.status, new.charge) == ("1", -reversal.charge)
    assert new.paid > 0


def test_a_correction_after_the_limit_is_late(world: Path, office: Office, living: Living, tmp_path: Path) -> None:
    """Corrected as it should be, and never paid; some payers do not even say why (CO-45)."""
    denials = fixable(world)
    resend(office, tmp_path / "sent", denials, living, datetime(2027, 12, 1, 9))  # noqa: DTZ001  of the sender
    answer(world, [tmp_path / "sent"], tmp_path / "out")
    last = [said(tmp_path / "out", each["own"])[-1] for each in denials]
    assert all((each.status, each.paid) in (("1", 0), ("4", 0)) for each in last)
    assert sum("CO-29" in each.reasons for each in last) > len(last) / 3
    assert not any(each.status == "22" for one in denials for each in said(tmp_path / "out", one["own"]))


# --- inquiries, files and days ----------------------------------------------------------------------------------------


def test_an_inquiry_is_told_how_the_claim_stands(world: Path, office: Office, tmp_path: Path) -> None:
    denied, paid = one(world, form="P"), paid_claims(world)[0]
    stranger = correct(office.sent[paid["own"]], [Put(Place.parse("2300 CLM 01"), "NEVER-SENT")])
    asked = [office.sent[denied["own"]], office.sent[paid["own"]], stranger]
    inquiries = [writing.Inquiry(claim, f"T{at}") for at, claim in enumerate(asked)]
    written(tmp_path / "sent", writing.inquiries(inquiries, envelope(5)).data, 5)
    answer(world, [tmp_path / "sent"], tmp_path / "out")
    told = statuses(tmp_path / "out")
    assert (told["T0"], told["T1"], told["T2"]) == ("F2:585", "F1:65", "A4:35")


def test_every_answer_passes_the_judges(world: Path, office: Office, living: Living, tmp_path: Path) -> None:
    denials = fixable(world)[:12]
    resend(office, tmp_path / "sent", denials[:6], living)
    resend(office, tmp_path / "sent", denials[6:])
    inquiries = [writing.Inquiry(office.sent[each["own"]], each["own"]) for each in denials]
    written(tmp_path / "sent", writing.inquiries(inquiries, envelope(5)).data, 5)
    answer(world, [tmp_path / "sent"], tmp_path / "out")
    files = sorted(path for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert {path.suffix for path in files} == {".ta1", ".999", ".277", ".277ca", ".835"}
    for path in files:
        assert judges.our_findings(path.read_bytes()) == [], path.name
    for path in files[::6]:
        if path.suffix in (".999", ".277ca", ".835"):
            assert judges.pyx12_errors(path.read_bytes()) == [], path.name


def test_days_in_one_run_or_in_several_make_the_same_bytes(
    world: Path, office: Office, living: Living, tmp_path: Path
) -> None:
    denials = fixable(world)
    resend(office, tmp_path / "sent", denials[:5], living)
    resend(office, tmp_path / "sent", denials[5:9])
    twin = tmp_path / "twin"
    twin.mkdir()
    for each in world.iterdir():
        (twin / each.name).symlink_to(each.resolve())
    until = date(2026, 8, 31)
    answer(world, [tmp_path / "sent"], tmp_path / "at once", until)
    runs = [
        answer(twin, [tmp_path / "sent"], tmp_path / "by days", day)
        for day in (date(2026, 7, 3), date(2026, 7, 6), date(2026, 7, 20), until)
    ]
    assert [(each.taken, each.before, each.later) for each in runs] == [(0, 0, 3), (3, 0, 0), (0, 3, 0), (0, 3, 0)]
    assert contents(tmp_path / "at once") == contents(tmp_path / "by days")
    assert len(contents(tmp_path / "at once")) > 20


def test_a_file_is_answered_once_and_its_number_taken_once(world: Path, office: Office, tmp_path: Path) -> None:
    denials = fixable(world)[:2]
    resend(office, tmp_path / "sent", denials[:1])
    first = answer(world, [tmp_path / "sent"], tmp_path / "out")
    again = answer(world, [tmp_path / "sent"], tmp_path / "out")
    assert (first.taken, first.before, again.taken, again.before, again.written) == (1, 0, 0, 1, 0)
    office.control -= 1
    resend(office, tmp_path / "other", denials[1:])
    answer(world, [tmp_path / "other"], tmp_path / "last")
    (ta1,) = (tmp_path / "last" / "acknowledgements").glob("*.ta1")
    assert "*R*025~" in ta1.read_text()
    assert denials[1]["own"] not in statuses(tmp_path / "last")


def paid_claims(folder: Path) -> list[dict[str, Any]]:
    """Claims paid by their only answer, at payers that take replacements."""
    answers = truth(folder, "answers").filter(pl.col("status") != "25")
    only = answers.join(answers.group_by("claim").len().filter(pl.col("len") == 1), on="claim")
    paid = only.filter(pl.col("kind") == "paid", ~pl.col("payer").str.starts_with("MED"), pl.col("part") == 0)
    claims = truth(folder, "claims").filter(pl.col("form") == "P").select("claim", own="control_number")
    return (
        paid.with_columns(number=pl.col("answer").str.split("/").list.first()).join(claims, on="claim").rows(named=True)
    )


def contents(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_the_command_answers_and_says_on_which_day(world: Path, office: Office, tmp_path: Path) -> None:
    resend(office, tmp_path / "sent", fixable(world)[:1])
    result = CliRunner().invoke(cli, ["world", "answer", str(world), str(tmp_path / "sent"), "--until", "2026-07-10"])
    assert result.exit_code == 0, result.output
    assert "1 files taken in" in result.output
    assert "It is 2026-07-10" in result.output
    assert any((world / "answers" / "acknowledgements").iterdir())


def test_a_world_of_another_version_is_not_gone_on_with(folder: Path, tmp_path: Path) -> None:
    made = kept(folder)
    (tmp_path / tables.TRUTH).mkdir()
    keep(made._replace(check=made.check + 1), tmp_path / tables.TRUTH)
    with pytest.raises(AnsweringError, match="another version"):
        answer(tmp_path, [], tmp_path / "out")


@pytest.mark.parametrize(
    ("data", "said_"),
    [(b"not X12", "is no X12"), (b"", "is no X12"), ("remittance", "holds a 835"), ("no world", "holds no world")],
)
def test_what_cannot_be_answered_is_said(world: Path, tmp_path: Path, data: bytes | str, said_: str) -> None:
    path = tmp_path / "file.x12"
    if data == "remittance":
        data = next((world / "remittances").glob("*.835")).read_bytes()
    elif data == "no world":
        (world := tmp_path / "empty").mkdir()
    path.write_bytes(data if isinstance(data, bytes) else b"")
    result = CliRunner().invoke(cli, ["world", "answer", str(world), str(path)])
    assert result.exit_code == 1
    assert said_ in result.output
    assert not (world / "answered.json").exists()
