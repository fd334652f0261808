"""Rows that are only ever added: whatever would change or remove one through the ORM is refused."""

from collections.abc import Iterable
from typing import Any, Never

from django.db import models


class AppendOnlyError(Exception):
    """Something tried to change or remove an event."""


class AppendOnly(models.QuerySet[Any]):
    """A query whose rows are read and added, never changed."""

    def update(self, **_: object) -> Never:
        """Refused."""
        raise AppendOnlyError("Events are only ever added; none is changed.")

    def delete(self) -> Never:
        """Refused."""
        raise AppendOnlyError("Events are only ever added; none is removed.")

    def bulk_update(self, *_: object, **__: object) -> Never:
        """Refused."""
        raise AppendOnlyError("Events are only ever added; none is changed.")

    def update_or_create(self, *_: object, **__: object) -> Never:
        """Refused."""
        raise AppendOnlyError("Events are only ever added; none is changed.")

    def bulk_create(self, objs: Iterable[Any], *args: Any, **options: Any) -> list[Any]:  # noqa: ANN401  passed on
        """Add rows, and nothing else: what conflicts is an error, no change of what is there."""
        if options.get("update_conflicts"):
            raise AppendOnlyError("Events are only ever added; none is changed.")
        return super().bulk_create(objs, *args, **options)
