"""Where a case belongs: by the NPIs of its answer, unless a person says otherwise; and all that rests on it."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from reclaim import reception
from reclaim.codes.npi import is_npi
from reclaim.desk import actions, assigning, assignment_rules, counting, locating, queue
from reclaim.desk.assignment_rules import Conditions, Draft
from reclaim.desk.models import Case, State
from reclaim.people import teams
from reclaim.people.models import Event, Location, Organization, User
from reclaim.terminal import demo
from reclaim.web.export import PARTS
from reclaim.world.npi import npi
from reclaim.world.run import Order, World
from tests.api.programs import program_of
from tests.reception.written import DENIED, PAID, file, received, remittance
from tests.record.test_plans import plan

SignIn = Callable[[User | None], Client]
ANN, BEN, GROUP, NOBODYS = (npi(number) for number in (71, 72, 73, 74))


@pytest.fixture(autouse=True)
def _nothing_remembered(settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.DATA = tmp_path / "data"
    settings.FILES, settings.LAKE = settings.DATA / "files", settings.DATA / "lake"
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def north(organization: Organization) -> Location:
    return Location.objects.create(organization=organization, name="North", npis=[ANN])


@pytest.fixture
def house(organization: Organization) -> Location:
    return Location.objects.create(organization=organization, name="House", npis=[GROUP])


def answered(
    number: str, *, rendered: str = "", lines: tuple[str, ...] = (), claim: str = DENIED, status: str = "1"
) -> str:
    """A claim that names who rendered it, at the claim or at its lines."""
    head, sep, rest = claim.format(number).partition("SVC*")
    head = head.replace(f"CLP*{number}*1*", f"CLP*{number}*{status}*")
    named = f"NM1*82*1*ELM*ANN****XX*{rendered}~" if rendered else ""
    if not lines:
        return f"{head}{named}{sep}{rest}"
    each = [f"{sep}{rest.replace('CAS*', f'REF*HPI*{one}~CAS*', 1) if one else rest}" for one in lines]
    return f"{head}{named}{''.join(each)}"


def paid_to(payee: str, *claims: str, trace: str = "T1", day: str = "20260918") -> bytes:
    """A file whose payments go to somebody known by an NPI; "" by a tax number."""
    said = f"N1*PE*TIDEPOOL CLINIC*XX*{payee}~REF*TJ*999000001~" if payee else "N1*PE*TIDEPOOL CLINIC*FI*1234567893~"
    return file(remittance(trace, claims, day).replace("LX*1~", f"{said}LX*1~"), number=int(trace[1:]))


@pytest.mark.parametrize(
    ("rendered", "lines", "payee", "known", "place"),
    [
        (ANN, (), GROUP, (ANN, GROUP), "North"),  # who rendered it decides
        (NOBODYS, (), GROUP, (NOBODYS, GROUP), "House"),  # whom no location names: who was paid
        ("", (), GROUP, (GROUP, GROUP), "House"),
        ("", (ANN,), GROUP, (ANN, GROUP), "North"),
        ("", (ANN, "", ANN), GROUP, (ANN, GROUP), "North"),
        ("", (ANN, BEN), GROUP, (GROUP, GROUP), "House"),  # lines that disagree name nobody
        (ANN, (BEN,), GROUP, (ANN, GROUP), "North"),  # the claim goes before its lines
        ("12345", ("ABC",), "", ("", ""), None),  # no NPIs
        (NOBODYS, (), "", (NOBODYS, ""), None),
    ],
)
@pytest.mark.usefixtures("north", "house")
def test_npis_of_an_answer_say_where_its_case_belongs(
    organization: Organization,
    rendered: str,
    lines: tuple[str, ...],
    payee: str,
    known: tuple[str, str],
    place: str | None,
) -> None:
    received(organization, paid_to(payee, answered("A1", rendered=rendered, lines=lines)))
    case = Case.objects.get()
    assert (case.provider, case.payee) == known
    assert (case.location.name if case.location else None) == place


def test_a_rule_by_location_gets_the_case_of_a_file(
    organization: Organization, manager: User, biller: User, north: Location
) -> None:
    draft = Draft("North", Conditions(locations=(north.pk,)), people=(biller.pk,))
    assignment_rules.save(manager, organization, draft)
    received(organization, paid_to(GROUP, answered("A1", rendered=ANN), answered("A2", rendered=BEN)))
    assigning.assign_fresh(timezone.localdate())
    owners = dict(Case.objects.values_list("control_number", "owner"))
    assert owners == {"A1": biller.pk, "A2": None}


@pytest.mark.usefixtures("house")
def test_an_npi_of_two_locations_decides_nothing_and_the_page_says_so(
    organization: Organization, north: Location, biller: User, client_of: SignIn
) -> None:
    Location.objects.create(organization=organization, name="South", npis=[ANN])
    received(organization, paid_to(GROUP, answered("A1", rendered=ANN), answered("A2", rendered=BEN)))
    first, second = Case.objects.order_by("control_number")
    assert (first.location, second.location) == (None, Location.objects.get(name="House"))
    page = client_of(biller).get(f"/cases/{first.pk}").content.decode()
    assert f'paid to <span class="code">{GROUP}' in page
    assert "not known" in page
    form = f"/cases/{first.pk}/act/locate"
    assert f"North and South both hold NPI {ANN}" in client_of(biller).get(form).content.decode()
    assert f"House holds NPI {GROUP}." in client_of(biller).get(f"/cases/{second.pk}/act/locate").content.decode()
    client_of(biller).post(form, {"version": first.version, "location": str(north.pk)})
    assert "Somebody set the location." in client_of(biller).get(form).content.decode()
    assert Case.objects.get(pk=first.pk).location == north


def test_what_a_person_chose_stays(organization: Organization, biller: User, north: Location, house: Location) -> None:
    received(organization, paid_to(GROUP, answered("A1", rendered=ANN)))
    case = actions.locate(biller, Case.objects.get(), location=house)
    received(organization, paid_to(GROUP, answered("A1", rendered=BEN), trace="T2", day="20261001"), "two.835")
    case.refresh_from_db()
    assert (case.provider, case.location, case.answers) == (BEN, house, 2)
    teams.change_location(None, north, "North", f"{ANN} {BEN}")
    assert locating.catch_up() == 0
    case = actions.locate(biller, Case.objects.get())  # the NPIs may decide again
    assert (case.location_id, case.located) == (north.pk, False)
    actions.undo(biller, case)
    case.refresh_from_db()
    assert (case.location, case.located) == (house, True)


def test_a_place_of_another_house_cannot_be_chosen(
    organization: Organization, other_organization: Organization, biller: User
) -> None:
    received(organization, paid_to(GROUP, answered("A1")))
    theirs = Location.objects.create(organization=other_organization, name="Theirs")
    with pytest.raises(Exception, match="another organization"):
        actions.locate(biller, Case.objects.get(), location=theirs)
    assert not locating.Places(other_organization).of(GROUP, GROUP)


@pytest.mark.usefixtures("house")
def test_open_cases_follow_when_npis_change_with_one_event(
    organization: Organization, other_organization: Organization, north: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locating, "AT_ONCE", 2)
    claims = [answered(f"A{number}", rendered=(ANN, BEN)[number % 2]) for number in range(7)]
    received(organization, paid_to(GROUP, *claims))
    received(other_organization, paid_to(GROUP, answered("A1", rendered=BEN)))
    ended = Case.objects.filter(organization=organization, provider=BEN).latest("pk")
    Case.objects.filter(pk=ended.pk).update(state=State.UPHELD)
    assert locating.catch_up() == 0  # nothing has changed
    teams.change_location(None, north, "North", f"{ANN} {BEN}")
    versions = dict(Case.objects.values_list("pk", "version"))
    assert (locating.catch_up(), locating.catch_up()) == (2, 0)
    moved = Case.objects.filter(organization=organization, provider=BEN, location=north)
    assert {each.version - versions[each.pk] for each in moved} == {1}
    assert set(Case.objects.exclude(location=north)) == {ended, Case.objects.get(organization=other_organization)}
    event = Event.objects.get(verb=locating.VERB)
    assert (event.user, event.organization) == (None, organization)
    assert event.detail == {"job": "locating", "cases": 6, "changed": 2}


@pytest.mark.usefixtures("north")
def test_cases_of_before_get_theirs_when_a_file_is_read_anew(organization: Organization, biller: User) -> None:
    came = received(organization, paid_to(GROUP, answered("A1", rendered=ANN)))
    actions.take(biller, Case.objects.get())
    Case.objects.update(provider="", payee="", location=None)
    reception.reprocess(came, None)
    reception.process(came.pk)
    case = Case.objects.get()
    assert (case.provider, case.payee, case.location and case.location.name) == (ANN, GROUP, "North")
    assert case.owner == biller


@pytest.mark.usefixtures("house")
def test_a_takeback_knows_whom_it_was_taken_from(organization: Organization) -> None:
    received(organization, paid_to(GROUP, answered("A1", claim=PAID)))
    taken = "CLP*A1*22*-100*-80**12*PA1~SVC*HC:99214*-100*-80**1~CAS*CO*45*-20~"
    received(organization, paid_to(GROUP, taken, trace="T2", day="20261001"), "two.835")
    case = Case.objects.get()
    assert (case.kind, case.payee, case.location and case.location.name) == ("takeback", GROUP, "House")


# --- where people see it ----------------------------------------------------------------------------------------------


@pytest.fixture
def cases(organization: Organization, north: Location) -> dict[str, Case]:  # noqa: ARG001  Ann is there
    """By control number: one of Ann at North, two of Ben, one whose provider is not named."""
    some = [answered("A1", rendered=ANN), answered("B1", rendered=BEN), answered("B2", rendered=BEN)]
    received(organization, paid_to(GROUP, *some))
    received(organization, paid_to("", answered("N1"), trace="T2"), "two.835")
    return {each.control_number: each for each in Case.objects.all()}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"provider": BEN}, {"B1", "B2"}),
        ({"provider": "none"}, {"N1"}),
        ({"provider": NOBODYS}, set()),
        ({"provider": "5"}, {"A1", "B1", "B2", "N1"}),  # no NPI: not asked
        ({"q": BEN}, {"B1", "B2"}),
        ({"q": GROUP}, {"A1", "B1", "B2"}),  # who was paid
        ({"q": NOBODYS}, set()),
    ],
)
@pytest.mark.usefixtures("cases")
def test_a_provider_is_filtered_counted_and_searched(
    organization: Organization, asked: dict[str, str], found: set[str]
) -> None:
    ask, rows, today = queue.Ask.of(asked), Case.objects.filter(organization=organization), timezone.localdate()
    if ask.q:
        rows, _ = queue.searched(rows, ask.q, names=False)
    assert {each.control_number for each in queue.page(rows, ask, today).cases} == found
    assert counting.count(rows, ask, today).total.cases == len(found)


@pytest.mark.usefixtures("cases")
def test_the_queue_and_its_files_show_providers(
    biller: User, manager: User, client_of: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reclaim.web.again.recently_signed_in", lambda _: True)
    page = client_of(biller).get("/queue?in=open&show=provider,location&sort=provider").content.decode()
    assert page.count(f'<span class="code">{BEN}</span>') == 2
    assert f'href="/queue?in=open&amp;provider={BEN}' in page
    assert "Not named" in page
    answer = client_of(manager).get(f"/queue/export?in=open&show=provider,location&provider={ANN}")
    rows = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]  # it streams
    assert rows[0].endswith(",".join(("Location", *PARTS["provider"].headings)))
    assert [row.split(",")[-3:] for row in rows[1:]] == [["North", ANN, GROUP]]


def test_programs_read_filter_and_set_them(cases: dict[str, Case], north: Location, biller: User) -> None:
    client = program_of(biller)
    listed = client.get(f"cases?provider={BEN}").json()["cases"]
    assert [(each["provider"], each["payee"], each["location"]) for each in listed] == [(BEN, GROUP, None)] * 2
    assert client.get("people").json()["locations"] == [{"id": north.pk, "name": "North"}]
    body = {"version": cases["N1"].version, "location": north.pk}
    said = client.post(f"cases/{cases['N1'].pk}/actions/locate", body)
    assert (said.status_code, said.json()["location"]) == (200, north.pk)


PLANS: dict[str, Callable[[], QuerySet[Case]]] = {
    "a filter": lambda: Case.objects.filter(organization=1, state="open", provider=ANN).order_by("-score", "-id"),
    "a search": lambda: Case.objects.filter(organization=1, state__in=State.values, provider=ANN),
}


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite tells plans that do not depend on how much there is")
@pytest.mark.django_db
@pytest.mark.parametrize("asked", PLANS)
def test_an_index_finds_the_cases_of_a_provider(asked: str) -> None:
    assert "case_by_provider" in plan(PLANS[asked]())


# --- the demo ---------------------------------------------------------------------------------------------------------


def test_the_demo_names_the_places_of_its_world(organization: Organization, tmp_path: Path) -> None:
    World(tmp_path / demo.WORLD, Order(claims=300, months=3, seed=5, until=date(2026, 6, 30))).run()
    for _ in range(2):  # the second time they are there
        demo._locations(tmp_path, organization)
    named = Location.objects.filter(organization=organization)
    assert all(is_npi(each) for place in named for each in place.npis)
    for path in (tmp_path / demo.WORLD / "remittances").iterdir():
        received(organization, path.read_bytes(), path.name)
    assert Case.objects.exists()
    assert not Case.objects.filter(location=None).exclude(payee=demo_group()).exists()
    assert Case.objects.values("location").distinct().count() > 3


def demo_group() -> str:
    """The NPI of the group as a whole, which says no place."""
    return npi(1)
