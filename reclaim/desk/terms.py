"""What a payer takes when a claim is to be corrected: the organization's own terms, else those of its manual."""

from reclaim.desk.acting import ActionError
from reclaim.desk.models import PayerTerms
from reclaim.people.access import Permission
from reclaim.people.actions import Done, action
from reclaim.people.models import User
from reclaim.record.models import Payer
from reclaim.rules.payers import Line
from reclaim.rules.resubmission import Terms
from reclaim.rules.terms import published

MOST_DAYS = 3660
"""Calendar days: ten years."""


def terms_of(payer: Payer | None, name: str, line: Line) -> Terms:
    """The terms under which a claim is corrected; what the organization has not said, the manual may.

    Args:
        payer: who answered the claim; None: nobody did.
        name: of the payer, as on the claim.
        line: of business.
    """
    manual = published(name, line)
    own = PayerTerms.objects.filter(payer=payer).first() if payer else None
    if own is None:
        return manual
    said = {name: value for name in Terms._fields if (value := getattr(own, name)) not in (None, "")}
    return manual._replace(**said)


@action(Permission.EDIT_RULES, "changed_terms")
def set_terms(by: User | None, payer: Payer, terms: Terms) -> Done[Payer]:
    """Say what a payer takes, as its contract has it; nothing said at all: the manual and the line of business decide.

    Args:
        by: who decides.
        payer: of the organization.
        terms: each None where nobody has said.

    Raises:
        ActionError: the days are none, or nobody says who says so.
    """
    del by
    said = terms._replace(source="") != Terms()
    source = " ".join(terms.source.split())
    if said and not source:
        raise ActionError("Say where these terms stand, such as the contract and its section.")
    if terms.correction_days is not None and not 1 <= terms.correction_days <= MOST_DAYS:
        raise ActionError(f"Give the days for corrections as a number from 1 to {MOST_DAYS:,}.")
    if said:
        values = {**terms._asdict(), "source": source[:120], "organization_id": payer.organization_id}
        PayerTerms.objects.update_or_create(payer=payer, defaults=values)
    else:
        PayerTerms.objects.filter(payer=payer).delete()
    return Done(payer, {**terms._asdict(), "source": source[:120]})
