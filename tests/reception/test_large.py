"""A large file is stored while helpers still read the rest of it: that changes nothing of what it comes to."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from django.conf import settings as chosen
from django.db import connection
from pytest_django.fixtures import Settings

from bench.big835 import generate
from reclaim import reception
from reclaim.desk.models import Case
from reclaim.lake import parts
from reclaim.people.models import Organization
from reclaim.record.adjudged import Places, adjudge
from reclaim.record.models import Adjudication, DeniedLine, File
from reclaim.x12 import envelope, workers
from reclaim.x12.reading import Reading
from reclaim.x12.sources import Source
from tests.reception.written import DENIED, file, remittance

pytestmark = pytest.mark.django_db
SIZE = 600_000


@pytest.fixture(autouse=True)
def _place(settings: Settings, tmp_path: Path) -> None:
    settings.DATA = tmp_path / "data"
    settings.FILES, settings.LAKE = settings.DATA / "files", settings.DATA / "lake"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("large") / "large.835"
    generate(path, SIZE)
    return path.read_bytes()


@pytest.fixture
def overlapping(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pieces were not there yet when a file began to be stored."""
    begun: list[int] = []
    rest = reception._rest

    def counted(*given: Any) -> Iterator[Any]:  # noqa: ANN401  as `_rest`
        made = list(rest(*given))
        begun.append(len(made))
        return iter(made)

    monkeypatch.setattr(envelope, "PIECE", 50_000)
    monkeypatch.setattr(workers, "WORTH_IT", 100_000)
    monkeypatch.setattr(reception, "TOGETHER", 50_000)
    monkeypatch.setattr(workers, "processes", crew)
    monkeypatch.setattr(reception, "_rest", counted)
    return begun


def crew(_: int, __: str) -> workers.Crew:
    return workers.Crew(partial(ThreadPoolExecutor, 2), alone=1, ahead=4, at_once=True)


def source(name: str, data: bytes) -> Source:
    def opened() -> BinaryIO:
        assert len(connection.savepoint_ids) == 0, "a file is accepted within the transaction of another"
        return BytesIO(data)

    return Source(name, opened)


def small(number: int) -> bytes:
    return file(remittance(f"T{number}", [DENIED.format(f"C{number}")]), number=number)


def receive(organization: Organization, *sources: Source) -> list[str]:
    return [taken.file.state for taken in reception.receive(organization, sources, "command") if taken.file]


def kept() -> list[object]:
    return [
        *Case.objects.order_by("key").values_list("key", "kind", "denied", "codes", "deadline", "first__position"),
        *Adjudication.objects.order_by("key", "position").values_list("key", "paid", "denied", "start", "end"),
        *DeniedLine.objects.order_by("adjudication__key", "number").values_list("procedure", "denied", "codes"),
        *File.objects.order_by("sha256").values_list("sha256", "state", "claims", "denied", "findings", "balanced"),
        *sorted(parts.contents(Path(chosen.LAKE)).items()),
    ]


def test_it_comes_to_what_it_comes_to_alone(
    organization: Organization, large: bytes, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setattr(envelope, "PIECE", 50_000)
    sources = [source("1.835", small(1)), source("2.835", large), *(source(f"{n}.835", small(n)) for n in (3, 4))]
    assert receive(organization, *sources) == ["read"] * 4
    alone = kept()
    File.objects.all().delete()
    Case.objects.all().delete()
    begun = request.getfixturevalue("overlapping")
    assert receive(organization, *sources) == ["read"] * 4
    assert kept() == alone
    assert begun == [sum(1 for _ in Reading(BytesIO(large)).pieces()) - 1], "it is stored from its first piece on"


def test_a_piece_that_fails_late_leaves_nothing_and_keeps_no_other_back(
    organization: Organization, large: bytes, overlapping: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reception, "adjudge", partial(failing, adjudge))
    assert receive(organization, source("1.835", large), source("2.835", small(2))) == ["reading", "read"]
    assert overlapping
    assert Adjudication.objects.count() == 1
    assert list(Case.objects.values_list("control_number", flat=True)) == ["C2"]


def failing(work: Callable[..., list[Any]], places: Places, **given: object) -> list[Any]:
    made = work(places, **given)
    last = [piece.offset + len(piece.data) > SIZE - 5000 for piece, _ in places]
    return [ValueError("a rule broke") if fails else each for each, fails in zip(made, last, strict=True)]
