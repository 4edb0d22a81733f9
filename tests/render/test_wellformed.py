"""Every field of every note is well-formed: elements nest and are closed, no line break stands outside ``<pre>``."""

from __future__ import annotations

import datetime
import html.parser
import random
import re
from pathlib import Path

import pytest

from deckwright.deck.folder import Deck
from deckwright.deck.media import MediaStore
from deckwright.deck.settings import Settings
from deckwright.grammar import parse_source
from deckwright.grammar.note import SourceFile
from deckwright.notetypes import FIELD_END
from deckwright.pipeline.page import PageRenderer
from deckwright.problems import Severity
from deckwright.render import VOID
from tests.golden_cases import read_cases
from tests.grammar.test_blocks import Documents

CARDS = Path(__file__).parents[2] / "cards"
SIGNS = [
    "*",
    "**",
    "_",
    "`",
    "$x$",
    "[",
    "](u)",
    "<b>",
    "</b>",
    "{{c1::",
    "}}",
    "~~",
    "==",
    "a",
    " ",
    "|",
    "\\",
    "\n- ",
]


class _Nesting(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)


def faults(field: str) -> list[str]:
    """What is wrong with a field's nesting."""
    parser = _Nesting()
    parser.feed(field)
    parser.close()
    breaks = re.sub(r"<pre.*?</pre>", "", field, flags=re.DOTALL).count("\n")
    return [*parser.faults, *parser.open, *["\n"] * breaks]


def built_fields(text: str) -> list[str]:
    """The fields of the notes of a file that has no error."""
    deck = Deck(Path(), Settings("D", "d"), {}, False, "", (), datetime.date(2026, 11, 29))
    page = PageRenderer(deck, MediaStore(Path())).render_page(SourceFile("a.md", text), {})
    if any(problem.severity is Severity.ERROR for problem in page.details.problems):
        return []
    return [field for note in page.notes for field in note.fields.split(FIELD_END)]


@pytest.mark.parametrize("path", sorted(CARDS.rglob("*.md")), ids=lambda path: path.stem)
def test_the_fields_of_the_deck(path: Path) -> None:
    text = re.sub(r"!\[[^]]*\]\([^)]*\)|\[@[^]]*\]", "", path.read_text(encoding="utf-8"))
    assert [field for field in built_fields(text) if faults(field)] == []
    assert len(built_fields(text)) >= 10 * len(parse_source(SourceFile("a.md", text)).notes)


def test_the_fields_of_the_golden_cases() -> None:
    texts = [f"## Q {{#q}}\n\n{case.given}" for name in ("rendering.txt", "formulas.txt") for case in read_cases(name)]
    fields = [field for text in texts for field in built_fields(text)]
    assert len(fields) > 500
    assert [field for field in fields if faults(field)] == []


def test_the_fields_of_random_texts() -> None:
    chance, documents = random.Random(11), Documents(11)
    texts = ["".join(chance.choices(SIGNS, k=14)) for _ in range(2000)] + [documents.text() for _ in range(200)]
    fields = [field for text in texts for field in built_fields(f"## Q {{#q}}\n\nx{text}")]
    assert len(fields) > 4500
    assert [field for field in fields if faults(field)] == []
