"""What a real office does: a year and more of made-up denials go through its queues."""

import heapq
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from statistics import mean, median
from typing import NamedTuple

import pytest

from reclaim.rules.shelf import entries
from reclaim.world import office, outcomes
from reclaim.world.chance import stream
from reclaim.world.model import Answer, Worker
from tests.world.test_outcomes import DAY, LINES, MIX, denial, option

START = date(2024, 1, 1)
BILLERS = {f"BIL-{number}": Worker(f"BIL-{number}", "biller", "ELM", START, 1.0) for number in range(4)}
DENIALS = 400  # that the four expect each month
CODES = {
    "member_id_wrong": "CO-31",
    "name_mismatch": "CO-16 MA36",
    "birth_date_wrong": "CO-16 N329",
    "old_coverage": "CO-27",
    "coverage_ended": "CO-27",
    "other_payer_primary": "CO-22",
    "auth_missing": "CO-197",
    "auth_wrong": "CO-284",
    "auth_units": "CO-198 N54",
    "referral_missing": "CO-288",
    "modifier_missing": "CO-4 N519",
    "bundled_pair": "CO-97 M15",
    "diagnosis_mismatch": "CO-11",
    "invalid_code": "CO-181 N56",
    "wrong_place": "CO-5",
    "records_missing": "CO-252 M127",
    "itemized_missing": "CO-252 N26",
    "not_necessary": "CO-50",
    "level_of_care": "CO-58",
    "not_enrolled": "CO-B7",
    "duplicate_sent": "OA-18",
    "filed_late": "CO-29",
    "not_covered": "CO-204",
    "benefit_maximum": "CO-119",
    "payer_ignored_auth": "CO-197",
    "payer_old_file": "CO-27",
    "payer_wrong_bundle": "CO-236",
    "unit_limit": "CO-273 N362",
    "modifier_wanted": "CO-236",
    "records_wanted": "CO-252 M127",
    "policy_not_met": "CO-50 N115",
    "takeback": "CO-216 N421",
}


class Case(NamedTuple):
    """A denial and all that was done about it."""

    answer: Answer
    options: list[outcomes.Option]
    works: list[office.Work]

    @property
    def paid(self) -> bool:
        last = self.works[-1] if self.works else None
        return last is not None and outcomes.works(last.option, last.day)


@cache
def run(count: int, days: int, line: str = "", seed: int = 1) -> tuple[office.Office, list[Case]]:
    """So many denials over so many days, worked until each is paid, written off or given up; `line` "": all lines."""
    chance = stream(seed, "run", line)
    desk = office.Office(seed, BILLERS, START, DENIALS)
    arrivals = sorted(START + timedelta(int(chance.random() * days)) for _ in range(count))
    queue: list[tuple[date, int]] = []
    cases: list[Case] = []
    for number, day in enumerate(arrivals):
        cause = MIX.draw(chance)
        cents = round(chance.lognormvariate(10.2, 1.2)) + 1_000
        answer = denial(number, line or chance.choice(LINES), cause, cents, day)
        assert answer.denied is not None
        answer.denied.vague = chance.random() < 0.2
        answer.denied.codes = "CO-16 MA130" if answer.denied.vague else CODES[cause]
        cases.append(Case(answer, outcomes.options(answer, outcomes.latent(seed, answer)), []))
        heapq.heappush(queue, (day, number))
    while queue:
        day, number = heapq.heappop(queue)
        case = cases[number]
        if case.works:
            work = desk.next_after(case.works[-1], case.answer, day)
        else:
            work = desk.work(case.answer, case.options, day)
        if work:
            case.works.append(work)
            if work.action != "write_off" and not case.paid:
                heapq.heappush(queue, (max(work.answer_day, day), number))
    return desk, cases


def busy() -> list[Case]:
    """A year at more denials than four billers can work."""
    return run(4_500, 360)[1]


def usual() -> list[Case]:
    """A year at a load that they can carry."""
    return run(3_000, 360)[1]


def works(cases: list[Case], chosen: Callable[[office.Work], bool] = lambda _: True) -> list[office.Work]:
    return [work for case in cases for work in case.works if chosen(work)]


def rate(found: list[bool]) -> float:
    return sum(found) / len(found)


def test_nobody_works_more_minutes_than_there_are() -> None:
    desk, cases = run(4_500, 360)
    used: Counter[tuple[str, date]] = Counter()
    for work in works(cases):
        used[work.who, work.day] += work.minutes
    assert all(minutes <= desk.capacity(who) for (who, _), minutes in used.items())
    assert all(day.weekday() < 5 for _, day in used)
    assert max(used.values()) > 100


