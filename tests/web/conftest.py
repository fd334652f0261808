"""What tests of pages share."""

import pytest


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """Figures are counted anew for each test."""
    from django.core.cache import cache  # noqa: PLC0415  Django is ready only now

    cache.clear()
