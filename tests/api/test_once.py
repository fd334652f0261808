"""Idempotency keys: what is sent twice is done once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from reclaim.api.models import Kept
from reclaim.desk.models import Case, Note
from reclaim.people.models import Event, User
from tests.api.programs import Answer, Caller, Program


def test_the_same_key_and_body_give_the_same_answer_and_it_is_done_once(
    case: Case, biller: User, program: Program
) -> None:
    caller, body = program(biller), {"version": 1, "text": "Called."}
    first = caller.post(f"cases/{case.pk}/actions/note", body, Idempotency_Key="a-1")
    again = caller.post(f"cases/{case.pk}/actions/note", body, Idempotency_Key="a-1")
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert again["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    assert (Note.objects.count(), Case.objects.get().version) == (1, 2)
    assert Event.objects.filter(verb="noted").count() == 1


def test_the_same_key_for_something_else_is_refused(case: Case, biller: User, program: Program) -> None:
    caller = program(biller)
    caller.post(f"cases/{case.pk}/actions/note", {"version": 1, "text": "A"}, Idempotency_Key="a")
    for path, body in (
        ("note", {"version": 2, "text": "B"}),
        ("take", {"version": 1, "text": "A"}),
        ("take", {"version": 2}),
    ):
        answer = caller.post(f"cases/{case.pk}/actions/{path}", body, Idempotency_Key="a")
        assert answer.status_code == 422
    assert Case.objects.get().version == 2


def test_a_refusal_is_an_answer_too(case: Case, auditor: User, program: Program) -> None:
    caller = program(auditor)
    answers = [caller.post(f"cases/{case.pk}/actions/take", {"version": 1}, Idempotency_Key="a") for _ in range(2)]
    assert [each.status_code for each in answers] == [403, 403]
    assert answers[0].json() == answers[1].json()
    assert [each["Content-Type"] for each in answers] == ["application/problem+json"] * 2
    assert Event.objects.filter(verb="refused").count() == 1


def test_a_fault_is_not_kept_and_leaves_nothing(
    case: Case, biller: User, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = program(biller)
    caller.client.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr("reclaim.api.acts._answer", lambda _: 1 / 0)
        assert caller.post(f"cases/{case.pk}/actions/take", {"version": 1}, Idempotency_Key="a").status_code == 500
    assert (Kept.objects.count(), Case.objects.get().version) == (0, 1)
    assert caller.post(f"cases/{case.pk}/actions/take", {"version": 1}, Idempotency_Key="a").status_code == 200


def test_keys_of_two_people_are_two_keys(case: Case, biller: User, manager: User, program: Program) -> None:
    program(biller).post(f"cases/{case.pk}/actions/take", {"version": 1}, Idempotency_Key="a")
    answer = program(manager).post(f"cases/{case.pk}/actions/take", {"version": 2}, Idempotency_Key="a")
    assert answer.json()["owner"]["id"] == manager.pk


def test_after_a_day_a_key_is_forgotten(case: Case, biller: User, program: Program) -> None:
    caller = program(biller)
    caller.post(f"cases/{case.pk}/actions/take", {"version": 1}, Idempotency_Key="a")
    Kept.objects.update(at=timezone.now() - timedelta(hours=25))
    assert caller.post(f"cases/{case.pk}/actions/release", {"version": 2}, Idempotency_Key="a").status_code == 200
    assert Kept.objects.count() == 1


def test_an_answer_that_is_kept_names_no_patient(case: Case, biller: User, program: Program) -> None:
    program(biller).post(f"cases/{case.pk}/actions/take", {"version": 1}, Idempotency_Key="a")
    assert "DOE" not in Kept.objects.get().answer


def test_a_key_that_is_none_is_refused(case: Case, biller: User, program: Program) -> None:
    for key in ("", "a" * 81, "a\tb", "\u00e4"):
        answer = program(biller).post(f"cases/{case.pk}/actions/take", {"version": 1}, Idempotency_Key=key)
        assert answer.status_code == 422
    assert Case.objects.get().version == 1


@pytest.mark.django_db(transaction=True)
def test_asked_twice_at_the_same_time_it_is_done_once(case: Case, biller: User, program: Program) -> None:
    caller, gate = program(biller), Barrier(2)

    def ask(_: int) -> Answer:
        gate.wait(timeout=30)
        try:
            return Caller(caller.key).post(
                f"cases/{case.pk}/actions/note", {"version": 1, "text": "Called."}, Idempotency_Key="a"
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(ask, range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert Note.objects.count() == 1
