from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.test import Client, RequestFactory

from reclaim.desk.models import Case
from reclaim.people import access
from reclaim.people.access import Permission, may, organization_of, visible_to
from reclaim.people.models import Event, Membership, Organization, Role, User
from reclaim.record.models import File, Payer

Member = Callable[[Organization, str], User]

TABLE = """
                       biller coder reviewer front_desk manager finance administrator auditor integration
    see_cases             x     x      x         x         x       x          x          x         x
    see_patients          x     x      x         x         x       x          .          .         .
    see_clinical          .     x      x         .         x       .          .          .         .
    work_cases            x     x      x         x         x       .          .          .         x
    assign_cases          .     .      .         .         x       .          .          .         .
    send_claims           x     .      .         .         x       .          .          .         .
    appeal                x     .      x         .         x       .          .          .         .
    write_off             x     .      .         .         x       x          .          .         .
    approve_write_off     .     .      .         .         x       x          .          .         .
    edit_rules            .     .      .         .         x       .          .          .         .
    edit_templates        .     .      .         .         x       .          .          .         .
    see_files             x     .      .         .         x       x          x          x         x
    receive_files         x     .      .         .         x       x          x          .         x
    reprocess_files       x     .      .         .         x       .          x          .         .
    open_files            x     .      .         .         x       x          .          .         .
    export                .     .      .         .         x       x          .          .         .
    see_people            x     x      x         x         x       x          x          x         x
    manage_people         .     .      .         .         x       .          .          .         .
    see_events            .     .      .         .         x       .          x          x         .
    administer            .     .      .         .         x       .          x          .         .
"""


def table() -> list[tuple[str, str, bool]]:
    head, *rows = (line.split() for line in TABLE.strip().splitlines())
    return [(role, row[0], mark == "x") for row in rows for role, mark in zip(head, row[1:], strict=True)]


def test_the_table_names_every_role_and_every_permission() -> None:
    assert {role for role, _, _ in table()} == set(Role.values)
    assert {permission for _, permission, _ in table()} == set(Permission)


@pytest.mark.parametrize(("role", "permission", "allowed"), table())
def test_a_role_may_what_the_table_says(
    organization: Organization, member: Member, role: str, permission: str, *, allowed: bool
) -> None:
    assert may(member(organization, role), permission) is allowed
    assert (Role(role) in access.roles_that_may(permission)) is allowed


def test_an_unknown_permission_is_an_error_of_the_program(biller: User) -> None:
    with pytest.raises(ValueError, match="fly"):
        may(biller, "fly")


def test_rows_of_another_organization_are_never_seen(
    organization: Organization, other_organization: Organization, manager: User, outsider: User
) -> None:
    ours = Payer.objects.create(organization=organization, key="1", name="Acme", line_of_business="commercial")
    theirs = Payer.objects.create(organization=other_organization, key="1", name="Acme", line_of_business="commercial")
    assert list(visible_to(manager, Payer)) == [ours]
    assert list(visible_to(outsider, Payer)) == [theirs]
    assert list(visible_to(manager, Organization)) == [organization]
    assert list(visible_to(manager, User)) == [manager]
    assert [each.user for each in visible_to(outsider, Membership)] == [outsider]


@pytest.mark.parametrize("model", [Case, File, Payer, Event, User, Membership, Organization])
def test_strangers_see_nothing(db: None, model: type) -> None:  # noqa: ARG001  queries need the database
    retired = User.objects.create_user(username="r@x.example", email="r@x.example", is_active=False)
    for user in (None, AnonymousUser(), retired, User.objects.create_user(username="n@x.example", email="n@x.example")):
        assert not visible_to(user, model).exists()
        assert not may(user, Permission.SEE_CASES)
        assert organization_of(user) is None


def test_who_may_not_see_files_finds_none(organization: Organization, member: Member) -> None:
    File.objects.create(
        organization=organization,
        sha256="0" * 64,
        name="a.835",
        size=1,
        origin="upload",
        received_at="2026-11-23T00:00Z",
    )
    assert visible_to(member(organization, "biller"), File).count() == 1
    assert visible_to(member(organization, "coder"), File).count() == 0


def test_a_model_nobody_decided_on_is_refused(biller: User) -> None:
    with pytest.raises(LookupError, match=r"auth\.group"):
        visible_to(biller, Group)


def test_every_model_of_ours_is_in_the_table(db: None) -> None:  # noqa: ARG001  queries need the database
    from django.apps import apps  # noqa: PLC0415

    for model in apps.get_models():
        if model.__module__.startswith("reclaim."):
            assert not visible_to(None, model).exists()


def test_access_ends_with_the_membership(organization: Organization, biller: User) -> None:
    assert may(biller, Permission.SEE_CASES)
    Membership.objects.filter(user=biller).delete()
    assert not may(User.objects.get(pk=biller.pk), Permission.SEE_CASES)
    assert organization_of(User.objects.get(pk=biller.pk)) != organization


def test_a_request_asks_for_the_membership_once(
    biller: User, django_assert_num_queries: Callable[[int], pytest.MonkeyPatch]
) -> None:
    fresh = User.objects.get(pk=biller.pk)
    with django_assert_num_queries(1):  # type: ignore[attr-defined]  # a context manager
        organization_of(fresh)
        may(fresh, Permission.SEE_CASES)
        visible_to(fresh, Payer)


def test_somebody_of_two_organizations_chooses(
    organization: Organization,
    other_organization: Organization,
    manager: User,
    outsider: User,
    client_of: Callable[[User], Client],
) -> None:
    Membership.objects.create(organization=other_organization, user=manager, role=Role.AUDITOR)
    request = RequestFactory().get("/")
    request.user, request.session = manager, client_of(manager).session
    assert organization_of(manager) == organization
    assert list(access.organizations_of(manager)) == [organization, other_organization]
    assert access.switch(request, other_organization.pk)
    assert organization_of(manager) == other_organization
    assert not may(manager, Permission.WORK_CASES)  # an auditor there
    request.user = outsider
    assert not access.switch(request, organization.pk)
    assert organization_of(outsider) == other_organization
