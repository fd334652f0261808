"""Every figure against rows that a person can count."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from reclaim.desk.models import Case
from reclaim.insight import figures
from reclaim.insight.figures import FIGURES, Shown
from reclaim.people.models import Organization, User
from reclaim.record.models import Adjudication
from tests.insight.books import TODAY, Record

pytestmark = pytest.mark.django_db


@pytest.fixture
def record(organization: Organization) -> Record:
    return Record(organization)


def counted(user: User, name: str) -> Shown:
    return figures.shown(user, TODAY)[name]


def test_every_figure_says_how_it_is_counted_and_where_from() -> None:
    for figure in FIGURES.values():
        assert figure.definition.endswith(".")
        assert "  " not in figure.definition
        assert figure.source.endswith(".")


def test_an_empty_record_has_no_rates_and_sums_of_nothing(biller: User) -> None:
    for name, shown in figures.shown(biller, TODAY).items():
        dollars = FIGURES[name].unit == "dollars"
        assert shown.now.value == (Decimal("0.00") if dollars else None), name


def test_denial_rate_counts_first_answers_once(record: Record, biller: User) -> None:
    record.claim(("2026-11-02", "denied", "0.00"), ("2026-11-20", "paid", "60.00"), charge="300.00")
    record.claim(("2026-11-03", "denied_in_part", "10.00"), charge="100.00")
    record.claim(("2026-11-04", "silent", "0.00"), charge="50.00")
    record.claim(("2026-11-05", "paid", "70.00"), charge="550.00")
    shown = counted(biller, "initial_denial_rate_claims")
    assert (shown.now.above, shown.now.below, shown.now.value) == (3, 4, Decimal("0.75"))
    shown = counted(biller, "initial_denial_rate_dollars")
    assert (shown.now.above, shown.now.below, shown.now.value) == (
        Decimal("450.00"),
        Decimal("1000.00"),
        Decimal("0.45"),
    )


def test_what_is_no_first_answer_is_left_out(record: Record, biller: User) -> None:
    record.claim(("2026-11-02", "paid", "10.00"))
    record.claim(
        ("2026-10-02", "paid", "80.00"), ("2026-11-02", "reversals", "-80.00"), ("2026-11-02", "denied", "0.00")
    )
    record.claim(
        ("2026-11-02", "reversals", "-80.00"), ("2026-11-02", "denied", "0.00")
    )  # what was reversed came before
    record.claim(("2026-10-30", "denied", "0.00"), ("2026-11-12", "denied", "0.00"))  # denied again
    record.claim(("2026-11-06", "duplicate", "0.00"))
    for kind in ("forwarded", "pending", "predetermination"):
        record.claim(("2026-11-07", kind, "0.00"))
    shown = counted(biller, "initial_denial_rate_claims")
    assert (shown.now.above, shown.now.below) == (0, 1)
    assert shown.before is not None
    assert (shown.before.above, shown.before.below) == (1, 2)


def test_answers_of_second_payers_are_no_first_answers(record: Record, biller: User) -> None:
    record.claim(("2026-11-02", "denied", "0.00"))
    record.claim(("2026-11-03", "paid", "20.00"))
    Adjudication.objects.filter(kind="paid").update(status="2")
    assert counted(biller, "initial_denial_rate_claims").now.value == 1


def test_a_pending_answer_before_does_not_hide_the_first(record: Record, biller: User) -> None:
    record.claim(("2026-10-06", "pending", "0.00"), ("2026-11-06", "denied", "0.00"))
    record.claim(("2026-11-06", "patient_responsibility_only", "0.00"))
    assert counted(biller, "initial_denial_rate_claims").now.value == Decimal("0.5")


def test_denied_this_month_holds_first_denials_and_the_month_before(record: Record, biller: User) -> None:
    record.claim(("2026-11-02", "denied", "0.00"), denied="80.00", state="open")
    record.claim(("2026-10-30", "denied", "0.00"), ("2026-11-12", "denied", "0.00"), denied="70.25", state="open")
    record.claim(("2026-11-12", "duplicate", "0.00"), denied="5.00", state="open", cause="duplicate")
    shown = counted(biller, "denied")
    assert (shown.now.value, shown.now.claims) == (Decimal("80.00"), 1)
    assert shown.before is not None
    assert (shown.before.value, shown.before.claims) == (Decimal("70.25"), 1)


def test_what_became_of_cases_that_ended(record: Record, biller: User) -> None:
    paid = ("2026-11-20", "paid", "60.00")
    won: dict[str, Any] = {"state": "recovered", "recovered": Decimal("60.00"), "resolved": date(2026, 11, 20)}
    record.claim(("2026-11-10", "denied", "0.00"), paid, **won)
    lost: dict[str, Any] = {"state": "closed", "resolved": date(2026, 11, 21)}
    record.claim(("2026-09-02", "denied", "0.00"), ("2026-11-21", "contractual_only", "0.00"), denied="50.00", **lost)
    record.claim(("2026-11-10", "duplicate", "0.00"), paid, **(won | {"cause": "duplicate"}))
    before: dict[str, Any] = {"state": "patient", "resolved": date(2026, 10, 5)}
    record.claim(("2026-10-01", "denied", "0.00"), ("2026-10-05", "patient_responsibility_only", "0.00"), **before)
    shown = figures.shown(biller, TODAY)
    assert shown["days_to_resolution"].now.value == Decimal(45)  # 10 and 80
    assert shown["recovery_rate"].now.value == Decimal("0.4")  # 60 of 150
    assert shown["overturn_rate"].now.value == Decimal("0.5")
    assert shown["recovered"].now.value == Decimal("60.00")
    assert shown["recovered"].now.claims == 1
    assert shown["days_to_resolution"].before is not None
    assert shown["days_to_resolution"].before.value == Decimal(4)


def test_open_work_by_its_deadline(record: Record, biller: User) -> None:
    for day, denied in (("2026-11-22", "1.00"), ("2026-11-23", "2.00"), ("2026-11-30", "4.00"), ("2026-12-01", "8.00")):
        record.claim(("2026-11-02", "denied", "0.00"), denied=denied, deadline=date.fromisoformat(day))
    record.claim(("2026-11-02", "denied", "0.00"), denied="16.00", deadline=None)
    ended: dict[str, Any] = {"state": "recovered", "resolved": TODAY, "deadline": TODAY}
    record.claim(("2026-11-02", "denied", "0.00"), ("2026-11-20", "paid", "1.00"), denied="32.00", **ended)
    shown = figures.shown(biller, TODAY)
    assert (shown["open_denials"].now.value, shown["open_denials"].now.claims) == (Decimal("31.00"), 5)
    assert (shown["at_risk"].now.value, shown["at_risk"].now.claims) == (Decimal("6.00"), 2)
    assert (shown["overdue"].now.value, shown["overdue"].now.claims) == (Decimal("1.00"), 1)
    assert shown["overdue"].before is None


def test_nothing_of_another_organization_counts(record: Record, outsider: User) -> None:
    record.claim(("2026-11-02", "denied", "0.00"), state="open")
    assert counted(outsider, "open_denials").now.claims == 0
    assert counted(outsider, "initial_denial_rate_claims").now.value is None


def test_a_new_file_is_counted_at_once(record: Record, biller: User) -> None:
    record.claim(("2026-11-02", "denied", "0.00"), state="open")
    assert counted(biller, "denied").now.claims == 1
    record.claim(("2026-11-03", "denied", "0.00"), state="open")  # a new remittance
    assert counted(biller, "denied").now.claims == 2


def test_a_claim_answered_in_pieces_has_the_charges_of_all(record: Record, biller: User) -> None:
    """A split claim (two CLPs with one control number and two of the payer's) was counted with its larger piece."""
    record.claim(("2026-11-02", "paid", "60.00"), ("2026-11-02", "denied", "0.00"), charge="100.00")
    shown = figures.shown(biller, TODAY)
    claims, dollars = (shown[f"initial_denial_rate_{each}"].now for each in ("claims", "dollars"))
    assert (claims.above, claims.below) == (1, 1)
    assert (dollars.above, dollars.below) == (Decimal("200.00"), Decimal("200.00"))


def test_a_case_without_the_day_of_its_denial_has_no_time_to_resolution(record: Record, biller: User) -> None:
    """Its remittance said no date: Home answered with an error page."""
    won: dict[str, Any] = {"state": "recovered", "recovered": Decimal("60.00"), "resolved": date(2026, 11, 20)}
    record.claim(("2026-11-10", "denied", "0.00"), ("2026-11-20", "paid", "60.00"), **won)
    Case.objects.update(opened=None)
    shown = figures.shown(biller, TODAY)
    assert shown["days_to_resolution"].now.value is None
    assert shown["denied"].now.claims == 0


@pytest.mark.parametrize(("claims", "few"), [(1, True), (9, True), (10, False)])
def test_a_rate_of_fewer_than_ten_claims_tells_nothing(record: Record, biller: User, claims: int, *, few: bool) -> None:
    won: dict[str, Any] = {"state": "recovered", "recovered": Decimal("60.00"), "resolved": date(2026, 11, 20)}
    for _ in range(claims):
        record.claim(("2026-11-10", "denied", "0.00"), ("2026-11-20", "paid", "60.00"), **won)
    for name, shown in figures.shown(biller, TODAY).items():
        assert shown.now.few is (few and FIGURES[name].unit != "dollars"), name


def test_all_figures_take_eight_queries(
    record: Record, biller: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    record.claim(("2026-11-02", "denied", "0.00"), state="open")
    with django_assert_max_num_queries(8):
        figures.shown(biller, TODAY)
