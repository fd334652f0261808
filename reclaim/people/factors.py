"""A lost second factor: a manager takes it away, and its owner signs in by password and sets up a new one."""

from allauth.mfa.models import Authenticator
from django.db import models

from reclaim.people.access import Permission
from reclaim.people.actions import Done, PeopleError, action
from reclaim.people.joining import is_only_here
from reclaim.people.models import Membership, User

KINDS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""What counts as a second factor; recovery codes come and go with one."""


class FactorError(PeopleError):
    """A second factor cannot be taken away so."""


class Why(models.TextChoices):
    """Why it is taken away; a list, for the event keeps it."""

    LOST = "lost", "The device is lost or stolen"
    BROKEN = "broken", "The device is broken"
    REPLACED = "replaced", "The device was replaced"
    LOCKED = "locked", "The codes do not work any more"


@action(Permission.MANAGE_PEOPLE, "reset_factor")
def reset(by: User | None, membership: Membership, why: str) -> Done[Membership]:
    """Take away all second factors of somebody, their recovery codes with them.

    Whoever asks for it must be known to be them: by voice, or in person. `people.links.mail_reset` tells them.

    Args:
        by: who does it; None for the command on the machine itself.
        membership: whose.
        why: one of `Why`.

    Raises:
        FactorError: there is none, it is one's own, they work elsewhere too, or the reason is none of the list.
    """
    if why not in Why.values:
        raise FactorError("Choose why the second factor is reset.")
    if by is not None and membership.user_id == by.pk:
        raise FactorError("Nobody resets their own second factor here: use a recovery code, or ask another manager.")
    if by is not None and not is_only_here(membership):
        raise FactorError(
            f"{membership.user} works for other organizations too, which may ask for the second factor. "
            "Whoever runs this installation can reset it: `reclaim user reset-factor`."
        )
    factors = Authenticator.objects.filter(user=membership.user)
    kinds = sorted(factors.values_list("type", flat=True))
    if not set(kinds) & set(map(str, KINDS)):
        raise FactorError(f"{membership.user} has no second factor.")
    factors.delete()
    return Done(membership, {"user": membership.user_id, "why": why, "types": kinds})
