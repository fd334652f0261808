"""Sums of a large record: counted in the background, the newest shown meanwhile, and said since when they stand."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from reclaim.desk.models import Case
from reclaim.insight import kept, seen
from reclaim.insight.books import Books
from reclaim.insight.models import Counted
from reclaim.insight.months import month_of
from reclaim.insight.sums import NOTHING, Answers
from reclaim.people.models import Organization, User
from tests.insight.books import TODAY, Record

pytestmark = pytest.mark.django_db
LATER, NEXT_MONTH = date(2026, 11, 30), date(2026, 12, 1)


@pytest.fixture
def record(organization: Organization) -> Record:
    """Three answers, and two cases of which one has ended."""
    record = Record(organization)
    won: dict[str, Any] = {"state": "recovered", "recovered": Decimal("60.25"), "resolved": date(2026, 11, 20)}
    record.claim(("2026-11-02", "denied", "0.00"), ("2026-11-20", "paid", "60.25"), **won)
    record.claim(("2026-11-03", "denied", "0.00"), denied="80.10", state="open", type="clinical")
    return record


@pytest.fixture
def _large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every record with two answers is a large one."""
    monkeypatch.setattr(kept, "SMALL", 1)


def test_a_small_record_is_never_behind_and_keeps_nothing(record: Record, biller: User) -> None:
    assert kept.newest(biller, TODAY).sums.answers != {}
    record.claim(("2026-11-04", "paid", "10.00"))
    assert kept.newest(biller, TODAY)[1:] == (True, False, None)
    assert kept.catch_up(TODAY) == 0
    assert not Counted.objects.exists()


@pytest.mark.usefixtures("_large")
def test_a_large_record_waits_for_its_first_count(record: Record, biller: User) -> None:
    assert record.count
    assert kept.newest(biller, TODAY) == kept.Kept(NOTHING, behind=True)
    assert not kept.newest(biller, TODAY).counted
    assert kept.catch_up(TODAY) == 1
    assert not kept.newest(biller, TODAY).behind


@pytest.mark.usefixtures("_large")
def test_what_was_kept_is_what_was_counted(record: Record, biller: User, monkeypatch: pytest.MonkeyPatch) -> None:
    assert record.count
    kept.catch_up(TODAY)
    of_row = kept.newest(biller, TODAY).sums
    monkeypatch.setattr(kept, "SMALL", 100)
    assert of_row == kept.newest(biller, TODAY).sums
    assert of_row.denied != {}


@pytest.mark.usefixtures("_large")
def test_newer_files_show_the_sums_before_them_until_they_are_counted(record: Record, biller: User) -> None:
    kept.catch_up(TODAY)
    Counted.objects.update(at=datetime(2026, 11, 23, 8, 14, tzinfo=UTC))
    before = kept.newest(biller, TODAY).sums
    record.claim(("2026-11-04", "denied", "0.00"), denied="5.00", state="open")
    assert kept.newest(biller, TODAY) == kept.Kept(before, behind=True, at=datetime(2026, 11, 23, 8, 14, tzinfo=UTC))
    assert Books(biller, TODAY).open.cases == 2, "open work is never behind"
    assert kept.catch_up(TODAY) == 1
    now = kept.newest(biller, TODAY)
    assert (now.behind, now.sums.answers[Books(biller, TODAY).month].claims) == (False, 3)


@pytest.mark.usefixtures("_large")
def test_nothing_new_is_not_counted_again_until_a_new_month(record: Record, biller: User) -> None:
    assert record.count
    assert [kept.catch_up(day) for day in (TODAY, LATER, NEXT_MONTH, NEXT_MONTH)] == [1, 0, 1, 0]
    assert Books(biller, NEXT_MONTH).answers(Books(biller, NEXT_MONTH).month.before) == Answers(
        2, Decimal("200.00"), 2, Decimal("200.00")
    )


@pytest.mark.usefixtures("_large")
def test_before_the_new_month_is_counted_the_last_one_stays_the_last(record: Record, biller: User) -> None:
    assert record.count
    kept.catch_up(TODAY)
    books = Books(biller, NEXT_MONTH)
    assert books.kept.behind
    assert books.answers(books.month) == Answers()
    assert books.answers(books.month.before).claims == 2


@pytest.mark.usefixtures("_large")
def test_nothing_of_another_organization_is_kept_or_seen(
    record: Record, outsider: User, other_organization: Organization
) -> None:
    assert record.count
    kept.catch_up(TODAY)
    assert kept.newest(outsider, TODAY) == kept.Kept(NOTHING, any=False)
    theirs = Record(other_organization)
    theirs.claim(("2026-11-02", "paid", "1.00"), ("2026-11-03", "paid", "1.00"))
    assert kept.newest(outsider, TODAY) == kept.Kept(NOTHING, behind=True)


@pytest.mark.usefixtures("_large")
def test_a_large_record_is_shown_with_five_queries(
    record: Record, biller: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    assert record.count
    kept.catch_up(TODAY)
    with django_assert_max_num_queries(5):
        kept.newest(biller, TODAY)


@pytest.mark.parametrize("small", [1, 100])
def test_a_case_that_a_person_ends_counts_without_a_new_file(
    record: Record, biller: User, monkeypatch: pytest.MonkeyPatch, small: int
) -> None:
    assert record.count
    monkeypatch.setattr(kept, "SMALL", small)
    kept.catch_up(TODAY)
    assert Books(biller, TODAY).ended(month_of(TODAY)).cases == 1
    Case.objects.filter(state="open").update(state="closed", resolved=TODAY)
    kept.catch_up(TODAY)
    assert Books(biller, TODAY).ended(month_of(TODAY)).cases == 2


@pytest.mark.usefixtures("_large")
def test_what_was_seen_of_codes_is_kept_too(record: Record, biller: User, outsider: User) -> None:
    """Nobody waits for all cases to be counted by their codes, as whoever came first after a file did."""
    assert kept.seen(biller) == kept.KeptCodes({}, counted=False)
    kept.catch_up(TODAY)
    known = kept.seen(biller)
    assert known.counted
    assert known.at == Counted.objects.get().at
    assert known.found == seen.count(Case.objects.filter(organization=record.organization))
    assert seen.by_code(known.found)["16"].cases == 2
    assert kept.seen(outsider).found == {}


@pytest.mark.usefixtures("_large")
def test_sums_that_were_kept_before_codes_were_are_counted_again(record: Record, biller: User) -> None:
    assert record.count
    kept.catch_up(TODAY)
    Counted.objects.update(codes=None)
    assert kept.catch_up(TODAY) == 1
    assert kept.seen(biller).counted
