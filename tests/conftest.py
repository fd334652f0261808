"""Tests that need Django get it, with a database of their own; all others stay free of it, and fast.

SQLite unless DATABASE_URL names a PostgreSQL; both run the same tests. Made-up people stand here too.
"""

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from reclaim.people.models import Organization, Role, User

HERE = Path(__file__).parent
WITH_DJANGO = frozenset({"api", "browser", "people", "record", "desk", "insight", "reception", "web", "config", "site"})
"""The folders whose tests need Django."""
FOR_TESTS = ("RECLAIM_KILLS", "RECLAIM_RANDOM")
"""What is told to the tests themselves: how many points to kill at, and to draw other cases than in every run."""
hypothesis.settings.register_profile("house", deadline=None, derandomize="RECLAIM_RANDOM" not in os.environ)
hypothesis.settings.load_profile("house")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> None:
    """Make Django ready before the first test that needs it is imported."""
    if set(file_path.relative_to(HERE).parts[:-1]) & WITH_DJANGO:
        _django(parent.config)


@pytest.hookimpl(tryfirst=True)  # before the workers name the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have one worker do all that a browser does (`--dist loadgroup`): the demo is made once."""
    for item in items:
        if "browser" in item.path.relative_to(HERE).parts:
            item.add_marker(pytest.mark.xdist_group("browser"))


@cache
def _django(config: pytest.Config) -> None:
    data = tempfile.mkdtemp(prefix="reclaim-tests-")
    atexit.register(shutil.rmtree, data, ignore_errors=True)
    for name in [name for name in os.environ if name.startswith("RECLAIM_") and name not in FOR_TESTS]:
        del os.environ[name]  # the settings of who runs the tests are not what is tested
    os.environ |= {"RECLAIM_DATA": data, "RECLAIM_QUEUE": "now", "RECLAIM_LOG": "ERROR"}

    from pytest_django.plugin import blocking_manager_key  # noqa: PLC0415  only for tests that need it

    from reclaim.config import start  # noqa: PLC0415

    start.django()
    config.stash[blocking_manager_key].block()  # as the plugin does it when it is there from the beginning


@pytest.fixture
def organization(db: None) -> "Organization":  # noqa: ARG001  rows need the database
    from reclaim.people.models import Organization  # noqa: PLC0415  no Django for who does not ask

    return Organization.objects.create(name="Cedar Valley Clinics", slug="cedar-valley")


@pytest.fixture
def other_organization(db: None) -> "Organization":  # noqa: ARG001  rows need the database
    from reclaim.people.models import Organization  # noqa: PLC0415

    return Organization.objects.create(name="Harbor Orthopedics", slug="harbor")


@pytest.fixture
def member(db: None) -> "Callable[[Organization, Role | str], User]":  # noqa: ARG001  rows need the database
    """Makes somebody of an organization with a role."""
    from reclaim.people.models import Membership, User  # noqa: PLC0415

    def make(organization: "Organization", role: "Role | str") -> "User":
        email = f"{role}{User.objects.count()}@{organization.slug}.example"
        user = User.objects.create_user(username=email, email=email)
        Membership.objects.create(organization=organization, user=user, role=role)
        return user

    return make


@pytest.fixture
def biller(organization: "Organization", member: "Callable[[Organization, str], User]") -> "User":
    return member(organization, "biller")


@pytest.fixture
def manager(organization: "Organization", member: "Callable[[Organization, str], User]") -> "User":
    return member(organization, "manager")


@pytest.fixture
def auditor(organization: "Organization", member: "Callable[[Organization, str], User]") -> "User":
    return member(organization, "auditor")


@pytest.fixture
def outsider(other_organization: "Organization", member: "Callable[[Organization, str], User]") -> "User":
    """A manager, but elsewhere: may do everything, and sees nothing of `organization`."""
    return member(other_organization, "manager")


@pytest.fixture
def client_of(db: None) -> "Callable[[User | None], Client]":  # noqa: ARG001  sessions need the database
    """A browser in which somebody is signed in; nobody for None."""
    from django.test import Client  # noqa: PLC0415

    def sign_in(user: "User | None") -> "Client":
        client = Client()
        if user is not None:
            client.force_login(user)
        return client

    return sign_in
