"""Faults: what is struck differs where the fault says so, and only there; what is repaired is right again."""

import re
from collections import Counter
from copy import deepcopy
from dataclasses import fields, replace
from datetime import date, timedelta
from math import prod
from pathlib import Path

import pytest

from reclaim.rules.shelf import BookError
from reclaim.world import causes as cause_book
from reclaim.world.care import Care
from reclaim.world.causes import causes, errs
from reclaim.world.chance import stream
from reclaim.world.events import Events
from reclaim.world.faults import Faults, repaired
from reclaim.world.hidden import Hidden
from reclaim.world.model import Claim, Enrollment
from reclaim.world.payers import payers
from reclaim.world.people import found
from reclaim.world.regimes import Regime, regime, regimes
from tests.world.clean import CLINIC, DOCTOR, SINCE, UNTIL, WORKERS, claim, claims, events

HAILSTORM = regime("typical")._replace(faults=4.0, payer_errors=4.0)
A_CAUSE = """name = "not_covered"
words = ""
who = "patient"
edit = "benefits"
level = "line"
type = "administrative"
fixable = "patient"
share = 1
"""
NO_DENIAL = {"payer_wrong_fee", "duplicate_sent"}  # paid too little; counted apart
PLACES = {  # what of a claim changes under each cause; a cause that is not here leaves the claim as it is
    "member_id_wrong": {"member_id"},
    "name_mismatch": {"last_name"},
    "birth_date_wrong": {"birth"},
    "old_coverage": {"coverage", "payer"},
    "coverage_ended": {"coverage"},
    "other_payer_primary": {"coverage", "payer"},
    "auth_missing": {"authorization"},
    "auth_wrong": {"authorization"},
    "referral_missing": {"referral"},
    "modifier_missing": {"lines"},
    "bundled_pair": {"lines"},
    "invalid_code": {"lines"},
    "diagnosis_mismatch": {"diagnoses"},
    "wrong_place": {"location"},
    "filed_late": {"submitted"},
}


def struck(many: list[Claim], under: Regime = HAILSTORM, seed: int = 1) -> list[Claim]:
    faults = Faults(seed, under, events(), WORKERS)
    for one in many:
        faults.strike(one)
    return many


def changed(one: Claim, other: Claim) -> set[str]:
    names = {field.name for field in fields(Claim)} - {"faults"}
    return {name for name in names if getattr(one, name) != getattr(other, name)}


@pytest.fixture(scope="module")
def pairs() -> list[tuple[Claim, Claim]]:
    """Clean claims, and the same after many slips."""
    return list(zip(claims(4000), struck(claims(4000)), strict=True))


def test_every_cause_but_a_lapse_strikes_in_a_hailstorm(pairs: list[tuple[Claim, Claim]]) -> None:
    seen = {fault.kind for _, sent in pairs for fault in sent.faults}
    assert seen == set(causes()) - {"not_enrolled"}


def test_a_struck_claim_differs_where_its_faults_say_and_nowhere_else(pairs: list[tuple[Claim, Claim]]) -> None:
    for clean, sent in pairs:
        may = set().union(*(PLACES.get(fault.kind, set()) for fault in sent.faults))
        assert changed(clean, sent) <= may, sent.faults
        for fault in sent.faults:
            must = PLACES.get(fault.kind, set()) - {"payer"}
            if fault.element or fault.kind == "filed_late":
                assert must & changed(clean, sent), fault
            else:
                assert fault.kind not in PLACES or fault.kind == "other_payer_primary", fault


def test_a_line_fault_changes_that_line_only(pairs: list[tuple[Claim, Claim]]) -> None:
    seen = 0
    for clean, sent in pairs:
        for fault in sent.faults:
            if PLACES.get(fault.kind) == {"lines"}:
                odd = [one.number for one in sent.lines if one not in clean.lines]
                assert odd == [fault.line]
                seen += 1
    assert seen > 50


