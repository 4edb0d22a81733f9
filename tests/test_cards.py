"""The shipped deck: every planned question is there, in order; code runs; pictures are drawn as they say."""

from __future__ import annotations

import ast
import datetime
import subprocess
import sys
from pathlib import Path

import pytest

from deckwright.grammar.note import Note
from deckwright.grammar.pieces import PieceKind
from deckwright.pipeline.build import check, parse_deck

ROOT = Path(__file__).resolve().parent.parent
CARDS = ROOT / "cards"
DECK = parse_deck(CARDS, datetime.date(2026, 11, 29))
PLAN = [line.split("\t") for line in (ROOT / "tests/data/plan.tsv").read_text(encoding="utf-8").splitlines()]
NEEDS_PACKAGES = {"langchain-agent", "langchain-lcel", "langchain-model", "langchain-usage", "rag-sentence-splitting"}
"""Notes whose code imports more than the standard library: it is parsed here, it was run by hand."""


def python_blocks() -> list[tuple[Note, str]]:
    return [
        (note, piece.text)
        for note in DECK.notes
        for _, piece in note.pieces(PieceKind.CODE_BLOCK)
        if piece.info in ("python", "py")
    ]


def test_every_planned_question_is_a_card() -> None:
    known = {name for note in DECK.notes for name in (note.id, *note.aliases)}
    assert len(PLAN) == 258
    assert [name for name, _ in PLAN if name not in known] == []


def test_every_card_stands_in_its_topic() -> None:
    topics = dict(PLAN)
    names = DECK.settings.subdecks
    for note in DECK.notes:
        for name in (note.id, *note.aliases):
            if name in topics:
                assert names[note.folder] == topics[name], name


def test_the_cards_are_clean() -> None:
    """No error and no warning. The day is fixed: cards that age are the authors' business, not a failing test's."""
    assert check(CARDS, datetime.date(2026, 11, 29)) == []


def test_every_source_is_cited_and_was_looked_up() -> None:
    text = "".join(page.source.text for page in DECK.pages)
    for key, source in DECK.citations.items():
        assert f"@{key}" in text, key
        assert source.checked is not None, key
        assert source.checked >= datetime.date(2026, 11, 1), key


@pytest.mark.parametrize(("note", "code"), python_blocks(), ids=lambda value: getattr(value, "id", ""))
def test_code_on_cards_runs(note: Note, code: str) -> None:
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(code))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    foreign = imported - sys.stdlib_module_names
    assert bool(foreign) == (note.id in NEEDS_PACKAGES), (note.id, foreign)
    if not foreign:
        done = subprocess.run(
            [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr


def test_pictures_are_what_their_script_draws(tmp_path: Path) -> None:
    """Drawing them again changes no byte, and none is drawn by hand beside the script."""
    subprocess.run([sys.executable, str(CARDS / "pictures"), str(tmp_path)], check=True)
    shipped = {path.relative_to(CARDS): path.read_bytes() for path in CARDS.rglob("*.svg")}
    assert {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*.svg")} == shipped
    assert len(shipped) >= 110
    assert {medium.path for medium in DECK.media.values()} == {(CARDS / path).resolve() for path in shipped}
