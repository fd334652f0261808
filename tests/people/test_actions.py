import pytest
from django.db import connection

from reclaim.people.access import Permission
from reclaim.people.actions import Done, NotAllowedError, action
from reclaim.people.models import Event, Organization, User
from reclaim.record.models import Payer


@action(Permission.WORK_CASES, "renamed_payer")
def rename(user: User | None, payer: Payer, name: str) -> Done[Payer]:
    """An action for these tests."""
    assert connection.in_atomic_block
    if payer.name == name:
        return Done(payer, changed=False)
    payer.name = name
    payer.save(update_fields=["name"])
    if name == "broken":
        raise RuntimeError
    return Done(payer, {"by_job": user is None})


@action(Permission.WORK_CASES, "renamed_payer")
def rename_by_number(_user: User | None, number: int, name: str) -> Done[Payer]:
    """An action that finds its row itself, without asking whose it is: a fault that the wrapper must catch."""
    payer = Payer.objects.get(pk=number)
    payer.name = name
    payer.save(update_fields=["name"])
    return Done(payer)


@pytest.fixture
def payer(organization: Organization) -> Payer:
    return Payer.objects.create(organization=organization, key="1", name="Acme", line_of_business="commercial")


def test_an_action_changes_and_tells(payer: Payer, biller: User) -> None:
    assert rename(biller, payer, "Acme Health") is payer
    assert Payer.objects.get().name == "Acme Health"
    event = Event.objects.get()
    assert (event.organization, event.user, event.verb) == (payer.organization, biller, "renamed_payer")
    assert (event.subject, event.detail) == (f"record.payer:{payer.pk}", {"by_job": False})


def test_a_job_acts_without_a_user(payer: Payer) -> None:
    rename(None, payer, "Acme Health")
    assert Event.objects.get().user is None


def test_who_may_not_changes_nothing(payer: Payer, auditor: User) -> None:
    with pytest.raises(NotAllowedError, match="work cases"):
        rename(auditor, payer, "Mine")
    assert Payer.objects.get().name == "Acme"
    event = Event.objects.get()
    assert (event.verb, event.user, event.detail["tried"]) == ("refused", auditor, "renamed_payer")


def test_nobody_acts_on_another_organization(payer: Payer, outsider: User) -> None:
    with pytest.raises(NotAllowedError, match="another organization"):
        rename(outsider, payer, "Mine")
    with pytest.raises(NotAllowedError, match="another organization"):
        rename(outsider, payer=payer, name="Mine")
    with pytest.raises(NotAllowedError, match="another organization"):
        rename_by_number(outsider, payer.pk, "Mine")
    assert Payer.objects.get().name == "Acme"
    assert {(each.verb, each.user) for each in Event.objects.all()} == {("refused", outsider)}


def test_a_failing_action_leaves_neither_change_nor_event(payer: Payer, biller: User) -> None:
    with pytest.raises(RuntimeError):
        rename(biller, payer, "broken")
    assert Payer.objects.get().name == "Acme"
    assert not Event.objects.exists()


def test_nothing_changed_is_nothing_to_tell(payer: Payer, biller: User) -> None:
    rename(biller, payer, "Acme")
    assert not Event.objects.exists()
