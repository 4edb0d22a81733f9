"""Printing for all commands: results on stdout, problems on stderr."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from deckwright.cli.terminal import wants_colour
from deckwright.pipeline.last_build import Printed
from deckwright.report.build import build_printed, error_text
from deckwright.report.problems import Shown, shown_after_build
from deckwright.report.watch import watch_json, watch_lines, watch_problems

if TYPE_CHECKING:
    from deckwright.pipeline.watch import WatchedBuild
    from deckwright.problems import ContentError, Problem

T = TypeVar("T")


def echo_printed(printed: Printed) -> None:
    """Print what a build did, its problems first."""
    problems, outcome = printed
    click.echo(problems, nl=False, err=True)
    click.echo(outcome, nl=False)


def echo_json(value: object) -> None:
    """One JSON value on stdout, on a line."""
    click.echo(json.dumps(value, ensure_ascii=False))


def echo_all(lines: Iterable[str], *, err: bool = False) -> None:
    """Every line on stdout, or on stderr."""
    for line in lines:
        click.echo(line, err=err)


def echo_watched_build(done: WatchedBuild, deck: Path, *, is_first: bool, strict: bool, as_json: bool) -> None:
    """What a build of a watch did; the first one as after any build."""
    if as_json:
        echo_json(watch_json(done, deck))
        return
    if is_first and done.outcome:
        echo_printed(build_printed(done.outcome, deck, as_json=False, colour=wants_colour()))
        return
    echo_all(watch_problems(done, deck, strict=strict), err=True)
    if done.error:
        click.echo(f"error: {error_text(done.error)}", err=True)
    if not is_first:
        echo_all(watch_lines(done, deck, time.strftime("%H:%M:%S")))


def show_failure(error: ContentError, deck: Path, *, strict: bool, as_json: bool) -> None:
    """Print why nothing was written: problems on stderr, or as one JSON object on stdout.

    All errors, and what else is wrong with what changed in short; under ``strict``, where warnings are errors, all.
    """
    choose = Shown if strict else shown_after_build
    shown = choose(error.problems, error.not_shown)
    if as_json:
        echo_json(shown.to_json(deck))
    else:
        echo_all(shown.lines(deck, colour=wants_colour()), err=True)


def show_problems(problems: Iterable[Problem], deck: Path, not_shown: Mapping[str, int] | None = None) -> None:
    """Print what is wrong with a deck that could be built: in short, as after a build."""
    echo_all(shown_after_build(problems, not_shown).lines(deck, colour=wants_colour()), err=True)


def progress(tasks: Collection[T]) -> Iterator[T]:
    """Yield the tasks (files, notes) one by one, with a bar on a terminal when there are many."""
    return _with_bar(tasks, "rendering", least=50)


def bar(batches: Sequence[T]) -> Iterator[T]:
    """Yield the batches one by one, with a bar on a terminal when there are many."""
    return _with_bar(batches, "asking Anki", least=4)


def _with_bar(things: Collection[T], label: str, least: int) -> Iterator[T]:
    if len(things) < least or not sys.stderr.isatty():
        yield from things
        return
    with click.progressbar(things, label=label, file=sys.stderr) as shown:
        yield from shown
