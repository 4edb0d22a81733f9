"""The command group: every command is a file beside this one."""

from __future__ import annotations

from pathlib import Path

import click

from deckwright import __version__
from deckwright.cli.adopt import adopt
from deckwright.cli.build import build
from deckwright.cli.check import check
from deckwright.cli.leeches import leeches
from deckwright.cli.new import new
from deckwright.cli.options import SETTINGS_FILE, examples
from deckwright.cli.plan import plan
from deckwright.cli.preview import preview
from deckwright.cli.pull import pull
from deckwright.cli.push import push
from deckwright.cli.rename import rename
from deckwright.report.problems import in_shell
from deckwright.suggestions import did_you_mean

EXAMPLES = examples(
    "deckwright new spanish             a deck to start from",
    "deckwright check spanish           what is wrong, and how to correct it",
    "deckwright build spanish           -> dist/<deck id>.apkg, to import into Anki",
    "deckwright plan spanish            what importing the next build will do",
    "",
    "Completion of commands and options (bash; zsh_source and fish_source for the others):",
    '  eval "$(_DECKWRIGHT_COMPLETE=bash_source deckwright)"',
)


class Commands(click.Group):
    """A group that suggests what was meant by an unknown command."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            is_deck = (Path(args[0]) / SETTINGS_FILE).is_file()
            meant = (
                f"; did you mean `build {in_shell(Path(args[0]))}`?"
                if is_deck
                else did_you_mean(args[0], self.commands)
            )
            raise click.UsageError(f"{error.message.rstrip('.')}{meant}", ctx) from None


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EXAMPLES,
)
@click.version_option(__version__)
@click.pass_context
def main(context: click.Context) -> None:
    """Build an Anki package from a folder of Markdown questions and answers.

    Without a command, builds the deck in cards/.
    """
    if context.invoked_subcommand is None:
        context.invoke(build)


for command in (build, check, preview, plan, push, pull, leeches, rename, new, adopt):
    main.add_command(command)
