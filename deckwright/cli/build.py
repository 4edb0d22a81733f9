"""``deckwright build``: a deck folder into a package, once or whenever a file is saved."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deckwright.cli.options import (
    ALLOW_RETIRING,
    APKG,
    DECK_FOLDER,
    DECKS,
    JOBS,
    JSON,
    NO_CACHE,
    NO_HISTORY,
    OUTPUT,
    STRICT,
    command,
    reporting_problems,
    usual_deck,
    work_options,
)
from deckwright.cli.output import echo_printed, echo_watched_build
from deckwright.cli.terminal import wants_colour
from deckwright.pipeline.last_build import LastBuild
from deckwright.report.build import build_printed, built_again

if TYPE_CHECKING:
    from deckwright.pipeline.build import BuildResult


@command(
    "deckwright build                       this deck, or the one in cards/ -> dist/<deck id>.apkg",
    "deckwright build spanish -o out.apkg   another deck, another file",
    "deckwright build --frozen --strict     what a server runs: nothing may change, no warning is left",
    "deckwright build --watch               again after every save",
)
@DECKS
@OUTPUT
@click.option("--frozen", is_flag=True, help="Refuse to write ids or to change deck.lock.")
@click.option("--touch", multiple=True, metavar="ID", help="Give this note a new time although nothing changed.")
@click.option("--touch-all", is_flag=True, help="Give every note and note type a new time.")
@click.option("--recover", type=APKG, metavar="OLD.apkg", help="Rebuild a lost deck.lock from the last package.")
@ALLOW_RETIRING
@click.option("--watch", "watching", is_flag=True, help="Build again whenever a file of DECK is saved, until Ctrl-C.")
@click.option("--open", "opening", is_flag=True, help="Hand the package to Anki, which asks whether to import it.")
@NO_CACHE
@NO_HISTORY
@JOBS
@STRICT
@JSON
@click.pass_obj
def build(
    last_build: LastBuild | None,
    decks: tuple[Path, ...],
    output: Path | None,
    frozen: bool,
    touch: tuple[str, ...],
    touch_all: bool,
    recover: Path | None,
    allow_retiring: int,
    watching: bool,
    opening: bool,
    no_cache: bool,
    no_history: bool,
    jobs: int,
    strict: bool,
    as_json: bool,
) -> None:
    """Build each DECK into an .apkg. Everything of a deck is checked before anything is written.

    Without a DECK, builds the one in the working folder, or else the one in cards/.
    """
    if touch and touch_all:
        raise click.UsageError("--touch-all gives every note a new time; use one of --touch and --touch-all")
    if frozen and (touch or touch_all):
        raise click.UsageError("--frozen changes no times, --touch does; use one of them")
    if watching and (frozen or touch or touch_all or recover or opening):
        raise click.UsageError("--watch goes with none of --frozen, --touch, --touch-all, --recover and --open")
    chosen = decks or (DECK_FOLDER.convert(usual_deck(), None, None),)
    if len(chosen) > 1 and (output or touch or watching or recover):
        raise click.UsageError("-o, --touch, --watch and --recover are for one deck; name one")
    refuse_equal_ids(chosen)
    from deckwright.pipeline.build import build as build_package

    run = partial(
        build_package,
        output=output,
        frozen=frozen,
        strict=strict,
        touch=None if touch_all else touch,
        recover=recover,
        history=not no_history,
        allowed_retiring=allow_retiring,
        options=work_options(jobs, no_cache=no_cache),
    )
    is_usual = not (touch or touch_all or recover or no_cache)
    failed = False
    for deck in chosen:
        try:
            with reporting_problems(deck, strict=strict, as_json=as_json):
                if watching:
                    watch_deck(run, deck, strict=strict, as_json=as_json)
                else:
                    build_deck(run, deck, last_build if is_usual else None, opening=opening, as_json=as_json)
        except SystemExit:
            failed = True
    if failed:
        sys.exit(1)


def build_deck(
    run: Callable[[Path], BuildResult], deck: Path, last_build: LastBuild | None, *, opening: bool, as_json: bool
) -> None:
    """Build one deck and print what was done."""
    began, today = time.time_ns(), time.strftime("%Y-%m-%d", time.gmtime())
    result = run(deck)
    printed = partial(build_printed, deck=deck, as_json=as_json, colour=wants_colour())
    echo_printed(printed(result))
    if opening:
        from deckwright.collection.open_in_anki import open_in_anki

        open_in_anki(result.written.path)
    elif last_build:
        last_build.remember(deck, result.written.path, printed(built_again(result)), today, began)


def refuse_equal_ids(decks: Sequence[Path]) -> None:
    """Two decks of one id are wrong use: importing one would overwrite the notes of the other."""
    if len(decks) < 2:
        return
    from deckwright.deck.settings import read_settings

    seen: dict[str, Path] = {}
    for deck in decks:
        first = seen.setdefault(read_settings(deck, []).id, deck)
        if first != deck:
            raise click.UsageError(
                f"{first} and {deck} have the same id; for a copy, choose a new one, delete deck.lock"
            )


def watch_deck(run: Callable[..., BuildResult], deck: Path, *, strict: bool, as_json: bool) -> None:
    """Build now and after every save, until Ctrl-C or SIGTERM. Raises OSError when the deck folder goes away."""
    from deckwright.pipeline.watch import ended_by_signals, watch

    with ended_by_signals():
        for number, done in enumerate(watch(deck, lambda memory: run(deck, memory=memory))):
            echo_watched_build(done, deck, is_first=number == 0, strict=strict, as_json=as_json)
            if number == 0 and not as_json:
                click.echo(f"watching {deck}; Ctrl-C ends")
