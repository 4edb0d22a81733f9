"""``deckwright push``: a build into a running Anki."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deckwright.cli.options import (
    ALLOW_RETIRING,
    ANKI,
    DECK,
    JOBS,
    JSON,
    NO_CACHE,
    OUTPUT,
    STRICT,
    command,
    work_options,
)
from deckwright.cli.output import bar, echo_all, echo_json, show_problems

if TYPE_CHECKING:
    from deckwright.collection.builds import DeckBuild
    from deckwright.collection.notes import AnkiNote


@command(
    "deckwright push spanish   build, then import, move and retire in the running Anki",
)
@DECK
@OUTPUT
@click.option("--dry-run", is_flag=True, help="Show what would be done in Anki, and do nothing.")
@click.option("--no-sync", is_flag=True, help="Do not ask Anki to sync: this collection is on one device alone.")
@click.option("--all-synced", is_flag=True, help="All other devices have been synced: move and retire due cards too.")
@click.option("--overwrite", multiple=True, metavar="ID", help="Replace this note even where it was edited in Anki.")
@click.option("--overwrite-all", is_flag=True, help="Replace every note that was edited in Anki.")
@click.option("--delete", is_flag=True, help="Delete retired notes after asking, instead of suspending them.")
@click.option("--yes", is_flag=True, help="Delete without asking.")
@click.option("--remove-empty", is_flag=True, help="Refused, as the add-on cannot: shows how Anki removes empty cards.")
@click.option("--profile", default="", metavar="NAME", help="Push into this profile although it is not the last one.")
@ALLOW_RETIRING
@ANKI
@NO_CACHE
@JOBS
@STRICT
@JSON
def push(
    deck: Path,
    output: Path | None,
    dry_run: bool,
    no_sync: bool,
    all_synced: bool,
    overwrite: tuple[str, ...],
    overwrite_all: bool,
    delete: bool,
    yes: bool,
    remove_empty: bool,
    profile: str,
    allow_retiring: int,
    url: str,
    no_cache: bool,
    jobs: int,
    strict: bool,
    as_json: bool,
) -> None:
    """Build DECK and bring a running Anki to it: import, move, retire, sync. Needs the add-on AnkiConnect."""
    from deckwright.collection.builds import make_build, read_build
    from deckwright.collection.client import AnkiError, Connection, connect
    from deckwright.collection.empty_cards import CANNOT_REMOVE
    from deckwright.collection.push import PushOptions, plan_only
    from deckwright.collection.push import push as push_build
    from deckwright.report.push import push_json, push_lines

    if remove_empty:
        raise AnkiError(CANNOT_REMOVE)
    anki = connect(Connection.from_environment(url), bar)
    options = PushOptions(
        sync=not no_sync,
        all_synced=all_synced,
        overwrite=None if overwrite_all else overwrite,
        profile=profile,
        delete=deletes(as_json=as_json, yes=yes) if delete else None,
        say=say,
    )
    if dry_run:
        build = read_build(deck, work_options(jobs, no_cache=no_cache))
        refuse_unknown_ids(overwrite, build)
        result = plan_only(build, anki, options)
    else:
        work = work_options(jobs, no_cache=no_cache)
        build, built = make_build(deck, output, work, strict=strict, allowed_retiring=allow_retiring)
        refuse_unknown_ids(overwrite, build)
        if not as_json:
            show_problems(built.warnings, deck, built.not_shown)
        result = push_build(build, built.written.path, anki, options)
    if as_json:
        echo_json(push_json(result, build, deck))
    else:
        echo_all(push_lines(result, build, deck))


def refuse_unknown_ids(overwrite: Sequence[str], build: DeckBuild) -> None:
    """Naming a note that is not there is wrong use."""
    if unknown := sorted({*overwrite} - build.notes.keys()):
        raise click.UsageError(f"--overwrite: no note has the id {', '.join(unknown)}")


def deletes(*, as_json: bool, yes: bool) -> Callable[[Mapping[str, AnkiNote]], bool]:
    """Return what shows the notes to be deleted and asks; without a terminal only ``--yes`` agrees."""

    def agree(notes: Mapping[str, AnkiNote]) -> bool:
        from deckwright.plan.comparison import plain

        for name, note in sorted(notes.items()):
            click.echo(f"to delete  {name}: {plain(next(iter(note.fields.values())))}", err=as_json)
        if yes or not sys.stdin.isatty():
            return yes
        return click.confirm(f"delete these {len(notes)} notes with their reviews?", err=as_json)

    return agree


def say(step: str) -> None:
    """Tell of a step, on a terminal."""
    if sys.stderr.isatty():
        click.echo(f"{step} …", err=True)
