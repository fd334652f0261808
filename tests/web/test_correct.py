"""The Correct page: a claim is corrected by the names that people know, and nothing that was typed is lost."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from reclaim.desk import corrected, correcting
from reclaim.desk.correcting import Choice
from reclaim.desk.models import Case, Correction, Version
from reclaim.people.models import Event, Organization, User
from reclaim.x12.slices import Slice
from tests.desk import conversation
from tests.desk.conversation import claims, denied, read
from tests.web.test_queue import signed_in

Answer = Any
Member = Callable[[Organization, str], User]
HTMX = {"HX-Request": "true"}
NPI, WRONG, RIGHT = "2310B NM1*82 09", "1245319590", "1245319599"


@pytest.fixture
def biller(organization: Organization, member: Member) -> User:
    return member(organization, "biller")


@pytest.fixture
def case(organization: Organization) -> Case:
    return denied(organization, *claims("P", 1, (RIGHT, WRONG)))[0]


@pytest.fixture
def client(biller: User) -> Client:
    return signed_in(biller)


@pytest.fixture
def row(case: Case, client: Client) -> Correction:
    assert client.post(f"/cases/{case.pk}/correct").status_code == 302
    return Correction.objects.get()


def text(answer: Answer) -> str:
    """What a reader sees."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode()))


def post(client: Client, row: Correction, do: str = "save", **typed: str) -> Answer:
    """A button, with what stands in some fields; places are typed by their key."""
    row.refresh_from_db()
    told = {"version": row.version, "seen": row.number, "do": do, **typed}
    return client.post(f"/corrections/{row.pk}", told)


def claim_of(row: Correction) -> Slice:
    fresh = Correction.objects.select_related("claim__batch", "claim__file", "case").get(pk=row.pk)
    return corrected.as_corrected(corrected.as_sent(fresh.claim, read), corrected.draft_of(fresh))


def field(answer: Answer, key: str) -> str:
    found = re.search(rf'<input[^>]*name="p:{re.escape(key)}"[^>]*>', answer.content.decode())
    assert found, key
    return found[0]


def test_beginning_says_how_it_goes_and_why(case: Case, client: Client) -> None:
    said = text(client.get(f"/cases/{case.pk}/correct"))
    assert "It goes as: replacement" in said
    assert "a line left out loses its payment" in said
    assert not Correction.objects.exists()
    answer = client.post(f"/cases/{case.pk}/correct", {"way": "new"})
    assert (answer.status_code, "Say why it goes this way" in text(answer)) == (422, True)
    answer = client.post(f"/cases/{case.pk}/correct", {"way": "new", "why": "They asked by phone."})
    row = Correction.objects.get()
    assert (answer.status_code, answer["Location"], row.way) == (302, f"/corrections/{row.pk}", "new")
    assert client.get(f"/cases/{case.pk}/correct")["Location"] == f"/corrections/{row.pk}"
    assert client.get(f"/claim/{row.claim_id}/correct")["Location"] == f"/corrections/{row.pk}"


def test_the_form_shows_names_boxes_places_and_what_the_checks_say(row: Correction, client: Client) -> None:
    answer = client.get(f"/corrections/{row.pk}")
    said = text(answer)
    for each in ("rendering provider NPI", "24J", "2310B NM109", "member id", "1a", "Line 2", "principal diagnosis"):
        assert each in said, each
    assert "1 error" in said
    assert 'aria-invalid="true"' in field(answer, NPI)
    assert 'value="05/20/2026"' in field(answer, "2400 DTP*472 03")
    assert 'value="AB"' in field(answer, "2400 SV1 07")
    assert "no valid NPI" in said
    assert "REF*F8*ICN-A-1" in said
    assert Event.objects.filter(verb="viewed_correction").count() == 1


def corrected_member(organization: Organization) -> Case:
    """A claim whose insured the payer knows under another number, and says so (NM1*74)."""
    (one,) = claims("P")
    conversation.received(organization, conversation.file_of(one))
    answer = conversation.denial(one).replace(b"CAS*CO*16", b"CAS*CO*31").replace(b"LQ*HE*N290~", b"")
    answer = answer.replace(b"*11*1~SVC", b"*11*1~NM1*QC*1*DOE*JANE****MI*W12345678~NM1*74*1******C*W12345679~SVC")
    conversation.received(organization, answer, "31.835")
    return Case.objects.get()


