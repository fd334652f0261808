"""Links at which people choose a password and are signed in: shown to who invites, and mailed where mail is set up."""

from allauth.account.forms import EmailAwarePasswordResetTokenGenerator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse

from reclaim.people.models import Membership, User

SUBJECT = "Your account at Reclaim"
TEXT = """{organization} works its denied claims with Reclaim, and you are invited as: {role}.

Choose a password here:
{link}

The link is good for a day and works once. If it has run out, ask for a new one: {asker}.
"""


def sign_in_link(user: User) -> str:
    """An address at which somebody chooses a password and is signed in; good for a day, and until it is used."""
    token = EmailAwarePasswordResetTokenGenerator().make_token(user)
    key = {"uidb36": user_pk_to_url_str(user), "key": token}
    return f"{settings.ADDRESS}{reverse('account_reset_password_from_key', kwargs=key)}"


def mails() -> bool:
    """Whether this installation sends mail."""
    return not settings.EMAIL_BACKEND.endswith(".dummy.EmailBackend")


def mail_link(membership: Membership, link: str, asker: User) -> bool:
    """Send somebody their link; False when no mail left the house.

    Raises:
        OSError: the mail server did not take it.
    """
    if not mails():
        return False
    said = TEXT.format(
        organization=membership.organization, role=membership.get_role_display(), link=link, asker=asker.email
    )
    return bool(send_mail(SUBJECT, said, None, [membership.user.email]))
