"""The command group: every command is a file beside this one."""

from __future__ import annotations

import atexit
import gc

import click

from deckwright import __version__
from deckwright.cli.adopt import adopt
from deckwright.cli.build import build
from deckwright.cli.check import check
from deckwright.cli.leeches import leeches
from deckwright.cli.new import new
from deckwright.cli.plan import plan
from deckwright.cli.preview import preview
from deckwright.cli.pull import pull
from deckwright.cli.push import push
from deckwright.cli.rename import rename


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
@click.pass_context
def main(context: click.Context) -> None:
    """Build an Anki package from a folder of Markdown questions and answers.

    Without a command, builds the deck in cards/.
    """
    # What is in memory goes with the process: Python need not search it for cycles once more before it ends.
    atexit.register(gc.freeze)
    if context.invoked_subcommand is None:
        context.invoke(build)


for command in (build, check, preview, plan, push, pull, leeches, rename, new, adopt):
    main.add_command(command)
