"""`reclaim receive`: files into the record; denials become cases."""

import sys
from typing import TYPE_CHECKING, Any

import click
import orjson

from reclaim.terminal import setup
from reclaim.terminal.words import money, shown
from reclaim.x12 import workers
from reclaim.x12.sources import NoSuchPathError, size, sources

if TYPE_CHECKING:
    from reclaim.people.models import Organization
    from reclaim.reception import Taken


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--organization", "slug", help="Whose files they are; needed when there are several organizations.")
@click.option("--json", "as_json", is_flag=True, help="What was done with each file, as data.")
def receive(paths: tuple[str, ...], *, slug: str | None, as_json: bool) -> None:
    """Take files into the record: their bytes are kept, their denials become cases.

    PATH is a file, a folder, a pattern, a zip or gzip archive, or - for standard input. A file that was received before
    changes nothing. The exit status is 0, or 1 when some file was refused (the rest was received).
    """
    try:
        whole = size(paths)
    except NoSuchPathError as error:
        raise click.UsageError(str(error)) from error
    workers.expect(whole, "reclaim.record.adjudged")
    setup.ready()
    setup.insist()
    from reclaim import reception  # noqa: PLC0415  Django is ready only now

    organization = whose(slug)
    done: list[Taken] = []
    for taken in reception.receive(organization, sources(paths), "command", whole):
        done.append(taken)
        if not as_json:
            click.echo(f"{shown(taken.name)}: {outcome(taken)}")
    if as_json:
        sys.stdout.buffer.write(orjson.dumps({"files": list(map(_record, done))}, option=orjson.OPT_INDENT_2) + b"\n")
    elif len(done) > 1:
        new = [each.file for each in done if each.file and not each.again]
        claims, denials = sum(file.claims for file in new), sum(file.denied_claims for file in new)
        sent = sum(file.sent_claims for file in new)
        said = f"{len(done):,} files, {claims:,} claims answered, {denials:,} denials, {sent:,} claims sent."
        click.echo(said if sent else f"{len(done):,} files, {claims:,} claims, {denials:,} denials.")
    sys.exit(0 if all(each.file and each.file.state == "read" for each in done) else 1)


def whose(slug: str | None) -> "Organization":
    """The organization of this name, or the only one.

    Raises:
        UsageError: there is none, or it must be said which.
    """
    from reclaim.people.joining import JoiningError, find_organization  # noqa: PLC0415  Django is ready only now

    try:
        return find_organization(slug)
    except JoiningError as error:
        raise click.UsageError(f"Say with --organization whose files they are. {error}") from error


def outcome(taken: "Taken") -> str:
    """In a line, what came of something that was taken."""
    file = taken.file
    if file is None:
        return f"refused. {_unread(taken)}"
    if file.state == "refused":
        why = next((each["text"] for each in file.findings if each["level"] == "error"), "")
        return f"refused. {why}".strip()
    if file.state != "read":
        return "its bytes are kept, but reading it failed; it is tried again by reclaim serve."
    if taken.again:
        return "was received before; nothing changed."
    balance = "" if file.balanced else " It does not balance."
    if file.beside and not file.claims:
        return f"{file.beside}.{balance}"
    beside = f" {file.beside}." if file.beside else ""
    return f"{file.claims:,} claims, {file.denied_claims:,} denied, {money(file.denied)}.{beside}{balance}"


def _unread(taken: "Taken") -> str:
    return f"It cannot be unpacked or read: {taken.said}. Get it again, or unpack it first."


def _record(taken: "Taken") -> dict[str, Any]:
    file = taken.file
    return {
        "name": taken.name,
        "sha256": file.sha256 if file else None,
        "state": file.state if file else "refused",
        "kind": file.kind if file else "",
        "claims": file.claims if file else 0,
        "denied_claims": file.denied_claims if file else 0,
        "denied_amount": str(file.denied) if file else "0.00",
        "sent_claims": file.sent_claims if file else 0,
        "sent_amount": str(file.sent_charge) if file else "0.00",
        "acknowledged": file.acknowledged if file else 0,
        "rejected": file.rejected if file else 0,
        "balanced": file.balanced if file else False,
        "findings": file.findings if file else [{"level": "error", "text": _unread(taken)}],
        "known": taken.again,
    }
