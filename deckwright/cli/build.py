"""``deckwright build``: a deck folder into a package, once or whenever a file is saved."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from deckwright.cli.options import (
    APKG,
    DECK_FOLDER,
    DECKS,
    JOBS,
    JSON,
    NO_CACHE,
    NO_HISTORY,
    OUTPUT,
    STRICT,
    examples,
    reports_problems,
    usual_deck,
    work_options,
)
from deckwright.cli.output import echo_printed, echo_watched_build
from deckwright.cli.terminal import wants_colour
from deckwright.pipeline.last_build import LastBuild
from deckwright.report.build import build_json, build_printed

if TYPE_CHECKING:
    from deckwright.pipeline.build import BuildResult
    from deckwright.pipeline.page_memory import PageMemory

EXAMPLES = examples(
    "deckwright build                       this deck, or the one in cards/ -> dist/<deck id>.apkg",
    "deckwright build spanish -o out.apkg   another deck, another file",
    "deckwright build --frozen --strict     what a server runs: nothing may change, no warning is left",
    "deckwright build --watch               again after every save",
)


@click.command(epilog=EXAMPLES)
@DECKS
@OUTPUT
@click.option("--frozen", is_flag=True, help="Refuse to write ids or to change deck.lock.")
@click.option("--touch", multiple=True, metavar="ID", help="Give this note a new time although nothing changed.")
@click.option("--touch-all", is_flag=True, help="Give every note and note type a new time.")
@click.option("--recover", type=APKG, metavar="OLD.apkg", help="Rebuild a lost deck.lock from the last package.")
@click.option(
    "--allow-retiring",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Let that many notes be removed at once.",
)
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
    given = {"touch": touch, "touch_all": touch_all, "frozen": frozen, "recover": recover, "open": opening}
    refuse_conflicting_options(**given, watch=watching)
    chosen = decks or (DECK_FOLDER.convert(usual_deck(), None, None),)
    if len(chosen) > 1 and (output or touch or watching or recover):
        raise click.UsageError("-o, --touch, --watch and --recover are for one deck; name one")
    refuse_equal_ids(chosen)
    options = BuildOptions(
        frozen,
        None if touch_all else touch,
        recover,
        allow_retiring,
        opening,
        no_cache,
        no_history,
        jobs,
        strict,
        as_json,
    )
    failed = False
    for deck in chosen:
        try:
            if watching:
                watch_deck(deck=deck, output=output, options=options)
            else:
                build_deck(deck=deck, output=output, options=options, last_build=last_build)
        except SystemExit:
            failed = True
    if failed:
        sys.exit(1)


class BuildOptions(NamedTuple):
    """The options of a build."""

    frozen: bool
    touch: tuple[str, ...] | None
    """Notes that get a new time; None: all."""
    recover: Path | None
    allow_retiring: int
    opening: bool
    """Whether the package is handed to Anki."""
    no_cache: bool
    no_history: bool
    jobs: int
    strict: bool
    as_json: bool


@reports_problems
def build_deck(*, deck: Path, output: Path | None, options: BuildOptions, last_build: LastBuild | None) -> None:
    """Build one deck and print what was done."""
    began, today = time.time_ns(), time.strftime("%Y-%m-%d", time.gmtime())
    from deckwright.pipeline.build import build as build_package

    result = build_package(
        deck,
        output,
        frozen=options.frozen,
        strict=options.strict,
        touch=options.touch,
        recover=options.recover,
        history=not options.no_history,
        allowed_retiring=options.allow_retiring,
        options=work_options(options.jobs, no_cache=options.no_cache),
    )
    outcome = build_json(result, deck)
    colour = wants_colour()
    echo_printed(build_printed(outcome, as_json=options.as_json, colour=colour))
    is_usual = options.touch == () and not (options.no_cache or options.recover)
    if options.opening:
        open_in_anki(result.written.path)
    elif last_build and is_usual:
        unchanged = {**dict.fromkeys(outcome["changes"], 0), "unchanged": outcome["notes"]}
        same = {**outcome, "changes": unchanged, "ids": [], "notices": [], "by-hand": []}
        again = build_printed(same, as_json=options.as_json, colour=colour)
        last_build.remember(deck, result.written.path, again, today, began)


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


def refuse_conflicting_options(**given: object) -> None:
    """Options of a build that contradict each other are wrong use."""
    touches, frozen = given["touch"] or given["touch_all"], given["frozen"]
    if given["touch"] and given["touch_all"]:
        raise click.UsageError("--touch-all gives every note a new time; use one of --touch and --touch-all")
    if frozen and touches:
        raise click.UsageError("--frozen changes no times, --touch does; use one of them")
    if given["watch"] and (frozen or touches or given["recover"] or given["open"]):
        raise click.UsageError("--watch goes with none of --frozen, --touch, --touch-all, --recover and --open")


def open_in_anki(package: Path) -> None:
    """Hand the package to the system's Anki, whose import dialog asks what to do with it."""
    from deckwright.collection.open_in_anki import open_in_anki

    open_in_anki(package)


@reports_problems
def watch_deck(*, deck: Path, output: Path | None, options: BuildOptions) -> None:
    """Build now and after every save, until Ctrl-C or SIGTERM. Raises OSError when the deck folder goes away."""
    from deckwright.pipeline.build import build as build_package
    from deckwright.pipeline.watch import ended_by_signals, watch

    def build_once(memory: PageMemory) -> BuildResult:
        return build_package(
            deck,
            output,
            strict=options.strict,
            memory=memory,
            history=not options.no_history,
            allowed_retiring=options.allow_retiring,
            options=work_options(options.jobs, no_cache=options.no_cache),
        )

    with ended_by_signals():
        for number, done in enumerate(watch(deck, build_once)):
            echo_watched_build(done, deck, is_first=number == 0, strict=options.strict, as_json=options.as_json)
            if number == 0 and not options.as_json:
                click.echo(f"watching {deck}; Ctrl-C ends")
