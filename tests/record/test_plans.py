"""What pages ask of large tables is answered by an index, on either database."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from reclaim.people.models import Organization
from reclaim.record.matching import beginning
from reclaim.record.models import Adjudication, Claim, DeniedLine, Remittance, Standing, Uncertain

pytestmark = pytest.mark.django_db

ASKED: dict[str, Callable[[], QuerySet[Any, Any]]] = {
    "adjudication_by_remittance": lambda: Adjudication.objects.filter(remittance=1, denied__gt=0).order_by("-denied"),
    "remittance_by_file": lambda: Remittance.objects.filter(file=1).order_by("transaction"),
    "remittance_by_trace": lambda: Remittance.objects.filter(organization=1, trace_number__in=["T1", "T2"]),
    "denied_line_by_answer": lambda: DeniedLine.objects.filter(adjudication=1).order_by("number"),
    "denied_line_by_procedure": lambda: DeniedLine.objects.filter(organization=1, procedure="99214"),
    "claim_by_standing": lambda: Claim.objects.filter(organization=1, standing="rejected").order_by("-pk")[:51],
    "claim_by_payer": lambda: Claim.objects.filter(organization=1, payer_key="P7", standing="rejected").order_by("-pk")[
        :51
    ],
    "claim_by_patient": lambda: Claim.objects.filter(organization=1, patient__gte="DOE77", patient__lt="DOE78"),
    "claim_by_member": lambda: Claim.objects.filter(organization=1, member_id="W1"),
    "claim_by_number": lambda: Claim.objects.filter(organization=1, number="A1"),
    "uncertain_by_doubt": lambda: Uncertain.objects.filter(organization=1, doubt="likely").order_by("-pk")[:50],
}


def plan(rows: QuerySet[Any, Any]) -> str:
    """How the database would answer; PostgreSQL as if the tables were large."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off"
            )
    return rows.explain()


@pytest.fixture
def claims(db: None) -> None:  # noqa: ARG001  rows need the database
    """Enough of them, of the organization that is asked for, for PostgreSQL to tell indexes apart."""
    organization = Organization.objects.create(pk=1, name="Cedar", slug="cedar")
    spans = ("start", "end", "billing_start", "billing_end", "subscriber_start", "subscriber_end")
    Claim.objects.bulk_create(
        Claim(
            organization=organization,
            batch_id=at // 100,
            file_id=1,
            kind="837P",
            number=f"A{at}",
            payer_key=f"P{at % 20}",
            member_id=f"W{at}",
            patient=f"DOE{at}",
            standing=Standing.REJECTED if at % 500 == 0 else Standing.ANSWERED,
            position=at,
            test=False,
            **dict.fromkeys(spans, 0),
        )
        for at in range(3000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


@pytest.mark.usefixtures("claims")
def test_claims_whose_numbers_begin_alike_are_found_by_ranges_of_an_index() -> None:
    """A hundred ranges in one condition had SQLite look through all claims, once for every hundred answers."""
    said = plan(beginning(1, ["A10001", "A10002", "A10003"]))
    assert said.count("claim_by_number") == 3
    assert "number>" in said or "(number)::text >" in said


@pytest.mark.usefixtures("claims")
@pytest.mark.parametrize("index", ASKED)
def test_an_index_answers(index: str) -> None:
    said = plan(ASKED[index]())
    assert index in said
    assert "TEMP B-TREE" not in said
    assert "Sort" not in said
