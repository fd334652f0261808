"""The figures of a small world, month by month, beside its truth: the same, but for what no remittance tells.

Where the two part, each for a reason:

* a claim that is sent to another payer after a denial (`rebill`) is that payer's first answer: nothing in a remittance
  says that another payer denied it before; the truth counts it once;
* a claim sent twice whose second answer does not say so (no CARC 18) counts as an answer;
* what the office gives up, bills to the patient or has paid by another payer ends a denial in the truth; no remittance
  of the payer tells of it.

Takebacks and denials of second payers are cases like all others, so they are here with those that ended.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import polars as pl
import pytest
from pytest_django import Settings

from reclaim import reception
from reclaim.desk.models import Case
from reclaim.insight import sums
from reclaim.insight.months import months_until
from reclaim.insight.sums import Answers, Ended
from reclaim.people.models import Organization
from reclaim.record.models import Adjudication
from reclaim.world import kpis
from reclaim.world.run import Order, World

pytestmark = pytest.mark.django_db
UNTIL = date(2026, 6, 30)
MONTHS = months_until(UNTIL, 8)
DECIDES = [*kpis.DENIED, *kpis.PAID, "patient_responsibility_only", "contractual_only"]
UNTOLD = ["write_off", "bill_patient"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    World(folder, Order(claims=900, months=8, seed=5, until=UNTIL)).run()
    return folder


@pytest.fixture
def received(organization: Organization, world: Path, settings: Settings, tmp_path: Path) -> Organization:
    """The files of each payer put together, as clearinghouses do."""
    settings.DATA = tmp_path / "data"
    settings.FILES, settings.LAKE = settings.DATA / "files", settings.DATA / "lake"
    of_payer: dict[str, list[bytes]] = defaultdict(list)
    for path in sorted((world / "remittances").iterdir()):
        of_payer[path.name.split("_")[1]].append(path.read_bytes())
    for payer, parts in of_payer.items():
        reception.process(reception.accept(organization, None, payer, BytesIO(b"".join(parts)), "command").pk)
    return organization


def test_every_month_is_what_the_world_knows_to_be_true(received: Organization, world: Path) -> None:
    run = kpis.opened(world / "truth")
    answers, ended = dict(true_answers(run)), dict(true_ended(run))
    assert sum(each.denied_claims for each in answers.values()) > 50
    assert sum(each.overturned for each in ended.values()) > 10
    for month in MONTHS:
        ours = sums.count(Adjudication.objects.filter(organization=received), Case.objects.all(), month.last)
        assert ours.answers[month] == answers.get(month.first, Answers()), month.name
        assert ours.ended[month]._replace(denied=Decimal(0)) == ended.get(month.first, Ended()), month.name


def true_answers(run: kpis.Run) -> Iterator[tuple[date, Answers]]:
    """First answers by the first day of their month: each payer's, duplicates that say so left out."""
    told = run.table("denials").filter((pl.col("cause") == kpis.DUPLICATE) & pl.col("codes").str.contains("-18"))
    answers = run.table("answers").join(told, on="answer", how="anti")
    mine = (pl.col("order") == 1) & pl.col("kind").is_in(DECIDES)
    mine &= pl.col("because").is_in(["first", "rejected", "rebill", "duplicate"])
    found = answers.filter(mine).filter(pl.col("day") == pl.col("day").min().over("claim", "payer"))
    denied = pl.col("kind").is_in(kpis.DENIED).any()
    claims = found.group_by("claim", "payer").agg(pl.col("day").first(), pl.col("charge_cents").sum(), denied=denied)
    cents = pl.col("charge_cents")
    counted = (pl.len(), cents.sum(), pl.col("denied").sum().alias("n"), cents.filter("denied").sum().alias("lost"))
    for month, many, charge, lost, lost_charge in (
        claims.group_by(pl.col("day").dt.truncate("1mo")).agg(*counted).collect().iter_rows()
    ):
        yield month, Answers(many, Decimal(charge).scaleb(-2), lost, Decimal(lost_charge).scaleb(-2))


def true_ended(run: kpis.Run) -> Iterator[tuple[date, Ended]]:
    """Denials by the month of the answer that ended them, without their denied dollars."""
    first = kpis.denials(run).sort("day", "answer").unique(["claim", "payer"], keep="first", maintain_order=True)
    answers = run.table("answers").select("claim", "payer", closed="day").unique()
    told = first.join(kpis.closed(run).filter(~pl.col("action").is_in(UNTOLD)), on="answer")
    told = told.join(answers, on=["claim", "payer", "closed"]).with_columns(won=pl.col("recovered_cents") > 0)
    days = (pl.col("closed") - pl.col("day")).dt.total_days().sum()
    counted = (pl.len(), days.alias("days"), pl.col("won").sum(), pl.col("recovered_cents").sum())
    for month, many, took, won, cents in (
        told.group_by(pl.col("closed").dt.truncate("1mo")).agg(*counted).collect().iter_rows()
    ):
        yield month, Ended(many, took, Decimal(0), won, Decimal(cents).scaleb(-2))
