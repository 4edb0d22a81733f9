"""The commands: options → the story in ``build`` → a report. Results on stdout, problems on stderr."""

from __future__ import annotations

import atexit
import gc
import json
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec

import click

from deckwright import __version__
from deckwright.errors import ContentError, PackageError, UnknownNoteError
from deckwright.memory import Memory, Said
from deckwright.report.outcome import error_text, outcome_json, outcome_said, problem_json, problem_line
from deckwright.report.rounds import round_json, round_lines, round_problems

if TYPE_CHECKING:
    from deckwright.model import Problem
    from deckwright.prepare import Means
    from deckwright.source import ContentFile
    from deckwright.watch import Round

P = ParamSpec("P")
DECK = click.argument("deck", default="cards", type=click.Path(exists=True, file_okay=False, path_type=Path))
APKG = click.Path(exists=True, dir_okay=False, path_type=Path)
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for machines.")
NO_CACHE = click.option("--no-cache", is_flag=True, help="Work on every file anew, whatever earlier builds left.")
JOBS = click.option("-j", "--jobs", type=click.IntRange(min=0), default=0, help="Processes at a time; default: cores.")
STRICT = click.option("--strict", is_flag=True, help="Warnings fail as errors do.")


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


def reports_problems(command: Callable[P, None]) -> Callable[P, None]:
    """The one place where errors become messages and exit codes: 1 for the content's, 2 for wrong use."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except ContentError as error:
            show_problems(error.problems, Path(str(kwargs["deck"])), as_json=bool(kwargs.get("as_json")))
            sys.exit(1)
        except UnknownNoteError as error:
            raise click.UsageError(f"--touch: {error}") from None
        except BrokenPipeError:
            raise  # the reader has seen enough; click ends quietly
        except PackageError as error:
            click.echo(f"error: {error}", err=True)
            sys.exit(1)
        except OSError as error:
            click.echo(f"error: {error_text(error)}", err=True)
            sys.exit(1)

    return wrapped


@main.command()
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
    memory: Memory | None,
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
        watch_deck(deck, output, means_of(jobs, no_cache=no_cache), strict=strict, as_json=as_json)
        return
    began, today = time.time_ns(), time.strftime("%Y-%m-%d", time.gmtime())
    from deckwright.build import build as build_deck

    touched, means = None if touch_all else touch, means_of(jobs, no_cache=no_cache)
    outcome = build_deck(deck, output, frozen=frozen, strict=strict, touch=touched, recover=recover, means=means)
    said = outcome_json(outcome, deck)
    echo_said(outcome_said(said, as_json=as_json))
    if memory and not (no_cache or touch or touch_all or recover):
        unchanged = {**dict.fromkeys(said["changes"], 0), "unchanged": said["notes"]}
        again = outcome_said({**said, "changes": unchanged, "ids": []}, as_json=as_json)
        memory.keep(deck, outcome.written.path, again, today, began)


def refuse_together(**given: object) -> None:
    """Options of a build that contradict each other are wrong use."""
    touches, frozen = given["touch"] or given["touch_all"], given["frozen"]
    if given["touch"] and given["touch_all"]:
        raise click.UsageError("--touch-all gives every note a new time; use one of --touch and --touch-all")
    if frozen and touches:
        raise click.UsageError("--frozen changes no times, --touch does; use one of them")
    if given["watch"] and (frozen or touches or given["recover"]):
        raise click.UsageError("--watch goes with none of --frozen, --touch, --touch-all and --recover")


def means_of(jobs: int = 0, *, no_cache: bool = False) -> Means:
    """How a command does its work."""
    from deckwright.prepare import Means

    return Means(jobs, cached=not no_cache, track=progress)


def watch_deck(deck: Path, output: Path | None, means: Means, *, strict: bool, as_json: bool) -> None:
    """Build now and after every save, until Ctrl-C or SIGTERM. Raises OSError when the deck folder goes away."""
    from deckwright.build import build as build_deck
    from deckwright.watch import ended_by_signals, watch

    build_once = partial(build_deck, deck, output, strict=strict, means=means)
    with ended_by_signals():
        for number, done in enumerate(watch(deck, build_once)):
            echo_round(done, deck, is_first=number == 0, strict=strict, as_json=as_json)
            if number == 0 and not as_json:
                click.echo(f"watching {deck}; Ctrl-C ends")


def echo_round(done: Round, deck: Path, *, is_first: bool, strict: bool, as_json: bool) -> None:
    """What a build of a watch did; the first one as any build says it."""
    if as_json:
        click.echo(json.dumps(round_json(done, deck), ensure_ascii=False))
        return
    if is_first and done.outcome:
        echo_said(outcome_said(outcome_json(done.outcome, deck), as_json=False))
        return
    echo_all(round_problems(done, deck, strict=strict), err=True)
    if done.error:
        click.echo(f"error: {error_text(done.error)}", err=True)
    if not is_first:
        echo_all(round_lines(done, deck, time.strftime("%H:%M:%S")))


@main.command()
@click.argument("deck", default="cards", type=click.Path(file_okay=False, path_type=Path))
@click.option("--list-rules", is_flag=True, help="List every rule with an example, and stop.")
@click.option("--tex", is_flag=True, help="Compile every formula with Anki's MathJax as well; needs node.")
@STRICT
@JSON
@reports_problems
def check(deck: Path, list_rules: bool, tex: bool, strict: bool, as_json: bool) -> None:
    """Report every problem of DECK. Writes nothing."""
    if list_rules:
        _list_rules(as_json=as_json)
        return
    if not deck.is_dir():
        raise click.UsageError(f"there is no folder {deck}")
    from deckwright.prepare import check as check_folder

    problems = check_folder(deck, means=means_of())
    if tex:
        problems = sorted([*problems, *compiled(deck)], key=lambda problem: (problem.place, problem.severity))
    show_problems(problems, deck, as_json=as_json)
    errors = [problem for problem in problems if strict or problem.severity == "error"]
    if not as_json and not problems:
        click.echo(f"{deck}: no problems")
    sys.exit(1 if errors else 0)


def compiled(deck: Path) -> list[Problem]:
    """What MathJax says of a deck's formulas; wrong use where it cannot be run."""
    import datetime

    from deckwright.prepare import read_deck
    from deckwright.typeset import ToolMissingError, compile_formulas

    try:
        return compile_formulas(read_deck(deck, datetime.datetime.now(datetime.UTC).date()))
    except ToolMissingError as error:
        raise click.UsageError(str(error)) from None


