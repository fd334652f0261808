"""What actions on many cases need besides the cases, as forms."""

from collections.abc import Mapping
from typing import Any, cast

from django import forms

from reclaim.desk import actions
from reclaim.desk.assignment_rules import workers
from reclaim.desk.models import WriteOff
from reclaim.people.models import Organization, Team, User

_DAY = {"type": "date"}


class Words(forms.Form):
    """What an action needs besides the cases: nothing."""

    def __init__(self, organization: Organization, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        self.fill(organization)

    def fill(self, organization: Organization) -> None:
        """Put what this organization has into the lists."""

    def choose(self, field: str, none: str, named: Mapping[int, str]) -> None:
        """Put rows into the list of a field, by their name."""
        rows = sorted((name, str(key)) for key, name in named.items())
        cast("forms.ChoiceField", self.fields[field]).choices = [("", none), *((key, name) for name, key in rows)]

    def given(self) -> dict[str, Any]:
        """For the action."""
        return dict(self.cleaned_data)


class Assignment(Words):
    """To whom."""

    to = forms.ChoiceField(label="Person", required=False)
    team = forms.ChoiceField(label="Team", required=False)

    def fill(self, organization: Organization) -> None:
        """People who work cases, and teams."""
        self.people = workers(organization)
        self.teams = {each.pk: each for each in Team.objects.filter(organization=organization).order_by("name")}
        self.choose("to", "Nobody yet", {key: _name(each) for key, each in self.people.items()})
        self.choose("team", "No team", {key: each.name for key, each in self.teams.items()})

    def clean(self) -> dict[str, Any]:
        """One of the two."""
        if not self.errors and not self.cleaned_data.get("to") and not self.cleaned_data.get("team"):
            raise forms.ValidationError("Choose a person, a team, or both.")
        return self.cleaned_data

    def given(self) -> dict[str, Any]:
        """Rows for their ids."""
        to, team = (int(self.cleaned_data[name] or 0) for name in ("to", "team"))
        return {"to": self.people.get(to), "team": self.teams.get(team)}


class Snoozing(Words):
    """Until when."""

    until = forms.DateField(
        label="Until",
        required=False,
        widget=forms.DateInput(attrs=_DAY),
        help_text="Without a day, until the payer's next answer.",
    )


class GivingUp(Words):
    """Why."""

    reason = forms.ChoiceField(label="Reason", choices=[("", "Choose a reason"), *WriteOff.Reason.choices])
    words = forms.CharField(label="In your words", required=False, max_length=300)


class Closing(Words):
    """How it ended."""

    outcome = forms.ChoiceField(label="How it ended", choices=[(each.value, each.label) for each in actions.CLOSES])
    why = forms.CharField(label="Why", max_length=300)


class Raising(Words):
    """Why."""

    why = forms.CharField(label="Why these come first", max_length=300)


class Tasking(Words):
    """What, by whom, until when."""

    text = forms.CharField(label="What is to be done", max_length=1000)
    due = forms.DateField(label="By", required=False, widget=forms.DateInput(attrs=_DAY))
    owner = forms.ChoiceField(label="By whom", required=False)

    def fill(self, organization: Organization) -> None:
        """People who work cases."""
        self.people = workers(organization)
        self.choose("owner", "Nobody yet", {key: _name(each) for key, each in self.people.items()})

    def given(self) -> dict[str, Any]:
        """A person for their id."""
        return {**self.cleaned_data, "owner": self.people.get(int(self.cleaned_data["owner"] or 0))}


def _name(user: User) -> str:
    return user.get_full_name() or user.email
