import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from reclaim.people import events, heads
from reclaim.people.appending import AppendOnlyError
from reclaim.people.events import Entry, Fault, What
from reclaim.people.models import Event, Organization, User


def test_an_event_says_who_did_what_to_which_row(organization: Organization, biller: User) -> None:
    event = events.record(organization, biller, "viewed_user", biller, {"fields": ("name", "codes"), "count": 2})
    found = Event.objects.get(pk=event.pk)
    assert (found.user, found.verb, found.subject) == (biller, "viewed_user", f"people.user:{biller.pk}")
    assert found.detail == {"fields": ["name", "codes"], "count": 2}
    assert found.previous == events.START
    assert events.verify(organization) == []


def test_each_organization_has_a_chain_of_its_own(organization: Organization, other_organization: Organization) -> None:
    for number in range(4):
        events.record((organization, other_organization)[number % 2], None, "counted", f"x:{number}")
    assert events.verify(organization) == []
    assert events.verify(other_organization) == []
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
    assert events.verify(organization) == []
    assert events.record_many(organization, None, []) == []


def forge(sql: str, *values: str | int | None) -> None:
    """Change the table behind the back of the program."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def copy_of(event: Event, **changes: object) -> Event:
    """A row slipped in right after another, sealed as we would."""
    forged = Event(**{name: getattr(event, name) for name in ("organization", "at", "user", "subject", "detail")})
    forged.verb, forged.previous = "forged", event.hash
    for name, value in changes.items():
        setattr(forged, name, value)
    said = (forged.verb, forged.subject, forged.detail)
    forged.hash = events._seal(forged.organization_id, forged.at, forged.user_id, said, forged.previous)
    Event.objects.bulk_create([forged])
    return forged


@pytest.fixture
def chain(organization: Organization, biller: User) -> list[Event]:
    """Ten events with room between their numbers, as another organization's make it."""
    made = []
    for number in range(10):
        made.append(events.record(organization, biller, "counted", f"x:{number}", {"n": number}))
        forge("UPDATE people_event SET id = %s WHERE id = %s", 10 * (number + 1), made[-1].pk)
        made[-1].pk = 10 * (number + 1)
    return made


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("verb", "stayed"),
        ("subject", "x:99"),
        ("detail", '{"n": 99}'),
        ("at", "2020-01-01 00:00:00+00:00"),
        ("user_id", None),
        ("previous", "f" * 64),
        ("hash", "f" * 64),
    ],
)
@pytest.mark.parametrize("place", [10, 30, 100])
def test_a_changed_event_is_named(chain: list[Event], column: str, value: str | None, place: int) -> None:
    forge(f"UPDATE people_event SET {column} = %s WHERE id = %s", value, place)  # noqa: S608  columns of ours
    assert events.verify(chain[0].organization) == [Fault(What.CHANGED, place, place)]


@pytest.mark.parametrize(
    ("gone", "fault"),
    [
        ([10], Fault(What.REMOVED, 0, 20)),
        ([30], Fault(What.REMOVED, 20, 40)),
        ([30, 40, 50], Fault(What.REMOVED, 20, 60)),
    ],
)
def test_removed_events_are_named_by_those_around_them(chain: list[Event], gone: list[int], fault: Fault) -> None:
    for key in gone:
        forge("DELETE FROM people_event WHERE id = %s", key)
    assert events.verify(chain[0].organization) == [fault]


@pytest.mark.parametrize("after", [1, 3, 9])
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("sealed", [True, False])
def test_events_slipped_in_are_named(chain: list[Event], after: int, count: int, *, sealed: bool) -> None:
    forged = chain[after - 1]
    for number in range(count):
        forged = copy_of(forged, pk=10 * after + 1 + number)
        if not sealed:
            forge("UPDATE people_event SET hash = %s WHERE id = %s", f"{number}" * 64, forged.pk)
            forged.hash = f"{number}" * 64
    assert events.verify(chain[0].organization) == [Fault(What.INSERTED, 10 * after + 1, 10 * after + count)]


