"""The elements that causes speak of, and where they stand on a claim; what they are called says x12/naming.py."""

from collections.abc import Callable, Mapping

from reclaim.rules.causes.kit import Case
from reclaim.rules.sent import SentLine, Value

Find = Callable[[Case], Value]


def element(name: str) -> Find:
    """How to find the element that book/faults.toml names so."""
    return ELEMENTS[name]


def _line(case: Case) -> SentLine | None:
    return case.lines[0] if case.lines else None


def _on_line(find: Callable[[SentLine], Value]) -> Callable[[Case], Value]:
    def found(case: Case) -> Value:
        line = _line(case)
        return find(line) if line else case.sent.charge

    return found


def _rendering(case: Case) -> Value:
    line = _line(case)
    return line.rendering.npi if line and line.rendering.present else case.sent.rendering.npi


def _authorization(case: Case) -> Value:
    line = _line(case)
    return line.authorization if line and line.authorization else case.sent.authorization


def _referral(case: Case) -> Value:
    line = _line(case)
    return line.referral if line and line.referral else case.sent.referral


def _taxonomy(case: Case) -> Value:
    own = case.sent.rendering
    return own.taxonomy if own.present else case.sent.billing.taxonomy


def _diagnosis(case: Case) -> Value:
    """The diagnosis that the denied line points to first, else the first of the claim."""
    line, codes = _line(case), [one for one in case.sent.diagnoses if one.qualifier in ("ABK", "ABF")]
    if not codes:
        return case.sent.control_number
    first = line.pointers[0].text if line and line.pointers else "1"
    at = int(first) - 1 if first.isdecimal() else 0
    return codes[at if 0 <= at < len(codes) else 0].code


def _place(case: Case) -> Value:
    line = _line(case)
    return line.place_of_service if line and line.place_of_service else case.sent.place_of_service


def _insured(case: Case) -> Value:
    last = case.sent.subscriber.last
    return Value(last.text, last.place.whole)


def _service(case: Case) -> Value:
    line = _line(case)
    return line.service if line and line.service else case.sent.statement


def _other_paid(case: Case) -> Value:
    return case.sent.others[0].paid if case.sent.others else case.sent.order


ELEMENTS: Mapping[str, Find] = {
    "member_id": lambda case: case.sent.subscriber.member_id,
    "last_name": lambda case: case.sent.subscriber.last,
    "birth_date": lambda case: case.sent.patient.birth,
    "sex": lambda case: case.sent.patient.sex,
    "relationship": lambda case: case.sent.relationship,
    "insured": _insured,
    "payer_order": lambda case: case.sent.order,
    "payer_id": lambda case: case.sent.payer_id,
    "billing_npi": lambda case: case.sent.billing.npi,
    "billing_tax_id": lambda case: case.sent.billing.tax_id,
    "billing_address": lambda case: case.sent.billing.street,
    "rendering_npi": _rendering,
    "attending_npi": lambda case: case.sent.attending.npi,
    "referring_npi": lambda case: case.sent.referring.npi,
    "facility_npi": lambda case: case.sent.facility.npi,
    "taxonomy": _taxonomy,
    "authorization": _authorization,
    "referral": _referral,
    "modifiers": _on_line(lambda line: line.modifiers[0] if line.modifiers else line.next_modifier),
    "next_modifier": _on_line(lambda line: line.next_modifier),
    "procedure": _on_line(lambda line: line.procedure),
    "revenue_code": _on_line(lambda line: line.revenue_code),
    "diagnosis": _diagnosis,
    "pointer": _on_line(lambda line: line.pointers[0] if line.pointers else line.procedure),
    "place_of_service": _place,
    "units": _on_line(lambda line: line.units),
    "charge": _on_line(lambda line: line.charge),
    "service_date": _service,
    "patient_status": lambda case: case.sent.patient_status,
    "drug": _on_line(lambda line: line.drug),
    "clia": lambda case: case.sent.clia,
    "accident": lambda case: case.sent.accident,
    "replaces": lambda case: case.sent.replaces,
    "other_paid": _other_paid,
}
