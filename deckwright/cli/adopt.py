"""``deckwright adopt``: an existing package becomes a deck folder, or gives its GUIDs to one."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path

import click

from deckwright.cli.options import APKG, JSON, command
from deckwright.cli.output import echo_all, echo_json, progress
from deckwright.problems import Problem


def _named_like_package(context: click.Context, _parameter: click.Parameter, deck: Path | None) -> Path:
    return deck or Path(context.params["package"].stem)


@command(
    "deckwright adopt old.apkg spanish                a package into a new deck folder",
    "deckwright adopt old.apkg spanish --map Front=question,Back=answer",
)
@click.argument("package", type=APKG, metavar="OLD.apkg")
@click.argument("deck", required=False, type=click.Path(file_okay=False, path_type=Path), callback=_named_like_package)
@click.option("--map", "mapping", multiple=True, metavar="FIELD=ROLE", help="What a field becomes; may be repeated.")
@click.option(
    "--from-deck", "only", default="", metavar="NAME", help="Take this deck of the package and those below it."
)
@click.option("--language", default="", metavar="TAG", help="Language of the cards, such as zh-CN; guessed otherwise.")
@JSON
def adopt(package: Path, deck: Path, mapping: tuple[str, ...], only: str, language: str, as_json: bool) -> None:
    """Make a deck folder of an existing package; its notes keep their GUIDs, so no learner's card doubles.

    DECK (by default named like the package) is new; or it is a deck folder, whose notes then take over the GUIDs of the
    old notes that ask the same. FIELD=ROLE sets what a field of the old notes becomes: question, answer, section, id or
    skip. For a cloze note type the text with the deletions is the answer, the prompt the question.
    """
    from deckwright.adopt.adoption import adopt as adopt_package
    from deckwright.adopt.matching import take_over_guids
    from deckwright.adopt.package import open_package
    from deckwright.deck.settings import SETTINGS_FILE
    from deckwright.files import replace_file
    from deckwright.grammar.options import LANGUAGE
    from deckwright.report.adoption import (
        adopted_json,
        adopted_lines,
        matched_json,
        matched_lines,
        readme_text,
        remark_lines,
    )

    if language and not LANGUAGE.fullmatch(language):
        raise click.UsageError(f"--language: `{language}` is not a language tag like zh-CN")
    is_deck = (deck / SETTINGS_FILE).exists()
    if not is_deck and deck.exists() and any(deck.iterdir()):
        raise click.UsageError(f"{deck} holds files but no deck; name a new folder")
    if is_deck and language:
        raise click.UsageError(f"{deck} is a deck already, whose deck.toml has the language; name a new folder")
    remarks: Sequence[Problem] = ()
    with open_package(package) as opened:
        if is_deck:
            today = datetime.datetime.now(datetime.UTC).date()
            matched = take_over_guids(opened, deck, today, only=only, mapping=mapping)
            value, lines = matched_json(matched), matched_lines(matched)
        else:
            done = adopt_package(opened, deck, only=only, mapping=mapping, language=language, progress=progress)
            replace_file(deck / "README.md", readme_text(done).encode())
            value, lines = adopted_json(done), adopted_lines(done)
            remarks = done.remarks
    if as_json:
        echo_json(value)
    else:
        echo_all(remark_lines(remarks, deck), err=True)
        echo_all(lines)
