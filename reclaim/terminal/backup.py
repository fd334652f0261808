"""`reclaim backup` and `reclaim restore`: everything in one file, and back."""

from pathlib import Path
from typing import Any

import click

from reclaim.terminal import setup


@click.command()
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path), metavar="OUT.tar")
def backup(out: Path) -> None:
    """Write everything of this installation into a new file: database, kept files, secret.

    People may work on meanwhile. With RECLAIM_FILE_KEY set, the backup is encrypted with it; the key itself is never in
    it: keep that elsewhere. The lake is left out, it is rebuilt from the files.
    """
    setup.ready()
    setup.insist()
    from reclaim.config.backups import BackupError, back_up  # noqa: PLC0415  Django is ready only now

    try:
        manifest = back_up(out)
    except (BackupError, OSError) as error:  # such as a full disk
        raise click.ClickException(str(error)) from error
    click.echo(f"{_content(manifest)} in {out} ({out.stat().st_size / 1e6:,.1f} MB).")
    if not manifest["encrypted"]:
        click.echo("It is not encrypted, and holds patient data: keep it as you keep charts.")


@click.command()
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="IN.tar")
def restore(source: Path) -> None:
    """Bring a backup back into an empty installation.

    Every part is compared with what was written before anything is put in its place, and the events' chains afterwards.
    Set RECLAIM_DATA, DATABASE_URL and RECLAIM_FILE_KEY first; nothing that is there is overwritten.
    """
    setup.ready()
    from reclaim.config.backups import BackupError, bring_back  # noqa: PLC0415  Django is ready only now

    try:
        manifest = bring_back(source)
    except (BackupError, OSError) as error:  # such as a full disk
        raise click.ClickException(str(error)) from error
    click.echo(f"{_content(manifest)} of {manifest['made_at'][:10]} are back.")
    click.echo("Next: reclaim lake rebuild, then reclaim doctor, then reclaim serve.")


def _content(manifest: dict[str, Any]) -> str:
    files = sum(name.startswith("files/") for name in manifest["parts"])
    return f"The database and {files:,} {'file' if files == 1 else 'files'}"