def test_a_suggestion_is_shown_as_a_difference_and_applied_by_a_button(
    organization: Organization, client: Client
) -> None:
    case = corrected_member(organization)
    client.post(f"/cases/{case.pk}/correct")
    row = Correction.objects.get()
    advice = client.get(f"/corrections/{row.pk}/advice")
    assert "member id 2010BA NM109 : W12345678 → W12345679" in text(advice)
    assert Correction.objects.get().number == 1
    (offered,) = re.findall(r'value="(apply:[^"]*)"', advice.content.decode())
    post(client, row, offered.replace("&quot;", '"'), **{"p:2010BA NM1*IL 04": "JANET"})
    assert claim_of(row).value("2010BA", "NM1*IL", 9) == "W12345679"
    assert claim_of(row).value("2010BA", "NM1*IL", 4) == "JANET"  # what was typed beside it is kept too
    assert "suggestion" in text(client.get(f"/corrections/{row.pk}"))


def test_typing_tells_at_once_and_keeps_nothing(row: Correction, client: Client) -> None:
    for typed, said in (
        ({f"p:{NPI}": RIGHT}, "No errors"),
        ({f"p:{NPI}": "12"}, "12, is no valid NPI"),
        ({"p:2310B NM1*82 03": "O*NEIL"}, "Leave out *"),
        ({"p:2400 DTP*472 03": "13/45/2026"}, "There is no such day"),
        ({"p:2400 SV1 07": "Z"}, "Name diagnoses by their letters"),
    ):
        answer = client.post(f"/corrections/{row.pk}/try", {"version": 1, "seen": 1, **typed}, headers=HTMX)
        assert (answer.status_code, said in text(answer)) == (200, True), (typed, text(answer))
    assert "<html" not in answer.content.decode()
    assert Correction.objects.get().version == row.version


def test_what_is_typed_is_kept_by_any_button(row: Correction, client: Client) -> None:
    answer = post(client, row, "ready", **{f"p:{NPI}": RIGHT, "p:2400 SV1 01-3": "59"})
    assert (answer.status_code, Correction.objects.get().stage) == (302, "ready")
    claim = claim_of(row)
    assert claim.value("2310B", "NM1*82", 9) == RIGHT
    assert claim.value("2400", "SV1", 1, 3) == "59"
    page = client.get(f"/corrections/{row.pk}")
    assert " readonly" in field(page, NPI)
    for do, stage in (("hold", "held"), ("release", "ready"), ("reopen", "draft"), ("withdraw", "withdrawn")):
        post(client, row, do)
        assert Correction.objects.get().stage == stage


def test_it_is_not_ready_while_errors_stand_but_what_was_typed_is_kept(row: Correction, client: Client) -> None:
    answer = post(client, row, "ready", **{"p:2010BA NM1*IL 04": "JANET"})
    assert (answer.status_code, "It cannot be sent yet" in text(answer)) == (422, True)
    assert (Correction.objects.get().stage, claim_of(row).value("2010BA", "NM1*IL", 4)) == ("draft", "JANET")


TYPED = {
    "a day": ("2400 DTP*472 03", "5/21/2026", ("2400", "DTP*472", 3), "20260521"),
    "two days": ("2400 DTP*472 03", "05/21/2026 - 05/22/2026", ("2400", "DTP*472", 3), "20260521-20260522"),
    "pointers": ("2400 SV1 07", "b a", ("2400", "SV1", 7), "2:1"),
    "a modifier": ("2400 SV1 01-4", "59", ("2400", "SV1", 1), "HC:99213:25:59"),
    "a diagnosis": ("2300 HI*ABK 03-2", "e11.9", ("2300", "HI*ABK", 3), "ABF:E119"),
    "a diagnosis away": ("2300 HI*ABK 02-2", "", ("2300", "HI*ABK", 2), ""),
    "a segment that was not there": ("2300 REF*X4 02", "11D0000000", ("2300", "REF*X4", 2), "11D0000000"),
    "an element away": ("2310B PRV 03", "", ("2310B", "PRV", 3), ""),
}


@pytest.mark.parametrize(("key", "typed", "place", "there"), TYPED.values(), ids=TYPED)
def test_what_people_type_stands_on_the_claim_as_the_guides_want_it(
    row: Correction, client: Client, key: str, typed: str, place: tuple[str, str, int], there: str
) -> None:
    assert post(client, row, **{f"p:{key}": typed}).status_code == 302
    assert claim_of(row).value(*place) == there
    if key.startswith("2400 DTP"):
        assert claim_of(row).value("2400", "DTP*472", 2) == ("RD8" if "-" in there else "D8")