def test_a_fault_names_a_line_just_when_its_cause_takes_lines(pairs: list[tuple[Claim, Claim]]) -> None:
    for _, sent in pairs:
        for fault in sent.faults:
            numbers = [0] if causes()[fault.kind].level == "claim" else [line.number for line in sent.lines]
            assert fault.line in numbers


def test_repaired_gives_back_what_was_right_and_shares_nothing_with_what_was_sent(
    pairs: list[tuple[Claim, Claim]],
) -> None:
    for clean, sent in pairs[::5]:
        before = deepcopy(sent)
        fixed = repaired(sent)
        assert changed(clean, fixed) <= {"submitted"}
        assert fixed.faults == []
        fixed.lines[0].charge += 1
        assert sent == before


def test_a_fault_says_whose_it_was(pairs: list[tuple[Claim, Claim]]) -> None:
    for clean, sent in pairs:
        for fault in sent.faults:
            role = causes()[fault.kind].who
            if role in ("registrar", "coder", "biller"):
                hidden = fault.kind == "other_payer_primary" and not fault.element
                assert fault.who == (sent.patient.id if hidden else getattr(clean, role))
            if role == "payer":
                assert fault.who in payers()


def test_the_old_coverage_had_ended_and_its_payer_gets_the_claim(pairs: list[tuple[Claim, Claim]]) -> None:
    others = 0
    for clean, sent in pairs:
        if any(fault.kind in ("old_coverage", "coverage_ended") for fault in sent.faults):
            assert sent.coverage.until
            assert sent.coverage.until < sent.service_from
            others += sent.payer is not clean.payer
    assert others > 5


def test_a_late_claim_leaves_after_the_limit(pairs: list[tuple[Claim, Claim]]) -> None:
    for _, sent in pairs:
        late = any(fault.kind == "filed_late" for fault in sent.faults)
        assert late == (sent.submitted > sent.service_to + timedelta(days=sent.payer.habits.filing_days))


def test_causes_that_need_something_strike_only_where_it_is(pairs: list[tuple[Claim, Claim]]) -> None:
    for clean, sent in pairs:
        kinds = {fault.kind for fault in sent.faults}
        assert clean.authorization or not kinds & {"auth_missing", "auth_wrong", "auth_units", "payer_ignored_auth"}
        assert clean.referral or "referral_missing" not in kinds
        assert clean.admitted or not kinds & {"level_of_care", "itemized_missing"}
        assert clean.form == "P" or not kinds & {"wrong_place", "bundled_pair", "not_enrolled"}


def test_two_faults_are_rare_and_never_of_one_edit(pairs: list[tuple[Claim, Claim]]) -> None:
    assert max(len(sent.faults) for _, sent in pairs) == 2
    for _, sent in pairs:
        edits = [causes()[fault.kind].edit for fault in sent.faults]
        assert len(set(edits)) == len(edits)
    typical = Counter(len(one.faults) for one in struck(claims(4000), regime("typical")))
    assert typical[2] < typical[1] / 5


def test_the_same_seed_gives_the_same_faults_in_any_order() -> None:
    forward, backward = claims(1500), claims(1500)
    struck(forward)
    struck(backward[::-1])
    assert forward == backward
    assert struck(claims(1500), seed=2) != forward


def test_a_provider_who_is_not_enrolled_is_always_denied_in_the_gap_and_never_out_of_it() -> None:
    gap = (date(2025, 5, 1), date(2025, 6, 30))
    enrolled = tuple(
        span
        for payer in payers()
        for span in (
            Enrollment(payer, date(2020, 1, 1), gap[0] - timedelta(days=1)),
            Enrollment(payer, gap[1] + timedelta(days=1), None),
        )
    )
    many = claims(2000)
    for one in many:
        one.provider = replace(DOCTOR, enrollments=enrolled)
    for one in struck(many):
        lapsed = any(fault.kind == "not_enrolled" and fault.who == "DR1" for fault in one.faults)
        assert lapsed == (one.form == "P" and gap[0] <= one.service_from <= gap[1])


