"""The same on the command line: as somebody, with their permissions and events."""

import json

import pytest
from click.testing import CliRunner, Result
from django.test import Client
from django.utils import timezone

from reclaim.desk.models import Case
from reclaim.people.models import Event, Organization, Token, User
from reclaim.terminal.main import cli
from tests.web import factory


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, words)


def test_cases_are_listed_as_a_table_and_as_data(organization: Organization, biller: User) -> None:
    factory.many_cases(organization, 7, timezone.localdate())
    told = run("cases", "list", "--as", biller.email, "--json", "--limit", "5")
    listed = [json.loads(line) for line in told.stdout.splitlines()]
    assert [each["id"] for each in listed] == list(
        Case.objects.order_by("-score", "-pk").values_list("pk", flat=True)[:5]
    )
    shown = run("cases", "list", "--as", biller.email).output
    assert all(each.control_number in shown for each in Case.objects.all())
    assert not any(each.patient in shown for each in Case.objects.all())
    assert "7 cases shown" in shown


def test_a_case_is_shown_and_that_it_was_is_an_event(case: Case, biller: User, auditor: User) -> None:
    assert "DOE, JANE" in run("cases", "show", str(case.pk), "--as", biller.email).output
    masked = run("cases", "show", str(case.pk), "--as", auditor.email, "--json").output
    assert json.loads(masked)["patient"] == "J. D."
    assert [(each.verb, each.user) for each in Event.objects.order_by("pk")] == [
        ("viewed_case", biller),
        ("viewed_case", auditor),
    ]


def test_an_action_is_done_or_the_reason_is_said(case: Case, biller: User, auditor: User, outsider: User) -> None:
    number = str(case.pk)
    for words, said in (
        (("take", "--as", auditor.email), "does not include"),
        (("take", "--as", outsider.email), "no such case"),
        (("snooze", "until=soon", "--as", biller.email), "until"),
        (("wake", "--as", biller.email), "cannot be done"),
        (("take", "--version", "7", "--as", biller.email), "changed this case"),
        (("attach", "sha256=0", "--as", biller.email), "no action"),
        (("take", "now", "--as", biller.email), "NAME=VALUE"),
        (("take", "--as", "nobody@x.example"), "Nobody signs in"),
    ):
        done = run("cases", "act", number, *words)
        assert done.exit_code != 0
        assert said in done.output
    assert Case.objects.get().version == 1
    assert run("cases", "act", number, "note", "text=Called.", "--as", biller.email).exit_code == 0
    assert Event.objects.filter(verb="noted", user=biller).count() == 1


def test_what_an_action_needs_is_told() -> None:
    told = run("cases", "actions").output
    assert "snooze" in told
    assert "until?" in told
    assert "attach" not in told


def test_a_key_is_made_used_listed_and_ended(organization: Organization, biller: User) -> None:
    made = run("token", "make", "Night", "--as", biller.email, "--may", "see_cases", "--days", "7")
    key = made.stdout.strip()
    ask = {"Authorization": f"Bearer {key}"}
    assert Client().get("/api/v1/me", headers=ask).json()["permissions"] == ["see_cases"]
    listed = run("token", "list", "--json").output
    assert key not in listed
    assert json.loads(listed)["as"] == biller.email
    assert run("token", "revoke", str(Token.objects.get().pk)).exit_code == 0
    assert Client().get("/api/v1/me", headers=ask).status_code == 401
    program = run("token", "make", "Export", "--organization", organization.slug).stdout.strip()
    told = Client().get("/api/v1/me", headers={"Authorization": f"Bearer {program}"}).json()
    assert (told["role"], told["name"]) == ("integration", "Export")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("make", "A", "--may", "fly"), "no permission 'fly'"),
        (("make", "A", "--as", "nobody@x.example"), "Nobody signs in"),
        (("make", " "), "Name the key"),
        (("make", "A", "--days", "366"), "365"),
        (("revoke", "999"), "There is no key 999"),
    ],
)
def test_a_key_that_cannot_be_made_says_why(words: tuple[str, ...], said: str, organization: Organization) -> None:
    done = run("token", *words)
    assert done.exit_code != 0
    assert said in done.output
    assert not Token.objects.filter(organization=organization).exists()