def test_refused_values_say_why_beside_the_field_and_nothing_is_lost(row: Correction, client: Client) -> None:
    typed = {f"p:{NPI}": RIGHT, "p:2310B NM1*82 03": "O*NEIL", "p:2400 DTP*472 03": "yesterday"}
    answer = post(client, row, **typed)
    assert answer.status_code == 422
    assert Correction.objects.get().number == 1
    for key, value in typed.items():
        assert f'value="{value}"' in field(answer, key.removeprefix("p:"))
    answer = post(client, row, **{name: each for name, each in typed.items() if "DTP" not in name})
    assert "Leave out *" in text(answer)
    assert f'value="{RIGHT}"' in field(answer, NPI)


def test_who_was_second_keeps_what_they_typed_over_what_the_first_made(row: Correction, client: Client) -> None:
    seen = {"version": row.version, "seen": row.number}
    post(client, row, **{f"p:{NPI}": RIGHT})
    answer = client.post(f"/corrections/{row.pk}", {**seen, f"p:{NPI}": WRONG, "p:2010BA NM1*IL 04": "JANET"})
    assert (answer.status_code, "Somebody was first" in text(answer)) == (422, True)
    assert f'value="{RIGHT}"' in field(answer, NPI)  # it was not typed by who came second
    assert 'value="JANET"' in field(answer, "2010BA NM1*IL 04")
    assert claim_of(row).value("2010BA", "NM1*IL", 4) == "JANE"
    post(client, row, **{"p:2010BA NM1*IL 04": "JANET"})
    assert (claim_of(row).value("2010BA", "NM1*IL", 4), claim_of(row).value("2310B", "NM1*82", 9)) == ("JANET", RIGHT)


def test_lines_providers_papers_and_segments_come_and_go(row: Correction, client: Client) -> None:
    line = {
        "procedure": "36415",
        "modifiers": "59",
        "charge": "12.50",
        "units": "1",
        "pointers": "A",
        "day": "5/20/2026",
    }
    post(client, row, "add_line", **{f"line_{name}": value for name, value in line.items()})
    claim = claim_of(row)
    assert [each.element(1) for each in claim.all("2400", "LX")] == ["1", "2", "3"]
    assert claim.value("2400", "SV1", 1, loop_at=3) == "HC:36415:59"
    assert claim.value("2300", "CLM", 2) == "307.50"
    page = client.get(f"/corrections/{row.pk}")
    assert "added" in text(page)
    post(client, row, "remove:2400 LX")
    claim = claim_of(row)
    assert [claim.value("2400", "SV1", 1, 2, loop_at=at) for at in (1, 2)] == ["20610", "36415"]
    assert claim.value("2300", "CLM", 2) == "187.50"
    assert 'data-was="175"' in field(client.get(f"/corrections/{row.pk}"), "2400 SV1 02")  # line 1 was line 2
    post(
        client,
        row,
        "add_provider",
        provider_role="2310A DN",
        provider_last="Moss",
        provider_first="Ida",
        provider_npi="1234567893",
    )
    assert claim_of(row).value("2310A", "NM1*DN", 3) == "MOSS"
    post(client, row, "remove:2310A NM1*DN")
    assert not claim_of(row).all("2310A")
    post(client, row, "add_paper", paper_number="PW1", paper_kind="OB", paper_way="FX")
    assert claim_of(row).value("2300", "PWK", 6) == "PW1"
    post(client, row, "add_segments", segment_loop="2300", segment_text="NTE*ADD*SEE PAPERS")
    assert claim_of(row).value("2300", "NTE*ADD", 2) == "SEE PAPERS"


MISTAKES = {
    "a line without a charge": ("add_line", {"line_procedure": "1"}, "needs a procedure"),
    "a line with a bad day": ("add_line", {"line_procedure": "1", "line_charge": "1", "line_day": "x"}, "Write a day"),
    "nobody": ("add_provider", {}, "Choose whom to add"),
    "papers without number": ("add_paper", {}, "attachment control number"),
    "no segment": ("add_segments", {"segment_loop": "2300"}, "Write a segment"),
    "no such loop": ("add_segments", {"segment_loop": "9999", "segment_text": "REF*G1*A"}, "no loop 9999"),
    "no suggestion": ("apply:nonsense", {}, "cannot be read any more"),
    "no place": ("remove:nowhere", {}, "is no place on a claim"),
    "no version": ("revert:77", {}, "no such version"),
    "no reason": ("way", {"way": "new"}, "Say why"),
    "not now": ("approve", {}, "cannot be done"),
}


