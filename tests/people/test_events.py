import threading
from collections.abc import Callable

import pytest
from django.db import connection, connections, transaction

from reclaim.people import events
from reclaim.people.events import AppendOnlyError, Entry
from reclaim.people.models import Event, Organization, User


def test_an_event_says_who_did_what_to_which_row(organization: Organization, biller: User) -> None:
    event = events.record(organization, biller, "viewed_user", biller, {"fields": ("name", "codes"), "count": 2})
    found = Event.objects.get(pk=event.pk)
    assert (found.user, found.verb, found.subject) == (biller, "viewed_user", f"people.user:{biller.pk}")
    assert found.detail == {"fields": ["name", "codes"], "count": 2}
    assert found.previous == events.START
    assert events.verify(organization) is None


def test_each_organization_has_a_chain_of_its_own(organization: Organization, other_organization: Organization) -> None:
    for number in range(4):
        events.record((organization, other_organization)[number % 2], None, "counted", f"x:{number}")
    assert events.verify(organization) is None
    assert events.verify(other_organization) is None
    assert events.head(organization)[0] == 2
    assert events.head(organization)[1] != events.head(other_organization)[1]


def test_many_at_once_are_one_chain_with_the_single_ones(
    organization: Organization, biller: User, django_assert_max_num_queries: Callable[[int], pytest.MonkeyPatch]
) -> None:
    events.record(organization, biller, "began", biller)
    with django_assert_max_num_queries(20):  # type: ignore[attr-defined]  # a context manager
        many = events.record_many(organization, None, (Entry("counted", f"x:{n}", {"n": n}) for n in range(1200)))
    events.record(organization, biller, "ended", biller)
    assert [each.detail["n"] for each in many] == list(range(1200))
    assert list(Event.objects.order_by("id").values_list("subject", flat=True)[1:4]) == ["x:0", "x:1", "x:2"]
    assert events.verify(organization) is None
    assert events.record_many(organization, None, []) == []


@pytest.mark.parametrize(
    "change",
    [
        {"verb": "stayed"},
        {"subject": "x:9"},
        {"detail": {"n": 99}},
        {"at": "2020-01-01T00:00Z"},
        {"user": None},
        {"previous": "f" * 64},
        {"hash": "f" * 64},
    ],
)
def test_a_changed_event_is_found(organization: Organization, biller: User, change: dict[str, object]) -> None:
    chain = [events.record(organization, biller, "counted", f"x:{n}", {"n": n}) for n in range(5)]
    Event.objects.filter(pk=chain[2].pk).update(**change)
    assert events.verify(organization) == chain[2].pk


def test_a_removed_event_is_found_where_it_is_missing(organization: Organization) -> None:
    chain = [events.record(organization, None, "counted", f"x:{n}") for n in range(5)]
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM people_event WHERE id = %s", [chain[1].pk])
    assert events.verify(organization) == chain[2].pk


def test_an_event_moved_to_another_organization_is_found(
    organization: Organization, other_organization: Organization
) -> None:
    event = events.record(organization, None, "counted", "x:1")
    Event.objects.filter(pk=event.pk).update(organization=other_organization)
    assert events.verify(other_organization) == event.pk


def test_a_cut_end_shows_in_the_head(organization: Organization) -> None:
    chain = [events.record(organization, None, "counted", f"x:{n}") for n in range(3)]
    before = events.head(organization)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM people_event WHERE id = %s", [chain[-1].pk])
    assert events.verify(organization) is None  # what is left is whole
    assert events.head(organization) != before


def test_events_are_neither_changed_nor_removed(organization: Organization) -> None:
    event = events.record(organization, None, "counted", "x:1")
    event.verb = "stayed"
    for change in (event.save, Event.objects.get().delete, Event.objects.all().delete):
        with transaction.atomic(), pytest.raises(AppendOnlyError):
            change()
    assert Event.objects.get().verb == "counted"


@pytest.mark.parametrize("detail", [{"amount": 1.5}, {"deep": [{"day": object()}]}, {1: "a key that is no text"}])
def test_a_detail_that_would_not_come_back_the_same_is_refused(
    organization: Organization, detail: dict[str, object]
) -> None:
    with pytest.raises(TypeError, match="detail"):
        events.record(organization, None, "counted", "x:1", detail)
    assert not Event.objects.exists()


def test_what_is_rolled_back_leaves_no_event(organization: Organization) -> None:
    with transaction.atomic():
        events.record(organization, None, "counted", "x:1")
        transaction.set_rollback(True)
    assert events.head(organization) == (0, events.START)


@pytest.mark.django_db(transaction=True)
def test_many_threads_append_to_one_chain() -> None:
    ours = Organization.objects.create(name="Ours", slug="ours")
    theirs = Organization.objects.create(name="Theirs", slug="theirs")
    faults: list[Exception] = []

    def work(name: int) -> None:
        try:
            for number in range(15):
                events.record((ours, theirs)[number % 2], None, "counted", f"x:{name}-{number}")
                if not number % 5:
                    events.record_many(ours, None, [Entry("counted", f"y:{name}-{number}-{n}") for n in range(3)])
        except Exception as error:  # noqa: BLE001  shown by the test
            faults.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not faults
    assert events.head(ours)[0] == 8 * (8 + 9)
    assert events.head(theirs)[0] == 8 * 7
    assert events.verify(ours) is None
    assert events.verify(theirs) is None
    assert Event.objects.values("previous", "organization").distinct().count() == Event.objects.count()  # no fork
