"""Claims and what is said of them: through the door, against the world's truth, in any order, twice, and by hand."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from reclaim import reception
from reclaim.people.actions import PeopleError
from reclaim.people.models import Event, Organization, Role, User
from reclaim.record.claims import siblings, slice_of, story
from reclaim.record.matching import match_by_hand
from reclaim.record.models import Acknowledgement, Adjudication, Claim, ClaimBatch, File, Standing, Uncertain
from reclaim.world.run import Order, World
from reclaim.x12.slices import slices
from tests.x12 import claims as built
from tests.x12.build import text
from tests.x12.test_answers import ACKNOWLEDGED, CHECKED

pytestmark = pytest.mark.django_db(transaction=True)

UNTIL = date(2026, 6, 30)
KINDS = ("claims", "acknowledgements", "remittances")


@pytest.fixture(autouse=True)
def _place(settings: Settings, tmp_path: Path) -> None:
    settings.DATA = tmp_path / "data"
    settings.FILES, settings.LAKE = settings.DATA / "files", settings.DATA / "lake"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    World(folder, Order(claims=250, months=3, seed=23, until=UNTIL)).run()
    return folder


def months(world: Path, kinds: Iterable[str] = KINDS) -> list[tuple[str, bytes]]:
    """The files of a world, those of a month and kind in one, which takes less time."""
    made: dict[str, bytes] = defaultdict(bytes)
    for kind in kinds:
        for path in sorted((world / kind).iterdir()):
            made[f"{kind} {path.name[:7]}"] += path.read_bytes() + b"\n"
    return list(made.items())


def receive(organization: Organization, files: Iterable[tuple[str, bytes]]) -> list[File]:
    return [
        reception.process(reception.accept(organization, None, name, BytesIO(data), "command").pk)
        for name, data in files
    ]


def shown(organization: Organization) -> list[Any]:
    """Everything that was found, without ids."""
    of = {"organization": organization}
    place = ("remittance__trace_number", "control_number", "day", "paid", "status", "payer_control_number")
    answers = Adjudication.objects.filter(**of).values_list(
        *place, "matched", "claim__control_number", "claim__payer_key", "claim__sent_on", "claim__frequency"
    )
    claims = Claim.objects.filter(**of).values_list(
        *("control_number", "batch__interchange", "standing", "received_on", "accepted_on", "rejected_on"),
        *("answered_on", "given_number", "original__batch__interchange", "original__control_number"),
    )
    doubts = Uncertain.objects.filter(**of).values_list("adjudication__control_number", "doubt", "number")
    told = Acknowledgement.objects.filter(**of).values_list("kind", "control_number", "day", "claim__control_number")
    return [sorted(rows, key=repr) for rows in (answers, claims, doubts, told)]


def judged(world: Path, organization: Organization) -> Counter[str]:
    """How the matches stand beside the truth; claims of one episode share its number there."""
    answers = pl.read_parquet(world / "truth/answers/*.parquet")
    sent = pl.read_parquet(world / "truth/submissions/*.parquet")
    episodes: dict[str, set[str]] = defaultdict(set)
    for number, episode in sent.select("control_number", "claim").iter_rows():
        episodes[number].add(episode)
    truth: dict[tuple[str, str, date], set[str]] = defaultdict(set)
    for trace, number, day, episode in answers.select("trace_number", "control_number", "day", "claim").iter_rows():
        truth[trace, number, day].add(episode)
    found = Counter[str]()
    for each in Adjudication.objects.filter(organization=organization).select_related("claim", "remittance"):
        assert each.day
        episode = truth[each.remittance.trace_number, each.control_number, each.day]
        if each.claim is None:
            found["unmatched"] += 1
        else:
            found["right" if episode & episodes[each.claim.control_number] else "wrong"] += 1
            found["altered"] += each.claim.control_number != each.control_number
    return found


@pytest.mark.parametrize("kinds", [KINDS, ("claims", "remittances")], ids=["with 277CA", "without"])
def test_every_answer_finds_its_claim(world: Path, organization: Organization, kinds: tuple[str, ...]) -> None:
    receive(organization, months(world, kinds))
    found = judged(world, organization)
    assert found["wrong"] == 0
    assert found["unmatched"] == 0
    assert found["altered"] > 10


def test_claims_stand_as_the_world_knows(world: Path, organization: Organization) -> None:
    receive(organization, months(world, ("claims", "acknowledgements")))
    told = Acknowledgement.objects.filter(kind="277CA")
    refused = set(told.filter(verdict="rejected").values_list("claim", flat=True))
    taken = set(told.filter(verdict="accepted").values_list("claim", flat=True))
    assert refused
    assert set(Claim.objects.filter(standing=Standing.REJECTED).values_list("pk", flat=True)) == refused - taken
    assert set(Claim.objects.filter(standing=Standing.ACCEPTED).values_list("pk", flat=True)) == taken - refused
    assert not refused & taken
    assert not Acknowledgement.objects.filter(kind="277CA", claim=None).exists()
    assert not Claim.objects.filter(frequency__in=("7", "8"), original=None).exists()


def test_the_order_of_files_decides_nothing(world: Path, organization: Organization) -> None:
    files = months(world)
    receive(organization, files)
    expected = shown(organization)
    shuffled = random.Random(3).sample(files, len(files))  # noqa: S311  an order, no secret
    for number, order in enumerate((shuffled, files[::-1])):  # the second: answers first and claims last
        other = Organization.objects.create(name="Other", slug=f"other-{number}")
        receive(other, order)
        for ours, theirs in zip(expected, shown(other), strict=True):
            assert [each for each in theirs if each not in ours] == [each for each in ours if each not in theirs]


def test_read_again_everything_keeps_its_id(world: Path, organization: Organization) -> None:
    files = receive(organization, months(world))
    before = shown(organization)
    ids = [sorted(model.objects.values_list("pk", "position")) for model in (Claim, Acknowledgement, Adjudication)]
    for file in files:
        reception.reprocess(file, None)
    reception.sweep()
    assert shown(organization) == before
    again = [sorted(model.objects.values_list("pk", "position")) for model in (Claim, Acknowledgement, Adjudication)]
    assert again == ids


def written(*transactions: list[str], **how: str) -> bytes:
    return text(built.file(*transactions, **how)).encode()


SENT = [*built.HEADER, *built.BILLING, *built.SUBSCRIBER, *built.FIRST]


def test_the_same_transaction_in_another_file_is_counted_once(organization: Organization) -> None:
    first, again = receive(organization, [("a.837", written(SENT)), ("b.837", written(SENT) + b"\n")])
    assert (first.sent_claims, first.sent_charge, again.sent_claims) == (1, 200, 0)
    assert [each["rule"] for each in again.findings] == ["interchange-repeated", "claims-repeated"]
    assert Claim.objects.count() == ClaimBatch.objects.count() == 1


def test_a_claim_is_read_again_from_its_file(world: Path, organization: Organization) -> None:
    for file in receive(organization, months(world, ("claims",))):
        with reception.store().open(file.sha256) as stream:
            whole = list(slices(stream.read()))
        rows = Claim.objects.filter(file=file).select_related("batch", "file").order_by("position")
        again = [slice_of(each, lambda file, *span: reception.store().read_span(file.sha256, *span)) for each in rows]
        assert again == whole


def test_a_mixed_file_is_read_whole(organization: Organization) -> None:
    acknowledged = written(ACKNOWLEDGED, version="005010X214", number="277")
    [file] = receive(organization, [("mixed.x12", written(SENT) + acknowledged)])
    assert (file.sent_claims, file.acknowledged, file.rejected) == (1, 1, 1)
    assert file.beside == "1 claim sent, $200.00; 1 acknowledged, 1 rejected"
    claim = Claim.objects.get()
    assert (claim.standing, claim.accepted_on, claim.given_number) == (Standing.ACCEPTED, date(2026, 11, 2), "P1")


def test_a_person_decides_and_nothing_overrules_it(
    world: Path, organization: Organization, member: Callable[[Organization, Role | str], User]
) -> None:
    files = receive(organization, months(world))
    by = member(organization, Role.BILLER)
    answer = Adjudication.objects.exclude(claim=None).first()
    assert answer
    with pytest.raises(PeopleError):
        match_by_hand(by, answer, None, " ")
    match_by_hand(by, answer, None, "Another clinic's patient")
    assert Event.objects.filter(verb="matched_by_hand", user=by).count() == 1
    for file in files:
        reception.reprocess(file, None)
    reception.sweep()
    answer.refresh_from_db()
    assert (answer.claim, answer.matched) == (None, "hand")


def test_without_claims_a_remittance_costs_one_question(world: Path, organization: Organization) -> None:
    data = next(path for path in sorted((world / "remittances").iterdir())).read_bytes()
    with CaptureQueriesContext(
        connection,
    ) as asked:
        receive(organization, [("a.835", data)])
    tables = ("record_claim", "record_uncertain", "record_acknowledgement")
    about = [each["sql"] for each in asked if any(f'FROM "{name}' in each["sql"] for name in tables)]
    assert len(about) == 1
    assert not Uncertain.objects.exists()


def test_siblings_are_paid_claims_of_the_same_payer(world: Path, organization: Organization) -> None:
    receive(organization, months(world))
    claim = Claim.objects.filter(procedure="99214").order_by("pk").first()
    assert claim
    found = list(siblings(claim))
    assert found
    assert {(each.payer_key, each.procedure) for each in found} == {(claim.payer_key, "99214")}
    assert claim not in found


def test_the_versions_of_a_claim_are_one_story(world: Path, organization: Organization) -> None:
    receive(organization, months(world, ("claims",)))
    later = Claim.objects.filter(original__isnull=False).first()
    assert later
    assert next(iter(story(later))) == later.original
    assert later in story(later.original)


@pytest.mark.parametrize("backwards", [False, True])
def test_a_refused_transaction_refuses_its_claims_and_names_the_place(
    organization: Organization,
    backwards: bool,
) -> None:
    files = [("a.837", written(SENT, SENT)), ("b.999", written(CHECKED, version="005010X231A1", number="999"))]
    receive(organization, files[::-1] if backwards else files)
    taken, refused = Claim.objects.order_by("position")
    assert (taken.standing, taken.received_on) == (Standing.RECEIVED, date(2026, 11, 1))
    assert (refused.standing, refused.rejected_on) == (Standing.REJECTED, date(2026, 11, 1))
    place = Acknowledgement.objects.get(claim=refused)
    assert (place.loop, place.segment, place.segment_at, place.codes) == ("2400", "SV1", 33, "I6")
    element = Acknowledgement.objects.get(loop="2010AA")
    assert (element.claim, element.segment, element.element, element.element_code) == (None, "NM1", 9, "7")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite tells plans that do not depend on how much there is")
def test_no_table_is_searched_row_by_row(world: Path, organization: Organization) -> None:
    files = months(world)
    receive(organization, files[:-4])
    with CaptureQueriesContext(connection) as asked:
        receive(organization, files[-4:])
        receive(organization, [("a.837", written(SENT, SENT))])
        receive(organization, [("b.999", written(CHECKED, version="005010X231A1", number="999"))])
        receive(organization, [("c.277", written(ACKNOWLEDGED, version="005010X214", number="277"))])
    tables = ("record_claim", "record_claimbatch", "record_acknowledgement", "record_adjudication", "record_uncertain")
    statements = {each["sql"] for each in asked if each["sql"].startswith(("SELECT", "UPDATE", "DELETE"))}
    slow = set()
    with connection.cursor() as cursor:
        for sql in statements:
            if any(f'"{name}"' in sql for name in tables) and '"desk_' not in sql:
                cursor.execute(f"EXPLAIN QUERY PLAN {sql}".replace("%", "%%"))
                steps = [row[3].split() for row in cursor.fetchall()]
                if any(step[0] == "SCAN" and step[1] in tables for step in steps):
                    slow.add(sql[:300])
    assert not slow
