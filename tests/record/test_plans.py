"""What pages ask of large tables is answered by an index, on either database."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from reclaim.record.models import Adjudication, DeniedLine, Remittance

pytestmark = pytest.mark.django_db

ASKED: dict[str, Callable[[], QuerySet[Any, Any]]] = {
    "adjudication_by_remittance": lambda: Adjudication.objects.filter(remittance=1, denied__gt=0).order_by("-denied"),
    "remittance_by_file": lambda: Remittance.objects.filter(file=1).order_by("transaction"),
    "remittance_by_trace": lambda: Remittance.objects.filter(organization=1, trace_number__in=["T1", "T2"]),
    "denied_line_by_answer": lambda: DeniedLine.objects.filter(adjudication=1).order_by("number"),
    "denied_line_by_procedure": lambda: DeniedLine.objects.filter(organization=1, procedure="99214"),
}


def plan(rows: QuerySet[Any, Any]) -> str:
    """How the database would answer; PostgreSQL as if the tables were large."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off"
            )
    return rows.explain()


@pytest.mark.parametrize("index", ASKED)
def test_an_index_answers(index: str) -> None:
    said = plan(ASKED[index]())
    assert index in said
    assert "TEMP B-TREE" not in said
    assert "Sort" not in said