def test_a_clumsy_worker_slips_more() -> None:
    clumsy = WORKERS | {"COD-0": replace(WORKERS["COD-0"], slips=6.0)}
    faults = Faults(1, regime("typical"), events(), clumsy)
    by_coder: Counter[str] = Counter()
    for one in claims(6000):
        faults.strike(one)
        by_coder.update(fault.who for fault in one.faults if fault.who.startswith("COD"))
    assert by_coder["COD-0"] > 3 * max(by_coder["COD-1"], by_coder["COD-2"])


def test_medicare_advantage_errs_as_much_more_as_the_book_says() -> None:
    wrong: Counter[bool] = Counter()
    sent: Counter[bool] = Counter()
    for one in struck(claims(20_000), regime("typical")):
        if one.form == "P":
            ours = one.payer.line_of_business == "medicare_advantage"
            sent[ours] += 1
            wrong[ours] += any(fault.kind in ("payer_old_file", "payer_wrong_bundle") for fault in one.faults)
    times = (wrong[True] / sent[True]) / (wrong[False] / sent[False])
    assert times == pytest.approx(errs()["medicare_advantage"], rel=0.25)


def test_stays_are_struck_as_much_less_as_the_book_says() -> None:
    stays: Counter[str] = Counter()
    others: Counter[str] = Counter()
    for one in struck(claims(40_000), regime("typical")):
        (stays if one.admitted else others).update(fault.kind for fault in one.faults)
    times = (stays["auth_missing"] / 8_000) / (others["auth_missing"] / 32_000)  # one claim in five is a stay
    assert times == pytest.approx(float(causes()["auth_missing"].stays), rel=0.25)


@pytest.mark.parametrize("kind", ["calm", "typical", "hard"])
def test_a_harder_regime_strikes_as_much_more_as_it_says(kind: str) -> None:
    ours = {name for name, cause in causes().items() if cause.who != "payer"}

    def count(under: Regime) -> int:
        return sum(fault.kind in ours for one in struck(claims(5000), under) for fault in one.faults)

    ratio = count(regime(kind)) / count(regime("typical"))
    assert ratio == pytest.approx(regime(kind).faults, rel=0.12)


@pytest.mark.parametrize(("kind", "denied"), [("calm", 0.06), ("typical", 0.115), ("hard", 0.19)])
def test_claims_denied_at_first_come_near_the_published_rate(kind: str, denied: float) -> None:
    group = found(1, 400, SINCE, UNTIL)
    course = Events(1, SINCE, UNTIL, group.workers, payers())
    care, faults = Care(group, payers(), 1), Faults(1, regime(kind), course, group.workers)
    rules = Hidden(1, regime(kind), course)
    count, lost = 0, 0.0
    for month in range(1, 13):
        for one in care.month(2025, month, 400):
            faults.strike(one)
            met = [causes()[fault.kind] for fault in one.faults if fault.kind not in NO_DENIAL]
            if met or rules.first(one, one.submitted):
                lost += prod(1 - float(cause.rejects) for cause in met)  # what the front door stops is no denial
            count += 1
    assert lost / count == pytest.approx(denied, abs=0.015)


def test_an_unknown_regime_is_refused_with_the_names_there_are() -> None:
    assert list(regimes()) == ["calm", "typical", "hard"]
    with pytest.raises(BookError, match="choose one of calm, typical, hard"):
        regime("brutal")


# --- events -----------------------------------------------------------------------------------------------------------


def test_the_outage_raises_coverage_faults_fourfold_in_its_nine_days_at_every_desk() -> None:
    outage = next(one for one in events().all() if one.name == "eligibility_outage")
    assert (outage.until - outage.since).days == 8
    chance = stream(1, "test")
    faults = Faults(1, regime("typical"), events(), WORKERS)
    counts = {True: 0, False: 0}
    for number in range(12_000):
        one = claim(number, chance)
        inside = number % 2 == 0
        one.service_from = outage.since + timedelta(days=number % 9) if inside else outage.until + timedelta(days=1)
        one.service_to = one.service_from
        faults.strike(one)
        found = [fault for fault in one.faults if fault.kind in outage.faults]
        counts[inside] += len(found)
        assert all((fault.event == outage.name) == inside for fault in found)
    assert counts[True] / counts[False] == pytest.approx(4, rel=0.3)


