"""Blocks: the tree of quotes, lists, tables, code and paragraphs that a file is made of, each with its place.

markdown-it-py parses them, so they are what CommonMark 0.31 and GFM say, and what GitHub shows: nothing later looks for
blocks again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from deckwright.grammar.block_rules import CALLOUT, block_parser
from deckwright.grammar.block_types import Block, BlockKind, Reference
from deckwright.grammar.lines import LeafToken, start_of
from deckwright.regex import regex

TASK = regex(r"\[([ xX])\](?:[ \t]+|$)")
CONTAINERS = {
    "blockquote_open": BlockKind.QUOTE,
    "bullet_list_open": BlockKind.LIST,
    "ordered_list_open": BlockKind.LIST,
    "list_item_open": BlockKind.ITEM,
    "footnote_reference_open": BlockKind.FOOTNOTE,
    "dl_open": BlockKind.TERMS,
    "dt_open": BlockKind.TERM,
    "dd_open": BlockKind.DEFINITION,
}
"""The token that begins a container → the kind of block."""


def parse_blocks(text: str, start: int = 0) -> tuple[list[Block], dict[str, Reference]]:
    """Parse the blocks of a text from offset ``start`` (a line's beginning) on. Any text gives blocks.

    Returns those at the top in order, and the link definitions by name (case folded).
    """
    parser = block_parser()
    # The stock rules take a last line without an end for a different one: an open fence would count as closed.
    state = StateBlock(text if text.endswith("\n") else f"{text}\n", parser, {}, [])
    parser.block.tokenize(state, text.count("\n", 0, start), state.lineMax)
    references = state.env.get("references", {})
    return _tree(state), {name.casefold(): _reference(state, found) for name, found in references.items()}


def _reference(state: StateBlock, found: Mapping[str, Any]) -> Reference:
    first, last = found["map"]
    start = start_of(state, first)
    at = state.src.find(found["href"], start, start_of(state, last))
    return Reference(found["href"], found["title"], max(at, start))


def _tree(state: StateBlock) -> list[Block]:
    root = Block(BlockKind.QUOTE, 0, len(state.src))
    open_ = [root]
    for token in cast("list[Token | LeafToken]", state.tokens):
        if isinstance(token, LeafToken):
            if token.block:
                token.block.mark = "tight" if token.hidden else token.block.mark
                open_[-1].children.append(token.block)
        elif token.nesting < 0:
            _close(state.src, open_.pop())
        elif token.nesting > 0:
            block = token.meta.get("block") or _container(state, token)
            open_[-1].children.append(block)
            open_.append(block)
        elif token.map:  # the text of a term, which is that of one line
            start = start_of(state, token.map[0])
            start = max(state.src.find(token.content, start, state.eMarks[token.map[0]]), start)
            open_[-1].lines = ((start, start + len(token.content)),)
    return root.children


def _container(state: StateBlock, token: Token) -> Block:
    first, last = token.map or (0, 1)
    start = start_of(state, first)
    block = Block(CONTAINERS[token.type], start, max(state.eMarks[last - 1], start))
    if token.type == "ordered_list_open":
        block.info = str(token.attrs.get("start", 1))
    elif block.kind is BlockKind.FOOTNOTE:
        block.info = str(token.meta["label"])
    return block


def _close(text: str, block: Block) -> None:
    """Finish a block whose children are all known."""
    if block.children and block.children[0].kind is BlockKind.PARAGRAPH:
        if block.kind is BlockKind.QUOTE:
            _make_callout(text, block, block.children[0])
        elif block.kind is BlockKind.ITEM:
            _make_task(text, block, block.children[0])
    if block.kind is BlockKind.FOOTNOTE or block.kind is BlockKind.ADMONITION:
        return
    if block.lines:
        block.start, block.end = block.lines[0][0], block.lines[-1][1]
    elif block.children:
        block.start = block.children[0].start
    if block.kind is BlockKind.ITEM:
        mark = FIRST_MARK.search(text, text.rfind("\n", 0, block.start) + 1, block.start)
        block.start = mark.start() if mark else block.start


FIRST_MARK = regex(r"(?:[-*+]|[0-9]{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?(?:>[ \t]*)*$")
"""What is before the text of an item."""


def _make_callout(text: str, quote: Block, first: Block) -> None:
    """A quote that begins with ``[!type] title`` is an admonition (GitHub's alerts, Obsidian's callouts)."""
    match = CALLOUT.match(text, *first.lines[0])
    if match is None:
        return
    quote.kind, quote.info, quote.mark = BlockKind.ADMONITION, (match["type"] or "note").lower(), match["fold"]
    first.lines = first.lines[1:]
    if first.lines:
        first.start = first.lines[0][0]
    else:
        del quote.children[0]
    title = "own" if match["own"] else "title"
    if match[title].strip():
        start, end = match.span(title)
        quote.children.insert(0, Block(BlockKind.TITLE, start, end, lines=((start, end),)))


def _make_task(text: str, item: Block, first: Block) -> None:
    """An item that begins with ``[ ]`` or ``[x]`` is a task."""
    if match := TASK.match(text, *first.lines[0]):
        item.info = match[1].lower()
        first.lines = ((match.end(), first.lines[0][1]), *first.lines[1:])
        first.start = match.end()
