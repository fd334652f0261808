"""Pages of claims that were sent: the list, one claim, answers whose claim is not known."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from reclaim.desk.models import Case, State
from reclaim.people import events
from reclaim.people.models import Event, Organization, User
from reclaim.record.models import Adjudication, Claim, Uncertain
from reclaim.x12.editing import Put, correct
from reclaim.x12.slices import Place
from tests.desk import acknowledging, conversation
from tests.desk.remitting import in_full, remittance

SignIn = Callable[[User | None], Client]
NUMBER = Place("2300", 1, "CLM", element=1)


@pytest.fixture
def sent(organization: Organization) -> list[Claim]:
    conversation.received(organization, conversation.file_of(*conversation.claims("P", 3)))
    said = [("A-1", "A2:20:PR"), ("A-2", "A7:562:85")]
    conversation.received(organization, acknowledging.claims(said), "a.277")
    return list(Claim.objects.order_by("pk"))


def text(client: Client, path: str, **form: str) -> str:
    answer: Any = client.post(path, form, follow=True) if form else client.get(path, follow=True)
    assert answer.status_code in (200, 422), answer.status_code
    told: str = answer.content.decode()
    return told


# --- the list ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("sent")
def test_the_list_says_where_each_claim_stands(biller: User, client_of: SignIn) -> None:
    client = client_of(biller)
    with CaptureQueriesContext(connection) as queries:
        page = text(client, "/claims")
    assert len(queries) <= 20  # with session and user
    for said in ("A-1", "A-2", "A-3", "Accepted", "Rejected", "of 3 claims", "J. D."):
        assert said in page, said
    rejected = text(client, "/claims?standing=rejected")
    assert "of 1 claims" in rejected
    assert ">A-2<" in rejected
    assert ">A-1<" not in rejected


@pytest.mark.parametrize("typed", ["a-2", "A2", "W12345678", "doe", "ICN-A-1"])
@pytest.mark.usefixtures("sent")
def test_a_search_finds_by_number_member_and_name_and_keeps_them_out_of_addresses(
    biller: User, client_of: SignIn, typed: str
) -> None:
    client = client_of(biller)
    answer = client.post("/claims/search", {"q": typed})
    assert typed.lower() not in answer["Location"].lower()
    page = text(client, answer["Location"])
    assert (">A-1<" if typed.startswith("ICN") else ">A-2<") in page
    assert "No claim is found" in text(client, "/claims/search", q="NOBODY-9")


@pytest.mark.usefixtures("sent")
def test_who_may_not_see_patients_finds_none_by_name(auditor: User, client_of: SignIn) -> None:
    client = client_of(auditor)
    for typed in ("doe", "W12345678"):
        assert "No claim is found" in text(client, "/claims/search", q=typed)
    page = text(client, "/claims")
    assert "J. D." not in page


def test_many_claims_are_paged_without_losing_one(organization: Organization, biller: User, client_of: SignIn) -> None:
    conversation.received(organization, conversation.file_of(*conversation.claims("P", 120)))
    client, path, seen = client_of(biller), "/claims", list[str]()
    for _ in range(3):
        answer: Any = client.get(path)
        seen += [row.claim.control_number for row in answer.context["rows"]]
        path = answer.context["older"]
    assert path == ""
    assert seen == [f"A-{number}" for number in range(120, 0, -1)]


# --- one claim --------------------------------------------------------------------------------------------------------


def test_a_claim_is_told_by_name_of_its_elements_and_that_it_was_read_is_an_event(
    sent: list[Claim], biller: User, client_of: SignIn
) -> None:
    client = client_of(biller)
    with CaptureQueriesContext(connection) as queries:
        page = text(client, f"/claim/{sent[0].pk}")
    assert len(queries) <= 15
    for said in ("Rendering provider", "1245319599", "Jane Doe", "W12345678"):
        assert said in page, said
    way = text(client, f"/claim/{sent[0].pk}/way")
    assert "The claim: accepted" in way
    assert "06/03/2026" in way
    assert Event.objects.get(verb="viewed_claim").subject == events.name_of(sent[0])


def test_who_may_not_see_patients_sees_where_it_stands_and_nothing_of_them(
    sent: list[Claim], auditor: User, client_of: SignIn
) -> None:
    page = text(client_of(auditor), f"/claim/{sent[0].pk}")
    assert "Accepted" in page
    for said in ("Jane", "DOE", "W12345678", "1245319599"):
        assert said not in page, said


def test_a_claim_shows_its_versions_answers_and_cases(
    organization: Organization, biller: User, client_of: SignIn
) -> None:
    case = conversation.denied(organization, *conversation.claims("P", 1))[0]
    again = correct(
        conversation.claims("P", 1, ("REF*G1*", "REF*F8*ICN-A-1~REF*G1*"))[0],
        [Put(Place("2300", 1, "CLM", element=5, component=3), "7")],
    )
    later = conversation.SENT._replace(control=42, at=datetime(2026, 6, 25, 9, 30))  # noqa: DTZ001  local time

    conversation.received(organization, conversation.file_of(again, envelope=later), "again.837")
    first, second = Claim.objects.order_by("pk")
    client = client_of(biller)
    way, outcome = (text(client, f"/claim/{first.pk}/{part}") for part in ("way", "outcome"))
    assert f'href="/claim/{second.pk}"' in way
    assert "replacement" in way
    assert f'href="/cases/{case.pk}"' in outcome
    assert "TA-1" in outcome  # the remittance
    assert Event.objects.filter(verb="viewed_claim", user=biller).count() == 1, "the second part is of the same look"
    for part in ("", "/way", "/outcome"):
        with CaptureQueriesContext(connection) as queries:
            text(client, f"/claim/{first.pk}{part}")
        assert len(queries) <= 15, part


def test_the_status_is_asked_from_the_case_of_the_claim(sent: list[Claim], biller: User, client_of: SignIn) -> None:
    client = client_of(biller)
    case = Case.objects.get(state=State.OPEN)  # of the rejected claim
    assert f'href="/cases/{case.pk}/act/ask_status"' in text(client, f"/claim/{sent[1].pk}/outcome")
    assert "ask_status" not in text(client, f"/claim/{sent[0].pk}/outcome")


# --- unmatched --------------------------------------------------------------------------------------------------------


@pytest.fixture
def odd(organization: Organization, sent: list[Claim]) -> Adjudication:
    """A payment that names no claim of ours, for the patient, day and charge of three."""
    assert sent
    strange = correct(conversation.claims("P", 1)[0], [Put(NUMBER, "ZZZ-88")])
    data = remittance(strange, (in_full("11.37"), in_full()), "ICN-ODD", sent[0].sent_on, trace=77)  # type: ignore[arg-type]
    conversation.received(organization, data, "odd.835")
    return Adjudication.objects.get()


def test_an_ambiguous_answer_stands_beside_the_claims_that_fit(
    odd: Adjudication, sent: list[Claim], biller: User, client_of: SignIn
) -> None:
    assert Uncertain.objects.get().doubt == "likely"  # the last that was sent
    Uncertain.objects.update(doubt="ambiguous")
    client = client_of(biller)
    assert f'href="/unmatched/{odd.pk}"' in text(client, "/unmatched")
    page = text(client, f"/unmatched/{odd.pk}")
    for each in sent:
        assert f'href="/claim/{each.pk}"' in page
    assert page.count("Patient, day of service and charge agree") == 3
    assert Event.objects.filter(verb="viewed_claim").count() == 3


def test_a_person_decides_with_a_reason_and_takes_it_back(
    odd: Adjudication, sent: list[Claim], biller: User, client_of: SignIn
) -> None:
    client, path = client_of(biller), f"/unmatched/{odd.pk}"
    assert "Choose the claim" in text(client, path, why="Told by phone.")
    assert "Say why" in text(client, path, claim=str(sent[0].pk), why=" ")
    assert "matched to A-1" in text(client, path, claim=str(sent[0].pk), why="Told by phone.")
    odd.refresh_from_db()
    assert (odd.claim_id, odd.matched, Uncertain.objects.count()) == (sent[0].pk, "hand", 0)
    sent[0].refresh_from_db()
    assert sent[0].standing == "answered"
    assert "decided by a person" in text(client, path)
    assert "Taken back" in text(client, f"{path}/anew", go="1")
    odd.refresh_from_db()
    sent[0].refresh_from_db()
    assert (odd.matched, sent[0].standing, Uncertain.objects.count()) == ("service", "accepted", 1)
    assert "Nobody has decided" in text(client, f"{path}/anew", go="1")
    assert [each.verb for each in Event.objects.filter(verb__startswith="matched")] == [
        "matched_by_hand",
        "matched_anew",
    ]


def test_the_case_follows_what_a_person_decides(organization: Organization, biller: User, client_of: SignIn) -> None:
    """The payment belongs to another case's claim than its number says; decided and taken back."""
    case = conversation.denied(organization, *conversation.claims("P", 1))[0]
    strange = correct(
        conversation.claims("P", 1)[0], [Put(NUMBER, "ZZZ-88"), Put(Place("2010BA", 1, "NM1*IL", element=3), "ROE")]
    )
    data = remittance(strange, (in_full("11.37"), in_full()), "ICN-ODD", date(2026, 7, 1), trace=78)
    conversation.received(organization, data.replace(b"NM1*QC*1*DOE", b"NM1*QC*1*ROE"), "odd.835")
    odd = Adjudication.objects.get(control_number="ZZZ-88")
    assert odd.claim is None
    claim, client = Claim.objects.get(), client_of(biller)
    assert "ZZZ-88" in text(client, "/unmatched")
    text(client, f"/unmatched/{odd.pk}", claim=str(claim.pk), why="The payer said so by phone.")
    case.refresh_from_db()
    assert (case.state, str(case.recovered), case.answers) == (State.RECOVERED, "283.63", 2)
    text(client, f"/unmatched/{odd.pk}/anew", go="1")
    case.refresh_from_db()
    assert (case.state, str(case.recovered), case.answers) == (State.OPEN, "0.00", 1)
    assert Case.objects.count() == 1


def test_a_claim_is_found_by_the_number_that_somebody_types(
    odd: Adjudication, sent: list[Claim], biller: User, client_of: SignIn
) -> None:
    page = text(client_of(biller), f"/unmatched/{odd.pk}?number=a-3")
    assert "found by the number you typed" in page
    assert f'value="{sent[2].pk}"' in page


@pytest.mark.parametrize(("path", "words"), [("/claims", "837"), ("/unmatched", "837"), ("/outbox", "ready")])
def test_an_empty_page_says_what_to_do_first(
    organization: Organization, biller: User, client_of: SignIn, path: str, words: str
) -> None:
    assert organization
    page = text(client_of(biller), path)
    assert 'class="empty"' in page
    assert words in page
