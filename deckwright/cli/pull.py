"""``deckwright pull``: what was edited in Anki comes back to the sources."""

from __future__ import annotations

import os
from pathlib import Path

import click

from deckwright.cli.options import ANKI, DECK, FROM, JSON, command, work_options
from deckwright.cli.output import bar, echo_all, echo_json


@command(
    "deckwright pull spanish                       edits made in Anki, as a patch to the Markdown",
    "deckwright pull spanish --write --tags hard   write them, and the tag hard, into the sources",
    "deckwright pull spanish --write --new         and the notes that were added in Anki",
)
@DECK
@FROM
@click.option("--write", is_flag=True, help="Write the edits into the sources instead of printing a patch.")
@click.option("--theirs", is_flag=True, help="Where a field changed on both sides, take Anki's text.")
@click.option("--ours", is_flag=True, help="Where a field changed on both sides, keep the text of the sources.")
@click.option(
    "--tags",
    multiple=True,
    metavar="TAG",
    help="Take this tag of the learner's too, and those below it; * is anything.",
)
@click.option("--new", is_flag=True, help="Take notes that were added in Anki too; each keeps its reviews.")
@ANKI
@JSON
def pull(
    deck: Path,
    file: Path | None,
    write: bool,
    theirs: bool,
    ours: bool,
    tags: tuple[str, ...],
    new: bool,
    url: str,
    as_json: bool,
) -> None:
    """Print, as a patch for ``git apply``, what was edited in Anki since it was last packaged there.

    Each change is checked: the Markdown makes what Anki shows. All else is listed on stderr.
    """
    from deckwright.collection.builds import read_build
    from deckwright.collection.client import Connection, connect
    from deckwright.collection.pages import write_changes
    from deckwright.collection.pull import PullOptions, pull_from_anki, pull_from_file
    from deckwright.report.patch import patch_text
    from deckwright.report.pull import pull_json, pull_lines

    if theirs and ours:
        raise click.UsageError("--theirs takes Anki's text, --ours that of the sources; use one of them")
    options = PullOptions(theirs=theirs, ours=ours, tags=tags, new=new)
    if file:
        result = pull_from_file(read_build(deck, work_options()), file, options)
    else:
        anki = connect(Connection.from_environment(url), bar)
        result = pull_from_anki(read_build(deck, work_options()), anki, options)
    patch = patch_text(result.changes, _prefix(deck))
    if write:
        write_changes(deck, result.changes)
    if as_json:
        echo_json(pull_json(result, deck, patch))
        return
    echo_all(pull_lines(result, deck), err=True)
    if not write:
        click.echo(patch.encode(), nl=False)  # as bytes: line ends are part of it


def _prefix(deck: Path) -> str:
    """Return the deck folder as git sees it: from the root of its work tree, or else from the working folder."""
    from deckwright.pipeline.git_history import folder_in_work_tree

    within = folder_in_work_tree(deck)
    return within if within is not None else f"{os.path.relpath(deck).replace(os.sep, '/')}/".removeprefix("./")