def test_nothing_is_done_before_it_is_known() -> None:
    for case in busy():
        days = [case.answer.day, *(day for work in case.works for day in (work.day, work.answer_day))]
        assert days == sorted(days)


def test_the_same_seed_gives_the_same_office_and_another_another() -> None:
    first = works(run(600, 60)[1])
    run.cache_clear()
    assert works(run(600, 60)[1]) == first
    assert works(run(600, 60, seed=2)[1]) != first


@pytest.mark.parametrize("line", LINES)
def test_appeals_that_an_office_files_succeed_at_the_published_rate(line: str) -> None:
    published = {one.name: float(one.published) for one in entries(outcomes.BOOK, "line", outcomes._LineEntry)}
    appeals = works(run(5_000, 600, line)[1], lambda work: work.action == "appeal_1")
    assert len(appeals) > 800
    assert abs(rate([work.option.would for work in appeals]) - published[line]) < 0.05


def test_of_what_is_worked_as_much_is_paid_as_surveys_find() -> None:
    worked = [case.paid for case in usual() if any(work.action != "write_off" for work in case.works)]
    assert 0.54 < rate(worked) < 0.72  # Premier: 54.3 % (2022) and some 70 % (2023)


def test_what_is_observed_is_not_what_is_true_of_all() -> None:
    cases = usual()
    by_all = rate([option.would for case in cases for option in case.options if option.action == "correct"])
    by_worked = rate([work.option.would for work in works(cases, lambda work: work.action == "correct")])
    assert by_worked > by_all + 0.08
    touched: dict[bool, list[bool]] = {True: [], False: []}
    for case in cases:
        touched[case.answer.charge >= 100_000].append(bool(case.works) and case.works[0].action != "write_off")
    assert rate(touched[True]) > rate(touched[False]) + 0.05


def test_a_backlog_pushes_work_past_its_deadline() -> None:
    def late(cases: list[Case]) -> float:
        sent = works(cases, lambda work: work.action == "send_records" and work.attempt == 1)
        return rate([work.day > work.option.deadline for work in sent])

    assert 0.02 < late(busy()) < 0.6
    assert late(run(600, 360)[1]) < 0.02


def test_late_work_brings_nothing() -> None:
    late = works(busy(), lambda work: work.day > work.option.deadline)
    assert late
    assert not any(outcomes.works(work.option, work.day) for work in late)


def test_big_dollars_go_first() -> None:
    waits: dict[bool, list[int]] = {True: [], False: []}
    for case in busy():
        if case.works:
            waits[case.answer.charge >= 100_000].append((case.works[0].day - case.answer.day).days)
    assert mean(waits[True]) < mean(waits[False]) / 2


def test_month_ends_belong_to_big_dollars() -> None:
    ends: dict[bool, list[int]] = {True: [], False: []}
    for work in works(busy(), lambda work: work.action != "write_off"):
        ends[(work.day + timedelta(3)).month != work.day.month].append(work.cents)
    assert median(ends[True]) > 1.5 * median(ends[False])


def test_nobody_works_less_than_30_dollars() -> None:
    desk = office.Office(1, BILLERS, START, DENIALS)
    small = [denial(number, "commercial", "auth_missing", cents=2_999) for number in range(200)]
    found = [desk.work(one, outcomes.options(one, outcomes.latent(1, one)), DAY) for one in small]
    assert not any(found)
    stale = desk.settle_stale(DAY + timedelta(365))
    assert {work.reason for work in stale} == {"small_balance"}
    assert len(stale) == 200


def test_what_nobody_touched_for_a_year_is_written_off_once() -> None:
    desk = office.Office(1, BILLERS, START, DENIALS)
    left = []
    for number in range(400):
        answer = denial(number, "commercial", "auth_missing", cents=20_000)
        if desk.work(answer, outcomes.options(answer, outcomes.latent(1, answer)), DAY) is None:
            left.append(answer.key)
    assert left
    desk.close(left[0])
    assert desk.settle_stale(DAY + timedelta(364)) == []
    stale = desk.settle_stale(DAY + timedelta(365))
    assert [work.key for work in stale] == left[1:]
    assert {(work.action, work.who, work.minutes) for work in stale} == {("write_off", "", 0)}
    assert desk.settle_stale(DAY + timedelta(366)) == []


def test_write_offs_have_a_reason_and_nothing_else_does() -> None:
    reasons = office.reasons()
    for work in works(busy()):
        assert (work.reason in reasons) == (work.action == "write_off")
    given = {work.reason for work in works(busy())} - {""}
    assert {"small_balance", "not_worth_trying", "deadline_passed", "exhausted", "patient_did_not_pay"} == given


