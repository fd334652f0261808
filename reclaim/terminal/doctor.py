"""`reclaim doctor`: is this installation sound?"""

import sys
from typing import TYPE_CHECKING

import click
import orjson

from reclaim.terminal import setup

if TYPE_CHECKING:
    from reclaim.config.soundness import Remark

STYLES = {"good": ("green", "ok"), "odd": ("yellow", "note"), "bad": ("bold red", "WRONG")}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="What was found, as data.")
def doctor(*, as_json: bool) -> None:
    """Look whether this installation is sound, and say what to do about what is not.

    Looks at settings, database, tables, folders, disk, keys, clock, people, events, queue, mail and static files.
    Nothing is changed. The exit status is 0, or 1 when something is wrong; notes are no fault.
    """
    setup.ready()
    from reclaim.config import soundness  # noqa: PLC0415  Django is ready only now

    if as_json:
        remarks = list(soundness.examine())
        sys.stdout.buffer.write(orjson.dumps(soundness.as_data(remarks), option=orjson.OPT_INDENT_2) + b"\n")
    else:
        remarks = []
        for remark in soundness.examine():  # each is shown at once: some take a while
            remarks.append(remark)
            _show(remark)
    sys.exit(not soundness.sound(remarks))


def _show(remark: "Remark") -> None:
    from rich.console import Console  # noqa: PLC0415  slow to import
    from rich.text import Text  # noqa: PLC0415  the same

    style, word = STYLES[remark.level]
    console = Console()
    line = Text.assemble((f"{word:<6}", style), (f"{remark.about:<13}", "bold"), remark.found)
    console.print(line, soft_wrap=True)
    if remark.remedy:
        console.print(Text(f"{'':19}{remark.remedy}", "dim"), soft_wrap=True)
