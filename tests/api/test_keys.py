"""Keys: made and shown once, good for what and for as long as they were made, and throttled when wrong."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from reclaim.api import entrance
from reclaim.desk.models import Case
from reclaim.people import joining, tokens
from reclaim.people.access import ALLOWED, Permission
from reclaim.people.actions import NotAllowedError
from reclaim.people.models import Event, Membership, Organization, Role, Token, User
from reclaim.people.tokens import TokenError, Wanted
from tests.api.programs import Caller, Member, Program, SignIn

SEE = frozenset({Permission.SEE_CASES})


def member_of(user: User) -> Membership:
    return Membership.objects.get(user=user)


def test_a_key_is_shown_once_and_only_its_hash_is_kept(manager: User) -> None:
    made = tokens.make(manager, member_of(manager), Wanted("Nightly export", SEE))
    token = Token.objects.get()
    assert made.key.startswith(tokens.PREFIX)
    assert made.key not in str(Token.objects.values().get())
    assert token.start == made.key[: tokens.START]
    assert token.expires_at - token.made_at == pytest.approx(timedelta(days=90), abs=timedelta(minutes=1))
    event = Event.objects.latest("pk")
    assert (event.verb, event.user, event.subject) == ("made_token", manager, f"people.token:{token.pk}")
    assert made.key not in str(event.detail)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Wanted(" ", SEE), "Name the key"),
        (Wanted("a" * 81, SEE), "Name the key"),
        (Wanted("A", SEE, 0), "1 to 365 days"),
        (Wanted("A", SEE, 366), "1 to 365 days"),
        (Wanted("A", frozenset()), "Choose what"),
        (Wanted("A", frozenset({Permission.SEE_PATIENTS})), "does not include: see patients"),
    ],
)
def test_a_key_that_cannot_be_says_why(wanted: Wanted, said: str, organization: Organization, member: Member) -> None:
    administrator = member(organization, "administrator")
    with pytest.raises(TokenError, match=said):
        tokens.make(administrator, member_of(administrator), wanted)
    assert not Token.objects.exists()


def test_nobody_widens_their_access_by_a_key_of_somebody_else(
    organization: Organization, biller: User, outsider: User, member: Member
) -> None:
    administrator, program = member(organization, "administrator"), member(organization, "integration")
    with pytest.raises(TokenError, match="acts as you"):
        tokens.make(administrator, member_of(biller), Wanted("A", SEE))
    with pytest.raises(NotAllowedError):
        tokens.make(administrator, member_of(outsider), Wanted("A", SEE))
    with pytest.raises(NotAllowedError):
        tokens.make(biller, member_of(biller), Wanted("A", SEE))
    assert tokens.make(administrator, member_of(program), Wanted("A", SEE)).token.user == program


@pytest.mark.parametrize("end", ["expired", "revoked", "left", "retired"])
def test_a_key_that_ended_opens_nothing(end: str, case: Case, biller: User, manager: User, program: Program) -> None:
    caller = program(biller)
    assert caller.get("me").status_code == 200
    match end:
        case "expired":
            Token.objects.update(expires_at=timezone.now())
        case "revoked":
            tokens.revoke(manager, Token.objects.get())
        case "left":
            joining.leave(manager, member_of(biller))
        case _:
            User.objects.filter(pk=biller.pk).update(is_active=False)
    answer = caller.get(f"cases/{case.pk}")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_who_comes_back_does_not_find_old_keys_open(biller: User, manager: User, program: Program) -> None:
    caller, organization = program(biller), member_of(biller).organization
    joining.leave(manager, member_of(biller))
    joining.join(manager, organization, biller.email, Role.BILLER)
    assert caller.get("me").status_code == 401


def test_a_key_does_what_the_role_includes_today(case: Case, manager: User, program: Program) -> None:
    caller = program(manager)
    Membership.objects.filter(user=manager).update(role=Role.AUDITOR)
    told = caller.get("me").json()
    assert set(told["permissions"]) == ALLOWED[Role.AUDITOR]
    assert caller.post(f"cases/{case.pk}/actions/take", {"version": 1}).status_code == 403


def test_the_last_use_is_noted(
    biller: User, program: Program, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    caller = program(biller)
    caller.get("me")
    noted = Token.objects.get().used_at
    assert noted is not None
    with django_assert_max_num_queries(2):
        caller.get("me")
    assert Token.objects.get().used_at == noted  # once a minute is enough


def test_wrong_keys_are_throttled_and_written_down_and_good_ones_go_on(biller: User, program: Program) -> None:
    good, wrong = program(biller), Caller("rcl_made-up")
    statuses = [wrong.get("me").status_code for _ in range(entrance.WRONG + 2)]
    assert statuses == [401] * entrance.WRONG + [429] * 2
    event = Event.objects.get(verb="refused_keys")
    assert event.detail == {"from": "127.0.0.1", "tries": entrance.WRONG}
    assert good.get("me").status_code == 200


def test_a_key_has_so_many_requests_a_minute(
    biller: User, manager: User, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entrance, "RATE", 3)
    monkeypatch.setattr("reclaim.api.entrance.time.time", lambda: 1_000_000.0)
    caller = program(biller)
    assert [caller.get("me").status_code for _ in range(4)] == [200, 200, 200, 429]
    answer = caller.get("me")
    assert 0 < int(answer["Retry-After"]) <= entrance.PERIOD
    assert program(manager).get("me").status_code == 200


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "Bearer rcl_\u00e4", "rcl_x"])
def test_without_a_key_nothing_is_told(header: str, case: Case) -> None:
    for path in ("me", "cases", f"cases/{case.pk}", "files", "events", "openapi.json"):
        answer = Client().get(f"/api/v1/{path}", headers={"Authorization": header} if header else {})
        assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")


def test_who_is_signed_in_may_try_it_but_not_by_a_forged_form(case: Case, biller: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(biller)
    assert client.get("/api/v1/me").json()["key"] is None
    address, body = f"/api/v1/cases/{case.pk}/actions/take", {"version": 1}
    assert client.post(address, body, content_type="application/json").status_code == 403
    page = client.get("/api/docs")
    token = page.content.decode().partition('data-csrf="')[2].partition('"')[0]
    answer = client.post(address, body, content_type="application/json", headers={"X-CSRFToken": token})
    assert answer.status_code == 200


def test_the_page_that_describes_it_needs_nothing_from_elsewhere(biller: User, client_of: SignIn) -> None:
    page = client_of(biller).get("/api/docs").content.decode()
    assert "swagger-ui-bundle" in page
    assert "http://" not in page
    assert "https://" not in page
    assert client_of(biller).get("/api/v1/openapi.json").json()["info"]["title"] == "Reclaim"
    assert client_of(None).get("/api/docs").status_code == 302


def test_other_addresses_and_methods_are_problems_too(biller: User, program: Program) -> None:
    caller = program(biller)
    for answer, status in (
        (caller.get("nothing"), 404),
        (caller.get("cases/0"), 404),
        (caller.get(f"cases/{10**30}"), 404),
        (caller.post("me"), 405),
        (
            caller.client.post(
                "/api/v1/cases/actions/snooze",
                "{",
                "application/json",
                headers={"Authorization": f"Bearer {caller.key}"},
            ),
            400,
        ),
    ):
        assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
        assert "Traceback" not in answer.content.decode()


def test_a_fault_of_ours_tells_nothing_and_is_logged(
    case: Case, biller: User, program: Program, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("DOE, JANE")

    monkeypatch.setattr("reclaim.api.cases.whole", broken)
    caller = program(biller)
    caller.client.raise_request_exception = False
    answer = caller.get(f"cases/{case.pk}")
    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
    assert "JANE" not in answer.content.decode()
    assert f"/api/v1/cases/{case.pk} failed" in caplog.text
