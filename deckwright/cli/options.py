"""Options and arguments that several commands share, and how errors become messages and exit codes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deckwright.cli.output import progress, show_failure
from deckwright.problems import ContentError, PackageError, WrongUseError
from deckwright.report.build import error_text
from deckwright.report.problems import in_shell

if TYPE_CHECKING:
    from deckwright.pipeline.rendering import Options

SETTINGS_FILE = "deck.toml"
"""``deck/settings.py`` has it too, and takes a while to import."""


def examples(*lines: str) -> str:
    """Return the end of a command's help: how it is used, a line each, as they are."""
    return "\b\n" + "\n".join(["Examples:", *(f"  {line}" for line in lines)])


def usual_deck() -> str:
    """Return the deck that is meant when none is named: the one that the working folder is, or ``cards``."""
    return "." if Path(SETTINGS_FILE).is_file() else "cards"


class DeckFolder(click.Path):
    """A folder; where there is none, the message names the decks nearby."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path. Raises click.UsageError where there is no such folder."""
        if Path(value).is_dir():
            return super().convert(value, param, ctx)
        if Path(value).is_file():
            deck = next((folder for folder in Path(value).parents if (folder / SETTINGS_FILE).is_file()), None)
            meant = in_shell(deck) if deck else "the folder of a deck"
            raise click.UsageError(f"{value} is a file; name {meant}", ctx)
        raise click.UsageError(f"there is no folder {value}; {_decks_nearby()}", ctx)


def _decks_nearby() -> str:
    """Show which decks are near the working folder, or how to make one."""
    above = next((f for f in (Path("..", *[".."] * n) for n in range(4)) if (f / SETTINGS_FILE).is_file()), None)
    found = [above] if above else sorted(file.parent for file in Path().glob(f"*/{SETTINGS_FILE}"))[:5]
    if not found:
        return "name the folder of a deck, or make one: deckwright new DIR"
    names = ", ".join(in_shell(folder) for folder in found)
    return f"the working folder is inside a deck: name {names}" if above else f"name one of the decks here: {names}"


class PackageFile(click.Path):
    """Where a package is written: never over a file of another kind, such as a file of notes."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path. Raises click.UsageError when it is not the name of a package."""
        if Path(value).suffix.lower() != ".apkg":
            self.fail(f"{value or 'an empty name'} is not a package; write a name that ends in .apkg", param, ctx)
        return super().convert(value, param, ctx)


DECK_FOLDER = DeckFolder(file_okay=False, path_type=Path)
APKG = click.Path(exists=True, dir_okay=False, path_type=Path)
DECK = click.argument("deck", default=usual_deck, type=DECK_FOLDER)
DECKS = click.argument("decks", metavar="[DECK]...", nargs=-1, type=DECK_FOLDER)
ALLOW_RETIRING = click.option(
    "--allow-retiring",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Let that many notes be removed at once.",
)
ANKI = click.option(
    "--anki",
    "url",
    default="",
    metavar="URL",
    help="Where AnkiConnect listens; default: ANKICONNECT_URL or port 8765",
)
FROM = click.option(
    "--from",
    "file",
    type=APKG,
    metavar="FILE",
    help="Read this exported .apkg or .colpkg, not a running Anki.",
)
JOBS = click.option("-j", "--jobs", type=click.IntRange(min=0), default=0, help="Processes at a time; default: cores.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for machines.")
NO_CACHE = click.option("--no-cache", is_flag=True, help="Work on every file anew, whatever earlier builds left.")
NO_HISTORY = click.option("--no-history", is_flag=True, help="Do not ask git for texts of notes that were built later.")
OUTPUT = click.option(
    "-o",
    "--output",
    type=PackageFile(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Default: dist/<deck id>.apkg",
)
STRICT = click.option("--strict", is_flag=True, help="Warnings fail as errors do.")


@contextmanager
def reporting_problems(deck: Path, *, strict: bool, as_json: bool) -> Iterator[None]:
    """A block whose errors become messages and exit codes: 1 for the content's, 2 for a usage error."""
    try:
        yield
    except ContentError as error:
        show_failure(error, deck, strict=strict, as_json=as_json)
        sys.exit(1)
    except WrongUseError as error:
        raise click.UsageError(str(error), click.get_current_context(silent=True)) from None
    except BrokenPipeError:
        raise  # the reader has seen enough; click ends quietly
    except (PackageError, OSError) as error:
        click.echo(f"error: {error_text(error) if isinstance(error, OSError) else error}", err=True)
        sys.exit(1)


class Command(click.Command):
    """A command that reports its errors."""

    def invoke(self, ctx: click.Context) -> Any:
        deck, strict, as_json = map(ctx.params.get, ("deck", "strict", "as_json"))
        with reporting_problems(Path(str(deck)), strict=bool(strict), as_json=bool(as_json)):
            return super().invoke(ctx)


def command(*uses: str) -> Callable[[Callable[..., None]], Command]:
    """Return what makes a command of a function; ``uses`` are the examples at the end of its help."""
    return click.command(cls=Command, epilog=examples(*uses))


def work_options(jobs: int = 0, *, no_cache: bool = False) -> Options:
    """Return how a command does its work."""
    from deckwright.pipeline.rendering import Options

    return Options(jobs, use_cache=not no_cache, progress=progress)