def test_the_office_sees_codes_and_never_the_cause() -> None:
    def first(cause: str) -> list[tuple[str, date, str] | None]:
        desk, found = office.Office(1, BILLERS, START, DENIALS), []
        plans = [outcomes.options(one, outcomes.latent(1, one)) for one in _same(80, "auth_missing")]
        for answer, plan in zip(_same(80, cause), plans, strict=True):
            work = desk.work(answer, plan, DAY)
            found.append((work.action, work.day, work.who) if work else None)
        return found

    assert first("auth_missing") == first("not_covered")


def test_vague_codes_lead_to_wrong_first_steps() -> None:
    wins: dict[bool, list[bool]] = {True: [], False: []}
    for case in usual():
        if case.works and case.works[0].action != "write_off" and case.answer.denied:
            wins[case.answer.denied.vague].append(case.works[0].option.would)
    assert rate(wins[False]) > rate(wins[True]) + 0.1


def test_a_failed_appeal_of_big_dollars_goes_up_and_of_small_ones_ends() -> None:
    assert _after_appeal(cents=500_000) == {"appeal_2", "correct"}
    assert _after_appeal(cents=20_000) == {"write_off", "correct"}


def test_after_a_write_off_nothing_follows() -> None:
    desk, cases = run(600, 60)
    case = next(case for case in cases if case.works and case.works[-1].action == "write_off")
    assert desk.next_after(case.works[-1], case.answer, case.works[-1].day) is None


def test_no_denial_is_worked_without_end() -> None:
    assert max(work.attempt for work in works(busy())) <= 5


def test_billers_differ() -> None:
    first: dict[str, Counter[str]] = {}
    for case in run(3_000, 360)[1]:
        if case.works:
            first.setdefault(case.works[0].who, Counter())[case.works[0].action] += 1
    written = [counts["write_off"] / counts.total() for counts in first.values()]
    assert max(written) > 1.5 * min(written)


def test_an_office_without_billers_says_so() -> None:
    with pytest.raises(ValueError, match="no biller"):
        office.Office(1, {"COD-1": Worker("COD-1", "coder", "ELM", START, 1.0)}, START, DENIALS)


def test_what_is_not_denied_is_not_worked() -> None:
    answer = denial(1, "commercial", "auth_missing")
    answer.denied = None
    assert office.Office(1, BILLERS, START, DENIALS).work(answer, [], DAY) is None


def _same(count: int, cause: str) -> list[Answer]:
    """Denials told by the same codes, whatever the cause."""
    made = [denial(number, "commercial", cause) for number in range(count)]
    for answer in made:
        assert answer.denied is not None
        answer.denied.codes = "CO-197"
    return made


def _after_appeal(cents: int) -> set[str]:
    """What follows failed first appeals of so many cents each."""
    desk = office.Office(1, BILLERS, START, DENIALS)
    found = set()
    for number in range(60):
        answer = denial(number, "commercial", "auth_missing", cents)
        plan = outcomes.options(answer, outcomes.latent(1, answer))
        assert answer.denied is not None
        answer.denied.codes = "CO-197"
        day = DAY + timedelta(number)
        appeal = option(answer, "appeal_1")
        failed = office.Work(
            *(answer.key, answer.claim.id, "appeal_1", day, answer.claim.biller, 57, day),
            *(2 if number % 2 else 1, "", cents, appeal, plan),
        )
        if work := desk.next_after(failed, answer, day):
            found.add(work.action)
    return found


@pytest.mark.parametrize("billers", [2, 3, 7, 20])
def test_habits_and_skill_share_out_alike_over_few_billers_and_many(billers: int) -> None:
    shares = {one.name: float(one.share) for one in entries(office.BOOK, "habit", office._HabitEntry)}
    for seed in range(20):
        natures = office._natures(seed, billers, 85.0 * billers)
        held = Counter(one.habit.name for one in natures)
        for name, share in shares.items():
            assert abs(held[name] - share * billers) < 2, f"of {billers} billers of seed {seed}, {held}"
        assert mean(one.skill for one in natures) == pytest.approx(1.0, abs=0.1)


def test_more_denials_give_billers_more_time_up_to_a_whole_day() -> None:
    minutes = [mean(one.capacity for one in office._natures(1, 4, each)) for each in (10, 300, 600, 6_000)]
    assert minutes == sorted(minutes)
    assert minutes[0] < minutes[1] < minutes[2]
    assert minutes[-1] == pytest.approx(420, abs=2)
