"""``deckwright new``: a small deck to start from, with what git, editors and GitHub want to know of it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from deckwright.cli.language import guess_language, user_locale
from deckwright.cli.options import SETTINGS_FILE, examples, reports_problems
from deckwright.report.problems import in_shell

STARTER_FILES = {
    "gitattributes": ".gitattributes",
    "gitignore": ".gitignore",
    "editorconfig": ".editorconfig",
    "pre-commit-config.yaml": ".pre-commit-config.yaml",
    "workflow.yml": ".github/workflows/deck.yml",
}
"""File of the program → where it goes in the deck. (A build passes over names that begin with a dot.)"""
ALLOWED_NAMES = re.compile(r"\.|README|LICEN[CS]E|COPYING|NOTICE|CHANGELOG|CONTRIBUTING|CODE_OF_CONDUCT", re.IGNORECASE)
"""How the names of files begin that a folder may hold already: a clone that was just made has them."""
EXAMPLES = examples(
    "deckwright new spanish                                      asks for what it needs to know",
    'deckwright new . --name "Spanish words" --language en       into a clone with a README only',
)


def _good_name(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    if value is not None and not (value.strip() and "::" not in value and '"' not in value and value.isprintable()):
        raise click.BadParameter('a name is text without `::`, `"` and control characters')
    return value.strip().replace("\\", "") if value is not None else None


def _good_language(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    from deckwright.grammar.options import LANGUAGE

    if value is not None and not LANGUAGE.fullmatch(value):
        raise click.BadParameter("a language is a tag like en, es or zh-CN")
    return value


@click.command(epilog=EXAMPLES)
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--name", callback=_good_name, help="The deck's name in Anki. Default: the folder's.")
@click.option(
    "--language", callback=_good_language, help="Of the cards: en, es, zh-CN … Default: by the name and your locale."
)
@click.option("--subdeck", callback=_good_name, help="The name of the first subdeck. Default: 01 Basics.")
@reports_problems
def new(folder: Path, name: str | None, language: str | None, subdeck: str | None) -> None:
    """Make a small deck to start from in DIR, which holds at most a README, a licence and dot files.

    On a terminal, asks for what is not given.
    """
    in_the_way = (
        sorted(path.name for path in folder.iterdir() if not ALLOWED_NAMES.match(path.name)) if folder.exists() else []
    )
    if in_the_way:
        raise click.UsageError(f"{folder} is not empty (it has {', '.join(in_the_way[:3])}); name a new folder")
    if above := next((each for each in folder.resolve().parents if (each / SETTINGS_FILE).is_file()), None):
        raise click.UsageError(
            f"{folder} is inside the deck {above}, whose folders are its subdecks; name a place outside"
        )
    shown = "".join(filter(str.isprintable, folder.resolve().name))  # a Persian name may hold U+200C
    usual = re.sub(r'["\\]', "", shown.replace("::", " ")).strip() or "Deck"
    name = name or _asked("Name of the deck, as Anki shows it", usual, _good_name)
    words = {
        "DECK-NAME": name,
        "DECK-LANGUAGE": language
        or _asked("Language of the cards", guess_language(name, user_locale()), _good_language),
        "DECK-SUBDECK": subdeck or _asked("Name of the first subdeck", "01 Basics", _good_name),
    }
    from deckwright.identity.ids import unique_deck_id

    words["DECK-ID"] = unique_deck_id(words["DECK-NAME"])
    words["DECK-TAG"] = words["DECK-ID"].rpartition("-")[0]
    for path, content in _files():
        target = folder / path
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(_filled_in(content, words) if path == "deck.toml" else content)
    click.echo(f"{folder}: a deck to start from. Next: deckwright build {in_shell(folder)}")


def _asked(question: str, usual: str, check: object) -> str:
    """Return the answer of somebody at a terminal, else the usual one."""
    if not (sys.stdin and sys.stdin.isatty()):  # there may be none at all
        return usual

    def good(value: str) -> str:
        checked: str = check(None, None, value)  # type: ignore[operator]
        return checked

    answer: str = click.prompt(question, default=usual, value_proc=good)
    return answer


def _filled_in(content: bytes, words: dict[str, str]) -> bytes:
    text = content.decode("utf-8")
    for word, value in words.items():
        text = text.replace(word, value)
    return text.encode("utf-8")


def _files() -> Iterator[tuple[str, bytes]]:
    """Yield path and content of each file of a new deck."""
    package = resources.files("deckwright")
    yield from _below(package / "example")
    yield from ((target, (package / "starter" / name).read_bytes()) for name, target in STARTER_FILES.items())
    for name, content in _below(package / "schema"):
        yield f".schema/{name}", content


def _below(folder: Traversable, inside: str = "") -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from _below(entry, f"{inside}{entry.name}/")
        else:
            yield inside + entry.name, entry.read_bytes()
