"""Who pays, who works, who comes: numbers nobody holds, shares as the book says, coverage and enrollment by day."""

from collections import Counter
from datetime import date, timedelta

import pytest

from reclaim.codes import lookup
from reclaim.rules import payers as product
from reclaim.world import visits
from reclaim.world.model import Provider
from reclaim.world.npi import npi, tax_id
from reclaim.world.patients import Patients, age_on
from reclaim.world.payers import for_form, payers
from reclaim.world.people import Group, covered, enrolled, found
from reclaim.world.places import all_places

SINCE, UNTIL = date(2026, 1, 1), date(2026, 12, 31)
MARKS = "*:^~|>!"


@pytest.fixture(scope="module")
def group() -> Group:
    return found(7, 4000, SINCE, UNTIL)


def luhn_holds(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


# --- numbers ----------------------------------------------------------------------------------------------------------


def test_the_judge_of_check_digits_knows_the_published_example() -> None:
    assert luhn_holds("80840" + "1234567893")
    assert not luhn_holds("80840" + "1234567894")


@pytest.mark.parametrize("number", [0, 1, 9, 12_345_678, 99_999_999])
def test_an_npi_is_valid_and_of_the_range_that_nobody_holds(number: int) -> None:
    made = npi(number)
    assert luhn_holds("80840" + made)
    assert (len(made), made[0]) == (10, "2")


def test_another_number_gives_another_npi_and_tax_id() -> None:
    assert len({npi(number) for number in range(1000)}) == len({tax_id(number) for number in range(1000)}) == 1000
    assert tax_id(42) == "890000042"


def test_numbers_beyond_the_range_are_refused() -> None:
    with pytest.raises(ValueError, match="99,999,999"):
        npi(10**8)
    with pytest.raises(ValueError, match="9,999,999"):
        tax_id(-1)


# --- payers -----------------------------------------------------------------------------------------------------------


def test_shares_of_payers_make_one_whole() -> None:
    assert sum(payer.share for payer in payers().values()) == pytest.approx(1)


def test_the_product_finds_each_line_of_business_but_that_of_a_self_funded_plan() -> None:
    told = {one.id: product.line_of_business(one.filing_indicator, one.name) for one in payers().values()}
    true = {one.id: one.line_of_business for one in payers().values()}
    assert {one: told[one] for one in told if told[one] != true[one]} == {"PLAINFIELD": "commercial"}
    assert true["PLAINFIELD"] == "erisa_aca"


def test_no_name_is_that_of_a_real_payer() -> None:
    assert not [one.name for one in payers().values() if product.payer_of(one.name)]


def test_filing_indicators_stand_in_the_lists_of_claim_and_remittance() -> None:
    for payer in payers().values():
        known = lookup.value("claim_filing_indicator", payer.filing_indicator)
        assert known is not None
        assert known.group != "837_only", payer.id


def test_separators_of_a_payer_differ_from_each_other_and_stand_in_no_name() -> None:
    for payer in payers().values():
        habits = payer.habits
        marks = (habits.element, habits.component, habits.repetition, habits.segment)
        assert len(set(marks)) == 4, payer.id
        assert set(marks) <= set(MARKS)
        assert not set(marks) & set("".join((payer.name, *payer.plans)))


def test_payers_differ_in_their_habits_as_real_ones_do() -> None:
    habits = [payer.habits for payer in payers().values()]
    assert {one.line_break for one in habits} == {"", "\n", "\r\n"}
    assert {one.control_number for one in habits} == {"kept", "upper", "cut"}
    assert {one.remarks_at for one in habits} == {"line", "claim", "both"}
    assert {one.method for one in habits} == {"ACH", "CHK"}
    assert max(one.transactions_in_file for one in habits) == 3
    assert max(one.split for one in habits) > 0.2
    assert any((one.element, one.component, one.line_break) == ("|", ">", "\n") for one in habits)


def test_medicare_pays_after_its_floor_of_13_days() -> None:
    habits = [one.habits for one in payers().values() if one.line_of_business == "medicare_ffs"]
    assert len(habits) == 2
    assert all(one.days_to_answer - 3 * one.spread > 13 and not one.takes_replacement for one in habits)


def test_medicare_has_a_contractor_for_each_form_and_passes_claims_on_to_a_payer_that_exists() -> None:
    assert (for_form("MEDB", "I"), for_form("MEDA", "P"), for_form("MEDB", "P")) == ("MEDA", "MEDB", "MEDB")
    assert for_form("HARBOR", "I") == "HARBOR"
    assert {one.crosses_to for one in payers().values()} == {"", "ELDER"} <= {"", *payers()}


# --- the group --------------------------------------------------------------------------------------------------------


def test_the_same_seed_founds_the_same_group_and_another_one_another(group: Group) -> None:
    again, other = found(7, 4000, SINCE, UNTIL), found(8, 4000, SINCE, UNTIL)
    assert (again.workers, again.providers, again.starts) == (group.workers, group.providers, group.starts)
    assert again.patients[:50] == group.patients[:50]
    assert other.providers != group.providers
    assert other.patients[:50] != group.patients[:50]


@pytest.mark.parametrize(("claims", "clinics"), [(100, 6), (4000, 7), (90_000, 10)])
def test_a_group_has_six_to_ten_clinics_and_a_hospital(claims: int, clinics: int) -> None:
    places = Counter(place.place_of_service for place in found(1, claims, SINCE, UNTIL).locations.values())
    assert places == {"11": clinics, "21": 1, "22": 1, "23": 1}


def test_people_are_hired_by_the_volume_of_claims() -> None:
    roles = Counter(worker.role for worker in found(1, 28_000, SINCE, UNTIL).workers.values())
    assert (roles["biller"], roles["coder"]) == (40, 20)
    assert 30 <= roles["registrar"] <= 50


def test_every_place_has_its_registrars(group: Group) -> None:
    desks = Counter(worker.location for worker in group.workers.values() if worker.role == "registrar")
    assert set(desks) == set(group.locations)
    assert min(desks.values()) >= 2


@pytest.mark.parametrize("claims", [50, 30_000])
def test_whatever_patients_come_for_somebody_is_there_from_the_first_day(claims: int) -> None:
    group = found(3, claims, SINCE, UNTIL)
    there = {
        (all_places()[one.location].setting, one.specialty)
        for one in group.providers.values()
        if one.id not in group.starts
    }
    ages = ("toddler", "child", "teen", "adult", "senior", "injured")
    wanted = {
        (visit.setting, visit.specialty) for age in ages for sex in "FM" for visit in visits.choice(age, sex, 1).items
    }
    assert wanted <= there


def test_providers_have_numbers_of_their_own(group: Group) -> None:
    numbers = [one.npi for one in group.providers.values()]
    numbers += [one.npi for one in group.locations.values()]
    numbers += [one.npi for one in group.entities.values()]
    assert len(set(numbers)) == len(numbers)
    assert all(luhn_holds("80840" + number) for number in numbers)


# --- enrollment -------------------------------------------------------------------------------------------------------


def out(provider: Provider, payer: str) -> list[date]:
    days = [SINCE + timedelta(day) for day in range((UNTIL - SINCE).days + 1)]
    return [day for day in days if not enrolled(provider, payer, day)]


def test_a_few_miss_a_renewal_for_six_weeks_and_all_others_stay_enrolled(group: Group) -> None:
    missed = Counter(
        len(out(one, payer)) for one in group.providers.values() if one.id not in group.starts for payer in payers()
    )
    assert missed[0] > 0.98 * missed.total()
    assert set(missed) == {0, 45}


def test_a_lapse_with_medicare_is_one_for_both_contractors() -> None:
    steady = [
        one
        for seed in range(12)
        for group in [found(seed, 8000, SINCE, UNTIL)]
        for one in group.providers.values()
        if one.id not in group.starts
    ]
    lapsed = [one for one in steady if len(one.enrollments) == len(payers()) + 2]
    assert lapsed
    assert all(out(one, "MEDB") == out(one, "MEDA") != [] for one in lapsed)
    assert not any(out(one, "MEDB") for one in steady if one not in lapsed)


def test_new_clinicians_wait_weeks_for_each_payer(group: Group) -> None:
    assert group.starts
    for name, start in group.starts.items():
        waits = {span.payer: (span.since - start).days for span in group.providers[name].enrollments}
        assert set(waits) == set(payers())
        assert all(15 <= days <= 75 for days in waits.values())
        assert SINCE < start < UNTIL


# --- patients ---------------------------------------------------------------------------------------------------------


def test_patients_hold_payers_by_the_shares_of_the_book(group: Group) -> None:
    day = date(2026, 7, 1)
    held = Counter(one.payer for patient in group.patients[:8000] for one in covered(patient, day)[:1])
    for payer in payers().values():
        share = {"MEDB": 0.2, "MEDA": 0.0}.get(payer.id, payer.share)
        assert held[payer.id] / held.total() == pytest.approx(share, abs=0.012), payer.id


def test_a_patient_has_one_first_coverage_at_a_time_and_at_most_one_second(group: Group) -> None:
    days = [SINCE + timedelta(days) for days in range(0, 365, 15)]
    counts = Counter(len(covered(patient, day)) for patient in group.patients[:3000] for day in days)
    assert set(counts) <= {0, 1, 2}
    assert 0 < counts[0] < 0.02 * counts.total()
    assert 0.1 < counts[2] / counts.total() < 0.3


def test_some_change_plans_on_january_1_and_some_lose_theirs_in_the_year(group: Group) -> None:
    ended = [one.until for patient in group.patients[:8000] for one in patient.coverages if one.until]
    new_year = sum((day.month, day.day) == (12, 31) for day in ended)
    assert 0.08 < new_year / 8000 < 0.25
    assert 0.005 < (len(ended) - new_year) / 8000 < 0.05


def test_insurance_fits_the_age(group: Group) -> None:
    ages = Counter((one.coverages[0].payer, age_on(one.birth, SINCE)) for one in group.patients[:8000])
    assert not [key for key in ages if key[0] == "MEDB" and key[1] in ("toddler", "child", "teen")]
    assert ages["MEDB", "senior"] > 5 * ages["MEDB", "adult"] > 0
    children = sum(ages["PEBBLE", age] for age in ("toddler", "child", "teen"))
    assert children / sum(count for key, count in ages.items() if key[0] == "PEBBLE") > 0.35


def test_nobody_is_insured_before_birth_nor_born_after_the_first_day(group: Group) -> None:
    for patient in group.patients[:5000]:
        assert patient.birth <= SINCE
        assert all(
            one.since >= patient.birth and (one.until is None or one.since <= one.until) for one in patient.coverages
        )


def test_member_numbers_are_unique_and_medicares_are_none_that_could_be_real(group: Group) -> None:
    cards = [one for patient in group.patients for one in patient.coverages]
    assert len({card.member_id for card in cards}) == len(cards)
    medicare = [card.member_id for card in cards if card.payer == "MEDB"]
    assert all(len(number) == 11 and number[1] == "S" and number[0] in "123456789" for number in medicare)


def test_a_facilitys_claim_goes_to_the_other_medicare_contractor_under_the_same_number(group: Group) -> None:
    patient = next(one for one in group.patients if one.coverages[0].payer == "MEDB")
    professional, facility = covered(patient, SINCE)[0], covered(patient, SINCE, "I")[0]
    assert (professional.payer, facility.payer) == ("MEDB", "MEDA")
    assert professional.member_id == facility.member_id


def test_a_million_patients_are_at_hand_at_once_and_each_is_always_the_same() -> None:
    pool = Patients(5, 1_000_000, SINCE, UNTIL)
    assert len(pool) == 1_000_000
    assert pool[999_999] == pool[-1] == Patients(5, 1_000_000, SINCE, UNTIL)[999_999]
    with pytest.raises(IndexError):
        pool[1_000_000]
