"""Who may change whom, teams, places of care, and absences."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from reclaim.codes.npi import check_digit, is_npi
from reclaim.people import absences, joining, teams
from reclaim.people.absences import AbsenceError
from reclaim.people.actions import NotAllowedError
from reclaim.people.joining import JoiningError
from reclaim.people.models import Absence, Event, Location, Membership, Organization, Role, Team, User
from reclaim.people.teams import TeamError

Member = Callable[[Organization, str], User]
NPI, OTHER_NPI = "1234567893", "1245319599"


def membership(user: User) -> Membership:
    return Membership.objects.get(user=user)


def verbs() -> list[str]:
    return list(Event.objects.order_by("id").values_list("verb", flat=True))


def test_nobody_changes_their_own_role(manager: User, member: Member, organization: Organization) -> None:
    member(organization, "manager")  # it is not about the last one
    with pytest.raises(JoiningError, match="own role"):
        joining.change_role(manager, membership(manager), Role.BILLER)
    assert membership(manager).role == Role.MANAGER
    assert verbs() == []


@pytest.mark.parametrize("by_command", [False, True])
def test_the_last_manager_stays(manager: User, member: Member, organization: Organization, *, by_command: bool) -> None:
    by = None if by_command else manager
    with pytest.raises(JoiningError, match="last denials manager"):
        joining.leave(by, membership(manager))
    if by_command:
        with pytest.raises(JoiningError, match="last denials manager"):
            joining.change_role(by, membership(manager), Role.BILLER)
    second = member(organization, "manager")
    joining.leave(second, membership(manager))
    assert not Membership.objects.filter(user=manager).exists()


def test_a_manager_who_cannot_sign_in_any_more_does_not_count(
    manager: User, member: Member, organization: Organization
) -> None:
    retired = member(organization, "manager")
    retired.is_active = False
    retired.save()
    with pytest.raises(JoiningError, match="last denials manager"):
        joining.leave(manager, membership(manager))


def test_a_link_from_here_never_opens_another_organization(
    manager: User, biller: User, other_organization: Organization
) -> None:
    joining.allow_link(manager, membership(biller))
    elsewhere = Membership.objects.create(organization=other_organization, user=biller, role=Role.MANAGER)
    with pytest.raises(JoiningError, match="other organizations"):
        joining.allow_link(manager, Membership.objects.get(user=biller, role=Role.BILLER))
    elsewhere.delete()
    assert verbs() == ["made_link"]


def test_a_team_has_a_name_of_its_own_and_people_of_its_own_house(
    organization: Organization, manager: User, biller: User, outsider: User
) -> None:
    team = teams.make_team(manager, organization, "  Coding   desk ")
    assert team.name == "Coding desk"
    with pytest.raises(TeamError, match="already"):
        teams.make_team(manager, organization, "coding desk")
    for name in ("", "  ", "x" * 81, "a\x00b"):
        with pytest.raises(TeamError, match="letters"):
            teams.change_team(manager, team, name, [])
    teams.change_team(manager, team, "Coders", [membership(biller).pk, membership(outsider).pk])
    assert [each.user for each in team.memberships.all()] == [biller]
    assert Event.objects.order_by("-id")[0].detail == {"renamed": True, "came": [biller.pk], "went": []}
    teams.change_team(manager, team, "Coders", [membership(biller).pk])
    assert verbs() == ["made_team", "changed_team"]  # the last change changed nothing


def test_only_managers_group_people(organization: Organization, biller: User, outsider: User) -> None:
    team = Team.objects.create(organization=organization, name="Coders")
    for somebody in (biller, outsider):
        with pytest.raises(NotAllowedError):
            teams.make_team(somebody, organization, "Mine")
        with pytest.raises(NotAllowedError):
            teams.change_team(somebody, team, "Mine", [])
        with pytest.raises(NotAllowedError):
            teams.make_location(somebody, organization, "Mine", "")
    assert list(Team.objects.values_list("name", flat=True)) == ["Coders"]
    assert set(verbs()) == {"refused"}


def test_the_check_digit_of_an_npi() -> None:
    assert is_npi(NPI)  # the example of the CMS
    assert check_digit("123456789") == "3"
    for text in ("1234567890", "123456789", "12345678933", "", "abcdefghij", "\u0661234567893", "1243567893"):
        assert not is_npi(text)


def test_a_place_of_care_is_known_by_numbers_that_are_nobody_elses(organization: Organization, manager: User) -> None:
    place = teams.make_location(manager, organization, "Riverside", f"{NPI}, {NPI};\n{OTHER_NPI}")
    assert place.npis == [NPI, OTHER_NPI]
    with pytest.raises(TeamError, match="1234567890"):
        teams.change_location(manager, place, "Riverside", "1234567890")
    with pytest.raises(TeamError, match="Riverside already"):
        teams.make_location(manager, organization, "Hilltop", NPI)
    teams.change_location(manager, place, "Riverside", OTHER_NPI)
    teams.make_location(manager, organization, "Hilltop", NPI)
    assert list(Location.objects.order_by("name").values_list("name", "npis")) == [
        ("Hilltop", [NPI]),
        ("Riverside", [OTHER_NPI]),
    ]


def test_everybody_says_when_they_are_away_and_a_manager_says_it_of_anybody(
    manager: User, biller: User, outsider: User
) -> None:
    today = timezone.localdate()
    mine = absences.note_absence(biller, membership(biller), today, today + timedelta(days=4), membership(manager))
    absences.note_absence(manager, membership(biller), today + timedelta(days=5), today + timedelta(days=5))
    for first, last in ((today + timedelta(days=4), today + timedelta(days=9)), (today, today)):
        with pytest.raises(AbsenceError, match="already"):
            absences.note_absence(biller, membership(biller), first, last)
    with pytest.raises(AbsenceError, match="away on some of these days too"):
        absences.note_absence(manager, membership(manager), today, today, membership(biller))
    for stranger, of in ((biller, manager), (outsider, biller)):
        with pytest.raises(NotAllowedError):
            absences.note_absence(stranger, membership(of), today, today)
    with pytest.raises(NotAllowedError):
        absences.end_absence(outsider, mine)
    absences.end_absence(biller, mine)
    assert Absence.objects.count() == 1
    assert [each for each in verbs() if each != "refused"] == ["noted_absence", "noted_absence", "ended_absence"]


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [(1, 0, "before the first"), (-3, -1, "today or later"), (0, 400, "a year at most")],
)
def test_days_that_cannot_be(biller: User, first: int, last: int, said: str) -> None:
    today = timezone.localdate()
    with pytest.raises(AbsenceError, match=said):
        absences.note_absence(biller, membership(biller), today + timedelta(days=first), today + timedelta(days=last))
    with pytest.raises(AbsenceError, match="themselves"):
        absences.note_absence(biller, membership(biller), today, today, membership(biller))
