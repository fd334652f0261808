"""The `reclaim` command. Each subcommand is imported when it is called, so that the command starts at once."""

import os
import sys
from importlib import import_module

import click

COMMANDS = {
    "read": ("reclaim.terminal.read", "Read remittances (835) and show every denial: why, what to do, by when."),
    "lake": ("reclaim.terminal.lake", "Make the lake again from the kept files."),
    "receive": ("reclaim.terminal.receive", "Take files into the record: their denials become cases."),
    "watch": ("reclaim.terminal.watch", "Take every file that arrives in a folder, as soon as it is complete."),
    "serve": ("reclaim.terminal.serve", "Serve the site, read files as they come, and follow the clock."),
    "setup": ("reclaim.terminal.setup", "Make an installation ready, or bring it up to date after an upgrade."),
    "demo": ("reclaim.terminal.demo", "Try it: a made-up clinic group with a year of claims, in the browser."),
    "doctor": ("reclaim.terminal.doctor", "Look whether this installation is sound."),
    "user": ("reclaim.terminal.people", "Let people in, change what they do, end their access."),
    "cases": ("reclaim.terminal.cases", "Look through cases and work them, as data or on a screen."),
    "token": ("reclaim.terminal.tokens", "Make, list and end keys of the API."),
    "connections": ("reclaim.terminal.connections", "Look at connections to payers, test them, fetch and send now."),
    "send": ("reclaim.terminal.send", "Send corrected claims that are ready, and see how far each batch has come."),
    "audit": ("reclaim.terminal.audit", "Look through who did and saw what, and prove that nobody changed it."),
    "backup": ("reclaim.terminal.backup", "Write everything of this installation into one file."),
    "restore": ("reclaim.terminal.backup", "Bring a backup back into an empty installation."),
    "world": ("reclaim.terminal.world", "Make up a clinic group and its payers as real files, with the truth apart."),
    "code": ("reclaim.terminal.code", "Explain a reason or remark code: CO-197, N130."),
}


class Commands(click.Group):
    """A group whose commands live in modules of their own."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """The names of the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  click's signature
        """The command of a name, imported now."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(COMMANDS[cmd_name][0]), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list of commands for --help, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="reclaim", message="%(prog)s %(version)s")
def cli() -> None:
    """Find every denied claim in a payer's remittance: why it was denied, what to do, and by when.

    \b
    reclaim read era/                 every denial in a folder of 835 files
    reclaim read --json *.835 | jq    the same as data
    reclaim code CO-197               all that is known of a code
    """  # noqa: D301  \b is click's mark for a block that keeps its lines


def main() -> None:
    """Run the command; a closed pipe or an interrupt ends it quietly."""
    try:
        cli(prog_name="reclaim", standalone_mode=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


if __name__ == "__main__":
    main()
