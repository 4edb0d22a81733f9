"""Where a line is, as markdown-it-py's rules for blocks see it."""

from __future__ import annotations

from markdown_it.rules_block import StateBlock

from deckwright.grammar.block_types import Stretch


def line_of(state: StateBlock, line: int) -> Stretch:
    """Where the text of a line is, without its indentation and the marks of the blocks around it."""
    return state.bMarks[line] + state.tShift[line], state.eMarks[line]


def text_of(state: StateBlock, line: int) -> str:
    """The text of a line, as ``line_of`` says."""
    start, end = line_of(state, line)
    return state.src[start:end]


def unindented(state: StateBlock, line: int) -> Stretch:
    """Where the text of a line is, with what it is indented more than the block around it."""
    start, end = line_of(state, line)
    more = max(state.sCount[line] - state.blkIndent, 0)
    while more and start > state.bMarks[line] and state.src[start - 1] in " \t":
        start, more = start - 1, more - 1
    return start, end
