"""The page of API keys: made by who administers, shown once, ended at once."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from reclaim.people.models import Event, Membership, Organization, Role, Token, User
from reclaim.people.tokens import PREFIX

SignIn = Callable[[User | None], Client]
FORM: dict[str, Any] = {"name": "Nightly export", "as": "new", "days": "90", "may": ["see_cases", "see_files"]}


@pytest.fixture
def administrator(organization: Organization, member: Callable[..., User]) -> User:
    return member(organization, "administrator")


def test_a_key_is_made_for_a_new_integration_and_shown_once(administrator: User, client_of: SignIn) -> None:
    client = client_of(administrator)
    page = client.post("/keys/new", FORM).content.decode()
    (key,) = set(re.findall(rf"{PREFIX}[\w-]{{40,}}", page))
    told = Client().get("/api/v1/me", headers={"Authorization": f"Bearer {key}"}).json()
    assert (told["role"], told["permissions"]) == ("integration", ["see_cases", "see_files"])
    listed = client.get("/keys").content.decode()
    assert key not in listed
    assert Token.objects.get().start in listed
    assert [each.verb for each in Event.objects.order_by("pk")][-2:] == ["made_integration", "made_token"]
    program = Membership.objects.get(role=Role.INTEGRATION)
    assert not program.user.has_usable_password()
    client.post("/keys/new", {**FORM, "as": str(program.pk)})
    assert Token.objects.filter(user=program.user).count() == 2


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": " "}, "Name the key"),
        ({"may": []}, "Choose what the key may do"),
        ({"days": "9999"}, "1 to 365 days"),
        ({"as": "999"}, "Choose as whom"),
        ({"may": ["see_patients"]}, "does not include"),
    ],
)
def test_a_key_that_cannot_be_leaves_nothing_and_keeps_what_was_typed(
    changed: dict[str, Any], said: str, administrator: User, client_of: SignIn
) -> None:
    answer = client_of(administrator).post("/keys/new", {**FORM, **changed})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert "name" in changed or 'value="Nightly export"' in page
    assert not Token.objects.exists()
    assert not Membership.objects.filter(role=Role.INTEGRATION).exists()


def test_a_key_of_another_house_cannot_be_used_or_ended(administrator: User, outsider: User, client_of: SignIn) -> None:
    client_of(administrator).post("/keys/new", FORM)
    token, program = Token.objects.get(), Membership.objects.get(role=Role.INTEGRATION)
    client = client_of(outsider)
    assert token.name not in client.get("/keys").content.decode()
    assert client.post(f"/keys/{token.pk}/end").status_code == 404
    assert client.post("/keys/new", {**FORM, "as": str(program.pk)}).status_code == 422
    assert client_of(administrator).post(f"/keys/{token.pk}/end").status_code == 302
    assert Token.objects.get().revoked_at is not None


@pytest.mark.parametrize("role", ["biller", "auditor", "finance", "integration"])
def test_who_does_not_administer_neither_sees_nor_makes_keys(
    role: str, organization: Organization, member: Callable[..., User], client_of: SignIn
) -> None:
    client = client_of(member(organization, role))
    assert client.get("/keys").status_code == 403
    assert client.post("/keys/new", FORM).status_code == 403
    assert not Token.objects.exists()
    assert "API keys" not in client.get("/settings").content.decode()
