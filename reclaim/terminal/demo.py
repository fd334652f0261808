"""`reclaim demo`: a made-up clinic group with a year of claims, in the browser; nobody in it is real."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from io import BytesIO
from itertools import groupby
from pathlib import Path
from secrets import token_urlsafe
from shutil import rmtree
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import click

from reclaim.terminal import setup
from reclaim.x12.sources import Source

if TYPE_CHECKING:
    from reclaim.people.models import Organization

CLAIMS, MONTHS = 6000, 12
MARK, PASSWORD, WORLD = "demo", "demo-password", "world"
"""What lies in the folder of a demo: a mark that it is one, its password, and the files of the world."""
SORTS = ("claims/*.837", "acknowledgements/*.277ca", "remittances/*.835")
"""The files of the world in the order in which they are received."""
DAY = len("2026-04-22")
"""How their names begin."""
NAME, SLUG = "Cedar Valley Clinics", "cedar-valley"
PEOPLE = {"manager": "manager@cedarvalley.example", "biller": "biller@cedarvalley.example"}
"""Who can sign in, by role. Addresses under .example belong to nobody."""


class Demo(NamedTuple):
    """A demo that is ready to be served."""

    organization: "Organization"
    password: str


@click.command()
@click.option("--check", is_flag=True, help="Fetch every page once as somebody who is signed in, and end with 0 or 1.")
@click.option("--claims", type=click.IntRange(1), default=CLAIMS, show_default=True, help="Claims in the made-up year.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Of the site. [default: any that is free]")
def demo(*, check: bool, claims: int, port: int) -> None:
    """Try Reclaim: make up a clinic group, receive a year of its remittances, and serve the site on this machine.

    Everything lies in one folder, which may be thrown away: .demo here, or where RECLAIM_DATA says. The first run makes
    it in a minute or two; later ones start at once. Ctrl-C stops it.
    """
    folder = _own()
    if check:
        os.environ["RECLAIM_LOG"] = "ERROR"  # the check asks for what answers only to buttons, which is a warning
    setup.ready()
    ready = prepare(folder, claims)
    if check:
        from reclaim.terminal import demo_check  # noqa: PLC0415  Django is ready only now

        sys.exit(demo_check.run(ready.organization, PEOPLE["manager"], ready.password, port))
    from reclaim.terminal import serve  # noqa: PLC0415  what is not checked is served

    serve.run("127.0.0.1", port, ready=lambda address: _welcome(address, ready.password))


def _own() -> Path:
    """The folder of the demo, and an environment in which nothing else is touched.

    Raises:
        ClickException: the folder holds an installation that is no demo.
    """
    folder = Path(os.environ.get("RECLAIM_DATA") or ".demo").expanduser().resolve()
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise click.ClickException(f"{folder} holds something else than a demo. Set RECLAIM_DATA to a new folder.")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / MARK).touch()
    (folder / ".gitignore").write_text("*\n", encoding="ascii")
    for name in [each for each in os.environ if each.startswith("RECLAIM_")] + ["DATABASE_URL"]:
        os.environ.pop(name, None)  # the settings of a real installation
    os.environ["RECLAIM_DATA"] = str(folder)
    return folder


def prepare(folder: Path, claims: int) -> Demo:
    """Make what is missing: world, database, people, locations, record. Whatever was cut off is taken up again.

    Args:
        folder: of the demo's data.
        claims: how many the world has, when it is made now.
    """
    setup.apply()
    _make_world(folder, claims)
    organization, password = _people(folder)
    _locations(folder, organization)
    _load(folder, organization)
    return Demo(organization, password)


def _make_world(folder: Path, claims: int) -> None:
    """The world until today, so that deadlines lie ahead. It appears whole or not at all."""
    world, making = folder / WORLD, folder / f"{WORLD}.making"
    if world.exists():
        return
    rmtree(making, ignore_errors=True)
    click.echo(f"Making up {MONTHS} months of a clinic group …")
    command = [sys.executable, "-m", "reclaim.terminal.main", "world", str(making)]
    options = {"--claims": claims, "--months": MONTHS, "--until": date.today()}  # noqa: DTZ011  as the user's day goes
    words = [str(word) for option in options.items() for word in option]
    subprocess.run([*command, *words], stdout=subprocess.DEVNULL, check=True)  # noqa: S603  our own command
    making.rename(world)


def _people(folder: Path) -> tuple["Organization", str]:
    """The organization with somebody of each role, and their password: made once, kept beside the data."""
    from reclaim.people.models import Membership, Organization, User  # noqa: PLC0415  Django is ready only now

    place = folder / PASSWORD
    if not place.exists():
        with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
            file.write(token_urlsafe(12))
    password = place.read_text(encoding="ascii")
    organization, _ = Organization.objects.get_or_create(slug=SLUG, defaults={"name": NAME})
    for role, email in PEOPLE.items():
        user, _ = User.objects.get_or_create(email=email, defaults={"username": email})
        if not user.check_password(password):
            user.set_password(password)
            user.save(update_fields=["password"])
        Membership.objects.get_or_create(organization=organization, user=user, defaults={"role": role})
    return organization, password


def _locations(folder: Path, organization: "Organization") -> None:
    """The places of the world with their providers, before anything is received: cases then know where they belong."""
    from reclaim.people import teams  # noqa: PLC0415  Django is ready only now
    from reclaim.world import tables  # noqa: PLC0415  slow to import

    if organization.locations.exists():
        return
    providers = tables.table(folder / WORLD / tables.TRUTH, "providers").sort("place", "npi").collect()
    for place, npis in providers.group_by("place", maintain_order=True).agg("npi").iter_rows():
        teams.make_location(None, organization, place.title().replace(" And ", " and "), " ".join(npis))


def _load(folder: Path, organization: "Organization") -> None:
    """Receive whatever went out and came back in the world and was not received yet."""
    from rich.console import Console  # noqa: PLC0415  slow to import
    from rich.progress import track  # noqa: PLC0415  the same

    from reclaim import reception  # noqa: PLC0415  Django is ready only now

    left = list(_left(folder, organization))
    size = sum(path.stat().st_size for sort in SORTS for path in (folder / WORLD).glob(sort)) if left else 0
    if left:
        click.echo(f"Receiving {len(left):,} days of claims, acknowledgments and remittances …")
    taken = reception.receive(organization, left, "demo", size)
    for _ in track(taken, "Receiving", len(left), console=Console(stderr=True), transient=True):
        pass


def _left(folder: Path, organization: "Organization") -> Iterator[Source]:
    """What was not received yet: the files of a sort and day in one, as a clearinghouse hands them over."""
    from reclaim.record.models import File, FileState  # noqa: PLC0415  Django is ready only now

    done = File.objects.filter(organization=organization, state__in=(FileState.READ, FileState.REFUSED))
    known = set(done.values_list("name", flat=True))
    for sort in SORTS:
        every = sorted((folder / WORLD).glob(sort))
        for day, paths in groupby(every, lambda path: path.name[:DAY]):
            if (name := f"{day}{Path(sort).suffix}") not in known:
                yield Source(name, partial(_joined, list(paths)))


def _joined(paths: Sequence[Path]) -> BinaryIO:
    return BytesIO(b"\n".join(path.read_bytes() for path in paths))


def _welcome(address: str, password: str) -> None:
    click.echo(f"\nReclaim is at {address}\n")
    for role, email in PEOPLE.items():
        click.echo(f"  sign in as {role:8} {email}   password {password}")
    click.echo("\nNobody in it is real. Ctrl-C stops it; the same command starts it again at once.")
