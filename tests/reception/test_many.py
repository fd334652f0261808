"""Many files at once: each comes to what it comes to alone, in its order, and a bad one keeps no other back."""

import gzip
import random
from datetime import date
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pytest_django.fixtures import Settings

from reclaim import journey, reception
from reclaim.lake import parts
from reclaim.people.models import Organization
from reclaim.record.adjudged import Adjudged, adjudge
from reclaim.record.claimed import Sent
from reclaim.record.models import Adjudication, File
from reclaim.rules.identify import identify
from reclaim.world.run import Order, World
from reclaim.x12 import reading
from reclaim.x12.envelope import Piece
from reclaim.x12.reading import Reading, Tabulated
from reclaim.x12.sources import Source
from reclaim.x12.tables import CodeSets
from tests.x12.build import HOSPITAL, OFFICE, VISIT, interchange, text, transaction

SAMPLES = Path(__file__).parents[2] / "samples"
TODAY = date(2026, 11, 23)
judging = partial(journey.judge, today=TODAY)
GOOD = text(interchange(transaction(OFFICE, HOSPITAL), transaction(VISIT, number="0002")))
ODD = {
    "wrapped": "\n".join(GOOD[start : start + 80] for start in range(0, len(GOOD), 80)),
    "lower case": GOOD.replace("CAS*CO", "CAS*co"),
    "blanks before terminators": GOOD.replace("~", " ~"),
    "no UTF-8": GOOD.replace("DOE", "D\xd6E"),
    "unknown code": GOOD.replace("*197*", "*ZZ9*"),
    "another transaction": GOOD.replace("ST*835", "ST*837", 1),
    "cut off": GOOD[:-200],
    "cut off after a segment": GOOD[: GOOD.rindex("CLP")],
    "no envelope": GOOD[GOOD.index("ST*") :],
    "only an envelope": text(interchange()),
    "other separators": GOOD.replace("*", "|"),
    "out of balance": GOOD.replace("CLP*A3*1*50.00*50.00", "CLP*A3*1*50.00*40.00"),
}


@pytest.fixture
def _place(settings: Settings, tmp_path: Path) -> None:
    settings.DATA = tmp_path / "data"
    settings.FILES, settings.LAKE = settings.DATA / "files", settings.DATA / "lake"


def pieces(files: list[bytes]) -> list[Piece]:
    return [piece for data in files for piece in Reading(BytesIO(data)).pieces()]


def judged(found: list[Piece], at_once: int, lake: Path) -> tuple[list[Adjudged | Exception], dict[str, bytes]]:
    folders = [lake / f"{number:064}" for number in range(len(found))]
    for folder in folders:
        folder.mkdir(parents=True)
    places = list(zip(found, folders, strict=True))
    made = [
        each
        for start in range(0, len(places), at_once)
        for each in adjudge(places[start : start + at_once], judge=judging)
    ]
    return made, {str(path.relative_to(lake)): path.read_bytes() for path in lake.rglob("*") if path.is_file()}


def same(one: Any, other: Any) -> bool:  # noqa: ANN401  whatever a piece is made into
    if isinstance(one, pl.DataFrame):
        return one.equals(other) and one.schema == other.schema
    if isinstance(one, Sent):
        return isinstance(other, Sent) and all(map(same, one, other))
    return bool(one == other)


def assert_same_together(files: list[bytes], tmp_path: Path, at_once: int) -> None:
    found = pieces(files)
    alone, lake = judged(found, 1, tmp_path / "alone")
    together, other = judged(found, at_once, tmp_path / "together")
    for one, two in zip(alone, together, strict=True):
        assert isinstance(one, Adjudged)
        assert isinstance(two, Adjudged)
        assert all(map(same, one, two))
    assert lake == other
    assert lake


@pytest.mark.parametrize("at_once", [2, 100])
def test_files_read_together_come_to_what_they_come_to_alone(tmp_path: Path, at_once: int) -> None:
    World(tmp_path / "world", Order(claims=150, months=3, seed=5, until=date(2026, 6, 30))).run()
    files = [path.read_bytes() for path in sorted((tmp_path / "world" / "remittances").iterdir())]
    files += [path.read_bytes() for path in sorted(SAMPLES.glob("*.835"))]
    random.Random(at_once).shuffle(files)  # noqa: S311  an order, no secret
    assert_same_together(files, tmp_path, at_once)


def test_odd_files_are_odd() -> None:
    assert GOOD not in ODD.values()


