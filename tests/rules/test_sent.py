"""A claim as sent: every value stands where its place says, and what is missing has a place as well."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from reclaim.rules.sent import Value, sent
from tests.rules.claims import BASES, as_sent, claim


def values(thing: object) -> Iterator[Value]:
    """Every value within facts."""
    if isinstance(thing, Value):
        yield thing
    elif isinstance(thing, tuple):
        for one in thing:
            yield from values(one)


@pytest.mark.parametrize("base", BASES)
def test_every_value_stands_at_its_place(base: str) -> None:
    one = claim(base)
    found = [value for value in values(sent(one)) if value]

    assert len(found) > 25
    for value in found:
        assert one.get(value.place) == value.text, value.place.key


def test_what_a_professional_claim_says() -> None:
    one = as_sent("P")

    assert (one.form, one.control_number.text, one.charge.amount) == ("P", "A-1", Decimal(295))
    assert (one.billing.npi.text, one.rendering.npi.text) == ("1234567893", "1245319599")
    assert (one.billing.taxonomy.text, one.rendering.taxonomy.text) == ("207Q00000X", "207X00000X")
    assert one.billing.tax_id.text == "123456789"
    assert one.subscriber.birth.day == date(1980, 3, 15)
    assert [line.codes for line in one.lines] == [("25",), ("RT",)]
    assert [[pointer.text for pointer in line.pointers] for line in one.lines] == [["1", "2"], ["1"]]
    assert one.lines[1].next_modifier.place.key == "2400.2 SV1 01-4"
    assert (one.service_from, one.service_to) == (date(2026, 5, 20), date(2026, 5, 20))


def test_what_an_institutional_claim_says() -> None:
    one = as_sent("I")

    assert one.inpatient
    assert (one.service_from, one.service_to) == (date(2026, 5, 10), date(2026, 5, 13))
    assert [line.revenue_code.text for line in one.lines] == ["0120", "0250"]
    assert [each.code.text for each in one.diagnoses] == ["J189", "J189"]
    assert one.diagnoses[0].present_on_admission.text == "Y"
    assert (one.drg.text, one.attending.npi.text, one.patient_status.text) == ("194", "1245319599", "01")


def test_what_another_payer_answered() -> None:
    (other,) = as_sent("P2").others

    assert (other.payer.text, other.paid.amount) == ("TIDE", Decimal(245))
    assert [(one.group.text, one.carc.text, one.amount.amount) for one in other.adjustments] == [
        ("CO", "45", Decimal(50))
    ]


def test_the_patient_is_somebody_else_than_the_subscriber() -> None:
    subscriber = "~NM1*PR*2*HARBOR HEALTH*****PI*H1~\n"
    patient = "HL*3*2*23*0~PAT*19~NM1*QC*1*DOE*KIM~DMG*D8*20150102*M~"
    one = as_sent("P", (subscriber, subscriber + patient))

    assert (one.subscriber.first.text, one.patient.first.text) == ("JANE", "KIM")
    assert one.relationship.text == "19"


def test_what_is_missing_has_its_place() -> None:
    one = as_sent("P", ("NM1*82*1*FAIR*ADA****XX*1245319599~PRV*PE*PXC*207X00000X~", ""))

    assert not one.rendering.present
    assert one.rendering.npi.place.key == "2310B NM1*82 09"
    assert one.lines[1].drug.place.key == "2410 LIN 03"
