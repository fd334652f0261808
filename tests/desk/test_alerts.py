"""Who is told what: what waited comes back, deadlines are told on their days, once, without anything of patients."""

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.core import mail as mailbox
from django.core.mail import EmailMessage
from django.utils import timezone
from pytest_django import Settings

from reclaim.desk import actions, alerts, escalating
from reclaim.desk.alerts import News, Wish
from reclaim.desk.models import Alert, AlertChoice, Case, Stage, State, Waiting
from reclaim.people.models import Absence, Event, Membership, Organization, User
from tests.web import factory

Member = Callable[[Organization, str], User]
NINE = datetime(2026, 11, 23, 9, 0)  # noqa: DTZ001  made aware where it is used


def today() -> date:
    return timezone.localdate()


def day(ahead: int) -> date:
    return today() + timedelta(days=ahead)


@pytest.fixture
def manager(organization: Organization, member: Member) -> User:
    return member(organization, "manager")


@pytest.fixture
def case(organization: Organization, biller: User) -> Case:
    factory.many_cases(organization, 1, today())
    Case.objects.update(owner=biller, deadline=None, days="", state=State.OPEN, denied=100)
    return Case.objects.get()


def told(user: User, sort: str = "") -> list[str]:
    rows = Alert.objects.filter(user=user).order_by("pk")
    return list((rows.filter(sort=sort) if sort else rows).values_list("text", flat=True))


def run(on: date | None = None) -> None:
    for _ in range(2):  # twice, for nobody is told twice
        escalating.watch(on or today())
        escalating.remind(on or today())


# --- what waited ------------------------------------------------------------------------------------------------------


def test_a_snoozed_case_wakes_on_its_day_and_its_owner_is_told(case: Case, biller: User) -> None:
    actions.snooze(biller, case, until=day(3))
    run(day(2))
    case.refresh_from_db()
    assert case.stage == Stage.WAITING
    run(day(3))
    case.refresh_from_db()
    assert (case.stage, case.waiting, case.until) == (Stage.WORKING, Waiting.NOBODY, None)
    event = Event.objects.get(verb="woke_case")
    assert (event.user, event.detail["job"]) == (None, "escalation")
    assert told(biller, "woke") == [f"Case {case.pk} is back: today is the day until which it was put aside."]


def test_an_answer_that_does_not_come_in_time_brings_the_case_back(case: Case, biller: User) -> None:
    actions.mark_sent(biller, case, actions.Parcel("corrected", "portal", expected=day(10)))
    run(day(10))
    assert told(biller, "no_answer") == []
    run(day(11))
    case.refresh_from_db()
    assert case.stage == Stage.WORKING
    assert len(told(biller, "no_answer")) == 1


# --- what comes near --------------------------------------------------------------------------------------------------


def test_deadlines_are_told_at_each_of_the_chosen_days_and_when_they_have_passed(case: Case, biller: User) -> None:
    Case.objects.update(deadline=day(20), deadline_kind="appeal_1")
    counts = []
    for ahead in range(24):
        run(day(ahead))
        counts.append(Alert.objects.filter(user=biller, case=case).count())
    news = [ahead for ahead in range(1, 24) if counts[ahead] > counts[ahead - 1]]
    assert news == [6, 13, 17, 19, 21], "14, 7, 3 and 1 days before, and the day after"
    assert [each.sort for each in Alert.objects.filter(user=biller).order_by("pk")] == ["due"] * 4 + ["overdue"]


@pytest.mark.usefixtures("case")
def test_what_is_with_the_payer_is_not_told_as_due(biller: User) -> None:
    Case.objects.update(deadline=day(3), deadline_kind="appeal_1")
    actions.mark_sent(biller, Case.objects.get(), actions.Parcel("appeal", "portal"))
    run()
    assert told(biller) == []


