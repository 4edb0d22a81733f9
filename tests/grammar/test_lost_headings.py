"""No ``## question`` at the margin, and no word, is lost without a problem, whatever stands above it."""

from __future__ import annotations

import random
import re

from deckwright.grammar import parse_source
from deckwright.grammar.block_types import Block, BlockKind
from deckwright.grammar.blocks import parse_blocks
from deckwright.grammar.note import Page, SourceFile

LINES = (
    *("", "", "", "text", "- item", "  more", "    deep", "1. one", "> quote", ">", "#### four", "---", "===", "***"),
    *("```", "```python", "~~~", "    ```", "> ```", ">     code", "\t", "\tcode", "`code", "[link", "\\"),
    *("<!-- a", "-->", "<!-- x -->", "<div>", "</div>", "<br>", "<details>", "<?php", "?>", "<!X", "<pre>", "</pre>"),
    *("%%", "%% a", "%% b %%", "$$", "x $$", "\\[", "\\]", "\\begin{align}", "\\end{align}", "{{c1::a", "}}"),
    *(":::note", ":::", "!!! note", "??? tip", "> [!note] a", "Term", ": def", "| a | b |", "|---|---|"),
    *("[^1]: foot", "[x]: y", "[x]:", "'title"),
)
NESTED = ("- :::tip", "  :::", "> :::note", "  - !!! tip", "      body", "    :::note", "- $$", "  x $$", "- > q")
WITHOUT_WORDS = re.compile(r"`{3}|~{3}|<!--|-->|%%|^\s*:::$|[!?:]{3}.*[\w}]$|---|===|\[x\]|'title")
"""Lines that would not be what they are with a word at their end, or have no place for one."""
QUESTION = "## Q2 {#b}"


def is_meant(text: str, page: Page) -> bool:
    """Whether the question stands in something that is closed, or is refused by a rule about tags."""
    at = text.index(QUESTION)
    blocks = [block for note in page.notes for passage in note.passages for block in passage.all_blocks(*BlockKind)]
    return any(block.start <= at < block.end and is_verbatim(text, block) for block in blocks)


def is_verbatim(text: str, block: Block) -> bool:
    if block.kind is BlockKind.HTML:
        return re.search("<pre|<!--", text[block.start : block.end]) is not None
    return block.kind is BlockKind.COMMENT or (block.kind is BlockKind.CODE and bool(block.mark) and block.is_whole)


def test_a_question_is_a_note_or_a_problem() -> None:
    chance, found = random.Random(3), 0
    for _ in range(4000):
        lines = chance.choices(LINES, k=chance.randint(1, 9))
        text = "\n".join(["## Q1 {#a}", "", *lines, QUESTION, *chance.choices(LINES, k=chance.randint(0, 5))])
        page = parse_source(SourceFile("a.md", text))
        found += "b" in [note.id for note in page.notes]
        assert "b" in [note.id for note in page.notes] or page.problems or is_meant(text, page), text
    assert found > 1500


def test_no_word_is_lost() -> None:
    chance = random.Random(5)
    for _ in range(4000):
        lines = chance.choices([*LINES, *NESTED], k=chance.randint(2, 10))
        lines = [line if WITHOUT_WORDS.search(line) else f"{line} word{n}" for n, line in enumerate(lines) if line]
        text = "\n".join(chance.choice([line, f"{line}\n"]) for line in lines)
        blocks = [block for top in parse_blocks(text)[0] for block in top.walk()]
        shown = "".join(text[start:end] for block in blocks for start, end in block.lines)
        shown += "".join(block.text + block.info for block in blocks)
        assert [word for word in re.findall(r"word\d+", text) if word not in shown] == [], text


def test_a_huge_stretch_after_a_second_title_leaves_the_note_above_it_whole() -> None:
    """The note ends at the title; code in it was not looked through, and rendering it was a traceback."""
    text = "## Q {#q}\n\n    code\n\nA $x$.\n\n# T\n\n<div>" + "x " * 30_000 + "</div>\n"
    page = parse_source(SourceFile("a.md", text))
    (note,) = page.notes
    assert [piece.text for piece in note.answer.pieces] == ["code", "x"]
