"""``deckwright new``: a small deck to start from, with what git, editors and GitHub want to know of it."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import click

from deckwright.cli.language import guess_language, user_locale
from deckwright.cli.options import SETTINGS_FILE, command
from deckwright.regex import regex
from deckwright.report.problems import in_shell

STARTER_FILES = {
    "gitattributes": ".gitattributes",
    "gitignore": ".gitignore",
    "editorconfig": ".editorconfig",
    "pre-commit-config.yaml": ".pre-commit-config.yaml",
    "workflow.yml": ".github/workflows/deck.yml",
}
"""File of the program → where it goes in the deck. (A build passes over names that begin with a dot.)"""
ALLOWED_NAMES = regex(r"\.|README|LICEN[CS]E|COPYING|NOTICE|CHANGELOG|CONTRIBUTING|CODE_OF_CONDUCT", re.IGNORECASE)
"""How the names of files begin that a folder may hold already: a clone that was just made has them."""


def _good_name(value: str) -> str:
    if not value.strip() or "::" in value or '"' in value or not value.isprintable():
        raise click.BadParameter('a name is text without `::`, `"` and control characters')
    return value.strip().replace("\\", "")


def _good_language(value: str) -> str:
    from deckwright.grammar.options import LANGUAGE

    if not LANGUAGE.fullmatch(value):
        raise click.BadParameter("a language is a tag like en, ja or zh-CN")
    return value


@command(
    "deckwright new spanish                                      asks for what it needs to know",
    'deckwright new . --name "Spanish words" --language en       into a clone with a README only',
)
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--name", type=_good_name, metavar="TEXT", help="The deck's name in Anki. Default: the folder's.")
@click.option(
    "--language",
    type=_good_language,
    metavar="TEXT",
    help="Of the cards: en, es, zh-CN … Default: by the name and your locale.",
)
@click.option("--subdeck", type=_good_name, metavar="TEXT", help="The name of the first subdeck. Default: 01 Basics.")
def new(folder: Path, name: str | None, language: str | None, subdeck: str | None) -> None:
    """Make a small deck to start from in DIR, which holds at most a README, a licence and dot files.

    On a terminal, asks for what is not given.
    """
    from deckwright.identity.ids import unique_deck_id

    shown = "".join(filter(str.isprintable, folder.resolve().name))  # a Persian name may hold U+200C
    usual = re.sub(r'["\\]', "", shown.replace("::", " ")).strip() or "Deck"
    there = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    if SETTINGS_FILE in there:
        raise click.UsageError(f"{folder} is a deck already; name a new folder")
    if in_the_way := [each for each in there if not ALLOWED_NAMES.match(each)]:
        settings = f'name = "{name or usual}"\nid = "{unique_deck_id(name or usual)}"'
        raise click.UsageError(
            f"{folder} is not empty (it has {', '.join(in_the_way[:3])}); name a new folder, "
            f"or make a deck of what is there by a {SETTINGS_FILE} with these two lines:\n{settings}"
        )
    if above := next((each for each in folder.resolve().parents if (each / SETTINGS_FILE).is_file()), None):
        raise click.UsageError(
            f"{folder} is inside the deck {above}, whose folders are its subdecks; name a place outside"
        )
    name = name or _asked("Name of the deck, as Anki shows it", usual, _good_name)
    language = language or _asked("Language of the cards", guess_language(name, user_locale()), _good_language)
    subdeck = subdeck or _asked("Name of the first subdeck", "01 Basics", _good_name)
    deck_id = unique_deck_id(name)
    words = {
        "DECK-NAME": name,
        "DECK-LANGUAGE": language,
        "DECK-SUBDECK": subdeck,
        "DECK-ID": deck_id,
        "DECK-TAG": deck_id.rpartition("-")[0],
    }
    for source, path in _files():
        target = folder / path
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            content = source.read_bytes()
            if path == "deck.toml":
                content = re.sub("DECK-[A-Z]+", lambda word: words[word[0]], content.decode("utf-8")).encode("utf-8")
            target.write_bytes(content)
    click.echo(f"{folder}: a deck to start from. Next: deckwright build {in_shell(folder)}")


def _asked(question: str, usual: str, checked: Callable[[str], str]) -> str:
    """Return the answer of somebody at a terminal, else the usual one."""
    is_terminal = sys.stdin and sys.stdin.isatty()  # there may be no input at all
    return str(click.prompt(question, default=usual, value_proc=checked)) if is_terminal else usual


def _files() -> Iterator[tuple[Path, str]]:
    """Yield each file of a new deck, and where in the deck it goes."""
    package = Path(__file__).parents[1]
    yield from ((package / "starter" / name, target) for name, target in STARTER_FILES.items())
    for name, inside in (("example", ""), ("schema", ".schema")):
        for file in (package / name).rglob("*"):
            if file.is_file():
                yield file, (PurePosixPath(inside) / file.relative_to(package / name)).as_posix()
