"""The page of a case: read again from the bytes that came in, and never read unseen."""

import re
from datetime import date

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from reclaim.desk import cases, priorities
from reclaim.desk.models import Case, State
from reclaim.people.models import Event, Organization, Role, User
from reclaim.people.preferences import choose
from reclaim.record.models import Adjudication
from reclaim.web import case as case_page
from reclaim.web import words
from tests.reception import written
from tests.web import factory
from tests.web.test_queue import signed_in

FILES = ("20260918_harbor_mutual_ppo.835", "prairie_lantern_20261002.835")
TODAY = date(2026, 11, 23)


@pytest.fixture
def house(db: None) -> Organization:  # noqa: ARG001  rows need the database
    owner = factory.organization()
    factory.received(owner, *FILES)
    return owner


@pytest.fixture
def biller(house: Organization) -> User:
    return factory.person(house)


def one(control_number: str) -> Case:
    return cases.one(Case.objects.all()).get(control_number=control_number)


def text(page: bytes) -> str:
    """What a reader sees."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.decode()))


def test_every_case_is_judged_from_its_bytes_as_its_row_says(house: Organization) -> None:
    every = cases.one(Case.objects.filter(organization=house))
    assert every.count() > 8
    for case in every:
        (judged,) = cases.judge(case, timezone.localdate(), case_page.read_span)
        assert judged.denial.identification.denied_amount == case.denied, case.control_number
        assert judged.denial.classification.type == case.type
        assert judged.denial.plan.next.action == case.action
        assert judged.denial.priority.expected == case.expected
        first = judged.denial.deadlines[0] if judged.denial.deadlines else None
        assert (first.day if first else None) == case.deadline


def test_a_biller_understands_a_denial(biller: User) -> None:
    case = one("FH-20422")
    page = text(signed_in(biller).get(f"/cases/{case.pk}").content)
    for said in (
        "Required claim data absent or wrong",  # why, in words
        "N290",
        "$207.00",
        "Owen Pebble",
        "HARBOR MUTUAL PPO",
        "HM26091800102",
        "Send a replacement claim",
        "90 calendar days from the date of service",  # a deadline's rule and start
        "Not confirmed",
        "99213",
        "$165.00",
        "CO-16",
    ):
        assert said in page, said


def test_lines_add_up_to_what_is_denied(house: Organization) -> None:
    for case in cases.one(Case.objects.filter(organization=house)):
        (judged,) = cases.judge(case, TODAY, case_page.read_span)
        assert sum(each.denied for each in judged.lines) == case.denied, case.control_number
        for each in judged.lines:
            if each.line and each.line.charge is not None and each.line.paid is not None and case.kind != "takeback":
                taken = sum(one.amount or 0 for one in each.adjustments)
                assert each.line.charge - taken == each.line.paid, case.control_number


def test_earlier_and_later_answers_stand_beside_it(biller: User) -> None:
    case = Case.objects.filter(answers__gt=1).first()
    assert case is not None
    page = text(signed_in(biller).get(f"/cases/{case.pk}").content)
    assert "All answers to this claim" in page
    for answer in Adjudication.objects.filter(key=case.key):
        assert words.money(answer.paid) in page


def test_opening_is_an_event_without_patient_data(biller: User) -> None:
    case = one("FH-20422")
    signed_in(biller).get(f"/cases/{case.pk}")
    event = Event.objects.filter(verb="viewed_case").get()
    assert (event.user, event.subject) == (biller, f"desk.case:{case.pk}")
    assert "PEBBLE" not in str(event.detail)


def test_segments_on_demand_are_the_bytes_that_came(biller: User) -> None:
    case = one("FH-20422")
    client = signed_in(biller)
    for headers in ({}, {"HX-Request": "true"}):
        answer = client.get(f"/cases/{case.pk}/segments", headers=headers)
        shown = re.search(r"<pre[^>]*>(.*?)</pre>", answer.content.decode(), re.DOTALL)
        assert shown is not None
        lines = shown.group(1).strip().splitlines()
        sample = (factory.SAMPLES / FILES[0]).read_text().replace("\n", "").split("~")
        start = next(place for place, each in enumerate(sample) if each.startswith("CLP*FH-20422*"))
        assert lines == sample[start : start + len(lines)]
    assert ("<html" in answer.content.decode()) is False
    assert Event.objects.filter(verb="viewed_segments").count() == 2


def test_segments_of_another_claim_are_not_given(biller: User) -> None:
    case, other = one("FH-20422"), one("FH-20431")
    assert signed_in(biller).get(f"/cases/{case.pk}/segments?answer={other.denial_id}").status_code == 404


def test_who_may_not_see_patients_sees_initials_and_no_segments(house: Organization) -> None:
    case = one("FH-20422")
    client = signed_in(factory.person(house, Role.AUDITOR))
    page = text(client.get(f"/cases/{case.pk}").content)
    assert "O. P." in page
    assert "Pebble" not in page
    assert client.get(f"/cases/{case.pk}/segments").status_code == 403


def test_a_case_of_another_house_is_not_there(house: Organization) -> None:  # noqa: ARG001  its cases are
    outsider = signed_in(factory.person(factory.organization("Elsewhere")))
    case = one("FH-20422")
    assert outsider.get(f"/cases/{case.pk}").status_code == 404
    assert outsider.get(f"/cases/{case.pk}/segments").status_code == 404
    assert not Event.objects.filter(verb="viewed_case").exists()


def test_the_page_stands_when_the_file_is_gone(biller: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> bytes:
        raise FileNotFoundError

    monkeypatch.setattr(case_page, "read_span", gone)
    case = one("FH-20422")
    page = signed_in(biller).get(f"/cases/{case.pk}")
    assert page.status_code == 200
    assert "cannot be read" in text(page.content)
    assert "$207.00" in text(page.content)
    assert "cannot be read" in text(signed_in(biller).get(f"/cases/{case.pk}/segments").content)


def test_previous_and_next_follow_the_queue(biller: User) -> None:
    client = signed_in(biller)
    listed = re.findall(
        r'class="strong" id="case-\d+" href="(/cases/[^"]*)"', client.get("/queue?sort=denied").content.decode()
    )
    second = client.get(listed[1].replace("&amp;", "&")).content.decode()
    assert f'href="{listed[0]}" rel="prev"' in second
    assert f'href="{listed[2]}" rel="next"' in second
    assert 'rel="prev"' not in client.get(listed[0].replace("&amp;", "&")).content.decode()


def test_a_settled_case_says_how_it_ended(biller: User) -> None:
    case = one("FH-20422")
    Case.objects.filter(pk=case.pk).update(state=State.RECOVERED, resolved=TODAY, recovered="150.00")
    page = text(signed_in(biller).get(f"/cases/{case.pk}").content)
    assert "$150.00 recovered" in page
    assert "Recovered" in page


@pytest.mark.parametrize(("code", "href"), [("CO-197", "/codes/CO-197"), ("N/A", ""), ("", ""), ("M\n1", "")])
def test_a_code_that_is_none_gets_no_link(code: str, href: str) -> None:
    assert case_page.code_href(code) == href


def test_the_next_step_leads_into_the_action_that_takes_it(biller: User) -> None:
    case = one("FH-20422")
    page = signed_in(biller).get(f"/cases/{case.pk}?sort=denied&n=1").content.decode()
    assert f'href="/cases/{case.pk}/act/mark_sent?sort=denied&amp;n=1&amp;with=corrected"' in page
    Case.objects.filter(pk=case.pk).update(stage="sent")
    assert "with=corrected" not in signed_in(biller).get(f"/cases/{case.pk}").content.decode()


PIECES = (
    "CLP*A1*1*21*0**12*P1~SVC*HC:81002*21*0~DTM*472*20260828~CAS*CO*197*21~",
    "CLP*A1*1*140*0**12*P2~SVC*HC:99214*140*0~DTM*472*20260828~CAS*CO*50*140~",
    "CLP*A1*1*30*30**12*P3~SVC*HC:81003*30*30~DTM*472*20260828~",
)


def test_a_denial_in_several_answers_shows_all_its_pieces(
    house: Organization, biller: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """Only the largest was shown, under the dollars of all."""
    written.received(house, written.file(written.remittance("T1", PIECES)))
    case = one("A1")
    assert case.denied == 161
    client = signed_in(biller)
    client.get("/you")
    with django_assert_max_num_queries(15):
        shown = client.get(f"/cases/{case.pk}").content
    page = text(shown)
    for said in ("99214", "81002", "CO-50", "CO-197", "Answer P1", "Answer P2", "2 of them deny", "$161.00"):
        assert said in page, said
    assert "81003" not in page  # which was paid
    assert page.count("explained here") == 2
    assert re.search(r"Together.*\$161\.00", page)


def test_a_case_is_worth_what_the_organization_weighs(house: Organization, biller: User) -> None:
    """The weights of the book were shown, whatever somebody had set."""
    case = one("FH-20422")
    choose(factory.person(house, Role.MANAGER), house, "hour_cost", "600")
    shown = next(each for each in priorities.why(case, TODAY, priorities.weights(house)) if each.name == "expected")
    page = text(signed_in(biller).get(f"/cases/{case.pk}").content)
    assert shown.number < case.expected
    assert f"Expected back {words.money(shown.number)}" in page
    assert words.money(case.expected) not in page


def test_what_else_could_be_done_leads_into_its_actions(biller: User) -> None:
    found = {}
    for case in Case.objects.filter(action="appeal"):
        page = signed_in(biller).get(f"/cases/{case.pk}?sort=denied").content.decode()
        others = page.partition('<div class="others">')[2].partition("</section>")[0]
        for button in re.findall(r'href="(/cases/\d+/act/\w+\?sort=denied[^"]*)"', others):
            found[button.replace("&amp;", "&")] = case
    assert found
    for href in found:
        assert signed_in(biller).get(href).status_code == 200
    case = next(iter(found.values()))
    Case.objects.filter(pk=case.pk).update(stage="sent")
    page = signed_in(biller).get(f"/cases/{case.pk}").content.decode()
    assert "/act/" not in page.partition('<div class="others">')[2].partition("</section>")[0]


def test_few_queries(biller: User, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    client = signed_in(biller)
    case = one("FH-20422")
    client.get("/you")  # what is looked up once a minute: the session, the second factor
    for address in ("", "?n=1", "?sort=deadline&n=1", "/story", "/act/note", "/act/assign", "/act/write_off"):
        with django_assert_max_num_queries(15):
            assert client.get(f"/cases/{case.pk}{address}").status_code == 200


def test_no_script_or_style_in_the_page(biller: User) -> None:
    page = signed_in(biller).get(f"/cases/{one('FH-20422').pk}").content.decode()
    assert not re.search(r"<script(?![^>]*src=)|<style|\son\w+=|style=", page)
