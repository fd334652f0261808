"""Keys to the API: each is made for one member, shown once, and only its SHA-256 is kept."""

import hashlib
import secrets
from datetime import timedelta
from typing import NamedTuple

from django.utils import timezone
from django.utils.text import slugify

from reclaim.people import events
from reclaim.people.access import ALLOWED, Permission, choose, limit
from reclaim.people.actions import Done, PeopleError, action
from reclaim.people.models import Membership, Organization, Role, Token, User

PREFIX = "rcl_"
"""How every key begins, so that scanners for secrets find one that was left in a file."""
START = 12
"""First characters that are kept, to tell a key from others."""
DAYS, MOST_DAYS = 90, 365
"""For how long a key is good when nobody says, and at most. Our own default; no rule of the trade sets it."""
NOTED = timedelta(minutes=1)
"""How exactly the last use is kept: a busy program does not write a row with every request."""
NAME = 80
NAMELESS = f"Name the key after the program that will use it, in at most {NAME} characters."
TOLD = 50
"""Organizations that are told of wrong keys at the most."""


class TokenError(PeopleError):
    """A key cannot be made so; the message says why and what to do instead."""


class Wanted(NamedTuple):
    """A key as somebody asks for it."""

    name: str  # which program will use it
    permissions: frozenset[Permission]  # of those that the role of the member includes
    days: int = DAYS


class Made(NamedTuple):
    """A new key; its text is nowhere else."""

    token: Token
    key: str


def make(by: User | None, member: Membership, wanted: Wanted) -> Made:
    """Make a key.

    Args:
        by: who makes it; None for the command on the machine itself.
        member: as whom it acts: oneself, or an integration, so that nobody gets more than they have.
        wanted: its name, what it may do, and for how long.

    Raises:
        TokenError: it cannot be made so.
        NotAllowedError: the role of `by` does not include it, or the member is of another organization.
    """
    key = PREFIX + secrets.token_urlsafe(32)
    return Made(_make(by, member, wanted, key), key)


@action(Permission.ADMINISTER, "made_token")
def _make(by: User | None, member: Membership, wanted: Wanted, key: str) -> Done[Token]:
    _check(by, member, wanted)
    token = Token.objects.create(
        organization=member.organization,
        user=member.user,
        name=wanted.name.strip(),
        start=key[:START],
        sha256=_sealed(key),
        permissions=sorted(wanted.permissions),
        expires_at=timezone.now() + timedelta(days=wanted.days),
    )
    detail = {"for": member.user_id, "permissions": sorted(wanted.permissions), "days": wanted.days}
    return Done(token, detail)


def _check(by: User | None, member: Membership, wanted: Wanted) -> None:
    role = Role(member.role)
    if not 0 < len(wanted.name.strip()) <= NAME or not wanted.name.isprintable():
        raise TokenError(NAMELESS)
    if not 1 <= wanted.days <= MOST_DAYS:
        raise TokenError(f"A key is good for 1 to {MOST_DAYS} days. Make a new one before it ends.")
    if by is not None and by.pk != member.user_id and role != Role.INTEGRATION:
        raise TokenError("A key acts as you, or as a member with the role Integration. Choose one of these.")
    if not wanted.permissions:
        raise TokenError("Choose what the key may do.")
    if beyond := wanted.permissions - ALLOWED[role]:
        said = ", ".join(sorted(each.replace("_", " ") for each in beyond))
        raise TokenError(f"The role {role.label} does not include: {said}. Leave it out, or change the role.")


@action(Permission.ADMINISTER, "made_integration")
def integrate(by: User | None, organization: Organization, name: str) -> Done[Membership]:
    """Let a program in as a member of its own, with the role Integration; it has no password, only keys.

    Raises:
        TokenError: it needs a name.
    """
    del by
    called = name.strip()
    if not 0 < len(called) <= NAME or not called.isprintable():
        raise TokenError(NAMELESS)
    address = f"{slugify(called)[:40] or 'program'}-{secrets.token_hex(4)}@{organization.slug}.invalid"  # RFC 2606
    user = User.objects.create_user(username=address, email=address, first_name=called)
    membership = Membership.objects.create(organization=organization, user=user, role=Role.INTEGRATION)
    return Done(membership, {"user": user.pk})


@action(Permission.ADMINISTER, "revoked_token")
def revoke(by: User | None, token: Token) -> Done[Token]:
    """End a key, at once and for good."""
    del by
    if token.revoked_at is not None:
        return Done(token, changed=False)
    token.revoked_at = timezone.now()
    token.save(update_fields=["revoked_at"])
    return Done(token)


def end_all(member: Membership) -> None:
    """End every key of somebody who leaves: should they come back, they begin without."""
    living = Token.objects.filter(organization=member.organization_id, user=member.user_id, revoked_at=None)
    living.update(revoked_at=timezone.now())


def token_of(key: str) -> Token | None:
    """The token of a key, its `user` limited to what it may do; None when the key opens nothing, or no longer."""
    token = Token.objects.select_related("user").filter(sha256=_sealed(key)).first()
    now = timezone.now()
    if token is None or token.revoked_at is not None or token.expires_at <= now:
        return None
    if not token.user.is_active or not choose(token.user, token.organization_id):
        return None
    limit(token.user, set(token.permissions) & set(Permission))
    if token.used_at is None or now - token.used_at > NOTED:
        Token.objects.filter(pk=token.pk).update(used_at=now)
    return token


def note_wrong(address: str, tries: int) -> None:
    """Tell every organization that has keys: somebody tries keys that open nothing, whosever they were to be.

    Args:
        address: of the network, from which they came.
        tries: how many so far.
    """
    for organization in Organization.objects.filter(tokens__revoked_at=None).distinct().order_by("pk")[:TOLD]:
        events.record(organization, None, "refused_keys", organization, {"from": address, "tries": tries})


def _sealed(key: str) -> str:
    """What is kept of a key. It is 256 bits of chance: a slow hash, as for passwords, would add nothing."""
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()
