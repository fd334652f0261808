"""A letter that asks the payer why a claim was denied, where neither the codes nor the claim say it. Writes nothing.

A claim status request (276) is in `desk.asking`.
"""

from datetime import date

from reclaim.desk.models import Case
from reclaim.people.models import Organization
from reclaim.record.models import Claim
from reclaim.rules import names
from reclaim.rules.causes import Question

WIDE = "The adjustment and remark codes of your answer do not tell us what to correct."


def letter(case: Case, claim: Claim, question: Question, today: date) -> str:
    """The text of an inquiry, ready to be signed: whose claim, what was answered, what is asked, and by when.

    Args:
        case: with its payer, organization and denial.
        claim: as it was sent.
        question: what the claim does not show.
        today: the date of the letter.
    """
    organization: Organization = case.organization
    number = case.denial.payer_control_number if case.denial else ""
    answered = case.denial.day if case.denial else None
    facts = (
        ("Patient", names.turned(claim.patient)),
        ("Member ID", claim.member_id),
        ("Our claim number", claim.control_number),
        ("Your claim number", number),
        ("Date of service", _day(claim.service_from)),
        ("Charge", f"${claim.charge:,.2f}" if claim.charge is not None else ""),
        ("Your answer", " of ".join(filter(None, (case.codes, _day(answered))))),
    )
    told = "\n".join(f"{name}: {value}" for name, value in facts if value)
    asks = f"{WIDE} {question.text}\n\nPlease answer in writing, and name the place on the claim and the policy."
    head = f"{_day(today)}\n\n{case.payer.name}\n\nRe: your decision on a claim"
    return f"{head}\n\n{told}\n\n{asks}\n\n{organization.name}\n"


def _day(day: date | None) -> str:
    return f"{day:%m/%d/%Y}" if day else ""
