"""Whatever the description of the API allows, and more, is answered as it says: never by a fault of ours."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi import checks

from reclaim.api import entrance
from reclaim.api.urls import api
from reclaim.desk.models import Case
from reclaim.people.models import User
from tests.api.programs import Program, routes
from tests.web import factory

EXAMPLES = 8
"""Requests for each route: enough to meet every field at its edges over some runs, in some seconds."""
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]


@pytest.fixture
def described(db: None, manager: User, monkeypatch: pytest.MonkeyPatch) -> Iterator[BaseSchema]:  # noqa: ARG001
    """The description, bound to the site within this process: nothing goes over a network."""
    monkeypatch.setattr(entrance, "RATE", 1_000_000)
    factory.many_cases(manager.memberships.get().organization, 5, timezone.localdate())
    schema = schemathesis.openapi.from_dict(api.get_openapi_schema())
    schema.app = get_wsgi_application()
    for signal in (request_started, request_finished):  # as Django's own client does: the test keeps its connection
        signal.disconnect(close_old_connections)
    yield schema
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize(("method", "path"), routes())
def test_every_route_answers_as_it_is_described(
    method: str, path: str, described: BaseSchema, manager: User, program: Program
) -> None:
    key, first = program(manager).key, Case.objects.order_by("pk")[0].pk

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(described[f"/api/v1/{path}"][method].as_strategy())
    def ask(case: schemathesis.Case[Any]) -> None:
        number = case.path_parameters.get("case_id")
        if isinstance(number, int):
            case.path_parameters["case_id"] = first + number % 7  # cases that there are, and two that there are not
            if isinstance(case.body, dict) and isinstance(case.body.get("version"), int) and number % 2:
                seen = Case.objects.filter(pk=case.path_parameters["case_id"]).values_list("version", flat=True).first()
                case.body["version"] = seen or 1  # else nearly every action would come too late
        answer = case.call(headers={"Authorization": f"Bearer {key}"})
        case.validate_response(answer, checks=CHECKS)

    ask()


def test_the_page_of_the_documentation_names_every_route() -> None:
    page = (factory.SAMPLES.parent / "docs" / "api.md").read_text(encoding="utf-8")
    for method, path in routes():
        address = re.sub(r"\{\w+\}", "{id}", path)
        if "/actions/" not in address:
            assert f"`{method.upper()} /{address}`" in page
