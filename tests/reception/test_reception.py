"""What comes in is kept, counted once, and worked: through the door, over files, orders and crashes."""

import gzip
import itertools
import random
import shutil
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.db.models import F, Q, Sum
from pytest_django.fixtures import Settings

from reclaim import reception
from reclaim.desk.models import Case
from reclaim.lake import parts
from reclaim.people.models import Organization
from reclaim.record.models import Adjudication, DeniedLine, File
from reclaim.world import tables
from reclaim.world.payers import payers
from reclaim.world.run import Order, World
from reclaim.x12.sources import sources

pytestmark = pytest.mark.django_db(transaction=True)

SAMPLES = Path(__file__).parents[2] / "samples"
UNTIL = date(2026, 6, 30)
SHOWN = (
    *("payer__key", "key", "state", "kind", "denied", "recovered", "opened", "resolved", "type", "cause", "codes"),
    *(
        "redenied",
        "answers",
        "deadline",
        "action",
        "expected",
        "denial__day",
        "denial__payer_control_number",
        "latest__day",
    ),
)


@pytest.fixture(autouse=True)
def _place(settings: Settings, tmp_path: Path) -> None:
    settings.DATA = tmp_path / "data"
    settings.FILES, settings.LAKE = settings.DATA / "files", settings.DATA / "lake"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    World(folder, Order(claims=280, months=4, seed=5, until=UNTIL)).run()
    return folder


def receive(organization: Organization, paths: Iterable[Path]) -> list[File]:
    done = []
    for path in paths:
        with path.open("rb") as stream:
            file = reception.accept(organization, None, path.name, stream, "command")
        done.append(reception.process(file.pk))
    return done


def together(organization: Organization, paths: Iterable[Path]) -> None:
    """As `receive`, many at a time, which takes less."""
    taken = reception.receive(organization, sources(map(str, paths)), "command")
    assert {each.file and each.file.state for each in taken} == {"read"}


def cases(organization: Organization) -> list[tuple[Any, ...]]:
    return list(Case.objects.filter(organization=organization).order_by("payer__key", "key").values_list(*SHOWN))


def remittances(folder: Path) -> list[Path]:
    return sorted((folder / "remittances").glob("*.835"))


def test_files_are_kept_byte_for_byte_and_counted_as_reading_counts_them(organization: Organization) -> None:
    path = SAMPLES / "MEDICARE_PART_B_20261019.835"
    (file,) = receive(organization, [path])
    with reception.store().open(file.sha256) as stream:
        assert stream.read() == path.read_bytes()
    assert (file.state, file.kind, file.balanced) == ("read", "835", True)
    assert file.claims > 0
    assert file.denied_claims == len(cases(organization))


def test_the_same_file_again_changes_nothing(organization: Organization) -> None:
    path = SAMPLES / "20260918_harbor_mutual_ppo.835"
    (first,) = receive(organization, [path])
    before = cases(organization)
    (again,) = receive(organization, [path])
    assert again.pk == first.pk
    assert again.times == 2
    assert cases(organization) == before


def test_the_same_remittance_in_another_file_is_counted_once_and_said(organization: Organization) -> None:
    path = SAMPLES / "20260918_harbor_mutual_ppo.835"
    (first,) = receive(organization, [path])
    before = cases(organization)
    other = reception.accept(organization, None, "other.835", BytesIO(path.read_bytes() + b"\n"), "command")
    other = reception.process(other.pk)
    assert other.pk != first.pk
    assert (other.claims, other.denied_claims) == (0, 0)
    assert {"remittance-repeated", "interchange-repeated"} <= {each["rule"] for each in other.findings}
    assert cases(organization) == before


def test_the_lake_made_again_holds_the_same(organization: Organization, settings: Settings) -> None:
    receive(organization, sorted(SAMPLES.glob("*harbor*.835")))
    before = parts.contents(settings.LAKE)
    assert len(before) == 3
    shutil.rmtree(settings.LAKE)
    assert reception.rebuild_lake() == 3
    assert parts.contents(settings.LAKE) == before


def test_a_file_read_anew_comes_to_the_same(organization: Organization) -> None:
    files = receive(organization, sorted(SAMPLES.glob("*harbor*.835")))
    before = cases(organization)
    reception.reprocess(files[0], None)
    assert cases(organization) == before
    assert reception.sweep() == 1
    assert cases(organization) == before


def test_archives_are_looked_into(organization: Organization) -> None:
    path = SAMPLES / "evergreen_hollow_ma_20260925.835.gz"
    with path.open("rb") as stream:
        (file,) = reception.accept_all(organization, None, path.name, stream, "upload")
    assert reception.process(file.pk).state == "read"
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for each in sorted(SAMPLES.glob("*harbor*.835")):
            archive.write(each, f"../up/{each.name}")
    packed.seek(0)
    files = reception.accept_all(organization, None, "month.zip", packed, "upload")
    assert [reception.process(each.pk).state for each in files] == ["read"] * 3


