"""``deckwright build``: a deck folder into a package, once or whenever a file is saved."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deckwright.cli.options import APKG, DECK, JOBS, JSON, NO_CACHE, STRICT, examples, reports_problems, work_options
from deckwright.cli.output import echo_printed, echo_watched_build
from deckwright.cli.terminal import wants_colour
from deckwright.pipeline.last_build import LastBuild
from deckwright.report.build import build_json, build_printed

if TYPE_CHECKING:
    from deckwright.pipeline.rendering import Options


EXAMPLES = examples(
    "deckwright build                       the deck in cards/ -> dist/<deck id>.apkg",
    "deckwright build spanish -o out.apkg   another deck, another file",
    "deckwright build --frozen --strict     what a server runs: nothing may change, no warning is left",
    "deckwright build --watch               again after every save",
)


@click.command(epilog=EXAMPLES)
@DECK
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Default: dist/<deck id>.apkg")
@click.option("--frozen", is_flag=True, help="Refuse to write ids or to change deck.lock.")
@click.option("--touch", multiple=True, metavar="ID", help="Give this note a new time although nothing changed.")
@click.option("--touch-all", is_flag=True, help="Give every note and note type a new time.")
@click.option("--recover", type=APKG, metavar="OLD.apkg", help="Rebuild a lost deck.lock from the last package.")
@click.option("--watch", "watching", is_flag=True, help="Build again whenever a file of DECK is saved, until Ctrl-C.")
@NO_CACHE
@JOBS
@STRICT
@JSON
@click.pass_obj
@reports_problems
def build(
    last_build: LastBuild | None,
    deck: Path,
    output: Path | None,
    frozen: bool,
    touch: tuple[str, ...],
    touch_all: bool,
    recover: Path | None,
    watching: bool,
    no_cache: bool,
    jobs: int,
    strict: bool,
    as_json: bool,
) -> None:
    """Build DECK into an .apkg. Everything is checked before anything is written."""
    refuse_together(touch=touch, touch_all=touch_all, frozen=frozen, watch=watching, recover=recover)
    if watching:
        watch_deck(deck, output, work_options(jobs, no_cache=no_cache), strict=strict, as_json=as_json)
        return
    began, today = time.time_ns(), time.strftime("%Y-%m-%d", time.gmtime())
    from deckwright.pipeline.build import build as build_deck

    touched, options = None if touch_all else touch, work_options(jobs, no_cache=no_cache)
    result = build_deck(deck, output, frozen=frozen, strict=strict, touch=touched, recover=recover, options=options)
    outcome = build_json(result, deck)
    colour = wants_colour()
    echo_printed(build_printed(outcome, as_json=as_json, colour=colour))
    if last_build and not (no_cache or touch or touch_all or recover):
        unchanged = {**dict.fromkeys(outcome["changes"], 0), "unchanged": outcome["notes"]}
        again = build_printed(
            {**outcome, "changes": unchanged, "ids": [], "notices": []}, as_json=as_json, colour=colour
        )
        last_build.remember(deck, result.written.path, again, today, began)


def refuse_together(**given: object) -> None:
    """Options of a build that contradict each other are wrong use."""
    touches, frozen = given["touch"] or given["touch_all"], given["frozen"]
    if given["touch"] and given["touch_all"]:
        raise click.UsageError("--touch-all gives every note a new time; use one of --touch and --touch-all")
    if frozen and touches:
        raise click.UsageError("--frozen changes no times, --touch does; use one of them")
    if given["watch"] and (frozen or touches or given["recover"]):
        raise click.UsageError("--watch goes with none of --frozen, --touch, --touch-all and --recover")


def watch_deck(deck: Path, output: Path | None, options: Options, *, strict: bool, as_json: bool) -> None:
    """Build now and after every save, until Ctrl-C or SIGTERM. Raises OSError when the deck folder goes away."""
    from deckwright.pipeline.build import build as build_deck
    from deckwright.pipeline.watch import ended_by_signals, watch

    build_once = partial(build_deck, deck, output, strict=strict, every_problem=True, options=options)
    with ended_by_signals():
        for number, done in enumerate(watch(deck, build_once)):
            echo_watched_build(done, deck, is_first=number == 0, strict=strict, as_json=as_json)
            if number == 0 and not as_json:
                click.echo(f"watching {deck}; Ctrl-C ends")
