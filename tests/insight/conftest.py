"""Every test counts for itself."""

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """Rows that are rolled back leave their numbers to the next test's."""
    cache.clear()