@pytest.mark.usefixtures("case")
def test_old_news_is_no_news(biller: User, manager: User) -> None:
    Case.objects.update(deadline=day(-40), created_at=timezone.now() - timedelta(days=100))
    run()
    assert told(biller) + told(manager) == []


@pytest.mark.usefixtures("case")
def test_a_case_that_nobody_works_is_told_to_its_owner_and_counted_for_managers(biller: User, manager: User) -> None:
    Case.objects.update(created_at=timezone.now() - timedelta(days=13, hours=22))
    run()
    assert told(biller) == []
    Case.objects.update(created_at=timezone.now() - timedelta(days=14, hours=1))
    run()
    assert len(told(biller, "untouched")) == 1
    assert told(manager, "untouched") == ["Not worked for 14 days: 1 case."]
    Case.objects.update(worked_at=timezone.now())
    run()
    assert len(told(biller, "untouched")) == 1


def test_a_large_new_denial_is_told_to_owner_and_managers(case: Case, biller: User, manager: User) -> None:
    Case.objects.update(denied="10000.01", opened=today(), created_at=timezone.now())
    run()
    text = f"Case {case.pk} is a new denial above $10,000."
    assert told(biller, "large") == told(manager, "large") == [text]


@pytest.mark.usefixtures("case")
def test_cover_is_told_in_place_of_who_is_away(organization: Organization, biller: User, manager: User) -> None:
    members = Membership.objects.filter(organization=organization)
    Absence.objects.create(
        organization=organization,
        membership=members.get(user=biller),
        first=today(),
        last=today(),
        cover=members.get(user=manager),
    )
    Case.objects.update(deadline=day(3), deadline_kind="appeal_1")
    run()
    assert (len(told(biller)), len(told(manager, "due"))) == (0, 1)


@pytest.mark.usefixtures("case")
def test_cases_that_nobody_has_are_counted_for_managers(biller: User, manager: User) -> None:
    Case.objects.update(owner=None, deadline=day(3))
    run()
    assert told(biller) == []
    assert told(manager, "due") == ["Due within 7 days, and nobody has taken them: 1 case."]


def test_no_alert_names_a_patient_or_a_claim(case: Case, biller: User, manager: User) -> None:
    Case.objects.update(deadline=day(1), deadline_kind="appeal_1", denied=99_999, created_at=timezone.now())
    Case.objects.update(opened=today())
    run()
    said = " ".join(told(biller) + told(manager))
    assert said
    assert case.patient.partition(",")[0] not in said
    assert case.control_number not in said
    assert "99,999" not in said


# --- telling ----------------------------------------------------------------------------------------------------------


def test_many_of_one_sort_are_told_in_one_line_and_the_rest_another_day(
    organization: Organization, biller: User
) -> None:
    news = [News(biller.pk, "due", f"due:{number}", f"Case {number}.") for number in range(alerts.MOST + 10)]
    alerts.tell(organization, news)
    assert len(told(biller)) == alerts.MOST + 1
    assert told(biller)[-1].startswith("10 more cases ")
    alerts.tell(organization, news)
    assert len(told(biller)) == alerts.MOST + 11


def test_what_somebody_does_not_want_is_not_told(organization: Organization, biller: User) -> None:
    alerts.choose(biller, organization, Wish(unwanted=("due",)))
    alerts.tell(organization, [News(biller.pk, "due", "a", "A"), News(biller.pk, "woke", "b", "B")])
    assert told(biller) == ["B"]
    with pytest.raises(alerts.ChoiceError):
        alerts.choose(biller, organization, Wish(unwanted=("odd",)))
    with pytest.raises(alerts.ChoiceError):
        alerts.choose(biller, organization, Wish(quiet_from=time(20)))


def test_alerts_are_one_s_own(organization: Organization, biller: User, manager: User) -> None:
    alerts.tell(organization, [News(biller.pk, "due", "a", "A"), News(biller.pk, "due", "b", "B")])
    first = Alert.objects.earliest("pk")
    assert (alerts.unread(biller), alerts.unread(manager)) == (2, 0)
    assert alerts.read(manager, first.pk) is None
    assert alerts.read(biller, first.pk) == first
    assert alerts.unread(biller) == 1
    assert (alerts.read_all(manager), alerts.read_all(biller)) == (0, 1)


