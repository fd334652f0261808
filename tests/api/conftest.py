"""Programs with keys, and a case. Every test counts for itself."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from django.core.cache import cache

if TYPE_CHECKING:
    from reclaim.desk.models import Case
    from reclaim.people.models import Organization
    from tests.api.programs import Program


@pytest.fixture(autouse=True)
def _nothing_counted() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def program(db: None) -> "Program":  # noqa: ARG001  rows need the database
    """Makes a program that acts as somebody, with all that their role includes or less."""
    from tests.api.programs import program_of  # noqa: PLC0415  no Django before a test asks

    return program_of


@pytest.fixture
def case(organization: "Organization") -> "Case":
    from django.utils import timezone  # noqa: PLC0415  the same

    from reclaim.desk.models import Case  # noqa: PLC0415  the same
    from tests.web import factory  # noqa: PLC0415  the same

    factory.many_cases(organization, 1, timezone.localdate())
    Case.objects.update(denied=90, patient="DOE, JANE")
    return Case.objects.get()
