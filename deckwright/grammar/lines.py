"""Lines as markdown-it-py's rules for blocks see them, and the tokens of leaves."""

from __future__ import annotations

from collections.abc import Sequence

from markdown_it.rules_block import StateBlock

from deckwright.grammar.block_types import Block, BlockKind, Stretch


class LeafToken:
    """A leaf with what lists ask of a token; making one of markdown-it-py's takes five times as long."""

    __slots__ = ("block", "hidden", "level", "type")
    nesting = 0

    def __init__(self, block: Block | None, name: str = "", level: int = 0) -> None:
        self.block, self.type, self.level, self.hidden = block, name, level, False


NOTHING = LeafToken(None)


def push_leaf(state: StateBlock, kind: BlockKind, lines: Sequence[Stretch], first: int, last: int) -> Block:
    """Push the token of a leaf that covers the lines ``first`` up to ``last``, and return its block."""
    start = lines[0][0] if lines and kind is not BlockKind.HEADING else start_of(state, first)
    block = Block(kind, start, state.eMarks[last - 1], lines=tuple(lines))
    state.tokens.append(LeafToken(block))  # type: ignore[arg-type]
    return block


def push_paragraph(state: StateBlock, lines: Sequence[Stretch]) -> None:
    """Push the three tokens of a paragraph, of which a tight list hides the first and the third."""
    block = Block(BlockKind.PARAGRAPH, lines[0][0], lines[-1][1], lines=tuple(lines))
    state.tokens += [LeafToken(block, "paragraph_open", state.level), NOTHING, NOTHING]  # type: ignore[list-item]


def start_of(state: StateBlock, line: int) -> int:
    """Where a line begins in the file."""
    return state.eMarks[line - 1] + 1 if line else 0


def line_of(state: StateBlock, line: int) -> Stretch:
    """Where the text of a line is, without its indentation and the marks of the blocks around it."""
    return state.bMarks[line] + state.tShift[line], state.eMarks[line]


def text_of(state: StateBlock, line: int) -> str:
    """The text of a line, as ``line_of`` says."""
    start, end = line_of(state, line)
    return state.src[start:end]


def without_closing_signs(heading: str) -> str:
    """A heading's text without the ``#`` signs that close it, as CommonMark says: only after a space."""
    text = heading.rstrip()
    bare = text.rstrip("#")
    return bare.rstrip(" \t") if bare[-1:] in ("", " ", "\t") else text


def unindented(state: StateBlock, line: int) -> Stretch:
    """Where the text of a line is, with what it is indented more than the block around it."""
    start, end = line_of(state, line)
    more = max(state.sCount[line] - state.blkIndent, 0)
    while more and start > state.bMarks[line] and state.src[start - 1] in " \t":
        start, more = start - 1, more - 1
    return start, end
