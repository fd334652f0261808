"""The list of sent claims asks little, however many there are."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reclaim.people.models import Organization
from reclaim.record import claim_list
from reclaim.record.claim_list import Ask
from reclaim.record.models import Claim
from tests.desk import conversation


@pytest.fixture
def many(organization: Organization) -> Organization:
    some = [*conversation.claims("P", 60), *conversation.claims("P2", 3, ("A-1*295", "Z-1*295"))]
    conversation.received(organization, conversation.file_of(*some))
    return organization


def test_payers_are_named_in_one_step_each(many: Organization) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert claim_list.payers(many) == [claim_list.Payer("HH1", "HARBOR HEALTH")]
    assert len(queries) == 1
    Claim.objects.filter(number="A7").update(payer_key="T9", payer_name="Tide")
    assert [each.name for each in claim_list.payers(many)] == ["HARBOR HEALTH", "Tide"]


def test_a_page_is_the_newest_of_all_standings(many: Organization) -> None:
    Claim.objects.filter(pk__in=list(Claim.objects.order_by("-pk").values_list("pk", flat=True)[::2])).update(
        standing="accepted"
    )
    rows, ids = (
        Claim.objects.filter(organization=many),
        list(Claim.objects.order_by("-pk").values_list("pk", flat=True)),
    )
    first = claim_list.page(rows, Ask())
    assert [each.pk for each in first] == ids[: claim_list.PAGE + 1]
    assert [each.pk for each in claim_list.page(rows, Ask(), first[-2].pk)] == ids[claim_list.PAGE :]
    accepted = claim_list.page(rows, Ask(standing="accepted", payer="HH1"))
    assert {each.standing for each in accepted} == {"accepted"}
    assert claim_list.counts(rows) == {"accepted": 32, "sent": 31}
    assert claim_list.counts(rows, "nobody") == {}