@main.command()
@DECK
@click.option("--against", type=APKG, metavar="OLD.apkg", help="Compare with this package, not with the last build.")
@click.option(
    "--release-notes", "as_notes", is_flag=True, help="Print the learner's side of release notes, in Markdown."
)
@JSON
@reports_problems
def plan(deck: Path, against: Path | None, as_notes: bool, as_json: bool) -> None:
    """Say what importing the next build of DECK will do in Anki. Writes nothing."""
    from deckwright.build import plan as plan_build
    from deckwright.report.plan import plan_json, plan_lines, release_notes

    planned, questions, settings = plan_build(deck, against, means=means_of())
    if as_json:
        click.echo(json.dumps(plan_json(planned), ensure_ascii=False))
    elif as_notes:
        click.echo(release_notes(planned, questions, settings.language), nl=False)
    else:
        echo_all(plan_lines(planned, questions))


@main.command()
@click.argument("old")
@click.argument("new")
def rename(old: str, new: str) -> None:
    """Refused: an id is for ever. Says what to do instead."""
    raise click.UsageError(
        f"an id is for ever: Anki knows the card by it, and under `{new}` every learner would get a second, unlearned "
        f"one. Keep {{#{old}}}; to find the note under the other name as well, write {{#{old} alias={new}}}"
    )


@main.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def new(folder: Path) -> None:
    """Make a small deck to start from in DIR, which must not hold anything yet."""
    import shutil
    from importlib import resources

    from deckwright.identity import id_for

    if folder.exists() and any(folder.iterdir()):
        raise click.UsageError(f"{folder} is not empty; name a new folder")
    with resources.as_file(resources.files("deckwright") / "example") as example:
        shutil.copytree(example, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    settings = folder / "deck.toml"
    name = folder.resolve().name
    text = settings.read_text(encoding="utf-8")
    text = text.replace("DECK-NAME", name.replace('"', "").replace("\\", "").replace("::", " ") or "Deck")
    settings.write_text(text.replace("DECK-ID", id_for(name, ())), encoding="utf-8", newline="\n")
    click.echo(f"{folder}: a deck to start from; build it with: deckwright build {folder}")


def echo_said(said: Said) -> None:
    """What a build says, its problems before its outcome."""
    problems, outcome = said
    click.echo(problems, nl=False, err=True)
    click.echo(outcome, nl=False)


def echo_all(lines: Iterable[str], *, err: bool = False) -> None:
    """Every line on stdout, or on stderr."""
    for line in lines:
        click.echo(line, err=err)


def show_problems(problems: Iterable[Problem], deck: Path, *, as_json: bool = False) -> None:
    """Problems as ``path:line:column: message (rule)`` on stderr, or as one JSON object on stdout."""
    if as_json:
        click.echo(json.dumps({"problems": [problem_json(problem, deck) for problem in problems]}, ensure_ascii=False))
        return
    echo_all((problem_line(problem_json(problem, deck)) for problem in problems), err=True)


def progress(files: Collection[ContentFile]) -> Iterator[ContentFile]:
    """The files one by one, with a bar on a terminal when there are many."""
    if len(files) < 50 or not sys.stderr.isatty():
        yield from files
        return
    with click.progressbar(files, label="rendering", file=sys.stderr) as bar:
        yield from bar


def _list_rules(*, as_json: bool) -> None:
    from deckwright.check import RULES

    rules = sorted(RULES.values(), key=lambda rule: (rule.severity, rule.id))
    if as_json:
        click.echo(json.dumps([{"rule": r.id, "severity": r.severity.value, "help": r.help} for r in rules]))
        return
    for rule in rules:
        click.echo(f"{rule.id} ({rule.severity.value})\n")
        click.echo("".join(f"    {line}\n" if line else "\n" for line in rule.help.split("\n")))