def test_old_alerts_are_forgotten(organization: Organization, biller: User) -> None:
    alerts.tell(organization, [News(biller.pk, "due", key, key) for key in ("read", "old", "new")])
    ago = timezone.now() - timedelta(days=31)
    Alert.objects.filter(key="read").update(read_at=ago)
    Alert.objects.filter(key="old").update(at=timezone.now() - timedelta(days=121))
    alerts.forget_old()
    assert told(biller) == ["new"]


# --- the mail ---------------------------------------------------------------------------------------------------------


def at(hour: int, minute: int = 0, days: int = 0) -> datetime:
    return timezone.make_aware(datetime.combine(day(days), time(hour, minute)))


def test_a_daily_mail_counts_and_links_and_says_nothing_of_patients(
    case: Case, biller: User, settings: Settings
) -> None:
    Case.objects.update(deadline=today(), deadline_kind="appeal_1")
    run()
    assert alerts.mail(at(6, 59)) == 0
    assert alerts.mail(at(7)) == 1
    assert alerts.mail(at(9)) == 0, "once a day"
    sent = mailbox.outbox[0]
    assert sent.to == [biller.email]
    assert sent.subject == "Reclaim: 0 overdue, 1 due today, 0 due this week"
    assert f"{settings.ADDRESS}/cases/{case.pk}" in sent.body
    assert case.patient.partition(",")[0] not in sent.body + sent.subject
    assert case.control_number not in sent.body
    assert set(re.findall(r"https?://[^/\s]+", str(sent.body))) == {settings.ADDRESS}
    assert Event.objects.get(verb="mailed_digests").detail["people"] == 1
    assert alerts.mail(at(7, days=1)) == 1
    assert "New for you" not in mailbox.outbox[1].body, "each alert is mailed once"


@pytest.mark.usefixtures("case")
def test_nobody_with_nothing_is_mailed_nor_who_does_not_want_it(organization: Organization, biller: User) -> None:
    assert alerts.mail(at(8)) == 0
    Case.objects.update(deadline=today())
    alerts.choose(biller, organization, Wish(digest=False))
    assert alerts.mail(at(8)) == 0
    assert mailbox.outbox == []


@pytest.mark.usefixtures("case")
def test_quiet_hours_hold_the_mail_back(organization: Organization, biller: User) -> None:
    Case.objects.update(deadline=today())
    alerts.choose(biller, organization, Wish(quiet_from=time(18), quiet_to=time(9, 30)))
    assert alerts.mail(at(9, 15)) == 0
    assert alerts.mail(at(9, 30)) == 1


@pytest.mark.parametrize(
    ("begin", "end", "hour", "silent"),
    [(22, 6, 23, True), (22, 6, 5, True), (22, 6, 6, False), (9, 17, 12, True), (9, 17, 17, False), (8, 8, 8, False)],
)
def test_quiet_hours_may_span_midnight(begin: int, end: int, hour: int, silent: bool) -> None:
    assert alerts.quiet(Wish(quiet_from=time(begin), quiet_to=time(end)), time(hour)) is silent


@pytest.mark.usefixtures("case", "biller")
def test_a_mail_that_cannot_be_sent_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    Case.objects.update(deadline=today())

    def broken(*_: Any, **__: Any) -> int:  # noqa: ANN401  whatever it is called with
        raise ConnectionRefusedError

    with monkeypatch.context() as patched:
        patched.setattr(EmailMessage, "send", broken)
        assert alerts.mail(at(8)) == 0
    assert not AlertChoice.objects.filter(mailed_on=today()).exists()
    assert alerts.mail(at(8, 15)) == 1
