"""How people come to an organization, change what they do there, and leave."""

from django.contrib.auth.password_validation import validate_password
from django.db.models import Q
from django.utils.text import slugify

from reclaim.people import tokens
from reclaim.people.access import Permission
from reclaim.people.actions import Done, PeopleError, action
from reclaim.people.models import Membership, Organization, Role, User


class JoiningError(PeopleError):
    """Somebody cannot come, change or leave so."""


def find_organization(name: str | None) -> Organization:
    """The organization of a name or slug; the only one when no name is given.

    Raises:
        JoiningError: there is none, or several and no name.
    """
    known = list(Organization.objects.order_by("name").values_list("name", flat=True)[:10])
    if name is None:
        if len(known) == 1:
            return Organization.objects.get()
        raise JoiningError(f"Name the organization: {', '.join(known)}." if known else "Name the first organization.")
    found = Organization.objects.filter(Q(name__iexact=name.strip()) | Q(slug=name.strip())).first()
    if found is None:
        raise JoiningError(f"There is no organization {name!r}. Known: {', '.join(known) or 'none yet'}.")
    return found


def found_organization(name: str) -> Organization:
    """Make a new organization.

    Raises:
        JoiningError: there is one of that name.
    """
    slug = slugify(name)[:50]
    if not slug:
        raise JoiningError("The name of an organization needs letters or digits.")
    if Organization.objects.filter(Q(name__iexact=name.strip()) | Q(slug=slug)).exists():
        raise JoiningError(f"There is an organization {name!r} already.")
    return Organization.objects.create(name=name.strip(), slug=slug)


@action(Permission.MANAGE_PEOPLE, "joined")
def join(by: User | None, organization: Organization, email: str, role: Role) -> Done[Membership]:
    """Let somebody into an organization: a new user, who has no password yet, or one known from another organization.

    Args:
        by: who invites; None for the command on the machine itself.
        organization: to work in.
        email: to sign in with.
        role: what for.

    Raises:
        JoiningError: they are in it already.
    """
    del by
    address = email.strip().lower()
    user = User.objects.filter(email__iexact=address).first()
    if user is None:
        user = User.objects.create_user(username=address, email=address)  # without a password nobody gets in
    if Membership.objects.filter(organization=organization, user=user).exists():
        raise JoiningError(f"{address} is in {organization} already.")
    if not user.is_active:
        user.is_active = True
        user.set_unusable_password()  # who comes back begins anew
        user.save(update_fields=["is_active", "password"])
    membership = Membership.objects.create(organization=organization, user=user, role=role)
    return Done(membership, {"user": user.pk, "role": role})


@action(Permission.MANAGE_PEOPLE, "changed_role")
def change_role(by: User | None, membership: Membership, role: Role) -> Done[Membership]:
    """Let somebody do something else from now on.

    Raises:
        JoiningError: it is their own role, or nobody else could let people in.
    """
    if by is not None and membership.user_id == by.pk:
        raise JoiningError("Nobody changes their own role. Ask another manager.")
    if role != Role.MANAGER:
        _keep_a_manager(membership)
    before, membership.role = membership.role, role
    membership.save(update_fields=["role"])
    detail = {"user": membership.user_id, "from": str(before), "to": str(role)}
    return Done(membership, detail, changed=before != role)


@action(Permission.MANAGE_PEOPLE, "left")
def leave(by: User | None, membership: Membership) -> Done[Organization]:
    """End somebody's access at once. The user stays, since events name it, but cannot sign in without a membership.

    Raises:
        JoiningError: nobody else could let people in.
    """
    del by
    _keep_a_manager(membership)
    user, role = membership.user, membership.role
    tokens.end_all(membership)
    membership.delete()
    if not user.memberships.exists():
        user.is_active = False
        user.save(update_fields=["is_active"])
    return Done(membership.organization, {"user": user.pk, "role": role})


@action(Permission.MANAGE_PEOPLE, "made_link")
def allow_link(by: User | None, membership: Membership) -> Done[Membership]:
    """Write down that somebody is given a link at which they choose a password; `people.links` makes it.

    Raises:
        JoiningError: they work elsewhere too, where whoever has the link would come in as well.
    """
    if by is not None and not is_only_here(membership):
        raise JoiningError(
            f"{membership.user} works for other organizations too, so a link from here would open those as well. "
            "They sign in with the password they have, or ask for a new one on the sign-in page."
        )
    return Done(membership, {"user": membership.user_id})


def is_only_here(membership: Membership) -> bool:
    """Whether somebody works for no other organization."""
    return not membership.user.memberships.exclude(pk=membership.pk).exists()


def _keep_a_manager(leaving: Membership) -> None:
    """Refuse to lose the last one who lets people in; two who go at once wait for each other."""
    if leaving.role != Role.MANAGER:
        return
    Organization.objects.select_for_update(no_key=True).values_list("pk").get(pk=leaving.organization_id)
    managers = Membership.objects.filter(organization=leaving.organization_id, role=Role.MANAGER, user__is_active=True)
    if not managers.exclude(pk=leaving.pk).exists():
        raise JoiningError(f"{leaving.user} is the last denials manager. Make somebody else one first.")


def set_password(user: User, password: str) -> None:
    """Give somebody a password.

    Raises:
        ValidationError: it is too easy to guess; its messages say how.
    """
    validate_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