def test_an_event_slipped_in_before_all_is_named(chain: list[Event]) -> None:
    copy_of(chain[0], pk=1, previous=events.START)
    assert events.verify(chain[0].organization) == [Fault(What.INSERTED, 1, 1)]


def test_an_event_moved_to_the_end_is_named_at_both_places(chain: list[Event]) -> None:
    forge("UPDATE people_event SET id = 500 WHERE id = 30")
    assert events.verify(chain[0].organization) == [Fault(What.REMOVED, 20, 40), Fault(What.INSERTED, 500, 500)]


def test_an_event_moved_to_the_front_is_named_at_both_places(chain: list[Event]) -> None:
    forge("UPDATE people_event SET id = 15 WHERE id = 60")
    assert events.verify(chain[0].organization) == [Fault(What.INSERTED, 15, 15), Fault(What.REMOVED, 50, 70)]


def test_several_faults_are_named_each(chain: list[Event]) -> None:
    forge("UPDATE people_event SET verb = 'stayed' WHERE id = 20")
    forge("DELETE FROM people_event WHERE id = 50")
    copy_of(chain[7], pk=81)
    faults = events.verify(chain[0].organization)
    assert faults == [Fault(What.CHANGED, 20, 20), Fault(What.REMOVED, 40, 60), Fault(What.INSERTED, 81, 81)]
    assert [str(each) for each in faults] == [
        "event 20 was changed",
        "events between 40 and 60 were removed, or 40 was changed and sealed anew",
        "event 81 was inserted",
    ]


def test_an_event_moved_to_another_organization_is_found(
    organization: Organization, other_organization: Organization
) -> None:
    event = events.record(organization, None, "counted", "x:1")
    forge("UPDATE people_event SET organization_id = %s WHERE id = %s", other_organization.pk, event.pk)
    assert events.verify(other_organization) == [Fault(What.CHANGED, event.pk, event.pk)]


def test_a_cut_end_shows_beside_what_was_kept_elsewhere(chain: list[Event], tmp_path: Path) -> None:
    organization = chain[0].organization
    heads.keep(tmp_path, {organization.slug: events.head(organization)}, timezone.now())
    with (tmp_path / heads.NAME).open("a", encoding="ascii") as file:
        file.write('{"at": "2026')  # a line that broke off
    kept = heads.kept(tmp_path, organization.slug)
    assert kept == [events.head(organization)]
    forge("DELETE FROM people_event WHERE id > 80")
    assert events.verify(organization) == []  # what is left is whole
    events.record_many(organization, None, [Entry("counted", f"y:{number}") for number in range(5)])
    assert events.verify(organization, kept) == [Fault(What.CUT, 10, 10)]  # though it has grown since


def test_where_no_end_was_kept_none_is_missed(organization: Organization, tmp_path: Path) -> None:
    assert heads.kept(tmp_path, organization.slug) == heads.kept(None, organization.slug) == []


def test_events_are_neither_changed_nor_removed(organization: Organization) -> None:
    event = events.record(organization, None, "counted", "x:1")
    event.verb = "stayed"
    rows = Event.objects.filter(pk=event.pk)
    for change in (
        event.save,
        Event.objects.get().delete,
        Event.objects.all().delete,
        organization.events.all().delete,
        lambda: rows.update(verb="stayed"),
        lambda: organization.events.update(verb="stayed"),
        lambda: Event.objects.bulk_update([event], ["verb"]),
        lambda: Event.objects.update_or_create({"verb": "stayed"}, pk=event.pk),
        lambda: Event.objects.bulk_create([event], update_conflicts=True, update_fields=["verb"], unique_fields=["id"]),
    ):
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
    assert events.verify(ours) == []
    assert events.verify(theirs) == []
    assert Event.objects.values("previous", "organization").distinct().count() == Event.objects.count()  # no fork
