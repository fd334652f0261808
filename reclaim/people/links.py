"""What people are mailed about their account, where mail is set up: links to choose a password, resets of factors."""

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

RESET_SUBJECT = "Your second factor at Reclaim was reset"
RESET = """{who} reset your second factor at Reclaim for {organization}: {why}.

Sign in with your password and set up a new authenticator app or security key:
{link}

You did not ask for this? Tell your denials manager at once, and choose a new password.
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
    said = TEXT.format(
        organization=membership.organization, role=membership.get_role_display(), link=link, asker=asker.email
    )
    return _mailed(membership.user, SUBJECT, said)


def mail_reset(membership: Membership, why: str, asker: User | None) -> bool:
    """Tell somebody that their second factor is gone, and by whom; False when no mail left the house.

    Raises:
        OSError: the mail server did not take it.
    """
    said = RESET.format(
        who=asker.email if asker else "Whoever runs this installation",
        organization=membership.organization,
        why=why[:1].lower() + why[1:],
        link=f"{settings.ADDRESS}{reverse('mfa_index')}",
    )
    return _mailed(membership.user, RESET_SUBJECT, said)


def _mailed(user: User, subject: str, said: str) -> bool:
    return mails() and bool(send_mail(subject, said, None, [user.email]))
