"""No ``## question`` at the margin is lost without a word, whatever stands above it."""

from __future__ import annotations

import random
import re

from deckwright.grammar import parse_source
from deckwright.grammar.block_types import Block, BlockKind
from deckwright.grammar.note import Page, Source

LINES = (
    *("", "", "", "text", "- item", "  more", "    deep", "1. one", "> quote", ">", "#### four", "---", "===", "***"),
    *("```", "```python", "~~~", "    ```", "> ```", ">     code", "\t", "\tcode", "`code", "[link", "\\"),
    *("<!-- a", "-->", "<!-- x -->", "<div>", "</div>", "<br>", "<details>", "<?php", "?>", "<!X", "<pre>", "</pre>"),
    *("%%", "%% a", "%% b %%", "$$", "x $$", "\\[", "\\]", "\\begin{align}", "\\end{align}", "{{c1::a", "}}"),
    *(":::note", ":::", "!!! note", "??? tip", "> [!note] a", "Term", ": def", "| a | b |", "|---|---|"),
    *("[^1]: foot", "[x]: y", "[x]:", "'title"),
)
QUESTION = "## Q2 {#b}"


def is_meant(text: str, page: Page) -> bool:
    """Whether the question stands in something that is closed, or is refused by a rule about tags."""
    at = text.index(QUESTION)
    blocks = [block for note in page.notes for passage in note.passages for block in passage.all_blocks(*BlockKind)]
    return any(block.start <= at < block.end and is_verbatim(text, block) for block in blocks)


def is_verbatim(text: str, block: Block) -> bool:
    if block.kind is BlockKind.HTML:
        return re.search("<pre|<!--", text[block.start : block.end]) is not None
    return block.kind is BlockKind.COMMENT or (block.kind is BlockKind.CODE and block.mark == "closed")


def test_a_question_is_a_note_or_a_problem() -> None:
    chance, found = random.Random(3), 0
    for _ in range(4000):
        lines = chance.choices(LINES, k=chance.randint(1, 9))
        text = "\n".join(["## Q1 {#a}", "", *lines, QUESTION, *chance.choices(LINES, k=chance.randint(0, 5))])
        page = parse_source(Source("a.md", text))
        found += "b" in [note.id for note in page.notes]
        assert "b" in [note.id for note in page.notes] or page.problems or is_meant(text, page), text
    assert found > 1500