def test_an_event_of_one_person_leaves_the_others_alone() -> None:
    month = next(one for one in events().all() if one.name == "bad_month_at_a_desk")
    one = claim(1, stream(1, "test"))
    one.service_from = month.since
    one.registrar = month.worker
    assert events().factor("member_id_wrong", one) == (4.0, "bad_month_at_a_desk")
    assert events().factor("not_covered", one) == (1.0, "")
    one.registrar = next(name for name in WORKERS if name.startswith("REG") and name != month.worker)
    assert events().factor("member_id_wrong", one) == (1.0, "")


def test_an_event_holds_on_its_days_only() -> None:
    for event in events().all():
        one = claim(1, stream(1, "test"))
        if event.worker:
            one.registrar = one.coder = one.biller = event.worker
        for day, inside in ((event.since, True), (event.until, True), (event.until + timedelta(days=1), False)):
            one.service_from = day
            for name in event.faults:
                others = [x for x in events().all() if x.name != event.name and name in x.faults]
                if any(x.since <= day <= x.until for x in others):
                    continue
                assert (events().factor(name, one)[1] == event.name) == inside


def test_winter_comes_once_for_each_winter_of_the_run() -> None:
    spans = [(one.since, one.until) for one in events().all() if one.name == "winter"]
    assert spans == [(SINCE, date(2025, 2, 28)), (date(2025, 12, 1), UNTIL)]


def test_the_slow_payer_takes_twice_as_long_for_six_weeks_and_no_other_payer_does() -> None:
    slow = next(one for one in events().all() if one.name == "slow_payer")
    (payer,) = slow.payers
    assert events().delay(payer, slow.since) == events().delay(payer, slow.until) == 2.0
    assert events().delay(payer, slow.until + timedelta(days=1)) == 1.0
    assert all(events().delay(other, slow.since) == 1.0 for other in payers() if other != payer)
    assert (slow.until - slow.since).days == 41


def test_events_keep_within_the_run_and_one_seed_picks_the_same_people() -> None:
    assert events(3).all() == events(3).all()
    assert all(SINCE <= one.since <= one.until <= UNTIL for one in events().all())
    picked = {next(e.worker for e in events(seed).all() if e.name == "new_coder") for seed in range(20)}
    assert picked == {"COD-0", "COD-1", "COD-2"}


# --- the book ---------------------------------------------------------------------------------------------------------


def book(folder: Path, edit: tuple[str, str]) -> Path:
    text = cause_book.BOOK.read_text(encoding="utf-8")
    assert edit[0] in text
    path = folder / "faults.toml"
    path.write_text(text.replace(*edit, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (('name = "not_covered"', 'name = "not_paid"'), "write one of 'member_id_wrong'"),
        (('name = "not_covered"', 'name = "auth_units"'), "lacks not_covered"),
        (("# Always part", "[[cause]]\n" + A_CAUSE + "# Always part"), "has not_covered twice"),
        (('category = "A7"\n', ""), "`rejects` needs `category` and `status`"),
        (('"ophthalmology"', '"eyes"'), "benefit_maximum: no specialty or line of business is called eyes"),
        (("share = 20.8", "shares = 20.8"), "nobody reads `shares`"),
    ],
)
def test_a_wrong_book_of_causes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edit: tuple[str, str], message: str
) -> None:
    monkeypatch.setattr(cause_book, "BOOK", book(tmp_path, edit))
    with pytest.raises(BookError, match=re.escape(message)):
        causes.__wrapped__()


def test_an_event_of_an_unknown_payer_is_refused() -> None:
    with pytest.raises(BookError, match=r"events.toml, slow_payer: no payer GARNET"):
        Events(1, SINCE, UNTIL, WORKERS, {})


def test_the_clinic_is_never_changed_for_everybody() -> None:
    struck(claims(1000))
    assert CLINIC.place_of_service == "11"