@pytest.mark.parametrize(("do", "more", "said"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_told_and_what_was_typed_stands(
    row: Correction, client: Client, do: str, more: dict[str, str], said: str
) -> None:
    answer = post(client, row, do, **more, **{f"p:{NPI}": RIGHT})
    assert (answer.status_code, said in text(answer)) == (422, True), text(answer)
    assert f'value="{RIGHT}"' in field(answer, NPI)
    for name, value in more.items():
        assert value in answer.content.decode(), name


def test_versions_are_compared_and_gone_back_to(row: Correction, client: Client) -> None:
    post(client, row, **{f"p:{NPI}": RIGHT})
    said = text(client.get(f"/corrections/{row.pk}?compare=1"))
    assert "From version 1 to 2" in said
    post(client, row, "revert:1")
    assert (claim_of(row).value("2310B", "NM1*82", 9), Version.objects.count()) == (WRONG, 3)


def test_another_way_is_chosen_with_its_reason(row: Correction, client: Client) -> None:
    post(client, row, "way", way="void", why="Billed in error.")
    fresh = Correction.objects.get()
    assert (fresh.way, fresh.reason, fresh.rule) == ("void", "Billed in error.", "")


def test_above_an_amount_a_second_person_looks(organization: Organization, biller: User, member: Member) -> None:
    high = ("A-1*295", "A-1*20295"), ("99213:25*120", "99213:25*20120")
    (case,) = denied(organization, *claims("P", 1, *high))
    client, other = signed_in(biller), signed_in(member(organization, "manager"))
    client.post(f"/cases/{case.pk}/correct")
    row = Correction.objects.get()
    post(client, row, "ready")
    assert Correction.objects.get().stage == "approval", text(post(client, row, "ready"))
    assert "Approve it" not in text(client.get(f"/corrections/{row.pk}"))
    assert "Say why" in text(post(other, row, "send_back"))
    post(other, row, "send_back", back_why="Units?")
    assert (Correction.objects.get().stage, Correction.objects.get().trouble) == ("draft", "Units?")
    post(client, row, "ready")
    post(other, row, "approve")
    assert Correction.objects.get().stage == "ready"


def test_a_long_claim_shows_its_lines_by_pages(organization: Organization, client: Client) -> None:
    more = "".join(f"LX*{at}~SV1*HC:99213*1*UN*1***1~DTP*472*D8*20260520~REF*6R*B-{at}~" for at in range(3, 46))
    (case,) = denied(organization, *claims("P", 1, ("REF*6R*A-2~", f"REF*6R*A-2~{more}"), ("A-1*295", "A-1*338")))
    client.post(f"/cases/{case.pk}/correct")
    row = Correction.objects.get()
    first, last = client.get(f"/corrections/{row.pk}"), client.get(f"/corrections/{row.pk}?lines=41")
    assert ("20 of 45" in text(first), "45 of 45" in text(last)) == (True, True)
    assert len(re.findall("<input", first.content.decode())) < 1000
    answer = post(client, row, "lines:41", **{"p:2400 SV1 02": "2"})
    assert answer["Location"] == f"/corrections/{row.pk}?lines=41"
    assert claim_of(row).value("2400", "SV1", 2) == "2"


def test_institutional_and_dental_claims_have_their_own_names(organization: Organization, client: Client) -> None:
    for form, names in (
        ("I", ("revenue code", "type of bill", "Attending provider", "42")),
        ("D", ("area of the mouth", "38")),
    ):
        (case,) = denied(organization, *claims(form))[-1:]
        client.post(f"/cases/{case.pk}/correct", {"way": "new", "why": "Told so."})
        said = text(client.get(f"/corrections/{Correction.objects.latest('pk').pk}"))
        assert [each for each in names if each not in said] == []


def test_pages_take_few_queries(
    row: Correction, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for path in (f"/corrections/{row.pk}", f"/corrections/{row.pk}/advice"):
        client.get(path)
        with django_assert_max_num_queries(15):
            client.get(path)
    with django_assert_max_num_queries(15):
        client.post(f"/corrections/{row.pk}/try", {"version": 1, "seen": 1, f"p:{NPI}": RIGHT}, headers=HTMX)


def test_who_may_look_but_not_work_changes_nothing(
    organization: Organization, case: Case, biller: User, member: Member
) -> None:
    claim = corrected.claim_of(case)
    assert claim
    row = correcting.start(biller, claim, case, read, Choice("new", "Told so."))
    finance = signed_in(member(organization, "finance"))
    page = finance.get(f"/corrections/{row.pk}")
    assert (page.status_code, "Ready to send" in text(page)) == (200, False)
    assert post(finance, row, **{f"p:{NPI}": RIGHT}).status_code == 403
    assert Event.objects.filter(verb="refused").count() == 1
    assert signed_in(member(organization, "auditor")).get(f"/corrections/{row.pk}").status_code == 403
