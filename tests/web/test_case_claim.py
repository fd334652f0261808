"""The claim on the page of its case: what is wrong on it, as sent and as answered, its versions and its proof."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from reclaim.desk.models import Case
from reclaim.people.models import Event, Organization, User
from reclaim.record.models import Claim
from tests.desk import acknowledging, conversation
from tests.desk.conversation import claims, denied
from tests.web import factory
from tests.web.test_correct import RIGHT, WRONG, corrected_member, text
from tests.web.test_queue import signed_in

Answer = Any
Member = Callable[[Organization, str], User]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def case(organization: Organization) -> Case:
    return denied(organization, *claims("P", 1, (RIGHT, WRONG)))[0]


@pytest.fixture
def client(organization: Organization, member: Member) -> Client:
    return signed_in(member(organization, "biller"))


def test_the_page_of_the_case_leads_to_its_claim(case: Case, client: Client) -> None:
    page = client.get(f"/cases/{case.pk}").content.decode()
    for path in ("claim", "claims", "correct"):
        assert f'"/cases/{case.pk}/{path}"' in page, path


def test_what_is_wrong_is_named_and_marked_on_the_claim(case: Case, client: Client) -> None:
    answer = client.get(f"/cases/{case.pk}/claim", headers=HTMX)
    said, page = text(answer), answer.content.decode()
    for each in (
        "rendering provider NPI",
        "CMS-1500 box 24J",
        "2310B NM109",
        WRONG,
        "N290",
        "likely",
        "Correct the claim",
    ):
        assert each in said, each
    assert page.count(f"<mark>{WRONG}</mark>") == 2  # in the list, and on the claim
    assert "<html" not in page
    event = Event.objects.get(verb="viewed_claim")
    assert (event.subject, event.detail) == (f"desk.case:{case.pk}", {"claim": Claim.objects.get().pk})


def test_lines_stand_beside_their_answers(organization: Organization, client: Client) -> None:
    (one,) = claims("P")
    conversation.received(organization, conversation.file_of(one))
    answer = conversation.denial(one).replace(b"HC:20610:RT", b"HC:20611:RT")
    conversation.received(organization, answer, "other.835")
    case = Case.objects.get()
    said = text(client.get(f"/cases/{case.pk}/claim"))
    assert re.search(r"99213-25 AB \S 1 \$120.00 \$0.00", said), said
    assert "answered as 20611" in said
    assert "Together $295.00 $0.00 $0.00 $295.00" in said


def test_a_payer_that_knows_another_number_is_taken_at_its_word(organization: Organization, client: Client) -> None:
    case = corrected_member(organization)
    said = text(client.get(f"/cases/{case.pk}/claim"))
    assert "member id" in said
    assert "W12345679" in said


def test_where_the_claim_does_not_show_it_the_payer_is_asked(organization: Organization, client: Client) -> None:
    (one,) = claims("P")
    conversation.received(organization, conversation.file_of(one))
    conversation.received(organization, conversation.denial(one).replace(b"LQ*HE*N290~", b""), "16.835")
    case = Case.objects.get()
    said = text(client.get(f"/cases/{case.pk}/claim"))
    for each in ("Ask the payer", "Our claim number: A-1", "Your claim number: ICN-A-1", "Member ID: W12345678"):
        assert each in said, each
    assert f"/cases/{case.pk}/act/ask_status" in client.get(f"/cases/{case.pk}/claim").content.decode()


def test_versions_proof_and_other_claims_stand_beside(organization: Organization, client: Client) -> None:
    one, two = claims("P", 2)
    conversation.received(organization, conversation.file_of(one, two))
    conversation.received(organization, acknowledging.claims([("A-1", "A2:20")]), "a.277")
    conversation.received(organization, conversation.denial(one), "b.835")
    case = Case.objects.get()
    said = text(client.get(f"/cases/{case.pk}/claims", headers=HTMX))
    for each in ("What was sent", "277CA", "The claim was accepted on", "Other claims of this patient"):
        assert each in said, each
    assert "277CA: accepted" in text(client.get(f"/cases/{case.pk}/story", headers=HTMX))
    client.get(f"/cases/{case.pk}/claim")
    client.get(f"/cases/{case.pk}/claims")
    assert Event.objects.filter(verb="viewed_claim").count() == 2


def test_without_a_claim_the_answer_alone_is_shown(organization: Organization, client: Client) -> None:
    factory.received(organization, "20260918_harbor_mutual_ppo.835")
    case = Case.objects.all()[0]
    page = client.get(f"/cases/{case.pk}")
    assert f"/cases/{case.pk}/claim" not in page.content.decode()
    assert "Charged and answered, line by line" in text(page)
    for path in ("claim", "claims"):
        assert client.get(f"/cases/{case.pk}/{path}", headers=HTMX).status_code == 204
        assert "is not in the record" in text(client.get(f"/cases/{case.pk}/{path}"))
    assert "is not in the record" in text(client.get(f"/cases/{case.pk}/correct"))
    assert not Event.objects.filter(verb="viewed_claim").exists()


def test_who_may_not_see_patients_sees_no_claim(organization: Organization, case: Case, member: Member) -> None:
    auditor = signed_in(member(organization, "auditor"))
    for path in ("claim", "claims", "correct"):
        assert auditor.get(f"/cases/{case.pk}/{path}").status_code == 403
    assert f"/cases/{case.pk}/claim" not in auditor.get(f"/cases/{case.pk}").content.decode()


def test_the_parts_take_few_queries(
    case: Case, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for path, headers in (("", {}), ("/claim", HTMX), ("/claims", HTMX), ("/correct", {})):
        client.get(f"/cases/{case.pk}{path}", headers=headers)
        with django_assert_max_num_queries(15, info=path):
            client.get(f"/cases/{case.pk}{path}", headers=headers)
