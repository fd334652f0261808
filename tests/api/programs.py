"""Programs with keys, as tests of the API use them."""

from collections.abc import Callable, Mapping
from typing import Any

from django.test import Client

from reclaim.api.urls import api
from reclaim.people import tokens
from reclaim.people.access import ALLOWED, Permission
from reclaim.people.models import Membership, Organization, Role, User

Program = Callable[..., "Caller"]
Member = Callable[[Organization, str], User]
SignIn = Callable[[User | None], Client]
Answer = Any
"""What Django's client answers: a response with `json()`, which its types do not tell."""


class Caller:
    """A program that asks the API."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.client = Client()

    def get(self, path: str, **headers: str) -> Answer:
        """A GET of an address below /api/v1/."""
        return self.client.get(f"/api/v1/{path}", headers=self._headers(headers))

    def post(self, path: str, body: Mapping[str, object] | None = None, **headers: str) -> Answer:
        """A POST of JSON."""
        return self.client.post(
            f"/api/v1/{path}", body or {}, content_type="application/json", headers=self._headers(headers)
        )

    def send(self, path: str, **form: object) -> Answer:
        """A POST of a form with a file."""
        return self.client.post(f"/api/v1/{path}", form, headers=self._headers({}))

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return {"Authorization": f"Bearer {self.key}", **named}


def program_of(user: User, *permissions: Permission, days: int = tokens.DAYS) -> Caller:
    """A program that acts as somebody, with all that their role includes or less."""
    member = Membership.objects.get(user=user)
    may = frozenset(permissions) or ALLOWED[Role(member.role)]
    return Caller(tokens.make(None, member, tokens.Wanted("Test", may, days)).key)


def routes() -> list[tuple[str, str]]:
    """Every method and address of the API, as its description has them."""
    paths = api.get_openapi_schema()["paths"]
    return [(method, path.removeprefix("/api/v1/")) for path, methods in paths.items() for method in methods]
