"""`reclaim receive`: files into the record; denials become cases."""

import sys
from typing import TYPE_CHECKING, Any

import click
import orjson

from reclaim.config import start
from reclaim.x12.sources import UNREADABLE, NoSuchPathError, Source, sources

if TYPE_CHECKING:
    from reclaim.people.models import Organization
    from reclaim.record.models import File


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--organization", "slug", help="Whose files they are; needed when there are several organizations.")
@click.option("--json", "as_json", is_flag=True, help="What was done with each file, as data.")
def receive(paths: tuple[str, ...], *, slug: str | None, as_json: bool) -> None:
    """Take files into the record: their bytes are kept, their denials become cases.

    PATH is a file, a folder, a pattern, a zip or gzip archive, or - for standard input. A file that was received before
    changes nothing. The exit status is 0, or 1 when some file was refused (the rest was received).
    """
    start.django()
    organization = _organization(slug)
    done = []
    try:
        for source in sources(paths):
            done.append(_received(organization, source))
            if not as_json:
                click.echo(_line(done[-1]))
    except NoSuchPathError as error:
        raise click.UsageError(str(error)) from error
    if as_json:
        sys.stdout.buffer.write(orjson.dumps({"files": done}, option=orjson.OPT_INDENT_2) + b"\n")
    elif len(done) > 1:
        claims, denials = (sum(each[name] for each in done) for name in ("claims", "denied_claims"))
        click.echo(f"{len(done):,} files, {claims:,} claims, {denials:,} denials.")
    sys.exit(1 if any(each["state"] == "refused" for each in done) else 0)


def _organization(slug: str | None) -> "Organization":
    from reclaim.people.models import Organization  # noqa: PLC0415  Django must be set up first

    every = Organization.objects.all() if slug is None else Organization.objects.filter(slug=slug)
    found = list(every[:2])
    if not found:
        known = ", ".join(Organization.objects.values_list("slug", flat=True)) or "none: run reclaim setup"
        raise click.UsageError(f"There is no organization {slug or ''}. Known: {known}.")
    if len(found) > 1:
        raise click.UsageError("There are several organizations: say whose files they are with --organization.")
    return found[0]


def _received(organization: "Organization", source: Source) -> dict[str, Any]:
    from reclaim import reception  # noqa: PLC0415  the same

    try:
        with source.open() as stream:
            file = reception.accept(organization, None, source.name, stream, "command")
    except UNREADABLE as error:
        said = f"It cannot be read: {error}. Get it again, or unpack it first."
        return _record(source.name, None, [{"level": "error", "text": said}])
    again = file.state not in ("received", "reading")
    file = reception.process(file.pk)
    return {**_record(source.name, file, file.findings), "known": again}


def _record(name: str, file: "File | None", findings: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": name,
        "sha256": file.sha256 if file else None,
        "state": file.state if file else "refused",
        "kind": file.kind if file else "",
        "claims": file.claims if file else 0,
        "denied_claims": file.denied_claims if file else 0,
        "denied_amount": str(file.denied) if file else "0.00",
        "balanced": file.balanced if file else False,
        "findings": findings,
        "known": False,
    }


def _line(done: dict[str, Any]) -> str:
    if done["state"] == "refused":
        why = next((each["text"] for each in done["findings"] if each["level"] == "error"), "")
        return f"{done['name']}: refused. {why}"
    if done["known"]:
        return f"{done['name']}: was received before; nothing changed."
    counts = f"{done['claims']:,} claims, {done['denied_claims']:,} denied, ${done['denied_amount']}"
    return f"{done['name']}: {counts}.{'' if done['balanced'] else ' It does not balance.'}"
