"""The docs say what the program says."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from deckwright.cli.main import main
from deckwright.grammar.options import OPTIONS
from deckwright.pipeline.build import build, check
from docs.shoot import LOOKS, example_cards, looks
from scripts.write_docs import EXAMPLES, PAGES
from tests.decks import CLOCK, write_files

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
FILES = re.compile(r"^`([\w./-]+)`:\n\n```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", PAGES)
def test_made_pages_are_what_the_program_knows(name: str) -> None:
    kept = (DOCS / name).read_text(encoding="utf-8")
    assert kept == PAGES[name](), "commands, settings or rules changed: run python scripts/write_docs.py"


def test_the_tutorials_deck_is_built_as_it_stands(tmp_path: Path) -> None:
    written = FILES.findall((DOCS / "tutorial.md").read_text(encoding="utf-8"))
    deck = write_files(tmp_path / "spanish", dict(written))
    assert [problem for problem in check(deck) if problem.rule != "missing-id"] == []
    result = build(deck, tmp_path / "x.apkg", clock=lambda: CLOCK)
    assert f"{result.written.notes} notes, {result.written.cards} cards" in (DOCS / "tutorial.md").read_text(
        encoding="utf-8"
    )


def test_the_examples_are_built_and_nothing_is_wrong_with_them(tmp_path: Path) -> None:
    deck = shutil.copytree(DOCS / "examples", tmp_path / "examples")
    assert check(deck) == []
    result = build(deck, tmp_path / "x.apkg", clock=lambda: CLOCK)
    assert (result.plan.new, result.ids) == (tuple(sorted(EXAMPLES)), [])


def test_the_pictures_show_the_cards_that_anki_shows(tmp_path: Path) -> None:
    """If not: python -m docs.shoot examples. Pixels differ between browsers, so what they were made of is compared."""
    made = json.loads(LOOKS.read_text(encoding="utf-8"))
    assert looks(example_cards(tmp_path, tmp_path / "media")) == made
    page = (DOCS / "markdown.md").read_text(encoding="utf-8")
    for name in made:
        assert LOOKS.with_name(f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert f"(examples/{name}.png)" in page


def test_every_option_of_a_note_is_documented() -> None:
    rows = re.findall(r"^\| (.*?) \|", (DOCS / "markdown.md").read_text(encoding="utf-8"), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([a-z]+)[`:]", row)}
    assert OPTIONS.keys() - named == set()


def test_every_page_is_in_the_sites_contents() -> None:
    site = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    listed = {page for entry in site["nav"] for page in entry.values()}
    assert listed == {path.name for path in DOCS.glob("*.md")} - {"terms.md", "corrections-2026-11.md"}


def test_commands_that_the_docs_name_exist() -> None:
    texts = [path.read_text(encoding="utf-8") for path in [*DOCS.glob("*.md"), ROOT / "README.md"]]
    named = {
        name
        for text in texts
        for name in re.findall(
            r"`?deckwright ([a-z]+)\b", "\n".join(re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL))
        )
    }
    assert named <= main.commands.keys()