@pytest.mark.parametrize("name", ODD)
def test_an_odd_file_changes_nothing_for_those_beside_it(tmp_path: Path, name: str) -> None:
    odd = ODD[name].encode("latin-1")
    assert_same_together([GOOD.encode(), odd, GOOD.encode(), odd, odd], tmp_path, 5)


def test_files_that_are_alike_are_read_in_one_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    def counted(piece: Piece, codes: CodeSets) -> Tabulated:
        sizes.append(len(piece.data))
        return tabulate(piece, codes=codes)

    tabulate = reading.tabulate
    monkeypatch.setattr(reading, "tabulate", counted)
    judged(pieces([GOOD.encode()] * 20 + [ODD["other separators"].encode()] * 5), 25, tmp_path)
    assert sizes == [20 * len(GOOD), 5 * len(GOOD)]


def test_a_rule_that_breaks_on_one_file_keeps_no_other_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(claim: Any) -> Any:  # noqa: ANN401
        if claim.control_number == "BAD":
            raise ZeroDivisionError
        return identify(claim)

    monkeypatch.setattr("reclaim.record.adjudged.identify", breaks)
    bad = text(interchange(transaction(["CLP*BAD*4*50*0**12*P1", "NM1*QC*1*DOE*JANE", "CAS*CO*197*50"])))
    made, _ = judged(pieces([GOOD.encode(), bad.encode(), GOOD.encode()]), 3, tmp_path)
    assert [type(each) for each in made] == [Adjudged, ZeroDivisionError, Adjudged]


def source(name: str, data: bytes) -> Source:
    return Source(name, partial(BytesIO, data))


def files() -> list[Source]:
    return [source(path.name, path.read_bytes()) for path in sorted(SAMPLES.glob("*.835"))]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_place")
def test_what_comes_in_is_told_in_its_order(organization: Organization) -> None:
    def unreadable() -> Any:  # noqa: ANN401
        return gzip.GzipFile(fileobj=BytesIO(b"no gzip"))

    came = [*files()[:2], Source("broken.gz", unreadable), source("letter.pdf", b"%PDF-1.7"), files()[0]]
    told = list(reception.receive(organization, came, "command"))
    assert [each.name for each in told] == [each.name for each in came]
    assert [each.file.state if each.file else None for each in told] == ["read", "read", None, "refused", "read"]
    assert [each.again for each in told] == [False, False, False, False, True]
    assert "gzip" in told[2].said
    (again,) = reception.receive(organization, came[:1], "command")
    assert again.again
    assert again.file == told[0].file


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_place")
def test_the_same_file_of_two_organizations_is_read_for_both(
    organization: Organization, other_organization: Organization
) -> None:
    first = files()[0]
    for owner in (organization, other_organization):
        reception.accept(owner, None, first.name, BytesIO(first.open().__enter__().read()), "upload")
    assert reception.sweep() == 2
    assert set(File.objects.values_list("state", flat=True)) == {"read"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_place")
def test_a_file_whose_bytes_are_gone_keeps_no_other_back(
    organization: Organization, caplog: pytest.LogCaptureFixture
) -> None:
    kept = [reception.accept(organization, None, each.name, each.open().__enter__(), "upload") for each in files()]
    reception.store().remove(kept[1].sha256)
    assert reception.sweep() == len(kept)
    states = list(File.objects.order_by("pk").values_list("state", flat=True))
    assert states == ["read", "reading", *["read"] * (len(kept) - 2)]
    assert f"File {kept[1].pk} could not be read" in caplog.text
    with pytest.raises(Exception, match="not kept"):
        reception.process(kept[1].pk)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_place")
def test_files_that_wait_behind_one_are_read_with_it(organization: Organization) -> None:
    kept = [reception.accept(organization, None, each.name, each.open().__enter__(), "upload") for each in files()]
    assert reception.process(kept[1].pk).state == "read"
    states = list(File.objects.order_by("pk").values_list("state", flat=True))
    assert states == ["received", *["read"] * (len(kept) - 1)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_place")
def test_what_another_worker_reads_is_left_to_it(organization: Organization, settings: Settings) -> None:
    first = files()[0]
    file = reception.accept(organization, None, first.name, first.open().__enter__(), "upload")
    File.objects.update(state="reading")
    with parts.making(settings.LAKE) as maker:
        parts.begin(maker, file.sha256)
        assert reception.process(file.pk).state == "reading"
        assert reception.sweep() == 0
    assert reception.sweep() == 1
    file.refresh_from_db()
    assert (file.state, Adjudication.objects.count() > 0) == ("read", True)
