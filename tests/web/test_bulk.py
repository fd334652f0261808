"""Many cases at once: chosen, previewed, done; each with its result, its event, and in the version that was seen."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from reclaim.desk import actions
from reclaim.desk.models import Case, Note, Stage, State, Task, WriteOff
from reclaim.people.models import Event, Organization, Team, User
from reclaim.web import bulk
from tests.web import factory

SignIn = Callable[[User | None], Client]
MANY = 70


@pytest.fixture
def cases(organization: Organization) -> list[Case]:
    factory.many_cases(organization, MANY, timezone.localdate())
    return list(Case.objects.order_by("-score", "-pk"))


def ticked(*cases: Case) -> list[str]:
    return [f"{case.pk}.{case.version}" for case in cases]


def words(page: str) -> str:
    """What a page says, without its markup."""
    content = page.partition('id="content"')[2]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", content)).split())


def kept(page: str) -> str:
    found = re.search(r'name="chosen" value="([^"]*)"', page)
    assert found is not None
    return found[1]


def test_the_queue_offers_what_the_role_may_do(
    cases: list[Case], biller: User, manager: User, auditor: User, client_of: SignIn
) -> None:
    assert cases
    for user, expected in ((manager, {*bulk.DOINGS}), (biller, {*bulk.DOINGS} - {"assign"}), (auditor, set())):
        page = client_of(user).get("/queue").content.decode()
        assert set(re.findall(r'name="do" value="(\w+)"', page)) == expected
        assert ("data-pick " in page or "data-pick>" in page) is bool(expected)


def test_assigned_after_a_preview_each_with_an_event(
    cases: list[Case], organization: Organization, biller: User, manager: User, client_of: SignIn
) -> None:
    client = client_of(manager)
    mine = actions.assign(manager, cases[1], biller)
    form = client.post(
        "/queue/bulk?in=open", {"do": "assign", "case": ticked(cases[0], mine, cases[2])}
    ).content.decode()
    assert "Assign: 3 cases" in words(form)
    assert client.post("/queue/bulk", {"do": "assign", "step": "preview", "chosen": kept(form)}).status_code == 422
    given = {"do": "assign", "to": str(biller.pk), "chosen": kept(form)}
    preview = client.post("/queue/bulk?in=open", {**given, "step": "preview"}).content.decode()
    assert "2 of 3 would be assigned. 1 would stay as it is." in words(preview)
    assert "It was so already." in preview
    assert Case.objects.filter(owner=biller).count() == 1, "a preview changes nothing"
    before = Event.objects.count()
    done = client.post("/queue/bulk?in=open", {**given, "step": "do", "chosen": kept(preview)}).content.decode()
    assert "2 cases are assigned; 1 was not touched." in words(done)
    assert Case.objects.filter(organization=organization, owner=biller).count() == 3
    fresh = Event.objects.order_by("pk")[before:]
    assert [(each.verb, each.user) for each in fresh] == [("assigned_case", manager)] * 2
    for case in (cases[0], cases[1], cases[2]):
        assert f'/cases/{case.pk}">{case.control_number}' in done, "each has its result"


def test_who_was_first_is_not_overwritten(cases: list[Case], biller: User, manager: User, client_of: SignIn) -> None:
    client, day = client_of(manager), str(timezone.localdate() + timedelta(days=5))
    given = {"do": "snooze", "until": day, "chosen": ",".join(ticked(*cases[:2]))}
    preview = client.post("/queue/bulk", {**given, "step": "preview"}).content.decode()
    assert "2 of 2 would be snoozed." in words(preview)
    actions.take(biller, cases[0])
    done = words(client.post("/queue/bulk", {**given, "step": "do"}).content.decode())
    assert "1 case is snoozed; 1 was not touched." in done
    assert "Somebody changed it in the meantime." in done
    cases[0].refresh_from_db()
    assert (cases[0].owner, cases[0].stage) == (biller, Stage.WORKING)
    again = words(client.post("/queue/bulk", {**given, "step": "do"}).content.decode())
    assert "0 cases are snoozed; 2 were not touched." in again, "sending the form twice does it once"


def test_all_that_fit_are_those_of_the_question(cases: list[Case], manager: User, client_of: SignIn) -> None:
    client = client_of(manager)
    given = {"do": "take", "all": "1", "case": ticked(cases[0])}
    page = client.post("/queue/bulk?in=open&type=clinical", given).content.decode()
    clinical = [case for case in cases if case.type == "clinical"]
    assert kept(page).split(",") == ticked(*clinical)
    client.post("/queue/bulk?in=open&type=clinical", {"do": "take", "step": "do", "chosen": kept(page)})
    assert set(Case.objects.filter(owner=manager)) == set(clinical)


def test_more_than_fit_into_one_go_is_said(
    cases: list[Case], manager: User, client_of: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MOST", 10)
    page = client_of(manager).post("/queue/bulk?in=open", {"do": "take", "all": "1"}).content.decode()
    assert kept(page).split(",") == ticked(*cases[:10])
    assert "These are the first of them" in page


def test_one_case_needs_no_preview(cases: list[Case], biller: User, client_of: SignIn) -> None:
    answer = client_of(biller).post("/queue/bulk?in=open", {"do": "take", "case": ticked(cases[3])})
    assert answer["Location"] == f"/queue?in=open#case-{cases[3].pk}"
    cases[3].refresh_from_db()
    assert cases[3].owner == biller


def test_a_write_off_above_the_limit_waits_for_a_second_person(
    cases: list[Case], biller: User, client_of: SignIn
) -> None:
    below, above = (next(case for case in cases if (case.denied <= 100) is small) for small in (True, False))
    given = {"do": "write_off", "reason": "bundled", "chosen": ",".join(ticked(below, above))}
    preview = words(client_of(biller).post("/queue/bulk", {**given, "step": "preview"}).content.decode())
    assert "Written off 1 case" in preview
    assert "Waiting for approval 1 case" in preview
    client_of(biller).post("/queue/bulk", {**given, "step": "do"})
    below.refresh_from_db()
    above.refresh_from_db()
    assert (below.state, above.state, above.stage) == (State.WRITTEN_OFF, State.OPEN, Stage.APPROVAL)
    assert sorted(WriteOff.objects.values_list("stand", flat=True)) == ["done", "proposed"]


@pytest.mark.parametrize(
    ("name", "given", "proof"),
    [
        ("lift", {"why": "The payer's window closes"}, lambda: Case.objects.filter(raised=True).count()),
        ("task", {"text": "Call them"}, Task.objects.count),
        ("close", {"outcome": "upheld", "why": "No chance"}, lambda: Case.objects.filter(state="upheld").count()),
        ("snooze", {}, lambda: Case.objects.filter(stage=Stage.WAITING).count()),
        ("release", {}, lambda: Event.objects.filter(verb="released_case").count()),
    ],
)
def test_every_action(
    cases: list[Case], biller: User, client_of: SignIn, name: str, given: Mapping[str, str], proof: Callable[[], int]
) -> None:
    if name == "release":
        cases[:3] = [actions.take(biller, case) for case in cases[:3]]
    chosen = ",".join(ticked(*cases[:3]))
    client_of(biller).post("/queue/bulk", {"do": name, "step": "do", "chosen": chosen, **given})
    assert proof() == 3
    assert Note.objects.count() == (3 if name in ("lift", "close") else 0)


def test_nothing_of_another_house_is_touched(cases: list[Case], outsider: User, client_of: SignIn) -> None:
    done = client_of(outsider).post("/queue/bulk", {"do": "take", "step": "do", "chosen": ",".join(ticked(*cases[:2]))})
    assert "Some are gone" in done.content.decode()
    assert cases[0].control_number not in done.content.decode()
    assert not Case.objects.filter(owner__isnull=False).exists()


def test_who_may_not_is_refused_and_that_is_written_down(
    cases: list[Case], biller: User, auditor: User, client_of: SignIn
) -> None:
    for user, name in ((auditor, "take"), (biller, "assign")):
        sent = {"do": name, "step": "do", "to": str(biller.pk), "chosen": ",".join(ticked(*cases[:2]))}
        assert client_of(user).post("/queue/bulk", sent).status_code == 403
        assert Event.objects.filter(verb="refused", user=user).exists()
    assert not Case.objects.filter(owner__isnull=False).exists()


def test_a_team_of_another_house_cannot_be_chosen(
    cases: list[Case], manager: User, other_organization: Organization, client_of: SignIn
) -> None:
    team = Team.objects.create(organization=other_organization, name="Theirs")
    sent = {"do": "assign", "step": "do", "team": str(team.pk), "chosen": ",".join(ticked(*cases[:2]))}
    assert client_of(manager).post("/queue/bulk", sent).status_code == 422
    assert not Case.objects.filter(team__isnull=False).exists()


@pytest.mark.parametrize("sent", ["", "x", "1", "1.x", "²,1", "9" * 40, "-1.1", ".", "1.1.1", ",,,"])
def test_odd_choices_do_no_harm(sent: str, manager: User, client_of: SignIn) -> None:
    for given in ({"case": sent}, {"chosen": sent}, {"case": sent, "step": "do"}):
        answer = client_of(manager).post("/queue/bulk", {"do": "take", **given}, follow=True)
        assert answer.status_code == 200
    assert client_of(manager).post("/queue/bulk", {"do": "nonsense"}).status_code == 404
    assert client_of(manager).get("/queue/bulk").status_code == 405
