"""Clean claims: fifty thousand of them, and nothing wrong on any."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import islice
from statistics import mean

import pytest

from reclaim.world import visits
from reclaim.world.care import Care
from reclaim.world.model import Claim
from reclaim.world.payers import payers
from reclaim.world.people import Group, covered, found
from tests.world.test_people import luhn_holds

SINCE, UNTIL = date(2026, 1, 1), date(2026, 12, 31)
A_MONTH = 4167


@pytest.fixture(scope="module")
def group() -> Group:
    return found(11, A_MONTH, SINCE, UNTIL)


@pytest.fixture(scope="module")
def claims(group: Group) -> list[Claim]:
    care = Care(group, payers(), 11)
    return [claim for month in range(1, 13) for claim in care.month(2026, month, A_MONTH)]


def of(claims: list[Claim], form: str, *, admitted: bool = False) -> list[Claim]:
    return [one for one in claims if one.form == form and one.admitted == admitted]


def few(seed: int, month: int, count: int = 200) -> list[Claim]:
    return list(Care(found(seed, 1000, SINCE, UNTIL), payers(), seed).month(2026, month, count))


# --- the same again ---------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_claims_and_another_one_others() -> None:
    assert few(1, 3) == few(1, 3)
    assert few(1, 3) != few(2, 3)


def test_a_month_is_the_same_whatever_was_asked_before(group: Group) -> None:
    care = Care(group, payers(), 11)
    list(care.month(2026, 1, 50))
    assert list(care.month(2026, 2, 50)) == list(Care(group, payers(), 11).month(2026, 2, 50))


def test_a_shorter_month_is_the_beginning_of_a_longer_one(group: Group) -> None:
    longer: Iterator[Claim] = Care(group, payers(), 11).month(2026, 5, 500)
    assert list(islice(longer, 20)) == list(Care(group, payers(), 11).month(2026, 5, 20))


# --- numbers ----------------------------------------------------------------------------------------------------------


def test_claim_numbers_are_unique_even_when_a_payer_cuts_them(claims: list[Claim]) -> None:
    assert len(claims) == 12 * A_MONTH
    assert len({one.control_number for one in claims}) == len({one.id for one in claims}) == len(claims)
    assert len({one.control_number[:12] for one in claims}) == len(claims)
    assert len({one.control_number.upper() for one in claims}) == len(claims)


def test_claim_numbers_are_short_but_cutting_alters_them(claims: list[Claim]) -> None:
    assert {len(one.control_number) for one in claims} == {15, 16}
    assert all(one.control_number.replace("-", "").isalnum() for one in claims)


def test_one_places_system_writes_a_lower_case_letter(claims: list[Claim]) -> None:
    lower = {one.location.id for one in claims if one.control_number != one.control_number.upper()}
    assert lower == {"BR"}


def test_line_numbers_are_unique_and_count_from_one(claims: list[Claim]) -> None:
    numbers = [line.control_number for one in claims for line in one.lines]
    assert len(set(numbers)) == len(numbers)
    assert all([line.number for line in one.lines] == list(range(1, len(one.lines) + 1)) for one in claims)


def test_all_npis_on_claims_are_valid(claims: list[Claim]) -> None:
    numbers = {npi for one in claims for npi in (one.provider.npi, one.entity.npi, one.location.npi)}
    assert all(luhn_holds("80840" + npi) for npi in numbers)


# --- coverage ---------------------------------------------------------------------------------------------------------


def test_every_claim_bills_the_coverage_that_is_first_on_the_day_of_service(claims: list[Claim]) -> None:
    for one in claims:
        assert one.coverage == covered(one.patient, one.service_from, one.form)[0]
        assert one.payer == payers()[one.coverage.payer]


def test_payers_get_their_shares(claims: list[Claim]) -> None:
    got = Counter(one.payer.id for one in claims)
    for payer in payers().values():
        assert got[payer.id] / len(claims) == pytest.approx(payer.share, abs=0.02), payer.id


def test_medicares_contractors_get_the_claims_of_their_form(claims: list[Claim]) -> None:
    forms = {(one.payer.id, one.form) for one in claims if one.payer.line_of_business == "medicare_ffs"}
    assert forms == {("MEDB", "P"), ("MEDA", "I")}


def test_accident_payers_get_only_claims_for_injuries(claims: list[Claim]) -> None:
    mine = [one for one in claims if one.payer.line_of_business in ("workers_comp", "auto")]
    assert len(mine) > 500
    assert not {one.specialty for one in mine} & {"pediatrics", "cardiology", "laboratory", "oncology"}


def test_authorizations_stand_where_the_payer_wants_them(claims: list[Claim]) -> None:
    assert all(bool(one.authorization) == one.needs_authorization for one in claims)
    wants = Counter((one.payer.line_of_business, one.needs_authorization) for one in claims)
    assert not [line for line in ("medicare_ffs", "medicaid", "tricare") if wants[line, True]]
    for line in ("medicare_advantage", "medicaid_managed", "commercial", "erisa_aca", "workers_comp"):
        assert wants[line, True] > 0.04 * wants[line, False], line


@pytest.mark.parametrize("procedure", ["29881", "72148", "74177", "97110"])
def test_surgery_large_imaging_and_therapy_need_an_authorization_in_a_ppo(claims: list[Claim], procedure: str) -> None:
    harbor = [one for one in claims if one.payer.id == "HARBOR" and one.location.place_of_service in ("11", "22")]
    mine = [
        one for one in harbor if any(line.procedure == procedure and "26" not in line.modifiers for line in one.lines)
    ]
    evaluated = {"97161"}
    assert mine
    assert all(one.authorization for one in mine if not evaluated & {line.procedure for line in one.lines})


def test_all_stays_of_a_ppo_are_authorized(claims: list[Claim]) -> None:
    stays = [one for one in of(claims, "I", admitted=True) if one.payer.id == "HARBOR"]
    assert stays
    assert all(one.authorization for one in stays)


def test_referrals_stand_on_specialists_claims_to_plans_that_want_them(claims: list[Claim]) -> None:
    referred = {(one.payer.referrals, one.specialty) for one in claims if one.referral}
    assert {wants for wants, _ in referred} == {True}
    assert "family medicine" not in {specialty for _, specialty in referred}
    cardiology = [one for one in of(claims, "P") if one.payer.referrals and one.specialty == "cardiology"]
    assert cardiology
    assert all(one.referral for one in cardiology)


# --- what is billed ---------------------------------------------------------------------------------------------------


def test_the_mix_of_claims_and_their_charges_are_as_the_book_says(claims: list[Claim]) -> None:
    professional, outpatient, stays = of(claims, "P"), of(claims, "I"), of(claims, "I", admitted=True)
    shares = [len(some) / len(claims) for some in (professional, outpatient, stays)]
    assert shares == pytest.approx([0.82, 0.15, 0.03], abs=0.01)
    dollars = [mean(one.charge for one in some) / 100 for some in (professional, outpatient, stays)]
    assert dollars == pytest.approx([300, 1800, 24_000], rel=0.12)


def test_claims_have_one_to_five_lines_and_facilities_three_to_eight(claims: list[Claim]) -> None:
    assert {len(one.lines) for one in claims if one.form == "P"} == {1, 2, 3, 4, 5}
    assert {len(one.lines) for one in claims if one.form == "I"} <= set(range(3, 9))
    assert mean(len(one.lines) for one in claims) == pytest.approx(2.6, abs=0.15)


def test_every_line_is_charged_and_allowed_by_contract(claims: list[Claim]) -> None:
    for one in claims:
        for line in one.lines:
            assert line.charge > 0
            assert line.units > 0
            assert abs(line.allowed - line.charge * one.payer.pays) <= 0.5 + 1e-6


def test_the_form_tells_codes_and_places(claims: list[Claim]) -> None:
    for one in claims:
        professional = one.form == "P"
        assert one.entity.id == ("GROUP" if professional else "HOSPITAL")
        assert one.bill_type == ("" if professional else "11" if one.admitted else "13")
        assert bool(one.drg) == one.admitted
        assert all((line.revenue_code == "") == professional for line in one.lines)
        assert all(line.procedure for line in one.lines if professional)
        assert all(len(line.revenue_code) == 4 for line in one.lines if not professional)
        assert one.location.id == one.provider.location
        assert one.specialty == one.provider.specialty


def test_lines_point_to_diagnoses_that_are_there(claims: list[Claim]) -> None:
    for one in claims:
        assert len(set(one.diagnoses)) == len(one.diagnoses) <= 12
        for line in one.lines:
            wanted = 1 if one.form == "P" else 0
            assert wanted <= len(line.pointers) <= 4
            assert all(1 <= pointer <= len(one.diagnoses) for pointer in line.pointers)


def test_modifiers_that_coders_use_occur(claims: list[Claim]) -> None:
    used = {modifier for one in claims for line in one.lines for modifier in line.modifiers}
    assert used >= {"25", "59", "RT", "LT", "GP", "26", "TC"}


def test_diagnosis_and_modifier_agree_on_the_side(claims: list[Claim]) -> None:
    knees = [one for one in claims if any(line.procedure in ("27447", "29881", "66984") for line in one.lines)]
    assert len(knees) > 100
    for one in knees:
        side = {"M171": 4, "S832": 5, "H251": 4}.get(one.diagnoses[0][:4], 0)
        if side:
            modifiers = {modifier for line in one.lines for modifier in line.modifiers} & {"RT", "LT"}
            assert modifiers == {"RT" if one.diagnoses[0][side] == "1" else "LT"}


def test_care_fits_sex_and_age(claims: list[Claim]) -> None:
    deliveries = [one for one in claims if "Z370" in one.diagnoses]
    assert deliveries
    assert {one.patient.sex for one in deliveries} == {"F"}
    young = [one for one in claims if one.specialty == "pediatrics"]
    assert min(one.patient.birth.year for one in young) >= 2007


def test_every_visit_of_the_book_has_a_diagnosis_and_fees() -> None:
    for age in ("toddler", "child", "teen", "adult", "senior", "injured"):
        for sex in "FM":
            for visit in visits.choice(age, sex, 1).items:
                assert all(item.fee > 0 for item in visit.items), visit.name
                assert any(item.chance == 1 for item in visit.items), visit.name
                assert visit.diagnoses, visit.name
                assert all(group and all(len(code) >= 3 for code in group) for group in visit.diagnoses), visit.name


# --- days -------------------------------------------------------------------------------------------------------------


def test_services_are_in_the_month_and_claims_are_sent_on_a_working_day_soon_after(claims: list[Claim]) -> None:
    for number, one in enumerate(claims):
        assert (one.service_from.year, one.service_from.month) == (2026, 1 + number // A_MONTH)
        assert one.service_to >= one.service_from
        assert one.admitted or one.service_to == one.service_from
        assert 2 <= (one.submitted - one.service_to).days <= 6
        assert one.submitted.weekday() < 5


def test_clinics_are_quiet_on_weekends_and_the_emergency_room_is_not(claims: list[Claim]) -> None:
    clinics = [one.service_from.weekday() for one in claims if one.location.place_of_service == "11"]
    emergency = [one.service_from.weekday() for one in claims if one.location.id == "HE"]
    assert sum(day > 4 for day in clinics) / len(clinics) < 0.05
    assert sum(day > 4 for day in emergency) / len(emergency) == pytest.approx(2 / 7, abs=0.04)


def test_winter_brings_the_flu(claims: list[Claim]) -> None:
    flu = Counter(one.service_from.month for one in claims if one.diagnoses[0] in ("J101", "J111"))
    assert flu[1] + flu[2] + flu[12] > 4 * (flu[6] + flu[7] + flu[8])


def test_nobody_sees_patients_before_the_first_day_of_work(group: Group, claims: list[Claim]) -> None:
    new = [one for one in claims if one.provider.id in group.starts]
    assert new
    assert all(one.service_from >= group.starts[one.provider.id] for one in new)


def test_all_workers_and_places_have_claims(group: Group, claims: list[Claim]) -> None:
    assert {worker for one in claims for worker in (one.registrar, one.coder, one.biller)} == set(group.workers)
    assert {one.location.id for one in claims} == set(group.locations)
    assert all(group.workers[one.registrar].location == one.location.id for one in claims[:5000])
