"""``deckwright rename``: refused, with what to do instead."""

from __future__ import annotations

import click

from deckwright.cli.options import command


@command("deckwright rename old-id new-id    explains why not, and what to write instead")
@click.argument("old")
@click.argument("new")
def rename(old: str, new: str) -> None:
    """Refused: an id is for ever. Says what to do instead."""
    raise click.UsageError(
        f"an id is for ever: Anki knows the card by it, and under `{new}` every learner would get a second, unlearned "
        f"one. Keep {{#{old}}}; to find the note under the other name as well, write {{#{old} alias={new}}}"
    )