def test_an_archive_that_cannot_be_unpacked_is_kept_and_refused(organization: Organization) -> None:
    data = gzip.compress(b"ISA" * 5000)[:-20]
    (file,) = reception.accept_all(organization, None, "cut.gz", BytesIO(data), "upload")
    assert reception.process(file.pk).state == "refused"
    assert "cannot be unpacked" in file.findings[0]["text"]
    with reception.store().open(file.sha256) as stream:
        assert stream.read() == data


def test_what_is_no_x12_is_refused_and_kept(organization: Organization) -> None:
    file = reception.accept(organization, None, "letter.pdf", BytesIO(b"%PDF-1.7 nothing"), "upload")
    file = reception.process(file.pk)
    assert file.state == "refused"
    assert file.findings[0]["level"] == "error"
    assert reception.store().exists(file.sha256)


def test_any_order_of_files_comes_to_the_same(
    organization: Organization, other_organization: Organization, world: Path
) -> None:
    paths = remittances(world)
    receive(organization, paths)
    random.Random(4).shuffle(paths)  # noqa: S311  an order, no secret
    together(other_organization, [*paths, *paths[:20]])
    assert cases(organization)
    assert cases(organization) == cases(other_organization)


def test_every_case_is_what_the_world_knows_to_be_true(organization: Organization, world: Path) -> None:
    together(organization, remittances(world))
    rows = Case.objects.filter(organization=organization).select_related("payer")
    ours = {
        (each.payer.key, each.control_number): (each.state, each.kind, each.denied, each.recovered) for each in rows
    }
    assert len(ours) > 20
    assert ours == dict(true_cases(world))


def test_denied_lines_come_to_what_is_denied_to_the_cent(organization: Organization, world: Path) -> None:
    together(organization, remittances(world))
    denied = Adjudication.objects.filter(organization=organization).annotate(lines=Sum("denied_lines__denied"))
    sums = list(denied.filter(Q(denied__gt=0) | Q(lines__isnull=False)).values_list("denied", "lines"))
    assert len(sums) > 20
    assert [lines for _, lines in sums] == [told for told, _ in sums]
    lines = DeniedLine.objects.filter(organization=organization, number__gt=0)
    assert not lines.filter(Q(procedure="", revenue_code="") | Q(charge__lt=F("denied"))).exists()


DENIALS = {"denied", "denied_in_part", "silent", "takeback"}
ENDS = {
    ("paid", "paid"): "recovered",
    ("reduced", "paid"): "recovered_in_part",
    ("patient_responsibility_only", "paid"): "patient",
    ("patient_responsibility_only", "nothing"): "patient",
}


def test_answers_in_pieces_are_in_the_world(world: Path) -> None:
    answers = tables.table(world / "truth", "answers").filter(pl.col("part") == 2).collect()
    assert not answers.filter(pl.col("kind").is_in(DENIALS)).is_empty()


def true_cases(folder: Path) -> Iterator[tuple[tuple[str, str], tuple[Any, ...]]]:
    """State, kind, denied dollars and recovered dollars of each claim and payer, by the truth of every answer."""
    answers = tables.table(folder / "truth", "answers").sort("day", "trace_number", "position").collect()
    chains: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in answers.filter(~pl.col("kind").is_in(["predetermination", "pending"])).to_dicts():
        chains[payers()[row["payer"]].payer_id, row["control_number"]].append(row)
    for key, every in chains.items():
        chain = list(in_one([row for row in every if row["because"] != "duplicate"]))
        denied = [place for place, row in enumerate(chain) if row["kind"] in DENIALS]
        if denied:
            last, end = chain[denied[-1]], chain[-1]["kind"]
            recovered = sum(row["paid_cents"] for row in chain[denied[0] + 1 :])
            paid = "paid" if recovered > 0 else "nothing"  # an answer that pays nothing more only closes the case
            state = "open" if end in DENIALS else ENDS.get((end, paid), "closed")
            yield key, (state, last["kind"], cents(last["denied_cents"]), cents(max(recovered, 0)))
        elif any(row["because"] == "duplicate" for row in every):
            yield key, ("closed" if chain else "open", "denied", cents(every[-1]["denied_cents"]), cents(0))


def in_one(chain: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Answers with those that came in two parts as one: what one part is told later leaves the other as it was."""
    standing: dict[int, dict[str, Any]] = {}
    alike = itertools.groupby(chain, lambda row: (row["trace_number"], row["status"], row["part"] > 0))
    for (_, _, split), rows in alike:
        for came in [list(rows)] if split else [[row] for row in rows]:
            standing = (standing if split else {}) | {row["part"]: row for row in came}
            kinds = {each["kind"] for each in standing.values()}
            mixed = "denied_in_part" if len(kinds) > 1 and kinds & DENIALS else came[-1]["kind"]
            denied = sum(each["denied_cents"] for each in standing.values())
            paid = sum(each["paid_cents"] for each in came)
            yield {"kind": mixed, "denied_cents": denied, "paid_cents": paid}


def cents(amount: int) -> Decimal:
    return Decimal(amount).scaleb(-2)
