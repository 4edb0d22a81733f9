"""Deletions in all places of random notes, in real Anki: each hides its text on its own cards, nothing is lost."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from deckwright.pipeline.build import build, check
from deckwright.problems import Severity
from tests.anki_driver import Learner
from tests.decks import PLAIN, write_files

NUMBERS = ("1", "2", "3", "12", "1,2")
PLACES = (
    "{}", "**{}**", "*{}*", "~~{}~~", "=={}==", "[{}](https://example.org/a)", "<b>{}</b>", "`f({})`", "$x = {}$",
    "- {}", "> {}", "1. a\n   - {}", "| a | b |\n|---|---|\n| {} | c |", "> [!note] T\n> {}", "$$\na = {}\n$$",
    "```python\nx = {}\n```", "#### {}", "- a\n\n  {}",
)  # fmt: skip
"""Where a deletion is, and what is inside one: the same, but for blocks."""
INSIDE = ("{}", "{} b", "a {}", "**{}**", "$y^{{2}}={}$", "`{}`", "[{}](https://example.org/b)", "<u>{}</u> c")
HINTS = ("", "", "::hint", "::*two words*")
MARK = re.compile(r"\{\{c([0-9,]+)::|(mark[a-z]+x)")


class Writer:
    """Writes random notes; every deletion has a word of its own."""

    def __init__(self, seed: int) -> None:
        self.random, self.words = random.Random(seed), 0

    def note(self, number: int) -> str:
        blocks = (self.random.choice(PLACES).format(self.deletion(0)) for _ in range(self.random.randint(1, 3)))
        return f"## Note {number} {{#n{number}}}\n\n" + "\n\n".join(blocks) + "\n"

    def deletion(self, depth: int) -> str:
        self.words += 1
        word = "mark" + "".join(chr(97 + int(digit)) for digit in str(self.words)) + "x"
        inner = self.random.choice(INSIDE).format(word)
        if depth < 2 and self.random.random() < 0.3:
            inner += " " + self.deletion(depth + 1)
        return f"{{{{c{self.random.choice(NUMBERS)}::{inner}{self.random.choice(HINTS)}}}}}"


def words_of(text: str) -> Iterator[tuple[str, set[int]]]:
    """The words of a note, each with the numbers of the deletion right around it."""
    numbers = set[int]()
    for mark in MARK.finditer(text):
        if mark[1]:
            numbers = {int(number) for number in mark[1].split(",")}
        else:
            yield mark[2], numbers


@pytest.mark.parametrize("seed", [1, 2])
def test_every_deletion_hides_its_text(seed: int, tmp_path: Path) -> None:
    writer = Writer(seed)
    texts = {f"n{number}": writer.note(number) for number in range(250)}
    deck = write_files(tmp_path / "deck", {"deck.toml": PLAIN, **{f"{name}.md": text for name, text in texts.items()}})
    for problem in check(deck):  # a deletion in one of its own number, or three of them in each other
        if problem.severity is Severity.ERROR:
            (deck / problem.place.path).unlink(missing_ok=True)
    assert len(list(deck.glob("*.md"))) > 150
    build(deck, tmp_path / "x.apkg")
    with Learner(tmp_path / "learner") as learner:
        learner.imports(tmp_path / "x.apkg")
        assert not learner.collection.get_empty_cards().notes
        for number in learner.collection.find_notes(""):
            note = learner.collection.get_note(number)
            words = dict(words_of(texts[note["ID"]]))
            cards = {card.ord + 1: card for card in note.cards()}
            assert cards.keys() == set().union(*words.values())
            for ordinal, card in cards.items():
                front = re.sub(r'data-cloze="[^"]*"', "", card.question())
                assert not [word for word, numbers in words.items() if ordinal in numbers and word in front]
                assert not [word for word in words if word not in card.answer()]
