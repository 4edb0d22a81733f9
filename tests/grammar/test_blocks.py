"""The block structure of answers is that of CommonMark and GFM, as markdown-it-py reads them."""

from __future__ import annotations

import random

import pytest

from deckwright.grammar.block_types import BlockKind
from deckwright.grammar.blocks import parse_blocks
from tests.grammar.reference import ours, theirs

WORDS = "red green blue cyan pink teal gold grey plum lime".split()


class Documents:
    """Random nested documents: lists of both kinds, quotes, code, tables, headings, paragraphs."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def text(self) -> str:
        return "\n".join(self.blocks(0, self.chance.randint(1, 4)))

    def blocks(self, depth: int, count: int) -> list[str]:
        lines: list[str] = []
        for _ in range(count):
            lines += [""] * (bool(lines) and self.chance.random() < 0.7) + self.block(depth)
        return lines

    def block(self, depth: int) -> list[str]:
        kinds = [self.paragraph, self.code, self.table, self.rule, self.heading, self.indented]
        nested = [self.items, self.items, self.items, self.quote] if depth < 3 else []
        return self.chance.choice([*kinds, *nested])(depth)

    def words(self) -> str:
        return " ".join(self.chance.choices(WORDS, k=self.chance.randint(1, 4)))

    def paragraph(self, depth: int) -> list[str]:
        return [self.words() + self.chance.choice(["", "", "  ", "\\"]), *[self.words()] * self.chance.randint(0, 1)]

    def code(self, depth: int) -> list[str]:
        mark = self.chance.choice(["```", "~~~", "````"])
        return [f"{mark}{self.chance.choice(['', 'nolang'])}", self.words(), "", f"- {self.words()}", mark]

    def indented(self, depth: int) -> list[str]:
        return ["", f"    {self.words()}", f"      {self.words()}"]

    def table(self, depth: int) -> list[str]:
        return [f"| {self.words()} | {self.words()} |", "|:-|---|", f"| {self.words()} | {self.words()} |"]

    def rule(self, depth: int) -> list[str]:
        return ["", self.chance.choice(["***", "* * *", "___"])]

    def heading(self, depth: int) -> list[str]:
        return [f"#### {self.words()}{self.chance.choice(['', ' ##', '#'])}"]

    def quote(self, depth: int) -> list[str]:
        lines = self.blocks(depth + 1, self.chance.randint(1, 2))
        return [f"> {line}".rstrip() if self.chance.random() < 0.95 else line for line in lines]

    def items(self, depth: int) -> list[str]:
        mark, lines = self.chance.choice(["-", "*", "+", "1.", "3)"]), list[str]()
        gap = self.chance.choice([1, 1, 1, 2, 3])
        for _ in range(self.chance.randint(1, 3)):
            body = self.paragraph(depth) + (self.blocks(depth + 1, 1) if self.chance.random() < 0.5 else [])
            lines += [""] * (bool(lines) and self.chance.random() < 0.3)
            indent = " " * (len(mark) + gap if self.chance.random() < 0.9 else self.chance.randint(0, 5))
            lines += [f"{mark}{' ' * gap}{body[0]}", *(indent + line if line else "" for line in body[1:])]
        return lines


@pytest.mark.parametrize("seed", range(5))
def test_random_documents_have_the_structure_of_the_reference(seed: int) -> None:
    documents = Documents(seed)
    texts = [documents.text() for _ in range(400)]
    compared = [(text, found) for text in texts if (found := ours(text)) is not None]
    assert len(compared) >= 0.95 * len(texts)
    assert [(text, found, theirs(text)) for text, found in compared if found != theirs(text)] == []


def test_places_are_those_of_the_file() -> None:
    text = "intro\n\n> - one\n>   two\n\n| a | b |\n|---|---|\n| c | d\\|e |\n\n1. x\n   [ ] y\n"
    leaves = [block for top in parse_blocks(text)[0] for block in top.walk() if block.lines]
    assert [[text[start:end] for start, end in leaf.lines] for leaf in leaves] == [
        ["intro"],
        ["one", "two"],
        *[["a"], ["b"], ["c"], ["d\\|e"]],
        ["x", "[ ] y"],
    ]


@pytest.mark.parametrize(
    "code",
    [
        "```\ncode",
        "```\ncode\n\n## Q {#b}\n\ntext",
        "~~~~\na\n~~~",
        "``` trailing",
        "- x\n  ```\n  code",
        "> ```\n> code",
    ],
)
def test_an_open_fence_is_open_with_and_without_a_last_line_end(code: str) -> None:
    for text in (code, f"{code}\n"):
        codes = [block for top in parse_blocks(text)[0] for block in top.walk() if block.kind is BlockKind.CODE]
        assert [block.is_whole for block in codes] == [False], text


def test_any_text_gives_blocks_and_the_same_without_a_last_line_end() -> None:
    chance = random.Random(7)
    signs = [
        "\n",
        "\n\n",
        " ",
        "    ",
        "\t",
        "- ",
        "1. ",
        "> ",
        "|",
        "-|-",
        "```",
        "$$",
        "%%",
        "~~~\n",
        "!!! a",
        ":::a",
        ": ",
        "x",
    ]
    for _ in range(3000):
        text = "".join(chance.choices(signs, k=20))
        assert parse_blocks(text.rstrip("\n")) == parse_blocks(text.rstrip("\n") + "\n")
