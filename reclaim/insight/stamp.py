"""What a record is like, in a word: the same as long as no file is read. Answers of payers come from files alone."""

from django.db.models import Count, Max, QuerySet

from reclaim.people.access import organization_of, visible_to
from reclaim.people.models import User
from reclaim.record.models import Remittance


def stamp(user: User) -> str:
    """What the record that somebody sees is like now, as a key; "" when it is empty. One query."""
    organization = organization_of(user)
    return stamp_of(organization.pk, visible_to(user, Remittance)) if organization else ""


def stamp_of(organization: int, remittances: QuerySet[Remittance]) -> str:
    """The same by the remittances of an organization."""
    known = remittances.aggregate(count=Count("id"), newest=Max("id"))
    return f"{organization}-{known['count']}-{known['newest']}" if known["count"] else ""
